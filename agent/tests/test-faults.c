// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Faults that the daemon survives: what is injected, what it does, and what the operator sees. Real
 * faults where a test can make them (a xenstored that ends, files that vanish, no descriptors);
 * else a stub library in front of the C library lets calls fail (stub-faults.c).
 */
#include "tests/world.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#define METRICS	     "run/xen-reclaim/xen-reclaim.prom"
#define WITH_METRICS "[backoff]\nregrowth = 1s\n[metrics]\nfile = /" METRICS "\n"
#define TRIGGER_1    VBD_DIR "/vbd-1-51712/reclaim/trigger"
#define TRIGGER_2    VBD_DIR "/vbd-2-51712/reclaim/trigger"

/* --- the stub ------------------------------------------------------------------------------- */

static void set_number(const char *name, long value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%ld", value);
	assert_int_equal(setenv(name, text, 1), 0);
}

#ifdef __SANITIZE_ADDRESS__
/* The sanitizer has to come first, so it keeps the allocations to itself. */
static const bool sanitized = true;

void __asan_init(void);

static const char *first_library(void)
{
	Dl_info info;

	assert_int_not_equal(dladdr((void *)__asan_init, &info), 0);
	return info.dli_fname;
}
#else
static const bool sanitized = false;

static const char *first_library(void)
{
	return "";
}
#endif

/* What is started next has the stub in front of the C library. */
static void load_stub(void)
{
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s %s/stub-faults.so", first_library(), stub_path);
	assert_int_equal(setenv("LD_PRELOAD", path, 1), 0);
}

