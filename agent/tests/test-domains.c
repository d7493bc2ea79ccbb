// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests of how domains are known by name and UUID, against a real xenstored. Knows no daemon. */
#include "host/domains.h"
#include "host/util.h"
#include "tests/cmocka-all.h"
#include "tests/xenstored.h"

#include <fcntl.h>
#include <string.h>
#include <xenstore.h>

#define UUID "0a1b2c3d-0000-1111-2222-333344445555"

static struct test_xenstored xenstored;
static struct store store;
static struct domain_rule rules[] = {{.whom = "db"}, {.whom = UUID}, {.whom = "web"}};
static struct policy policy = {.rules = rules, .n_rules = ARRAY_SIZE(rules)};

/* As the toolstack makes it: dom0's, and the guest may read it. */
static void put(unsigned domid, const char *key, const char *value)
{
	struct xs_permissions perms[] = {{.id = 0, .perms = XS_PERM_NONE},
					 {.id = domid, .perms = XS_PERM_READ}};
	char path[64];

	(void)snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, key);
	assert_true(xs_write(store.xs, XBT_NULL, path, value, (unsigned)strlen(value)));
	assert_true(xs_set_permissions(store.xs, XBT_NULL, path, perms, 2));
}

static void drop(unsigned domid, const char *key)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, key);
	assert_true(xs_rm(store.xs, XBT_NULL, path));
}

static struct vbd *name_one(struct vbd *v)
{
	struct vbd_list list = {.vbds = v, .n = 1};

	domains_name(&store, &policy, &list, DOMAINS_AT_ONCE);
	return v;
}

static void a_domain_is_known_by_its_name(void **state)
{
	struct vbd v = {.domid = 1};

	(void)state;
	put(1, "name", "web");
	put(1, "vm", "/vm/ffffffff-0000-1111-2222-333344445555");
	assert_true(name_one(&v)->named);
	assert_int_equal(v.rule, 3);
}

static void its_uuid_goes_before_its_name(void **state)
{
	struct vbd v = {.domid = 1};

	(void)state;
	put(1, "name", "web");
	put(1, "vm", "/vm/" UUID);
	assert_int_equal(name_one(&v)->rule, 2);
}

static void a_domain_of_no_section_has_a_name_and_no_rule(void **state)
{
	struct vbd v = {.domid = 1};

	(void)state;
	put(1, "name", "webb");
	put(1, "vm", UUID); /* not as the toolstack writes it */
	assert_true(name_one(&v)->named);
	assert_int_equal(v.rule, 0);
}

/* The rule of the name that it will have may exclude it. */
static void a_domain_that_migrates_has_no_name_yet(void **state)
{
	struct vbd v = {.domid = 1};

	(void)state;
	put(1, "vm", "/vm/x");
	put(1, "name", "db--incoming");
	assert_false(name_one(&v)->named);
	put(1, "name", "db--migratedaway");
	assert_false(name_one(&v)->named);
	put(1, "name", "--incoming"); /* a name like any other */
	assert_true(name_one(&v)->named);
	v.named = false;
	put(1, "name", "db--incoming");
	put(1, "vm", "/vm/" UUID); /* which does not change */
	assert_int_equal(name_one(&v)->rule, 2);
	v.named = false;
	put(1, "name", "db");
	put(1, "vm", "/vm/x");
	assert_int_equal(name_one(&v)->rule, 1);
}

static void a_stub_domain_is_treated_as_the_domain_it_serves(void **state)
{
	struct vbd v = {.domid = 5};

	(void)state;
	put(4, "name", "db");
	put(4, "vm", "/vm/x");
	put(5, "name", "db-dm");
	put(5, "vm", "/vm/y");
	put(5, "target", "4");
	assert_true(name_one(&v)->named);
	assert_int_equal(v.rule, 1);
	v.named = false;
	put(5, "name", "web"); /* a section of its own comes first */
	assert_int_equal(name_one(&v)->rule, 3);
	v.named = false;
	put(5, "name", "db-dm");
	put(5, "target", "nonsense");
	assert_true(name_one(&v)->named);
	assert_int_equal(v.rule, 0);
	put(5, "target", "4");
	drop(4, "name");
	v.named = false;
	assert_false(name_one(&v)->named);
}

