// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slots, aging and the parser of patched xen-blkback, as the series leaves them, over a stub of the kernel. What the
 * threads, the shrinker and the guests make of them is for the scenarios.
 */
#include "stub-kernel.h"

#include <setjmp.h>

#include <cmocka.h>

unsigned long jiffies;
unsigned int allocated, may_allocate;

static unsigned int pgrant_timeout, reclaim_unused_seconds;

struct xen_blkif;
struct xen_blkif_ring;

#include "extracted-common.h"

/* What aging and the parser look at of it: the lease, and the last that was asked. */
struct xen_blkif {
	spinlock_t lease_lock;
	unsigned int unused_s;
	u64 lease_end;
	unsigned int default_ms;
	unsigned int levels;
	int ms;
};

struct pending_req *xen_blkbk_alloc_req(gfp_t gfp);
void xen_blkbk_free_req(struct pending_req *req);
#include "extracted-blkback.h"

static struct xen_blkif device;

static struct xen_blkif *dev_to_blkif(struct device *dev)
{
	return &device;
}

static unsigned int xen_blkif_squeeze_ms(struct xen_blkif *blkif)
{
	return blkif->default_ms;
}

static int xen_blkif_reclaim(struct xen_blkif *blkif, unsigned int levels, int ms)
{
	blkif->levels = levels;
	blkif->ms = ms;
	return 0;
}

#include "extracted-xenbus.h"

static struct xen_blkif_ring ring;

/* A ring of order 0 with its reserve. */
static int set_up(void **state)
{
	jiffies = 1000000;
	pgrant_timeout = 60;
	reclaim_unused_seconds = 5;
	may_allocate = UINT_MAX;
	memset(&ring, 0, sizeof(ring));
	device = (struct xen_blkif){.lease_end = get_jiffies_64()};
	ring.blkif = &device;
	INIT_LIST_HEAD(&ring.pending_free);
	ring.max_reqs = 32;
	ring.pool_used = ring.pool_low_since = jiffies;
	for (int i = 0; i < XEN_BLKIF_RESERVED_REQS; i++) {
		ring.nr_reqs++;
		free_req(&ring, xen_blkbk_alloc_req(0));
	}
	return 0;
}

/* All slots are free at the end, and nothing is left when those are freed. */
static int tear_down(void **state)
{
	struct pending_req *req, *n;
	unsigned int count = 0;

	list_for_each_entry_safe(req, n, &ring.pending_free, free_list) {
		xen_blkbk_free_req(req);
		count++;
	}
	return count == ring.nr_reqs && count == ring.nr_free && allocated == 0 ? 0 : -1;
}

static unsigned long aging_time(void)
{
	unsigned long lease;

	return unused_timeout(&ring, &lease);
}

/* So many requests at a time, which are done @ms later. */
static unsigned int use(unsigned int count, unsigned long ms)
{
	struct pending_req *reqs[64];
	unsigned int got = 0;

	while (got < count && (reqs[got] = alloc_req(&ring)))
		got++;
	jiffies += msecs_to_jiffies(ms);
	for (unsigned int i = 0; i < got; i++)
		free_req(&ring, reqs[i]);
	return got;
}

static void slot_is_whole(void **state)
{
	struct pending_req *req = alloc_req(&ring);

	assert_int_equal(allocated, XEN_BLKIF_RESERVED_REQS * XEN_BLKIF_SLOT_PAGES);
	for (unsigned int i = 0; i < MAX_INDIRECT_SEGMENTS; i++) {
		req->segments[i]->gref = i;
		req->unmap->pages[i % XEN_BLKIF_UNMAP_BATCH] = NULL;
	}
	for (unsigned int i = 0; i < MAX_INDIRECT_PAGES; i++)
		req->indirect_pages[i]->gref = MAX_INDIRECT_SEGMENTS + i;
	for (unsigned int i = 0; i < MAX_INDIRECT_SEGMENTS; i++)
		assert_int_equal(req->segments[i]->gref, i);
	free_req(&ring, req);
}

static void half_a_slot_is_freed(void **state)
{
	unsigned int before = allocated;

	for (unsigned int parts = 0; parts < XEN_BLKIF_SLOT_PAGES; parts++) {
		may_allocate = parts;
		assert_null(xen_blkbk_alloc_req(0));
		assert_int_equal(allocated, before);
	}
}

