// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of the doctor: facts to answers, and facts out of a tree that stands for a host (a stub:
 * plain files in place of procfs and sysfs).
 */
#include "host/diagnose.h"
#include "host/memory.h"
#include "host/params.h"
#include "host/remedies.h"
#include "host/util.h"
#include "tests/cmocka-all.h"
#include "tests/tree.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Dom0 in which reclaim is exact: Linux 6.1 with unpopulated memory switched off. */
static struct facts ballooned(void)
{
	return (struct facts){
		.xen = true,
		.control_domain = true,
		.release = 6001,
		.unpopulated = ANSWER_NO,
		.blacklisted = true,
		.balloon = true,
		.current_kb = 600000,
		.target_kb = 700000,
		.xen_free_kb = 4096,
		.blkback = true,
		.params = true,
		.psi = PSI_TRIGGER,
	};
}

static struct facts unpopulated(void)
{
	struct facts f = ballooned();

	f.unpopulated = ANSWER_YES;
	f.blacklisted = false;
	f.scratch_seen = true;
	return f;
}

static const struct finding *find(const struct diagnosis *d, const char *id)
{
	for (size_t i = 0; i < d->n_findings; i++)
		if (strcmp(d->findings[i].id, id) == 0)
			return &d->findings[i];
	return NULL;
}

static void expect_finding(const struct diagnosis *d, const char *id, enum mark mark,
			   const char *text, const char *advice)
{
	const struct finding *f = find(d, id);

	if (!f)
		fail_msg("no finding \"%s\"", id);
	assert_string_equal(mark_names[f->mark], mark_names[mark]);
	if (!strstr(f->text, text))
		fail_msg("\"%s\" says nothing of \"%s\"", f->text, text);
	if (advice ? !strstr(f->advice, advice) : f->advice[0] != '\0')
		fail_msg("the advice is \"%s\"", f->advice);
}

static void expect_pages(const struct diagnosis *d, enum answer answer, const char *why)
{
	for (int l = LEVEL_POOL; l <= LEVEL_GRANTS; l++) {
		assert_string_equal(answer_names[d->gives_ram[l]], answer_names[answer]);
		if (!strstr(d->why[l], why))
			fail_msg("\"%s\" says nothing of \"%s\"", d->why[l], why);
	}
	assert_int_equal(d->gives_ram[LEVEL_SLOTS], ANSWER_NO);
	assert_non_null(strstr(d->why[LEVEL_SLOTS], "until the disk is disconnected"));
}

static void ballooned_pages_are_ram(void **state)
{
	struct facts f = ballooned();
	struct diagnosis d = diagnose(&f);

	(void)state;
	expect_pages(&d, ANSWER_YES, "come back to it");
	for (size_t i = 0; i < d.n_findings; i++)
		if (d.findings[i].mark != MARK_OK || d.findings[i].advice[0])
			fail_msg("\"%s\"", d.findings[i].text);
	expect_finding(&d, "kernel", MARK_OK, "Linux 6.1 ", NULL);
	expect_finding(&d, "balloon", MARK_OK, "target 700000 kB, current 600000 kB", NULL);
	expect_finding(&d, "unpopulated", MARK_OK, "switched off", NULL);
	f.blacklisted = false;
	d = diagnose(&f);
	expect_finding(&d, "unpopulated", MARK_OK, "has no unpopulated memory", NULL);
}

static void unpopulated_pages_are_no_ram_and_what_to_change_is_told(void **state)
{
	struct facts f = unpopulated();
	struct diagnosis d = diagnose(&f);

	(void)state;
	expect_pages(&d, ANSWER_NO, "unpopulated");
	expect_finding(&d, "unpopulated", MARK_NOTE, "(Xen scratch is in use)",
		       "initcall_blacklist=unpopulated_init");
	f.scratch_seen = false;
	d = diagnose(&f);
	expect_pages(&d, ANSWER_NO, "unpopulated");
	assert_null(strstr(find(&d, "unpopulated")->text, "scratch"));
}

