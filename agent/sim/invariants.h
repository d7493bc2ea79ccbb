/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must hold at every step of every trace, whatever the policy is. Checked in another way than
 * the policy does it. The first thing that does not hold is put into the simulation's @broken.
 */
#ifndef XEN_RECLAIM_INVARIANTS_H
#define XEN_RECLAIM_INVARIANTS_H

#include "sim/sim.h"

/** must() - note what is broken, once. */
__attribute__((format(printf, 3, 4))) void must(struct sim *s, bool holds, const char *fmt, ...);

/** check_started() - an action begins. */
void check_started(struct sim *s);

/** check_triggered() - an action triggers a disk; @whole_host: with all others. */
void check_triggered(struct sim *s, const struct vbd *v, bool whole_host);

/** check_settled() - an event has had all that follows from it. */
void check_settled(struct sim *s);

#endif
