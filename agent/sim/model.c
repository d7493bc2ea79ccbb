// SPDX-License-Identifier: GPL-2.0-or-later
/* The simulated host; see model.h. */
#include "sim/model.h"

#include "host/util.h"

#include <string.h>

#define TICK_US USEC_PER_SEC
#define KEPT_KB 32
#define DOMIDS	(UINT16_MAX + 1)

/* A disk that is used so soon after it gave was not done with what it gave. */
#define SOON_US (30 * USEC_PER_SEC)

int model_init(struct model *m, bool simulated)
{
	*m = (struct model){
		.simulated = simulated,
		.gives_ram = {true, true, true},
		.mechanism = MECHANISM_NATIVE,
		.regrow_us = NEVER,
		.rule_of = calloc(DOMIDS, sizeof(*m->rule_of)),
	};
	return m->rule_of ? 0 : -ENOMEM;
}

void model_free(struct model *m)
{
	free(m->disks.vbds);
	free(m->more);
	free(m->seen.vbds);
	free(m->spare);
	free(m->targets);
	free(m->rule_of);
	*m = (struct model){0};
}

/* --- what disks hold ------------------------------------------------------------------------ */

static uint64_t slots_of(const struct model *m, const struct vbd *v)
{
	return m->gives_ram[LEVEL_SLOTS] ? v->held_kb[LEVEL_SLOTS] : 0;
}

static uint64_t mapped_of(const struct model *m, const struct vbd *v)
{
	uint64_t kb = 0;

	for (int l = 0; l < LEVEL_SLOTS; l++)
		kb += m->gives_ram[l] ? v->held_kb[l] : 0;
	return kb;
}

/* What counts as given: after a fall pool and grants are Xen's already. */
static uint64_t ram_of(const struct model *m, const struct vbd *v, bool fell)
{
	return slots_of(m, v) + (fell ? 0 : mapped_of(m, v));
}

/* What pool and grants would give, were they emptied. */
static uint64_t inside_kb(const struct model *m)
{
	return m->mapped_kb > m->outside_kb ? m->mapped_kb - m->outside_kb : 0;
}

uint64_t sim_idle_us(const struct sim_disk *d, uint64_t now_us)
{
	return (uint64_t)((int64_t)now_us - d->last_us);
}

/* What the driver does by itself is left out: it would do that anyway. */
static uint64_t unused_us(const struct model *m, const struct sim_disk *d, uint64_t now_us)
{
	if (m->mechanism == MECHANISM_NATIVE)
		return now_us < d->leased_us && d->unused_us ? d->unused_us : NEVER;
	return m->held.unused_s ? m->held.unused_s * USEC_PER_SEC : NEVER;
}

/* Stock drivers put what they unmap into the pool, and have no slots to give. */
static void age_disk(const struct model *m, struct vbd *v, struct sim_disk *d, uint64_t now_us)
{
	bool native = m->mechanism == MECHANISM_NATIVE;
	uint64_t after_us = unused_us(m, d, now_us);

	v->idle_us = sim_idle_us(d, now_us);
	if (!m->simulated)
		return;
	if (!d->busy && v->idle_us >= after_us) {
		if (v->held_kb[LEVEL_GRANTS])
			d->given_us = now_us - (v->idle_us - after_us);
		if (!native)
			v->held_kb[LEVEL_POOL] += v->held_kb[LEVEL_GRANTS];
		v->held_kb[LEVEL_GRANTS] = 0;
		if (native) {
			v->held_kb[LEVEL_POOL] = 0;
			v->held_kb[LEVEL_SLOTS] = min_u64(v->held_kb[LEVEL_SLOTS], KEPT_KB);
		}
	}
	if (m->held.pools)
		v->held_kb[LEVEL_POOL] = 0;
}

/* Where the kernel does not show idle times, the model knows them all the same. */
void model_refresh(struct model *m, uint64_t now_us)
{
	bool regrow = now_us >= m->regrow_us;

	m->slots_kb = 0;
	m->mapped_kb = 0;
	for (size_t i = 0; i < m->disks.n; i++) {
		struct vbd *v = &m->disks.vbds[i];
		struct sim_disk *d = &m->more[i];

		if (d->busy)
			d->last_us = (int64_t)now_us;
		if (d->taken && regrow) {
			memcpy(v->held_kb, d->full_kb, sizeof(v->held_kb));
			d->taken = false;
		}
		age_disk(m, v, d, now_us);
		m->slots_kb += slots_of(m, v);
		m->mapped_kb += mapped_of(m, v);
	}
	if (regrow)
		m->regrow_us = NEVER;
}

