// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests of the configuration: what each key takes and refuses, and that what is shipped is true. */

/* The table of keys itself, to see that nothing of it is left out here or in the shipped file. */
#include "host/config-keys.c"

#include <fcntl.h>
#include <sys/stat.h>

#include "tests/cmocka-all.h"
#include "tests/tree.h"

#define DROP_INS CONFIG_PATH ".d"
#define MIN	 MINUTES_US
#define S	 USEC_PER_SEC
#define MS	 USEC_PER_MSEC

static int parse(const char *text, struct config *c, struct config_error *err)
{
	*err = (struct config_error){0};
	return config_parse(text, strlen(text), "/a.conf", c, err);
}

/* One key of a section, as a file would set it. */
static int parse_key(const char *section, const char *name, const char *value, struct config *c,
		     struct config_error *err)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "# a comment\n[%s]\n%s = %s\n", section, name, value);
	return parse(text, c, err);
}

/*
 * Any number of a config, as the table knows where it is; a threshold's is its stall time, and a
 * path's its length.
 */
static uint64_t value_of(const struct config *c, const struct key *k)
{
	const char *at = (const char *)c + k->offset;

	if (k->parse == parse_switch)
		return *(const bool *)at;
	if (k->parse == parse_count)
		return *(const unsigned *)at;
	if (k->parse == parse_level)
		return *(const enum level *)at;
	if (k->parse == parse_metrics)
		return strlen(at);
	return *(const uint64_t *)at;
}

static void expect_same(const struct config *a, const struct config *b)
{
	for (size_t i = 0; i < config_n_keys; i++)
		if (value_of(a, &config_keys[i]) != value_of(b, &config_keys[i]))
			fail_msg("[%s] %s differs", config_keys[i].section, config_keys[i].name);
	assert_int_equal(a->some.window_us, b->some.window_us);
	assert_int_equal(a->full.window_us, b->full.window_us);
}

static void expect_error(const struct config_error *err, const char *const *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strstr(err->text, parts[i]))
			fail_msg("\"%s\" says nothing of %s", err->text, parts[i]);
	assert_null(strchr(err->text, '\n'));
}

#define PATH_10 "123456789/"
#define PATH_120                                                                                   \
	PATH_10 PATH_10 PATH_10 PATH_10 PATH_10 PATH_10 PATH_10 PATH_10 PATH_10 PATH_10 PATH_10    \
		PATH_10

struct taken {
	const char *section;
	const char *name;
	const char *value;
	uint64_t is;
};

static const struct taken taken[] = {
	{"pressure", "some", "70ms in 2s", 70 * MS},
	{"pressure", "some", "500 ms in 500ms", 500 * MS},
	{"pressure", "some", "off", 0},
	{"pressure", "full", "1s in 10s", S},
	{"pressure", "full", "off", 0},
	{"pressure", "available", "1MiB", 1024},
	{"pressure", "available", "off", 0},
	{"pressure", "swap_free", "1GiB", UINT64_C(1024) * 1024},
	{"balloon", "follow", "no", false},
	{"balloon", "follow", "yes", true},
	{"balloon", "grow_dom0", "2GiB", UINT64_C(2) * 1024 * 1024},
	{"balloon", "grow_dom0", "off", 0},
	{"balloon", "grow_step", "4MiB", 4096},
	{"balloon", "reserve", "0kB", 0},
	{"reclaim", "aging", "no", false},
	{"reclaim", "aging", "yes", true},
	{"reclaim", "max_level", "pool", LEVEL_POOL},
	{"reclaim", "max_level", "grants", LEVEL_GRANTS},
	{"reclaim", "max_level", "slots", LEVEL_SLOTS},
	{"reclaim", "window", "150ms", 150 * MS},
	{"reclaim", "window", "60s", 60 * S},
	{"reclaim", "idle_time", "1s", S},
	{"reclaim", "idle_time", "1h", 60 * MIN},
	{"reclaim", "min_interval", "250ms", 250 * MS},
	{"reclaim", "min_interval", "10min", 10 * MIN},
	{"reclaim", "min_gain", "4kB", 4},
	{"reclaim", "min_gain", "5KiB", 5},
	{"reclaim", "min_gain", "1024 MiB", 1024 * 1024},
	{"backoff", "retry", "500ms", 500 * MS},
	{"backoff", "retry", "1min", MIN},
	{"backoff", "regrowth", "1s", S},
	{"backoff", "regrowth", "10min", 10 * MIN},
	{"backoff", "after", "1", 1},
	{"backoff", "after", "100", 100},
	{"backoff", "first", "1s", S},
	{"backoff", "first", "1h", 60 * MIN},
	{"backoff", "max", "1s", S},
	{"backoff", "max", "24h", 24 * 60 * MIN},
	{"metrics", "file", "/a.prom", 6},
	{"metrics", "file", "/" PATH_120 "12.prom", PATH_MAX_CHARS},
	{"metrics", "file", "off", 0},
};

