// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of the built daemon as a program: what it hears of pressure and of balloon targets, and
 * what it does then. Against a real xenstored; the tree below --root is a stub: see world.h. Waits
 * for what happens, never for time.
 */
#include "tests/world.h"

#include <string.h>
#include <sys/stat.h>

static void a_fall_of_the_balloon_target_reclaims_request_slots(void **state)
{
	(void)state;
	put_native("vbd-1-51712");
	start_daemon(ARGS());
	let_target_fall();
	WAIT(newest_is("no-gain"));
	expect_newest("cause", "balloon");
	expect_newest("level", "slots");
	expect_newest("scope", "idle");
	stop_daemon();
	expect_untouched();
}

static void a_fall_without_request_slots_is_told_of_once(void **state)
{
	(void)state;
	start_daemon(ARGS());
	let_target_fall();
	store_put(TARGET, "400000");
	sync_daemon();
	assert_int_equal(count(w.daemon.text[ERR], "only slots would"), 1);
	assert_int_equal(actions_now(), 0);
	stop_daemon();
	expect_untouched();
}

static void the_first_target_that_is_set_can_be_a_fall(void **state)
{
	(void)state;
	assert_true(xs_rm(dom0, XBT_NULL, TARGET));
	put_native("vbd-1-51712");
	start_daemon(ARGS());
	let_target_fall();
	WAIT(actions_now() == 1);
	expect_newest("cause", "balloon");
	stop_daemon();
}

/* Up, or down to what the domain has: the balloon takes no page. */
static void a_target_that_takes_nothing_is_no_fall(void **state)
{
	(void)state;
	put_native("vbd-1-51712");
	start_daemon(ARGS());
	store_put(TARGET, "800000");
	sync_daemon();
	store_put(TARGET, "600000");
	sync_daemon();
	store_put(TARGET, "-5");
	sync_daemon();
	assert_int_equal(actions_now(), 0);
	stop_daemon();
	expect_untouched();
}

/* Each action is followed by none before it was looked at, and nothing else writes parameters. */
#define ONE_ACTION                                                                                 \
	"[reclaim]\nwindow = 1s\nmin_interval = 1min\naging = no\n"                                \
	"[backoff]\nregrowth = 1s\n"

static void expect_psi_action(const char *kind, const char *cause, const char *level)
{
	struct sealed s;

	tree_put(&w.tree, CONFIG, ONE_ACTION);
	tree_seal(&w.tree, PSI_PATH, PSI_TEXT, &s);
	start_daemon(ARGS());
	expect_said(&w.daemon, ERR, "reading totals on a timer");
	assert_non_null(strstr(w.notified, "pressure by totals"));
	stall(&s, kind);
	WAIT(newest_is("no-gain"));
	expect_newest("cause", cause);
	expect_newest("level", level);
	stop_daemon();
	expect_all_back();
	assert_int_equal(w.writes[PARAM_POOL], 2);
	tree_unseal(&s);
}

static void totals_of_some_that_grow_are_soft_pressure(void **state)
{
	(void)state;
	expect_psi_action("some", "soft-pressure", "pool");
}

static void totals_of_full_that_grow_are_hard_pressure(void **state)
{
	(void)state;
	expect_psi_action("full", "hard-pressure", "grants");
	assert_int_equal(w.writes[PARAM_GRANT_AGE], AGE_WRITES);
	assert_int_equal(w.writes[PARAM_GRANTS], 0);
}

/* A third of the threshold in each of the other kind's windows. */
static void each_kind_of_totals_has_its_own_window(void **state)
{
	struct sealed s;

	(void)state;
	tree_put(&w.tree, CONFIG,
		 ONE_ACTION "[pressure]\nsome = 250ms in 10s\nfull = 500ms in 500ms\n");
	tree_seal(&w.tree, PSI_PATH, PSI_TEXT, &s);
	start_daemon(ARGS());
	for (int i = 0; i < 3; i++) {
		uint64_t end_us = now_us() + 600 * USEC_PER_MSEC;

		stall(&s, "some");
		while (now_us() < end_us)
			pump(100);
	}
	WAIT(newest_is("no-gain"));
	expect_newest("cause", "soft-pressure");
	stop_daemon();
	tree_unseal(&s);
}

