// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of what BPF sees, put to the disks of an inventory: the pure part, on disks that are stub
 * directories. The program itself runs in the scenario "sight"; here it is sight/none.c.
 */
#include "cli/sight.h"

#include "cli/slots.h"
#include "tests/cmocka-all.h"
#include "tests/tree.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SLOTS_KB ((uint64_t)SLOTS_PER_PAGE * STOCK_SLOT_KB)

static struct inventory inv;
static struct sight sight;

static int setup(void **state)
{
	inv = (struct inventory){0};
	sight = (struct sight){0};
	return tree_setup(state);
}

static int teardown(void **state)
{
	sight_close(&sight);
	inventory_free(&inv);
	return tree_teardown(state);
}

static void stock(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), VBD_DIR "/%s", name);
	tree_mkdir(&tree, path);
}

static void native(const char *name)
{
	static const char *const files[][2] = {{"levels", "pool grants slots\n"},
					       {"idle_ms", "5\n"},
					       {"pool_pages", "2\n"},
					       {"persistent_pages", "3\n"},
					       {"slot_kb", "48\n"}};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), VBD_DIR "/%s/reclaim/%s", name, files[i][0]);
		tree_put(&tree, path, files[i][1]);
	}
}

static void expect_held(const char *name, uint64_t pool, uint64_t grants, uint64_t requests)
{
	const struct vbd *v = inventory_find(&inv, name);

	assert_non_null(v);
	assert_int_equal(v->held_kb[LEVEL_POOL], pool);
	assert_int_equal(v->held_kb[LEVEL_GRANTS], grants);
	assert_int_equal(v->held_kb[LEVEL_SLOTS], requests);
}

static void a_disk_holds_what_its_rings_hold(void **state)
{
	const struct ring_sight rings[] = {
		{"vbd-1-51712", 1, 10, 1}, {"vbd-2-51712", 0, 1, 4}, {"vbd-1-51712", 2, 20, 1}};

	(void)state;
	stock("vbd-1-51712");
	stock("vbd-2-51712");
	stock("vbd-2-51728");
	assert_int_equal(inventory_read(tree.root, &inv), 0);
	sight_merge(&inv, rings, 3);
	expect_held("vbd-1-51712", 12, 120, 2 * SLOTS_KB);
	expect_held("vbd-2-51712", 0, 4, 4 * SLOTS_KB);
	expect_held("vbd-2-51728", 0, 0, 0);
	assert_true(inventory_find(&inv, "vbd-1-51712")->seen);
	assert_false(inventory_find(&inv, "vbd-1-51712")->shows);
	assert_false(inventory_find(&inv, "vbd-2-51728")->seen);
}

static void what_sysfs_shows_stands(void **state)
{
	const struct ring_sight ring = {"vbd-1-51712", 1, 10, 1};

	(void)state;
	native("vbd-1-51712");
	assert_int_equal(inventory_read(tree.root, &inv), 0);
	sight_merge(&inv, &ring, 1);
	expect_held("vbd-1-51712", 8, 12, 48);
	assert_false(inventory_find(&inv, "vbd-1-51712")->seen);
}

static void of_no_disk_nothing_is_said(void **state)
{
	struct ring_sight rings[] = {{"vbd-9-51712", 1, 1, 1},
				     {"vbd-1-51712x", 1, 1, 1},
				     {"", 1, 1, 1},
				     {"vbd-1-051712", 1, 1, 1},
				     {"", 1, 1, 1}};

	(void)state;
	memset(rings[4].name, '1', sizeof(rings[4].name)); /* no end */
	sight_merge(&inv, rings, 5);
	stock("vbd-1-51712");
	assert_int_equal(inventory_read(tree.root, &inv), 0);
	sight_merge(&inv, rings, 5);
	sight_merge(&inv, NULL, 0);
	expect_held("vbd-1-51712", 0, 0, 0);
	assert_false(inventory_find(&inv, "vbd-1-51712")->seen);
}

static void the_most_there_can_be_is_no_overflow(void **state)
{
	const struct ring_sight ring = {"vbd-1-51712", UINT32_MAX, UINT32_MAX, UINT32_MAX};

	(void)state;
	stock("vbd-1-51712");
	assert_int_equal(inventory_read(tree.root, &inv), 0);
	sight_merge(&inv, &ring, 1);
	expect_held("vbd-1-51712", UINT64_C(0xffffffff) * 4, UINT64_C(0xffffffff) * 4,
		    UINT64_C(0xffffffff) * SLOTS_KB);
}

