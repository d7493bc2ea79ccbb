// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of the inventory and of the reclaimer on stub files in place of sysfs: what is read, which
 * disk is told what, and when an action is over. Nothing is reclaimed: the files take any value.
 */
#include "core/capabilities.h"
#include "core/reuse.h"
#include "host/config.h"
#include "host/inventory.h"
#include "host/reclaimer.h"
#include "host/util.h"
#include "tests/cmocka-all.h"
#include "tests/tree.h"

#include <string.h>

#define MS USEC_PER_MSEC
#define S  USEC_PER_SEC
#define T0 (1000 * S)

static struct inventory inv;
static struct reclaimer r;
static struct policy policy;

static void put(const char *vbd, const char *file, const char *text)
{
	char path[128];

	(void)snprintf(path, sizeof(path), VBD_DIR "/%s/reclaim/%s", vbd, file);
	tree_put(&tree, path, text);
}

static void expect(const char *vbd, const char *file, const char *text)
{
	char path[128];

	(void)snprintf(path, sizeof(path), VBD_DIR "/%s/reclaim/%s", vbd, file);
	tree_expect(&tree, path, text);
}

static void put_module(const char *vbd)
{
	put(vbd, "levels", "pool\n");
	put(vbd, "squeeze_ms", "150\n");
	put(vbd, "trigger", "");
}

static void put_native(const char *vbd, const char *idle_ms)
{
	put(vbd, "levels", "pool grants slots\n");
	put(vbd, "squeeze_ms", "10\n");
	put(vbd, "trigger", "");
	put(vbd, "idle_ms", idle_ms);
	put(vbd, "pool_pages", "2\n");
	put(vbd, "persistent_pages", "1024\n");
	put(vbd, "slot_kb", "1248\n");
}

static void put_params(void)
{
	tree_put(&tree, PARAMS_DIR "/max_buffer_pages", "1024\n");
	tree_put(&tree, PARAMS_DIR "/persistent_grant_unused_seconds", "60\n");
	tree_put(&tree, PARAMS_DIR "/max_persistent_grants", "1056\n");
}

static int setup(void **state)
{
	(void)tree_setup(state);
	tree_mkdir(&tree, "run/xen-reclaim");
	policy = config_default().policy;
	r = (struct reclaimer){.root = tree.root};
	return 0;
}

static int teardown(void **state)
{
	inventory_free(&inv);
	return tree_teardown(state);
}

static void look(void)
{
	assert_int_equal(inventory_read(tree.root, &inv), 0);
}

static void an_empty_host_has_no_disks_and_no_mechanism(void **state)
{
	(void)state;
	look();
	assert_int_equal(inv.now.n, 0);
	assert_int_equal(inv.mechanism, MECHANISM_NONE);
	put_params();
	look();
	assert_int_equal(inv.mechanism, MECHANISM_PARAMS);
}

static void disks_are_read_in_the_order_of_their_numbers(void **state)
{
	(void)state;
	put_native("vbd-10-51712", "7000\n");
	put_native("vbd-2-51728", "0\n");
	put_native("vbd-2-51712", "1\n");
	look();
	assert_int_equal(inv.now.n, 3);
	assert_int_equal(inv.now.vbds[0].domid, 2);
	assert_int_equal(inv.now.vbds[0].devid, 51712);
	assert_int_equal(inv.now.vbds[1].devid, 51728);
	assert_int_equal(inv.now.vbds[2].domid, 10);
	assert_int_equal(inv.now.vbds[2].idle_us, 7 * S);
	assert_int_equal(inv.now.vbds[2].held_kb[LEVEL_POOL], 8);
	assert_int_equal(inv.now.vbds[2].held_kb[LEVEL_GRANTS], 4096);
	assert_int_equal(inv.now.vbds[2].held_kb[LEVEL_SLOTS], 1248);
	assert_int_equal(vbds_slots_kb(&inv.now), 3 * 1248);
	assert_int_equal(inv.mechanism, MECHANISM_NATIVE);
}

