// SPDX-License-Identifier: GPL-2.0-or-later
/* The policy, as decide.h promises it: no I/O, no clock, no allocation. */
#include "decide.h"

#include "util.h"

#include <inttypes.h>
#include <string.h>

const char *const level_names[LEVEL_COUNT] = {"pool", "grants", "requests"};
const char *const scope_names[SCOPE_COUNT] = {"idle", "all"};
const char *const cause_names[CAUSE_COUNT] = {"soft-pressure", "hard-pressure", "balloon",
					      "request"};
const char *const verdict_names[VERDICT_COUNT] = {"open",    "helped", "no-gain",
						  "regrown", "failed", "superseded"};

int level_from_name(const char *name)
{
	for (int i = 0; i < LEVEL_COUNT; i++)
		if (strcmp(name, level_names[i]) == 0)
			return i;
	return -EINVAL;
}

static uint64_t slots_kb(const struct offer *o, const struct vbd *v)
{
	uint64_t kb = v->held_kb[LEVEL_REQUESTS];

	return o->gives_ram[LEVEL_REQUESTS] && kb > v->kept_kb ? kb - v->kept_kb : 0;
}

/* RAM that a level would give: its own and that of the levels below. */
static uint64_t there_kb(const struct offer *o, const struct vbd *v, int level)
{
	uint64_t kb = level == LEVEL_REQUESTS ? slots_kb(o, v) : 0;

	for (int l = 0; l <= level && l < LEVEL_REQUESTS; l++)
		if (o->gives_ram[l])
			kb += v->held_kb[l];
	return kb;
}

/* What an action is after. */
static uint64_t wanted_kb(const struct offer *o, const struct action *a, const struct vbd *v)
{
	return a->cause == CAUSE_BALLOON ? slots_kb(o, v) : there_kb(o, v, (int)a->level);
}

static const struct domain_rule *rule_of(const struct policy *p, const struct vbd *v)
{
	return v->named && v->rule > 0 && v->rule <= p->n_rules ? &p->rules[v->rule - 1] : NULL;
}

/* From the usual 5 s to more than 5 min: a disk that is used once in that is idle by any measure.
 */
#define DOUBTS_MAX 6

/* What was set for its domain; 0: nothing. */
static uint64_t own_idle_us(const struct policy *p, const struct vbd *v)
{
	const struct domain_rule *rule = rule_of(p, v);

	return rule ? rule->idle_us : 0;
}

static uint64_t idle_time_us(const struct policy *p, const struct vbd *v)
{
	uint64_t own_us = own_idle_us(p, v);

	return own_us ? own_us : p->idle_us;
}

bool vbd_is_idle(const struct policy *p, uint64_t rest_us, const struct vbd *v)
{
	uint64_t least_us = idle_time_us(p, v) << v->doubts;

	if (own_idle_us(p, v) == 0)
		least_us = max_u64(least_us, rest_us);
	return v->shows && v->idle_us >= least_us;
}

void vbd_told(struct vbd *v, const struct action *a, uint64_t now_us)
{
	if (a->scope == SCOPE_IDLE)
		v->told_us = now_us;
}

void vbd_learn(const struct policy *p, struct vbd *v, uint64_t now_us)
{
	uint64_t used_us = now_us > v->idle_us ? now_us - v->idle_us : 0;

	if (!v->shows || v->told_us == 0 || used_us <= v->told_us)
		return;
	if (used_us - v->told_us >= 2 * idle_time_us(p, v))
		v->doubts = 0;
	else if (v->doubts < DOUBTS_MAX)
		v->doubts++;
	v->told_us = 0;
}

uint64_t longest_rest_us(const struct policy *p, uint64_t rest_us, const struct vbd *vbds, size_t n)
{
	for (const struct vbd *v = vbds; v < vbds + n; v++)
		rest_us = max_u64(rest_us, own_idle_us(p, v));
	return rest_us;
}

static bool is_excluded(const struct policy *p, const struct vbd *v)
{
	const struct domain_rule *rule = rule_of(p, v);

	return rule ? rule->exclude : p->n_rules > 0 && !v->named;
}

