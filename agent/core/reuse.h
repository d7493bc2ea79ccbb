/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How soon disks come back: what is taken from a disk that is used again soon costs its guest and
 * saves nothing. Learns it for each disk, and for all of them together.
 */
#ifndef XEN_RECLAIM_REUSE_H
#define XEN_RECLAIM_REUSE_H

#include "core/vbds.h"

/**
 * vbds_begin() - an action begins. @whole_host: it takes from all idle disks, or from all, and
 * triggers none by itself.
 */
void vbds_begin(const struct action *a, bool whole_host, struct vbd_list *list);

/** vbds_returned() - most of the idle disks that an action took from were used again. */
bool vbds_returned(const struct action *a, const struct vbd_list *list, uint64_t now_us);

/** vbd_triggered() - note that an action triggered this disk. */
void vbd_triggered(struct vbd *v, const struct action *a, uint64_t now_us);

/**
 * vbd_learn() - after a scan. A disk that was used again soon after it was triggered was not idle:
 * its idle threshold doubles. One that did stay idle starts anew.
 */
void vbd_learn(const struct policy *p, struct vbd *v, uint64_t now_us);

/**
 * vbds_learn_kept() - after a reclaim and a new scan: of slots, idle disks that were asked for them
 * keep what they have left.
 */
void vbds_learn_kept(const struct policy *p, const struct action *a, struct vbd_list *list);

/**
 * idle_threshold_us() - how long a disk has to be unused to count as idle here. Where disks take
 * turns and come back soon after they would have counted as idle, which the ages of all of them
 * show, twice such a turn; else the policy's idle time.
 * @watched_us: for so long the idle times of disks that do not show them are known.
 * @times: ages up to so many idle times count: more tell turns of few disks better.
 * @least: so many disks have to have been used in that time.
 */
uint64_t idle_threshold_us(const struct policy *p, const struct vbd_list *list, uint64_t watched_us,
			   unsigned times, unsigned least);

/**
 * TURN_MIN - in idle times, the longest turn that matters. What is given for less than twice as
 * long as it was waited for is not worth taking.
 */
#define TURN_MIN 3

/** vbd_rested_long() - when it was used last it had rested for longer; or it was not seen used. */
bool vbd_rested_long(const struct policy *p, const struct vbd *v);

/** RECENT_MIN - from fewer disks nothing can be concluded, and little is lost by them. */
#define RECENT_MIN 3

#endif
