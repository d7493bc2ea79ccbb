// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests of the small helpers everything else stands on: files below a root, strict numbers. */
#include "host/util.h"
#include "tests/cmocka-all.h"
#include "tests/tree.h"

#include <string.h>
#include <sys/stat.h>

static void a_text_is_read_without_the_space_at_its_end(void **state)
{
	char buf[16];

	(void)state;
	tree_put(&tree, "sys/a", " online \t\n\n");
	assert_int_equal(read_text(tree.root, "sys/a", buf, sizeof(buf)), 7);
	assert_string_equal(buf, " online");
	tree_put(&tree, "sys/a", " \n");
	assert_int_equal(read_text(tree.root, "sys/a", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
}

static void nul_bytes_are_no_space(void **state)
{
	char buf[16];

	(void)state;
	tree_put_bytes(&tree, "a", "12\0\0", 4);
	assert_int_equal(read_text(tree.root, "a", buf, sizeof(buf)), 4);
}

static void a_text_fits_or_is_refused(void **state)
{
	char buf[5];

	(void)state;
	tree_put(&tree, "a", "1234");
	assert_int_equal(read_text(tree.root, "a", buf, sizeof(buf)), 4);
	assert_string_equal(buf, "1234");
	tree_put(&tree, "a", "12345");
	assert_int_equal(read_text(tree.root, "a", buf, sizeof(buf)), -E2BIG);
	assert_int_equal(read_text(tree.root, "b", buf, sizeof(buf)), -ENOENT);
	tree_mkdir(&tree, "dir");
	assert_int_equal(read_text(tree.root, "dir", buf, sizeof(buf)), -EISDIR);
}

static void numbers_are_digits_alone(void **state)
{
	static const struct {
		const char *text;
		int r;
		uint64_t v;
	} cases[] = {
		{"0", 0, 0},
		{"007", 0, 7},
		{"18446744073709551615", 0, UINT64_MAX},
		{"18446744073709551616", -ERANGE, 0},
		{"", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"+1", -EINVAL, 0},
		{" 1", -EINVAL, 0},
		{"1 ", -EINVAL, 0},
		{"1x", -EINVAL, 0},
		{"0x1", -EINVAL, 0},
		{"x", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t v = 0;
		int r = parse_number(cases[i].text, &v);

		if (r != cases[i].r || (r == 0 && v != cases[i].v))
			fail_msg("\"%s\": %d", cases[i].text, r);
	}
}

static void a_file_holds_one_number(void **state)
{
	uint64_t v;

	(void)state;
	tree_put(&tree, "a", "1024\n");
	assert_int_equal(read_number(tree.root, "a", &v), 0);
	assert_int_equal(v, 1024);
	tree_put(&tree, "a", "1 2\n");
	assert_int_equal(read_number(tree.root, "a", &v), -EINVAL);
	tree_put(&tree, "a", "");
	assert_int_equal(read_number(tree.root, "a", &v), -EINVAL);
	tree_put(&tree, "a", "00000000000000000000000000000000000001");
	assert_int_equal(read_number(tree.root, "a", &v), -E2BIG);
	assert_int_equal(read_number(tree.root, "b", &v), -ENOENT);
}

static void a_shorter_number_takes_the_place_of_a_longer(void **state)
{
	(void)state;
	tree_put(&tree, "a", "1024\n");
	assert_int_equal(write_number(tree.root, "a", 0), 0);
	tree_expect(&tree, "a", "0\n");
	assert_int_equal(write_text(tree.root, "a", "offline"), 0);
	tree_expect(&tree, "a", "offline");
}

static void writing_makes_no_file_and_tells_what_fails(void **state)
{
	struct sealed s;

	(void)state;
	assert_int_equal(write_number(tree.root, "a", 0), -ENOENT);
	assert_false(tree_has(&tree, "a"));
	tree_mkdir(&tree, "dir");
	assert_int_equal(write_number(tree.root, "dir", 0), -EISDIR);
	tree_link(&tree, "full", "/dev/full");
	assert_int_equal(write_number(tree.root, "full", 0), -ENOSPC);
	tree_seal(&tree, "sealed", "7\n", &s);
	assert_int_equal(write_number(tree.root, "sealed", 0), -EPERM);
	tree_expect(&tree, "sealed", "7\n");
	tree_unseal(&s);
}

static void a_file_is_replaced_whole(void **state)
{
	(void)state;
	assert_int_equal(replace_file(tree.root, "run", "old text", 8), 0);
	tree_expect(&tree, "run", "old text");
	assert_int_equal(replace_file(tree.root, "run", "new", 3), 0);
	tree_expect(&tree, "run", "new");
	assert_int_equal(replace_file(tree.root, "run", "", 0), 0);
	tree_expect(&tree, "run", "");
	assert_false(tree_has(&tree, "run.new"));
}

static void the_old_file_stays_when_the_new_one_fails(void **state)
{
	char long_name[300];

	(void)state;
	tree_put(&tree, "run", "old");
	tree_link(&tree, "run.new", "/dev/full");
	assert_int_equal(replace_file(tree.root, "run", "new", 3), -ENOSPC);
	tree_expect(&tree, "run", "old");
	assert_false(tree_has(&tree, "run.new"));
	tree_mkdir(&tree, "dir");
	assert_int_equal(replace_file(tree.root, "dir", "new", 3), -EISDIR);
	assert_false(tree_has(&tree, "dir.new"));
	assert_int_equal(replace_file(tree.root, "no/dir", "new", 3), -ENOENT);
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_int_equal(replace_file(tree.root, long_name, "new", 3), -ENAMETOOLONG);
}

static void what_is_published_can_be_read_and_follows_no_link(void **state)
{
	mode_t mask = umask(077);
	struct stat st;

	(void)state;
	tree_put(&tree, "elsewhere", "kept");
	assert_int_equal(publish_file(tree.root, "run", "text", 4), 0);
	assert_int_equal(fstatat(tree.root, "run", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	tree_link(&tree, "run.new", "elsewhere");
	assert_int_equal(publish_file(tree.root, "run", "new", 3), 0);
	tree_expect(&tree, "elsewhere", "kept");
	tree_expect(&tree, "run", "new");
	assert_int_equal(linkat(tree.root, "elsewhere", tree.root, "run.new", 0), 0);
	assert_int_equal(publish_file(tree.root, "run", "newer", 5), 0);
	tree_expect(&tree, "elsewhere", "kept");
	assert_int_equal(mkfifoat(tree.root, "run.new", 0666), 0);
	assert_int_equal(publish_file(tree.root, "run", "newest", 6), 0);
	tree_expect(&tree, "run", "newest");
	(void)umask(mask);
}

static void a_number_is_found_by_the_whole_key(void **state)
{
	static const char text[] = "\n\nMemAvailableX: 1\nMemAvailable:   2048 kB\n"
				   "pswpin 3\npswpout=4\nbad x\nlast";
	uint64_t v;

	(void)state;
	assert_int_equal(find_number(text, "MemAvailable:", &v), 0);
	assert_int_equal(v, 2048);
	assert_int_equal(find_number(text, "pswpin", &v), 0);
	assert_int_equal(v, 3);
	assert_int_equal(find_number(text, "pswpout", &v), 0);
	assert_int_equal(v, 4);
	assert_int_equal(find_number(text, "pswp", &v), -ENOENT);
	assert_int_equal(find_number(text, "Available:", &v), -ENOENT);
	assert_int_equal(find_number(text, "bad", &v), -EINVAL);
	assert_int_equal(find_number(text, "last", &v), -EINVAL);
	assert_int_equal(find_number("", "pswpin", &v), -ENOENT);
	assert_int_equal(find_number("pswpin 5", "pswpin", &v), 0);
	assert_int_equal(v, 5);
}

/* The number must not come from the line after. */
static void a_key_without_a_number_takes_none_from_the_next_line(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(find_number("pswpin \n7\n", "pswpin", &v), -EINVAL);
	assert_true(find_number("pswpin\n7\n", "pswpin", &v) < 0);
}

static void what_is_not_visible_becomes_a_question_mark(void **state)
{
	static const struct {
		const char *text;
		const char *is;
	} cases[] = {
		{" a~\x1b[2J\n\x7f\x80\xff.", " a~?[2J????."},
		{"m\xc3\xbcller \xe6\x97\xa5 \xf0\x9f\x92\xbe",
		 "m\xc3\xbcller \xe6\x97\xa5 \xf0\x9f\x92\xbe"},
		{"m\xfcller", "m?ller"},	     /* Latin-1 */
		{"\xc3", "?"},			     /* cut off */
		{"\xc0\xaf \xed\xa0\x80", "?? ???"}, /* overlong; a surrogate */
		{"\xc2\x9b"
		 "2J \xe2\x80\xae"
		 "db",
		 "??2J ???db"}, /* CSI; right to left */
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)snprintf(text, sizeof(text), "%s", cases[i].text);
		make_text(text);
		assert_string_equal(text, cases[i].is);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_text_is_read_without_the_space_at_its_end,
						tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(nul_bytes_are_no_space, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(a_text_fits_or_is_refused, tree_setup,
						tree_teardown),
		cmocka_unit_test(numbers_are_digits_alone),
		cmocka_unit_test_setup_teardown(a_file_holds_one_number, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(a_shorter_number_takes_the_place_of_a_longer,
						tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(writing_makes_no_file_and_tells_what_fails,
						tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(a_file_is_replaced_whole, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(the_old_file_stays_when_the_new_one_fails,
						tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(what_is_published_can_be_read_and_follows_no_link,
						tree_setup, tree_teardown),
		cmocka_unit_test(a_number_is_found_by_the_whole_key),
		cmocka_unit_test(a_key_without_a_number_takes_none_from_the_next_line),
		cmocka_unit_test(what_is_not_visible_becomes_a_question_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
