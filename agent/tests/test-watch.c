// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of what xen-reclaim watch records: it looks at a host whose files are stubs, at times and
 * with a sight of disks that are the test's, put in place by the linker, and the policy replays the
 * record. The command itself is run by test-record.
 */
#include "cli/output.h"
#include "cli/watch.h"
#include "core/action.h"
#include "host/params.h"
#include "host/util.h"
#include "sim/sim.h"
#include "tests/cmocka-all.h"
#include "tests/tree.h"

#include <stdarg.h>
#include <string.h>

static struct watcher w;
static struct vbd held; /* what sight sees of every disk */
static int sight_error;
static unsigned sight_scans;
static unsigned complaints;
static char said[256];
static uint64_t time_us;
static struct psi_totals stalls;
static int stalls_error;
static char trace[8192];

uint64_t __wrap_now_us(void)
{
	return time_us;
}

int __wrap_psi_read(int root, struct psi_totals *t)
{
	(void)root;
	*t = stalls;
	return stalls_error;
}

void __wrap_sight_scan(struct sight *s, int root, struct inventory *inv)
{
	(void)root;
	sight_scans++;
	s->error = sight_error;
	for (size_t i = 0; i < inv->now.n; i++) {
		inv->now.vbds[i].seen = held.seen;
		memcpy(inv->now.vbds[i].held_kb, held.held_kb, sizeof(held.held_kb));
	}
}

void __wrap_complain(const char *fmt, ...)
{
	va_list ap;

	complaints++;
	va_start(ap, fmt);
	(void)vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
}

/* A stock kernel with one disk. */
static int setup(void **state)
{
	static const char *const files[][2] = {
		{"proc/meminfo", "MemTotal: 450000 kB\nMemAvailable: 10000 kB\n"},
		{"proc/vmstat", "pswpin 0\npswpout 0\n"},
		{"proc/sys/kernel/osrelease", "5.8.0\n"},
		{"sys/hypervisor/type", "xen\n"},
		{XEN_MEMORY "/info/current_kb", "700000\n"},
		{XEN_MEMORY "/info/low_kb", "0\n"},
		{XEN_MEMORY "/target_kb", "710000\n"},
		{PARAMS_DIR "/max_buffer_pages", "1024\n"},
		{PARAMS_DIR "/persistent_grant_unused_seconds", "60\n"},
		{PARAMS_DIR "/max_persistent_grants", "1056\n"},
	};

	(void)tree_setup(state);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		tree_put(&tree, files[i][0], files[i][1]);
	tree_mkdir(&tree, VBD_DIR "/vbd-1-51712");
	held = (struct vbd){0};
	sight_error = 0;
	stalls_error = 0;
	sight_scans = 0;
	complaints = 0;
	time_us = USEC_PER_SEC;
	stalls = (struct psi_totals){0};
	memset(trace, 0, sizeof(trace));
	w = (struct watcher){.root = tree.root, .inotify = -1, .first = true, .start_us = time_us};
	w.record = fmemopen(trace, sizeof(trace), "w");
	assert_non_null(w.record);
	(void)fputs(TRACE_HEAD " recorded\n", w.record);
	assert_int_equal(memory_open(w.root, &w.memory), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)fclose(w.record);
	memory_close(&w.memory);
	inventory_free(&w.inventory);
	free(w.seen.vbds);
	return tree_teardown(state);
}

static void look_after_ms(uint64_t ms)
{
	time_us += ms * USEC_PER_MSEC;
	watch_scan(&w);
}

static void expect_line(const char *line)
{
	if (!strstr(trace, line))
		fail_msg("no line \"%s\" in:\n%s", line, trace);
}

static unsigned count_lines(const char *part)
{
	unsigned n = 0;

	for (const char *at = trace; (at = strstr(at, part)); at++)
		n++;
	return n;
}

static void ignore(struct sim *s, const struct news *news)
{
	(void)s;
	(void)news;
}

/* What the daemon would have done on the host that was watched. The caller frees. */
static void replay(struct sim *s, struct config *c)
{
	_cleanup_file_ FILE *f = fmemopen(trace, strlen(trace), "r");
	struct trace_event e;
	struct trace t;
	int r;

	assert_non_null(f);
	*c = config_default();
	assert_int_equal(trace_begin(&t, f, "watched"), 0);
	assert_int_equal(sim_init(s, c, false), 0);
	s->told = ignore;
	while ((r = trace_next(&t, &e)) > 0)
		assert_int_equal(sim_event(s, &e), 0);
	if (r < 0)
		fail_msg("%s", t.error);
	assert_int_equal(sim_end(s), 0);
}

