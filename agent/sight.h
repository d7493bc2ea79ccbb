/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What disks hold, on a kernel whose sysfs does not show it: read by a BPF program (sight/) that
 * walks xen-blkback's threads. For people to read: the daemon decides without it, and is not linked
 * with it.
 */
#ifndef XEN_RECLAIM_SIGHT_H
#define XEN_RECLAIM_SIGHT_H

#include "inventory.h"
#include "sight/ring.h"

struct sight_bpf;

/**
 * struct sight - all zero at first.
 * @bpf:   the program, once loaded.
 * @error: of the last look: negative errno, which sight_reason() has words for.
 */
struct sight {
	struct sight_bpf *bpf;
	int error;
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
 * sight_by() - by what the disks of @inv are seen: "sysfs" or "BPF"; NULL: one of them is not, and
 * @reason says why; or there are none, and @reason is NULL.
 */
const char *sight_by(const struct sight *s, const struct inventory *inv, const char **reason);

/** sight_merge() - the pure part: sums of rings, for the disks that show nothing themselves. */
void sight_merge(struct inventory *inv, const struct ring_sight *rings, size_t n);

/** sight_reason() - of a negative errno: why disks are not seen, and what to do about it. */
const char *sight_reason(int error);

/**
 * sight_bpf_open() - load the program into the running kernel.
 *
 * Return: 0; -EOPNOTSUPP: built without BPF; -ENOENT: no BTF of xen_blkback, which is read below
 * @root; -EPERM; else as libbpf has it.
 */
int sight_bpf_open(int root, struct sight_bpf **bpf);

/**
 * sight_bpf_read() - all rings as they are now; the caller frees them.
 *
 * Return: 0 or a negative errno.
 */
int sight_bpf_read(struct sight_bpf *bpf, struct ring_sight **rings, size_t *n);

void sight_bpf_close(struct sight_bpf *bpf);

#endif
