// SPDX-License-Identifier: GPL-2.0-or-later
/* How soon disks come back; see reuse.h. */
#include "core/reuse.h"

#include "core/idle.h"
#include "core/units.h"

/* From the usual 5 s to more than 5 min: a disk used once in that time is idle by any measure. */
#define REUSES_MAX 6

#define TURN_OLD  6
#define WORK_PART 5

/* Where disks do not show their idle times, they are what scans have seen. */
void vbds_begin(const struct action *a, bool whole_host, struct vbd_list *list)
{
	for_each_vbd(v, list) {
		v->asked = false;
		v->given = whole_host && a->scope == SCOPE_IDLE && v->idle_us >= a->threshold_us;
	}
}

bool vbds_returned(const struct action *a, const struct vbd_list *list, uint64_t now_us)
{
	size_t given = 0;
	size_t used = 0;

	for_each_vbd(v, list) {
		given += v->given;
		used += v->given && v->idle_us < now_us - a->started_us;
	}
	return used > given / 2;
}

void vbd_triggered(struct vbd *v, const struct action *a, uint64_t now_us)
{
	v->asked = true;
	if (a->scope != SCOPE_IDLE)
		return;
	v->given = true;
	v->triggered_us = now_us;
}

void vbd_learn(const struct policy *p, struct vbd *v, uint64_t now_us)
{
	uint64_t used_us = now_us > v->idle_us ? now_us - v->idle_us : 0;

	if (!v->shows || v->triggered_us == 0 || used_us <= v->triggered_us)
		return;
	if (used_us - v->triggered_us >= 2 * vbd_idle_time_us(p, v))
		v->reuses = 0;
	else if (v->reuses < REUSES_MAX)
		v->reuses++;
	v->triggered_us = 0;
}

void vbds_learn_kept(const struct policy *p, const struct action *a, struct vbd_list *list)
{
	for_each_vbd(v, list) {
		if (v->asked && a->level == LEVEL_SLOTS && vbd_is_idle(p, a->threshold_us, v))
			v->kept_kb = v->held_kb[LEVEL_SLOTS];
		v->asked = false;
	}
}

bool vbd_rested_long(const struct policy *p, const struct vbd *v)
{
	return v->rested_s * USEC_PER_SEC >= TURN_MIN * p->idle_us;
}

/*
 * How long a turn lasts where disks are idle in turn: of those that are, a share of T / turn has
 * been for less than T. Disks at work say nothing of it, nor do those that are idle for longer than
 * any turn that matters. NEVER: hardly any is idle, or most of those that were used a moment ago
 * had rested for longer than that before: they are the first of a turn; or were not seen to be used
 * at all.
 */
static uint64_t turn_us(const struct policy *p, const struct vbd_list *list, uint64_t least_us,
			uint64_t most_us, unsigned least)
{
	uint64_t old_us = TURN_OLD * p->idle_us;
	uint64_t idle = 0;
	uint64_t recent = 0;
	uint64_t returned = 0;

	for_each_vbd(v, list) {
		bool is_recent = v->idle_us >= least_us && v->idle_us < most_us;

		idle += v->idle_us >= least_us && v->idle_us < old_us;
		recent += is_recent;
		returned += is_recent && !vbd_rested_long(p, v);
	}
	if (recent == 0 || returned < least || returned < recent / 2)
		return NEVER;
	return least_us + (most_us - least_us) * idle / recent;
}

uint64_t idle_threshold_us(const struct policy *p, const struct vbd_list *list, uint64_t watched_us,
			   unsigned times, unsigned least)
{
	uint64_t least_us = p->idle_us / WORK_PART;
	uint64_t most_us = times * p->idle_us;
	uint64_t turn;

	if (list->n > 0 && !list->vbds[0].shows && watched_us < most_us)
		most_us = watched_us;
	if (most_us < p->idle_us / 2)
		return p->idle_us;
	turn = turn_us(p, list, least_us, most_us, least);
	return turn < TURN_MIN * p->idle_us ? max_u64(2 * turn, p->idle_us) : p->idle_us;
}
