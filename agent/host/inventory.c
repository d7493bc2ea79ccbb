// SPDX-License-Identifier: GPL-2.0-or-later
/* Virtual disks in sysfs; see inventory.h. Knows no policy. */
#include "host/inventory.h"

#include "core/names.h"
#include "host/params.h"
#include "host/util.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define MODULE_DIR "sys/module/xen_reclaim"
#define DRIVER_DIR "sys/module/xen_blkback"

/* The patched driver alone has it. */
#define PATCHED_PARAM DRIVER_DIR "/parameters/reclaim_unused_seconds"

/* A device number in 32 bits, as the kernel has it. */
#define MINOR_BITS 20
#define MINOR_MAX  ((1UL << MINOR_BITS) - 1)
#define MAJOR_MAX  ((1UL << (32 - MINOR_BITS)) - 1)

/* More than a domid, and more than a devid, has. */
#define ID_MAX UINT64_C(0xffffffff)

/* "vbd-<domid>-<devid>", and no other way to write it: its files are found by these numbers. */
static int parse_name(const char *name, struct vbd *v)
{
	char text[32];
	char *dash;
	uint64_t domid;
	uint64_t devid;

	if (strncmp(name, "vbd-", 4) != 0 || strlen(name + 4) >= sizeof(text))
		return -EINVAL;
	(void)snprintf(text, sizeof(text), "%s", name + 4);
	dash = strchr(text, '-');
	if (!dash)
		return -EINVAL;
	*dash = '\0';
	if (parse_number(text, &domid) < 0 || parse_number(dash + 1, &devid) < 0 ||
	    domid > UINT16_MAX || devid > ID_MAX)
		return -EINVAL;
	*v = (struct vbd){.domid = (uint16_t)domid, .devid = (uint32_t)devid};
	(void)snprintf(text, sizeof(text), "%u-%" PRIu32, v->domid, v->devid);
	return strcmp(text, name + 4) == 0 ? 0 : -EINVAL;
}

void vbd_path(const struct vbd *v, const char *file, char *path, size_t size)
{
	(void)snprintf(path, size, VBD_DIR "/vbd-%u-%u/%s", v->domid, v->devid, file);
}

/* The kernel has 32 bits for each of these: sums of them stay far from where they overflow. */
static int read_figure(int dir, const char *file, uint64_t *value)
{
	int r = read_number(dir, file, value);

	return r < 0 ? r : *value > UINT32_MAX ? -ERANGE : 0;
}

/*
 * How busy a disk is, from blkback's own statistics; only where it served anything since the scan
 * before, which its idle time says for nothing.
 */
static void read_rate(int dir, struct vbd *v, const struct vbd *known, uint64_t since_us)
{
	uint64_t reads;
	uint64_t writes;

	v->requests = known ? known->requests : 0;
	if (known && v->idle_us > since_us)
		return;
	if (read_number(dir, "statistics/rd_req", &reads) < 0 ||
	    read_number(dir, "statistics/wr_req", &writes) < 0)
		return;
	v->requests = (uint32_t)(reads + writes);
	if (known && since_us > 0)
		v->rate = (uint32_t)((v->requests - known->requests) * USEC_PER_SEC / since_us);
}

/* The host's block device behind the disk: "major:minor", in hexadecimal. 0: not known. */
static uint32_t read_device(int dir)
{
	unsigned long major;
	unsigned long minor;
	char text[32];
	char *end;

	if (read_text(dir, "physical_device", text, sizeof(text)) < 0)
		return 0;
	major = strtoul(text, &end, 16);
	if (*end != ':')
		return 0;
	minor = strtoul(end + 1, &end, 16);
	if (*end || major > MAJOR_MAX || minor > MINOR_MAX)
		return 0;
	return (uint32_t)(major << MINOR_BITS | minor);
}

/* Of the kernel's Documentation/block/stat.rst: I/Os done, and I/Os in flight. */
static bool counts_ios(int column)
{
	return column == 0 || column == 4 || column == 8 || column == 11 || column == 15;
}

/* Everything that was begun on that device; modulo 2^32. */
static int read_ios(int root, uint32_t device, uint32_t *ios)
{
	char *save_ptr = NULL;
	char path[80];
	char text[512];
	int column = 0;

	if (!device)
		return -ENODEV;
	(void)snprintf(path, sizeof(path), "sys/dev/block/%" PRIu32 ":%lu/stat",
		       device >> MINOR_BITS, device & MINOR_MAX);
	if (read_text(root, path, text, sizeof(text)) < 0)
		return -ENODEV;
	*ios = 0;
	for (char *word = strtok_r(text, " ", &save_ptr); word;
	     word = strtok_r(NULL, " ", &save_ptr)) {
		uint64_t n;

		if (counts_ios(column++) && parse_number(word, &n) == 0)
			*ios += (uint32_t)n;
	}
	return 0;
}

/*
 * For how long scans have seen it serve nothing. Not from blkback's statistics: a kernel without a
 * fix may read rings there that the guest has just disconnected.
 */
