/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual disks that this domain's kernel serves, as sysfs shows them: which can be reclaimed
 * from alone, and what they hold. Reads only; knows no policy.
 */
#ifndef XEN_RECLAIM_INVENTORY_H
#define XEN_RECLAIM_INVENTORY_H

#include "core/vbds.h"

#define VBD_DIR "sys/bus/xen-backend/devices"

/**
 * struct inventory - all zero at first.
 * @now:       as of the last scan. Scanning again takes memory for new disks alone, so that none is
 *	       taken under pressure.
 * @targets:   for rank_vbds(): room for all of @now.
 * @driver:    the inode of a stock xen_blkback's folder; 0: none. Another one, another driver.
 * @params:    parameters of xen_blkback can be used.
 * @mechanism: the best available.
 * @unused_s:  persistent_grant_unused_seconds; 0: unlimited, or there is none.
 */
struct inventory {
	struct vbd_list now;
	struct target *targets;
	size_t targets_room;
	uint64_t driver;
	bool params;
	enum mechanism mechanism;
	uint32_t unused_s;
};

/**
 * inventory_read() - scan again. What was learned of a disk stays with it (vbd_keep_learned(),
 * @persistent, @grant_looks), unless another disk has taken its place; who its domain is (@named,
 * @rule) stays in any case, as no domid is used twice before all others were.
 *
 * Return: 0; or a negative errno, as -ENOMEM: then the disks are those of the scan before.
 */
int inventory_read(int root, struct inventory *inv);

/**
 * disk_name() - a device number as xl writes it: 51712 is xvda, 51713 xvda1, and the extended
 * numbers are xvdq and up; the number itself where it is none of these. @size: at least 16.
 */
void disk_name(uint32_t devid, char *buf, size_t size);

/** vbd_path() - of a file in the disk's folder in sysfs, below the root. */
void vbd_path(const struct vbd *v, const char *file, char *path, size_t size);

/** inventory_find() - the disk of this name in sysfs, or NULL. */
struct vbd *inventory_find(const struct inventory *inv, const char *name);

void inventory_free(struct inventory *inv);

#endif
