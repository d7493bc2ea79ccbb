// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of traces and of the policy under virtual time: every shipped trace with what is expected
 * of it, random hosts, and that what must always hold is seen when it does not. Knows no daemon.
 */
#include "core/action.h"
#include "core/names.h"
#include "host/util.h"
#include "sim/model.h"
#include "sim/sim.h"
#include "sim/trace.h"
#include "tests/cmocka-all.h"
#include "tests/tree.h"

#include <string.h>
#include <time.h>

#define MS     USEC_PER_MSEC
#define S      USEC_PER_SEC
#define TRACES "agent/tests/traces/"

/* --- lines ---------------------------------------------------------------------------------- */

static FILE *text_file(const char *text)
{
	FILE *f = fmemopen((void *)text, strlen(text), "r");

	assert_non_null(f);
	return f;
}

static void every_line_is_printed_as_it_is_read(void **state)
{
	static const char text[] =
		"xen-reclaim-trace 1 simulated\n"
		"0 host native pool grants slots\n"
		"0 host none -\n"
		"1 domain 7 0a1b2c3d-0000-1111-2222-333344445555 web%20server%C3%A41\n"
		"1 domain 8 - db\n"
		"2 disk 7 51712 pool,slots 10 5000 8 4096 1248 30\n"
		"2 disk 8 51728 - 0 - 0 0 0 0\n"
		"2 disk 8 51744 - 0 - - - - 0\n"
		"2 disk 8 51760 - 0 - 12 - - 0\n"
		"3 gone 8 51728\n"
		"4 soft\n"
		"4 hard\n"
		"5 psi 1000 200\n"
		"6 memory 20 300 4 5\n"
		"6 memory - 300 4 5\n"
		"7 balloon 600000 700000\n"
		"8 request grants 40 7/51712\n"
		"8 request pool - *\n"
		"9 action hard-pressure grants idle\n"
		"9 ram 450000\n"
		"9 load 300000\n"
		"9 io 7 51712 100\n"
		"9 free 5\n"
		"9 static 5\n"
		"1099511627776 end\n";
	bool seen[TRACE_WORDS] = {0};
	struct trace_event e;
	char out[2048] = TRACE_HEAD " simulated\n";
	FILE *f = fmemopen(out + strlen(out), sizeof(out) - strlen(out), "w");
	struct trace t;
	int r;

	(void)state;
	assert_int_equal(trace_begin(&t, text_file(text), "a"), 0);
	assert_true(t.simulated);
	while ((r = trace_next(&t, &e)) > 0) {
		seen[e.word] = true;
		trace_print(f, &e);
	}
	if (r < 0)
		fail_msg("%s", t.error);
	(void)fclose(f);
	(void)fclose(t.file);
	assert_string_equal(out, text);
	for (int i = 0; i < TRACE_WORDS; i++)
		if (!seen[i])
			fail_msg("\"%s\" is not tested", trace_words[i]);
}

static void expect_refused(const char *text, const char *place, const char *what)
{
	struct trace_event e;
	struct trace t;
	int r = trace_begin(&t, text_file(text), "a.trace");

	while (r == 0 && (r = trace_next(&t, &e)) > 0)
		r = 0;
	(void)fclose(t.file);
	if (r != -EINVAL || r == 0)
		fail_msg("\"%s\" is not refused", text);
	if (!strstr(t.error, place) || !strstr(t.error, what))
		fail_msg("\"%s\" says nothing of %s %s", t.error, place, what);
}

