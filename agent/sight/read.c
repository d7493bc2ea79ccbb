// SPDX-License-Identifier: GPL-2.0-or-later
/* Loads the BPF program and reads what it writes; see sight.h. */
#include "sight.h"

#include "util.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>

#define BTF_FILE "sys/kernel/btf/xen_blkback"

/* Of object.S. */
extern const char sight_object[];
extern const uint64_t sight_object_size;

struct sight_bpf {
	struct bpf_object *object;
	struct bpf_link *link;
};

/* What libbpf has to say is for its developers; sight_reason() is for the user. */
static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static int load(struct sight_bpf *bpf)
{
	int r;

	bpf->object = bpf_object__open_mem(sight_object, sight_object_size, NULL);
	if (!bpf->object)
		return -errno;
	r = bpf_object__load(bpf->object);
	if (r < 0)
		return r;
	bpf->link = bpf_program__attach_iter(bpf_object__next_program(bpf->object, NULL), NULL);
	return bpf->link ? 0 : -errno;
}

int sight_bpf_open(int root, struct sight_bpf **bpf)
{
	struct sight_bpf *b;
	int r;

	if (faccessat(root, BTF_FILE, F_OK, 0) < 0)
		return -ENOENT;
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	(void)libbpf_set_print(silent);
	r = load(b);
	if (r < 0) {
		sight_bpf_close(b);
		return r;
	}
	*bpf = b;
	return 0;
}

/* A read may end in the middle of a ring, so these are bytes until all are there. */
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

void sight_bpf_close(struct sight_bpf *bpf)
{
	if (!bpf)
		return;
	(void)bpf_link__destroy(bpf->link);
	bpf_object__close(bpf->object);
	free(bpf);
}
