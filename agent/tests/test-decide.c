// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests of the policy under virtual time. No I/O, no mechanism: what decide() promises, called. */
#include "core/action.h"
#include "core/decide.h"
#include "core/growth.h"
#include "core/idle.h"
#include "core/names.h"
#include "core/pacing.h"
#include "core/reuse.h"
#include "host/config.h"
#include "host/util.h"
#include "tests/cmocka-all.h"
#include "tests/policy.h"

#include <string.h>
#include <time.h>

#define MS USEC_PER_MSEC
#define S  USEC_PER_SEC

/* A host whose memory the test moves by hand. */
struct world {
	struct policy p;
	struct capabilities o;
	struct state s;
	uint64_t now;
	int64_t held_kb;
	uint64_t target_kb;
	bool returned;
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
			w.o.ram_kb[l][c] = KB_UNKNOWN;
	return w;
}

/* And with a kernel that takes slots. */
static struct world slotted(void)
{
	struct world w = ballooned();

	for (int c = 0; c < SCOPE_COUNT; c++) {
		w.o.offered[LEVEL_SLOTS][c] = true;
		w.o.slots_kb[c] = 20000;
	}
	w.o.gives_ram[LEVEL_SLOTS] = true;
	return w;
}

static struct event event_of(const struct world *w, enum event_type type)
{
	return (struct event){
		.type = type,
		.levels = UP_TO(LEVEL_GRANTS),
		.domid = EVERY,
		.devid = EVERY,
		.returned = w->returned,
		.now = {.held_known = true, .held_kb = w->held_kb, .target_kb = w->target_kb},
	};
}

static struct plan send_event(struct world *w, const struct event *e)
{
	return decide(&w->p, &w->o, &w->s, e, w->now);
}

static struct plan send(struct world *w, enum event_type type)
{
	struct event e = event_of(w, type);

	return send_event(w, &e);
}

static void expect_reclaim(const struct world *w, const struct plan *plan, enum level level,
			   enum scope scope)
{
	assert_true(plan->reclaim);
	assert_string_equal(levels[w->s.action.level].name, levels[level].name);
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
	struct world w = slotted();
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
	struct world w = slotted();

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
	struct world w = slotted();
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
	static const struct {
		enum event_type type;
		enum level level;
	} first[] = {{EVENT_HARD, LEVEL_GRANTS}, {EVENT_BALLOON_FALL, LEVEL_SLOTS}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(first); i++) {
		struct world w = slotted();
		struct plan plan = send(&w, EVENT_SOFT);

		assert_false(send(&w, EVENT_REQUEST).reclaim);
		w.now = carry_out(&w, 0).wake_us;
		plan = send(&w, first[i].type);
		expect_reclaim(&w, &plan, first[i].level, SCOPE_IDLE);
		w.now = carry_out(&w, 0).wake_us;
		plan = send(&w, EVENT_TIMER);
		expect_reclaim(&w, &plan, LEVEL_GRANTS, SCOPE_ALL);
		assert_int_equal(w.s.action.cause, CAUSE_REQUEST);
		(void)carry_out(&w, 0);
		assert_false(w.s.asked);
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
	assert_int_equal(w.s.steps[LEVEL_GRANTS][SCOPE_ALL].failures, 0);
}

static struct plan ask_for_one_disk(struct world *w)
{
	struct event e = {
		.type = EVENT_REQUEST,
		.levels = UP_TO(LEVEL_GRANTS),
		.domid = 1,
		.devid = 51712,
		.returned = w->returned,
		.now = {.held_known = true, .held_kb = w->held_kb, .target_kb = w->target_kb},
	};

	return decide(&w->p, &w->o, &w->s, &e, w->now);
}

/* What others hold is still available. */
static void a_request_for_one_disk_holds_up_no_pressure(void **state)
{
	struct world w = ballooned();
	struct plan plan;

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_true(ask_for_one_disk(&w).reclaim);
		(void)carry_out(&w, 4000);
		w.now += w.p.min_interval_us;
		plan = send(&w, EVENT_HARD);
		expect_reclaim(&w, &plan, LEVEL_GRANTS, SCOPE_IDLE);
		assert_true(plan.superseded);
		plan = carry_out(&w, 8000);
		w.now += w.p.min_interval_us;
	}
}

static void a_request_for_one_disk_ends_no_suspension(void **state)
{
	struct world w = ballooned();
	struct step *step = &w.s.steps[LEVEL_GRANTS][SCOPE_ALL];
	struct plan plan;

	(void)state;
	step->backoff_us = w.p.backoff_us;
	step->not_before_us = w.now + w.p.backoff_us;
	assert_true(ask_for_one_disk(&w).reclaim);
	plan = carry_out(&w, 4000);
	plan = regrow(&w, plan.wake_us, 0);
	assert_int_equal(w.s.action.verdict, VERDICT_HELPED);
	assert_int_equal(plan.notice, NOTICE_NONE);
	assert_int_equal(step->backoff_us, w.p.backoff_us);
}

static void a_balloon_fall_takes_request_slots_at_once(void **state)
{
	struct world w = slotted();
	struct plan plan = send(&w, EVENT_BALLOON_FALL);

	(void)state;
	expect_reclaim(&w, &plan, LEVEL_SLOTS, SCOPE_IDLE);
	assert_int_equal(w.s.action.cause, CAUSE_BALLOON);
}

static void expect_no_room(struct world *w)
{
	struct plan plan = send(w, EVENT_BALLOON_FALL);

	assert_false(plan.reclaim);
	assert_int_equal(plan.notice, NOTICE_NO_ROOM);
	plan = send(w, EVENT_BALLOON_FALL);
	assert_false(plan.reclaim);
	assert_int_equal(plan.notice, NOTICE_NONE);
}

static void a_fall_without_request_slots_is_said_once_and_left_alone(void **state)
{
	struct world w = ballooned();

	(void)state;
	expect_no_room(&w);
	w = slotted();
	w.o.gives_ram[LEVEL_SLOTS] = false;
	expect_no_room(&w);
	w = slotted();
	w.p.max_level = LEVEL_GRANTS;
	expect_no_room(&w);
	w = slotted();
	w.o.slots_kb[SCOPE_IDLE] = w.o.slots_kb[SCOPE_ALL] = 0; /* just now */
	assert_false(send(&w, EVENT_BALLOON_FALL).reclaim);
	assert_false(w.s.said_no_room);
}

static void a_fall_waits_on_while_what_makes_no_room_is_taken(void **state)
{
	struct world w = slotted();
	struct plan plan = send(&w, EVENT_SOFT);

	(void)state;
	(void)send(&w, EVENT_BALLOON_FALL);
	w.now = carry_out(&w, 0).wake_us;
	plan = send(&w, EVENT_REQUEST);
	expect_reclaim(&w, &plan, LEVEL_GRANTS, SCOPE_ALL);
	w.now = carry_out(&w, 0).wake_us;
	plan = send(&w, EVENT_TIMER);
	expect_reclaim(&w, &plan, LEVEL_SLOTS, SCOPE_IDLE);
	assert_int_equal(w.s.action.cause, CAUSE_BALLOON);
	assert_false(w.s.fell);
}

/* Of what is held @mapped_kb are grant mappings before a fall, and none after it: the target is
 * lower. */
static enum verdict fall_gives(struct world *w, int64_t mapped_kb, int64_t back_kb)
{
	struct event e = {.type = EVENT_BALLOON_FALL, .now = {.held_known = true}};

	e.now.held_kb = w->held_kb;
	e.now.mapped_kb = mapped_kb;
	assert_true(decide(&w->p, &w->o, &w->s, &e, w->now).reclaim);
	w->held_kb -= mapped_kb;
	(void)carry_out(w, back_kb);
	w->held_kb += mapped_kb + back_kb;
	return w->s.action.verdict;
}