/* A stock kernel's disk on the host's device 254:@minor, and what that has done. */
static void put_stock(const char *vbd, unsigned minor, const char *stat)
{
	char path[128];
	char number[16];

	(void)snprintf(path, sizeof(path), VBD_DIR "/%s/physical_device", vbd);
	(void)snprintf(number, sizeof(number), "fe:%x\n", minor);
	tree_put(&tree, path, number);
	(void)snprintf(path, sizeof(path), "sys/dev/block/254:%u/stat", minor);
	tree_put(&tree, path, stat);
}

#define DONE	"  7 0 56 3  8 0 64 9  0 12 12  2 0 0 0  1 5\n"
#define FLUSHED "  7 0 56 3  8 0 64 9  0 12 12  2 0 0 0  2 6\n"
#define BEGUN	"  7 0 56 3  8 0 64 9  1 12 12  2 0 0 0  2 6\n"

static void how_long_a_stock_disk_rests_is_seen_by_looking(void **state)
{
	uint64_t first_us;

	(void)state;
	put_stock("vbd-1-51712", 17, DONE);
	put_stock("vbd-1-51728", 18, DONE);
	look();
	first_us = inv.now.scanned_us;
	assert_int_equal(inv.now.watched_since_us, first_us);
	assert_int_equal(inv.now.vbds[0].idle_us, 0); /* not known yet */
	look();
	put_stock("vbd-1-51728", 18, FLUSHED);
	look();
	assert_false(inv.now.vbds[0].shows);
	assert_true(inv.now.scanned_us > first_us);
	assert_int_equal(inv.now.vbds[0].idle_us, inv.now.scanned_us - first_us);
	assert_int_equal(inv.now.vbds[1].idle_us, 0);
	look();
	assert_true(inv.now.vbds[1].idle_us > 0);
	put_stock("vbd-1-51728", 18, BEGUN);
	look();
	assert_int_equal(inv.now.vbds[1].idle_us, 0);
	tree_drop(&tree, "sys/dev/block/254:17");
	look();
	assert_int_equal(inv.now.vbds[0].idle_us, 0); /* nobody knows */
	assert_int_equal(inv.now.watched_since_us, first_us);
	inv.now.scanned_us -= 6 * S; /* a pause in which anything may have happened */
	look();
	assert_int_equal(inv.now.watched_since_us, inv.now.scanned_us);
}

/* Two looks, the second of which finds it idle, if it looks at the device that is idle. */
static bool is_seen_idle(void)
{
	look();
	look();
	return inv.now.vbds[0].idle_us > 0;
}

/* What a stock driver says of a disk stays as it is: a scan reads it once. */
static void a_stock_disk_is_read_anew_with_another_driver(void **state)
{
	(void)state;
	put_params();
	put_stock("vbd-1-51712", 17, DONE);
	look();
	tree_drop(&tree, VBD_DIR "/vbd-1-51712/physical_device");
	assert_true(is_seen_idle());
	put_native("vbd-1-51712", "0\n");
	look();
	assert_false(inv.now.vbds[0].shows);
	tree_mkdir(&tree, "sys/module/xen_reclaim"); /* it gives files to a stock driver's disks */
	look();
	assert_true(inv.now.vbds[0].shows);
	tree_drop(&tree, "sys/module/xen_reclaim");
	tree_drop(&tree, VBD_DIR "/vbd-1-51712/reclaim");
	look();
	assert_false(is_seen_idle()); /* and its device is not known */
}

/* As when a disk is detached and another one attached in its place. */
static void a_stock_disk_in_the_place_of_another_is_read_anew(void **state)
{
	(void)state;
	put_params();
	put_stock("vbd-1-51712", 17, DONE);
	look();
	inv.now.vbds[0].reuses = 3;
	put_stock("attached", 18, DONE); /* both at once: so their numbers differ */
	tree_drop(&tree, VBD_DIR "/vbd-1-51712");
	assert_int_equal(
		renameat(tree.root, VBD_DIR "/attached", tree.root, VBD_DIR "/vbd-1-51712"), 0);
	tree_drop(&tree, "sys/dev/block/254:17");
	assert_true(is_seen_idle());
	assert_int_equal(inv.now.vbds[0].reuses, 0);
}

