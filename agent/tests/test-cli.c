// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of the built command line as a program: its usage, status and doctor. Against a real
 * xenstored; the tree below --root is a stub: see world.h. Waits for what happens, never for time.
 */
#include "core/names.h"
#include "tests/world.h"

#include <string.h>
#include <sys/stat.h>

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

/* No control character of the state file or of a domain's name reaches a terminal. */
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

/* Anyone who can open the lock can take it, and then no daemon could start. */
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
	store_put("/local/domain/0/backend/vbd/1/51712/state", "4");
	store_put("/local/domain/0/backend/vbd/1/51712/multi-queue-max-queues", "2");
	store_put("/local/domain/0/backend/vbd/1/51712/max-ring-page-order", "2");
	store_put("/local/domain/1/device/vbd/51712/multi-queue-num-queues", "2");
	store_put("/local/domain/1/device/vbd/51712/ring-page-order", "99");
	store_put("/local/domain/0/backend/vbd/2/51712/frontend",
		  "/local/domain/2/device/vbd/51712");
	/* one that is not connected has none, whatever its guest says */
	store_put("/local/domain/0/backend/vbd/2/51712/state", "2");
	assert_int_equal(run(cli_path, ARGS("doctor", "--json")), 0);
	o = parse(w.cli.text[OUT]);
	assert_int_equal(number(member(o, "slots"), "disks"), 1);
	(void)json_object_put(o);
	store_put("/local/domain/0/backend/vbd/2/51712/state", "4");
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
	/* by systemctl edit --runtime, and by systemctl set-property */
	tree_put(&w.tree, "run/systemd/system/xen-reclaimd.service", "[Service]\n");
	tree_put(&w.tree, "etc/systemd/system.control/xen-reclaimd.service.d/50-MemoryMax.conf",
		 "[Service]\n");
	(void)run(cli_path, ARGS("doctor"));
	expect_said(&w.cli, OUT, "note  3 files change the daemon's unit, such as /run/");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
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
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, world_start, world_stop);
}
