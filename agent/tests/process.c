// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/process.h"

#include "host/util.h"
#include "tests/cmocka-all.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

uint64_t process_number(pid_t pid, const char *file, const char *key)
{
	char path[64];
	char text[4096];
	uint64_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	assert_true(read_text(AT_FDCWD, path, text, sizeof(text)) > 0);
	assert_int_equal(find_number(text, key, &n), 0);
	return n;
}

uint64_t process_wake_ups(pid_t pid)
{
	char path[64];
	uint64_t n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	assert_non_null(dir);
	for (const struct dirent *d = readdir(dir); d; d = readdir(dir)) {
		if (d->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "task/%.16s/status", d->d_name);
		n += process_number(pid, path, "voluntary_ctxt_switches:");
	}
	(void)closedir(dir);
	return n;
}

uint64_t process_cpu_ns(pid_t pid)
{
	struct timespec t;
	clockid_t clock;

	assert_int_equal(clock_getcpuclockid(pid, &clock), 0);
	assert_int_equal(clock_gettime(clock, &t), 0);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}
