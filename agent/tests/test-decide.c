// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests of the policy under virtual time. No I/O, no mechanism: what decide() promises, called. */
#include "config.h"
#include "decide.h"
#include "tests/cmocka-all.h"
#include "util.h"

#include <string.h>

#define MS USEC_PER_MSEC
#define S  USEC_PER_SEC

/* A host whose memory the test moves by hand. */
struct world {
	struct policy p;
	struct offer o;
	struct state s;
	uint64_t now;
	int64_t held_kb;
};

static struct world ballooned(void)
{
	struct world w = {.p = config_default().policy, .now = 100 * S, .held_kb = 100000};

	w.o.offered[LEVEL_POOL][SCOPE_ALL] = true;
	w.o.offered[LEVEL_GRANTS][SCOPE_IDLE] = true;
	w.o.offered[LEVEL_GRANTS][SCOPE_ALL] = true;
	w.o.gives_ram[LEVEL_POOL] = true;
	w.o.gives_ram[LEVEL_GRANTS] = true;
	for (int l = 0; l < LEVEL_COUNT; l++)
		for (int c = 0; c < SCOPE_COUNT; c++)
			w.o.there_kb[l][c] = KB_UNKNOWN;
	return w;
}

static struct plan send(struct world *w, enum event_type type)
{
	struct event e = {
		.type = type,
		.level = LEVEL_GRANTS,
		.now = {.held_known = true, .held_kb = w->held_kb},
	};

	return decide(&w->p, &w->o, &w->s, &e, w->now);
}

static void expect_reclaim(const struct world *w, const struct plan *plan, enum level level,
			   enum scope scope)
{
	assert_true(plan->reclaim);
	assert_string_equal(level_names[w->s.action.level], level_names[level]);
	assert_string_equal(scope_names[w->s.action.scope], scope_names[scope]);
}

/* The mechanism takes 200 ms and gives @back_kb. */
static struct plan carry_out(struct world *w, int64_t back_kb)
{
	w->now += 200 * MS;
	w->held_kb -= back_kb;
	return send(w, EVENT_DONE);
}

/* What was given back is taken again, up to @again_kb, and the action is judged. */
static struct plan regrow(struct world *w, uint64_t wake_us, int64_t again_kb)
{
	w->now = wake_us;
	w->held_kb += again_kb;
	return send(w, EVENT_TIMER);
}

static void soft_pressure_takes_the_pool(void **state)
{
	struct world w = ballooned();
	struct plan plan = send(&w, EVENT_SOFT);

	(void)state;
	expect_reclaim(&w, &plan, LEVEL_POOL, SCOPE_ALL);
	assert_int_equal(w.s.action.cause, CAUSE_SOFT);
	assert_int_equal(plan.wake_us, 0);
}

static void hard_pressure_takes_grants_of_idle_disks(void **state)
{
	struct world w = ballooned();
	struct plan plan = send(&w, EVENT_HARD);

	(void)state;
	expect_reclaim(&w, &plan, LEVEL_GRANTS, SCOPE_IDLE);
}

static void no_gain_goes_one_step_up_within_the_retry_time(void **state)
{
	struct world w = ballooned();
	struct plan plan = send(&w, EVENT_SOFT);

	(void)state;
	plan = carry_out(&w, 0);
	assert_true(plan.judged);
	assert_int_equal(w.s.action.verdict, VERDICT_NO_GAIN);
	w.now += S;
	plan = send(&w, EVENT_SOFT);
	expect_reclaim(&w, &plan, LEVEL_GRANTS, SCOPE_IDLE);
}

static void no_gain_is_forgotten_after_the_retry_time(void **state)
{
	struct world w = ballooned();
	struct plan plan = send(&w, EVENT_SOFT);

	(void)state;
	(void)carry_out(&w, 0);
	w.now += w.p.retry_us;
	plan = send(&w, EVENT_SOFT);
	expect_reclaim(&w, &plan, LEVEL_POOL, SCOPE_ALL);
}

