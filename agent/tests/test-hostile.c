// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest that does its worst against the daemon: it floods whatever it may write in a real
 * xenstored, and tries what it may not. Counts what that costs the daemon. The guest's part of the
 * store is as libxl makes it.
 */
#include "tests/world.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define GUEST	 "/local/domain/1"
#define FRONTEND GUEST "/device/vbd/51712"
#define BACKEND	 "/local/domain/0/backend/vbd/1/51712"
#define METRICS	 "run/xen-reclaim/xen-reclaim.prom"

#define FLOOD	 3000
#define REQUESTS 10

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

/* Everything but NUL, which no value of a C program holds anyhow: bells, escapes, half of UTF-8. */
static void fill_odd(char *text, size_t size)
{
	static const char escape[] = "\033]0;forged\a\033[2J\nxen-reclaimd: forged\n";

	memcpy(text, escape, sizeof(escape) - 1);
	for (size_t i = sizeof(escape) - 1; i < size; i++)
		text[i] = (char)(1 + i % 255);
}

/* One round of it. Return: how many writes it was refused. */
static unsigned do_worst(struct xs_handle *xs, unsigned round)
{
	static const char *const forbidden[] = {
		"/local/domain/0/" MAILBOX_REQUEST,
		"/local/domain/0/" MAILBOX_RESPONSE,
		"/local/domain/0/" MAILBOX_AGENT,
		"/local/domain/0/" TARGET,
		BACKEND "/squeeze-ms",
		BACKEND "/state",
		GUEST "/name",
		GUEST "/vm",
	};
	static const char *const own[] = {FRONTEND "/state", FRONTEND "/ring-page-order",
					  FRONTEND "/multi-queue-num-queues", GUEST "/data/odd",
					  GUEST "/control/shutdown"};
	static const char request[] = "1 9999999999 pool - *";
	char state[2] = {(char)('1' + round % 6), '\0'};
	char odd[3900];
	unsigned refused = 0;

	fill_odd(odd, sizeof(odd));
	(void)xs_write(xs, XBT_NULL, FRONTEND "/state", state, 1);
	(void)xs_write(xs, XBT_NULL, own[round % ARRAY_SIZE(own)], odd, round % sizeof(odd));
	(void)xs_rm(xs, XBT_NULL, own[round % ARRAY_SIZE(own)]);
	if (!xs_write(xs, XBT_NULL, forbidden[round % ARRAY_SIZE(forbidden)], request,
		      sizeof(request) - 1))
		refused++;
	return refused;
}

/* A program in the guest. @rounds: so often, or until it is killed for 0. It fails by its status.
 */
static pid_t start_flood(unsigned rounds)
{
	pid_t pid;

	assert_int_equal(test_xenstored_as(&xenstored, 1), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct xs_handle *xs = xs_open(0);
		unsigned refused = 0;
		unsigned i;

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (i = 0; xs && (rounds == 0 || i < rounds); i++)
			refused += do_worst(xs, i);
		_exit(!xs || refused != i);
	}
	assert_int_equal(test_xenstored_as(&xenstored, 0), 0);
	return pid;
}

static void end_flood(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
}

/* --- what it costs -------------------------------------------------------------------------- */

/* Of /proc/PID/task/TID/status, or of /proc/PID/status: the number after a key. */
static uint64_t of_status(const char *path, const char *key)
{
	char text[4096];
	uint64_t n;

	assert_true(read_text(AT_FDCWD, path, text, sizeof(text)) > 0);
	assert_int_equal(find_number(text, key, &n), 0);
	return n;
}

static uint64_t rss_kb(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/status", w.daemon.pid);
	return of_status(path, "RssAnon:");
}

/* How often any of its threads went to sleep, and so was woken. */
static uint64_t wake_ups(void)
{
	char path[64];
	uint64_t n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", w.daemon.pid);
	dir = opendir(path);
	assert_non_null(dir);
	for (const struct dirent *d = readdir(dir); d; d = readdir(dir)) {
		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%d/task/%.16s/status", w.daemon.pid,
			       d->d_name);
		n += of_status(path, "voluntary_ctxt_switches:");
	}
	(void)closedir(dir);
	return n;
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
	before = wake_ups();
	end_flood(start_flood(FLOOD));
	/* a few are the end of what sync_daemon() asked for */
	assert_in_range(wake_ups() - before, 0, FLOOD / 100);
	stop_daemon();
	expect_untouched();
}

static void requests_are_answered_in_a_flood(void **state)
{
	pid_t flood = start_flood(0);
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
	if (rss_kb() > rss + 64)
		fail_msg("grown from %lu kB to %lu kB", (unsigned long)rss,
			 (unsigned long)rss_kb());
	assert_int_equal(kill(flood, SIGKILL), 0);
	end_flood(flood);
	assert_int_equal(actions_now(), REQUESTS); /* none was forged */
	assert_int_equal(w.n_responses, REQUESTS);
	stop_daemon();
	expect_all_back();
}

static void nothing_of_the_guest_is_shown(void **state)
{
	static const char *const commands[] = {"status", "doctor"};

	(void)state;
	put_native("vbd-1-51712");
	start_daemon(ARGS());
	end_flood(start_flood(60));
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
