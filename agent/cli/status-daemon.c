// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the daemon's state file says, as xen-reclaim status prints it; see status.h. The file may be
 * another version's or broken: of its words only those that this program knows are printed.
 */
#include "cli/status.h"

#include "cli/output.h"
#include "cli/state.h"
#include "host/json.h"
#include "host/util.h"

#include "core/names.h"
#include "core/units.h"
#include "host/psi.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>

/* Why an event, or one step, led to no action. */
static const char *const reason_texts[REASON_COUNT] = {
	[REASON_NONE] = "an action began",
	[REASON_PAUSED] = "paused: only what is asked for is done",
	[REASON_NO_RAM] = "nothing here gives RAM back",
	[REASON_NO_ROOM] = "nothing here makes room for a target that fell",
	[REASON_RUNNING] = "another action was running",
	[REASON_INTERVAL] = "min_interval had not passed since the last action",
	[REASON_ECHO] = "pages swapped out before the last action were still coming back",
	[REASON_NO_STEP] = "no step would have helped",
	[REASON_UNAVAILABLE] = "not available here, or it gives no RAM",
	[REASON_TOO_LITTLE] = "would have given less than min_gain",
	[REASON_AGED] = "aging gives it back already",
	[REASON_IN_USE] = "in use by busy disks",
	[REASON_JUST_FAILED] = "had failed shortly before",
	[REASON_SUSPENDED] = "suspended",
	[REASON_JUST_TAKEN] = "already taken by the last action",
	[REASON_FIRST_ENOUGH] = "a smaller step makes enough room",
};

/* Why the standing policy is what it is. */
static const char *const aging_texts[AGING_COUNT] = {
	[AGING_OFF] = "off",
	[AGING_PAUSED] = "paused",
	[AGING_NO_DISK] = "there is no disk",
	[AGING_NO_RAM] = "nothing that ages is RAM here",
	[AGING_EXCLUDED] = "parameters would reach the disks of an excluded domain",
	[AGING_PLENTY] = "memory is plentiful",
	[AGING_WATCHING] = "watching how soon disks come back",
	[AGING_RETURNING] = "disks come back soon",
	[AGING_RESTING] = "disks stay idle",
};

static const char *reason_text(struct json_object *o)
{
	int reason = name_index(reason_names, REASON_COUNT, json_string(o, "reason"));

	return reason < 0 ? "?" : reason_texts[reason];
}

/* "3 h 4 min": of the units that fit, the largest and the next. */
static void span_text(int64_t s, char *buf, size_t size)
{
	static const struct {
		const char *name;
		int64_t s;
	} units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
	size_t i = 0;

	while (i < ARRAY_SIZE(units) - 1 && s < units[i].s)
		i++;
	if (i == ARRAY_SIZE(units) - 1)
		(void)snprintf(buf, size, "%" PRId64 " s", s);
	else
		(void)snprintf(buf, size, "%" PRId64 " %s %" PRId64 " %s", s / units[i].s,
			       units[i].name, s % units[i].s / units[i + 1].s, units[i + 1].name);
}

/* How long ago; 0 for a time that has not come, as after a change of the clock. */
static void age_text(struct json_object *o, const char *key, char *buf, size_t size)
{
	int64_t then_us = json_number(o, key);
	int64_t now = (int64_t)realtime_us();
	bool passed = then_us > 0 && then_us < now;

	span_text(passed ? (now - then_us) / (int64_t)USEC_PER_SEC : 0, buf, size);
}

static void print_ages(struct json_object *d)
{
	char text[64];

	if (json_member(d, "started_us")) {
		age_text(d, "started_us", text, sizeof(text));
		status_line("uptime", "%s", text);
	}
	if (json_member(d, "config_read_us")) {
		age_text(d, "config_read_us", text, sizeof(text));
		status_line("config", "read %s ago", text);
	}
}

static void threshold_text(struct json_object *t, enum psi_kind kind, char *buf, size_t size)
{
	char stall[24];
	char window[24];

	(void)snprintf(stall, sizeof(stall), "%s_stall_us", psi_names[kind]);
	(void)snprintf(window, sizeof(window), "%s_window_us", psi_names[kind]);
	if (json_number(t, stall))
		(void)snprintf(buf, size, "%s %" PRId64 " ms in %" PRId64 " ms", psi_names[kind],
			       json_number(t, stall) / 1000, json_number(t, window) / 1000);
	else
		(void)snprintf(buf, size, "%s off", psi_names[kind]);
}

static void print_thresholds(struct json_object *t)
{
	char some[80];
	char full[80];

	if (!t)
		return;
	threshold_text(t, PSI_SOME, some, sizeof(some));
	threshold_text(t, PSI_FULL, full, sizeof(full));
	status_line("thresholds", "%s, %s", some, full);
}