static void soft_pressure_never_takes_grants_of_busy_disks(void **state)
{
	struct world w = ballooned();
	struct plan plan;

	(void)state;
	w.o.offered[LEVEL_POOL][SCOPE_ALL] = false;
	w.o.offered[LEVEL_GRANTS][SCOPE_IDLE] = false;
	plan = send(&w, EVENT_SOFT);
	assert_false(plan.reclaim);
	plan = send(&w, EVENT_HARD);
	expect_reclaim(&w, &plan, LEVEL_GRANTS, SCOPE_ALL);
}

static void gain_that_lasts_helped(void **state)
{
	struct world w = ballooned();
	struct plan plan = send(&w, EVENT_HARD);

	(void)state;
	plan = carry_out(&w, 60000);
	assert_false(plan.judged);
	assert_int_equal(plan.wake_us, w.now + w.p.regrowth_us);
	plan = regrow(&w, plan.wake_us, 20000);
	assert_true(plan.judged);
	assert_int_equal(w.s.action.verdict, VERDICT_HELPED);
	assert_int_equal(action_gain_kb(&w.s.action), 60000);
	assert_int_equal(action_lasting_kb(&w.s.action), 40000);
}

static void gain_taken_again_did_not_help(void **state)
{
	struct world w = ballooned();
	struct plan plan;

	(void)state;
	w.o.offered[LEVEL_GRANTS][SCOPE_IDLE] = false;
	plan = send(&w, EVENT_HARD);
	plan = carry_out(&w, 60000);
	plan = regrow(&w, plan.wake_us, 46000);
	assert_int_equal(w.s.action.verdict, VERDICT_REGROWN);
}

static void what_idle_disks_gave_helped_though_others_take_theirs(void **state)
{
	struct world w = ballooned();
	struct plan plan = send(&w, EVENT_HARD);

	(void)state;
	plan = carry_out(&w, 10000);
	plan = regrow(&w, plan.wake_us, 14000);
	assert_int_equal(w.s.action.scope, SCOPE_IDLE);
	assert_int_equal(w.s.action.verdict, VERDICT_HELPED);
	assert_int_equal(action_lasting_kb(&w.s.action), -4000);
}

static void pressure_is_not_answered_while_the_last_gain_is_watched(void **state)
{
	struct world w = ballooned();
	struct plan plan = send(&w, EVENT_HARD);

	(void)state;
	(void)carry_out(&w, 60000);
	w.now += S;
	plan = send(&w, EVENT_SOFT);
	assert_false(plan.reclaim);
	plan = send(&w, EVENT_HARD);
	assert_false(plan.reclaim);
	assert_int_not_equal(plan.wake_us, 0);
}

static void hard_pressure_that_lasts_goes_past_what_is_watched(void **state)
{
	struct world w = ballooned();
	struct plan plan = send(&w, EVENT_SOFT);

	(void)state;
	(void)carry_out(&w, 5000);
	w.now += S;
	assert_false(send(&w, EVENT_HARD).reclaim); /* its echo */
	w.now += S;
	plan = send(&w, EVENT_HARD);
	expect_reclaim(&w, &plan, LEVEL_GRANTS, SCOPE_IDLE);
	(void)carry_out(&w, 5000);
	w.now += w.p.retry_us;
	plan = send(&w, EVENT_HARD);
	expect_reclaim(&w, &plan, LEVEL_GRANTS, SCOPE_ALL);
}