static void ring_grows_to_its_room(void **state)
{
	assert_int_equal(use(40, 0), 32);
	assert_int_equal(ring.nr_reqs, 32);
	assert_int_equal(use(40, 0), 32);
	assert_int_equal(allocated, 32 * XEN_BLKIF_SLOT_PAGES);
}

static void goes_on_with_the_reserve(void **state)
{
	may_allocate = 0;
	assert_int_equal(use(10, 5), XEN_BLKIF_RESERVED_REQS);
	assert_int_equal(ring.nr_reqs, XEN_BLKIF_RESERVED_REQS);
	may_allocate = UINT_MAX;
	assert_int_equal(use(10, 5), XEN_BLKIF_RESERVED_REQS); /* 10 ms are not over */
	assert_int_equal(use(10, 0), 10);
}

static void knows_whether_a_slot_can_be_had(void **state)
{
	struct pending_req *reqs[3];

	may_allocate = 0;
	reqs[0] = alloc_req(&ring);
	assert_true(req_available(&ring));
	reqs[1] = alloc_req(&ring);
	assert_true(req_available(&ring)); /* nobody has tried */
	assert_null(alloc_req(&ring));
	assert_false(req_available(&ring));
	jiffies += msecs_to_jiffies(ALLOC_INTERVAL);
	assert_true(req_available(&ring));
	free_req(&ring, reqs[0]);
	free_req(&ring, reqs[1]);
}

static void slots_age_the_oldest_first(void **state)
{
	use(20, 0);
	jiffies += 40 * HZ;
	use(8, 0);
	jiffies += 20 * HZ - 1;
	shed_reqs(&ring, aging_time());
	assert_int_equal(ring.nr_reqs, 20);
	jiffies++;
	shed_reqs(&ring, aging_time());
	assert_int_equal(ring.nr_reqs, 8);
	jiffies += 40 * HZ;
	shed_reqs(&ring, aging_time());
	assert_int_equal(ring.nr_reqs, XEN_BLKIF_RESERVED_REQS);
}

static void what_is_in_use_does_not_age(void **state)
{
	struct pending_req *reqs[10];

	for (int i = 0; i < 10; i++)
		reqs[i] = alloc_req(&ring);
	jiffies += 100 * HZ;
	shed_reqs(&ring, aging_time());
	assert_int_equal(ring.nr_reqs, 10);
	for (int i = 0; i < 10; i++)
		free_req(&ring, reqs[i]);
	shed_reqs(&ring, aging_time());
	assert_int_equal(ring.nr_reqs, 10);
}

static void nothing_ages_with_0(void **state)
{
	pgrant_timeout = 0;
	use(20, 0);
	ring.free_pages.num_pages = 100;
	jiffies += 1000000 * HZ;
	shed_reqs(&ring, aging_time());
	shrink_pool(&ring, aging_time());
	assert_int_equal(ring.nr_reqs, 20);
	assert_int_equal(ring.free_pages.num_pages, 100);
	assert_true(until_aged(&ring) == MAX_SCHEDULE_TIMEOUT);
	shed_reqs(&ring, reclaim_timeout()); /* pressure takes it all the same */
	assert_int_equal(ring.nr_reqs, XEN_BLKIF_RESERVED_REQS);
}

static void large_times_do_not_wrap(void **state)
{
	pgrant_timeout = UINT_MAX;
	assert_true(aging_time() == UINT_MAX * HZ || aging_time() == NEVER);
	use(20, 0);
	jiffies += 1000000 * HZ;
	shed_reqs(&ring, aging_time());
	assert_int_equal(ring.nr_reqs, 20);
}

static void clock_wraps(void **state)
{
	jiffies = -10UL;
	device.lease_end = get_jiffies_64(); /* which does not wrap */
	ring.next_alloc = jiffies;
	use(20, 0);
	jiffies += 60 * HZ - 1;
	shed_reqs(&ring, aging_time());
	assert_int_equal(ring.nr_reqs, 20);
	jiffies++;
	shed_reqs(&ring, aging_time());
	assert_int_equal(ring.nr_reqs, XEN_BLKIF_RESERVED_REQS);
}

