// SPDX-License-Identifier: GPL-2.0-or-later
/* The state file; see state-file.h. */
#include "daemon/state-file.h"

#include "core/action.h"
#include "core/names.h"
#include "host/diagnosis-json.h"
#include "host/json.h"
#include "host/util.h"

#include <json-c/json.h>

static struct json_object *entry_json(const struct entry *e)
{
	struct json_object *o = json_object_new_object();
	const struct action *a = &e->action;

	json_put_number(o, "time_us", (int64_t)e->realtime_us);
	json_put_string(o, "cause", cause_names[a->cause]);
	json_put_string(o, "level", levels[a->level].name);
	json_put_string(o, "scope", scope_names[a->scope]);
	json_put_string(o, "verdict", verdict_names[a->verdict]);
	if (a->verdict == VERDICT_OPEN || a->verdict == VERDICT_SUPERSEDED)
		return o;
	json_put_number(o, "took_ms", (int64_t)((a->done_us - a->started_us) / USEC_PER_MSEC));
	json_put_number(o, "back_kb", action_gain_kb(a));
	json_put_number(o, "lasting_kb", action_lasting_kb(a));
	json_put_number(o, "pswpin", (int64_t)(a->later.pswpin - a->before.pswpin));
	json_put_number(o, "pswpout", (int64_t)(a->later.pswpout - a->before.pswpout));
	return o;
}

static struct json_object *history_json(const struct report *r)
{
	struct json_object *list = json_object_new_array();
	uint64_t first = r->actions > HISTORY_MAX ? r->actions - HISTORY_MAX : 0;

	for (uint64_t i = first; i < r->actions; i++)
		(void)json_append(list, entry_json(&r->history[i % HISTORY_MAX]));
	return list;
}

static struct json_object *thresholds_json(const struct config *c)
{
	struct json_object *o = json_object_new_object();

	json_put_number(o, "some_stall_us", (int64_t)c->some.stall_us);
	json_put_number(o, "some_window_us", (int64_t)c->some.window_us);
	json_put_number(o, "full_stall_us", (int64_t)c->full.stall_us);
	json_put_number(o, "full_window_us", (int64_t)c->full.window_us);
	return o;
}

/* From CLOCK_MONOTONIC to the time of day. */
static int64_t time_of_day(uint64_t monotonic_us)
{
	return (int64_t)(realtime_us() + monotonic_us - now_us());
}

static void add_suspended(struct json_object *list, const struct step *s, int level, int scope,
			  const char *cause)
{
	struct json_object *o;

	if (s->not_before_us <= now_us())
		return;
	o = json_object_new_object();
	json_put_string(o, "level", levels[level].name);
	json_put_string(o, "scope", scope_names[scope]);
	json_put_string(o, "cause", cause);
	json_put_number(o, "until_us", time_of_day(s->not_before_us));
	(void)json_append(list, o);
}

static struct json_object *suspended_json(const struct state *s)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; i < SCOPE_COUNT; i++) {
		for (int l = 0; l < LEVEL_COUNT; l++)
			add_suspended(list, &s->steps[l][i], l, i, "pressure");
		add_suspended(list, &s->falls[i], LEVEL_SLOTS, i, "balloon");
	}
	return list;
}

static struct json_object *steps_json(const struct decision *d)
{
	struct json_object *list = json_object_new_array();

	for (int l = 0; l < LEVEL_COUNT; l++) {
		for (int i = 0; i < SCOPE_COUNT; i++) {
			struct json_object *o;

			if (d->steps[l][i] == REASON_NONE)
				continue;
			o = json_object_new_object();
			json_put_string(o, "level", levels[l].name);
			json_put_string(o, "scope", scope_names[i]);
			json_put_string(o, "reason", reason_names[d->steps[l][i]]);
			(void)json_append(list, o);
		}
	}
	return list;
}

static struct json_object *decision_json(const struct decision *d)
{
	struct json_object *o = json_object_new_object();

	json_put_number(o, "time_us", time_of_day(d->at_us));
	json_put_string(o, "event", event_names[d->about]);
	json_put_string(o, "reason", reason_names[d->reason]);
	json_put(o, "steps", steps_json(d));
	return o;
}

/* The administrator's parameters stay as they are, whatever the policy says. */
static struct json_object *aging_json(const struct controller *c)
{
	const struct aging *a = &c->aging;
	bool native = c->view.mechanism == MECHANISM_NATIVE;
	struct json_object *o = json_object_new_object();

	json_put_string(o, "why", aging_names[a->why]);
	json_put_number(o, "unused_s", a->unused_s);
	json_put(o, "pools", json_object_new_boolean(a->pools));
	json_put(o, "in_force",
		 json_object_new_boolean(native || c->view.held.unused_s == a->unused_s));
	return o;
}

static struct json_object *passed_json(const uint64_t passed[static REASON_COUNT])
{
	struct json_object *o = json_object_new_object();

	for (int i = 0; i < REASON_COUNT; i++)
		if (passed[i])
			json_put_number(o, reason_names[i], (int64_t)passed[i]);
	return o;
}

int state_file_write(int root, const struct report *r, const struct config *config,
		     const struct controller *c)
{
	struct json_object *o = json_object_new_object();
	const char *text;
	size_t len;
	int rc;

	json_put_number(o, "version", 1);
	json_put_number(o, "pid", getpid());
	json_put_number(o, "started_us", (int64_t)r->started_us);
	json_put_number(o, "config_read_us", (int64_t)r->config_us);
	json_put_string(o, "mechanism", r->mechanism);
	json_put_string(o, "psi", psi_mode_names[r->psi]);
	json_put(o, "thresholds", thresholds_json(config));
	json_put(o, "xenstore", json_object_new_boolean(r->xenstore));
	json_put(o, "levels", diagnosis_levels_json(&r->diagnosis));
	json_put(o, "paused", json_object_new_boolean(config->policy.paused));
	json_put(o, "aging", aging_json(c));
	json_put(o, "suspended", suspended_json(&c->state));
	if (c->decision.at_us)
		json_put(o, "last_decision", decision_json(&c->decision));
	json_put(o, "passed", passed_json(c->passed));
	json_put_number(o, "actions", (int64_t)r->actions);
	json_put_number(o, "helped", (int64_t)r->helped);
	json_put_number(o, "lasting_kb", r->lasting_kb);
	json_put(o, "history", history_json(r));
	text = o ? json_object_to_json_string_length(o, JSON_C_TO_STRING_PLAIN, &len) : NULL;
	rc = text ? replace_file(root, STATE_FILE, text, len) : -ENOMEM;
	(void)json_object_put(o);
	return rc;
}
