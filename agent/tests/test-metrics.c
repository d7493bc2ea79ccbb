// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of the metrics' text, by itself: what stands in it, and who has a place in it. That
 * Prometheus reads it is tested with Prometheus, by testbed/fleet.
 */
#include "daemon/metrics.h"
#include "host/util.h"
#include "tests/cmocka-all.h"

#include <string.h>

static char text[METRICS_MAX_BYTES];

static void render(const struct metrics *m)
{
	assert_true(metrics_render(m, text, sizeof(text)) > 0);
	assert_int_equal(text[strlen(text) - 1], '\n');
}

static bool has(const char *line)
{
	char whole[256];

	(void)snprintf(whole, sizeof(whole), "\n%s\n", line);
	return strstr(text, whole) != NULL;
}

static void expect(const char *line)
{
	if (!has(line))
		fail_msg("no \"%s\" in:\n%s", line, text);
}

static unsigned count(const char *part)
{
	unsigned n = 0;

	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		n++;
	return n;
}

static struct report nothing_yet(void)
{
	return (struct report){.mechanism = "native"};
}

static void what_is_known_is_shown(void **state)
{
	struct report r = nothing_yet();
	struct metrics m = {
		.report = &r,
		.held_kb = 3,
		.balloon_known = true,
		.balloon = {.current_kb = 1000, .target_kb = 2000},
		.psi_known = true,
		.psi = {{1500000, 7}},
	};

	(void)state;
	r.back_kb = 5;
	r.lasting_kb = 4;
	r.diagnosis.gives_ram[LEVEL_GRANTS] = ANSWER_YES;
	r.diagnosis.gives_ram[LEVEL_SLOTS] = ANSWER_UNKNOWN;
	r.verdicts[CAUSE_HARD][LEVEL_GRANTS][SCOPE_IDLE][VERDICT_HELPED] = 12;
	render(&m);
	expect("xen_reclaim_build_info{version=\"" VERSION "\"} 1");
	expect("# TYPE xen_reclaim_mechanism_info gauge");
	expect("xen_reclaim_mechanism_info{mechanism=\"native\"} 1");
	expect("xen_reclaim_gives_ram{level=\"pool\"} 0");
	expect("xen_reclaim_gives_ram{level=\"grants\"} 1");
	expect("# TYPE xen_reclaim_actions_total counter");
	expect("xen_reclaim_actions_total{cause=\"hard-pressure\",level=\"grants\",scope=\"idle\","
	       "verdict=\"helped\"} 12");
	expect("xen_reclaim_reclaimed_bytes_total 5120");
	expect("xen_reclaim_lasting_bytes_total 4096");
	expect("xen_reclaim_held_bytes 3072");
	expect("xen_reclaim_balloon_current_bytes 1024000");
	expect("xen_reclaim_balloon_target_bytes 2048000");
	expect("xen_reclaim_pressure_seconds_total{kind=\"some\"} 1.500000");
	expect("xen_reclaim_pressure_seconds_total{kind=\"full\"} 0.000007");
}

static void what_is_not_known_is_absent(void **state)
{
	struct report r = nothing_yet();
	struct metrics m = {.report = &r};

	(void)state;
	r.diagnosis.gives_ram[LEVEL_SLOTS] = ANSWER_UNKNOWN;
	render(&m);
	assert_null(strstr(text, "level=\"slots\"} "));
	assert_null(strstr(text, "held_bytes"));
	assert_null(strstr(text, "balloon_"));
	assert_null(strstr(text, "pressure_seconds"));
	assert_null(strstr(text, "xen_reclaim_domains"));
}

/* An increase from nothing is none to Prometheus. */
static void every_kind_of_action_is_there_before_the_first(void **state)
{
	struct report r = nothing_yet();
	struct metrics m = {.report = &r};

	(void)state;
	render(&m);
	assert_int_equal(count("xen_reclaim_actions_total{"),
			 CAUSE_COUNT * LEVEL_COUNT * SCOPE_COUNT * (VERDICT_COUNT - 1));
	assert_int_equal(count("verdict=\"helped\"} 0\n"), CAUSE_COUNT * LEVEL_COUNT * SCOPE_COUNT);
	assert_null(strstr(text, "verdict=\"open\""));
}

/* Two disks for each of @n domains; domain i holds 10 * weight(i) kB of the pool's and so on. */
static unsigned weight(unsigned i, unsigned n)
{
	return (i * 7919U) % n + 1; /* each of 1 to n once, in no order */
}

static size_t many(struct vbd *vbds, unsigned n)
{
	for (unsigned i = 0; i < 2 * n; i++) {
		uint64_t kb = 5UL * weight(i / 2, n);

		vbds[i] = (struct vbd){
			.domid = (uint16_t)(i / 2 + 1),
			.devid = 51712 + 16 * (i % 2),
			.shows = true,
			.held_kb = {kb, 2 * kb, 3 * kb},
		};
	}
	return 2UL * n;
}

