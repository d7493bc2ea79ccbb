// SPDX-License-Identifier: GPL-2.0-or-later
/* The controller under virtual time; see sim.h. No clock, no file: all time is the trace's. */
#include "sim/sim.h"

#include "host/domains.h"
#include "host/util.h"
#include "sim/invariants.h"
#include "sim/model.h"
#include "sim/sim-ops.h"

#include <string.h>

#define TICK_US	  USEC_PER_SEC
#define SAMPLE_US (60 * USEC_PER_SEC)
#define HARD_PART 32
#define PAGE_KB	  4

/* --- events --------------------------------------------------------------------------------- */

static void begin_event(struct sim *s)
{
	s->before = s->controller.state;
}

static void end_event(struct sim *s)
{
	check_settled(s);
	if (!s->target_moved)
		return;
	s->target_moved = false;
	(void)controller_target_changed(&s->controller);
}

static void happen_with(struct sim *s, struct event e)
{
	begin_event(s);
	(void)controller_event(&s->controller, e);
	end_event(s);
}

static void happen(struct sim *s, enum event_type type)
{
	happen_with(s, (struct event){.type = type});
}

/* Where its threshold is off nobody listens. */
static void press_with(struct sim *s, enum event_type type)
{
	const struct threshold *t = type == EVENT_HARD ? &s->config->full : &s->config->some;

	if (t->stall_us && s->now_us >= s->deaf_until_us[type])
		happen(s, type);
}

static void complete(struct sim *s)
{
	s->due_us = NEVER;
	happen_with(s, (struct event){.type = s->failed ? EVENT_FAILED : EVENT_DONE,
				      .error = s->failed});
}

static void look(struct sim *s)
{
	s->look_us = NEVER;
	s->looks++;
	begin_event(s);
	controller_look(&s->controller);
	end_event(s);
}

/* The load presses as long as there is too little; its pages go to the swap and come back. */
static void press(struct sim *s)
{
	uint64_t kb;

	model_refresh(&s->model, s->now_us);
	kb = model_shortage_kb(&s->model);
	if (!s->model.simulated || kb == 0) {
		s->pressed_us = NEVER;
		return;
	}
	s->pressed_us = s->now_us + TICK_US;
	s->shortage_s++;
	s->model.memory.pswpin += kb / PAGE_KB;
	s->model.memory.pswpout += kb / PAGE_KB;
	/* "full" implies "some": it comes first */
	if (kb > s->model.ram_kb / HARD_PART)
		press_with(s, EVENT_HARD);
	press_with(s, EVENT_SOFT);
}

static void sample(struct sim *s)
{
	s->sample_us += SAMPLE_US;
	model_refresh(&s->model, s->now_us);
	s->sampled(s);
}

static uint64_t next_us(const struct sim *s)
{
	uint64_t at = min_u64(min_u64(s->due_us, s->wake_us), min_u64(s->look_us, s->pressed_us));

	return s->sampled && s->model.simulated ? min_u64(at, s->sample_us) : at;
}

static int advance(struct sim *s, uint64_t to_us)
{
	uint64_t at;

	while ((at = next_us(s)) <= to_us && !s->broken[0]) {
		s->spins = at > s->now_us ? 0 : s->spins + 1;
		s->now_us = max_u64(at, s->now_us);
		if (at == s->due_us) {
			complete(s);
		} else if (at == s->wake_us) {
			s->wake_us = NEVER;
			happen(s, EVENT_TIMER);
		} else if (at == s->look_us) {
			look(s);
		} else if (s->sampled && at == s->sample_us) {
			sample(s);
		} else {
			press(s);
		}
	}
	if (s->broken[0])
		return -EPROTO;
	s->now_us = max_u64(s->now_us, to_us);
	return 0;
}

/* --- what the trace says -------------------------------------------------------------------- */

static bool passed(uint64_t stall_us, uint64_t took_us, const struct threshold *t)
{
	return t->stall_us &&
	       stall_us * t->window_us >= t->stall_us * max_u64(took_us, t->window_us);
}

static void note_psi(struct sim *s, const struct trace_event *e)
{
	uint64_t took_us = s->now_us - s->psi_us;
	bool known = s->psi_known && e->some_us >= s->some_us && e->full_us >= s->full_us;
	bool hard = known && passed(e->full_us - s->full_us, took_us, &s->config->full);
	bool soft = known && passed(e->some_us - s->some_us, took_us, &s->config->some);

	s->psi_known = true;
	s->psi_us = s->now_us;
	s->some_us = e->some_us;
	s->full_us = e->full_us;
	if (hard)
		press_with(s, EVENT_HARD);
	if (soft)
		press_with(s, EVENT_SOFT);
}

/* While an action is watched, what it took stays taken, but for what the recorded host gave. */
static void note_memory(struct sim *s, const struct sample *now)
{
	struct model *m = &s->model;
	int64_t fell_kb =
		m->memory.held_known && now->held_known ? m->memory.held_kb - now->held_kb : 0;

	if (s->controller.state.phase == PHASE_READY || fell_kb >= (int64_t)m->taken_kb)
		m->taken_kb = 0;
	else if (fell_kb > 0)
		m->taken_kb -= (uint64_t)fell_kb;
	m->memory = *now;
}