/* Frames of grants are Xen's already: the balloon has no use for them. */
static void a_fall_is_judged_by_request_slots_alone(void **state)
{
	struct world w = slotted();

	(void)state;
	assert_int_equal(fall_gives(&w, 90000, 0), VERDICT_NO_GAIN);
	assert_int_equal(action_gain_kb(&w.s.action), 0);
	w = slotted();
	assert_int_equal(fall_gives(&w, 0, 0), VERDICT_NO_GAIN); /* the kernel was faster */
	w = slotted();
	assert_int_equal(fall_gives(&w, 90000, 6000), VERDICT_OPEN);
	assert_int_equal(action_gain_kb(&w.s.action), 6000);
}

static void falls_that_got_nothing_make_nothing_rest_for_pressure(void **state)
{
	struct world w = slotted();
	struct plan plan;

	(void)state;
	for (unsigned i = 0; i < w.p.backoff_after; i++) {
		assert_int_equal(fall_gives(&w, 90000, 0), VERDICT_NO_GAIN);
		expect_reclaim(&w, &(struct plan){.reclaim = true}, LEVEL_SLOTS, SCOPE_IDLE);
		w.now += w.p.retry_us;
	}
	plan = send(&w, EVENT_BALLOON_FALL);
	expect_reclaim(&w, &plan, LEVEL_SLOTS, SCOPE_ALL); /* the next step, as ever */
	(void)carry_out(&w, 0);
	w.now += w.p.min_interval_us;
	w.o.gives_ram[LEVEL_POOL] = w.o.gives_ram[LEVEL_GRANTS] = false;
	plan = send(&w, EVENT_HARD);
	expect_reclaim(&w, &plan, LEVEL_SLOTS, SCOPE_IDLE);
}

/* The kernel module goes while pressure waits for its next step: no timer without end. */
static void pressure_that_waits_ends_where_nothing_gives_ram_any_more(void **state)
{
	struct world w = ballooned();
	struct plan plan = send(&w, EVENT_SOFT);

	(void)state;
	w.now += w.p.min_interval_us;
	plan = send(&w, EVENT_DONE);
	assert_true(plan.wake_us != 0);
	memset(w.o.gives_ram, 0, sizeof(w.o.gives_ram));
	plan = send(&w, EVENT_TIMER);
	assert_false(plan.reclaim);
	assert_int_equal(plan.wake_us, 0);
}

