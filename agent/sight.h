/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What disks hold, on a kernel whose sysfs does not show it: read by a BPF program (sight/) that
 * walks xen-blkback's threads. Where the kernel has no BTF of xen-blkback, by another that is run
 * by a kprobe in each of these threads, ten times a second: it sees their pools alone. For people
 * to read: the daemon decides without it, and is not linked with it.
 */
#ifndef XEN_RECLAIM_SIGHT_H
#define XEN_RECLAIM_SIGHT_H

#include "inventory.h"
#include "sight/ring.h"

struct sight_bpf;

#define SIGHT_POOLS "kprobe (pools alone)"

/**
 * struct sight - all zero at first.
 * @bpf:   the program, once loaded.
 * @error: of the last look: negative errno, which sight_reason() has words for.
 * @lack:  why pools alone are seen: the same; 0: all is.
 */
struct sight {
	struct sight_bpf *bpf;
	int error;
	int lack;
};

/**
 * sight_look() - have disks of @inv that show nothing hold what BPF sees: then they are @seen.
 * The program is loaded by the first look that has such a disk, and stays for further ones.
 */
void sight_look(struct sight *s, int root, struct inventory *inv);

/**
 * sight_probe() - whether a look could see anything, disks or none: loads the program.
 *
 * Return: 0 or a negative errno, as sight_bpf_open().
 */
int sight_probe(struct sight *s, int root);

void sight_close(struct sight *s);

/**
 * sight_by() - by what the disks of @inv are seen: "sysfs", "BPF", or SIGHT_POOLS, where
 * @reason says why not more; NULL: one of them is not, and @reason says why; or there are none, and
 * @reason is NULL.
 */
const char *sight_by(const struct sight *s, const struct inventory *inv, const char **reason);

/** sight_merge() - the pure part: sums of rings, for the disks that show nothing themselves. */
void sight_merge(struct inventory *inv, const struct ring_sight *rings, size_t n);

/** sight_merge_pools() - as sight_merge(), by the names of threads; puts @pools in their order. */
void sight_merge_pools(struct inventory *inv, struct pool_sight *pools, size_t n);

/** sight_reason() - of a negative errno: why disks are not seen, and what to do about it. */
const char *sight_reason(int error);

/**
 * sight_bpf_open() - load a program into the running kernel.
 * @lack: set to 0: sight_bpf_read() is what it is for; else sight_bpf_pools() is, and this is why
 *	  the better one cannot be had: -ENOENT: no BTF of xen_blkback, which is looked for below
 *	  @root; else as libbpf has it.
 *
 * Return: 0; -EOPNOTSUPP: built without BPF; -EPERM; or @lack where the other cannot be had either.
 */
int sight_bpf_open(int root, struct sight_bpf **bpf, int *lack);

/**
 * sight_bpf_read() - all rings as they are now; the caller frees them.
 *
 * Return: 0 or a negative errno.
 */
int sight_bpf_read(struct sight_bpf *bpf, struct ring_sight **rings, size_t *n);

/**
 * sight_bpf_pools() - all pools as their threads had them last; the caller frees them, who may meet
 * one twice. The first call takes a quarter of a second: each thread looks ten times a second.
 *
 * Return: 0 or a negative errno.
 */
int sight_bpf_pools(struct sight_bpf *bpf, struct pool_sight **pools, size_t *n);

void sight_bpf_close(struct sight_bpf *bpf);

#endif