static void what_only_bpf_sees_is_recorded(void **state)
{
	struct config c;
	struct sim s;

	(void)state;
	held = (struct vbd){.seen = ALL_LEVELS, .held_kb = {8, 4096, 1280}};
	look_after_ms(0);
	expect_line("0 disk 1 51712 - 0 - 8 4096 1280 0\n");
	held.held_kb[LEVEL_POOL] = 4096;
	look_after_ms(1000);
	expect_line("1000 disk 1 51712 - 0 - 4096 4096 1280 0\n");
	look_after_ms(28000);
	look_after_ms(1000);
	stalls = (struct psi_totals){{900000, 900000}};
	look_after_ms(1000);
	assert_int_equal(complaints, 0);
	replay(&s, &c);
	assert_false(s.model.unseen);
	assert_int_equal(s.actions, 1);
	assert_int_equal(action_gain_kb(&s.controller.state.action), 4096 + 4096);
	sim_free(&s);
}

static void what_nothing_sees_is_recorded_as_unknown(void **state)
{
	struct config c;
	struct sim s;

	(void)state;
	sight_error = -EPERM;
	look_after_ms(0);
	look_after_ms(1000);
	look_after_ms(1000);
	expect_line("0 disk 1 51712 - 0 - - - - 0\n");
	assert_int_equal(sight_scans, 1); /* each would load the program anew */
	assert_int_equal(complaints, 1);
	assert_non_null(strstr(said, "disks are not seen: no privilege"));
	replay(&s, &c);
	assert_true(s.model.unseen);
	sim_free(&s);
}

static void pools_that_are_seen_alone_are_recorded_alone(void **state)
{
	(void)state;
	held = (struct vbd){.seen = 1U << LEVEL_POOL, .held_kb = {12}};
	look_after_ms(0);
	expect_line("0 disk 1 51712 - 0 - 12 - - 0\n");
	held = (struct vbd){0}; /* its thread was not met */
	look_after_ms(1000);
	expect_line("1000 disk 1 51712 - 0 - - - - 0\n");
}

/* A stall of less than a second is none if it is spread over the ten minutes before. */
static void a_burst_after_a_quiet_time_is_pressure(void **state)
{
	struct config c;
	struct sim s;

	(void)state;
	held = (struct vbd){.seen = ALL_LEVELS, .held_kb = {8, 4096, 1280}};
	stalls = (struct psi_totals){{1000000, 500000}};
	for (int i = 0; i < 600; i++)
		look_after_ms(1000);
	held.held_kb[LEVEL_POOL] = 12; /* a line of the look that has the burst: it comes after */
	stalls = (struct psi_totals){{1900000, 1400000}};
	look_after_ms(1000);
	expect_line("600000 psi 1000000 500000\n");
	expect_line("601000 psi 1900000 1400000\n");
	stalls = (struct psi_totals){{2800000, 1400000}}; /* the look before was recorded */
	look_after_ms(1000);
	for (int i = 0; i < 2; i++)
		look_after_ms(1000);
	replay(&s, &c);
	assert_int_equal(s.actions, 1);
	assert_int_equal(s.controller.state.action.cause, CAUSE_HARD);
	assert_int_equal(s.controller.state.action.started_us, 601 * USEC_PER_SEC);
	assert_int_equal(count_lines(" psi "), 4);
	sim_free(&s);
}

/* Lines never go back in time: with a look that could not read them the time is not known. */
static void totals_that_cannot_be_read_meanwhile_say_no_time(void **state)
{
	struct config c;
	struct sim s;

	(void)state;
	look_after_ms(0);
	look_after_ms(1000);
	stalls_error = -EIO;
	held.held_kb[LEVEL_POOL] = 12;
	look_after_ms(1000);
	stalls_error = 0;
	stalls = (struct psi_totals){{900000, 900000}};
	look_after_ms(1000);
	assert_int_equal(count_lines(" psi "), 2);
	replay(&s, &c);
	sim_free(&s);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_only_bpf_sees_is_recorded),
		T(what_nothing_sees_is_recorded_as_unknown),
		T(a_burst_after_a_quiet_time_is_pressure),
		T(totals_that_cannot_be_read_meanwhile_say_no_time),
		T(pools_that_are_seen_alone_are_recorded_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