/* The timer comes late, and there is a verdict and a next action: one after the other. */
static void an_action_is_judged_before_the_next_one_takes_its_place(void **state)
{
	struct world w = ballooned();
	struct plan plan = send(&w, EVENT_HARD);

	(void)state;
	(void)send(&w, EVENT_REQUEST);
	(void)carry_out(&w, 60000);
	w.now += w.p.regrowth_us;
	plan = send(&w, EVENT_TIMER);
	assert_true(plan.judged);
	assert_false(plan.reclaim);
	assert_int_equal(w.s.action.cause, CAUSE_HARD);
	assert_true(plan.wake_us <= w.now && plan.wake_us != 0);
	plan = send(&w, EVENT_TIMER);
	assert_true(plan.reclaim);
	assert_int_equal(w.s.action.cause, CAUSE_REQUEST);
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
	w.o.gives_ram[LEVEL_SLOTS] = true;
	w.o.offered[LEVEL_SLOTS][SCOPE_IDLE] = true;
	w.o.ram_kb[LEVEL_SLOTS][SCOPE_IDLE] = w.p.min_gain_kb;
	plan = send(&w, EVENT_SOFT);
	expect_reclaim(&w, &plan, LEVEL_SLOTS, SCOPE_IDLE);
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

/* --- what a verdict is worth ---------------------------------------------------------------- */

static void idle_disks_that_are_used_again_were_not_idle(void **state)
{
	struct world w = ballooned();
	struct plan plan = send(&w, EVENT_HARD);

	(void)state;
	expect_reclaim(&w, &plan, LEVEL_GRANTS, SCOPE_IDLE);
	plan = carry_out(&w, 9000);
	w.returned = true;
	(void)regrow(&w, plan.wake_us, 9000);
	assert_int_equal(w.s.action.verdict, VERDICT_REGROWN);
	assert_int_equal(w.s.steps[LEVEL_GRANTS][SCOPE_IDLE].failures, 1);
}

/* What others took meanwhile is no fault of theirs. */
static void idle_disks_that_stay_idle_helped(void **state)
{
	struct world w = ballooned();
	struct plan plan = send(&w, EVENT_HARD);

	(void)state;
	plan = carry_out(&w, 9000);
	(void)regrow(&w, plan.wake_us, 9000);
	assert_int_equal(w.s.action.verdict, VERDICT_HELPED);
}

static void a_target_that_moves_leaves_the_verdict_open(void **state)
{
	struct world w = ballooned();
	struct plan plan = send(&w, EVENT_SOFT);

	(void)state;
	plan = carry_out(&w, 9000);
	w.target_kb = 1000;
	(void)regrow(&w, plan.wake_us, 9000);
	assert_int_equal(w.s.action.verdict, VERDICT_UNCLEAR);
	assert_int_equal(w.s.steps[LEVEL_POOL][SCOPE_ALL].failures, 0);
	w.now += w.p.min_interval_us;
	plan = send(&w, EVENT_SOFT);
	w.target_kb = 2000;
	plan = carry_out(&w, 0);
	assert_true(plan.judged);
	assert_int_equal(w.s.action.verdict, VERDICT_UNCLEAR);
}

static void old_failures_are_forgotten(void **state)
{
	struct world w = ballooned();
	unsigned before;

	(void)state;
	for (unsigned i = 0; i < w.p.backoff_after; i++) {
		(void)send(&w, EVENT_HARD);
		(void)carry_out(&w, 0);
		w.now += w.p.retry_us + S;
	}
	before = w.s.steps[LEVEL_GRANTS][SCOPE_IDLE].failures;
	assert_int_equal(before, w.p.backoff_after);
	w.now += w.p.backoff_us + w.p.backoff_max_us;
	(void)send(&w, EVENT_SOFT);
	assert_int_equal(w.s.steps[LEVEL_GRANTS][SCOPE_IDLE].failures, 0);
}

/* --- odd settings --------------------------------------------------------------------------- */

static void pressure_that_is_over_starts_nothing(void **state)
{
	struct world w = ballooned();

	(void)state;
	w.p.min_interval_us = 600 * S;
	(void)send(&w, EVENT_HARD);
	assert_int_equal(carry_out(&w, 0).wake_us, 0);
	assert_false(send(&w, EVENT_TIMER).reclaim);
}

static void a_long_interval_still_goes_one_step_up(void **state)
{
	struct world w = ballooned();
	struct plan plan = send(&w, EVENT_SOFT);

	(void)state;
	w.p.min_interval_us = 30 * S;
	(void)carry_out(&w, 0);
	w.now += w.p.min_interval_us;
	plan = send(&w, EVENT_SOFT);
	expect_reclaim(&w, &plan, LEVEL_GRANTS, SCOPE_IDLE);
}

static void a_long_regrowth_does_not_make_it_deaf(void **state)
{
	struct world w = ballooned();

	(void)state;
	w.p.regrowth_us = 600 * S;
	(void)send(&w, EVENT_SOFT);
	(void)carry_out(&w, 9000);
	w.now += 4 * S;
	assert_false(send(&w, EVENT_SOFT).reclaim);
	w.now += 2 * S;
	assert_true(send(&w, EVENT_SOFT).reclaim);
}

/* What is over by the time the timer comes is not waited for again and again. */
static void pressure_that_is_over_wakes_nobody(void **state)
{
	struct world w = ballooned();
	struct plan plan = send(&w, EVENT_SOFT);

	(void)state;
	w.now += w.p.retry_us - 100 * MS;
	plan = send(&w, EVENT_DONE);
	assert_int_equal(plan.wake_us, w.now);
	w.now += 200 * MS;
	plan = send(&w, EVENT_TIMER);
	assert_false(plan.reclaim);
	assert_int_equal(plan.wake_us, 0);
}

static void pressure_that_never_was_leads_to_nothing(void **state)
{
	struct world w = ballooned();

	(void)state;
	w.now = S;
	assert_true(send(&w, EVENT_REQUEST).reclaim);
	assert_int_equal(carry_out(&w, 0).wake_us, 0);
}

static void what_waits_is_forgotten_in_a_pause(void **state)
{
	struct world w = slotted();
	struct plan plan;

	(void)state;
	(void)send(&w, EVENT_SOFT);
	(void)send(&w, EVENT_BALLOON_FALL);
	w.p.paused = true;
	w.now = carry_out(&w, 0).wake_us;
	for (int i = 0; i < 2; i++) {
		plan = send(&w, EVENT_TIMER);
		assert_false(plan.reclaim);
		assert_int_equal(plan.wake_us, 0);
		w.p.paused = false;
	}
}

static struct plan ask(struct world *w, unsigned levels, int domid)
{
	struct event e = event_of(w, EVENT_REQUEST);

	e.levels = levels;
	e.domid = domid;
	return send_event(w, &e);
}

/* A fall and then such a request come while an action runs: each has its turn. */
static void expect_both(unsigned levels, int domid)
{
	struct world w = slotted();

	(void)send(&w, EVENT_SOFT);
	assert_false(send(&w, EVENT_BALLOON_FALL).reclaim);
	assert_false(ask(&w, levels, domid).reclaim);
	w.now = carry_out(&w, 0).wake_us;
	assert_true(send(&w, EVENT_TIMER).reclaim);
	assert_int_equal(w.s.action.cause, CAUSE_REQUEST);
	w.now = carry_out(&w, 0).wake_us;
	assert_true(send(&w, EVENT_TIMER).reclaim);
	assert_int_equal(w.s.action.cause, CAUSE_BALLOON);
}

static void a_fall_is_not_lost_to_a_request(void **state)
{
	(void)state;
	expect_both(UP_TO(LEVEL_GRANTS), EVERY);
}

static void a_request_for_one_domain_leaves_a_fall_waiting(void **state)
{
	(void)state;
	expect_both(ALL_LEVELS, 7);
}

static void a_request_for_slots_leaves_the_rest_to_pressure(void **state)
{
	struct world w = slotted();
	struct plan plan = ask(&w, 1U << LEVEL_SLOTS, EVERY);

	(void)state;
	assert_true(plan.reclaim);
	(void)carry_out(&w, 10000);
	w.now += w.p.retry_us;
	plan = send(&w, EVENT_HARD);
	expect_reclaim(&w, &plan, LEVEL_GRANTS, SCOPE_IDLE);
}

static void a_small_fall_leaves_the_rest_to_pressure(void **state)
{
	struct world w = slotted();
	struct event fall = event_of(&w, EVENT_BALLOON_FALL);
	struct plan plan;

	(void)state;
	fall.need_kb = 1000;
	plan = send_event(&w, &fall);
	expect_reclaim(&w, &plan, LEVEL_SLOTS, SCOPE_IDLE);
	assert_int_equal(w.s.action.levels, 1U << LEVEL_SLOTS);
	(void)carry_out(&w, 1216);
	w.now += w.p.min_interval_us;
	plan = send(&w, EVENT_HARD);
	expect_reclaim(&w, &plan, LEVEL_GRANTS, SCOPE_IDLE);
}

/* Before it could be judged, each time. */
static void what_is_taken_again_at_once_is_left_alone_too(void **state)
{
	struct world w = ballooned();
	uint64_t end = w.now + 3600 * S;
	uint64_t wake_us = 0;
	unsigned tries = 0;

	(void)state;
	w.p.max_level = LEVEL_POOL;
	w.p.regrowth_us = 10 * S;
	for (; w.now < end; w.now += S) {
		struct plan plan;

		if (wake_us != 0 && w.now >= wake_us)
			wake_us = send(&w, EVENT_TIMER).wake_us;
		plan = send(&w, EVENT_SOFT);
		wake_us = plan.wake_us;
		if (!plan.reclaim)
			continue;
		wake_us = carry_out(&w, 90000).wake_us;
		w.held_kb += 90000;
		tries++;
	}
	assert_in_range(tries, 4, 18);
}

static void a_verdict_does_not_wait_with_what_waits(void **state)
{
	struct world w = ballooned();
	struct plan plan;

	(void)state;
	w.p.min_interval_us = 60 * S;
	assert_true(send(&w, EVENT_HARD).reclaim);
	(void)carry_out(&w, 60000);
	w.now += S;
	plan = send(&w, EVENT_REQUEST);
	assert_false(plan.reclaim);
	assert_int_equal(plan.wake_us, w.s.action.done_us + w.p.regrowth_us);
	w.now = plan.wake_us;
	plan = send(&w, EVENT_TIMER);
	assert_true(plan.judged);
	assert_int_equal(plan.wake_us, w.s.action.started_us + w.p.min_interval_us);
	w.now = plan.wake_us;
	assert_true(send(&w, EVENT_TIMER).reclaim);
}

static void what_aging_gives_back_is_not_asked_for(void **state)
{
	struct world w = ballooned();
	struct plan plan;

	(void)state;
	w.o.aged[LEVEL_POOL] = w.o.aged[LEVEL_GRANTS] = true;
	plan = send(&w, EVENT_HARD);
	assert_false(plan.reclaim);
	assert_int_equal(plan.steps[LEVEL_GRANTS][SCOPE_IDLE], REASON_AGED);
	assert_int_equal(plan.steps[LEVEL_GRANTS][SCOPE_ALL], REASON_AGED);
}

/* --- disks that can be told apart ----------------------------------------------------------- */

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

	w.o = can_of(&w.p, vbds, n, (const bool[]){true, true, true}, 0);
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
	assert_int_equal(w.o.ram_kb[LEVEL_POOL][SCOPE_IDLE], 2 * 8);
	assert_int_equal(w.o.ram_kb[LEVEL_POOL][SCOPE_ALL], 3 * 8);
	assert_int_equal(w.o.ram_kb[LEVEL_GRANTS][SCOPE_IDLE], 2 * (8 + 4096));
	assert_int_equal(w.o.ram_kb[LEVEL_SLOTS][SCOPE_IDLE], 2 * (8 + 4096 + 1200));
}

/* Nor is what came in meanwhile kept for later. */
static void nothing_but_a_request_leads_to_anything_in_a_pause(void **state)
{
	static const enum event_type none[] = {EVENT_SOFT, EVENT_HARD, EVENT_BALLOON_FALL};
	struct world w = slotted();
	struct plan plan;

	(void)state;
	w.p.paused = true;
	w.p.grow_limit_kb = UINT64_C(1024) * 1024;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		plan = send(&w, none[i]);
		assert_false(plan.reclaim);
		assert_false(plan.grow);
		assert_int_equal(plan.reason, REASON_PAUSED);
		assert_int_equal(plan.wake_us, 0);
	}
	assert_true(send(&w, EVENT_REQUEST).reclaim);
}

static void only_what_is_ram_is_there(void **state)
{
	const struct vbd vbds[] = {disk(1, 51712, 6 * S)};
	struct capabilities o = {.gives_ram = {false, false, true}};
	struct policy p = config_default().policy;

	(void)state;
	o = can_of(&p, vbds, 1, o.gives_ram, 0);
	assert_int_equal(o.ram_kb[LEVEL_GRANTS][SCOPE_IDLE], 0);
	assert_int_equal(o.ram_kb[LEVEL_SLOTS][SCOPE_IDLE], 1200);
}

