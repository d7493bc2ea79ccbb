/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An action with the disks it is for: whoever carries it out asks the policy nothing. */
#ifndef XEN_RECLAIM_ORDER_H
#define XEN_RECLAIM_ORDER_H

#include "core/types.h"

struct host_view;

/**
 * struct order - what to carry out.
 * @params:    by parameters of the whole host, which reach every disk; else @targets.
 * @targets:   @n of them; the host sets their @error.
 * @usual_us:  the window, unless a disk or its domain has its own.
 * @window_us: the longest window of all, no less than @usual_us.
 */
struct order {
	const struct action *action;
	bool params;
	struct target *targets;
	size_t n;
	uint64_t usual_us;
	uint64_t window_us;
};

/** order_for() - an action with its disks. @view: its @targets are filled. */
struct order order_for(const struct policy *p, const struct host_view *view,
		       const struct action *a);

#endif