static void pressure_that_was_not_relieved_goes_on_by_itself(void **state)
{
	struct world w = ballooned();
	struct plan plan = send(&w, EVENT_SOFT);

	(void)state;
	(void)send(&w, EVENT_HARD); /* while the pool is squeezed */
	plan = carry_out(&w, 0);
	assert_int_equal(plan.wake_us, w.s.action.started_us + w.p.min_interval_us);
	w.now = plan.wake_us;
	plan = send(&w, EVENT_TIMER);
	expect_reclaim(&w, &plan, LEVEL_GRANTS, SCOPE_IDLE);
	plan = carry_out(&w, 0);
	w.now = plan.wake_us ? plan.wake_us : w.now + S;
	assert_false(send(&w, EVENT_TIMER).reclaim); /* nothing is left to try */
}

/* Nothing is idle, for ever: count what the agent does in an hour of hard pressure. */
static void busy_disks_are_left_alone(void **state)
{
	struct world w = ballooned();
	uint64_t end = w.now + 3600 * S;
	uint64_t last_rest = 0;
	unsigned tries = 0;
	unsigned notices = 0;

	(void)state;
	while (w.now < end) {
		struct plan plan = send(&w, EVENT_HARD);

		if (plan.reclaim) {
			assert_int_equal(w.s.action.scope, SCOPE_IDLE);
			plan = carry_out(&w, 0);
			assert_true(plan.judged);
			assert_true(plan.backoff_us >= last_rest || plan.backoff_us == 0);
			last_rest = plan.backoff_us;
			notices += plan.notice == NOTICE_BACKOFF;
			tries++;
		}
		w.now += S;
	}
	assert_int_equal(last_rest, w.p.backoff_max_us);
	assert_int_equal(notices, 1);
	assert_in_range(tries, 4, 18);
}

/* A mechanism that cannot tell idle from busy: it is stopped by what is taken again. */
static void what_is_taken_again_is_left_alone_in_the_end(void **state)
{
	struct world w = ballooned();
	uint64_t end = w.now + 3600 * S;
	unsigned tries = 0;

	(void)state;
	w.o.offered[LEVEL_GRANTS][SCOPE_IDLE] = false;
	while (w.now < end) {
		struct plan plan = send(&w, EVENT_HARD);

		if (plan.reclaim) {
			plan = carry_out(&w, 90000);
			plan = regrow(&w, plan.wake_us, 90000);
			assert_int_equal(w.s.action.verdict, VERDICT_REGROWN);
			tries++;
		}
		w.now += S;
	}
	assert_in_range(tries, 4, 18);
}

static void back_off_ends_with_the_first_lasting_gain(void **state)
{
	struct world w = ballooned();
	struct plan plan;

	(void)state;
	w.p.max_level = LEVEL_POOL;
	for (unsigned i = 0; i < w.p.backoff_after; i++) {
		plan = send(&w, EVENT_SOFT);
		assert_true(plan.reclaim);
		plan = carry_out(&w, 0);
		w.now += w.p.retry_us;
	}
	assert_int_equal(plan.notice, NOTICE_BACKOFF);
	assert_int_equal(plan.backoff_us, w.p.backoff_us);
	assert_false(send(&w, EVENT_SOFT).reclaim);
	w.now += w.p.backoff_us;
	assert_true(send(&w, EVENT_SOFT).reclaim);
	plan = carry_out(&w, 9000);
	plan = regrow(&w, plan.wake_us, 0);
	assert_int_equal(plan.notice, NOTICE_RECOVERED);
	assert_true(send(&w, EVENT_SOFT).reclaim);
}

static void two_actions_keep_their_distance(void **state)
{
	struct world w = ballooned();
	uint64_t last = 0;
	unsigned n = 0;

	(void)state;
	w.p.retry_us = 0;
	w.p.backoff_after = 1000;
	for (int i = 0; i < 10000; i++) {
		static const enum event_type types[] = {EVENT_SOFT, EVENT_HARD, EVENT_BALLOON_FALL,
							EVENT_REQUEST, EVENT_TIMER};
		struct plan plan = send(&w, types[i % 5]);

		if (plan.reclaim) {
			assert_true(last == 0 || w.now - last >= w.p.min_interval_us);
			last = w.now;
			n++;
			w.now += MS;
			(void)send(&w, EVENT_DONE);
		}
		w.now += MS;
	}
	assert_in_range(n, 30, 44);
}

