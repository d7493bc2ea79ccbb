// SPDX-License-Identifier: GPL-2.0-or-later
/* The domain's own target; see growth.h. */
#include "core/growth.h"

void growth_note_target(struct growth *g, uint64_t target_kb, uint64_t now_us)
{
	if (target_kb != g->target_kb && target_kb != g->asked_kb) {
		g->admin = true;
		g->admin_us = now_us;
	}
	g->target_kb = target_kb;
	g->asked_kb = 0;
}

uint64_t grow_to_kb(const struct policy *p, struct growth *g, uint64_t free_kb, uint64_t now_us)
{
	uint64_t kb = p->grow_step_kb;

	if (g->admin && now_us - g->admin_us < ADMIN_US)
		return 0;
	/* what was asked for last has to have its effect first */
	if (g->grown && now_us - g->grown_us < max_u64(p->retry_us, g->refused_us))
		return 0;
	if (g->target_kb == 0 || g->target_kb >= p->grow_limit_kb || free_kb <= p->grow_reserve_kb)
		return 0;
	kb = min_u64(kb, p->grow_limit_kb - g->target_kb);
	kb = min_u64(kb, free_kb - p->grow_reserve_kb);
	if (kb < p->min_gain_kb)
		return 0;
	g->grown = true;
	g->grown_us = now_us;
	g->asked_kb = g->target_kb + kb;
	return g->asked_kb;
}

bool growth_refused(const struct policy *p, struct growth *g)
{
	bool first = g->refused_us == 0;

	g->refused_us = first ? p->backoff_us : min_u64(2 * g->refused_us, p->backoff_max_us);
	g->asked_kb = 0;
	return first;
}
