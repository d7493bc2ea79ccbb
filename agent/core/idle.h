/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which disks are idle, and which an administrator's rules leave alone. Knows nothing of what is
 * taken from them.
 */
#ifndef XEN_RECLAIM_IDLE_H
#define XEN_RECLAIM_IDLE_H

#include "core/vbds.h"

/** vbd_own_idle_us() - the idle time set for its domain; 0: none. */
uint64_t vbd_own_idle_us(const struct policy *p, const struct vbd *v);

/** vbd_idle_time_us() - its domain's idle time, or else the policy's. */
uint64_t vbd_idle_time_us(const struct policy *p, const struct vbd *v);

/**
 * vbd_is_idle() - it shows its idle time, and has been unused for vbd_idle_time_us(), doubled for
 * each time in a row that it was used again soon. Where its domain has no time of its own, for
 * @threshold_us at least.
 */
bool vbd_is_idle(const struct policy *p, uint64_t threshold_us, const struct vbd *v);

/**
 * vbd_is_excluded() - its domain is, or may be: one without a name, while a rule excludes any.
 */
bool vbd_is_excluded(const struct policy *p, const struct vbd *v);

/** vbd_is_spared() - pressure and balloon leave it alone. */
bool vbd_is_spared(const struct policy *p, const struct vbd *v);

/** excludes_any() - some rule excludes its domain. */
bool excludes_any(const struct policy *p);

/**
 * first_excluded() - of these disks, one that must not be touched: then the whole host must not be.
 * It is of an excluded domain, or of one without a name while any is excluded. Return: NULL if
 * there is none.
 */
const struct vbd *first_excluded(const struct policy *p, const struct vbd_list *list);

/**
 * longest_threshold_us() - the idle threshold where disks cannot be told apart: the longest of the
 * domains here, and no less than @threshold_us.
 */
uint64_t longest_threshold_us(const struct policy *p, uint64_t threshold_us,
			      const struct vbd_list *list);

/** vbd_window_us() - its domain's window, or the usual one; its own squeeze time if longer. */
uint64_t vbd_window_us(const struct policy *p, const struct vbd *v, uint64_t usual_us);

#endif
