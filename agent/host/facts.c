// SPDX-License-Identifier: GPL-2.0-or-later
/* Gathers the facts that diagnose.h names. Reads the host; judges nothing. */
#include "host/diagnose.h"
#include "host/memory.h"
#include "host/params.h"
#include "host/util.h"

#include <fcntl.h>
#include <string.h>
#include <zlib.h>

static bool exists(int root, const char *path)
{
	return faccessat(root, path, F_OK, 0) == 0;
}

static bool text_has(int root, const char *path, const char *word)
{
	char text[4096];

	return read_text(root, path, text, sizeof(text)) > 0 && strstr(text, word);
}

/* Whether a line of the file, compressed or not, has the word; or negative errno. */
static int grep(int root, const char *path, const char *word)
{
	int fd = openat(root, path, O_RDONLY | O_CLOEXEC);
	bool found = false;
	char line[512];
	gzFile f;

	if (fd < 0)
		return -errno;
	f = gzdopen(fd, "r");
	if (!f) {
		(void)close(fd);
		return -ENOMEM;
	}
	while (!found && gzgets(f, line, sizeof(line)))
		found = strstr(line, word);
	return gzclose(f) == Z_OK || found ? found : -EIO;
}

/*
 * By the kernel's configuration, wherever distributions have it. Not by /proc/kallsyms, which the
 * unit's sandbox hides: whoever asks gets the same answer.
 */
static enum answer compiled_unpopulated(int root, const char *release)
{
	static const char word[] = "CONFIG_XEN_UNPOPULATED_ALLOC=y";
	char path[128];
	int r;

	(void)snprintf(path, sizeof(path), "boot/config-%.100s", release);
	r = grep(root, path, word);
	if (r < 0) {
		(void)snprintf(path, sizeof(path), "lib/modules/%.100s/config", release);
		r = grep(root, path, word);
	}
	if (r < 0)
		r = grep(root, "proc/config.gz", word);
	if (r < 0)
		return ANSWER_UNKNOWN;
	return r ? ANSWER_YES : ANSWER_NO;
}

static void gather_kernel(int root, struct facts *f)
{
	char release[128] = "";
	unsigned major = 0;
	unsigned minor = 0;

	if (read_text(root, "proc/sys/kernel/osrelease", release, sizeof(release)) > 0) {
		char *end;

		major = (unsigned)strtoul(release, &end, 10);
		minor = *end == '.' ? (unsigned)strtoul(end + 1, NULL, 10) : 0;
	}
	f->release = major * 1000 + minor;
	f->blacklisted = text_has(root, "proc/cmdline", "unpopulated_init");
	f->scratch_seen = grep(root, "proc/iomem", "Xen scratch") == 1;
	if (f->scratch_seen)
		f->unpopulated = ANSWER_YES;
	else if (f->blacklisted)
		f->unpopulated = ANSWER_NO;
	else
		f->unpopulated = compiled_unpopulated(root, release);
}

static void probe_psi(int root, struct facts *f)
{
	const struct threshold t = {50 * USEC_PER_MSEC, USEC_PER_SEC};
	struct psi_totals totals;
	int fd = psi_open_trigger(root, PSI_SOME, &t, &f->psi);

	if (fd >= 0) {
		(void)close(fd);
		return;
	}
	f->psi = psi_read(root, &totals) == 0 ? PSI_TOTALS : PSI_NONE;
	if (fd != -EPERM && fd != -EACCES && fd != -EINVAL)
		f->psi_error = -fd;
}

/* Bit 11 of what Xen says of itself: the mount of xenfs is not everywhere. */
static bool is_control_domain(int root)
{
	char text[32];

	if (text_has(root, "proc/xen/capabilities", "control_d"))
		return true;
	return read_text(root, "sys/hypervisor/properties/features", text, sizeof(text)) > 0 &&
	       strtoul(text, NULL, 16) >> 11 & 1;
}

static void gather_balloon(int root, struct facts *f)
{
	struct balloon b;
	struct memory h;

	if (memory_open(root, &h) < 0)
		return;
	f->balloon = memory_balloon(&h, &b) == 0;
	if (f->balloon) {
		f->current_kb = b.current_kb;
		f->target_kb = b.target_kb;
		f->low_kb = b.low_kb;
	}
	memory_close(&h);
}

/* What the daemon holds is the daemon's. */
static bool are_set(int root)
{
	uint64_t pool_pages;
	uint64_t unused_s;

	return !exists(root, PARAMS_SAVED) &&
	       read_number(root, param_paths[PARAM_POOL], &pool_pages) == 0 && pool_pages == 0 &&
	       read_number(root, param_paths[PARAM_GRANT_AGE], &unused_s) == 0 && unused_s >= 1 &&
	       unused_s <= 5;
}

static void gather_vbds(int root, struct facts *f)
{
	struct inventory inv = {0};

	if (inventory_read(root, &inv) < 0)
		return;
	f->params = inv.params;
	f->params_set = are_set(root);
	f->mechanism = inv.mechanism;
	for_each_vbd(v, &inv.now)
		for (int l = 0; l < LEVEL_COUNT; l++)
			f->held_kb[l] += v->held_kb[l];
	inventory_free(&inv);
}

void facts_gather(int root, struct facts *f)
{
	*f = (struct facts){.xen_free_kb = -1, .slots_kb = -1};
	f->xen = text_has(root, "sys/hypervisor/type", "xen");
	f->control_domain = is_control_domain(root);
	f->pvh = text_has(root, "sys/hypervisor/guest_type", "PVH");
	f->auto_online = text_has(root, "sys/devices/system/memory/auto_online_blocks", "online");
	f->blkback = exists(root, "sys/module/xen_blkback");
	f->debian = grep(root, "etc/os-release", "ID=debian\n") == 1;
	probe_psi(root, f);
	gather_kernel(root, f);
	gather_balloon(root, f);
	gather_vbds(root, f);
}
