// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: what the daemon tells. Nothing that stderr or the journal get holds a character that
 * a terminal obeys, whatever a message quotes; the state file is JSON and has the actions that were
 * put in. Knows no journal and no file: what would reach one is
 * wrapped by the linker.
 */
#include "fuzz/fuzz.h"

#include "core/names.h"
#include "daemon/journal.h"
#include "daemon/state-file.h"
#include "host/util.h"

#include <json-c/json.h>
#include <string.h>
#include <syslog.h>

static char state_file[16384];

int __wrap_replace_file(int root, const char *path, const char *text, size_t len)
{
	(void)root;
	check(strcmp(path, STATE_FILE) == 0 && len < sizeof(state_file));
	memcpy(state_file, text, len + 1);
	return 0;
}

static struct sample next_sample(struct input *in)
{
	uint64_t v = next_number(in);

	/* as memory_sample() bounds it */
	return (struct sample){.held_known = v & 1,
			       .held_kb = (int64_t)(v >> 23) - (INT64_C(1) << 40),
			       .available_kb = (int64_t)(v >> 24),
			       .pswpin = v,
			       .pswpout = v >> 1};
}

static struct action next_action(struct input *in)
{
	uint64_t v = next_number(in);

	return (struct action){
		.cause = (enum cause)(v % CAUSE_COUNT),
		.level = (enum level)(v / 4 % LEVEL_COUNT),
		.scope = (enum scope)(v / 16 % SCOPE_COUNT),
		.domid = v & 1024 ? EVERY : (int)(v >> 48),
		.devid = v & 2048 ? EVERY : (int64_t)(v >> 32),
		.started_us = v >> 16,
		.before = next_sample(in),
	};
}

static void tell_actions(struct report *r, struct input *in)
{
	while (in->left) {
		uint64_t how = *in->at++;
		struct action a;

		in->left--;
		a = next_action(in);
		report_started(r, &a);
		report_triggered(r, (uint32_t)how, (unsigned)how);
		a.done_us = a.started_us + how * USEC_PER_MSEC;
		a.after = next_sample(in);
		if (how & 1)
			report_done(r, &a);
		a.later = next_sample(in);
		a.verdict = (enum verdict)(VERDICT_HELPED + how / 2 % (VERDICT_COUNT - 1));
		if (how & 16)
			report_judged(r, &a);
	}
}

static void check_state(const struct report *r, const struct config *config,
			const struct controller *c)
{
	struct json_object *o;
	struct json_object *v;

	check(state_file_write(-1, r, config, c) == 0);
	o = json_tokener_parse(state_file);
	check(o && json_object_object_get_ex(o, "actions", &v));
	check((uint64_t)json_object_get_int64(v) == r->actions);
	check(json_object_object_get_ex(o, "history", &v));
	check(json_object_array_length(v) == (r->actions < HISTORY_MAX ? r->actions : HISTORY_MAX));
	(void)json_object_put(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *why = "a reason";
	struct report r = {.mechanism = mechanism_names[size % MECHANISM_COUNT],
			   .diagnosis.why = {why, why, why}};
	const struct config config = config_default();
	struct controller c = {.decision = {.at_us = size, .about = size % EVENT_COUNT}};
	struct input in = {data, size};
	FILE *usual = stderr;
	char quoted[700];
	char *text = NULL;
	size_t len;

	journal_entries = 0;
	stderr = open_memstream(&text, &len);
	check(stderr != NULL);
	(void)next_field(&in, quoted, sizeof(quoted));
	say(MESSAGE_FAULT, LOG_ERR, "/%s: %s", quoted, "no such file");
	tell_actions(&r, &in);
	(void)fclose(stderr);
	stderr = usual;
	check_printable(text, len, "\n");
	for (const char *c = text; *c; c++)
		journal_entries -= *c == '\n';
	check(journal_entries == 0); /* a line for each */
	free(text);
	check_state(&r, &config, &c);
	return 0;
}
