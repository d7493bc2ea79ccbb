// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves that the private xenstored the other integration tests rely on is a
 * real one: its permissions hold, its watches fire, its domains come to an end.
 * Must not know about the daemon.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <xenstore.h>

#include "tests/xenstored.h"

#define REQUEST	 "/local/domain/0/blkback-reclaim/request"
#define BACKEND	 "/local/domain/0/backend/vbd/1/51712"
#define FRONTEND "/local/domain/1/device/vbd/51712"

/* How long what must happen may take; nothing waits as long when it works. */
#define EVENT_MS 5000

static struct test_xenstored xenstored;
static struct xs_handle *dom0, *guest1, *guest2;

static struct xs_handle *open_as(unsigned domid)
{
	struct xs_handle *xs;

	assert_int_equal(test_xenstored_as(&xenstored, domid), 0);
	xs = xs_open(0);
	assert_non_null(xs);
	return xs;
}

static void write_as(struct xs_handle *xs, const char *path, const char *value)
{
	if (!xs_write(xs, XBT_NULL, path, value, (unsigned)strlen(value)))
		fail_msg("write %s: %s", path, strerror(errno));
}

static void expect_read(struct xs_handle *xs, const char *path, const char *value)
{
	unsigned len;
	char *got = xs_read(xs, XBT_NULL, path, &len);

	if (!got)
		fail_msg("read %s: %s", path, strerror(errno));
	assert_string_equal(got, value);
	assert_int_equal(len, strlen(value));
	free(got);
}

static void expect_unreadable(struct xs_handle *xs, const char *path)
{
	errno = 0;
	assert_null(xs_read(xs, XBT_NULL, path, NULL));
	assert_int_equal(errno, EACCES);
	errno = 0;
	assert_null(xs_directory(xs, XBT_NULL, path, NULL));
	assert_int_equal(errno, EACCES);
}

static void expect_unwritable(struct xs_handle *xs, const char *path)
{
	errno = 0;
	assert_false(xs_write(xs, XBT_NULL, path, "forged", 6));
	assert_int_equal(errno, EACCES);
	errno = 0;
	assert_false(xs_rm(xs, XBT_NULL, path));
	assert_int_equal(errno, EACCES);
}

/* As libxl makes a device: the owner writes, the other end reads. */
static void make_device_node(const char *path, unsigned owner, unsigned other)
{
	struct xs_permissions perms[] = {
		{.id = owner, .perms = XS_PERM_NONE},
		{.id = other, .perms = XS_PERM_READ},
	};

	assert_true(xs_mkdir(dom0, XBT_NULL, path));
	assert_true(xs_set_permissions(dom0, XBT_NULL, path, perms, 2));
}

/* Asserts that the next event is @token's for @path. */
static void expect_event(struct xs_handle *xs, const char *path, const char *token)
{
	struct pollfd fd = {.fd = xs_fileno(xs), .events = POLLIN};
	unsigned num;
	char **event;

	assert_int_equal(poll(&fd, 1, EVENT_MS), 1);
	event = xs_read_watch(xs, &num);
	assert_non_null(event);
	assert_string_equal(event[XS_WATCH_PATH], path);
	assert_string_equal(event[XS_WATCH_TOKEN], token);
	free(event);
}

/* What this connection asked before is answered: no event is on its way. */
static void expect_no_event(struct xs_handle *xs)
{
	struct pollfd fd = {.fd = xs_fileno(xs), .events = POLLIN};

	free(xs_get_domain_path(xs, 0));
	assert_int_equal(poll(&fd, 1, 0), 0);
}

/* A watch fires once by itself when it is set. */
static void watch(struct xs_handle *xs, const char *path, const char *token)
{
	assert_true(xs_watch(xs, path, token));
	expect_event(xs, path, token);
}

