// SPDX-License-Identifier: GPL-2.0-or-later
/* The daemon's actions for xen-reclaim watch, from its state file; see watch.h. */
#include "cli/watch.h"

#include "cli/state.h"
#include "host/json.h"

#include "core/names.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

static const char *verdict_of(struct json_object *entry)
{
	return json_word(entry, "verdict", verdict_names, VERDICT_COUNT);
}

static bool is_open(struct json_object *entry)
{
	return strcmp(verdict_of(entry), verdict_names[VERDICT_OPEN]) == 0;
}

static void record_action(const struct watcher *w, struct json_object *entry)
{
	int cause = name_index(cause_names, CAUSE_COUNT, json_string(entry, "cause"));
	int level = level_from_name(json_string(entry, "level"));
	int scope = name_index(scope_names, SCOPE_COUNT, json_string(entry, "scope"));
	struct trace_event e = {.word = TRACE_ACTION,
				.cause = (enum cause)cause,
				.level = (enum level)level,
				.scope = (enum scope)scope};

	if (cause >= 0 && level >= 0 && scope >= 0)
		watch_record(w, &e);
}

static void tell_action(const struct watcher *w, struct json_object *entry)
{
	struct json_object *o = json_object_new_object();
	char back[80] = "";
	char text[160];

	if (json_member(entry, "back_kb")) /* not before it is judged */
		(void)snprintf(back, sizeof(back), " %" PRId64 " kB back, %" PRId64 " kB lasting:",
			       json_number(entry, "back_kb"), json_number(entry, "lasting_kb"));
	(void)snprintf(text, sizeof(text), "%s: %s of %s disks:%s %s",
		       json_word(entry, "cause", cause_names, CAUSE_COUNT), state_level(entry),
		       state_scope(entry), back, verdict_of(entry));
	/* a copy, since the entry belongs to its list */
	json_object_object_foreach(entry, key, value)
		if (strcmp(key, "time_us") != 0)
			json_put(o, key, json_object_get(value));
	watch_tell(w, "action", o, text);
}

/* The @i-th action since the daemon started, if the history still has it. */
static struct json_object *history_entry(struct json_object *list, int64_t i, int64_t total)
{
	int64_t n = (int64_t)json_list_length(list);
	struct json_object *entry;

	if (i < total - n)
		return NULL;
	entry = json_object_array_get_idx(list, (size_t)(i - total + n));
	return json_object_is_type(entry, json_type_object) ? entry : NULL;
}

bool watch_daemon(struct watcher *w)
{
	struct json_object *state = state_read(w->root);
	struct json_object *list = json_member(state, "history");
	int64_t total = json_number(state, "actions");
	bool any = false;

	if (w->first || total < w->actions) { /* another daemon counts from zero */
		w->actions = w->first ? total : 0;
		w->open = false;
	}
	for (int64_t i = w->open ? w->actions - 1 : w->actions; i < total; i++) {
		struct json_object *entry = history_entry(list, i, total);

		if (!entry || (i < w->actions && is_open(entry)))
			continue;
		if (i >= w->actions)
			record_action(w, entry);
		tell_action(w, entry);
		w->open = is_open(entry);
		any = true;
	}
	w->actions = total;
	(void)json_object_put(state);
	return any;
}
