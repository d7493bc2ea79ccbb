// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes patched xen-blkback run out of memory for request slots, on a kernel
 * without fault injection: while "fail" is set, a call of xen_blkbk_alloc_req()
 * returns NULL. It must not know why one is allocated. For x86-64; for tests.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sysfs.h>

static bool fail;
module_param(fail, bool, 0644);
MODULE_PARM_DESC(fail, "Let no request slot be allocated (default N)");

static atomic_t failed;

static int failed_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&failed));
}

static const struct kernel_param_ops failed_ops = { .get = failed_get };
module_param_cb(failed, &failed_ops, NULL, 0444);
MODULE_PARM_DESC(failed, "Allocations that failed");

/* What is called instead: its caller finds the registers as they were. */
static noinline notrace void return_at_once(void)
{
	asm volatile("");
}

static int before_alloc(struct kprobe *probe, struct pt_regs *regs)
{
	if (!READ_ONCE(fail))
		return 0;
	atomic_inc(&failed);
	regs->ax = 0;
	regs->ip = (unsigned long)return_at_once;
	return 1;
}

NOKPROBE_SYMBOL(before_alloc);

static struct kprobe probe = {
	.symbol_name = "xen_blkbk_alloc_req",
	.pre_handler = before_alloc,
};

static int __init fail_slots_init(void)
{
	return register_kprobe(&probe);
}

static void __exit fail_slots_exit(void)
{
	unregister_kprobe(&probe);
}

module_init(fail_slots_init);
module_exit(fail_slots_exit);

MODULE_AUTHOR("The authors of xen-reclaim");
MODULE_DESCRIPTION("Failing allocations of request slots, for tests of xen-blkback");
MODULE_LICENSE("GPL");
