// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of the patched xl as a program, on a host without Xen: a real xenstored, a stand-in for the
 * hypervisor, and the test itself, or the real daemon, as the agent of a backend domain. Waits for
 * what happens, never for time.
 */
#include "tests/cmocka-all.h"
#include "tests/tree.h"
#include "tests/xenstored.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xenstore.h>

/* Domain 7 has disks: xvda of domain 0, xvdb and xvdc of the driver domain. */
#define DRIVER 5U
#define GUEST  7U

#define PATIENCE_MS 30000
#define XL_ARGS_MAX 16

#define MAILBOX(domid, node) "/local/domain/" domid "/blkback-reclaim/" node
#define REQUEST		     MAILBOX("5", "request")
#define RESPONSE	     MAILBOX("5", "response")
#define AGENT		     MAILBOX("5", "agent")

/* As the stand-in for the hypervisor makes up UUIDs. */
#define SAVED "userdata-d.7.07070707-0707-0707-0707-070707070707.libxl-json"

extern char **environ;

/* An xl that was started; what it says is in files of the tree. */
struct xl {
	pid_t pid;
	char out[16];
	char err[16];
};

static char xl_path[512];
static char daemon_path[512];
static struct test_xenstored xenstored;
static struct xs_handle *dom0;
static struct xs_handle *driver;
static unsigned n_started;
static pid_t daemon_pid;

/* --- xenstore ------------------------------------------------------------------------------- */

static void put_bytes(struct xs_handle *xs, const char *path, const void *bytes, size_t len)
{
	if (!xs_write(xs, XBT_NULL, path, bytes, (unsigned)len))
		fail_msg("write %s: %s", path, strerror(errno));
}

static void put(struct xs_handle *xs, const char *path, const char *value)
{
	put_bytes(xs, path, value, strlen(value));
}

/* Return: the value, in a buffer that the next call uses again; "(none)" if there is none. */
static const char *get(struct xs_handle *xs, const char *path)
{
	static char text[4096];
	unsigned len;
	char *value = xs_read(xs, XBT_NULL, path, &len);

	(void)snprintf(text, sizeof(text), "%s", value ? value : "(none)");
	free(value);
	return text;
}

static void make_node(const char *path, unsigned owner, bool driver_reads)
{
	struct xs_permissions perms[] = {
		{.id = owner, .perms = XS_PERM_NONE},
		{.id = DRIVER, .perms = XS_PERM_READ},
	};

	put(dom0, path, "");
	assert_true(xs_set_permissions(dom0, XBT_NULL, path, perms, driver_reads ? 2 : 1));
}

/* As libxl makes them for driver_domain=1. */
static void make_mailbox(void)
{
	(void)xs_rm(dom0, XBT_NULL, "/local/domain/5/blkback-reclaim");
	make_node("/local/domain/5/blkback-reclaim", 0, true);
	make_node(REQUEST, 0, true);
	make_node(RESPONSE, DRIVER, false);
	make_node(AGENT, DRIVER, false);
}

static void put_key(const char *dir, const char *key, const char *value)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, key);
	put(dom0, path, value);
}

static void make_disk_of(unsigned domid, unsigned backend, int devid, const char *vdev)
{
	char libxl[64];
	char be[64];

	(void)snprintf(libxl, sizeof(libxl), "/libxl/%u/device/vbd/%d", domid, devid);
	(void)snprintf(be, sizeof(be), "/local/domain/%u/backend/vbd/%u/%d", backend, domid, devid);
	put_key(be, "frontend", "/local/domain/7/device/vbd");
	put_key(libxl, "frontend", "/local/domain/7/device/vbd");
	put_key(libxl, "backend", be);
	put_key(libxl, "params", "/dev/vg/disk");
	put_key(libxl, "type", "phy");
	put_key(libxl, "dev", vdev);
	put_key(libxl, "removable", "0");
	put_key(libxl, "mode", "w");
	put_key(libxl, "device-type", "disk");
}

static void make_disk(unsigned backend, int devid, const char *vdev)
{
	make_disk_of(GUEST, backend, devid, vdev);
}

/* As a driver that follows the key has it. */
static void follow(unsigned backend, int devid)
{
	char be[64];

	(void)snprintf(be, sizeof(be), "/local/domain/%u/backend/vbd/%u/%d", backend, GUEST, devid);
	put_key(be, "feature-squeeze-ms", "1");
}

/* --- programs ------------------------------------------------------------------------------- */

static void redirect(posix_spawn_file_actions_t *actions, int fd, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", tree.path, name);
	tree_put(&tree, name, "");
	assert_int_equal(posix_spawn_file_actions_addopen(actions, fd, path, O_WRONLY, 0), 0);
}

static struct xl start(const char *const *args)
{
	posix_spawn_file_actions_t actions;
	char *argv[XL_ARGS_MAX + 2] = {xl_path};
	struct xl xl;

	for (int i = 0; args[i]; i++)
		argv[i + 1] = (char *)args[i];
	(void)snprintf(xl.out, sizeof(xl.out), "out.%u", n_started);
	(void)snprintf(xl.err, sizeof(xl.err), "err.%u", n_started++);
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	redirect(&actions, STDOUT_FILENO, xl.out);
	redirect(&actions, STDERR_FILENO, xl.err);
	assert_int_equal(setenv("LD_PRELOAD", getenv("FAKE_HYPERCALLS"), 1), 0);
	assert_int_equal(posix_spawn(&xl.pid, xl_path, &actions, NULL, argv, environ), 0);
	assert_int_equal(unsetenv("LD_PRELOAD"), 0);
	(void)posix_spawn_file_actions_destroy(&actions);
	return xl;
}

