// SPDX-License-Identifier: GPL-2.0-or-later
/* From an event to what follows from it; see controller.h. */
#include "core/controller.h"

#include "core/decide.h"
#include "core/growth.h"
#include "core/idle.h"
#include "core/ladder.h"
#include "core/pacing.h"
#include "core/reuse.h"
#include "core/units.h"

#include <errno.h>
#include <string.h>

/* For so long pressure has to lead to nothing before it is left alone, and for how long it is. */
#define VAIN_US	   USEC_PER_SEC
#define DEAF_US	   (5 * USEC_PER_SEC)
#define ANOTHER_US (10 * USEC_PER_SEC)

static uint64_t now_us(const struct controller *c)
{
	return c->ops->now_us(c->host);
}

static void tell(struct controller *c, struct news news)
{
	c->ops->tell(c->host, &news);
}

static void scan(struct controller *c)
{
	c->scan_us = c->ops->scan(c->host, &c->view);
	for_each_vbd(v, c->view.disks)
		vbd_learn(c->policy, v, now_us(c));
}

/* --- what follows from a plan --------------------------------------------------------------- */

static void carry_out(struct controller *c)
{
	const struct action *a = &c->state.action;
	struct order o = order_for(c->policy, &c->view, a);

	tell(c, (struct news){.what = NEWS_STARTED, .action = a});
	c->ops->carry_out(c->host, &o);
	vbds_begin(a, o.params, c->view.disks);
	for (size_t i = 0; i < o.n; i++)
		if (o.targets[i].error == 0)
			vbd_triggered(&c->view.disks->vbds[o.targets[i].vbd], a, a->started_us);
}

static int read_target(struct controller *c, struct own_target *t)
{
	int r = c->ops->read_target(c->host, t);

	if (r < 0)
		return r;
	if (t->set)
		growth_note_target(&c->state.growth, t->kb, now_us(c));
	else
		c->state.growth.target_kb = t->kb;
	return 0;
}

static uint64_t need_of(const struct own_target *t)
{
	return t->kb < t->current_kb ? t->current_kb - t->kb : 0;
}

/* While it waited, the kernel may have met the target, or another one may have been set. */
static void look_at_fall(struct controller *c)
{
	struct own_target t;

	if (c->state.fell && read_target(c, &t) == 0)
		renew_fall(&c->state, need_of(&t));
}

/* The target is read again: the news of one that was just set may still be on its way. */
static void grow(struct controller *c)
{
	struct growth tried;
	struct own_target t;
	uint64_t free_kb;
	uint64_t to_kb;
	int r;

	if (!c->can_grow || read_target(c, &t) < 0)
		return;
	tried = c->state.growth;
	/* Xen is asked only where its answer matters, and takes a moment */
	if (grow_to_kb(c->policy, &tried, UINT64_MAX, now_us(c)) == 0 ||
	    c->ops->xen_free_kb(c->host, &free_kb) < 0 || read_target(c, &t) < 0)
		return;
	to_kb = grow_to_kb(c->policy, &c->state.growth, free_kb, now_us(c));
	if (to_kb == 0)
		return;
	r = c->ops->set_target(c->host, to_kb);
	if (r == 0) {
		c->state.growth.refused_us = 0;
		tell(c, (struct news){.what = NEWS_GROWN, .kb = to_kb});
	} else if (growth_refused(c->policy, &c->state.growth)) {
		tell(c, (struct news){.what = NEWS_NOT_GROWN, .kb = to_kb, .error = r});
	}
}

static void note_decision(struct controller *c, const struct plan *plan)
{
	if (!plan->decided)
		return;
	c->decision = (struct decision){
		.at_us = now_us(c),
		.about = plan->about,
		.began = plan->reclaim,
		.reason = plan->reason,
	};
	memcpy(c->decision.steps, plan->steps, sizeof(plan->steps));
	if (!plan->reclaim)
		c->passed[plan->reason]++;
	tell(c, (struct news){.what = NEWS_DECIDED, .plan = plan});
}

static void sample(struct controller *c, struct event *e)
{
	int r = c->ops->sample(c->host, &e->now);

	if (r < 0) { /* goes on with what is known: whoever waits must not wait for ever */
		if (!c->blind)
			tell(c, (struct news){.what = NEWS_NO_SAMPLE, .error = r});
		e->now = c->last;
	}
	c->blind = r < 0;
	c->last = e->now;
}

static bool same_aging(const struct aging *a, const struct aging *b)
{
	return a->why == b->why && a->unused_s == b->unused_s && a->pools == b->pools;
}

/* After a scan, with memory as it was sampled last. */
static void age(struct controller *c)
{
	struct aging before = c->aging;

	aging_decide(c->policy, &c->view, &c->last, &c->aging, now_us(c));
	c->view.return_us = c->aging.returning ? c->aging.known.unused_s * USEC_PER_SEC : 0;
	c->ops->age(c->host, &c->aging);
	c->ops->look_at(c->host, c->aging.look_us);
	if (!same_aging(&before, &c->aging))
		tell(c, (struct news){.what = NEWS_AGING});
}