static void a_disk_that_keeps_more_than_it_has_adds_nothing(void **state)
{
	struct vbd vbds[] = {disk(1, 51712, 6 * S)};
	struct capabilities o = {.gives_ram = {false, false, true}};
	struct policy p = config_default().policy;

	(void)state;
	vbds[0].kept_kb = 5000;
	o = can_of(&p, vbds, 1, o.gives_ram, 0);
	assert_int_equal(o.ram_kb[LEVEL_SLOTS][SCOPE_IDLE], 0);
}

/* The module's devices show nothing: some is there, nobody knows how much, and none is idle. */
static void disks_that_show_nothing_offer_the_unknown(void **state)
{
	struct vbd vbds[] = {disk(1, 51712, 6 * S), disk(1, 51728, 6 * S)};
	struct capabilities o = {.gives_ram = {true, true, true}};
	struct policy p = config_default().policy;

	(void)state;
	vbds[0].shows = vbds[1].shows = false;
	vbds[0].levels = vbds[1].levels = 1U << LEVEL_POOL;
	o = can_of(&p, vbds, 2, o.gives_ram, 0);
	assert_true(o.offered[LEVEL_POOL][SCOPE_ALL]);
	assert_false(o.offered[LEVEL_POOL][SCOPE_IDLE]);
	assert_false(o.offered[LEVEL_GRANTS][SCOPE_ALL]);
	assert_true(o.ram_kb[LEVEL_POOL][SCOPE_ALL] == KB_UNKNOWN);
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
	struct capabilities o = {.gives_ram = {true, true, true}};

	(void)state;
	assert_true(action_concerns(&p, &a, &vbds[0]));
	vbds[0].squeeze_ms = 0;
	o = can_of(&p, vbds, 1, o.gives_ram, 0);
	assert_false(o.offered[LEVEL_POOL][SCOPE_ALL]);
	assert_false(action_concerns(&p, &a, &vbds[0]));
	a.cause = CAUSE_REQUEST;
	assert_true(action_concerns(&p, &a, &vbds[0]));
}

static void an_action_concerns_the_disks_it_names(void **state)
{
	const struct vbd one = disk(7, 51712, 0);
	struct policy p = config_default().policy;
	struct action a = {.level = LEVEL_SLOTS, .scope = SCOPE_ALL, .cause = CAUSE_REQUEST};

	(void)state;
	a.domid = EVERY;
	a.devid = EVERY;
	assert_true(action_concerns(&p, &a, &one));
	a.domid = 7;
	assert_true(action_concerns(&p, &a, &one));
	a.devid = 51712;
	assert_true(action_concerns(&p, &a, &one));
	a.devid = 51728;
	assert_false(action_concerns(&p, &a, &one));
	a.domid = 8;
	a.devid = EVERY;
	assert_false(action_concerns(&p, &a, &one));
	a.domid = EVERY;
	a.scope = SCOPE_IDLE;
	assert_false(action_concerns(&p, &a, &one));
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

/* Idle ones gave and are watched, pressure goes on: it is still not the busy one's turn. */
static void where_idle_disks_are_seen_busy_ones_keep_what_they_use(void **state)
{
	const struct vbd vbds[] = {disk(1, 51712, 9 * S), disk(1, 51728, 0)};
	struct world w = native(vbds, ARRAY_SIZE(vbds));
	unsigned taken = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		if (send(&w, EVENT_HARD).reclaim) {
			assert_int_equal(w.s.action.scope, SCOPE_IDLE);
			(void)carry_out(&w, 4096);
			taken++;
		}
		w.now += S;
	}
	assert_in_range(taken, 2, 100);
}

/* Told at 100 s, used again 2 s later: 5 s of rest are none for this disk. */
static void a_disk_used_again_at_once_has_to_rest_longer(void **state)
{
	struct policy p = config_default().policy;
	struct action a = {
		.level = LEVEL_GRANTS, .scope = SCOPE_IDLE, .domid = EVERY, .devid = EVERY};
	struct vbd v = disk(1, 51712, 5 * S);

	(void)state;
	assert_true(action_concerns(&p, &a, &v));
	vbd_triggered(&v, &a, 100 * S);
	v.idle_us = 6 * S;
	vbd_learn(&p, &v, 101 * S); /* not used yet */
	assert_int_equal(v.reuses, 0);
	v.idle_us = S;
	vbd_learn(&p, &v, 103 * S);
	assert_int_equal(v.reuses, 1);
	v.idle_us = 10 * S - 1;
	assert_false(action_concerns(&p, &a, &v));
	v.idle_us = 10 * S;
	assert_true(action_concerns(&p, &a, &v));
	for (int i = 0; i < 20; i++) {
		vbd_triggered(&v, &a, 200 * S);
		v.idle_us = S;
		vbd_learn(&p, &v, 202 * S);
	}
	v.idle_us = 321 * S;
	assert_true(action_concerns(&p, &a, &v)); /* not for ever */
	vbd_triggered(&v, &a, 1000 * S);
	v.idle_us = S;
	vbd_learn(&p, &v, 1011 * S);
	v.idle_us = 5 * S;
	assert_true(action_concerns(&p, &a, &v)); /* it rested after all */
}

/* A request takes from busy disks too: that says nothing of them. */
static void a_request_teaches_nothing(void **state)
{
	struct policy p = config_default().policy;
	struct action a = {.level = LEVEL_GRANTS,
			   .scope = SCOPE_ALL,
			   .domid = EVERY,
			   .devid = EVERY,
			   .cause = CAUSE_REQUEST};
	struct vbd v = disk(1, 51712, 0);

	(void)state;
	vbd_triggered(&v, &a, 100 * S);
	vbd_learn(&p, &v, 101 * S);
	assert_int_equal(v.reuses, 0);
}

static void a_request_for_one_disk_is_for_it_alone(void **state)
{
	const struct vbd vbds[] = {disk(1, 51712, 0), disk(2, 51712, 0)};
	struct world w = native(vbds, ARRAY_SIZE(vbds));
	struct event e = {
		.type = EVENT_REQUEST, .levels = 1U << LEVEL_POOL, .domid = 2, .devid = 51712};
	struct plan plan = decide(&w.p, &w.o, &w.s, &e, w.now);

	(void)state;
	expect_reclaim(&w, &plan, LEVEL_POOL, SCOPE_ALL);
	assert_false(action_concerns(&w.p, &w.s.action, &vbds[0]));
	assert_true(action_concerns(&w.p, &w.s.action, &vbds[1]));
}

/* --- why nothing was done ------------------------------------------------------------------- */

static enum reason step_reason(const struct plan *plan, enum level level, enum scope scope)
{
	assert_false(plan->reclaim);
	assert_int_equal(plan->reason, REASON_NO_STEP);
	return plan->steps[level][scope];
}

static void why_a_step_was_not_taken_has_a_name(void **state)
{
	const struct vbd busy[] = {disk(1, 51712, 0)};
	struct world w = native(busy, 1);
	struct plan plan = send(&w, EVENT_HARD);

	(void)state;
	assert_int_equal(step_reason(&plan, LEVEL_GRANTS, SCOPE_IDLE), REASON_TOO_LITTLE);
	assert_int_equal(step_reason(&plan, LEVEL_GRANTS, SCOPE_ALL), REASON_IN_USE);
	assert_int_equal(plan.steps[LEVEL_POOL][SCOPE_ALL], REASON_NONE); /* below what is tried */
	w.o.gives_ram[LEVEL_SLOTS] = false;
	plan = send(&w, EVENT_HARD);
	assert_int_equal(step_reason(&plan, LEVEL_SLOTS, SCOPE_ALL), REASON_UNAVAILABLE);
	w = ballooned();
	w.s.steps[LEVEL_GRANTS][SCOPE_IDLE] = (struct step){.failures = 1, .failed_us = w.now};
	plan = send(&w, EVENT_HARD);
	assert_int_equal(step_reason(&plan, LEVEL_GRANTS, SCOPE_IDLE), REASON_JUST_FAILED);
	w.s.steps[LEVEL_GRANTS][SCOPE_IDLE].not_before_us = w.now + S;
	plan = send(&w, EVENT_HARD);
	assert_int_equal(step_reason(&plan, LEVEL_GRANTS, SCOPE_IDLE), REASON_SUSPENDED);
}