#define ARGS(...)  ((const char *const[]){__VA_ARGS__, NULL})
#define START(...) start(ARGS(__VA_ARGS__))

static unsigned count(const char *text, const char *part)
{
	unsigned n = 0;

	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		n++;
	return n;
}

static int finish(const struct xl *xl)
{
	int status;

	assert_int_equal(waitpid(xl->pid, &status, 0), xl->pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void expect_success(const struct xl *xl, const char *said)
{
	int status = finish(xl);

	if (status != 0)
		fail_msg("exit status %d: %s", status, tree_get(&tree, xl->err));
	if (!strstr(tree_get(&tree, xl->out), said))
		fail_msg("\"%s\" says nothing of \"%s\"", tree_get(&tree, xl->out), said);
	assert_string_equal(tree_get(&tree, xl->err), "");
}

/* Exit status 1, and one line that says why. */
static void expect_failure(const struct xl *xl, const char *why)
{
	int status = finish(xl);
	const char *said = tree_get(&tree, xl->err);

	assert_int_equal(status, 1);
	if (!strstr(said, why))
		fail_msg("\"%s\" says nothing of \"%s\"", said, why);
	if (count(said, "\n") != 1)
		fail_msg("not one line: \"%s\"", said);
}

static void await_event(struct xs_handle *xs)
{
	struct pollfd p = {.fd = xs_fileno(xs), .events = POLLIN};
	char **event;

	if (poll(&p, 1, PATIENCE_MS) != 1)
		fail_msg("nothing happens in xenstore");
	event = xs_check_watch(xs);
	free(event);
}

/* A request that has come since the one with the id *last: its id, and its words. */
struct seen {
	unsigned id;
	char levels[32];
	char window[16];
	char target[16];
};

static struct seen await_request(unsigned last)
{
	struct seen seen;

	for (;;) {
		const char *text = get(driver, REQUEST);

		if (*text && sscanf(text, "%u", &seen.id) == 1 && seen.id != last) {
			assert_int_equal(sscanf(text, "%u %31s %15s %15s", &seen.id, seen.levels,
						seen.window, seen.target),
					 4);
			return seen;
		}
		await_event(driver);
	}
}

static void respond(unsigned id, const char *rest)
{
	char text[4096];

	(void)snprintf(text, sizeof(text), "%u %s", id, rest);
	put(driver, RESPONSE, text);
}

static void await_value(const char *path, const char *value)
{
	while (strcmp(get(dom0, path), value) != 0)
		await_event(dom0);
}

/* --- what is asked, and how it is answered -------------------------------------------------- */

static void a_request_is_answered(void **state)
{
	struct xl xl = START("blkback-reclaim", "--all");
	struct seen seen;

	(void)state;
	seen = await_request(0);
	assert_string_equal(seen.levels, "all");
	assert_string_equal(seen.window, "-");
	assert_string_equal(seen.target, "*");
	respond(seen.id, "accepted");
	respond(seen.id, "ok 2 12345");
	/* domain 0 is asked as well, and nobody is there */
	expect_failure(&xl, "No agent for block reclaim runs in backend domain 0");
	assert_string_equal(tree_get(&tree, xl.out), "Domain 5 gave back 12345 kB of 2 disks\n");
	assert_string_equal(get(dom0, REQUEST), "");
}

static void every_option_is_in_the_request(void **state)
{
	struct xl xl;
	struct seen seen;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51712");
	xl = START("blkback-reclaim", "-l", "slots,pool", "-d", "60000", "-t", "600", "7");
	seen = await_request(0);
	assert_string_equal(seen.levels, "pool,slots");
	assert_string_equal(seen.window, "60000");
	assert_string_equal(seen.target, "7");
	respond(seen.id, "ok 0 0");
	expect_success(&xl, "Domain 5 gave back 0 kB of 0 disks\n");
}

static void wrong_usage_is_refused(void **state)
{
	static const struct {
		const char *const args[5];
		const char *why;
	} cases[] = {
		{{"blkback-reclaim"}, "takes options and then one domain, or --all"},
		{{"blkback-reclaim", "7", "8"}, "takes options and then one domain, or --all"},
		{{"blkback-reclaim", "7", "-l", "pool"},
		 "takes options and then one domain, or --all"},
		{{"blkback-reclaim", "--all", "7"}, "takes options and then one domain, or --all"},
		{{"blkback-reclaim", "-l", "most", "7"}, "separated by commas, not \"most\""},
		{{"blkback-reclaim", "-l", "pool,", "7"}, "separated by commas, not \"pool,\""},
		{{"blkback-reclaim", "-l", "pool,all", "7"}, "separated by commas"},
		{{"blkback-reclaim", "-l", "", "7"}, "separated by commas"},
		{{"blkback-reclaim", "-d9", "-l", "slots", "7"}, "goes with level pool"},
		{{"blkback-reclaim", "-d", "0", "7"}, "from 1 to 60000, not \"0\""},
		{{"blkback-reclaim", "-d", "60001", "7"}, "from 1 to 60000, not \"60001\""},
		{{"blkback-reclaim", "-d", "1s", "7"}, "from 1 to 60000, not \"1s\""},
		{{"blkback-reclaim", "-t", "601", "7"}, "from 1 to 600, not \"601\""},
		{{"blkback-reclaim", "-t", "-1", "7"}, "from 1 to 600, not \"-1\""},
		{{"blkback-reclaim", "nobody"}, "nobody is an invalid domain identifier"},
		{{"blkback-reclaim", "8"}, "There is no domain 8"},
		{{"blkback-reclaim", "0"}, "The domain has no disk with a block backend"},
		{{"blkback-squeeze-set", "7", "60001"}, "to 60000, or default, not \"60001\""},
		{{"blkback-squeeze-set", "7", "-1"}, "to 60000, or default, not \"-1\""},
		{{"blkback-squeeze-set", "7", "+1"}, "to 60000, or default, not \"+1\""},
		{{"blkback-squeeze-set", "7", "0x1"}, "to 60000, or default, not \"0x1\""},
		{{"blkback-squeeze-set", "7", ""}, "to 60000, or default, not \"\""},
		{{"blkback-squeeze-set", "7", "4294967295"}, "to 60000, or default"},
		{{"blkback-squeeze-set", "7", "1", "2"}, "takes a domain and a value"},
		{{"blkback-squeeze-set", "8", "1"}, "There is no domain 8"},
		{{"blkback-squeeze-list", "7", "8"}, "takes one domain at most"},
		{{"blkback-squeeze-list", "8"}, "There is no domain 8"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct xl xl = start(cases[i].args);

		expect_failure(&xl, cases[i].why);
	}
}

static void every_error_is_told(void **state)
{
	static const struct {
		const char *response;
		const char *why;
	} cases[] = {
		{"error EOPNOTSUPP", "Backend domain 5 does not offer to reclaim this"},
		{"error EBUSY", "Backend domain 5 is busy with another reclaim"},
		{"error ENODEV", "Backend domain 5 has no such domain or disk"},
		{"error ENOENT", "Backend domain 5 has no such domain or disk"},
		{"error EINVAL", "Backend domain 5 does not understand the request"},
		{"error ERANGE", "Backend domain 5 does not understand the request"},
		{"error ETIME", "The agent for block reclaim in backend domain 5 started anew"},
		{"error EIO", "Reclaim failed in backend domain 5"},
	};
	unsigned last = 0;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51712");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct xl xl = START("blkback-reclaim", "7");

		last = await_request(last).id;
		respond(last, cases[i].response);
		expect_failure(&xl, cases[i].why);
		assert_string_equal(get(dom0, REQUEST), "");
	}
}

static void without_an_agent_it_says_so(void **state)
{
	struct xl xl;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51712");
	put(driver, AGENT, "");
	xl = START("blkback-reclaim", "7");
	expect_failure(&xl, "No agent for block reclaim runs in backend domain 5");
	assert_true(xs_rm(dom0, XBT_NULL, "/local/domain/5/blkback-reclaim"));
	xl = START("blkback-reclaim", "7");
	expect_failure(&xl, "No agent for block reclaim runs in backend domain 5");
}

static void without_a_response_it_times_out(void **state)
{
	struct xl xl;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51712");
	xl = START("blkback-reclaim", "-t", "1", "7");
	respond(await_request(0).id, "accepted");
	expect_failure(&xl, "Reclaim timed out after 1 s: no response from backend domain 5");
	assert_string_equal(get(dom0, REQUEST), "");
}

/* What a daemon that was killed has left stands for one that runs for a few seconds. */
static void an_agent_that_does_not_answer_is_told(void **state)
{
	struct xl xl;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51712");
	xl = START("blkback-reclaim", "-t", "600", "7");
	(void)await_request(0);
	expect_failure(&xl, "The agent for block reclaim in backend domain 5 does not answer");
	assert_string_equal(get(dom0, REQUEST), "");
}

static void an_agent_that_ends_is_told(void **state)
{
	struct xl xl;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51712");
	xl = START("blkback-reclaim", "-t", "600", "7");
	respond(await_request(0).id, "accepted");
	put(driver, AGENT, "");
	expect_failure(&xl, "No agent for block reclaim runs in backend domain 5");
	assert_string_equal(get(dom0, REQUEST), "");
}

static void another_protocol_is_told(void **state)
{
	static const char *const versions[] = {"1", "3", "20", "2 ", "evil\x1b[31m"};

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51712");
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		struct xl xl;

		put(driver, AGENT, versions[i]);
		xl = START("blkback-reclaim", "7");
		expect_failure(&xl, "speaks another version of the protocol than 2");
		assert_null(strstr(tree_get(&tree, xl.err), "evil"));
		assert_string_equal(get(dom0, REQUEST), "");
	}
}

/* Somebody who took it for left behind. */
static void a_request_that_others_replaced_is_given_up(void **state)
{
	struct xl xl;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51712");
	xl = START("blkback-reclaim", "-t", "600", "7");
	respond(await_request(0).id, "accepted");
	put(dom0, REQUEST, "4711 pool - *");
	expect_failure(&xl, "was taken out of its mailbox");
	assert_string_equal(get(dom0, REQUEST), "4711 pool - *");
}

static void interrupted_it_takes_its_requests_back(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	unsigned last = 0;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51712");
	for (size_t i = 0; i < 3; i++) {
		struct xl xl = START("blkback-reclaim", "-t", "600", "7");

		last = await_request(last).id;
		respond(last, "accepted");
		assert_int_equal(kill(xl.pid, signals[i]), 0);
		expect_failure(&xl, "Interrupted: what was asked for is taken back");
		assert_string_equal(get(dom0, REQUEST), "");
	}
}

/* It is told at once, and nothing of the domain is made again. */
static void a_domain_destroyed_meanwhile_is_told(void **state)
{
	struct xl xl;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51712");
	xl = START("blkback-reclaim", "-t", "600", "7");
	respond(await_request(0).id, "accepted");
	assert_true(xs_rm(dom0, XBT_NULL, "/local/domain/5"));
	expect_failure(&xl, "Backend domain 5 is gone");
	assert_string_equal(get(dom0, "/local/domain/5"), "(none)");
}

/* Domain 8, whose target is that domain, as domain 7 names it. */
static void make_stub_domain(const char *target)
{
	put(dom0, "/local/domain/7/image/device-model-domid", "8");
	put(dom0, "/local/domain/8/target", target);
}

static void drop_stub_domain(void)
{
	(void)xs_rm(dom0, XBT_NULL, "/local/domain/7/image");
	(void)xs_rm(dom0, XBT_NULL, "/local/domain/8");
	(void)xs_rm(dom0, XBT_NULL, "/libxl/8");
}

/* The agent answers when the window is over: 10 s, and what the window takes. */
static void the_window_is_waited_for(void **state)
{
	struct xl xl;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51712");
	xl = START("blkback-reclaim", "-d", "1500", "7");
	respond(await_request(0).id, "accepted");
	expect_failure(&xl, "Reclaim timed out after 12 s: no response from backend domain 5");
}

/* What a stub domain serves its guest from is asked for with the guest. */
static void a_stub_domain_is_asked_for_too(void **state)
{
	struct xl xl;
	struct seen first;
	struct seen second;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51712");
	make_stub_domain("7");
	make_disk_of(8, DRIVER, 51728, "xvdb");
	xl = START("blkback-reclaim", "-t", "60", "7");
	first = await_request(0);
	assert_string_equal(first.target, "7");
	respond(first.id, "ok 1 11");
	second = await_request(first.id);
	assert_string_equal(second.target, "8");
	respond(second.id, "ok 1 22");
	expect_success(
		&xl, "Domain 5 gave back 11 kB of 1 disks\nDomain 5 gave back 22 kB of 1 disks\n");
	drop_stub_domain();
}

/* --- a hostile backend domain --------------------------------------------------------------- */

/* Whatever is no response to this request is passed over. */
static void other_responses_are_passed_over(void **state)
{
	static const char nul[] = "1 ok\0 1 1";
	static const char *const others[] = {
		"",
		" ",
		"ok 1 1",
		"\x1b[31mred\x1b[0m\n",
		"\xff\xfe\x80",
		"18446744073709551616 ok 1 1",
		"99999999999999999999999999999999999999999999999999999999999999999999999999 ok 1 1",
	};
	char text[2048];
	struct seen seen;
	struct xl xl;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51712");
	xl = START("blkback-reclaim", "7");
	seen = await_request(0);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		put(driver, RESPONSE, others[i]);
	put_bytes(driver, RESPONSE, nul, sizeof(nul));
	respond(seen.id + 1, "ok 6 666");
	/* too long, though it begins as it should */
	(void)snprintf(text, sizeof(text), "%u ok 6 666%*s", seen.id, 1900, "");
	put(driver, RESPONSE, text);
	(void)snprintf(text, sizeof(text), "%u ok 6 %0120u", seen.id, 666U);
	put(driver, RESPONSE, text);
	/* not even the right id helps a text with a nul in it */
	(void)snprintf(text, sizeof(text), "%u ok 6 666", seen.id);
	put_bytes(driver, RESPONSE, text, strlen(text) + 1);
	(void)snprintf(text, sizeof(text), "+%u ok 6 666", seen.id);
	put(driver, RESPONSE, text);
	respond(seen.id, "ok 3 333");
	expect_success(&xl, "Domain 5 gave back 333 kB of 3 disks\n");
}

/* With its id it ends the wait, and nothing of it is shown. */
static void nonsense_is_not_echoed(void **state)
{
	static const char *const cases[] = {
		"evil",
		"ok",
		"ok ",
		"ok 1",
		"ok 1 ",
		"ok 1 2 3",
		"ok 1 2 evil",
		"ok  1 2",
		"ok -1 2",
		"ok 1 +2",
		"ok 1 0x2",
		"ok 1 2\n",
		"ok 1 18446744073709551616",
		"OK 1 2",
		"error",
		"error ",
		"error evil",
		"error EBUSY evil",
		"error ebusy",
		"error \x1b[31mevil",
		"error %s%n",
		" error EBUSY",
	};
	unsigned last = 0;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51712");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct xl xl = START("blkback-reclaim", "7");

		last = await_request(last).id;
		respond(last, cases[i]);
		expect_failure(&xl, "Backend domain 5 responded nonsense");
		assert_null(strstr(tree_get(&tree, xl.err), "evil"));
		assert_string_equal(tree_get(&tree, xl.out), "");
	}
}

