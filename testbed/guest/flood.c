// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest's worst for whoever reads xenstore: it floods what it may write with values as long and
 * odd as may be, sends its disk's state through all values, and tries what it may not. It must not
 * know who reads.
 *
 *   flood ROUNDS DISK     0: without end. Fails if it could not write its own part, or could write
 *                         anything else.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#define LENGTH(a)  (sizeof(a) / sizeof(*(a)))
#define PATH_CHARS 128

/* A message holds 4096 bytes, with the path; xenstored refuses a guest a node of 2048. A name is
 * short. */
#define ODD_CHARS  3900
#define NODE_CHARS 1900
#define NAME_CHARS 60

/*
 * In a guest's part of the store as libxl makes it. Not "state": a backend that finds none, or none
 * it knows, takes its disk away, and there would be nothing left to flood.
 */
static const char *const own[] = {
	"device/vbd/%s/ring-page-order",
	"device/vbd/%s/multi-queue-num-queues",
	"data/odd",
};

/* The names with a slash in front are the same in every guest. */
static const char *const forbidden[] = {
	"/local/domain/0/blkback-reclaim/request",
	"/local/domain/0/blkback-reclaim/response",
	"/local/domain/0/blkback-reclaim/agent",
	"/local/domain/0/memory/target",
	"name",
	"vm",
};

/* Of its backend's folder. */
static const char *const forbidden_below[] = {"squeeze-ms", "state"};

static char *path_of(const char *format, const char *disk, char path[PATH_CHARS])
{
	const char *at = strstr(format, "%s");

	if (at)
		(void)snprintf(path, PATH_CHARS, "%.*s%s%s", (int)(at - format), format, disk,
			       at + 2);
	else
		(void)snprintf(path, PATH_CHARS, "%s", format);
	return path;
}

/* All but NUL, which no value of a C program holds anyhow: bells, escapes, half of UTF-8. */
static void fill_odd(char odd[ODD_CHARS])
{
	static const char escape[] = "\033]0;forged\a\033[2J\nxen-reclaimd: forged\n";

	memcpy(odd, escape, sizeof(escape) - 1);
	for (size_t i = sizeof(escape) - 1; i < ODD_CHARS; i++)
		odd[i] = (char)(1 + i % 255);
}

static bool refused(struct xs_handle *xs, const char *path)
{
	static const char request[] = "1 pool - *";

	if (xs_write(xs, XBT_NULL, path, request, sizeof(request) - 1)) {
		(void)fprintf(stderr, "flood: %s can be written\n", path);
		return false;
	}
	if (errno == EACCES)
		return true;
	(void)fprintf(stderr, "flood: %s: %s\n", path, strerror(errno));
	return false;
}

/* The last rounds' values stay. */
static bool write_own(struct xs_handle *xs, const char *disk, const char odd[ODD_CHARS],
		      unsigned round)
{
	char state[2] = {(char)('1' + round % 6), '\0'};
	char path[PATH_CHARS];

	(void)path_of(own[round % LENGTH(own)], disk, path);
	(void)xs_rm(xs, XBT_NULL, path);
	(void)xs_write(xs, XBT_NULL, path, odd, ODD_CHARS);
	if (xs_write(xs, XBT_NULL, path, odd, round % 2 ? NAME_CHARS : NODE_CHARS) &&
	    xs_write(xs, XBT_NULL, path_of("device/vbd/%s/state", disk, path), state, 1))
		return true;
	perror("flood: own part of the store");
	return false;
}

static bool try_forbidden(struct xs_handle *xs, const char *disk, const char *backend,
			  unsigned round)
{
	char path[PATH_CHARS];

	(void)path_of(forbidden[round % LENGTH(forbidden)], disk, path);
	if (!refused(xs, path))
		return false;
	(void)snprintf(path, sizeof(path), "%.90s/%s", backend,
		       forbidden_below[round % LENGTH(forbidden_below)]);
	return refused(xs, path);
}

int main(int argc, char **argv)
{
	struct xs_handle *xs = xs_open(0);
	char path[PATH_CHARS];
	char odd[ODD_CHARS];
	unsigned rounds;
	char *backend;

	if (argc != 3 || !xs) {
		(void)fprintf(stderr, xs ? "usage: flood ROUNDS DISK\n" : "flood: no xenstore\n");
		return 2;
	}
	rounds = (unsigned)strtoul(argv[1], NULL, 10);
	backend = xs_read(xs, XBT_NULL, path_of("device/vbd/%s/backend", argv[2], path), NULL);
	if (!backend) {
		(void)fprintf(stderr, "flood: no disk %s\n", argv[2]);
		return 2;
	}
	fill_odd(odd);
	for (unsigned i = 0; rounds == 0 || i < rounds; i++)
		if (!write_own(xs, argv[2], odd, i) || !try_forbidden(xs, argv[2], backend, i))
			return 1;
	free(backend);
	xs_close(xs);
	return 0;
}