static void wrong_lines_are_refused_with_their_place_and_the_right_form(void **state)
{
	static const struct {
		const char *line;
		const char *what;
	} wrong[] = {
		{"x soft", "MILLISECONDS WORD"},
		{"soft", "MILLISECONDS WORD"},
		{"-1 soft", "MILLISECONDS WORD"},
		{"99999999999999999 soft", "MILLISECONDS WORD"},
		{"5 medium", "\"medium\" is no word"},
		{"5 soft now", "MILLISECONDS soft"},
		{"5 soft ", "MILLISECONDS soft"},
		{"5  soft", "no word"},
		{"5 ram 1", "simulated traces alone"},
		{"5 host natural pool", "host MECHANISM"},
		{"5 host native", "host MECHANISM"},
		{"5 host native pools", "host MECHANISM"},
		{"5 psi 1", "psi SOME_US"},
		{"5 psi 1 -2", "psi SOME_US"},
		{"5 psi 1  2", "psi SOME_US"},
		{"5 memory 1 2 3", "memory HELD_KB|-"},
		{"5 memory - - 3 4", "memory HELD_KB|-"},
		{"5 memory 1 99999999999999 3 4", "memory HELD_KB|-"},
		{"5 balloon 1", "balloon TARGET_KB"},
		{"5 domain 1 -", "domain DOMID"},
		{"5 domain 70000 - a", "domain DOMID"},
		{"5 domain 1 0a1b2c3d-0000-1111-2222-3333444455556 a", "domain DOMID"},
		{"5 disk 1 2 pool 10 0 1 2 3", "disk DOMID"},
		{"5 disk 1 2 pool,more 10 0 1 2 3 4", "disk DOMID"},
		{"5 disk 1 2 , 10 0 1 2 3 4", "disk DOMID"},
		{"5 disk 1 2 pool 10 x 1 2 3 4", "disk DOMID"},
		{"5 disk 1 2 pool 10 0 1 2 3 4 5", "disk DOMID"},
		{"5 disk 1 2 pool 10 0 1 2 -1 4", "disk DOMID"},
		{"5 disk 1 2 pool 10 0 1 2 3 -", "disk DOMID"},
		{"5 gone 1", "gone DOMID"},
		{"5 request pool - x", "request LEVEL"},
		{"5 request most - *", "request LEVEL"},
		{"5 action soft pool idle", "action CAUSE"},
		{"5 action soft-pressure pool busy", "action CAUSE"},
		{"5 end 1", "MILLISECONDS end"},
		{"5 static 5", "simulated traces alone"},
		{"1 soft", "back in time"},
		{"5 domain 1 - \303\244", "printable"},
		{"5 domain 1 - a%", "domain DOMID"},
		{"5 domain 1 - a%2", "domain DOMID"},
		{"5 domain 1 - a%2g", "domain DOMID"},
		{"5 domain 1 - a%00b", "domain DOMID"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		char text[256];

		(void)snprintf(text, sizeof(text),
			       TRACE_HEAD " recorded\n# a comment\n\n2 soft\n%s\n9 end\n",
			       wrong[i].line);
		expect_refused(text, "a.trace:5: ", wrong[i].what);
	}
	expect_refused("xen-reclaim-trace 2 recorded\n", "a.trace:1: ", "first line");
	expect_refused("0 soft\n", "a.trace:1: ", "first line");
	expect_refused("\n", "a.trace:1: ", "first line");
}

static void a_line_too_long_is_refused(void **state)
{
	char text[TRACE_LINE_MAX + 200] = TRACE_HEAD " recorded\n# ";
	size_t start = strlen(text);

	(void)state;
	memset(text + start, 'x', TRACE_LINE_MAX);
	expect_refused(text, "a.trace:2: ", "longer than");
	text[start - 2 + TRACE_LINE_MAX] = '\n';
	text[start - 1 + TRACE_LINE_MAX] = '\0';
	/* as long as may be */
	struct trace_event e;
	struct trace t;

	assert_int_equal(trace_begin(&t, text_file(text), "a"), 0);
	assert_int_equal(trace_next(&t, &e), 0);
	(void)fclose(t.file);
}

/* --- shipped traces ------------------------------------------------------------------------- */

static struct config config;
static struct domain_rule rules[3];
static unsigned notices;
static unsigned grown;

static uint32_t longest_s; /* the longest time that aging had */

static void count_told(struct sim *s, const struct news *news)
{
	if (s->controller.aging.unused_s > longest_s)
		longest_s = s->controller.aging.unused_s;
	if (news->what == NEWS_NOTICE && news->plan->notice == NOTICE_BACKOFF)
		notices++;
	grown += news->what == NEWS_GROWN;
}

static void begin(struct sim *s, bool simulated)
{
	notices = 0;
	grown = 0;
	longest_s = 0;
	assert_int_equal(sim_init(s, &config, simulated), 0);
	s->told = count_told;
}

/* The whole trace; what must hold held after every step. The caller looks at the counts, and frees.
 */
static void run(struct sim *s, FILE *file, const char *name)
{
	struct trace_event e;
	struct trace t;
	int rc = 0;
	int r = trace_begin(&t, file, name);

	if (r == 0)
		begin(s, t.simulated);
	while (r == 0 && rc == 0 && (r = trace_next(&t, &e)) > 0) {
		rc = sim_event(s, &e);
		r = 0;
	}
	if (r < 0)
		fail_msg("%s", t.error);
	if (rc == 0)
		rc = sim_end(s);
	if (rc < 0)
		fail_msg("%s:%u: %s", name, t.line, s->broken);
}

static void run_text(struct sim *s, const char *text)
{
	FILE *f = text_file(text);

	run(s, f, "text");
	(void)fclose(f);
}

static void run_file(struct sim *s, const char *name)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), TRACES "%s.trace", name);
	f = fopen(path, "re");
	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	run(s, f, path);
	(void)fclose(f);
}

