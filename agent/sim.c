// SPDX-License-Identifier: GPL-2.0-or-later
/* The policy under virtual time; see sim.h. No clock, no file: all time is the trace's. */
#include "sim.h"

#include "domains.h"
#include "util.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define TICK_US	     USEC_PER_SEC
#define KEPT_KB	     48
#define HARD_PART    32
#define PAGE_KB	     4
#define NEVER	     UINT64_MAX
#define SPINS_MAX    8
#define DOMIDS	     (UINT16_MAX + 1)
#define RULE_UNKNOWN 0

static struct vbd_list *list(struct sim *s)
{
	return &s->reclaimer.inventory.now;
}

__attribute__((format(printf, 3, 4))) static void must(struct sim *s, bool holds, const char *fmt,
						       ...)
{
	va_list ap;
	int n;

	if (holds || s->broken[0])
		return;
	n = snprintf(s->broken, sizeof(s->broken),
		     "after %" PRIu64 " ms: ", s->now_us / USEC_PER_MSEC);
	va_start(ap, fmt);
	(void)vsnprintf(s->broken + n, sizeof(s->broken) - (size_t)n, fmt, ap);
	va_end(ap);
}

/* --- the model ------------------------------------------------------------------------------ */

static uint64_t slots_of(const struct sim *s, const struct vbd *v)
{
	return s->gives_ram[LEVEL_REQUESTS] ? v->held_kb[LEVEL_REQUESTS] : 0;
}

static uint64_t mapped_of(const struct sim *s, const struct vbd *v)
{
	uint64_t kb = 0;

	for (int l = 0; l < LEVEL_REQUESTS; l++)
		kb += s->gives_ram[l] ? v->held_kb[l] : 0;
	return kb;
}

/* What counts as given: after a fall pool and grants are Xen's already. */
static uint64_t ram_of(const struct sim *s, const struct vbd *v)
{
	bool fell = s->state.action.cause == CAUSE_BALLOON;

	return slots_of(s, v) + (fell ? 0 : mapped_of(s, v));
}

/* What pool and grants would give, were they emptied. */
static uint64_t inside_kb(const struct sim *s)
{
	return s->mapped_kb > s->outside_kb ? s->mapped_kb - s->outside_kb : 0;
}

/* Disks as of now. Where the kernel does not show idle times, the model knows them all the same. */
static void refresh(struct sim *s)
{
	bool regrow = s->now_us >= s->regrow_us;

	s->slots_kb = 0;
	s->mapped_kb = 0;
	list(s)->looked_us = s->now_us;
	for (size_t i = 0; i < list(s)->n; i++) {
		struct vbd *v = &list(s)->vbds[i];
		struct sim_disk *d = &s->disks[i];

		if (d->busy)
			d->last_us = s->now_us;
		if (d->taken && regrow) {
			memcpy(v->held_kb, d->full_kb, sizeof(v->held_kb));
			d->taken = false;
		}
		v->idle_us = s->now_us - d->last_us;
		vbd_learn(&s->config->policy, v, s->now_us);
		s->slots_kb += slots_of(s, v);
		s->mapped_kb += mapped_of(s, v);
	}
	if (regrow)
		s->regrow_us = NEVER;
}

static uint64_t shortage_kb(const struct sim *s)
{
	uint64_t wanted = s->load_kb + s->slots_kb + inside_kb(s);

	return wanted > s->ram_kb ? wanted - s->ram_kb : 0;
}

static struct sample sample(const struct sim *s)
{
	struct sample now = s->memory;
	uint64_t held_kb = s->slots_kb + inside_kb(s);
	uint64_t wanted = s->load_kb + held_kb;

	if (!s->simulated) {
		now.held_kb -= (int64_t)s->taken_kb;
		now.available_kb += (int64_t)s->taken_kb;
		return now;
	}
	now.held_known = true;
	now.held_kb = (int64_t)held_kb;
	now.mapped_kb = (int64_t)inside_kb(s);
	now.available_kb = wanted < s->ram_kb ? (int64_t)(s->ram_kb - wanted) : 0;
	return now;
}

