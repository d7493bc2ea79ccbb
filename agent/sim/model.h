/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The simulated host: disks, what they hold, and memory. For sim.c; knows no policy and no trace.
 */
#ifndef XEN_RECLAIM_MODEL_H
#define XEN_RECLAIM_MODEL_H

#include "sim/sim.h"

/** sim_idle_us() - since its last request, unless it is busy. */
uint64_t sim_idle_us(const struct sim_disk *d, uint64_t now_us);

/** model_init() - Return: 0 or -ENOMEM. */
int model_init(struct model *m, bool simulated);

void model_free(struct model *m);

/** model_refresh() - disks as of now: idle times, and what busy ones have taken again. */
void model_refresh(struct model *m, uint64_t now_us);

/** model_scan() - the disks as a scan finds them. What the policy has learned stays. */
void model_scan(struct model *m, uint64_t now_us);

/** MODEL_OWN_S - after how long a driver gives back what is not used, if nobody says otherwise. */
#define MODEL_OWN_S 60

/** model_age() - from now on disks age as the standing policy says. */
void model_age(struct model *m, const struct aging *aging, uint64_t now_us);

/** model_sample() - memory now. */
struct sample model_sample(const struct model *m);

/** model_shortage_kb() - by how much load and disks want more than there is. */
uint64_t model_shortage_kb(const struct model *m);

/**
 * model_take() - an action of @level takes from a disk. @fell: for a fall of the target.
 * Return: RAM that it gave.
 */
uint64_t model_take(struct model *m, size_t i, enum level level, bool idle, bool fell,
		    uint64_t now_us);

/**
 * model_move_target() - what is missing to a lower target is missing from what pool and grants held
 * first: that part of it has no way back until the target rises.
 */
void model_move_target(struct model *m, uint64_t to_kb);

/** model_put_disk() - one that came or changed. Return: 0 or -ENOMEM. */
int model_put_disk(struct model *m, const struct vbd *v, uint64_t now_us);

void model_drop_disk(struct model *m, const struct vbd *v);

/** model_start_io() - @v->rate requests a second from now on; 0: it is idle. */
void model_start_io(struct model *m, const struct vbd *v, uint64_t now_us);

/** model_name_domain() - @rule: 1 + index of its rule, or 0: it has none. */
void model_name_domain(struct model *m, uint16_t domid, uint16_t rule);

#endif