static void read_rest(int root, struct vbd *v, const struct vbd *known, uint64_t since_us)
{
	bool used = read_ios(root, v->device, &v->requests) < 0 || !known ||
		    v->requests != known->requests;

	vbd_note_rest(v, known, used, since_us);
}

/* The levels are one line of words; a word we do not know is a level of the future. */
static uint8_t read_levels(int dir)
{
	char text[128];
	char *save_ptr = NULL;
	unsigned found = 0;

	if (read_text(dir, "reclaim/levels", text, sizeof(text)) < 0)
		return 0;
	for (char *word = strtok_r(text, " ", &save_ptr); word;
	     word = strtok_r(NULL, " ", &save_ptr)) {
		int level = level_from_name(word);

		if (level >= 0)
			found |= 1U << level;
	}
	return (uint8_t)found;
}

/* Return: the driver shows all that it holds. */
static bool read_held(int dir, struct vbd *v)
{
	char path[48];

	for (int l = 0; l < LEVEL_COUNT; l++) {
		(void)snprintf(path, sizeof(path), "reclaim/%s", levels[l].file);
		if (read_figure(dir, path, &v->held_kb[l]) < 0)
			return false;
		v->held_kb[l] *= levels[l].unit_kb;
	}
	return true;
}

/* What can be asked of this disk alone, and what it holds. Return: it shows that. */
static bool read_reclaim(int dir, struct vbd *v)
{
	uint64_t squeeze_ms = 0;
	uint64_t mapped;
	uint64_t idle_ms;

	v->levels = read_levels(dir);
	if (v->levels == 0)
		return false;
	if (read_figure(dir, "reclaim/squeeze_ms", &squeeze_ms) < 0 || squeeze_ms > WINDOW_MAX_MS)
		squeeze_ms = 0; /* no driver has that: the disk is left alone */
	v->squeeze_ms = (uint32_t)squeeze_ms;
	if (read_number(dir, "reclaim/idle_ms", &idle_ms) < 0 || idle_ms > INT64_MAX)
		return false;
	if (!read_held(dir, v)) {
		memset(v->held_kb, 0, sizeof(v->held_kb));
		return false;
	}
	/* the kernel has 64 bits for it; 49 days are as good as more */
	v->idle_us = min_u64(idle_ms, UINT32_MAX) * USEC_PER_MSEC;
	if (read_number(dir, "reclaim/grants_mapped", &mapped) == 0)
		v->age.mapped = (uint32_t)mapped;
	return true;
}

/*
 * scan - one under way.
 * @since_us:	 of the one before.
 * @n_known:	 disks that the one before found.
 * @same_driver: nothing can have given a disk files of its own since.
 */
struct scan {
	int root;
	uint64_t since_us;
	size_t n_known;
	bool same_driver;
};

/*
 * A stock driver shows nothing of a disk, and the device behind it stays: there is no need to look
 * again. On such a driver this is most of what the daemon costs.
 */
static bool is_plain(const struct scan *scan, const struct vbd *known)
{
	return scan->same_driver && known && known->device && !known->levels;
}

