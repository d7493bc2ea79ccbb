// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory reclaim per device for the backends of the xen-backend bus, on kernels
 * whose xen-blkback cannot do it. It knows drivers by what they offer to the
 * bus, and must not look into them: their callback and one parameter is all it
 * uses.
 *
 * A driver that implements reclaim_memory() gives free pages back for a window
 * of time, by default 10 ms, that is one for all of its devices. Here each
 * device gets windows of its own: from user space, through the files in
 * reclaim/, and when memory is short.
 *
 * The driver opens a window whenever it is called, and forgets the one before.
 * To hold one for as long as it is asked for, the driver is called again before
 * its own window is over. Windows end up to one of the driver's later, and have
 * gaps if that is shorter than what its threads sleep. Setting its parameter for
 * the instant of a call would be exact, but the shrinker on another processor
 * may read it in that instant, for every device.
 *
 * All state is guarded by devices_lock, which the shrinker does not take: it only
 * queues work.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/semaphore.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include "compat.h"

/* A window ends by itself, so nobody may open one for longer than this. */
#define MAX_MS 60000
/* What a driver does whose parameter cannot be seen: Linux's default. */
#define DEFAULT_MS 10
/* reclaim_sem is held for an instant by the shrinker, for long by a probe. */
#define SEM_TRIES 3

#define KEY	"squeeze-ms"
#define FEATURE "feature-" KEY

/**
 * struct reclaim_device - a device of the bus that can give back memory
 * @kobj:      the directory reclaim/
 * @released:  nobody refers to @kobj any more
 * @node:      in devices
 * @xdev:      the device; its driver stays bound while this is in devices
 * @parameter: the driver's duration in ms, or NULL
 * @own_ms:    the device's own duration, negative if it has none
 * @key_ms:    what the toolstack wants, negative if nothing
 * @end:       of the window, in 64 bit jiffies
 * @count:     windows so far
 * @detached:  too late for a window
 */
struct reclaim_device {
	struct kobject kobj;
	struct completion released;
	struct list_head node;
	struct xenbus_device *xdev;
	const int *parameter;
	int own_ms;
	int key_ms;
	s64 end;
	unsigned int count;
	bool detached;
};

static LIST_HEAD(devices);
static DEFINE_MUTEX(devices_lock);
static bool unloading;

/* Whoever reads a key last sets it: held from before the one to after the other. */
static DEFINE_MUTEX(key_lock);

static struct workqueue_struct *queue;
static struct delayed_work tick;
static unsigned long pressure;
static struct shrinker *shrinker;

/* --- windows --- */

static unsigned int driver_ms(const struct reclaim_device *rd)
{
	if (!rd->parameter)
		return DEFAULT_MS;
	return min_t(unsigned int, READ_ONCE(*rd->parameter), MAX_MS);
}

static unsigned int pressure_ms(const struct reclaim_device *rd)
{
	return rd->own_ms >= 0 ? rd->own_ms : driver_ms(rd);
}

static s64 jiffies_left(const struct reclaim_device *rd)
{
	return rd->end - (s64)get_jiffies_64();
}

/* Extends a window that is open, never shortens it. */
static void open_window(struct reclaim_device *rd, unsigned int ms)
{
	s64 now = get_jiffies_64();
	s64 end = now + msecs_to_jiffies(ms);

	if (rd->end <= now)
		rd->count++;
	rd->end = max(rd->end, end);
}

/* Has the driver open a window of its own, if there is one to hold. */
static int squeeze(struct reclaim_device *rd)
{
	const struct xenbus_driver *drv = to_xenbus_driver(rd->xdev->dev.driver);

	if (jiffies_left(rd) <= 0)
		return 0;
	if (down_trylock(&rd->xdev->reclaim_sem))
		return -EBUSY;
	drv->reclaim_memory(rd->xdev);
	up(&rd->xdev->reclaim_sem);

	return 0;
}

/* How long the driver can be left alone: until two jiffies before its own window ends. */
static unsigned long repeat_after(const struct reclaim_device *rd)
{
	unsigned long own = msecs_to_jiffies(driver_ms(rd));

	return own > 3 ? own - 2 : 1;
}

