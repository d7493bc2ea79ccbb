/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stub of what xen-blkback's slots, aging and parser use of the kernel: one thread, a clock that the test sets,
 * allocations that it counts and lets fail, and locks that only notice whether they are held.
 */
#ifndef STUB_KERNEL_H
#define STUB_KERNEL_H

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

typedef uint32_t u32;
typedef uint64_t u64;
typedef unsigned int gfp_t;
typedef u32 grant_ref_t;
typedef u32 grant_handle_t;

#define __GFP_NOWARN 1U
#define XEN_PAGE_SIZE 4096UL
#define PAGE_SIZE 4096UL
#define XEN_PAGES_PER_INDIRECT_FRAME 512
#define XEN_PAGES_PER_SEGMENT 1
#define HZ 250UL
#define MAX_SCHEDULE_TIMEOUT LONG_MAX

#define READ_ONCE(x) (*(volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define DIV_ROUND_UP(a, b) (((a) + (b) - 1) / (b))
#define BUILD_BUG_ON(condition) static_assert(!(condition), #condition)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

/* The clock */
extern unsigned long jiffies;

#define get_jiffies_64() ((u64)jiffies)
#define time_before64(a, b) ((int64_t)((u64)(a) - (u64)(b)) < 0)
#define msecs_to_jiffies(ms) ((ms) * HZ / 1000)
#define time_after_eq64(a, b) ((int64_t)((a) - (b)) >= 0)

/* Lists */
struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD(name) struct list_head name = {&(name), &(name)}

static inline void INIT_LIST_HEAD(struct list_head *head) { head->next = head->prev = head; }

static inline bool list_empty(const struct list_head *head) { return head->next == head; }

static inline void list_add(struct list_head *node, struct list_head *head)
{
	node->next = head->next;
	node->prev = head;
	head->next->prev = node;
	head->next = node;
}

static inline void list_del(struct list_head *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
}

static inline void list_move(struct list_head *node, struct list_head *head)
{
	list_del(node);
	list_add(node, head);
}

#define list_entry(node, type, member) container_of(node, type, member)
#define list_last_entry(head, type, member) list_entry((head)->prev, type, member)
#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_entry((head)->next, type, member))
#define list_for_each_entry_safe(pos, n, head, member)                                             \
	for (pos = list_entry((head)->next, typeof(*pos), member),                                 \
	    n = list_entry(pos->member.next, typeof(*pos), member);                                \
	     &pos->member != (head); pos = n, n = list_entry(n->member.next, typeof(*n), member))
#define list_for_each_entry_reverse(pos, head, member)                                             \
	for (pos = list_entry((head)->prev, typeof(*pos), member); &pos->member != (head);         \
	     pos = list_entry(pos->member.prev, typeof(*pos), member))
#define list_for_each_entry_safe_reverse(pos, n, head, member)                                     \
	for (pos = list_entry((head)->prev, typeof(*pos), member),                                 \
	    n = list_entry(pos->member.prev, typeof(*pos), member);                                \
	     &pos->member != (head); pos = n, n = list_entry(n->member.prev, typeof(*n), member))

#define BIT(n) (1UL << (n))

/* Locks */
typedef struct {
	bool held;
} spinlock_t;

static inline void spin_lock_irq(spinlock_t *lock)
{
	assert(!lock->held);
	lock->held = true;
}

static inline void spin_unlock_irq(spinlock_t *lock)
{
	assert(lock->held);
	lock->held = false;
}

#define spin_lock(lock) spin_lock_irq(lock)
#define spin_unlock(lock) spin_unlock_irq(lock)
#define spin_lock_irqsave(lock, flags) (spin_lock_irq(lock), (flags) = 0)
#define spin_unlock_irqrestore(lock, flags) ((void)(flags), spin_unlock_irq(lock))

/* What structures of the driver have, and this test does not use */
typedef struct {
	int counter;
} atomic_t;
typedef struct {
	unsigned int woken;
} wait_queue_head_t;
union blkif_back_rings {
	int unused;
};
struct rb_root {
	int unused;
};
struct work_struct {
	int unused;
};
struct gntab_unmap_queue_data {
	int unused;
};
struct gnttab_unmap_grant_ref {
	u64 unused[3];
};

static inline void wake_up(wait_queue_head_t *queue) { queue->woken++; }

static inline void cond_resched(void) {}

/* A pool of pages that are nowhere */
struct gnttab_page_cache {
	unsigned int num_pages;
};

static inline void gnttab_page_cache_shrink(struct gnttab_page_cache *cache, unsigned int num)
{
	if (cache->num_pages > num)
		cache->num_pages = num;
}

/* Allocations: how many there are now, and how many more may succeed. */
extern unsigned int allocated, may_allocate;

static inline void *kzalloc(size_t size, gfp_t gfp)
{
	if (!may_allocate)
		return NULL;
	may_allocate--;
	allocated++;
	return calloc(1, size);
}

static inline void kfree(const void *memory)
{
	allocated -= memory ? 1 : 0;
	free((void *)memory);
}

static inline unsigned long get_zeroed_page(gfp_t gfp)
{
	return (unsigned long)kzalloc(PAGE_SIZE, gfp);
}

static inline void free_page(unsigned long page) { kfree((void *)page); }

/* Of sysfs */
struct device {
	int unused;
};
struct device_attribute {
	int unused;
};

static inline const char *skip_spaces(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

/* As the kernel has it: one newline may follow. */
static inline int kstrtouint(const char *text, unsigned int base, unsigned int *value)
{
	char *end;
	unsigned long long n;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	n = strtoull(text, &end, (int)base);
	if (*end == '\n')
		end++;
	if (*end)
		return -EINVAL;
	if (errno || n > UINT_MAX)
		return -ERANGE;
	*value = (unsigned int)n;
	return 0;
}

#endif
