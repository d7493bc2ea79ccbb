/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of libxenlight that the command line uses. The daemon does not need it. */
#ifndef XEN_RECLAIM_TOOLSTACK_H
#define XEN_RECLAIM_TOOLSTACK_H

#include <stdint.h>

/** toolstack_free_kb() - free memory of the host, or -1 if it is not known. */
int64_t toolstack_free_kb(void);

/**
 * toolstack_lock() - take the lock under which libxl asks this host's daemon, so that two requests
 * do not overwrite each other. Released when the descriptor is closed.
 * @root: directory descriptor that stands for "/".
 *
 * Return: a descriptor; -ENOENT if no toolstack is installed; -ETIMEDOUT; else a negative errno.
 */
int toolstack_lock(int root, uint64_t timeout_s);

#endif