static void a_flood_of_responses_ends(void **state)
{
	struct xl xl;
	int status = 0;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51712");
	xl = START("blkback-reclaim", "-t", "2", "7");
	respond(await_request(0).id, "accepted");
	while (waitpid(xl.pid, &status, WNOHANG) == 0)
		put(driver, RESPONSE, "1 ok 1 1");
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	if (!strstr(tree_get(&tree, xl.err), "timed out after 2 s") &&
	    !strstr(tree_get(&tree, xl.err), "writes to its mailbox too often"))
		fail_msg("%s", tree_get(&tree, xl.err));
}

static void a_driver_domain_cannot_forge_a_request(void **state)
{
	(void)state;
	assert_false(xs_write(driver, XBT_NULL, REQUEST, "1", 1));
	assert_int_equal(errno, EACCES);
	assert_false(xs_rm(driver, XBT_NULL, "/local/domain/5/blkback-reclaim"));
	assert_int_equal(errno, EACCES);
}

/* --- one at a time -------------------------------------------------------------------------- */

static void a_leftover_is_overwritten(void **state)
{
	struct seen seen;
	struct xl xl;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51712");
	put(dom0, REQUEST, "1 pool - *");
	put(driver, RESPONSE, "1 ok 6 666");
	xl = START("blkback-reclaim", "-t", "60", "7");
	seen = await_request(1);
	assert_string_equal(seen.target, "7");
	respond(seen.id, "ok 1 1");
	expect_success(&xl, "gave back 1 kB of 1 disks");
}