/* Both lists are in order: one pass over both. */
void model_scan(struct model *m, uint64_t now_us)
{
	const struct vbd *was = m->seen.vbds;
	const struct vbd *end = was + m->seen.n;
	bool shown = !m->simulated || m->mechanism == MECHANISM_NATIVE;
	uint64_t since_us = now_us - m->seen.scanned_us;
	struct vbd *fresh = m->spare;

	for (size_t i = 0; i < m->disks.n; i++) {
		const struct vbd *is = &m->disks.vbds[i];
		uint16_t rule = m->rule_of[is->domid];

		fresh[i] = *is;
		fresh[i].named = rule != 0;
		fresh[i].rule = rule ? (uint16_t)(rule - 1) : 0;
		while (was < end && vbd_compare(was, is) < 0)
			was++;
		if (was == end || vbd_compare(was, is) != 0) {
			if (!shown)
				vbd_note_rest(&fresh[i], NULL, true, 0);
			continue;
		}
		if (!shown) /* what scans can see of it */
			vbd_note_rest(&fresh[i], was, is->idle_us < since_us, since_us);
		vbd_keep_learned(&fresh[i], was);
	}
	m->spare = m->seen.vbds;
	m->seen.vbds = fresh;
	m->seen.n = m->disks.n;
	if (since_us > WATCH_PAUSE_US)
		m->seen.watched_since_us = now_us;
	m->seen.scanned_us = now_us;
}

void model_age(struct model *m, const struct aging *aging, uint64_t now_us)
{
	bool native = m->mechanism == MECHANISM_NATIVE;

	if (!m->simulated) /* what was held there is what was recorded */
		return;
	m->held = m->fixed;
	if (!native && !m->fixed.unused_s)
		m->held = (struct held){aging->unused_s, aging->pools};
	for (size_t i = 0; i < m->seen.n && i < m->disks.n; i++) {
		const struct vbd *seen = &m->seen.vbds[i];
		const struct vbd *v = vbds_find(&m->disks, seen->domid, seen->devid);
		struct sim_disk *d = v ? &m->more[v - m->disks.vbds] : NULL;

		if (!d)
			continue;
		d->unused_us = native ? seen->age.unused_s * USEC_PER_SEC : 0;
		d->leased_us = now_us + AGING_LEASE_S * USEC_PER_SEC;
	}
}

uint64_t model_take(struct model *m, size_t i, enum level level, bool idle, bool fell,
		    uint64_t now_us)
{
	struct vbd *v = &m->disks.vbds[i];
	struct sim_disk *d = &m->more[i];
	bool busy = m->simulated ? d->busy : !idle;
	uint64_t before_kb = ram_of(m, v, fell);
	uint64_t given_kb;

	for (int l = fell ? LEVEL_SLOTS : 0; l <= (int)level; l++) {
		uint64_t keep = l == LEVEL_SLOTS ? KEPT_KB : 0;

		if (busy)
			keep = max_u64(keep, v->held_kb[l] / 4);
		if (v->held_kb[l] > keep)
			v->held_kb[l] = keep;
	}
	d->taken |= d->busy;
	if (d->busy)
		m->regrow_us = now_us + TICK_US;
	given_kb = before_kb - ram_of(m, v, fell);
	m->taken_kb += given_kb;
	if (given_kb) {
		d->given_us = now_us;
		m->disturbed += d->busy;
	}
	return given_kb;
}

/* --- memory --------------------------------------------------------------------------------- */

uint64_t model_shortage_kb(const struct model *m)
{
	uint64_t wanted = m->load_kb + m->slots_kb + inside_kb(m);

	return wanted > m->ram_kb ? wanted - m->ram_kb : 0;
}

struct sample model_sample(const struct model *m)
{
	struct sample now = m->memory;
	uint64_t held_kb = m->slots_kb + inside_kb(m);
	uint64_t wanted = m->load_kb + held_kb;

	now.target_kb = m->target_kb;
	if (!m->simulated) {
		now.held_kb -= (int64_t)m->taken_kb;
		now.available_kb += (int64_t)m->taken_kb;
		return now;
	}
	now.held_known = true;
	now.held_kb = (int64_t)held_kb;
	now.mapped_kb = (int64_t)inside_kb(m);
	now.available_kb = wanted < m->ram_kb ? (int64_t)(m->ram_kb - wanted) : 0;
	return now;
}

