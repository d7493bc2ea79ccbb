/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Has the driver age single disks by a time of their own. By leases, so that a daemon that is
 * killed leaves nothing behind. Knows no policy.
 */
#ifndef XEN_RECLAIM_LEASES_H
#define XEN_RECLAIM_LEASES_H

#include "core/vbds.h"

/**
 * leases_write() - of each disk whose time changed, or whose lease ends soon.
 *
 * Return: 0; or a negative errno, as the driver refused one: the others have theirs.
 */
int leases_write(int root, struct vbd_list *list, uint64_t now_us);

/** leases_end() - of all disks: the driver's own time holds again. Return: as leases_write(). */
int leases_end(int root, struct vbd_list *list, uint64_t now_us);

#endif
