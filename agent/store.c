// SPDX-License-Identifier: GPL-2.0-or-later
/* libxenstore with errors as negative errno; see store.h. */
#include "store.h"

#include "util.h"

#include <string.h>
#include <xenstore.h>

/* libxenstore does not always say why. */
static int failed(void)
{
	return errno ? -errno : -EIO;
}

int store_open(struct store *s)
{
	errno = 0;
	s->xs = xs_open(0);
	return s->xs ? 0 : failed();
}

void store_close(struct store *s)
{
	if (s->xs)
		xs_close(s->xs);
	s->xs = NULL;
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

	errno = 0;
	value = xs_read(s->xs, XBT_NULL, path, &len);
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

int store_write(struct store *s, const char *path, const char *value)
{
	errno = 0;
	return xs_write(s->xs, XBT_NULL, path, value, (unsigned)strlen(value)) ? 0 : failed();
}