static bool idle_in_model(const struct sim *s, const struct sim_disk *d)
{
	return s->now_us - d->last_us >= s->config->policy.idle_us;
}

static void take(struct sim *s, size_t i, enum level level)
{
	struct vbd *v = &list(s)->vbds[i];
	struct sim_disk *d = &s->disks[i];
	bool busy = s->simulated ? d->busy : !idle_in_model(s, d);
	uint64_t before = ram_of(s, v);

	for (int l = 0; l <= (int)level; l++) {
		uint64_t keep = l == LEVEL_REQUESTS ? KEPT_KB : 0;

		if (busy)
			keep = max_u64(keep, v->held_kb[l] / 4);
		if (v->held_kb[l] > keep)
			v->held_kb[l] = keep;
	}
	d->taken |= d->busy;
	if (d->busy)
		s->regrow_us = s->now_us + TICK_US;
	s->taken_kb += before - ram_of(s, v);
}

/* --- what must always hold ------------------------------------------------------------------ */

/* The rule of its domain, looked up anew, and not as decide() does it. */
static bool may_touch(const struct sim *s, const struct vbd *v)
{
	const struct policy *p = &s->config->policy;
	unsigned rule = s->rule_of[v->domid];

	if (p->n_rules == 0)
		return true;
	return rule != RULE_UNKNOWN && (rule == 1 || !p->rules[rule - 2].exclude);
}

static void check_touched(struct sim *s, const struct vbd *v, bool whole_host)
{
	const struct action *a = &s->state.action;

	if (a->cause == CAUSE_REQUEST)
		return;
	must(s, may_touch(s, v), "disk %u/%" PRIu32 " of an excluded domain was touched", v->domid,
	     v->devid);
	must(s, whole_host || v->squeeze_ms > 0, "disk %u/%" PRIu32 " has no window, and was told",
	     v->domid, v->devid);
}

static void check_started(struct sim *s)
{
	const struct policy *p = &s->config->policy;
	const struct action *a = &s->state.action;
	const struct rung *r = &s->before.rungs[a->level][a->scope];

	must(s, s->due_us == NEVER, "an action began while another ran");
	must(s, s->actions == 0 || s->now_us - s->started_us >= p->min_interval_us,
	     "two actions within %" PRIu64 " us", s->now_us - s->started_us);
	must(s, a->cause == CAUSE_REQUEST || a->level <= p->max_level, "level %s is too high",
	     level_names[a->level]);
	must(s, a->cause == CAUSE_REQUEST || s->now_us >= r->not_before_us,
	     "%s of %s disks did not rest", level_names[a->level], scope_names[a->scope]);
}

static void check_rests(struct sim *s)
{
	const struct policy *p = &s->config->policy;

	for (int l = 0; l < LEVEL_COUNT; l++) {
		for (int c = 0; c < SCOPE_COUNT; c++) {
			uint64_t was = s->before.rungs[l][c].backoff_us;
			uint64_t is = s->state.rungs[l][c].backoff_us;

			must(s, is == 0 || is >= was, "the rest of %s of %s disks became shorter",
			     level_names[l], scope_names[c]);
			must(s, is <= max_u64(p->backoff_max_us, p->backoff_us),
			     "the rest of %s of %s disks is too long", level_names[l],
			     scope_names[c]);
			must(s, is > 0 || was == 0 || s->state.action.verdict == VERDICT_HELPED,
			     "the rest of %s of %s disks ended without a gain", level_names[l],
			     scope_names[c]);
		}
	}
}

static void check_plan(struct sim *s, const struct plan *plan)
{
	must(s, (s->state.phase == PHASE_ACTING) == (plan->reclaim || s->due_us != NEVER),
	     "an action is left over");
	must(s, s->spins <= SPINS_MAX, "it wakes without end");
	check_rests(s);
}

/* --- one way through ------------------------------------------------------------------------ */

