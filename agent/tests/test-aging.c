// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of the standing policy: what it decides for one host, and over many generated ones, for ten
 * virtual minutes each, what it comes to beside max_buffer_pages=0 and
 * persistent_grant_unused_seconds=5 at boot. Knows no daemon.
 */
#include "core/aging.h"
#include "core/names.h"
#include "core/units.h"
#include "host/config.h"
#include "sim/model.h"
#include "tests/cmocka-all.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MS USEC_PER_MSEC
#define S  USEC_PER_SEC

/* --- one host ------------------------------------------------------------------------------- */

#define DISKS	 8
#define SCARCE	 150000
#define PLENTY	 1000000
#define GRANT_KB 4096

static struct {
	struct policy policy;
	struct vbd vbds[DISKS];
	struct vbd_list disks;
	struct host_view view;
	struct sample memory;
	struct aging aging;
	uint64_t now_us;
} h;

/* Eight disks of a guest with persistent grants, unused for long; memory is short. */
static int setup(void **state)
{
	(void)state;
	memset(&h, 0, sizeof(h));
	h.policy = config_default().policy;
	h.now_us = 1000 * S;
	h.memory = (struct sample){.held_known = true, .available_kb = SCARCE};
	for (uint32_t i = 0; i < DISKS; i++)
		h.vbds[i] = (struct vbd){
			.domid = 1,
			.devid = i,
			.levels = ALL_LEVELS,
			.shows = true,
			.persistent = true,
			.idle_us = 300 * S,
			.held_kb = {0, GRANT_KB, 100},
		};
	h.disks = (struct vbd_list){
		.vbds = h.vbds, .n = DISKS, .room = DISKS, .watched_since_us = h.now_us};
	h.view = (struct host_view){
		.disks = &h.disks,
		.gives_ram = {true, true, true},
		.params = true,
		.mechanism = MECHANISM_NATIVE,
		.unused_s = 60,
	};
	return 0;
}

static void be_stock(void)
{
	memset(&h.aging, 0, sizeof(h.aging));
	h.view.mechanism = MECHANISM_PARAMS;
	for (int i = 0; i < DISKS; i++) {
		h.vbds[i].shows = false;
		h.vbds[i].levels = 0;
	}
}

static void decide_now(void)
{
	h.disks.scanned_us = h.now_us;
	aging_decide(&h.policy, &h.view, &h.memory, &h.aging, h.now_us);
}

static void pass(uint64_t us)
{
	h.now_us += us;
	for (int i = 0; i < DISKS; i++)
		h.vbds[i].idle_us += us;
}

/* By looks, as the host takes them; scans no more than a second apart see idle times. */
static void look_for(uint64_t us)
{
	uint64_t end = h.now_us + us;

	decide_now();
	while (h.aging.look_us && h.aging.look_us < end) {
		uint64_t pause = h.aging.look_us - h.now_us;

		if (pause > 5 * S)
			h.disks.watched_since_us = h.aging.look_us;
		pass(pause);
		decide_now();
	}
}

static void expect_aging(enum aging_why why, uint32_t unused_s, bool pools)
{
	assert_string_equal(aging_names[h.aging.why], aging_names[why]);
	assert_int_equal(h.aging.unused_s, unused_s);
	assert_int_equal(h.aging.pools, pools);
}

static void expect_all_disks(uint32_t unused_s)
{
	for (int i = 0; i < DISKS; i++)
		assert_int_equal(h.vbds[i].age.unused_s, unused_s);
}

static void disks_that_rest_get_the_short_time(void **state)
{
	(void)state;
	decide_now();
	expect_aging(AGING_RESTING, 5, false);
	expect_all_disks(5);
	assert_int_equal(h.aging.look_us, h.now_us + AGING_LOOK_US);
}

static void by_parameters_only_after_they_were_watched(void **state)
{
	(void)state;
	be_stock();
	decide_now();
	expect_aging(AGING_WATCHING, 0, false);
	assert_int_equal(h.aging.look_us, h.now_us + S);
	look_for(5 * S);
	expect_aging(AGING_WATCHING, 0, false);
	look_for(2 * S);
	expect_aging(AGING_RESTING, 5, true); /* at a first guess */
	assert_int_equal(h.aging.look_us, h.now_us + S);
	look_for(6 * S);
	expect_aging(AGING_RESTING, 5, true);
	assert_int_equal(h.aging.look_us - h.now_us, AGING_USE_US);
}

