// SPDX-License-Identifier: GPL-2.0-or-later
/* The agent's life: start, events, reload, end; see agent.h. */
#include "daemon/agent.h"

#include "daemon/metrics-file.h"
#include "daemon/state-file.h"
#include "host/domains.h"
#include "host/lock.h"
#include "host/util.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>

/* Decisions come with every stall; only people read the file. */
#define STATE_EVERY_US (10 * USEC_PER_SEC)

static void write_state(struct agent *a)
{
	if (!a->dry_run)
		(void)state_file_write(a->root, &a->report, &a->config, &a->controller);
}

static void tell_metrics(struct agent *a)
{
	const char *path = a->config.metrics_file;
	int r;

	if (!*path || a->dry_run)
		return;
	r = metrics_file_write(a->root, path, &a->report, &a->inventory, &a->memory, &a->store);
	if (r < 0 && !a->metrics_failed)
		say(MESSAGE_METRICS, LOG_WARNING, "cannot write metrics to /%s: %s", path,
		    r == -EEXIST ? "it is another program's file" : strerror(-r));
	a->metrics_failed = r < 0;
}

static void drop_metrics(const struct agent *a)
{
	if (a->config.metrics_file[0] && !a->dry_run)
		metrics_file_drop(a->root, a->config.metrics_file);
}

void agent_tell_status(struct agent *a)
{
	const struct report *r = &a->report;

	(void)sd_notifyf(0,
			 "STATUS=mechanism %s, pressure by %s; %" PRIu64 " actions, %" PRIu64
			 " helped, %" PRId64 " kB back for good",
			 r->mechanism, psi_mode_names[r->psi], r->actions, r->helped,
			 r->lasting_kb);
	arm_timer(a->state_timer, 0);
	write_state(a);
	tell_metrics(a);
}

/* None of the levels that are used. */
static bool gives_no_ram(const struct agent *a)
{
	for (int l = 0; l <= (int)a->config.policy.max_level; l++)
		if (may_give_ram(&a->report.diagnosis, l))
			return false;
	return true;
}

void arm_timer(sd_event_source *timer, uint64_t at_us)
{
	if (at_us)
		(void)sd_event_source_set_time(timer, at_us);
	(void)sd_event_source_set_enabled(timer, at_us ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

void agent_tell_state_soon(struct agent *a)
{
	int on = SD_EVENT_OFF;

	if (sd_event_source_get_enabled(a->state_timer, &on) >= 0 && on == SD_EVENT_OFF)
		arm_timer(a->state_timer, now_us() + STATE_EVERY_US);
}

/* Whoever asked finds the verdict told when the answer comes. */
void agent_event(struct agent *a, struct event e)
{
	if (controller_event(&a->controller, e))
		agent_tell_status(a);
	if (!a->answer_due)
		return;
	a->answer_due = false;
	xenstore_answer(a, a->answer_error);
}

static int on_state(sd_event_source *s, uint64_t usec, void *user)
{
	struct agent *a = user;

	(void)s;
	(void)usec;
	write_state(a);
	return 0;
}

static int on_put_back(sd_event_source *s, uint64_t usec, void *user)
{
	(void)s;
	(void)usec;
	machine_put_back(user);
	return 0;
}

static int on_wake(sd_event_source *s, uint64_t usec, void *user)
{
	(void)s;
	(void)usec;
	agent_event(user, (struct event){.type = EVENT_TIMER});
	return 0;
}

static int on_look(sd_event_source *s, uint64_t usec, void *user)
{
	struct agent *a = user;

	(void)s;
	(void)usec;
	controller_look(&a->controller);
	return 0;
}

static int on_exhausted(sd_event_source *s, uint64_t usec, void *user)
{
	(void)s;
	(void)usec;
	exhausted_over(user);
	return 0;
}

static int on_hold(sd_event_source *s, uint64_t usec, void *user)
{
	(void)s;
	(void)usec;
	machine_age(user);
	return 0;
}

static int on_window(sd_event_source *s, uint64_t usec, void *user)
{
	(void)s;
	(void)usec;
	machine_continue(user);
	return 0;
}

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
		fresh.policy.paused = a->config.policy.paused;
		a->config = fresh;
		a->report.config_us = realtime_us();
		domains_forget(&a->inventory.now);
		xenstore_name_domains(a);
		controller_policy_changed(&a->controller);
		machine_learn_facts(a);
		machine_open_grower(a);
		pressure_open(a);
		controller_look(&a->controller);
		say(MESSAGE_CONFIG, LOG_INFO, "configuration reloaded");
	}
	(void)sd_notify(0, "READY=1");
	agent_tell_status(a);
	return 0;
}

static int add_timer(struct agent *a, sd_event_source **s, sd_event_time_handler_t fn)
{
	int r = sd_event_add_time(a->event, s, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, fn, a);

	return r < 0 ? r : sd_event_source_set_enabled(*s, SD_EVENT_OFF);
}

/* These end it, with every parameter put back. */
static const int stopping[] = {SIGTERM, SIGINT, SIGQUIT, SIGXCPU};

/* These would end it at once by default: a parameter would stay lowered. */
static int ignore_others(void)
{
	static const int others[] = {SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM,   SIGVTALRM,
				     SIGPROF, SIGIO,   SIGPWR,	SIGSTKFLT, SIGXFSZ};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (signal(others[i], SIG_IGN) == SIG_ERR)
			return -errno;
	for (int i = SIGRTMIN; i <= SIGRTMAX; i++)
		if (signal(i, SIG_IGN) == SIG_ERR)
			return -errno;
	return 0;
}

static int block_signals(void)
{
	sigset_t mask;

	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGHUP);
	for (size_t i = 0; i < ARRAY_SIZE(stopping); i++)
		(void)sigaddset(&mask, stopping[i]);
	return sigprocmask(SIG_BLOCK, &mask, NULL) < 0 ? -errno : ignore_others();
}