static uint64_t begin(struct sim *s, const struct offer *o)
{
	const struct policy *p = &s->config->policy;
	const struct action *a = &s->state.action;
	uint64_t usual_us = a->window_ms ? a->window_ms * USEC_PER_MSEC : s->config->window_us;
	uint32_t *order = s->reclaimer.inventory.order;
	uint64_t least_us = usual_us;
	uint64_t given_kb = 0;

	if (reclaimer_by_params(&s->reclaimer, a->level)) {
		s->vbds = list(s)->n;
		for (size_t i = 0; i < s->vbds; i++) {
			check_touched(s, &list(s)->vbds[i], true);
			if (a->scope == SCOPE_ALL || s->now_us - s->disks[i].last_us >= a->rest_us)
				take(s, i, a->level);
		}
		return reclaimer_least_us(a->level, usual_us);
	}
	s->vbds = order_vbds(p, o, a, list(s)->vbds, list(s)->n, order);
	for (size_t i = 0; i < s->vbds; i++) {
		struct vbd *v = &list(s)->vbds[order[i]];
		uint64_t held_kb = ram_of(s, v);

		check_touched(s, v, false);
		vbd_told(v, a, s->now_us);
		must(s, a->need_kb == 0 || given_kb < a->need_kb,
		     "more disks were told than needed");
		take(s, order[i], a->level);
		given_kb += v->shows ? held_kb - ram_of(s, v) : 0;
		if (!a->window_ms)
			least_us = max_u64(least_us, vbd_window_us(p, v, usual_us));
	}
	return reclaimer_least_us(a->level, least_us);
}

static void judged(struct sim *s)
{
	const struct action *a = &s->state.action;

	if (a->verdict == VERDICT_HELPED) {
		s->helped++;
		s->lasting_kb += action_lasting_kb(a);
	}
	s->told(s, TOLD_ACTION);
}

/*
 * What is missing to a lower target is missing from what pool and grants held first: that part of
 * it has no way back until the target rises.
 */
static void move_target(struct sim *s, uint64_t to_kb)
{
	uint64_t last_kb = s->target_kb;

	refresh(s);
	if (to_kb < last_kb) {
		uint64_t fell_kb = last_kb - to_kb;
		uint64_t outside_kb = s->outside_kb + fell_kb;

		s->ram_kb = s->ram_kb > fell_kb ? s->ram_kb - fell_kb : 0;
		s->outside_kb = outside_kb < s->mapped_kb ? outside_kb : s->mapped_kb;
	} else {
		uint64_t rose_kb = to_kb - last_kb;

		s->ram_kb += rose_kb;
		s->outside_kb = s->outside_kb > rose_kb ? s->outside_kb - rose_kb : 0;
	}
	s->target_kb = to_kb;
}

static void grow(struct sim *s)
{
	uint64_t to_kb = grow_to_kb(&s->config->policy, &s->state.growth, s->free_kb, s->now_us);

	if (to_kb == 0)
		return;
	must(s, to_kb <= s->config->policy.grow_limit_kb, "grew past the limit");
	s->told(s, TOLD_GROWN);
	s->free_kb -= to_kb - s->target_kb;
	move_target(s, to_kb);
	growth_note_target(&s->state.growth, to_kb, s->now_us);
}

static void handle(struct sim *s, struct event e)
{
	const struct policy *p = &s->config->policy;
	struct offer o = {0};
	struct plan plan;

	refresh(s);
	memcpy(o.gives_ram, s->gives_ram, sizeof(o.gives_ram));
	reclaimer_offer(&s->reclaimer, p, &o);
	e.now = sample(s);
	if (e.type == EVENT_DONE)
		reclaimer_learn(&s->reclaimer, p, &s->state.action);
	s->before = s->state;
	s->decisions++;
	plan = decide(p, &o, &s->state, &e, s->now_us);
	s->wake_us = plan.wake_us ? plan.wake_us : NEVER;
	check_plan(s, &plan);
	if (plan.judged)
		judged(s);
	if (plan.notice != NOTICE_NONE) {
		s->notice = plan;
		s->told(s, TOLD_NOTICE);
	}
	if (plan.grow)
		grow(s);
	if (!plan.reclaim)
		return;
	if (s->before.phase == PHASE_WATCHING && !plan.judged) {
		struct state after = s->state;

		s->state = s->before; /* the one that is told of */
		s->state.action.verdict = VERDICT_SUPERSEDED;
		s->told(s, TOLD_ACTION);
		s->state = after;
	}
	check_started(s);
	s->actions++;
	s->started_us = s->now_us;
	s->due_us = s->now_us + begin(s, &o);
	s->vbds_told += s->vbds;
}