static void run_generated(struct sim *s, const char *what)
{
	char command[128];
	FILE *f;

	(void)snprintf(command, sizeof(command), TRACES "generate %s", what);
	f = popen(command, "r"); /* NOLINT(cert-env33-c): our own script */
	assert_non_null(f);
	run(s, f, what);
	assert_int_equal(pclose(f), 0);
}

static int setup(void **state)
{
	(void)state;
	config = config_default();
	config.policy.aging = false; /* which leaves them little to do */
	memset(rules, 0, sizeof(rules));
	return 0;
}

static void on_a_calm_day_nothing_is_done(void **state)
{
	struct sim s;

	(void)state;
	run_file(&s, "calm-day");
	assert_int_equal(s.decisions, 0);
	sim_free(&s);
}

static void after_a_burst_what_rests_is_given_back_at_once(void **state)
{
	struct sim s;

	(void)state;
	run_file(&s, "burst");
	assert_int_equal(s.actions, 1);
	assert_int_equal(s.helped, 1);
	assert_int_equal(s.lasting_kb, 24 * (8 + 4096));
	assert_int_equal(s.shortage_s, 1);
	sim_free(&s);
}

static void disks_that_are_all_busy_are_left_alone(void **state)
{
	struct sim s;

	(void)state;
	run_file(&s, "thrashing");
	assert_int_equal(s.actions, 0);
	assert_int_equal(s.shortage_s, 3600);
	sim_free(&s);
}

static void on_a_stock_kernel_that_is_found_out_and_rests(void **state)
{
	struct sim s;

	(void)state;
	run_file(&s, "thrashing-params");
	assert_int_equal(s.helped, 0);
	assert_in_range(s.actions, 6, 40);
	assert_int_equal(notices, 2); /* once for the pool, once for grants */
	sim_free(&s);
}

/* Recorded on Xen (bench/record): what must always hold does, and it does not act all the time. */
static void recorded_loads_are_replayed(void **state)
{
	static const char *const loads[] = {"balloon",	   "busy", "busy-plain", "mixed",
					    "mostly-idle", "ramp", "returning"};
	struct sim s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(loads); i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "recorded/%s", loads[i]);
		run_file(&s, name);
		assert_int_equal(s.model.disks.n, 25);
		assert_in_range(s.actions, 1, 20);
		assert_string_equal(s.broken, "");
		sim_free(&s);
	}
}

/* A stock driver, and 24 disks that nobody uses. */
static void put_stock_host(FILE *f)
{
	(void)fputs(TRACE_HEAD " simulated\n0 host params pool grants\n"
			       "0 ram 400000\n0 load 250000\n",
		    f);
	for (unsigned i = 0; i < 24; i++)
		(void)fprintf(f, "0 disk 1 %u - 0 60000 8 0 1248 0\n", i);
}

/*
 * Four disks begin to work and others burst in turn, each once in 30 s, on a stock driver and after
 * a rest; then those at work stall for a moment, as under pressure.
 */
static void put_a_load_that_begins(FILE *f, unsigned begin_ms, unsigned stall_ms)
{
	unsigned burst = 0;

	put_stock_host(f);
	for (unsigned ms = 0; ms <= 60000; ms += 100) {
		bool works = ms == 0 || ms == stall_ms + 2500;

		for (unsigned i = 0; (works || ms == stall_ms) && i < 4; i++)
			(void)fprintf(f, "%u io 1 %u %d\n", begin_ms + ms, i, works ? 100 : 0);
		if (ms % 1500 == 0)
			burst = 4 + ms / 1500 % 20;
		if (ms % 1500 == 0 || ms % 1500 == 600)
			(void)fprintf(f, "%u io 1 %u %d\n", begin_ms + ms, burst,
				      ms % 1500 ? 0 : 100);
	}
	(void)fprintf(f, "%u end\n", begin_ms + 60000);
}

