/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of this domain, read from descriptors that are opened before pressure comes. Reads only;
 * knows no policy.
 */
#ifndef XEN_RECLAIM_MEMORY_H
#define XEN_RECLAIM_MEMORY_H

#include "core/types.h"

#include <stdint.h>

#define XEN_MEMORY "sys/devices/system/xen_memory/xen_memory0"

/** struct memory - descriptors; a negative errno where this machine has no such file. */
struct memory {
	int current;
	int target;
	int low;
	int meminfo;
	int vmstat;
};

/** struct balloon - what the balloon driver says, in kB. */
struct balloon {
	uint64_t current_kb;
	uint64_t target_kb;
	uint64_t low_kb;
};

/** memory_open() - Return: 0, or a negative errno without /proc/meminfo or /proc/vmstat. */
int memory_open(int root, struct memory *h);

void memory_close(struct memory *h);

/** memory_balloon() - Return: 0; -ENOENT without a Xen balloon driver; else a negative errno. */
int memory_balloon(const struct memory *h, struct balloon *b);

/**
 * balloon_held_kb() - what grant mappings hold: target - current. Nothing while the domain still
 * has more than it is to have.
 */
int64_t balloon_held_kb(const struct balloon *b);

/**
 * balloon_mapped_kb() - what of that is known to be grant mappings', to be shown. What is on the
 * balloon's own list is not: Linux is about to take it back, or waits for Xen to have as much. With
 * no disk at all nothing is.
 */
int64_t balloon_mapped_kb(const struct balloon *b, size_t n_disks);

/**
 * memory_left() - MemAvailable, and free swap, which is UINT64_MAX where there is no swap at all.
 *
 * Return: 0 or a negative errno. Takes no memory.
 */
int memory_left(const struct memory *h, uint64_t *available_kb, uint64_t *swap_free_kb);

/**
 * memory_sample() - memory now. What grant mappings hold is known where there is a balloon driver.
 * Frames that were ballooned out for another reason (low_kb > 0) are not in it,
 * rightly: grants that use those cost no RAM and give none.
 *
 * Return: 0 or a negative errno. Takes no memory.
 */
int memory_sample(const struct memory *h, struct sample *s);

#endif
