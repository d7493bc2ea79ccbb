// SPDX-License-Identifier: GPL-2.0-or-later
/* The agent's sources and what they set off; see agent.h. The thinking is decide()'s. */
#include "agent.h"

#include "domains.h"
#include "metrics-file.h"
#include "util.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#define BALLOON_TARGET "memory/target"

/* How often to try again what could not be put back. */
#define PUT_BACK_US USEC_PER_SEC

/* How often to look for a xenstored while there is none, and for memory pressure the same. */
#define AGAIN_US (2 * USEC_PER_SEC)

static const enum event_type psi_events[PSI_KINDS] = {EVENT_SOFT, EVENT_HARD};

static void tell_metrics(struct agent *a)
{
	const char *path = a->config.metrics_file;
	int r;

	if (!*path || a->dry_run)
		return;
	r = metrics_file_write(a->root, path, &a->report, &a->reclaimer.inventory, &a->host,
			       &a->store);
	if (r < 0 && !a->metrics_failed)
		say(MESSAGE_METRICS, LOG_WARNING, "cannot write metrics to /%s: %s", path,
		    strerror(-r));
	a->metrics_failed = r < 0;
}

static void drop_metrics(const struct agent *a)
{
	if (a->config.metrics_file[0] && !a->dry_run)
		(void)unlinkat(a->root, a->config.metrics_file, 0);
}

static void tell_status(struct agent *a)
{
	const struct report *r = &a->report;

	(void)sd_notifyf(0,
			 "STATUS=mechanism %s, pressure by %s; %" PRIu64 " actions, %" PRIu64
			 " helped, %" PRId64 " kB back for good",
			 r->mechanism, psi_mode_names[r->psi], r->actions, r->helped,
			 r->lasting_kb);
	(void)report_write(a->root, r);
	tell_metrics(a);
}

static void diagnose_anew(struct agent *a)
{
	a->report.diagnosis = diagnose(&a->facts);
	a->report.mechanism = mechanism_names[a->facts.mechanism];
	a->state.said_no_ram = false;
}

static void learn_facts(struct agent *a)
{
	facts_gather(a->root, &a->facts);
	diagnose_anew(a);
}

/*
 * Whether frames are ballooned out changes with the target, and what gives RAM with that. While the
 * kernel takes pages for grants they are on the balloon's list for a moment: one look proves
 * nothing.
 */
static void learn_balloon(struct agent *a)
{
	struct facts now = a->facts;
	bool before = a->balloon_out;
	struct balloon b;

	if (host_balloon(&a->host, &b) < 0)
		return;
	now.current_kb = b.current_kb;
	now.target_kb = b.target_kb;
	now.low_kb = b.low_kb;
	a->balloon_out = ballooned_out_kb(&now) > 0;
	if (a->balloon_out != before || a->balloon_out == (ballooned_out_kb(&a->facts) > 0))
		return;
	a->facts = now;
	diagnose_anew(a);
	tell_status(a);
}

/* What there is, as of now: modules and disks come and go. */
static void look(struct agent *a)
{
	struct inventory *inv = &a->reclaimer.inventory;
	uint64_t start_us = now_us();
	int r = inventory_read(a->root, inv);

	a->look_us = now_us() - start_us;
	if (r < 0)
		say(MESSAGE_FAULT, LOG_ERR, "cannot look for disks: %s", strerror(-r));
	domains_name(&a->store, &a->config.policy, &inv->now, DOMAINS_AT_ONCE);
	for (struct vbd *v = inv->now.vbds; v < inv->now.vbds + inv->now.n; v++)
		vbd_learn(&a->config.policy, v, now_us());
	learn_balloon(a);
	if (inv->mechanism == a->facts.mechanism && inv->params == a->facts.params)
		return;
	if (a->event)
		say(MESSAGE_MECHANISM, LOG_INFO, "the mechanism is %s now",
		    mechanism_names[inv->mechanism]);
	learn_facts(a);
}

