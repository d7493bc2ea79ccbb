// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of the controller over a host that is a few variables: what is scanned, carried out and
 * told after which event, and in which order. What is decided is test-decide's.
 */
#include "core/controller.h"
#include "core/decide.h"
#include "core/names.h"
#include "core/units.h"
#include "host/config.h"
#include "tests/cmocka-all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MS USEC_PER_MSEC
#define S  USEC_PER_SEC

#define DISKS 3

static struct {
	struct policy policy;
	struct controller controller;
	struct vbd vbds[DISKS];
	struct vbd_list disks;
	struct target targets[DISKS];
	uint64_t now_us;
	uint64_t wake_us;
	uint64_t look_us;
	uint64_t hear_us;
	enum event_type deaf_to;
	struct aging aging;
	uint64_t scan_us;
	struct sample memory;
	int sample_error;
	uint64_t target_kb;
	uint64_t set_kb;
	int set_error;
	int refuses; /* negative errno of each target */
	struct order order;
	struct target ordered[DISKS];
	unsigned scans;
	unsigned orders;
	char told[512];
	struct action superseded;
} h;

static uint64_t host_now_us(void *host)
{
	(void)host;
	return h.now_us;
}

static uint64_t host_scan(void *host, struct host_view *view)
{
	(void)host;
	h.scans++;
	h.disks.scanned_us = h.now_us;
	view->targets = h.targets;
	return h.scan_us;
}

static int host_sample(void *host, struct sample *now)
{
	(void)host;
	*now = h.memory;
	return h.sample_error;
}

static void host_carry_out(void *host, struct order *o)
{
	(void)host;
	h.orders++;
	for (size_t i = 0; i < o->n; i++)
		o->targets[i].error = h.refuses;
	h.order = *o;
	memcpy(h.ordered, o->targets, o->n * sizeof(*o->targets));
}

static void host_wake_at(void *host, uint64_t at_us)
{
	(void)host;
	h.wake_us = at_us;
}

static void host_age(void *host, const struct aging *aging)
{
	(void)host;
	h.aging = *aging;
}

static void host_hear_at(void *host, enum event_type type, uint64_t at_us)
{
	(void)host;
	h.deaf_to = type;
	h.hear_us = at_us;
}

static void host_look_at(void *host, uint64_t at_us)
{
	(void)host;
	h.look_us = at_us;
}

static int host_read_target(void *host, struct own_target *t)
{
	(void)host;
	*t = (struct own_target){.set = true, .kb = h.target_kb, .current_kb = 700000};
	return h.target_kb ? 0 : -ENOENT;
}

static int host_xen_free_kb(void *host, uint64_t *kb)
{
	(void)host;
	*kb = UINT64_C(1) << 30;
	return 0;
}

static int host_set_target(void *host, uint64_t kb)
{
	(void)host;
	h.set_kb = kb;
	return h.set_error;
}

static void host_tell(void *host, const struct news *n)
{
	static const char *const words[] = {
		[NEWS_STARTED] = "started",	[NEWS_DONE] = "done",
		[NEWS_JUDGED] = "judged",	[NEWS_SUPERSEDED] = "superseded",
		[NEWS_NOTICE] = "notice",	[NEWS_DECIDED] = "decided",
		[NEWS_GROWN] = "grown",		[NEWS_NOT_GROWN] = "not-grown",
		[NEWS_NO_SAMPLE] = "no-sample", [NEWS_AGING] = "aging",
	};
	size_t len = strlen(h.told);

	(void)host;
	(void)snprintf(h.told + len, sizeof(h.told) - len, "%s%s", len ? " " : "", words[n->what]);
	if (n->what == NEWS_SUPERSEDED)
		h.superseded = *n->action;
}

static const struct host_ops ops = {
	.now_us = host_now_us,
	.scan = host_scan,
	.sample = host_sample,
	.carry_out = host_carry_out,
	.wake_at = host_wake_at,
	.age = host_age,
	.hear_at = host_hear_at,
	.look_at = host_look_at,
	.read_target = host_read_target,
	.xen_free_kb = host_xen_free_kb,
	.set_target = host_set_target,
	.tell = host_tell,
};