static void a_load_that_begins_is_not_taken_for_one_that_returns(void **state)
{
	(void)state;
	config.policy.aging = true;
	for (unsigned begin_ms = 125000; begin_ms < 145000; begin_ms += 1000) {
		for (unsigned stall_ms = 5000; stall_ms < 30000; stall_ms += 1000) {
			FILE *f = tmpfile();
			struct sim s;

			assert_non_null(f);
			put_a_load_that_begins(f, begin_ms, stall_ms);
			rewind(f);
			run(&s, f, "a load that begins");
			(void)fclose(f);
			if (longest_s != 5)
				fail_msg("after %u ms, stalled after %u ms: %u s", begin_ms,
					 stall_ms, longest_s);
			sim_free(&s);
		}
	}
}

/* Each of 24 disks is used again after some ten seconds. */
static void put_a_load_that_returns(FILE *f, unsigned begin_ms)
{
	put_stock_host(f);
	for (unsigned ms = 0; ms <= 30000; ms += 200)
		for (unsigned i = 0; i < 24; i++)
			if (ms % 10000 == 400 * i || ms % 10000 == 400 * i + 200)
				(void)fprintf(f, "%u io 1 %u %d\n", begin_ms + ms, i,
					      ms % 10000 == 400 * i ? 100 : 0);
	(void)fprintf(f, "%u end\n", begin_ms + 30000);
}

static void a_load_that_returns_is_seen_within_half_a_minute(void **state)
{
	(void)state;
	config.policy.aging = true;
	for (unsigned begin_ms = 66000; begin_ms < 145000; begin_ms += 1000) {
		FILE *f = tmpfile();
		struct sim s;

		assert_non_null(f);
		put_a_load_that_returns(f, begin_ms);
		rewind(f);
		run(&s, f, "a load that returns");
		(void)fclose(f);
		if (longest_s < 15)
			fail_msg("after %u ms: %u s", begin_ms, longest_s);
		sim_free(&s);
	}
}

static void each_step_of_a_staircase_takes_no_more_than_it_needs(void **state)
{
	struct sim s;

	(void)state;
	run_file(&s, "balloon-staircase");
	assert_int_equal(s.actions, 5);
	assert_int_equal(s.helped, 5);
	assert_int_equal(s.vbds_triggered, 1 + 2 + 5 + 10 + 6);
	sim_free(&s);
}

static void after_a_fall_grants_make_no_room(void **state)
{
	struct sim s;

	(void)state;
	run_text(&s, TRACE_HEAD " simulated\n"
				"0 host native pool grants\n"
				"0 ram 450000\n"
				"0 load 405000\n"
				"0 balloon 450000 450000\n"
				"0 disk 1 51712 pool,grants 10 60000 0 40000 0 0\n"
				"10000 balloon 400000 410000\n"
				"15000 end\n");
	assert_int_equal(s.shortage_s, 5);
	assert_in_range(s.actions, 1, 5);
	assert_int_equal(s.helped, 0);
	assert_true(s.controller.state.said_no_room);
	sim_free(&s);
}

static void a_slow_leak_is_met_when_it_hurts(void **state)
{
	struct sim s;

	(void)state;
	run_generated(&s, "slow-leak");
	assert_in_range(s.actions, 1, 10);
	assert_int_equal(s.helped, s.actions);
	assert_in_range(s.shortage_s, 1, 60);
	sim_free(&s);
}

/* What it costs is bounded: no more actions than connections, and no memory that grows. */
static void a_guest_that_reconnects_for_ever_costs_no_more_each_time(void **state)
{
	struct sim s;

	(void)state;
	run_generated(&s, "reconnect");
	assert_in_range(s.actions, 5000, 10798);
	assert_int_equal(s.model.disks.n, 1);
	assert_int_equal(s.model.disks.room, 64);
	sim_free(&s);
}

static void a_mad_guest_that_is_excluded_is_never_touched(void **state)
{
	struct sim s;

	(void)state;
	(void)strcpy(rules[0].whom, "mad");
	rules[0].exclude = true;
	config.policy.rules = rules;
	config.policy.n_rules = 1;
	run_generated(&s, "reconnect");
	assert_int_equal(s.vbds_triggered, 0); /* the neighbour is busy */
	sim_free(&s);
}

