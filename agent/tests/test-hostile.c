// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest that does its worst against the daemon: it floods whatever it may write in a real
 * xenstored, and tries what it may not. Counts what that costs the daemon. The guest's part of the
 * store is as libxl makes it.
 */
#include "tests/process.h"
#include "tests/world.h"

#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define DISK	 "51712"
#define GUEST	 "/local/domain/1"
#define FRONTEND GUEST "/device/vbd/" DISK
#define BACKEND	 "/local/domain/0/backend/vbd/1/" DISK
#define METRICS	 "run/xen-reclaim/xen-reclaim.prom"

/* AddressSanitizer keeps what was freed. */
#ifdef __SANITIZE_ADDRESS__
#define GROWTH_KB (64 * 1024)
#else
#define GROWTH_KB 64
#endif

#define FLOOD	 "3000"
#define REQUESTS 10

/* A few are the end of what was asked before. */
#define WAKE_UPS_MAX 30

/* --- the guest ------------------------------------------------------------------------------ */

static void make_node(const char *path, unsigned owner, unsigned other)
{
	struct xs_permissions perms[] = {
		{.id = owner, .perms = XS_PERM_NONE},
		{.id = other, .perms = XS_PERM_READ},
	};

	assert_true(xs_mkdir(dom0, XBT_NULL, path));
	assert_true(xs_set_permissions(dom0, XBT_NULL, path, perms, 2));
}

/* The testbed's program for it; @rounds: so often, or until it is killed for 0. */
static pid_t start_flood(const char *rounds)
{
	char program[sizeof(stub_path) + 16];
	pid_t pid;

	(void)snprintf(program, sizeof(program), "%s/../flood", stub_path);
	assert_int_equal(test_xenstored_as(&xenstored, 1), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)execl(program, "flood", rounds, DISK, NULL);
		_exit(127);
	}
	assert_int_equal(test_xenstored_as(&xenstored, 0), 0);
	return pid;
}

static void end_flood(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		assert_int_equal(status, 0);
}

/* --- what it costs -------------------------------------------------------------------------- */

static uint64_t rss_kb(void)
{
	return process_number(w.daemon.pid, "status", "RssAnon:");
}

/* Plain text of one byte a character, but for the ends of lines. */
static void expect_plain(const char *text)
{
	for (const char *c = text; *c; c++)
		if (*c != '\n' && !isprint((unsigned char)*c))
			fail_msg("character 0x%02x in \"%s\"", (unsigned char)*c, text);
	assert_null(strstr(text, "forged"));
}

/* --- tests ---------------------------------------------------------------------------------- */

static int setup(void **state)
{
	(void)world_setup(state);
	make_node(FRONTEND, 1, 0);
	make_node(BACKEND, 0, 1);
	make_node(GUEST "/data", 1, 0);
	assert_true(xs_write(dom0, XBT_NULL, FRONTEND "/backend", BACKEND, strlen(BACKEND)));
	tree_put(&w.tree, CONFIG,
		 "[backoff]\nregrowth = 1s\n[metrics]\nfile = /" METRICS
		 "\n[domain web]\nwindow = 1s\n");
	return 0;
}

static void a_flood_does_not_wake_the_daemon(void **state)
{
	uint64_t before;

	(void)state;
	start_daemon(ARGS());
	sync_daemon();
	before = process_wake_ups(w.daemon.pid);
	end_flood(start_flood(FLOOD));
	assert_in_range(process_wake_ups(w.daemon.pid) - before, 0, WAKE_UPS_MAX);
	stop_daemon();
	expect_untouched();
}

static void requests_are_answered_in_a_flood(void **state)
{
	pid_t flood = start_flood("0");
	uint64_t rss;

	(void)state;
	start_daemon(ARGS());
	rss = 0;
	for (unsigned i = 0; i < REQUESTS; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "%u ok 2 0", 200 + i);
		request(200 + i, "pool 1 *");
		WAIT(count_responses(text));
		rss = i == 1 ? rss_kb() : rss;
	}
	if (rss_kb() > rss + GROWTH_KB)
		fail_msg("grown from %lu kB to %lu kB", (unsigned long)rss,
			 (unsigned long)rss_kb());
	assert_int_equal(kill(flood, SIGKILL), 0);
	end_flood(flood);
	assert_int_equal(actions_now(), REQUESTS);		/* none was forged */
	assert_in_range(w.n_responses, REQUESTS, 2 * REQUESTS); /* accepted, and answered */
	stop_daemon();
	expect_all_back();
}

static void nothing_of_the_guest_is_shown(void **state)
{
	static const char *const commands[] = {"status", "doctor"};

	(void)state;
	put_native("vbd-1-51712");
	start_daemon(ARGS());
	end_flood(start_flood("60"));
	request(300, "pool 1 *");
	WAIT(count_responses("300 ok 1 "));
	WAIT(newest_is("no-gain"));
	sync_daemon();
	expect_plain(w.daemon.text[ERR]);
	expect_plain(tree_get(&w.tree, STATE_FILE));
	expect_plain(tree_get(&w.tree, METRICS));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		(void)run(cli_path, ARGS(commands[i]));
		expect_plain(w.cli.text[OUT]);
		expect_plain(w.cli.text[ERR]);
	}
	(void)run(cli_path, ARGS("top", "--batch", "--delay=1"));
	expect_plain(w.cli.text[OUT]);
	stop_daemon();
}

#define H(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		H(a_flood_does_not_wake_the_daemon),
		H(requests_are_answered_in_a_flood),
		H(nothing_of_the_guest_is_shown),
	};

	return cmocka_run_group_tests(tests, world_start, world_stop);
}
