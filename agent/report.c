// SPDX-License-Identifier: GPL-2.0-or-later
/* Journal entries and the state file; see report.h. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "report.h"

#include "util.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <string.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <time.h>

static const char *const message_ids[MESSAGE_COUNT] = {
	[MESSAGE_STARTED] = "6a4a019d35694caebb0826f0c6c61f45",
	[MESSAGE_STOPPED] = "a69f14099e9645698554e9b19f968280",
	[MESSAGE_ACTION] = "38f87e2c509d479b8506060db9ab94d4",
	[MESSAGE_NO_RAM] = "0b08d00fe1b44820a6cbee996f65d340",
	[MESSAGE_BACKOFF] = "6249ece019534e1999b2a3079d86122a",
	[MESSAGE_RECOVERED] = "f82be04a51764dd1bde98b3c45748a95",
	[MESSAGE_CONFIG] = "37a40ebe00f3445d91b517fc8816a069",
	[MESSAGE_MECHANISM] = "f2ccf860749849a0861e709670696d95",
	[MESSAGE_RESTORED] = "63b0e74ad6c0413f83061be860066123",
	[MESSAGE_PRESSURE] = "ba59a7b55af14450ace50cf9e762c1af",
	[MESSAGE_XENSTORE] = "84d46fdbd1d64121aa73b899045f6144",
	[MESSAGE_PUT_BACK] = "fa48a1dbd0bc4793acbd3d5de2b3fa20",
	[MESSAGE_METRICS] = "f5daa1a04a1a41fb882a86a4af62a283",
	[MESSAGE_FAULT] = "fc31b77bfe7c4f68bb390b66a309d1cd",
	[MESSAGE_GROWN] = "27e676a2dde943e2b43e5e2133ab3535",
};

/* stderr goes to the journal already when systemd says so; else it is somebody's terminal. */
static bool stderr_is_journal(void)
{
	return getenv("JOURNAL_STREAM") != NULL;
}

static void to_stderr(const char *text)
{
	if (!stderr_is_journal())
		(void)fprintf(stderr, "xen-reclaimd: %s\n", text);
}

void say(enum message m, int priority, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	make_printable(text);
	to_stderr(text);
	(void)sd_journal_send("MESSAGE=%s", text, "PRIORITY=%d", priority, "MESSAGE_ID=%s",
			      message_ids[m], NULL);
}

/* One entry of the journal, field by field. */
struct fields {
	char text[17][256];
	struct iovec iov[17];
	int n;
};

__attribute__((format(printf, 2, 3))) static void field(struct fields *f, const char *fmt, ...)
{
	char *text = f->text[f->n];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(f->text[0]), fmt, ap);
	va_end(ap);
	f->iov[f->n++] = (struct iovec){text, strlen(text)};
}

static void add_whose(struct fields *f, const struct entry *e)
{
	const struct action *a = &e->action;

	field(f, "XEN_RECLAIM_SCOPE=%s", scope_names[a->scope]);
	if (a->scope == SCOPE_IDLE)
		field(f, "XEN_RECLAIM_REST_MS=%" PRIu64, a->rest_us / USEC_PER_MSEC);
	if (a->domid != EVERY)
		field(f, "XEN_RECLAIM_DOMID=%d", a->domid);
	if (a->devid != EVERY)
		field(f, "XEN_RECLAIM_DEVID=%" PRId64, a->devid);
	field(f, "XEN_RECLAIM_DISKS=%u", e->disks);
}

static void add_lasting(struct fields *f, const struct action *a)
{
	field(f, "XEN_RECLAIM_LASTING_KB=%" PRId64, action_lasting_kb(a));
	field(f, "XEN_RECLAIM_PSWPIN=%" PRIu64, a->later.pswpin - a->before.pswpin);
	field(f, "XEN_RECLAIM_PSWPOUT=%" PRIu64, a->later.pswpout - a->before.pswpout);
}

static void say_action(const struct entry *e)
{
	const struct action *a = &e->action;
	uint64_t took_ms = (a->done_us - a->started_us) / USEC_PER_MSEC;
	struct fields f = {0};
	char lasting[48] = "";

	if (a->verdict != VERDICT_SUPERSEDED)
		(void)snprintf(lasting, sizeof(lasting), ", %" PRId64 " kB lasting",
			       action_lasting_kb(a));
	field(&f, "MESSAGE=%s: %s of %s disks: %" PRId64 " kB back in %" PRIu64 " ms%s: %s",
	      cause_names[a->cause], level_names[a->level], scope_names[a->scope],
	      action_gain_kb(a), took_ms, lasting, verdict_names[a->verdict]);
	to_stderr(f.text[0] + strlen("MESSAGE="));
	field(&f, "PRIORITY=%d", LOG_INFO);
	field(&f, "MESSAGE_ID=%s", message_ids[MESSAGE_ACTION]);
	field(&f, "XEN_RECLAIM_CAUSE=%s", cause_names[a->cause]);
	field(&f, "XEN_RECLAIM_LEVEL=%s", level_names[a->level]);
	add_whose(&f, e);
	field(&f, "XEN_RECLAIM_VERDICT=%s", verdict_names[a->verdict]);
	field(&f, "XEN_RECLAIM_WINDOW_MS=%" PRIu32, e->window_ms);
	field(&f, "XEN_RECLAIM_TOOK_MS=%" PRIu64, took_ms);
	field(&f, "XEN_RECLAIM_BACK_KB=%" PRId64, action_gain_kb(a));
	if (a->verdict != VERDICT_SUPERSEDED)
		add_lasting(&f, a);
	(void)sd_journal_sendv(f.iov, f.n);
}

