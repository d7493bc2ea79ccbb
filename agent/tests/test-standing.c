// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of the daemon as a program: what the standing policy leaves in sysfs, and that nothing of
 * it stays when the daemon ends, however it ends. What is decided is test-aging's.
 */
#include "host/inventory.h"
#include "tests/world.h"

#include <json-c/json.h>
#include <signal.h>
#include <string.h>

#define DISK  "vbd-1-51712"
#define LEASE VBD_DIR "/" DISK "/reclaim/unused_s"

/* Two disks could hold an eighth of what is available, or more. */
static void let_memory_be_scarce(void)
{
	tree_put(&w.tree, "proc/meminfo", "MemTotal: 700000 kB\nMemAvailable:  50000 kB\n");
}

static bool aging_is(const char *why, int64_t unused_s)
{
	struct json_object *o = state_now();
	struct json_object *aging = member(o, "aging");
	bool is = strcmp(string(aging, "why"), why) == 0 && number(aging, "unused_s") == unused_s;

	(void)json_object_put(o);
	return is;
}

static void a_native_driver_is_lent_the_time(void **state)
{
	(void)state;
	let_memory_be_scarce();
	put_native(DISK);
	tree_put(&w.tree, LEASE, "60\n");
	start_daemon(ARGS());
	assert_true(holds(LEASE, "5 for 90"));
	assert_true(aging_is("idle", 5));
	expect_untouched();
	stop_daemon();
	assert_true(holds(LEASE, "default"));
}

static void a_reload_may_end_it(void **state)
{
	(void)state;
	let_memory_be_scarce();
	put_native(DISK);
	tree_put(&w.tree, LEASE, "60\n");
	start_daemon(ARGS());
	tree_put(&w.tree, CONFIG, "[reclaim]\naging = no\n");
	assert_int_equal(kill(w.daemon.pid, SIGHUP), 0);
	WAIT(aging_is("off", 0));
	assert_true(holds(LEASE, "default"));
	stop_daemon();
}

static void where_memory_is_plentiful_nothing_is_written(void **state)
{
	(void)state;
	put_native(DISK);
	tree_put(&w.tree, LEASE, "60\n");
	start_daemon(ARGS());
	assert_true(aging_is("plenty", 0));
	stop_daemon();
	assert_true(holds(LEASE, "60\n"));
	expect_untouched();
}

/* Nothing wakes it before, and what is in there a guest can change: it is not watched after. */
static void a_first_disk_is_looked_at_at_once(void **state)
{
	static const char state_key[] = "/local/domain/0/backend/vbd/1/51712/state";

	(void)state;
	tree_drop(&w.tree, VBD_DIR "/vbd-1-51712");
	tree_drop(&w.tree, VBD_DIR "/vbd-2-51712");
	start_daemon(ARGS());
	assert_true(aging_is("no-disk", 0));
	store_put(state_key, "1");
	sync_daemon();
	assert_true(aging_is("no-disk", 0));
	tree_mkdir(&w.tree, VBD_DIR "/vbd-1-51712");
	store_put(state_key, "2");
	WAIT(aging_is("plenty", 0));
	tree_drop(&w.tree, VBD_DIR "/vbd-1-51712");
	store_put(state_key, "6");
	sync_daemon();
	assert_true(aging_is("plenty", 0));
	stop_daemon();
	assert_true(xs_rm(dom0, XBT_NULL, "/local/domain/0/backend"));
}

static void a_dry_run_writes_nothing(void **state)
{
	(void)state;
	let_memory_be_scarce();
	put_native(DISK);
	tree_put(&w.tree, LEASE, "60\n");
	start_daemon(ARGS("--dry-run"));
	stop_daemon();
	assert_true(holds(LEASE, "60\n"));
	expect_untouched();
}

/* What is behind the disks serves nothing. */
static void let_disks_rest(void)
{
	tree_put(&w.tree, VBD_DIR "/vbd-1-51712/physical_device", "fd:0\n");
	tree_put(&w.tree, VBD_DIR "/vbd-2-51712/physical_device", "fd:0\n");
	tree_put(&w.tree, "sys/dev/block/253:0/stat", "1 0 8 0 1 0 8 0 0 0 0 0 0 0 0 0 0\n");
}