/* A disk that goes meanwhile has no file any more: then it shows nothing. */
static void read_vbd(const struct scan *scan, struct vbd *v, const struct vbd *known)
{
	_cleanup_close_ int dir = -1;
	char path[128];

	if (is_plain(scan, known)) {
		v->device = known->device;
		read_rest(scan->root, v, known, scan->since_us);
		return;
	}
	vbd_path(v, "", path, sizeof(path));
	dir = openat(scan->root, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return;
	v->shows = read_reclaim(dir, v);
	if (v->shows) {
		read_rate(dir, v, known, scan->since_us);
		return;
	}
	v->device = read_device(dir);
	read_rest(scan->root, v, known, scan->since_us);
}

static int add(struct vbd_list *list, const struct vbd *v)
{
	if (list->n == list->room) {
		size_t room = list->room ? 2 * list->room : 16;
		struct vbd *vbds = realloc(list->vbds, room * sizeof(*vbds));

		if (!vbds)
			return -ENOMEM;
		list->vbds = vbds;
		list->room = room;
	}
	list->vbds[list->n++] = *v;
	return 0;
}

/*
 * What is seen anew at each scan begins with nothing, what was learned of a disk stays; but not for
 * another one in its place.
 */
static int meet(const struct scan *scan, struct vbd_list *list, struct vbd v)
{
	const struct vbd_list sorted = {.vbds = list->vbds, .n = scan->n_known};
	struct vbd *place = vbds_find(&sorted, v.domid, v.devid);
	const struct vbd *known = place && place->node == v.node ? place : NULL;

	if (place) {
		v.named = place->named;
		v.rule = place->rule;
	}
	if (known) {
		vbd_keep_learned(&v, known);
		v.persistent = known->persistent;
		v.grant_looks = known->grant_looks;
	}
	v.present = true;
	v.met = known;
	read_vbd(scan, &v, known);
	if (!place)
		return add(list, &v);
	*place = v;
	return 0;
}

/* Those that are known are met where they stand, the others behind them. */
static int meet_all(const struct scan *scan, struct vbd_list *list)
{
	int fd = openat(scan->root, VBD_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	int r = dir || errno == ENOENT ? 0 : -errno;

	for (size_t i = 0; i < scan->n_known; i++)
		list->vbds[i].present = false;
	if (!dir) {
		close_fd(&fd);
		return r;
	}
	while (r == 0) {
		struct dirent *d;
		struct vbd v;

		errno = 0;
		d = readdir(dir);
		if (!d) {
			r = -errno; /* or the end */
			break;
		}
		if (parse_name(d->d_name, &v) < 0)
			continue;
		v.node = (uint32_t)d->d_ino; /* sysfs counts on: 32 bits tell two apart */
		r = meet(scan, list, v);
	}
	(void)closedir(dir);
	return r;
}

static void drop_gone(struct vbd_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if (list->vbds[i].present)
			list->vbds[n++] = list->vbds[i];
	list->n = n;
}

static int make_targets(struct inventory *inv)
{
	struct target *targets;

	if (inv->targets_room >= inv->now.room)
		return 0;
	targets = realloc(inv->targets, inv->now.room * sizeof(*targets));
	if (!targets)
		return -ENOMEM;
	inv->targets = targets;
	inv->targets_room = inv->now.room;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return vbd_compare(a, b);
}

/* Its number; 0: it is not loaded. */
static uint64_t driver_number(int root)
{
	struct stat folder;

	return fstatat(root, DRIVER_DIR, &folder, 0) < 0 ? 0 : folder.st_ino;
}

/* Disks show what the driver can do; where there is none, its parameter does. */
static enum mechanism best(const struct inventory *inv, bool patched, bool module)
{
	if (inv->now.n == 0 && patched)
		return MECHANISM_NATIVE;
	for_each_vbd(v, &inv->now) {
		if (v->shows)
			return MECHANISM_NATIVE;
		module |= v->levels != 0;
	}
	if (module)
		return MECHANISM_MODULE;
	return inv->params ? MECHANISM_PARAMS : MECHANISM_NONE;
}

int inventory_read(int root, struct inventory *inv)
{
	uint64_t scanned_us = now_us();
	bool module = faccessat(root, MODULE_DIR, F_OK, 0) == 0;
	bool patched = faccessat(root, PATCHED_PARAM, F_OK, 0) == 0;
	/* of one that gives disks no files of their own */
	uint64_t driver = module || patched ? 0 : driver_number(root);
	const struct scan scan = {
		.root = root,
		.since_us = scanned_us - inv->now.scanned_us,
		.n_known = inv->now.n,
		.same_driver = driver != 0 && driver == inv->driver,
	};
	uint64_t unused_s;
	bool any_new;
	int r;

	inv->driver = 0; /* of a scan that fails nothing is known */
	r = meet_all(&scan, &inv->now);

	if (r == 0)
		r = make_targets(inv);
	if (r < 0) {
		inv->now.n = scan.n_known;
		inv->now.scanned_us = scanned_us;
		return r;
	}
	any_new = inv->now.n > scan.n_known;
	drop_gone(&inv->now);
	if (any_new) /* the others are in order; qsort() takes memory */
		qsort(inv->now.vbds, inv->now.n, sizeof(*inv->now.vbds), compare);
	if (inv->now.scanned_us == 0 || scanned_us - inv->now.scanned_us > WATCH_PAUSE_US)
		inv->now.watched_since_us = scanned_us;
	inv->now.scanned_us = scanned_us;
	inv->driver = driver;
	inv->params = params_present(root) == 0;
	if (read_figure(root, param_paths[PARAM_GRANT_AGE], &unused_s) < 0)
		unused_s = 0;
	inv->unused_s = (uint32_t)unused_s;
	inv->mechanism = best(inv, patched, module);
	return 0;
}

/* a to z, aa to zz, aaa and so on, as Linux counts disks; up to 2^20 of them. */
static const char *letters(uint32_t disk, char buf[static 8])
{
	char *at = buf + 7;

	*at = '\0';
	for (disk++; disk > 0; disk = (disk - 1) / 26)
		*--at = (char)('a' + (disk - 1) % 26);
	return at;
}

void disk_name(uint32_t devid, char *buf, size_t size)
{
	char text[8];
	uint32_t disk = (devid & 0xff) >> 4;
	uint32_t part = devid & 0xf;

	if (devid >> 28 == 1) {
		disk = (devid & 0xfffffff) >> 8;
		part = devid & 0xff;
	} else if (devid >> 8 != 202) {
		(void)snprintf(buf, size, "%" PRIu32, devid);
		return;
	}
	(void)snprintf(buf, size, "xvd%s", letters(disk, text));
	if (part > 0 && strlen(buf) + 4 < size)
		(void)snprintf(buf + strlen(buf), size - strlen(buf), "%" PRIu32, part);
}

struct vbd *inventory_find(const struct inventory *inv, const char *name)
{
	struct vbd v;

	return parse_name(name, &v) < 0 ? NULL : vbds_find(&inv->now, v.domid, v.devid);
}

void inventory_free(struct inventory *inv)
{
	free(inv->now.vbds);
	free(inv->targets);
	*inv = (struct inventory){0};
}