static struct controller *c(void)
{
	return &h.controller;
}

/* Three disks of a native driver: two idle ones, and one at work. */
static int setup(void **state)
{
	static const uint64_t idle_us[DISKS] = {60 * S, 60 * S, 0};

	(void)state;
	memset(&h, 0, sizeof(h));
	h.policy = config_default().policy;
	h.now_us = 1000 * S;
	h.memory = (struct sample){.held_known = true, .held_kb = 100000};
	for (int i = 0; i < DISKS; i++)
		h.vbds[i] = (struct vbd){
			.domid = (uint16_t)(i + 1),
			.devid = 51712,
			.levels = ALL_LEVELS,
			.shows = true,
			.squeeze_ms = 10,
			.idle_us = idle_us[i],
			.held_kb = {8, 4096, 1248},
		};
	h.disks = (struct vbd_list){.vbds = h.vbds, .n = DISKS, .room = DISKS};
	h.controller = (struct controller){
		.ops = &ops,
		.policy = &h.policy,
		.view = {.disks = &h.disks,
			 .gives_ram = {true, true, true},
			 .mechanism = MECHANISM_NATIVE},
	};
	controller_look(c());
	h.scans = 0;
	h.told[0] = '\0';
	return 0;
}

static bool send(enum event_type type)
{
	h.told[0] = '\0';
	return controller_event(c(), (struct event){.type = type});
}

static int ask(enum level level, int domid)
{
	h.told[0] = '\0';
	return controller_request(c(), (struct event){.type = EVENT_REQUEST,
						      .levels = UP_TO(level),
						      .domid = domid,
						      .devid = EVERY});
}

static void after(uint64_t us)
{
	h.now_us += us;
}

static void an_action_is_started_carried_out_and_judged(void **state)
{
	(void)state;
	assert_true(send(EVENT_HARD));
	assert_string_equal(h.told, "decided started");
	assert_int_equal(h.orders, 1);
	h.memory.held_kb -= 8000;
	after(S);
	assert_false(send(EVENT_DONE));
	assert_string_equal(h.told, "done");
	assert_int_equal(h.wake_us, h.now_us + h.policy.regrowth_us);
	after(h.policy.regrowth_us);
	assert_true(send(EVENT_TIMER));
	assert_string_equal(h.told, "judged");
	assert_int_equal(c()->state.action.verdict, VERDICT_HELPED);
}

static void an_order_names_its_disks(void **state)
{
	struct domain_rule rule = {.window_us = 2 * S};

	(void)state;
	h.policy.rules = &rule;
	h.policy.n_rules = 1;
	h.vbds[0].named = h.vbds[1].named = h.vbds[2].named = true;
	h.vbds[1].rule = 1;
	(void)send(EVENT_HARD);
	assert_int_equal(h.order.n, 2);
	assert_false(h.order.params);
	assert_int_equal(h.ordered[0].vbd, 0);
	assert_int_equal(h.ordered[0].window_ms, 150);
	assert_int_equal(h.ordered[1].vbd, 1);
	assert_int_equal(h.ordered[1].window_ms, 2000);
	assert_int_equal(h.order.window_us, 2 * S);
}

/* Its disks hold no pool empty that would have to be waited for. */
static void an_order_without_the_pool_lasts_no_window(void **state)
{
	(void)state;
	h.vbds[0].squeeze_ms = WINDOW_MAX_MS;
	assert_int_equal(controller_request(c(), (struct event){.type = EVENT_REQUEST,
								.levels = 1U << LEVEL_SLOTS,
								.domid = 1,
								.devid = EVERY}),
			 0);
	assert_int_equal(h.order.n, 1);
	assert_int_equal(h.order.window_us, h.policy.window_us);
}

static void only_disks_that_took_it_count_as_triggered(void **state)
{
	(void)state;
	h.refuses = -ENODEV;
	(void)send(EVENT_HARD);
	assert_int_equal(h.vbds[0].triggered_us, 0);
	(void)controller_event(c(), (struct event){.type = EVENT_FAILED, .error = ENODEV});
	after(h.policy.retry_us);
	h.refuses = 0;
	(void)send(EVENT_HARD);
	assert_int_equal(h.vbds[0].triggered_us, h.now_us);
	assert_int_equal(h.vbds[2].triggered_us, 0);
}