static void a_killed_xl_costs_the_next_one_seconds(void **state)
{
	struct seen first;
	struct seen second;
	struct xl xl;
	int status;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51712");
	xl = START("blkback-reclaim", "-t", "600", "7");
	first = await_request(0);
	assert_int_equal(kill(xl.pid, SIGKILL), 0);
	assert_int_equal(waitpid(xl.pid, &status, 0), xl.pid);
	xl = START("blkback-reclaim", "-t", "60", "7");
	second = await_request(first.id);
	respond(first.id, "ok 6 666"); /* what it would have got */
	respond(second.id, "ok 2 22");
	expect_success(&xl, "gave back 22 kB of 2 disks");
}

static void the_second_waits_for_the_first(void **state)
{
	struct seen first;
	struct seen second;
	struct xl one;
	struct xl two;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51712");
	one = START("blkback-reclaim", "-t", "600", "-l", "pool", "7");
	first = await_request(0);
	respond(first.id, "accepted");
	two = START("blkback-reclaim", "-t", "600", "-l", "slots", "7");
	/* a third that gives up tells that the first still has its turn */
	{
		struct xl three = START("blkback-reclaim", "-t", "1", "7");

		expect_failure(
			&three,
			"timed out after 1 s: other requests came before, to backend domain 5");
	}
	assert_int_equal(await_request(0).id, first.id);
	respond(first.id, "ok 1 11");
	expect_success(&one, "gave back 11 kB of 1 disks");
	second = await_request(first.id);
	assert_string_equal(second.levels, "slots");
	respond(second.id, "ok 2 22");
	expect_success(&two, "gave back 22 kB of 2 disks");
}

