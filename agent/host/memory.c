// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory of this domain; see memory.h. Reads only. */
#include "host/memory.h"

#include "host/util.h"

#include <fcntl.h>
#include <string.h>

/* More than any host has, and far from where sums overflow: anything else is no figure. */
#define KB_MAX (UINT64_C(1) << 40)

static int open_read(int root, const char *path)
{
	int fd = openat(root, path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int memory_open(int root, struct memory *h)
{
	*h = (struct memory){
		.current = open_read(root, XEN_MEMORY "/info/current_kb"),
		.target = open_read(root, XEN_MEMORY "/target_kb"),
		.low = open_read(root, XEN_MEMORY "/info/low_kb"),
		.meminfo = open_read(root, "proc/meminfo"),
		.vmstat = open_read(root, "proc/vmstat"),
	};
	if (h->meminfo < 0 || h->vmstat < 0) {
		int r = h->meminfo < 0 ? h->meminfo : h->vmstat;

		memory_close(h);
		return r;
	}
	return 0;
}

void memory_close(struct memory *h)
{
	close_fd(&h->current);
	close_fd(&h->target);
	close_fd(&h->low);
	close_fd(&h->meminfo);
	close_fd(&h->vmstat);
}

static int reread(int fd, char *buf, size_t size)
{
	size_t len = 0;

	if (fd < 0)
		return fd;
	while (len < size - 1) {
		ssize_t n = pread(fd, buf + len, size - 1 - len, (off_t)len);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	buf[len] = '\0';
	return len < size - 1 ? 0 : -E2BIG;
}

static int reread_kb(int fd, uint64_t *kb)
{
	char text[32];
	int r = reread(fd, text, sizeof(text));

	if (r < 0)
		return r;
	text[strcspn(text, "\n")] = '\0';
	r = parse_number(text, kb);
	return r < 0 ? r : *kb > KB_MAX ? -ERANGE : 0;
}

int memory_balloon(const struct memory *h, struct balloon *b)
{
	int r = reread_kb(h->current, &b->current_kb);

	if (r == 0)
		r = reread_kb(h->target, &b->target_kb);
	if (r == 0)
		r = reread_kb(h->low, &b->low_kb);
	return r;
}

int64_t balloon_held_kb(const struct balloon *b)
{
	return b->target_kb > b->current_kb ? (int64_t)(b->target_kb - b->current_kb) : 0;
}

int64_t balloon_mapped_kb(const struct balloon *b, size_t n_disks)
{
	int64_t held_kb = balloon_held_kb(b);
	int64_t own_kb = (int64_t)b->low_kb;

	return n_disks > 0 && held_kb > own_kb ? held_kb - own_kb : 0;
}

/* A kernel without swap has no such line, and swaps nothing. */
static int find_swapped(const char *text, const char *key, uint64_t *value)
{
	int r = find_number(text, key, value);

	if (r != -ENOENT)
		return r;
	*value = 0;
	return 0;
}

static int find_available(const char *text, uint64_t *kb)
{
	int r = find_number(text, "MemAvailable:", kb);

	return r == 0 && *kb > KB_MAX ? -ERANGE : r;
}

int memory_left(const struct memory *h, uint64_t *available_kb, uint64_t *swap_free_kb)
{
	char text[16384];
	uint64_t total_kb = 0;
	int r = reread(h->meminfo, text, sizeof(text));

	if (r == 0)
		r = find_available(text, available_kb);
	if (r == 0)
		r = find_swapped(text, "SwapTotal:", &total_kb);
	if (r == 0)
		r = find_swapped(text, "SwapFree:", swap_free_kb);
	if (total_kb == 0)
		*swap_free_kb = UINT64_MAX;
	return r;
}

int memory_sample(const struct memory *h, struct sample *s)
{
	char text[16384];
	struct balloon b;
	uint64_t available = 0;
	int r = reread(h->meminfo, text, sizeof(text));

	if (r == 0)
		r = find_available(text, &available);
	if (r == 0)
		r = reread(h->vmstat, text, sizeof(text));
	if (r == 0)
		r = find_swapped(text, "pswpin", &s->pswpin);
	if (r == 0)
		r = find_swapped(text, "pswpout", &s->pswpout);
	if (r < 0)
		return r;
	s->available_kb = (int64_t)available;
	s->held_known = memory_balloon(h, &b) == 0;
	s->mapped_kb = s->held_known ? balloon_held_kb(&b) : 0;
	s->held_kb = s->mapped_kb;
	s->target_kb = s->held_known ? b.target_kb : 0;
	return 0;
}
