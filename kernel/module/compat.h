/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between Linux 5.10 and the newest, so that the module reads as if
 * written for the latter. It must not know what the module does.
 */
#ifndef XEN_RECLAIM_COMPAT_H
#define XEN_RECLAIM_COMPAT_H

#include <linux/kobject.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/version.h>

/* Old kernels want to write to the type, new ones do not mind. */
#define kobject_init_and_add(kobj, ktype, ...) \
	kobject_init_and_add(kobj, (void *)(ktype), __VA_ARGS__)

/* Since 7.0, where checkpatch asks for it. */
#ifndef kzalloc_obj
#define kzalloc_obj(obj) kzalloc(sizeof(obj), GFP_KERNEL)
#endif

/* Since 6.7 the kernel allocates shrinkers, and says so by this flag. */
#ifndef SHRINKER_ALLOCATED

static inline struct shrinker *shrinker_alloc(unsigned int flags,
					      const char *name)
{
	struct shrinker *shrinker = kzalloc_obj(*shrinker);

	if (shrinker)
		shrinker->seeks = DEFAULT_SEEKS;
	return shrinker;
}

/* Unlike the kernel's this one can fail: the shrinker is then never called. */
static inline void shrinker_register(struct shrinker *shrinker)
{
	int err;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 0, 0)
	err = register_shrinker(shrinker, KBUILD_MODNAME);
#else
	err = register_shrinker(shrinker);
#endif
	if (err)
		pr_warn("memory pressure will not be seen: %d\n", err);
}

static inline void shrinker_free(struct shrinker *shrinker)
{
	if (!shrinker)
		return;
	/* Does nothing to one that is not registered. */
	unregister_shrinker(shrinker);
	kfree(shrinker);
}

#endif /* SHRINKER_ALLOCATED */

#endif /* XEN_RECLAIM_COMPAT_H */