static void note_balloon(struct sim *s, const struct trace_event *e)
{
	struct model *m = &s->model;

	model_refresh(m, s->now_us);
	if (m->target_kb > 0 && m->simulated)
		model_move_target(m, e->target_kb);
	m->target_kb = e->target_kb;
	m->current_kb = e->current_kb;
	begin_event(s);
	(void)controller_target_changed(&s->controller);
	end_event(s);
}

static void ask(struct sim *s, const struct request *r)
{
	begin_event(s);
	(void)controller_request(&s->controller, (struct event){.type = EVENT_REQUEST,
								.levels = r->levels,
								.window_ms = r->window_ms,
								.domid = r->domid,
								.devid = r->devid});
	end_event(s);
}

static void be_host(struct sim *s, const struct trace_event *e)
{
	memcpy(s->model.gives_ram, e->gives_ram, sizeof(s->model.gives_ram));
	memcpy(s->controller.view.gives_ram, e->gives_ram, sizeof(s->model.gives_ram));
	s->model.mechanism = e->mechanism;
	controller_facts_changed(&s->controller);
}

/* Whoever waits for a first disk looks now. */
static int put_disk(struct sim *s, const struct vbd *v)
{
	if (s->controller.aging.why == AGING_NO_DISK)
		s->look_us = s->now_us;
	return model_put_disk(&s->model, v, s->now_us);
}

static int act_out(struct sim *s, const struct trace_event *e)
{
	struct model *m = &s->model;

	switch (e->word) {
	case TRACE_HOST:
		be_host(s, e);
		break;
	case TRACE_SOFT:
		press_with(s, EVENT_SOFT);
		break;
	case TRACE_HARD:
		press_with(s, EVENT_HARD);
		break;
	case TRACE_PSI:
		note_psi(s, e);
		break;
	case TRACE_MEMORY:
		note_memory(s, &e->sample);
		break;
	case TRACE_BALLOON:
		note_balloon(s, e);
		break;
	case TRACE_DOMAIN:
		model_name_domain(m, e->vbd.domid,
				  domains_rule(&s->config->policy, e->uuid, e->name));
		break;
	case TRACE_DISK:
		return put_disk(s, &e->vbd);
	case TRACE_GONE:
		model_drop_disk(m, &e->vbd);
		break;
	case TRACE_REQUEST:
		ask(s, &e->request);
		break;
	case TRACE_RAM:
		m->ram_kb = e->kb;
		break;
	case TRACE_LOAD:
		m->load_kb = e->kb;
		break;
	case TRACE_IO:
		model_start_io(m, &e->vbd, s->now_us);
		break;
	case TRACE_FREE:
		m->free_kb = e->kb;
		break;
	case TRACE_STATIC:
		m->fixed = (struct held){e->unused_s, true};
		m->held = m->fixed;
		break;
	case TRACE_ACTION:
	case TRACE_END:
	case TRACE_WORDS:
		break;
	}
	return 0;
}

int sim_init(struct sim *s, const struct config *c, bool simulated)
{
	int r;

	*s = (struct sim){
		.config = c,
		.due_us = NEVER,
		.wake_us = NEVER,
		.look_us = NEVER,
		.pressed_us = NEVER,
		.sample_us = SAMPLE_US,
		.controller = {.ops = &sim_ops,
			       .host = s,
			       .policy = &c->policy,
			       .can_grow = true,
			       .view = {.disks = &s->model.seen, .gives_ram = {true, true, true}}},
	};
	r = model_init(&s->model, simulated);
	if (r == 0)
		controller_look(&s->controller);
	return r;
}

int sim_event(struct sim *s, const struct trace_event *e)
{
	int r = advance(s, e->time_us);

	if (r == 0) {
		s->events++;
		r = act_out(s, e);
	}
	/* the load looks again at what has changed, once for all that happens at one time */
	if (r == 0 && s->model.simulated && s->pressed_us == NEVER)
		s->pressed_us = s->now_us + 1;
	return r < 0 ? r : s->broken[0] ? -EPROTO : 0;
}

int sim_end(struct sim *s)
{
	const struct policy *p = &s->config->policy;
	int r;

	s->sampled = NULL;
	s->model.load_kb = 0;
	/* nor is it short where the disks alone hold more than there was */
	s->model.ram_kb = INT64_MAX;
	/* what runs, and what waits behind it */
	r = advance(s, s->now_us + 2 * (p->min_interval_us + p->regrowth_us +
					WINDOW_MAX_MS * USEC_PER_MSEC));
	if (r < 0)
		return r;
	must(s,
	     s->controller.state.phase == PHASE_READY && s->due_us == NEVER && s->wake_us == NEVER,
	     "at the end something is left changed, or waits");
	return s->broken[0] ? -EPROTO : 0;
}

void sim_free(struct sim *s)
{
	model_free(&s->model);
}
