// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of the built daemon and command line as programs, against a real xenstored. The tree below
 * --root is a stub: plain files stand for procfs and sysfs, so parameters are set, but nothing is
 * reclaimed. Waits for what happens, never for time.
 */
#include "core/names.h"
#include "tests/process.h"
#include "tests/world.h"

#include <dirent.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <termios.h>

/* Eight pulses, then low for good, then back. */
#define AGE_WRITES (2 * 8 + 2)

/* --- life ----------------------------------------------------------------------------------- */

static void systemd_is_told_of_its_life(void **state)
{
	(void)state;
	assert_int_equal(setenv("WATCHDOG_USEC", "200000", 1), 0);
	start_daemon(ARGS());
	assert_non_null(strstr(w.notified, "STATUS=mechanism params, pressure by none; 0 actions"));
	assert_null(strstr(w.notified, "STOPPING=1"));
	WAIT(count(w.notified, "WATCHDOG=1") >= 2);
	stop_daemon();
	WAIT(strstr(w.notified, "STOPPING=1"));
	expect_untouched();
}

static void the_agent_key_stands_while_it_runs(void **state)
{
	(void)state;
	assert_string_equal(store_get(MAILBOX_AGENT), "(none)");
	start_daemon(ARGS());
	assert_string_equal(store_get(MAILBOX_AGENT), MAILBOX_VERSION);
	assert_true(tree_has(&w.tree, STATE_FILE));
	stop_daemon();
	assert_string_equal(store_get(MAILBOX_AGENT), "");
	assert_false(tree_has(&w.tree, STATE_FILE));
}

static void a_second_daemon_leaves_the_first_alone(void **state)
{
	char before[4096];

	(void)state;
	start_daemon(ARGS());
	(void)snprintf(before, sizeof(before), "%s", tree_get(&w.tree, STATE_FILE));
	assert_int_equal(run(daemon_path, ARGS()), 1);
	expect_said(&w.cli, ERR, "another xen-reclaimd runs");
	expect_one_line(&w.cli);
	tree_expect(&w.tree, STATE_FILE, before);
	assert_string_equal(store_get(MAILBOX_AGENT), MAILBOX_VERSION);
	stop_daemon();
}

static void it_lives_on_without_xenstore(void **state)
{
	struct test_xenstored other;

	(void)state;
	assert_int_equal(test_xenstored_start(&other, NULL, 0), 0);
	assert_int_equal(test_xenstored_as(&other, 0), 0);
	start_daemon(ARGS());
	assert_int_equal(test_xenstored_stop(&other), 0);
	stop_daemon();
	start_daemon(ARGS()); /* and starts without one */
	expect_said(&w.daemon, ERR, "no xenstore");
	stop_daemon();
}

static void sigterm_in_a_window_puts_everything_back(void **state)
{
	(void)state;
	start_daemon(ARGS());
	request(31, "grants 60000 *");
	WAIT(holds(POOL, "0\n") && holds(AGE, "5\n") && holds(GRANTS, "0\n"));
	stop_daemon();
	expect_all_back();
	WAIT(count_responses("31 error EIO"));
}

static void restore_makes_a_kill_in_a_window_good(void **state)
{
	(void)state;
	start_daemon(ARGS());
	request(32, "grants 60000 *");
	WAIT(holds(GRANTS, "0\n"));
	kill_daemon();
	tree_expect(&w.tree, POOL, "0\n");
	assert_int_equal(run(daemon_path, ARGS("--restore")), 0);
	expect_said(&w.cli, ERR, "put back 3 parameters");
	expect_all_back();
	assert_int_equal(run(daemon_path, ARGS("--restore")), 0);
	assert_string_equal(w.cli.text[ERR], "");
	expect_all_back();
}

static void a_new_start_makes_a_kill_in_a_window_good(void **state)
{
	(void)state;
	start_daemon(ARGS());
	request(33, "pool 60000 *");
	WAIT(holds(POOL, "0\n"));
	kill_daemon();
	store_put(MAILBOX_REQUEST, "");
	start_daemon(ARGS());
	expect_said(&w.daemon, ERR, "put back 1 parameters");
	expect_all_back();
	stop_daemon();
}

static void dry_run_changes_nothing(void **state)
{
	(void)state;
	put_native("vbd-1-51712");
	start_daemon(ARGS("--dry-run"));
	let_target_fall();
	WAIT(strstr(w.daemon.text[ERR],
		    "balloon: would reclaim slots of idle disks, up to 1248 kB (dry run)"));
	expect_untouched();
	assert_string_equal(store_get(MAILBOX_AGENT), "(none)");
	stop_daemon();
	expect_untouched();
	assert_string_equal(store_get(MAILBOX_AGENT), "(none)");
}

/* --- configuration -------------------------------------------------------------------------- */

static void check_config_says_the_line(void **state)
{
	(void)state;
	assert_int_equal(run(daemon_path, ARGS("--check-config")), 0);
	assert_string_equal(w.cli.text[ERR], "");
	tree_put(&w.tree, CONFIG, "[reclaim]\nwindow = 1\n");
	assert_int_equal(run(daemon_path, ARGS("--check-config")), EX_CONFIG);
	expect_said(&w.cli, ERR, "/" CONFIG ":2: [reclaim] window: \"1\" is not a time from");
	expect_one_line(&w.cli);
	assert_int_equal(run(daemon_path, ARGS()), EX_CONFIG);
	expect_said(&w.cli, ERR, "/" CONFIG ":2: [reclaim] window");
	expect_one_line(&w.cli);
}

/* A drop-in comes later, and a section of a domain is shown with what it sets. */
static void print_config_says_where_each_value_comes_from(void **state)
{
	(void)state;
	tree_put(&w.tree, CONFIG,
		 "[reclaim]\nidle_time = 9s\nwindow = 1s\n[domain db]\nexclude = yes\n");
	tree_put(&w.tree, CONFIG ".d/a.conf", "[reclaim]\n\nidle_time = 7 s\n");
	assert_int_equal(run(daemon_path, ARGS("--print-config")), 0);
	expect_said(&w.cli, OUT, "[pressure]\nsome = 50ms in 1s           ; default\n");
	expect_said(&w.cli, OUT, "\nidle_time = 7 s             ; /" CONFIG ".d/a.conf:3\n");
	expect_said(&w.cli, OUT, "\nwindow = 1s                 ; /" CONFIG ":3\n");
	expect_said(&w.cli, OUT, "\n[domain db]\nexclude = yes               ; /" CONFIG ":5\n");
	assert_int_equal(count(w.cli.text[OUT], "idle_time"), 1);

	/* what it prints is a configuration */
	tree_drop(&w.tree, CONFIG ".d");
	tree_put(&w.tree, CONFIG, w.cli.text[OUT]);
	assert_int_equal(run(daemon_path, ARGS("--print-config")), 0);
	expect_said(&w.cli, OUT, "\nidle_time = 7 s");
	tree_put(&w.tree, CONFIG, "[reclaim]\nwindow = 1\n");
	assert_int_equal(run(daemon_path, ARGS("--print-config")), EX_CONFIG);
	assert_string_equal(w.cli.text[OUT], "");
	expect_one_line(&w.cli);
}

/* Nobody has a reason to send them, so nobody expects that a parameter stays lowered. */
static void stray_signals_do_not_end_it(void **state)
{
	static const int strays[] = {SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM,   SIGVTALRM,
				     SIGPROF, SIGIO,   SIGPWR,	SIGSTKFLT, SIGXFSZ};

	(void)state;
	start_daemon(ARGS());
	for (size_t i = 0; i < ARRAY_SIZE(strays); i++)
		assert_int_equal(kill(w.daemon.pid, strays[i]), 0);
	assert_int_equal(kill(w.daemon.pid, SIGRTMIN), 0);
	assert_int_equal(kill(w.daemon.pid, SIGRTMAX), 0);
	sync_daemon();
	stop_daemon();
}

static void sigquit_ends_it_as_sigterm_does(void **state)
{
	(void)state;
	start_daemon(ARGS());
	assert_int_equal(kill(w.daemon.pid, SIGQUIT), 0);
	WAIT(w.daemon.pid == 0);
	assert_int_equal(exit_status(&w.daemon), 0);
	expect_said(&w.daemon, ERR, "stopped: ");
}

static void a_bad_reload_keeps_the_old_configuration(void **state)
{
	(void)state;
	put_native("vbd-1-51712");
	start_daemon(ARGS());
	tree_put(&w.tree, CONFIG, "[balloon]\nfollow = no\n[reclaim]\nwindow = 1\n");
	assert_int_equal(kill(w.daemon.pid, SIGHUP), 0);
	WAIT(strstr(w.notified, "RELOADING=1") && count(w.notified, "READY=1") == 2);
	WAIT(strstr(w.daemon.text[ERR], "the old configuration stays"));
	expect_said(&w.daemon, ERR, "/" CONFIG ":4: [reclaim] window");
	let_target_fall();
	WAIT(actions_now() == 1);
	stop_daemon();
	expect_all_back();
}

static void a_good_reload_changes_it(void **state)
{
	(void)state;
	put_native("vbd-1-51712");
	start_daemon(ARGS());
	tree_put(&w.tree, CONFIG, "[balloon]\nfollow = no\n");
	assert_int_equal(kill(w.daemon.pid, SIGHUP), 0);
	WAIT(strstr(w.daemon.text[ERR], "configuration reloaded"));
	let_target_fall();
	sync_daemon();
	assert_int_equal(actions_now(), 0);
	stop_daemon();
	expect_untouched();
}

/* --- pause ---------------------------------------------------------------------------------- */

static void a_paused_daemon_does_only_what_is_asked_for(void **state)
{
	struct json_object *o;

	(void)state;
	put_native("vbd-1-51712");
	start_daemon(ARGS());
	assert_int_equal(run(cli_path, ARGS("pause")), 0);
	WAIT(strstr(w.daemon.text[ERR], "paused: nothing is reclaimed but"));
	let_target_fall();
	sync_daemon();
	assert_int_equal(actions_now(), 0);
	o = state_now();
	assert_true(json_object_get_boolean(member(o, "paused")));
	assert_string_equal(string(member(o, "aging"), "why"), "paused");
	(void)json_object_put(o);
	assert_int_equal(run(cli_path, ARGS("trigger", "--level=slots")), 0);
	assert_int_equal(actions_now(), 1);
	stop_daemon();
}

static void a_pause_outlives_the_daemon_until_it_is_ended(void **state)
{
	(void)state;
	start_daemon(ARGS());
	assert_int_equal(run(cli_path, ARGS("pause")), 0);
	WAIT(strstr(w.daemon.text[ERR], "paused: "));
	stop_daemon();
	assert_int_equal(run(cli_path, ARGS("resume")), 3);
	start_daemon(ARGS());
	expect_said(&w.daemon, ERR, "starts paused");
	assert_int_equal(kill(w.daemon.pid, SIGHUP), 0);
	WAIT(strstr(w.daemon.text[ERR], "configuration reloaded"));
	assert_int_equal(run(cli_path, ARGS("status")), 0);
	expect_said(&w.cli, OUT, "xen-reclaim resume ends it");
	assert_int_equal(run(cli_path, ARGS("resume")), 0);
	WAIT(strstr(w.daemon.text[ERR], "goes on"));
	stop_daemon();
	start_daemon(ARGS());
	assert_null(strstr(w.daemon.text[ERR], "starts paused"));
	stop_daemon();
}

