// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xen-reclaim status: what the host shows now, and what the daemon's state file says it did.
 * Changes nothing, and asks the daemon nothing.
 */
#include "config.h"
#include "host.h"
#include "inventory.h"
#include "params.h"
#include "report.h"
#include "sight.h"
#include "store.h"
#include "util.h"
#include "xen-reclaim.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <libsmartcols/libsmartcols.h>
#include <string.h>
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

static bool same_domain(struct json_object *list, const struct vbd *v)
{
	size_t n = json_object_array_length(list);
	struct json_object *id;

	if (n == 0 ||
	    !json_object_object_get_ex(json_object_array_get_idx(list, n - 1), "domid", &id))
		return false;
	return json_object_get_int(id) == v->domid;
}

static struct json_object *new_domain(struct store *s, const struct vbd *v)
{
	struct json_object *o = json_object_new_object();
	char path[48];
	char name[256];

	put_number(o, "domid", v->domid);
	(void)snprintf(path, sizeof(path), "/local/domain/%u/name", v->domid);
	if (s->xs && store_read(s, path, name, sizeof(name)) > 0)
		(void)json_object_object_add(o, "name", json_object_new_string(name));
	(void)json_object_object_add(o, "disks", json_object_new_array());
	return o;
}

static struct json_object *disk_json(const struct vbd *v)
{
	static const char *const keys[LEVEL_COUNT] = {"pool_kb", "grants_kb", "request_kb"};
	struct json_object *o = json_object_new_object();

	put_number(o, "devid", v->devid);
	if (v->levels)
		put_number(o, "squeeze_ms", v->squeeze_ms);
	if (v->shows)
		put_number(o, "idle_ms", (int64_t)(v->idle_us / USEC_PER_MSEC));
	for (int l = 0; l < LEVEL_COUNT; l++)
		if (v->shows || v->seen >> l & 1)
			put_number(o, keys[l], (int64_t)v->held_kb[l]);
	return o;
}

/* The inventory is in order: a domain's disks stand together. */
static struct json_object *domains_json(const struct inventory *inv)
{
	struct json_object *list = json_object_new_array();
	struct store s = {0};

	(void)store_open(&s);
	for (const struct vbd *v = inv->now.vbds; v < inv->now.vbds + inv->now.n; v++) {
		struct json_object *domain;
		struct json_object *disks;

		if (!same_domain(list, v))
			(void)json_object_array_add(list, new_domain(&s, v));
		domain = json_object_array_get_idx(list, json_object_array_length(list) - 1);
		(void)json_object_object_get_ex(domain, "disks", &disks);
		(void)json_object_array_add(disks, disk_json(v));
	}
	store_close(&s);
	return list;
}

static void add_inventory(int root, struct json_object *o)
{
	struct inventory inv = {0};
	struct sight sight = {0};
	const char *reason;
	const char *by;

	(void)inventory_read(root, &inv);
	sight_look(&sight, root, &inv);
	by = sight_by(&sight, &inv, &reason);
	(void)json_object_object_add(o, "mechanism",
				     json_object_new_string(mechanism_names[inv.mechanism]));
	if (by)
		(void)json_object_object_add(o, "seen_by", json_object_new_string(by));
	if (reason)
		(void)json_object_object_add(o, "unseen", json_object_new_string(reason));
	(void)json_object_object_add(o, "domains", domains_json(&inv));
	sight_close(&sight);
	inventory_free(&inv);
}

/* The daemon's own word, or NULL. */
static struct json_object *daemon_json(int root)
{
	static char text[STATE_MAX_BYTES];