/* The load presses as long as there is too little; its pages go to the swap and come back. */
static void press(struct sim *s)
{
	uint64_t kb;

	refresh(s);
	kb = shortage_kb(s);
	if (!s->simulated || kb == 0) {
		s->pressed_us = NEVER;
		return;
	}
	s->pressed_us = s->now_us + TICK_US;
	s->shortage_s++;
	s->memory.pswpin += kb / PAGE_KB;
	s->memory.pswpout += kb / PAGE_KB;
	/* "full" implies "some": it comes first */
	if (kb > s->ram_kb / HARD_PART)
		handle(s, (struct event){.type = EVENT_HARD});
	handle(s, (struct event){.type = EVENT_SOFT});
}

static uint64_t next_us(const struct sim *s)
{
	uint64_t next = s->due_us;

	next = s->wake_us < next ? s->wake_us : next;
	return s->pressed_us < next ? s->pressed_us : next;
}

static int advance(struct sim *s, uint64_t to_us)
{
	uint64_t at;

	while ((at = next_us(s)) <= to_us && !s->broken[0]) {
		s->spins = at > s->now_us ? 0 : s->spins + 1;
		s->now_us = max_u64(at, s->now_us);
		if (at == s->due_us) {
			s->due_us = NEVER;
			handle(s, (struct event){.type = EVENT_DONE});
		} else if (at == s->wake_us) {
			s->wake_us = NEVER;
			handle(s, (struct event){.type = EVENT_TIMER});
		} else {
			press(s);
		}
	}
	if (s->broken[0])
		return -EPROTO;
	s->now_us = max_u64(s->now_us, to_us);
	return 0;
}

/* --- what the trace says -------------------------------------------------------------------- */

static int compare(const struct vbd *a, const struct vbd *b)
{
	if (a->domid != b->domid)
		return a->domid < b->domid ? -1 : 1;
	return a->devid < b->devid ? -1 : a->devid > b->devid;
}

/* Where it is, or where it belongs. */
static size_t find(struct sim *s, const struct vbd *v, bool *there)
{
	size_t low = 0;
	size_t high = list(s)->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare(&list(s)->vbds[mid], v) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*there = low < list(s)->n && compare(&list(s)->vbds[low], v) == 0;
	return low;
}

static int make_room(struct sim *s)
{
	struct inventory *inv = &s->reclaimer.inventory;
	size_t room = inv->now.room ? 2 * inv->now.room : 64;
	struct sim_disk *disks;
	struct vbd *vbds;
	uint32_t *order;

	if (inv->now.n < inv->now.room)
		return 0;
	disks = realloc(s->disks, room * sizeof(*disks));
	if (!disks)
		return -ENOMEM;
	s->disks = disks;
	vbds = realloc(inv->now.vbds, room * sizeof(*vbds));
	if (!vbds)
		return -ENOMEM;
	inv->now.vbds = vbds;
	order = realloc(inv->order, room * sizeof(*order));
	if (!order)
		return -ENOMEM;
	inv->order = order;
	inv->now.room = room;
	return 0;
}

static void know_domain(const struct sim *s, struct vbd *v)
{
	v->named = s->rule_of[v->domid] != RULE_UNKNOWN;
	v->rule = v->named ? (uint16_t)(s->rule_of[v->domid] - 1) : 0;
}

static int put_disk(struct sim *s, const struct vbd *v)
{
	uint64_t kept_kb = 0;
	struct sim_disk *d;
	struct vbd *to;
	bool there;
	size_t i;

	if (make_room(s) < 0)
		return -ENOMEM;
	i = find(s, v, &there);
	to = &list(s)->vbds[i];
	d = &s->disks[i];
	if (there) {
		kept_kb = to->kept_kb;
	} else {
		memmove(to + 1, to, (list(s)->n - i) * sizeof(*to));
		memmove(d + 1, d, (list(s)->n - i) * sizeof(*d));
		list(s)->n++;
	}
	*to = *v;
	to->kept_kb = kept_kb;
	know_domain(s, to);
	*d = (struct sim_disk){
		.last_us = s->now_us - (v->idle_us < s->now_us ? v->idle_us : s->now_us),
		.busy = s->simulated && v->rate > 0,
	};
	memcpy(d->full_kb, v->held_kb, sizeof(d->full_kb));
	s->unseen |= v->seen != ALL_LEVELS;
	/* the model knows what the kernel does not show */
	to->shows &= s->reclaimer.inventory.mechanism == MECHANISM_NATIVE;
	return 0;
}