/* Completion comes as an event and by no other way: nothing follows from carrying out. */
static void nothing_begins_while_an_action_runs(void **state)
{
	(void)state;
	(void)send(EVENT_HARD);
	after(10 * S);
	assert_false(send(EVENT_HARD));
	assert_string_equal(h.told, "decided");
	assert_int_equal(c()->decision.reason, REASON_RUNNING);
	assert_int_equal(c()->passed[REASON_RUNNING], 1);
	assert_int_equal(h.orders, 1);
}

static void one_that_is_watched_is_superseded_by_the_next(void **state)
{
	(void)state;
	(void)send(EVENT_HARD);
	h.memory.held_kb -= 8000;
	(void)send(EVENT_DONE);
	after(h.policy.retry_us);
	assert_true(send(EVENT_HARD));
	assert_string_equal(h.told, "decided superseded started");
	assert_int_equal(h.superseded.verdict, VERDICT_SUPERSEDED);
	assert_int_equal(h.superseded.level, LEVEL_GRANTS);
	assert_int_equal(c()->state.action.level, LEVEL_SLOTS);
}

static void a_request_is_taken_waits_or_is_refused(void **state)
{
	(void)state;
	assert_int_equal(ask(LEVEL_POOL, 9), -ENODEV);
	assert_string_equal(h.told, "");
	h.vbds[1].levels = 1U << LEVEL_POOL;
	assert_int_equal(ask(LEVEL_SLOTS, 2), -EOPNOTSUPP);
	assert_int_equal(ask(LEVEL_SLOTS, 3), 0);
	assert_int_equal(h.orders, 1);
	assert_int_equal(h.order.n, 1);
	assert_int_equal(h.ordered[0].vbd, 2);
	assert_int_equal(ask(LEVEL_POOL, 1), -EBUSY);
	(void)send(EVENT_DONE);
	assert_int_equal(ask(LEVEL_POOL, 1), 0); /* within min_interval: it waits */
	assert_int_equal(h.orders, 1);
	assert_int_equal(ask(LEVEL_POOL, 1), -EBUSY);
	h.now_us = h.wake_us;
	assert_true(send(EVENT_TIMER));
	assert_int_equal(h.orders, 2);
}

/* Parameters would take from the whole host what was asked of one disk. */
static void a_request_that_waited_for_one_disk_is_never_for_the_whole_host(void **state)
{
	(void)state;
	assert_int_equal(ask(LEVEL_POOL, 1), 0);
	(void)send(EVENT_DONE);
	assert_int_equal(ask(LEVEL_GRANTS, 2), 0); /* within min_interval: it waits */
	for (int i = 0; i < DISKS; i++)
		h.vbds[i].levels = 0; /* another driver is loaded meanwhile */
	c()->view.params = true;
	h.now_us = h.wake_us;
	(void)send(EVENT_TIMER);
	assert_int_equal(h.orders, 2);
	assert_false(h.order.params);
	assert_int_equal(h.order.n, 0);
}

static void why_nothing_was_done_is_told_by_step(void **state)
{
	(void)state;
	h.policy.min_gain_kb = 1000000;
	assert_false(send(EVENT_SOFT));
	assert_int_equal(c()->decision.about, EVENT_SOFT);
	assert_int_equal(c()->decision.reason, REASON_NO_STEP);
	for (int l = 0; l < LEVEL_COUNT; l++)
		for (int s = 0; s < SCOPE_COUNT; s++)
			assert_int_equal(c()->decision.steps[l][s], REASON_TOO_LITTLE);
	h.policy.min_gain_kb = 1;
	assert_true(send(EVENT_SOFT));
	assert_true(c()->decision.began);
	assert_int_equal(c()->passed[REASON_NO_STEP], 1);
}

static void scans_under_pressure_keep_their_pace(void **state)
{
	(void)state;
	h.scan_us = 2 * MS;
	h.policy.min_gain_kb = 1000000; /* nothing comes of any */
	controller_look(c());
	h.scans = 0;
	for (int i = 0; i < 1000; i++) {
		after(10 * MS);
		(void)send(EVENT_SOFT);
	}
	assert_in_range(h.scans, 10, 100); /* 2 ms each: a fiftieth of 10 s at most */
	h.scans = 0;
	(void)send(EVENT_TIMER);
	assert_int_equal(h.scans, 1); /* nothing else is so frequent */
}