/* Scans far apart tell no more than that: whether they rest between is to be seen. */
static void more_disks_in_use_than_before_are_watched_again(void **state)
{
	(void)state;
	be_stock();
	look_for(20 * S);
	expect_aging(AGING_RESTING, 5, true);
	pass(AGING_USE_US);
	h.disks.watched_since_us = h.now_us;
	for (int i = 0; i < 5; i++)
		h.vbds[i].idle_us = 0;
	decide_now();
	assert_int_equal(h.aging.look_us - h.now_us, AGING_USE_US); /* too few to matter */
	for (int i = 0; i < DISKS; i++)
		h.vbds[i].idle_us = 0;
	decide_now();
	assert_int_equal(h.aging.look_us - h.now_us, S);
	for (int i = 0; i < 15; i++) { /* always in use */
		h.disks.watched_since_us = h.now_us - (uint64_t)i * S;
		h.now_us += S;
		decide_now();
	}
	expect_aging(AGING_RESTING, 5, true);
	assert_int_equal(h.aging.look_us - h.now_us, AGING_USE_US); /* that is known now */
}

/* Each was used less than ten seconds ago: they take turns. */
static void let_them_return(void)
{
	for (unsigned i = 0; i < DISKS; i++)
		h.vbds[i].idle_us = (i + 1) * 10 * S / DISKS;
}

static void disks_that_return_get_a_longer_one(void **state)
{
	(void)state;
	let_them_return();
	decide_now();
	assert_int_equal(h.aging.why, AGING_RETURNING);
	assert_in_range(h.aging.unused_s, 15, 30);
}

static void it_gets_longer_at_once_and_shorter_later(void **state)
{
	(void)state;
	decide_now();
	let_them_return();
	decide_now();
	assert_int_equal(h.aging.why, AGING_RESTING); /* it may be chance */
	pass(h.aging.look_us - h.now_us);
	let_them_return();
	decide_now();
	assert_int_equal(h.aging.why, AGING_RETURNING);
	assert_in_range(h.aging.unused_s, 15, 30);
	expect_all_disks(h.aging.unused_s); /* before the next look at them */
	for (int i = 0; i < DISKS; i++)
		h.vbds[i].idle_us = 300 * S;
	look_for(60 * S);
	assert_int_equal(h.aging.why, AGING_RETURNING);
	look_for(2 * AGING_LOOK_US);
	expect_aging(AGING_RESTING, 5, false);
}

static void a_shorter_idle_time_is_followed(void **state)
{
	(void)state;
	h.policy.idle_us = 8 * S;
	decide_now();
	expect_aging(AGING_RESTING, 8, false);
	h.policy.idle_us = 5 * S;
	look_for(60 * S);
	expect_aging(AGING_RESTING, 5, false);
}

static void that_disks_return_is_forgotten_where_nothing_ages(void **state)
{
	(void)state;
	let_them_return();
	decide_now();
	assert_true(h.aging.returning);
	h.policy.aging = false;
	decide_now();
	assert_false(h.aging.returning);
}

static void that_disks_return_is_not_believed_for_ever(void **state)
{
	(void)state;
	let_them_return();
	decide_now();
	h.memory.available_kb = PLENTY;
	pass(60 * S);
	decide_now();
	expect_aging(AGING_PLENTY, 0, false);
	assert_true(h.aging.returning);
	pass(240 * S);
	decide_now();
	assert_false(h.aging.returning);
}

