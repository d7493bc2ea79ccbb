// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest that says it has set up a disk's ring, and has not: "event-channel" is missing. It must
 * not know what the backend makes of it.
 *
 *   half-connect DISK TIMES    Fails if the backend does not follow, within a minute each time.
 */
#include "frontend.h"

#include <stdio.h>
#include <stdlib.h>

static bool half_connect(struct frontend *disk)
{
	if (!frontend_go_to(disk, CLOSED, CLOSED) || !frontend_go_to(disk, INITIALISING, INIT_WAIT))
		return false;
	frontend_remove(disk, "event-channel"); /* the second time there is none */
	return frontend_go_to(disk, INITIALISED, CLOSING);
}

int main(int argc, char **argv)
{
	struct frontend disk;
	bool done = true;

	if (argc != 3) {
		(void)fprintf(stderr, "usage: half-connect DISK TIMES\n");
		return 2;
	}
	if (!frontend_open(&disk, argv[1]))
		return 2;
	for (long left = strtol(argv[2], NULL, 10); done && left > 0; left--)
		done = half_connect(&disk);
	/* As its driver leaves it. */
	done = done && frontend_go_to(&disk, CLOSED, CLOSED);
	frontend_close(&disk);
	return done ? 0 : 1;
}
