// SPDX-License-Identifier: GPL-2.0-or-later
/* The order of disks; see rank.h. A counting sort: linear, and without memory of its own. */
#include "core/rank.h"

#include "core/capabilities.h"
#include "core/idle.h"
#include "core/units.h"

/* Classes of disks, in the order in which they are triggered: idle, by requests a second, unknown.
 */
#define BUSY_CLASSES 17
#define HELD_BITS    24
#define HELD_CLASSES (4 * (HELD_BITS + 1))

bool action_concerns(const struct policy *p, const struct action *a, const struct vbd *v)
{
	if (a->domid != EVERY && a->domid != v->domid)
		return false;
	if (a->devid != EVERY && a->devid != v->devid)
		return false;
	if (!(v->levels & 1U << a->level) || (vbd_is_spared(p, v) && a->cause != CAUSE_REQUEST))
		return false;
	return a->scope == SCOPE_ALL || vbd_is_idle(p, a->threshold_us, v);
}

/* What the action is after. */
static uint64_t wanted_kb(const bool *gives_ram, const struct action *a, const struct vbd *v)
{
	return a->cause == CAUSE_BALLOON ? vbd_slots_kb(gives_ram, v)
					 : vbd_ram_kb(gives_ram, v, (int)a->level);
}

static unsigned bits(uint64_t v)
{
	return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

static unsigned busy_class(const struct policy *p, const struct action *a, const struct vbd *v)
{
	unsigned b = bits(v->rate);

	if (vbd_is_idle(p, a->threshold_us, v))
		return 0;
	if (!v->shows)
		return BUSY_CLASSES - 1;
	return 1 + (b < BUSY_CLASSES - 2 ? b : BUSY_CLASSES - 3);
}

/* Four classes to each power of two; the largest first. */
static unsigned held_class(uint64_t kb)
{
	unsigned b = bits(kb);
	unsigned quarter = b >= 3 ? (unsigned)(kb >> (b - 3)) & 3 : 0;

	return HELD_CLASSES - 1 - (b <= HELD_BITS ? 4 * b + quarter : HELD_CLASSES - 1);
}

static unsigned class_of(const struct policy *p, const bool *gives_ram, const struct action *a,
			 const struct vbd *v)
{
	return busy_class(p, a, v) * HELD_CLASSES + held_class(wanted_kb(gives_ram, a, v));
}

static uint32_t window_ms(const struct policy *p, const struct action *a, const struct vbd *v)
{
	return a->window_ms ? a->window_ms
			    : (uint32_t)(vbd_window_us(p, v, p->window_us) / USEC_PER_MSEC);
}

/* Disks that do not show what they hold count as nothing: then none of them is left out. */
static size_t enough(const bool *gives_ram, const struct action *a, const struct vbd_list *list,
		     const struct target *targets, size_t n)
{
	uint64_t kb = 0;
	size_t i = 0;

	if (a->need_kb == 0)
		return n;
	while (i < n && kb < a->need_kb) {
		const struct vbd *v = &list->vbds[targets[i++].vbd];

		kb += v->shows ? wanted_kb(gives_ram, a, v) : 0;
	}
	return i;
}

size_t rank_vbds(const struct policy *p, const bool gives_ram[static LEVEL_COUNT],
		 const struct action *a, const struct vbd_list *list, struct target *targets)
{
	uint32_t start[BUSY_CLASSES * HELD_CLASSES] = {0};
	uint32_t concerned = 0;

	for_each_vbd(v, list)
		if (action_concerns(p, a, v))
			start[class_of(p, gives_ram, a, v)]++;
	for (size_t c = 0; c < ARRAY_SIZE(start); c++) {
		uint32_t count = start[c];

		start[c] = concerned;
		concerned += count;
	}
	for_each_vbd(v, list)
		if (action_concerns(p, a, v))
			targets[start[class_of(p, gives_ram, a, v)]++] = (struct target){
				.vbd = (uint32_t)(v - list->vbds),
				.window_ms = window_ms(p, a, v),
			};
	return enough(gives_ram, a, list, targets, concerned);
}
