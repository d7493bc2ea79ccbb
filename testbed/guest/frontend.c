// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "frontend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PATH_CHARS 256

static void path_of(const struct frontend *self, char path[static PATH_CHARS], const char *key)
{
	(void)snprintf(path, PATH_CHARS, "device/vbd/%s/%s", self->disk, key);
}

static bool complain(const char *what)
{
	(void)fprintf(stderr, "frontend: %s: %s\n", what, strerror(errno));
	return false;
}

bool frontend_write(struct frontend *self, const char *key, const char *value)
{
	char path[PATH_CHARS];

	path_of(self, path, key);
	return xs_write(self->xs, XBT_NULL, path, value, (unsigned int)strlen(value)) ||
	       complain(key);
}

void frontend_remove(struct frontend *self, const char *key)
{
	char path[PATH_CHARS];

	path_of(self, path, key);
	(void)xs_rm(self->xs, XBT_NULL, path);
}

static char *read_key(struct frontend *self, const char *key)
{
	char path[PATH_CHARS];

	path_of(self, path, key);
	return xs_read(self->xs, XBT_NULL, path, NULL);
}

/* Looks again and again: for a watch libxenstore starts a thread, which a static program cannot. */
static bool await_backend(struct frontend *self, char wanted)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	char path[PATH_CHARS];

	(void)snprintf(path, sizeof(path), "%s/state", self->backend);
	for (int looks = 0; looks < 6000; looks++) {
		char *state = xs_read(self->xs, XBT_NULL, path, NULL);
		bool there = state && state[0] == wanted;

		free(state);
		if (there)
			return true;
		(void)nanosleep(&pause, NULL);
	}
	errno = ETIME;
	return false;
}

bool frontend_go_to(struct frontend *self, char state, char backend_state)
{
	char text[] = {state, '\0'};
	char what[] = "state ?";

	if (!frontend_write(self, "state", text))
		return false;
	what[sizeof(what) - 2] = state;
	return await_backend(self, backend_state) || complain(what);
}

bool frontend_open(struct frontend *self, const char *disk)
{
	char *domid;

	*self = (struct frontend){.xs = xs_open(0), .disk = disk};
	if (!self->xs)
		return complain("xenstore");
	self->backend = read_key(self, "backend");
	domid = read_key(self, "backend-id");
	if (!self->backend || !domid) {
		free(domid);
		(void)complain(disk);
		frontend_close(self);
		return false;
	}
	self->backend_domid = (unsigned int)strtoul(domid, NULL, 10);
	free(domid);
	return true;
}

void frontend_close(struct frontend *self)
{
	free(self->backend);
	xs_close(self->xs);
}
