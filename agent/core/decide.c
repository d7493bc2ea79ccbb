// SPDX-License-Identifier: GPL-2.0-or-later
/* Phases and events; see decide.h. */
#include "core/decide.h"

#include "core/action.h"
#include "core/ladder.h"
#include "core/units.h"

/* Pages that were swapped out come back within a few seconds, however long retry is. */
#define ECHO_US (5 * USEC_PER_SEC)

static bool too_soon(const struct policy *p, const struct state *s, uint64_t now_us)
{
	return s->acted && now_us - s->action.started_us < p->min_interval_us;
}

/*
 * Pressure soon after an action that gave something back is mostly an echo: pages that were swapped
 * out before it have to be read again. An action that took from some disks alone leaves pressure
 * that is none.
 */
static bool is_echo(const struct policy *p, const struct state *s, enum cause cause,
		    uint64_t now_us)
{
	uint64_t echo_us = cause == CAUSE_SOFT ? ECHO_US : p->retry_us;

	return s->phase == PHASE_WATCHING && !action_took_some(&s->action) &&
	       now_us < s->action.done_us + echo_us;
}

static enum reason not_now(const struct policy *p, const struct state *s, uint64_t now_us)
{
	if (s->phase == PHASE_ACTING)
		return REASON_RUNNING;
	return too_soon(p, s, now_us) ? REASON_INTERVAL : REASON_NONE;
}

/*
 * What waits and is met by this action waits no more: a fall by any reclaim of slots, unless it is
 * of a single domain; a request only by its own.
 */
static void settle(struct state *s, const struct event *by, unsigned levels)
{
	bool of_one = by->type == EVENT_REQUEST && by->domid != EVERY;

	if (by->type == EVENT_REQUEST)
		s->asked = false;
	if (by->type == EVENT_BALLOON_FALL || (levels & 1U << LEVEL_SLOTS && !of_one))
		s->fell = false;
}

static enum level highest(unsigned levels)
{
	int l = LEVEL_COUNT - 1;

	while (l > 0 && !(levels & 1U << l))
		l--;
	return (enum level)l;
}

static void start(struct state *s, struct plan *plan, const struct capabilities *c,
		  const struct event *e, enum cause cause, unsigned levels, enum scope scope,
		  uint64_t now_us)
{
	plan->reclaim = true;
	plan->superseded = s->phase == PHASE_WATCHING;
	s->action = (struct action){
		.cause = cause,
		.level = highest(levels),
		.levels = levels,
		.scope = scope,
		.window_ms = e->window_ms,
		.domid = e->type == EVENT_REQUEST ? e->domid : EVERY,
		.devid = e->type == EVENT_REQUEST ? e->devid : EVERY,
		.need_kb = cause == CAUSE_BALLOON ? e->need_kb : 0,
		.threshold_us = c->threshold_us,
		.started_us = now_us,
		.before = e->now,
	};
	s->phase = PHASE_ACTING;
	s->acted = true;
	settle(s, e, levels);
}

/* From now, or where min_interval would use up most of it, from when an action is possible again.
 */
static uint64_t retry_from_us(const struct policy *p, const struct state *s, uint64_t now_us)
{
	uint64_t possible_us = s->action.started_us + p->min_interval_us;

	return possible_us > now_us + p->retry_us / 2 ? possible_us : now_us;
}

static void judge(const struct policy *p, struct state *s, struct plan *plan,
		  const struct sample *now, enum verdict verdict, uint64_t now_us)
{
	struct step *step = step_of(s, &s->action);

	s->action.later = *now;
	s->action.verdict = verdict;
	s->phase = PHASE_READY;
	plan->judged = true;
	if (verdict == VERDICT_HELPED && !action_is_partial(&s->action))
		step_helped(step, plan);
	else if (verdict != VERDICT_HELPED && verdict != VERDICT_UNCLEAR &&
		 s->action.cause != CAUSE_REQUEST)
		step_failed(p, step, plan, now_us, retry_from_us(p, s, now_us));
}

/* What grant mappings hold is counted from the target. What slots give to a fall is not. */
static bool target_moved(const struct action *a, const struct sample *now)
{
	return a->cause != CAUSE_BALLOON && a->before.target_kb != now->target_kb;
}

