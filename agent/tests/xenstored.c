// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A private xenstored for an integration test: calls testbed/xenstored's start
 * and stop. Must not know how they work, nor what a test puts into the store.
 */
#include "tests/xenstored.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef XENSTORED_TESTBED
#define XENSTORED_TESTBED "testbed/xenstored"
#endif

#define START XENSTORED_TESTBED "/start"
#define STOP  XENSTORED_TESTBED "/stop"

extern char **environ;

/* The program says itself on stderr what went wrong. */
static int run(char *const argv[])
{
	int rc, status;
	pid_t pid;

	rc = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);
	if (rc)
		return -rc;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

int test_xenstored_again(struct test_xenstored *x, const unsigned *domids, size_t n)
{
	char domid[12], start[] = START, **argv;
	size_t i;
	int rc = 0;

	argv = calloc(n + 3, sizeof(*argv));
	if (!argv)
		rc = -ENOMEM;
	for (i = 0; i < n && !rc; i++) {
		snprintf(domid, sizeof(domid), "%u", domids[i]);
		argv[2 + i] = strdup(domid);
		if (!argv[2 + i])
			rc = -ENOMEM;
	}
	if (!rc) {
		argv[0] = start;
		argv[1] = x->dir;
		rc = run(argv);
	}
	for (i = 0; argv && i < n; i++)
		free(argv[2 + i]);
	free(argv);
	return rc;
}

int test_xenstored_start(struct test_xenstored *x, const unsigned *domids, size_t n)
{
	int rc;

	/* A socket's path is short: not below TMPDIR, which may be long. */
	strcpy(x->dir, "/tmp/xen-reclaim-test.XXXXXX");
	if (!mkdtemp(x->dir))
		return -errno;
	snprintf(x->dom0_path, sizeof(x->dom0_path), "%s/socket", x->dir);
	rc = test_xenstored_again(x, domids, n);
	if (rc)
		test_xenstored_stop(x);
	return rc;
}

int test_xenstored_end(struct test_xenstored *x)
{
	char stop[] = STOP;
	char *const argv[] = {stop, x->dir, NULL};

	return run(argv);
}

int test_xenstored_stop(struct test_xenstored *x)
{
	int rc = test_xenstored_end(x);

	if (rmdir(x->dir) && !rc)
		rc = -errno;
	return rc;
}

int test_xenstored_as(struct test_xenstored *x, unsigned domid)
{
	char path[64];

	if (!domid)
		return setenv("XENSTORED_PATH", x->dom0_path, 1) ? -errno : 0;
	snprintf(path, sizeof(path), "%s/dom%u", x->dir, domid);
	if (access(path, F_OK))
		return -errno;
	return setenv("XENSTORED_PATH", path, 1) ? -errno : 0;
}
