// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of the built command line on a terminal, and where there is none: top, and the colours of
 * doctor. Against a real xenstored; the tree below --root is a stub: see world.h. Waits for what
 * happens, never for time.
 */
#include "tests/world.h"

#include <fcntl.h>
#include <pty.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

static void put_stats(const char *vbd, const char *requests, const char *sectors)
{
	static const char *const files[] = {"rd_req", "wr_req", "rd_sect", "wr_sect"};
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void)snprintf(path, sizeof(path), "sys/bus/xen-backend/devices/%s/statistics/%s",
			       vbd, files[i]);
		tree_put(&w.tree, path, i < 2 ? requests : sectors);
	}
}

static void top_shows_domains_and_disks_on_80_columns(void **state)
{
	struct json_object *o;
	struct json_object *disk;

	(void)state;
	put_native("vbd-1-51712");
	put_stats("vbd-1-51712", "7\n", "700\n");
	store_put("/local/domain/1/name", "a domain whose name is far too long to be shown");
	store_put("/local/domain/2/name", "web");
	tree_put(&w.tree, "sys/bus/xen-backend/devices/vbd-1-51712/reclaim/persistent_pages",
		 "99999999\n");
	assert_int_equal(run(cli_path, ARGS("top", "--batch", "--delay=1")), 0);
	expect_said(&w.cli, OUT, "a domain whose");
	expect_said(&w.cli, OUT, "xvda");
	expect_said(&w.cli, OUT, "399999996");
	expect_said(&w.cli, OUT, "?"); /* the other disk shows nothing */
	for (const char *line = w.cli.text[OUT]; *line; line = strchr(line, '\n') + 1)
		assert_in_range(strcspn(line, "\n"), 0, 80);
	/* the worst holder stands first */
	assert_true(strstr(w.cli.text[OUT], "a domain") < strstr(w.cli.text[OUT], "web"));
	assert_int_equal(run(cli_path, ARGS("top", "--json", "--delay=1")), 0);
	o = parse(w.cli.text[OUT]);
	assert_string_equal(string(o, "mechanism"), "native");
	assert_string_not_equal(string(o, "unseen"), "");
	assert_int_equal(json_object_array_length(member(o, "disks")), 2);
	disk = json_object_array_get_idx(member(o, "disks"), 0);
	assert_string_equal(string(disk, "disk"), "xvda");
	assert_int_equal(number(disk, "idle_s"), 9);
	assert_int_equal(number(disk, "requests_s"), 0);
	disk = json_object_array_get_idx(member(o, "disks"), 1);
	assert_false(json_object_object_get_ex(disk, "idle_s", NULL));
	(void)json_object_put(o);
	put_stats("vbd-2-51712", "3\n", "24\n"); /* a stock driver's: idle since it is looked at */
	assert_int_equal(run(cli_path, ARGS("top", "--json", "--delay=1")), 0);
	o = parse(w.cli.text[OUT]);
	disk = json_object_array_get_idx(member(o, "disks"), 1);
	assert_in_range(number(disk, "idle_s"), 1, 60);
	(void)json_object_put(o);
	put_native("vbd-2-51712");
	assert_int_equal(run(cli_path, ARGS("top", "--json", "--delay=1")), 0);
	o = parse(w.cli.text[OUT]);
	assert_string_equal(string(o, "seen_by"), "sysfs");
	assert_false(json_object_object_get_ex(o, "unseen", NULL));
	(void)json_object_put(o);
}

/* On a terminal of 80 columns. @option: may be NULL. */
static pid_t start_there(const char *term, unsigned short rows, int *fd, const char *command,
			 const char *option)
{
	const struct winsize size = {.ws_row = rows, .ws_col = 80};
	char root[128];
	pid_t pid;

	(void)snprintf(root, sizeof(root), "--root=%s", w.tree.path);
	pid = forkpty(fd, NULL, NULL, &size);
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)setenv("TERM", term, 1);
		(void)unsetenv("LINES");
		(void)unsetenv("COLUMNS");
		(void)execl(cli_path, cli_path, root, command, option, NULL);
		_exit(127);
	}
	return pid;
}

static pid_t start_top(const char *term, unsigned short rows, int *fd)
{
	return start_there(term, rows, fd, "top", "--delay=1");
}

/* Reads what is shown until the text is. */
static void await_shown(int fd, const char *shown)
{
	char text[65536] = "";
	size_t len = 0;

	while (!strstr(text, shown)) {
		ssize_t n = read(fd, text + len, sizeof(text) - 1 - len);

		if (n <= 0)
			fail_msg("it ended, and \"%s\" was not shown", shown);
		len += (size_t)n;
		text[len] = '\0';
		if (len == sizeof(text) - 1)
			len = 0;
	}
}

