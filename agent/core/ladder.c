// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps of the ladder; see ladder.h. */
#include "core/ladder.h"

#include "core/action.h"
#include "core/units.h"

#include <string.h>

bool any_gives_ram(const struct policy *p, const struct capabilities *c)
{
	for (int l = 0; l <= (int)p->max_level; l++)
		if (c->gives_ram[l] && (c->offered[l][SCOPE_IDLE] || c->offered[l][SCOPE_ALL]))
			return true;
	return false;
}

bool makes_room(const struct policy *p, const struct capabilities *c)
{
	return p->max_level >= LEVEL_SLOTS && c->gives_ram[LEVEL_SLOTS] &&
	       (c->offered[LEVEL_SLOTS][SCOPE_IDLE] || c->offered[LEVEL_SLOTS][SCOPE_ALL]);
}

static enum reason back_off(const struct policy *p, const struct step *step, uint64_t now_us)
{
	if (now_us < step->not_before_us)
		return REASON_SUSPENDED;
	if (step->failed_us != 0 && now_us < step->failed_us + p->retry_us)
		return REASON_JUST_FAILED;
	return REASON_NONE;
}

/* What an action that is still being watched has taken already. */
static bool just_taken(const struct state *s, int level, int scope)
{
	const struct action *a = &s->action;

	return s->phase == PHASE_WATCHING && !action_took_some(a) && a->levels & 1U << level &&
	       (level < (int)a->level || (level == (int)a->level && scope <= (int)a->scope));
}

static enum reason not_worth_it(const struct policy *p, const struct capabilities *c, int level,
				int scope)
{
	if (!c->offered[level][scope] || !c->gives_ram[level])
		return REASON_UNAVAILABLE;
	if (c->aged[level])
		return REASON_AGED;
	return c->ram_kb[level][scope] < p->min_gain_kb ? REASON_TOO_LITTLE : REASON_NONE;
}

/*
 * Where idle disks are seen, what busy ones hold above the pool is theirs: they take it again at
 * once, and their guests wait for it.
 */
static bool is_theirs(const struct capabilities *c, int level, int scope)
{
	if (scope != SCOPE_ALL || level == LEVEL_POOL)
		return false;
	return c->offered[level][SCOPE_IDLE] && c->ram_kb[level][SCOPE_IDLE] != KB_UNKNOWN;
}

/* Where they are not: if idle disks had nothing to give, busy ones hold it all. */
static bool all_busy(const struct policy *p, const struct state *s, const struct capabilities *c,
		     int level, int scope)
{
	if (scope != SCOPE_ALL || !c->offered[level][SCOPE_IDLE])
		return false;
	return s->steps[level][SCOPE_IDLE].failures > 0 ||
	       (not_worth_it(p, c, level, SCOPE_IDLE) && !just_taken(s, level, SCOPE_IDLE));
}

static enum reason why_not(const struct policy *p, const struct capabilities *c,
			   const struct state *s, enum cause cause, int level, int scope,
			   uint64_t now_us)
{
	enum reason reason = not_worth_it(p, c, level, scope);

	if (reason)
		return reason;
	if (cause == CAUSE_SOFT && level > LEVEL_POOL && scope == SCOPE_ALL)
		return REASON_IN_USE;
	reason = back_off(p, &s->steps[level][scope], now_us);
	if (reason || cause != CAUSE_HARD)
		return reason;
	if (just_taken(s, level, scope))
		return REASON_JUST_TAKEN;
	if (is_theirs(c, level, scope) || all_busy(p, s, c, level, scope))
		return REASON_IN_USE;
	return REASON_NONE;
}

bool choose_step(const struct policy *p, const struct capabilities *c, const struct state *s,
		 enum cause cause, enum level least, uint64_t now_us, step_reasons reasons,
		 enum level *level, enum scope *scope)
{
	for (int l = (int)least; l <= (int)p->max_level; l++) {
		for (int i = 0; i < SCOPE_COUNT; i++) {
			reasons[l][i] = why_not(p, c, s, cause, l, i, now_us);
			if (reasons[l][i])
				continue;
			*level = (enum level)l;
			*scope = (enum scope)i;
			return true;
		}
	}
	return false;
}

static enum reason why_not_for_fall(const struct policy *p, const struct capabilities *c,
				    const struct state *s, int scope, uint64_t now_us)
{
	enum reason reason = back_off(p, &s->falls[scope], now_us);

	if (c->slots_kb[scope] < p->min_gain_kb)
		return REASON_TOO_LITTLE;
	return reason ? reason : back_off(p, &s->steps[LEVEL_SLOTS][scope], now_us);
}

bool choose_for_fall(const struct policy *p, const struct capabilities *c, const struct state *s,
		     uint64_t need_kb, uint64_t now_us, step_reasons reasons, enum scope *scope)
{
	bool found = false;

	for (int i = 0; i < SCOPE_COUNT; i++) {
		uint64_t kb = c->slots_kb[i];
		enum reason reason = why_not_for_fall(p, c, s, i, now_us);

		if (!reason && found && (kb == KB_UNKNOWN || kb < need_kb))
			reason = REASON_FIRST_ENOUGH;
		reasons[LEVEL_SLOTS][i] = reason;
		if (reason)
			continue;
		*scope = (enum scope)i;
		found = true;
		if (kb >= need_kb)
			break;
	}
	return found;
}

struct step *step_of(struct state *s, const struct action *a)
{
	return a->cause == CAUSE_BALLOON ? &s->falls[a->scope] : &s->steps[a->level][a->scope];
}

void step_failed(const struct policy *p, struct step *step, struct plan *plan, uint64_t now_us,
		 uint64_t retry_us)
{
	step->failed_us = retry_us;
	if (++step->failures < p->backoff_after)
		return;
	if (step->backoff_us == 0) {
		step->backoff_us = p->backoff_us;
		plan->notice = NOTICE_BACKOFF;
	} else {
		step->backoff_us *= 2;
	}
	if (step->backoff_us > p->backoff_max_us)
		step->backoff_us = p->backoff_max_us;
	step->not_before_us = now_us + step->backoff_us;
	plan->backoff_us = step->backoff_us;
}

static void age(const struct policy *p, struct step *step, uint64_t now_us)
{
	if (step->failures &&
	    now_us >= max_u64(step->failed_us, step->not_before_us) + p->backoff_max_us)
		*step = (struct step){0};
}

void age_failures(const struct policy *p, struct state *s, uint64_t now_us)
{
	for (int i = 0; i < SCOPE_COUNT; i++) {
		for (int l = 0; l < LEVEL_COUNT; l++)
			age(p, &s->steps[l][i], now_us);
		age(p, &s->falls[i], now_us);
	}
}

void forget_failures(struct state *s)
{
	memset(s->steps, 0, sizeof(s->steps));
	memset(s->falls, 0, sizeof(s->falls));
}

void step_helped(struct step *step, struct plan *plan)
{
	if (step->backoff_us != 0)
		plan->notice = NOTICE_RECOVERED;
	*step = (struct step){0};
}