static void detaches_no_more_than_asked(void **state)
{
	LIST_HEAD(detached);

	use(20, 0);
	jiffies += 5 * HZ;
	assert_int_equal(count_unused_reqs(&ring, reclaim_timeout()), 18);
	assert_int_equal(detach_reqs(&ring, reclaim_timeout(), 8, &detached), 8);
	assert_int_equal(count_unused_reqs(&ring, reclaim_timeout()), 10);
	free_detached_reqs(&detached);
	assert_int_equal(ring.nr_reqs, 12);
	assert_int_equal(allocated, 12 * XEN_BLKIF_SLOT_PAGES);
}

/* Where the last used one is young the first are counted, in a ring of any size. */
static void counts_the_old_of_a_busy_ring(void **state)
{
	ring.max_reqs = 64;
	use(64, 0);
	jiffies += 5 * HZ;
	use(10, 0);
	assert_int_equal(count_unused_reqs(&ring, reclaim_timeout()), 54);
	use(64, 0);
	assert_int_equal(count_unused_reqs(&ring, reclaim_timeout()), 0);
}

/* take N pages of the pool, and put them back. */
static void use_pool(unsigned int n)
{
	ring.free_pages.num_pages -= n;
	ring.pool_used = jiffies;
	ring.pool_low = min(ring.pool_low, ring.free_pages.num_pages);
	ring.free_pages.num_pages += n;
}

static void idle_pool_ages(void **state)
{
	ring.free_pages.num_pages = 100;
	use_pool(10);
	jiffies += 60 * HZ - 1;
	ring.pool_low_since = jiffies;
	shrink_pool(&ring, aging_time());
	assert_int_equal(ring.free_pages.num_pages, 100);
	jiffies++;
	shrink_pool(&ring, aging_time());
	assert_int_equal(ring.free_pages.num_pages, 0);
}

/* Each second 30 of 100 are used: the other 70 go after two periods at most. */
static void pool_in_use_keeps_what_it_uses(void **state)
{
	ring.free_pages.num_pages = 100;
	for (int s = 0; s < 121; s++) {
		use_pool(30);
		jiffies += HZ;
		shrink_pool(&ring, aging_time());
	}
	assert_int_equal(ring.free_pages.num_pages, 30);
	for (int s = 0; s < 121; s++) {
		use_pool(30);
		jiffies += HZ;
		shrink_pool(&ring, aging_time());
	}
	assert_int_equal(ring.free_pages.num_pages, 30);
}

static void sleeps_until_the_next_ages(void **state)
{
	assert_true(until_aged(&ring) == MAX_SCHEDULE_TIMEOUT);
	use(20, 0);
	assert_true(until_aged(&ring) == 60 * HZ);
	jiffies += 10 * HZ;
	ring.free_pages.num_pages = 1;
	ring.pool_used = jiffies - 20 * HZ;
	assert_true(until_aged(&ring) == 40 * HZ);
	ring.persistent_gnt_c = 1;
	ring.persistent_gnt_oldest = jiffies - 59 * HZ;
	assert_true(until_aged(&ring) == HZ);
	jiffies += 100 * HZ;
	assert_true(until_aged(&ring) == msecs_to_jiffies(LRU_INTERVAL));
}

/* give_back_and_use MS: of a ring's pages, and how long after that it is used. */
static void give_back_and_use(unsigned long ms)
{
	ring.gave_back = true;
	ring.gave_back_at = jiffies;
	jiffies += msecs_to_jiffies(ms);
	learn_from_use(&ring);
}

static void ring_learns_what_it_misses(void **state)
{
	assert_true(pages_timeout(&ring) == 5 * HZ);
	learn_from_use(&ring); /* nothing was given back */
	assert_true(pages_timeout(&ring) == 5 * HZ);
	give_back_and_use(1000);
	assert_true(pages_timeout(&ring) == 10 * HZ);
	learn_from_use(&ring);
	assert_true(pages_timeout(&ring) == 10 * HZ);
	for (int i = 0; i < 5; i++)
		give_back_and_use(2400);
	assert_true(pages_timeout(&ring) == 40 * HZ);
	for (int i = 0; i < 5; i++)
		give_back_and_use(2500);
	assert_true(pages_timeout(&ring) == 5 * HZ);
	reclaim_unused_seconds = 0;
	give_back_and_use(1000);
	assert_true(pages_timeout(&ring) == NEVER);
}

