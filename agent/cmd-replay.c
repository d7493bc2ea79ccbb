// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xen-reclaim replay: what the daemon would do, with the configuration of this host, on the host
 * that a trace tells of. Changes nothing, and looks at nothing else of this host.
 */
#include "config.h"
#include "sim.h"
#include "trace.h"
#include "util.h"
#include "xen-reclaim.h"

#include <getopt.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

struct replay {
	bool json;
};

static void put_number(struct json_object *o, const char *key, int64_t v)
{
	(void)json_object_object_add(o, key, json_object_new_int64(v));
}

static void put_string(struct json_object *o, const char *key, const char *v)
{
	(void)json_object_object_add(o, key, json_object_new_string(v));
}

static struct json_object *new_line(uint64_t time_us, const char *event)
{
	struct json_object *o = json_object_new_object();

	put_number(o, "time_ms", (int64_t)(time_us / USEC_PER_MSEC));
	put_string(o, "event", event);
	return o;
}

static void print_line(struct json_object *o)
{
	(void)puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	(void)json_object_put(o);
}

/* A superseded action was not looked back at: what is known of it is what was back at once. */
static int64_t lasting_kb(const struct action *a)
{
	return a->verdict == VERDICT_SUPERSEDED ? 0 : action_lasting_kb(a);
}

static void tell_action(const struct sim *s, bool json)
{
	const struct action *a = &s->state.action;
	struct json_object *o;

	if (!json) {
		(void)printf("%12.3f s  %-13s %-8s %-4s %5zu disks %9" PRId64 " kB back %9" PRId64
			     " lasting  %s\n",
			     (double)a->started_us / (double)USEC_PER_SEC, cause_names[a->cause],
			     level_names[a->level], scope_names[a->scope], s->vbds,
			     action_gain_kb(a), lasting_kb(a), verdict_names[a->verdict]);
		return;
	}
	o = new_line(a->started_us, "action");
	put_string(o, "cause", cause_names[a->cause]);
	put_string(o, "level", level_names[a->level]);
	put_string(o, "scope", scope_names[a->scope]);
	put_number(o, "disks", (int64_t)s->vbds);
	put_number(o, "back_kb", action_gain_kb(a));
	put_number(o, "lasting_kb", lasting_kb(a));
	put_string(o, "verdict", verdict_names[a->verdict]);
	print_line(o);
}

static void notice_text(const struct sim *s, char *buf, size_t size)
{
	const struct action *a = &s->state.action;

	switch (s->notice.notice) {
	case NOTICE_NO_RAM:
		(void)snprintf(buf, size, "pressure, but reclaim gives no RAM back here");
		break;
	case NOTICE_NO_ROOM:
		(void)snprintf(buf, size, "the target fell, and nothing makes room for it");
		break;
	case NOTICE_BACKOFF:
		backoff_print(&s->config->policy, a, s->notice.backoff_us, buf, size);
		break;
	case NOTICE_RECOVERED:
	case NOTICE_NONE:
		(void)snprintf(buf, size, "%s of %s disks helps again", level_names[a->level],
			       scope_names[a->scope]);
		break;
	}
}

static void tell_text(const struct sim *s, const char *event, const char *text, bool json)
{
	struct json_object *o;

	if (!json) {
		(void)printf("%12.3f s  %s\n", (double)s->now_us / (double)USEC_PER_SEC, text);
		return;
	}
	o = new_line(s->now_us, event);
	put_string(o, "text", text);
	print_line(o);
}

static void tell(struct sim *s, enum told what)
{
	const struct replay *r = s->user;
	char text[256];

	switch (what) {
	case TOLD_ACTION:
		tell_action(s, r->json);
		break;
	case TOLD_NOTICE:
		notice_text(s, text, sizeof(text));
		tell_text(s, "notice", text, r->json);
		break;
	case TOLD_GROWN:
		(void)snprintf(text, sizeof(text), "own memory target raised to %" PRIu64 " kB",
			       s->state.growth.asked_kb);
		tell_text(s, "grown", text, r->json);
		break;
	}
}

static void tell_end(const struct sim *s, bool json)
{
	struct json_object *o;

	if (s->unseen)
		tell_text(s, "notice",
			  "not all that disks hold was recorded: what actions gave is told without "
			  "that",
			  json);
	if (!json) {
		(void)printf("%" PRIu64 " events, %" PRIu64 " decisions, %" PRIu64
			     " actions on %" PRIu64 " disks, of which %" PRIu64 " helped: %" PRId64
			     " kB back for good\n",
			     s->events, s->decisions, s->actions, s->vbds_told, s->helped,
			     s->lasting_kb);
		if (s->simulated)
			(void)printf("%" PRIu64 " seconds in which memory was short\n",
				     s->shortage_s);
		return;
	}
	o = new_line(s->now_us, "end");
	put_number(o, "events", (int64_t)s->events);
	put_number(o, "decisions", (int64_t)s->decisions);
	put_number(o, "actions", (int64_t)s->actions);
	put_number(o, "disks", (int64_t)s->vbds_told);
	put_number(o, "helped", (int64_t)s->helped);
	put_number(o, "lasting_kb", s->lasting_kb);
	put_number(o, "short_s", (int64_t)s->shortage_s);
	print_line(o);
}

static enum exit_status run(struct sim *s, struct trace *t)
{
	struct trace_event e;
	int rc = 0;
	int r;

	while ((r = trace_next(t, &e)) > 0 && rc == 0)
		rc = sim_event(s, &e);
	if (r == 0 && rc == 0)
		rc = sim_end(s);
	if (r < 0)
		complain("%s", t->error);
	else if (rc == -EPROTO)
		complain("%s:%u: this must never be, please report it: %s", t->name, t->line,
			 s->broken);
	else if (rc < 0)
		complain("%s", strerror(-rc));
	return r < 0 || rc < 0 ? STATUS_FAILED : STATUS_DONE;
}

static enum exit_status replay(const struct config *c, FILE *file, const char *name, bool json)
{
	struct replay user = {.json = json};
	enum exit_status status = STATUS_FAILED;
	struct trace t;
	struct sim s;

	if (trace_begin(&t, file, name) < 0) {
		complain("%s", t.error);
		return STATUS_FAILED;
	}
	if (sim_init(&s, c, t.simulated) == 0) {
		s.told = tell;
		s.user = &user;
		status = run(&s, &t);
		if (status == STATUS_DONE)
			tell_end(&s, json);
	}
	sim_free(&s);
	if (fflush(stdout) != 0)
		status = STATUS_FAILED;
	return status;
}

enum exit_status cmd_replay(int root, int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
	struct config c = config_default();
	enum exit_status status;
	struct config_error err;
	bool json = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt != 'j')
			return STATUS_USAGE;
		json = true;
	}
	if (optind + 1 != argc) {
		complain("replay takes one trace, or \"-\"");
		return STATUS_USAGE;
	}
	if (config_load(root, CONFIG_PATH, &c, &err) < 0) {
		complain("%s", err.text);
		return STATUS_FAILED;
	}
	const char *name = argv[optind];
	_cleanup_file_ FILE *file =
		strcmp(name, "-") == 0 ? fdopen(dup(STDIN_FILENO), "r") : fopen(name, "re");

	if (file) {
		status = replay(&c, file, strcmp(name, "-") == 0 ? "(standard input)" : name, json);
	} else {
		complain("%s: %s", name, strerror(errno));
		status = STATUS_FAILED;
	}
	config_free(&c);
	return status;
}
