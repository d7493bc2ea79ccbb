// SPDX-License-Identifier: GPL-2.0-or-later
/* The ordered list of disks; see vbds.h. */
#include "core/vbds.h"

uint64_t vbds_watched_us(const struct vbd_list *list)
{
	return list->scanned_us - list->watched_since_us;
}

/* A disk that was unused for less than this is still at work. */
#define REST_LEAST_US USEC_PER_SEC

void vbd_note_rest(struct vbd *fresh, const struct vbd *known, bool used, uint64_t since_us)
{
	fresh->idle_us = known && !used ? known->idle_us + since_us : 0;
	fresh->rested_s = known ? known->rested_s : NEVER_USED;
	if (known && used && (known->rested_s == NEVER_USED || known->idle_us >= REST_LEAST_US))
		fresh->rested_s = (uint32_t)(known->idle_us / USEC_PER_SEC);
}

void vbd_keep_learned(struct vbd *fresh, const struct vbd *known)
{
	fresh->kept_kb = known->kept_kb;
	fresh->triggered_us = known->triggered_us;
	fresh->reuses = known->reuses;
	fresh->asked = known->asked;
	fresh->given = known->given;
	fresh->age = known->age;
}

int vbd_compare(const struct vbd *a, const struct vbd *b)
{
	if (a->domid != b->domid)
		return a->domid < b->domid ? -1 : 1;
	return a->devid < b->devid ? -1 : a->devid > b->devid;
}

size_t vbds_place(const struct vbd_list *list, uint16_t domid, uint32_t devid)
{
	const struct vbd key = {.domid = domid, .devid = devid};
	size_t low = 0;
	size_t high = list->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (vbd_compare(&list->vbds[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct vbd *vbds_find(const struct vbd_list *list, uint16_t domid, uint32_t devid)
{
	const struct vbd key = {.domid = domid, .devid = devid};
	size_t i = vbds_place(list, domid, devid);

	return i < list->n && vbd_compare(&list->vbds[i], &key) == 0 ? &list->vbds[i] : NULL;
}

uint64_t vbds_slots_kb(const struct vbd_list *list)
{
	uint64_t kb = 0;

	for_each_vbd(v, list)
		kb += v->shows ? v->held_kb[LEVEL_SLOTS] : 0;
	return kb;
}