static void done(const struct policy *p, struct state *s, struct plan *plan, const struct event *e,
		 uint64_t now_us)
{
	s->action.after = e->now;
	s->action.done_us = now_us;
	if (e->type == EVENT_FAILED)
		judge(p, s, plan, &e->now, VERDICT_FAILED, now_us);
	else if (target_moved(&s->action, &e->now))
		judge(p, s, plan, &e->now, VERDICT_UNCLEAR, now_us);
	else if (action_gain_kb(&s->action) < (int64_t)p->min_gain_kb)
		judge(p, s, plan, &e->now, VERDICT_NO_GAIN, now_us);
	else
		s->phase = PHASE_WATCHING;
	/* pressure that was not relieved is still there: no need to be told again */
	s->pressed = s->phase == PHASE_READY && s->pressed_us != 0 &&
		     now_us - s->pressed_us < p->retry_us;
}

/*
 * What idle disks gave stayed back unless most of them were used again; others take theirs
 * meanwhile, which says nothing. Of what came from busy disks a quarter has to stay back, or they
 * were too busy.
 */
static enum verdict verdict_of(const struct policy *p, struct action *a, const struct event *e)
{
	int64_t lasting;

	a->later = e->now;
	lasting = action_lasting_kb(a);
	if (target_moved(a, &e->now))
		return VERDICT_UNCLEAR;
	if (a->scope == SCOPE_IDLE)
		return e->returned ? VERDICT_REGROWN : VERDICT_HELPED;
	return lasting >= (int64_t)p->min_gain_kb && lasting >= action_gain_kb(a) / 4
		       ? VERDICT_HELPED
		       : VERDICT_REGROWN;
}

static void look_back(const struct policy *p, struct state *s, struct plan *plan,
		      const struct event *e, uint64_t now_us)
{
	judge(p, s, plan, &e->now, verdict_of(p, &s->action, e), now_us);
}

/* It is the step of the action that is being watched, and all that this gave is taken again. */
static bool is_in_vain(const struct policy *p, struct state *s, const struct event *e,
		       enum level level, enum scope scope)
{
	struct action *a = &s->action;

	if (s->phase != PHASE_WATCHING || a->cause == CAUSE_REQUEST || action_is_partial(a) ||
	    step_of(s, a) != &s->steps[level][scope])
		return false;
	return verdict_of(p, a, e) == VERDICT_REGROWN;
}

static void pressure(const struct policy *p, const struct capabilities *c, struct state *s,
		     struct plan *plan, const struct event *e, uint64_t now_us)
{
	enum cause cause = e->type == EVENT_HARD ? CAUSE_HARD : CAUSE_SOFT;
	enum level least = e->type == EVENT_HARD ? LEVEL_GRANTS : LEVEL_POOL;
	enum level level;
	enum scope scope;

	s->pressed = false;
	if (!any_gives_ram(p, c)) {
		plan->reason = REASON_NO_RAM;
		plan->notice = s->said_no_ram ? NOTICE_NONE : NOTICE_NO_RAM;
		s->said_no_ram = true;
		return;
	}
	plan->reason = not_now(p, s, now_us);
	if (!plan->reason && is_echo(p, s, cause, now_us))
		plan->reason = REASON_ECHO;
	if (plan->reason)
		return;
	if (least > p->max_level)
		least = p->max_level;
	if (!choose_step(p, c, s, cause, least, now_us, plan->steps, &level, &scope)) {
		plan->reason = REASON_NO_STEP;
		return;
	}
	if (is_in_vain(p, s, e, level, scope)) { /* or it would never be judged */
		judge(p, s, plan, &e->now, VERDICT_REGROWN, now_us);
		plan->reason = REASON_JUST_FAILED;
		return;
	}
	start(s, plan, c, e, cause, UP_TO(level), scope, now_us);
}

static void fall(const struct policy *p, const struct capabilities *c, struct state *s,
		 struct plan *plan, const struct event *e, uint64_t now_us)
{
	enum scope scope;

	if (!makes_room(p, c)) {
		plan->reason = REASON_NO_ROOM;
		plan->notice = s->said_no_room ? NOTICE_NONE : NOTICE_NO_ROOM;
		s->said_no_room = true;
	} else if (choose_for_fall(p, c, s, e->need_kb, now_us, plan->steps, &scope)) {
		start(s, plan, c, e, CAUSE_BALLOON, 1U << LEVEL_SLOTS, scope, now_us);
	} else {
		plan->reason = REASON_NO_STEP;
	}
}

/* Of two falls the later one says how much is needed by now. */
static void keep(struct state *s, const struct event *e)
{
	if (e->type == EVENT_REQUEST) {
		s->request = *e;
		s->asked = true;
	} else {
		s->fall = *e;
		s->fell = true;
	}
}

static void want(const struct policy *p, const struct capabilities *c, struct state *s,
		 struct plan *plan, const struct event *e, uint64_t now_us)
{
	plan->reason = not_now(p, s, now_us);
	if (plan->reason) {
		keep(s, e);
		return;
	}
	settle(s, e, e->levels);
	if (e->type == EVENT_REQUEST)
		start(s, plan, c, e, CAUSE_REQUEST, e->levels, SCOPE_ALL, now_us);
	else
		fall(p, c, s, plan, e, now_us);
}

