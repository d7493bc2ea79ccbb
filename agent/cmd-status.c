// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xen-reclaim status: what the host shows now, and what the daemon's state file says it did.
 * Changes nothing, and asks the daemon nothing.
 */
#include "diagnose.h"
#include "host.h"
#include "params.h"
#include "report.h"
#include "util.h"
#include "xen-reclaim.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <libsmartcols/libsmartcols.h>
#include <time.h>

#define STATE_MAX_BYTES ((size_t)64 * 1024)

static void put_number(struct json_object *o, const char *key, int64_t v)
{
	(void)json_object_object_add(o, key, json_object_new_int64(v));
}

static struct json_object *pressure_json(int root)
{
	struct json_object *o = json_object_new_object();
	struct psi_totals t;

	if (psi_read(root, &t) < 0)
		return o;
	put_number(o, "some_total_us", (int64_t)t.us[PSI_SOME]);
	put_number(o, "full_total_us", (int64_t)t.us[PSI_FULL]);
	return o;
}

static struct json_object *memory_json(int root)
{
	struct json_object *o = json_object_new_object();
	struct balloon b;
	struct sample s;
	struct host h;

	if (host_open(root, &h) < 0)
		return o;
	if (host_sample(&h, &s) == 0) {
		put_number(o, "available_kb", s.available_kb);
		put_number(o, "pswpin", (int64_t)s.pswpin);
		put_number(o, "pswpout", (int64_t)s.pswpout);
		if (s.held_known)
			put_number(o, "held_kb", s.held_kb);
	}
	if (host_balloon(&h, &b) == 0) {
		put_number(o, "current_kb", (int64_t)b.current_kb);
		put_number(o, "target_kb", (int64_t)b.target_kb);
		put_number(o, "low_kb", (int64_t)b.low_kb);
	}
	host_close(&h);
	return o;
}

static struct json_object *params_json(int root)
{
	struct json_object *o = json_object_new_object();

	for (int id = 0; id < PARAM_COUNT; id++) {
		uint64_t v;

		if (read_number(root, param_paths[id], &v) == 0)
			put_number(o, param_names[id], (int64_t)v);
	}
	return o;
}

/* The daemon's own word, or NULL while none runs. */
static struct json_object *daemon_json(int root)
{
	static char text[STATE_MAX_BYTES];

	if (!daemon_runs(root) || read_text(root, STATE_FILE, text, sizeof(text)) < 0)
		return NULL;
	return json_tokener_parse(text);
}

static int64_t number(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_int64(v) : 0;
}

static const char *string(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_string(v) : "";
}

static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	(void)json_object_object_get_ex(o, key, &v);
	return v;
}

static void print_host(struct json_object *o)
{
	struct json_object *p = member(o, "pressure");
	struct json_object *m = member(o, "memory");
	struct json_object *k = member(o, "parameters");

	if (member(p, "some_total_us"))
		(void)printf("pressure    some %" PRId64 " ms, full %" PRId64 " ms since boot\n",
			     number(p, "some_total_us") / 1000, number(p, "full_total_us") / 1000);
	else
		(void)printf("pressure    unknown: no pressure stall information here\n");
	if (member(m, "current_kb"))
		(void)printf("balloon     current %" PRId64 " kB, target %" PRId64 " kB: %" PRId64
			     " kB held by grant mappings\n",
			     number(m, "current_kb"), number(m, "target_kb"), number(m, "held_kb"));
	else
		(void)printf("balloon     no balloon driver here\n");
	(void)printf("memory      %" PRId64 " kB available, %" PRId64 " pages swapped in, %" PRId64
		     " out since boot\n",
		     number(m, "available_kb"), number(m, "pswpin"), number(m, "pswpout"));
	if (json_object_object_length(k) == 0)
		(void)printf("parameters  xen_blkback is not loaded\n");
	for (int id = 0; id < PARAM_COUNT; id++)
		if (member(k, param_names[id]))
			(void)printf("%-11s %s = %" PRId64 "\n", id ? "" : "parameters",
				     param_names[id], number(k, param_names[id]));
}

static void add_line(struct libscols_table *t, struct json_object *a)
{
	struct libscols_line *line = scols_table_new_line(t, NULL);
	time_t when = (time_t)(number(a, "time_us") / 1000000);
	char text[32] = "";
	struct tm tm;

	if (localtime_r(&when, &tm))
		(void)strftime(text, sizeof(text), "%H:%M:%S", &tm);
	(void)scols_line_set_data(line, 0, text);
	(void)scols_line_set_data(line, 1, string(a, "cause"));
	(void)scols_line_set_data(line, 2, string(a, "level"));
	(void)scols_line_set_data(line, 3, string(a, "scope"));
	(void)scols_line_set_data(line, 4, string(a, "back_kb"));
	(void)scols_line_set_data(line, 5, string(a, "lasting_kb"));
	(void)scols_line_set_data(line, 6, string(a, "verdict"));
}

static void print_actions(struct json_object *list)
{
	static const char *const names[] = {"TIME",	"CAUSE",       "LEVEL",	 "DISKS",
					    "BACK(kB)", "LASTING(kB)", "VERDICT"};
	struct libscols_table *t = scols_new_table();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)scols_table_new_column(t, names[i], 0, i == 4 || i == 5 ? SCOLS_FL_RIGHT : 0);
	for (size_t i = 0; i < json_object_array_length(list); i++)
		add_line(t, json_object_array_get_idx(list, i));
	(void)scols_print_table(t);
	scols_unref_table(t);
}

static void print_daemon(struct json_object *d)
{
	struct json_object *list = member(d, "history");

	(void)printf("daemon      pid %" PRId64 ", mechanism %s, pressure by %s%s%s\n",
		     number(d, "pid"), string(d, "mechanism"), string(d, "psi"),
		     json_object_get_boolean(member(d, "xenstore")) ? "" : ", no xenstore",
		     json_object_get_boolean(member(d, "dry_run")) ? ", dry run" : "");
	(void)printf("actions     %" PRId64 ", of which %" PRId64 " helped: %" PRId64
		     " kB back for good\n",
		     number(d, "actions"), number(d, "helped"), number(d, "lasting_kb"));
	if (list && json_object_array_length(list) > 0) {
		(void)puts("");
		print_actions(list);
	}
}

enum exit_status cmd_status(int root, int argc, char **argv)
{
	int json = only_json(argc, argv);
	struct json_object *o;
	struct json_object *d;
	bool running;

	if (json < 0)
		return STATUS_USAGE;
	o = json_object_new_object();
	d = daemon_json(root);
	running = d != NULL;
	(void)json_object_object_add(o, "pressure", pressure_json(root));
	(void)json_object_object_add(o, "memory", memory_json(root));
	(void)json_object_object_add(o, "parameters", params_json(root));
	(void)json_object_object_add(o, "daemon", d);
	if (!json) {
		print_host(o);
		if (running)
			print_daemon(d);
		(void)json_object_put(o);
	} else if (print_json(o) != STATUS_DONE) {
		return STATUS_FAILED;
	}
	if (running)
		return STATUS_DONE;
	complain("the daemon is not running: systemctl start xen-reclaimd");
	return STATUS_NOT_RUNNING;
}
