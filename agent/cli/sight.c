// SPDX-License-Identifier: GPL-2.0-or-later
/* What BPF sees, assigned to the disks of an inventory; see sight.h. Loads nothing itself. */
#include "cli/sight.h"

#include "cli/slots.h"

#include "core/vbds.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_KB 4

/* A name without an end, or of no disk, was read from a disk that was going away. */
void sight_merge(struct inventory *inv, const struct ring_sight *rings, size_t n)
{
	for (const struct ring_sight *ring = rings; ring < rings + n; ring++) {
		struct vbd *v = NULL;

		if (memchr(ring->name, '\0', sizeof(ring->name)))
			v = inventory_find(inv, ring->name);
		if (!v || v->shows)
			continue;
		v->seen = ALL_LEVELS;
		v->held_kb[LEVEL_POOL] += (uint64_t)ring->pool_pages * PAGE_KB;
		v->held_kb[LEVEL_GRANTS] += (uint64_t)ring->persistent_pages * PAGE_KB;
		v->held_kb[LEVEL_SLOTS] +=
			(uint64_t)ring->ring_pages * SLOTS_PER_PAGE * STOCK_SLOT_KB;
	}
}

static int compare_threads(const void *a, const void *b)
{
	const struct pool_sight *x = a;
	const struct pool_sight *y = b;

	return strncmp(x->thread, y->thread, sizeof(x->thread));
}

/* The first that does not come before a name. */
static const struct pool_sight *first_from(const struct pool_sight *pools, size_t n,
					   const char *name)
{
	while (n > 0) {
		size_t half = n / 2;

		if (strncmp(pools[half].thread, name, sizeof(pools->thread)) < 0) {
			pools += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return pools;
}

/* A disk whose name leaves no room for the number of a ring cannot be told by its threads. */
void sight_merge_pools(struct inventory *inv, struct pool_sight *pools, size_t n)
{
	const struct pool_sight *end = pools + n;

	if (n == 0)
		return;
	qsort(pools, n, sizeof(*pools), compare_threads);
	for_each_vbd(v, &inv->now) {
		char disk[16];
		char name[32];
		size_t len;

		disk_name(v->devid, disk, sizeof(disk));
		len = (size_t)snprintf(name, sizeof(name), "%u.%s-", v->domid, disk);
		if (v->shows || len >= sizeof(pools->thread) - 1)
			continue;
		for (const struct pool_sight *p = first_from(pools, n, name);
		     p < end && strncmp(p->thread, name, len) == 0; p++) {
			if (p > pools && compare_threads(p - 1, p) == 0)
				continue;
			v->seen = 1U << LEVEL_POOL;
			v->held_kb[LEVEL_POOL] += (uint64_t)p->pool_pages * PAGE_KB;
		}
	}
}

int sight_probe(struct sight *s, int root)
{
	if (s->bpf) /* a read that failed may succeed the next time */
		return 0;
	s->error = sight_bpf_open(root, &s->bpf, &s->lack);
	return s->error;
}

static bool all_show(const struct inventory *inv)
{
	for_each_vbd(v, &inv->now)
		if (!v->shows)
			return false;
	return true;
}

void sight_scan(struct sight *s, int root, struct inventory *inv)
{
	struct ring_sight *rings = NULL;
	struct pool_sight *pools = NULL;
	size_t n = 0;

	if (all_show(inv) || sight_probe(s, root) < 0)
		return;
	if (s->lack < 0) {
		s->error = sight_bpf_pools(s->bpf, &pools, &n);
		sight_merge_pools(inv, pools, n);
	} else {
		s->error = sight_bpf_read(s->bpf, &rings, &n);
		sight_merge(inv, rings, n);
	}
	free(rings);
	free(pools);
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
	if (s->lack < 0) {
		*reason = sight_reason(s->lack);
		return SIGHT_POOLS;
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
		return "this kernel's xen-blkback is not one that this program knows";
	default:
		return strerror(-error);
	}
}