static void tick_fn(struct work_struct *work)
{
	bool pressed = test_and_clear_bit(0, &pressure);
	unsigned long again = MAX_SCHEDULE_TIMEOUT;
	struct reclaim_device *rd;

	mutex_lock(&devices_lock);
	list_for_each_entry(rd, &devices, node) {
		if (pressed && pressure_ms(rd))
			open_window(rd, pressure_ms(rd));
		if (jiffies_left(rd) <= 0)
			continue;
		/* One that is busy now is tried again with the others. */
		squeeze(rd);
		again = min(again, repeat_after(rd));
	}
	mutex_unlock(&devices_lock);

	if (again != MAX_SCHEDULE_TIMEOUT)
		queue_delayed_work(queue, &tick, again);
}

/* With 0 it ends the window that is open. */
static int try_trigger(struct reclaim_device *rd, unsigned int ms)
{
	unsigned int count;
	unsigned long after = 0;
	s64 end;
	int err;

	mutex_lock(&devices_lock);
	if (rd->detached) {
		err = -ENODEV;
		goto out;
	}
	end = rd->end;
	count = rd->count;
	if (ms)
		open_window(rd, ms);
	else
		rd->end = get_jiffies_64();
	err = squeeze(rd);
	if (err) {
		rd->end = end;
		rd->count = count;
		goto out;
	}
	after = repeat_after(rd);
out:
	mutex_unlock(&devices_lock);
	/* One that is queued comes no later than this. */
	if (!err)
		queue_delayed_work(queue, &tick, after);

	return err;
}

static int trigger(struct reclaim_device *rd, unsigned int ms)
{
	int tries, err;

	for (tries = 1;; tries++) {
		err = try_trigger(rd, ms);
		if (err != -EBUSY || tries == SEM_TRIES)
			return err;
		schedule_timeout_uninterruptible(1);
	}
}

/*
 * Memory is short. The bus has just told the drivers so, or is about to: a jiffy
 * later the windows here are the last word. Queueing is all that is done in the
 * path of whoever needs memory.
 */
static unsigned long count_objects(struct shrinker *unused,
				   struct shrink_control *sc)
{
	if (!test_and_set_bit(0, &pressure))
		mod_delayed_work(queue, &tick, 1);
	return 0;
}

/* --- the files in reclaim/ --- */

static struct reclaim_device *to_reclaim_device(struct kobject *kobj)
{
	return container_of(kobj, struct reclaim_device, kobj);
}

static ssize_t squeeze_ms_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", pressure_ms(to_reclaim_device(kobj)));
}

static int parse_ms(const char *text, int *ms)
{
	unsigned int value;
	int err = kstrtouint(text, 10, &value);

	if (err)
		return err;
	if (value > MAX_MS)
		return -ERANGE;
	*ms = value;

	return 0;
}

static ssize_t squeeze_ms_store(struct kobject *kobj,
				struct kobj_attribute *attr,
				const char *buf, size_t count)
{
	struct reclaim_device *rd = to_reclaim_device(kobj);
	bool by_default = sysfs_streq(buf, "default");
	int ms, err;

	if (!by_default) {
		err = parse_ms(buf, &ms);
		if (err)
			return err;
	}
	mutex_lock(&devices_lock);
	rd->own_ms = by_default ? rd->key_ms : ms;
	mutex_unlock(&devices_lock);

	return count;
}

static ssize_t levels_show(struct kobject *kobj,
			   struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "pool\n");
}

/* Those of patched drivers; this module offers the first. */
static const char * const level_names[] = { "pool", "grants", "slots", "all" };

static bool is_level(const char *word, size_t len, unsigned int level)
{
	return strlen(level_names[level]) == len &&
	       !strncmp(level_names[level], word, len);
}