static const struct key *find_key(const char *section, const char *name)
{
	for (size_t i = 0; i < config_n_keys; i++)
		if (strcmp(config_keys[i].section, section) == 0 &&
		    strcmp(config_keys[i].name, name) == 0)
			return &config_keys[i];
	fail_msg("no key [%s] %s", section, name);
	return NULL;
}

static void every_key_is_set_within_its_bounds(void **state)
{
	bool seen[ARRAY_SIZE(config_keys)] = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
		const struct taken *t = &taken[i];
		const struct key *k = find_key(t->section, t->name);
		struct config expected = config_default();
		struct config c = config_default();
		struct config_error err;

		if (parse_key(t->section, t->name, t->value, &c, &err) != 0)
			fail_msg("%s", err.text);
		if (value_of(&c, k) != t->is)
			fail_msg("%s = %s sets %" PRIu64, t->name, t->value, value_of(&c, k));
		memcpy((char *)&expected + k->offset, (char *)&c + k->offset,
		       k->parse == parse_threshold ? sizeof(struct threshold)
		       : k->parse == parse_switch  ? sizeof(bool)
		       : k->parse == parse_count   ? sizeof(unsigned)
		       : k->parse == parse_level   ? sizeof(enum level)
		       : k->parse == parse_metrics ? sizeof(c.metrics_file)
						   : sizeof(uint64_t));
		expect_same(&c, &expected); /* and sets nothing else */
		seen[k - config_keys] = true;
	}
	for (size_t i = 0; i < config_n_keys; i++)
		if (!seen[i])
			fail_msg("[%s] %s is not tested", config_keys[i].section,
				 config_keys[i].name);
}

static void a_threshold_is_a_stall_time_and_a_window(void **state)
{
	struct config c = config_default();
	struct config_error err;

	(void)state;
	assert_int_equal(parse_key("pressure", "full", "70ms in 2s", &c, &err), 0);
	assert_int_equal(c.full.stall_us, 70 * MS);
	assert_int_equal(c.full.window_us, 2 * S);
	assert_int_equal(parse_key("pressure", "full", "off", &c, &err), 0);
	assert_int_equal(c.full.window_us, 0);
}