/* Its trace does not say which domain it is, and nobody is excluded. */
static void a_disk_of_an_unknown_domain_may_be_touched(void **state)
{
	struct sim s;

	(void)state;
	(void)strcpy(rules[0].whom, "web");
	rules[0].exclude = false;
	config.policy.rules = rules;
	config.policy.n_rules = 1;
	run_text(&s, TRACE_HEAD " recorded\n"
				"0 host native pool grants slots\n"
				"0 memory 20000 100000 0 0\n"
				"0 disk 1 51712 pool,grants,slots 10 60000 8 8192 1248 0\n"
				"1000 hard\n"
				"20000 end\n");
	assert_int_equal(s.vbds_triggered, 1);
	assert_string_equal(s.broken, "");
	sim_free(&s);
}

/* As the daemon's own. */
static void a_target_that_moves_leaves_the_verdict_open(void **state)
{
	struct sim s;

	(void)state;
	run_text(&s, TRACE_HEAD " recorded\n"
				"0 host native pool grants slots\n"
				"0 balloon 400000 400000\n"
				"0 memory 20000 100000 0 0\n"
				"0 domain 1 - web\n"
				"0 disk 1 51712 pool,grants,slots 10 60000 8 8192 1248 0\n"
				"1000 hard\n"
				"3000 balloon 500000 400000\n"
				"20000 end\n");
	assert_int_equal(s.vbds_triggered, 1);
	assert_int_equal(s.controller.state.action.verdict, VERDICT_UNCLEAR);
	sim_free(&s);
}

static void a_day_of_10000_disks_passes_within_a_minute(void **state)
{
	struct timespec t;
	struct sim s;

	(void)state;
	run_generated(&s, "many 10000");
	assert_int_equal(s.model.disks.n, 10000);
	assert_in_range(s.helped, 3, 100);
	assert_int_equal(s.broken[0], '\0');
	sim_free(&s);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	print_message("%ld s so far\n", (long)t.tv_sec);
	assert_in_range(t.tv_sec, 0, 60);
}

/* The same day 365 times: what must hold holds after each step, and no day costs more than the
 * first.
 */
static void a_year_passes_without_growth(void **state)
{
	uint64_t decisions = 0;
	size_t room = 0;
	struct sim s;

	(void)state;
	begin(&s, true);
	for (uint64_t day = 0; day < 365; day++) {
		FILE *f = fopen(TRACES "burst.trace", "re");
		uint64_t before = s.decisions;
		struct trace_event e;
		struct trace t;
		int rc = 0;

		assert_non_null(f);
		assert_int_equal(trace_begin(&t, f, "burst"), 0);
		while (rc == 0 && trace_next(&t, &e) > 0) {
			e.time_us += day * 24 * 3600 * S;
			rc = sim_event(&s, &e);
		}
		(void)fclose(f);
		if (rc < 0)
			fail_msg("day %u: %s", (unsigned)day, s.broken);
		if (day == 0) {
			decisions = s.decisions;
			room = s.model.disks.room;
		}
		assert_true(s.decisions - before <= decisions + 8);
		assert_int_equal(s.model.disks.room, room);
	}
	assert_true(s.actions >= 365);
	assert_int_equal(s.helped, s.actions);
	print_message("%u events, %u decisions, %u actions\n", (unsigned)s.events,
		      (unsigned)s.decisions, (unsigned)s.actions);
	assert_int_equal(sim_end(&s), 0);
	sim_free(&s);
}

/* --- what a recorded trace means ------------------------------------------------------------ */

static void totals_that_grow_enough_are_pressure(void **state)
{
	struct sim s;

	(void)state;
	run_text(&s, TRACE_HEAD " recorded\n"
				"0 host native pool grants slots\n"
				"0 memory 50000 10000 0 0\n"
				"0 disk 1 51712 pool,grants,slots 10 60000 8 40960 1248 0\n"
				"0 psi 1000000 0\n"
				"1000 psi 1049000 0\n"
				"2000 psi 1050000 0\n"
				"2500 psi 1099000 0\n"
				"10000 psi 1200000 0\n" /* slowly */
				"11000 psi 1250000 50000\n"
				"20000 end\n");
	assert_int_equal(s.actions, 1);
	assert_int_equal(s.controller.state.action.cause, CAUSE_HARD);
	assert_int_equal(s.controller.state.action.started_us, 11 * S);
	assert_int_equal(action_gain_kb(&s.controller.state.action), 8 + 40960);
	sim_free(&s);
}