/* Return: as waitpid() has it. */
static int end_of_top(pid_t pid, int fd)
{
	char text[4096];
	int status;

	while (read(fd, text, sizeof(text)) > 0)
		;
	(void)close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* What doctor shows on a terminal. */
static void doctor_on(const char *term, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;
	int fd;
	pid_t pid = start_there(term, 24, &fd, "doctor", NULL);

	while (len < size - 1 && (n = read(fd, text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	assert_true(WIFEXITED(end_of_top(pid, fd)));
}

static void doctor_has_colours_on_a_terminal_alone(void **state)
{
	char text[65536];

	(void)state;
	assert_int_equal(unsetenv("NO_COLOR"), 0);
	doctor_on("xterm", text, sizeof(text));
	assert_non_null(strstr(text, "\033[32mok\033[0m    "));
	doctor_on("dumb", text, sizeof(text));
	assert_null(strchr(text, '\033'));
	assert_int_equal(setenv("NO_COLOR", "1", 1), 0);
	doctor_on("xterm", text, sizeof(text));
	assert_int_equal(unsetenv("NO_COLOR"), 0);
	assert_null(strchr(text, '\033'));
	(void)run(cli_path, ARGS("doctor"));
	assert_null(strchr(w.cli.text[OUT], '\033'));
}

/* As on a terminal: each key shows what it changes, and the terminal is left as it was. */
static void top_obeys_its_keys(void **state)
{
	static const struct {
		const char *key;
		const char *shown;
	} keys[] = {{"", "by held"},
		    {"s", "by I/O"},
		    {"b", "xvda"},
		    {"d7\n", "each 7 s"},
		    {"/no such\n", "domain no such"},
		    {"/\n", "xvda"},
		    {"q", "\033[?1049l"}};
	size_t key = 0;
	int status;
	int fd;
	pid_t pid = start_top("xterm", 24, &fd);

	(void)state;
	for (; key < ARRAY_SIZE(keys); key++) {
		assert_true(write(fd, keys[key].key, strlen(keys[key].key)) >= 0);
		await_shown(fd, keys[key].shown);
	}
	status = end_of_top(pid, fd);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Ctrl-\ ends it as q does, and the terminal is left as it was. */
static void top_leaves_the_terminal_as_it_was(void **state)
{
	char path[64];
	struct termios t;
	int status;
	int slave;
	int fd;
	pid_t pid = start_top("xterm", 24, &fd);

	(void)state;
	assert_int_equal(ptsname_r(fd, path, sizeof(path)), 0);
	slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC); /* it stays open after the end */
	assert_true(slave >= 0);
	await_shown(fd, "by held");
	assert_int_equal(write(fd, "\x1c", 1), 1);
	await_shown(fd, "\033[?1049l");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(tcgetattr(slave, &t), 0);
	assert_true((t.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO));
	(void)close(slave);
	(void)close(fd);
}

/* Three rows fit below the head; more of them come by the keys, and with a higher screen. */
static void top_scrolls_and_is_resized(void **state)
{
	static const struct winsize higher = {.ws_row = 40, .ws_col = 100};
	char path[96];
	int fd;
	pid_t pid;

	(void)state;
	for (int i = 0; i < 9; i++) {
		(void)snprintf(path, sizeof(path), "vbd-1-%d", 51712 + 16 * i);
		put_native(path);
	}
	pid = start_top("xterm", 7, &fd);
	await_shown(fd, "by held");
	assert_int_equal(write(fd, "b", 1), 1);
	await_shown(fd, "xvdc");
	assert_int_equal(write(fd, "\033[6~", 4), 4);
	await_shown(fd, "xvdf");
	assert_int_equal(ioctl(fd, TIOCSWINSZ, &higher), 0);
	await_shown(fd, "xvdi");
	assert_int_equal(write(fd, "q", 1), 1);
	await_shown(fd, "\033[?1049l");
	(void)end_of_top(pid, fd);
}

/* It is told once, without a code. */
static void top_prints_where_there_is_no_screen(void **state)
{
	char text[4096];
	size_t len = 0;
	ssize_t n;
	int fd;
	pid_t pid = start_top("dumb", 24, &fd);

	(void)state;
	while (len < sizeof(text) - 1 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	assert_non_null(strstr(text, "DOMAIN"));
	assert_null(strchr(text, '\033'));
	assert_int_equal(end_of_top(pid, fd), 0);
}

static void top_prints_as_often_as_it_is_told(void **state)
{
	const char *text = w.cli.text[OUT];
	struct json_object *o;

	(void)state;
	assert_int_equal(run(cli_path, ARGS("top", "--json", "--delay=1", "--count=2")), 0);
	assert_int_equal(count(text, "\n"), 2);
	o = parse(strchr(text, '\n') + 1);
	assert_non_null(member(o, "disks"));
	(void)json_object_put(o);
	assert_int_equal(run(cli_path, ARGS("top", "--delay=1", "--count=2")), 0);
	assert_int_equal(count(text, "mechanism "), 2);
	assert_int_equal(run(cli_path, ARGS("top", "--count=x")), 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(top_shows_domains_and_disks_on_80_columns),
		T(doctor_has_colours_on_a_terminal_alone),
		T(top_obeys_its_keys),
		T(top_leaves_the_terminal_as_it_was),
		T(top_scrolls_and_is_resized),
		T(top_prints_where_there_is_no_screen),
		T(top_prints_as_often_as_it_is_told),
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, world_start, world_stop);
}