/* A disk gets its files a moment after it is there. */
static void no_disk_of_a_patched_driver_is_taken_for_a_stock_one(void **state)
{
	(void)state;
	put_params();
	tree_put(&tree, PARAMS_DIR "/reclaim_unused_seconds", "5\n");
	put_stock("vbd-1-51712", 17, DONE);
	look();
	assert_false(inv.now.vbds[0].shows);
	put_native("vbd-1-51712", "0\n");
	look();
	assert_true(inv.now.vbds[0].shows);
}

static void odd_names_are_no_disks(void **state)
{
	static const char *const names[] = {
		"vif-1-0",
		"vbd-",
		"vbd-1",
		"vbd-1-",
		"vbd--1-2",
		"vbd-1-2-3",
		"vbd-x-1",
		"vbd-65536-1",
		"vbd-1-4294967296",
		"vbd-00000000000000000000000000000000001-1",
		"vbd-01-2",
		"vbd-1-007",
	};
	char path[160];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), VBD_DIR "/%s", names[i]);
		tree_mkdir(&tree, path);
	}
	look();
	assert_int_equal(inv.now.n, 0);
}

static void a_level_of_the_future_is_passed_over(void **state)
{
	(void)state;
	put_native("vbd-1-51712", "0\n");
	put("vbd-1-51712", "levels", "pool grants slots everything\n");
	look();
	assert_int_equal(inv.now.vbds[0].levels, 7);
}

/* A disk that goes while it is looked at. */
static void half_a_disk_shows_nothing(void **state)
{
	(void)state;
	put_native("vbd-1-51712", "0\n");
	tree_drop(&tree, VBD_DIR "/vbd-1-51712/reclaim/persistent_pages");
	look();
	assert_false(inv.now.vbds[0].shows);
	assert_int_equal(vbds_slots_kb(&inv.now), 0);
}

/* An ISO may be attached for months. */
static void a_disk_that_was_idle_for_two_months_is_idle(void **state)
{
	(void)state;
	put_native("vbd-1-51712", "5184000000\n");
	look();
	assert_true(inv.now.vbds[0].shows);
	assert_int_equal(inv.now.vbds[0].idle_us, UINT32_MAX * USEC_PER_MSEC);
	put_native("vbd-1-51712", "18446744073709551615\n"); /* it wrapped below zero */
	look();
	assert_false(inv.now.vbds[0].shows);
}

/* A figure that wrapped below zero in the kernel is none, and sums do not overflow. */
static void a_figure_of_more_than_32_bits_is_none(void **state)
{
	static const char *const files[] = {"pool_pages", "persistent_pages", "slot_kb"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		put_native("vbd-1-51712", "0\n");
		put("vbd-1-51712", files[i], "4294967295\n");
		look();
		assert_true(inv.now.vbds[0].shows);
		put("vbd-1-51712", files[i], "18446744073709551615\n");
		look();
		assert_false(inv.now.vbds[0].shows);
		assert_int_equal(inv.now.vbds[0].held_kb[LEVEL_SLOTS], 0);
	}
}

static void a_window_that_no_driver_has_is_none(void **state)
{
	(void)state;
	put_native("vbd-1-51712", "0\n");
	put("vbd-1-51712", "squeeze_ms", "60000\n");
	look();
	assert_int_equal(inv.now.vbds[0].squeeze_ms, 60000);
	put("vbd-1-51712", "squeeze_ms", "60001\n");
	look();
	assert_int_equal(inv.now.vbds[0].squeeze_ms, 0);
	put("vbd-1-51712", "squeeze_ms", "4294967296\n");
	look();
	assert_int_equal(inv.now.vbds[0].squeeze_ms, 0);
}

static void the_module_is_known_by_its_disks_or_by_itself(void **state)
{
	(void)state;
	put_params();
	tree_mkdir(&tree, "sys/module/xen_reclaim");
	look();
	assert_int_equal(inv.mechanism, MECHANISM_MODULE);
	put_module("vbd-1-51712");
	look();
	assert_int_equal(inv.mechanism, MECHANISM_MODULE);
	put_native("vbd-1-51728", "0\n");
	look();
	assert_int_equal(inv.mechanism, MECHANISM_NATIVE);
}