static void unload_stub(void)
{
	static const char *const names[] = {"LD_PRELOAD", "STUB_ALLOC", "STUB_CALL",  "STUB_PATH",
					    "STUB_ERRNO", "STUB_AFTER", "STUB_TIMES", "STUB_CLOCK"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(unsetenv(names[i]), 0);
}

/* The daemon, whose @call on files with such a path fails @times after it went well @after times.
 */
static void start_failing(const char *call, const char *path, int error, long after, long times)
{
	assert_int_equal(setenv("STUB_CALL", call, 1), 0);
	assert_int_equal(setenv("STUB_PATH", path, 1), 0);
	set_number("STUB_ERRNO", error);
	set_number("STUB_AFTER", after);
	set_number("STUB_TIMES", times);
	load_stub();
	start_daemon(ARGS());
	unload_stub();
}

static void expect_said_once(const char *part)
{
	if (count(w.daemon.text[ERR], part) != 1)
		fail_msg("not once \"%s\" in \"%s\"", part, w.daemon.text[ERR]);
}

/* It works as ever. */
static void expect_service(void)
{
	static unsigned id = 500;
	char text[32];

	(void)snprintf(text, sizeof(text), "%u ok 2 ", ++id);
	request(id, "pool 1 *");
	WAIT(count_responses(text));
}

/* --- xenstore ------------------------------------------------------------------------------- */

/* A xenstored that a test may end: the one of the other tests stays. */
static struct test_xenstored mortal;

static void start_mortal(void)
{
	assert_int_equal(test_xenstored_start(&mortal, NULL, 0), 0);
	assert_int_equal(test_xenstored_as(&mortal, 0), 0);
}

static void write_mortal(const char *path, const char *value)
{
	struct xs_handle *xs = xs_open(0);

	assert_non_null(xs);
	assert_true(xs_write(xs, XBT_NULL, path, value, (unsigned)strlen(value)));
	xs_close(xs);
}

static void expect_mortal(const char *path, const char *value)
{
	struct xs_handle *xs = xs_open(0);
	unsigned len;
	char *text;

	assert_non_null(xs);
	text = xs_read(xs, XBT_NULL, path, &len);
	assert_non_null(text);
	assert_string_equal(text, value);
	free(text);
	xs_close(xs);
}

static void a_xenstored_that_starts_again_is_found(void **state)
{
	(void)state;
	start_mortal();
	start_daemon(ARGS());
	assert_int_equal(test_xenstored_end(&mortal), 0);
	WAIT(strstr(w.daemon.text[ERR], "xenstore is gone"));
	assert_int_equal(test_xenstored_again(&mortal, NULL, 0), 0);
	WAIT(strstr(w.daemon.text[ERR], "xenstore is there"));
	expect_said_once("xenstore is gone");
	expect_mortal(MAILBOX_AGENT, MAILBOX_VERSION);
	write_mortal(MAILBOX_REQUEST, "5 pool 1 *");
	WAIT(newest_is("no-gain"));
	stop_daemon();
	expect_mortal(MAILBOX_RESPONSE, "5 ok 2 0");
	assert_int_equal(test_xenstored_stop(&mortal), 0);
	expect_all_back();
}

static void a_xenstored_killed_in_a_window_leaves_nothing_changed(void **state)
{
	(void)state;
	start_mortal();
	start_daemon(ARGS());
	write_mortal(MAILBOX_REQUEST, "6 pool 1500 *");
	WAIT(holds(POOL, "0\n"));
	assert_int_equal(test_xenstored_end(&mortal), 0);
	WAIT(strstr(w.daemon.text[ERR], "xenstore is gone"));
	WAIT(holds(POOL, "1024\n") && newest_is("no-gain"));
	stop_daemon();
	assert_int_equal(test_xenstored_stop(&mortal), 0);
	expect_all_back();
}

/* Whoever asked is gone with it; the end of the daemon puts back what the window changed. */
static void a_stop_after_xenstore_is_lost_puts_everything_back(void **state)
{
	(void)state;
	start_mortal();
	start_daemon(ARGS());
	write_mortal(MAILBOX_REQUEST, "7 grants 60000 *");
	WAIT(holds(GRANTS, "0\n"));
	assert_int_equal(test_xenstored_stop(&mortal), 0);
	WAIT(strstr(w.daemon.text[ERR], "xenstore is gone"));
	stop_daemon();
	expect_all_back();
}

static void a_xenstored_that_comes_late_is_found(void **state)
{
	(void)state;
	start_mortal();
	assert_int_equal(test_xenstored_end(&mortal), 0);
	start_daemon(ARGS());
	expect_said_once("no xenstore");
	assert_int_equal(test_xenstored_again(&mortal, NULL, 0), 0);
	WAIT(strstr(w.daemon.text[ERR], "xenstore is there"));
	expect_mortal(MAILBOX_AGENT, MAILBOX_VERSION);
	stop_daemon();
	assert_int_equal(test_xenstored_stop(&mortal), 0);
}

/* Asking the kernel instead would wait for ever for an answer. */
static void a_socket_that_nobody_serves_is_no_xenstore(void **state)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/socket", w.tree.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	(void)close(fd);
	assert_int_equal(setenv("XENSTORED_PATH", addr.sun_path, 1), 0);
	start_daemon(ARGS());
	expect_said_once("no xenstore (Connection refused)");
	stop_daemon();
	expect_untouched();
}

/* --- devices and modules -------------------------------------------------------------------- */

static void a_disk_that_went_before_it_was_told_is_left_out(void **state)
{
	(void)state;
	put_native("vbd-1-51712");
	put_native("vbd-2-51712");
	start_failing("open", "vbd-1-51712/reclaim/trigger", ENODEV, 0, 1);
	request(81, "pool 40 *");
	WAIT(count_responses("81 ok 1 "));
	tree_expect(&w.tree, TRIGGER_2, "pool 40");
	stop_daemon();
}

static void disks_that_all_went_are_told_of(void **state)
{
	(void)state;
	put_native("vbd-1-51712");
	put_native("vbd-2-51712");
	start_failing("write", "reclaim/trigger", ENODEV, 0, 2);
	request(82, "pool 40 *");
	WAIT(count_responses("82 error ENODEV"));
	expect_said_once("reclaim failed: No such device");
	expect_service();
	stop_daemon();
}

static void a_disk_unbound_in_a_window_is_no_matter(void **state)
{
	(void)state;
	put_native("vbd-1-51712");
	put_native("vbd-2-51712");
	start_daemon(ARGS());
	request(83, "pool 1500 *");
	WAIT(actions_now() == 1);
	tree_drop(&w.tree, "sys/bus/xen-backend/devices/vbd-1-51712");
	tree_drop(&w.tree, "sys/bus/xen-backend/devices/vbd-2-51712");
	WAIT(count_responses("83 ok 2 "));
	stop_daemon();
}