/* Nothing comes of any. Return: for how long pressure is left alone after the last of them. */
static uint64_t press_in_vain(int times)
{
	h.hear_us = 0;
	for (int i = 0; i < times; i++) {
		after(S);
		(void)send(EVENT_SOFT);
	}
	return h.hear_us ? h.hear_us - h.now_us : 0;
}

static void pressure_that_leads_nowhere_is_left_alone_for_a_while(void **state)
{
	(void)state;
	h.policy.min_gain_kb = 1000000;
	assert_int_equal(press_in_vain(1), 0);
	assert_int_equal(press_in_vain(1), h.policy.idle_us);
	after(h.policy.idle_us);
	assert_int_equal(press_in_vain(1), h.policy.idle_us);
	after(3 * h.policy.idle_us); /* that is over: this is another one */
	assert_int_equal(press_in_vain(1), 0);
	h.policy.min_gain_kb = 1;
	h.hear_us = 0;
	after(S);
	assert_true(send(EVENT_SOFT));
	assert_int_equal(h.hear_us, 0);
}

static void it_is_left_alone_for_5_s_at_most(void **state)
{
	(void)state;
	h.policy.min_gain_kb = 1000000;
	h.policy.idle_us = 3600 * S;
	assert_int_equal(press_in_vain(2), 5 * S);
	h.policy.idle_us = 2 * S;
	after(5 * S);
	assert_int_equal(press_in_vain(1), 2 * S);
}

/* It can have what soft pressure has not. */
static void hard_pressure_is_heard_until_it_led_nowhere_itself(void **state)
{
	uint64_t until;

	(void)state;
	h.policy.min_gain_kb = 1000000;
	(void)press_in_vain(2);
	assert_int_equal(h.deaf_to, EVENT_SOFT);
	until = h.hear_us;
	after(S);
	(void)send(EVENT_SOFT); /* of what is available, which the host looks at by itself */
	assert_int_equal(h.hear_us, until);
	(void)send(EVENT_HARD);
	assert_int_equal(h.deaf_to, EVENT_HARD);
	assert_int_equal(h.hear_us, h.now_us + h.policy.idle_us);
}

static void a_new_policy_is_tried_before_pressure_is_left_alone(void **state)
{
	(void)state;
	h.policy.min_gain_kb = 1000000;
	assert_int_not_equal(press_in_vain(2), 0);
	after(5 * S);
	controller_policy_changed(c());
	assert_int_equal(press_in_vain(1), 0);
}

static void pressure_is_heard_where_it_makes_dom0_grow(void **state)
{
	(void)state;
	h.policy.min_gain_kb = 1000000;
	h.policy.grow_limit_kb = 800000;
	assert_int_not_equal(press_in_vain(3), 0);
	c()->can_grow = true;
	assert_int_equal(press_in_vain(3), 0);
}

/* Scans under pressure are what sees how long disks were idle. */
static void pressure_is_heard_where_nothing_else_sees_idle_times(void **state)
{
	(void)state;
	h.policy.min_gain_kb = 1000000;
	h.policy.aging = false;
	c()->view.mechanism = MECHANISM_PARAMS;
	c()->view.params = true;
	assert_int_equal(press_in_vain(3), 0);
	h.policy.paused = true;
	assert_int_equal(press_in_vain(1), h.policy.idle_us);
	h.policy.paused = false;
	after(h.policy.idle_us);
	assert_int_equal(press_in_vain(1), 0);
	memset(c()->view.gives_ram, 0, sizeof(c()->view.gives_ram)); /* nothing to see */
	assert_int_equal(press_in_vain(1), h.policy.idle_us);
}

/* An excluded domain may have got a disk since the last scan. */
static void an_action_always_follows_a_scan(void **state)
{
	(void)state;
	h.scan_us = 100 * MS;
	controller_look(c());
	h.scans = 0;
	after(MS);
	assert_true(send(EVENT_HARD));
	assert_int_equal(h.scans, 1);
}