static void nothing_starts_while_an_action_runs(void **state)
{
	struct world w = ballooned();

	(void)state;
	assert_true(send(&w, EVENT_SOFT).reclaim);
	for (int i = 0; i < 100; i++) {
		w.now += S;
		assert_false(send(&w, EVENT_HARD).reclaim);
		assert_false(send(&w, EVENT_REQUEST).reclaim);
		assert_false(send(&w, EVENT_BALLOON_FALL).reclaim);
	}
}

static void a_request_waits_and_then_takes_from_all(void **state)
{
	struct world w = ballooned();
	struct plan plan = send(&w, EVENT_SOFT);

	(void)state;
	(void)send(&w, EVENT_REQUEST);
	(void)send(&w, EVENT_BALLOON_FALL); /* does not push the request out */
	plan = carry_out(&w, 0);
	assert_int_equal(plan.wake_us, w.s.action.started_us + w.p.min_interval_us);
	w.now = plan.wake_us;
	plan = send(&w, EVENT_TIMER);
	expect_reclaim(&w, &plan, LEVEL_GRANTS, SCOPE_ALL);
	assert_int_equal(w.s.action.cause, CAUSE_REQUEST);
}

/* Somebody waits for the answer. What comes first here comes before the timer does. */
static void a_request_that_waits_is_not_lost_to_what_comes_first(void **state)
{
	static const enum event_type first[] = {EVENT_HARD, EVENT_BALLOON_FALL};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(first); i++) {
		struct world w = ballooned();
		struct plan plan = send(&w, EVENT_SOFT);

		assert_false(send(&w, EVENT_REQUEST).reclaim);
		w.now = carry_out(&w, 0).wake_us;
		plan = send(&w, first[i]);
		expect_reclaim(&w, &plan, LEVEL_GRANTS, SCOPE_IDLE);
		w.now = carry_out(&w, 0).wake_us;
		plan = send(&w, EVENT_TIMER);
		expect_reclaim(&w, &plan, LEVEL_GRANTS, SCOPE_ALL);
		assert_int_equal(w.s.action.cause, CAUSE_REQUEST);
		(void)carry_out(&w, 0);
		assert_false(w.s.wanted);
	}
}

static void requests_do_not_rest(void **state)
{
	struct world w = ballooned();

	(void)state;
	for (int i = 0; i < 50; i++) {
		assert_true(send(&w, EVENT_REQUEST).reclaim);
		(void)carry_out(&w, 0);
		w.now += S;
	}
	assert_int_equal(w.s.rungs[LEVEL_GRANTS][SCOPE_ALL].failures, 0);
}

static void a_balloon_fall_takes_grants_at_once(void **state)
{
	struct world w = ballooned();
	struct plan plan = send(&w, EVENT_BALLOON_FALL);

	(void)state;
	expect_reclaim(&w, &plan, LEVEL_GRANTS, SCOPE_IDLE);
	assert_int_equal(w.s.action.cause, CAUSE_BALLOON);
}

static void unpopulated_memory_is_said_once_and_left_alone(void **state)
{
	struct world w = ballooned();

	(void)state;
	memset(w.o.gives_ram, 0, sizeof(w.o.gives_ram));
	assert_int_equal(send(&w, EVENT_SOFT).notice, NOTICE_NO_RAM);
	for (int i = 0; i < 100; i++) {
		struct plan plan = send(&w, EVENT_HARD);

		w.now += S;
		assert_false(plan.reclaim);
		assert_int_equal(plan.notice, NOTICE_NONE);
	}
}

