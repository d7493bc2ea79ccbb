// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two programs that run in the kernel; the second is for a kernel without BTF of xen-blkback.
 * Neither changes anything.
 *
 * A task iterator: writes one struct ring_sight for each thread of xen-blkback, which serves one
 * ring. Such a thread is recognised by its data: a ring whose thread it is. Its function would do
 * as well, but kernel.kptr_restrict may hide the address. Runs only while somebody reads. Takes no
 * lock: for a disk that is going away it may write anything, under a name that is no disk's.
 *
 * A kprobe in each such thread, where it checks whether its pool is too large, at least ten times a
 * second. Its argument has a type of the kernel itself; to find the ring around it would take
 * xen-blkback's types.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "cli/sight/ring.h"

#define PF_KTHREAD 0x00200000

/* Only the members that are read: libbpf finds where the running kernel has them. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kobject {
	const char *name;
};

struct device {
	struct kobject kobj;
};

struct xenbus_device {
	struct device dev;
};

/* xen-netback has one too, with this member at the same place: if they differ, libbpf refuses. */
struct backend_info {
	struct xenbus_device *dev;
};

struct xen_blkif {
	struct backend_info *be;
	unsigned int nr_ring_pages;
};

struct gnttab_page_cache {
	unsigned int num_pages;
};

struct xen_blkif_ring {
	unsigned int persistent_gnt_c;
	struct gnttab_page_cache free_pages;
	struct xen_blkif *blkif;
	struct task_struct *xenblkd;
};

struct kthread {
	void *data;
};

struct task_struct {
	unsigned int flags;
	void *worker_private;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

SEC("iter/task")
int rings(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct ring_sight sight = {0};
	struct xen_blkif_ring *ring;
	struct xen_blkif *blkif;
	struct kthread *thread;
	const char *name;

	if (!task || !(task->flags & PF_KTHREAD))
		return 0;
	thread = BPF_CORE_READ(task, worker_private);
	ring = BPF_CORE_READ(thread, data);
	if (BPF_CORE_READ(ring, xenblkd) != task)
		return 0;
	blkif = BPF_CORE_READ(ring, blkif);
	name = BPF_CORE_READ(blkif, be, dev, dev.kobj.name);
	if (bpf_probe_read_kernel_str(sight.name, sizeof(sight.name), name) < 0)
		return 0;
	sight.pool_pages = BPF_CORE_READ(ring, free_pages.num_pages);
	sight.persistent_pages = BPF_CORE_READ(ring, persistent_gnt_c);
	sight.ring_pages = BPF_CORE_READ(blkif, nr_ring_pages);
	(void)bpf_seq_write(ctx->meta->seq, &sight, sizeof(sight));
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, POOLS_MAX);
	__type(key, char[16]);
	__type(value, struct pool_size);
} pool_sizes SEC(".maps");

SEC("kprobe/gnttab_page_cache_shrink")
int pools(struct pt_regs *regs)
{
	struct gnttab_page_cache *cache = (struct gnttab_page_cache *)PT_REGS_PARM1(regs);
	struct pool_size size = {0};
	char thread[16] = "";

	size.at_ns = bpf_ktime_get_ns();
	size.pages = BPF_CORE_READ(cache, num_pages);
	if (bpf_get_current_comm(thread, sizeof(thread)) == 0)
		(void)bpf_map_update_elem(&pool_sizes, thread, &size, BPF_ANY);
	return 0;
}

/* The kernel offers helpers that read its memory only to programs with this word. */
char licence[] SEC("license") = "GPL";