static void why_an_event_led_to_nothing_has_a_name(void **state)
{
	struct world w = ballooned();

	(void)state;
	assert_true(send(&w, EVENT_HARD).reclaim);
	assert_int_equal(send(&w, EVENT_HARD).reason, REASON_RUNNING);
	w.held_kb -= 60000;
	(void)send(&w, EVENT_DONE);
	assert_int_equal(send(&w, EVENT_SOFT).reason, REASON_INTERVAL);
	w.now += w.p.min_interval_us;
	assert_int_equal(send(&w, EVENT_SOFT).reason, REASON_ECHO);
	w = ballooned();
	assert_int_equal(send(&w, EVENT_BALLOON_FALL).reason, REASON_NO_ROOM);
	memset(w.o.gives_ram, 0, sizeof(w.o.gives_ram));
	assert_int_equal(send(&w, EVENT_SOFT).reason, REASON_NO_RAM);
	assert_true(send(&w, EVENT_SOFT).decided);
	assert_false(send(&w, EVENT_TIMER).decided);
}

/* --- disks that rest in turn ---------------------------------------------------------------- */

#define TURNS 24

/* Used one after the other, @turn_us for all of them; the first is at work. */
static void rest_in_turn(struct vbd vbds[TURNS], uint64_t turn_us)
{
	for (uint32_t i = 0; i < TURNS; i++)
		vbds[i] = disk(1, 51712 + 16 * i, turn_us * i / TURNS);
}

static void disks_that_come_back_soon_are_not_idle(void **state)
{
	struct vbd vbds[TURNS];
	struct world w;

	(void)state;
	rest_in_turn(vbds, 8 * S);
	w = native(vbds, TURNS);
	assert_in_range(w.o.threshold_us, 15 * S, 17 * S);
	assert_int_equal(w.o.ram_kb[LEVEL_SLOTS][SCOPE_IDLE], 0);
	assert_false(send(&w, EVENT_HARD).reclaim);
	vbds[TURNS - 1].idle_us = 20 * S; /* not one of them */
	w = native(vbds, TURNS);
	assert_int_equal(w.o.ram_kb[LEVEL_GRANTS][SCOPE_IDLE], 8 + 4096);
	assert_true(send(&w, EVENT_HARD).reclaim);
	assert_true(w.s.action.threshold_us == w.o.threshold_us);
	assert_true(action_concerns(&w.p, &w.s.action, &vbds[TURNS - 1]));
	assert_false(action_concerns(&w.p, &w.s.action, &vbds[TURNS - 2]));
}

/* Of a load that begins, all are used for the first time in a while; those at work may stall. */
static void the_first_turn_after_a_long_rest_is_none(void **state)
{
	struct vbd vbds[TURNS];
	struct vbd_list list = {.vbds = vbds, .n = TURNS};
	const struct policy p = config_default().policy;

	(void)state;
	rest_in_turn(vbds, 12 * S);
	assert_in_range(idle_threshold_us(&p, &list, 60 * S, 2, RECENT_MIN), 20 * S, 28 * S);
	for (int i = 0; i < TURNS; i++)
		vbds[i].rested_s = 60;
	assert_true(idle_threshold_us(&p, &list, 60 * S, 2, RECENT_MIN) == p.idle_us);
	for (int i = 0; i < 4; i++)
		vbds[i] = disk(1, 51712 + 16 * (uint32_t)i, 2 * S);
	assert_true(idle_threshold_us(&p, &list, 60 * S, 2, RECENT_MIN) == p.idle_us);
	for (int i = 0; i < TURNS; i++)
		vbds[i].rested_s = 9;
	assert_in_range(idle_threshold_us(&p, &list, 60 * S, 2, RECENT_MIN), 20 * S, 28 * S);
}

/* What scans see of a disk that does not show it. */
static void for_how_long_a_disk_had_rested_is_remembered(void **state)
{
	const struct vbd idle = {.idle_us = 20 * S, .rested_s = 3};
	const struct vbd busy = {.idle_us = 0, .rested_s = 20};
	const struct vbd fresh = {.rested_s = NEVER_USED};
	struct vbd v;

	(void)state;
	vbd_note_rest(&v, NULL, true, S);
	assert_true(v.idle_us == 0 && v.rested_s == NEVER_USED);
	vbd_note_rest(&v, &fresh, false, S);
	assert_true(v.idle_us == S && v.rested_s == NEVER_USED);
	vbd_note_rest(&v, &fresh, true, S);
	assert_true(v.idle_us == 0 && v.rested_s == 0);
	vbd_note_rest(&v, &idle, false, S);
	assert_true(v.idle_us == 21 * S && v.rested_s == 3);
	vbd_note_rest(&v, &idle, true, S);
	assert_true(v.idle_us == 0 && v.rested_s == 20);
	vbd_note_rest(&v, &busy, true, S);
	assert_true(v.idle_us == 0 && v.rested_s == 20);
}

static void disks_that_rest_for_days_say_nothing_of_those_in_turn(void **state)
{
	struct vbd vbds[4 * TURNS];
	struct world w;

	(void)state;
	rest_in_turn(vbds, 12 * S);
	for (uint32_t i = TURNS; i < 4 * TURNS; i++)
		vbds[i] = disk(2, 51712 + 16 * i, 86400 * S);
	w = native(vbds, 4 * TURNS);
	assert_in_range(w.o.threshold_us, 20 * S, 28 * S);
	assert_false(vbd_is_idle(&w.p, w.o.threshold_us, &vbds[TURNS - 1]));
	assert_true(vbd_is_idle(&w.p, w.o.threshold_us, &vbds[TURNS]));
}

static void disks_that_rest_for_long_are_idle_after_the_usual_time(void **state)
{
	struct vbd vbds[TURNS];
	struct world w;

	(void)state;
	rest_in_turn(vbds, 36 * S);
	w = native(vbds, TURNS);
	assert_true(w.o.threshold_us == w.p.idle_us);
	assert_true(send(&w, EVENT_HARD).reclaim);
	assert_true(w.s.action.threshold_us == w.p.idle_us);
}

static void disks_at_work_say_nothing_of_those_that_rest(void **state)
{
	struct vbd vbds[2 * TURNS];
	struct world w;

	(void)state;
	rest_in_turn(vbds, 36 * S);
	for (uint32_t i = TURNS; i < 2 * TURNS; i++)
		vbds[i] = disk(2, 51712 + 16 * i, S / 2);
	w = native(vbds, 2 * TURNS);
	assert_true(w.o.threshold_us == w.p.idle_us);
}

static void two_disks_say_nothing_of_others(void **state)
{
	const struct vbd vbds[] = {disk(1, 51712, 3 * S), disk(1, 51728, 4 * S),
				   disk(1, 51744, 6 * S)};
	struct world w = native(vbds, ARRAY_SIZE(vbds));

	(void)state;
	assert_true(w.o.threshold_us == w.p.idle_us);
}

static void a_domain_with_a_time_of_its_own_keeps_it(void **state)
{
	struct domain_rule rules[] = {{.idle_us = 7 * S}};
	struct vbd vbds[TURNS];
	struct world w;

	(void)state;
	rest_in_turn(vbds, 8 * S);
	w = native(vbds, TURNS);
	w.p.rules = rules;
	w.p.n_rules = 1;
	vbds[TURNS - 1].named = true;
	vbds[TURNS - 1].rule = 1;
	assert_true(vbd_is_idle(&w.p, w.o.threshold_us, &vbds[TURNS - 1]));
}