/* All of them, while nobody waits. */
static void name_domains(struct agent *a)
{
	if (a->driver_domain && a->config.policy.n_rules > 0)
		say(MESSAGE_CONFIG, LOG_WARNING,
		    "a driver domain cannot read whose disks it serves: while there are sections "
		    "[domain ...], nothing but requests is carried out");
	domains_name(&a->store, &a->config.policy, &a->reclaimer.inventory.now, UINT_MAX);
}

/* None of the levels that are used. */
static bool gives_no_ram(const struct agent *a)
{
	for (int l = 0; l <= (int)a->config.policy.max_level; l++)
		if (a->report.diagnosis.gives_ram[l] != ANSWER_NO)
			return false;
	return true;
}

static struct offer offer_now(const struct agent *a)
{
	struct offer o = {0};

	for (int l = 0; l < LEVEL_COUNT; l++)
		o.gives_ram[l] = a->report.diagnosis.gives_ram[l] != ANSWER_NO;
	reclaimer_offer(&a->reclaimer, &a->config.policy, &o);
	return o;
}

static void arm_timer(sd_event_source *timer, uint64_t at_us)
{
	if (at_us)
		(void)sd_event_source_set_time(timer, at_us);
	(void)sd_event_source_set_enabled(timer, at_us ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static bool past(uint64_t deadline_s)
{
	return (uint64_t)time(NULL) > deadline_s;
}

static void respond(struct agent *a, enum mailbox m, struct response r)
{
	char text[MAILBOX_MAX_CHARS + 1];

	if (response_print(&r, text, sizeof(text)) == 0)
		(void)store_write(&a->store, mailboxes[m].response, text);
}

static void answer_request(struct agent *a, int error)
{
	int64_t kb = action_gain_kb(&a->state.action);

	a->answering = false;
	respond(a, a->mailbox,
		(struct response){
			.id = a->request.id,
			.error = error,
			.vbds = a->reclaimer.vbds,
			.kb = kb > 0 ? kb : 0,
		});
}

static const char *why_no_ram(const struct agent *a)
{
	const struct vbd_list *list = &a->reclaimer.inventory.now;

	if (a->facts.mechanism == MECHANISM_NONE)
		return "xen_blkback is not loaded or not usable";
	if (any_excluded(&a->config.policy, list->vbds, list->n))
		return "an excluded domain has disks, and what is left cannot be had from single "
		       "disks";
	return a->report.diagnosis.why[LEVEL_GRANTS];
}

static void say_notice(struct agent *a, const struct plan *plan)
{
	const struct action *act = &a->state.action;
	char text[256];

	switch (plan->notice) {
	case NOTICE_NO_RAM:
		say(MESSAGE_NO_RAM, LOG_NOTICE,
		    "pressure, but reclaim gives no RAM back here: %s (see xen-reclaim doctor)",
		    why_no_ram(a));
		break;
	case NOTICE_NO_ROOM:
		say(MESSAGE_NO_RAM, LOG_INFO,
		    "the memory target fell, and nothing here makes room for it: only request "
		    "slots would");
		break;
	case NOTICE_BACKOFF:
		backoff_print(&a->config.policy, act, plan->backoff_us, text, sizeof(text));
		say(MESSAGE_BACKOFF, LOG_NOTICE, "%s", text);
		break;
	case NOTICE_RECOVERED:
		say(MESSAGE_RECOVERED, LOG_NOTICE, "%s of %s disks helps again",
		    level_names[act->level], scope_names[act->scope]);
		break;
	case NOTICE_NONE:
		break;
	}
}

static void handle(struct agent *a, struct event *e);

static void finish(struct agent *a, int error)
{
	struct event e = {.type = error ? EVENT_FAILED : EVENT_DONE};

	if (error)
		say(MESSAGE_FAULT, LOG_ERR, "reclaim failed: %s", strerror(-error));
	handle(a, &e);
	/* the request may still wait for its turn */
	if (a->answering && a->state.action.cause == CAUSE_REQUEST)
		answer_request(a, -error);
}

static void begin(struct agent *a, const struct offer *o)
{
	const struct action *act = &a->state.action;
	uint64_t window_us = act->window_ms ? act->window_ms * USEC_PER_MSEC : a->config.window_us;
	int r;

	report_started(&a->report, act);
	if (act->cause == CAUSE_REQUEST && past(a->request.deadline_s)) {
		finish(a, -ETIME); /* it had to wait too long */
		return;
	}
	if (a->dry_run) {
		say(MESSAGE_ACTION, LOG_INFO, "%s: would reclaim %s of %s disks (dry run)",
		    cause_names[act->cause], level_names[act->level], scope_names[act->scope]);
		finish(a, 0);
		return;
	}
	r = reclaimer_begin(&a->reclaimer, &a->config.policy, o, act, window_us, now_us());
	report_told(&a->report, (uint32_t)(window_us / USEC_PER_MSEC), a->reclaimer.vbds);
	if (r < 0)
		finish(a, r);
	else
		arm_timer(a->window_timer, now_us() + 1);
}

/* Memory as of now, with what the disks show. */
static int sample(struct agent *a, struct sample *s)
{
	int r = host_sample(&a->host, s);

	s->held_kb += (int64_t)inventory_request_kb(&a->reclaimer.inventory);
	return r;
}

/* --- growing -------------------------------------------------------------------------------- */

static void open_grower(struct agent *a)
{
	const char *why;

	if (a->config.policy.grow_limit_kb == 0 || a->dry_run) {
		grower_close(a->grower);
		a->grower = NULL;
	} else if (!a->grower && grower_open(&a->grower, &why) < 0) {
		say(MESSAGE_FAULT, LOG_WARNING, "grow_dom0 is set, but does nothing: %s", why);
	}
}

/* Dom0 has none in xenstore before the first that is set: until then the kernel's own is true. */
static int note_target(struct agent *a, uint64_t *target)
{
	struct balloon b = {0};
	char text[32];
	int r = store_read(&a->store, BALLOON_TARGET, text, sizeof(text));

	if (r == -ENOENT) {
		r = host_balloon(&a->host, &b);
		*target = a->state.growth.target_kb = b.target_kb;
		return r;
	}
	if (r >= 0)
		r = parse_number(text, target);
	if (r == 0)
		growth_note_target(&a->state.growth, *target, now_us());
	return r;
}

/* The target is read again: the news of one that was just set may still wait. */
static void grow(struct agent *a)
{
	uint64_t target;
	uint64_t free_kb;
	uint64_t to_kb;

	if (!a->grower || grower_free_kb(a->grower, &free_kb) < 0 || note_target(a, &target) < 0)
		return;
	to_kb = grow_to_kb(&a->config.policy, &a->state.growth, free_kb, now_us());
	if (to_kb == 0)
		return;
	if (grower_set(a->grower, to_kb) < 0)
		say(MESSAGE_FAULT, LOG_ERR, "cannot raise the own memory target");
	else
		say(MESSAGE_GROWN, LOG_NOTICE,
		    "hard pressure that reclaim cannot relieve: own memory target raised to "
		    "%" PRIu64 " kB",
		    to_kb);
}

/*
 * The one way through, after a look: an event, the decision, what follows from it. Return: whether
 * an action began or has its verdict.
 */
static bool decide_on(struct agent *a, struct event *e)
{
	struct offer o = offer_now(a);
	struct plan plan;
	int r = sample(a, &e->now);

	if (r < 0) { /* goes on with what is known: whoever waits must not wait for ever */
		say(MESSAGE_FAULT, LOG_ERR, "cannot read memory figures: %s", strerror(-r));
		e->now = a->last;
	}
	a->last = e->now;
	if (e->type == EVENT_DONE)
		reclaimer_learn(&a->reclaimer, &a->config.policy, &a->state.action);
	plan = decide(&a->config.policy, &o, &a->state, e, now_us());
	arm_timer(a->wake_timer, plan.wake_us);
	if (e->type == EVENT_DONE)
		report_done(&a->report, &a->state.action);
	if (plan.judged)
		report_judged(&a->report, &a->state.action);
	if (!a->dry_run || plan.notice == NOTICE_NO_RAM || plan.notice == NOTICE_NO_ROOM)
		say_notice(a, &plan);
	if (plan.grow)
		grow(a);
	if (plan.reclaim)
		begin(a, &o);
	if (plan.judged || plan.reclaim)
		tell_status(a);
	return plan.judged || plan.reclaim;
}

/* What is decided on an old look may be wrong: nothing is to follow from it. */
static bool would_act(const struct agent *a, const struct event *e)
{
	struct offer o = offer_now(a);
	struct state s = a->state;
	struct plan plan = decide(&a->config.policy, &o, &s, e, now_us());

	return plan.reclaim || (plan.grow && a->grower);
}

/* Pressure of both kinds comes at once, and comes on while something is done. */
static bool needs_look(struct agent *a, const struct event *e)
{
	const struct policy *p = &a->config.policy;
	bool shown = a->reclaimer.inventory.mechanism == MECHANISM_NATIVE;
	uint64_t age_us = now_us() - a->reclaimer.inventory.now.looked_us;
	uint64_t pause_us = look_pause_us(p, a->look_us, a->vain_looks, shown);

	if (a->state.phase == PHASE_ACTING)
		return false;
	if (age_us >= 2 * pause_us)
		a->vain_looks = 0; /* there was no pressure for a while */
	if (age_us >= pause_us)
		return true;
	return age_us >= look_pause_us(p, a->look_us, 0, shown) && would_act(a, e);
}

/* Looks under pressure that led to nothing while something could have come of them. */
static void count_look(struct agent *a, bool acted)
{
	if (acted)
		a->vain_looks = 0;
	else if (a->state.phase == PHASE_READY)
		a->vain_looks++;
}

static void handle(struct agent *a, struct event *e)
{
	bool pressure = e->type == EVENT_SOFT || e->type == EVENT_HARD;
	bool looks = !pressure || needs_look(a, e);
	bool acted;

	if (looks)
		look(a);
	acted = decide_on(a, e);
	if (pressure && looks)
		count_look(a, acted);
}

static int on_wake(sd_event_source *s, uint64_t usec, void *user)
{
	struct event e = {.type = EVENT_TIMER};

	(void)s;
	(void)usec;
	handle(user, &e);
	return 0;
}

static int on_window(sd_event_source *s, uint64_t usec, void *user)
{
	struct agent *a = user;
	struct sample now = {0};
	uint64_t wake_us = 0;
	int r;

	(void)usec;
	if (!a->reclaimer.open) { /* not all could be put back when it was closed */
		arm_timer(s, params_restore(a->root) < 0 ? now_us() + PUT_BACK_US : 0);
		return 0;
	}
	(void)sample(a, &now);
	r = reclaimer_next(&a->reclaimer, now.held_kb, now_us(), &wake_us);
	arm_timer(s, r == 0 ? 0 : r > 0 ? wake_us : now_us() + PUT_BACK_US);
	if (r <= 0)
		finish(a, r);
	return 0;
}

/* --- pressure ------------------------------------------------------------------------------- */

static const struct threshold *psi_threshold(const struct agent *a, int kind)
{
	return kind == PSI_SOME ? &a->config.some : &a->config.full;
}

static uint64_t totals_period_us(const struct agent *a)
{
	uint64_t some = a->config.some.window_us;
	uint64_t full = a->config.full.window_us;

	if (some == 0 || full == 0)
		return some + full;
	return some < full ? some : full;
}

static void lose_totals(struct agent *a, int error)
{
	if (a->report.psi == PSI_NONE)
		return;
	a->report.psi = PSI_NONE;
	say(MESSAGE_PRESSURE, LOG_ERR, "no pressure information any more (%s)", strerror(-error));
	tell_status(a);
}

/* What stalled while there were no totals is nobody's pressure now. */
static void find_totals(struct agent *a, const struct psi_totals *t)
{
	a->psi_last = *t;
	a->report.psi = PSI_TOTALS;
	say(MESSAGE_PRESSURE, LOG_NOTICE,
	    "pressure information is there: reading totals on a timer");
	tell_status(a);
}

static void compare_totals(struct agent *a, const struct psi_totals *t)
{
	for (int k = PSI_KINDS; k-- > 0;) {
		uint64_t stall = psi_threshold(a, k)->stall_us;
		struct event e = {.type = psi_events[k]};

		if (stall && t->us[k] >= a->psi_last.us[k] + stall)
			handle(a, &e);
	}
	a->psi_last = *t;
}

static int on_psi_timer(sd_event_source *s, uint64_t usec, void *user)
{
	struct agent *a = user;
	struct psi_totals t;
	int r = psi_read(a->root, &t);

	(void)usec;
	if (r < 0)
		lose_totals(a, r);
	else if (a->report.psi == PSI_NONE)
		find_totals(a, &t);
	else
		compare_totals(a, &t);
	arm_timer(s, now_us() + (r < 0 ? AGAIN_US : totals_period_us(a)));
	return 0;
}

static void close_psi(struct agent *a)
{
	for (int k = 0; k < PSI_KINDS; k++) {
		a->psi_source[k] = sd_event_source_unref(a->psi_source[k]);
		close_fd(&a->psi_fd[k]);
		a->psi_fd[k] = -1;
	}
	arm_timer(a->psi_timer, 0);
}

/* Totals on a timer where there are any, else nothing. */
static void read_totals(struct agent *a, int error)
{
	close_psi(a);
	a->report.psi = psi_read(a->root, &a->psi_last) == 0 ? PSI_TOTALS : PSI_NONE;
	if (a->report.psi == PSI_TOTALS && totals_period_us(a))
		arm_timer(a->psi_timer, now_us() + totals_period_us(a));
	say(MESSAGE_PRESSURE, LOG_WARNING, "no pressure triggers (%s): %s", strerror(-error),
	    a->report.psi == PSI_TOTALS ? "reading totals on a timer"
					: "no pressure information at all; start Linux with psi=1");
}

static int on_psi(sd_event_source *s, int fd, uint32_t revents, void *user)
{
	struct agent *a = user;
	int kind = fd == a->psi_fd[PSI_FULL] ? PSI_FULL : PSI_SOME;
	struct event e = {.type = psi_events[kind]};

	(void)s;
	if (revents & (EPOLLERR | EPOLLHUP)) {
		read_totals(a, -ENODEV);
		tell_status(a);
	} else {
		handle(a, &e);
	}
	return 0;
}

static int listen_trigger(struct agent *a, int kind)
{
	enum psi_mode mode;
	int r;

	if (psi_threshold(a, kind)->stall_us == 0)
		return 0;
	r = psi_open_trigger(a->root, (enum psi_kind)kind, psi_threshold(a, kind), &mode);
	if (r < 0)
		return r;
	a->psi_fd[kind] = r;
	r = sd_event_add_io(a->event, &a->psi_source[kind], r, EPOLLPRI, on_psi, a);
	if (r < 0)
		return r;
	/* "full" implies "some": look at it first */
	(void)sd_event_source_set_priority(a->psi_source[kind], -kind);
	if (mode > a->report.psi)
		a->report.psi = mode;
	return 0;
}

/* Triggers for what is on; where the kernel refuses one, totals on a timer; else nothing. */
static void open_psi(struct agent *a)
{
	int r = 0;

	close_psi(a);
	a->report.psi = PSI_TRIGGER;
	for (int k = 0; k < PSI_KINDS && r >= 0; k++)
		r = listen_trigger(a, k);
	if (r < 0)
		read_totals(a, r);
}

/* --- xenstore ------------------------------------------------------------------------------- */

static void read_target(struct agent *a)
{
	struct balloon b;
	uint64_t target;
	uint64_t last = a->balloon_kb;
	struct event e = {.type = EVENT_BALLOON_FALL};

	if (note_target(a, &target) < 0)
		return;
	a->balloon_kb = target;
	if (!a->config.follow_balloon || last == 0 || target >= last)
		return;
	if (host_balloon(&a->host, &b) < 0 || target >= b.current_kb)
		return;
	e.need_kb = b.current_kb - target;
	handle(a, &e);
}

static void read_request(struct agent *a, enum mailbox m)
{
	char text[MAILBOX_MAX_CHARS + 2];
	struct response error = {0};
	struct request req;
	struct event e = {.type = EVENT_REQUEST};
	int n = store_read(&a->store, mailboxes[m].request, text, sizeof(text));
	int r;

	if (n <= 0 && n != -E2BIG && n != -EILSEQ)
		return;
	r = n < 0 ? -EINVAL : request_parse(text, (size_t)n, &req, &error.id);
	if (r == 0 && past(req.deadline_s))
		return; /* a leftover: nobody waits for it */
	if (r == 0 && req.id == a->served[m])
		return; /* served, or being served: the watch may fire twice for one request */
	if (r == 0 && a->answering)
		r = -EBUSY;
	if (r == 0) {
		look(a);
		r = reclaimer_takes(&a->reclaimer, req.level, req.domid, req.devid);
	}
	if (r < 0) {
		error.error = -r;
		respond(a, m, error);
		return;
	}
	a->request = req;
	a->mailbox = m;
	a->served[m] = req.id;
	a->answering = true;
	e.level = req.level;
	e.window_ms = req.window_ms;
	e.domid = req.domid;
	e.devid = req.devid;
	decide_on(a, &e); /* the look was above */
}

/* A request that an earlier life has answered is not served again. */
static void read_response(struct agent *a, enum mailbox m)
{
	char text[MAILBOX_MAX_CHARS + 2];
	struct response r;
	bool served = a->answering && a->mailbox == m; /* now, and in this life */
	int n = served ? 0 : store_read(&a->store, mailboxes[m].response, text, sizeof(text));

	if (n > 0 && response_parse(text, (size_t)n, &r) == 0)
		a->served[m] = r.id;
}

static void close_store(struct agent *a)
{
	a->store_source = sd_event_source_unref(a->store_source);
	a->store_life = sd_event_source_unref(a->store_life);
	store_close(&a->store);
	a->report.xenstore = false;
	memset(a->listens, 0, sizeof(a->listens));
}

static void lose_store(struct agent *a, int error)
{
	say(MESSAGE_XENSTORE, LOG_ERR,
	    "xenstore is gone (%s): no balloon target and no requests until it is back",
	    strerror(-error));
	close_store(a);
	arm_timer(a->store_timer, now_us() + AGAIN_US);
	tell_status(a);
}

static int on_store(sd_event_source *s, int fd, uint32_t revents, void *user)
{
	struct agent *a = user;
	char path[64];
	int r;

	(void)s;
	(void)fd;
	(void)revents;
	while ((r = store_event(&a->store, path, sizeof(path))) > 0) {
		if (strcmp(path, BALLOON_TARGET) == 0)
			read_target(a);
		for (enum mailbox m = 0; m < MAILBOX_COUNT; m++)
			if (strcmp(path, mailboxes[m].request) == 0)
				read_request(a, m);
	}
	if (r < 0)
		lose_store(a, r);
	return 0;
}

/* Nothing is ever said here: what happens is the end. */
static int on_store_life(sd_event_source *s, int fd, uint32_t revents, void *user)
{
	(void)s;
	(void)fd;
	(void)revents;
	lose_store(user, -EPIPE);
	return 0;
}

static int listen_mailbox(struct agent *a, enum mailbox m)
{
	int r = store_write(&a->store, mailboxes[m].agent, MAILBOX_VERSION);

	a->listens[m] = r == 0;
	if (r == 0)
		r = store_watch(&a->store, mailboxes[m].request);
	if (r == 0)
		read_response(a, m);
	return r;
}

static int listen_mailboxes(struct agent *a)
{
	int r = listen_mailbox(a, MAILBOX_TOOLSTACKS);

	if (a->driver_domain && r == -EACCES) {
		say(MESSAGE_XENSTORE, LOG_NOTICE,
		    "dom0's toolstack made no mailbox for this domain: its requests are not "
		    "served");
		r = 0;
	}
	if (a->driver_domain && r == 0)
		r = listen_mailbox(a, MAILBOX_DRIVER_DOMAINS);
	return r;
}

static int listen_store(struct agent *a)
{
	int r = a->dry_run ? 0 : listen_mailboxes(a);

	if (r == 0)
		r = store_watch(&a->store, BALLOON_TARGET);
	if (r == 0)
		r = sd_event_add_io(a->event, &a->store_source, store_fd(&a->store), EPOLLIN,
				    on_store, a);
	if (r >= 0 && store_life_fd(&a->store) >= 0)
		r = sd_event_add_io(a->event, &a->store_life, store_life_fd(&a->store), EPOLLIN,
				    on_store_life, a);
	if (r >= 0)
		read_target(a); /* what a later target falls from */
	return r;
}

static int try_store(struct agent *a)
{
	int r = store_open(&a->store);

	if (r == 0) {
		a->driver_domain = store_domid(&a->store) > 0;
		r = listen_store(a);
	}
	if (r < 0) {
		close_store(a);
		arm_timer(a->store_timer, now_us() + AGAIN_US);
	}
	a->report.xenstore = r >= 0;
	return r;
}

static void open_store(struct agent *a)
{
	int r = try_store(a);

	if (r < 0)
		say(MESSAGE_XENSTORE, LOG_WARNING,
		    "no xenstore (%s): the balloon target is not followed, requests are not served",
		    strerror(-r));
}

static int on_store_timer(sd_event_source *s, uint64_t usec, void *user)
{
	struct agent *a = user;

	(void)s;
	(void)usec;
	if (try_store(a) < 0)
		return 0;
	say(MESSAGE_XENSTORE, LOG_NOTICE,
	    "xenstore is there: the balloon target is followed and requests are served");
	name_domains(a);
	tell_status(a);
	return 0;
}

/* --- life ----------------------------------------------------------------------------------- */

static int on_reload(sd_event_source *s, const struct signalfd_siginfo *si, void *user)
{
	struct agent *a = user;
	struct config_error err;
	struct config fresh = {0};

	(void)s;
	(void)si;
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now_us());
	if (config_load(a->root, CONFIG_PATH, &fresh, &err) < 0) {
		say(MESSAGE_CONFIG, LOG_ERR, "%s; the old configuration stays", err.text);
	} else {
		drop_metrics(a); /* the new file may be another one */
		a->metrics_failed = false;
		config_free(&a->config);
		a->config = fresh;
		domains_forget(&a->reclaimer.inventory.now);
		name_domains(a);
		learn_facts(a);
		open_grower(a);
		open_psi(a);
		say(MESSAGE_CONFIG, LOG_INFO, "configuration reloaded");
	}
	(void)sd_notify(0, "READY=1");
	tell_status(a);
	return 0;
}

static int add_timer(struct agent *a, sd_event_source **s, sd_event_time_handler_t fn)
{
	int r = sd_event_add_time(a->event, s, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, fn, a);

	return r < 0 ? r : sd_event_source_set_enabled(*s, SD_EVENT_OFF);
}

static int open_loop(struct agent *a)
{
	sigset_t mask;
	int r;

	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGTERM);
	(void)sigaddset(&mask, SIGINT);
	(void)sigaddset(&mask, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
		return -errno;
	r = sd_event_new(&a->event);
	if (r >= 0)
		r = sd_event_add_signal(a->event, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(a->event, NULL, SIGINT, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(a->event, NULL, SIGHUP, on_reload, a);
	if (r >= 0)
		r = sd_event_set_watchdog(a->event, true);
	if (r >= 0)
		r = add_timer(a, &a->wake_timer, on_wake);
	if (r >= 0)
		r = add_timer(a, &a->window_timer, on_window);
	if (r >= 0)
		r = add_timer(a, &a->psi_timer, on_psi_timer);
	if (r >= 0)
		r = add_timer(a, &a->store_timer, on_store_timer);
	return r < 0 ? r : 0;
}

static int put_back_old(struct agent *a)
{
	int r = a->dry_run ? 0 : params_restore(a->root);

	if (r > 0)
		say(MESSAGE_RESTORED, LOG_WARNING,
		    "put back %d parameters that an earlier life had left lowered", r);
	if (r < 0)
		say(MESSAGE_PUT_BACK, LOG_ERR, "cannot put back parameters from /%s: %s",
		    PARAMS_SAVED, strerror(-r));
	return r < 0 ? r : 0;
}

static int open_all(struct agent *a)
{
	struct config_error err = {0};
	int r;

	a->lock = lock_take(a->root);
	if (a->lock < 0) {
		say(MESSAGE_FAULT, LOG_ERR, "/%s: %s", LOCK_FILE,
		    a->lock == -EBUSY ? "another xen-reclaimd runs" : strerror(-a->lock));
		return a->lock;
	}
	r = put_back_old(a);
	if (r == 0)
		r = config_load(a->root, CONFIG_PATH, &a->config, &err);
	if (r < 0) {
		if (err.text[0])
			say(MESSAGE_CONFIG, LOG_ERR, "%s", err.text);
		return r;
	}
	r = host_open(a->root, &a->host);
	if (r == 0)
		r = open_loop(a);
	if (r < 0)
		say(MESSAGE_FAULT, LOG_ERR, "cannot start: %s", strerror(-r));
	return r;
}

int agent_start(struct agent *a, int root, bool dry_run)
{
	int r;

	*a = (struct agent){
		.root = root,
		.lock = -1,
		.dry_run = dry_run,
		.host = {-1, -1, -1, -1, -1},
		.psi_fd = {-1, -1},
		.reclaimer = {.root = root},
		.report = {.dry_run = dry_run},
	};
	r = open_all(a);
	if (r < 0)
		return r;
	learn_facts(a);
	look(a);
	open_psi(a);
	open_store(a);
	name_domains(a);
	open_grower(a);
	say(MESSAGE_STARTED, LOG_INFO, "started: mechanism %s, pressure by %s%s",
	    a->report.mechanism, psi_mode_names[a->report.psi], dry_run ? ", dry run" : "");
	if (gives_no_ram(a))
		say(MESSAGE_NO_RAM, LOG_NOTICE, "reclaim gives no RAM back here: %s",
		    a->report.diagnosis.why[LEVEL_GRANTS]);
	tell_status(a);
	return 0;
}

int agent_run(struct agent *a)
{
	int r;

	r = sd_notify(0, "READY=1");
	if (r < 0) { /* nobody would know, and the unit's start would time out */
		say(MESSAGE_FAULT, LOG_ERR, "cannot tell systemd of the start: %s", strerror(-r));
		return r;
	}
	r = sd_event_loop(a->event);
	(void)sd_notify(0, "STOPPING=1");
	return r;
}

static void put_back(struct agent *a)
{
	int r = reclaimer_stop(&a->reclaimer);

	if (r == 0 && a->event && !a->dry_run) /* it has started */
		r = params_restore(a->root);
	if (r < 0)
		say(MESSAGE_PUT_BACK, LOG_ERR, "cannot put back parameters: %s", strerror(-r));
}

void agent_stop(struct agent *a)
{
	put_back(a);
	if (a->answering)
		answer_request(a, EIO);
	for (enum mailbox m = 0; m < MAILBOX_COUNT; m++)
		if (a->listens[m])
			(void)store_write(&a->store, mailboxes[m].agent, "");
	if (a->event) {
		close_psi(a);
		say(MESSAGE_STOPPED, LOG_INFO, "stopped: %" PRIu64 " actions, %" PRIu64 " helped",
		    a->report.actions, a->report.helped);
	}
	close_store(a);
	a->wake_timer = sd_event_source_unref(a->wake_timer);
	a->window_timer = sd_event_source_unref(a->window_timer);
	a->psi_timer = sd_event_source_unref(a->psi_timer);
	a->store_timer = sd_event_source_unref(a->store_timer);
	a->event = sd_event_unref(a->event);
	host_close(&a->host);
	grower_close(a->grower);
	inventory_free(&a->reclaimer.inventory);
	if (a->lock >= 0) {
		(void)unlinkat(a->root, STATE_FILE, 0);
		drop_metrics(a);
	}
	config_free(&a->config);
	close_fd(&a->lock);
}
