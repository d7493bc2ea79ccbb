// SPDX-License-Identifier: GPL-2.0-or-later
/* Replaces read.c where there is no clang or no libbpf; see sight.h. */
#include "cli/sight.h"

#include <errno.h>

int sight_bpf_open(int root, struct sight_bpf **bpf, int *lack)
{
	(void)root;
	(void)bpf;
	(void)lack;
	return -EOPNOTSUPP;
}

int sight_bpf_read(struct sight_bpf *bpf, struct ring_sight **rings, size_t *n)
{
	(void)bpf;
	(void)rings;
	(void)n;
	return -EOPNOTSUPP;
}

int sight_bpf_pools(struct sight_bpf *bpf, struct pool_sight **pools, size_t *n)
{
	(void)bpf;
	(void)pools;
	(void)n;
	return -EOPNOTSUPP;
}

void sight_bpf_close(struct sight_bpf *bpf)
{
	(void)bpf;
}