/* --- metrics -------------------------------------------------------------------------------- */

#define METRICS	     "run/xen-reclaim/xen-reclaim.prom"
#define WITH_METRICS "[backoff]\nregrowth = 1s\n[metrics]\nfile = /" METRICS "\n"

static bool metrics_say(const char *line)
{
	return tree_has(&w.tree, METRICS) && strstr(tree_get(&w.tree, METRICS), line);
}

static void metrics_stand_while_it_runs(void **state)
{
	(void)state;
	tree_put(&w.tree, CONFIG, WITH_METRICS);
	start_daemon(ARGS());
	assert_true(metrics_say("\nxen_reclaim_mechanism_info{mechanism=\"params\"} 1\n"));
	assert_true(metrics_say("\nxen_reclaim_held_bytes 102400000\n"));
	request(31, "grants - *");
	WAIT(metrics_say(
		"{cause=\"request\",level=\"grants\",scope=\"all\",verdict=\"no-gain\"} 1\n"));
	stop_daemon();
	assert_false(tree_has(&w.tree, METRICS));
}

/* Whoever reads them is another user, and the unit has UMask=0077. */
static void metrics_are_for_everybody_to_read(void **state)
{
	mode_t mask = umask(0077);
	struct stat st;

	(void)state;
	tree_put(&w.tree, CONFIG, WITH_METRICS);
	start_daemon(ARGS());
	(void)umask(mask);
	assert_int_equal(fstatat(w.tree.root, METRICS, &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	stop_daemon();
}

static void metrics_of_a_killed_daemon_are_removed(void **state)
{
	(void)state;
	tree_put(&w.tree, CONFIG, WITH_METRICS);
	start_daemon(ARGS());
	kill_daemon();
	assert_true(tree_has(&w.tree, METRICS));
	assert_int_equal(run(daemon_path, ARGS("--restore")), 0);
	assert_false(tree_has(&w.tree, METRICS));
}

static void a_reload_moves_the_metrics(void **state)
{
	(void)state;
	tree_put(&w.tree, CONFIG, WITH_METRICS);
	start_daemon(ARGS());
	tree_put(&w.tree, CONFIG, "[metrics]\nfile = /run/xen-reclaim/other.prom\n");
	assert_int_equal(kill(w.daemon.pid, SIGHUP), 0);
	WAIT(tree_has(&w.tree, "run/xen-reclaim/other.prom"));
	assert_false(tree_has(&w.tree, METRICS));
	tree_put(&w.tree, CONFIG, "[metrics]\nfile = off\n");
	assert_int_equal(kill(w.daemon.pid, SIGHUP), 0);
	WAIT(count(w.daemon.text[ERR], "configuration reloaded") == 2);
	assert_false(tree_has(&w.tree, "run/xen-reclaim/other.prom"));
	stop_daemon();
}

/* As a full or a read-only directory does; and all else goes on. */
static void metrics_that_cannot_be_written_are_told_of_once(void **state)
{
	(void)state;
	tree_put(&w.tree, CONFIG, WITH_METRICS);
	tree_mkdir(&w.tree, METRICS ".new");
	start_daemon(ARGS());
	expect_said(&w.daemon, ERR, "cannot write metrics to /" METRICS ": Is a directory");
	request(32, "pool - *");
	WAIT(newest_is("no-gain"));
	sync_daemon();
	assert_int_equal(count(w.daemon.text[ERR], "cannot write metrics"), 1);
	stop_daemon();
	expect_all_back();
}

static void the_file_of_another_program_is_left_alone(void **state)
{
	static const char theirs[] = "# HELP node_zfs_x x\nnode_zfs_x 1\n";

	(void)state;
	tree_put(&w.tree, CONFIG, WITH_METRICS);
	tree_put(&w.tree, METRICS, theirs);
	start_daemon(ARGS());
	expect_said(&w.daemon, ERR, "cannot write metrics to /" METRICS ": it is another program");
	stop_daemon();
	assert_int_equal(run(daemon_path, ARGS("--restore")), 0);
	tree_expect(&w.tree, METRICS, theirs);
}

static void domains_have_their_names_in_the_metrics(void **state)
{
	static const char *const files[] = {"idle_ms", "pool_pages", "persistent_pages", "slot_kb"};
	char path[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void)snprintf(path, sizeof(path), VBD_DIR "/vbd-2-51712/reclaim/%s", files[i]);
		tree_put(&w.tree, path, "5\n");
	}
	tree_put(&w.tree, VBD_DIR "/vbd-2-51712/reclaim/levels", "pool grants slots\n");
	store_put("/local/domain/2/name", "web-1");
	tree_put(&w.tree, CONFIG, WITH_METRICS);
	start_daemon(ARGS());
	assert_true(metrics_say("{domid=\"2\",name=\"web-1\",kind=\"pool\"} 20480\n"));
	assert_true(metrics_say("{domid=\"2\",name=\"web-1\",kind=\"slots\"} 5120\n"));
	stop_daemon();
}

static void a_dry_run_writes_no_metrics(void **state)
{
	(void)state;
	tree_put(&w.tree, CONFIG, WITH_METRICS);
	start_daemon(ARGS("--dry-run"));
	assert_false(tree_has(&w.tree, METRICS));
	stop_daemon();
}

/* --- sources -------------------------------------------------------------------------------- */

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

/* The text of a pressure file whose totals can grow without a moment in between. */
#define PSI_TEXT                                                                                   \
	"some avg10=0.00 avg60=0.00 avg300=0.00 total=00000000\n"                                  \
	"full avg10=0.00 avg60=0.00 avg300=0.00 total=00000000\n"

/* 100 ms of stall: the threshold is 50 ms. */
static void stall(struct sealed *s, const char *kind)
{
	char *total = strstr(strstr(s->text, kind), "total=") + strlen("total=");

	for (char *digit = total + 2; ++*digit > '9'; digit--)
		*digit = '0';
}

/* Each action is followed by none before it was looked at. */
#define ONE_ACTION                                                                                 \
	"[reclaim]\nwindow = 1s\nmin_interval = 1min\n"                                            \
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

/* --- the mailbox ---------------------------------------------------------------------------- */

static void a_trigger_is_carried_out_and_answered(void **state)
{
	struct json_object *o;

	(void)state;
	start_daemon(ARGS());
	spawn(&w.cli, cli_path, ARGS("trigger", "--window=3000"));
	WAIT(holds(GRANTS, "0\n"));
	tree_expect(&w.tree, POOL, "0\n");
	tree_put(&w.tree, CURRENT, "650000\n"); /* memory comes back */
	WAIT(w.cli.pid == 0);
	assert_int_equal(exit_status(&w.cli), 0);
	assert_string_equal(w.cli.text[OUT], "50000 kB back from 2 disks\n");
	assert_string_equal(w.cli.text[ERR], "");
	expect_all_back();
	assert_int_equal(w.writes[PARAM_POOL], 2);
	assert_int_equal(w.writes[PARAM_GRANT_AGE], AGE_WRITES);
	assert_int_equal(w.writes[PARAM_GRANTS], 9);
	WAIT(w.n_responses > 0 && strstr(w.responses[w.n_responses - 1], " ok 2 50000"));
	assert_string_equal(store_get(MAILBOX_REQUEST), "");
	WAIT(newest_is("helped"));
	o = state_now();
	assert_int_equal(number(o, "helped"), 1);
	assert_int_equal(number(o, "lasting_kb"), 50000);
	(void)json_object_put(o);
	stop_daemon();
}

static void a_trigger_at_level_pool_leaves_the_grants(void **state)
{
	(void)state;
	start_daemon(ARGS());
	assert_int_equal(run(cli_path, ARGS("trigger", "--level=pool")), 0);
	stop_daemon();
	expect_all_back();
	assert_int_equal(w.writes[PARAM_POOL], 2);
	assert_int_equal(w.writes[PARAM_GRANT_AGE], 0);
	assert_int_equal(w.writes[PARAM_GRANTS], 0);
}

static void what_parameters_cannot_do_is_refused(void **state)
{
	static const char *const args[][4] = {
		{"trigger", "1"}, {"trigger", "1/51712"}, {"trigger", "--level=slots"}};

	(void)state;
	start_daemon(ARGS());
	for (size_t i = 0; i < ARRAY_SIZE(args); i++) {
		assert_int_equal(run(cli_path, args[i]), 1);
		expect_said(&w.cli, ERR, "parameters of xen_blkback reach the whole host");
		expect_one_line(&w.cli);
		assert_string_equal(w.cli.text[OUT], "");
	}
	stop_daemon();
	expect_untouched();
}

/* One name is the beginning of another. */
static void a_domain_can_be_named(void)
{
	static const char disk[] = "sys/bus/xen-backend/devices/vbd-1-51712/reclaim/trigger";
	struct json_object *o;

	store_put("/local/domain/1/name", "db");
	store_put("/local/domain/2/name", "db2");
	assert_int_equal(run(cli_path, ARGS("trigger", "--level=grants", "--json", "db")), 0);
	o = parse(w.cli.text[OUT]);
	assert_int_equal(json_object_get_int64(member(o, "disks")), 1);
	assert_int_equal(json_object_get_int64(member(o, "back_kb")), 0);
	(void)json_object_put(o);
	tree_expect(&w.tree, disk, "grants");
	assert_int_equal(run(cli_path, ARGS("trigger", "--level=slots", "db/51712")), 0);
	tree_expect(&w.tree, disk, "slots");
	assert_int_equal(run(cli_path, ARGS("trigger", "db/51728")), 1);
	expect_said(&w.cli, ERR, "no such domain or disk");
	assert_int_equal(run(cli_path, ARGS("trigger", "d")), 1);
	expect_said(&w.cli, ERR, "\"d\" names no domain that has a disk here");
	assert_int_equal(run(cli_path, ARGS("trigger", "db/x")), 1);
	expect_one_line(&w.cli);
	assert_int_equal(run(cli_path, ARGS("trigger", "1 2")), 1);
	expect_said(&w.cli, ERR, "\"1 2\" names no domain that has a disk here");
}

/* Here nothing comes back, so it asks all of them, and then says that it is not enough. */
static void a_need_is_asked_for_from_one_disk_after_the_other(void **state)
{
	static const char idle[] = "sys/bus/xen-backend/devices/vbd-2-51712/reclaim/trigger";

	(void)state;
	put_native("vbd-1-51712");
	put_native("vbd-2-51712");
	start_daemon(ARGS());
	assert_int_equal(run(cli_path, ARGS("trigger", "--level=slots", "--need=1")), 1);
	assert_string_equal(w.cli.text[OUT], "0 kB back from 2 disks\n");
	expect_said(&w.cli, ERR, "less came back than the 1024 kB that are needed");
	tree_expect(&w.tree, idle, "slots");
	assert_int_equal(actions_now(), 2);
	assert_int_equal(run(cli_path, ARGS("trigger", "--need=1", "2")), 2);
	stop_daemon();
}

static void one_disk_is_told_where_the_kernel_offers_it(void **state)
{
	(void)state;
	start_daemon(ARGS());
	put_native("vbd-1-51712"); /* comes while the daemon runs */
	put_native("vbd-2-51712");
	assert_int_equal(run(cli_path, ARGS("trigger", "--level=slots", "2/51712")), 0);
	assert_string_equal(w.cli.text[OUT], "0 kB back from 1 disks\n");
	tree_expect(&w.tree, "sys/bus/xen-backend/devices/vbd-1-51712/reclaim/trigger", "");
	tree_expect(&w.tree, "sys/bus/xen-backend/devices/vbd-2-51712/reclaim/trigger", "slots");
	expect_said(&w.daemon, ERR, "the mechanism is native now");
	assert_int_equal(run(cli_path, ARGS("trigger", "2/51728")), 1);
	expect_said(&w.cli, ERR, "no such domain or disk");
	a_domain_can_be_named();
	assert_int_equal(run(cli_path, ARGS("status")), 0);
	expect_said(&w.cli, OUT, "mechanism   native");
	expect_said(&w.cli, OUT, "SLOTS(kB)");
	stop_daemon();
	expect_untouched();
}

static void an_excluded_domain_is_left_alone(void **state)
{
	(void)state;
	store_put("/local/domain/1/name", "db");
	store_put("/local/domain/2/name", "web");
	tree_put(&w.tree, CONFIG, "[domain web]\nexclude = yes\n[domain db]\nwindow = 700ms\n");
	put_native("vbd-1-51712");
	put_native("vbd-2-51712");
	start_daemon(ARGS());
	let_target_fall();
	WAIT(actions_now() == 1);
	sync_daemon();
	tree_expect(&w.tree, "sys/bus/xen-backend/devices/vbd-1-51712/reclaim/trigger",
		    "pool grants slots 700");
	tree_expect(&w.tree, "sys/bus/xen-backend/devices/vbd-2-51712/reclaim/trigger", "");
	stop_daemon();
	expect_untouched();
}

static void parameters_are_left_alone_where_a_domain_is_excluded(void **state)
{
	struct sealed s;

	(void)state;
	tree_seal(&w.tree, PSI_PATH, PSI_TEXT, &s);
	store_put("/local/domain/1/name", "db");
	store_put("/local/domain/2/name", "web");
	tree_put(&w.tree, CONFIG, "[domain web]\nexclude = yes\n");
	start_daemon(ARGS());
	stall(&s, "full");
	WAIT(strstr(w.daemon.text[ERR], "pressure, but"));
	sync_daemon();
	assert_int_equal(actions_now(), 0);
	tree_put(&w.tree, CONFIG, "[domain web]\nwindow = 1s\n");
	w.notified[0] = '\0';
	assert_int_equal(kill(w.daemon.pid, SIGHUP), 0);
	WAIT(strstr(w.notified, "READY=1"));
	stall(&s, "full");
	WAIT(actions_now() == 1);
	stop_daemon();
	tree_unseal(&s);
}

static void parameters_leave_the_grants_of_the_domain_that_rests_longest(void **state)
{
	(void)state;
	store_put("/local/domain/1/name", "db");
	store_put("/local/domain/2/name", "web");
	tree_put(&w.tree, CONFIG, "[domain db]\nidle_time = 20s\n");
	start_daemon(ARGS());
	request(34, "grants 2000 *");
	WAIT(holds(AGE, "20\n"));
	WAIT(count_responses("34 ok"));
	stop_daemon();
	expect_all_back();
}

static void without_blkback_a_trigger_is_refused(void **state)
{
	(void)state;
	tree_drop(&w.tree, "sys/module/xen_blkback");
	start_daemon(ARGS());
	assert_int_equal(run(cli_path, ARGS("trigger")), 1);
	expect_said(&w.cli, ERR, "nothing gives memory back here: xen-reclaim doctor tells why");
	assert_int_equal(run(cli_path, ARGS("trigger", "--level=pool")), 1);
	expect_said(&w.cli, ERR, "the mechanism in use cannot do that");
	stop_daemon();
}

/* Others have the mailbox, and the daemon is at work for them. */
static void a_trigger_waits_for_its_turn(void **state)
{
	(void)state;
	start_daemon(ARGS());
	request(36, "pool 60000 *");
	WAIT(count_responses("36 accepted"));
	assert_int_equal(run(cli_path, ARGS("trigger", "--level=pool", "--timeout=1")), 1);
	assert_string_equal(w.cli.text[ERR], "xen-reclaim: other requests came first for 1 s\n");
	assert_non_null(strstr(store_get(MAILBOX_REQUEST), "36 pool"));
	stop_daemon();
	assert_int_equal(count_responses("36 error EIO"), 1);
	expect_all_back();
}

/* What one that was killed has left costs the next one a few seconds, and then it has its turn. */
static void a_trigger_overwrites_what_was_left_behind(void **state)
{
	(void)state;
	start_daemon(ARGS());
	request(37, "pool 1 *");
	WAIT(count_responses("37 ok"));
	assert_int_equal(run(cli_path, ARGS("trigger", "--level=pool", "--timeout=30")), 0);
	assert_string_equal(store_get(MAILBOX_REQUEST), "");
	stop_daemon();
}

static void a_trigger_that_gives_up_takes_its_request_back(void **state)
{
	(void)state;
	start_daemon(ARGS());
	assert_int_equal(
		run(cli_path, ARGS("trigger", "--level=pool", "--window=60000", "--timeout=1")), 1);
	assert_string_equal(w.cli.text[ERR], "xen-reclaim: no response within 1 s\n");
	assert_string_equal(store_get(MAILBOX_REQUEST), "");
	assert_int_equal(run(cli_path, ARGS("trigger", "--level=pool")), 1);
	expect_said(&w.cli, ERR, "another request is being carried out");
	stop_daemon();
	expect_all_back();
}

static void a_trigger_that_is_interrupted_takes_its_request_back(void **state)
{
	(void)state;
	start_daemon(ARGS());
	spawn(&w.cli, cli_path, ARGS("trigger", "--level=pool", "--window=60000", "--timeout=100"));
	WAIT(holds(POOL, "0\n"));
	assert_int_equal(kill(w.cli.pid, SIGINT), 0);
	WAIT(w.cli.pid == 0);
	assert_int_equal(exit_status(&w.cli), 1);
	assert_string_equal(w.cli.text[ERR],
			    "xen-reclaim: interrupted: the request is taken back\n");
	assert_string_equal(store_get(MAILBOX_REQUEST), "");
	stop_daemon();
	expect_all_back();
}

/* In its place somebody else answers, or nobody. */
static void a_trigger_checks_who_is_there(void **state)
{
	(void)state;
	start_daemon(ARGS());
	store_put(MAILBOX_AGENT, "1");
	assert_int_equal(run(cli_path, ARGS("trigger")), 1);
	expect_said(&w.cli, ERR, "another version of the mailbox's protocol");
	store_put(MAILBOX_AGENT, MAILBOX_VERSION);
	assert_int_equal(kill(w.daemon.pid, SIGSTOP), 0);
	assert_int_equal(run(cli_path, ARGS("trigger", "--timeout=600")), 1);
	assert_string_equal(w.cli.text[ERR], "xen-reclaim: xen-reclaimd does not answer\n");
	assert_string_equal(store_get(MAILBOX_REQUEST), "");
	assert_int_equal(kill(w.daemon.pid, SIGCONT), 0);
	stop_daemon();
}

static void without_the_daemon_a_trigger_says_so(void **state)
{
	(void)state;
	assert_int_equal(run(cli_path, ARGS("trigger")), 3);
	expect_said(&w.cli, ERR, "the daemon is not running");
	start_daemon(ARGS());
	stop_daemon();
	assert_int_equal(run(cli_path, ARGS("trigger")), 3);
	start_daemon(ARGS());
	kill_daemon(); /* the agent key still stands */
	assert_string_equal(store_get(MAILBOX_AGENT), MAILBOX_VERSION);
	assert_int_equal(run(cli_path, ARGS("trigger")), 3);
	expect_one_line(&w.cli);
}

/* Who asked still waits: the next life of the daemon tells that it was lost, after putting back
 * what the first left. */
static void a_daemon_killed_over_a_request_answers_it_in_its_next_life(void **state)
{
	(void)state;
	start_daemon(ARGS());
	store_put(MAILBOX_REQUEST, "70 pool 5000 *");
	WAIT(holds(POOL, "0\n"));
	WAIT(count_responses("70 accepted"));
	kill_daemon();
	assert_int_equal(count_responses("70 "), 1);
	start_daemon(ARGS());
	WAIT(count_responses("70 error ETIME"));
	expect_all_back();
	sync_daemon();
	assert_int_equal(count_responses("70 "), 2);
	assert_int_equal(actions_now(), 0);
	stop_daemon();
}

static void malformed_requests_are_answered(void **state)
{
	static const struct {
		const char *request;
		const char *response;
	} cases[] = {
		{"junk", "0 error EINVAL"},
		{"51", "51 error EINVAL"},
		{"0 pool - *", "0 error EINVAL"},
		{"52 pool -", "52 error EINVAL"},
		{"53 pool - * ", "53 error EINVAL"},
		{"54  pool - *", "54 error EINVAL"},
		{"55 most - *", "55 error EINVAL"},
		{"56 pool 0 *", "56 error ERANGE"},
		{"57 pool - 32752", "57 error ERANGE"},
		{"58 pool - -1", "58 error EINVAL"},
		{"59 slots - *", "59 error EOPNOTSUPP"},
		{"60 pool - 1", "60 error EOPNOTSUPP"},
		{"61 grants 1299 *", "61 error ERANGE"},
	};
	char text[3000];

	(void)state;
	start_daemon(ARGS());
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		store_put(MAILBOX_REQUEST, cases[i].request);
		WAIT(count_responses(cases[i].response));
	}
	for (size_t len = MAILBOX_MAX_CHARS + 1; len < sizeof(text); len *= 4) {
		unsigned n = w.n_responses;

		(void)snprintf(text, sizeof(text), "61 %0*d pool - *", (int)len - 12, 7);
		store_put(MAILBOX_REQUEST, text);
		WAIT(w.n_responses > n);
		assert_string_equal(w.responses[n], "0 error EINVAL");
	}
	stop_daemon();
	expect_untouched();
}