static void without_a_disk_or_ram_or_where_it_is_off_nobody_looks(void **state)
{
	(void)state;
	h.disks.n = 0;
	decide_now();
	expect_aging(AGING_NO_DISK, 0, false);
	assert_int_equal(h.aging.look_us, 0);
	h.disks.n = DISKS;
	memset(h.view.gives_ram, 0, sizeof(h.view.gives_ram));
	decide_now();
	expect_aging(AGING_NO_RAM, 0, false);
	/* the driver may just be coming, or memory that was ballooned out: nothing tells */
	assert_int_equal(h.aging.look_us, h.now_us + AGING_REST_US);
	h.view.gives_ram[LEVEL_SLOTS] = true;
	decide_now();
	expect_aging(AGING_RESTING, 5, false);
	h.policy.max_level = LEVEL_POOL;
	decide_now();
	expect_aging(AGING_OFF, 0, false);
	expect_all_disks(0);
	h.policy.max_level = LEVEL_SLOTS;
	h.policy.paused = true;
	decide_now();
	expect_aging(AGING_PAUSED, 0, false);
	expect_all_disks(0);
	h.policy.aging = false;
	decide_now();
	expect_aging(AGING_OFF, 0, false);
	assert_int_equal(h.aging.look_us, 0);
}

/* Pages that a stock driver unmaps go to its pool: both have to be RAM. */
static void parameters_are_for_where_pool_and_grants_are_ram(void **state)
{
	(void)state;
	be_stock();
	h.view.gives_ram[LEVEL_GRANTS] = false;
	decide_now();
	expect_aging(AGING_NO_RAM, 0, false);
	h.view.gives_ram[LEVEL_GRANTS] = true;
	h.view.params = false;
	decide_now();
	expect_aging(AGING_NO_RAM, 0, false);
}

static void while_memory_is_plentiful_the_driver_has_its_own_time(void **state)
{
	(void)state;
	h.memory.available_kb = PLENTY;
	decide_now();
	expect_aging(AGING_PLENTY, 0, false);
	expect_all_disks(0);
	assert_int_equal(h.aging.look_us, h.now_us + AGING_REST_US);
	/* a quarter less is as good, and not a third */
	h.memory.available_kb = DISKS * 4200 * 8 * 4 / 5;
	h.aging.available_kb = 0;
	decide_now();
	expect_aging(AGING_PLENTY, 0, false);
	h.memory.available_kb = DISKS * 4200 * 8 * 2 / 3;
	decide_now();
	expect_aging(AGING_RESTING, 5, false);
	h.memory.available_kb = DISKS * 4200 * 8 * 4 / 5;
	decide_now();
	expect_aging(AGING_RESTING, 5, false);
	h.memory.available_kb = PLENTY;
	pass(AGING_REST_US - S);
	decide_now();
	expect_aging(AGING_RESTING, 5, false);
	pass(S);
	decide_now();
	expect_aging(AGING_PLENTY, 0, false);
}

static void what_is_available_is_taken_as_it_will_be_at_the_next_look(void **state)
{
	(void)state;
	h.memory.available_kb = PLENTY;
	decide_now();
	expect_aging(AGING_PLENTY, 0, false);
	pass(AGING_REST_US);
	h.memory.available_kb = PLENTY * 6 / 10;
	decide_now();
	expect_aging(AGING_RESTING, 5, false);
}

static void after_pressure_memory_is_not_plentiful(void **state)
{
	(void)state;
	h.memory.available_kb = PLENTY;
	h.aging.pressed_us = h.now_us - S;
	decide_now();
	expect_aging(AGING_RESTING, 5, false);
	pass(300 * S);
	decide_now();
	expect_aging(AGING_PLENTY, 0, false);
}

static void an_excluded_domain_keeps_its_own_time(void **state)
{
	struct domain_rule rule = {.whom = "db", .exclude = true};

	(void)state;
	h.policy.rules = &rule;
	h.policy.n_rules = 1;
	for (int i = 0; i < DISKS; i++)
		h.vbds[i].named = true;
	h.vbds[3].rule = 1;
	decide_now();
	assert_int_equal(h.vbds[2].age.unused_s, 5);
	assert_int_equal(h.vbds[3].age.unused_s, 0);
	be_stock();
	decide_now();
	expect_aging(AGING_EXCLUDED, 0, false);
	assert_int_equal(h.aging.look_us, h.now_us + AGING_REST_US);
}

