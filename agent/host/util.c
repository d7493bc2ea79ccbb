// SPDX-License-Identifier: GPL-2.0-or-later
/* Small files, strict numbers and the clock; see util.h. Knows nothing of Xen. */
#include "host/util.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

/* Up to its end, or what one read() gives. */
static ssize_t read_from(int fd, char *buf, size_t size, bool to_end)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = read(fd, buf + len, size - len);
		if (n < 0 && errno != EINTR)
			return -errno;
		len += n > 0 ? (size_t)n : 0;
		if (len == size)
			return -E2BIG;
	} while (n < 0 || (to_end && n > 0));
	while (len > 0 && buf[len - 1] != '\0' && strchr(" \t\n", buf[len - 1]))
		len--;
	buf[len] = '\0';
	return (ssize_t)len;
}

ssize_t read_text(int root, const char *path, char *buf, size_t size)
{
	_cleanup_close_ int fd = openat(root, path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : read_from(fd, buf, size, true);
}

/* The kernel gives a number in one go; there may be thousands to read. */
int read_number(int root, const char *path, uint64_t *value)
{
	_cleanup_close_ int fd = openat(root, path, O_RDONLY | O_CLOEXEC);
	char text[32] = "";
	ssize_t n = fd < 0 ? -errno : read_from(fd, text, sizeof(text), false);

	return n < 0 ? (int)n : parse_number(text, value);
}

/* In one go, as sysfs wants it. */
static int write_whole(int fd, const char *text, size_t len)
{
	ssize_t n;

	do
		n = write(fd, text, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int write_text(int root, const char *path, const char *text)
{
	_cleanup_close_ int fd = openat(root, path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	return fd < 0 ? -errno : write_whole(fd, text, strlen(text));
}

int write_number(int root, const char *path, uint64_t value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRIu64 "\n", value);
	return write_text(root, path, text);
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* @mode: of the file, whatever the process's mask; 0: as the mask has it. */
static int replace(int root, const char *path, const char *text, size_t len, int flags, mode_t mode)
{
	_cleanup_close_ int fd = -1;
	char tmp[256];
	int r;

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.new", path) >= sizeof(tmp))
		return -ENAMETOOLONG;
	if (flags & O_EXCL && unlinkat(root, tmp, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(root, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | flags, 0644);
	if (fd < 0)
		return -errno;
	r = mode && fchmod(fd, mode) < 0 ? -errno : write_all(fd, text, len);
	if (r == 0 && renameat(root, tmp, root, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(root, tmp, 0);
	return r;
}

int replace_file(int root, const char *path, const char *text, size_t len)
{
	return replace(root, path, text, len, 0, 0);
}

int publish_file(int root, const char *path, const char *text, size_t len)
{
	return replace(root, path, text, len, O_EXCL,
		       0644); /* whatever is in its place: a link, a FIFO */
}

int parse_number(const char *text, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, 10);
	if (*end != '\0')
		return -EINVAL;
	return errno == ERANGE ? -ERANGE : 0;
}

int find_number(const char *text, const char *key, uint64_t *value)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		char *end;

		if (*line == '\n')
			line++;
		if (strncmp(line, key, len) != 0)
			continue;
		if (!strchr(" \t=", line[len]))
			continue;
		line += len + strspn(line + len, " \t=");
		if (*line < '0' || *line > '9')
			return -EINVAL;
		*value = strtoull(line, &end, 10);
		return 0;
	}
	return -ENOENT;
}

/* The one whose characters are those of JSON, whatever the user's is. */
static locale_t utf8_locale(void)
{
	static locale_t utf8;

	if (!utf8)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
	return utf8;
}

/* Return: the bytes of the printable character there, or 0: none. */
static size_t character(const char *text)
{
	mbstate_t state = {0};
	wchar_t c;
	size_t n = mbrtowc(&c, text, MB_LEN_MAX, &state);

	return n <= MB_LEN_MAX && iswprint((wint_t)c) && wcwidth(c) > 0 ? n : 0;
}

void make_text(char *text)
{
	locale_t utf8 = utf8_locale();
	locale_t own = utf8 ? uselocale(utf8) : NULL;

	while (*text) {
		size_t n = character(text);

		if (n == 0)
			*text = '?';
		text += n ? n : 1;
	}
	if (own)
		(void)uselocale(own);
}

static uint64_t clock_us(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * USEC_PER_SEC + (uint64_t)t.tv_nsec / 1000;
}

uint64_t now_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

uint64_t realtime_us(void)
{
	return clock_us(CLOCK_REALTIME);
}

uint64_t processor_us(void)
{
	return clock_us(CLOCK_THREAD_CPUTIME_ID);
}