/* It lies there when the daemon starts: that is read before anything that comes later. */
static void what_was_asked_before_the_start_is_not_carried_out(void **state)
{
	(void)state;
	store_put(MAILBOX_REQUEST, "62 pool - *");
	put_native("vbd-1-51712");
	start_daemon(ARGS());
	WAIT(count_responses("62 error ETIME"));
	let_target_fall();
	WAIT(newest_is("no-gain"));
	expect_newest("cause", "balloon");
	assert_int_equal(actions_now(), 1);
	assert_int_equal(w.n_responses, 1);
	stop_daemon();
}

/* Nor is one that the last life has answered told of again. */
static void an_answer_of_an_earlier_life_stands(void **state)
{
	(void)state;
	store_put(MAILBOX_REQUEST, "63 pool - *");
	store_put(MAILBOX_RESPONSE, "63 ok 2 10");
	start_daemon(ARGS());
	sync_daemon();
	assert_string_equal(w.responses[0], "63 ok 2 10");
	assert_int_equal(count_responses("63 "), 1);
	assert_int_equal(actions_now(), 0);
	stop_daemon();
}

/* Before it could begin: min_interval is still to pass. */
static void a_request_that_is_taken_back_is_not_carried_out(void **state)
{
	(void)state;
	tree_put(&w.tree, CONFIG, "[reclaim]\nmin_interval = 3s\n");
	start_daemon(ARGS());
	request(75, "pool 1 *");
	WAIT(count_responses("75 ok"));
	request(76, "pool 1 *");
	WAIT(count_responses("76 accepted"));
	store_put(MAILBOX_REQUEST, "");
	request(77, "pool 1 *");
	WAIT(count_responses("77 ok"));
	assert_int_equal(count_responses("76 "), 1);
	assert_int_equal(actions_now(), 2);
	stop_daemon();
}

