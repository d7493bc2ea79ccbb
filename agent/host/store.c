// SPDX-License-Identifier: GPL-2.0-or-later
/* libxenstore with errors as negative errno; see store.h. */
#include "host/store.h"

#include "host/util.h"

#include <execinfo.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <xenstore.h>

/* libxenstore does not always say why. */
static int failed(void)
{
	return errno ? -errno : -EIO;
}

/* Return: a socket; -ENOENT where xenstored has none, being in another domain. */
static int connect_xenstored(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd;
	int r;

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", xs_daemon_socket());
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	r = -errno;
	(void)close(fd);
	return r;
}

/*
 * libxenstore ends its thread by pthread_cancel(), for which the C library loads a library then,
 * and aborts if it cannot for want of memory. It is loaded now, as backtrace() needs it too.
 */
static bool load_unwinder(void)
{
	void *frame;

	return backtrace(&frame, 1) > 0;
}

static bool is_hosts(int root)
{
	struct stat a;
	struct stat b;

	return fstat(root, &a) == 0 && stat("/", &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* Where nobody serves the socket any more, libxenstore would ask the kernel, and wait for ever. */
int store_open(struct store *s, int root)
{
	int fd;

	*s = (struct store){0};
	if (!is_hosts(root) && !getenv("XENSTORED_PATH"))
		return -ENOTCONN;
	fd = load_unwinder() ? connect_xenstored() : -ENOMEM;
	if (fd < 0 && fd != -ENOENT)
		return fd;
	s->life = fd < 0 ? 0 : fd + 1;
	errno = 0;
	s->xs = xs_open(0);
	if (s->xs)
		return 0;
	fd = failed();
	store_close(s);
	return fd;
}

void store_close(struct store *s)
{
	if (s->xs)
		xs_close(s->xs);
	if (s->life)
		(void)close(s->life - 1);
	*s = (struct store){0};
}

int store_life_fd(const struct store *s)
{
	return s->life - 1;
}

int store_fd(const struct store *s)
{
	return xs_fileno(s->xs);
}

int store_watch(struct store *s, const char *path)
{
	errno = 0;
	return xs_watch(s->xs, path, path) ? 0 : failed();
}

int store_unwatch(struct store *s, const char *path)
{
	errno = 0;
	return xs_unwatch(s->xs, path, path) ? 0 : failed();
}

int store_event(struct store *s, char *path, size_t size)
{
	_cleanup_free_ char **event = NULL;

	errno = 0;
	event = xs_check_watch(s->xs);
	if (!event)
		return errno == EAGAIN ? 0 : failed();
	(void)snprintf(path, size, "%s", event[XS_WATCH_TOKEN]);
	return 1;
}

int store_read(struct store *s, const char *path, char *buf, size_t size)
{
	_cleanup_free_ char *value = NULL;
	unsigned len;

	if (!s->xs)
		return -ENOTCONN;
	errno = 0;
	value = xs_read(s->xs, s->transaction, path, &len);
	if (!value)
		return failed();
	if (len >= size)
		return -E2BIG;
	if (memchr(value, '\0', len))
		return -EILSEQ;
	memcpy(buf, value, len);
	buf[len] = '\0';
	return (int)len;
}

unsigned store_domid(struct store *s)
{
	uint64_t domid = 0;
	char text[16];

	if (store_read(s, "domid", text, sizeof(text)) < 0 || parse_number(text, &domid) < 0)
		return 0;
	return (unsigned)domid;
}

int store_write(struct store *s, const char *path, const char *value)
{
	unsigned len = (unsigned)strlen(value);

	if (!s->xs)
		return -ENOTCONN;
	errno = 0;
	return xs_write(s->xs, s->transaction, path, value, len) ? 0 : failed();
}

int store_begin(struct store *s)
{
	if (!s->xs)
		return -ENOTCONN;
	errno = 0;
	s->transaction = xs_transaction_start(s->xs);
	return s->transaction != XBT_NULL ? 0 : failed();
}

int store_end(struct store *s, bool keep)
{
	xs_transaction_t t = s->transaction;

	s->transaction = XBT_NULL;
	errno = 0;
	return xs_transaction_end(s->xs, t, !keep) ? 0 : failed();
}