static void drop_disk(struct sim *s, const struct vbd *v)
{
	bool there;
	size_t i = find(s, v, &there);

	if (!there)
		return;
	list(s)->n--;
	memmove(&list(s)->vbds[i], &list(s)->vbds[i + 1],
		(list(s)->n - i) * sizeof(*list(s)->vbds));
	memmove(&s->disks[i], &s->disks[i + 1], (list(s)->n - i) * sizeof(*s->disks));
}

static void start_io(struct sim *s, const struct vbd *v)
{
	bool there;
	size_t i = find(s, v, &there);
	struct sim_disk *d = &s->disks[i];

	if (!there)
		return;
	if (d->busy)
		d->last_us = s->now_us;
	d->busy = v->rate > 0;
	list(s)->vbds[i].rate = v->rate;
	if (d->busy)
		memcpy(list(s)->vbds[i].held_kb, d->full_kb, sizeof(d->full_kb));
	d->taken &= d->busy;
}

static void name_domain(struct sim *s, const struct trace_event *e)
{
	const struct policy *p = &s->config->policy;

	s->rule_of[e->vbd.domid] = (uint16_t)(1 + domains_rule(p, e->uuid, e->name));
	for (size_t i = 0; i < list(s)->n; i++)
		if (list(s)->vbds[i].domid == e->vbd.domid)
			know_domain(s, &list(s)->vbds[i]);
}

static bool passed(uint64_t stall_us, uint64_t took_us, const struct threshold *t)
{
	return t->stall_us &&
	       stall_us * t->window_us >= t->stall_us * max_u64(took_us, t->window_us);
}

static void note_psi(struct sim *s, const struct trace_event *e)
{
	uint64_t took_us = s->now_us - s->psi_us;
	bool known = s->psi_known && e->some_us >= s->some_us && e->full_us >= s->full_us;
	bool hard = known && passed(e->full_us - s->full_us, took_us, &s->config->full);
	bool soft = known && passed(e->some_us - s->some_us, took_us, &s->config->some);

	s->psi_known = true;
	s->psi_us = s->now_us;
	s->some_us = e->some_us;
	s->full_us = e->full_us;
	if (hard)
		handle(s, (struct event){.type = EVENT_HARD});
	if (soft)
		handle(s, (struct event){.type = EVENT_SOFT});
}

/* While an action is looked at, what it took stays taken, but for what the recorded host gave. */
static void note_memory(struct sim *s, const struct sample *now)
{
	int64_t fell_kb =
		s->memory.held_known && now->held_known ? s->memory.held_kb - now->held_kb : 0;

	if (s->state.phase == PHASE_READY || fell_kb >= (int64_t)s->taken_kb)
		s->taken_kb = 0;
	else if (fell_kb > 0)
		s->taken_kb -= (uint64_t)fell_kb;
	s->memory = *now;
}

static void note_balloon(struct sim *s, const struct trace_event *e)
{
	uint64_t last_kb = s->target_kb;
	struct event fall = {.type = EVENT_BALLOON_FALL};

	growth_note_target(&s->state.growth, e->target_kb, s->now_us);
	if (last_kb > 0 && s->simulated)
		move_target(s, e->target_kb);
	s->target_kb = e->target_kb;
	if (!s->config->follow_balloon || last_kb == 0 || e->target_kb >= last_kb ||
	    e->target_kb >= e->current_kb)
		return;
	fall.need_kb = e->current_kb - e->target_kb;
	handle(s, fall);
}

