/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What disks hold, on a kernel whose sysfs does not show it: read by a BPF program (sight/) that
 * walks xen-blkback's threads. If the kernel has no BTF of xen-blkback, by another that a kprobe
 * runs in each of these threads, ten times a second: it sees their pools alone. For people only:
 * the daemon decides without it, and is not linked with it.
 */
#ifndef XEN_RECLAIM_SIGHT_H
#define XEN_RECLAIM_SIGHT_H

#include "cli/sight/ring.h"
#include "host/inventory.h"

struct sight_bpf;

#define SIGHT_POOLS "kprobe (pools alone)"

/**
 * struct sight - all zero at first.
 * @bpf:   the program, once loaded.
 * @error: of the last scan: negative errno, which sight_reason() puts into words.
 * @lack:  why pools alone are seen, in the same form; 0: all is seen.
 */
struct sight {
	struct sight_bpf *bpf;
	int error;
	int lack;
};

/**
 * sight_scan() - give the disks of @inv that show nothing what BPF sees of them, and note that in
 * their @seen. The first scan that has such a disk loads the program, which stays for later ones.
 */
void sight_scan(struct sight *s, int root, struct inventory *inv);

/**
 * sight_probe() - whether a scan could see anything, with disks or without: loads the program.
 *
 * Return: 0 or a negative errno, as sight_bpf_open().
 */
int sight_probe(struct sight *s, int root);

void sight_close(struct sight *s);

/**
 * sight_by() - what shows the disks of @inv: "sysfs", "BPF", or SIGHT_POOLS, and then @reason says
 * why nothing better does. NULL if one of them is not seen, and @reason says why; or if there are
 * none, and @reason is NULL.
 */
const char *sight_by(const struct sight *s, const struct inventory *inv, const char **reason);

/** sight_merge() - the pure part: sums over rings, for disks that show nothing themselves. */
void sight_merge(struct inventory *inv, const struct ring_sight *rings, size_t n);

/** sight_merge_pools() - the same by the names of threads; sorts @pools by them. */
void sight_merge_pools(struct inventory *inv, struct pool_sight *pools, size_t n);

/** sight_reason() - for a negative errno: why disks are not seen, and what to do about it. */
const char *sight_reason(int error);

/**
 * sight_bpf_open() - load a program into the running kernel.
 * @lack: set to 0: use sight_bpf_read(); else use sight_bpf_pools(), and this is why the better
 *	  program does not work here: -ENOENT: no BTF of xen_blkback below @root; else what libbpf
 *	  returned.
 *
 * Return: 0; -EOPNOTSUPP: built without BPF; -EPERM; or @lack if the other does not work either.
 */
int sight_bpf_open(int root, struct sight_bpf **bpf, int *lack);

/**
 * sight_bpf_read() - all rings as they are now; the caller frees them.
 *
 * Return: 0 or a negative errno.
 */
int sight_bpf_read(struct sight_bpf *bpf, struct ring_sight **rings, size_t *n);

/**
 * sight_bpf_pools() - all pools as their threads last had them; the caller frees them. One may be
 * there twice. The first call takes a quarter of a second: each thread runs ten times a second.
 *
 * Return: 0 or a negative errno.
 */
int sight_bpf_pools(struct sight_bpf *bpf, struct pool_sight **pools, size_t *n);

void sight_bpf_close(struct sight_bpf *bpf);

#endif