/* Words of what @f would be told to change, in their order. */
static void expect_remedies(const struct facts *f, const char *ids)
{
	struct diagnosis d = diagnose(f);
	struct remedy r[REMEDIES_MAX];
	size_t n = remedies(f, &d, r);
	char got[128] = "";

	for (size_t i = 0; i < n; i++) {
		(void)strcat(strcat(got, i ? " " : ""), r[i].id);
		assert_string_not_equal(r[i].gives, "");
		assert_string_not_equal(r[i].undo, "");
		for (const char *line = r[i].apply; *line; line += strcspn(line, "\n") + 1)
			assert_true(strcspn(line, "\n") <= 80);
		assert_true(strlen(r[i].apply) < sizeof(r[i].apply) - 1);
	}
	assert_string_equal(got, ids);
}

static void what_can_be_changed_here_is_told_and_no_more(void **state)
{
	struct facts f = ballooned();

	(void)state;
	f.mechanism = MECHANISM_PARAMS;
	expect_remedies(&f, "parameters");
	f.debian = true;
	expect_remedies(&f, "driver parameters");
	f.auto_online = true;
	f.psi = PSI_NONE;
	expect_remedies(&f, "driver parameters offline psi");
	f.release = 4019;
	expect_remedies(&f, "driver parameters offline");
	f = unpopulated();
	f.debian = true;
	f.mechanism = MECHANISM_PARAMS;
	expect_remedies(&f, "driver ram");
	f.pvh = true;
	expect_remedies(&f, "driver");
	f.mechanism = MECHANISM_NATIVE;
	f.target_kb = f.current_kb;
	f.low_kb = 4096;
	expect_remedies(&f, "dom0-mem");
	f.control_domain = false;
	expect_remedies(&f, "");
	f.xen = false;
	expect_remedies(&f, "");
}

/* By a shell that has GRUB's variables already. */
static void lines_for_grub_add_to_what_is_there(void **state)
{
	struct facts f = unpopulated();
	struct diagnosis d;
	struct remedy r[REMEDIES_MAX];
	char script[1024];

	(void)state;
	f.debian = true;
	f.low_kb = 2 * f.target_kb;
	d = diagnose(&f);
	assert_int_equal(remedies(&f, &d, r), 3);
	assert_string_equal(r[1].id, "ram");
	assert_string_equal(r[2].id, "dom0-mem");
	(void)snprintf(script, sizeof(script),
		       "set -eu; d=$(mktemp -d); cd $d; PATH=$d:$PATH\n"
		       "printf '#!/bin/sh\\n' > update-grub; chmod +x update-grub\n"
		       "mkdir -p etc/default/grub.d\n%s%s",
		       r[1].apply, r[2].apply);
	for (char *at; (at = strstr(script, "> /etc/"));)
		at[2] = ' ';
	(void)strcat(script, "GRUB_CMDLINE_LINUX=a GRUB_CMDLINE_XEN_DEFAULT=b\n"
			     "for f in etc/default/grub.d/*.cfg; do . ./$f; done; rm -r $d\n"
			     "[ \"$GRUB_CMDLINE_LINUX\" = 'a initcall_blacklist=unpopulated_init "
			     "memhp_default_state=offline' ]\n"
			     "[ \"$GRUB_CMDLINE_XEN_DEFAULT\" = 'b dom0_mem=683M,max:683M' ]\n");
	assert_int_equal(system(script), 0);
}

/* Advice that cannot be followed is not given: PVH, and kernels before 5.17. */
static void unpopulated_memory_is_not_switched_off_where_that_cannot_be(void **state)
{
	struct facts f = unpopulated();
	struct diagnosis d;

	(void)state;
	f.pvh = true;
	d = diagnose(&f);
	assert_null(strstr(find(&d, "unpopulated")->advice, "initcall_blacklist"));
	assert_non_null(strstr(find(&d, "unpopulated")->advice, "nothing to do"));
	f.pvh = false;
	f.release = 5016;
	d = diagnose(&f);
	assert_null(strstr(find(&d, "unpopulated")->advice, "initcall_blacklist"));
	f.release = 5017;
	d = diagnose(&f);
	assert_non_null(strstr(find(&d, "unpopulated")->advice, "initcall_blacklist"));
}