static void one_request_is_served_at_a_time(void **state)
{
	(void)state;
	start_daemon(ARGS());
	request(71, "pool 3000 *");
	WAIT(holds(POOL, "0\n"));
	request(71, "pool 3000 *"); /* the one that is being served, once more */
	WAIT(count_responses("71 ok 2 0"));
	assert_int_equal(count_responses("71 ok"), 1);
	request(74, "pool 3000 *");
	WAIT(holds(POOL, "0\n"));
	request(72, "pool - *"); /* whoever asked for the one before has given up */
	WAIT(count_responses("72 error EBUSY"));
	WAIT(holds(POOL, "1024\n"));
	sync_daemon();
	assert_int_equal(count_responses("74 ok"), 0);
	assert_int_equal(count_responses("72 ok"), 0);
	assert_int_equal(actions_now(), 2);
	assert_int_equal(w.writes[PARAM_POOL], 4);
	stop_daemon();
}

/* Not with what another action gave, and not before its own is done. */
static void a_request_that_had_to_wait_gets_its_own_answer(void **state)
{
	struct sealed s;

	(void)state;
	tree_seal(&w.tree, PSI_PATH, PSI_TEXT, &s);
	tree_put(&w.tree, CONFIG, "[reclaim]\nwindow = 2s\n");
	start_daemon(ARGS());
	stall(&s, "full");
	WAIT(holds(POOL, "0\n"));
	request(73, "pool 500 *");
	WAIT(count_responses("73 ok"));
	pump(0);
	assert_int_equal(count_responses("73 ok 2 0"), 1);
	assert_int_equal(w.writes[PARAM_POOL], 4);
	expect_newest("cause", "request");
	assert_int_equal(actions_now(), 2);
	stop_daemon();
	tree_unseal(&s);
	expect_all_back();
}

static void a_guest_cannot_use_the_mailbox(void **state)
{
	static const char *const keys[] = {MAILBOX_REQUEST, MAILBOX_RESPONSE, MAILBOX_AGENT, TARGET,
					   "blkback-reclaim"};
	struct xs_handle *guest;

	(void)state;
	start_daemon(ARGS());
	assert_int_equal(test_xenstored_as(&xenstored, 1), 0);
	guest = xs_open(0);
	assert_int_equal(test_xenstored_as(&xenstored, 0), 0);
	assert_non_null(guest);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), "/local/domain/0/%s", keys[i]);
		errno = 0;
		assert_false(xs_write(guest, XBT_NULL, path, "1 pool - *", 10));
		assert_int_equal(errno, EACCES);
		errno = 0;
		assert_false(xs_rm(guest, XBT_NULL, path));
		assert_int_equal(errno, EACCES);
		errno = 0;
		assert_null(xs_read(guest, XBT_NULL, path, NULL));
		assert_int_equal(errno, EACCES);
	}
	/* its own mailbox is nobody's */
	assert_true(xs_write(guest, XBT_NULL, "data/" MAILBOX_REQUEST, "1 pool - *", 10));
	xs_close(guest);
	sync_daemon();
	assert_int_equal(actions_now(), 0);
	assert_int_equal(count_responses("1 "), 0);
	stop_daemon();
	expect_untouched();
}

/* --- a driver domain ------------------------------------------------------------------------ */

#define DRIVER_DOMAIN	   1
#define IN_DRIVER(node)	   "/local/domain/1/" node
#define MAILBOX_OF_DRIVER  IN_DRIVER("blkback-reclaim")
#define REQUEST_TO_DRIVER  IN_DRIVER(MAILBOX_REQUEST)
#define RESPONSE_OF_DRIVER IN_DRIVER(MAILBOX_RESPONSE)

static void make_node(const char *path, unsigned owner)
{
	struct xs_permissions perms[] = {
		{.id = owner, .perms = XS_PERM_NONE},
		{.id = DRIVER_DOMAIN, .perms = XS_PERM_READ},
	};

	store_put(path, "");
	assert_true(xs_set_permissions(dom0, XBT_NULL, path, perms, ARRAY_SIZE(perms)));
}

/* As libxl makes them for driver_domain=1. */
static void make_mailbox(void)
{
	make_node(MAILBOX_OF_DRIVER, 0);
	make_node(REQUEST_TO_DRIVER, 0);
	make_node(RESPONSE_OF_DRIVER, DRIVER_DOMAIN);
	make_node(IN_DRIVER(MAILBOX_AGENT), DRIVER_DOMAIN);
	store_wakes(RESPONSE_OF_DRIVER);
}

/* What is spawned from here on speaks as the driver domain, until the end of the test. */
static void enter_driver_domain(void)
{
	make_node(IN_DRIVER("domid"), 0);
	store_put(IN_DRIVER("domid"), "1");
	make_node(IN_DRIVER(TARGET), 0);
	store_put(IN_DRIVER(TARGET), "700000");
	assert_int_equal(test_xenstored_as(&xenstored, DRIVER_DOMAIN), 0);
}

static int leave_driver_domain(void **state)
{
	assert_int_equal(test_xenstored_as(&xenstored, 0), 0);
	(void)xs_unwatch(dom0, RESPONSE_OF_DRIVER, RESPONSE_OF_DRIVER);
	(void)xs_rm(dom0, XBT_NULL, MAILBOX_OF_DRIVER);
	(void)xs_rm(dom0, XBT_NULL, IN_DRIVER(MAILBOX_OWN("blkback-reclaim")));
	(void)xs_rm(dom0, XBT_NULL, IN_DRIVER("domid"));
	return world_teardown(state);
}

#define T_DRIVER(name) cmocka_unit_test_setup_teardown(name, world_setup, leave_driver_domain)

static bool driver_responds(const char *text)
{
	return strncmp(store_get(RESPONSE_OF_DRIVER), text, strlen(text)) == 0;
}

static void a_driver_domain_is_asked_by_dom0_and_from_within(void **state)
{
	(void)state;
	make_mailbox();
	enter_driver_domain();
	start_daemon(ARGS());
	assert_string_equal(store_get(IN_DRIVER(MAILBOX_AGENT)), MAILBOX_VERSION);
	store_put(REQUEST_TO_DRIVER, "81 pool - *");
	WAIT(driver_responds("81 ok 2 "));
	assert_int_equal(run(cli_path, ARGS("trigger", "--level=pool")), 0);
	assert_true(driver_responds("81 ok 2 ")); /* the toolstack's mailbox is its own */
	assert_string_equal(store_get(REQUEST_TO_DRIVER), "81 pool - *");
	assert_int_equal(actions_now(), 2);
	stop_daemon();
	assert_string_equal(store_get(IN_DRIVER(MAILBOX_AGENT)), "");
	assert_string_equal(store_get(IN_DRIVER(MAILBOX_OWN(MAILBOX_AGENT))), "");
	assert_string_equal(store_get(MAILBOX_AGENT), "(none)");
	expect_all_back();
}

static void a_mailbox_of_its_own_that_it_cannot_make_leaves_the_other(void **state)
{
	(void)state;
	make_mailbox();
	make_node(IN_DRIVER("data"), 0);
	enter_driver_domain();
	start_daemon(ARGS());
	expect_said(&w.daemon, ERR, "xenstore refuses the mailbox data/blkback-reclaim");
	store_put(REQUEST_TO_DRIVER, "86 pool - *");
	WAIT(driver_responds("86 ok 2 "));
	stop_daemon();
	assert_string_equal(store_get(IN_DRIVER(MAILBOX_AGENT)), "");
	make_node(IN_DRIVER("data"), DRIVER_DOMAIN);
}

/* xenstored's default for a domain is 1,000 nodes. */
static void a_domain_out_of_quota_serves_what_it_can(void **state)
{
	char path[64];

	(void)state;
	make_mailbox();
	make_node(IN_DRIVER("data"), DRIVER_DOMAIN);
	for (int i = 0; i < 1001; i++) {
		(void)snprintf(path, sizeof(path), IN_DRIVER("data/full/%d"), i);
		make_node(path, DRIVER_DOMAIN);
	}
	enter_driver_domain();
	start_daemon(ARGS());
	expect_said(&w.daemon, ERR, "this domain's quota): requests there are not served");
	store_put(REQUEST_TO_DRIVER, "87 pool - *");
	WAIT(driver_responds("87 ok 2 "));
	stop_daemon();
	assert_true(xs_rm(dom0, XBT_NULL, IN_DRIVER("data/full")));
}

/* An HVM domain: xenstore's target has 20,000 kB that Linux does not see, and the kernel's has not.
 */
static void falls_are_compared_on_one_scale(void **state)
{
	(void)state;
	make_mailbox();
	enter_driver_domain();
	store_put(IN_DRIVER(TARGET), "720000");
	put_native("vbd-1-51712");
	start_daemon(ARGS());
	store_put(IN_DRIVER(TARGET), "625000"); /* 605,000 of the kernel's, which has 600,000 */
	store_put(REQUEST_TO_DRIVER, "85 pool - *");
	WAIT(driver_responds("85 ok"));
	assert_int_equal(actions_now(), 1);
	store_put(IN_DRIVER(TARGET), "610000");
	WAIT(actions_now() == 2);
	expect_newest("cause", "balloon");
	stop_daemon();
}

/* What stands in the one mailbox still is no new request since the other had one. */
static void each_mailbox_is_served_once_for_each_request(void **state)
{
	(void)state;
	make_mailbox();
	enter_driver_domain();
	start_daemon(ARGS());
	store_put(REQUEST_TO_DRIVER, "82 pool - *");
	WAIT(driver_responds("82 ok 2 "));
	assert_int_equal(run(cli_path, ARGS("trigger", "--level=pool")), 0);
	store_put(REQUEST_TO_DRIVER, "82 pool - *");
	store_put(REQUEST_TO_DRIVER, "83 x");
	WAIT(driver_responds("83 error EINVAL"));
	assert_int_equal(actions_now(), 2);
	stop_daemon();
}

/* It cannot tell whether it is the excluded domain's: it leaves all disks alone, and says so. */
static void a_driver_domain_with_an_excluded_domain_acts_on_requests_alone(void **state)
{
	(void)state;
	tree_put(&w.tree, CONFIG, "[domain db]\nexclude = yes\n");
	store_put("/local/domain/1/name", "db"); /* which it cannot read */
	store_put("/local/domain/2/name", "web");
	make_mailbox();
	enter_driver_domain();
	put_native("vbd-1-51712");
	put_native("vbd-2-51712");
	start_daemon(ARGS());
	expect_said(&w.daemon, ERR, "cannot read whose disks it serves");
	store_put(IN_DRIVER(TARGET), "500000");
	store_put(REQUEST_TO_DRIVER, "84 pool - *");
	WAIT(driver_responds("84 ok 2 "));
	WAIT(strstr(w.daemon.text[ERR], "only slots would"));
	assert_int_equal(actions_now(), 1);
	expect_newest("cause", "request");
	stop_daemon();
	expect_all_back();
}

