// SPDX-License-Identifier: GPL-2.0-or-later
/* How often to scan; see pacing.h. */
#include "core/pacing.h"

#include "core/units.h"

/* A scan takes a fiftieth of the time. */
#define SCAN_PART 50

uint64_t least_idle_us(const struct policy *p)
{
	uint64_t least_us = p->idle_us;

	for (const struct domain_rule *r = p->rules; r < p->rules + p->n_rules; r++)
		if (r->idle_us)
			least_us = min_u64(least_us, r->idle_us);
	return least_us;
}

uint64_t scan_pause_us(const struct policy *p, uint64_t scan_us)
{
	return min_u64(SCAN_PART * scan_us, least_idle_us(p));
}