/* --- the real daemon ------------------------------------------------------------------------ */

static void put_host(void)
{
	tree_put(&tree, "sys/module/xen_blkback/parameters/max_buffer_pages", "1024\n");
	tree_put(&tree, "sys/module/xen_blkback/parameters/persistent_grant_unused_seconds",
		 "60\n");
	tree_put(&tree, "sys/module/xen_blkback/parameters/max_persistent_grants", "1056\n");
	tree_put(&tree, "sys/devices/system/xen_memory/xen_memory0/info/current_kb", "600000\n");
	tree_put(&tree, "sys/devices/system/xen_memory/xen_memory0/info/low_kb", "0\n");
	tree_put(&tree, "sys/devices/system/xen_memory/xen_memory0/target_kb", "700000\n");
	tree_put(&tree, "sys/hypervisor/type", "xen\n");
	tree_put(&tree, "proc/xen/capabilities", "control_d\n");
	tree_put(&tree, "proc/sys/kernel/osrelease", "6.1.0-32-amd64\n");
	tree_put(&tree, "proc/cmdline", "ro initcall_blacklist=unpopulated_init\n");
	tree_put(&tree, "proc/iomem", "00000000-00000fff : Reserved\n");
	tree_put(&tree, "proc/meminfo", "MemTotal: 700000 kB\nMemAvailable:  100000 kB\n");
	tree_put(&tree, "proc/vmstat", "pswpin 10\npswpout 20\n");
	tree_mkdir(&tree, "sys/bus/xen-backend/devices/vbd-7-51712");
	tree_mkdir(&tree, "run/xen-reclaim");
}

static void start_daemon(void)
{
	char root[128];
	char *argv[] = {daemon_path, root, NULL};

	put_host();
	(void)snprintf(root, sizeof(root), "--root=%s", tree.path);
	assert_int_equal(posix_spawn(&daemon_pid, daemon_path, NULL, NULL, argv, environ), 0);
	await_value(MAILBOX("0", "agent"), "2");
}

