/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of libxenlight that the command line uses. The daemon does without. */
#ifndef XEN_RECLAIM_TOOLSTACK_H
#define XEN_RECLAIM_TOOLSTACK_H

#include <stdint.h>

/** toolstack_free_kb() - free memory of the host; -1 where it cannot be asked for. */
int64_t toolstack_free_kb(void);

/**
 * toolstack_lock() - the lock under which libxl asks this host's agent, so that two who ask do not
 * overwrite each other's request. Over when the descriptor is closed.
 * @root: directory descriptor that stands for "/".
 *
 * Return: a descriptor; -ENOENT where no toolstack is installed; -ETIMEDOUT; else a negative errno.
 */
int toolstack_lock(int root, uint64_t timeout_s);

#endif