/* "<level>...", or with the pool "<level>... <ms>" */
static ssize_t trigger_store(struct kobject *kobj, struct kobj_attribute *attr,
			     const char *buf, size_t count)
{
	struct reclaim_device *rd = to_reclaim_device(kobj);
	int ms = pressure_ms(rd) ?: driver_ms(rd);
	unsigned int level, levels = 0;
	bool ends = false;
	const char *word = buf;
	size_t len;
	int err;

	for (;;) {
		len = strcspn(word, "\n ");
		for (level = 0; level < ARRAY_SIZE(level_names); level++)
			if (is_level(word, len, level))
				break;
		if (level == ARRAY_SIZE(level_names))
			break;
		levels |= BIT(level);
		word = skip_spaces(word + len);
	}
	if (!levels)
		return -EINVAL;
	if (*word) {
		if (!(levels & (BIT(0) | BIT(3))))
			return -EINVAL;
		err = parse_ms(word, &ms);
		if (err)
			return err;
		ends = !ms;
	}
	if (levels != BIT(0))
		return -EOPNOTSUPP;
	/* Of the driver's windows those here are made: these last 0 ms. */
	if (!driver_ms(rd) && !ends)
		return -EOPNOTSUPP;
	err = trigger(rd, ms);

	return err ?: count;
}

static ssize_t remaining_ms_show(struct kobject *kobj,
				 struct kobj_attribute *attr, char *buf)
{
	s64 left;

	mutex_lock(&devices_lock);
	left = jiffies_left(to_reclaim_device(kobj));
	mutex_unlock(&devices_lock);

	return sysfs_emit(buf, "%u\n", left > 0 ? jiffies_to_msecs(left) : 0);
}

static ssize_t count_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%u\n",
			  READ_ONCE(to_reclaim_device(kobj)->count));
}

static struct kobj_attribute squeeze_ms_attr = __ATTR_RW(squeeze_ms);
static struct kobj_attribute trigger_attr = __ATTR_WO(trigger);
static struct kobj_attribute levels_attr = __ATTR_RO(levels);
static struct kobj_attribute remaining_ms_attr = __ATTR_RO(remaining_ms);
static struct kobj_attribute count_attr = __ATTR_RO(count);

static struct attribute *reclaim_attrs[] = {
	&squeeze_ms_attr.attr,
	&trigger_attr.attr,
	&levels_attr.attr,
	&remaining_ms_attr.attr,
	&count_attr.attr,
	NULL
};
ATTRIBUTE_GROUPS(reclaim);

static void reclaim_release(struct kobject *kobj)
{
	complete(&to_reclaim_device(kobj)->released);
}

static const struct kobj_type reclaim_type = {
	.release = reclaim_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = reclaim_groups,
};

/* --- the toolstack's wish for a device --- */

/* The key is in the directory of the backend, which no frontend can write. */
static int read_key(const char *backend_dir, int *ms)
{
	unsigned int value;
	char *str;

	*ms = -1;
	str = xenbus_read(XBT_NIL, backend_dir, KEY, NULL);
	if (IS_ERR(str))
		return PTR_ERR(str) == -ENOENT ? 0 : PTR_ERR(str);
	if (!kstrtouint(str, 10, &value) && value <= MAX_MS)
		*ms = value;
	else
		pr_warn("%s/" KEY " is not 0 to %u\n", backend_dir, MAX_MS);
	kfree(str);

	return 0;
}

/* One that says the same as before leaves what was written to the file. */
static void take_key(const char *backend_dir)
{
	struct reclaim_device *rd;
	int ms;

	mutex_lock(&key_lock);
	if (read_key(backend_dir, &ms)) {
		mutex_unlock(&key_lock);
		return;
	}
	mutex_lock(&devices_lock);
	list_for_each_entry(rd, &devices, node) {
		if (!strcmp(rd->xdev->nodename, backend_dir)) {
			if (rd->key_ms != ms)
				rd->own_ms = ms;
			rd->key_ms = ms;
			break;
		}
	}
	mutex_unlock(&devices_lock);
	mutex_unlock(&key_lock);
}

/* Comes for every change below the backends: all but those of the key are not ours. */
static void backends_changed(struct xenbus_watch *watch, const char *path,
			     const char *token)
{
	const char *name = strrchr(path, '/');
	char *dir;

	if (!name || strcmp(name + 1, KEY))
		return;
	dir = kstrndup(path, name - path, GFP_KERNEL);
	if (!dir)
		return;
	take_key(dir);
	kfree(dir);
}

