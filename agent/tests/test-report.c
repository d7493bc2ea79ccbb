// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of what is told of actions: the journal's entries field by field, through a function that
 * stands in the place of libsystemd's. Must not know how an action is decided on.
 */
/* the function itself, not the macro that adds the place of the call */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "daemon/journal.h"
#include "daemon/report.h"
#include "host/util.h"
#include "tests/cmocka-all.h"

#include <stdarg.h>
#include <string.h>
#include <syslog.h>
#include <systemd/sd-journal.h>

static char sent[4096];
static unsigned n_sent;

/* Before the library's own: one line a field. */
int sd_journal_sendv(const struct iovec *iov, int n)
{
	size_t len = 0;

	n_sent++;
	for (int i = 0; i < n; i++)
		len += (size_t)snprintf(sent + len, sizeof(sent) - len, "%.*s\n",
					(int)iov[i].iov_len, (const char *)iov[i].iov_base);
	return 0;
}

static int reset(void **state)
{
	(void)state;
	sent[0] = '\0';
	n_sent = 0;
	return 0;
}

static void expect(const char *field)
{
	char line[128];

	(void)snprintf(line, sizeof(line), "\n%s\n", field);
	if (!strstr(sent, line))
		fail_msg("no \"%s\" in:\n%s", field, sent);
}

static void expect_none(const char *name)
{
	char line[128];

	(void)snprintf(line, sizeof(line), "\n%s=", name);
	if (strstr(sent, line))
		fail_msg("\"%s\" in:\n%s", name, sent);
}

static struct sample held(int64_t kb, uint64_t swapped)
{
	return (struct sample){
		.held_known = true, .held_kb = kb, .pswpin = swapped, .pswpout = 2 * swapped};
}

static struct action soft(void)
{
	return (struct action){
		.level = LEVEL_GRANTS,
		.domid = EVERY,
		.devid = EVERY,
		.threshold_us = 5000000,
		.started_us = 1000000,
		.before = held(9000, 10),
	};
}

static void done(struct report *r, struct action *a)
{
	report_started(r, a);
	report_triggered(r, 150, 24);
	a->done_us = a->started_us + 70 * USEC_PER_MSEC;
	a->after = held(2000, 11);
	report_done(r, a);
}

static void judge(struct report *r, struct action *a)
{
	a->later = held(3000, 15);
	a->verdict = VERDICT_HELPED;
	report_judged(r, a);
}

static void an_action_is_one_entry(void **state)
{
	struct report r = {0};
	struct action a = soft();

	(void)state;
	done(&r, &a);
	assert_int_equal(n_sent, 0);
	judge(&r, &a);
	assert_int_equal(n_sent, 1);
	assert_ptr_equal(strstr(sent, "MESSAGE=soft-pressure: grants of idle disks: 7000 kB back "
				      "in 70 ms, 6000 kB lasting: helped\n"),
			 sent);
	expect("PRIORITY=6");
	expect("MESSAGE_ID=38f87e2c509d479b8506060db9ab94d4");
	expect("XEN_RECLAIM_CAUSE=soft-pressure");
	expect("XEN_RECLAIM_LEVEL=grants");
	expect("XEN_RECLAIM_SCOPE=idle");
	expect("XEN_RECLAIM_IDLE_THRESHOLD_MS=5000");
	expect("XEN_RECLAIM_VERDICT=helped");
	expect("XEN_RECLAIM_DISKS=24");
	expect("XEN_RECLAIM_WINDOW_MS=150");
	expect("XEN_RECLAIM_TOOK_MS=70");
	expect("XEN_RECLAIM_BACK_KB=7000");
	expect("XEN_RECLAIM_LASTING_KB=6000");
	expect("XEN_RECLAIM_PSWPIN=5");
	expect("XEN_RECLAIM_PSWPOUT=10");
	expect_none("XEN_RECLAIM_DOMID");
	expect_none("XEN_RECLAIM_DEVID");
}

int sd_journal_send(const char *format, ...)
{
	va_list ap;

	n_sent++;
	va_start(ap, format);
	(void)vsnprintf(sent, sizeof(sent), format, ap);
	va_end(ap);
	return 0;
}

static void what_a_message_quotes_reaches_no_terminal_as_a_command(void **state)
{
	(void)state;
	say(MESSAGE_FAULT, LOG_ERR, "/%s: no such file",
	    "a\x1b]0;b\x07\n\x9b"
	    "c");
	assert_int_equal(n_sent, 1);
	assert_string_equal(sent, "MESSAGE=/a?]0;b???c: no such file");
}

static void an_action_for_one_disk_names_it(void **state)
{
	struct report r = {0};
	struct action a = soft();

	(void)state;
	a.cause = CAUSE_REQUEST;
	a.domid = 7;
	a.devid = 51712;
	done(&r, &a);
	judge(&r, &a);
	expect("XEN_RECLAIM_CAUSE=request");
	expect("XEN_RECLAIM_DOMID=7");
	expect("XEN_RECLAIM_DEVID=51712");
}

static void an_action_that_is_superseded_is_said_to_be(void **state)
{
	struct report r = {0};
	struct action first = soft();

	(void)state;
	done(&r, &first);
	first.verdict = VERDICT_SUPERSEDED;
	report_judged(&r, &first);
	assert_int_equal(n_sent, 1);
	expect("XEN_RECLAIM_VERDICT=superseded");
	expect("XEN_RECLAIM_BACK_KB=7000");
	expect("XEN_RECLAIM_TOOK_MS=70");
	expect("XEN_RECLAIM_DISKS=24");
	expect_none("XEN_RECLAIM_LASTING_KB");
}

static void a_dry_run_says_nothing_of_what_was_not_done(void **state)
{
	struct report r = {.dry_run = true};
	struct action a = soft();

	(void)state;
	done(&r, &a);
	judge(&r, &a);
	done(&r, &a);
	assert_int_equal(n_sent, 0);
}

/* A counter of Prometheus. */
static void what_was_taken_again_is_not_subtracted(void **state)
{
	struct report r = {0};
	struct action a = soft();

	(void)state;
	a.after = held(4000, 10);
	done(&r, &a);
	a.verdict = VERDICT_HELPED;
	a.later = held(12000, 10);
	report_judged(&r, &a);
	assert_int_equal(r.helped, 1);
	assert_int_equal(r.lasting_kb, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_action_is_one_entry, reset),
		cmocka_unit_test_setup(what_a_message_quotes_reaches_no_terminal_as_a_command,
				       reset),
		cmocka_unit_test_setup(an_action_for_one_disk_names_it, reset),
		cmocka_unit_test_setup(what_was_taken_again_is_not_subtracted, reset),
		cmocka_unit_test_setup(an_action_that_is_superseded_is_said_to_be, reset),
		cmocka_unit_test_setup(a_dry_run_says_nothing_of_what_was_not_done, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
