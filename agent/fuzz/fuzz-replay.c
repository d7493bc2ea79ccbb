// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: traces, and the policy over them. What is read prints as what is read the same; a
 * wrong line is told in one printable line that names it; whatever a trace says, what must always
 * hold does hold, and the work is bounded by the events and the seconds. Knows no file.
 */
#include "fuzz/fuzz.h"
#include "sim/sim.h"
#include "sim/trace.h"

/* The model presses twice in each second in which memory is short: more would only take longer. */
#define LAST_US (3600 * USEC_PER_SEC)

/* An action can begin, end and be judged; pressure is soft and hard. */
#define DECISIONS_EACH 8

static struct domain_rule rules[] = {
	{.whom = "mad", .exclude = true},
	{.whom = "web", .idle_us = 20 * USEC_PER_SEC},
	{.whom = "0a1b2c3d-0000-1111-2222-333344445555", .window_us = 5 * USEC_PER_SEC},
};

static void told(struct sim *s, const struct news *news)
{
	(void)s;
	(void)news;
}

static void check_again(const struct trace_event *e, bool simulated)
{
	char text[2 * TRACE_LINE_MAX + 2] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");
	struct trace_event again;
	struct trace t;

	check(f != NULL);
	(void)fprintf(f, TRACE_HEAD " %s\n", simulated ? "simulated" : "recorded");
	trace_print(f, e);
	(void)fclose(f);
	f = fmemopen(text, strlen(text), "r");
	check(f != NULL);
	check(trace_begin(&t, f, "again") == 0 && trace_next(&t, &again) == 1);
	(void)fclose(f);
	check(again.time_us == e->time_us && again.word == e->word && again.kb == e->kb);
	check(memcmp(&again.vbd, &e->vbd, sizeof(e->vbd)) == 0);
	check(strcmp(again.name, e->name) == 0 && strcmp(again.uuid, e->uuid) == 0);
	check(memcmp(&again.sample, &e->sample, sizeof(e->sample)) == 0);
	check(again.request.levels == e->request.levels &&
	      again.request.domid == e->request.domid && again.request.devid == e->request.devid &&
	      again.request.window_ms == e->request.window_ms);
	check(again.target_kb == e->target_kb && again.current_kb == e->current_kb);
	check(again.some_us == e->some_us && again.full_us == e->full_us);
}

/* What must always hold did hold; if not, says what. */
static void held(const struct sim *s, int r)
{
	(void)fputs(s->broken, stderr);
	check(r == 0);
}

static void run(struct trace *t, struct sim *s)
{
	struct trace_event e;
	int r;

	while ((r = trace_next(t, &e)) > 0 && e.time_us <= LAST_US) {
		check_again(&e, t->simulated);
		held(s, sim_event(s, &e));
	}
	if (r < 0)
		check(strncmp(t->error, "fuzz:", 5) == 0);
	check_printable(t->error, strlen(t->error), "");
	held(s, sim_end(s));
	check(s->decisions <=
	      DECISIONS_EACH * (s->events + s->now_us / USEC_PER_SEC + DECISIONS_EACH));
	check(s->model.disks.n <= s->events);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config c = config_default();
	struct trace t;
	struct sim s;
	FILE *f;

	if (size == 0)
		return 0;
	f = fmemopen((void *)data, size, "r");
	check(f != NULL);
	/* some of all configurations, by something that has no other meaning */
	c.policy.rules = rules;
	c.policy.n_rules = size % 4;
	c.policy.max_level = (enum level)(size % LEVEL_COUNT);
	c.policy.grow_limit_kb = size % 2 * 450000;
	if (trace_begin(&t, f, "fuzz") == 0) {
		check(sim_init(&s, &c, t.simulated) == 0);
		s.told = told;
		run(&t, &s);
		sim_free(&s);
	}
	(void)fclose(f);
	return 0;
}