/* A guest that comes and goes does not make the mechanism do so. */
static void a_native_driver_is_known_without_disks(void **state)
{
	(void)state;
	put_params();
	tree_put(&tree, PARAMS_DIR "/reclaim_unused_seconds", "5\n");
	look();
	assert_int_equal(inv.mechanism, MECHANISM_NATIVE);
	put_native("vbd-1-51712", "0\n");
	look();
	tree_drop(&tree, VBD_DIR);
	look();
	assert_int_equal(inv.mechanism, MECHANISM_NATIVE);
	tree_drop(&tree, PARAMS_DIR);
	look();
	assert_int_equal(inv.mechanism, MECHANISM_NONE);
	put_params();
	look();
	assert_int_equal(inv.mechanism, MECHANISM_PARAMS);
}

/* A hundred disks looked at again and again take no more memory than the first two looks. */
static void looking_again_takes_no_memory(void **state)
{
	const struct vbd *arrays[2];

	(void)state;
	for (int i = 0; i < 100; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "vbd-%d-51712", i);
		put_native(name, "0\n");
	}
	look();
	arrays[0] = inv.now.vbds;
	look();
	arrays[1] = inv.now.vbds;
	for (int i = 0; i < 10; i++) {
		look();
		assert_ptr_equal(inv.now.vbds, arrays[i % 2]);
		assert_int_equal(inv.now.n, 100);
	}
}

/* --- the reclaimer -------------------------------------------------------------------------- */

static struct action action(enum level level, enum scope scope, enum cause cause)
{
	return (struct action){
		.level = level,
		.levels = UP_TO(level),
		.scope = scope,
		.cause = cause,
		.domid = EVERY,
		.devid = EVERY,
		.threshold_us = 5 * S,
		.before = {.held_known = true, .held_kb = 100000},
	};
}

/* The host as the last scan saw it. */
static struct host_view view(void)
{
	return (struct host_view){
		.disks = &inv.now,
		.targets = inv.targets,
		.gives_ram = {true, true, true},
		.params = inv.params,
		.mechanism = inv.mechanism,
	};
}

static struct capabilities can_do(void)
{
	struct host_view v = view();

	return capabilities_of(&policy, &v);
}

static int possible(unsigned asked, int domid, int64_t devid)
{
	struct host_view v = view();

	return request_levels(&v, asked, domid, devid);
}

static int carry_out(const struct action *a)
{
	struct host_view v = view();
	struct order o = order_for(&policy, &v, a);

	return reclaimer_begin(&r, &inv.now, &o, T0);
}

static int begin(const struct action *a)
{
	look();
	return carry_out(a);
}

static void idle_disks_alone_are_told(void **state)
{
	struct action a = action(LEVEL_GRANTS, SCOPE_IDLE, CAUSE_HARD);

	(void)state;
	put_native("vbd-1-51712", "5000\n");
	put_native("vbd-1-51728", "4999\n");
	put_native("vbd-2-51712", "60000\n");
	put("vbd-2-51712", "squeeze_ms", "250\n");
	put_native("vbd-3-51712", "60000\n");
	put("vbd-3-51712", "squeeze_ms", "0\n");
	assert_int_equal(begin(&a), 0);
	assert_int_equal(r.vbds, 2);
	expect("vbd-1-51712", "trigger", "pool grants 150");
	expect("vbd-1-51728", "trigger", "");
	expect("vbd-2-51712", "trigger", "pool grants 250");
	expect("vbd-3-51712", "trigger", "");
}

/* Stock disks that were looked at for 4 s and return in turn: the age that is set is that of two
 * turns.
 */
static void the_age_of_grants_is_as_disks_here_rest(void **state)
{
	struct action a = action(LEVEL_GRANTS, SCOPE_IDLE, CAUSE_HARD);
	struct capabilities o;
	uint64_t wake_us;

	(void)state;
	put_params();
	for (int i = 0; i < 24; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "vbd-%d-51712", i);
		put_stock(name, (unsigned)i, DONE);
	}
	look();
	for (uint64_t i = 0; i < 24; i++) {
		inv.now.vbds[i].idle_us = 8 * S * i / 24;
		inv.now.vbds[i].rested_s = 8;
	}
	o = can_do();
	assert_true(o.threshold_us == 5 * S);
	inv.now.watched_since_us = inv.now.scanned_us - 4 * S;
	o = can_do();
	assert_in_range(o.threshold_us, 15 * S, 17 * S);
	a.threshold_us = o.threshold_us;
	assert_int_equal(carry_out(&a), 0);
	assert_int_equal(reclaimer_next(&r, 0, T0 + MS, &wake_us), 1);
	tree_expect(&tree, PARAMS_DIR "/persistent_grant_unused_seconds", "16\n");
	assert_int_equal(reclaimer_stop(&r), 0);
}

