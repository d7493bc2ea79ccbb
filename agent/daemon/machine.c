// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine as the controller's host: scans it, samples it, carries orders out; see agent.h. */
#include "core/idle.h"
#include "core/names.h"
#include "daemon/agent.h"
#include "host/domains.h"
#include "host/leases.h"
#include "host/util.h"

#include <inttypes.h>
#include <string.h>
#include <syslog.h>

/* How often to try again what could not be put back. */
#define PUT_BACK_US USEC_PER_SEC

/* How often a decision on one kind of event is logged: pressure comes every second. */
#define SAY_EVERY_US (10 * USEC_PER_SEC)

/* --- facts ---------------------------------------------------------------------------------- */

static void diagnose_anew(struct agent *a)
{
	a->report.diagnosis = diagnose(&a->facts);
	a->report.mechanism = mechanism_names[a->facts.mechanism];
	for (int l = 0; l < LEVEL_COUNT; l++)
		a->controller.view.gives_ram[l] = may_give_ram(&a->report.diagnosis, l);
	controller_facts_changed(&a->controller);
}

void machine_learn_facts(struct agent *a)
{
	facts_gather(a->root, &a->facts);
	if (a->inventory.now.scanned_us != 0) { /* which has seen disks that are gone */
		a->facts.mechanism = a->inventory.mechanism;
		a->facts.params = a->inventory.params;
	}
	diagnose_anew(a);
}

/*
 * Whether frames are ballooned out changes with the target, and what gives RAM with that. While the
 * kernel takes pages for grants they are on the balloon's list for a moment: one scan proves
 * nothing.
 */
static void learn_balloon(struct agent *a)
{
	struct facts now = a->facts;
	bool before = a->balloon_out;
	struct balloon b;

	if (memory_balloon(&a->memory, &b) < 0)
		return;
	now.current_kb = b.current_kb;
	now.target_kb = b.target_kb;
	now.low_kb = b.low_kb;
	a->balloon_out = ballooned_out_kb(&now) > 0;
	if (a->balloon_out != before || a->balloon_out == (ballooned_out_kb(&a->facts) > 0))
		return;
	a->facts = now;
	diagnose_anew(a);
	agent_tell_status(a);
}

/* --- the view ------------------------------------------------------------------------------- */

static uint64_t machine_now_us(void *host)
{
	(void)host;
	return now_us();
}

/* Modules and disks come and go. */
static uint64_t machine_scan(void *host, struct host_view *view)
{
	struct agent *a = host;
	struct inventory *inv = &a->inventory;
	uint64_t driver = inv->driver;
	uint64_t start_us = processor_us();
	int r = inventory_read(a->root, inv);
	uint64_t took_us = processor_us() - start_us;

	if (r < 0 && !a->scan_failed)
		say(MESSAGE_FAULT, LOG_ERR, "cannot scan the disks: %s", strerror(-r));
	a->scan_failed = r < 0;
	if (inv->driver != driver)
		params_forget_lost(&a->reclaimer.params);
	domains_name(&a->store, &a->config.policy, &inv->now, DOMAINS_AT_ONCE);
	domains_learn_grants(&a->store, &inv->now, DOMAINS_AT_ONCE);
	learn_balloon(a);
	if (inv->mechanism != a->facts.mechanism || inv->params != a->facts.params) {
		if (a->event)
			say(MESSAGE_MECHANISM, LOG_INFO, "the mechanism is %s now",
			    mechanism_names[inv->mechanism]);
		machine_learn_facts(a);
	}
	view->targets = inv->targets;
	view->params = inv->params;
	view->mechanism = inv->mechanism;
	view->unused_s = inv->unused_s;
	view->held = params_held(&a->reclaimer.params);
	return took_us;
}

static int machine_sample(void *host, struct sample *now)
{
	struct agent *a = host;
	int r = memory_sample(&a->memory, now);

	now->held_kb += (int64_t)vbds_slots_kb(&a->inventory.now) - a->assumed_kb;
	now->available_kb += a->assumed_kb;
	return r;
}

/* --- orders --------------------------------------------------------------------------------- */

/* What failed may have left a parameter lowered. */
static void finish(struct agent *a, int error)
{
	if (error < 0) {
		say(MESSAGE_FAULT, LOG_ERR, "reclaim failed: %s", strerror(-error));
		if (!a->dry_run)
			arm_timer(a->put_back_timer, now_us() + PUT_BACK_US);
	}
	agent_event(a,
		    (struct event){.type = error < 0 ? EVENT_FAILED : EVENT_DONE, .error = -error});
}

void machine_put_back(struct agent *a)
{
	/* while an order is under way, what is lowered is its own */
	bool later = a->reclaimer.open || params_put_back(&a->reclaimer.params, a->root) < 0;

	arm_timer(a->put_back_timer, later ? now_us() + PUT_BACK_US : 0);
}