static void expect_gain(const char *later, int64_t gain_kb, int64_t lasting_kb)
{
	char text[512];
	struct sim s;

	(void)snprintf(text, sizeof(text),
		       TRACE_HEAD " recorded\n"
				  "0 host native pool grants slots\n"
				  "0 memory 50000 10000 0 0\n"
				  "0 disk 1 51712 pool,grants,slots 10 60000 8 40960 1248 0\n"
				  "9000 psi 1000000 0\n"
				  "10000 psi 1900000 900000\n"
				  "%s"
				  "30000 end\n",
		       later);
	run_text(&s, text);
	assert_int_equal(s.actions, 1);
	assert_int_equal(action_gain_kb(&s.controller.state.action), gain_kb);
	assert_int_equal(action_lasting_kb(&s.controller.state.action), lasting_kb);
	sim_free(&s);
}

/* As watch writes it: memory after pressure, and each second while there is some. */
static void what_an_action_took_outlasts_a_line_of_memory(void **state)
{
	(void)state;
	expect_gain("10000 memory 50000 10000 0 0\n11000 memory 50000 10000 0 0\n", 40968, 40968);
	expect_gain("10000 memory - 10000 0 0\n11000 memory - 10000 0 0\n", 40968, 40968);
	/* the recorded daemon took it too, or some of it */
	expect_gain("11000 memory 9032 50968 0 0\n", 40968, 40968);
	expect_gain("11000 memory 40000 20000 0 0\n", 40968, 40968);
	/* and more; and somebody took again */
	expect_gain("11000 memory 9000 51000 0 0\n", 41000, 41000);
	expect_gain("12000 memory 80000 0 0 0\n", 40968, 10968);
}

static void requests_are_served_as_the_daemon_does(void **state)
{
	struct sim s;

	(void)state;
	run_text(&s, TRACE_HEAD " recorded\n"
				"0 host params pool grants\n"
				"0 memory 50000 10000 0 0\n"
				"0 disk 1 51712 - 0 - 0 0 0 0\n"
				"1000 request slots - *\n"  /* not offered */
				"2000 request grants - 1\n" /* not for one domain */
				"3000 request grants - *\n"
				"3100 request pool - *\n" /* while one is served */
				"9000 end\n");
	assert_int_equal(s.actions, 1);
	assert_int_equal(s.controller.state.action.started_us, 3 * S);
	sim_free(&s);
}

static void dom0_grows_where_nothing_else_helps(void **state)
{
	struct sim s;

	(void)state;
	config.policy.grow_limit_kb = 600000;
	run_text(&s, TRACE_HEAD " simulated\n"
				"0 host native -\n"
				"0 ram 450000\n"
				"0 load 200000\n"
				"0 free 1000000\n"
				"0 balloon 450000 450000\n"
				"70000 load 560000\n"
				"80000 balloon 400000 450000\n" /* an administrator */
				"130000 end\n");
	/* up to what is hard no more, and then not for a minute */
	assert_int_equal(grown, 2);
	assert_int_equal(s.model.target_kb, 400000);
	sim_free(&s);
}

static int64_t held_kb[4];
static unsigned minutes;

static void keep_held(struct sim *s)
{
	assert_true(minutes < ARRAY_SIZE(held_kb));
	held_kb[minutes++] = model_sample(&s->model).held_kb;
}

/* It is idle from 10 to 30 s, and from 70 s on. */
static void what_an_administrator_has_set_ages_what_rests(void **state)
{
	FILE *f = text_file(TRACE_HEAD " simulated\n"
				       "0 host params pool grants\n"
				       "0 ram 100000\n"
				       "0 static 5\n"
				       "0 disk 1 51712 - 0 - 8 4096 1248 10\n"
				       "10000 io 1 51712 0\n"
				       "30000 io 1 51712 10\n"
				       "70000 io 1 51712 0\n"
				       "190000 end\n");
	struct trace_event e;
	struct trace t;
	struct sim s;

	(void)state;
	minutes = 0;
	assert_int_equal(trace_begin(&t, f, "text"), 0);
	begin(&s, t.simulated);
	s.sampled = keep_held;
	while (trace_next(&t, &e) > 0)
		assert_int_equal(sim_event(&s, &e), 0);
	(void)fclose(f);
	assert_int_equal(minutes, 3);
	assert_int_equal(held_kb[0], 4096);
	assert_int_equal(held_kb[1], 0);
	assert_int_equal(held_kb[2], 0);
	assert_int_equal(s.model.disturbed, 1);
	sim_free(&s);
}