static void dom0_has_no_uuid(void **state)
{
	struct vbd v = {.domid = 1};

	(void)state;
	put(1, "name", "db");
	put(1, "vm", "");
	drop(1, "vm");
	assert_int_equal(name_one(&v)->rule, 1);
}

static void what_cannot_be_looked_up_has_no_name(void **state)
{
	char value[1000];
	struct vbd v = {.domid = 1};

	(void)state;
	put(1, "name", "");
	drop(1, "name");
	assert_false(name_one(&v)->named);
	memset(value, 'x', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	put(1, "name", value);
	assert_false(name_one(&v)->named);
	put(1, "name", "db");
	assert_true(name_one(&v)->named);
}

/* A value in xenstore is bytes: what stands behind a NUL is not passed over. */
static void a_name_with_a_nul_is_none(void **state)
{
	struct vbd v = {.domid = 1};

	(void)state;
	put(1, "vm", "/vm/x");
	assert_true(xs_write(store.xs, XBT_NULL, "/local/domain/1/name", "db\0x", 4));
	assert_false(name_one(&v)->named);
	put(1, "name", "db");
	assert_int_equal(name_one(&v)->rule, 1);
}

/* A driver domain may not read who the others are. */
static void a_domain_without_the_right_to_read_names_nobody(void **state)
{
	struct vbd v = {.domid = 1};
	struct vbd_list list = {.vbds = &v, .n = 1};
	struct store guest;

	(void)state;
	put(1, "name", "db");
	assert_int_equal(test_xenstored_as(&xenstored, 2), 0);
	assert_int_equal(store_open(&guest, AT_FDCWD), 0);
	domains_name(&guest, &policy, &list, DOMAINS_AT_ONCE);
	assert_false(v.named);
	store_close(&guest);
	list.vbds = &v;
	guest.xs = NULL; /* and without xenstore nobody has a name */
	domains_name(&guest, &policy, &list, DOMAINS_AT_ONCE);
	assert_false(v.named);
}

static void disks_of_one_domain_are_looked_up_once(void **state)
{
	struct vbd three[] = {{.domid = 1, .devid = 1}, {.domid = 1, .devid = 2}, {.domid = 2}};
	struct vbd_list list = {.vbds = three, .n = 3};

	(void)state;
	put(1, "name", "db");
	put(1, "vm", "/vm/x");
	put(2, "name", "web");
	domains_name(&store, &policy, &list, 1);
	assert_true(three[0].named && three[1].named);
	assert_false(three[2].named); /* its turn comes */
	assert_int_equal(three[1].rule, 1);
	put(1, "name", "web"); /* not asked for again */
	domains_name(&store, &policy, &list, 1);
	assert_int_equal(three[0].rule, 1);
	assert_int_equal(three[2].rule, 3);
	domains_forget(&list);
	domains_name(&store, &policy, &list, 2);
	assert_int_equal(three[0].rule, 3);
}

static void a_failure_of_one_domain_is_not_the_nexts(void **state)
{
	struct vbd three[] = {{.domid = 1},
			      {.domid = 2, .devid = 1, .named = true, .rule = 3},
			      {.domid = 2, .devid = 2}};
	struct vbd_list list = {.vbds = three, .n = 3};

	(void)state;
	put(1, "name", "");
	drop(1, "name");
	domains_name(&store, &policy, &list, DOMAINS_AT_ONCE);
	assert_false(three[0].named);
	assert_true(three[2].named);
	assert_int_equal(three[2].rule, 3);
}

/* At so many scans that find it in use. */
static void learn_grants(struct vbd *v, int scans)
{
	struct vbd_list list = {.vbds = v, .n = 1};

	for (int i = 0; i < scans; i++)
		domains_learn_grants(&store, &list, DOMAINS_AT_ONCE);
}

/* GRUB has used the disk before it, without. */
static void a_guest_that_asks_for_persistent_grants_late_has_them(void **state)
{
	struct vbd v = {.domid = 1, .devid = 51712, .met = true};

	(void)state;
	learn_grants(&v, 8);
	assert_false(v.persistent);
	put(1, "device/vbd/51712/feature-persistent", "1");
	learn_grants(&v, 8);
	assert_true(v.persistent);
	drop(1, "device/vbd/51712/feature-persistent");
}

/* Else 64 disks of such guests would keep others from being looked up. */
static void odd_text_of_a_guest_is_an_answer(void **state)
{
	struct vbd v = {.domid = 1, .devid = 51712, .met = true};

	(void)state;
	put(1, "device/vbd/51712/feature-persistent", "12345678901234567890");
	learn_grants(&v, 1);
	assert_int_equal(v.grant_looks, 1);
	assert_false(v.persistent);
	drop(1, "device/vbd/51712/feature-persistent");
}

/* A disk costs no more than a few requests in all. */
static void one_without_is_not_looked_at_for_ever(void **state)
{
	struct vbd v = {.domid = 1, .devid = 51712, .met = true};

	(void)state;
	learn_grants(&v, 2 * GRANT_LOOKS);
	put(1, "device/vbd/51712/feature-persistent", "1");
	learn_grants(&v, 1);
	assert_false(v.persistent);
	drop(1, "device/vbd/51712/feature-persistent");
}

static void without_rules_nobody_is_asked(void **state)
{
	struct policy none = {0};
	struct vbd v = {.domid = 1};
	struct vbd_list list = {.vbds = &v, .n = 1};

	(void)state;
	put(1, "name", "db");
	domains_name(&store, &none, &list, DOMAINS_AT_ONCE);
	assert_false(v.named);
}

static void below_another_root_there_is_no_xenstore_but_a_named_one(void **state)
{
	_cleanup_close_ int root = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *path = strdup(getenv("XENSTORED_PATH"));
	struct store s;

	(void)state;
	assert_int_equal(store_open(&s, root), 0);
	store_close(&s);
	assert_int_equal(unsetenv("XENSTORED_PATH"), 0);
	assert_int_equal(store_open(&s, root), -ENOTCONN);
	assert_int_equal(setenv("XENSTORED_PATH", path, 1), 0);
}

static int setup(void **state)
{
	const unsigned domids[] = {1, 2};

	(void)state;
	assert_int_equal(test_xenstored_start(&xenstored, domids, 2), 0);
	assert_int_equal(test_xenstored_as(&xenstored, 0), 0);
	return store_open(&store, AT_FDCWD);
}

static int teardown(void **state)
{
	(void)state;
	store_close(&store);
	assert_int_equal(test_xenstored_stop(&xenstored), 0);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_domain_is_known_by_its_name),
		cmocka_unit_test(its_uuid_goes_before_its_name),
		cmocka_unit_test(a_domain_of_no_section_has_a_name_and_no_rule),
		cmocka_unit_test(a_domain_that_migrates_has_no_name_yet),
		cmocka_unit_test(a_stub_domain_is_treated_as_the_domain_it_serves),
		cmocka_unit_test(dom0_has_no_uuid),
		cmocka_unit_test(what_cannot_be_looked_up_has_no_name),
		cmocka_unit_test(a_name_with_a_nul_is_none),
		cmocka_unit_test(a_domain_without_the_right_to_read_names_nobody),
		cmocka_unit_test(disks_of_one_domain_are_looked_up_once),
		cmocka_unit_test(a_failure_of_one_domain_is_not_the_nexts),
		cmocka_unit_test(a_guest_that_asks_for_persistent_grants_late_has_them),
		cmocka_unit_test(odd_text_of_a_guest_is_an_answer),
		cmocka_unit_test(one_without_is_not_looked_at_for_ever),
		cmocka_unit_test(without_rules_nobody_is_asked),
		cmocka_unit_test(below_another_root_there_is_no_xenstore_but_a_named_one),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