/* What a disk would give back, as far as that is RAM here; to a target that fell, slots alone. */
static int64_t would_give_kb(const struct agent *a, const struct vbd *v, const struct action *act)
{
	int least = act->cause == CAUSE_BALLOON ? LEVEL_SLOTS : 0;
	uint64_t kb = 0;

	for (int l = least; l <= (int)act->level; l++)
		if (may_give_ram(&a->report.diagnosis, l))
			kb += v->held_kb[l];
	if (act->level == LEVEL_SLOTS)
		kb -= min_u64(kb, v->kept_kb);
	return (int64_t)kb;
}

/* For a dry run, so that it goes on as the daemon would: all comes back that they are known to
 * hold. */
static int64_t assume_kb(struct agent *a, const struct order *o)
{
	bool known = !o->params;
	struct sample now = {0};
	int64_t kb = 0;

	for (size_t i = 0; i < o->n; i++) {
		const struct vbd *v = &a->inventory.now.vbds[o->targets[i].vbd];

		known &= v->shows;
		kb += would_give_kb(a, v, o->action);
	}
	if (known)
		return kb;
	(void)machine_sample(a, &now);
	return now.held_known && now.held_kb > 0 ? now.held_kb
						 : (int64_t)a->config.policy.min_gain_kb;
}

static void assume(struct agent *a, const struct order *o)
{
	const struct action *act = o->action;
	int64_t kb = assume_kb(a, o);

	say(MESSAGE_ACTION, LOG_INFO,
	    "%s: would reclaim %s of %s disks, up to %" PRId64 " kB (dry run)",
	    cause_names[act->cause], levels[act->level].name, scope_names[act->scope], kb);
	a->assumed_kb += kb;
}

static int begin(struct agent *a, struct order *o)
{
	int r;

	if (a->dry_run) {
		assume(a, o);
		return 0;
	}
	r = reclaimer_begin(&a->reclaimer, &a->inventory.now, o, now_us());
	report_triggered(&a->report, (uint32_t)(o->usual_us / USEC_PER_MSEC), a->reclaimer.vbds);
	return r;
}

static void machine_carry_out(void *host, struct order *o)
{
	struct agent *a = host;

	a->reclaimer.vbds = 0;
	a->begin_error = begin(a, o);
	for (size_t i = 0; i < o->n && (a->begin_error < 0 || a->dry_run); i++)
		o->targets[i].error = a->begin_error < 0 ? a->begin_error : -ECANCELED;
	arm_timer(a->window_timer, now_us() + 1);
}

void machine_continue(struct agent *a)
{
	struct balloon b = {0};
	uint64_t wake_us = 0;
	int r;

	if (a->begin_error < 0 || !a->reclaimer.open) { /* it did not begin */
		finish(a, a->begin_error);
		return;
	}
	(void)memory_balloon(&a->memory, &b);
	r = reclaimer_next(&a->reclaimer, balloon_held_kb(&b), now_us(), &wake_us);
	if (r > 0)
		arm_timer(a->window_timer, wake_us);
	else
		finish(a, r);
}

static void machine_wake_at(void *host, uint64_t at_us)
{
	struct agent *a = host;

	arm_timer(a->wake_timer, at_us);
}

/* --- aging ---------------------------------------------------------------------------------- */

/* An order under way has the parameters for itself: the rest follows when it is done. */
static int hold(struct agent *a, const struct held *held)
{
	uint64_t wake_us = 0;
	int r = params_hold(&a->reclaimer.params, a->root, held, now_us(), &wake_us);

	arm_timer(a->hold_timer, r > 0 ? wake_us : 0);
	return r == -EBUSY || r > 0 ? 0 : r;
}

static int age(struct agent *a, const struct aging *aging)
{
	const struct held held = {.unused_s = aging->unused_s, .pools = aging->pools};
	const struct held nothing = {0};
	int r;

	if (a->inventory.mechanism != MECHANISM_NATIVE)
		return hold(a, &held);
	r = hold(a, &nothing);
	return r < 0 ? r : leases_write(a->root, &a->inventory.now, now_us());
}

void machine_age(struct agent *a)
{
	int r = a->dry_run ? 0 : age(a, &a->controller.aging);

	if (r < 0) /* what was held may still be */
		arm_timer(a->put_back_timer, now_us() + PUT_BACK_US);
	if (r < 0 && !a->aging_failed)
		say(MESSAGE_FAULT, LOG_ERR,
		    "cannot set how long xen_blkback keeps what is not "
		    "used: %s",
		    strerror(-r));
	a->aging_failed = r < 0;
	a->controller.view.held = params_held(&a->reclaimer.params);
}