/* A stock kernel's disks: what looks have seen counts, once there was time to see it. */
static void disks_that_show_nothing_are_watched_first(void **state)
{
	struct vbd vbds[TURNS];
	struct policy p = config_default().policy;
	struct capabilities o = {0};
	uint64_t watched_us = 2 * S;

	(void)state;
	rest_in_turn(vbds, 8 * S);
	for (int i = 0; i < TURNS; i++)
		vbds[i].shows = false;
	o = can_of(&p, vbds, TURNS, o.gives_ram, watched_us);
	assert_true(o.threshold_us == p.idle_us);
	watched_us = 4 * S;
	o = can_of(&p, vbds, TURNS, o.gives_ram, watched_us);
	assert_in_range(o.threshold_us, 15 * S, 17 * S);
}

/* --- which disks, and in which order -------------------------------------------------------- */

#define MANY 10000

static struct vbd vbds[10 * MANY];
static uint32_t order[10 * MANY];
static struct target targets[10 * MANY];

static struct action pressure_action(enum scope scope)
{
	return (struct action){.level = LEVEL_GRANTS,
			       .scope = scope,
			       .domid = EVERY,
			       .devid = EVERY,
			       .cause = CAUSE_HARD};
}

static void idle_disks_come_first_then_the_least_busy_and_the_worst_holder_first(void **state)
{
	struct vbd five[] = {disk(1, 0, 0), disk(2, 0, 9 * S), disk(3, 0, 0), disk(4, 0, 6 * S),
			     disk(5, 0, 0)};
	static const uint32_t expected[] = {3, 1, 4, 2, 0};
	struct action a = pressure_action(SCOPE_ALL);
	struct world w = native(five, ARRAY_SIZE(five));

	(void)state;
	five[0].rate = 900;
	five[2].rate = 20; /* as busy as the last, and holds less */
	five[4].rate = 25;
	five[4].held_kb[LEVEL_GRANTS] = 9000;
	five[3].held_kb[LEVEL_GRANTS] = 6000; /* idle, and holds more than the other idle one */
	assert_int_equal(order_of(&w.p, &w.o, &a, five, ARRAY_SIZE(five), targets, order), 5);
	assert_memory_equal(order, expected, sizeof(expected));
	a.scope = SCOPE_IDLE;
	assert_int_equal(order_of(&w.p, &w.o, &a, five, ARRAY_SIZE(five), targets, order), 2);
	assert_memory_equal(order, expected, 2 * sizeof(*expected));
}

static void disks_that_do_not_show_how_busy_they_are_come_last(void **state)
{
	struct vbd two[] = {disk(1, 0, 9 * S), disk(2, 0, 0)};
	struct action a = pressure_action(SCOPE_ALL);
	struct world w = native(two, ARRAY_SIZE(two));

	(void)state;
	two[0].shows = false;
	two[1].rate = UINT32_MAX;
	assert_int_equal(order_of(&w.p, &w.o, &a, two, 2, targets, order), 2);
	assert_int_equal(order[0], 1);
}

static void no_more_disks_are_told_than_are_needed(void **state)
{
	struct action a = pressure_action(SCOPE_ALL);
	struct world w;
	size_t n;

	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		vbds[i] = disk(1, i, 9 * S);
	w = native(vbds, 10);
	a.cause = CAUSE_BALLOON;
	a.level = LEVEL_SLOTS;
	a.need_kb = 3 * 1200;
	n = order_of(&w.p, &w.o, &a, vbds, 10, targets, order);
	assert_int_equal(n, 3);
	a.need_kb++;
	assert_int_equal(order_of(&w.p, &w.o, &a, vbds, 10, targets, order), 4);
	a.need_kb = UINT64_MAX;
	assert_int_equal(order_of(&w.p, &w.o, &a, vbds, 10, targets, order), 10);
	a.need_kb = 0; /* nobody knows */
	assert_int_equal(order_of(&w.p, &w.o, &a, vbds, 10, targets, order), 10);
	w.o = (struct capabilities){.gives_ram = {true, true, true}};
	for (int i = 0; i < 10; i++)
		vbds[i].shows = false;
	a.need_kb = 1;
	assert_int_equal(order_of(&w.p, &w.o, &a, vbds, 10, targets, order), 10);
}

static struct plan fall(struct world *w, uint64_t need_kb)
{
	struct event e = {.type = EVENT_BALLOON_FALL,
			  .need_kb = need_kb,
			  .now = {.held_known = true, .held_kb = w->held_kb}};

	return decide(&w->p, &w->o, &w->s, &e, w->now);
}

static void a_fall_takes_the_slots_that_make_room_for_it(void **state)
{
	static const struct {
		uint64_t need_kb;
		enum scope scope;
	} falls[] = {
		{0, SCOPE_IDLE},   {1200, SCOPE_IDLE}, {1201, SCOPE_ALL},
		{2400, SCOPE_ALL}, {2401, SCOPE_IDLE}, /* more than there is: as far as it goes */
	};
	struct vbd two[] = {disk(1, 0, 9 * S), disk(1, 1, 0)};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(falls); i++) {
		struct world w = native(two, ARRAY_SIZE(two));
		struct plan plan = fall(&w, falls[i].need_kb);

		expect_reclaim(&w, &plan, LEVEL_SLOTS, falls[i].scope);
		assert_int_equal(w.s.action.need_kb, falls[i].need_kb);
	}
}

static void of_two_falls_that_wait_the_later_one_counts(void **state)
{
	struct vbd two[] = {disk(1, 0, 9 * S), disk(1, 1, 9 * S)};
	struct world w = native(two, ARRAY_SIZE(two));

	(void)state;
	assert_true(send(&w, EVENT_HARD).reclaim);
	(void)fall(&w, 1500);
	(void)fall(&w, 7000);
	w.now = carry_out(&w, 0).wake_us;
	w.now += w.p.retry_us; /* past the rest of what gave nothing */
	assert_true(send(&w, EVENT_TIMER).reclaim);
	assert_int_equal(w.s.action.cause, CAUSE_BALLOON);
	assert_int_equal(w.s.action.need_kb, 7000);
}

/* --- rules of domains ----------------------------------------------------------------------- */

static void a_domain_of_its_own_is_idle_and_squeezed_by_its_own_rule(void **state)
{
	struct domain_rule rules[] = {{.window_us = 2 * S, .idle_us = 60 * S}, {.exclude = true}};
	struct vbd v = disk(1, 0, 30 * S);
	struct action a = pressure_action(SCOPE_IDLE);
	struct policy p = config_default().policy;

	(void)state;
	p.rules = rules;
	p.n_rules = ARRAY_SIZE(rules);
	v.named = true;
	assert_true(action_concerns(&p, &a, &v));
	assert_true(vbd_window_us(&p, &v, 150 * MS) == 150 * MS);
	v.rule = 1;
	assert_false(action_concerns(&p, &a, &v));
	assert_true(vbd_window_us(&p, &v, 150 * MS) == 2 * S);
	v.squeeze_ms = 3000;
	assert_true(vbd_window_us(&p, &v, 150 * MS) == 3 * S);
	v.idle_us = 60 * S;
	assert_true(action_concerns(&p, &a, &v));
}

