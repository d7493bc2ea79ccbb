// SPDX-License-Identifier: GPL-2.0-or-later
/* The host and its domains, as xen-reclaim status prints them; see status.h. Reads no file. */
#include "cli/status.h"

#include "cli/output.h"
#include "host/json.h"

#include "core/names.h"
#include "core/units.h"
#include "host/domains.h"
#include "host/params.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>

/* Of several lines with one key, only the first has it. */
void status_line(const char *key, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)printf("%-11s ", key);
	print_wrapped("            ", text);
}

static void print_pressure(struct json_object *p)
{
	if (json_member(p, "some_total_us"))
		status_line("pressure", "some %" PRId64 " ms, full %" PRId64 " ms since boot",
			    json_number(p, "some_total_us") / 1000,
			    json_number(p, "full_total_us") / 1000);
	else
		status_line("pressure", "unknown: this kernel has no pressure stall information");
}

static void print_memory(struct json_object *m)
{
	int64_t missing_kb = json_number(m, "target_kb") - json_number(m, "current_kb");

	if (json_member(m, "current_kb"))
		status_line("balloon",
			    "current %" PRId64 " kB, target %" PRId64 " kB: %" PRId64
			    " kB held by grant mappings%s",
			    json_number(m, "current_kb"), json_number(m, "target_kb"),
			    json_number(m, "held_kb"),
			    missing_kb > json_number(m, "held_kb") ? ", the rest is the balloon's"
								   : "");
	else
		status_line("balloon", "no balloon driver here");
	status_line("memory",
		    "%" PRId64 " kB available, %" PRId64 " pages swapped in, %" PRId64
		    " out since boot",
		    json_number(m, "available_kb"), json_number(m, "pswpin"),
		    json_number(m, "pswpout"));
}

static void print_params(struct json_object *k)
{
	const char *key = "parameters";

	if (json_object_object_length(k) == 0)
		status_line(key, "xen_blkback is not loaded");
	for (int id = 0; id < PARAM_COUNT; id++) {
		if (!json_member(k, param_names[id]))
			continue;
		status_line(key, "%s = %" PRId64, param_names[id], json_number(k, param_names[id]));
		key = "";
	}
}

void status_print_host(struct json_object *o)
{
	print_pressure(json_member(o, "pressure"));
	print_memory(json_member(o, "memory"));
	status_line("mechanism", "%s", json_string(o, "mechanism"));
	if (json_member(o, "seen_by"))
		status_line("disks", "seen by %s", json_string(o, "seen_by"));
	if (json_member(o, "unseen"))
		status_line("disks", "not %sseen: %s", json_member(o, "seen_by") ? "all " : "",
			    json_string(o, "unseen"));
	print_params(json_member(o, "parameters"));
}

/* Of all disks of a domain: not known if that of one disk is not. */
static void set_sum(struct libscols_line *line, size_t column, struct json_object *disks,
		    const char *key)
{
	bool known = true;
	int64_t sum = 0;

	for (size_t i = 0; i < json_list_length(disks); i++) {
		struct json_object *disk = json_object_array_get_idx(disks, i);

		known &= json_member(disk, key) != NULL;
		sum += json_number(disk, key);
	}
	table_number(line, column, known, sum);
}

static void set_idle(struct libscols_line *line, size_t column, struct json_object *disks)
{
	bool known = true;
	int64_t idle = 0;

	for (size_t i = 0; i < json_list_length(disks); i++) {
		struct json_object *disk = json_object_array_get_idx(disks, i);

		known &= json_member(disk, "idle") != NULL;
		idle += json_object_get_boolean(json_member(disk, "idle"));
	}
	table_number(line, column, known, idle);
}

/* No rule matched, or whether one does is not known, since the domain's name is not. */
static const char *rule_text(struct json_object *domain)
{
	if (json_member(domain, "rule"))
		return json_string(domain, "rule");
	return json_object_object_get_ex(domain, "rule", NULL) ? "-" : "?";
}

static void add_domain(struct libscols_table *t, struct json_object *o, bool rules)
{
	struct libscols_line *line = scols_table_new_line(t, NULL);
	struct json_object *disks = json_member(o, "disks");
	char name[DOMAIN_NAME_SIZE];
	size_t c = 0;

	(void)snprintf(name, sizeof(name), "%s",
		       json_member(o, "name") ? json_string(o, "name") : "?");
	show_text(name, SIZE_MAX);
	(void)scols_line_set_data(line, c++, name);
	table_number(line, c++, true, json_number(o, "domid"));
	table_number(line, c++, true, (int64_t)json_list_length(disks));
	set_idle(line, c++, disks);
	for (int l = 0; l < LEVEL_COUNT; l++)
		set_sum(line, c++, disks, levels[l].key);
	if (rules)
		(void)scols_line_set_data(line, c, rule_text(o));
}

void status_print_domains(struct json_object *list, bool rules)
{
	static const struct column columns[] = {
		{"DOMAIN", 0},
		{"ID", SCOLS_FL_RIGHT},
		{"DISKS", SCOLS_FL_RIGHT},
		{"IDLE", SCOLS_FL_RIGHT},
		{"POOL(kB)", SCOLS_FL_RIGHT},
		{"GRANTS(kB)", SCOLS_FL_RIGHT},
		{"SLOTS(kB)", SCOLS_FL_RIGHT},
		{"RULE", 0},
	};
	struct libscols_table *t;

	if (json_list_length(list) == 0)
		return;
	t = table_new(columns, ARRAY_SIZE(columns) - !rules);
	for (size_t i = 0; i < json_list_length(list); i++)
		add_domain(t, json_object_array_get_idx(list, i), rules);
	(void)puts("");
	table_print(t);
}
