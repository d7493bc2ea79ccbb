/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the kernel to reclaim from one disk. Knows no policy. */
#ifndef XEN_RECLAIM_TRIGGER_H
#define XEN_RECLAIM_TRIGGER_H

#include "core/types.h"

/**
 * vbd_trigger() - write to the disk's reclaim/trigger.
 * @take:	set of levels; those that the disk does not have are left out.
 * @window_ms: for the pool, and for nothing else.
 *
 * Return: 0; -ENODEV if the disk is gone; else as kernel/ABI has it.
 */
int vbd_trigger(int root, const struct vbd *v, unsigned take, uint32_t window_ms);

#endif