static void pressure_that_is_off_is_shown_as_off(void **state)
{
	(void)state;
	tree_put(&w.tree, CONFIG, "[pressure]\nsome = off\nfull = off\n");
	start_daemon(ARGS());
	assert_non_null(strstr(w.notified, "pressure by off"));
	stop_daemon();
}

/* A look, and nothing else: parameters cannot do that. */
static void let_it_look(unsigned id)
{
	char text[32];

	request(id, "slots - *");
	(void)snprintf(text, sizeof(text), "%u error EOPNOTSUPP", id);
	WAIT(count_responses(text));
}

/* xl mem-set below the maximum, and back. The second look believes it. */
static void frames_that_are_ballooned_out_while_it_runs_are_seen(void **state)
{
	struct sealed s;

	(void)state;
	tree_put(&w.tree, LOW, "200000\n");
	tree_seal(&w.tree, PSI_PATH, PSI_TEXT, &s);
	start_daemon(ARGS());
	expect_said(&w.daemon, ERR, "reclaim gives no RAM back here: frames were ballooned out");
	tree_put(&w.tree, LOW, "0\n");
	let_it_look(35);
	let_it_look(36);
	stall(&s, "some");
	WAIT(newest_is("no-gain"));
	tree_put(&w.tree, LOW, "200000\n");
	let_it_look(37);
	let_it_look(38);
	stall(&s, "some");
	WAIT(strstr(w.daemon.text[ERR], "pressure, but reclaim gives no RAM back here: frames"));
	stop_daemon();
	tree_unseal(&s);
}

static void pressure_without_blkback_is_told_for_what_it_is(void **state)
{
	struct sealed s;

	(void)state;
	tree_drop(&w.tree, "sys/module/xen_blkback");
	tree_seal(&w.tree, PSI_PATH, PSI_TEXT, &s);
	start_daemon(ARGS());
	stall(&s, "some");
	WAIT(strstr(w.daemon.text[ERR], "pressure, but"));
	expect_said(&w.daemon, ERR, "xen_blkback");
	assert_null(strstr(w.daemon.text[ERR], "come back to it"));
	stop_daemon();
	tree_unseal(&s);
}

static void a_file_says_that_nothing_is_left_to_give_back(void **state)
{
	struct sealed s;

	(void)state;
	tree_drop(&w.tree, "sys/module/xen_blkback");
	tree_seal(&w.tree, PSI_PATH, PSI_TEXT, &s);
	start_daemon(ARGS());
	assert_false(tree_has(&w.tree, EXHAUSTED_FILE));
	stall(&s, "full");
	WAIT(strstr(w.daemon.text[ERR], "pressure, but"));
	sync_daemon();
	tree_expect(&w.tree, EXHAUSTED_FILE, "no-ram\n");
	stop_daemon();
	assert_false(tree_has(&w.tree, EXHAUSTED_FILE));

	/* that of one that was killed */
	tree_put(&w.tree, EXHAUSTED_FILE, "no-ram\n");
	assert_int_equal(run(daemon_path, ARGS("--restore")), 0);
	assert_false(tree_has(&w.tree, EXHAUSTED_FILE));
	tree_put(&w.tree, EXHAUSTED_FILE, "no-ram\n");
	start_daemon(ARGS());
	assert_false(tree_has(&w.tree, EXHAUSTED_FILE));
	stop_daemon();
	tree_unseal(&s);
}

/* Of a host with MemAvailable at 100,000 kB. */
static void less_memory_than_is_configured_is_pressure(void **state)
{
	(void)state;
	tree_put(&w.tree, CONFIG,
		 ONE_ACTION "[pressure]\nsome = off\nfull = off\navailable = 200MiB\n");
	start_daemon(ARGS());
	WAIT(newest_is("no-gain"));
	expect_newest("cause", "soft-pressure");
	stop_daemon();
	expect_all_back();
}

