// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of the mechanism "params" under virtual time. The parameters are a stub: plain files in
 * place of sysfs, so nothing is reclaimed; what is tested is that each value is lowered as
 * promised and that nothing stays changed, whenever it ends.
 */
#include "host/params.h"
#include "host/util.h"
#include "tests/cmocka-all.h"
#include "tests/tree.h"

#include <string.h>
#include <sys/inotify.h>

#define MS USEC_PER_MSEC
#define S  USEC_PER_SEC

#define T0     (1000 * S)
#define STEP   (200 * MS) /* of max_persistent_grants */
#define PULSES 8
#define IDLE   (10 * S)

#define POOL   PARAMS_DIR "/max_buffer_pages"
#define AGE    PARAMS_DIR "/persistent_grant_unused_seconds"
#define GRANTS PARAMS_DIR "/max_persistent_grants"

static struct params p;

static void put_values(const char *pool, const char *age, const char *grants)
{
	tree_put(&tree, POOL, pool);
	tree_put(&tree, AGE, age);
	tree_put(&tree, GRANTS, grants);
}

static void expect_values(const char *pool, const char *age, const char *grants)
{
	tree_expect(&tree, POOL, pool);
	tree_expect(&tree, AGE, age);
	tree_expect(&tree, GRANTS, grants);
}

/* As Linux has them. */
static void expect_all_back(void)
{
	expect_values("1024\n", "60\n", "1056\n");
	assert_false(tree_has(&tree, PARAMS_SAVED));
	assert_false(tree_has(&tree, PARAMS_SAVED ".new"));
}

static int setup(void **state)
{
	(void)tree_setup(state);
	tree_mkdir(&tree, "run/xen-reclaim");
	put_values("1024\n", "60\n", "1056\n");
	p = (struct params){0};
	return 0;
}

/* Where a value is none of the kernel's, nothing is lowered. */
static void a_value_of_more_than_32_bits_is_none(void **state)
{
	(void)state;
	put_values("1024\n", "60\n", "4294967296\n");
	assert_int_equal(params_present(tree.root), -ERANGE);
	assert_int_equal(params_begin(&p, tree.root, LEVEL_GRANTS, SCOPE_ALL, IDLE, T0), -ERANGE);
	expect_values("1024\n", "60\n", "4294967296\n");
}

static int begin_idle(enum level level, enum scope scope, uint64_t idle_us)
{
	return params_begin(&p, tree.root, level, scope, idle_us, T0);
}

static int begin(enum level level, enum scope scope)
{
	return begin_idle(level, scope, IDLE);
}

/* Takes steps until the value of a parameter is this one. Return: when that was. */
static uint64_t step_until(const char *path, const char *value, uint64_t now)
{
	uint64_t wake = now;

	for (int i = 0; i < 100; i++) {
		if (strcmp(tree_get(&tree, path), value) == 0)
			return now;
		now = wake;
		assert_int_equal(params_next(&p, now, &wake), 1);
	}
	fail_msg("%s never becomes %s", path, value);
	return 0;
}

/* Takes all steps that are left, and puts back. Return: when the last was taken. */
static uint64_t run_out(uint64_t now)
{
	uint64_t wake = 0;
	int r = 1;

	for (int i = 0; i < 100 && r == 1; i++) {
		r = params_next(&p, now, &wake);
		assert_true(r >= 0);
		if (r == 1) {
			assert_true(wake > now);
			now = wake;
		}
	}
	assert_int_equal(r, 0);
	assert_int_equal(params_end(&p), 0);
	return now;
}

static void the_parameters_are_there_or_not(void **state)
{
	(void)state;
	assert_int_equal(params_present(tree.root), 0);
	tree_drop(&tree, GRANTS);
	assert_int_equal(params_present(tree.root), -ENOENT);
	tree_put(&tree, GRANTS, "-1\n");
	assert_int_equal(params_present(tree.root), -EINVAL);
	tree_drop(&tree, PARAMS_DIR);
	assert_int_equal(params_present(tree.root), -ENOENT);
}

static void a_pool_window_lowers_the_pool_alone_until_its_end(void **state)
{
	uint64_t wake;

	(void)state;
	assert_int_equal(begin(LEVEL_POOL, SCOPE_ALL), 0);
	expect_values("0\n", "60\n", "1056\n");
	assert_int_equal(params_next(&p, T0, &wake), 0);
	assert_int_equal(params_next(&p, T0 + S, &wake), 0);
	expect_values("0\n", "60\n", "1056\n");
	assert_int_equal(params_end(&p), 0);
	expect_all_back();
	assert_int_equal(params_end(&p), 0);
}

