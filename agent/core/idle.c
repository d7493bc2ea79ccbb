// SPDX-License-Identifier: GPL-2.0-or-later
/* Idleness and rules; see idle.h. */
#include "core/idle.h"

#include "core/units.h"

/* A disk that came back again and again is idle after this time at the latest. */
#define DOUBT_MAX_US (320 * USEC_PER_SEC)

static const struct domain_rule *rule_of(const struct policy *p, const struct vbd *v)
{
	return v->named && v->rule > 0 && v->rule <= p->n_rules ? &p->rules[v->rule - 1] : NULL;
}

uint64_t vbd_own_idle_us(const struct policy *p, const struct vbd *v)
{
	const struct domain_rule *rule = rule_of(p, v);

	return rule ? rule->idle_us : 0;
}

uint64_t vbd_idle_time_us(const struct policy *p, const struct vbd *v)
{
	uint64_t own_us = vbd_own_idle_us(p, v);

	return own_us ? own_us : p->idle_us;
}

bool vbd_is_idle(const struct policy *p, uint64_t threshold_us, const struct vbd *v)
{
	uint64_t time_us = vbd_idle_time_us(p, v);
	uint64_t least_us = max_u64(time_us, min_u64(time_us << v->reuses, DOUBT_MAX_US));

	if (vbd_own_idle_us(p, v) == 0)
		least_us = max_u64(least_us, threshold_us);
	return v->shows && v->idle_us >= least_us;
}

bool excludes_any(const struct policy *p)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (p->rules[i].exclude)
			return true;
	return false;
}

bool vbd_is_excluded(const struct policy *p, const struct vbd *v)
{
	const struct domain_rule *rule = rule_of(p, v);

	return v->named ? rule && rule->exclude : excludes_any(p);
}

bool vbd_is_spared(const struct policy *p, const struct vbd *v)
{
	return v->squeeze_ms == 0 || vbd_is_excluded(p, v);
}

const struct vbd *first_excluded(const struct policy *p, const struct vbd_list *list)
{
	if (!excludes_any(p))
		return NULL;
	for_each_vbd(v, list)
		if (vbd_is_excluded(p, v))
			return v;
	return NULL;
}

uint64_t longest_threshold_us(const struct policy *p, uint64_t threshold_us,
			      const struct vbd_list *list)
{
	for_each_vbd(v, list)
		threshold_us = max_u64(threshold_us, vbd_own_idle_us(p, v));
	return threshold_us;
}

uint64_t vbd_window_us(const struct policy *p, const struct vbd *v, uint64_t usual_us)
{
	const struct domain_rule *rule = rule_of(p, v);

	return max_u64(rule && rule->window_us ? rule->window_us : usual_us,
		       v->squeeze_ms * USEC_PER_MSEC);
}
