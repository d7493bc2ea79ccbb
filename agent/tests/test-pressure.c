// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of what becomes of a trigger's word, which no kernel here gives too early: the handler is
 * called as the event loop would.
 */
#include "daemon/pressure.c"

#include "tests/cmocka-all.h"
#include "tests/tree.h"

#include <sys/eventfd.h>

#define MS (USEC_PER_SEC / 1000)

static struct agent a;
static enum event_type heard[8];
static unsigned n_heard;
static bool puts_off;
static uint64_t armed_us;
static uint64_t psi_armed_us;

/* In the place of the agent's. */
void agent_event(struct agent *agent, struct event e)
{
	assert_ptr_equal(agent, &a);
	heard[n_heard++] = e.type;
	if (puts_off)
		pressure_hear_at(agent, true, 77);
}

void agent_tell_status(struct agent *agent)
{
	(void)agent;
}

void arm_timer(sd_event_source *s, uint64_t at_us)
{
	if (!s || s == a.hear_timer)
		armed_us = at_us;
	if (s && s == a.psi_timer)
		psi_armed_us = at_us;
}

static void put_totals(unsigned some_ms, unsigned full_ms)
{
	char text[96];

	(void)snprintf(text, sizeof(text),
		       "some avg10=0.00 total=%u000\nfull avg10=0.00 total=%u000\n", some_ms,
		       full_ms);
	tree_put(&tree, PSI_PATH, text);
}

/* Armed when tasks had stalled for 5,000 ms since the boot, "some" by descriptor 100, "full" by
 * 101. */
static int setup(void **state)
{
	struct psi_totals t;

	(void)tree_setup(state);
	memset(&a, 0, sizeof(a));
	n_heard = 0;
	puts_off = false;
	a.root = tree.root;
	a.config = config_default();
	a.config.some = a.config.full =
		(struct threshold){.stall_us = 100 * MS, .window_us = USEC_PER_SEC};
	a.psi_fd[PSI_SOME] = 100;
	a.psi_fd[PSI_FULL] = 101;
	a.report.psi = PSI_TRIGGER_SLOW;
	put_totals(5000, 5000);
	assert_int_equal(psi_read(a.root, &t), 0);
	for (int k = 0; k < PSI_KINDS; k++)
		begin_window(&a, k, &t);
	return 0;
}

static int teardown(void **state)
{
	return tree_teardown(state);
}

static void fire(int kind)
{
	assert_int_equal(on_psi(NULL, a.psi_fd[kind], EPOLLPRI, &a), 0);
}

static void the_first_word_is_checked(void **state)
{
	(void)state;
	put_totals(5006, 5000);
	fire(PSI_SOME);
	assert_int_equal(n_heard, 0);
	put_totals(5012, 5000);
	fire(PSI_SOME); /* the kernel counts from now on */
	assert_int_equal(n_heard, 1);
	assert_int_equal(heard[0], EVENT_SOFT);
}

static void a_first_word_that_is_true_counts(void **state)
{
	(void)state;
	put_totals(5100, 5100);
	fire(PSI_FULL);
	fire(PSI_SOME);
	assert_int_equal(n_heard, 2);
	assert_int_equal(heard[0], EVENT_HARD);
	assert_int_equal(heard[1], EVENT_SOFT);
}

static void each_kind_has_its_first_word(void **state)
{
	(void)state;
	put_totals(5200, 5001);
	fire(PSI_FULL);
	fire(PSI_SOME);
	assert_int_equal(n_heard, 1);
	assert_int_equal(heard[0], EVENT_SOFT);
}

static void a_trigger_by_right_is_believed(void **state)
{
	(void)state;
	a.report.psi = PSI_TRIGGER;
	put_totals(5006, 5000);
	fire(PSI_SOME);
	assert_int_equal(n_heard, 1);
}

static void without_totals_it_is_believed(void **state)
{
	(void)state;
	tree_put(&tree, PSI_PATH, "junk\n");
	fire(PSI_SOME);
	assert_int_equal(n_heard, 1);
}

static bool listens_to(int kind)
{
	int on = -1;

	assert_true(sd_event_source_get_enabled(a.psi_source[kind], &on) >= 0);
	return on != SD_EVENT_OFF;
}

static void open_events(void)
{
	assert_int_equal(sd_event_new(&a.event), 0);
	assert_true(sd_event_add_time(a.event, &a.psi_timer, CLOCK_MONOTONIC, 0, 0, NULL, &a) >= 0);
	for (int k = 0; k < PSI_KINDS; k++) {
		a.psi_fd[k] = eventfd(0, EFD_CLOEXEC);
		assert_true(sd_event_add_io(a.event, &a.psi_source[k], a.psi_fd[k], EPOLLPRI,
					    on_psi, &a) >= 0);
	}
}

static void close_events(void)
{
	close_psi(&a);
	a.psi_timer = sd_event_source_unref(a.psi_timer);
	a.event = sd_event_unref(a.event);
}

static void triggers_are_not_heard_while_they_are_put_off(void **state)
{
	(void)state;
	open_events();
	psi_armed_us = 5;
	pressure_hear_at(&a, false, 77);
	assert_int_equal(armed_us, 77);
	assert_false(listens_to(PSI_SOME));
	assert_true(listens_to(PSI_FULL));
	pressure_hear_at(&a, true, 88);
	assert_int_equal(armed_us, 88);
	assert_false(listens_to(PSI_FULL));
	assert_int_equal(psi_armed_us, 5); /* where there are no totals yet, it looks for them */
	(void)pressure_on_hear_timer(NULL, 0, &a);
	assert_true(listens_to(PSI_SOME) && listens_to(PSI_FULL));
	close_events();
}

static void totals_of_that_time_do_not_count(void **state)
{
	(void)state;
	open_events();
	a.report.psi = PSI_TOTALS;
	pressure_hear_at(&a, true, 77);
	assert_int_equal(psi_armed_us, 0);
	put_totals(5200, 5200);
	(void)pressure_on_hear_timer(NULL, 0, &a);
	assert_int_not_equal(psi_armed_us, 0);
	(void)pressure_on_timer(a.psi_timer, 0, &a);
	assert_int_equal(n_heard, 0);
	put_totals(5300, 5200);
	(void)pressure_on_timer(a.psi_timer, 0, &a);
	assert_int_equal(n_heard, 1);
	assert_int_equal(heard[0], EVENT_SOFT);
	close_events();
}

/* What is put off while an event is handled stays so. */
static void the_timer_of_totals_stays_off_for_who_puts_it_off(void **state)
{
	(void)state;
	open_events();
	a.report.psi = PSI_TOTALS;
	puts_off = true;
	put_totals(5200, 5200);
	(void)pressure_on_timer(a.psi_timer, 0, &a);
	assert_int_equal(psi_armed_us, 0);
	close_events();
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_first_word_is_checked),
		T(a_first_word_that_is_true_counts),
		T(each_kind_has_its_first_word),
		T(a_trigger_by_right_is_believed),
		T(without_totals_it_is_believed),
		T(triggers_are_not_heard_while_they_are_put_off),
		T(totals_of_that_time_do_not_count),
		T(the_timer_of_totals_stays_off_for_who_puts_it_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