static void a_domain_has_its_own_idle_time(void **state)
{
	struct domain_rule rule = {.whom = "db", .idle_us = 20 * S};

	(void)state;
	h.policy.rules = &rule;
	h.policy.n_rules = 1;
	h.vbds[3].named = true;
	h.vbds[3].rule = 1;
	decide_now();
	assert_int_equal(h.vbds[2].age.unused_s, 5);
	assert_int_equal(h.vbds[3].age.unused_s, 20);
	be_stock();
	look_for(12 * S);
	expect_aging(AGING_RESTING, 20, true); /* the longest where they cannot be told apart */
}

static void the_pool_stays_while_a_guest_lives_from_it(void **state)
{
	(void)state;
	be_stock();
	h.vbds[0].persistent = false;
	look_for(12 * S);
	expect_aging(AGING_RESTING, 5, true); /* it is not in use */
	h.vbds[0].idle_us = 0;
	h.disks.watched_since_us = h.now_us - 10 * S;
	decide_now();
	expect_aging(AGING_RESTING, 5, false);
}

static void a_disk_at_work_is_left_to_the_driver(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		h.vbds[0].idle_us = 0;
		decide_now();
		pass(AGING_LOOK_US);
	}
	assert_int_equal(h.vbds[0].age.unused_s, 0);
	assert_int_equal(h.vbds[1].age.unused_s, 5);
	pass(AGING_LOOK_US);
	decide_now();
	assert_int_equal(h.vbds[0].age.unused_s, 5);
}

static void a_disk_that_maps_again_what_was_taken_gets_more_time(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		h.vbds[0].idle_us = (uint64_t)(5 + i) * S;
		h.vbds[0].age.mapped += 1000;
		h.vbds[1].idle_us = (uint64_t)(5 + i) * S;
		h.vbds[1].age.mapped += 10;
		decide_now();
		pass(AGING_LOOK_US);
	}
	assert_int_equal(h.vbds[0].age.unused_s, 16);
	assert_int_equal(h.vbds[1].age.unused_s, 5);
	pass(AGING_LOOK_US);
	decide_now();
	assert_int_equal(h.vbds[0].age.unused_s, 5);
}

static void a_count_that_begins_anew_maps_nothing_again(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		h.vbds[0].idle_us = (uint64_t)(5 + i) * S;
		h.vbds[0].age.mapped = i == 0 ? 5000 : i == 1 ? 3000 : 20 * (4 - i);
		decide_now();
		pass(AGING_LOOK_US);
	}
	assert_int_equal(h.vbds[0].age.unused_s, 5);
}

static void no_time_is_longer_than_the_drivers_own(void **state)
{
	(void)state;
	h.view.unused_s = 5;
	decide_now();
	expect_all_disks(0);
	h.view.unused_s = 0; /* for ever */
	pass(AGING_LOOK_US);
	decide_now();
	expect_all_disks(5);
}

/* --- generated hosts ------------------------------------------------------------------------ */

#define HOSTS	1000
#define MINUTES 10
#define WARM_US (65 * S)

enum kind { KIND_RESTS, KIND_RETURNS, KIND_WORKS, KIND_COUNT };

struct disk {
	enum kind kind;
	uint64_t every_us; /* from the begin of one burst to the next */
	uint64_t next_us;
	bool busy;
};

struct run {
	struct sim sim;
	struct disk disk[32];
	uint32_t n;
	bool kinds[KIND_COUNT];
	unsigned changes;
	uint64_t at_us;
	uint64_t plenty_us; /* when memory was last taken for plentiful */
};

/* How many of all that were looked at. */
struct late {
	uint64_t n;
	uint64_t of;
};

static uint64_t seed;
static struct config config;

static uint64_t any(uint64_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (seed >> 33) % n;
}

static void count_changes(struct sim *s, const struct news *n)
{
	struct run *r = s->user;

	r->changes += n->what == NEWS_AGING;
}

static void send(struct run *r, struct trace_event e)
{
	e.time_us = r->at_us;
	if (sim_event(&r->sim, &e) != 0)
		fail_msg("%s", r->sim.broken);
}

static struct vbd vbd_of(const struct run *r, uint32_t i, bool busy)
{
	bool native = r->sim.model.mechanism == MECHANISM_NATIVE;