static void disks_that_cannot_be_told_apart_rest_for_the_longest_of_all(void **state)
{
	struct domain_rule rules[] = {{.idle_us = 60 * S}, {.idle_us = S}, {.idle_us = 300 * S}};
	struct vbd two[] = {disk(1, 0, 9 * S), disk(2, 0, 9 * S)};
	struct policy p = config_default().policy;

	(void)state;
	p.rules = rules;
	p.n_rules = ARRAY_SIZE(rules);
	two[0].named = two[1].named = true;
	two[0].rule = 2;
	assert_true(longest_threshold_us(&p, 5 * S, &(struct vbd_list){.vbds = two, .n = 2}) ==
		    5 * S);
	two[1].rule = 1;
	assert_true(longest_threshold_us(&p, 5 * S, &(struct vbd_list){.vbds = two, .n = 2}) ==
		    60 * S); /* the third is not here */
}

static void an_excluded_domain_is_touched_by_a_request_alone(void **state)
{
	struct domain_rule rules[] = {{.exclude = true}};
	struct vbd two[] = {disk(1, 0, 9 * S), disk(2, 0, 9 * S)};
	struct action a = pressure_action(SCOPE_ALL);
	struct world w = ballooned();

	(void)state;
	w.p.rules = rules;
	w.p.n_rules = 1;
	two[0].named = two[1].named = true;
	assert_null(first_excluded(&w.p, &(struct vbd_list){.vbds = two, .n = 2}));
	two[0].rule = 1;
	assert_non_null(first_excluded(&w.p, &(struct vbd_list){.vbds = two, .n = 2}));
	w.o = can_of(&w.p, two, 2, (const bool[]){true, true, true}, 0);
	assert_int_equal(w.o.ram_kb[LEVEL_GRANTS][SCOPE_ALL], 8 + 4096);
	assert_int_equal(order_of(&w.p, &w.o, &a, two, 2, targets, order), 1);
	assert_int_equal(order[0], 1);
	a.cause = CAUSE_REQUEST;
	assert_int_equal(order_of(&w.p, &w.o, &a, two, 2, targets, order), 2);
}

/* It may be the one to exclude, if one is. */
static void a_domain_without_a_name_is_left_alone_while_one_is_excluded(void **state)
{
	struct domain_rule rules[] = {{.window_us = S}, {.window_us = S}};
	struct vbd v = disk(1, 0, 9 * S);
	struct action a = pressure_action(SCOPE_ALL);
	struct policy p = config_default().policy;

	(void)state;
	assert_true(action_concerns(&p, &a, &v));
	p.rules = rules;
	p.n_rules = 2;
	assert_true(action_concerns(&p, &a, &v));
	assert_null(first_excluded(&p, &(struct vbd_list){.vbds = &v, .n = 1}));
	rules[1].exclude = true;
	assert_false(action_concerns(&p, &a, &v));
	assert_non_null(first_excluded(&p, &(struct vbd_list){.vbds = &v, .n = 1}));
	v.named = true;
	assert_true(action_concerns(&p, &a, &v));
}

static void a_rule_that_is_gone_is_none(void **state)
{
	struct domain_rule rules[] = {{.exclude = true}};
	struct vbd v = disk(1, 0, 9 * S);
	struct action a = pressure_action(SCOPE_ALL);
	struct policy p = config_default().policy;

	(void)state;
	p.rules = rules;
	p.n_rules = 1;
	v.named = true;
	v.rule = 7; /* of a longer configuration */
	assert_false(action_concerns(&p, &a, &v) &&
		     first_excluded(&p, &(struct vbd_list){.vbds = &v, .n = 1}));
}

/* --- growing -------------------------------------------------------------------------------- */

#define MIB 1024

static struct world growing(void)
{
	struct world w = ballooned();

	memset(w.o.gives_ram, 0, sizeof(w.o.gives_ram)); /* reclaim cannot help */
	w.p.grow_limit_kb = 1000 * MIB;
	w.s.growth.target_kb = 700 * MIB; /* the kernel's own: nobody has set one */
	return w;
}

static uint64_t grow(struct world *w, uint64_t free_kb)
{
	return grow_to_kb(&w->p, &w->s.growth, free_kb, w->now);
}

static void only_hard_pressure_that_reclaim_cannot_relieve_grows(void **state)
{
	struct world w = growing();

	(void)state;
	assert_false(send(&w, EVENT_SOFT).grow);
	assert_true(send(&w, EVENT_HARD).grow);
	w.p.grow_limit_kb = 0;
	assert_false(send(&w, EVENT_HARD).grow);
	w = ballooned();
	w.p.grow_limit_kb = 1000 * MIB;
	assert_true(send(&w, EVENT_HARD).reclaim);
	assert_false(send(&w, EVENT_HARD).grow); /* it runs */
	(void)carry_out(&w, 60000);
	w.now += MS;
	assert_false(send(&w, EVENT_HARD).grow); /* what was swapped out comes back */
}

static void it_grows_by_steps_up_to_the_limit_and_leaves_the_reserve(void **state)
{
	struct world w = growing();
	uint64_t target = 700 * MIB;
	unsigned steps = 0;

	(void)state;
	assert_int_equal(grow(&w, w.p.grow_reserve_kb), 0);
	assert_int_equal(grow(&w, w.p.grow_reserve_kb + 512), 0); /* no gain */
	for (int i = 0; i < 20; i++) {
		uint64_t to = grow(&w, 10000 * MIB);

		w.now += w.p.retry_us;
		if (to == 0)
			continue;
		assert_true(to > target && to <= target + 64 * MIB && to <= 1000 * MIB);
		target = to;
		growth_note_target(&w.s.growth, target, w.now); /* xenstore says so */
		steps++;
	}
	assert_int_equal(target, 1000 * MIB);
	assert_int_equal(steps, 5);
	w = growing();
	assert_int_equal(grow(&w, w.p.grow_reserve_kb + 10 * MIB), 710 * MIB);
	assert_int_equal(grow(&w, 10000 * MIB), 0); /* the last step has to have its effect */
}

static void an_administrators_target_is_left_for_a_minute(void **state)
{
	struct world w = growing();

	(void)state;
	growth_note_target(&w.s.growth, 600 * MIB, w.now);
	w.now += ADMIN_US - 1;
	assert_int_equal(grow(&w, 10000 * MIB), 0);
	w.now += 1;
	assert_int_equal(grow(&w, 10000 * MIB), 664 * MIB);
	growth_note_target(&w.s.growth, 664 * MIB, w.now); /* our own */
	w.now += w.p.retry_us;
	assert_int_equal(grow(&w, 10000 * MIB), 728 * MIB);
	growth_note_target(&w.s.growth, 728 * MIB, w.now);
	growth_note_target(&w.s.growth, 664 * MIB, w.now); /* somebody takes it back */
	w.now += w.p.retry_us;
	assert_int_equal(grow(&w, 10000 * MIB), 0);
}

static void the_first_target_that_is_seen_may_be_an_administrators(void **state)
{
	struct world w = growing();

	(void)state;
	w.s.growth = (struct growth){0};
	growth_note_target(&w.s.growth, 700 * MIB, w.now);
	w.now += ADMIN_US - 1;
	assert_int_equal(grow(&w, 10000 * MIB), 0);
	w.now += 1;
	assert_int_equal(grow(&w, 10000 * MIB), 764 * MIB);
}

/* --- cost ----------------------------------------------------------------------------------- */

static uint64_t cpu_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

/* The least of many, since other programs only ever add: an offer, a decision, and the order. */
static uint64_t decision_ns(size_t n)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < n; i++) {
		vbds[i] = disk((uint16_t)(i % 1000), (uint32_t)i, i * 7919 % 100 * S);
		vbds[i].rate = (uint32_t)(i * 31 % 5000);
		vbds[i].held_kb[LEVEL_GRANTS] = i * 104729 % 4224;
	}
	for (int i = 0; i < 30; i++) {
		uint64_t start = cpu_ns();
		struct world w = native(vbds, n);
		uint64_t took;

		assert_true(send(&w, EVENT_HARD).reclaim);
		assert_in_range(order_of(&w.p, &w.o, &w.s.action, vbds, n, targets, order), n / 4,
				n);
		took = cpu_ns() - start;
		least = took < least ? took : least;
	}
	return least;
}

