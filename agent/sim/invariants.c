// SPDX-License-Identifier: GPL-2.0-or-later
/* What must always hold; see invariants.h. */
#include "sim/invariants.h"

#include "core/idle.h"
#include "core/names.h"
#include "host/util.h"

#include <inttypes.h>
#include <stdarg.h>

#define SPINS_MAX    8
#define RULE_UNKNOWN 0

void must(struct sim *s, bool holds, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (holds || s->broken[0])
		return;
	n = snprintf(s->broken, sizeof(s->broken),
		     "after %" PRIu64 " ms: ", s->now_us / USEC_PER_MSEC);
	va_start(ap, fmt);
	(void)vsnprintf(s->broken + n, sizeof(s->broken) - (size_t)n, fmt, ap);
	va_end(ap);
}

/* The rule of its domain, looked up anew, and not as the policy does it. */
static bool may_touch(const struct sim *s, const struct vbd *v)
{
	const struct policy *p = &s->config->policy;
	unsigned rule = s->model.rule_of[v->domid];

	if (p->n_rules == 0)
		return true;
	if (rule == RULE_UNKNOWN)
		return !excludes_any(p);
	return rule == 1 || !p->rules[rule - 2].exclude;
}

void check_triggered(struct sim *s, const struct vbd *v, bool whole_host)
{
	if (s->controller.state.action.cause == CAUSE_REQUEST)
		return;
	must(s, may_touch(s, v), "disk %u/%" PRIu32 " of an excluded domain was touched", v->domid,
	     v->devid);
	must(s, whole_host || v->squeeze_ms > 0,
	     "disk %u/%" PRIu32 " has no window, and was triggered", v->domid, v->devid);
}

void check_started(struct sim *s)
{
	const struct policy *p = &s->config->policy;
	const struct action *a = &s->controller.state.action;
	const struct step *step = &s->before.steps[a->level][a->scope];

	must(s, s->due_us == NEVER, "an action began while another ran");
	must(s, s->actions == 0 || s->now_us - s->started_us >= p->min_interval_us,
	     "two actions within %" PRIu64 " us", s->now_us - s->started_us);
	must(s, a->cause == CAUSE_REQUEST || a->level <= p->max_level, "level %s is too high",
	     levels[a->level].name);
	must(s, a->cause == CAUSE_REQUEST || s->now_us >= step->not_before_us,
	     "%s of %s disks was suspended, and was taken", levels[a->level].name,
	     scope_names[a->scope]);
}

static void check_backoff(struct sim *s, int level, int scope)
{
	const struct policy *p = &s->config->policy;
	const struct state *now = &s->controller.state;
	uint64_t was_us = s->before.steps[level][scope].backoff_us;
	uint64_t is_us = now->steps[level][scope].backoff_us;
	const char *name = levels[level].name;
	const char *whose = scope_names[scope];

	must(s, is_us == 0 || is_us >= was_us, "the back-off of %s of %s disks became shorter",
	     name, whose);
	must(s, is_us <= max_u64(p->backoff_max_us, p->backoff_us),
	     "the back-off of %s of %s disks is too long", name, whose);
	must(s,
	     is_us > 0 || was_us == 0 || now->action.verdict == VERDICT_HELPED ||
		     s->now_us >= s->before.steps[level][scope].not_before_us + p->backoff_max_us,
	     "the back-off of %s of %s disks ended without a gain", name, whose);
}

void check_settled(struct sim *s)
{
	must(s, (s->controller.state.phase == PHASE_ACTING) == (s->due_us != NEVER),
	     "an action is left over");
	must(s, s->spins <= SPINS_MAX, "it wakes without end");
	for (int l = 0; l < LEVEL_COUNT; l++)
		for (int i = 0; i < SCOPE_COUNT; i++)
			check_backoff(s, l, i);
}
