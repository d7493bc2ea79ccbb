/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A private xenstored for an integration test (testbed/xenstored). Must not
 * know about the daemon, nor what a test puts into the store.
 *
 * Paths are relative to the top of the tree, where `make` runs the tests, unless
 * compiled with -DXENSTORED_TESTBED; `make -C testbed/xenstored` comes first.
 */
#ifndef AGENT_TESTS_XENSTORED_H
#define AGENT_TESTS_XENSTORED_H

#include <stddef.h>

struct test_xenstored {
	char dir[40];
	char dom0_path[64]; /* socket that speaks as domain 0 */
};

/* Domain 0 is always there; @domids are the guests. Returns 0 or a negative errno. */
int test_xenstored_start(struct test_xenstored *x, const unsigned *domids, size_t n);

/* Returns 0 or a negative errno: 0 says that no process and no file is left. */
int test_xenstored_stop(struct test_xenstored *x);

/* End it, and start an empty one in the same place: what a restart of xenstored is. */
int test_xenstored_end(struct test_xenstored *x);
int test_xenstored_again(struct test_xenstored *x, const unsigned *domids, size_t n);

/* From here on xs_open() of this process speaks as @domid. 0 or a negative errno. */
int test_xenstored_as(struct test_xenstored *x, unsigned domid);

#endif
