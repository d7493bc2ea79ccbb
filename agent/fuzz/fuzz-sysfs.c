// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: what the kernel shows of disks, parameters and memory, and the file of saved
 * parameters. Figures stay within bounds that sums of them cannot leave; a parameter is only ever
 * lowered, and then has its old value again. Knows no file: the calls that would reach one are
 * wrapped by the linker.
 */
#include "core/capabilities.h"
#include "fuzz/fuzz.h"
#include "host/config.h"
#include "host/inventory.h"
#include "host/memory.h"
#include "host/params.h"

#include <dirent.h>
#include <inttypes.h>

#define DISK	  "/disk"
#define BLOCK_DIR "sys/dev/block"
#define FILES	  ARRAY_SIZE(files)
#define FIGURE_KB (UINT64_C(4) << 32)
#define MEMORY_KB (INT64_C(1) << 40)

enum { FIRST_PARAM = 8, SAVED = FIRST_PARAM + PARAM_COUNT };

/* In the order of an input's fields, after the name of the disk. */
static const char *const files[] = {
	DISK "/reclaim/levels",
	DISK "/reclaim/squeeze_ms",
	DISK "/reclaim/idle_ms",
	DISK "/reclaim/pool_pages",
	DISK "/reclaim/persistent_pages",
	DISK "/reclaim/slot_kb",
	DISK "/statistics/rd_req",
	DISK "/statistics/wr_req",
	PARAMS_DIR "/max_buffer_pages",
	PARAMS_DIR "/persistent_grant_unused_seconds",
	PARAMS_DIR "/max_persistent_grants",
	PARAMS_SAVED,
	XEN_MEMORY "/info/current_kb",
	XEN_MEMORY "/target_kb",
	XEN_MEMORY "/info/low_kb",
	"proc/meminfo",
	"proc/vmstat",
	DISK "/physical_device",
	BLOCK_DIR "/stat",
};

/* Descriptors that are none, one for each file, and one for the disk's folder. */
#define FIRST_FD 1000
#define DISK_FD	 (FIRST_FD + (int)FILES)

static struct dirent entry;
static const char *const name = entry.d_name;
static char texts[FILES][1100];
static size_t lens[FILES];
static bool listed;
static bool opened;

struct dirent *__real_readdir(DIR *dir);
int __real_closedir(DIR *dir);

/*
 * A file of the disk is found under the disk's name as its numbers print it, and no other; every
 * block device is the same.
 */
static int find_path(const char *path)
{
	size_t skip = strlen(VBD_DIR "/") + strlen(name);

	if (strncmp(path, BLOCK_DIR "/", strlen(BLOCK_DIR "/")) == 0)
		path = BLOCK_DIR "/stat";
	for (size_t i = 0; i < FILES; i++) {
		if (strncmp(files[i], DISK, strlen(DISK)) != 0) {
			if (strcmp(path, files[i]) == 0)
				return lens[i] ? (int)i : -ENOENT;
			continue;
		}
		if (strncmp(path, VBD_DIR "/", strlen(VBD_DIR "/")) == 0 &&
		    strncmp(path + strlen(VBD_DIR "/"), name, strlen(name)) == 0 &&
		    strcmp(path + skip, files[i] + strlen(DISK)) == 0)
			return lens[i] ? (int)i : -ENOENT;
	}
	return -ENOENT;
}

static int find_file(int root, const char *path)
{
	char whole[128];

	if (root != DISK_FD)
		return find_path(path);
	(void)snprintf(whole, sizeof(whole), VBD_DIR "/%s/%s", name, path);
	return find_path(whole);
}

/* As its numbers print the name. */
static bool is_disk(const char *path)
{
	char whole[128];

	(void)snprintf(whole, sizeof(whole), VBD_DIR "/%s/", name);
	return strcmp(path, whole) == 0;
}

ssize_t __wrap_read_text(int root, const char *path, char *buf, size_t size)
{
	int i = find_file(root, path);
	size_t len;

	if (i < 0)
		return i;
	if (lens[i] >= size)
		return -E2BIG;
	len = lens[i];
	memcpy(buf, texts[i], len);
	while (len > 0 && buf[len - 1] != '\0' && strchr(" \t\n", buf[len - 1]))
		len--;
	buf[len] = '\0';
	return (ssize_t)len;
}