static void without_memory_figures_the_last_ones_count(void **state)
{
	(void)state;
	assert_int_equal(ask(LEVEL_POOL, 1), 0);
	h.sample_error = -EIO;
	h.memory = (struct sample){0};
	after(S);
	assert_true(send(EVENT_DONE));
	assert_string_equal(h.told, "no-sample done judged");
	assert_int_equal(c()->state.action.verdict, VERDICT_NO_GAIN);
	after(S);
	(void)send(EVENT_SOFT);
	assert_null(strstr(h.told, "no-sample")); /* once is enough, until they are there again */
	h.sample_error = 0;
	after(S);
	(void)send(EVENT_SOFT);
	h.sample_error = -EIO;
	after(S);
	(void)send(EVENT_SOFT);
	assert_non_null(strstr(h.told, "no-sample"));
}

static void a_target_that_falls_is_an_event(void **state)
{
	(void)state;
	h.target_kb = 800000;
	assert_false(controller_target_changed(c())); /* what a later one falls from */
	h.target_kb = 750000;
	assert_false(controller_target_changed(c())); /* more than the domain has */
	h.target_kb = 699000;
	assert_true(controller_target_changed(c()));
	assert_int_equal(c()->state.action.cause, CAUSE_BALLOON);
	assert_int_equal(c()->state.action.need_kb, 1000);
	assert_int_equal(h.order.n, 1); /* no more than it takes */
	h.policy.follow_balloon = false;
	(void)send(EVENT_DONE);
	after(10 * S);
	h.target_kb = 690000;
	assert_false(controller_target_changed(c()));
}

/* An action for hard pressure, and a fall of the target meanwhile. */
static void let_a_fall_wait(void)
{
	h.target_kb = 720000;
	(void)controller_target_changed(c());
	assert_true(send(EVENT_HARD));
	h.target_kb = 690000;
	assert_false(controller_target_changed(c()));
	after(10 * S);
}

static void a_fall_that_is_over_starts_nothing(void **state)
{
	(void)state;
	let_a_fall_wait();
	h.target_kb = 710000;
	assert_false(controller_target_changed(c()));
	(void)send(EVENT_DONE);
	(void)send(EVENT_TIMER);
	assert_int_equal(h.orders, 1);
}

static void a_fall_that_waited_needs_what_it_needs_by_then(void **state)
{
	(void)state;
	let_a_fall_wait();
	h.target_kb = 695000; /* of which the news is still under way */
	(void)send(EVENT_DONE);
	assert_true(send(EVENT_TIMER));
	assert_int_equal(c()->state.action.cause, CAUSE_BALLOON);
	assert_int_equal(c()->state.action.need_kb, 5000);
}

static void hard_pressure_that_nothing_relieves_grows_the_domain(void **state)
{
	(void)state;
	memset(c()->view.gives_ram, 0, sizeof(c()->view.gives_ram));
	h.policy.grow_limit_kb = 900000;
	h.target_kb = 700000;
	(void)controller_target_changed(c());
	after(120 * S);
	assert_false(send(EVENT_HARD));
	assert_int_equal(h.set_kb, 0); /* the host cannot */
	c()->can_grow = true;
	assert_false(send(EVENT_HARD));
	assert_string_equal(h.told, "grown decided");
	assert_int_equal(h.set_kb, 700000 + h.policy.grow_step_kb);
}

/* Hard pressure that nothing here relieves, on a host whose target can be raised. */
static void let_it_grow(void)
{
	memset(c()->view.gives_ram, 0, sizeof(c()->view.gives_ram));
	h.policy.grow_limit_kb = 900000;
	h.target_kb = 700000;
	(void)controller_target_changed(c());
	after(120 * S);
	c()->can_grow = true;
}

static void a_target_that_cannot_grow_needs_no_scans(void **state)
{
	(void)state;
	let_it_grow();
	h.target_kb = h.policy.grow_limit_kb;
	(void)controller_target_changed(c());
	after(120 * S);
	h.scan_us = 2 * MS;
	controller_look(c());
	h.scans = 0;
	for (int i = 0; i < 1000; i++) {
		after(10 * MS);
		(void)send(EVENT_HARD);
	}
	assert_in_range(h.scans, 10, 100);
}