static const struct {
	const char *section;
	const char *name;
	const char *value;
} refused[] = {
	{"pressure", "some", "50ms"},
	{"pressure", "some", "50ms in"},
	{"pressure", "some", "50 in 1s"},
	{"pressure", "some", "50ms in 1"},
	{"pressure", "some", "0ms in 1s"},
	{"pressure", "some", "2s in 1s"},
	{"pressure", "some", "50ms in 499ms"},
	{"pressure", "some", "50ms in 11s"},
	{"pressure", "some", "50kB in 1s"},
	{"pressure", "some", "on"},
	{"pressure", "some", "Off"},
	{"pressure", "some", "00000000000000000000000000000050ms in 1s"},
	{"pressure", "full", "50ms in 1s in 1s"},
	{"pressure", "available", "1023kB"},
	{"pressure", "swap_free", "on"},
	{"balloon", "follow", "true"},
	{"balloon", "follow", "1"},
	{"balloon", "follow", "Yes"},
	{"balloon", "grow_dom0", "on"},
	{"balloon", "grow_dom0", "0kB"},
	{"balloon", "grow_dom0", "63MiB"},
	{"balloon", "grow_dom0", "1025GiB"},
	{"balloon", "grow_step", "off"},
	{"balloon", "grow_step", "3MiB"},
	{"balloon", "reserve", "256"},
	{"reclaim", "aging", "on"},
	{"reclaim", "max_level", "all"},
	{"reclaim", "max_level", "2"},
	{"reclaim", "max_level", "Pool"},
	{"reclaim", "window", "149ms"},
	{"reclaim", "window", "61s"},
	{"reclaim", "window", "150"},
	{"reclaim", "window", "150 us"},
	{"reclaim", "window", "150MiB"},
	{"reclaim", "window", "-150ms"},
	{"reclaim", "window", "+150ms"},
	{"reclaim", "window", "1.5s"},
	{"reclaim", "window", "ms"},
	{"reclaim", "window", "1s 1s"},
	{"reclaim", "window", "18446744073709551616ms"},
	{"reclaim", "window", "18446744073709551615h"},
	{"reclaim", "window", "100000000000000000000000000000000ms"},
	{"reclaim", "idle_time", "999ms"},
	{"reclaim", "idle_time", "61min"},
	{"reclaim", "min_interval", "249ms"},
	{"reclaim", "min_interval", "601s"},
	{"reclaim", "min_gain", "3kB"},
	{"reclaim", "min_gain", "1025MiB"},
	{"reclaim", "min_gain", "2GiB"},
	{"reclaim", "min_gain", "1s"},
	{"backoff", "retry", "499ms"},
	{"backoff", "retry", "61s"},
	{"backoff", "regrowth", "999ms"},
	{"backoff", "regrowth", "601s"},
	{"backoff", "after", "0"},
	{"backoff", "after", "101"},
	{"backoff", "after", "4294967297"},
	{"backoff", "after", "3s"},
	{"backoff", "first", "999ms"},
	{"backoff", "first", "3601s"},
	{"backoff", "max", "999ms"},
	{"backoff", "max", "1441min"},
	{"metrics", "file", "on"},
	{"metrics", "file", "a.prom"},
	{"metrics", "file", "/a.txt"},
	{"metrics", "file", "/.prom"},
	{"metrics", "file", "/" PATH_120 "123.prom"},
};

static void a_wrong_value_is_refused_with_its_place_and_the_right_form(void **state)
{
	bool seen[ARRAY_SIZE(config_keys)] = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		const struct key *k = find_key(refused[i].section, refused[i].name);
		char section[32];
		const char *parts[] = {"/a.conf:3: ", section, k->name, k->form};
		struct config c = config_default();
		struct config_error err;

		(void)snprintf(section, sizeof(section), "[%s]", k->section);
		if (parse_key(k->section, k->name, refused[i].value, &c, &err) != -EINVAL)
			fail_msg("%s = %s is not refused", k->name, refused[i].value);
		expect_error(&err, parts, ARRAY_SIZE(parts));
		seen[k - config_keys] = true;
	}
	for (size_t i = 0; i < config_n_keys; i++)
		if (!seen[i])
			fail_msg("[%s] %s is not tested", config_keys[i].section,
				 config_keys[i].name);
}

