/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of the policy need of an array of disks. Knows no test. */
#ifndef XEN_RECLAIM_TESTS_POLICY_H
#define XEN_RECLAIM_TESTS_POLICY_H

#include "core/capabilities.h"
#include "core/rank.h"

/* An array as the list that it is; the policy only reads it here. */
static inline struct vbd_list list_of(const struct vbd *vbds, size_t n)
{
	return (struct vbd_list){.vbds = (struct vbd *)vbds, .n = n};
}

/* What a host of these disks can do, whose scans have followed each other for @watched_us. */
static inline struct capabilities can_of(const struct policy *p, const struct vbd *vbds, size_t n,
					 const bool gives_ram[static LEVEL_COUNT],
					 uint64_t watched_us)
{
	struct vbd_list list = list_of(vbds, n);
	struct host_view view = {.disks = &list};

	list.scanned_us = watched_us;
	for (int l = 0; l < LEVEL_COUNT; l++)
		view.gives_ram[l] = gives_ram[l];
	return capabilities_of(p, &view);
}

/* Indices of the disks that an action is for, in order. */
static inline size_t order_of(const struct policy *p, const struct capabilities *c,
			      const struct action *a, const struct vbd *vbds, size_t n,
			      struct target *targets, uint32_t *order)
{
	struct vbd_list list = list_of(vbds, n);

	n = rank_vbds(p, c->gives_ram, a, &list, targets);
	for (size_t i = 0; i < n; i++)
		order[i] = targets[i].vbd;
	return n;
}

#endif
