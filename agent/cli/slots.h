/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What slots hold on a kernel that does not show it, and what bounds on rings would save: an
 * estimate from how the disks' frontends connected, as xenstore has it. For people only, since a
 * frontend writes part of it.
 */
#ifndef XEN_RECLAIM_SLOTS_H
#define XEN_RECLAIM_SLOTS_H

#include "host/inventory.h"
#include "host/store.h"

/* Of stock xen-blkback: what one slot holds, and how many there are for each page of the ring. */
#define STOCK_SLOT_KB  40
#define SLOTS_PER_PAGE 32

/* Of the patched one: what the two slots hold that a ring keeps. */
#define KEPT_PER_RING_KB 32

/**
 * struct slots - sums over disks.
 * @held_kb: of the stock driver, which always holds all of them.
 * @kept_kb: what the patched driver keeps of idle disks: two slots of 16 kB a ring.
 * @hidden_kb: of @held_kb less @kept_kb, what is of disks that show nothing.
 * @one_page_kb: @held_kb if rings had a page each (max_ring_page_order=0).
 * @one_ring_kb: @held_kb if disks had a ring each (max_queues=1).
 * @least_kb, @most_kb: of @held_kb, that of the guest with the least, and with the most.
 */
struct slots {
	uint64_t disks;
	uint64_t guests;
	uint64_t rings;
	uint64_t held_kb;
	uint64_t kept_kb;
	uint64_t hidden_kb;
	uint64_t one_page_kb;
	uint64_t one_ring_kb;
	uint64_t least_kb;
	uint64_t most_kb;
};

/**
 * slots_estimate() - of all disks that are connected, which are in the order of their domains. What
 * cannot be read of them counts as the minimum.
 */
struct slots slots_estimate(struct store *s, const struct inventory *inv);

#endif