static struct xenbus_watch backends_watch = {
	.node = "backend/vbd",
	.callback = backends_changed,
};

static bool watching;

static int xenstore_ready(struct notifier_block *nb, unsigned long event,
			  void *data)
{
	int err = register_xenbus_watch(&backends_watch);

	watching = !err;
	if (err)
		pr_warn("changes of " KEY " will not be seen: %d\n", err);

	return NOTIFY_DONE;
}

static struct notifier_block xenstore_notifier = {
	.notifier_call = xenstore_ready,
};

/* --- devices come and go --- */

/* Patched drivers have the directory themselves. */
static bool is_native(const struct xenbus_driver *drv)
{
	const struct attribute_group *const *group = drv->driver.dev_groups;

	for (; group && *group; group++)
		if ((*group)->name && !strcmp((*group)->name, "reclaim"))
			return true;
	return false;
}

/* NULL if the driver is built in, or does not have it as it is expected. */
static const int *find_parameter(const struct xenbus_driver *drv)
{
	struct module *owner = drv->driver.owner;
	unsigned int i;

	if (!owner)
		return NULL;
	for (i = 0; i < owner->num_kp; i++) {
		const struct kernel_param *kp = &owner->kp[i];

		if (!strcmp(kp->name, "buffer_squeeze_duration_ms") &&
		    kp->ops == &param_ops_int)
			return kp->arg;
	}
	return NULL;
}

static struct reclaim_device *find_device(struct device *dev)
{
	struct reclaim_device *rd;

	list_for_each_entry(rd, &devices, node)
		if (&rd->xdev->dev == dev)
			return rd;
	return NULL;
}

static bool is_attached(struct device *dev)
{
	bool attached;

	mutex_lock(&devices_lock);
	attached = find_device(dev);
	mutex_unlock(&devices_lock);

	return attached;
}

/* One that has no files, or none any more. */
static void release_device(struct reclaim_device *rd)
{
	kobject_put(&rd->kobj);
	wait_for_completion(&rd->released);
	put_device(&rd->xdev->dev);
	kfree(rd);
}

static void free_device(struct reclaim_device *rd)
{
	/* Waits for whoever is in one of the files. */
	kobject_del(&rd->kobj);
	release_device(rd);
}

/* With the device locked. */
static int attach(struct device *dev, void *unused)
{
	const struct xenbus_driver *drv;
	struct reclaim_device *rd;
	bool late;
	int err;

	if (!dev->driver)
		return 0;
	drv = to_xenbus_driver(dev->driver);
	if (!drv->reclaim_memory || is_native(drv) || is_attached(dev))
		return 0;

	rd = kzalloc_obj(*rd);
	if (!rd)
		return -ENOMEM;
	init_completion(&rd->released);
	rd->xdev = to_xenbus_device(dev);
	rd->parameter = find_parameter(drv);
	rd->own_ms = -1;
	rd->key_ms = -1;
	get_device(dev);
	err = kobject_init_and_add(&rd->kobj, &reclaim_type, &dev->kobj,
				   "reclaim");
	if (err) {
		dev_warn(dev, "no reclaim/: %d\n", err);
		release_device(rd);
		return err;
	}

	mutex_lock(&devices_lock);
	late = unloading;
	if (!late)
		list_add_tail(&rd->node, &devices);
	mutex_unlock(&devices_lock);
	if (late) {
		free_device(rd);
		return 0;
	}
	take_key(rd->xdev->nodename);
	if (xenbus_printf(XBT_NIL, rd->xdev->nodename, FEATURE, "1"))
		dev_dbg(dev, "xenstore does not tell that " KEY " is followed\n");

	return 0;
}

/* With the device locked, and its driver still bound. */
static void detach(struct device *dev)
{
	struct reclaim_device *rd;

	mutex_lock(&devices_lock);
	rd = find_device(dev);
	if (rd) {
		rd->detached = true;
		list_del(&rd->node);
	}
	mutex_unlock(&devices_lock);
	if (!rd)
		return;
	xenbus_rm(XBT_NIL, rd->xdev->nodename, FEATURE);
	free_device(rd);
}