/* Short ones, so that few rings see each; the last stays. */
static void grants_of_idle_disks_age_faster_in_pulses(void **state)
{
	uint64_t now = T0;
	uint64_t wake;

	(void)state;
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_IDLE), 0);
	for (int i = 0; i < PULSES; i++) {
		expect_values("0\n", "10\n", "1056\n");
		assert_int_equal(params_next(&p, now, &wake), 1);
		assert_true(wake > now && wake <= now + 20 * MS);
		assert_int_equal(params_next(&p, wake, &now), 1);
		expect_values("0\n", "60\n", "1056\n");
		assert_true(now >= wake + 100 * MS);
		if (i + 1 < PULSES)
			assert_int_equal(params_next(&p, now, &wake), 1);
	}
	assert_int_equal(params_next(&p, now, &wake), 0);
	expect_values("0\n", "10\n", "1056\n");
	assert_true(now <= T0 + 3 * S);
	assert_int_equal(params_end(&p), 0);
	expect_all_back();
}

static void the_idle_time_is_rounded_up_to_seconds(void **state)
{
	(void)state;
	assert_int_equal(begin_idle(LEVEL_GRANTS, SCOPE_IDLE, S + 1), 0);
	expect_values("0\n", "2\n", "1056\n");
	assert_int_equal(params_end(&p), 0);
	expect_all_back();
}

static void grants_of_all_disks_go_down_in_steps(void **state)
{
	static const char *const steps[] = {"924\n", "792\n", "660\n", "528\n",
					    "396\n", "264\n", "132\n", "0\n"};
	uint64_t now = T0;

	(void)state;
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), 0);
	expect_values("0\n", "10\n", "1056\n");
	now = step_until(GRANTS, steps[0], now);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		expect_values("0\n", "10\n", steps[i]);
		if (i + 1 == ARRAY_SIZE(steps))
			break;
		assert_int_equal(params_next(&p, now + STEP - 1, &(uint64_t){0}), 1);
		expect_values("0\n", "10\n", steps[i]);
		now += STEP;
		assert_true(params_next(&p, now, &(uint64_t){0}) >= 0);
	}
	assert_int_equal(params_next(&p, now, &(uint64_t){0}), 0);
	assert_int_equal(params_end(&p), 0);
	expect_all_back();
}

static void values_that_are_lower_already_are_left(void **state)
{
	(void)state;
	put_values("0\n", "10\n", "0\n");
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), 0);
	expect_values("0\n", "10\n", "0\n");
	assert_int_equal(run_out(T0), T0); /* and no step is waited for */
	expect_values("0\n", "10\n", "0\n");
	assert_false(tree_has(&tree, PARAMS_SAVED));
}

static void what_the_administrator_set_is_never_written(void **state)
{
	(void)state;
	put_values("512\n", "0\n", "2000\n");
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), 0);
	(void)run_out(T0);
	expect_values("512\n", "0\n", "2000\n");
	assert_int_equal(params_end(&p), 0);
	assert_false(tree_has(&tree, PARAMS_SAVED));
}

static void few_grants_go_down_too(void **state)
{
	(void)state;
	put_values("1\n", "60\n", "1\n");
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), 0);
	(void)run_out(T0);
	expect_values("1\n", "60\n", "1\n");
}

static void there_is_one_window_at_a_time(void **state)
{
	(void)state;
	assert_int_equal(begin(LEVEL_POOL, SCOPE_ALL), 0);
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), -EBUSY);
	expect_values("0\n", "60\n", "1056\n");
	assert_int_equal(params_end(&p), 0);
	expect_all_back();
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), 0);
}

static void requests_cannot_be_reclaimed(void **state)
{
	(void)state;
	assert_int_equal(begin(LEVEL_SLOTS, SCOPE_ALL), -EOPNOTSUPP);
	expect_all_back();
}

/* --- what is on disk ------------------------------------------------------------------------ */