static void put_blkback(void)
{
	tree_put(&w.tree, POOL, "1024\n");
	tree_put(&w.tree, AGE, "60\n");
	tree_put(&w.tree, GRANTS, "1056\n");
}

static void blkback_may_go_in_a_window_and_come_back(void **state)
{
	(void)state;
	start_daemon(ARGS());
	request(84, "pool 3000 *");
	WAIT(holds(POOL, "0\n"));
	tree_drop(&w.tree, "sys/module/xen_blkback");
	WAIT(count_responses("84 ok 2 "));
	expect_said_once("the mechanism is none now");
	assert_null(strstr(w.daemon.text[ERR], "failed"));
	assert_false(tree_has(&w.tree, PARAMS_SAVED));
	put_blkback();
	expect_service();
	expect_said_once("the mechanism is params now");
	stop_daemon();
	expect_all_back();
}

static void a_module_may_come_and_go(void **state)
{
	(void)state;
	start_daemon(ARGS());
	put_native("vbd-1-51712");
	put_native("vbd-2-51712");
	expect_service();
	expect_said_once("the mechanism is native now");
	tree_drop(&w.tree, VBD_DIR "/vbd-1-51712/reclaim");
	tree_drop(&w.tree, VBD_DIR "/vbd-2-51712/reclaim");
	expect_service();
	expect_said_once("the mechanism is params now");
	stop_daemon();
	expect_all_back();
	assert_int_equal(w.writes[PARAM_POOL], 2);
}

/* --- writes to sysfs ------------------------------------------------------------------------ */

static void expect_refused(const char *call, const char *path, int error, const char *response)
{
	char text[128];

	start_failing(call, path, error, 0, 1);
	request(90, "grants - *");
	(void)snprintf(text, sizeof(text), "90 error %s", response);
	WAIT(count_responses(text));
	(void)snprintf(text, sizeof(text), "reclaim failed: %s", strerror(error));
	expect_said_once(text);
	expect_all_back();
	expect_service();
	stop_daemon();
	expect_all_back();
}

static void a_write_that_fails_with_eio_is_answered(void **state)
{
	(void)state;
	expect_refused("write", POOL, EIO, "EIO");
}

static void a_write_that_fails_with_eacces_is_answered(void **state)
{
	(void)state;
	expect_refused("open", POOL, EACCES, "EIO");
}

static void a_write_that_fails_with_ebusy_is_answered(void **state)
{
	(void)state;
	expect_refused("write", POOL, EBUSY, "EBUSY");
}

static void a_write_that_fails_with_enodev_is_answered(void **state)
{
	(void)state;
	expect_refused("write", POOL, ENODEV, "ENODEV");
}

/* The pool is lowered already. */
static void a_write_that_fails_half_way_is_taken_back(void **state)
{
	(void)state;
	expect_refused("write", GRANTS, EIO, "EIO");
	assert_int_equal(w.writes[PARAM_POOL], 4); /* by that request, and by the one after it */
}

static void what_cannot_be_put_back_is_tried_again(void **state)
{
	(void)state;
	start_failing("write", POOL, EIO, 1, 2);
	request(91, "pool 1 *");
	WAIT(count_responses("91 error EIO"));
	expect_said_once("reclaim failed: Input/output error");
	tree_expect(&w.tree, POOL, "0\n");
	assert_true(tree_has(&w.tree, PARAMS_SAVED));
	WAIT(holds(POOL, "1024\n") && !tree_has(&w.tree, PARAMS_SAVED));
	expect_service();
	stop_daemon();
	expect_all_back();
}

static void a_request_in_between_ends_no_try_to_put_back(void **state)
{
	(void)state;
	start_failing("write", POOL, EIO, 1, 2);
	request(93, "pool 1 *");
	WAIT(count_responses("93 error EIO"));
	request(94, "pool 1 *"); /* before the next try; it cannot begin */
	WAIT(count_responses("94 error EIO"));
	WAIT(holds(POOL, "1024\n") && !tree_has(&w.tree, PARAMS_SAVED));
	expect_service();
	stop_daemon();
	expect_all_back();
}

