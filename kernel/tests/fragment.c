// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaves no free memory of four contiguous pages, as in a machine that has been
 * up for long: takes all there is and gives back each fourth page alone. It
 * must not know what for. For tests.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>

#define LARGEST_ORDER 10
#define APART 4 /* of so many contiguous pages one is free */

static LIST_HEAD(held);
static DEFINE_MUTEX(held_lock);
static unsigned long held_pages;

/* @gfp reclaims nothing: what is in use stays so. */
static void hold_apart(gfp_t gfp, unsigned int order)
{
	unsigned int i;
	struct page *page;

	while ((page = alloc_pages(gfp | __GFP_NOWARN, order))) {
		split_page(page, order);
		for (i = 0; i < 1 << order; i++) {
			if (i % APART == 0) {
				__free_page(page + i);
				continue;
			}
			list_add(&page[i].lru, &held);
			held_pages++;
		}
		cond_resched();
	}
}

static void release(void)
{
	struct page *page, *n;

	list_for_each_entry_safe(page, n, &held, lru)
		__free_page(page);
	INIT_LIST_HEAD(&held);
	held_pages = 0;
}

static int set_active(const char *val, const struct kernel_param *kp)
{
	bool active;
	int err = kstrtobool(val, &active);
	int order;

	if (err)
		return err;

	mutex_lock(&held_lock);
	if (active) {
		for (order = LARGEST_ORDER; APART <= 1 << order; order--) {
			hold_apart(0, order);
			hold_apart(__GFP_DMA, order);
		}
	} else {
		release();
	}
	mutex_unlock(&held_lock);

	return 0;
}

static const struct kernel_param_ops active_ops = { .set = set_active };
module_param_cb(active, &active_ops, NULL, 0200);
MODULE_PARM_DESC(active, "Y: hold memory apart, as far as it is not yet; N: release it");
module_param(held_pages, ulong, 0444);
MODULE_PARM_DESC(held_pages, "Pages held");

static int __init fragment_init(void)
{
	return 0;
}

static void __exit fragment_exit(void)
{
	release();
}

module_init(fragment_init);
module_exit(fragment_exit);

MODULE_AUTHOR("The authors of xen-reclaim");
MODULE_DESCRIPTION("No contiguous free memory, for tests");
MODULE_LICENSE("GPL");