/* Pressure and balloon leave it alone. */
static bool is_spared(const struct policy *p, const struct vbd *v)
{
	return v->squeeze_ms == 0 || is_excluded(p, v);
}

bool any_excluded(const struct policy *p, const struct vbd *vbds, size_t n)
{
	if (p->n_rules == 0)
		return false;
	for (const struct vbd *v = vbds; v < vbds + n; v++)
		if (is_excluded(p, v))
			return true;
	return false;
}

uint64_t vbd_window_us(const struct policy *p, const struct vbd *v, uint64_t usual_us)
{
	const struct domain_rule *rule = rule_of(p, v);

	return max_u64(rule && rule->window_us ? rule->window_us : usual_us,
		       v->squeeze_ms * USEC_PER_MSEC);
}

/*
 * What is given for less than twice as long as it was waited for is not worth taking. Of one disk
 * or two nothing follows, and little is lost by them.
 */
#define TURN_MIN   3
#define TURN_OLD   6
#define WORK_PART  5
#define RECENT_MIN 3
#define NEVER	   UINT64_MAX

/*
 * How long a turn lasts where disks rest in turn: of those that rest, a part of T / turn did so for
 * less than T. Disks at work say nothing of it, nor do those that rest for longer than any turn
 * that matters. NEVER: hardly any rests.
 */
static uint64_t turn_us(const struct vbd *vbds, size_t n, uint64_t least_us, uint64_t most_us,
			uint64_t old_us)
{
	uint64_t resting = 0;
	uint64_t recent = 0;

	for (const struct vbd *v = vbds; v < vbds + n; v++) {
		resting += v->idle_us >= least_us && v->idle_us < old_us;
		recent += v->idle_us >= least_us && v->idle_us < most_us;
	}
	return recent >= RECENT_MIN ? least_us + (most_us - least_us) * resting / recent : NEVER;
}

static uint64_t rest_us(const struct policy *p, const struct offer *o, const struct vbd *vbds,
			size_t n)
{
	uint64_t least_us = p->idle_us / WORK_PART;
	uint64_t most_us = p->idle_us;
	uint64_t turn;

	if (n > 0 && !vbds[0].shows && o->watched_us < most_us)
		most_us = o->watched_us;
	if (most_us < p->idle_us / 2)
		return p->idle_us;
	turn = turn_us(vbds, n, least_us, most_us, TURN_OLD * p->idle_us);
	return turn < TURN_MIN * p->idle_us ? max_u64(2 * turn, p->idle_us) : p->idle_us;
}

/* What a disk holds is known of those that show it; of the others none is idle. */
static void add_kb(uint64_t *of_scope, const struct vbd *v, bool idle, uint64_t kb)
{
	if (!v->shows)
		of_scope[SCOPE_ALL] = KB_UNKNOWN;
	else if (of_scope[SCOPE_ALL] != KB_UNKNOWN)
		of_scope[SCOPE_ALL] += kb;
	if (idle)
		of_scope[SCOPE_IDLE] += kb;
}

void offer_vbds(const struct policy *p, const struct vbd *vbds, size_t n, struct offer *o)
{
	o->rest_us = rest_us(p, o, vbds, n);
	for (const struct vbd *v = vbds; v < vbds + n; v++) {
		bool idle;

		if (is_spared(p, v))
			continue;
		idle = vbd_is_idle(p, o->rest_us, v);
		for (int l = 0; l < LEVEL_COUNT; l++) {
			if (!(v->levels & 1U << l))
				continue;
			o->offered[l][SCOPE_ALL] = true;
			o->offered[l][SCOPE_IDLE] |= v->shows;
			add_kb(o->there_kb[l], v, idle, there_kb(o, v, l));
		}
		if (v->levels & 1U << LEVEL_REQUESTS && o->gives_ram[LEVEL_REQUESTS])
			add_kb(o->slots_kb, v, idle, slots_kb(o, v));
	}
}

