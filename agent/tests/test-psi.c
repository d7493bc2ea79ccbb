// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of pressure stall information: the text, a stub of the file where there is none or no
 * right to a trigger, and the real one of the machine that builds.
 */
#include "host/psi.h"
#include "host/util.h"
#include "tests/cmocka-all.h"
#include "tests/tree.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>

#define GOOD                                                                                       \
	"some avg10=0.12 avg60=3.00 avg300=99.99 total=18446744073709551615\n"                     \
	"full avg10=0.00 avg60=0.00 avg300=0.00 total=42\n"

static const struct threshold fast = {50 * USEC_PER_MSEC, USEC_PER_SEC};

static void totals_are_read_out_of_both_lines(void **state)
{
	struct psi_totals t = {{1, 1}};

	(void)state;
	assert_int_equal(psi_parse(GOOD, &t), 0);
	assert_int_equal(t.us[PSI_SOME], UINT64_MAX);
	assert_int_equal(t.us[PSI_FULL], 42);
	assert_int_equal(psi_parse("some total=1\nfull total=2", &t), 0);
	assert_int_equal(t.us[PSI_SOME], 1);
	assert_int_equal(t.us[PSI_FULL], 2);
}

static void odd_texts_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"some",
		"some total=1\n",
		"full total=1\n",
		"some avg10=0.00 avg60=0.00 avg300=0.00\nfull total=1\n",
		"some total=1\nfull avg10=0.00\n",
		"some total=\nfull total=1\n",
		"some total=-1\nfull total=1\n",
		"some total=x\nfull total=1\n",
		"some total=1\nfull total=",
	};
	struct psi_totals t;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (psi_parse(texts[i], &t) != -EINVAL)
			fail_msg("\"%s\" is not refused", texts[i]);
}

static void without_the_file_there_is_no_pressure(void **state)
{
	struct psi_totals t;
	enum psi_mode mode;

	(void)state;
	assert_int_equal(psi_read(tree.root, &t), -ENOENT);
	assert_int_equal(psi_open_trigger(tree.root, PSI_SOME, &fast, &mode), -ENOENT);
}

static void totals_are_read_out_of_a_plain_file(void **state)
{
	struct psi_totals t;

	(void)state;
	tree_put(&tree, PSI_PATH, GOOD);
	assert_int_equal(psi_read(tree.root, &t), 0);
	assert_int_equal(t.us[PSI_FULL], 42);
	tree_put(&tree, PSI_PATH, "junk\n");
	assert_int_equal(psi_read(tree.root, &t), -EINVAL);
}

/* What the kernel does without CAP_SYS_RESOURCE, for every window. */
static void no_right_to_a_trigger_is_told(void **state)
{
	struct psi_totals t;
	enum psi_mode mode;
	struct sealed s;

	(void)state;
	tree_seal(&tree, PSI_PATH, GOOD, &s);
	assert_int_equal(psi_open_trigger(tree.root, PSI_SOME, &fast, &mode), -EPERM);
	assert_int_equal(psi_open_trigger(tree.root, PSI_FULL, &fast, &mode), -EPERM);
	assert_int_equal(psi_read(tree.root, &t), 0);
	assert_int_equal(t.us[PSI_FULL], 42);
	tree_unseal(&s);
}

static void the_trigger_asked_for_is_written_as_the_kernel_documents_it(void **state)
{
	static const char wanted[] = "full 50000 1000000\0xx"; /* its NUL is written too */
	enum psi_mode mode;
	int fd;

	(void)state;
	tree_put(&tree, PSI_PATH, "xxxxxxxxxxxxxxxxxxxxx");
	fd = psi_open_trigger(tree.root, PSI_FULL, &fast, &mode);
	assert_true(fd >= 0);
	assert_int_equal(mode, PSI_TRIGGER);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_memory_equal(tree_get(&tree, PSI_PATH), wanted, sizeof(wanted));
	(void)close(fd);
}

/* --- this machine --------------------------------------------------------------------------- */

static int real_root(void)
{
	int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct psi_totals t;
	int r;

	assert_true(root >= 0);
	r = psi_read(root, &t);
	if (r == 0)
		return root;
	(void)close(root);
	print_message("skipped: /" PSI_PATH ": %s\n", strerror(-r));
	skip();
	return -1;
}

static void totals_of_this_machine_never_fall(void **state)
{
	int root = real_root();
	struct psi_totals a;
	struct psi_totals b;

	(void)state;
	assert_int_equal(psi_read(root, &a), 0);
	assert_int_equal(psi_read(root, &b), 0);
	assert_true(b.us[PSI_SOME] >= a.us[PSI_SOME]);
	assert_true(b.us[PSI_FULL] >= a.us[PSI_FULL]);
	(void)close(root);
}

/* With the right to it the window asked for, without it one of 2 s, on old kernels none. */
static void a_trigger_of_this_machine_is_armed(void **state)
{
	int root = real_root();

	(void)state;
	for (int kind = 0; kind < PSI_KINDS; kind++) {
		enum psi_mode mode;
		int fd = psi_open_trigger(root, (enum psi_kind)kind, &fast, &mode);
		struct pollfd p = {.fd = fd, .events = POLLPRI};

		if (fd < 0) {
			(void)close(root);
			assert_true(fd == -EPERM || fd == -EINVAL || fd == -EACCES);
			print_message("skipped: no trigger: %s\n", strerror(-fd));
			skip();
		}
		assert_true(mode == PSI_TRIGGER || mode == PSI_TRIGGER_SLOW);
		assert_true(poll(&p, 1, 0) >= 0);
		assert_int_equal(p.revents & (POLLERR | POLLNVAL), 0);
		(void)close(fd);
	}
	(void)close(root);
}

/* The kernel refuses a stall time longer than the window, and no slower window mends that. */
static void a_trigger_the_kernel_refuses_is_an_error(void **state)
{
	const struct threshold wrong = {3 * USEC_PER_SEC, 2 * USEC_PER_SEC};
	int root = real_root();
	enum psi_mode mode;

	(void)state;
	assert_true(psi_open_trigger(root, PSI_SOME, &wrong, &mode) < 0);
	(void)close(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(totals_are_read_out_of_both_lines),
		cmocka_unit_test(odd_texts_are_refused),
		cmocka_unit_test_setup_teardown(without_the_file_there_is_no_pressure, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(totals_are_read_out_of_a_plain_file, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(no_right_to_a_trigger_is_told, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(
			the_trigger_asked_for_is_written_as_the_kernel_documents_it, tree_setup,
			tree_teardown),
		cmocka_unit_test(totals_of_this_machine_never_fall),
		cmocka_unit_test(a_trigger_of_this_machine_is_armed),
		cmocka_unit_test(a_trigger_the_kernel_refuses_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
