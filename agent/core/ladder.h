/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ladder: levels times scopes, from what costs guests least to what costs them most; which step
 * is worth taking, and which are suspended because they gave nothing. Names no disk.
 */
#ifndef XEN_RECLAIM_LADDER_H
#define XEN_RECLAIM_LADDER_H

#include "core/capabilities.h"

/** any_gives_ram() - some level that may be used gives RAM back. */
bool any_gives_ram(const struct policy *p, const struct capabilities *c);

/** makes_room() - slots, which alone make room for a fall of the target, may be used. */
bool makes_room(const struct policy *p, const struct capabilities *c);

/**
 * choose_step() - the lowest step worth taking under pressure: from @least upwards, idle disks
 * before all. What busy disks use is theirs under soft pressure; nobody is using the pool.
 * @reasons: why each step before it was not taken, from @least on.
 *
 * Return: true: @level and @scope are set.
 */
bool choose_step(const struct policy *p, const struct capabilities *c, const struct state *s,
		 enum cause cause, enum level least, uint64_t now_us, step_reasons reasons,
		 enum level *level, enum scope *scope);

/**
 * choose_for_fall() - the scope of slots for a fall of the target. Those of idle disks, unless only
 * all are known to have as much as it takes. What gave pressure nothing is not tried either.
 */
bool choose_for_fall(const struct policy *p, const struct capabilities *c, const struct state *s,
		     uint64_t need_kb, uint64_t now_us, step_reasons reasons, enum scope *scope);

/** step_of() - where an action's success and failure is noted. */
struct step *step_of(struct state *s, const struct action *a);

/**
 * step_failed() - one more failure; suspends the step after backoff_after of them.
 * @retry_us: from when on retry counts.
 */
void step_failed(const struct policy *p, struct step *step, struct plan *plan, uint64_t now_us,
		 uint64_t retry_us);

/** age_failures() - those that are older than the longest suspension say nothing any more. */
void age_failures(const struct policy *p, struct state *s, uint64_t now_us);

/** step_helped() - it starts anew. */
void step_helped(struct step *step, struct plan *plan);

/** forget_failures() - of all steps. */
void forget_failures(struct state *s);

#endif