static void the_largest_holders_have_series_and_the_rest_a_sum(void **state)
{
	enum { N = 1000 };
	static struct vbd vbds[2 * N];
	struct metrics_domains d;
	uint64_t seen = 0;

	(void)state;
	metrics_domains(vbds, many(vbds, N), &d);
	assert_int_equal(d.n, METRICS_DOMAINS_MAX);
	assert_int_equal(d.others, N - METRICS_DOMAINS_MAX);
	for (size_t i = 0; i < d.n; i++) {
		unsigned is = weight(d.domain[i].domid - 1U, N);

		assert_true(is > N - METRICS_DOMAINS_MAX);
		assert_int_equal(d.domain[i].held_kb[LEVEL_POOL], 10 * is);
		assert_int_equal(d.domain[i].held_kb[LEVEL_SLOTS], 30 * is);
		seen += d.domain[i].held_kb[LEVEL_GRANTS];
	}
	assert_int_equal(seen + d.others_kb[LEVEL_GRANTS], 20UL * N * (N + 1) / 2);
}

static void few_domains_need_no_sum(void **state)
{
	struct vbd vbds[2 * METRICS_DOMAINS_MAX];
	struct report r = nothing_yet();
	struct metrics m = {.report = &r};

	(void)state;
	metrics_domains(vbds, many(vbds, METRICS_DOMAINS_MAX), &m.domains);
	assert_int_equal(m.domains.n, METRICS_DOMAINS_MAX);
	assert_int_equal(m.domains.others, 0);
	render(&m);
	assert_null(strstr(text, "domid=\"others\""));
	expect("xen_reclaim_domain_held_bytes{domid=\"1\",name=\"\",kind=\"grants\"} 20480");
	expect("xen_reclaim_domains 20");
}

static void a_domain_that_shows_nothing_is_none(void **state)
{
	struct vbd vbds[2] = {{.domid = 1, .levels = 1}, {.domid = 2, .shows = true}};
	struct metrics_domains d;

	(void)state;
	metrics_domains(vbds, 2, &d);
	assert_int_equal(d.n, 1);
	assert_int_equal(d.domain[0].domid, 2);
	metrics_domains(NULL, 0, &d);
	assert_int_equal(d.n, 0);
}

static void a_name_can_be_anything(void **state)
{
	struct report r = nothing_yet();
	struct metrics m = {.report = &r, .domains = {.n = 1, .domain = {{.domid = 3}}}};

	(void)state;
	strcpy(m.domains.domain[0].name, "a\"b\\c\nd\xff\x7f}");
	render(&m);
	expect("xen_reclaim_domain_held_bytes{domid=\"3\",name=\"a\\\"b\\\\c?d??}\",kind=\"pool\"} "
	       "0");
}

static void the_longest_text_fits_and_a_longer_is_refused(void **state)
{
	struct report r = nothing_yet();
	struct metrics m = {.report = &r, .balloon_known = true, .psi_known = true};
	int n;

	(void)state;
	memset(r.verdicts, 0xff, sizeof(r.verdicts));
	for (int l = 0; l < LEVEL_COUNT; l++)
		r.diagnosis.gives_ram[l] = ANSWER_YES;
	r.back_kb = r.lasting_kb = m.held_kb = INT64_MIN / 1024;
	m.psi.us[PSI_SOME] = m.psi.us[PSI_FULL] = UINT64_MAX;
	m.domains.n = METRICS_DOMAINS_MAX;
	m.domains.others = 1;
	for (size_t i = 0; i < m.domains.n; i++) {
		m.domains.domain[i].domid = UINT16_MAX;
		memset(m.domains.domain[i].name, '"', sizeof(m.domains.domain[i].name) - 1);
		memset(m.domains.domain[i].held_kb, 0xff, sizeof(m.domains.domain[i].held_kb));
	}
	render(&m);
	n = (int)strlen(text);
	assert_int_equal(metrics_render(&m, text, (size_t)n), -ENOBUFS);
	assert_int_equal(metrics_render(&m, text, (size_t)n + 1), n);
	assert_int_equal(metrics_render(&m, text, 10), -ENOBUFS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_known_is_shown),
		cmocka_unit_test(what_is_not_known_is_absent),
		cmocka_unit_test(every_kind_of_action_is_there_before_the_first),
		cmocka_unit_test(the_largest_holders_have_series_and_the_rest_a_sum),
		cmocka_unit_test(few_domains_need_no_sum),
		cmocka_unit_test(a_domain_that_shows_nothing_is_none),
		cmocka_unit_test(a_name_can_be_anything),
		cmocka_unit_test(the_longest_text_fits_and_a_longer_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
