// SPDX-License-Identifier: GPL-2.0-or-later
/* What BPF sees, put to the disks of an inventory; see sight.h. */
#include "sight.h"

#include "requests.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_KB 4

/* A name that is not ended, or is no disk's, was read from a disk that went meanwhile. */
void sight_merge(struct inventory *inv, const struct ring_sight *rings, size_t n)
{
	for (const struct ring_sight *ring = rings; ring < rings + n; ring++) {
		struct vbd *v = NULL;

		if (memchr(ring->name, '\0', sizeof(ring->name)))
			v = inventory_find(inv, ring->name);
		if (!v || v->shows)
			continue;
		v->seen = true;
		v->held_kb[LEVEL_POOL] += (uint64_t)ring->pool_pages * PAGE_KB;
		v->held_kb[LEVEL_GRANTS] += (uint64_t)ring->persistent_pages * PAGE_KB;
		v->held_kb[LEVEL_REQUESTS] +=
			(uint64_t)ring->ring_pages * SLOTS_PER_PAGE * STOCK_SLOT_KB;
	}
}

int sight_probe(struct sight *s, int root)
{
	if (!s->bpf)
		s->error = sight_bpf_open(root, &s->bpf);
	return s->error;
}

static bool all_show(const struct inventory *inv)
{
	for (size_t i = 0; i < inv->now.n; i++)
		if (!inv->now.vbds[i].shows)
			return false;
	return true;
}

void sight_look(struct sight *s, int root, struct inventory *inv)
{
	struct ring_sight *rings = NULL;
	size_t n = 0;

	if (all_show(inv) || sight_probe(s, root) < 0)
		return;
	s->error = sight_bpf_read(s->bpf, &rings, &n);
	sight_merge(inv, rings, n);
	free(rings);
}

void sight_close(struct sight *s)
{
	sight_bpf_close(s->bpf);
	*s = (struct sight){0};
}

const char *sight_by(const struct sight *s, const struct inventory *inv, const char **reason)
{
	*reason = NULL;
	if (inv->now.n == 0)
		return NULL;
	if (all_show(inv))
		return "sysfs";
	if (s->error < 0) {
		*reason = sight_reason(s->error);
		return NULL;
	}
	return "BPF";
}

const char *sight_reason(int error)
{
	switch (-error) {
	case EOPNOTSUPP:
		return "built without BPF: install clang and libbpf-dev, and build again";
	case ENOENT:
		return "no BTF of xen_blkback: this kernel's modules have none, or it is not "
		       "loaded";
	case EPERM:
	case EACCES:
		return "no privilege to use BPF: run as root, on a kernel that is not locked down";
	case EINVAL:
		return "this kernel's xen-blkback is another than this program knows";
	default:
		return strerror(-error);
	}
}