static void print_aging(struct json_object *o)
{
	int why = name_index(aging_names, AGING_COUNT, json_string(o, "why"));
	const char *text = why < 0 ? "?" : aging_texts[why];
	int64_t unused_s = json_number(o, "unused_s");
	bool in_force = json_object_get_boolean(json_member(o, "in_force"));

	if (!o)
		return;
	if (unused_s == 0)
		status_line("aging", why == AGING_OFF ? "%s" : "the driver's own time: %s", text);
	else
		status_line("aging", "after %" PRId64 " s without use: %s%s", unused_s, text,
			    in_force ? ""
				     : " (not in force: the administrator has set the parameters)");
}

static void print_suspended(struct json_object *list)
{
	static const char *const causes[] = {"pressure", "balloon"};
	int64_t now = (int64_t)realtime_us();
	const char *key = "suspended";

	for (size_t i = 0; i < json_list_length(list); i++) {
		struct json_object *step = json_object_array_get_idx(list, i);
		int64_t until_us = json_number(step, "until_us");

		if (until_us <= now)
			continue;
		status_line(key, "%s of %s disks (%s) for %" PRId64 " s more", state_level(step),
			    state_scope(step), json_word(step, "cause", causes, ARRAY_SIZE(causes)),
			    (until_us - now - 1) / (int64_t)USEC_PER_SEC + 1);
		key = "";
	}
}

static void print_decision(struct json_object *o)
{
	struct json_object *steps = json_member(o, "steps");
	char clock[CLOCK_TEXT_SIZE];

	if (!o)
		return;
	clock_text(json_number(o, "time_us"), clock);
	status_line("decision", "%s %s: %s", clock, json_word(o, "event", event_names, EVENT_COUNT),
		    reason_text(o));
	for (size_t i = 0; i < json_list_length(steps); i++) {
		struct json_object *step = json_object_array_get_idx(steps, i);

		status_line("", "%s of %s disks: %s", state_level(step), state_scope(step),
			    reason_text(step));
	}
}

static void add_action(struct libscols_table *t, struct json_object *a)
{
	struct libscols_line *line = scols_table_new_line(t, NULL);
	char clock[CLOCK_TEXT_SIZE];

	clock_text(json_number(a, "time_us"), clock);
	(void)scols_line_set_data(line, 0, clock);
	(void)scols_line_set_data(line, 1, json_word(a, "cause", cause_names, CAUSE_COUNT));
	(void)scols_line_set_data(line, 2, state_level(a));
	(void)scols_line_set_data(line, 3, state_scope(a));
	if (json_member(a, "back_kb")) /* not before it is judged */
		table_number(line, 4, true, json_number(a, "back_kb"));
	if (json_member(a, "lasting_kb"))
		table_number(line, 5, true, json_number(a, "lasting_kb"));
	(void)scols_line_set_data(line, 6, json_word(a, "verdict", verdict_names, VERDICT_COUNT));
}

static void print_passed(struct json_object *o)
{
	char text[256] = "";
	int64_t all = 0;
	size_t n = 0;

	for (int i = 0; i < REASON_COUNT && n < sizeof(text); i++) {
		int64_t times = json_number(o, reason_names[i]);

		if (times == 0)
			continue;
		all += times;
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %" PRId64, n ? ", " : "",
				      reason_names[i], times);
	}
	if (all)
		status_line("no action", "%" PRId64 " times: %s", all, text);
}

static void print_actions(struct json_object *list)
{
	static const struct column columns[] = {
		{"TIME", 0},
		{"CAUSE", 0},
		{"LEVEL", 0},
		{"DISKS", 0},
		{"BACK(kB)", SCOLS_FL_RIGHT},
		{"LASTING(kB)", SCOLS_FL_RIGHT},
		{"VERDICT", 0},
	};
	struct libscols_table *t;

	if (json_list_length(list) == 0)
		return;
	t = table_new(columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < json_list_length(list); i++)
		add_action(t, json_object_array_get_idx(list, i));
	(void)puts("");
	table_print(t);
}

void status_print_daemon(struct json_object *d)
{
	status_line("daemon", "pid %" PRId64 ", mechanism %s, pressure by %s%s",
		    json_number(d, "pid"),
		    json_word(d, "mechanism", mechanism_names, MECHANISM_COUNT),
		    json_word(d, "psi", psi_mode_names, PSI_MODES),
		    json_object_get_boolean(json_member(d, "xenstore")) ? "" : ", no xenstore");
	if (json_object_get_boolean(json_member(d, "paused")))
		status_line("paused", "only what is asked for is done: xen-reclaim resume ends it");
	print_ages(d);
	print_thresholds(json_member(d, "thresholds"));
	print_aging(json_member(d, "aging"));
	print_suspended(json_member(d, "suspended"));
	print_decision(json_member(d, "last_decision"));
	print_passed(json_member(d, "passed"));
	status_line(
		"actions", "%" PRId64 ", of which %" PRId64 " helped: %" PRId64 " kB back for good",
		json_number(d, "actions"), json_number(d, "helped"), json_number(d, "lasting_kb"));
	print_actions(json_member(d, "history"));
}