static void stop_daemon(void)
{
	int status;

	assert_int_equal(kill(daemon_pid, SIGTERM), 0);
	assert_int_equal(waitpid(daemon_pid, &status, 0), daemon_pid);
	daemon_pid = 0;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void the_daemon_serves_xl(void **state)
{
	struct xl xl;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51728");
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51744");
	start_daemon();
	xl = START("blkback-reclaim", "--all", "-l", "pool", "-d", "150");
	expect_success(&xl, "Domain 0 gave back 0 kB of 1 disks\n");
	xl = START("blkback-reclaim", "--all", "-l", "slots");
	expect_failure(&xl, "Backend domain 0 does not offer to reclaim this");
	stop_daemon();
	xl = START("blkback-reclaim", "--all");
	expect_failure(&xl, "No agent for block reclaim runs in backend domain 0");
}

/* Files tell nobody that they change. */
static void await_parameter(const char *name, const char *value)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "sys/module/xen_blkback/parameters/%s", name);
	for (int ms = 0; strcmp(tree_get(&tree, path), value) != 0; ms += 20) {
		if (ms > PATIENCE_MS)
			fail_msg("%s never becomes %s", path, value);
		(void)poll(NULL, 0, 20);
	}
}

static void the_daemon_is_busy(void **state)
{
	struct xl xl;

	(void)state;
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51728");
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51744");
	start_daemon();
	put(dom0, MAILBOX("0", "request"), "4711 pool 60000 *");
	await_parameter("max_buffer_pages", "0\n");
	put(dom0, MAILBOX("0", "request"), ""); /* given up: what has begun goes on */
	xl = START("blkback-reclaim", "--all");
	expect_failure(&xl, "Backend domain 0 is busy with another reclaim");
	stop_daemon();
}

/* --- set and list --------------------------------------------------------------------------- */

static void expect_key(int devid, unsigned backend, const char *value)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "/local/domain/%u/backend/vbd/7/%d/squeeze-ms", backend,
		       devid);
	assert_string_equal(get(dom0, path), value);
}

static void expect_line(const char *text, const char *vdev, const char *rest)
{
	const char *at = strstr(text, vdev);
	char line[128];
	char words[128] = "";

	assert_non_null(at);
	(void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
	for (char *save, *word = strtok_r(line, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		(void)snprintf(words + strlen(words), sizeof(words) - strlen(words), " %s", word);
	assert_string_equal(words + 1 + strlen(vdev), rest);
}

static void put_saved(const char *domain, const char *xvdb)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "{\"c_info\": {\"type\": \"pv\", \"name\": \"g\"}, \"b_info\": {%s"
		       "\"type.pv\": {}}, \"disks\": [{\"vdev\": \"xvda\"}, "
		       "{\"vdev\": \"xvdb\"%s}, {\"vdev\": \"xvdc\"}]}",
		       domain, xvdb);
	tree_put(&tree, SAVED, text);
}

static struct json_object *saved(void)
{
	struct json_object *o = json_tokener_parse(tree_get(&tree, SAVED));

	assert_non_null(o);
	return o;
}

/* The domain's value in what is saved, -1: none; and that only xvdb has one of its own. */
static int64_t saved_value(void)
{
	struct json_object *o = saved();
	struct json_object *info = json_object_object_get(o, "b_info");
	struct json_object *value = json_object_object_get(info, "blkback_squeeze_ms");
	struct json_object *disks = json_object_object_get(o, "disks");
	int64_t ms = value ? json_object_get_int64(value) : -1;

	for (size_t i = 0; i < json_object_array_length(disks); i++) {
		struct json_object *disk = json_object_array_get_idx(disks, i);
		struct json_object *own = json_object_object_get(disk, "squeeze_ms");

		assert_true(!own || json_object_get_int(own) == 33);
	}
	(void)json_object_put(o);
	return ms;
}

static void a_value_is_set_and_taken_back(void **state)
{
	struct xl xl;

	(void)state;
	put_saved("", ", \"squeeze_ms\": 33");
	put_key("/libxl/7/device/vbd/51728", "squeeze-ms", "33");
	put_key("/local/domain/5/backend/vbd/7/51728", "squeeze-ms", "33");
	follow(0, 51712);
	follow(DRIVER, 51728);
	follow(DRIVER, 51744);
	xl = START("blkback-squeeze-list", "7");
	expect_success(&xl, "Squeeze ms");
	expect_line(tree_get(&tree, xl.out), "xvda", " 0 host - yes -");
	expect_line(tree_get(&tree, xl.out), "xvdb", " 5 disk 33 yes -");
	expect_line(tree_get(&tree, xl.out), "xvdc", " 5 host - yes -");

	xl = START("blkback-squeeze-set", "7", "500");
	expect_success(&xl, "");
	expect_key(51712, 0, "500");
	expect_key(51728, 5, "33");
	expect_key(51744, 5, "500");
	assert_string_equal(get(dom0, "/libxl/7/blkback-squeeze-ms"), "500");
	assert_string_equal(get(dom0, "/libxl/7/device/vbd/51712/squeeze-ms"), "(none)");
	assert_int_equal(saved_value(), 500);
	xl = START("blkback-squeeze-list");
	expect_success(&xl, "Squeeze ms");
	expect_line(tree_get(&tree, xl.out), "xvda", " 0 domain 500 yes -");
	expect_line(tree_get(&tree, xl.out), "xvdb", " 5 disk 33 yes -");

	xl = START("blkback-squeeze-set", "7", "0");
	expect_success(&xl, "");
	expect_key(51712, 0, "0");
	assert_int_equal(saved_value(), UINT32_MAX);
	xl = START("blkback-squeeze-list", "7");
	expect_success(&xl, "Squeeze ms");
	expect_line(tree_get(&tree, xl.out), "xvda", " 0 domain 0 yes -");

	xl = START("blkback-squeeze-set", "7", "default");
	expect_success(&xl, "");
	expect_key(51712, 0, "(none)");
	expect_key(51728, 5, "33");
	expect_key(51744, 5, "(none)");
	assert_string_equal(get(dom0, "/libxl/7/blkback-squeeze-ms"), "(none)");
	assert_int_equal(saved_value(), -1);
}

/* A driver that does not know the key: no success without effect. */
static void what_no_backend_follows_is_told(void **state)
{
	struct xl xl;

	(void)state;
	put_saved("", "");
	follow(0, 51712);
	follow(DRIVER, 51744);
	xl = START("blkback-squeeze-set", "7", "500");
	expect_failure(&xl, "xvdb: set, but not followed by this backend");
	expect_key(51728, 5, "500");
	xl = START("blkback-squeeze-list", "7");
	expect_success(&xl, "Followed");
	expect_line(tree_get(&tree, xl.out), "xvdb", " 5 domain 500 no -");
}

/* A driver domain can write what it likes in its own directory: that is not what is told. */
static void keys_of_a_driver_domain_are_not_believed(void **state)
{
	static const char *const odd[] = {"", "60001", "-1", "evil", "\x1b[31m", " 5", "250"};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		struct xl xl;

		put_key("/local/domain/5/backend/vbd/7/51728", "squeeze-ms", odd[i]);
		put_key("/local/domain/5/backend/vbd/7/51728", "feature-squeeze-ms", odd[i]);
		xl = START("blkback-squeeze-list", "7");
		expect_success(&xl, "Squeeze ms");
		expect_line(tree_get(&tree, xl.out), "xvdb", " 5 host - no -");
	}
}