static int open_loop(struct agent *a)
{
	int r = block_signals();

	if (r < 0)
		return r;
	r = sd_event_new(&a->event);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(stopping); i++)
		r = sd_event_add_signal(a->event, NULL, stopping[i], NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(a->event, NULL, SIGHUP, on_reload, a);
	if (r >= 0)
		r = sd_event_set_watchdog(a->event, true);
	if (r >= 0)
		r = add_timer(a, &a->wake_timer, on_wake);
	if (r >= 0)
		r = add_timer(a, &a->look_timer, on_look);
	if (r >= 0)
		r = add_timer(a, &a->hold_timer, on_hold);
	if (r >= 0)
		r = add_timer(a, &a->window_timer, on_window);
	if (r >= 0)
		r = add_timer(a, &a->put_back_timer, on_put_back);
	if (r >= 0)
		r = add_timer(a, &a->state_timer, on_state);
	if (r >= 0)
		r = add_timer(a, &a->exhausted_timer, on_exhausted);
	if (r >= 0)
		r = add_timer(a, &a->psi_timer, pressure_on_timer);
	if (r >= 0)
		r = add_timer(a, &a->hear_timer, pressure_on_hear_timer);
	if (r >= 0)
		r = add_timer(a, &a->left_timer, pressure_on_left_timer);
	if (r >= 0)
		r = add_timer(a, &a->store_timer, xenstore_on_timer);
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

	a->lock = a->dry_run ? -1 : lock_take(a->root);
	if (a->lock < 0 && !a->dry_run) {
		say(MESSAGE_FAULT, LOG_ERR, "/%s: %s", LOCK_FILE,
		    a->lock == -EBUSY ? "another xen-reclaimd runs" : strerror(-a->lock));
		return a->lock;
	}
	if (!a->dry_run)
		exhausted_drop(a->root);
	r = put_back_old(a);
	if (r == 0)
		r = config_load(a->root, CONFIG_PATH, &a->config, &err);
	if (r < 0) {
		if (err.text[0])
			say(MESSAGE_CONFIG, LOG_ERR, "%s", err.text);
		return r;
	}
	r = memory_open(a->root, &a->memory);
	if (r == 0)
		r = open_loop(a);
	if (r == 0)
		r = pause_listen(a);
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
		.memory = {-1, -1, -1, -1, -1},
		.psi_fd = {-1, -1},
		.reclaimer = {.root = root},
		.controller = {.ops = &machine_ops,
			       .host = a,
			       .policy = &a->config.policy,
			       .view.disks = &a->inventory.now},
		.report = {.dry_run = dry_run,
			   .started_us = realtime_us(),
			   .aging = &a->controller.aging},
	};
	r = open_all(a);
	if (r < 0)
		return r;
	a->report.config_us = realtime_us();
	machine_learn_facts(a);
	pressure_open(a);
	xenstore_open(a);
	controller_look(&a->controller);
	xenstore_name_domains(a);
	machine_open_grower(a);
	say(MESSAGE_STARTED, LOG_INFO, "started: mechanism %s, pressure by %s%s",
	    a->report.mechanism, psi_mode_names[a->report.psi], dry_run ? ", dry run" : "");
	if (gives_no_ram(a))
		say(MESSAGE_NO_RAM, LOG_NOTICE, "reclaim gives no RAM back here: %s",
		    a->report.diagnosis.why[LEVEL_GRANTS]);
	else if (a->report.diagnosis.gives_ram[LEVEL_GRANTS] == ANSWER_UNKNOWN)
		say(MESSAGE_NO_RAM, LOG_NOTICE, "%s: no configuration of this kernel is found",
		    a->report.diagnosis.why[LEVEL_GRANTS]);
	agent_tell_status(a);
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
	int aging = machine_stop_aging(a);

	if (r == 0)
		r = aging;
	if (r == 0 && a->event && !a->dry_run) /* it has started */
		r = params_restore(a->root);
	if (r < 0)
		say(MESSAGE_PUT_BACK, LOG_ERR, "cannot put back parameters: %s", strerror(-r));
}

void agent_stop(struct agent *a)
{
	put_back(a);
	xenstore_answer(a, EIO);
	if (a->event) {
		pressure_close(a);
		say(MESSAGE_STOPPED, LOG_INFO, "stopped: %" PRIu64 " actions, %" PRIu64 " helped",
		    a->report.actions, a->report.helped);
	}
	xenstore_close(a);
	a->wake_timer = sd_event_source_unref(a->wake_timer);
	a->look_timer = sd_event_source_unref(a->look_timer);
	a->hold_timer = sd_event_source_unref(a->hold_timer);
	a->window_timer = sd_event_source_unref(a->window_timer);
	a->put_back_timer = sd_event_source_unref(a->put_back_timer);
	a->state_timer = sd_event_source_unref(a->state_timer);
	a->exhausted_timer = sd_event_source_unref(a->exhausted_timer);
	a->pause_source = sd_event_source_unref(a->pause_source);
	exhausted_over(a);
	a->psi_timer = sd_event_source_unref(a->psi_timer);
	a->hear_timer = sd_event_source_unref(a->hear_timer);
	a->left_timer = sd_event_source_unref(a->left_timer);
	a->store_timer = sd_event_source_unref(a->store_timer);
	a->event = sd_event_unref(a->event);
	memory_close(&a->memory);
	grower_close(a->grower);
	inventory_free(&a->inventory);
	if (a->lock >= 0) {
		(void)unlinkat(a->root, STATE_FILE, 0);
		drop_metrics(a);
	}
	config_free(&a->config);
	close_fd(&a->lock);
}