/* Made by a toolstack that knows nothing of this. */
static void a_driver_domain_without_the_toolstacks_mailbox_has_its_own(void **state)
{
	(void)state;
	enter_driver_domain();
	put_native("vbd-1-51712");
	put_native("vbd-2-51712");
	start_daemon(ARGS());
	expect_said(&w.daemon, ERR, "dom0's toolstack made no mailbox for this domain");
	assert_int_equal(run(cli_path, ARGS("trigger", "--level=pool")), 0);
	store_put(IN_DRIVER(TARGET), "500000");
	WAIT(actions_now() == 2);
	expect_newest("cause", "balloon");
	stop_daemon();
	expect_all_back();
}

/* --- the command line ----------------------------------------------------------------------- */

/* What the daemon has used so far. */
struct usage {
	uint64_t anon_kb;
	unsigned fds;
	uint64_t reads;
};

static struct usage usage_now(void)
{
	struct usage u = {
		.anon_kb = process_number(w.daemon.pid, "status", "RssAnon:"),
		.reads = process_number(w.daemon.pid, "io", "syscr:"),
	};
	char path[64];
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", w.daemon.pid);
	dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir))
		u.fds++;
	(void)closedir(dir);
	return u;
}

/* Each round is a target and a request that the daemon reads, and the answer to this. */
static void go_round(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		w.n_responses = 0;
		store_put(TARGET, i % 2 ? "700000" : "700001");
		sync_daemon();
	}
}

/* EVENTS=1000000 for as many; what is compared is the last tenth with the second. */
static void many_events_cost_no_more_each(void **state)
{
	const char *events = getenv("EVENTS");
	unsigned tenth = (events ? (unsigned)strtoul(events, NULL, 10) : 10000) / 2 / 10;
	uint64_t start_us = now_us();
	struct usage u[11];

	(void)state;
	(void)alarm(300 + tenth / 20);
	start_daemon(ARGS());
	for (int i = 0; i <= 10; i++) {
		u[i] = usage_now();
		if (i < 10)
			go_round(tenth);
	}
	print_message("%u events in %u ms: RssAnon %u to %u kB, %u to %u descriptors, "
		      "%u and %u reads in a tenth\n",
		      20 * tenth, (unsigned)((now_us() - start_us) / USEC_PER_MSEC),
		      (unsigned)u[1].anon_kb, (unsigned)u[10].anon_kb, u[1].fds, u[10].fds,
		      (unsigned)(u[2].reads - u[1].reads), (unsigned)(u[10].reads - u[9].reads));
	assert_int_equal(u[10].fds, u[1].fds);
	assert_true(u[10].reads - u[9].reads <= (u[2].reads - u[1].reads) * 110 / 100);
#ifndef __SANITIZE_ADDRESS__ /* it keeps for a while what was freed */
	assert_true(u[10].anon_kb <= u[1].anon_kb);
#endif
	stop_daemon();
	(void)alarm(300);
}

static void wrong_usage_is_refused(void **state)
{
	static const char *const cli[][4] = {
		{NULL},
		{"--junk"},
		{"junk"},
		{"status", "--junk"},
		{"status", "junk"},
		{"doctor", "junk"},
		{"trigger", "--level=most"},
		{"trigger", "--level=pool,"},
		{"trigger", "--window=0"},
		{"trigger", "--window=40", "--level=slots,grants"},
		{"trigger", "--window=60001"},
		{"trigger", "--window=1s"},
		{"trigger", "--timeout=0"},
		{"trigger", "--timeout=601"},
		{"trigger", "--junk"},
		{"trigger", "1", "2"},
		{"trigger", "32752"},
		{"trigger", "1/"},
		{"trigger", ""},
	};
	static const char *const daemon[][4] = {{"--junk"}, {"junk"}, {"--root"}, {"--restore=1"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cli); i++) {
		if (run(cli_path, cli[i]) != 2)
			fail_msg("xen-reclaim %s", cli[i][0] ? cli[i][0] : "");
		assert_string_equal(w.cli.text[OUT], "");
		assert_string_not_equal(w.cli.text[ERR], "");
	}
	for (size_t i = 0; i < ARRAY_SIZE(daemon); i++) {
		if (run(daemon_path, daemon[i]) != 2)
			fail_msg("xen-reclaimd %s", daemon[i][0]);
		assert_string_not_equal(w.cli.text[ERR], "");
	}
	expect_untouched();
}

static void help_and_version_are_told(void **state)
{
	const char *const programs[] = {daemon_path, cli_path};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		assert_int_equal(run(programs[i], ARGS("--help")), 0);
		expect_said(&w.cli, OUT, "Usage: xen-reclaim");
		assert_int_equal(run(programs[i], ARGS("--version")), 0);
		expect_said(&w.cli, OUT, VERSION "\n");
	}
}

static void output_that_is_lost_is_a_failure(void **state)
{
	const char *const *const lines[] = {ARGS("--help"), ARGS("--version")};
	const char *const *const cli[] = {ARGS("status"), ARGS("status", "--json"), ARGS("doctor"),
					  ARGS("doctor", "--json"), ARGS("top", "--batch")};

	(void)state;
	put_native("vbd-1-51712");
	w.output = "/dev/full";
	for (size_t i = 0; i < ARRAY_SIZE(lines) + ARRAY_SIZE(cli); i++) {
		bool own = i >= ARRAY_SIZE(lines);

		if (run(cli_path, own ? cli[i - ARRAY_SIZE(lines)] : lines[i]) != 1)
			fail_msg("line %zu does not fail", i);
		expect_said(&w.cli, ERR, "xen-reclaim: cannot write the output");
		if (own)
			continue;
		assert_int_equal(run(daemon_path, lines[i]), 1);
		expect_said(&w.cli, ERR, "xen-reclaimd: cannot write the output: No space");
	}
	w.output = NULL;
}

static void expect_host(struct json_object *o)
{
	struct json_object *memory = member(o, "memory");
	struct json_object *parameters = member(o, "parameters");

	assert_int_equal(number(memory, "available_kb"), 100000);
	assert_int_equal(number(memory, "pswpin"), 10);
	assert_int_equal(number(memory, "pswpout"), 20);
	assert_int_equal(number(memory, "held_kb"), 100000);
	assert_int_equal(number(memory, "current_kb"), 600000);
	assert_int_equal(number(memory, "target_kb"), 700000);
	assert_int_equal(number(memory, "low_kb"), 0);
	assert_int_equal(number(parameters, "max_buffer_pages"), 1024);
	assert_int_equal(number(parameters, "persistent_grant_unused_seconds"), 60);
	assert_int_equal(number(parameters, "max_persistent_grants"), 1056);
	assert_int_equal(number(member(o, "pressure"), "some_total_us"), 1);
	assert_int_equal(number(member(o, "pressure"), "full_total_us"), 2);
	assert_false(json_object_object_get_ex(o, "seen_by", NULL));
	assert_string_not_equal(string(o, "unseen"), "");
}

static void expect_levels(struct json_object *shown, const char *pages)
{
	for (int l = 0; l < LEVEL_COUNT; l++) {
		struct json_object *level = member(shown, levels[l].name);

		assert_string_equal(string(level, "gives_ram"), l == LEVEL_SLOTS ? "no" : pages);
		assert_string_not_equal(string(level, "why"), "");
	}
}

static void expect_daemon(struct json_object *d)
{
	struct json_object *a;

	assert_int_equal(number(d, "version"), 1);
	assert_int_equal(number(d, "pid"), w.daemon.pid);
	assert_string_equal(string(d, "mechanism"), "params");
	assert_string_equal(string(d, "psi"), "totals");
	assert_true(json_object_get_boolean(member(d, "xenstore")));
	expect_levels(member(d, "levels"), "yes");
	assert_int_equal(number(d, "actions"), 1);
	assert_int_equal(number(d, "helped"), 0);
	assert_int_equal(number(d, "lasting_kb"), 0);
	assert_int_equal(json_object_array_length(member(d, "history")), 1);
	a = json_object_array_get_idx(member(d, "history"), 0);
	assert_true(number(a, "time_us") > INT64_C(1700000000000000));
	assert_string_equal(string(a, "cause"), "request");
	assert_string_equal(string(a, "level"), "pool");
	assert_string_equal(string(a, "scope"), "all");
	assert_string_equal(string(a, "verdict"), "no-gain");
	assert_true(number(a, "took_ms") >= 150);
	assert_int_equal(number(a, "back_kb"), 0);
	assert_int_equal(number(a, "lasting_kb"), 0);
	assert_int_equal(number(a, "pswpin"), 0);
	assert_int_equal(number(a, "pswpout"), 0);
}

static void status_tells_of_the_host_and_of_the_daemon(void **state)
{
	struct json_object *o;
	struct sealed s;

	(void)state;
	tree_seal(&w.tree, PSI_PATH, "some total=1\nfull total=2\n", &s);
	start_daemon(ARGS());
	assert_int_equal(run(cli_path, ARGS("trigger", "--level=pool")), 0);
	WAIT(newest_is("no-gain"));
	assert_int_equal(run(cli_path, ARGS("status", "--json")), 0);
	o = parse(w.cli.text[OUT]);
	expect_host(o);
	expect_daemon(member(o, "daemon"));
	(void)json_object_put(o);
	assert_int_equal(run(cli_path, ARGS("status")), 0);
	expect_said(&w.cli, OUT, "disks       not seen: ");
	expect_said(&w.cli, OUT, "mechanism params, pressure by totals");
	expect_said(&w.cli, OUT, "no-gain");
	stop_daemon();
	tree_unseal(&s);
}

/* Whoever wrote the state file and named the domain: a terminal is told to do nothing. */
static void odd_words_reach_no_terminal(void **state)
{
	static const char odd[] = "{\"mechanism\":\"a\\u001b[2J\",\"psi\":null,\"history\":[1,"
				  "{\"cause\":\"\\u001b[2J\",\"level\":\"\\u0007\"}]}";

	(void)state;
	start_daemon(ARGS());
	store_put("/local/domain/1/name", "x\x1b[2Jy");
	tree_put(&w.tree, STATE_FILE, odd);
	assert_int_equal(run(cli_path, ARGS("status")), 0);
	expect_said(&w.cli, OUT, "mechanism ?, pressure by ?");
	assert_null(strpbrk(w.cli.text[OUT], "\x1b\x07"));
	tree_put(&w.tree, STATE_FILE, "{\"history\":{}}");
	assert_int_equal(run(cli_path, ARGS("status")), 0);
	assert_int_equal(run(cli_path, ARGS("top", "--batch", "--delay=1")), 0);
	expect_said(&w.cli, OUT, "x?[2Jy");
	assert_int_equal(run(cli_path, ARGS("stat\x1b[2Jus")), 2);
	expect_said(&w.cli, ERR, "no command \"stat?[2Jus\"");
	assert_true(xs_rm(dom0, XBT_NULL, "/local/domain/1"));
	stop_daemon();
}

