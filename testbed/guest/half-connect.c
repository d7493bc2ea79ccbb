// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest that says it has set up a disk's ring, and has not: "event-channel" is missing. Its
 * driver has to be unbound from the disk before. It must not know what the backend makes of it.
 *
 *   half-connect DISK TIMES    Fails if the backend does not follow, within a minute each time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xenstore.h>

#define PATH_CHARS 256

/* enum xenbus_state of Xen's public header xenbus.h */
enum { INITIALISING = '1', INIT_WAIT = '2', INITIALISED = '3', CLOSING = '5', CLOSED = '6' };

static bool write_state(struct xs_handle *xs, const char *frontend, char state)
{
	char path[PATH_CHARS];

	(void)snprintf(path, sizeof(path), "%s/state", frontend);
	return xs_write(xs, XBT_NULL, path, &state, 1);
}

/* Looks again and again: for a watch libxenstore starts a thread, which a static program cannot. */
static bool await_state(struct xs_handle *xs, const char *backend, char wanted)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	char path[PATH_CHARS];

	(void)snprintf(path, sizeof(path), "%s/state", backend);
	for (int looks = 0; looks < 6000; looks++) {
		char *state = xs_read(xs, XBT_NULL, path, NULL);
		bool there = state && state[0] == wanted;

		free(state);
		if (there)
			return true;
		(void)nanosleep(&pause, NULL);
	}
	errno = ETIME;
	return false;
}

/* go_to SELF OTHER: says so in the frontend's state, and waits for the backend's. */
static bool go_to(struct xs_handle *xs, const char *frontend, const char *backend, char self,
		  char other)
{
	if (write_state(xs, frontend, self) && await_state(xs, backend, other))
		return true;
	(void)fprintf(stderr, "half-connect: state %c: %s\n", self, strerror(errno));
	return false;
}

static bool half_connect(struct xs_handle *xs, const char *frontend, const char *backend)
{
	char path[PATH_CHARS];

	(void)snprintf(path, sizeof(path), "%s/event-channel", frontend);
	if (!go_to(xs, frontend, backend, CLOSED, CLOSED) ||
	    !go_to(xs, frontend, backend, INITIALISING, INIT_WAIT))
		return false;
	(void)xs_rm(xs, XBT_NULL, path); /* the second time there is none */
	return go_to(xs, frontend, backend, INITIALISED, CLOSING);
}

int main(int argc, char **argv)
{
	struct xs_handle *xs = xs_open(0);
	char frontend[PATH_CHARS / 2];
	char path[PATH_CHARS];
	char *backend;
	long times;

	if (argc != 3 || !xs) {
		(void)fprintf(stderr, xs ? "usage: half-connect DISK TIMES\n"
					 : "half-connect: no xenstore\n");
		return 2;
	}
	times = strtol(argv[2], NULL, 10);
	(void)snprintf(frontend, sizeof(frontend), "device/vbd/%s", argv[1]);
	(void)snprintf(path, sizeof(path), "%s/backend", frontend);
	backend = xs_read(xs, XBT_NULL, path, NULL);
	if (!backend) {
		(void)fprintf(stderr, "half-connect: no disk %s\n", argv[1]);
		return 2;
	}
	for (long i = 0; i < times; i++)
		if (!half_connect(xs, frontend, backend))
			return 1;
	/* As its driver leaves it. */
	if (!go_to(xs, frontend, backend, CLOSED, CLOSED))
		return 1;
	free(backend);
	xs_close(xs);
	return 0;
}