static void a_busy_disk_from_which_is_taken_is_disturbed(void **state)
{
	struct sim s;

	(void)state;
	run_text(&s, TRACE_HEAD " simulated\n"
				"0 host native pool grants slots\n"
				"0 ram 100000\n"
				"0 disk 1 51712 pool,grants,slots 10 0 8 4096 1248 10\n"
				"0 disk 1 51728 pool,grants,slots 10 60000 8 4096 1248 0\n"
				"1000 request all - *\n"
				"9000 end\n");
	assert_int_equal(s.model.disturbed, 1);
	sim_free(&s);
}

/* A trace may be wrong; that is not for its reader to report. */
static void disks_that_hold_more_than_there_is_come_to_an_end(void **state)
{
	struct sim s;

	(void)state;
	run_text(&s, TRACE_HEAD " simulated\n"
				"0 host native pool grants slots\n"
				"0 ram 100000\n"
				"0 disk 1 1 pool 0 - 0 96490000 0 10\n"
				"5000 end\n");
	assert_true(s.shortage_s >= 5);
	sim_free(&s);
}

/* --- what must always hold ------------------------------------------------------------------ */

static const char idle_disk[] =
	TRACE_HEAD " recorded\n"
		   "0 host native pool grants slots\n"
		   "0 memory 50000 10000 0 0\n"
		   "0 domain 1 - db\n"
		   "0 disk 1 51712 pool,grants,slots 10 60000 8 40960 1248 0\n"
		   "100000 hard\n";

/* A host that has begun to act. */
static void act(struct sim *s)
{
	struct trace_event e;
	struct trace t;

	assert_int_equal(trace_begin(&t, text_file(idle_disk), "a"), 0);
	begin(s, false);
	while (trace_next(&t, &e) > 0)
		assert_int_equal(sim_event(s, &e), 0);
	(void)fclose(t.file);
	assert_int_equal(s->actions, 1);
}

static void press(struct sim *s, uint64_t after_us, const char *broken)
{
	const struct trace_event e = {.time_us = s->now_us + after_us, .word = TRACE_HARD};
	int r = sim_event(s, &e);

	if (r != -EPROTO || !strstr(s->broken, broken))
		fail_msg("\"%s\" is seen: %d \"%s\"", broken, r, s->broken);
	sim_free(s);
}

static void a_policy_that_does_not_keep_its_word_is_seen(void **state)
{
	const struct policy blind = config.policy;
	struct sim s;

	(void)state;
	act(&s);
	s.controller.state.phase = PHASE_READY; /* forgets that it acts */
	press(&s, 300 * MS, "while another ran");
	act(&s);
	s.controller.state.phase = PHASE_READY;
	press(&s, 200 * MS, "left over");
	act(&s);
	memset(&s.controller.state, 0, sizeof(s.controller.state)); /* forgets everything */
	s.due_us = UINT64_MAX;
	press(&s, 200 * MS, "two actions within 200000 us");
	act(&s);
	s.controller.state.steps[LEVEL_GRANTS][SCOPE_IDLE].backoff_us = UINT64_MAX;
	press(&s, MS, "too long");
	act(&s);
	memset(&s.controller.state, 0, sizeof(s.controller.state));
	s.due_us = UINT64_MAX;
	config.policy.rules = rules;
	config.policy.n_rules = 1;
	rules[0].exclude = true;
	memcpy(s.model.disks.vbds[0].held_kb, s.model.more[0].full_kb,
	       sizeof(s.model.more[0].full_kb));
	s.controller.policy = &blind; /* it is excluded, and the policy does not know */
	s.model.rule_of[1] = 2;
	press(&s, S, "excluded domain was touched");
}

static uint64_t seed;

static uint64_t any(uint64_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (seed >> 33) % n;
}

static struct trace_event any_event(uint64_t time_us)
{
	static const enum trace_word words[] = {
		TRACE_SOFT, TRACE_HARD, TRACE_HARD,    TRACE_BALLOON, TRACE_DISK, TRACE_DISK,
		TRACE_GONE, TRACE_IO,	TRACE_REQUEST, TRACE_LOAD,    TRACE_HOST, TRACE_DOMAIN};
	struct trace_event e = {.time_us = time_us, .word = words[any(ARRAY_SIZE(words))]};