	return (struct vbd){
		.domid = 1,
		.devid = i,
		.levels = native ? ALL_LEVELS : 0,
		.shows = native,
		.persistent = true,
		.squeeze_ms = 10,
		.idle_us = busy ? 0 : 600 * S,
		.held_kb = {0, GRANT_KB, native ? 640 : 0},
		.rate = busy ? 100 : 0,
	};
}

/* Of one kind, or of all. Some step in memory, some ramp, none have much. */
static void generate(struct run *r, enum mechanism mechanism)
{
	enum kind only = (enum kind)any(KIND_COUNT);
	bool all = any(4) == 0;

	memset(r, 0, sizeof(*r));
	r->n = (uint32_t)(6 + any(26));
	assert_int_equal(sim_init(&r->sim, &config, true), 0);
	r->sim.told = count_changes;
	r->sim.user = r;
	send(r, (struct trace_event){.word = TRACE_HOST,
				     .mechanism = mechanism,
				     .gives_ram = {true, true, mechanism == MECHANISM_NATIVE}});
	send(r, (struct trace_event){.word = TRACE_RAM, .kb = 450000});
	send(r, (struct trace_event){.word = TRACE_LOAD, .kb = 200000 + any(100000)});
	for (uint32_t i = 0; i < r->n; i++) {
		struct disk *d = &r->disk[i];

		d->kind = all ? (enum kind)any(KIND_COUNT) : only;
		r->kinds[d->kind] = true;
		d->every_us = d->kind == KIND_RESTS ? 30 * S + any(120 * S) : 7 * S + any(5 * S);
		d->next_us = S + any(d->every_us);
		d->busy = d->kind == KIND_WORKS;
		send(r, (struct trace_event){.word = TRACE_DISK, .vbd = vbd_of(r, i, d->busy)});
	}
}

static bool only(const struct run *r, enum kind kind)
{
	for (int k = 0; k < KIND_COUNT; k++)
		if (r->kinds[k] != (k == (int)kind))
			return false;
	return true;
}

static uint64_t held_kb(const struct run *r, uint32_t i)
{
	const struct vbd *v = &r->sim.model.disks.vbds[i];

	return v->held_kb[LEVEL_POOL] + v->held_kb[LEVEL_GRANTS];
}

static void io(struct run *r, uint32_t i, bool on)
{
	struct trace_event e = {.word = TRACE_IO, .vbd = vbd_of(r, i, on)};

	r->disk[i].busy = on;
	send(r, e);
}

/* Taken from a disk before it came back, though all here come back soon. */
static void burst(struct run *r, uint32_t i, struct late *taken)
{
	if (r->at_us > WARM_US && only(r, KIND_RETURNS)) {
		taken->of++;
		taken->n += held_kb(r, i) == 0;
	}
	io(r, i, true);
	r->at_us += 100 * MS;
	io(r, i, false);
	r->disk[i].next_us = r->at_us + r->disk[i].every_us;
}

/*
 * Where all disks rest static-5 holds nothing of a disk that is idle for 5 s: nor do we, but for
 * what chance makes look like another host. Where not all do, for no longer than twice their rests
 * and two looks. That is where memory is not plentiful, and after a look in a minute has found it
 * so.
 */
static void check_held(struct run *r, struct late *late)
{
	bool rests = only(r, KIND_RESTS);

	model_refresh(&r->sim.model, r->at_us);
	if (r->sim.controller.aging.why == AGING_PLENTY)
		r->plenty_us = r->at_us;
	for (uint32_t i = 0; i < r->n && r->at_us - r->plenty_us > WARM_US; i++) {
		uint64_t idle_us = r->sim.model.disks.vbds[i].idle_us;

		late->of += rests;
		late->n += rests && idle_us > 6 * S && held_kb(r, i) > 0;
		if (!r->disk[i].busy && idle_us > 31 * S + 2 * AGING_LOOK_US && held_kb(r, i) > 0)
			fail_msg("after %" PRIu64 " ms: disk %u, idle for %" PRIu64
				 " ms, holds %" PRIu64 " kB; aging: %s, %u s",
				 r->at_us / MS, i, idle_us / MS, held_kb(r, i),
				 aging_names[r->sim.controller.aging.why],
				 r->sim.controller.aging.unused_s);
	}
}

