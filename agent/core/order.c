// SPDX-License-Identifier: GPL-2.0-or-later
/* From an action to its order; see order.h. */
#include "core/order.h"

#include "core/capabilities.h"
#include "core/rank.h"
#include "core/units.h"

struct order order_for(const struct policy *p, const struct host_view *view, const struct action *a)
{
	uint64_t usual_us = a->window_ms ? a->window_ms * USEC_PER_MSEC : p->window_us;
	struct order o = {
		.action = a,
		/* a request that had to wait may be for one disk, and its driver be gone */
		.params = a->domid == EVERY && by_params(view, a->level),
		.targets = view->targets,
		.usual_us = usual_us,
		.window_us = usual_us,
	};

	if (!o.params)
		o.n = rank_vbds(p, view->gives_ram, a, view->disks, o.targets);
	/* others open no window */
	for (size_t i = 0; a->levels & 1U << LEVEL_POOL && i < o.n; i++)
		o.window_us = max_u64(o.window_us, o.targets[i].window_ms * USEC_PER_MSEC);
	return o;
}