static void status_tells_of_the_host_without_the_daemon(void **state)
{
	struct json_object *o;

	(void)state;
	tree_put(&w.tree, PSI_PATH, "some total=1\nfull total=2\n");
	assert_int_equal(run(cli_path, ARGS("status", "--json")), 3);
	o = parse(w.cli.text[OUT]);
	expect_host(o);
	assert_null(member(o, "daemon"));
	assert_false(json_object_get_boolean(member(o, "running")));
	(void)json_object_put(o);
	expect_said(&w.cli, ERR, "the daemon is not running");
	expect_one_line(&w.cli);
	assert_int_equal(run(cli_path, ARGS("status")), 3);
	expect_said(&w.cli, OUT, "max_buffer_pages = 1024");
}

/* As for who is not root: what cannot be opened is not taken for a daemon that does not run. */
static void status_says_where_it_cannot_tell_whether_the_daemon_runs(void **state)
{
	(void)state;
	tree_link(&w.tree, LOCK_FILE, "lock"); /* to itself */
	assert_int_equal(run(cli_path, ARGS("status")), 1);
	expect_said(&w.cli, OUT, "max_buffer_pages = 1024");
	expect_said(&w.cli, ERR, "cannot tell whether the daemon runs: /run/xen-reclaim/lock: ");
	expect_one_line(&w.cli);
	assert_int_equal(run(cli_path, ARGS("trigger")), 1);
	expect_one_line(&w.cli);
	assert_int_equal(run(cli_path, ARGS("status", "--json")), 1);
	assert_null(strstr(w.cli.text[OUT], "\"running\""));
}

static void status_says_where_a_daemon_that_runs_tells_nothing(void **state)
{
	(void)state;
	start_daemon(ARGS());
	tree_put(&w.tree, STATE_FILE, "{");
	assert_int_equal(run(cli_path, ARGS("status")), 1);
	expect_said(&w.cli, ERR, "the daemon runs, but");
	expect_one_line(&w.cli);
	stop_daemon();
}

/* Who can open the lock can take it, and no daemon would start any more. */
static void the_lock_is_for_root_alone(void **state)
{
	mode_t mask = umask(0);
	struct stat st;

	(void)state;
	start_daemon(ARGS());
	(void)umask(mask);
	assert_int_equal(fstatat(w.tree.root, LOCK_FILE, &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	stop_daemon();
}

static void expect_doctor(int status, const char *pages)
{
	struct json_object *o;
	struct json_object *list;

	assert_int_equal(run(cli_path, ARGS("doctor", "--json")), status);
	o = parse(w.cli.text[OUT]);
	expect_levels(member(o, "levels"), pages);
	list = member(o, "findings");
	assert_true(json_object_array_length(list) >= 6);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *f = json_object_array_get_idx(list, i);
		const char *mark = string(f, "mark");

		assert_string_not_equal(string(f, "id"), "");
		assert_true(strcmp(mark, "ok") == 0 || strcmp(mark, "note") == 0 ||
			    strcmp(mark, "bad") == 0);
		assert_string_not_equal(string(f, "text"), "");
		assert_int_equal(json_object_get_type(member(f, "advice")), json_type_string);
	}
	assert_int_equal(json_object_get_type(member(o, "remedies")), json_type_array);
	(void)json_object_put(o);
	assert_int_equal(run(cli_path, ARGS("doctor")), status);
	expect_said(&w.cli, OUT, "Does reclaim give RAM back on this host?");
}

static void doctor_tells_whether_ram_comes_back(void **state)
{
	(void)state;
	expect_doctor(0, "yes");
	tree_put(&w.tree, "proc/iomem", "100000000-107ffffff : Xen scratch\n");
	expect_doctor(4, "no");
	tree_drop(&w.tree, "proc/iomem");
	tree_put(&w.tree, "proc/cmdline", "ro\n");
	expect_doctor(0, "unknown");
	assert_null(strstr(w.cli.text[OUT], "unit"));
	expect_untouched();
}

/* Two rings of four pages, and one of one page: a frontend gets no more than it is offered. */
static void doctor_tells_what_slots_cost(void **state)
{
	struct json_object *o;
	struct json_object *slots;

	(void)state;
	store_put("/local/domain/0/backend/vbd/1/51712/frontend",
		  "/local/domain/1/device/vbd/51712");
	store_put("/local/domain/0/backend/vbd/1/51712/multi-queue-max-queues", "2");
	store_put("/local/domain/0/backend/vbd/1/51712/max-ring-page-order", "2");
	store_put("/local/domain/1/device/vbd/51712/multi-queue-num-queues", "2");
	store_put("/local/domain/1/device/vbd/51712/ring-page-order", "99");
	store_put("/local/domain/0/backend/vbd/2/51712/frontend",
		  "/local/domain/2/device/vbd/51712");
	assert_int_equal(run(cli_path, ARGS("doctor", "--json")), 0);
	o = parse(w.cli.text[OUT]);
	slots = member(o, "slots");
	assert_int_equal(number(slots, "guests"), 2);
	assert_int_equal(number(slots, "disks"), 2);
	assert_int_equal(number(slots, "rings"), 3);
	assert_int_equal(number(slots, "stock_kb"), 2 * 128 * 40 + 32 * 40);
	assert_int_equal(number(slots, "patched_idle_kb"), 3 * 32);
	assert_int_equal(number(slots, "one_page_rings_kb"), 3 * 32 * 40);
	assert_int_equal(number(slots, "one_queue_kb"), 128 * 40 + 32 * 40);
	assert_int_equal(number(slots, "least_guest_kb"), 32 * 40);
	assert_int_equal(number(slots, "most_guest_kb"), 2 * 128 * 40);
	(void)json_object_put(o);
	assert_int_equal(run(cli_path, ARGS("doctor")), 0);
	expect_said(&w.cli, OUT, "Request slots of 2 disks of 2 guests, 3 rings");
}

static void doctor_tells_what_was_changed_of_the_daemon(void **state)
{
	(void)state;
	tree_put(&w.tree, CONFIG, "[reclaim]\nwindow = 5parsec\n");
	tree_put(&w.tree, "etc/systemd/system/xen-reclaimd.service.d/notes.txt", "no drop-in\n");
	tree_put(&w.tree, "etc/systemd/system/xen-reclaimd.service.d/own.conf", "[Service]\n");
	(void)run(cli_path, ARGS("doctor"));
	expect_said(&w.cli, OUT, "bad   the configuration is refused");
	expect_said(&w.cli, OUT, "xen-reclaim.conf:2: [reclaim] window");
	expect_said(&w.cli, OUT, "changed by /etc/systemd/system/xen-reclaimd.service.d/own.conf");
	tree_put(&w.tree, "run/systemd/system/xen-reclaimd.service", "[Service]\n");
	(void)run(cli_path, ARGS("doctor"));
	expect_said(&w.cli, OUT, "note  2 files change the daemon's unit, such as /run/");
}

/* --- replay, watch, top --------------------------------------------------------------------- */

#define BURST "agent/tests/traces/burst.trace"

static void replay_tells_what_would_be_done(void **state)
{
	struct json_object *o;

	(void)state;
	assert_int_equal(run(cli_path, ARGS("replay", BURST)), 0);
	expect_said(&w.cli, OUT, "hard-pressure grants   idle    24 disks");
	expect_said(&w.cli, OUT, "1 actions on 24 disks, of which 1 helped");
	assert_int_equal(run(cli_path, ARGS("replay", "--json", BURST)), 0);
	assert_int_equal(count(w.cli.text[OUT], "\n"), 2);
	o = parse(w.cli.text[OUT]);
	assert_string_equal(string(o, "event"), "action");
	assert_string_equal(string(o, "verdict"), "helped");
	assert_int_equal(number(o, "time_ms"), 20000);
	(void)json_object_put(o);
	/* by the configuration of this host */
	tree_put(&w.tree, CONFIG, "[reclaim]\nidle_time = 1h\n");
	assert_int_equal(run(cli_path, ARGS("replay", BURST)), 0);
	expect_said(&w.cli, OUT, " 0 actions");
	assert_int_equal(count(w.cli.text[OUT], "recorded"), 0);
}

/* As of a stock kernel that no BPF looked into. */
static void replay_says_that_it_does_not_know_what_actions_gave(void **state)
{
	char path[128];

	(void)state;
	tree_put(&w.tree, "a.trace",
		 "xen-reclaim-trace 1 recorded\n0 host params pool grants\n0 memory - 5 0 0\n"
		 "0 disk 1 51712 - 0 - - - - 0\n1000 hard\n9000 end\n");
	(void)snprintf(path, sizeof(path), "%s/a.trace", w.tree.path);
	assert_int_equal(run(cli_path, ARGS("replay", path)), 0);
	expect_said(&w.cli, OUT, "not all that disks hold was recorded");
	assert_int_equal(run(cli_path, ARGS("replay", "--json", path)), 0);
	assert_int_equal(count(w.cli.text[OUT], "\"event\":\"notice\""), 1);
}

static void replay_names_the_line_that_is_wrong(void **state)
{
	char path[128];

	(void)state;
	tree_put(&w.tree, "a.trace", "xen-reclaim-trace 1 recorded\n0 soft\n5 sofd\n");
	(void)snprintf(path, sizeof(path), "%s/a.trace", w.tree.path);
	assert_int_equal(run(cli_path, ARGS("replay", path)), 1);
	expect_one_line(&w.cli);
	expect_said(&w.cli, ERR, "/a.trace:3: \"sofd\" is no word of a trace");
	assert_int_equal(run(cli_path, ARGS("replay", "/nonexistent")), 1);
	expect_one_line(&w.cli);
}

/* What the daemon does is seen, told, recorded, and the record is a trace. */
static void watch_records_what_replay_reads(void **state)
{
	char option[160];
	char path[128];

	(void)state;
	put_native("vbd-1-51712");
	store_put("/local/domain/1/name", "web server");
	store_put("/local/domain/1/vm", "/vm/0a1b2c3d-0000-1111-2222-333344445555");
	(void)snprintf(path, sizeof(path), "%s/a.trace", w.tree.path);
	(void)snprintf(option, sizeof(option), "--record=%s", path);
	start_daemon(ARGS());
	spawn(&w.cli, cli_path, ARGS("watch", option));
	WAIT(strstr(w.cli.text[OUT], "memory"));
	expect_said(&w.cli, OUT, "mechanism native");
	expect_said(&w.cli, OUT, "1 is web server");
	expect_said(&w.cli, OUT, "1/51712: pool 8, grants 4096, slots 1248 kB, idle for 9 s");
	let_target_fall();
	WAIT(strstr(w.cli.text[OUT], "balloon: slots of idle disks: open"));
	tree_put(&w.tree, "sys/bus/xen-backend/devices/vbd-1-51712/reclaim/persistent_pages",
		 "0\n");
	WAIT(strstr(w.cli.text[OUT], "1/51712: pool 8, grants 0"));
	WAIT(strstr(w.cli.text[OUT], "balloon: slots of idle disks: 0 kB back"));
	tree_drop(&w.tree, "sys/bus/xen-backend/devices/vbd-1-51712");
	WAIT(strstr(w.cli.text[OUT], "gone     1/51712"));
	assert_int_equal(kill(w.cli.pid, SIGTERM), 0);
	WAIT(w.cli.pid == 0);
	assert_int_equal(exit_status(&w.cli), 0);
	stop_daemon();
	assert_int_equal(run(cli_path, ARGS("replay", path)), 0);
	assert_non_null(strstr(tree_get(&w.tree, "a.trace"), " action balloon slots idle\n"));
	assert_non_null(strstr(tree_get(&w.tree, "a.trace"), " end\n"));
	assert_non_null(strstr(tree_get(&w.tree, "a.trace"), " web%20server\n"));
}

static void expect_shown(const char *locale, const char *name, const char *shown)
{
	store_put("/local/domain/1/name", name);
	assert_int_equal(setenv("LC_ALL", locale, 1), 0);
	assert_int_equal(run(cli_path, ARGS("top", "--batch", "--delay=1")), 0);
	expect_said(&w.cli, OUT, shown);
	assert_int_equal(run(cli_path, ARGS("status")), 0);
	expect_said(&w.cli, OUT, shown);
	assert_int_equal(unsetenv("LC_ALL"), 0);
}

static void expect_json_name(const char *name, const char *is)
{
	struct json_object *o;

	store_put("/local/domain/1/name", name);
	assert_int_equal(run(cli_path, ARGS("top", "--json", "--delay=1")), 0);
	o = parse(w.cli.text[OUT]);
	assert_string_equal(string(json_object_array_get_idx(member(o, "disks"), 0), "name"), is);
	(void)json_object_put(o);
	assert_int_equal(run(cli_path, ARGS("status", "--json")), 0);
	o = parse(w.cli.text[OUT]);
	assert_string_equal(string(json_object_array_get_idx(member(o, "domains"), 0), "name"), is);
	(void)json_object_put(o);
}

#define LONG_NAME "a-name-of-a-domain-that-has-no-less-than-seventy-characters-in-it-or-so"

static void names_are_shown_as_the_locale_can(void **state)
{
	(void)state;
	put_native("vbd-1-51712");
	start_daemon(ARGS());
	expect_shown("C.UTF-8", "m\303\274ller", "m\303\274ller ");
	expect_shown("C", "m\303\274ller", "m?ller ");
	expect_shown("C.UTF-8", "m\374ller", "m?ller ");
	expect_json_name("m\303\274ller", "m\303\274ller");
	expect_json_name("m\374ller", "m?ller");
	expect_json_name(LONG_NAME, LONG_NAME);
	assert_true(xs_rm(dom0, XBT_NULL, "/local/domain/1/name"));
	stop_daemon();
}

/* As a toolstack may leave one. */
static void a_domain_without_a_name_spoils_no_record(void **state)
{
	char option[160];
	char path[128];

	(void)state;
	put_native("vbd-1-51712");
	store_put("/local/domain/1/name", "");
	(void)snprintf(path, sizeof(path), "%s/a.trace", w.tree.path);
	(void)snprintf(option, sizeof(option), "--record=%s", path);
	spawn(&w.cli, cli_path, ARGS("watch", option));
	WAIT(strstr(w.cli.text[OUT], "memory"));
	assert_int_equal(kill(w.cli.pid, SIGTERM), 0);
	WAIT(w.cli.pid == 0);
	assert_int_equal(run(cli_path, ARGS("replay", path)), 0);
}

static void put_disk_figure(const char *file, const char *text)
{
	static const char *const vbds[] = {"vbd-1-51712", "vbd-2-51712"};
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(vbds); i++) {
		(void)snprintf(path, sizeof(path), "sys/bus/xen-backend/devices/%s/reclaim/%s",
			       vbds[i], file);
		tree_put(&w.tree, path, text);
	}
}

