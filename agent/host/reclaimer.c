// SPDX-License-Identifier: GPL-2.0-or-later
/* Carries orders out; see reclaimer.h. */
#include "host/reclaimer.h"

#include "host/trigger.h"
#include "host/util.h"

/*
 * What is unmapped after the pool has its size back stays in the pool, and what is freed comes
 * back through the balloon driver, whose thread looks but once a second while grants hold pages:
 * so grants take longer than that, and as long as more keeps coming back.
 */
#define GRANTS_US (1300 * USEC_PER_MSEC)
#define QUIET_US  (200 * USEC_PER_MSEC)
#define MOST_US	  (3000 * USEC_PER_MSEC)
#define CHECK_US  (100 * USEC_PER_MSEC)

uint64_t reclaimer_least_us(enum level level, uint64_t window_us)
{
	return max_u64(window_us, level >= LEVEL_GRANTS ? GRANTS_US : 0);
}

/*
 * A disk that comes or goes is none to wait for; one that says that it is busy has no frontend yet.
 * Return: 0 if one took it, else why none did.
 */
static int trigger_vbds(struct reclaimer *r, const struct vbd_list *disks, struct order *o)
{
	int error = -ENODEV;

	for (struct target *t = o->targets; t < o->targets + o->n; t++) {
		t->error =
			vbd_trigger(r->root, &disks->vbds[t->vbd], o->action->levels, t->window_ms);
		if (t->error < 0)
			error = t->error == -EBUSY ? -ENODEV : t->error;
		else
			r->vbds++;
	}
	return r->vbds ? 0 : error;
}

int reclaimer_begin(struct reclaimer *r, const struct vbd_list *disks, struct order *o,
		    uint64_t now_us)
{
	const struct action *a = o->action;
	int rc;

	r->vbds = 0;
	if (o->params)
		rc = params_begin(&r->params, r->root, a->level, a->scope, a->threshold_us, now_us);
	else
		rc = trigger_vbds(r, disks, o);
	if (rc < 0)
		return rc;
	if (o->params)
		r->vbds = (unsigned)disks->n;
	r->open = true;
	r->last_us = o->params ? 0 : now_us;
	r->least_us = reclaimer_least_us(a->level, o->window_us);
	r->fell_us = 0;
	r->mapped_kb = a->before.mapped_kb;
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

/* What falls long before the least time is over does not put off the end. */
static uint64_t next_check_us(const struct reclaimer *r, uint64_t now_us)
{
	uint64_t matters_us = r->last_us + r->least_us - min_u64(r->least_us, QUIET_US);

	return min_u64(max_u64(now_us + CHECK_US, matters_us), end_us(r));
}

int reclaimer_next(struct reclaimer *r, int64_t mapped_kb, uint64_t now_us, uint64_t *wake_us)
{
	int rc;

	if (!r->open)
		return 0;
	if (mapped_kb < r->mapped_kb)
		r->fell_us = now_us;
	r->mapped_kb = mapped_kb;
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
	*wake_us = next_check_us(r, now_us);
	return 1;
}

int reclaimer_stop(struct reclaimer *r)
{
	r->open = false;
	return params_end(&r->params);
}