static struct entry *newest(struct report *r)
{
	return &r->history[(r->actions - 1) % HISTORY_MAX];
}

static void close_newest(struct report *r)
{
	const struct action *a = &newest(r)->action;

	r->verdicts[a->cause][a->level][a->scope][a->verdict]++;
	if (!r->dry_run)
		say_action(newest(r));
}

void report_started(struct report *r, const struct action *a)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (r->actions && newest(r)->action.verdict == VERDICT_OPEN) {
		newest(r)->action.verdict = VERDICT_SUPERSEDED;
		close_newest(r);
	}
	r->actions++;
	*newest(r) = (struct entry){
		.action = *a,
		.realtime_us = (uint64_t)t.tv_sec * USEC_PER_SEC + (uint64_t)t.tv_nsec / 1000,
	};
}

void report_told(struct report *r, uint32_t window_ms, unsigned disks)
{
	newest(r)->window_ms = window_ms;
	newest(r)->disks = disks;
}

void report_done(struct report *r, const struct action *a)
{
	int64_t kb = action_gain_kb(a);

	newest(r)->action = *a;
	r->back_kb += kb > 0 ? kb : 0;
}

void report_judged(struct report *r, const struct action *a)
{
	newest(r)->action = *a;
	close_newest(r);
	if (a->verdict != VERDICT_HELPED)
		return;
	r->helped++;
	r->lasting_kb += action_lasting_kb(a);
}

/* Out of memory there may be no value, and no object to put one into. */
static void put(struct json_object *o, const char *key, struct json_object *value)
{
	if (!o || !value || json_object_object_add(o, key, value) < 0)
		(void)json_object_put(value);
}

static void put_string(struct json_object *o, const char *key, const char *value)
{
	put(o, key, json_object_new_string(value));
}

static void put_number(struct json_object *o, const char *key, int64_t value)
{
	put(o, key, json_object_new_int64(value));
}

static struct json_object *levels_json(const struct diagnosis *d)
{
	struct json_object *levels = json_object_new_object();

	for (int l = 0; l < LEVEL_COUNT; l++) {
		struct json_object *o = json_object_new_object();

		put_string(o, "gives_ram", answer_names[d->gives_ram[l]]);
		put_string(o, "why", d->why[l]);
		put(levels, level_names[l], o);
	}
	return levels;
}

static struct json_object *entry_json(const struct entry *e)
{
	struct json_object *o = json_object_new_object();
	const struct action *a = &e->action;

	put_number(o, "time_us", (int64_t)e->realtime_us);
	put_string(o, "cause", cause_names[a->cause]);
	put_string(o, "level", level_names[a->level]);
	put_string(o, "scope", scope_names[a->scope]);
	put_string(o, "verdict", verdict_names[a->verdict]);
	if (a->verdict == VERDICT_OPEN || a->verdict == VERDICT_SUPERSEDED)
		return o;
	put_number(o, "took_ms", (int64_t)((a->done_us - a->started_us) / USEC_PER_MSEC));
	put_number(o, "back_kb", action_gain_kb(a));
	put_number(o, "lasting_kb", action_lasting_kb(a));
	put_number(o, "pswpin", (int64_t)(a->later.pswpin - a->before.pswpin));
	put_number(o, "pswpout", (int64_t)(a->later.pswpout - a->before.pswpout));
	return o;
}

static void append(struct json_object *list, struct json_object *value)
{
	if (!list || !value || json_object_array_add(list, value) < 0)
		(void)json_object_put(value);
}

static struct json_object *history_json(const struct report *r)
{
	struct json_object *list = json_object_new_array();
	uint64_t first = r->actions > HISTORY_MAX ? r->actions - HISTORY_MAX : 0;

	for (uint64_t i = first; i < r->actions; i++)
		append(list, entry_json(&r->history[i % HISTORY_MAX]));
	return list;
}

int report_write(int root, const struct report *r)
{
	struct json_object *o = json_object_new_object();
	const char *text;
	size_t len;
	int rc;

	put_number(o, "version", 1);
	put_number(o, "pid", getpid());
	put_string(o, "mechanism", r->mechanism);
	put_string(o, "psi", psi_mode_names[r->psi]);
	put(o, "xenstore", json_object_new_boolean(r->xenstore));
	put(o, "dry_run", json_object_new_boolean(r->dry_run));
	put(o, "levels", levels_json(&r->diagnosis));
	put_number(o, "actions", (int64_t)r->actions);
	put_number(o, "helped", (int64_t)r->helped);
	put_number(o, "lasting_kb", r->lasting_kb);
	put(o, "history", history_json(r));
	text = o ? json_object_to_json_string_length(o, JSON_C_TO_STRING_PLAIN, &len) : NULL;
	rc = text ? replace_file(root, STATE_FILE, text, len) : -ENOMEM;
	(void)json_object_put(o);
	return rc;
}
