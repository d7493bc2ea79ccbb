/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which disks an action is for, and in which order. Knows not why it was taken. */
#ifndef XEN_RECLAIM_RANK_H
#define XEN_RECLAIM_RANK_H

#include "core/vbds.h"

/** action_concerns() - whether an action is for this disk. Disks that show nothing are not idle. */
bool action_concerns(const struct policy *p, const struct action *a, const struct vbd *v);

/**
 * rank_vbds() - the disks an action triggers, in order: idle ones first, then the least busy, then
 * those that do not show it; among equals (a factor of two in requests a second) the largest holder
 * first, to within a quarter. Where it is known how much is needed, no more disks than give it. For
 * a fall of the target slots alone count. Linear in the number of disks.
 * @targets: room for all of @list; filled with disks and their windows.
 *
 * Return: how many of @targets.
 */
size_t rank_vbds(const struct policy *p, const bool gives_ram[static LEVEL_COUNT],
		 const struct action *a, const struct vbd_list *list, struct target *targets);

#endif