static void frames_ballooned_out_before_cancel_it(void **state)
{
	struct facts f = ballooned();
	struct diagnosis d;

	(void)state;
	f.low_kb = 100000; /* the balloon thread is about to take them back */
	d = diagnose(&f);
	expect_pages(&d, ANSWER_YES, "come back");
	f.low_kb = 100004;
	d = diagnose(&f);
	expect_pages(&d, ANSWER_NO, "ballooned out before");
	expect_finding(&d, "balloon", MARK_NOTE, "4 kB were ballooned out", "dom0_mem=A,max:A");
}

static void no_free_memory_in_xen_cancels_it(void **state)
{
	struct facts f = ballooned();
	struct diagnosis d;

	(void)state;
	f.xen_free_kb = 0;
	d = diagnose(&f);
	expect_pages(&d, ANSWER_NO, "Xen has no free memory");
	expect_finding(&d, "xen-free", MARK_BAD, "no free memory", "free_memory in xl info");
	f.xen_free_kb = -1; /* not known: no finding, and no reason for a no */
	d = diagnose(&f);
	expect_pages(&d, ANSWER_YES, "come back");
	assert_null(find(&d, "xen-free"));
}

static void memory_that_comes_online_by_itself_is_told(void **state)
{
	struct facts f = ballooned();
	struct diagnosis d;

	(void)state;
	f.auto_online = true;
	d = diagnose(&f);
	expect_pages(&d, ANSWER_YES, "hides a part");
	expect_finding(&d, "auto-online", MARK_NOTE, "128 MiB", "auto_online_blocks");
	f.unpopulated = ANSWER_YES;
	d = diagnose(&f);
	assert_null(find(&d, "auto-online"));
}

static void where_pages_come_from_may_be_unknown(void **state)
{
	struct facts f = ballooned();
	struct diagnosis d;

	(void)state;
	f.unpopulated = ANSWER_UNKNOWN;
	d = diagnose(&f);
	expect_pages(&d, ANSWER_UNKNOWN, "cannot tell");
	expect_finding(&d, "unpopulated", MARK_NOTE, "cannot tell", NULL);
}

static void without_xen_there_is_nothing_to_give(void **state)
{
	struct facts f = {.xen_free_kb = -1, .release = 6001, .psi = PSI_TRIGGER};
	struct diagnosis d = diagnose(&f);

	(void)state;
	expect_pages(&d, ANSWER_NO, "does not run on Xen");
	expect_finding(&d, "xen", MARK_BAD, "does not run on Xen", "run this in dom0");
}

static void a_driver_domain_is_a_backend_domain_too(void **state)
{
	struct facts f = ballooned();
	struct diagnosis d;

	(void)state;
	f.control_domain = false;
	f.xen_free_kb = -1;
	d = diagnose(&f);
	expect_finding(&d, "xen", MARK_NOTE, "driver domain", NULL);
	expect_pages(&d, ANSWER_YES, "come back");
}

static void an_old_kernel_does_not_squeeze_by_itself(void **state)
{
	struct facts f = ballooned();
	struct diagnosis d;

	(void)state;
	f.release = 5005;
	d = diagnose(&f);
	expect_finding(&d, "kernel", MARK_NOTE, "Linux 5.5 does not squeeze by itself", NULL);
	expect_pages(&d, ANSWER_YES, "come back");
	f.release = 5006;
	d = diagnose(&f);
	expect_finding(&d, "kernel", MARK_OK, "Linux 5.6 ", NULL);
}

static void what_is_missing_is_told(void **state)
{
	struct facts f = ballooned();
	struct diagnosis d;

	(void)state;
	f.balloon = false;
	f.psi = PSI_NONE;
	f.params = false;
	d = diagnose(&f);
	expect_finding(&d, "balloon", MARK_NOTE, "no balloon driver", NULL);
	expect_finding(&d, "psi", MARK_BAD, "no pressure", "psi=1");
	expect_finding(&d, "blkback", MARK_BAD, "cannot be used", "run as root");
	f.blkback = false;
	f.psi = PSI_TOTALS;
	d = diagnose(&f);
	expect_finding(&d, "blkback", MARK_NOTE, "not loaded", "first guest");
	expect_finding(&d, "psi", MARK_NOTE, "(totals)", "CAP_SYS_RESOURCE");
	f.psi = PSI_TRIGGER_SLOW;
	d = diagnose(&f);
	expect_finding(&d, "psi", MARK_NOTE, "(trigger-2s)", "CAP_SYS_RESOURCE");
}