static int bus_changed(struct notifier_block *nb, unsigned long event,
		       void *dev)
{
	if (event == BUS_NOTIFY_BOUND_DRIVER)
		attach(dev, NULL);
	else if (event == BUS_NOTIFY_UNBIND_DRIVER)
		detach(dev);

	return NOTIFY_DONE;
}

static struct notifier_block bus_notifier = { .notifier_call = bus_changed };

static int attach_locked(struct device *dev, void *unused)
{
	device_lock(dev);
	attach(dev, NULL);
	device_unlock(dev);

	return 0;
}

static struct device *get_first_device(void)
{
	struct reclaim_device *rd;
	struct device *dev = NULL;

	mutex_lock(&devices_lock);
	unloading = true;
	rd = list_first_entry_or_null(&devices, struct reclaim_device, node);
	if (rd)
		dev = get_device(&rd->xdev->dev);
	mutex_unlock(&devices_lock);

	return dev;
}

/* While the notifier still sees those that are unbound meanwhile. */
static void detach_all(void)
{
	struct device *dev;

	while ((dev = get_first_device())) {
		device_lock(dev);
		detach(dev);
		device_unlock(dev);
		put_device(dev);
	}
}

/*
 * Nobody has a device of this type: a driver for it is how one comes by the bus,
 * which is not exported. Without remove(), whose type differs between kernels.
 */
static const struct xenbus_device_id no_ids[] = {
	{ "xen-reclaim" },
	{ "" }
};

static int no_probe(struct xenbus_device *dev,
		    const struct xenbus_device_id *id)
{
	return -ENODEV;
}

static struct xenbus_driver no_driver = {
	.ids = no_ids,
	.probe = no_probe,
};

static int __init xen_reclaim_init(void)
{
	int err;

	if (!xen_domain())
		return -ENODEV;

	INIT_DELAYED_WORK(&tick, tick_fn);
	queue = alloc_workqueue(KBUILD_MODNAME,
				WQ_MEM_RECLAIM | WQ_HIGHPRI | WQ_UNBOUND, 1);
	if (!queue)
		return -ENOMEM;
	err = xenbus_register_backend(&no_driver);
	if (err)
		goto destroy_queue;
	err = bus_register_notifier(no_driver.driver.bus, &bus_notifier);
	if (err)
		goto unregister_driver;
	shrinker = shrinker_alloc(0, KBUILD_MODNAME);
	if (!shrinker) {
		err = -ENOMEM;
		goto unregister_notifier;
	}

	/* Now, or when xenstored runs: before it does, one would wait for it. */
	register_xenstore_notifier(&xenstore_notifier);
	bus_for_each_dev(no_driver.driver.bus, NULL, NULL, attach_locked);
	shrinker->count_objects = count_objects;
	shrinker_register(shrinker);

	return 0;

unregister_notifier:
	detach_all();
	bus_unregister_notifier(no_driver.driver.bus, &bus_notifier);
	cancel_delayed_work_sync(&tick);
unregister_driver:
	xenbus_unregister_driver(&no_driver);
destroy_queue:
	destroy_workqueue(queue);
	return err;
}

/* Windows that are open end by themselves, in the driver. */
static void __exit xen_reclaim_exit(void)
{
	shrinker_free(shrinker);
	unregister_xenstore_notifier(&xenstore_notifier);
	if (watching)
		unregister_xenbus_watch(&backends_watch);
	detach_all();
	bus_unregister_notifier(no_driver.driver.bus, &bus_notifier);
	cancel_delayed_work_sync(&tick);
	xenbus_unregister_driver(&no_driver);
	destroy_workqueue(queue);
}

module_init(xen_reclaim_init);
module_exit(xen_reclaim_exit);

MODULE_AUTHOR("The authors of xen-reclaim");
MODULE_DESCRIPTION("Memory reclaim per device for Xen block backends");
MODULE_VERSION(XEN_RECLAIM_VERSION);
MODULE_LICENSE("GPL");
