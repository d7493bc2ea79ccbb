// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory pressure as events: triggers, or totals compared on a timer; see agent.h. */
#include "daemon/agent.h"
#include "host/util.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <syslog.h>

static const enum event_type psi_events[PSI_KINDS] = {EVENT_SOFT, EVENT_HARD};

static const struct threshold *psi_threshold(const struct agent *a, int kind)
{
	return kind == PSI_SOME ? &a->config.some : &a->config.full;
}

static bool is_off(const struct agent *a)
{
	return a->config.some.stall_us == 0 && a->config.full.stall_us == 0;
}

/* The shorter of the windows. */
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
	agent_tell_status(a);
}

static void begin_window(struct agent *a, int kind, const struct psi_totals *t)
{
	a->psi_since.us[kind] = t->us[kind];
	a->psi_since_us[kind] = now_us();
}

/* What stalled while there were no totals is nobody's pressure now. */
static void find_totals(struct agent *a, const struct psi_totals *t)
{
	for (int k = 0; k < PSI_KINDS; k++)
		begin_window(a, k, t);
	a->report.psi = PSI_TOTALS;
	say(MESSAGE_PRESSURE, LOG_NOTICE,
	    "pressure information is there: reading totals on a timer");
	agent_tell_status(a);
}

/* Each kind has its own window, which ends early when its stall time is reached. */
static void compare_totals(struct agent *a, const struct psi_totals *t)
{
	for (int k = PSI_KINDS; k-- > 0;) {
		const struct threshold *limit = psi_threshold(a, k);
		bool reached = t->us[k] >= a->psi_since.us[k] + limit->stall_us;

		if (limit->stall_us == 0)
			continue;
		if (reached || now_us() - a->psi_since_us[k] >= limit->window_us)
			begin_window(a, k, t);
		if (reached)
			agent_event(a, (struct event){.type = psi_events[k]});
	}
}

int pressure_on_timer(sd_event_source *s, uint64_t usec, void *user)
{
	struct agent *a = user;
	struct psi_totals t;
	int r = psi_read(a->root, &t);

	(void)usec;
	/* before what may put it off */
	arm_timer(s, now_us() + (r < 0 ? AGAIN_US : totals_period_us(a)));
	if (r < 0)
		lose_totals(a, r);
	else if (a->report.psi == PSI_NONE)
		find_totals(a, &t);
	else
		compare_totals(a, &t);
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
	arm_timer(a->hear_timer, 0);
}

void pressure_close(struct agent *a)
{
	close_psi(a);
	arm_timer(a->left_timer, 0);
}

static void listen_to(struct agent *a, int kind, int enabled)
{
	if (a->psi_source[kind])
		(void)sd_event_source_set_enabled(a->psi_source[kind], enabled);
}

/* Totals are read for both kinds at once: soft pressure alone cannot be left unheard there. */
void pressure_hear_at(struct agent *a, bool hard_too, uint64_t at_us)
{
	if (a->report.psi == PSI_TOTALS && !hard_too)
		return;
	listen_to(a, PSI_SOME, SD_EVENT_OFF);
	if (hard_too) {
		listen_to(a, PSI_FULL, SD_EVENT_OFF);
		if (a->report.psi == PSI_TOTALS)
			arm_timer(a->psi_timer, 0);
	}
	arm_timer(a->hear_timer, at_us);
}

/* A trigger that fired meanwhile tells of it once: polled, it is silent until the next time. */
static void listen_again(struct agent *a, int kind)
{
	struct pollfd p = {.fd = a->psi_fd[kind], .events = POLLPRI};

	if (!a->psi_source[kind] || sd_event_source_get_enabled(a->psi_source[kind], NULL) != 0)
		return;
	(void)poll(&p, 1, 0);
	listen_to(a, kind, SD_EVENT_ON);
}