static void a_request_tells_the_disk_it_names(void **state)
{
	struct action a = action(LEVEL_SLOTS, SCOPE_ALL, CAUSE_REQUEST);

	(void)state;
	put_native("vbd-1-51712", "0\n");
	put_native("vbd-2-51712", "0\n");
	a.domid = 2;
	a.devid = 51712;
	a.window_ms = 40;
	assert_int_equal(begin(&a), 0);
	assert_int_equal(r.vbds, 1);
	expect("vbd-1-51712", "trigger", "");
	expect("vbd-2-51712", "trigger", "pool grants slots 40");
}

static void a_disk_that_is_gone_is_none_to_wait_for(void **state)
{
	struct action a = action(LEVEL_POOL, SCOPE_ALL, CAUSE_REQUEST);

	(void)state;
	put_native("vbd-1-51712", "0\n");
	put_native("vbd-2-51712", "0\n");
	look();
	tree_drop(&tree, VBD_DIR "/vbd-1-51712");
	assert_int_equal(carry_out(&a), 0);
	assert_int_equal(r.vbds, 1);
	assert_int_equal(reclaimer_stop(&r), 0);
	tree_drop(&tree, VBD_DIR "/vbd-2-51712");
	assert_int_equal(carry_out(&a), -ENODEV);
	assert_false(r.open);
}

static void what_can_be_asked_for_is_what_there_is(void **state)
{
	(void)state;
	put_params();
	look();
	assert_int_equal(possible(1U << LEVEL_POOL, EVERY, EVERY), -ENODEV);
	put_module("vbd-1-51712");
	look();
	assert_int_equal(possible(1U << LEVEL_POOL, 1, 51712), 1U << LEVEL_POOL);
	assert_int_equal(possible(1U << LEVEL_POOL, 1, EVERY), 1U << LEVEL_POOL);
	assert_int_equal(possible(1U << LEVEL_POOL, EVERY, EVERY), 1U << LEVEL_POOL);
	assert_int_equal(possible(1U << LEVEL_POOL, 2, EVERY), -ENODEV);
	assert_int_equal(possible(1U << LEVEL_POOL, 1, 51728), -ENODEV);
	assert_int_equal(possible(1U << LEVEL_GRANTS, 1, EVERY), -EOPNOTSUPP);
	assert_int_equal(possible(1U << LEVEL_GRANTS, EVERY, EVERY), 1U << LEVEL_GRANTS);
	assert_int_equal(possible(1U << LEVEL_SLOTS, EVERY, EVERY), -EOPNOTSUPP);
	assert_int_equal(possible(ALL_LEVELS, EVERY, EVERY), -EOPNOTSUPP);
	assert_int_equal(possible(0, EVERY, EVERY), UP_TO(LEVEL_GRANTS));
	assert_int_equal(possible(0, 1, EVERY), 1U << LEVEL_POOL);
	put_native("vbd-1-51712", "0\n");
	look();
	assert_int_equal(possible(1U << LEVEL_SLOTS, 1, 51712), 1U << LEVEL_SLOTS);
	assert_int_equal(possible(1U << LEVEL_SLOTS, EVERY, EVERY), 1U << LEVEL_SLOTS);
	assert_int_equal(possible(ALL_LEVELS, 1, 51712), ALL_LEVELS);
	assert_int_equal(possible(0, EVERY, EVERY), ALL_LEVELS);
}