static void what_could_not_be_put_back_at_the_end_is_told_of(void **state)
{
	(void)state;
	start_failing("write", POOL, EIO, 1, 1000);
	request(92, "pool 1 *");
	WAIT(count_responses("92 error EIO"));
	stop_daemon();
	expect_said_once("cannot put back parameters: Input/output error");
	assert_int_equal(run(daemon_path, ARGS("--restore")), 0);
	expect_all_back();
}

/* --- pressure ------------------------------------------------------------------------------- */

static void without_pressure_information_requests_are_served(void **state)
{
	(void)state;
	start_daemon(ARGS());
	expect_said_once("no pressure information at all; start Linux with psi=1");
	expect_service();
	stop_daemon();
}

/* As a kernel with psi=0 has it: the file is there. */
static void pressure_that_is_off_is_told_of(void **state)
{
	(void)state;
	tree_put(&w.tree, PSI_PATH, "");
	start_failing("open", PSI_PATH, EOPNOTSUPP, 0, 1000);
	expect_said_once("no pressure triggers (Operation not supported): no pressure information");
	expect_service();
	stop_daemon();
}

/* Some kernels show the file, and nothing in it. */
static void a_pressure_file_without_a_word_is_no_pressure_information(void **state)
{
	(void)state;
	tree_put(&w.tree, PSI_PATH, "");
	start_daemon(ARGS());
	expect_said(&w.daemon, ERR, "no pressure information");
	expect_service();
	stop_daemon();
	expect_all_back();
}

static void triggers_that_are_refused_leave_totals(void **state)
{
	(void)state;
	tree_put(&w.tree, PSI_PATH, PSI_TEXT);
	start_failing("write", PSI_PATH, EINVAL, 0, 1000);
	expect_said_once("no pressure triggers (Invalid argument): reading totals on a timer");
	tree_put(&w.tree, PSI_PATH, "some total=100000\nfull total=0\n");
	WAIT(newest_is("no-gain"));
	expect_newest("cause", "soft-pressure");
	stop_daemon();
	expect_all_back();
}

/* A terminal whose other end closes stands for it: nothing else here takes a trigger and ends. */
static void a_trigger_that_ends_is_no_reason_to_spin(void **state)
{
	char name[64];
	int master;
	int slave;

	(void)state;
	assert_int_equal(openpty(&master, &slave, name, NULL, NULL), 0);
	assert_int_equal(fcntl(master, F_SETFD, FD_CLOEXEC), 0);
	assert_int_equal(fcntl(slave, F_SETFD, FD_CLOEXEC), 0);
	tree_link(&w.tree, PSI_PATH, name);
	start_daemon(ARGS());
	assert_non_null(strstr(w.notified, "pressure by trigger"));
	(void)close(slave);
	(void)close(master);
	WAIT(strstr(w.daemon.text[ERR], "no pressure triggers (No such device)"));
	expect_service();
	expect_said_once("no pressure triggers");
	assert_int_equal(actions_now(), 1); /* its end is no pressure */
	stop_daemon();
}

static void pressure_information_may_vanish_and_return(void **state)
{
	struct sealed s;

	(void)state;
	tree_seal(&w.tree, PSI_PATH, PSI_TEXT, &s);
	start_daemon(ARGS());
	tree_drop(&w.tree, PSI_PATH);
	WAIT(strstr(w.daemon.text[ERR], "no pressure information any more"));
	expect_service();
	tree_put(&w.tree, PSI_PATH, PSI_TEXT);
	WAIT(strstr(w.daemon.text[ERR], "pressure information is there"));
	expect_said_once("no pressure information any more");
	stop_daemon();
	tree_unseal(&s);
}

/* --- disks that are full, files that are not there -------------------------------------------- */

static void without_room_for_the_old_values_nothing_is_lowered(void **state)
{
	(void)state;
	start_failing("write", PARAMS_SAVED ".new", ENOSPC, 0, 1);
	request(100, "grants - *");
	WAIT(count_responses("100 error EIO"));
	expect_said_once("reclaim failed: No space left on device");
	expect_untouched();
	expect_service();
	stop_daemon();
	expect_all_back();
}

