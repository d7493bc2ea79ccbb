/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this host can give back, of which kind and from whom. Judges nothing. */
#ifndef XEN_RECLAIM_CAPABILITIES_H
#define XEN_RECLAIM_CAPABILITIES_H

#include "core/vbds.h"

/**
 * struct held - parameters that are kept at another value than the driver's for as long as the
 * standing policy wants it.
 * @unused_s: after how long unused grants are unmapped; 0: the driver's own time.
 * @pools:    pools are kept empty.
 */
struct held {
	uint32_t unused_s;
	bool pools;
};

/**
 * struct host_view - what the controller is shown of its host, as of the last scan.
 * @disks:	 the host's own list, which the policy notes in what it learns of a disk.
 * @gives_ram:	 this level gives RAM back on this kernel.
 * @targets:	 room for all of @disks.
 * @params:	 parameters of xen_blkback can be used: they reach every disk at once.
 * @mechanism:	 the best available.
 * @unused_s:	 after how long the driver gives back what is not used, by its parameter; 0: never.
 * @held:	 what aging holds the parameters at.
 * @return_us:	 disks are known to come back within this time; 0: not known to.
 */
struct host_view {
	struct vbd_list *disks;
	struct target *targets;
	bool gives_ram[LEVEL_COUNT];
	bool params;
	enum mechanism mechanism;
	uint32_t unused_s;
	struct held held;
	uint64_t return_us;
};

/**
 * struct capabilities - what can be done now, per level and scope.
 * @offered:   the mechanism in use can carry it out.
 * @gives_ram: this level gives RAM back on this kernel.
 * @aged:      aging gives it back.
 * @ram_kb:    RAM that it would give, as far as is known.
 * @slots_kb:  of it, what slots would: all that makes room where the own target fell.
 * @threshold_us: a disk unused for this long is idle here.
 */
struct capabilities {
	bool offered[LEVEL_COUNT][SCOPE_COUNT];
	bool gives_ram[LEVEL_COUNT];
	bool aged[LEVEL_COUNT];
	uint64_t ram_kb[LEVEL_COUNT][SCOPE_COUNT];
	uint64_t slots_kb[SCOPE_COUNT];
	uint64_t threshold_us;
};

/** capabilities_of() - of a host as the last scan saw it. Linear in its disks. */
struct capabilities capabilities_of(const struct policy *p, const struct host_view *view);

/**
 * by_params() - this level is taken by parameters of the whole host: no disk takes it for itself.
 */
bool by_params(const struct host_view *view, enum level level);

/**
 * request_levels() - what a request takes here.
 * @asked: set of levels; 0: all that gives RAM back.
 *
 * Return: the set; -ENODEV if no such disk is there; -EOPNOTSUPP.
 */
int request_levels(const struct host_view *view, unsigned asked, int domid, int64_t devid);

/** vbd_slots_kb() - RAM that its slots would give. */
uint64_t vbd_slots_kb(const bool gives_ram[static LEVEL_COUNT], const struct vbd *v);

/** vbd_ram_kb() - RAM that a level would give: its own and that of the levels below. */
uint64_t vbd_ram_kb(const bool gives_ram[static LEVEL_COUNT], const struct vbd *v, int level);

#endif