/* After a scan, if one was due. */
static bool decide_on(struct controller *c, struct event *e, uint64_t at_us)
{
	struct capabilities can = capabilities_of(c->policy, &c->view);
	struct action before = c->state.action;
	struct plan plan;

	sample(c, e);
	e->returned = vbds_returned(&c->state.action, c->view.disks, now_us(c));
	if (e->type == EVENT_DONE)
		vbds_learn_kept(c->policy, &c->state.action, c->view.disks);
	plan = decide(c->policy, &can, &c->state, e, at_us);
	c->ops->wake_at(c->host, plan.wake_us);
	if (e->type == EVENT_DONE || e->type == EVENT_FAILED)
		tell(c, (struct news){
				.what = NEWS_DONE, .action = &c->state.action, .error = -e->error});
	if (plan.judged)
		tell(c, (struct news){.what = NEWS_JUDGED, .action = &c->state.action});
	if (plan.notice != NOTICE_NONE)
		tell(c,
		     (struct news){.what = NEWS_NOTICE, .action = &c->state.action, .plan = &plan});
	if (plan.grow)
		grow(c);
	note_decision(c, &plan);
	if (plan.superseded) {
		before.verdict = VERDICT_SUPERSEDED;
		tell(c, (struct news){.what = NEWS_SUPERSEDED, .action = &before});
	}
	if (plan.reclaim)
		carry_out(c);
	return plan.judged || plan.reclaim;
}

/* --- when to scan --------------------------------------------------------------------------- */

/*
 * What is decided on an old scan may be wrong, since an excluded domain may have got a disk:
 * nothing is to follow from it.
 */
static bool would_act(const struct controller *c, const struct event *e, uint64_t at_us)
{
	struct capabilities can = capabilities_of(c->policy, &c->view);
	struct state s = c->state;
	struct plan plan = decide(c->policy, &can, &s, e, at_us);

	return plan.reclaim || (plan.grow && c->can_grow &&
				grow_to_kb(c->policy, &s.growth, UINT64_MAX, at_us) > 0);
}

/* Pressure of both kinds comes at once, and comes on while something is done. */
static bool needs_scan(struct controller *c, const struct event *e, uint64_t at_us)
{
	uint64_t age_us = at_us - c->view.disks->scanned_us;

	if (c->state.phase == PHASE_ACTING)
		return false;
	return age_us >= scan_pause_us(c->policy, c->scan_us) || would_act(c, e, at_us);
}

/* Where idle times are seen without scans under pressure, or nothing is given back anyway. */
static bool needs_no_pressure(const struct controller *c)
{
	return c->view.mechanism == MECHANISM_NATIVE || c->aging.unused_s > 0 ||
	       c->decision.reason == REASON_NO_RAM || c->decision.reason == REASON_PAUSED;
}

/*
 * Pressure that led to nothing for a while is not worth waking for each second. What hard pressure
 * cannot do, soft pressure cannot either. Growing goes on as long as it presses.
 */
static void note_vain(struct controller *c, enum event_type type, bool acted)
{
	bool grows = c->can_grow && c->policy->grow_limit_kb > 0;

	if (acted || c->state.phase != PHASE_READY) {
		c->vain_us = 0;
		return;
	}
	if (c->vain_us == 0)
		c->vain_us = now_us(c);
	if (now_us(c) - c->vain_us < VAIN_US || !needs_no_pressure(c) || grows)
		return;
	if (type == EVENT_SOFT && now_us(c) < c->deaf_until_us)
		return; /* it came by another way: not to be put off by that again and again */
	c->deaf_until_us = now_us(c) + min_u64(least_idle_us(c->policy), DEAF_US);
	c->ops->hear_at(c->host, type, c->deaf_until_us);
}

/* What comes so long after the pressure before is another one. */
static void forget_vain(struct controller *c)
{
	if (now_us(c) >= max_u64(c->aging.pressed_us, c->deaf_until_us) + ANOTHER_US)
		c->vain_us = 0;
}

/* --- events --------------------------------------------------------------------------------- */

void controller_look(struct controller *c)
{
	struct event e = {0};

	scan(c);
	sample(c, &e);
	age(c);
}

bool controller_event(struct controller *c, struct event e)
{
	bool pressure = e.type == EVENT_SOFT || e.type == EVENT_HARD;
	uint64_t at_us = now_us(c);
	bool scans = !pressure || needs_scan(c, &e, at_us);
	bool acted;

	if (pressure) {
		forget_vain(c);
		c->aging.pressed_us = now_us(c);
	}
	if (scans)
		scan(c);
	if (e.type == EVENT_TIMER)
		look_at_fall(c);
	/* without a scan at the time at which none was needed: later, something may be possible */
	acted = decide_on(c, &e, scans ? now_us(c) : at_us);
	if (scans)
		age(c);
	if (pressure)
		note_vain(c, e.type, acted);
	return acted;
}

int controller_request(struct controller *c, struct event e)
{
	int r;

	if (request_is_open(&c->state))
		return -EBUSY;
	scan(c);
	r = request_levels(&c->view, e.levels, e.domid, e.devid);
	if (r < 0)
		return r;
	e.levels = (unsigned)r;
	(void)decide_on(c, &e, now_us(c));
	return 0;
}

void controller_request_withdrawn(struct controller *c)
{
	forget_request(&c->state);
}

bool controller_target_changed(struct controller *c)
{
	struct event e = {.type = EVENT_BALLOON_FALL};
	uint64_t last_kb = c->target_kb;
	struct own_target t;

	if (read_target(c, &t) < 0)
		return false;
	c->target_kb = t.kb;
	e.need_kb = need_of(&t);
	if (e.need_kb == 0)
		renew_fall(&c->state, 0);
	if (!c->policy->follow_balloon || last_kb == 0 || t.kb >= last_kb || e.need_kb == 0)
		return false;
	return controller_event(c, e);
}

void controller_policy_changed(struct controller *c)
{
	forget_failures(&c->state);
	c->state.growth.refused_us = 0;
	c->vain_us = 0;
}

void controller_facts_changed(struct controller *c)
{
	c->state.said_no_ram = false;
}