/* The order of events is the order in which things were done. */
static void the_old_values_are_on_disk_before_the_first_write(void **state)
{
	_Alignas(struct inotify_event) char buf[4096];
	char run[128];
	char params[128];
	bool saved = false;
	bool written = false;
	_cleanup_close_ int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	int run_wd;
	ssize_t n;

	(void)state;
	(void)snprintf(run, sizeof(run), "%s/run/xen-reclaim", tree.path);
	(void)snprintf(params, sizeof(params), "%s/" PARAMS_DIR, tree.path);
	run_wd = inotify_add_watch(fd, run, IN_MOVED_TO);
	assert_true(run_wd >= 0);
	assert_true(inotify_add_watch(fd, params, IN_MODIFY) >= 0);
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), 0);
	n = read(fd, buf, sizeof(buf));
	assert_true(n > 0);
	for (char *at = buf; at < buf + n;) {
		const struct inotify_event *e = (const struct inotify_event *)at;

		if (e->wd == run_wd)
			saved = true;
		else
			written = true;
		assert_true(saved);
		at += sizeof(*e) + e->len;
	}
	assert_true(written);
	tree_expect(&tree, PARAMS_SAVED,
		    "max_buffer_pages 1024 0\n"
		    "persistent_grant_unused_seconds 60 10\n"
		    "max_persistent_grants 1056 924 792 660 528 396 264 132 0\n");
}

static void without_a_place_for_the_old_values_nothing_is_changed(void **state)
{
	(void)state;
	tree_drop(&tree, "run/xen-reclaim");
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), -ENOENT);
	assert_false(p.open);
	expect_all_back();
}

static void on_a_full_run_nothing_is_changed(void **state)
{
	(void)state;
	tree_link(&tree, PARAMS_SAVED ".new", "/dev/full");
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), -ENOSPC);
	assert_false(p.open);
	expect_all_back();
}

/* Calls the mechanism @calls times; the last struct params is lost, as in a crash. */
static bool crash_after(unsigned calls)
{
	uint64_t wake = T0;
	bool closed = false;

	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), 0);
	for (unsigned i = 1; i < calls && !closed; i++)
		closed = params_next(&p, wake, &wake) == 0;
	if (closed)
		assert_int_equal(params_end(&p), 0);
	p = (struct params){0};
	return closed;
}

static void a_crash_after_any_call_is_made_good(void **state)
{
	unsigned calls = 1;

	(void)state;
	for (; !crash_after(calls); calls++) {
		assert_true(tree_has(&tree, PARAMS_SAVED));
		assert_true(params_restore(tree.root) >= 1);
		expect_all_back();
		assert_int_equal(params_restore(tree.root), 0);
		expect_all_back();
	}
	expect_all_back();
	assert_true(calls > 5);
}

/* Between the calls of the kernel within one call: some values written, some not. */
static void a_crash_between_two_writes_is_made_good(void **state)
{
	static const char *const values[][PARAM_COUNT] = {
		{"1024\n", "60\n", "1056\n"}, {"0\n", "60\n", "1056\n"}, {"0\n", "10\n", "1056\n"},
		{"0\n", "10\n", "264\n"},     {"0\n", "10\n", "0\n"},	 {"0\n", "60\n", "0\n"},
		{"1024\n", "60\n", "0\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), 0);
		p = (struct params){0};
		put_values(values[i][0], values[i][1], values[i][2]);
		assert_true(params_restore(tree.root) >= 0);
		expect_all_back();
	}
}

static void a_window_opened_after_a_crash_remembers_the_true_values(void **state)
{
	(void)state;
	(void)crash_after(4);
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), 0);
	assert_int_equal(p.param[PARAM_POOL].own, 1024);
	assert_int_equal(p.param[PARAM_GRANTS].own, 1056);
	(void)run_out(T0);
	expect_all_back();
}

static void an_odd_saved_file_changes_nothing(void **state)
{
	static const char *const texts[] = {
		"junk",
		"no_such_parameter 1 0\n",
		"max_buffer_pages\n",
		"max_buffer_pages x 0\n",
		"max_buffer_pages 2048 x\n",
		"../../../etc/passwd 1 0\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		tree_put(&tree, PARAMS_SAVED, texts[i]);
		assert_int_equal(params_restore(tree.root), 0);
		assert_false(tree_has(&tree, PARAMS_SAVED));
		expect_values("1024\n", "60\n", "1056\n");
	}
}

/* One bad line must not keep the others from being put back. */
static void an_odd_line_does_not_hide_the_others(void **state)
{
	(void)state;
	put_values("0\n", "60\n", "0\n");
	tree_put(&tree, PARAMS_SAVED,
		 "max_buffer_pages 1024 0\njunk\nmax_persistent_grants 1056 0\n");
	assert_int_equal(params_restore(tree.root), 2);
	expect_values("1024\n", "60\n", "1056\n");
}