static void before_linux_4_20_there_is_nothing_to_switch_on(void **state)
{
	struct facts f = ballooned();
	struct diagnosis d;

	(void)state;
	f.release = 4019;
	f.psi = PSI_NONE;
	f.params = false;
	f.mechanism = MECHANISM_NONE;
	d = diagnose(&f);
	expect_finding(&d, "psi", MARK_BAD, "4.20 and newer", "are served without it");
	expect_pages(&d, ANSWER_NO, "cannot be used");
}

static void a_trigger_refused_for_want_of_memory_is_no_want_of_rights(void **state)
{
	struct facts f = ballooned();
	struct diagnosis d;

	(void)state;
	f.psi = PSI_TOTALS;
	f.psi_error = ENOMEM;
	d = diagnose(&f);
	expect_finding(&d, "psi", MARK_NOTE, "no triggers: Cannot allocate memory", NULL);
}

static void by_what_disks_are_seen_is_told(void **state)
{
	struct facts f = ballooned();
	struct diagnosis d = diagnose(&f);

	(void)state;
	assert_null(find(&d, "sight"));
	f.seen_by = "BPF";
	d = diagnose(&f);
	expect_finding(&d, "sight", MARK_OK, "disks seen by: BPF", NULL);
	f.seen_by = NULL;
	f.unseen = "because";
	d = diagnose(&f);
	expect_finding(&d, "sight", MARK_NOTE, "disks seen by: not at all: because", NULL);
}

/* Every combination of the facts that choose, each text whole. */
static void findings_fit_whatever_the_facts(void **state)
{
	static const unsigned releases[] = {0, 5005, 5008, 5016, 6012, UINT32_MAX};

	(void)state;
	for (unsigned bits = 0; bits < 1U << 9; bits++) {
		for (int i = 0; i < ANSWER_COUNT * (int)ARRAY_SIZE(releases); i++) {
			struct facts f = {
				.xen = bits & 1,
				.control_domain = bits & 2,
				.pvh = bits & 4,
				.blacklisted = bits & 8,
				.scratch_seen = bits & 16,
				.balloon = bits & 32,
				.auto_online = bits & 64,
				.blkback = bits & 128,
				.params = bits & 256,
				.current_kb = UINT64_MAX,
				.target_kb = UINT64_MAX,
				.low_kb = i % 2 ? UINT64_MAX : 0,
				.xen_free_kb = i % 3 ? INT64_MAX : 0,
				.unpopulated = (enum answer)(i % ANSWER_COUNT),
				.release = releases[i / ANSWER_COUNT],
				.psi = (enum psi_mode)(i % PSI_MODES),
			};
			struct diagnosis d = diagnose(&f);

			assert_true(d.n_findings > 0 && d.n_findings <= FINDINGS_MAX);
			for (size_t n = 0; n < d.n_findings; n++) {
				const struct finding *x = &d.findings[n];

				assert_true(strlen(x->text) < sizeof(x->text) - 1);
				assert_true(strlen(x->advice) < sizeof(x->advice) - 1);
			}
			for (int l = 0; l < LEVEL_COUNT; l++)
				assert_non_null(d.why[l]);
		}
	}
}

/* --- gathering ------------------------------------------------------------------------------ */

static void put_dom0(void)
{
	tree_put(&tree, "sys/hypervisor/type", "xen\n");
	tree_put(&tree, "sys/hypervisor/guest_type", "PV\n");
	tree_put(&tree, "proc/xen/capabilities", "control_d\n");
	tree_put(&tree, "proc/sys/kernel/osrelease", "6.1.0-32-amd64\n");
	tree_put(&tree, "proc/cmdline", "root=/dev/xvda ro\n");
	tree_put(&tree, "proc/iomem", "00000000-00000fff : Reserved\n");
	tree_put(&tree, "boot/config-6.1.0-32-amd64", "CONFIG_XEN_UNPOPULATED_ALLOC=y\n");
	tree_put(&tree, "proc/meminfo", "MemTotal: 1 kB\nMemAvailable: 1 kB\n");
	tree_put(&tree, "proc/vmstat", "pswpin 1\npswpout 1\n");
	tree_put(&tree, XEN_MEMORY "/info/current_kb", "600000\n");
	tree_put(&tree, XEN_MEMORY "/info/low_kb", "8\n");
	tree_put(&tree, XEN_MEMORY "/target_kb", "700000\n");
	tree_put(&tree, "sys/devices/system/memory/auto_online_blocks", "offline\n");
	for (int id = 0; id < PARAM_COUNT; id++) {
		char path[128];

		(void)snprintf(path, sizeof(path), PARAMS_DIR "/%s", param_names[id]);
		tree_put(&tree, path, "1\n");
	}
}