/* The device's own time, until the lease ends. */
static void lease_ends(void **state)
{
	use(20, 0);
	device.unused_s = 5;
	device.lease_end = get_jiffies_64() + 30 * HZ;
	assert_true(aging_time() == 5 * HZ);
	assert_true(until_aged(&ring) == 5 * HZ);
	device.unused_s = 600; /* so the ring looks again when it ends */
	assert_true(until_aged(&ring) == 30 * HZ + 1);
	device.unused_s = 0;
	assert_true(aging_time() == NEVER);
	assert_true(until_aged(&ring) == 30 * HZ + 1);
	jiffies += 30 * HZ;
	assert_true(aging_time() == 60 * HZ);
	assert_true(until_aged(&ring) == 30 * HZ);
	shed_reqs(&ring, 0);
	device.lease_end = get_jiffies_64() + 30 * HZ;
	assert_true(until_aged(&ring) == MAX_SCHEDULE_TIMEOUT); /* nothing to give */
}

/* trigger TEXT: what the store returns. */
static ssize_t trigger(const char *text)
{
	device = (struct xen_blkif){.default_ms = 10};
	return trigger_store(NULL, NULL, text, strlen(text));
}

static void trigger_takes_levels(void **state)
{
	static const struct {
		const char *text;
		unsigned int levels;
		int ms;
	} good[] = {
		{"pool\n", BIT(LEVEL_POOL), 10},
		{"pool 0", BIT(LEVEL_POOL), 0},
		{"pool 60000\n", BIT(LEVEL_POOL), 60000},
		{"grants\n", BIT(LEVEL_GRANTS), 10},
		{"slots grants", BIT(LEVEL_GRANTS) | BIT(LEVEL_SLOTS), 10},
		{"pool slots 50", BIT(LEVEL_POOL) | BIT(LEVEL_SLOTS), 50},
		{"all", BIT(NR_LEVELS) - 1, 10},
		{"all 7\n", BIT(NR_LEVELS) - 1, 7},
		{"pool  pool", BIT(LEVEL_POOL), 10},
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(trigger(good[i].text), strlen(good[i].text));
		assert_int_equal(device.levels, good[i].levels);
		assert_int_equal(device.ms, good[i].ms);
	}
}

/* Then the pool is emptied once. */
static void exempt_device_has_no_window_by_default(void **state)
{
	device = (struct xen_blkif){.default_ms = 0};
	assert_int_equal(trigger_store(NULL, NULL, "pool", 4), 4);
	assert_int_equal(device.ms, -1);
}

static void trigger_refuses_others(void **state)
{
	static const struct {
		const char *text;
		int err;
	} bad[] = {
		{"", -EINVAL},           {"\n", -EINVAL},          {"pool5", -EINVAL},
		{"poo", -EINVAL},        {"POOL", -EINVAL},        {"pool -1", -EINVAL},
		{"pool 1 2", -EINVAL},   {"pool 1s", -EINVAL},     {"5 pool", -EINVAL},
		{"pool 5 slots", -EINVAL}, {"slots 5", -EINVAL},   {"5", -EINVAL},
		{"ally", -EINVAL},       {"pool,slots", -EINVAL},
		{"pool 60001", -ERANGE}, {"pool 4294967296", -ERANGE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(trigger(bad[i].text), bad[i].err);
		assert_int_equal(device.levels, 0);
	}
}

#define of_ring(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		of_ring(slot_is_whole),
		of_ring(half_a_slot_is_freed),
		of_ring(ring_grows_to_its_room),
		of_ring(goes_on_with_the_reserve),
		of_ring(knows_whether_a_slot_can_be_had),
		of_ring(slots_age_the_oldest_first),
		of_ring(what_is_in_use_does_not_age),
		of_ring(nothing_ages_with_0),
		of_ring(large_times_do_not_wrap),
		of_ring(clock_wraps),
		of_ring(detaches_no_more_than_asked),
		of_ring(counts_the_old_of_a_busy_ring),
		of_ring(idle_pool_ages),
		of_ring(pool_in_use_keeps_what_it_uses),
		of_ring(sleeps_until_the_next_ages),
		of_ring(ring_learns_what_it_misses),
		of_ring(lease_ends),
		cmocka_unit_test(trigger_takes_levels),
		cmocka_unit_test(exempt_device_has_no_window_by_default),
		cmocka_unit_test(trigger_refuses_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
