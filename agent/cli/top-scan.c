// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scans for xen-reclaim top: what disks hold, and by comparison with the scan before what they do;
 * see top.h. Reads sysfs and BPF; knows nothing of rows and screens.
 */
#include "cli/top.h"

#include "core/vbds.h"
#include "host/util.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#define SECTOR_BYTES 512

static const char *const stat_files[STAT_COUNT] = {"rd_req", "wr_req", "rd_sect", "wr_sect"};

static void read_stats(int root, struct disk *d)
{
	for (int i = 0; i < STAT_COUNT; i++) {
		char file[32];
		char path[128];

		(void)snprintf(file, sizeof(file), "statistics/%s", stat_files[i]);
		vbd_path(&d->vbd, file, path, sizeof(path));
		if (read_number(root, path, &d->stats[i]) < 0)
			return;
	}
	d->counted = true;
}

/* "60", or "5 for 42" during a lease. */
static void read_unused(int root, struct disk *d)
{
	char path[128];
	char text[48];

	vbd_path(&d->vbd, "reclaim/unused_s", path, sizeof(path));
	if (!d->vbd.shows || read_text(root, path, text, sizeof(text)) < 0)
		return;
	text[strcspn(text, " ")] = '\0';
	if (parse_number(text, &d->unused_s) < 0)
		d->unused_s = 0;
}

static int compare_disks(const void *a, const void *b)
{
	return vbd_compare(&((const struct disk *)a)->vbd, &((const struct disk *)b)->vbd);
}

/* A disk that was reconnected in between counts from zero: it has no figures this time. */
static void compute_rates(struct disk *d, const struct scan *before, uint64_t us)
{
	const struct disk *was =
		before->n ? bsearch(d, before->disks, before->n, sizeof(*d), compare_disks) : NULL;
	uint64_t delta[STAT_COUNT];

	if (!was || !was->counted || !d->counted || us == 0)
		return;
	for (int i = 0; i < STAT_COUNT; i++) {
		if (d->stats[i] < was->stats[i])
			return;
		delta[i] = d->stats[i] - was->stats[i];
	}
	d->moving = true;
	d->still_us = delta[STAT_RD_REQ] + delta[STAT_WR_REQ] ? 0 : was->still_us + us;
	d->requests_s = (delta[STAT_RD_REQ] + delta[STAT_WR_REQ]) * USEC_PER_SEC / us;
	d->kb_s = (delta[STAT_RD_SECT] + delta[STAT_WR_SECT]) * SECTOR_BYTES / 1024 * USEC_PER_SEC /
		  us;
}

int top_scan(struct top *t)
{
	struct scan now = {.at_us = now_us()};
	int r = inventory_read(t->root, &t->inventory);

	if (r < 0)
		return r;
	domains_name(&t->store, &t->config.policy, &t->inventory.now, UINT_MAX);
	sight_scan(&t->sight, t->root, &t->inventory);
	now.disks = calloc(t->inventory.now.n + 1, sizeof(*now.disks));
	if (!now.disks)
		return -ENOMEM;
	now.psi_known = psi_read(t->root, &now.psi) == 0;
	for_each_vbd(v, &t->inventory.now) {
		struct disk *d = &now.disks[now.n++];

		d->vbd = *v;
		read_stats(t->root, d);
		read_unused(t->root, d);
		compute_rates(d, &t->now, now.at_us - t->now.at_us);
	}
	free(t->before.disks);
	t->before = t->now;
	t->now = now;
	return 0;
}

bool top_stalled(const struct top *t, enum psi_kind kind, uint64_t *permille)
{
	uint64_t us = t->now.at_us - t->before.at_us;

	if (!t->now.psi_known || !t->before.psi_known || us == 0)
		return false;
	*permille = (t->now.psi.us[kind] - t->before.psi.us[kind]) * 1000 / us;
	return true;
}