/* What each line that begins an action says of it, in order. */
static void list_recorded(char *list, size_t size)
{
	const char *text = tree_get(&w.tree, "a.trace");
	size_t len = 0;

	list[0] = '\0';
	while ((text = strstr(text, " action "))) {
		text += strlen(" action ");
		len += (size_t)snprintf(list + len, size - len, "%.*s\n", (int)strcspn(text, "\n"),
					text);
	}
}

static void list_replayed(char *list, size_t size)
{
	size_t len = 0;

	list[0] = '\0';
	for (const char *line = w.cli.text[OUT]; *line; line = strchr(line, '\n') + 1) {
		struct json_object *o = parse(line);

		if (strcmp(string(o, "event"), "action") == 0)
			len += (size_t)snprintf(list + len, size - len, "%s %s %s\n",
						string(o, "cause"), string(o, "level"),
						string(o, "scope"));
		(void)json_object_put(o);
	}
}

/* Hard pressure, then a target that falls: daemon and replay take the same steps. */
static void a_record_replays_to_the_same_decisions(void **state)
{
	char recorded[256];
	char replayed[256];
	struct sealed psi;
	char option[160];
	char path[128];

	(void)state;
	put_native("vbd-1-51712");
	put_native("vbd-2-51712");
	(void)snprintf(path, sizeof(path), "%s/a.trace", w.tree.path);
	(void)snprintf(option, sizeof(option), "--record=%s", path);
	tree_seal(&w.tree, PSI_PATH, PSI_TEXT, &psi);
	start_daemon(ARGS());
	spawn(&w.cli, cli_path, ARGS("watch", option));
	WAIT(strstr(w.cli.text[OUT], "memory"));
	for (int i = 0; i < 5; i++) /* half a second */
		stall(&psi, "full");
	/* the kernel reclaims once both have seen why */
	WAIT(strstr(w.cli.text[OUT], "full +") &&
	     strstr(w.cli.text[OUT], "hard-pressure: grants of idle disks: open"));
	put_disk_figure("pool_pages", "0\n");
	put_disk_figure("persistent_pages", "0\n");
	tree_put(&w.tree, CURRENT, "608208\n");
	WAIT(newest_is("helped"));
	tree_put(&w.tree, XEN_MEMORY "/target_kb", "500000\n");
	let_target_fall();
	WAIT(strstr(w.cli.text[OUT], "target 500000 kB") &&
	     strstr(w.cli.text[OUT], "balloon: slots of idle disks: open"));
	put_disk_figure("slot_kb", "48\n");
	WAIT(actions_now() == 2 && newest_is("helped"));
	WAIT(strstr(w.cli.text[OUT], "balloon: slots of idle disks: 2400 kB back"));
	assert_int_equal(kill(w.cli.pid, SIGTERM), 0);
	WAIT(w.cli.pid == 0);
	stop_daemon();
	tree_unseal(&psi);
	list_recorded(recorded, sizeof(recorded));
	assert_string_equal(recorded, "hard-pressure grants idle\nballoon slots idle\n");
	assert_int_equal(run(cli_path, ARGS("replay", "--json", path)), 0);
	list_replayed(replayed, sizeof(replayed));
	assert_string_equal(replayed, recorded);
}

static void watch_speaks_json(void **state)
{
	(void)state;
	spawn(&w.cli, cli_path, ARGS("watch", "--json"));
	WAIT(strstr(w.cli.text[OUT], "\"event\":\"memory\""));
	assert_int_equal(kill(w.cli.pid, SIGTERM), 0);
	WAIT(w.cli.pid == 0);
	assert_int_equal(exit_status(&w.cli), 0);
	for (const char *line = w.cli.text[OUT]; *line; line = strchr(line, '\n') + 1) {
		struct json_object *o = parse(line);

		assert_true(number(o, "time_us") > 0);
		assert_string_not_equal(string(o, "event"), "");
		(void)json_object_put(o);
	}
}

static void put_stats(const char *vbd, const char *requests, const char *sectors)
{
	static const char *const files[] = {"rd_req", "wr_req", "rd_sect", "wr_sect"};
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void)snprintf(path, sizeof(path), "sys/bus/xen-backend/devices/%s/statistics/%s",
			       vbd, files[i]);
		tree_put(&w.tree, path, i < 2 ? requests : sectors);
	}
}

static void top_shows_domains_and_disks_on_80_columns(void **state)
{
	struct json_object *o;
	struct json_object *disk;

	(void)state;
	put_native("vbd-1-51712");
	put_stats("vbd-1-51712", "7\n", "700\n");
	store_put("/local/domain/1/name", "a domain whose name is far too long to be shown");
	store_put("/local/domain/2/name", "web");
	tree_put(&w.tree, "sys/bus/xen-backend/devices/vbd-1-51712/reclaim/persistent_pages",
		 "99999999\n");
	assert_int_equal(run(cli_path, ARGS("top", "--batch", "--delay=1")), 0);
	expect_said(&w.cli, OUT, "a domain whose");
	expect_said(&w.cli, OUT, "xvda");
	expect_said(&w.cli, OUT, "399999996");
	expect_said(&w.cli, OUT, "?"); /* the other disk shows nothing */
	for (const char *line = w.cli.text[OUT]; *line; line = strchr(line, '\n') + 1)
		assert_in_range(strcspn(line, "\n"), 0, 80);
	/* the worst holder stands first */
	assert_true(strstr(w.cli.text[OUT], "a domain") < strstr(w.cli.text[OUT], "web"));
	assert_int_equal(run(cli_path, ARGS("top", "--json", "--delay=1")), 0);
	o = parse(w.cli.text[OUT]);
	assert_string_equal(string(o, "mechanism"), "native");
	assert_string_not_equal(string(o, "unseen"), "");
	assert_int_equal(json_object_array_length(member(o, "disks")), 2);
	disk = json_object_array_get_idx(member(o, "disks"), 0);
	assert_string_equal(string(disk, "disk"), "xvda");
	assert_int_equal(number(disk, "idle_s"), 9);
	assert_int_equal(number(disk, "requests_s"), 0);
	disk = json_object_array_get_idx(member(o, "disks"), 1);
	assert_false(json_object_object_get_ex(disk, "idle_s", NULL));
	(void)json_object_put(o);
	put_stats("vbd-2-51712", "3\n", "24\n"); /* a stock driver's: idle since it is looked at */
	assert_int_equal(run(cli_path, ARGS("top", "--json", "--delay=1")), 0);
	o = parse(w.cli.text[OUT]);
	disk = json_object_array_get_idx(member(o, "disks"), 1);
	assert_in_range(number(disk, "idle_s"), 1, 60);
	(void)json_object_put(o);
	put_native("vbd-2-51712");
	assert_int_equal(run(cli_path, ARGS("top", "--json", "--delay=1")), 0);
	o = parse(w.cli.text[OUT]);
	assert_string_equal(string(o, "seen_by"), "sysfs");
	assert_false(json_object_object_get_ex(o, "unseen", NULL));
	(void)json_object_put(o);
}

/* On a terminal of 80 columns. @option: may be NULL. */
static pid_t start_there(const char *term, unsigned short rows, int *fd, const char *command,
			 const char *option)
{
	const struct winsize size = {.ws_row = rows, .ws_col = 80};
	char root[128];
	pid_t pid;

	(void)snprintf(root, sizeof(root), "--root=%s", w.tree.path);
	pid = forkpty(fd, NULL, NULL, &size);
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)setenv("TERM", term, 1);
		(void)unsetenv("LINES");
		(void)unsetenv("COLUMNS");
		(void)execl(cli_path, cli_path, root, command, option, NULL);
		_exit(127);
	}
	return pid;
}