static void that_all_disks_are_spared_is_told_for_what_it_is(void **state)
{
	struct sealed s;

	(void)state;
	put_native("vbd-1-51712");
	put_native("vbd-2-51712");
	tree_put(&w.tree, "sys/bus/xen-backend/devices/vbd-1-51712/reclaim/squeeze_ms", "0\n");
	tree_put(&w.tree, "sys/bus/xen-backend/devices/vbd-2-51712/reclaim/squeeze_ms", "0\n");
	tree_seal(&w.tree, PSI_PATH, PSI_TEXT, &s);
	start_daemon(ARGS());
	stall(&s, "full");
	WAIT(strstr(w.daemon.text[ERR], "squeeze_ms is 0 for all of them"));
	stop_daemon();
	tree_unseal(&s);
}

/* As Debian's kernel does. */
static void put_unpopulated(void)
{
	tree_put(&w.tree, "proc/cmdline", "ro\n");
	tree_put(&w.tree, "proc/iomem",
		 "00000000-00000fff : Reserved\n80000000-87ffffff : Xen scratch\n");
}

static void request_slots_are_ram_where_grants_are_none(void **state)
{
	(void)state;
	put_unpopulated();
	put_native("vbd-1-51712");
	start_daemon(ARGS());
	sync_daemon();
	assert_null(strstr(w.daemon.text[ERR], "gives no RAM"));
	stop_daemon();
	tree_put(&w.tree, CONFIG, "[reclaim]\nmax_level = grants\n");
	start_daemon(ARGS());
	expect_said(&w.daemon, ERR, "reclaim gives no RAM back here: pages for grants");
	stop_daemon();
}

static void that_nobody_can_tell_is_said_at_start(void **state)
{
	(void)state;
	tree_put(&w.tree, "proc/cmdline", "ro\n");
	start_daemon(ARGS());
	expect_said(&w.daemon, ERR,
		    "cannot tell where this kernel takes pages for grants from: no configuration");
	stop_daemon();
}

/* No RAM comes back here. A library of the tests stands for libxenlight. */
static void start_grower(struct sealed *s)
{
	put_unpopulated();
	tree_put(&w.tree, CONFIG,
		 "[balloon]\ngrow_dom0 = 710MiB\n[pressure]\nsome = off\nfull = 50ms in 500ms\n");
	tree_seal(&w.tree, PSI_PATH, PSI_TEXT, s);
	assert_int_equal(setenv("LD_LIBRARY_PATH", stub_path, 1), 0);
	start_daemon(ARGS());
	assert_int_equal(unsetenv("LD_LIBRARY_PATH"), 0);
}

/* And nobody has set a target since dom0 started. */
/* Each time anew, as long as the pressure lasts: what it would give back is taken for given back.
 */
static void a_dry_run_goes_on_beside_the_daemon(void **state)
{
	static const char told[] = "would reclaim grants of idle disks, up to 4104 kB";
	struct child real;
	struct sealed s;

	(void)state;
	tree_put(&w.tree, CONFIG, "[backoff]\nregrowth = 1s\n");
	put_native("vbd-1-51712");
	tree_seal(&w.tree, PSI_PATH, PSI_TEXT, &s);
	start_daemon(ARGS());
	real = w.daemon;
	memset(&w.daemon, 0, sizeof(w.daemon));
	start_daemon(ARGS("--dry-run"));
	for (uint64_t us = now_us(), last_us = 0; count(w.daemon.text[ERR], told) < 4;) {
		if (now_us() - us >= PATIENCE_US)
			fail_msg("the daemon said:\n%s", w.daemon.text[ERR]);
		if (now_us() - last_us >= 500 * USEC_PER_MSEC) {
			last_us = now_us();
			stall(&s, "full");
		}
		pump(500);
	}
	stop_daemon();
	w.daemon = real;
	stop_daemon();
	tree_unseal(&s);
}