/* Hard pressure comes with soft pressure: the harder word counts for as long as it is fresh. */
static void note_pressure(const struct policy *p, struct state *s, const struct event *e,
			  uint64_t now_us)
{
	bool harder = s->pressure.type == EVENT_HARD && s->pressed_us != 0 &&
		      now_us - s->pressed_us < p->retry_us;

	if (e->type == EVENT_SOFT && harder)
		return;
	s->pressure = *e;
	s->pressed_us = now_us;
}

/* The events that call for an action: now, or again from the timer. */
static void answer(const struct policy *p, const struct capabilities *c, struct state *s,
		   struct plan *plan, const struct event *e, uint64_t now_us)
{
	plan->decided = true;
	plan->about = e->type;
	if (p->paused && e->type != EVENT_REQUEST) {
		plan->reason = REASON_PAUSED;
		s->pressed = false;
		s->fell = false;
	} else if (e->type == EVENT_SOFT || e->type == EVENT_HARD) {
		pressure(p, c, s, plan, e, now_us);
	} else {
		want(p, c, s, plan, e, now_us);
	}
}

/* Pressure is told again as long as something comes of it: what is older is over. */
static bool is_pressed(const struct policy *p, const struct state *s, uint64_t at_us)
{
	return s->pressed && at_us < s->pressed_us + p->retry_us;
}

/*
 * Which of the events that were kept comes first: a request, as somebody waits for it; then a fall;
 * then pressure.
 */
static const struct event *kept(const struct policy *p, const struct state *s, uint64_t now_us)
{
	if (s->asked)
		return &s->request;
	if (s->fell)
		return &s->fall;
	return is_pressed(p, s, now_us) ? &s->pressure : NULL;
}

static void timer(const struct policy *p, const struct capabilities *c, struct state *s,
		  struct plan *plan, const struct event *e, uint64_t now_us)
{
	const struct event *k = kept(p, s, now_us);
	struct event again;

	if (s->phase == PHASE_WATCHING && now_us >= s->action.done_us + p->regrowth_us)
		look_back(p, s, plan, e, now_us);
	/* to be reported before the next one takes its place */
	if (plan->judged || !k || too_soon(p, s, now_us))
		return;
	again = *k;
	again.now = e->now;
	answer(p, c, s, plan, &again, now_us);
}

/* Never for what would be over by then: that would not end. */
static uint64_t next_wake(const struct policy *p, const struct state *s, uint64_t now_us)
{
	uint64_t possible_us = max_u64(s->action.started_us + p->min_interval_us, now_us);
	uint64_t judged_us = s->action.done_us + p->regrowth_us;
	bool waits = kept(p, s, possible_us);

	if (s->phase == PHASE_ACTING)
		return 0;
	if (s->phase == PHASE_WATCHING)
		return waits ? min_u64(possible_us, judged_us) : judged_us;
	return waits ? possible_us : 0;
}

struct plan decide(const struct policy *p, const struct capabilities *c, struct state *s,
		   const struct event *e, uint64_t now_us)
{
	struct plan plan = {0};

	age_failures(p, s, now_us);
	switch (e->type) {
	case EVENT_SOFT:
	case EVENT_HARD:
		note_pressure(p, s, e, now_us);
		answer(p, c, s, &plan, e, now_us);
		break;
	case EVENT_BALLOON_FALL:
	case EVENT_REQUEST:
		answer(p, c, s, &plan, e, now_us);
		break;
	case EVENT_DONE:
	case EVENT_FAILED:
		if (s->phase == PHASE_ACTING)
			done(p, s, &plan, e, now_us);
		break;
	case EVENT_TIMER:
		timer(p, c, s, &plan, e, now_us);
		break;
	case EVENT_COUNT:
		break;
	}
	plan.grow = e->type == EVENT_HARD && p->grow_limit_kb > 0 && !p->paused && !plan.reclaim &&
		    s->phase != PHASE_ACTING && !too_soon(p, s, now_us) &&
		    !is_echo(p, s, CAUSE_HARD, now_us);
	plan.wake_us = next_wake(p, s, now_us);
	return plan;
}

void renew_fall(struct state *s, uint64_t need_kb)
{
	s->fell &= need_kb > 0;
	s->fall.need_kb = need_kb;
}

void forget_request(struct state *s)
{
	s->asked = false;
}

bool request_is_open(const struct state *s)
{
	return s->asked || (s->phase == PHASE_ACTING && s->action.cause == CAUSE_REQUEST);
}