static void on_an_empty_host_nothing_is_known(void **state)
{
	struct facts f;

	(void)state;
	memset(&f, 0xff, sizeof(f));
	facts_gather(tree.root, &f);
	assert_false(f.xen || f.control_domain || f.pvh || f.blacklisted || f.scratch_seen);
	assert_false(f.balloon || f.auto_online || f.blkback || f.params);
	assert_int_equal(f.release, 0);
	assert_int_equal(f.unpopulated, ANSWER_UNKNOWN);
	assert_int_equal(f.psi, PSI_NONE);
	assert_int_equal(f.xen_free_kb, -1);
}

static void the_facts_of_dom0_are_gathered(void **state)
{
	struct facts f;

	(void)state;
	put_dom0();
	facts_gather(tree.root, &f);
	assert_true(f.xen && f.control_domain && f.balloon && f.blkback && f.params);
	assert_false(f.pvh || f.blacklisted || f.scratch_seen || f.auto_online);
	assert_int_equal(f.release, 6001);
	assert_int_equal(f.unpopulated, ANSWER_YES);
	assert_int_equal(f.current_kb, 600000);
	assert_int_equal(f.target_kb, 700000);
	assert_int_equal(f.low_kb, 8);
	assert_int_equal(f.xen_free_kb, -1);
}

static void dom0_is_seen_without_xenfs(void **state)
{
	struct facts f;

	(void)state;
	put_dom0();
	tree_drop(&tree, "proc/xen");
	tree_put(&tree, "sys/hypervisor/properties/features", "00002705\n");
	facts_gather(tree.root, &f);
	assert_false(f.control_domain);
	tree_put(&tree, "sys/hypervisor/properties/features", "00002f05\n");
	facts_gather(tree.root, &f);
	assert_true(f.control_domain);
}

static void a_pvh_dom0_is_seen(void **state)
{
	struct facts f;

	(void)state;
	put_dom0();
	tree_put(&tree, "sys/hypervisor/guest_type", "PVH\n");
	facts_gather(tree.root, &f);
	assert_true(f.pvh);
}

static void memory_that_comes_online_is_seen(void **state)
{
	static const char *const values[] = {"online\n", "online_kernel\n", "online_movable\n"};
	struct facts f;

	(void)state;
	put_dom0();
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		tree_put(&tree, "sys/devices/system/memory/auto_online_blocks", values[i]);
		facts_gather(tree.root, &f);
		assert_true(f.auto_online);
	}
}

/* What is in use outweighs the command line, and that the configuration. */
static void where_pages_come_from_is_found_out(void **state)
{
	struct facts f;

	(void)state;
	put_dom0();
	tree_put(&tree, "proc/cmdline", "ro initcall_blacklist=unpopulated_init\n");
	facts_gather(tree.root, &f);
	assert_true(f.blacklisted);
	assert_int_equal(f.unpopulated, ANSWER_NO);
	tree_put(&tree, "proc/iomem", "100000000-107ffffff : Xen scratch\n");
	facts_gather(tree.root, &f);
	assert_true(f.scratch_seen);
	assert_int_equal(f.unpopulated, ANSWER_YES);
	tree_drop(&tree, "proc/iomem");
	tree_drop(&tree, "proc/cmdline");
	tree_put(&tree, "boot/config-6.1.0-32-amd64",
		 "# CONFIG_XEN_UNPOPULATED_ALLOC is not set\n");
	facts_gather(tree.root, &f);
	assert_int_equal(f.unpopulated, ANSWER_NO);
}

