// SPDX-License-Identifier: GPL-2.0-or-later
/* libxenlight for the command line; see toolstack.h. */
#include "cli/toolstack.h"

#include "host/util.h"

#include <fcntl.h>
#include <libxl.h>
#include <libxl_uuid.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <xentoollog.h>

/* In libxl's userdata of a domain, under the name that libxl gives this lock. */
#define LOCK_PATH "var/lib/xen/userdata-l.0." LIBXL_UUID_FMT ".blkback-reclaim-lock"

struct toolstack {
	xentoollog_logger *log;
	libxl_ctx *ctx;
};

static void close_toolstack(struct toolstack *t)
{
	(void)libxl_ctx_free(t->ctx);
	if (t->log)
		xtl_logger_destroy(t->log);
}

/* Return: 0, or -EIO: no Xen, or no right to use it. Must be closed either way. */
static int open_toolstack(struct toolstack *t)
{
	*t = (struct toolstack){0};
	t->log = (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, XTL_CRITICAL, 0);
	if (!t->log)
		return -ENOMEM;
	return libxl_ctx_alloc(&t->ctx, LIBXL_VERSION, 0, t->log) == 0 ? 0 : -EIO;
}

int64_t toolstack_free_kb(void)
{
	struct toolstack t;
	libxl_physinfo info;
	int64_t kb = -1;

	if (open_toolstack(&t) == 0) {
		libxl_physinfo_init(&info);
		if (libxl_get_physinfo(t.ctx, &info) == 0)
			kb = (int64_t)(info.free_pages * 4);
		libxl_physinfo_dispose(&info);
	}
	close_toolstack(&t);
	return kb;
}

/* dom0's UUID is all zero unless it was given one. */
static void lock_path(char *path, size_t size)
{
	struct toolstack t;
	libxl_dominfo info;
	libxl_uuid uuid;

	libxl_uuid_clear(&uuid);
	if (open_toolstack(&t) == 0) {
		libxl_dominfo_init(&info);
		if (libxl_domain_info(t.ctx, &info, 0) == 0)
			uuid = info.uuid;
		libxl_dominfo_dispose(&info);
	}
	close_toolstack(&t);
	(void)snprintf(path, size, LOCK_PATH, LIBXL_UUID_BYTES(uuid));
}

static void on_alarm(int signal)
{
	(void)signal; /* it only interrupts flock() */
}

static int wait_for_lock(int fd, uint64_t timeout_s)
{
	const struct sigaction wake = {.sa_handler = on_alarm};
	const struct itimerval off = {0};
	/* repeated, since the first may come before flock() waits */
	const struct itimerval limit = {.it_value.tv_sec = (time_t)timeout_s,
					.it_interval.tv_usec = 100000};
	struct sigaction old;
	int r;

	if (sigaction(SIGALRM, &wake, &old) < 0)
		return -errno;
	(void)setitimer(ITIMER_REAL, &limit, NULL);
	r = flock(fd, LOCK_EX) < 0 ? -errno : 0;
	(void)setitimer(ITIMER_REAL, &off, NULL);
	(void)sigaction(SIGALRM, &old, NULL);
	return r == -EINTR ? -ETIMEDOUT : r;
}

/* The last holder of the lock may have removed the file: then another one has its name. */
static bool still_there(int root, const char *path, int fd)
{
	struct stat held;
	struct stat named;

	return fstat(fd, &held) == 0 && fstatat(root, path, &named, 0) == 0 &&
	       held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

int toolstack_lock(int root, uint64_t timeout_s)
{
	uint64_t end_us = now_us() + timeout_s * USEC_PER_SEC;
	char path[128];

	lock_path(path, sizeof(path));
	for (;;) {
		int fd = openat(root, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		int r;

		if (fd < 0)
			return -errno;
		r = wait_for_lock(fd, timeout_s);
		if (r == 0 && still_there(root, path, fd))
			return fd;
		(void)close(fd);
		if (r < 0)
			return r;
		if (now_us() >= end_us)
			return -ETIMEDOUT;
	}
}