/* --- somebody else's hands ------------------------------------------------------------------ */

static void an_administrators_value_is_not_lowered_further(void **state)
{
	uint64_t now;

	(void)state;
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), 0);
	now = step_until(GRANTS, "924\n", T0);
	tree_put(&tree, GRANTS, "500\n");
	assert_int_equal(params_next(&p, now + STEP, &(uint64_t){0}), 1);
	expect_values("0\n", "10\n", "500\n");
	(void)run_out(now + STEP);
	expect_values("1024\n", "60\n", "500\n");
	assert_false(tree_has(&tree, PARAMS_SAVED));
}

static void an_administrators_value_stays_at_the_end(void **state)
{
	(void)state;
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), 0);
	tree_put(&tree, POOL, "77\n");
	tree_put(&tree, AGE, "30\n");
	(void)run_out(T0);
	expect_values("77\n", "30\n", "1056\n");
	assert_false(tree_has(&tree, PARAMS_SAVED));
}

static void an_administrators_value_stays_after_a_crash(void **state)
{
	(void)state;
	(void)crash_after(2);
	tree_put(&tree, POOL, "77\n");
	assert_int_equal(params_restore(tree.root), 1);
	expect_values("77\n", "60\n", "1056\n");
	assert_false(tree_has(&tree, PARAMS_SAVED));
}

static void blkback_unloaded_in_the_window_leaves_nothing_to_put_back(void **state)
{
	uint64_t wake;

	(void)state;
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), 0);
	tree_drop(&tree, "sys/module/xen_blkback");
	assert_int_equal(params_next(&p, T0 + STEP, &wake), -ENOENT);
	assert_int_equal(params_end(&p), 0);
	assert_false(p.open);
	assert_false(tree_has(&tree, PARAMS_SAVED));
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), -ENOENT);
	assert_false(tree_has(&tree, PARAMS_SAVED));
}

static void blkback_unloaded_before_a_restore_leaves_nothing_to_put_back(void **state)
{
	(void)state;
	(void)crash_after(4);
	tree_drop(&tree, "sys/module/xen_blkback");
	assert_int_equal(params_restore(tree.root), 0);
	assert_false(tree_has(&tree, PARAMS_SAVED));
}

/* Loaded again, it has its own values, which may happen to be none of ours. */
static void blkback_loaded_again_in_the_window_keeps_its_new_values(void **state)
{
	(void)state;
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_IDLE), 0);
	tree_drop(&tree, "sys/module/xen_blkback");
	put_values("2048\n", "120\n", "352\n");
	(void)run_out(T0);
	expect_values("2048\n", "120\n", "352\n");
}

/* --- a kernel that says no ------------------------------------------------------------------ */

/* What was lowered before it is put back. */
static void a_parameter_that_cannot_be_lowered_changes_nothing(void **state)
{
	struct sealed s;

	(void)state;
	tree_drop(&tree, AGE);
	tree_seal(&tree, AGE, "60\n", &s);
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_IDLE), -EPERM);
	assert_false(p.open);
	expect_values("1024\n", "60\n", "1056\n");
	tree_unseal(&s);
}

static void a_step_that_cannot_be_taken_is_told(void **state)
{
	struct sealed s;
	uint64_t now = T0;
	int r = 1;

	(void)state;
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), 0);
	tree_drop(&tree, GRANTS);
	tree_seal(&tree, GRANTS, "1056\n", &s);
	while (r == 1)
		r = params_next(&p, now, &now);
	assert_int_equal(r, -EPERM);
	assert_int_equal(params_end(&p), 0);
	expect_values("1024\n", "60\n", "1056\n");
	tree_unseal(&s);
}

static void a_value_that_cannot_be_put_back_is_put_back_later(void **state)
{
	struct sealed s;

	(void)state;
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_IDLE), 0);
	tree_drop(&tree, POOL);
	tree_seal(&tree, POOL, "0\n", &s);
	assert_int_equal(params_end(&p), -EPERM);
	assert_false(p.open);
	expect_values("0\n", "60\n", "1056\n");
	assert_true(tree_has(&tree, PARAMS_SAVED));
	assert_int_equal(params_restore(tree.root), -EPERM);
	assert_true(tree_has(&tree, PARAMS_SAVED));
	assert_int_equal(begin(LEVEL_POOL, SCOPE_ALL), -EPERM);
	tree_unseal(&s);
	tree_drop(&tree, POOL);
	tree_put(&tree, POOL, "0\n");
	assert_int_equal(params_restore(tree.root), 1);
	expect_all_back();
}