static void the_two_lower_levels_are_skipped_where_they_give_nothing(void **state)
{
	struct world w = ballooned();
	struct plan plan;

	(void)state;
	w.o.gives_ram[LEVEL_POOL] = false;
	w.o.gives_ram[LEVEL_GRANTS] = false;
	w.o.gives_ram[LEVEL_REQUESTS] = true;
	w.o.offered[LEVEL_REQUESTS][SCOPE_IDLE] = true;
	w.o.there_kb[LEVEL_REQUESTS][SCOPE_IDLE] = w.p.min_gain_kb;
	plan = send(&w, EVENT_SOFT);
	expect_reclaim(&w, &plan, LEVEL_REQUESTS, SCOPE_IDLE);
}

static void the_highest_level_is_kept_to(void **state)
{
	struct world w = ballooned();
	struct plan plan;

	(void)state;
	w.p.max_level = LEVEL_POOL;
	plan = send(&w, EVENT_HARD);
	expect_reclaim(&w, &plan, LEVEL_POOL, SCOPE_ALL);
}

static void a_mechanism_that_fails_rests_too(void **state)
{
	struct world w = ballooned();

	(void)state;
	w.p.max_level = LEVEL_POOL;
	for (unsigned i = 0; i < w.p.backoff_after; i++) {
		assert_true(send(&w, EVENT_SOFT).reclaim);
		assert_true(send(&w, EVENT_FAILED).judged);
		assert_int_equal(w.s.action.verdict, VERDICT_FAILED);
		w.now += w.p.retry_us;
	}
	assert_false(send(&w, EVENT_SOFT).reclaim);
}

/* --- disks that can be told apart ----------------------------------------------------------- */

#define ALL_LEVELS (1U << LEVEL_POOL | 1U << LEVEL_GRANTS | 1U << LEVEL_REQUESTS)

static struct vbd disk(uint16_t domid, uint32_t devid, uint64_t idle_us)
{
	return (struct vbd){
		.domid = domid,
		.devid = devid,
		.levels = ALL_LEVELS,
		.shows = true,
		.squeeze_ms = 10,
		.idle_us = idle_us,
		.held_kb = {8, 4096, 1248},
		.kept_kb = 48,
	};
}

/* The same host with a kernel that shows and reclaims single disks. */
static struct world native(const struct vbd *vbds, size_t n)
{
	struct world w = ballooned();

	w.o = (struct offer){.gives_ram = {true, true, true}};
	offer_vbds(&w.p, vbds, n, &w.o);
	return w;
}

static void what_is_there_is_summed_up_by_level_and_scope(void **state)
{
	const struct vbd vbds[] = {disk(1, 51712, 6 * S), disk(1, 51728, 1 * S),
				   disk(2, 51712, 60 * S)};
	struct world w = native(vbds, ARRAY_SIZE(vbds));

	(void)state;
	for (int l = 0; l < LEVEL_COUNT; l++)
		for (int c = 0; c < SCOPE_COUNT; c++)
			assert_true(w.o.offered[l][c]);
	assert_int_equal(w.o.there_kb[LEVEL_POOL][SCOPE_IDLE], 2 * 8);
	assert_int_equal(w.o.there_kb[LEVEL_POOL][SCOPE_ALL], 3 * 8);
	assert_int_equal(w.o.there_kb[LEVEL_GRANTS][SCOPE_IDLE], 2 * (8 + 4096));
	assert_int_equal(w.o.there_kb[LEVEL_REQUESTS][SCOPE_IDLE], 2 * (8 + 4096 + 1200));
}

static void only_what_is_ram_is_there(void **state)
{
	const struct vbd vbds[] = {disk(1, 51712, 6 * S)};
	struct offer o = {.gives_ram = {false, false, true}};
	struct policy p = config_default().policy;

	(void)state;
	offer_vbds(&p, vbds, 1, &o);
	assert_int_equal(o.there_kb[LEVEL_GRANTS][SCOPE_IDLE], 0);
	assert_int_equal(o.there_kb[LEVEL_REQUESTS][SCOPE_IDLE], 1200);
}

