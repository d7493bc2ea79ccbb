// SPDX-License-Identifier: GPL-2.0-or-later
/* The daemon's lock; see lock.h. */
#include "host/lock.h"

#include "host/util.h"

#include <fcntl.h>
#include <sys/stat.h>

/* Bound to the descriptor, and can be asked about without taking it. */
static struct flock whole_file(void)
{
	return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

int lock_take(int root)
{
	struct flock l = whole_file();
	int fd;
	int r;

	if (mkdirat(root, RUN_DIR, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(root, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (fcntl(fd, F_OFD_SETLK, &l) == 0)
		return fd;
	r = errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
	(void)close(fd);
	return r;
}

int lock_held(int root)
{
	struct flock l = whole_file();
	_cleanup_close_ int fd = openat(root, LOCK_FILE, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fcntl(fd, F_OFD_GETLK, &l) < 0)
		return -errno;
	return l.l_type != F_UNLCK;
}