static pid_t start_top(const char *term, unsigned short rows, int *fd)
{
	return start_there(term, rows, fd, "top", "--delay=1");
}

/* Reads what is shown until the text is. */
static void await_shown(int fd, const char *shown)
{
	char text[65536] = "";
	size_t len = 0;

	while (!strstr(text, shown)) {
		ssize_t n = read(fd, text + len, sizeof(text) - 1 - len);

		if (n <= 0)
			fail_msg("it ended, and \"%s\" was not shown", shown);
		len += (size_t)n;
		text[len] = '\0';
		if (len == sizeof(text) - 1)
			len = 0;
	}
}

/* Return: as waitpid() has it. */
static int end_of_top(pid_t pid, int fd)
{
	char text[4096];
	int status;

	while (read(fd, text, sizeof(text)) > 0)
		;
	(void)close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* What doctor shows on a terminal. */
static void doctor_on(const char *term, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;
	int fd;
	pid_t pid = start_there(term, 24, &fd, "doctor", NULL);

	while (len < size - 1 && (n = read(fd, text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	assert_true(WIFEXITED(end_of_top(pid, fd)));
}

static void doctor_has_colours_on_a_terminal_alone(void **state)
{
	char text[65536];

	(void)state;
	assert_int_equal(unsetenv("NO_COLOR"), 0);
	doctor_on("xterm", text, sizeof(text));
	assert_non_null(strstr(text, "\033[32mok\033[0m    "));
	doctor_on("dumb", text, sizeof(text));
	assert_null(strchr(text, '\033'));
	assert_int_equal(setenv("NO_COLOR", "1", 1), 0);
	doctor_on("xterm", text, sizeof(text));
	assert_int_equal(unsetenv("NO_COLOR"), 0);
	assert_null(strchr(text, '\033'));
	(void)run(cli_path, ARGS("doctor"));
	assert_null(strchr(w.cli.text[OUT], '\033'));
}

/* As on a terminal: each key shows what it changes, and the terminal is left as it was. */
static void top_obeys_its_keys(void **state)
{
	static const struct {
		const char *key;
		const char *shown;
	} keys[] = {{"", "by held"},
		    {"s", "by I/O"},
		    {"b", "xvda"},
		    {"d7\n", "each 7 s"},
		    {"/no such\n", "domain no such"},
		    {"/\n", "xvda"},
		    {"q", "\033[?1049l"}};
	size_t key = 0;
	int status;
	int fd;
	pid_t pid = start_top("xterm", 24, &fd);

	(void)state;
	for (; key < ARRAY_SIZE(keys); key++) {
		assert_true(write(fd, keys[key].key, strlen(keys[key].key)) >= 0);
		await_shown(fd, keys[key].shown);
	}
	status = end_of_top(pid, fd);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Ctrl-\ ends it as q does, and the terminal is left as it was. */
static void top_leaves_the_terminal_as_it_was(void **state)
{
	char path[64];
	struct termios t;
	int status;
	int slave;
	int fd;
	pid_t pid = start_top("xterm", 24, &fd);

	(void)state;
	assert_int_equal(ptsname_r(fd, path, sizeof(path)), 0);
	slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC); /* it stays open after the end */
	assert_true(slave >= 0);
	await_shown(fd, "by held");
	assert_int_equal(write(fd, "\x1c", 1), 1);
	await_shown(fd, "\033[?1049l");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(tcgetattr(slave, &t), 0);
	assert_true((t.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO));
	(void)close(slave);
	(void)close(fd);
}

/* Three rows fit below the head; more of them come by the keys, and with a higher screen. */
static void top_scrolls_and_is_resized(void **state)
{
	static const struct winsize higher = {.ws_row = 40, .ws_col = 100};
	char path[96];
	int fd;
	pid_t pid;

	(void)state;
	for (int i = 0; i < 9; i++) {
		(void)snprintf(path, sizeof(path), "vbd-1-%d", 51712 + 16 * i);
		put_native(path);
	}
	pid = start_top("xterm", 7, &fd);
	await_shown(fd, "by held");
	assert_int_equal(write(fd, "b", 1), 1);
	await_shown(fd, "xvdc");
	assert_int_equal(write(fd, "\033[6~", 4), 4);
	await_shown(fd, "xvdf");
	assert_int_equal(ioctl(fd, TIOCSWINSZ, &higher), 0);
	await_shown(fd, "xvdi");
	assert_int_equal(write(fd, "q", 1), 1);
	await_shown(fd, "\033[?1049l");
	(void)end_of_top(pid, fd);
}

/* It is told once, without a code. */
static void top_prints_where_there_is_no_screen(void **state)
{
	char text[4096];
	size_t len = 0;
	ssize_t n;
	int fd;
	pid_t pid = start_top("dumb", 24, &fd);

	(void)state;
	while (len < sizeof(text) - 1 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	assert_non_null(strstr(text, "DOMAIN"));
	assert_null(strchr(text, '\033'));
	assert_int_equal(end_of_top(pid, fd), 0);
}

static void top_prints_as_often_as_it_is_told(void **state)
{
	const char *text = w.cli.text[OUT];
	struct json_object *o;

	(void)state;
	assert_int_equal(run(cli_path, ARGS("top", "--json", "--delay=1", "--count=2")), 0);
	assert_int_equal(count(text, "\n"), 2);
	o = parse(strchr(text, '\n') + 1);
	assert_non_null(member(o, "disks"));
	(void)json_object_put(o);
	assert_int_equal(run(cli_path, ARGS("top", "--delay=1", "--count=2")), 0);
	assert_int_equal(count(text, "mechanism "), 2);
	assert_int_equal(run(cli_path, ARGS("top", "--count=x")), 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(systemd_is_told_of_its_life),
		T(the_agent_key_stands_while_it_runs),
		T(a_second_daemon_leaves_the_first_alone),
		T(it_lives_on_without_xenstore),
		T(sigterm_in_a_window_puts_everything_back),
		T(stray_signals_do_not_end_it),
		T(sigquit_ends_it_as_sigterm_does),
		T(restore_makes_a_kill_in_a_window_good),
		T(a_new_start_makes_a_kill_in_a_window_good),
		T(dry_run_changes_nothing),
		T(check_config_says_the_line),
		T(print_config_says_where_each_value_comes_from),
		T(a_paused_daemon_does_only_what_is_asked_for),
		T(a_pause_outlives_the_daemon_until_it_is_ended),
		T(a_bad_reload_keeps_the_old_configuration),
		T(a_good_reload_changes_it),
		T(metrics_stand_while_it_runs),
		T(metrics_are_for_everybody_to_read),
		T(metrics_of_a_killed_daemon_are_removed),
		T(a_reload_moves_the_metrics),
		T(the_file_of_another_program_is_left_alone),
		T(metrics_that_cannot_be_written_are_told_of_once),
		T(domains_have_their_names_in_the_metrics),
		T(a_dry_run_writes_no_metrics),
		T(a_dry_run_goes_on_beside_the_daemon),
		T(an_excluded_domain_is_left_alone),
		T(replay_tells_what_would_be_done),
		T(replay_says_that_it_does_not_know_what_actions_gave),
		T(replay_names_the_line_that_is_wrong),
		T(watch_records_what_replay_reads),
		T(names_are_shown_as_the_locale_can),
		T(a_domain_without_a_name_spoils_no_record),
		T(a_record_replays_to_the_same_decisions),
		T(watch_speaks_json),
		T(top_shows_domains_and_disks_on_80_columns),
		T(top_obeys_its_keys),
		T(top_leaves_the_terminal_as_it_was),
		T(doctor_has_colours_on_a_terminal_alone),
		T(top_scrolls_and_is_resized),
		T(top_prints_where_there_is_no_screen),
		T(top_prints_as_often_as_it_is_told),
		T(parameters_are_left_alone_where_a_domain_is_excluded),
		T(request_slots_are_ram_where_grants_are_none),
		T(that_nobody_can_tell_is_said_at_start),
		T(a_file_says_that_nothing_is_left_to_give_back),
		T(less_memory_than_is_configured_is_pressure),
		T(a_need_is_asked_for_from_one_disk_after_the_other),
		T(that_all_disks_are_spared_is_told_for_what_it_is),
		T(hard_pressure_that_cannot_be_relieved_grows_dom0),
		T(a_target_that_was_there_first_may_be_of_this_minute),
		T(the_first_target_that_is_set_is_an_administrators),
		T(a_target_that_is_set_meanwhile_is_seen),
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
		T(the_pressure_of_this_machine_is_listened_to),
		T(a_trigger_is_carried_out_and_answered),
		T(a_trigger_at_level_pool_leaves_the_grants),
		T(what_parameters_cannot_do_is_refused),
		T(a_trigger_waits_for_its_turn),
		T(a_trigger_overwrites_what_was_left_behind),
		T(a_trigger_that_gives_up_takes_its_request_back),
		T(a_trigger_that_is_interrupted_takes_its_request_back),
		T(a_trigger_checks_who_is_there),
		T(parameters_leave_the_grants_of_the_domain_that_rests_longest),
		T(without_blkback_a_trigger_is_refused),
		T(one_disk_is_told_where_the_kernel_offers_it),
		T(without_the_daemon_a_trigger_says_so),
		T_DRIVER(a_driver_domain_is_asked_by_dom0_and_from_within),
		T_DRIVER(falls_are_compared_on_one_scale),
		T_DRIVER(a_mailbox_of_its_own_that_it_cannot_make_leaves_the_other),
		T_DRIVER(each_mailbox_is_served_once_for_each_request),
		T_DRIVER(a_driver_domain_with_an_excluded_domain_acts_on_requests_alone),
		T_DRIVER(a_driver_domain_without_the_toolstacks_mailbox_has_its_own),
		T(a_daemon_killed_over_a_request_answers_it_in_its_next_life),
		T(malformed_requests_are_answered),
		T(what_was_asked_before_the_start_is_not_carried_out),
		T(an_answer_of_an_earlier_life_stands),
		T(a_request_that_is_taken_back_is_not_carried_out),
		T(one_request_is_served_at_a_time),
		T(a_request_that_had_to_wait_gets_its_own_answer),
		T(a_guest_cannot_use_the_mailbox),
		T(many_events_cost_no_more_each),
		T(wrong_usage_is_refused),
		T(help_and_version_are_told),
		T(output_that_is_lost_is_a_failure),
		T(status_tells_of_the_host_and_of_the_daemon),
		T(odd_words_reach_no_terminal),
		T(status_tells_of_the_host_without_the_daemon),
		T(status_says_where_it_cannot_tell_whether_the_daemon_runs),
		T(status_says_where_a_daemon_that_runs_tells_nothing),
		T(the_lock_is_for_root_alone),
		T(doctor_tells_whether_ram_comes_back),
		T(doctor_tells_what_slots_cost),
		T(doctor_tells_what_was_changed_of_the_daemon),
		/* the last: oxenstored goes on counting what is gone */
		T_DRIVER(a_domain_out_of_quota_serves_what_it_can),
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, world_start, world_stop);
}