/* With the module, grants are still the parameters' to take: of the whole host. */
static void the_module_takes_pools_and_parameters_the_rest(void **state)
{
	struct action pool = action(LEVEL_POOL, SCOPE_ALL, CAUSE_SOFT);
	struct action grants = action(LEVEL_GRANTS, SCOPE_IDLE, CAUSE_HARD);
	struct capabilities o;

	(void)state;
	put_params();
	put_module("vbd-1-51712");
	assert_int_equal(begin(&pool), 0);
	expect("vbd-1-51712", "trigger", "pool 150");
	tree_expect(&tree, PARAMS_DIR "/max_buffer_pages", "1024\n");
	assert_int_equal(reclaimer_stop(&r), 0);
	o = can_do();
	assert_true(o.offered[LEVEL_POOL][SCOPE_ALL]);
	assert_false(o.offered[LEVEL_POOL][SCOPE_IDLE]);
	assert_true(o.offered[LEVEL_GRANTS][SCOPE_IDLE]);
	assert_false(o.offered[LEVEL_SLOTS][SCOPE_ALL]);
	assert_int_equal(begin(&grants), 0);
	assert_int_equal(r.vbds, 1);
	tree_expect(&tree, PARAMS_DIR "/max_buffer_pages", "0\n");
	assert_int_equal(reclaimer_stop(&r), 0);
	tree_expect(&tree, PARAMS_DIR "/max_buffer_pages", "1024\n");
}

static unsigned looks; /* of run_out() */

static uint64_t run_out(int64_t mapped_kb, int64_t falls_kb, uint64_t falls_until)
{
	uint64_t now = T0;
	uint64_t wake = 0;

	for (looks = 1; looks < 1000; looks++) {
		int rc;

		if (now < falls_until)
			mapped_kb -= falls_kb;
		rc = reclaimer_next(&r, mapped_kb, now, &wake);
		assert_true(rc >= 0);
		if (rc == 0)
			return now;
		assert_true(wake > now);
		now = wake;
	}
	fail_msg("the action never ends");
	return 0;
}

static void a_pool_is_held_for_its_window(void **state)
{
	struct action a = action(LEVEL_POOL, SCOPE_ALL, CAUSE_SOFT);

	(void)state;
	put_native("vbd-1-51712", "0\n");
	assert_int_equal(begin(&a), 0);
	assert_int_equal(run_out(100000, 0, 0), T0 + 150 * MS);
	assert_int_equal(looks, 3); /* at once, after 100 ms, and at the end */
	assert_int_equal(reclaimer_next(&r, 0, T0, &(uint64_t){0}), 0);
}

/* The balloon thread looks once a second. */
static void grants_have_time_to_come_back(void **state)
{
	struct action a = action(LEVEL_GRANTS, SCOPE_ALL, CAUSE_REQUEST);
	uint64_t end;

	(void)state;
	put_native("vbd-1-51712", "0\n");
	assert_int_equal(begin(&a), 0);
	assert_int_equal(run_out(100000, 0, 0), T0 + 1300 * MS);
	assert_int_equal(looks, 4); /* at once, and in the last 200 ms */
	assert_int_equal(begin(&a), 0);
	end = run_out(100000, 10, T0 + 2 * S);
	assert_in_range(end, T0 + 2 * S, T0 + 2 * S + 300 * MS);
	assert_int_equal(begin(&a), 0);
	end = run_out(100000, 10, T0 + 60 * S);
	assert_in_range(end, T0 + 3 * S, T0 + 3 * S + 100 * MS);
}

static void parameters_take_their_steps_and_then_have_their_time(void **state)
{
	struct action a = action(LEVEL_GRANTS, SCOPE_ALL, CAUSE_REQUEST);
	uint64_t end;

	(void)state;
	put_params();
	assert_int_equal(begin(&a), 0);
	end = run_out(100000, 0, 0);
	assert_in_range(end, T0 + 4 * S, T0 + 5 * S);
	tree_expect(&tree, PARAMS_DIR "/max_persistent_grants", "1056\n");
	tree_expect(&tree, PARAMS_DIR "/persistent_grant_unused_seconds", "60\n");
	assert_false(tree_has(&tree, PARAMS_SAVED));
}