/* Not knowing what a parameter is now is no reason to forget what it was. */
static void a_value_that_cannot_be_read_is_put_back_later(void **state)
{
	(void)state;
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_IDLE), 0);
	tree_drop(&tree, POOL);
	tree_mkdir(&tree, POOL);
	assert_int_equal(params_end(&p), -EISDIR);
	assert_true(tree_has(&tree, PARAMS_SAVED));
	assert_int_equal(params_restore(tree.root), -EISDIR);
	assert_true(tree_has(&tree, PARAMS_SAVED));
	tree_drop(&tree, POOL);
	tree_put(&tree, POOL, "0\n");
	assert_int_equal(params_restore(tree.root), 1);
	expect_all_back();
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, tree_teardown)

/* --- what is held --------------------------------------------------------------------------- */

/* Until it is so, from one step to the next. */
static void hold(uint32_t unused_s, bool pools)
{
	const struct held held = {unused_s, pools};
	uint64_t now = T0;
	uint64_t wake = 0;
	int r = 1;

	for (int i = 0; i < 100 && r == 1; i++) {
		r = params_hold(&p, tree.root, &held, now, &wake);
		assert_true(r >= 0);
		now = wake;
	}
	assert_int_equal(r, 0);
}

static void what_is_held_changes_and_goes_back(void **state)
{
	(void)state;
	hold(5, true);
	expect_values("0\n", "5\n", "1056\n");
	assert_true(tree_has(&tree, PARAMS_SAVED));
	assert_int_equal(params_held(&p).unused_s, 5);
	assert_true(params_held(&p).pools);
	hold(10, true);
	expect_values("0\n", "10\n", "1056\n");
	hold(5, false);
	expect_values("1024\n", "5\n", "1056\n");
	assert_false(params_held(&p).pools);
	hold(0, false);
	expect_all_back();
	hold(0, false);
	expect_all_back();
}

static void a_window_returns_to_what_is_held(void **state)
{
	(void)state;
	hold(5, true);
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), 0);
	(void)run_out(T0);
	expect_values("0\n", "5\n", "1056\n");
	assert_true(tree_has(&tree, PARAMS_SAVED));
	assert_int_equal(params_release(&p), 0);
	expect_all_back();
}

/* And not only what is held: nobody would know any more that it was lowered. */
static void what_cannot_be_put_back_beside_what_is_held_is_put_back_later(void **state)
{
	struct sealed s;
	uint64_t now = T0;

	(void)state;
	hold(5, false);
	assert_int_equal(begin(LEVEL_GRANTS, SCOPE_ALL), 0);
	(void)step_until(GRANTS, "132\n", now);
	tree_drop(&tree, GRANTS);
	tree_seal(&tree, GRANTS, "132\n", &s);
	assert_int_equal(params_end(&p), -EPERM);
	assert_int_equal(begin(LEVEL_POOL, SCOPE_ALL), -EPERM);
	assert_true(tree_has(&tree, PARAMS_SAVED));
	tree_unseal(&s);
	tree_drop(&tree, GRANTS);
	tree_put(&tree, GRANTS, "132\n");
	assert_int_equal(params_release(&p), 0);
	expect_all_back();
}

static void nothing_else_is_held_during_a_window(void **state)
{
	const struct held held = {5, true};
	uint64_t wake;

	(void)state;
	assert_int_equal(begin(LEVEL_POOL, SCOPE_ALL), 0);
	assert_int_equal(params_hold(&p, tree.root, &held, T0, &wake), -EBUSY);
	assert_int_equal(params_end(&p), 0);
	expect_all_back();
}

static void a_window_cuts_the_way_there_short(void **state)
{
	const struct held held = {5, true};
	uint64_t wake;

	(void)state;
	assert_int_equal(params_hold(&p, tree.root, &held, T0, &wake), 1);
	assert_int_equal(begin(LEVEL_POOL, SCOPE_ALL), 0);
	expect_values("0\n", "5\n", "1056\n");
	assert_int_equal(params_end(&p), 0);
	expect_values("0\n", "5\n", "1056\n");
	assert_int_equal(params_release(&p), 0);
	expect_all_back();
}

