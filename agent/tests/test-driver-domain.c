// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of the built daemon and command line in a driver domain. Against a real xenstored; the tree
 * below --root is a stub: see world.h. Waits for what happens, never for time.
 */
#include "tests/world.h"

#include <string.h>

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

/* Programs that are spawned from here on act as the driver domain, until the end of the test. */
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

/* A request that is left in one mailbox is not served again when the other gets one. */
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

/* It cannot tell which disks are the excluded domain's: it leaves all alone, and reports it. */
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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T_DRIVER(a_driver_domain_is_asked_by_dom0_and_from_within),
		T_DRIVER(a_mailbox_of_its_own_that_it_cannot_make_leaves_the_other),
		T_DRIVER(falls_are_compared_on_one_scale),
		T_DRIVER(each_mailbox_is_served_once_for_each_request),
		T_DRIVER(a_driver_domain_with_an_excluded_domain_acts_on_requests_alone),
		T_DRIVER(a_driver_domain_without_the_toolstacks_mailbox_has_its_own),
		/* the last: oxenstored goes on counting what is gone */
		T_DRIVER(a_domain_out_of_quota_serves_what_it_can),
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, world_start, world_stop);
}