int pressure_on_hear_timer(sd_event_source *s, uint64_t usec, void *user)
{
	struct agent *a = user;
	struct psi_totals t;

	(void)s;
	(void)usec;
	for (int k = 0; k < PSI_KINDS; k++)
		listen_again(a, k);
	if (a->report.psi != PSI_TOTALS)
		return 0;
	for (int k = 0; k < PSI_KINDS && psi_read(a->root, &t) == 0; k++)
		begin_window(a, k, &t);
	arm_timer(a->psi_timer, now_us() + totals_period_us(a));
	return 0;
}

/* Nothing tells when memory or swap falls below a size. */
#define LEFT_EVERY_US (10 * USEC_PER_SEC)

static bool watches_left(const struct agent *a)
{
	return a->config.available_kb || a->config.swap_free_kb;
}

int pressure_on_left_timer(sd_event_source *s, uint64_t usec, void *user)
{
	struct agent *a = user;
	uint64_t available_kb;
	uint64_t swap_free_kb;

	(void)usec;
	arm_timer(s, now_us() + LEFT_EVERY_US);
	if (memory_left(&a->memory, &available_kb, &swap_free_kb) == 0 &&
	    (available_kb < a->config.available_kb || swap_free_kb < a->config.swap_free_kb))
		agent_event(a, (struct event){.type = EVENT_SOFT});
	return 0;
}

/* Totals on a timer where there are any, else nothing. */
static void read_totals(struct agent *a, int error)
{
	struct psi_totals t = {0};

	close_psi(a);
	a->report.psi = psi_read(a->root, &t) == 0 ? PSI_TOTALS : PSI_NONE;
	for (int k = 0; k < PSI_KINDS; k++)
		begin_window(a, k, &t);
	if (a->report.psi == PSI_TOTALS && totals_period_us(a))
		arm_timer(a->psi_timer, now_us() + totals_period_us(a));
	say(MESSAGE_PRESSURE, LOG_WARNING, "no pressure triggers (%s): %s", strerror(-error),
	    a->report.psi == PSI_TOTALS ? "reading totals on a timer"
					: "no pressure information at all; start Linux with psi=1");
}

/*
 * A trigger that was armed without the right to a finer one tells of the first stall after that,
 * however short it is. Without totals the kernel is believed.
 */
static bool is_premature(struct agent *a, int kind)
{
	bool first = a->report.psi == PSI_TRIGGER_SLOW && !a->psi_fired[kind];
	struct psi_totals t;

	a->psi_fired[kind] = true;
	return first && psi_read(a->root, &t) == 0 &&
	       t.us[kind] - a->psi_since.us[kind] < psi_threshold(a, kind)->stall_us;
}

static int on_psi(sd_event_source *s, int fd, uint32_t revents, void *user)
{
	struct agent *a = user;
	int kind = fd == a->psi_fd[PSI_FULL] ? PSI_FULL : PSI_SOME;

	(void)s;
	if (revents & (EPOLLERR | EPOLLHUP)) {
		read_totals(a, -ENODEV);
		agent_tell_status(a);
	} else if (!is_premature(a, kind)) {
		agent_event(a, (struct event){.type = psi_events[kind]});
	}
	return 0;
}

static int listen_trigger(struct agent *a, int kind)
{
	struct psi_totals t = {0};
	enum psi_mode mode;
	int r;

	if (psi_threshold(a, kind)->stall_us == 0)
		return 0;
	r = psi_open_trigger(a->root, (enum psi_kind)kind, psi_threshold(a, kind), &mode);
	if (r < 0)
		return r;
	a->psi_fired[kind] = false;
	if (mode == PSI_TRIGGER_SLOW && psi_read(a->root, &t) == 0)
		begin_window(a, kind, &t);
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
void pressure_open(struct agent *a)
{
	int r = 0;

	pressure_close(a);
	a->report.psi = is_off(a) ? PSI_OFF : PSI_TRIGGER;
	for (int k = 0; k < PSI_KINDS && r >= 0; k++)
		r = listen_trigger(a, k);
	if (r < 0)
		read_totals(a, r);
	if (watches_left(a))
		arm_timer(a->left_timer, now_us() + LEFT_EVERY_US);
}