static int setup(void **state)
{
	const unsigned domids[] = {1, 2};

	(void)state;
	assert_int_equal(test_xenstored_start(&xenstored, domids, 2), 0);
	dom0 = open_as(0);
	guest1 = open_as(1);
	guest2 = open_as(2);
	make_device_node(FRONTEND, 1, 0);
	make_device_node(BACKEND, 0, 1);
	write_as(dom0, BACKEND "/state", "2");
	write_as(dom0, BACKEND "/squeeze-ms", "150");
	write_as(dom0, REQUEST, "");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	xs_close(guest2);
	xs_close(guest1);
	xs_close(dom0);
	assert_int_equal(test_xenstored_stop(&xenstored), 0);
	return 0;
}

static void guest_writes_its_own_device(void **state)
{
	(void)state;
	write_as(guest1, FRONTEND "/state", "1");
	expect_read(dom0, FRONTEND "/state", "1");
	write_as(guest1, "device/vbd/51712/state", "3");
	expect_read(dom0, FRONTEND "/state", "3");
	assert_true(xs_rm(guest1, XBT_NULL, FRONTEND "/state"));
}

/* The directory belongs to dom0, as libxl makes it. */
static void guest_makes_no_device(void **state)
{
	(void)state;
	expect_unwritable(guest1, "/local/domain/1/device");
	errno = 0;
	assert_false(xs_mkdir(guest1, XBT_NULL, "/local/domain/1/device/vbd/51728"));
	assert_int_equal(errno, EACCES);
}

static void guest_has_no_access_to_dom0(void **state)
{
	const char *paths[] = {REQUEST, "/local/domain/0/blkback-reclaim", "/tool"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		expect_unreadable(guest1, paths[i]);
		expect_unwritable(guest1, paths[i]);
	}
	expect_read(dom0, REQUEST, "");
}

static void guest_reads_but_does_not_write_backend(void **state)
{
	(void)state;
	expect_read(guest1, BACKEND "/squeeze-ms", "150");
	expect_unwritable(guest1, BACKEND "/squeeze-ms");
	expect_unwritable(guest1, BACKEND);
	expect_read(dom0, BACKEND "/squeeze-ms", "150");
}

static void guest_gives_itself_no_permission(void **state)
{
	struct xs_permissions mine = {.id = 1, .perms = XS_PERM_READ | XS_PERM_WRITE};

	(void)state;
	errno = 0;
	assert_false(xs_set_permissions(guest1, XBT_NULL, BACKEND "/squeeze-ms", &mine, 1));
	assert_int_equal(errno, EACCES);
}

static void guests_are_apart(void **state)
{
	(void)state;
	write_as(guest1, FRONTEND "/state", "4");
	expect_unreadable(guest2, FRONTEND "/state");
	expect_unwritable(guest2, FRONTEND "/state");
	expect_unreadable(guest2, BACKEND "/squeeze-ms");
	expect_read(guest1, "domid", "1");
	expect_read(guest2, "domid", "2");
}

static void guest_introduces_no_domain(void **state)
{
	(void)state;
	errno = 0;
	assert_false(xs_introduce_domain(guest1, 2, 0, 1));
	assert_int_equal(errno, EACCES);
}

static void dom0_watch_fires_on_guest_write(void **state)
{
	(void)state;
	watch(dom0, FRONTEND, "front");
	write_as(guest1, FRONTEND "/state", "5");
	expect_event(dom0, FRONTEND "/state", "front");
	assert_true(xs_unwatch(dom0, FRONTEND, "front"));
	write_as(guest1, FRONTEND "/state", "6");
	free(xs_get_domain_path(guest1, 1));
	expect_no_event(dom0);
}

/* Two programs of one guest share its ring, but not their watches. */
static void guest_watch_fires_where_it_was_set(void **state)
{
	struct xs_handle *other = open_as(1);

	(void)state;
	watch(guest1, BACKEND "/state", "back");
	watch(other, BACKEND "/state", "back too");
	write_as(dom0, BACKEND "/state", "4");
	expect_event(guest1, BACKEND "/state", "back");
	expect_event(other, BACKEND "/state", "back too");
	assert_true(xs_unwatch(guest1, BACKEND "/state", "back"));
	write_as(dom0, BACKEND "/state", "5");
	expect_event(other, BACKEND "/state", "back too");
	expect_no_event(guest1);
	xs_close(other);
}