bool action_means(const struct policy *p, const struct action *a, const struct vbd *v)
{
	if (a->domid != EVERY && a->domid != v->domid)
		return false;
	if (a->devid != EVERY && a->devid != v->devid)
		return false;
	if (!(v->levels & 1U << a->level) || (is_spared(p, v) && a->cause != CAUSE_REQUEST))
		return false;
	return a->scope == SCOPE_ALL || vbd_is_idle(p, a->rest_us, v);
}

/* Classes of disks, in the order in which they are told: idle, by requests a second, unknown. */
#define BUSY_CLASSES 17
#define HELD_BITS    24
#define HELD_CLASSES (4 * (HELD_BITS + 1))

static unsigned bits(uint64_t v)
{
	return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

static unsigned busy_class(const struct policy *p, const struct action *a, const struct vbd *v)
{
	unsigned b = bits(v->rate);

	if (vbd_is_idle(p, a->rest_us, v))
		return 0;
	if (!v->shows)
		return BUSY_CLASSES - 1;
	return 1 + (b < BUSY_CLASSES - 2 ? b : BUSY_CLASSES - 3);
}

/* Four classes to each power of two; the largest first. */
static unsigned held_class(uint64_t kb)
{
	unsigned b = bits(kb);
	unsigned quarter = b >= 3 ? (unsigned)(kb >> (b - 3)) & 3 : 0;

	return HELD_CLASSES - 1 - (b <= HELD_BITS ? 4 * b + quarter : HELD_CLASSES - 1);
}

static unsigned class_of(const struct policy *p, const struct offer *o, const struct action *a,
			 const struct vbd *v)
{
	return busy_class(p, a, v) * HELD_CLASSES + held_class(wanted_kb(o, a, v));
}

/* Disks that do not show what they hold are counted as nothing: then none of them is left out. */
static size_t enough(const struct offer *o, const struct action *a, const struct vbd *vbds,
		     const uint32_t *order, size_t n)
{
	uint64_t kb = 0;
	size_t i = 0;

	if (a->need_kb == 0)
		return n;
	while (i < n && kb < a->need_kb) {
		const struct vbd *v = &vbds[order[i++]];

		kb += v->shows ? wanted_kb(o, a, v) : 0;
	}
	return i;
}

size_t order_vbds(const struct policy *p, const struct offer *o, const struct action *a,
		  const struct vbd *vbds, size_t n, uint32_t *order)
{
	uint32_t start[BUSY_CLASSES * HELD_CLASSES] = {0};
	uint32_t meant = 0;

	for (const struct vbd *v = vbds; v < vbds + n; v++)
		if (action_means(p, a, v))
			start[class_of(p, o, a, v)]++;
	for (size_t c = 0; c < ARRAY_SIZE(start); c++) {
		uint32_t count = start[c];

		start[c] = meant;
		meant += count;
	}
	for (const struct vbd *v = vbds; v < vbds + n; v++)
		if (action_means(p, a, v))
			order[start[class_of(p, o, a, v)]++] = (uint32_t)(v - vbds);
	return enough(o, a, vbds, order, meant);
}

/* What @to has that was not before: exact where the balloon shows it, else MemAvailable's word. */
static int64_t gain_kb(const struct action *a, const struct sample *to)
{
	const struct sample *from = &a->before;

	if (!from->held_known || !to->held_known)
		return to->available_kb - from->available_kb;
	if (a->cause == CAUSE_BALLOON)
		return (from->held_kb - from->mapped_kb) - (to->held_kb - to->mapped_kb);
	return from->held_kb - to->held_kb;
}

int64_t action_gain_kb(const struct action *a)
{
	return gain_kb(a, &a->after);
}

int64_t action_lasting_kb(const struct action *a)
{
	return gain_kb(a, &a->later);
}

static bool any_gives_ram(const struct policy *p, const struct offer *o)
{
	for (int l = 0; l <= (int)p->max_level; l++)
		if (o->gives_ram[l] && (o->offered[l][SCOPE_IDLE] || o->offered[l][SCOPE_ALL]))
			return true;
	return false;
}

static bool rung_rests(const struct policy *p, const struct rung *r, uint64_t now_us)
{
	if (now_us < r->not_before_us)
		return true;
	return r->failed_at_us != 0 && now_us - r->failed_at_us < p->retry_us;
}

/* What an action that is still watched has taken already. */
static bool watched(const struct state *s, int level, int scope)
{
	const struct action *a = &s->action;

	return s->phase == PHASE_WATCHING &&
	       (level < (int)a->level || (level == (int)a->level && scope <= (int)a->scope));
}

static bool worth_it(const struct policy *p, const struct offer *o, int level, int scope)
{
	return o->offered[level][scope] && o->gives_ram[level] &&
	       o->there_kb[level][scope] >= p->min_gain_kb;
}

/*
 * Where idle disks are seen, what busy ones hold above the pool is theirs: they take it again at
 * once, and their guests wait for it.
 */
static bool is_theirs(const struct offer *o, int level, int scope)
{
	if (scope != SCOPE_ALL || level == LEVEL_POOL)
		return false;
	return o->offered[level][SCOPE_IDLE] && o->there_kb[level][SCOPE_IDLE] != KB_UNKNOWN;
}

/* Where they are not: if idle disks had nothing to give, busy ones hold it all. */
static bool all_busy(const struct policy *p, const struct state *s, const struct offer *o,
		     int level, int scope)
{
	if (scope != SCOPE_ALL || !o->offered[level][SCOPE_IDLE])
		return false;
	return s->rungs[level][SCOPE_IDLE].failures > 0 ||
	       (!worth_it(p, o, level, SCOPE_IDLE) && !watched(s, level, SCOPE_IDLE));
}

/*
 * The lowest step worth taking: from @least upwards, idle disks before all, past the steps that
 * failed just now or rest. What busy disks use is theirs under soft pressure; the pool is not in
 * use by anybody.
 */
static bool choose(const struct policy *p, const struct offer *o, const struct state *s,
		   enum cause cause, enum level least, uint64_t now_us, enum level *level,
		   enum scope *scope)
{
	for (int l = (int)least; l <= (int)p->max_level; l++) {
		for (int c = 0; c < SCOPE_COUNT; c++) {
			if (!worth_it(p, o, l, c))
				continue;
			if (cause == CAUSE_SOFT && l > LEVEL_POOL && c == SCOPE_ALL)
				continue;
			if (rung_rests(p, &s->rungs[l][c], now_us))
				continue;
			if (cause == CAUSE_HARD &&
			    (watched(s, l, c) || is_theirs(o, l, c) || all_busy(p, s, o, l, c)))
				continue;
			*level = (enum level)l;
			*scope = (enum scope)c;
			return true;
		}
	}
	return false;
}

static bool makes_room(const struct policy *p, const struct offer *o)
{
	return p->max_level >= LEVEL_REQUESTS && o->gives_ram[LEVEL_REQUESTS] &&
	       (o->offered[LEVEL_REQUESTS][SCOPE_IDLE] || o->offered[LEVEL_REQUESTS][SCOPE_ALL]);
}

/*
 * Only request slots make room for a fall. Those of idle disks, unless only all are known to have
 * as much as it takes. What pressure got nothing from is not tried for a fall either.
 */
static bool choose_for_fall(const struct policy *p, const struct offer *o, const struct state *s,
			    uint64_t need_kb, uint64_t now_us, enum scope *scope)
{
	bool found = false;

	for (int c = 0; c < SCOPE_COUNT; c++) {
		uint64_t kb = o->slots_kb[c];

		if (kb < p->min_gain_kb || rung_rests(p, &s->falls[c], now_us) ||
		    rung_rests(p, &s->rungs[LEVEL_REQUESTS][c], now_us))
			continue;
		if (found && (kb == KB_UNKNOWN || kb < need_kb))
			continue;
		*scope = (enum scope)c;
		found = true;
		if (kb >= need_kb)
			break;
	}
	return found;
}

/* Any reclaim of request slots does for a fall; for a request that somebody waits for, its own. */
static void settle(struct state *s, enum event_type by, enum level level)
{
	if (by == s->wanted_event.type ||
	    (s->wanted_event.type == EVENT_BALLOON_FALL && level == LEVEL_REQUESTS))
		s->wanted = false;
}

static void start(struct state *s, struct plan *plan, const struct offer *o, const struct event *e,
		  enum cause cause, enum level level, enum scope scope, uint64_t now_us)
{
	s->action = (struct action){
		.cause = cause,
		.level = level,
		.scope = scope,
		.window_ms = e->window_ms,
		.domid = e->type == EVENT_REQUEST ? e->domid : EVERY,
		.devid = e->type == EVENT_REQUEST ? e->devid : EVERY,
		.need_kb = cause == CAUSE_BALLOON ? e->need_kb : 0,
		.rest_us = o->rest_us,
		.started_us = now_us,
		.before = e->now,
	};
	s->phase = PHASE_ACTING;
	s->acted = true;
	settle(s, e->type, level);
	plan->reclaim = true;
}

static void note_failure(const struct policy *p, struct rung *r, struct plan *plan, uint64_t now_us)
{
	r->failed_at_us = now_us;
	if (++r->failures < p->backoff_after)
		return;
	if (r->backoff_us == 0) {
		r->backoff_us = p->backoff_us;
		plan->notice = NOTICE_BACKOFF;
	} else {
		r->backoff_us *= 2;
	}
	if (r->backoff_us > p->backoff_max_us)
		r->backoff_us = p->backoff_max_us;
	r->not_before_us = now_us + r->backoff_us;
	plan->backoff_us = r->backoff_us;
}

static void note_help(struct rung *r, struct plan *plan)
{
	if (r->backoff_us != 0)
		plan->notice = NOTICE_RECOVERED;
	*r = (struct rung){0};
}

static void judge(const struct policy *p, struct state *s, struct plan *plan,
		  const struct sample *now, enum verdict verdict, uint64_t now_us)
{
	const struct action *a = &s->action;
	struct rung *r =
		a->cause == CAUSE_BALLOON ? &s->falls[a->scope] : &s->rungs[a->level][a->scope];

	s->action.later = *now;
	s->action.verdict = verdict;
	s->phase = PHASE_READY;
	plan->judged = true;
	if (verdict == VERDICT_HELPED)
		note_help(r, plan);
	else if (s->action.cause != CAUSE_REQUEST)
		note_failure(p, r, plan, now_us);
}

static void done(const struct policy *p, struct state *s, struct plan *plan, const struct event *e,
		 uint64_t now_us)
{
	s->action.after = e->now;
	s->action.done_us = now_us;
	if (e->type == EVENT_FAILED)
		judge(p, s, plan, &e->now, VERDICT_FAILED, now_us);
	else if (action_gain_kb(&s->action) < (int64_t)p->min_gain_kb)
		judge(p, s, plan, &e->now, VERDICT_NO_GAIN, now_us);
	else
		s->phase = PHASE_WATCHING;
	/* pressure that was not relieved is still there: no need to be told again */
	s->pressed = s->phase == PHASE_READY && now_us - s->pressed_us < p->retry_us;
}

/*
 * Of what came from busy disks a quarter has to stay back, or they were too busy. Not more, since
 * others go on taking theirs meanwhile. What idle disks gave helped in any case: should they want
 * it again, they pay for it once in an idle time, as a guest without persistent grants does with
 * every request.
 */
static void look_back(const struct policy *p, struct state *s, struct plan *plan,
		      const struct event *e, uint64_t now_us)
{
	int64_t lasting;

	s->action.later = e->now;
	lasting = action_lasting_kb(&s->action);
	if (s->action.scope == SCOPE_IDLE ||
	    (lasting >= (int64_t)p->min_gain_kb && lasting >= action_gain_kb(&s->action) / 4))
		judge(p, s, plan, &e->now, VERDICT_HELPED, now_us);
	else
		judge(p, s, plan, &e->now, VERDICT_REGROWN, now_us);
}

static bool too_soon(const struct policy *p, const struct state *s, uint64_t now_us)
{
	return s->acted && now_us - s->action.started_us < p->min_interval_us;
}

/*
 * Pressure soon after an action that gave something is mostly its echo: what was swapped out before
 * has to come back. Later, while it is still watched, a higher step is tried, and only when
 * everything stands still.
 */
static bool echo(const struct policy *p, const struct state *s, enum cause cause, uint64_t now_us)
{
	return s->phase == PHASE_WATCHING &&
	       (cause == CAUSE_SOFT || now_us < s->action.done_us + p->retry_us);
}

static void pressure(const struct policy *p, const struct offer *o, struct state *s,
		     struct plan *plan, const struct event *e, uint64_t now_us)
{
	enum cause cause = e->type == EVENT_HARD ? CAUSE_HARD : CAUSE_SOFT;
	enum level least = e->type == EVENT_HARD ? LEVEL_GRANTS : LEVEL_POOL;
	enum level level;
	enum scope scope;

	s->pressed = false;
	if (!any_gives_ram(p, o)) {
		plan->notice = s->said_no_ram ? NOTICE_NONE : NOTICE_NO_RAM;
		s->said_no_ram = true;
		return;
	}
	if (s->phase == PHASE_ACTING || too_soon(p, s, now_us) || echo(p, s, cause, now_us))
		return;
	if (least > p->max_level)
		least = p->max_level;
	if (!choose(p, o, s, cause, least, now_us, &level, &scope))
		return;
	start(s, plan, o, e, cause, level, scope, now_us);
}

static void fall(const struct policy *p, const struct offer *o, struct state *s, struct plan *plan,
		 const struct event *e, uint64_t now_us)
{
	enum scope scope;

	if (!makes_room(p, o)) {
		plan->notice = s->said_no_room ? NOTICE_NONE : NOTICE_NO_ROOM;
		s->said_no_room = true;
	} else if (choose_for_fall(p, o, s, e->need_kb, now_us, &scope)) {
		start(s, plan, o, e, CAUSE_BALLOON, LEVEL_REQUESTS, scope, now_us);
	}
}

static void want(const struct policy *p, const struct offer *o, struct state *s, struct plan *plan,
		 const struct event *e, uint64_t now_us)
{
	if (s->phase == PHASE_ACTING || too_soon(p, s, now_us)) {
		/*
		 * Somebody waits for a request, and the kernel meets a fall by itself, if with what
		 * hurts more; of two falls the later one says how much is needed by now.
		 */
		if (!s->wanted || e->type == EVENT_REQUEST ||
		    s->wanted_event.type == EVENT_BALLOON_FALL)
			s->wanted_event = *e;
		s->wanted = true;
		return;
	}
	settle(s, e->type, e->level);
	if (e->type == EVENT_REQUEST)
		start(s, plan, o, e, CAUSE_REQUEST, e->level, SCOPE_ALL, now_us);
	else
		fall(p, o, s, plan, e, now_us);
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

static uint64_t next_wake(const struct policy *p, const struct state *s)
{
	if (s->phase == PHASE_ACTING)
		return 0;
	if (s->wanted || s->pressed)
		return s->action.started_us + p->min_interval_us;
	if (s->phase == PHASE_WATCHING)
		return s->action.done_us + p->regrowth_us;
	return 0;
}

struct plan decide(const struct policy *p, const struct offer *o, struct state *s,
		   const struct event *e, uint64_t now_us)
{
	struct plan plan = {0};

	switch (e->type) {
	case EVENT_SOFT:
	case EVENT_HARD:
		note_pressure(p, s, e, now_us);
		pressure(p, o, s, &plan, e, now_us);
		break;
	case EVENT_BALLOON_FALL:
	case EVENT_REQUEST:
		want(p, o, s, &plan, e, now_us);
		break;
	case EVENT_DONE:
	case EVENT_FAILED:
		if (s->phase == PHASE_ACTING)
			done(p, s, &plan, e, now_us);
		break;
	case EVENT_TIMER:
		if (s->phase == PHASE_WATCHING && now_us >= s->action.done_us + p->regrowth_us)
			look_back(p, s, &plan, e, now_us);
		if (plan.judged) /* to be reported before the next one takes its place */
			break;
		if (s->wanted) {
			struct event wanted = s->wanted_event;

			wanted.now = e->now;
			want(p, o, s, &plan, &wanted, now_us);
		} else if (s->pressed) {
			struct event pressed = s->pressure;

			pressed.now = e->now;
			pressure(p, o, s, &plan, &pressed, now_us);
		}
		break;
	}
	plan.grow = e->type == EVENT_HARD && p->grow_limit_kb > 0 && !plan.reclaim &&
		    s->phase != PHASE_ACTING && !too_soon(p, s, now_us) &&
		    !echo(p, s, CAUSE_HARD, now_us);
	plan.wake_us = next_wake(p, s);
	return plan;
}

void growth_note_target(struct growth *g, uint64_t target_kb, uint64_t now_us)
{
	if (target_kb != g->target_kb && target_kb != g->asked_kb) {
		g->admin = true;
		g->admin_us = now_us;
	}
	g->target_kb = target_kb;
	g->asked_kb = 0;
}

uint64_t grow_to_kb(const struct policy *p, struct growth *g, uint64_t free_kb, uint64_t now_us)
{
	uint64_t kb = p->grow_step_kb;

	if (g->admin && now_us - g->admin_us < ADMIN_US)
		return 0;
	/* what was asked for last has to have its effect first */
	if (g->grown && now_us - g->grown_us < p->retry_us)
		return 0;
	if (g->target_kb == 0 || g->target_kb >= p->grow_limit_kb || free_kb <= p->grow_reserve_kb)
		return 0;
	kb = min_u64(kb, p->grow_limit_kb - g->target_kb);
	kb = min_u64(kb, free_kb - p->grow_reserve_kb);
	if (kb < p->min_gain_kb)
		return 0;
	g->grown = true;
	g->grown_us = now_us;
	g->asked_kb = g->target_kb + kb;
	return g->asked_kb;
}

static uint64_t least_idle_us(const struct policy *p)
{
	uint64_t least_us = p->idle_us;

	for (const struct domain_rule *r = p->rules; r < p->rules + p->n_rules; r++)
		if (r->idle_us)
			least_us = min_u64(least_us, r->idle_us);
	return least_us;
}

/* A look of a fiftieth of the time; after two in vain of a two-hundredth. */
#define LOOK_PART 50
#define VAIN_MAX  2

uint64_t look_pause_us(const struct policy *p, uint64_t look_us, unsigned vain, bool shown)
{
	uint64_t usual_us = LOOK_PART * look_us;
	uint64_t longer_us = usual_us << (vain < VAIN_MAX ? vain : VAIN_MAX);

	return shown ? max_u64(usual_us, min_u64(longer_us, least_idle_us(p))) : usual_us;
}

void backoff_print(const struct policy *p, const struct action *a, uint64_t backoff_us, char *buf,
		   size_t size)
{
	static const char *const why[VERDICT_COUNT] = {
		[VERDICT_NO_GAIN] = "nothing was there to give back",
		[VERDICT_REGROWN] = "the disks are busy and took it again",
		[VERDICT_FAILED] = "the kernel refused",
	};

	(void)snprintf(
		buf, size,
		"%s of %s disks gave nothing lasting %u times running%s (%s): rests for %" PRIu64
		" s, doubling up to %" PRIu64 " s",
		level_names[a->level], scope_names[a->scope], p->backoff_after,
		a->cause == CAUSE_BALLOON ? " for a target that fell" : "",
		why[a->verdict] ? why[a->verdict] : verdict_names[a->verdict],
		backoff_us / USEC_PER_SEC, p->backoff_max_us / USEC_PER_SEC);
}
