// SPDX-License-Identifier: GPL-2.0-or-later
/* Carries actions out; see reclaimer.h. Knows no policy and no event loop. */
#include "reclaimer.h"

#include "util.h"

/*
 * What is unmapped after the pool has its size back stays in the pool, and what is freed comes
 * back through the balloon driver, whose thread looks but once a second while grants hold pages:
 * so grants take longer than that, and as long as more keeps coming back.
 */
#define GRANTS_US (1300 * USEC_PER_MSEC)
#define QUIET_US  (200 * USEC_PER_MSEC)
#define MOST_US	  (3000 * USEC_PER_MSEC)
#define LOOK_US	  (50 * USEC_PER_MSEC)

static bool meant(const struct vbd *v, int domid, int64_t devid)
{
	return (domid == EVERY || v->domid == domid) && (devid == EVERY || v->devid == devid);
}

/* Levels that some disk takes for itself are not asked of the whole host. */
static bool by_vbd(const struct reclaimer *r, enum level level)
{
	const struct vbd_list *list = &r->inventory.now;

	for (const struct vbd *v = list->vbds; v < list->vbds + list->n; v++)
		if (v->levels & 1U << level)
			return true;
	return false;
}

bool reclaimer_by_params(const struct reclaimer *r, enum level level)
{
	return r->inventory.params && level <= LEVEL_GRANTS && !by_vbd(r, level);
}

void reclaimer_offer(const struct reclaimer *r, const struct policy *p, struct offer *o)
{
	const struct vbd_list *list = &r->inventory.now;

	o->watched_us = list->looked_us - list->watched_since_us;
	offer_vbds(p, list->vbds, list->n, o);
	if (any_excluded(p, list->vbds, list->n))
		return;
	if (reclaimer_by_params(r, LEVEL_GRANTS))
		o->rest_us = longest_rest_us(p, o->rest_us, list->vbds, list->n);
	for (int l = 0; l < LEVEL_COUNT; l++) {
		if (!reclaimer_by_params(r, (enum level)l))
			continue;
		for (int c = 0; c < SCOPE_COUNT; c++) {
			o->offered[l][c] = l > LEVEL_POOL || c == SCOPE_ALL;
			o->there_kb[l][c] = KB_UNKNOWN;
		}
	}
}

uint64_t reclaimer_least_us(enum level level, uint64_t window_us)
{
	return max_u64(window_us, level >= LEVEL_GRANTS ? GRANTS_US : 0);
}

int reclaimer_takes(const struct reclaimer *r, enum level level, int domid, int64_t devid)
{
	const struct vbd_list *list = &r->inventory.now;
	bool there = false;

	if (domid == EVERY && reclaimer_by_params(r, level))
		return 0;
	for (const struct vbd *v = list->vbds; v < list->vbds + list->n; v++) {
		if (!meant(v, domid, devid))
			continue;
		if (v->levels & 1U << level)
			return 0;
		there = true;
	}
	return there || domid == EVERY ? -EOPNOTSUPP : -ENODEV;
}

/* A disk that comes or goes is none to wait for. Return: 0 if one took it, else why none did. */
static int trigger_vbds(struct reclaimer *r, const struct policy *p, const struct offer *o,
			const struct action *a, uint64_t window_us, uint64_t now_us)
{
	struct vbd_list *list = &r->inventory.now;
	size_t n = order_vbds(p, o, a, list->vbds, list->n, r->inventory.order);
	int error = -ENODEV;

	r->least_us = window_us;
	for (size_t i = 0; i < n; i++) {
		struct vbd *v = &list->vbds[r->inventory.order[i]];
		uint64_t us = a->window_ms ? window_us : vbd_window_us(p, v, window_us);
		int rc = vbd_trigger(r->root, v, a->level, (uint32_t)(us / USEC_PER_MSEC));

		r->least_us = max_u64(r->least_us, us);
		if (rc < 0) {
			error = rc;
			continue;
		}
		vbd_told(v, a, now_us);
		r->vbds++;
	}
	return r->vbds ? 0 : error;
}

int reclaimer_begin(struct reclaimer *r, const struct policy *p, const struct offer *o,
		    const struct action *a, uint64_t window_us, uint64_t now_us)
{
	bool params = reclaimer_by_params(r, a->level);
	int rc;

	r->vbds = 0;
	r->least_us = window_us;
	if (params)
		rc = params_begin(&r->params, r->root, a->level, a->scope, a->rest_us, now_us);
	else
		rc = trigger_vbds(r, p, o, a, window_us, now_us);
	if (rc < 0)
		return rc;
	if (params)
		r->vbds = (unsigned)r->inventory.now.n;
	r->open = true;
	r->last_us = params ? 0 : now_us;
	r->least_us = reclaimer_least_us(a->level, r->least_us);
	r->fell_us = 0;
	r->held_kb = a->before.held_kb;
	return 0;
}

/* When the last step has had its time, and its effect. */
static uint64_t end_us(const struct reclaimer *r)
{
	uint64_t quiet = r->fell_us + QUIET_US;

	if (quiet > r->last_us + MOST_US)
		quiet = r->last_us + MOST_US;
	return max_u64(r->last_us + r->least_us, quiet);
}

int reclaimer_next(struct reclaimer *r, int64_t held_kb, uint64_t now_us, uint64_t *wake_us)
{
	int rc;

	if (!r->open)
		return 0;
	if (held_kb < r->held_kb)
		r->fell_us = now_us;
	r->held_kb = held_kb;
	if (r->last_us == 0) {
		rc = params_next(&r->params, now_us, wake_us);
		if (rc > 0)
			return rc;
		if (rc < 0) {
			int back = reclaimer_stop(r);

			return back < 0 ? back : rc;
		}
		r->last_us = now_us;
	}
	if (now_us >= end_us(r))
		return reclaimer_stop(r);
	*wake_us = now_us + LOOK_US;
	return 1;
}

void reclaimer_learn(struct reclaimer *r, const struct policy *p, const struct action *a)
{
	struct vbd_list *list = &r->inventory.now;

	if (a->level != LEVEL_REQUESTS || a->need_kb > 0) /* then not all were told */
		return;
	for (struct vbd *v = list->vbds; v < list->vbds + list->n; v++)
		if (vbd_is_idle(p, a->rest_us, v) && action_means(p, a, v))
			v->kept_kb = v->held_kb[LEVEL_REQUESTS];
}

int reclaimer_stop(struct reclaimer *r)
{
	r->open = false;
	return params_end(&r->params);
}