static void a_step_that_fails_ends_the_action_and_puts_back(void **state)
{
	struct action a = action(LEVEL_GRANTS, SCOPE_ALL, CAUSE_REQUEST);
	uint64_t now = T0;
	int rc = 1;

	(void)state;
	put_params();
	assert_int_equal(begin(&a), 0);
	tree_drop(&tree, PARAMS_DIR "/max_persistent_grants");
	while (rc == 1)
		rc = reclaimer_next(&r, 0, now, &now);
	assert_int_equal(rc, -ENOENT);
	assert_false(r.open);
	tree_expect(&tree, PARAMS_DIR "/max_buffer_pages", "1024\n");
	tree_expect(&tree, PARAMS_DIR "/persistent_grant_unused_seconds", "60\n");
}

/* What an idle disk has left after it was asked for all, it will not give the next time. */
static void what_idle_disks_keep_is_learned(void **state)
{
	struct action a = action(LEVEL_SLOTS, SCOPE_ALL, CAUSE_REQUEST);
	struct host_view v;
	struct capabilities o;

	(void)state;
	put_native("vbd-1-51712", "6000\n");
	put_native("vbd-1-51728", "100\n");
	assert_int_equal(begin(&a), 0);
	put("vbd-1-51712", "slot_kb", "96\n");
	put("vbd-1-51728", "slot_kb", "600\n");
	look();
	for_each_vbd(w, &inv.now)
		if (w->devid == 51712)
			vbd_triggered(w, &a, 1);
	inv.now.vbds[0].given = true;
	look(); /* as before the action is judged */
	assert_true(inv.now.vbds[0].asked && inv.now.vbds[0].given);
	vbds_learn_kept(&policy, &a, &inv.now);
	look();
	v = view();
	v.gives_ram[LEVEL_POOL] = v.gives_ram[LEVEL_GRANTS] = false;
	o = capabilities_of(&policy, &v);
	assert_int_equal(o.ram_kb[LEVEL_SLOTS][SCOPE_IDLE], 0);
	assert_int_equal(o.ram_kb[LEVEL_SLOTS][SCOPE_ALL], 600);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void disks_are_called_as_xl_does(void **state)
{
	static const struct {
		uint32_t devid;
		const char *name;
	} cases[] = {
		{51712, "xvda"},
		{51713, "xvda1"},
		{51712 + 15 * 16, "xvdp"},
		{1U << 28 | 16 << 8, "xvdq"},
		{1U << 28 | 26 << 8 | 5, "xvdaa5"},
		{1U << 28 | 701 << 8, "xvdzz"},
		{1U << 28 | 702 << 8, "xvdaaa"},
		{1U << 28 | 0xfffff << 8 | 255, "xvdbgqcv255"},
		{768, "768"},
	};
	char buf[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		disk_name(cases[i].devid, buf, sizeof(buf));
		assert_string_equal(buf, cases[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_empty_host_has_no_disks_and_no_mechanism),
		T(disks_are_read_in_the_order_of_their_numbers),
		T(how_long_a_stock_disk_rests_is_seen_by_looking),
		T(a_stock_disk_is_read_anew_with_another_driver),
		T(a_stock_disk_in_the_place_of_another_is_read_anew),
		T(no_disk_of_a_patched_driver_is_taken_for_a_stock_one),
		T(odd_names_are_no_disks),
		T(disks_are_called_as_xl_does),
		T(a_level_of_the_future_is_passed_over),
		T(half_a_disk_shows_nothing),
		T(a_disk_that_was_idle_for_two_months_is_idle),
		T(a_figure_of_more_than_32_bits_is_none),
		T(a_window_that_no_driver_has_is_none),
		T(the_module_is_known_by_its_disks_or_by_itself),
		T(a_native_driver_is_known_without_disks),
		T(looking_again_takes_no_memory),
		T(idle_disks_alone_are_told),
		T(the_age_of_grants_is_as_disks_here_rest),
		T(a_request_tells_the_disk_it_names),
		T(a_disk_that_is_gone_is_none_to_wait_for),
		T(what_can_be_asked_for_is_what_there_is),
		T(the_module_takes_pools_and_parameters_the_rest),
		T(a_pool_is_held_for_its_window),
		T(grants_have_time_to_come_back),
		T(parameters_take_their_steps_and_then_have_their_time),
		T(a_step_that_fails_ends_the_action_and_puts_back),
		T(what_idle_disks_keep_is_learned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
