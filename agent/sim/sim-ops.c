// SPDX-License-Identifier: GPL-2.0-or-later
/* The simulated host as the controller's; see sim-ops.h. */
#include "sim/sim-ops.h"

#include "core/action.h"
#include "host/reclaimer.h"
#include "host/util.h"
#include "sim/invariants.h"
#include "sim/model.h"

/* What a scan takes for each disk, as agent/tests/test-cost.c measures it: it sets the pace. */
#define SCAN_US 20

static uint64_t sim_now_us(void *host)
{
	const struct sim *s = host;

	return s->now_us;
}

static uint64_t sim_scan(void *host, struct host_view *view)
{
	struct sim *s = host;

	model_refresh(&s->model, s->now_us);
	model_scan(&s->model, s->now_us);
	view->targets = s->model.targets;
	view->mechanism = s->model.mechanism;
	view->params = s->model.mechanism != MECHANISM_NONE;
	view->unused_s = MODEL_OWN_S;
	view->held = s->model.held;
	return s->model.disks.n * SCAN_US;
}

static int sim_sample(void *host, struct sample *now)
{
	struct sim *s = host;

	model_refresh(&s->model, s->now_us);
	*now = model_sample(&s->model);
	return 0;
}

static bool is_idle(const struct sim *s, size_t i, uint64_t threshold_us)
{
	return sim_idle_us(&s->model.more[i], s->now_us) >= threshold_us;
}

static uint64_t take(struct sim *s, size_t i, const struct action *a)
{
	return model_take(&s->model, i, a->level, is_idle(s, i, s->config->policy.idle_us),
			  a->cause == CAUSE_BALLOON, s->now_us);
}

static void take_from_all(struct sim *s, const struct action *a)
{
	const struct vbd_list *disks = &s->model.disks;

	for (size_t i = 0; i < disks->n; i++) {
		check_triggered(s, &disks->vbds[i], true);
		if (a->scope == SCOPE_ALL || is_idle(s, i, a->threshold_us))
			(void)take(s, i, a);
	}
	s->vbds = disks->n;
}

static void take_from_targets(struct sim *s, struct order *o)
{
	uint64_t given_kb = 0;

	for (struct target *t = o->targets; t < o->targets + o->n; t++) {
		const struct vbd *seen = &s->model.seen.vbds[t->vbd];
		const struct vbd *v = vbds_find(&s->model.disks, seen->domid, seen->devid);
		uint64_t kb;

		t->error = v ? 0 : -ENODEV;
		if (!v)
			continue;
		check_triggered(s, v, false);
		must(s, o->action->need_kb == 0 || given_kb < o->action->need_kb,
		     "more disks were triggered than needed");
		kb = take(s, (size_t)(v - s->model.disks.vbds), o->action);
		given_kb += v->shows ? kb : 0;
		s->vbds++;
	}
	s->failed = s->vbds ? 0 : ENODEV;
}

static void sim_carry_out(void *host, struct order *o)
{
	struct sim *s = host;

	check_started(s);
	s->vbds = 0;
	s->failed = 0;
	if (o->params)
		take_from_all(s, o->action);
	else
		take_from_targets(s, o);
	s->due_us = s->now_us;
	if (!s->failed)
		s->due_us += reclaimer_least_us(o->action->level, o->window_us);
	s->actions++;
	s->started_us = s->now_us;
	s->vbds_triggered += s->vbds;
}

static void sim_wake_at(void *host, uint64_t at_us)
{
	struct sim *s = host;

	s->wake_us = at_us ? at_us : NEVER;
	s->decisions++; /* it is set once for each */
}

static void sim_age(void *host, const struct aging *aging)
{
	struct sim *s = host;

	model_refresh(&s->model, s->now_us);
	model_age(&s->model, aging, s->now_us);
	s->controller.view.held = s->model.held;
}

static void sim_hear_at(void *host, enum event_type type, uint64_t at_us)
{
	struct sim *s = host;

	s->deaf_until_us[EVENT_SOFT] = at_us;
	s->deaf_until_us[type] = at_us;
}

static void sim_look_at(void *host, uint64_t at_us)
{
	struct sim *s = host;

	s->look_us = at_us ? at_us : NEVER;
}

static int sim_read_target(void *host, struct own_target *t)
{
	const struct sim *s = host;

	*t = (struct own_target){true, s->model.target_kb, s->model.current_kb};
	return 0;
}

static int sim_xen_free_kb(void *host, uint64_t *kb)
{
	const struct sim *s = host;

	*kb = s->model.free_kb;
	return 0;
}

static int sim_set_target(void *host, uint64_t kb)
{
	struct sim *s = host;

	must(s, kb <= s->config->policy.grow_limit_kb, "grew past the limit");
	s->model.free_kb -= kb - s->model.target_kb;
	model_refresh(&s->model, s->now_us);
	model_move_target(&s->model, kb);
	s->target_moved = true;
	return 0;
}

static void sim_tell(void *host, const struct news *n)
{
	struct sim *s = host;

	if (n->what == NEWS_JUDGED && n->action->verdict == VERDICT_HELPED) {
		s->helped++;
		s->lasting_kb += action_lasting_kb(n->action);
	}
	if (s->told) /* not yet, at the start */
		s->told(s, n);
}

const struct host_ops sim_ops = {
	.now_us = sim_now_us,
	.scan = sim_scan,
	.sample = sim_sample,
	.carry_out = sim_carry_out,
	.wake_at = sim_wake_at,
	.age = sim_age,
	.hear_at = sim_hear_at,
	.look_at = sim_look_at,
	.read_target = sim_read_target,
	.xen_free_kb = sim_xen_free_kb,
	.set_target = sim_set_target,
	.tell = sim_tell,
};
