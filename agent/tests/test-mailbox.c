// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests of the words of the mailbox: what is printed is parsed again, and nothing odd is taken. */
#include "host/mailbox.h"
#include "host/util.h"
#include "tests/cmocka-all.h"

#include <string.h>

static int parse(const char *text, struct request *r, uint64_t *id)
{
	return request_parse(text, strlen(text), r, id);
}

static void a_request_is_parsed_word_by_word(void **state)
{
	struct request r;
	uint64_t id;

	(void)state;
	assert_int_equal(parse("12 slots,grants 300 7/51712", &r, &id), 0);
	assert_int_equal(id, 12);
	assert_int_equal(r.id, 12);
	assert_int_equal(r.levels, 1U << LEVEL_SLOTS | 1U << LEVEL_GRANTS);
	assert_int_equal(r.window_ms, 300);
	assert_int_equal(r.domid, 7);
	assert_int_equal(r.devid, 51712);
}

static void a_request_that_is_printed_is_parsed_again(void **state)
{
	static const struct {
		struct request r;
		const char *text;
	} cases[] = {
		{{1, 0, 0, EVERY, EVERY}, "1 all - *"},
		{{1, 1U << LEVEL_POOL, 0, EVERY, EVERY}, "1 pool - *"},
		{{1, 1U << LEVEL_GRANTS, 1, 0, EVERY}, "1 grants 1 0"},
		{{1, UP_TO(LEVEL_GRANTS), 1, 0, EVERY}, "1 pool,grants 1 0"},
		{{1, 1U << LEVEL_SLOTS, 60000, 32751, 0}, "1 slots 60000 32751/0"},
		{{UINT64_MAX, ALL_LEVELS, 60000, 32751, UINT32_MAX},
		 "18446744073709551615 pool,grants,slots 60000 32751/4294967295"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct request *want = &cases[i].r;
		char text[MAILBOX_MAX_CHARS + 1];
		struct request r;
		uint64_t id;

		assert_int_equal(request_print(want, text, sizeof(text)), 0);
		assert_string_equal(text, cases[i].text);
		assert_int_equal(parse(text, &r, &id), 0);
		assert_int_equal(r.id, want->id);
		assert_int_equal(id, want->id);
		assert_int_equal(r.levels, want->levels);
		assert_int_equal(r.window_ms, want->window_ms);
		assert_int_equal(r.domid, want->domid);
		assert_int_equal(r.devid, want->devid);
		assert_int_equal(request_print(want, text, strlen(cases[i].text)), -ENOBUFS);
	}
}

static void an_empty_mailbox_is_no_request(void **state)
{
	struct request r;
	uint64_t id = 5;

	(void)state;
	assert_int_equal(parse("", &r, &id), -ENOENT);
	assert_int_equal(id, 0);
}

/* @id: what an error can be answered to. */
static void odd_requests_are_refused_with_their_id_where_it_is_known(void **state)
{
	static const struct {
		const char *text;
		int r;
		uint64_t id;
	} cases[] = {
		{" ", -EINVAL, 0},
		{"x", -EINVAL, 0},
		{"x pool - *", -EINVAL, 0},
		{"-1 pool - *", -EINVAL, 0},
		{"+1 pool - *", -EINVAL, 0},
		{"0x1 pool - *", -EINVAL, 0},
		{"18446744073709551616 pool - *", -EINVAL, 0},
		{" 1 pool - *", -EINVAL, 0},
		{"\t1 pool - *", -EINVAL, 0},
		{"1 ", -EINVAL, 1},
		{"1 pool - * ", -EINVAL, 1},
		{"1 pool -  *", -EINVAL, 1},
		{"1 pool - * *", -EINVAL, 1},
		{"1", -EINVAL, 1},
		{"1 pool -", -EINVAL, 1},
		{"1 pool - *\n", -EINVAL, 1},
		{"1 Pool - *", -EINVAL, 1},
		{"0 pool - *", -EINVAL, 0},
		{"1 2 pool - *", -EINVAL, 1},
		{"1  pool - *", -EINVAL, 1},
		{"1\tpool - *", -EINVAL, 0},
		{"1 pool", -EINVAL, 1},
		{"1 0 - *", -EINVAL, 1},
		{"1 pool,pool - *", -EINVAL, 1},
		{"1 pool, - *", -EINVAL, 1},
		{"1 ,pool - *", -EINVAL, 1},
		{"1 pool,,slots - *", -EINVAL, 1},
		{"1 pool,all - *", -EINVAL, 1},
		{"1 all,pool - *", -EINVAL, 1},
		{"1 poo - *", -EINVAL, 1},
		{"1 poolx - *", -EINVAL, 1},
		{"1 pool 0 *", -ERANGE, 1},
		{"1 pool 60001 *", -ERANGE, 1},
		{"1 pool 18446744073709551616 *", -ERANGE, 1},
		{"1 pool -1 *", -EINVAL, 1},
		{"1 pool +1 *", -EINVAL, 1},
		{"1 pool -- *", -EINVAL, 1},
		{"1 pool 1ms *", -EINVAL, 1},
		{"1 pool - **", -EINVAL, 1},
		{"1 pool - */51712", -EINVAL, 1},
		{"1 pool - 32752", -ERANGE, 1},
		{"1 pool - 4294967296", -ERANGE, 1},
		{"1 pool - -1", -EINVAL, 1},
		{"1 pool - +1", -EINVAL, 1},
		{"1 pool - 1/", -EINVAL, 1},
		{"1 pool - /", -EINVAL, 1},
		{"1 pool - /51712", -EINVAL, 1},
		{"1 pool - 1/*", -EINVAL, 1},
		{"1 pool - 1/-1", -EINVAL, 1},
		{"1 pool - 1/4294967296", -ERANGE, 1},
		{"1 pool - 1/2/3", -EINVAL, 1},
		{"1 pool - vbd", -EINVAL, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct request r;
		uint64_t id = 99;
		int rc = parse(cases[i].text, &r, &id);

		if (rc != cases[i].r || id != cases[i].id)
			fail_msg("\"%s\": %d, id %d", cases[i].text, rc, (int)id);
	}
}

static void a_nul_byte_in_a_request_is_refused(void **state)
{
	static const char inside[] = "1 pool - *\0";
	static const char first[] = "\0001 2 pool - *";
	struct request r;
	uint64_t id;

	(void)state;
	assert_int_equal(request_parse(inside, sizeof(inside) - 1, &r, &id), -EINVAL);
	assert_int_equal(request_parse(first, sizeof(first) - 1, &r, &id), -EINVAL);
	assert_int_equal(request_parse(inside, sizeof(inside) - 2, &r, &id), 0);
}

/* Right but for its length, with zeros before a number. */
static void a_request_is_no_longer_than_the_longest(void **state)
{
	char text[MAILBOX_MAX_CHARS + 2];
	struct request r;
	uint64_t id;

	(void)state;
	(void)snprintf(text, sizeof(text), "1 pool %0117d *", 7);
	assert_int_equal(strlen(text), MAILBOX_MAX_CHARS - 1);
	assert_int_equal(parse(text, &r, &id), 0);
	(void)snprintf(text, sizeof(text), "1 pool %0118d *", 7);
	assert_int_equal(parse(text, &r, &id), 0);
	assert_int_equal(r.window_ms, 7);
	(void)snprintf(text, sizeof(text), "1 pool %0119d *", 7);
	assert_int_equal(strlen(text), MAILBOX_MAX_CHARS + 1);
	assert_int_equal(parse(text, &r, &id), -EINVAL);
	assert_int_equal(id, 0);
}

static void a_response_that_is_printed_is_parsed_again(void **state)
{
	static const struct {
		struct response r;
		const char *text;
	} cases[] = {
		{{1, true, 0, 0, 0}, "1 accepted"},
		{{1, false, 0, 0, 0}, "1 ok 0 0"},
		{{UINT64_MAX, false, 0, UINT64_MAX, INT64_MAX},
		 "18446744073709551615 ok 18446744073709551615 9223372036854775807"},
		{{2, false, EINVAL, 0, 0}, "2 error EINVAL"},
		{{2, false, ERANGE, 0, 0}, "2 error ERANGE"},
		{{2, false, EOPNOTSUPP, 0, 0}, "2 error EOPNOTSUPP"},
		{{2, false, EBUSY, 0, 0}, "2 error EBUSY"},
		{{2, false, ENODEV, 0, 0}, "2 error ENODEV"},
		{{2, false, EIO, 0, 0}, "2 error EIO"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct response *want = &cases[i].r;
		char text[MAILBOX_MAX_CHARS + 1];
		struct response r;

		assert_int_equal(response_print(want, text, sizeof(text)), 0);
		assert_string_equal(text, cases[i].text);
		assert_int_equal(response_parse(text, strlen(text), &r), 0);
		assert_int_equal(r.id, want->id);
		assert_int_equal(r.error, want->error);
		assert_int_equal(r.accepted, want->accepted);
		if (!want->error && !want->accepted) {
			assert_int_equal(r.vbds, want->vbds);
			assert_int_equal(r.kb, want->kb);
		}
		assert_int_equal(response_print(want, text, strlen(cases[i].text)), -ENOBUFS);
	}
}

static void an_error_without_a_word_of_its_own_is_told_as_eio(void **state)
{
	struct response r = {.id = 1, .error = EXDEV};
	char text[MAILBOX_MAX_CHARS + 1];

	(void)state;
	assert_int_equal(response_print(&r, text, sizeof(text)), 0);
	assert_string_equal(text, "1 error EIO");
	r.error = 123456;
	assert_int_equal(response_print(&r, text, sizeof(text)), 0);
	assert_string_equal(text, "1 error EIO");
}

static void odd_responses_are_refused(void **state)
{
	static const struct {
		const char *text;
		int r;
	} cases[] = {
		{"", -ENOENT},
		{" ", -EINVAL},
		{"1", -EINVAL},
		{"1 ok", -EINVAL},
		{"1 accepted ", -EINVAL},
		{"1 accepted 1", -EINVAL},
		{"1 Accepted", -EINVAL},
		{"accepted", -EINVAL},
		{"1 ok 1", -EINVAL},
		{"1 ok 1 1 1", -EINVAL},
		{"1 OK 1 1", -EINVAL},
		{"x ok 1 1", -EINVAL},
		{"-1 ok 1 1", -EINVAL},
		{"+1 ok 1 1", -EINVAL},
		{"1 ok -1 1", -EINVAL},
		{"1 ok 1 -1", -EINVAL},
		{"1 ok 1 9223372036854775808", -ERANGE},
		{"1 ok 18446744073709551616 1", -ERANGE},
		{"1 ok 1  1", -EINVAL},
		{"1 ok 1 1 ", -EINVAL},
		{" 1 ok 1 1", -EINVAL},
		{"1 error", -EINVAL},
		{"1 error ", -EINVAL},
		{"1 error EINVAL ", -EINVAL},
		{"1 error EINVAL 1", -EINVAL},
		{"1 error einval", -EINVAL},
		{"1 error EXDEV", -EINVAL},
		{"1 error 22", -EINVAL},
	};
	struct response r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (response_parse(cases[i].text, strlen(cases[i].text), &r) != cases[i].r)
			fail_msg("\"%s\"", cases[i].text);
}

static void a_response_is_bounded_and_holds_no_nul_byte(void **state)
{
	static const char nul[] = "1 ok 1 1\0";
	char text[MAILBOX_MAX_CHARS + 2];
	struct response r;

	(void)state;
	assert_int_equal(response_parse(nul, sizeof(nul) - 1, &r), -EINVAL);
	(void)snprintf(text, sizeof(text), "1 ok %0120d 1", 7);
	assert_int_equal(strlen(text), MAILBOX_MAX_CHARS);
	assert_int_equal(response_parse(text, strlen(text), &r), 0);
	(void)snprintf(text, sizeof(text), "1 ok %0121d 1", 7);
	assert_int_equal(response_parse(text, strlen(text), &r), -EINVAL);
}

/* --- whose turn it is ------------------------------------------------------------------------- */

#define S USEC_PER_SEC

static void a_claim_that_nobody_serves_is_short(void **state)
{
	struct claim c = {0};

	(void)state;
	assert_int_equal(claim_ends_us(&c, "", "", 100 * S), 100 * S);
	assert_int_equal(claim_ends_us(&c, "", "7 ok 1 1", 101 * S), 101 * S);
	assert_int_equal(claim_ends_us(&c, "8 pool - *", "7 ok 1 1", 102 * S),
			 102 * S + MAILBOX_ACCEPT_US);
	assert_int_equal(claim_ends_us(&c, "8 pool - *", "7 ok 1 1", 104 * S),
			 102 * S + MAILBOX_ACCEPT_US);
}

/* Each change shows that somebody lives. */
static void a_claim_that_changes_goes_on(void **state)
{
	struct claim c = {0};

	(void)state;
	(void)claim_ends_us(&c, "8 pool - *", "", 100 * S);
	assert_int_equal(claim_ends_us(&c, "8 pool - *", "8 accepted", 101 * S),
			 101 * S + MAILBOX_SERVE_US);
	assert_int_equal(claim_ends_us(&c, "8 pool - *", "8 accepted", 150 * S),
			 101 * S + MAILBOX_SERVE_US);
	assert_int_equal(claim_ends_us(&c, "8 pool - *", "8 ok 1 1", 151 * S),
			 151 * S + MAILBOX_ACCEPT_US);
	assert_int_equal(claim_ends_us(&c, "9 pool - *", "8 accepted", 152 * S),
			 152 * S + MAILBOX_ACCEPT_US);
}

/* A text that nobody can have meant ends as well. */
static void an_odd_claim_ends(void **state)
{
	struct claim c = {0};

	(void)state;
	assert_int_equal(claim_ends_us(&c, "?", "?", 100 * S), 100 * S + MAILBOX_ACCEPT_US);
	assert_int_equal(claim_ends_us(&c, "?", "?", 105 * S), 100 * S + MAILBOX_ACCEPT_US);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_parsed_word_by_word),
		cmocka_unit_test(a_request_that_is_printed_is_parsed_again),
		cmocka_unit_test(an_empty_mailbox_is_no_request),
		cmocka_unit_test(odd_requests_are_refused_with_their_id_where_it_is_known),
		cmocka_unit_test(a_nul_byte_in_a_request_is_refused),
		cmocka_unit_test(a_request_is_no_longer_than_the_longest),
		cmocka_unit_test(a_response_that_is_printed_is_parsed_again),
		cmocka_unit_test(an_error_without_a_word_of_its_own_is_told_as_eio),
		cmocka_unit_test(odd_responses_are_refused),
		cmocka_unit_test(a_response_is_bounded_and_holds_no_nul_byte),
		cmocka_unit_test(a_claim_that_nobody_serves_is_short),
		cmocka_unit_test(a_claim_that_changes_goes_on),
		cmocka_unit_test(an_odd_claim_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
