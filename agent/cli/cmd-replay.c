// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xen-reclaim replay: what the daemon would do, with the configuration of this host, on the host
 * that a trace describes. Changes nothing, and reads nothing else of this host.
 */
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "host/json.h"

#include "core/action.h"
#include "core/names.h"
#include "host/config.h"
#include "host/util.h"
#include "sim/model.h"
#include "sim/sim.h"
#include "sim/trace.h"

#include <getopt.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

struct replay {
	bool json;
};

static struct json_object *new_line(uint64_t time_us, const char *event)
{
	struct json_object *o = json_object_new_object();

	json_put_number(o, "time_ms", (int64_t)(time_us / USEC_PER_MSEC));
	json_put_string(o, "event", event);
	return o;
}

static void tell_at(uint64_t time_us, const char *text)
{
	(void)printf("%12.3f s  ", (double)time_us / (double)USEC_PER_SEC);
	print_wrapped("                ", text);
}

/* Nobody measured whether a superseded action lasted. */
static int64_t lasting_kb(const struct action *a)
{
	return a->verdict == VERDICT_SUPERSEDED ? 0 : action_lasting_kb(a);
}

static void tell_action(const struct sim *s, const struct action *a, bool json)
{
	struct json_object *o;
	char text[160];

	if (!json) {
		(void)snprintf(
			text, sizeof(text),
			"%s: %s of %s disks (%zu), %" PRId64 " kB back, %" PRId64 " lasting: %s",
			cause_names[a->cause], levels[a->level].name, scope_names[a->scope],
			s->vbds, action_gain_kb(a), lasting_kb(a), verdict_names[a->verdict]);
		tell_at(a->started_us, text);
		return;
	}
	o = new_line(a->started_us, "action");
	json_put_string(o, "cause", cause_names[a->cause]);
	json_put_string(o, "level", levels[a->level].name);
	json_put_string(o, "scope", scope_names[a->scope]);
	json_put_number(o, "disks", (int64_t)s->vbds);
	json_put_number(o, "back_kb", action_gain_kb(a));
	json_put_number(o, "lasting_kb", lasting_kb(a));
	json_put_string(o, "verdict", verdict_names[a->verdict]);
	print_json_line(o);
}

static void notice_text(const struct policy *p, const struct news *n, char *buf, size_t size)
{
	const struct action *a = n->action;

	switch (n->plan->notice) {
	case NOTICE_NO_RAM:
		(void)snprintf(buf, size, "pressure, but reclaim gives no RAM back here");
		break;
	case NOTICE_NO_ROOM:
		(void)snprintf(buf, size, "the target fell, and nothing here makes room for it");
		break;
	case NOTICE_BACKOFF:
		backoff_print(p, a, n->plan->backoff_us, buf, size);
		break;
	case NOTICE_RECOVERED:
	case NOTICE_NONE:
		(void)snprintf(buf, size, "%s of %s disks helps again", levels[a->level].name,
			       scope_names[a->scope]);
		break;
	}
}

static void tell_text(const struct sim *s, const char *event, const char *text, bool json)
{
	struct json_object *o;

	if (!json) {
		tell_at(s->now_us, text);
		return;
	}
	o = new_line(s->now_us, event);
	json_put_string(o, "text", text);
	print_json_line(o);
}

static void tell(struct sim *s, const struct news *n)
{
	const struct replay *r = s->user;
	char text[256];

	switch (n->what) {
	case NEWS_JUDGED:
	case NEWS_SUPERSEDED:
		tell_action(s, n->action, r->json);
		break;
	case NEWS_NOTICE:
		notice_text(&s->config->policy, n, text, sizeof(text));
		tell_text(s, "notice", text, r->json);
		break;
	case NEWS_GROWN:
		(void)snprintf(text, sizeof(text), "own memory target raised to %" PRIu64 " kB",
			       n->kb);
		tell_text(s, "grown", text, r->json);
		break;
	default:
		break;
	}
}

static void tell_memory(struct sim *s)
{
	const struct model *m = &s->model;
	struct sample now = model_sample(m);
	struct json_object *o = new_line(s->now_us, "memory");

	json_put_number(o, "held_kb", now.held_kb);
	json_put_number(o, "available_kb", now.available_kb);
	json_put_number(o, "unused_s", m->held.unused_s);
	json_put_number(o, "short_s", (int64_t)s->shortage_s);
	json_put_number(o, "disturbed", (int64_t)m->disturbed);
	print_json_line(o);
}

static void tell_end(const struct sim *s, bool json)
{
	struct json_object *o;

	if (s->model.unseen)
		tell_text(s, "notice",
			  "not all that disks hold was recorded: what actions got from the rest is "
			  "not counted",
			  json);
	if (!json) {
		(void)printf("%" PRIu64 " events, %" PRIu64 " decisions, %" PRIu64
			     " actions on %" PRIu64 " disks, of which %" PRIu64 " helped: %" PRId64
			     " kB back for good\n",
			     s->events, s->decisions, s->actions, s->vbds_triggered, s->helped,
			     s->lasting_kb);
		if (s->model.simulated)
			(void)printf("memory was short for %" PRIu64 " seconds\n", s->shortage_s);
		return;
	}
	o = new_line(s->now_us, "end");
	json_put_number(o, "events", (int64_t)s->events);
	json_put_number(o, "decisions", (int64_t)s->decisions);
	json_put_number(o, "actions", (int64_t)s->actions);
	json_put_number(o, "disks", (int64_t)s->vbds_triggered);
	json_put_number(o, "helped", (int64_t)s->helped);
	json_put_number(o, "lasting_kb", s->lasting_kb);
	json_put_number(o, "short_s", (int64_t)s->shortage_s);
	json_put_number(o, "disturbed", (int64_t)s->model.disturbed);
	print_json_line(o);
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
		complain("%s:%u: a defect of the policy, please report it: %s", t->name, t->line,
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
	if (sim_init(&s, c, t.simulated) < 0) {
		complain("%s", strerror(ENOMEM));
	} else {
		s.told = tell;
		s.sampled = json ? tell_memory : NULL;
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

/* "-": standard input. */
static FILE *open_trace(const char *name)
{
	int fd;

	if (strcmp(name, "-") != 0)
		return fopen(name, "re");
	fd = dup(STDIN_FILENO);
	return fd < 0 ? NULL : fdopen(fd, "r");
}

static enum exit_status replay_file(const struct config *c, const char *name, bool json)
{
	_cleanup_file_ FILE *file = open_trace(name);

	if (!file) {
		complain("%s: %s", name, strerror(errno));
		return STATUS_FAILED;
	}
	return replay(c, file, strcmp(name, "-") == 0 ? "(standard input)" : name, json);
}

enum exit_status cmd_replay(int root, int argc, char **argv)
{
	int json = json_option(argc, argv);
	struct config c = config_default();
	enum exit_status status;
	struct config_error err;

	if (json < 0)
		return STATUS_USAGE;
	if (optind + 1 != argc) {
		complain("replay takes one trace, or \"-\" for standard input");
		return STATUS_USAGE;
	}
	if (config_load(root, CONFIG_PATH, &c, &err) < 0) {
		complain("%s", err.text);
		return STATUS_FAILED;
	}
	status = replay_file(&c, argv[optind], json);
	config_free(&c);
	return status;
}