	if (read_text(root, STATE_FILE, text, sizeof(text)) < 0)
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

/* A word that this program knows: the file may be another version's. */
static const char *word(struct json_object *o, const char *key, const char *const *names, size_t n)
{
	const char *text = string(o, key);

	for (size_t i = 0; text && i < n; i++)
		if (strcmp(text, names[i]) == 0)
			return names[i];
	return "?";
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
	(void)printf("mechanism   %s\n", string(o, "mechanism"));
	if (member(o, "seen_by"))
		(void)printf("disks       seen by %s\n", string(o, "seen_by"));
	if (member(o, "unseen"))
		(void)printf("disks       not %sseen: %s\n", member(o, "seen_by") ? "all " : "",
			     string(o, "unseen"));
	if (json_object_object_length(k) == 0)
		(void)printf("parameters  xen_blkback is not loaded\n");
	for (int id = 0; id < PARAM_COUNT; id++)
		if (member(k, param_names[id]))
			(void)printf("%-11s %s = %" PRId64 "\n", id ? "" : "parameters",
				     param_names[id], number(k, param_names[id]));
}

static uint64_t idle_time_ms(int root)
{
	struct config_error err;
	struct config c = config_default();

	(void)config_load(root, CONFIG_PATH, &c, &err); /* the daemon says what is wrong with it */
	config_free(&c);
	return c.policy.idle_us / USEC_PER_MSEC;
}

/* Of all disks of a domain; "?" where one of them is not seen. */
static void set_sum(struct libscols_line *line, size_t column, struct json_object *disks,
		    const char *key)
{
	char text[24] = "?";
	int64_t sum = 0;

	for (size_t i = 0; i < json_object_array_length(disks); i++) {
		struct json_object *disk = json_object_array_get_idx(disks, i);

		if (!member(disk, key)) {
			(void)scols_line_set_data(line, column, text);
			return;
		}
		sum += number(disk, key);
	}
	(void)snprintf(text, sizeof(text), "%" PRId64, sum);
	(void)scols_line_set_data(line, column, text);
}

static void set_idle(struct libscols_line *line, size_t column, struct json_object *disks,
		     uint64_t idle_ms)
{
	size_t n = json_object_array_length(disks);
	size_t idle = 0;
	char text[24] = "?";

	for (size_t i = 0; i < n; i++) {
		struct json_object *disk = json_object_array_get_idx(disks, i);

		if (!member(disk, "idle_ms"))
			n = 0;
		else
			idle += (uint64_t)number(disk, "idle_ms") >= idle_ms;
	}
	if (n > 0)
		(void)snprintf(text, sizeof(text), "%zu", idle);
	(void)scols_line_set_data(line, column, text);
}

static void add_domain(struct libscols_table *t, struct json_object *o, uint64_t idle_ms)
{
	struct libscols_line *line = scols_table_new_line(t, NULL);
	struct json_object *disks = member(o, "disks");
	char text[24];

	(void)scols_line_set_data(line, 0, member(o, "name") ? string(o, "name") : "?");
	(void)scols_line_set_data(line, 1, string(o, "domid"));
	(void)snprintf(text, sizeof(text), "%zu", json_object_array_length(disks));
	(void)scols_line_set_data(line, 2, text);
	set_idle(line, 3, disks, idle_ms);
	set_sum(line, 4, disks, "pool_kb");
	set_sum(line, 5, disks, "grants_kb");
	set_sum(line, 6, disks, "request_kb");
}

static void print_domains(struct json_object *list, uint64_t idle_ms)
{
	static const char *const names[] = {"DOMAIN",	"ID",	      "DISKS",	     "IDLE",
					    "POOL(kB)", "GRANTS(kB)", "REQUESTS(kB)"};
	struct libscols_table *t;

	if (json_object_array_length(list) == 0)
		return;
	t = scols_new_table();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)scols_table_new_column(t, names[i], 0, i ? SCOLS_FL_RIGHT : 0);
	for (size_t i = 0; i < json_object_array_length(list); i++)
		add_domain(t, json_object_array_get_idx(list, i), idle_ms);
	(void)puts("");
	(void)scols_print_table(t);
	scols_unref_table(t);
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
		     number(d, "pid"), word(d, "mechanism", mechanism_names, MECHANISM_COUNT),
		     word(d, "psi", psi_mode_names, PSI_MODES),
		     json_object_get_boolean(member(d, "xenstore")) ? "" : ", no xenstore",
		     json_object_get_boolean(member(d, "dry_run")) ? ", dry run" : "");
	(void)printf("actions     %" PRId64 ", of which %" PRId64 " helped: %" PRId64
		     " kB back for good\n",
		     number(d, "actions"), number(d, "helped"), number(d, "lasting_kb"));
	if (json_object_is_type(list, json_type_array) && json_object_array_length(list) > 0) {
		(void)puts("");
		print_actions(list);
	}
}

enum exit_status cmd_status(int root, int argc, char **argv)
{
	int json = only_json(argc, argv);
	struct json_object *o;
	struct json_object *d;
	bool told;
	int running;

	if (json < 0)
		return STATUS_USAGE;
	o = json_object_new_object();
	running = daemon_runs(root);
	d = running > 0 ? daemon_json(root) : NULL;
	told = d != NULL;
	(void)json_object_object_add(o, "pressure", pressure_json(root));
	(void)json_object_object_add(o, "memory", memory_json(root));
	(void)json_object_object_add(o, "parameters", params_json(root));
	add_inventory(root, o);
	(void)json_object_object_add(o, "daemon", d);
	if (!json) {
		print_host(o);
		print_domains(member(o, "domains"), idle_time_ms(root));
		if (told)
			print_daemon(d);
		(void)json_object_put(o);
	} else if (print_json(o) != STATUS_DONE) {
		return STATUS_FAILED;
	}
	if (running == 0) {
		complain("the daemon is not running: systemctl start xen-reclaimd");
		return STATUS_NOT_RUNNING;
	}
	if (running > 0 && !told)
		complain("the daemon runs, but its /%s cannot be read", STATE_FILE);
	return told ? STATUS_DONE : STATUS_FAILED;
}