int machine_stop_aging(struct agent *a)
{
	int r = params_release(&a->reclaimer.params);
	int ended = a->dry_run ? 0 : leases_end(a->root, &a->inventory.now, now_us());

	return r < 0 ? r : ended;
}

static void machine_set_aging(void *host, const struct aging *aging)
{
	(void)aging; /* the controller's */
	machine_age(host);
}

static void machine_hear_at(void *host, enum event_type type, uint64_t at_us)
{
	pressure_hear_at(host, type == EVENT_HARD, at_us);
}

static void machine_look_at(void *host, uint64_t at_us)
{
	struct agent *a = host;

	arm_timer(a->look_timer, at_us);
	xenstore_watch_disks(a, a->controller.aging.why == AGING_NO_DISK);
}

static void say_aging(const struct agent *a)
{
	const struct aging *g = &a->controller.aging;
	char text[96] = "the driver's own time";

	if (g->unused_s)
		(void)snprintf(text, sizeof(text), "after %" PRIu32 " s without use%s", g->unused_s,
			       g->pools ? ", free pages at once" : "");
	say(MESSAGE_DECISION, LOG_DEBUG, "aging: %s (%s)", text, aging_names[g->why]);
}

/* --- the own target ------------------------------------------------------------------------- */

void machine_open_grower(struct agent *a)
{
	const char *why;

	bool wanted = a->config.policy.grow_limit_kb > 0;

	if (wanted && a->driver_domain)
		say(MESSAGE_FAULT, LOG_WARNING,
		    "grow_dom0 is set, but does nothing: this is a driver domain");
	/* from a driver domain libxenlight reaches neither Xen nor that domain's own target */
	if (!wanted || a->dry_run || a->driver_domain) {
		grower_close(a->grower);
		a->grower = NULL;
	} else if (!a->grower && grower_open(&a->grower, &why) < 0) {
		say(MESSAGE_FAULT, LOG_WARNING, "grow_dom0 is set, but does nothing: %s", why);
	}
	a->controller.can_grow = a->grower != NULL;
}

void machine_reopen_grower(struct agent *a)
{
	grower_close(a->grower);
	a->grower = NULL;
	machine_open_grower(a);
}

/*
 * In an HVM or PVH domain Linux leaves out what the toolstack counts and it cannot see: its target
 * is less than xenstore's, always by as much. The difference is known once the target has stood
 * still, as Linux takes a moment to follow a new one.
 */
static void learn_scale(struct agent *a, uint64_t target_kb, uint64_t kernel_kb)
{
	bool first = a->last_target_us == 0;
	bool moved = target_kb != a->last_target_kb;

	if (first || moved) {
		a->last_target_kb = target_kb;
		a->last_target_us = now_us();
	}
	if (first || (!moved && now_us() - a->last_target_us >= USEC_PER_SEC))
		a->unseen_kb = target_kb > kernel_kb ? target_kb - kernel_kb : 0;
}

/* Dom0 has none in xenstore before the first that is set: until then the kernel's own is true. */
static int machine_read_target(void *host, struct own_target *t)
{
	struct agent *a = host;
	struct balloon b = {0};
	int r = xenstore_read_target(a, &t->kb);
	int known = memory_balloon(&a->memory, &b);

	if (r == 0 && known == 0 && a->driver_domain)
		learn_scale(a, t->kb, b.target_kb);
	t->set = r == 0;
	t->current_kb = known < 0 ? 0 : b.current_kb + a->unseen_kb;
	if (r != -ENOENT)
		return r;
	t->kb = b.target_kb;
	return known;
}

static int machine_xen_free_kb(void *host, uint64_t *kb)
{
	struct agent *a = host;

	return grower_free_kb(a->grower, kb);
}

static int machine_set_target(void *host, uint64_t kb)
{
	struct agent *a = host;

	return grower_set(a->grower, kb);
}

/* --- news ----------------------------------------------------------------------------------- */

static bool all_spared(const struct agent *a)
{
	for_each_vbd(v, &a->inventory.now)
		if (!v->levels || v->squeeze_ms != 0)
			return false;
	return a->inventory.now.n > 0;
}

static const char *why_no_ram(const struct agent *a, char *buf, size_t size)
{
	const struct vbd *v = first_excluded(&a->config.policy, &a->inventory.now);

	if (a->facts.mechanism == MECHANISM_NONE)
		return "xen_blkback is not loaded or not usable";
	if (!v && all_spared(a))
		return "no disk may be asked: squeeze_ms is 0 for all of them";
	if (!v)
		return a->report.diagnosis.why[LEVEL_GRANTS];
	(void)snprintf(buf, size,
		       "domain %u %s, and what is left cannot be taken from single disks", v->domid,
		       v->named ? "is excluded and has disks"
				: "has disks and a name that cannot be read, and may be excluded");
	return buf;
}