static void hard_pressure_that_cannot_be_relieved_grows_dom0(void **state)
{
	struct sealed s;

	(void)state;
	assert_true(xs_rm(dom0, XBT_NULL, TARGET));
	start_grower(&s);
	stall(&s, "full");
	WAIT(strstr(w.daemon.text[ERR], "own memory target raised to 727040 kB"));
	assert_string_equal(store_get(TARGET), "727040");
	assert_int_equal(actions_now(), 0);
	stop_daemon();
	tree_unseal(&s);
}

/* Hard pressure has been answered. */
static void expect_not_grown(struct sealed *s, const char *target)
{
	stall(s, "full");
	WAIT(strstr(w.daemon.text[ERR], "pressure, but"));
	sync_daemon();
	assert_null(strstr(w.daemon.text[ERR], "own memory target"));
	assert_string_equal(store_get(TARGET), target);
	stop_daemon();
	tree_unseal(s);
}

static void a_target_that_was_there_first_may_be_of_this_minute(void **state)
{
	struct sealed s;

	(void)state;
	start_grower(&s);
	expect_not_grown(&s, "700000");
}

static void the_first_target_that_is_set_is_an_administrators(void **state)
{
	struct sealed s;

	(void)state;
	assert_true(xs_rm(dom0, XBT_NULL, TARGET));
	start_grower(&s);
	store_put(TARGET, "710000");
	sync_daemon();
	expect_not_grown(&s, "710000");
}

static void a_target_that_is_set_meanwhile_is_seen(void **state)
{
	struct sealed s;

	(void)state;
	assert_true(xs_rm(dom0, XBT_NULL, TARGET));
	assert_int_equal(setenv("ADMIN_TARGET", "690000", 1), 0);
	start_grower(&s);
	assert_int_equal(unsetenv("ADMIN_TARGET"), 0);
	expect_not_grown(&s, "690000");
}

static void the_pressure_of_this_machine_is_listened_to(void **state)
{
	const struct threshold t = {50 * USEC_PER_MSEC, USEC_PER_SEC};
	enum psi_mode mode;
	int fd;

	(void)state;
	tree_mkdir(&w.tree, "proc/pressure");
	tree_link(&w.tree, PSI_PATH, "/" PSI_PATH);
	fd = psi_open_trigger(w.tree.root, PSI_SOME, &t, &mode);
	if (fd < 0) {
		print_message("skipped: no trigger on /" PSI_PATH ": %s\n", strerror(-fd));
		skip();
	}
	(void)close(fd);
	start_daemon(ARGS());
	assert_non_null(strstr(w.notified, "pressure by trigger"));
	stop_daemon();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(a_fall_of_the_balloon_target_reclaims_request_slots),
		T(a_fall_without_request_slots_is_told_of_once),
		T(the_first_target_that_is_set_can_be_a_fall),
		T(a_target_that_takes_nothing_is_no_fall),
		T(totals_of_some_that_grow_are_soft_pressure),
		T(totals_of_full_that_grow_are_hard_pressure),
		T(each_kind_of_totals_has_its_own_window),
		T(pressure_that_is_off_is_shown_as_off),
		T(frames_that_are_ballooned_out_while_it_runs_are_seen),
		T(pressure_without_blkback_is_told_for_what_it_is),
		T(a_file_says_that_nothing_is_left_to_give_back),
		T(less_memory_than_is_configured_is_pressure),
		T(that_all_disks_are_spared_is_told_for_what_it_is),
		T(request_slots_are_ram_where_grants_are_none),
		T(that_nobody_can_tell_is_said_at_start),
		T(a_dry_run_goes_on_beside_the_daemon),
		T(hard_pressure_that_cannot_be_relieved_grows_dom0),
		T(a_target_that_was_there_first_may_be_of_this_minute),
		T(the_first_target_that_is_set_is_an_administrators),
		T(a_target_that_is_set_meanwhile_is_seen),
		T(the_pressure_of_this_machine_is_listened_to),
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, world_start, world_stop);
}