static void without_its_directory_nothing_is_lowered(void **state)
{
	(void)state;
	start_daemon(ARGS());
	tree_drop(&w.tree, RUN_DIR);
	request(101, "grants - *");
	WAIT(count_responses("101 error ENOENT"));
	expect_said_once("reclaim failed: No such file or directory");
	expect_untouched();
	stop_daemon();
}

/* What is to be put back is in memory too. */
static void saved_values_removed_in_a_window_are_no_matter(void **state)
{
	(void)state;
	start_daemon(ARGS());
	request(102, "pool 3000 *");
	WAIT(holds(POOL, "0\n"));
	tree_drop(&w.tree, PARAMS_SAVED);
	WAIT(count_responses("102 ok 2 "));
	expect_all_back();
	stop_daemon();
}

static void saved_values_that_are_junk_change_nothing(void **state)
{
	(void)state;
	tree_put(&w.tree, PARAMS_SAVED,
		 "junk 5 1024\nmax_buffer_pages\nmax_buffer_pages x 1024\n\n"
		 "max_buffer_pages 99999999999999999999 1024\n\033[31m 1 2\n");
	start_daemon(ARGS());
	expect_untouched();
	expect_service();
	stop_daemon();
	expect_all_back();
}

/* Else a second window would save what the first has left lowered. */
static void saved_values_that_cannot_be_read_stop_the_start(void **state)
{
	(void)state;
	tree_mkdir(&w.tree, PARAMS_SAVED);
	assert_int_equal(run(daemon_path, ARGS()), 1);
	expect_one_line(&w.cli);
	expect_said(&w.cli, ERR,
		    "cannot put back parameters from /" PARAMS_SAVED ": Is a directory");
}

static void a_full_disk_for_metrics_is_told_of_once(void **state)
{
	(void)state;
	tree_put(&w.tree, CONFIG, WITH_METRICS);
	start_failing("write", METRICS ".new", ENOSPC, 0, 2);
	expect_said_once("cannot write metrics to /" METRICS ": No space left on device");
	expect_service();
	WAIT(newest_is("no-gain"));
	expect_service();
	WAIT(tree_has(&w.tree, METRICS)); /* there is room again */
	expect_said_once("cannot write metrics");
	stop_daemon();
}

static void a_state_file_that_cannot_be_written_is_no_matter(void **state)
{
	(void)state;
	start_failing("write", STATE_FILE ".new", EROFS, 0, 1000);
	expect_service();
	stop_daemon();
	expect_all_back();
}

static void without_memory_figures_requests_are_answered(void **state)
{
	(void)state;
	start_daemon(ARGS());
	tree_put(&w.tree, "proc/meminfo", "junk\n");
	expect_service();
	expect_said(&w.daemon, ERR, "cannot read memory figures");
	stop_daemon();
	expect_all_back();
}

/* --- time ----------------------------------------------------------------------------------- */

static void a_clock_that_is_set_prolongs_no_window(void **state)
{
	char path[128];

	(void)state;
	tree_put(&w.tree, "clock", "0\n");
	(void)snprintf(path, sizeof(path), "%s/clock", w.tree.path);
	assert_int_equal(setenv("STUB_CLOCK", path, 1), 0);
	load_stub();
	start_daemon(ARGS());
	unload_stub();
	request(110, "pool 1000 *");
	WAIT(holds(POOL, "0\n"));
	tree_put(&w.tree, "clock", "-86400\n");
	WAIT(count_responses("110 ok 2 "));
	request(111, "pool 1000 *");
	WAIT(holds(POOL, "0\n"));
	tree_put(&w.tree, "clock", "86400\n");
	WAIT(count_responses("111 ok 2 "));
	request(112, "pool 1 *"); /* whoever asks may have another clock */
	WAIT(count_responses("112 ok 2 "));
	assert_int_equal(actions_now(), 3);
	stop_daemon();
	expect_all_back();
}

