/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What slots hold on a kernel that does not show it: an estimate from how the disks' frontends
 * connected, as xenstore has it. For people only, since a frontend writes part of it.
 */
#ifndef XEN_RECLAIM_SLOTS_H
#define XEN_RECLAIM_SLOTS_H

#include "host/inventory.h"
#include "host/store.h"

/* Of stock xen-blkback: what one slot holds, and how many there are for each page of the ring. */
#define STOCK_SLOT_KB  40
#define SLOTS_PER_PAGE 32

/**
 * struct slots - sums over disks.
 * @held_kb: of the stock driver, which always holds all of them.
 * @kept_kb: what the patched driver would keep of idle disks: two slots of 16 kB a ring.
 */
struct slots {
	uint64_t held_kb;
	uint64_t kept_kb;
};

/** slots_estimate() - of disks that show nothing. What cannot be read counts as the minimum. */
struct slots slots_estimate(struct store *s, const struct inventory *inv);

#endif