static void scans_take_a_share_of_the_time_and_miss_no_idle_disk(void **state)
{
	struct policy p = config_default().policy;
	struct domain_rule rule = {.idle_us = 700 * MS};

	(void)state;
	p.idle_us = S;
	assert_in_range(scan_pause_us(&p, 2 * MS), 20 * 2 * MS, 400 * 2 * MS);
	assert_int_equal(scan_pause_us(&p, 100 * MS), p.idle_us);
	p.rules = &rule;
	p.n_rules = 1;
	assert_int_equal(scan_pause_us(&p, 100 * MS), rule.idle_us);
}

static void a_decision_over_10000_disks_takes_10_ms_at_most_and_is_linear(void **state)
{
	uint64_t many = decision_ns(MANY);
	uint64_t ten_times = decision_ns(10 * MANY);

	(void)state;
	print_message("%d disks: %.3f ms, %d: %.3f ms\n", MANY, (double)many / 1e6, 10 * MANY,
		      (double)ten_times / 1e6);
	assert_true(many <= 10000000);
	/* n log n would be 12.5, with what the cache no longer holds on top; n * n 100 */
	assert_true(ten_times <= 25 * many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(idle_disks_that_are_used_again_were_not_idle),
		cmocka_unit_test(idle_disks_that_stay_idle_helped),
		cmocka_unit_test(a_target_that_moves_leaves_the_verdict_open),
		cmocka_unit_test(old_failures_are_forgotten),
		cmocka_unit_test(pressure_that_is_over_starts_nothing),
		cmocka_unit_test(a_long_interval_still_goes_one_step_up),
		cmocka_unit_test(a_long_regrowth_does_not_make_it_deaf),
		cmocka_unit_test(a_fall_is_not_lost_to_a_request),
		cmocka_unit_test(pressure_that_is_over_wakes_nobody),
		cmocka_unit_test(pressure_that_never_was_leads_to_nothing),
		cmocka_unit_test(what_waits_is_forgotten_in_a_pause),
		cmocka_unit_test(a_request_for_one_domain_leaves_a_fall_waiting),
		cmocka_unit_test(a_request_for_slots_leaves_the_rest_to_pressure),
		cmocka_unit_test(a_small_fall_leaves_the_rest_to_pressure),
		cmocka_unit_test(what_is_taken_again_at_once_is_left_alone_too),
		cmocka_unit_test(a_verdict_does_not_wait_with_what_waits),
		cmocka_unit_test(what_aging_gives_back_is_not_asked_for),
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
		cmocka_unit_test(why_a_step_was_not_taken_has_a_name),
		cmocka_unit_test(why_an_event_led_to_nothing_has_a_name),
		cmocka_unit_test(scans_take_a_share_of_the_time_and_miss_no_idle_disk),
		cmocka_unit_test(what_is_taken_again_is_left_alone_in_the_end),
		cmocka_unit_test(back_off_ends_with_the_first_lasting_gain),
		cmocka_unit_test(two_actions_keep_their_distance),
		cmocka_unit_test(nothing_starts_while_an_action_runs),
		cmocka_unit_test(a_request_waits_and_then_takes_from_all),
		cmocka_unit_test(a_request_that_waits_is_not_lost_to_what_comes_first),
		cmocka_unit_test(requests_do_not_rest),
		cmocka_unit_test(a_request_for_one_disk_holds_up_no_pressure),
		cmocka_unit_test(a_request_for_one_disk_ends_no_suspension),
		cmocka_unit_test(a_balloon_fall_takes_request_slots_at_once),
		cmocka_unit_test(a_fall_without_request_slots_is_said_once_and_left_alone),
		cmocka_unit_test(a_fall_waits_on_while_what_makes_no_room_is_taken),
		cmocka_unit_test(a_fall_is_judged_by_request_slots_alone),
		cmocka_unit_test(falls_that_got_nothing_make_nothing_rest_for_pressure),
		cmocka_unit_test(pressure_that_waits_ends_where_nothing_gives_ram_any_more),
		cmocka_unit_test(an_action_is_judged_before_the_next_one_takes_its_place),
		cmocka_unit_test(unpopulated_memory_is_said_once_and_left_alone),
		cmocka_unit_test(the_two_lower_levels_are_skipped_where_they_give_nothing),
		cmocka_unit_test(the_highest_level_is_kept_to),
		cmocka_unit_test(a_mechanism_that_fails_rests_too),
		cmocka_unit_test(what_is_there_is_summed_up_by_level_and_scope),
		cmocka_unit_test(nothing_but_a_request_leads_to_anything_in_a_pause),
		cmocka_unit_test(only_what_is_ram_is_there),
		cmocka_unit_test(a_disk_that_keeps_more_than_it_has_adds_nothing),
		cmocka_unit_test(disks_that_show_nothing_offer_the_unknown),
		cmocka_unit_test(a_disk_with_no_window_is_spared_by_pressure_alone),
		cmocka_unit_test(an_action_concerns_the_disks_it_names),
		cmocka_unit_test(disks_that_come_back_soon_are_not_idle),
		cmocka_unit_test(the_first_turn_after_a_long_rest_is_none),
		cmocka_unit_test(for_how_long_a_disk_had_rested_is_remembered),
		cmocka_unit_test(disks_that_rest_for_days_say_nothing_of_those_in_turn),
		cmocka_unit_test(disks_that_rest_for_long_are_idle_after_the_usual_time),
		cmocka_unit_test(disks_at_work_say_nothing_of_those_that_rest),
		cmocka_unit_test(two_disks_say_nothing_of_others),
		cmocka_unit_test(a_domain_with_a_time_of_its_own_keeps_it),
		cmocka_unit_test(disks_that_show_nothing_are_watched_first),
		cmocka_unit_test(soft_pressure_goes_to_the_level_where_idle_disks_have_something),
		cmocka_unit_test(disks_that_are_all_busy_are_not_even_tried),
		cmocka_unit_test(where_idle_disks_are_seen_busy_ones_keep_what_they_use),
		cmocka_unit_test(a_disk_used_again_at_once_has_to_rest_longer),
		cmocka_unit_test(a_request_teaches_nothing),
		cmocka_unit_test(a_request_for_one_disk_is_for_it_alone),
		cmocka_unit_test(
			idle_disks_come_first_then_the_least_busy_and_the_worst_holder_first),
		cmocka_unit_test(disks_that_do_not_show_how_busy_they_are_come_last),
		cmocka_unit_test(no_more_disks_are_told_than_are_needed),
		cmocka_unit_test(a_fall_takes_the_slots_that_make_room_for_it),
		cmocka_unit_test(of_two_falls_that_wait_the_later_one_counts),
		cmocka_unit_test(a_domain_of_its_own_is_idle_and_squeezed_by_its_own_rule),
		cmocka_unit_test(disks_that_cannot_be_told_apart_rest_for_the_longest_of_all),
		cmocka_unit_test(an_excluded_domain_is_touched_by_a_request_alone),
		cmocka_unit_test(a_domain_without_a_name_is_left_alone_while_one_is_excluded),
		cmocka_unit_test(a_rule_that_is_gone_is_none),
		cmocka_unit_test(only_hard_pressure_that_reclaim_cannot_relieve_grows),
		cmocka_unit_test(it_grows_by_steps_up_to_the_limit_and_leaves_the_reserve),
		cmocka_unit_test(an_administrators_target_is_left_for_a_minute),
		cmocka_unit_test(the_first_target_that_is_seen_may_be_an_administrators),
		cmocka_unit_test(a_decision_over_10000_disks_takes_10_ms_at_most_and_is_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
