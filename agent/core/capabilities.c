// SPDX-License-Identifier: GPL-2.0-or-later
/* What a host can give back; see capabilities.h. */
#include "core/capabilities.h"

#include "core/idle.h"
#include "core/reuse.h"
#include "core/units.h"

#include <errno.h>

uint64_t vbd_slots_kb(const bool gives_ram[static LEVEL_COUNT], const struct vbd *v)
{
	uint64_t kb = v->held_kb[LEVEL_SLOTS];

	return gives_ram[LEVEL_SLOTS] && kb > v->kept_kb ? kb - v->kept_kb : 0;
}

uint64_t vbd_ram_kb(const bool gives_ram[static LEVEL_COUNT], const struct vbd *v, int level)
{
	uint64_t kb = level == LEVEL_SLOTS ? vbd_slots_kb(gives_ram, v) : 0;

	for (int l = 0; l <= level && l < LEVEL_SLOTS; l++)
		if (gives_ram[l])
			kb += v->held_kb[l];
	return kb;
}

/* What a disk holds is known of those that show it; none of the others is idle. */
static void add_kb(uint64_t *of_scope, const struct vbd *v, bool idle, uint64_t kb)
{
	if (!v->shows)
		of_scope[SCOPE_ALL] = KB_UNKNOWN;
	else if (of_scope[SCOPE_ALL] != KB_UNKNOWN)
		of_scope[SCOPE_ALL] += kb;
	if (idle)
		of_scope[SCOPE_IDLE] += kb;
}

static void add_vbd(struct capabilities *c, const struct policy *p, const struct vbd *v)
{
	bool idle = vbd_is_idle(p, c->threshold_us, v);

	for (int l = 0; l < LEVEL_COUNT; l++) {
		if (!(v->levels & 1U << l))
			continue;
		c->offered[l][SCOPE_ALL] = true;
		c->offered[l][SCOPE_IDLE] |= v->shows;
		add_kb(c->ram_kb[l], v, idle, vbd_ram_kb(c->gives_ram, v, l));
	}
	if (v->levels & 1U << LEVEL_SLOTS && c->gives_ram[LEVEL_SLOTS])
		add_kb(c->slots_kb, v, idle, vbd_slots_kb(c->gives_ram, v));
}

/* Parameters reach every disk: not while there is one that must not be touched. */
static void add_params(struct capabilities *c, const struct policy *p, const struct host_view *view)
{
	if (view->disks->n == 0 || first_excluded(p, view->disks))
		return;
	if (by_params(view, LEVEL_GRANTS))
		c->threshold_us = longest_threshold_us(p, c->threshold_us, view->disks);
	for (int l = 0; l < LEVEL_COUNT; l++) {
		if (!by_params(view, (enum level)l))
			continue;
		for (int s = 0; s < SCOPE_COUNT; s++) {
			c->offered[l][s] = l > LEVEL_POOL || s == SCOPE_ALL;
			c->ram_kb[l][s] = KB_UNKNOWN;
		}
	}
}

/* What the parameters are held at gives back without being asked. */
static void note_aged(struct capabilities *c, const struct held *held)
{
	c->aged[LEVEL_POOL] = held->pools;
	c->aged[LEVEL_GRANTS] =
		held->pools && held->unused_s && held->unused_s * USEC_PER_SEC <= c->threshold_us;
}

struct capabilities capabilities_of(const struct policy *p, const struct host_view *view)
{
	const struct vbd_list *disks = view->disks;
	struct capabilities c = {0};

	c.threshold_us = idle_threshold_us(p, disks, vbds_watched_us(disks), 1, RECENT_MIN);
	c.threshold_us = max_u64(c.threshold_us, view->return_us);
	for (int l = 0; l < LEVEL_COUNT; l++)
		c.gives_ram[l] = view->gives_ram[l];
	for_each_vbd(v, disks)
		if (!vbd_is_spared(p, v))
			add_vbd(&c, p, v);
	add_params(&c, p, view);
	note_aged(&c, &view->held);
	return c;
}

bool by_params(const struct host_view *view, enum level level)
{
	if (!view->params || level > LEVEL_GRANTS)
		return false;
	for_each_vbd(v, view->disks)
		if (v->levels & 1U << level)
			return false;
	return true;
}

static bool is_meant(const struct vbd *v, int domid, int64_t devid)
{
	return (domid == EVERY || v->domid == domid) && (devid == EVERY || v->devid == devid);
}

static unsigned ram_levels(const struct host_view *view)
{
	unsigned set = 0;

	for (int l = 0; l < LEVEL_COUNT; l++)
		set |= view->gives_ram[l] ? 1U << l : 0;
	return set;
}

int request_levels(const struct host_view *view, unsigned asked, int domid, int64_t devid)
{
	bool present = false;
	unsigned offered = 0;

	for (int l = 0; l < LEVEL_COUNT; l++)
		if (domid == EVERY && by_params(view, (enum level)l))
			offered |= 1U << l;
	for_each_vbd(v, view->disks) {
		if (!is_meant(v, domid, devid))
			continue;
		offered |= v->levels;
		present = true;
	}
	if (!present)
		return -ENODEV;
	if (!asked)
		asked = offered & ram_levels(view);
	return asked && !(asked & ~offered) ? (int)asked : -EOPNOTSUPP;
}