	e.mechanism = (enum mechanism)any(MECHANISM_COUNT);
	for (int l = 0; l < LEVEL_COUNT; l++)
		e.gives_ram[l] = any(3) > 0;
	e.target_kb = 400000 + any(10) * 10000;
	e.current_kb = 400000 + any(10) * 10000;
	e.vbd = (struct vbd){
		.domid = (uint16_t)any(6),
		.devid = (uint32_t)any(6),
		.levels = (uint8_t)any(8),
		.shows = any(4) > 0,
		.squeeze_ms = (uint32_t)any(3) * 100,
		.rate = (uint32_t)(any(2) * any(1000)),
		.idle_us = any(20) * S,
		.held_kb = {any(4096), any(20000), any(5000)},
	};
	(void)snprintf(e.name, sizeof(e.name), "d%u", e.vbd.domid);
	e.request = (struct request){
		.levels = (unsigned)any(1 << LEVEL_COUNT),
		.window_ms = (uint32_t)any(2) * 500,
		.domid = any(2) ? EVERY : (int)any(6),
		.devid = EVERY,
	};
	e.kb = 300000 + any(200000);
	return e;
}

/* Hosts that nobody would build, for a virtual week each. */
static void whatever_happens_it_holds(void **state)
{
	uint64_t actions = 0;

	(void)state;
	(void)strcpy(rules[0].whom, "d1");
	rules[0].exclude = true;
	(void)strcpy(rules[1].whom, "d2");
	rules[1].idle_us = 20 * S;
	(void)strcpy(rules[2].whom, "d3");
	rules[2].window_us = 5 * S;
	for (seed = 1; seed <= 60; seed++) {
		uint64_t start = seed;
		uint64_t time_us = 0;
		struct sim s;

		config.policy.rules = rules;
		config.policy.n_rules = seed % 4;
		config.policy.max_level = (enum level)(seed % LEVEL_COUNT);
		config.policy.aging = seed % 5 > 1;
		config.policy.grow_limit_kb = seed % 2 * 450000;
		begin(&s, seed % 3 > 0);
		s.model.ram_kb = 450000;
		s.model.free_kb = 400000;
		for (int i = 0; i < 2000; i++) {
			struct trace_event e;

			time_us += any(4) ? any(2 * S) : any(600 * S);
			e = any_event(time_us);
			if (sim_event(&s, &e) != 0)
				fail_msg("seed %u: %s", (unsigned)start, s.broken);
		}
		if (sim_end(&s) != 0)
			fail_msg("seed %u: %s", (unsigned)start, s.broken);
		actions += s.actions;
		sim_free(&s);
		seed = start;
	}
	print_message("%u actions\n", (unsigned)actions);
	assert_true(actions > 1000);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_line_is_printed_as_it_is_read),
		T(wrong_lines_are_refused_with_their_place_and_the_right_form),
		T(a_line_too_long_is_refused),
		T(on_a_calm_day_nothing_is_done),
		T(after_a_burst_what_rests_is_given_back_at_once),
		T(disks_that_are_all_busy_are_left_alone),
		T(on_a_stock_kernel_that_is_found_out_and_rests),
		T(recorded_loads_are_replayed),
		T(a_load_that_begins_is_not_taken_for_one_that_returns),
		T(a_load_that_returns_is_seen_within_half_a_minute),
		T(each_step_of_a_staircase_takes_no_more_than_it_needs),
		T(after_a_fall_grants_make_no_room),
		T(a_slow_leak_is_met_when_it_hurts),
		T(a_guest_that_reconnects_for_ever_costs_no_more_each_time),
		T(a_mad_guest_that_is_excluded_is_never_touched),
		T(a_disk_of_an_unknown_domain_may_be_touched),
		T(a_target_that_moves_leaves_the_verdict_open),
		T(a_day_of_10000_disks_passes_within_a_minute),
		T(a_year_passes_without_growth),
		T(totals_that_grow_enough_are_pressure),
		T(what_an_action_took_outlasts_a_line_of_memory),
		T(requests_are_served_as_the_daemon_does),
		T(dom0_grows_where_nothing_else_helps),
		T(what_an_administrator_has_set_ages_what_rests),
		T(a_busy_disk_from_which_is_taken_is_disturbed),
		T(disks_that_hold_more_than_there_is_come_to_an_end),
		T(a_policy_that_does_not_keep_its_word_is_seen),
		T(whatever_happens_it_holds),
	};

	enter_top();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
