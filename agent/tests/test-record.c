// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of what the built command line records and replays. Against a real xenstored; the tree
 * below --root is a stub: see world.h. Waits for what happens, never for time.
 */
#include "tests/world.h"

#include <signal.h>
#include <string.h>

#define BURST "agent/tests/traces/burst.trace"

static void replay_tells_what_would_be_done(void **state)
{
	struct json_object *o;

	(void)state;
	assert_int_equal(run(cli_path, ARGS("replay", BURST)), 0);
	expect_said(&w.cli, OUT, "hard-pressure: grants of idle disks (24), ");
	expect_said(&w.cli, OUT, "1 actions on 24 disks, of which 1 helped");
	assert_int_equal(run(cli_path, ARGS("replay", "--json", BURST)), 0);
	assert_int_equal(count(w.cli.text[OUT], "\"event\":\"action\""), 1);
	assert_int_equal(count(w.cli.text[OUT], "\"event\":\"end\""), 1);
	/* of three minutes */
	assert_int_equal(count(w.cli.text[OUT], "\"event\":\"memory\""), 3);
	assert_int_equal(count(w.cli.text[OUT], "\"disturbed\":0"), 4);
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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(replay_tells_what_would_be_done),
		T(replay_says_that_it_does_not_know_what_actions_gave),
		T(replay_names_the_line_that_is_wrong),
		T(watch_records_what_replay_reads),
		T(names_are_shown_as_the_locale_can),
		T(a_domain_without_a_name_spoils_no_record),
		T(a_record_replays_to_the_same_decisions),
		T(watch_speaks_json),
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, world_start, world_stop);
}
