// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stub: stands between a program and the C library (LD_PRELOAD) and lets what the environment
 * names fail. Must not know which program it is in.
 *
 *   STUB_ALLOC=N       the Nth allocation fails, and "stub: failed" on stderr tells that it was
 *                      reached
 *   STUB_CALL=open|write, STUB_PATH=SUFFIX, STUB_ERRNO=NUMBER, STUB_AFTER=M, STUB_TIMES=N
 *                      where files with such a path are opened for writing, or written to, that
 *                      fails N times after it went well M times
 *   STUB_CLOCK=FILE    the time of day is off by the seconds in the file
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) real_##name = (__typeof__(real_##name))dlsym(RTLD_NEXT, #name)

static void *(*real_malloc)(size_t size);
static void *(*real_calloc)(size_t n, size_t size);
static void *(*real_realloc)(void *p, size_t size);
static int (*real_openat)(int dir, const char *path, int flags, ...);
static ssize_t (*real_write)(int fd, const void *buf, size_t len);
static time_t (*real_time)(time_t *t);

/* For dlsym(), which allocates before there is anything to allocate with. */
static char early[4096];
static size_t early_used;

static atomic_ulong allocations;
static unsigned long fail_at;
static const char *call;
static const char *suffix;
static int error;
static atomic_long seen;
static long after;
static long times;
static const char *clock_file;

static const char *setting(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

__attribute__((constructor)) static void start(void)
{
	REAL(malloc);
	REAL(calloc);
	REAL(realloc);
	REAL(openat);
	REAL(write);
	REAL(time);
	call = setting("STUB_CALL");
	suffix = setting("STUB_PATH");
	error = atoi(setting("STUB_ERRNO"));
	after = atol(setting("STUB_AFTER"));
	times = atol(setting("STUB_TIMES"));
	clock_file = setting("STUB_CLOCK");
	fail_at = strtoul(setting("STUB_ALLOC"), NULL, 10);
}

static bool fails(void)
{
	static const char text[] = "stub: failed\n";

	if (!fail_at || atomic_fetch_add(&allocations, 1) + 1 != fail_at)
		return false;
	(void)!real_write(STDERR_FILENO, text, sizeof(text) - 1);
	errno = ENOMEM;
	return true;
}

static void *take_early(size_t size)
{
	void *p = early + early_used;

	early_used += (size + 15) & ~(size_t)15;
	return early_used <= sizeof(early) ? p : NULL;
}

void *malloc(size_t size)
{
	if (!real_malloc)
		return take_early(size);
	return fails() ? NULL : real_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	if (!real_calloc)
		return take_early(n * size);
	return fails() ? NULL : real_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	if (!real_realloc)
		return take_early(size);
	return fails() ? NULL : real_realloc(p, size);
}

static bool ends(const char *path)
{
	size_t n = strlen(path);
	size_t m = strlen(suffix);

	return m > 0 && n >= m && strcmp(path + n - m, suffix) == 0;
}

static bool meant(const char *what, const char *path)
{
	long nth;

	if (strcmp(call, what) != 0 || !ends(path))
		return false;
	nth = atomic_fetch_add(&seen, 1);
	return nth >= after && nth < after + times;
}

int openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	if ((flags & O_ACCMODE) != O_RDONLY && meant("open", path)) {
		errno = error;
		return -1;
	}
	/* a parameter in sysfs is not emptied by that, and keeps its value when a write fails */
	if (strcmp(call, "write") == 0 && ends(path) && !(flags & O_CREAT))
		flags &= ~O_TRUNC;
	return real_openat(dir, path, flags, mode);
}

ssize_t write(int fd, const void *buf, size_t len)
{
	char link[32];
	char path[512];
	ssize_t n;

	if (strcmp(call, "write") == 0) {
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, path, sizeof(path) - 1);
		path[n < 0 ? 0 : n] = '\0';
		if (meant("write", path)) {
			errno = error;
			return -1;
		}
		if (ends(path))
			(void)!ftruncate(fd, 0);
	}
	return real_write(fd, buf, len);
}

time_t time(time_t *t)
{
	time_t now = real_time(NULL);
	FILE *f = *clock_file ? fopen(clock_file, "re") : NULL;
	long off = 0;

	if (f && fscanf(f, "%ld", &off) == 1)
		now += off;
	if (f)
		(void)fclose(f);
	if (t)
		*t = now;
	return now;
}
