// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of the built daemon as a program: how it starts, is reloaded, paused and stopped, its
 * metrics, and that many events cost no more each. Against a real xenstored; the tree below --root
 * is a stub: see world.h. Waits for what happens, never for time.
 */
#include "tests/process.h"
#include "tests/world.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

/* --- life ------------------------------------------------------------------------------------- */

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

/* --- configuration ---------------------------------------------------------------------------- */

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

/* What is under way ends as it began, and is put back. */
static void a_reload_in_a_window_leaves_it_open(void **state)
{
	(void)state;
	start_daemon(ARGS());
	request(33, "pool 2000 *");
	WAIT(holds(POOL, "0\n"));
	tree_put(&w.tree, CONFIG, "[reclaim]\nmax_level = pool\n");
	assert_int_equal(kill(w.daemon.pid, SIGHUP), 0);
	WAIT(strstr(w.daemon.text[ERR], "configuration reloaded"));
	tree_expect(&w.tree, POOL, "0\n");
	assert_int_equal(count_responses("33 ok"), 0);
	WAIT(count_responses("33 ok 2 "));
	expect_all_back();
	stop_daemon();
}

/* --- pause ------------------------------------------------------------------------------------ */

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

/* --- metrics ---------------------------------------------------------------------------------- */

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

/* --- many events ------------------------------------------------------------------------------ */

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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(systemd_is_told_of_its_life),
		T(the_agent_key_stands_while_it_runs),
		T(a_second_daemon_leaves_the_first_alone),
		T(it_lives_on_without_xenstore),
		T(sigterm_in_a_window_puts_everything_back),
		T(restore_makes_a_kill_in_a_window_good),
		T(a_new_start_makes_a_kill_in_a_window_good),
		T(dry_run_changes_nothing),
		T(check_config_says_the_line),
		T(print_config_says_where_each_value_comes_from),
		T(stray_signals_do_not_end_it),
		T(sigquit_ends_it_as_sigterm_does),
		T(a_bad_reload_keeps_the_old_configuration),
		T(a_good_reload_changes_it),
		T(a_reload_in_a_window_leaves_it_open),
		T(a_paused_daemon_does_only_what_is_asked_for),
		T(a_pause_outlives_the_daemon_until_it_is_ended),
		T(metrics_stand_while_it_runs),
		T(metrics_are_for_everybody_to_read),
		T(metrics_of_a_killed_daemon_are_removed),
		T(a_reload_moves_the_metrics),
		T(metrics_that_cannot_be_written_are_told_of_once),
		T(the_file_of_another_program_is_left_alone),
		T(domains_have_their_names_in_the_metrics),
		T(a_dry_run_writes_no_metrics),
		T(many_events_cost_no_more_each),
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, world_start, world_stop);
}
