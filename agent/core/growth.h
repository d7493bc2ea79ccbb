/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The domain's own target: when it may be raised, and how far. Sets nothing. */
#ifndef XEN_RECLAIM_GROWTH_H
#define XEN_RECLAIM_GROWTH_H

#include "core/types.h"
#include "core/units.h"

/** ADMIN_US - for so long a target that an administrator set is left as it is. */
#define ADMIN_US (60 * USEC_PER_SEC)

/**
 * growth_note_target() - xenstore says that this is the own target. Whoever set the first one that
 * is seen may have done so just now.
 */
void growth_note_target(struct growth *g, uint64_t target_kb, uint64_t now_us);

/**
 * grow_to_kb() - after a plan with @grow.
 * @free_kb: free memory of Xen.
 *
 * Return: the target to write, which then counts as written; or 0: it stays.
 */
uint64_t grow_to_kb(const struct policy *p, struct growth *g, uint64_t free_kb, uint64_t now_us);

/**
 * growth_refused() - what grow_to_kb() returned could not be written. It returns 0 for the time of
 * the back-off then, which doubles with each refusal in a row.
 *
 * Return: whether it is the first in a row.
 */
bool growth_refused(const struct policy *p, struct growth *g);

#endif