int __wrap_read_number(int root, const char *path, uint64_t *value)
{
	char text[32];
	ssize_t n = __wrap_read_text(root, path, text, sizeof(text));

	return n < 0 ? (int)n : parse_number(text, value);
}

int __wrap_write_number(int root, const char *path, uint64_t value)
{
	int i = find_file(root, path);

	if (i < 0)
		return i;
	lens[i] = (size_t)snprintf(texts[i], sizeof(texts[i]), "%" PRIu64 "\n", value);
	return 0;
}

int __wrap_replace_file(int root, const char *path, const char *text, size_t len)
{
	(void)root;
	check(strcmp(path, PARAMS_SAVED) == 0 && len < sizeof(texts[SAVED]));
	memcpy(texts[SAVED], text, len + 1);
	lens[SAVED] = len;
	return 0;
}

int __wrap_unlinkat(int root, const char *path, int flags)
{
	(void)root;
	(void)flags;
	check(strcmp(path, PARAMS_SAVED) == 0);
	lens[SAVED] = 0;
	return 0;
}

int __wrap_faccessat(int root, const char *path, int mode, int flags)
{
	(void)root;
	(void)path;
	(void)mode;
	(void)flags;
	return -1; /* xen-reclaim.ko is not loaded */
}

int __wrap_openat(int root, const char *path, int flags)
{
	int i = strcmp(path, VBD_DIR) == 0 ? 0 : find_file(root, path);

	(void)flags;
	if (is_disk(path)) {
		opened = true;
		return DISK_FD;
	}
	errno = ENOENT;
	return i < 0 ? -1 : FIRST_FD + i;
}

ssize_t __wrap_pread(int fd, void *buf, size_t size, off_t offset)
{
	size_t len = lens[fd - FIRST_FD];
	size_t left = (size_t)offset < len ? len - (size_t)offset : 0;

	if (left > size)
		left = size;
	memcpy(buf, texts[fd - FIRST_FD] + offset, left);
	return (ssize_t)left;
}

DIR *__wrap_fdopendir(int fd)
{
	(void)fd;
	listed = false;
	return (DIR *)&listed;
}

/* The fuzzer itself reads directories, too. */
struct dirent *__wrap_readdir(DIR *dir)
{
	if (dir != (DIR *)&listed)
		return __real_readdir(dir);
	listed = !listed;
	return listed ? &entry : NULL;
}

int __wrap_closedir(DIR *dir)
{
	return dir == (DIR *)&listed ? 0 : __real_closedir(dir);
}

static void put_files(struct input *in)
{
	(void)next_field(in, entry.d_name, sizeof(entry.d_name));
	for (char *c = entry.d_name; *c; c++)
		if (*c == '/')
			*c = '|';
	for (size_t i = 0; i < FILES; i++)
		lens[i] = next_field(in, texts[i], sizeof(texts[i]));
}

static void check_disk(const struct vbd *v)
{
	char again[32];

	(void)snprintf(again, sizeof(again), "vbd-%u-%" PRIu32, v->domid, v->devid);
	check(strcmp(again, name) == 0);
	check(v->levels < 1U << LEVEL_COUNT);
	check(!v->shows || v->idle_us <= UINT32_MAX * USEC_PER_MSEC);
	for (int l = 0; l < LEVEL_COUNT; l++)
		check(v->held_kb[l] < FIGURE_KB);
}

/* Twice: the second time it is known, and has a rate. */
static void try_inventory(struct inventory *inv, const struct policy *p)
{
	struct host_view view = {.disks = &inv->now, .gives_ram = {true, true, true}};
	struct capabilities c;

	for (int i = 0; i < 2; i++) {
		opened = false;
		check(inventory_read(0, inv) == 0);
		check(inv->now.n <= 1);
		check(opened == (inv->now.n == 1)); /* else nothing of it is tried */
		if (inv->now.n)
			check_disk(inv->now.vbds);
	}
	view.params = inv->params;
	c = capabilities_of(p, &view);
	for (int l = 0; l < LEVEL_COUNT; l++)
		for (int s = 0; s < SCOPE_COUNT; s++)
			check(c.ram_kb[l][s] == KB_UNKNOWN || c.ram_kb[l][s] < 3 * FIGURE_KB);
}

