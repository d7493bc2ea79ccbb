/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the kernel to reclaim from one disk. Knows no policy. */
#ifndef XEN_RECLAIM_TRIGGER_H
#define XEN_RECLAIM_TRIGGER_H

#include "core/types.h"

/**
 * vbd_trigger() - write to the disk's reclaim/trigger.
 *
 * Return: 0; -ENODEV if the disk is gone; else as kernel/ABI has it.
 */
int vbd_trigger(int root, const struct vbd *v, enum level level, uint32_t window_ms);

#endif