/* As in a machine that is suspended, but that the clock goes on. */
static void a_daemon_that_slept_ends_its_window_at_once(void **state)
{
	const struct timespec window = {.tv_sec = 3, .tv_nsec = 200000000};

	(void)state;
	start_daemon(ARGS());
	request(113, "pool 3000 *");
	WAIT(holds(POOL, "0\n"));
	assert_int_equal(kill(w.daemon.pid, SIGSTOP), 0);
	(void)nanosleep(&window, NULL);
	tree_expect(&w.tree, POOL, "0\n");
	assert_int_equal(kill(w.daemon.pid, SIGCONT), 0);
	WAIT(count_responses("113 ok 2 "));
	expect_all_back();
	stop_daemon();
}

/* --- the daemon's own means ----------------------------------------------------------------- */

static void without_descriptors_nothing_is_lowered(void **state)
{
	const struct rlimit none = {.rlim_cur = 3, .rlim_max = 1024};
	const struct rlimit enough = {.rlim_cur = 1024, .rlim_max = 1024};

	(void)state;
	start_daemon(ARGS());
	assert_int_equal(prlimit(w.daemon.pid, RLIMIT_NOFILE, &none, NULL), 0);
	request(120, "pool 1 *");
	WAIT(count_responses("120 error "));
	expect_said(&w.daemon, ERR, "Too many open files");
	expect_untouched();
	assert_int_equal(prlimit(w.daemon.pid, RLIMIT_NOFILE, &enough, NULL), 0);
	expect_service();
	stop_daemon();
	expect_all_back();
}

static void with_few_descriptors_it_ends_or_runs(void **state)
{
	char script[1024];
	char path[128];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/few", w.tree.path);
	for (int n = 8; n < 28; n++) {
		(void)snprintf(script, sizeof(script),
			       "#!/bin/sh\nulimit -n %d\nexec '%s' \"$@\"\n", n, daemon_path);
		tree_put(&w.tree, "few", script);
		assert_int_equal(chmod(path, 0755), 0);
		w.notified[0] = '\0';
		spawn_daemon(path, ARGS());
		WAIT(strstr(w.notified, "READY=1") || w.daemon.pid == 0);
		if (w.daemon.pid)
			stop_daemon();
		else
			assert_int_equal(exit_status(&w.daemon), 1);
		assert_string_not_equal(w.daemon.text[ERR], "");
		expect_untouched();
	}
	assert_string_not_equal(w.notified, ""); /* enough, at last */
}

static void of_two_at_once_one_runs(void **state)
{
	struct child *refused;

	(void)state;
	spawn_daemon(daemon_path, ARGS());
	spawn(&w.cli, daemon_path, ARGS());
	WAIT(w.daemon.pid == 0 || w.cli.pid == 0);
	refused = w.cli.pid ? &w.daemon : &w.cli;
	assert_int_equal(exit_status(refused), 1);
	expect_one_line(refused);
	expect_said(refused, ERR, "another xen-reclaimd runs");
	if (refused == &w.cli) {
		WAIT(strstr(w.notified, "READY=1"));
		expect_service();
		stop_daemon();
	}
	expect_all_back();
}

/* --- out of memory -------------------------------------------------------------------------- */

static unsigned stub_reached(void)
{
	return count(w.daemon.text[ERR], "stub: failed\n");
}

/* Until it is so, or the daemon has ended, or for long enough: what failed may be the answer. */
static void allow(const char *text, const char *part, int ms)
{
	uint64_t end_us = now_us() + (uint64_t)ms * USEC_PER_MSEC;

	while (w.daemon.pid && !strstr(text, part) && now_us() < end_us)
		pump((int)((end_us - now_us()) / USEC_PER_MSEC) + 1);
}