static void a_disk_that_keeps_more_than_it_has_adds_nothing(void **state)
{
	struct vbd vbds[] = {disk(1, 51712, 6 * S)};
	struct offer o = {.gives_ram = {false, false, true}};
	struct policy p = config_default().policy;

	(void)state;
	vbds[0].kept_kb = 5000;
	offer_vbds(&p, vbds, 1, &o);
	assert_int_equal(o.there_kb[LEVEL_REQUESTS][SCOPE_IDLE], 0);
}

/* The module's devices show nothing: some is there, nobody knows how much, and none is idle. */
static void disks_that_show_nothing_offer_the_unknown(void **state)
{
	struct vbd vbds[] = {disk(1, 51712, 6 * S), disk(1, 51728, 6 * S)};
	struct offer o = {.gives_ram = {true, true, true}};
	struct policy p = config_default().policy;

	(void)state;
	vbds[0].shows = vbds[1].shows = false;
	vbds[0].levels = vbds[1].levels = 1U << LEVEL_POOL;
	offer_vbds(&p, vbds, 2, &o);
	assert_true(o.offered[LEVEL_POOL][SCOPE_ALL]);
	assert_false(o.offered[LEVEL_POOL][SCOPE_IDLE]);
	assert_false(o.offered[LEVEL_GRANTS][SCOPE_ALL]);
	assert_true(o.there_kb[LEVEL_POOL][SCOPE_ALL] == KB_UNKNOWN);
}

static void a_disk_with_no_window_is_spared_by_pressure_alone(void **state)
{
	struct vbd vbds[] = {disk(1, 51712, 6 * S)};
	struct policy p = config_default().policy;
	struct action a = {.level = LEVEL_GRANTS,
			   .scope = SCOPE_IDLE,
			   .domid = EVERY,
			   .devid = EVERY,
			   .cause = CAUSE_HARD};
	struct offer o = {.gives_ram = {true, true, true}};

	(void)state;
	assert_true(action_means(&p, &a, &vbds[0]));
	vbds[0].squeeze_ms = 0;
	offer_vbds(&p, vbds, 1, &o);
	assert_false(o.offered[LEVEL_POOL][SCOPE_ALL]);
	assert_false(action_means(&p, &a, &vbds[0]));
	a.cause = CAUSE_REQUEST;
	assert_true(action_means(&p, &a, &vbds[0]));
}

static void an_action_means_the_disks_it_names(void **state)
{
	const struct vbd one = disk(7, 51712, 0);
	struct policy p = config_default().policy;
	struct action a = {.level = LEVEL_REQUESTS, .scope = SCOPE_ALL, .cause = CAUSE_REQUEST};

	(void)state;
	a.domid = EVERY;
	a.devid = EVERY;
	assert_true(action_means(&p, &a, &one));
	a.domid = 7;
	assert_true(action_means(&p, &a, &one));
	a.devid = 51712;
	assert_true(action_means(&p, &a, &one));
	a.devid = 51728;
	assert_false(action_means(&p, &a, &one));
	a.domid = 8;
	a.devid = EVERY;
	assert_false(action_means(&p, &a, &one));
	a.domid = EVERY;
	a.scope = SCOPE_IDLE;
	assert_false(action_means(&p, &a, &one));
}

static void soft_pressure_goes_to_the_level_where_idle_disks_have_something(void **state)
{
	const struct vbd vbds[] = {disk(1, 51712, 6 * S), disk(1, 51728, 1 * S)};
	struct world w = native(vbds, ARRAY_SIZE(vbds));
	struct plan plan = send(&w, EVENT_SOFT);

	(void)state;
	expect_reclaim(&w, &plan, LEVEL_GRANTS, SCOPE_IDLE);
	assert_int_equal(w.s.action.domid, EVERY);
}