static bool text_names(const char *text, uint64_t v)
{
	char word[24];
	size_t len = (size_t)snprintf(word, sizeof(word), "%" PRIu64, v);

	for (const char *at = text; (at = strstr(at, word)); at++)
		if (at > text && (at[-1] == ' ' || at[-1] == '0') &&
		    !(at[len] >= '0' && at[len] <= '9'))
			return true;
	return false;
}

/* What is put back stands in the file of saved values, if a value that was ours stood there. */
static void try_restore(void)
{
	char saved[1100];
	uint64_t was[PARAM_COUNT];
	int known[PARAM_COUNT];
	int changed = 0;
	int r;

	(void)snprintf(saved, sizeof(saved), "%s", lens[SAVED] ? texts[SAVED] : "");
	for (int id = 0; id < PARAM_COUNT; id++)
		known[id] = read_number(0, param_paths[id], &was[id]);
	r = params_restore(0);
	for (int id = 0; id < PARAM_COUNT; id++) {
		uint64_t is;
		int now = read_number(0, param_paths[id], &is);

		check(now == known[id]);
		if (now < 0 || is == was[id])
			continue;
		changed++;
		check(strstr(saved, param_names[id]) && text_names(saved, is) &&
		      text_names(saved, was[id]));
	}
	check(r < 0 || changed <= r);
}

static void try_window(enum level level, enum scope scope)
{
	struct params p = {0};
	uint64_t old[PARAM_COUNT];

	for (int id = 0; id < PARAM_COUNT; id++)
		if (read_number(0, param_paths[id], &old[id]) < 0)
			old[id] = 0;
	if (params_begin(&p, 0, level, scope, 5 * USEC_PER_SEC, USEC_PER_SEC) < 0)
		return;
	check(p.n_steps <= PARAMS_STEPS_MAX);
	for (unsigned i = 0; i < p.n_steps; i++)
		check(p.steps[i].id == PARAM_GRANT_AGE || p.steps[i].value <= old[p.steps[i].id]);
	check(params_end(&p) == 0);
	for (int id = 0; id < PARAM_COUNT; id++) {
		uint64_t is;

		check(read_number(0, param_paths[id], &is) == 0 && is == old[id]);
	}
}

/* What is held is lower than before, and goes back. */
static void try_hold(uint32_t unused_s)
{
	const struct held held = {unused_s, true};
	struct params p = {0};
	uint64_t old[PARAM_COUNT];
	uint64_t wake_us = 0;

	for (int id = 0; id < PARAM_COUNT; id++)
		if (read_number(0, param_paths[id], &old[id]) < 0)
			return;
	if (params_hold(&p, 0, &held, USEC_PER_SEC, &wake_us) < 0)
		return;
	check(p.n_steps <= PARAMS_STEPS_MAX);
	check(params_held(&p).unused_s <= unused_s);
	check(params_release(&p) == 0);
	for (int id = 0; id < PARAM_COUNT; id++) {
		uint64_t is;

		check(read_number(0, param_paths[id], &is) == 0 && is == old[id]);
	}
}

static void try_memory(void)
{
	struct sample s;
	struct memory h;

	if (memory_open(0, &h) < 0)
		return;
	if (memory_sample(&h, &s) == 0) {
		check(s.available_kb >= 0 && s.available_kb <= MEMORY_KB);
		check(s.held_kb >= -MEMORY_KB && s.held_kb <= MEMORY_KB);
	}
	memory_close(&h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct inventory inv;
	const struct config c = config_default();
	struct input in = {data, size};
	uint8_t which = size ? data[size - 1] : 0;

	put_files(&in);
	try_inventory(&inv, &c.policy);
	inventory_free(&inv);
	try_restore();
	try_window((enum level)(which % LEVEL_GRANTS + 1), (enum scope)(which / 2 % SCOPE_COUNT));
	try_hold(which);
	try_memory();
	return 0;
}
