// SPDX-License-Identifier: GPL-2.0-or-later
/* Loads the BPF program that this kernel allows, and reads what it writes; see sight.h. */
#include "cli/sight.h"

#include "host/util.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <time.h>

#define BTF_FILE "sys/kernel/btf/xen_blkback"

/* From object.S. */
extern const char sight_object[];
extern const uint64_t sight_object_size;

/* Each ring's thread runs ten times a second; one that has not for much longer is gone. */
#define ROUND_US (250 * USEC_PER_MSEC)
#define LATE_US	 (2 * USEC_PER_SEC)

/**
 * struct sight_bpf - @attached_us: since when the program has been running.
 */
struct sight_bpf {
	struct bpf_object *object;
	struct bpf_link *link;
	uint64_t attached_us;
};

/* libbpf's messages are for its developers; sight_reason() is for users. */
static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/* Only this program: one that is not loaded need not fit the kernel. */
static int load(struct sight_bpf *bpf, const char *name)
{
	struct bpf_program *program;
	int r;

	bpf->object = bpf_object__open_mem(sight_object, sight_object_size, NULL);
	if (!bpf->object)
		return -errno;
	bpf_object__for_each_program(program, bpf->object)(void)
		bpf_program__set_autoload(program, strcmp(bpf_program__name(program), name) == 0);
	r = bpf_object__load(bpf->object);
	if (r < 0)
		return r;
	bpf->link = bpf_program__attach(bpf_object__find_program_by_name(bpf->object, name));
	bpf->attached_us = now_us();
	return bpf->link ? 0 : -errno;
}

static int open_program(struct sight_bpf **bpf, const char *name)
{
	struct sight_bpf *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return -ENOMEM;
	r = load(b, name);
	if (r < 0) {
		sight_bpf_close(b);
		return r;
	}
	*bpf = b;
	return 0;
}

int sight_bpf_open(int root, struct sight_bpf **bpf, int *lack)
{
	int r = -ENOENT;
	int pools;

	(void)libbpf_set_print(silent);
	*lack = 0;
	if (faccessat(root, BTF_FILE, F_OK, 0) == 0)
		r = open_program(bpf, "rings");
	if (r == 0 || r == -EPERM || r == -EACCES)
		return r;
	*lack = r;
	pools = open_program(bpf, "pools");
	/* without privilege it is unknown what else is missing */
	return pools == -EPERM || pools == -EACCES ? pools : pools < 0 ? r : 0;
}

/* One read may end in the middle of a ring, so these are bytes until all are there. */
static int read_all(int fd, char **bytes, size_t *len)
{
	size_t room = 0;
	ssize_t n;

	do {
		if (*len == room) {
			char *more = realloc(*bytes, room = room ? 2 * room : 16384);

			if (!more)
				return -ENOMEM;
			*bytes = more;
		}
		n = read(fd, *bytes + *len, room - *len);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		*len += n > 0 ? (size_t)n : 0;
	} while (n != 0);
	return 0;
}

int sight_bpf_read(struct sight_bpf *bpf, struct ring_sight **rings, size_t *n)
{
	_cleanup_close_ int fd = bpf_iter_create(bpf_link__fd(bpf->link));
	char *bytes = NULL;
	size_t len = 0;
	int r;

	if (fd < 0)
		return fd;
	r = read_all(fd, &bytes, &len);
	if (r < 0) {
		free(bytes);
		return r;
	}
	*rings = (struct ring_sight *)bytes;
	*n = len / sizeof(**rings);
	return 0;
}

static int take_pool(int map, const char *thread, struct pool_sight **pools, size_t *n)
{
	struct pool_sight *more;
	struct pool_size size;

	if (bpf_map_lookup_elem(map, thread, &size) < 0 || now_us() > size.at_ns / 1000 + LATE_US)
		return 0;
	more = reallocarray(*pools, *n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	*pools = more;
	memcpy(more[*n].thread, thread, sizeof(more->thread));
	more[(*n)++].pool_pages = size.pages;
	return 0;
}

/* Threads write meanwhile: one may be met twice, and the walk may start again, so it is bounded. */
int sight_bpf_pools(struct sight_bpf *bpf, struct pool_sight **pools, size_t *n)
{
	int map = bpf_object__find_map_fd_by_name(bpf->object, "pool_sizes");
	uint64_t runs_us = now_us() - bpf->attached_us;
	char threads[2][sizeof((*pools)->thread)];

	if (runs_us < ROUND_US)
		(void)nanosleep(&(struct timespec){.tv_nsec = (long)(ROUND_US - runs_us) * 1000},
				NULL);
	for (unsigned i = 0; i < POOLS_MAX; i++) {
		char *last = i ? threads[(i - 1) % 2] : NULL;
		char *thread = threads[i % 2];
		int r;

		if (bpf_map_get_next_key(map, last, thread) < 0)
			break;
		r = take_pool(map, thread, pools, n);
		if (r < 0)
			return r;
	}
	return 0;
}

void sight_bpf_close(struct sight_bpf *bpf)
{
	if (!bpf)
		return;
	(void)bpf_link__destroy(bpf->link);
	bpf_object__close(bpf->object);
	free(bpf);
}