/* How often a target was asked for in so many seconds of hard pressure. */
static unsigned asked_in(unsigned seconds)
{
	unsigned times = 0;

	for (unsigned i = 0; i < seconds; i++) {
		h.set_kb = 0;
		(void)send(EVENT_HARD);
		times += h.set_kb != 0;
		after(S);
	}
	return times;
}

static void a_target_that_xen_refuses_is_told_of_once_and_asked_for_less_often(void **state)
{
	uint64_t backoff_s;

	(void)state;
	let_it_grow();
	backoff_s = h.policy.backoff_us / S;
	h.set_error = -3;
	(void)send(EVENT_HARD);
	assert_non_null(strstr(h.told, "not-grown"));
	after(S);
	assert_int_equal(asked_in((unsigned)backoff_s - 1), 0);
	(void)send(EVENT_HARD);
	assert_null(strstr(h.told, "not-grown"));
	after(S);
	assert_int_equal(asked_in((unsigned)(2 * backoff_s) - 1), 0);
	h.set_error = 0;
	(void)send(EVENT_HARD);
	assert_string_equal(h.told, "grown decided");
}

/* Nothing comes of it, as often as it takes. */
static void let_it_be_suspended(void)
{
	for (unsigned i = 0; i <= h.policy.backoff_after; i++) {
		(void)send(EVENT_HARD);
		after(S);
		(void)send(EVENT_DONE);
		after(h.policy.retry_us + h.policy.regrowth_us);
	}
	h.orders = 0;
	(void)send(EVENT_HARD);
	assert_int_equal(h.orders, 0);
}

static void a_new_policy_suspends_nothing(void **state)
{
	(void)state;
	h.policy.max_level = LEVEL_GRANTS;
	h.vbds[2].held_kb[LEVEL_POOL] = 0;
	let_it_be_suspended();
	controller_policy_changed(c());
	after(S);
	(void)send(EVENT_HARD);
	assert_int_equal(h.orders, 1);
}

static void that_nothing_gives_ram_is_said_once_and_again_when_facts_change(void **state)
{
	(void)state;
	memset(c()->view.gives_ram, 0, sizeof(c()->view.gives_ram));
	(void)send(EVENT_SOFT);
	assert_string_equal(h.told, "notice decided aging");
	(void)send(EVENT_SOFT);
	assert_string_equal(h.told, "decided");
	controller_facts_changed(c());
	(void)send(EVENT_SOFT);
	assert_string_equal(h.told, "notice decided");
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_action_is_started_carried_out_and_judged),
		T(an_order_names_its_disks),
		T(an_order_without_the_pool_lasts_no_window),
		T(only_disks_that_took_it_count_as_triggered),
		T(nothing_begins_while_an_action_runs),
		T(one_that_is_watched_is_superseded_by_the_next),
		T(a_request_is_taken_waits_or_is_refused),
		T(a_request_that_waited_for_one_disk_is_never_for_the_whole_host),
		T(why_nothing_was_done_is_told_by_step),
		T(scans_under_pressure_keep_their_pace),
		T(pressure_that_leads_nowhere_is_left_alone_for_a_while),
		T(it_is_left_alone_for_5_s_at_most),
		T(hard_pressure_is_heard_until_it_led_nowhere_itself),
		T(a_new_policy_is_tried_before_pressure_is_left_alone),
		T(pressure_is_heard_where_it_makes_dom0_grow),
		T(pressure_is_heard_where_nothing_else_sees_idle_times),
		T(an_action_always_follows_a_scan),
		T(without_memory_figures_the_last_ones_count),
		T(a_target_that_falls_is_an_event),
		T(a_fall_that_is_over_starts_nothing),
		T(a_fall_that_waited_needs_what_it_needs_by_then),
		T(a_target_that_cannot_grow_needs_no_scans),
		T(hard_pressure_that_nothing_relieves_grows_the_domain),
		T(a_target_that_xen_refuses_is_told_of_once_and_asked_for_less_often),
		T(a_new_policy_suspends_nothing),
		T(that_nothing_gives_ram_is_said_once_and_again_when_facts_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