static void a_stub_domain_follows_its_guest(void **state)
{
	struct xl xl;

	(void)state;
	put_saved("", "");
	make_stub_domain("7");
	make_disk_of(8, 0, 51712, "xvda");
	follow(0, 51712);
	follow(DRIVER, 51728);
	follow(DRIVER, 51744);
	xl = START("blkback-squeeze-set", "7", "500");
	expect_success(&xl, "");
	assert_string_equal(get(dom0, "/libxl/8/blkback-squeeze-ms"), "500");
	assert_string_equal(get(dom0, "/local/domain/0/backend/vbd/8/51712/squeeze-ms"), "500");
	drop_stub_domain();
}

/* Its stub domain is gone, and so is what it had; or its number is another domain's now. */
static void a_stub_domain_that_is_gone_is_not_made_again(void **state)
{
	static const char *const targets[] = {"7", "9"};

	(void)state;
	put_saved("", "");
	follow(0, 51712);
	follow(DRIVER, 51728);
	follow(DRIVER, 51744);
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		struct xl xl;

		make_stub_domain(targets[i]);
		if (i)
			put(dom0, "/libxl/8/type", "pv");
		xl = START("blkback-squeeze-set", "7", "500");
		expect_success(&xl, "");
		assert_string_equal(get(dom0, "/libxl/8/blkback-squeeze-ms"), "(none)");
		drop_stub_domain();
	}
}

/* A disk that cannot be read is no disk that is missing: nothing is done by halves. */
static void a_disk_that_cannot_be_read_is_a_failure(void **state)
{
	struct xl xl;

	(void)state;
	put_saved("", "");
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7/device/vbd/51728/type");
	xl = START("blkback-squeeze-set", "7", "500");
	expect_failure(&xl, "Missing xenstore node /libxl/7/device/vbd/51728/type");
	assert_string_equal(get(dom0, "/libxl/7/blkback-squeeze-ms"), "(none)");
	assert_int_equal(saved_value(), -1);
	xl = START("blkback-squeeze-list", "7");
	expect_failure(&xl, "Missing xenstore node /libxl/7/device/vbd/51728/type");
	xl = START("blkback-reclaim", "7");
	expect_failure(&xl, "Missing xenstore node /libxl/7/device/vbd/51728/type");
}

/* Disks of another backend, such as qdisk, have no such value. */
static void a_domain_without_such_a_disk_is_told(void **state)
{
	static const int devids[] = {51712, 51728, 51744};
	char path[64];
	struct xl xl;

	(void)state;
	put_saved("", "");
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "/libxl/7/device/vbd/%d", devids[i]);
		(void)xs_rm(dom0, XBT_NULL, path);
	}
	xl = START("blkback-squeeze-set", "7", "500");
	expect_failure(&xl, "Set, but the domain has no disk with a block backend");
	assert_int_equal(saved_value(), 500);
}

