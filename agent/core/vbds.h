/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of virtual disks, ordered by domid and devid. Who fills it, and from what, is not known
 * here. */
#ifndef XEN_RECLAIM_VBDS_H
#define XEN_RECLAIM_VBDS_H

#include "core/types.h"
#include "core/units.h"

/**
 * struct vbd_list - ordered by domid and devid.
 * @room: of @vbds, which grows and never shrinks.
 * @scanned_us: when the last scan began.
 * @watched_since_us: since then one scan has followed the other, with no long pause.
 */
struct vbd_list {
	struct vbd *vbds;
	size_t n;
	size_t room;
	uint64_t scanned_us;
	uint64_t watched_since_us;
};

#define for_each_vbd(v, list) for (struct vbd *v = (list)->vbds; v < (list)->vbds + (list)->n; v++)

/** WATCH_PAUSE_US - when a disk was used in a longer pause between two scans is not known. */
#define WATCH_PAUSE_US (5 * USEC_PER_SEC)

/** vbds_watched_us() - for so long the idle times of disks that do not show them are known. */
uint64_t vbds_watched_us(const struct vbd_list *list);

/**
 * vbd_note_rest() - what a scan says of a disk that does not show its idle time.
 * @known: the disk as the scan before saw it, @since_us ago; NULL: it did not.
 * @used:  it was used since.
 */
void vbd_note_rest(struct vbd *fresh, const struct vbd *known, bool used, uint64_t since_us);

/** vbd_keep_learned() - what the policy has learned of a disk stays with it over a scan. */
void vbd_keep_learned(struct vbd *fresh, const struct vbd *known);

/** vbd_compare() - the order of the list. Return: less than, equal to or greater than 0. */
int vbd_compare(const struct vbd *a, const struct vbd *b);

/** vbds_place() - where a disk stands, or belongs if it is not there: see vbds_find(). */
size_t vbds_place(const struct vbd_list *list, uint16_t domid, uint32_t devid);

/** vbds_find() - Return: the disk, or NULL. */
struct vbd *vbds_find(const struct vbd_list *list, uint16_t domid, uint32_t devid);

/** vbds_slots_kb() - what the slots of all disks hold, as far as the driver shows it. */
uint64_t vbds_slots_kb(const struct vbd_list *list);

#endif