/* Watches on what a guest cannot read do not tell it about changes. */
static void guest_watch_shows_nothing_unreadable(void **state)
{
	(void)state;
	watch(guest1, REQUEST, "spy");
	write_as(dom0, REQUEST, "1 2 pool - *");
	write_as(dom0, REQUEST, "");
	expect_no_event(guest1);
	assert_true(xs_unwatch(guest1, REQUEST, "spy"));
}

/* More programs than a guest may have watches, one after the other. */
static void guest_watches_end_with_their_program(void **state)
{
	struct xs_handle *xs;

	(void)state;
	xs_close(guest2);
	guest2 = NULL;
	for (int i = 0; i < 200; i++) {
		xs = open_as(2);
		watch(xs, "data", "short-lived");
		xs_close(xs);
	}
	guest2 = open_as(2);
}

/* Longer than the ring, so that it goes through it a part at a time. */
static void guest_message_longer_than_ring(void **state)
{
	char value[2001];

	(void)state;
	for (size_t i = 0; i < sizeof(value) - 1; i++)
		value[i] = (char)('a' + i % 26);
	value[sizeof(value) - 1] = 0;
	write_as(guest1, "data/long", value);
	expect_read(guest1, "data/long", value);
	assert_true(xs_rm(guest1, XBT_NULL, "data/long"));
}

/* The transaction has read what changed before it ended. */
static void guest_transaction_fails_on_conflict(void **state)
{
	xs_transaction_t t;

	(void)state;
	write_as(guest1, "data/t", "before");
	t = xs_transaction_start(guest1);
	assert_int_not_equal(t, XBT_NULL);
	free(xs_read(guest1, t, "data/t", NULL));
	write_as(guest1, "data/t", "outside");
	assert_true(xs_write(guest1, t, "data/t", "inside", 6));
	errno = 0;
	assert_false(xs_transaction_end(guest1, t, false));
	assert_int_equal(errno, EAGAIN);
	expect_read(guest1, "data/t", "outside");
}

static void released_domain_is_seen(void **state)
{
	(void)state;
	watch(dom0, "@releaseDomain", "gone");
	assert_true(xs_is_domain_introduced(dom0, 2));
	assert_true(xs_release_domain(dom0, 2));
	expect_event(dom0, "@releaseDomain", "gone");
	assert_false(xs_is_domain_introduced(dom0, 2));
	assert_true(xs_unwatch(dom0, "@releaseDomain", "gone"));
}

/* Everything ends with the process that started it, however that one ends. */
static void ends_with_its_owner(void **state)
{
	const unsigned domid = 1;
	struct test_xenstored x;
	char path[64];
	int fds[2], lock, status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (test_xenstored_start(&x, &domid, 1) || write(fds[1], &x, sizeof(x)) < 0)
			_exit(1);
		raise(SIGKILL);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &x, sizeof(x)), sizeof(x));
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	snprintf(path, sizeof(path), "%s/lock", x.dir);
	lock = open(path, O_RDWR | O_CLOEXEC);
	assert_true(lock >= 0);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	close(lock);
	assert_int_equal(test_xenstored_stop(&x), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guest_writes_its_own_device),
		cmocka_unit_test(guest_makes_no_device),
		cmocka_unit_test(guest_has_no_access_to_dom0),
		cmocka_unit_test(guest_reads_but_does_not_write_backend),
		cmocka_unit_test(guest_gives_itself_no_permission),
		cmocka_unit_test(guests_are_apart),
		cmocka_unit_test(guest_introduces_no_domain),
		cmocka_unit_test(dom0_watch_fires_on_guest_write),
		cmocka_unit_test(guest_watch_fires_where_it_was_set),
		cmocka_unit_test(guest_watch_shows_nothing_unreadable),
		cmocka_unit_test(guest_watches_end_with_their_program),
		cmocka_unit_test(guest_message_longer_than_ring),
		cmocka_unit_test(guest_transaction_fails_on_conflict),
		cmocka_unit_test(released_domain_is_seen),
		cmocka_unit_test(ends_with_its_owner),
	};

	/* libxenstore waits for ever for an answer that is lost. */
	alarm(60);
	return cmocka_run_group_tests(tests, setup, teardown);
}