void model_move_target(struct model *m, uint64_t to_kb)
{
	uint64_t last_kb = m->target_kb;

	if (to_kb < last_kb) {
		uint64_t fell_kb = last_kb - to_kb;

		m->ram_kb = m->ram_kb > fell_kb ? m->ram_kb - fell_kb : 0;
		m->outside_kb = min_u64(m->outside_kb + fell_kb, m->mapped_kb);
	} else {
		uint64_t rose_kb = to_kb - last_kb;

		m->ram_kb += rose_kb;
		m->outside_kb = m->outside_kb > rose_kb ? m->outside_kb - rose_kb : 0;
	}
	m->target_kb = to_kb;
}

/* --- disks that come, go and change --------------------------------------------------------- */

/* Return: the array with room for more, or as it was, and @r is set. */
static void *grown(void *old, size_t room, size_t size, int *r)
{
	void *fresh = reallocarray(old, room, size);

	if (!fresh) {
		*r = -ENOMEM;
		return old;
	}
	return fresh;
}

static int make_room(struct model *m)
{
	size_t room = m->disks.room ? 2 * m->disks.room : 64;
	int r = 0;

	if (m->disks.n < m->disks.room)
		return 0;
	m->disks.vbds = grown(m->disks.vbds, room, sizeof(*m->disks.vbds), &r);
	m->more = grown(m->more, room, sizeof(*m->more), &r);
	m->seen.vbds = grown(m->seen.vbds, room, sizeof(*m->seen.vbds), &r);
	m->spare = grown(m->spare, room, sizeof(*m->spare), &r);
	m->targets = grown(m->targets, room, sizeof(*m->targets), &r);
	if (r == 0)
		m->disks.room = room;
	return r;
}

int model_put_disk(struct model *m, const struct vbd *v, uint64_t now_us)
{
	size_t i = vbds_place(&m->disks, v->domid, v->devid);
	struct vbd *to;
	struct sim_disk *d;

	if (make_room(m) < 0)
		return -ENOMEM;
	to = &m->disks.vbds[i];
	d = &m->more[i];
	if (i == m->disks.n || vbd_compare(to, v) != 0) {
		memmove(to + 1, to, (m->disks.n - i) * sizeof(*to));
		memmove(d + 1, d, (m->disks.n - i) * sizeof(*d));
		m->disks.n++;
	}
	*to = *v;
	*d = (struct sim_disk){
		.last_us = (int64_t)now_us - (int64_t)v->idle_us,
		.busy = m->simulated && v->rate > 0,
	};
	memcpy(d->full_kb, v->held_kb, sizeof(d->full_kb));
	m->unseen |= v->seen != ALL_LEVELS;
	/* a guest that can has all that it uses in grants */
	to->persistent = v->held_kb[LEVEL_GRANTS] || !(v->seen & 1U << LEVEL_GRANTS);
	/* the model knows what the kernel does not show */
	to->shows &= m->mechanism == MECHANISM_NATIVE;
	return 0;
}

void model_drop_disk(struct model *m, const struct vbd *v)
{
	const struct vbd *gone = vbds_find(&m->disks, v->domid, v->devid);
	size_t i;

	if (!gone)
		return;
	i = (size_t)(gone - m->disks.vbds);
	m->disks.n--;
	memmove(&m->disks.vbds[i], &m->disks.vbds[i + 1],
		(m->disks.n - i) * sizeof(*m->disks.vbds));
	memmove(&m->more[i], &m->more[i + 1], (m->disks.n - i) * sizeof(*m->more));
}

void model_start_io(struct model *m, const struct vbd *v, uint64_t now_us)
{
	struct vbd *to = vbds_find(&m->disks, v->domid, v->devid);
	struct sim_disk *d;

	if (!to)
		return;
	d = &m->more[to - m->disks.vbds];
	if (d->busy)
		d->last_us = (int64_t)now_us;
	age_disk(m, to, d, now_us);
	if (!d->busy && v->rate > 0 && d->given_us && now_us - d->given_us < SOON_US)
		m->disturbed++;
	d->busy = v->rate > 0;
	to->rate = v->rate;
	if (d->busy)
		memcpy(to->held_kb, d->full_kb, sizeof(d->full_kb));
	d->taken &= d->busy;
}

void model_name_domain(struct model *m, uint16_t domid, uint16_t rule)
{
	m->rule_of[domid] = (uint16_t)(1 + rule);
}
