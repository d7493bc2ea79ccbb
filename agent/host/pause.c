// SPDX-License-Identifier: GPL-2.0-or-later
/* The file that pauses the daemon; see pause.h. */
#include "host/pause.h"

#include "host/util.h"

#include <fcntl.h>
#include <sys/stat.h>

int pause_open(int root)
{
	int fd = openat(root, PAUSE_FILE, O_RDONLY | O_CREAT | O_CLOEXEC, 0644);

	return fd < 0 ? -errno : fd;
}

bool pause_read(int root)
{
	uint64_t pause;

	return read_number(root, PAUSE_FILE, &pause) == 0 && pause != 0;
}

int pause_write(int root, bool pause)
{
	return write_number(root, PAUSE_FILE, pause);
}