/* No write, no wake-up, no back-off: what is known need not be tried. */
static void disks_that_are_all_busy_are_not_even_tried(void **state)
{
	const struct vbd vbds[] = {disk(1, 51712, 4 * S), disk(1, 51728, 0)};
	struct world w = native(vbds, ARRAY_SIZE(vbds));

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct plan plan = send(&w, i % 2 ? EVENT_HARD : EVENT_SOFT);

		assert_false(plan.reclaim);
		assert_int_equal(plan.notice, NOTICE_NONE);
		assert_int_equal(plan.wake_us, 0);
		w.now += S;
	}
}

static void a_request_for_one_disk_is_for_it_alone(void **state)
{
	const struct vbd vbds[] = {disk(1, 51712, 0), disk(2, 51712, 0)};
	struct world w = native(vbds, ARRAY_SIZE(vbds));
	struct event e = {.type = EVENT_REQUEST, .level = LEVEL_POOL, .domid = 2, .devid = 51712};
	struct plan plan = decide(&w.p, &w.o, &w.s, &e, w.now);

	(void)state;
	expect_reclaim(&w, &plan, LEVEL_POOL, SCOPE_ALL);
	assert_false(action_means(&w.p, &w.s.action, &vbds[0]));
	assert_true(action_means(&w.p, &w.s.action, &vbds[1]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(soft_pressure_takes_the_pool),
		cmocka_unit_test(hard_pressure_takes_grants_of_idle_disks),
		cmocka_unit_test(no_gain_goes_one_step_up_within_the_retry_time),
		cmocka_unit_test(no_gain_is_forgotten_after_the_retry_time),
		cmocka_unit_test(soft_pressure_never_takes_grants_of_busy_disks),
		cmocka_unit_test(gain_that_lasts_helped),
		cmocka_unit_test(gain_taken_again_did_not_help),
		cmocka_unit_test(what_idle_disks_gave_helped_though_others_take_theirs),
		cmocka_unit_test(pressure_is_not_answered_while_the_last_gain_is_watched),
		cmocka_unit_test(hard_pressure_that_lasts_goes_past_what_is_watched),
		cmocka_unit_test(pressure_that_was_not_relieved_goes_on_by_itself),
		cmocka_unit_test(busy_disks_are_left_alone),
		cmocka_unit_test(what_is_taken_again_is_left_alone_in_the_end),
		cmocka_unit_test(back_off_ends_with_the_first_lasting_gain),
		cmocka_unit_test(two_actions_keep_their_distance),
		cmocka_unit_test(nothing_starts_while_an_action_runs),
		cmocka_unit_test(a_request_waits_and_then_takes_from_all),
		cmocka_unit_test(a_request_that_waits_is_not_lost_to_what_comes_first),
		cmocka_unit_test(requests_do_not_rest),
		cmocka_unit_test(a_balloon_fall_takes_grants_at_once),
		cmocka_unit_test(unpopulated_memory_is_said_once_and_left_alone),
		cmocka_unit_test(the_two_lower_levels_are_skipped_where_they_give_nothing),
		cmocka_unit_test(the_highest_level_is_kept_to),
		cmocka_unit_test(a_mechanism_that_fails_rests_too),
		cmocka_unit_test(what_is_there_is_summed_up_by_level_and_scope),
		cmocka_unit_test(only_what_is_ram_is_there),
		cmocka_unit_test(a_disk_that_keeps_more_than_it_has_adds_nothing),
		cmocka_unit_test(disks_that_show_nothing_offer_the_unknown),
		cmocka_unit_test(a_disk_with_no_window_is_spared_by_pressure_alone),
		cmocka_unit_test(an_action_means_the_disks_it_names),
		cmocka_unit_test(soft_pressure_goes_to_the_level_where_idle_disks_have_something),
		cmocka_unit_test(disks_that_are_all_busy_are_not_even_tried),
		cmocka_unit_test(a_request_for_one_disk_is_for_it_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
