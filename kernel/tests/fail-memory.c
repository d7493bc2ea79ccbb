// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes patched xen-blkback run out of memory, on a kernel without fault
 * injection: while "slots" is set no request slot is allocated, while "pages"
 * is set there is no page to map a grant to. It must not know what for. For
 * x86-64; for tests.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/container_of.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sysfs.h>

/* A function that returns @result instead of doing its work while @fail is set. */
struct failure {
	struct kprobe probe;
	bool fail;
	unsigned long result;
	atomic_t times;
};

/* What is called instead: its caller finds the registers as they were. */
static noinline notrace void return_at_once(void)
{
	asm volatile("");
}

static int before_call(struct kprobe *probe, struct pt_regs *regs)
{
	struct failure *f = container_of(probe, struct failure, probe);

	if (!READ_ONCE(f->fail))
		return 0;
	atomic_inc(&f->times);
	regs->ax = f->result;
	regs->ip = (unsigned long)return_at_once;
	return 1;
}

NOKPROBE_SYMBOL(before_call);

static struct failure slots = {
	.probe = {
		.symbol_name = "xen_blkbk_alloc_req",
		.pre_handler = before_call,
	},
	.result = 0, /* NULL */
};

static struct failure pages = {
	.probe = {
		.symbol_name = "gnttab_page_cache_get",
		.pre_handler = before_call,
	},
	.result = -ENOMEM,
};

module_param_named(slots, slots.fail, bool, 0644);
MODULE_PARM_DESC(slots, "Let no request slot be allocated (default N)");
module_param_named(pages, pages.fail, bool, 0644);
MODULE_PARM_DESC(pages, "Let there be no page for a grant (default N)");

static int failed_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", atomic_read((atomic_t *)kp->arg));
}

static const struct kernel_param_ops failed_ops = { .get = failed_get };
module_param_cb(failed_slots, &failed_ops, &slots.times, 0444);
MODULE_PARM_DESC(failed_slots, "Allocations of slots that failed");
module_param_cb(failed_pages, &failed_ops, &pages.times, 0444);
MODULE_PARM_DESC(failed_pages, "Pages for grants that could not be had");

static int __init fail_memory_init(void)
{
	int err = register_kprobe(&slots.probe);

	if (err)
		return err;
	err = register_kprobe(&pages.probe);
	if (err)
		unregister_kprobe(&slots.probe);
	return err;
}

static void __exit fail_memory_exit(void)
{
	unregister_kprobe(&pages.probe);
	unregister_kprobe(&slots.probe);
}

module_init(fail_memory_init);
module_exit(fail_memory_exit);

MODULE_AUTHOR("The authors of xen-reclaim");
MODULE_DESCRIPTION("No memory for xen-blkback, for tests of it");
MODULE_LICENSE("GPL");