/* A backend domain may have removed its end already. */
static void no_backend_is_made_up(void **state)
{
	struct xl xl;

	(void)state;
	put_saved("", "");
	assert_true(xs_rm(dom0, XBT_NULL, "/local/domain/5/backend/vbd/7/51744"));
	follow(0, 51712);
	follow(DRIVER, 51728);
	xl = START("blkback-squeeze-set", "7", "500");
	expect_failure(&xl, "xvdc: set, but not followed by this backend");
	expect_key(51728, 5, "500");
	assert_string_equal(get(dom0, "/local/domain/5/backend/vbd/7/51744"), "(none)");
}

static void what_was_not_created_by_libxl_is_left(void **state)
{
	struct xl xl = START("blkback-squeeze-set", "7", "500");

	(void)state;
	expect_failure(&xl, "Domain 7:The domain has no saved configuration");
	expect_key(51712, 0, "(none)");
}

/* --- all of it ------------------------------------------------------------------------------ */

static void watch(struct xs_handle *xs, const char *path)
{
	assert_true(xs_watch(xs, path, path));
}

static int setup(void **state)
{
	(void)tree_setup(state);
	n_started = 0;
	daemon_pid = 0;
	assert_int_equal(setenv("FAKE_STATE", tree.path, 1), 0);
	tree_put(&tree, "xl.conf", "");
	make_mailbox();
	put(driver, AGENT, "2");
	(void)xs_rm(dom0, XBT_NULL, MAILBOX("0", "agent"));
	put(dom0, MAILBOX("0", "request"), "");
	put(dom0, "/local/domain/0/name", "Domain-0");
	put(dom0, "/local/domain/7/name", "g");
	make_disk(0, 51712, "xvda");
	make_disk(DRIVER, 51728, "xvdb");
	make_disk(DRIVER, 51744, "xvdc");
	watch(driver, REQUEST);
	watch(dom0, MAILBOX("0", "agent"));
	return 0;
}

static int teardown(void **state)
{
	if (daemon_pid) {
		(void)kill(daemon_pid, SIGKILL);
		(void)waitpid(daemon_pid, NULL, 0);
	}
	(void)xs_unwatch(driver, REQUEST, REQUEST);
	(void)xs_unwatch(dom0, MAILBOX("0", "agent"), MAILBOX("0", "agent"));
	(void)xs_rm(dom0, XBT_NULL, "/libxl/7");
	(void)xs_rm(dom0, XBT_NULL, "/local/domain/0/backend");
	(void)xs_rm(dom0, XBT_NULL, "/local/domain/5/backend");
	return tree_teardown(state);
}

static struct xs_handle *open_as(unsigned domid)
{
	struct xs_handle *xs;

	assert_int_equal(test_xenstored_as(&xenstored, domid), 0);
	xs = xs_open(0);
	assert_non_null(xs);
	return xs;
}

static int start_xenstored(void **state)
{
	const unsigned domids[] = {DRIVER, GUEST};

	(void)state;
	enter_top();
	assert_int_equal(test_xenstored_start(&xenstored, domids, 2), 0);
	driver = open_as(DRIVER);
	dom0 = open_as(0);
	put(dom0, "/local/domain/0/domid", "0");
	return setenv("FAKE_DOMAINS", "0 5 7", 1);
}

static int stop_xenstored(void **state)
{
	(void)state;
	xs_close(driver);
	xs_close(dom0);
	assert_int_equal(test_xenstored_stop(&xenstored), 0);
	return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(a_request_is_answered),
		T(every_option_is_in_the_request),
		T(wrong_usage_is_refused),
		T(every_error_is_told),
		T(without_an_agent_it_says_so),
		T(without_a_response_it_times_out),
		T(an_agent_that_does_not_answer_is_told),
		T(an_agent_that_ends_is_told),
		T(another_protocol_is_told),
		T(a_request_that_others_replaced_is_given_up),
		T(interrupted_it_takes_its_requests_back),
		T(a_domain_destroyed_meanwhile_is_told),
		T(the_window_is_waited_for),
		T(a_stub_domain_is_asked_for_too),
		T(other_responses_are_passed_over),
		T(nonsense_is_not_echoed),
		T(a_flood_of_responses_ends),
		T(a_driver_domain_cannot_forge_a_request),
		T(a_leftover_is_overwritten),
		T(a_killed_xl_costs_the_next_one_seconds),
		T(the_second_waits_for_the_first),
		T(the_daemon_serves_xl),
		T(the_daemon_is_busy),
		T(a_value_is_set_and_taken_back),
		T(what_no_backend_follows_is_told),
		T(keys_of_a_driver_domain_are_not_believed),
		T(a_stub_domain_follows_its_guest),
		T(a_stub_domain_that_is_gone_is_not_made_again),
		T(a_disk_that_cannot_be_read_is_a_failure),
		T(a_domain_without_such_a_disk_is_told),
		T(no_backend_is_made_up),
		T(what_was_not_created_by_libxl_is_left),
	};

	if (argc != 3 || !realpath(argv[1], xl_path) || !realpath(argv[2], daemon_path) ||
	    !getenv("FAKE_HYPERCALLS")) {
		(void)fprintf(stderr, "Usage: FAKE_HYPERCALLS=LIBRARY test-xl XL XEN-RECLAIMD\n");
		return 2;
	}
	/* libxenstore waits for ever for an answer that is lost. */
	(void)alarm(300);
	return cmocka_run_group_tests(tests, start_xenstored, stop_xenstored);
}