static void what_a_daemon_that_died_held_is_put_back(void **state)
{
	(void)state;
	hold(5, true);
	hold(10, true);
	assert_int_equal(params_restore(tree.root), 2);
	expect_all_back();
}

static void what_the_administrator_changes_is_not_held_any_more(void **state)
{
	(void)state;
	hold(5, true);
	tree_put(&tree, AGE, "7\n");
	hold(10, true);
	expect_values("0\n", "7\n", "1056\n");
	assert_int_equal(params_held(&p).unused_s, 0);
	assert_int_equal(params_release(&p), 0);
	expect_values("1024\n", "7\n", "1056\n");
	assert_false(tree_has(&tree, PARAMS_SAVED));
}

/* As they were before, too: until another driver comes. */
static void what_the_administrator_puts_back_is_not_lowered_again(void **state)
{
	(void)state;
	hold(5, true);
	put_values("1024\n", "5\n", "1056\n");
	hold(5, true);
	hold(10, true);
	expect_values("1024\n", "10\n", "1056\n");
	assert_int_equal(params_release(&p), 0);
	hold(5, true);
	expect_values("1024\n", "5\n", "1056\n");
	assert_int_equal(begin(LEVEL_POOL, SCOPE_ALL), 0);
	expect_values("1024\n", "5\n", "1056\n");
	assert_int_equal(params_end(&p), 0);
	params_forget_lost(&p);
	hold(10, true);
	expect_values("0\n", "10\n", "1056\n");
	assert_int_equal(params_release(&p), 0);
	expect_all_back();
}

/* An order that failed has nothing to do with what is held. */
static void what_is_held_stays_when_the_rest_is_put_back(void **state)
{
	(void)state;
	hold(5, true);
	assert_int_equal(params_put_back(&p, tree.root), 0);
	expect_values("0\n", "5\n", "1056\n");
	assert_int_equal(params_release(&p), 0);
	expect_all_back();
}

static void what_is_shorter_already_is_not_lengthened(void **state)
{
	(void)state;
	hold(300, false);
	expect_all_back();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_held_changes_and_goes_back),
		T(a_window_returns_to_what_is_held),
		T(what_cannot_be_put_back_beside_what_is_held_is_put_back_later),
		T(nothing_else_is_held_during_a_window),
		T(a_window_cuts_the_way_there_short),
		T(what_a_daemon_that_died_held_is_put_back),
		T(what_the_administrator_changes_is_not_held_any_more),
		T(what_the_administrator_puts_back_is_not_lowered_again),
		T(what_is_held_stays_when_the_rest_is_put_back),
		T(what_is_shorter_already_is_not_lengthened),
		T(the_parameters_are_there_or_not),
		T(a_pool_window_lowers_the_pool_alone_until_its_end),
		T(grants_of_idle_disks_age_faster_in_pulses),
		T(the_idle_time_is_rounded_up_to_seconds),
		T(grants_of_all_disks_go_down_in_steps),
		T(values_that_are_lower_already_are_left),
		T(what_the_administrator_set_is_never_written),
		T(few_grants_go_down_too),
		T(there_is_one_window_at_a_time),
		T(requests_cannot_be_reclaimed),
		T(the_old_values_are_on_disk_before_the_first_write),
		T(without_a_place_for_the_old_values_nothing_is_changed),
		T(on_a_full_run_nothing_is_changed),
		T(a_crash_after_any_call_is_made_good),
		T(a_crash_between_two_writes_is_made_good),
		T(a_window_opened_after_a_crash_remembers_the_true_values),
		T(an_odd_saved_file_changes_nothing),
		T(an_odd_line_does_not_hide_the_others),
		T(an_administrators_value_is_not_lowered_further),
		T(an_administrators_value_stays_at_the_end),
		T(an_administrators_value_stays_after_a_crash),
		T(blkback_unloaded_in_the_window_leaves_nothing_to_put_back),
		T(blkback_unloaded_before_a_restore_leaves_nothing_to_put_back),
		T(blkback_loaded_again_in_the_window_keeps_its_new_values),
		T(a_value_of_more_than_32_bits_is_none),
		T(a_parameter_that_cannot_be_lowered_changes_nothing),
		T(a_step_that_cannot_be_taken_is_told),
		T(a_value_that_cannot_be_put_back_is_put_back_later),
		T(a_value_that_cannot_be_read_is_put_back_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