static void say_notice(struct agent *a, const struct news *n)
{
	char text[256];

	switch (n->plan->notice) {
	case NOTICE_NO_RAM:
		say(MESSAGE_NO_RAM, LOG_NOTICE,
		    "pressure, but reclaim gives no RAM back here: %s (see xen-reclaim doctor)",
		    why_no_ram(a, text, sizeof(text)));
		break;
	case NOTICE_NO_ROOM:
		say(MESSAGE_NO_RAM, LOG_INFO,
		    "the memory target fell, and nothing here makes room for it: only "
		    "slots would");
		break;
	case NOTICE_BACKOFF:
		backoff_print(&a->config.policy, n->action, n->plan->backoff_us, text,
			      sizeof(text));
		say(MESSAGE_BACKOFF, LOG_NOTICE, "%s", text);
		break;
	case NOTICE_RECOVERED:
		say(MESSAGE_RECOVERED, LOG_NOTICE, "%s of %s disks helps again",
		    levels[n->action->level].name, scope_names[n->action->scope]);
		break;
	case NOTICE_NONE:
		break;
	}
}

static bool same_decision(const struct decision *a, const struct decision *b)
{
	return a->at_us != 0 && a->about == b->about && a->reason == b->reason &&
	       memcmp(a->steps, b->steps, sizeof(a->steps)) == 0;
}

/* What is new, and not too often: a disk that is used now and then changes it each time. */
static void say_decision(struct agent *a)
{
	const struct decision *d = &a->controller.decision;
	struct decision *said = &a->said[d->about];
	char text[384] = "";
	size_t n = 0;

	if (d->began || same_decision(said, d) ||
	    (said->at_us && d->at_us - said->at_us < SAY_EVERY_US))
		return;
	*said = *d;
	for (int l = 0; l < LEVEL_COUNT; l++)
		for (int s = 0; s < SCOPE_COUNT; s++)
			if (d->steps[l][s] != REASON_NONE && n < sizeof(text))
				n += (size_t)snprintf(text + n, sizeof(text) - n,
						      "; %s of %s disks: %s", levels[l].name,
						      scope_names[s], reason_names[d->steps[l][s]]);
	say(MESSAGE_DECISION, LOG_DEBUG, "%s: no action: %s%s", event_names[d->about],
	    reason_names[d->reason], text);
}

static void machine_tell(void *host, const struct news *n)
{
	struct agent *a = host;
	enum notice notice = n->what == NEWS_NOTICE ? n->plan->notice : NOTICE_NONE;

	switch (n->what) {
	case NEWS_STARTED:
		report_started(&a->report, n->action);
		break;
	case NEWS_DONE:
		if (n->error == 0)
			report_done(&a->report, n->action);
		a->answer_due = n->action->cause == CAUSE_REQUEST;
		a->answer_error = -n->error;
		break;
	case NEWS_JUDGED:
		a->assumed_kb = 0; /* in truth it is held still */
		report_judged(&a->report, n->action);
		break;
	case NEWS_SUPERSEDED:
		report_judged(&a->report, n->action);
		break;
	case NEWS_NOTICE:
		if (!a->dry_run || notice == NOTICE_NO_RAM || notice == NOTICE_NO_ROOM)
			say_notice(a, n);
		break;
	case NEWS_DECIDED:
		say_decision(a);
		exhausted_note(a, &a->controller.decision);
		agent_tell_state_soon(a);
		break;
	case NEWS_AGING:
		say_aging(a);
		agent_tell_state_soon(a);
		break;
	case NEWS_GROWN:
		say(MESSAGE_GROWN, LOG_NOTICE,
		    "hard pressure that reclaim cannot relieve: own memory target raised to "
		    "%" PRIu64 " kB",
		    n->kb);
		break;
	case NEWS_NOT_GROWN:
		say(MESSAGE_FAULT, LOG_ERR,
		    "cannot raise the own memory target to %" PRIu64
		    " kB: libxenlight gave error %d; trying again less and less often",
		    n->kb, n->error);
		break;
	case NEWS_NO_SAMPLE:
		say(MESSAGE_FAULT, LOG_ERR, "cannot read memory figures: %s", strerror(-n->error));
		break;
	}
}

const struct host_ops machine_ops = {
	.now_us = machine_now_us,
	.scan = machine_scan,
	.sample = machine_sample,
	.carry_out = machine_carry_out,
	.wake_at = machine_wake_at,
	.age = machine_set_aging,
	.hear_at = machine_hear_at,
	.look_at = machine_look_at,
	.read_target = machine_read_target,
	.xen_free_kb = machine_xen_free_kb,
	.set_target = machine_set_target,
	.tell = machine_tell,
};