static void ask(struct sim *s, const struct request *r)
{
	struct event e = {.type = EVENT_REQUEST,
			  .level = r->level,
			  .window_ms = r->window_ms,
			  .domid = r->domid,
			  .devid = r->devid};
	bool waits = s->state.wanted && s->state.wanted_event.type == EVENT_REQUEST;

	/* as the daemon refuses it */
	if (waits || reclaimer_takes(&s->reclaimer, r->level, r->domid, r->devid) < 0 ||
	    (s->due_us != NEVER && s->state.action.cause == CAUSE_REQUEST))
		return;
	handle(s, e);
}

static void be_host(struct sim *s, const struct trace_event *e)
{
	struct inventory *inv = &s->reclaimer.inventory;

	memcpy(s->gives_ram, e->gives_ram, sizeof(s->gives_ram));
	inv->mechanism = e->mechanism;
	inv->params = e->mechanism != MECHANISM_NONE;
	s->state.said_no_ram = false;
	s->state.said_no_room = false;
}

static int happen(struct sim *s, const struct trace_event *e)
{
	switch (e->word) {
	case TRACE_HOST:
		be_host(s, e);
		break;
	case TRACE_SOFT:
		handle(s, (struct event){.type = EVENT_SOFT});
		break;
	case TRACE_HARD:
		handle(s, (struct event){.type = EVENT_HARD});
		break;
	case TRACE_PSI:
		note_psi(s, e);
		break;
	case TRACE_MEMORY:
		note_memory(s, &e->sample);
		break;
	case TRACE_BALLOON:
		note_balloon(s, e);
		break;
	case TRACE_DOMAIN:
		name_domain(s, e);
		break;
	case TRACE_DISK:
		return put_disk(s, &e->vbd);
	case TRACE_GONE:
		drop_disk(s, &e->vbd);
		break;
	case TRACE_REQUEST:
		ask(s, &e->request);
		break;
	case TRACE_RAM:
		s->ram_kb = e->kb;
		break;
	case TRACE_LOAD:
		s->load_kb = e->kb;
		break;
	case TRACE_IO:
		start_io(s, &e->vbd);
		break;
	case TRACE_FREE:
		s->free_kb = e->kb;
		break;
	case TRACE_ACTION:
	case TRACE_END:
	case TRACE_WORDS:
		break;
	}
	return 0;
}

int sim_init(struct sim *s, const struct config *c, bool simulated)
{
	*s = (struct sim){
		.config = c,
		.simulated = simulated,
		.gives_ram = {true, true, true},
		.due_us = NEVER,
		.wake_us = NEVER,
		.pressed_us = NEVER,
		.regrow_us = NEVER,
		.reclaimer = {.root = -1, .inventory = {.mechanism = MECHANISM_NATIVE}},
		.rule_of = calloc(DOMIDS, sizeof(*s->rule_of)),
	};
	return s->rule_of ? 0 : -ENOMEM;
}

int sim_event(struct sim *s, const struct trace_event *e)
{
	int r = advance(s, e->time_us);

	if (r == 0) {
		s->events++;
		r = happen(s, e);
	}
	/* the load looks again at what has changed, once for all that happens at one time */
	if (r == 0 && s->simulated && s->pressed_us == NEVER)
		s->pressed_us = s->now_us + 1;
	return r < 0 ? r : s->broken[0] ? -EPROTO : 0;
}

int sim_end(struct sim *s)
{
	const struct policy *p = &s->config->policy;
	int r;

	s->load_kb = 0;
	s->ram_kb = INT64_MAX; /* nor is it short where the disks alone hold more than there was */
	/* what runs, and what waits behind it */
	r = advance(s, s->now_us + 2 * (p->min_interval_us + p->regrowth_us +
					WINDOW_MAX_MS * USEC_PER_MSEC));
	if (r < 0)
		return r;
	must(s, s->state.phase == PHASE_READY && s->due_us == NEVER && s->wake_us == NEVER,
	     "at the end something is left changed, or waits");
	return s->broken[0] ? -EPROTO : 0;
}

void sim_free(struct sim *s)
{
	inventory_free(&s->reclaimer.inventory);
	free(s->disks);
	free(s->rule_of);
	s->disks = NULL;
	s->rule_of = NULL;
}