static bool are_held(void)
{
	return holds(POOL, "0\n") && holds(AGE, "5\n");
}

/* After it has watched the disks for ten seconds. */
static void start_holding(void)
{
	let_memory_be_scarce();
	let_disks_rest();
	start_daemon(ARGS());
	assert_true(aging_is("watching", 0));
	expect_untouched();
	WAIT(are_held() && w.writes[PARAM_GRANT_AGE] == 17); /* eight pulses, and it stays */
	assert_true(tree_has(&w.tree, PARAMS_SAVED));
	assert_true(holds(GRANTS, "1056\n"));
}

static void parameters_are_held_and_put_back(void **state)
{
	(void)state;
	start_holding();
	request(70, "grants - *");
	WAIT(count_responses("70 ok"));
	assert_true(are_held()); /* the window is over, and they are what they were before it */
	assert_true(tree_has(&w.tree, PARAMS_SAVED));
	stop_daemon();
	expect_all_back();
}

static void parameters_held_by_a_daemon_that_was_killed_are_put_back(void **state)
{
	(void)state;
	start_holding();
	kill_daemon();
	assert_true(are_held());
	assert_int_equal(run(daemon_path, ARGS("--restore")), 0);
	expect_all_back();
}

static void one_that_the_administrator_changes_is_the_administrators(void **state)
{
	(void)state;
	start_holding();
	tree_put(&w.tree, AGE, "30\n");
	request(71, "pool 1 *"); /* whatever comes next finds it */
	WAIT(count_responses("71 ok"));
	assert_true(holds(POOL, "0\n"));
	stop_daemon();
	assert_true(holds(POOL, "1024\n"));
	assert_true(holds(AGE, "30\n"));
	assert_false(tree_has(&w.tree, PARAMS_SAVED));
}

static void what_cannot_be_put_back_in_a_pause_is_tried_again(void **state)
{
	struct sealed s;

	(void)state;
	start_holding();
	/* the daemon may look at any time */
	tree_seal(&w.tree, POOL ".sealed", "0\n", &s);
	tree_rename(&w.tree, POOL ".sealed", POOL);
	assert_int_equal(run(cli_path, ARGS("pause")), 0);
	WAIT(strstr(w.daemon.text[ERR], "cannot set how long"));
	assert_true(holds(POOL, "0\n"));
	tree_put(&w.tree, POOL ".new", "0\n");
	tree_rename(&w.tree, POOL ".new", POOL);
	WAIT(holds(POOL, "1024\n"));
	tree_unseal(&s);
	stop_daemon();
	expect_all_back();
}

/* Its last disk is gone, and with it what shows what it is. */
static void a_patched_driver_stays_one_over_a_reload(void **state)
{
	(void)state;
	tree_put(&w.tree, PARAMS_DIR "/reclaim_unused_seconds", "5\n");
	put_native(DISK);
	start_daemon(ARGS());
	tree_drop(&w.tree, VBD_DIR);
	w.notified[0] = '\0';
	assert_int_equal(kill(w.daemon.pid, SIGHUP), 0);
	WAIT(strstr(w.notified, "READY=1"));
	sync_daemon();
	assert_null(strstr(w.daemon.text[ERR], "the mechanism is"));
	stop_daemon();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(a_native_driver_is_lent_the_time),
		T(a_reload_may_end_it),
		T(where_memory_is_plentiful_nothing_is_written),
		T(a_first_disk_is_looked_at_at_once),
		T(a_dry_run_writes_nothing),
		T(parameters_are_held_and_put_back),
		T(parameters_held_by_a_daemon_that_was_killed_are_put_back),
		T(one_that_the_administrator_changes_is_the_administrators),
		T(what_cannot_be_put_back_in_a_pause_is_tried_again),
		T(a_patched_driver_stays_one_over_a_reload),
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, world_start, world_stop);
}