static void run_one(struct run *r, struct late *taken, struct late *late)
{
	uint64_t load_us = 60 * S;

	while (r->at_us < MINUTES * 60 * S) {
		uint64_t next_us = r->at_us + S;
		uint32_t next = r->n;

		for (uint32_t i = 0; i < r->n; i++)
			if (r->disk[i].kind != KIND_WORKS && r->disk[i].next_us < next_us) {
				next_us = r->disk[i].next_us;
				next = i;
			}
		r->at_us = max_u64(r->at_us, next_us);
		if (next < r->n)
			burst(r, next, taken);
		else
			send(r, (struct trace_event){.word = TRACE_END});
		check_held(r, late);
		if (r->at_us < load_us)
			continue;
		send(r, (struct trace_event){.word = TRACE_LOAD, .kb = 200000 + any(250000)});
		load_us += 5 * S + any(60 * S);
	}
}

/* It neither oscillates nor looks too often, and what it does is no worse than static-5. */
static void over_many_hosts(enum mechanism mechanism)
{
	unsigned most_changes = 0;
	uint64_t most_looks = 0;
	uint64_t looks = 0;
	struct late taken = {0};
	struct late late = {0};

	config = config_default();
	for (unsigned i = 0; i < HOSTS; i++) {
		struct run r;

		seed = i + 1;
		generate(&r, mechanism);
		run_one(&r, &taken, &late);
		if (r.changes > most_changes)
			most_changes = r.changes;
		most_looks = max_u64(most_looks, r.sim.looks);
		looks += r.sim.looks;
		sim_free(&r.sim);
	}
	print_message("%s: at most %u changes and %" PRIu64 " looks in %d min, on average %" PRIu64
		      "; taken from %" PRIu64 " of %" PRIu64
		      " disks that returned; held by %" PRIu64 " of %" PRIu64 " that rest\n",
		      mechanism_names[mechanism], most_changes, most_looks, MINUTES, looks / HOSTS,
		      taken.n, taken.of, late.n, late.of);
	assert_in_range(most_changes, 1, 2 * MINUTES);
	assert_in_range(looks / HOSTS, 1, 6 * MINUTES);
	assert_in_range(most_looks, 1, 12 * MINUTES);
	assert_true(taken.n <= taken.of / 50);
	assert_true(late.n <= late.of / 50);
}

static void over_many_hosts_native(void **state)
{
	(void)state;
	over_many_hosts(MECHANISM_NATIVE);
}

static void over_many_hosts_params(void **state)
{
	(void)state;
	over_many_hosts(MECHANISM_PARAMS);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(disks_that_rest_get_the_short_time),
		T(by_parameters_only_after_they_were_watched),
		T(more_disks_in_use_than_before_are_watched_again),
		T(disks_that_return_get_a_longer_one),
		T(it_gets_longer_at_once_and_shorter_later),
		T(a_shorter_idle_time_is_followed),
		T(that_disks_return_is_forgotten_where_nothing_ages),
		T(that_disks_return_is_not_believed_for_ever),
		T(a_count_that_begins_anew_maps_nothing_again),
		T(without_a_disk_or_ram_or_where_it_is_off_nobody_looks),
		T(parameters_are_for_where_pool_and_grants_are_ram),
		T(while_memory_is_plentiful_the_driver_has_its_own_time),
		T(what_is_available_is_taken_as_it_will_be_at_the_next_look),
		T(after_pressure_memory_is_not_plentiful),
		T(an_excluded_domain_keeps_its_own_time),
		T(a_domain_has_its_own_idle_time),
		T(the_pool_stays_while_a_guest_lives_from_it),
		T(a_disk_at_work_is_left_to_the_driver),
		T(a_disk_that_maps_again_what_was_taken_gets_more_time),
		T(no_time_is_longer_than_the_drivers_own),
		T(over_many_hosts_native),
		T(over_many_hosts_params),
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
