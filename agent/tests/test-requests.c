// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of requests, as the built daemon serves them and the built command line asks them. Against
 * a real xenstored; the tree below --root is a stub: see world.h. Waits for what happens, never for
 * time.
 */
#include "tests/world.h"

#include <signal.h>
#include <string.h>

static void a_trigger_is_carried_out_and_answered(void **state)
{
	struct json_object *o;

	(void)state;
	tree_put(&w.tree, CONFIG, "[reclaim]\naging = no\n"); /* it writes parameters, too */
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
	assert_int_equal(run(cli_path, ARGS("trigger", "--level=pool", "db/xvda")), 0);
	tree_expect(&w.tree, disk, "pool 150");
	assert_int_equal(run(cli_path, ARGS("trigger", "--level=grants", "1/xvda")), 0);
	tree_expect(&w.tree, disk, "grants");
	assert_int_equal(run(cli_path, ARGS("trigger", "db/51728")), 1);
	expect_said(&w.cli, ERR, "\"db/51728\" names no disk here");
	assert_int_equal(run(cli_path, ARGS("trigger", "1/xvdb")), 1);
	expect_said(&w.cli, ERR, "\"1/xvdb\" names no disk here");
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
	start_daemon(ARGS());
	assert_int_equal(run(cli_path, ARGS("trigger", "--need=1")), 1);
	expect_said(&w.cli, ERR, "only mechanism native shows which");
	put_native("vbd-1-51712");
	put_native("vbd-2-51712");
	put_native("vbd-3-51712"); /* it keeps these */
	tree_put(&w.tree, "sys/bus/xen-backend/devices/vbd-3-51712/reclaim/slot_kb", "32\n");
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

static void without_a_disk_a_request_lowers_nothing(void **state)
{
	(void)state;
	tree_drop(&w.tree, "sys/bus/xen-backend/devices/vbd-1-51712");
	tree_drop(&w.tree, "sys/bus/xen-backend/devices/vbd-2-51712");
	start_daemon(ARGS());
	assert_int_equal(run(cli_path, ARGS("trigger")), 1);
	expect_said(&w.cli, ERR, "no disk is served here");
	stop_daemon();
	expect_untouched();
}

static void an_excluded_domain_is_left_alone(void **state)
{
	(void)state;
	store_put("/local/domain/1/name", "db");
	store_put("/local/domain/2/name", "web");
	tree_put(&w.tree, CONFIG, "[domain web]\nexclude = yes\n");
	put_native("vbd-1-51712");
	put_native("vbd-2-51712");
	start_daemon(ARGS());
	let_target_fall();
	WAIT(actions_now() == 1);
	sync_daemon();
	tree_expect(&w.tree, "sys/bus/xen-backend/devices/vbd-1-51712/reclaim/trigger", "slots");
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
	WAIT(count_responses("36 error EIO"));
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

/* Which the response comes after; the client does not know it. */
static void a_trigger_waits_for_a_long_window_of_the_configuration(void **state)
{
	(void)state;
	tree_put(&w.tree, CONFIG, "[reclaim]\nwindow = 12s\n");
	start_daemon(ARGS());
	assert_int_equal(run(cli_path, ARGS("trigger", "--level=pool")), 0);
	stop_daemon();
	expect_all_back();
}

static void take_back_by(int signal)
{
	start_daemon(ARGS());
	spawn(&w.cli, cli_path, ARGS("trigger", "--level=pool", "--window=60000", "--timeout=100"));
	WAIT(holds(POOL, "0\n"));
	assert_int_equal(kill(w.cli.pid, signal), 0);
	WAIT(w.cli.pid == 0);
	assert_int_equal(exit_status(&w.cli), 1);
	assert_string_equal(w.cli.text[ERR],
			    "xen-reclaim: interrupted: the request is taken back\n");
	assert_string_equal(store_get(MAILBOX_REQUEST), "");
	stop_daemon();
	expect_all_back();
}

static void a_trigger_that_is_interrupted_takes_its_request_back(void **state)
{
	(void)state;
	take_back_by(SIGINT);
}

static void a_trigger_that_loses_its_terminal_takes_its_request_back(void **state)
{
	(void)state;
	take_back_by(SIGHUP);
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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(a_trigger_is_carried_out_and_answered),
		T(a_trigger_at_level_pool_leaves_the_grants),
		T(what_parameters_cannot_do_is_refused),
		T(a_need_is_asked_for_from_one_disk_after_the_other),
		T(one_disk_is_told_where_the_kernel_offers_it),
		T(without_a_disk_a_request_lowers_nothing),
		T(an_excluded_domain_is_left_alone),
		T(parameters_are_left_alone_where_a_domain_is_excluded),
		T(parameters_leave_the_grants_of_the_domain_that_rests_longest),
		T(without_blkback_a_trigger_is_refused),
		T(a_trigger_waits_for_its_turn),
		T(a_trigger_overwrites_what_was_left_behind),
		T(a_trigger_that_gives_up_takes_its_request_back),
		T(a_trigger_waits_for_a_long_window_of_the_configuration),
		T(a_trigger_that_is_interrupted_takes_its_request_back),
		T(a_trigger_that_loses_its_terminal_takes_its_request_back),
		T(a_trigger_checks_who_is_there),
		T(without_the_daemon_a_trigger_says_so),
		T(a_daemon_killed_over_a_request_answers_it_in_its_next_life),
		T(malformed_requests_are_answered),
		T(what_was_asked_before_the_start_is_not_carried_out),
		T(an_answer_of_an_earlier_life_stands),
		T(a_request_that_is_taken_back_is_not_carried_out),
		T(one_request_is_served_at_a_time),
		T(a_request_that_had_to_wait_gets_its_own_answer),
		T(a_guest_cannot_use_the_mailbox),
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, world_start, world_stop);
}
