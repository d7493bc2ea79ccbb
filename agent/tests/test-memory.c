// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests of this domain's memory figures on stub files in place of procfs and sysfs. */
#include "host/memory.h"
#include "host/util.h"
#include "tests/cmocka-all.h"
#include "tests/tree.h"

#include <string.h>

#define CURRENT XEN_MEMORY "/info/current_kb"
#define PIB_KB	"1099511627776"

static struct memory h;
static struct sample s;

static void put_balloon(const char *current, const char *target)
{
	tree_put(&tree, CURRENT, current);
	tree_put(&tree, XEN_MEMORY "/target_kb", target);
	tree_put(&tree, XEN_MEMORY "/info/low_kb", "0\n");
}

static void put_memory(const char *meminfo, const char *vmstat)
{
	tree_put(&tree, "proc/meminfo", meminfo);
	tree_put(&tree, "proc/vmstat", vmstat);
}

static int setup(void **state)
{
	h = (struct memory){-1, -1, -1, -1, -1};
	(void)tree_setup(state);
	put_memory("MemTotal: 7 kB\nMemAvailable:  100000 kB\n", "pswpin 10\npswpout 20\n");
	return 0;
}

static int teardown(void **state)
{
	memory_close(&h);
	return tree_teardown(state);
}

static void open_host(void)
{
	assert_int_equal(memory_open(tree.root, &h), 0);
}

static void what_grant_mappings_hold_is_what_the_balloon_lacks(void **state)
{
	(void)state;
	put_balloon("600000\n", "700000\n");
	open_host();
	assert_int_equal(memory_sample(&h, &s), 0);
	assert_true(s.held_known);
	assert_int_equal(s.held_kb, 100000);
	assert_int_equal(s.mapped_kb, 100000);
	assert_int_equal(s.available_kb, 100000);
	assert_int_equal(s.pswpin, 10);
	assert_int_equal(s.pswpout, 20);
	put_balloon("700000\n", "650000\n"); /* the descriptors stay */
	assert_int_equal(memory_sample(&h, &s), 0);
	assert_int_equal(s.held_kb, 0); /* the target fell, and the pages are still here */
	assert_int_equal(s.mapped_kb, 0);
}

static void without_a_balloon_driver_that_is_not_known(void **state)
{
	struct balloon b;

	(void)state;
	open_host();
	assert_int_equal(memory_balloon(&h, &b), -ENOENT);
	assert_int_equal(memory_sample(&h, &s), 0);
	assert_false(s.held_known);
	assert_int_equal(s.held_kb, 0);
}

/* Then differences and sums of figures cannot overflow. */
static void a_figure_no_host_has_is_none(void **state)
{
	struct balloon b;

	(void)state;
	put_balloon(PIB_KB "\n", "0\n");
	open_host();
	assert_int_equal(memory_balloon(&h, &b), 0);
	put_balloon("1099511627777\n", "0\n");
	assert_int_equal(memory_balloon(&h, &b), -ERANGE);
	put_balloon("0\n", "18446744073709551615\n");
	assert_int_equal(memory_balloon(&h, &b), -ERANGE);
	put_balloon("0\n", "18446744073709551616\n");
	assert_int_equal(memory_balloon(&h, &b), -ERANGE);
	put_balloon("0x10\n", "0\n");
	assert_int_equal(memory_balloon(&h, &b), -EINVAL);
	assert_int_equal(memory_sample(&h, &s), 0);
	assert_false(s.held_known);
	put_memory("MemAvailable: 18446744073709551615 kB\n", "pswpin 10\npswpout 20\n");
	assert_int_equal(memory_sample(&h, &s), -ERANGE);
}

static void without_proc_there_is_no_host(void **state)
{
	(void)state;
	open_host();
	put_memory("MemTotal: 7 kB\n", "pswpin 10\npswpout 20\n");
	assert_int_equal(memory_sample(&h, &s), -ENOENT);
	put_memory("MemAvailable: 7 kB\n", "pgfault 10\n"); /* as without CONFIG_SWAP */
	assert_int_equal(memory_sample(&h, &s), 0);
	assert_int_equal(s.pswpin, 0);
	assert_int_equal(s.pswpout, 0);
	memory_close(&h);
	tree_drop(&tree, "proc/vmstat");
	assert_int_equal(memory_open(tree.root, &h), -ENOENT);
	h = (struct memory){-1, -1, -1, -1, -1};
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void what_is_shown_as_mapped_is_no_balloon(void **state)
{
	struct balloon b = {.current_kb = 600000, .target_kb = 700000};

	(void)state;
	assert_int_equal(balloon_mapped_kb(&b, 1), 100000);
	assert_int_equal(balloon_mapped_kb(&b, 0), 0);
	b.low_kb = 30000; /* Linux is about to take these back */
	assert_int_equal(balloon_mapped_kb(&b, 1), 70000);
	b.low_kb = 200000;
	assert_int_equal(balloon_mapped_kb(&b, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_grant_mappings_hold_is_what_the_balloon_lacks),
		T(without_a_balloon_driver_that_is_not_known),
		T(a_figure_no_host_has_is_none),
		T(without_proc_there_is_no_host),
		cmocka_unit_test(what_is_shown_as_mapped_is_no_balloon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