static void of_a_pool_its_thread_tells_the_disk(void **state)
{
	struct pool_sight pools[] = {{"2.xvda-0", 1},	{"1.xvda-10", 4},     {"1.xvda-2", 2},
				     {"1.xvda-2", 9},	{"1.xvdb1-0", 16},    {"11.xvda-0", 32},
				     {"1.xvdaa-0", 64}, {"kworker/0:1", 128}, {"", 256},
				     {"1.xvda", 512},	{"9.xvda-0", 1024},   {"1.hda-0", 8}};
	const size_t n = sizeof(pools) / sizeof(pools[0]);

	(void)state;
	stock("vbd-1-51712");
	stock("vbd-1-51729");
	stock("vbd-1-268442112");
	stock("vbd-1-51744");
	stock("vbd-1-768");
	native("vbd-2-51712");
	assert_int_equal(inventory_read(tree.root, &inv), 0);
	sight_merge_pools(&inv, pools, n);
	expect_held("vbd-1-51712", (uint64_t)6 * 4, 0, 0);
	expect_held("vbd-1-51729", (uint64_t)16 * 4, 0, 0);
	expect_held("vbd-1-268442112", (uint64_t)64 * 4, 0, 0);
	expect_held("vbd-1-51744", 0, 0, 0);
	expect_held("vbd-1-768", 0, 0, 0); /* what xl calls hda */
	expect_held("vbd-2-51712", 8, 12, 48);
	assert_int_equal(inventory_find(&inv, "vbd-1-51712")->seen, 1U << LEVEL_POOL);
	assert_int_equal(inventory_find(&inv, "vbd-1-51744")->seen, 0);
	assert_int_equal(inventory_find(&inv, "vbd-2-51712")->seen, 0);
	sight_merge_pools(&inv, NULL, 0);
}

/* A thread's name is cut off after 15 characters: it must not be taken for another ring's. */
static void a_name_too_long_for_a_thread_is_not_seen(void **state)
{
	struct pool_sight pools[] = {{"32752.xvdzz255-", 1}, {"32752.xvdzz25-1", 2}};

	(void)state;
	stock("vbd-32752-268615167"); /* xvdzz255 */
	assert_int_equal(inventory_read(tree.root, &inv), 0);
	sight_merge_pools(&inv, pools, 2);
	assert_int_equal(inventory_find(&inv, "vbd-32752-268615167")->seen, 0);
}

static void by_what_disks_are_seen(void **state)
{
	const char *reason;

	(void)state;
	assert_int_equal(inventory_read(tree.root, &inv), 0);
	sight_scan(&sight, tree.root, &inv);
	assert_null(sight_by(&sight, &inv, &reason));
	assert_null(reason);
	native("vbd-1-51712");
	assert_int_equal(inventory_read(tree.root, &inv), 0);
	sight_scan(&sight, tree.root, &inv);
	assert_string_equal(sight_by(&sight, &inv, &reason), "sysfs");
	assert_null(reason);
	stock("vbd-1-51728");
	assert_int_equal(inventory_read(tree.root, &inv), 0);
	assert_string_equal(sight_by(&sight, &inv, &reason), "BPF");
	assert_null(reason);
	sight.lack = -ENOENT;
	assert_string_equal(sight_by(&sight, &inv, &reason), SIGHT_POOLS);
	assert_string_equal(reason, sight_reason(-ENOENT));
	sight.lack = 0;
	sight_scan(&sight, tree.root, &inv);
	assert_null(sight_by(&sight, &inv, &reason));
	assert_string_equal(reason, sight_reason(-EOPNOTSUPP));
}

static void every_reason_has_its_words(void **state)
{
	(void)state;
	assert_non_null(strstr(sight_reason(-EOPNOTSUPP), "libbpf-dev"));
	assert_non_null(strstr(sight_reason(-ENOENT), "no BTF of xen_blkback"));
	assert_non_null(strstr(sight_reason(-EPERM), "run as root"));
	assert_string_equal(sight_reason(-EACCES), sight_reason(-EPERM));
	assert_non_null(strstr(sight_reason(-EINVAL), "xen-blkback is not one"));
	assert_string_equal(sight_reason(-ENOMEM), strerror(ENOMEM));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_disk_holds_what_its_rings_hold),
		T(what_sysfs_shows_stands),
		T(of_no_disk_nothing_is_said),
		T(the_most_there_can_be_is_no_overflow),
		T(by_what_disks_are_seen),
		T(every_reason_has_its_words),
		T(of_a_pool_its_thread_tells_the_disk),
		T(a_name_too_long_for_a_thread_is_not_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
