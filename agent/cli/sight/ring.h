/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the BPF programs report of one ring. Shared with them, so no header is included here. */
#ifndef XEN_RECLAIM_SIGHT_RING_H
#define XEN_RECLAIM_SIGHT_RING_H

/**
 * struct ring_sight - one ring of one disk.
 * @name:	      of the disk in sysfs, which has 20 characters at most.
 * @pool_pages:	      free pages in its pool.
 * @persistent_pages: persistently granted pages.
 * @ring_pages:	      of the ring itself; each page has 32 slots.
 */
struct ring_sight {
	char name[32];
	unsigned int pool_pages;
	unsigned int persistent_pages;
	unsigned int ring_pages;
};

/**
 * struct pool_sight - the pool of one ring, of which only the thread is known.
 * @thread:	its name: domain, disk and ring, such as 1.xvda-0; 15 characters at most.
 * @pool_pages: free pages in the pool.
 */
struct pool_sight {
	char thread[16];
	unsigned int pool_pages;
};

/** struct pool_size - what a thread reports of its pool. @at_ns: when, by CLOCK_MONOTONIC. */
struct pool_size {
	unsigned long long at_ns;
	unsigned int pages;
};

/** POOLS_MAX - no more rings are reported. */
#define POOLS_MAX 16384

#endif
