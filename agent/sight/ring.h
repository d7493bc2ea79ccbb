/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the BPF program tells of one ring: shared with it, so no header is included here. */
#ifndef XEN_RECLAIM_SIGHT_RING_H
#define XEN_RECLAIM_SIGHT_RING_H

/**
 * struct ring_sight - one ring of one disk.
 * @name:	      of the disk in sysfs, which has 20 characters at most.
 * @pool_pages:	      free pages in its pool.
 * @persistent_pages: persistently granted pages.
 * @ring_pages:	      of the ring itself; each has so many request slots.
 */
struct ring_sight {
	char name[32];
	unsigned int pool_pages;
	unsigned int persistent_pages;
	unsigned int ring_pages;
};

#endif