/* A start, a request with its answer, a reload and a stop, in which the @nth allocation fails. */
static void live_short_of_memory(unsigned long nth)
{
	(void)alarm(300);
	set_number("STUB_ALLOC", (long)nth);
	load_stub();
	w.notified[0] = '\0';
	w.n_responses = 0;
	memset(w.responses, 0, sizeof(w.responses));
	store_put(MAILBOX_RESPONSE, "");
	request(130, "pool 1 *");
	spawn_daemon(daemon_path, ARGS());
	unload_stub();
	WAIT(strstr(w.notified, "READY=1") || w.daemon.pid == 0);
	allow(w.responses[0], "130 ", stub_reached() ? 300 : 2000);
	if (w.daemon.pid)
		assert_int_equal(kill(w.daemon.pid, SIGHUP), 0);
	allow(w.notified, "RELOADING=1", 2000);
	if (w.daemon.pid)
		assert_int_equal(kill(w.daemon.pid, SIGTERM), 0);
	WAIT(w.daemon.pid == 0);
	if (!WIFEXITED(w.daemon.status))
		fail_msg("allocation %lu: signal %d:\n%s", nth, WTERMSIG(w.daemon.status),
			 w.daemon.text[ERR]);
	if (WEXITSTATUS(w.daemon.status) > 1)
		fail_msg("allocation %lu: status %d:\n%s", nth, WEXITSTATUS(w.daemon.status),
			 w.daemon.text[ERR]);
	if (WEXITSTATUS(w.daemon.status) == 1 && count(w.daemon.text[ERR], "xen-reclaimd: ") == 0)
		fail_msg("allocation %lu: ended without a word:\n%s", nth, w.daemon.text[ERR]);
	expect_all_back();
}

/* Each in turn, until one more is not reached. */
static void any_allocation_may_fail(void **state)
{
	unsigned long n = 0;

	(void)state;
	if (sanitized)
		skip();
	tree_put(&w.tree, CONFIG, "[domain web]\nwindow = 1s\n[metrics]\nfile = /" METRICS "\n");
	do
		live_short_of_memory(++n);
	while (stub_reached());
	print_message("%lu allocations\n", n - 1);
	assert_true(n > 100);
}

static int teardown(void **state)
{
	unload_stub();
	return world_teardown(state);
}

#define F(name) cmocka_unit_test_setup_teardown(name, world_setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		F(a_xenstored_that_starts_again_is_found),
		F(a_xenstored_killed_in_a_window_leaves_nothing_changed),
		F(a_stop_after_xenstore_is_lost_puts_everything_back),
		F(a_xenstored_that_comes_late_is_found),
		F(a_socket_that_nobody_serves_is_no_xenstore),
		F(a_disk_that_went_before_it_was_told_is_left_out),
		F(disks_that_all_went_are_told_of),
		F(a_disk_unbound_in_a_window_is_no_matter),
		F(blkback_may_go_in_a_window_and_come_back),
		F(a_module_may_come_and_go),
		F(a_write_that_fails_with_eio_is_answered),
		F(a_write_that_fails_with_eacces_is_answered),
		F(a_write_that_fails_with_ebusy_is_answered),
		F(a_write_that_fails_with_enodev_is_answered),
		F(a_write_that_fails_half_way_is_taken_back),
		F(what_cannot_be_put_back_is_tried_again),
		F(a_request_in_between_ends_no_try_to_put_back),
		F(what_could_not_be_put_back_at_the_end_is_told_of),
		F(without_pressure_information_requests_are_served),
		F(pressure_that_is_off_is_told_of),
		F(a_pressure_file_without_a_word_is_no_pressure_information),
		F(triggers_that_are_refused_leave_totals),
		F(a_trigger_that_ends_is_no_reason_to_spin),
		F(pressure_information_may_vanish_and_return),
		F(without_room_for_the_old_values_nothing_is_lowered),
		F(without_its_directory_nothing_is_lowered),
		F(saved_values_removed_in_a_window_are_no_matter),
		F(saved_values_that_are_junk_change_nothing),
		F(saved_values_that_cannot_be_read_stop_the_start),
		F(a_full_disk_for_metrics_is_told_of_once),
		F(a_state_file_that_cannot_be_written_is_no_matter),
		F(without_memory_figures_requests_are_answered),
		F(a_clock_that_is_set_prolongs_no_window),
		F(a_daemon_that_slept_ends_its_window_at_once),
		F(without_descriptors_nothing_is_lowered),
		F(with_few_descriptors_it_ends_or_runs),
		F(of_two_at_once_one_runs),
		F(any_allocation_may_fail),
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, world_start, world_stop);
}
