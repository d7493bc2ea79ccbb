/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual disks that this domain's kernel serves, as sysfs shows them: which can be reclaimed
 * from alone, and what they hold. Reads, and passes a reclaim on to a disk; knows no policy.
 */
#ifndef XEN_RECLAIM_INVENTORY_H
#define XEN_RECLAIM_INVENTORY_H

#include "decide.h"

#define VBD_DIR "sys/bus/xen-backend/devices"

/**
 * enum mechanism - by what reclaim is done, best last.
 * MECHANISM_PARAMS: parameters of xen_blkback, for the whole host at once (params.h).
 * MECHANISM_MODULE: xen-reclaim.ko: the pool for each disk, the rest by parameters.
 * MECHANISM_NATIVE: blkback itself, for each disk, and it shows what they hold.
 */
enum mechanism {
	MECHANISM_NONE,
	MECHANISM_PARAMS,
	MECHANISM_MODULE,
	MECHANISM_NATIVE,
	MECHANISM_COUNT
};

extern const char *const mechanism_names[MECHANISM_COUNT];

/**
 * struct vbd_list - ordered by domid and devid.
 * @room: of @vbds, which grows and never shrinks.
 * @looked_us: when; CLOCK_MONOTONIC.
 * @watched_since_us: since then one look has followed the other, with no long pause.
 */
struct vbd_list {
	struct vbd *vbds;
	size_t n;
	size_t room;
	uint64_t looked_us;
	uint64_t watched_since_us;
};

/**
 * struct inventory - all zero at first.
 * @now:       as of the last look. Looking again takes memory for new disks alone, so that none is
 *	       taken under pressure.
 * @order:     for order_vbds(): room for all of @now.
 * @params:    parameters of xen_blkback can be used.
 * @mechanism: the best there is.
 */
struct inventory {
	struct vbd_list now;
	uint32_t *order;
	size_t order_room;
	bool params;
	enum mechanism mechanism;
};

/**
 * inventory_read() - look again. What was learned of a disk (@kept_kb, @rule) stays with it.
 *
 * Return: 0; or a negative errno, as -ENOMEM: then the disks are those of the look before.
 */
int inventory_read(int root, struct inventory *inv);

/**
 * disk_name() - a device number as xl writes it: 51712 is xvda, 51713 xvda1, and the extended
 * numbers are xvdq and up; the number itself where it is none of these. @size: at least 16.
 */
void disk_name(uint32_t devid, char *buf, size_t size);

/** inventory_find() - the disk of this name in sysfs, or NULL. */
struct vbd *inventory_find(const struct inventory *inv, const char *name);

void inventory_free(struct inventory *inv);

/** inventory_request_kb() - what request slots of all disks hold, as far as it is shown. */
uint64_t inventory_request_kb(const struct inventory *inv);

/**
 * vbd_trigger() - tell the kernel to reclaim from one disk.
 *
 * Return: 0; -ENODEV if the disk is gone; else as kernel/ABI has it.
 */
int vbd_trigger(int root, const struct vbd *v, enum level level, uint32_t window_ms);

#endif