static void what_is_wrong_is_shown_as_printable_text(void **state)
{
	const char *parts[] = {"\"wei?rd\303\244?\""};
	const char *cut[] = {"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\""};
	struct config c = config_default();
	struct config_error err;

	(void)state;
	assert_int_equal(parse_key("balloon", "follow", "wei\033rd\303\244\344", &c, &err),
			 -EINVAL);
	expect_error(&err, parts, 1);
	assert_int_equal(parse_key("balloon", "follow",
				   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", &c, &err),
			 -EINVAL);
	expect_error(&err, cut, 1);
}

static void wrong_lines_are_refused_with_their_number(void **state)
{
	static const struct {
		const char *text;
		const char *parts[3];
	} cases[] = {
		{"\n[presure]\nsome = off\n", {"/a.conf:2: ", "[presure]", "[pressure]"}},
		{"[reclaim]\n\nwindows = 1s\n", {"/a.conf:3: ", "[reclaim]", "windows"}},
		{"[reclaim]\nafter = 3\n", {"/a.conf:2: ", "[reclaim]", "after"}},
		{"window = 1s\n[reclaim]\n", {"/a.conf:1: ", "window", "before any [section]"}},
		{"[reclaim]\nwindow\n", {"/a.conf:2: ", "neither", "key = value"}},
		{"[reclaim]\n# fine\n[reclaim\n", {"/a.conf:3: ", "neither", "[section]"}},
		{"[reclaim]\nwindow = 1s\n= 1s\n", {"/a.conf:3: ", "[reclaim]", ""}},
		{"[presure]\n", {"/a.conf:1: ", "[presure]", "no such section"}},
		{"[reclaim] window = 1s\n", {"/a.conf:1: ", "[reclaim]", "lines of their own"}},
		{"[balloon]\nfollow = yes\n  no\n", {"/a.conf:3: ", "blank", ""}},
		{"\v[press\034]\nsome = 1\n", {"/a.conf:1: ", "blank", ""}},
		{"[reclaim]\nwindow =\n", {"/a.conf:2: ", "window", "a time from"}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config c = config_default();
		struct config_error err;

		if (parse(cases[i].text, &c, &err) != -EINVAL)
			fail_msg("\"%s\" is not refused", cases[i].text);
		expect_error(&err, cases[i].parts, ARRAY_SIZE(cases[i].parts));
	}
}

static void the_first_of_two_mistakes_is_told(void **state)
{
	const char *parts[] = {"/a.conf:2: ", "window"};
	struct config c = config_default();
	struct config_error err;

	(void)state;
	assert_int_equal(parse("[reclaim]\nwindow = 1\nidle_time = 1\njunk\n", &c, &err), -EINVAL);
	expect_error(&err, parts, ARRAY_SIZE(parts));
}

/* The library would cut it in two, and take the second half for a line of its own. */
static void a_line_too_long_is_refused_and_the_longest_is_not(void **state)
{
	const char *parts[] = {"/a.conf:2: ", "longer than 198"};
	struct config c = config_default();
	struct config_error err;
	char text[512];

	(void)state;
	(void)snprintf(text, sizeof(text), "[reclaim]\n#%0197d\nwindow = 1s\n", 0);
	assert_int_equal(parse(text, &c, &err), 0);
	assert_int_equal(c.policy.window_us, S);
	(void)snprintf(text, sizeof(text), "[reclaim]\n#%0198d\nwindow = 1s\n", 0);
	assert_int_equal(parse(text, &c, &err), -EINVAL);
	expect_error(&err, parts, ARRAY_SIZE(parts));
}

static void a_nul_byte_is_refused_wherever_it_stands(void **state)
{
	static const char middle[] = "[reclaim]\nwindow = 1s\0\nidle_time = 2s\n";
	static const char last[] = "[reclaim]\nwindow = 1s\n\0";
	const char *parts[] = {"xen-reclaim.conf:2: ", "NUL"};
	const char *parts_last[] = {"xen-reclaim.conf:3: ", "NUL"};
	struct config c = config_default();
	struct config_error err;

	(void)state;
	tree_put_bytes(&tree, CONFIG_PATH, middle, sizeof(middle) - 1);
	assert_int_equal(config_load(tree.root, CONFIG_PATH, &c, &err), -EINVAL);
	expect_error(&err, parts, ARRAY_SIZE(parts));
	tree_put_bytes(&tree, CONFIG_PATH, last, sizeof(last) - 1);
	assert_int_equal(config_load(tree.root, CONFIG_PATH, &c, &err), -EINVAL);
	expect_error(&err, parts_last, ARRAY_SIZE(parts_last));
}

static void a_file_that_is_not_there_means_the_defaults(void **state)
{
	struct config expected = config_default();
	struct config_error err;
	struct config c = {0};

	(void)state;
	assert_int_equal(config_load(tree.root, CONFIG_PATH, &c, &err), 0);
	expect_same(&c, &expected);
	tree_put(&tree, CONFIG_PATH, "");
	c = (struct config){0};
	assert_int_equal(config_load(tree.root, CONFIG_PATH, &c, &err), 0);
	expect_same(&c, &expected);
}

static void drop_ins_are_read_in_order_and_override(void **state)
{
	struct config expected = config_default();
	struct config_error err;
	struct config c = {0};

	(void)state;
	tree_put(&tree, CONFIG_PATH, "[reclaim]\nwindow = 1s\nidle_time = 2s\n");
	tree_put(&tree, DROP_INS "/20-b.conf", "[reclaim]\nwindow = 3s\n[backoff]\nafter = 8\n");
	tree_put(&tree, DROP_INS "/10-a.conf", "[reclaim]\nwindow = 2s\nmin_gain = 8kB\n");
	tree_put(&tree, DROP_INS "/30-c.conf~", "[reclaim]\nwindow = 9s\n");
	tree_put(&tree, DROP_INS "/.40-d.conf", "[reclaim]\nwindow = 9s\n");
	tree_put(&tree, DROP_INS "/.conf", "[reclaim]\nwindow = 9s\n");
	if (config_load(tree.root, CONFIG_PATH, &c, &err) != 0)
		fail_msg("%s", err.text);
	expected.policy.window_us = 3 * S;
	expected.policy.idle_us = 2 * S;
	expected.policy.min_gain_kb = 8;
	expected.policy.backoff_after = 8;
	expect_same(&c, &expected);
}

/* Many, made in no order, so that no directory happens to list them in the right one. */
static void the_last_drop_in_by_name_wins(void **state)
{
	static const unsigned order[] = {5, 9, 1, 8, 3, 7, 2, 6, 4};
	struct config_error err;
	struct config c = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		char path[128];
		char text[64];

		(void)snprintf(path, sizeof(path), DROP_INS "/%u.conf", order[i]);
		(void)snprintf(text, sizeof(text), "[backoff]\nafter = %u\n", order[i]);
		tree_put(&tree, path, text);
		assert_int_equal(config_load(tree.root, CONFIG_PATH, &c, &err), 0);
		assert_int_equal(c.policy.backoff_after, i == 0 ? 5 : 9);
	}
}

static void drop_ins_need_no_file(void **state)
{
	struct config_error err;
	struct config c = {0};

	(void)state;
	tree_put(&tree, DROP_INS "/a.conf", "[reclaim]\nwindow = 3s\n");
	assert_int_equal(config_load(tree.root, CONFIG_PATH, &c, &err), 0);
	assert_int_equal(c.policy.window_us, 3 * S);
}

/* A section ends with its file. */
static void a_drop_in_starts_without_a_section(void **state)
{
	const char *parts[] = {"/" DROP_INS "/a.conf:1: ", "window", "before any [section]"};
	struct config_error err;
	struct config c = {0};

	(void)state;
	tree_put(&tree, CONFIG_PATH, "[reclaim]\n");
	tree_put(&tree, DROP_INS "/a.conf", "window = 3s\n");
	assert_int_equal(config_load(tree.root, CONFIG_PATH, &c, &err), -EINVAL);
	expect_error(&err, parts, ARRAY_SIZE(parts));
}

static void an_error_leaves_the_configuration_untouched(void **state)
{
	const char *parts[] = {"/" DROP_INS "/b.conf:2: ", "[backoff] after", "from 1 to 100"};
	struct config c = config_default();
	struct config expected;
	struct config_error err;

	(void)state;
	c.policy.window_us = 7 * S;
	c.policy.backoff_after = 77;
	expected = c;
	tree_put(&tree, CONFIG_PATH, "[reclaim]\nwindow = 1s\n");
	tree_put(&tree, DROP_INS "/a.conf", "[reclaim]\nidle_time = 1s\n");
	tree_put(&tree, DROP_INS "/b.conf", "[backoff]\nafter = 0\n");
	tree_put(&tree, DROP_INS "/c.conf", "[backoff]\nfirst = 2s\n");
	assert_int_equal(config_load(tree.root, CONFIG_PATH, &c, &err), -EINVAL);
	expect_error(&err, parts, ARRAY_SIZE(parts));
	expect_same(&c, &expected);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
	const char *parts[] = {"/" CONFIG_PATH ": ", "cannot be read"};
	const char *drop_in[] = {"/" DROP_INS "/a.conf: ", "cannot be read"};
	struct config c = {0};
	struct config_error err;

	(void)state;
	tree_mkdir(&tree, DROP_INS);
	tree_mkdir(&tree, DROP_INS "/a.conf");
	assert_int_equal(config_load(tree.root, CONFIG_PATH, &c, &err), -EINVAL);
	expect_error(&err, drop_in, ARRAY_SIZE(drop_in));
	tree_mkdir(&tree, CONFIG_PATH);
	assert_int_equal(config_load(tree.root, CONFIG_PATH, &c, &err), -EINVAL);
	expect_error(&err, parts, ARRAY_SIZE(parts));
	assert_int_equal(c.policy.window_us, 0);
}

static void a_file_too_large_is_refused(void **state)
{
	char *text = malloc(CONFIG_MAX_BYTES + 1);
	struct config_error err;
	struct config c = {0};

	(void)state;
	assert_non_null(text);
	memset(text, '\n', CONFIG_MAX_BYTES + 1);
	tree_put_bytes(&tree, CONFIG_PATH, text, CONFIG_MAX_BYTES + 1);
	free(text);
	assert_int_equal(config_load(tree.root, CONFIG_PATH, &c, &err), -EINVAL);
}

static void expect_backoff(const char *file, const char *drop_in, const char *error)
{
	struct config_error err;
	struct config c = {0};

	tree_drop(&tree, "etc");
	tree_put(&tree, DROP_INS "/10-local.conf", drop_in);
	if (file)
		tree_put(&tree, CONFIG_PATH, file);
	assert_int_equal(config_load(tree.root, CONFIG_PATH, &c, &err), error ? -EINVAL : 0);
	if (error)
		assert_string_equal(err.text, error);
}

/* The line that was read last is the one that is wrong, in whatever file it stands. */
static void the_first_rest_is_no_longer_than_the_longest(void **state)
{
	(void)state;
	tree_mkdir(&tree, "etc");
	expect_backoff("[backoff]\nfirst = 10s\n", "[backoff]\nmax = 10s\n", NULL);
	expect_backoff("[backoff]\nfirst = 10min\n", "[backoff]\nmax = 20min\n", NULL);
	expect_backoff(NULL, "[backoff]\nfirst = 10min\n",
		       "/" DROP_INS "/10-local.conf:2: [backoff] first: is longer than [backoff] "
		       "max, which is 5min");
	expect_backoff("[backoff]\nfirst = 10s\n", "\n[backoff]\nafter = 2\nmax = 9500ms\n",
		       "/" DROP_INS "/10-local.conf:4: [backoff] max: is shorter than [backoff] "
		       "first, which is 10s");
	expect_backoff("# mine\n[backoff]\nmax = 1500ms\nfirst = 90s\n", "[backoff]\nafter = 2\n",
		       "/" CONFIG_PATH ":4: [backoff] first: is longer than [backoff] max, which "
		       "is 1500ms");
}

/* --- the shipped file ----------------------------------------------------------------------- */

static char *read_shipped(void)
{
	char *text = malloc(CONFIG_MAX_BYTES);
	ssize_t n;

	assert_non_null(text);
	enter_top();
	n = read_text(AT_FDCWD, "etc/xen-reclaim.conf", text, CONFIG_MAX_BYTES);
	assert_true(n > 0);
	return text;
}

static void the_shipped_file_changes_nothing(void **state)
{
	struct config expected = config_default();
	struct config c = config_default();
	char *text = read_shipped();
	struct config_error err;

	(void)state;
	if (parse(text, &c, &err) != 0)
		fail_msg("%s", err.text);
	expect_same(&c, &expected);
	free(text);
}

/* "#key = value" is a default; "# a sentence" is not. */
static void uncomment(char *text)
{
	for (char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (line[0] == '#' && line[1] >= 'a' && line[1] <= 'z')
			memmove(line, line + 1, strlen(line));
	}
}

/* Set on a configuration in which no value is the default: each key has to be there. */
static void the_shipped_file_documents_every_key_with_its_default(void **state)
{
	struct config expected = config_default();
	char *text = read_shipped();
	struct config_error err;
	struct config c = {.metrics_file = "x", .available_kb = 1, .swap_free_kb = 1};

	(void)state;
	c.policy.grow_limit_kb = 1;
	uncomment(text);
	for (size_t i = 0; i < config_n_keys; i++)
		assert_int_not_equal(value_of(&c, &config_keys[i]),
				     value_of(&expected, &config_keys[i]));
	if (parse(text, &c, &err) != 0)
		fail_msg("%s", err.text);
	expect_same(&c, &expected);
	free(text);
}

/* --- sections of domains -------------------------------------------------------------------- */

static const struct domain_rule *rule(const struct config *c, const char *whom)
{
	for (size_t i = 0; i < c->policy.n_rules; i++)
		if (strcmp(c->policy.rules[i].whom, whom) == 0)
			return &c->policy.rules[i];
	fail_msg("no rule for %s", whom);
	return NULL;
}

static void a_domain_has_rules_of_its_own(void **state)
{
	struct config c = config_default();
	struct config_error err;

	(void)state;
	if (parse("[domain db]\nwindow = 2s\nexclude = no\n"
		  "[domain 0A1b2c3d-0000-1111-2222-333344445555] ; by UUID\nexclude = yes\n"
		  "[reclaim]\nwindow = 200ms\n"
		  "[domain web server of the house that has quite a long name]\nidle_time = 1min\n"
		  "[domain db]\nidle_time = 7s\n",
		  &c, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(c.policy.n_rules, 3);
	assert_int_equal(rule(&c, "db")->window_us, 2 * S);
	assert_int_equal(rule(&c, "db")->idle_us, 7 * S);
	assert_false(rule(&c, "db")->exclude);
	assert_true(rule(&c, "0a1b2c3d-0000-1111-2222-333344445555")->exclude);
	assert_int_equal(rule(&c, "web server of the house that has quite a long name")->idle_us,
			 MIN);
	assert_int_equal(c.policy.window_us, 200 * MS);
	config_free(&c);
	assert_int_equal(c.policy.n_rules, 0);
}

static void a_wrong_rule_is_refused_with_its_place_and_the_right_form(void **state)
{
	static const char long_name[] =
		"[domain aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n";
	static const struct {
		const char *text;
		const char *place;
		const char *form;
	} wrong[] = {
		{"[domain a]\nwindow = 149ms\n", "/a.conf:2: [domain a] window", "150ms to 60s"},
		{"[domain a]\n\nexclude = true\n", "/a.conf:3: [domain a] exclude", "\"yes\" or"},
		{"[domain a]\nidle_time = 0s\n", "/a.conf:2: [domain a] idle_time", "1s to 1h"},
		{"[domain a]\nmax_level = pool\n", "/a.conf:2: [domain a] max_level",
		 "window, exclude and idle_time"},
		{"[domain]\n", "/a.conf:1: [domain]", "[domain NAME]"},
		{"[domain ]\n", "/a.conf:1: [domain]", "[domain NAME]"},
		{"[domain a ]\n", "/a.conf:1: [domain]", "[domain NAME]"},
		{"[domain \"a\"]\n", "/a.conf:1: [domain]", "[domain a]"},
		{"[domain 'a']\n", "/a.conf:1: [domain]", "[domain a]"},
		{"[domain {a}]\n", "/a.conf:1: [domain]", "[domain a]"},
		{"[domain a\tb]\n", "/a.conf:1: [domain]", "printable"},
		{"[domain \344]\n", "/a.conf:1: [domain]", "printable"},
		{"[domains a]\n", "/a.conf:1: [domains a]", "no such section"},
		{"[domain a] exclude = yes\n", "/a.conf:1: [domain a]", "lines of their own"},
		{long_name, "/a.conf:1: [domain]", "up to 63 bytes"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		const char *parts[] = {wrong[i].place, wrong[i].form};
		struct config c = config_default();
		struct config_error err;

		if (parse(wrong[i].text, &c, &err) != -EINVAL)
			fail_msg("%s is not refused", wrong[i].text);
		expect_error(&err, parts, ARRAY_SIZE(parts));
		config_free(&c);
	}
}

static void expect_unread(const char *name, const char *why)
{
	const char *parts[] = {name, why};
	struct config c = config_default();
	struct config_error err;

	assert_true(config_load(tree.root, CONFIG_PATH, &c, &err) < 0);
	expect_error(&err, parts, ARRAY_SIZE(parts));
	config_free(&c);
}

/* One that was meant to exclude a domain, say; and a FIFO is not waited for. */
static void a_drop_in_that_is_no_file_is_refused(void **state)
{
	(void)state;
	tree_put(&tree, DROP_INS "/a.conf", "");
	tree_link(&tree, DROP_INS "/b.conf", "/nowhere");
	expect_unread("/" DROP_INS "/b.conf", "link to nothing");
	assert_int_equal(unlinkat(tree.root, DROP_INS "/b.conf", 0), 0);
	assert_int_equal(mkfifoat(tree.root, DROP_INS "/c.conf", 0600), 0);
	expect_unread("/" DROP_INS "/c.conf", "no regular file");
}

static void drop_ins_that_are_no_directory_are_refused(void **state)
{
	(void)state;
	tree_put(&tree, DROP_INS, "");
	expect_unread("/" DROP_INS, "Not a directory");
}

static void a_byte_order_mark_is_passed_over(void **state)
{
	struct config c = config_default();
	struct config_error err;

	(void)state;
	assert_int_equal(parse("\xef\xbb\xbf[reclaim]\nmin_gain = 8kB\n", &c, &err), 0);
	assert_int_equal(c.policy.min_gain_kb, 8);
}

static void a_bad_reload_keeps_the_old_rules(void **state)
{
	struct config c = config_default();
	struct config_error err;

	(void)state;
	tree_put(&tree, CONFIG_PATH, "[domain a]\nexclude = yes\n");
	tree_put(&tree, DROP_INS "/a.conf", "[domain a]\nwindow = 1s\n");
	assert_int_equal(config_load(tree.root, CONFIG_PATH, &c, &err), 0);
	tree_put(&tree, DROP_INS "/a.conf", "[domain b]\nwindow = 1\n");
	assert_int_equal(config_load(tree.root, CONFIG_PATH, &c, &err), -EINVAL);
	assert_int_equal(c.policy.n_rules, 1);
	assert_true(rule(&c, "a")->exclude);
	assert_int_equal(rule(&c, "a")->window_us, S);
	config_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_set_within_its_bounds),
		cmocka_unit_test(a_threshold_is_a_stall_time_and_a_window),
		cmocka_unit_test(a_wrong_value_is_refused_with_its_place_and_the_right_form),
		cmocka_unit_test(what_is_wrong_is_shown_as_printable_text),
		cmocka_unit_test(wrong_lines_are_refused_with_their_number),
		cmocka_unit_test(the_first_of_two_mistakes_is_told),
		cmocka_unit_test(a_line_too_long_is_refused_and_the_longest_is_not),
		cmocka_unit_test_setup_teardown(a_nul_byte_is_refused_wherever_it_stands,
						tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(a_file_that_is_not_there_means_the_defaults,
						tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(drop_ins_are_read_in_order_and_override, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(the_last_drop_in_by_name_wins, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(drop_ins_need_no_file, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(a_drop_in_starts_without_a_section, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(an_error_leaves_the_configuration_untouched,
						tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read_is_named, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(a_drop_in_that_is_no_file_is_refused, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(drop_ins_that_are_no_directory_are_refused,
						tree_setup, tree_teardown),
		cmocka_unit_test(a_byte_order_mark_is_passed_over),
		cmocka_unit_test_setup_teardown(a_file_too_large_is_refused, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(the_first_rest_is_no_longer_than_the_longest,
						tree_setup, tree_teardown),
		cmocka_unit_test(a_domain_has_rules_of_its_own),
		cmocka_unit_test(a_wrong_rule_is_refused_with_its_place_and_the_right_form),
		cmocka_unit_test_setup_teardown(a_bad_reload_keeps_the_old_rules, tree_setup,
						tree_teardown),
		cmocka_unit_test(the_shipped_file_changes_nothing),
		cmocka_unit_test(the_shipped_file_documents_every_key_with_its_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