static void put_compressed(const char *path, const char *text)
{
	int fd;
	gzFile f;

	tree_put(&tree, path, "");
	fd = openat(tree.root, path, O_WRONLY);
	assert_true(fd >= 0);
	f = gzdopen(fd, "w");
	assert_non_null(f);
	assert_true(gzputs(f, text) > 0);
	assert_int_equal(gzclose(f), Z_OK);
}

/* The sandbox hides symbols: with them daemon and doctor would not agree. */
static void the_configuration_is_found_wherever_it_is(void **state)
{
	struct facts f;

	(void)state;
	put_dom0();
	tree_drop(&tree, "boot");
	tree_put(&tree, "proc/kallsyms", "0000000000000000 T xen_alloc_unpopulated_pages\n");
	facts_gather(tree.root, &f);
	assert_int_equal(f.unpopulated, ANSWER_UNKNOWN);
	put_compressed("proc/config.gz", "CONFIG_XEN=y\nCONFIG_XEN_UNPOPULATED_ALLOC=y\n");
	facts_gather(tree.root, &f);
	assert_int_equal(f.unpopulated, ANSWER_YES);
	tree_put(&tree, "lib/modules/6.1.0-32-amd64/config",
		 "# CONFIG_XEN_UNPOPULATED_ALLOC is not set\n");
	facts_gather(tree.root, &f);
	assert_int_equal(f.unpopulated, ANSWER_NO);
	/* one that is cut off says nothing */
	tree_drop(&tree, "lib");
	tree_put(&tree, "proc/config.gz", "\x1f\x8b\x08");
	facts_gather(tree.root, &f);
	assert_int_equal(f.unpopulated, ANSWER_UNKNOWN);
}

/* A kernel before 4.20. */
static void parameters_that_are_not_all_there_cannot_be_used(void **state)
{
	struct facts f;

	(void)state;
	put_dom0();
	tree_drop(&tree, PARAMS_DIR "/persistent_grant_unused_seconds");
	facts_gather(tree.root, &f);
	assert_true(f.blkback);
	assert_false(f.params);
}

static void pressure_without_triggers_is_seen(void **state)
{
	struct facts f;
	struct sealed s;

	(void)state;
	put_dom0();
	tree_seal(&tree, PSI_PATH, "some total=1\nfull total=1\n", &s);
	facts_gather(tree.root, &f);
	assert_int_equal(f.psi, PSI_TOTALS);
	tree_unseal(&s);
}

#define T(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ballooned_pages_are_ram),
		cmocka_unit_test(unpopulated_pages_are_no_ram_and_what_to_change_is_told),
		cmocka_unit_test(unpopulated_memory_is_not_switched_off_where_that_cannot_be),
		cmocka_unit_test(what_can_be_changed_here_is_told_and_no_more),
		cmocka_unit_test(lines_for_grub_add_to_what_is_there),
		cmocka_unit_test(frames_ballooned_out_before_cancel_it),
		cmocka_unit_test(no_free_memory_in_xen_cancels_it),
		cmocka_unit_test(memory_that_comes_online_by_itself_is_told),
		cmocka_unit_test(where_pages_come_from_may_be_unknown),
		cmocka_unit_test(without_xen_there_is_nothing_to_give),
		cmocka_unit_test(a_driver_domain_is_a_backend_domain_too),
		cmocka_unit_test(an_old_kernel_does_not_squeeze_by_itself),
		cmocka_unit_test(what_is_missing_is_told),
		cmocka_unit_test(before_linux_4_20_there_is_nothing_to_switch_on),
		cmocka_unit_test(a_trigger_refused_for_want_of_memory_is_no_want_of_rights),
		cmocka_unit_test(by_what_disks_are_seen_is_told),
		cmocka_unit_test(findings_fit_whatever_the_facts),
		T(on_an_empty_host_nothing_is_known),
		T(the_facts_of_dom0_are_gathered),
		T(dom0_is_seen_without_xenfs),
		T(a_pvh_dom0_is_seen),
		T(memory_that_comes_online_is_seen),
		T(where_pages_come_from_is_found_out),
		T(the_configuration_is_found_wherever_it_is),
		T(parameters_that_are_not_all_there_cannot_be_used),
		T(pressure_without_triggers_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
