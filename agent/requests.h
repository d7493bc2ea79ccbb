/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What request slots hold on a kernel that does not show it: an estimate from how the disks'
 * frontends connected, as xenstore has it. For people to read: a frontend writes part of it.
 */
#ifndef XEN_RECLAIM_REQUESTS_H
#define XEN_RECLAIM_REQUESTS_H

#include "inventory.h"
#include "store.h"

/* Of stock xen-blkback: what one slot holds, and how many there are for a page of the ring. */
#define STOCK_SLOT_KB  40
#define SLOTS_PER_PAGE 32

/**
 * struct requests - over all disks, in kB.
 * @held_kb: stock xen-blkback's slots, all of them always: 32 a page of the ring, 40 kB each.
 * @kept_kb: what patched xen-blkback keeps of an idle disk: two slots of 24 kB a ring.
 */
struct requests {
	uint64_t held_kb;
	uint64_t kept_kb;
};

/** requests_estimate() - of disks that show nothing. What cannot be read counts as the least. */
struct requests requests_estimate(struct store *s, const struct inventory *inv);

#endif
