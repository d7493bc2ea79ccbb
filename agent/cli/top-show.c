// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rows of xen-reclaim top as text or as JSON; see top.h. What is not known is "?", or missing in
 * JSON. Scans nothing.
 */
#include "cli/top.h"

#include "cli/output.h"
#include "cli/seen.h"
#include "host/json.h"

#include "core/names.h"
#include "host/util.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <libsmartcols/libsmartcols.h>
#include <string.h>

#define WIDTH		 80
#define NAME_MAX_COLUMNS 15 /* of these */
#define AGES_COLUMNS	 3  /* of the name's, where idle times have one beside them */

/* Of a disk, where the driver has a time after which it gives back: "3/5". */
static void idle_cell(const struct top *t, const struct row *r, struct libscols_line *line,
		      size_t c)
{
	char text[48];

	if (!t->by_disk || r->unused_s == 0) {
		table_number(line, c, r->idle_known, (int64_t)r->idle);
		return;
	}
	(void)snprintf(text, sizeof(text), "%" PRIu64 "/%" PRIu64, r->idle, r->unused_s);
	(void)scols_line_set_data(line, c, text);
}

static bool any_ages(const struct top *t)
{
	for (size_t i = 0; i < t->n_rows; i++)
		if (t->rows[i].unused_s)
			return true;
	return false;
}

static void add_row(const struct top *t, struct libscols_table *table, const struct row *r,
		    size_t name_columns)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	char text[DOMAIN_NAME_SIZE];
	size_t c = 0;

	memcpy(text, r->name, sizeof(text));
	show_text(text, name_columns);
	(void)scols_line_set_data(line, c++, text);
	table_number(line, c++, true, r->vbd->domid);
	if (t->by_disk) {
		disk_name(r->vbd->devid, text, sizeof(text));
		(void)scols_line_set_data(line, c++, text);
	} else {
		table_number(line, c++, true, (int64_t)r->disks);
	}
	idle_cell(t, r, line, c++);
	for (int l = 0; l < LEVEL_COUNT; l++)
		table_number(line, c++, r->seen >> l & 1, (int64_t)r->held_kb[l]);
	table_number(line, c++, r->moving, (int64_t)r->requests_s);
	table_number(line, c, r->moving, (int64_t)r->kb_s);
}

char *top_table(const struct top *t, size_t columns)
{
	bool ages = t->by_disk && any_ages(t);
	size_t name_columns = NAME_MAX_COLUMNS - (ages ? AGES_COLUMNS : 0) +
			      (columns > WIDTH ? columns - WIDTH : 0);
	const struct column names[] = {
		{"DOMAIN", 0},
		{"ID", SCOLS_FL_RIGHT},
		{t->by_disk ? "DISK" : "DISKS", SCOLS_FL_RIGHT},
		{!t->by_disk ? "IDLE"
		 : ages	     ? "IDLE/OF(s)"
			     : "IDLE(s)",
		 SCOLS_FL_RIGHT},
		{"POOL(kB)", SCOLS_FL_RIGHT},
		{"GRANTS(kB)", SCOLS_FL_RIGHT},
		{"SLOTS(kB)", SCOLS_FL_RIGHT},
		{"REQ/s", SCOLS_FL_RIGHT},
		{"kB/s", SCOLS_FL_RIGHT},
	};
	struct libscols_table *table = table_new(names, ARRAY_SIZE(names));
	char *text = NULL;

	(void)scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
	(void)scols_table_set_termwidth(table, columns > WIDTH ? columns : WIDTH);
	for (size_t i = 0; i < t->n_rows; i++)
		add_row(t, table, &t->rows[i], name_columns);
	(void)scols_print_table_to_string(table, &text);
	scols_unref_table(table);
	return text;
}

void top_print_table(const struct top *t)
{
	char *text;

	if (t->n_rows == 0) {
		(void)puts(t->filter[0] ? "no disks of such a domain are served here"
					: "no disks are served here");
		return;
	}
	text = top_table(t, WIDTH);
	(void)puts(text ? text : "");
	free(text);
}

static void print_share(const struct top *t, enum psi_kind kind, char buf[static 32])
{
	uint64_t permille;

	if (top_stalled(t, kind, &permille))
		(void)snprintf(buf, 32, "%" PRIu64 ".%" PRIu64 " %%", permille / 10, permille % 10);
	else
		(void)snprintf(buf, 32, "?");
}

void top_head(const struct top *t, char buf[static TOP_HEAD_SIZE])
{
	struct sample s = {0};
	char some[32];
	char full[32];

	print_share(t, PSI_SOME, some);
	print_share(t, PSI_FULL, full);
	(void)memory_sample(&t->memory, &s);
	(void)snprintf(buf, TOP_HEAD_SIZE,
		       "pressure some %s, full %s; available %" PRId64 " MB; mechanism %s", some,
		       full, s.available_kb / 1024, mechanism_names[t->inventory.mechanism]);
}

void top_print(const struct top *t)
{
	char head[TOP_HEAD_SIZE];

	top_head(t, head);
	(void)puts(head);
	top_print_table(t);
}

static struct json_object *row_json(const struct row *r)
{
	struct json_object *o = json_object_new_object();
	char name[16];

	json_put_number(o, "domid", r->vbd->domid);
	if (r->named)
		json_put_string(o, "name", r->name);
	json_put_number(o, "devid", r->vbd->devid);
	disk_name(r->vbd->devid, name, sizeof(name));
	json_put_string(o, "disk", name);
	if (r->idle_known)
		json_put_number(o, "idle_s", (int64_t)r->idle);
	if (r->unused_s)
		json_put_number(o, "unused_s", (int64_t)r->unused_s);
	put_held(o, r->seen, r->held_kb);
	if (r->moving) {
		json_put_number(o, "requests_s", (int64_t)r->requests_s);
		json_put_number(o, "kb_s", (int64_t)r->kb_s);
	}
	return o;
}

void top_print_json(const struct top *t, bool one_line)
{
	struct json_object *o = json_object_new_object();
	struct json_object *disks = json_object_new_array();
	uint64_t permille;

	if (top_stalled(t, PSI_SOME, &permille))
		json_put_number(o, "some_permille", (int64_t)permille);
	if (top_stalled(t, PSI_FULL, &permille))
		json_put_number(o, "full_permille", (int64_t)permille);
	put_seen_by(o, &t->sight, &t->inventory);
	for (size_t i = 0; i < t->n_rows; i++)
		(void)json_append(disks, row_json(&t->rows[i]));
	json_put(o, "disks", disks);
	if (one_line)
		print_json_line(o);
	else
		(void)print_json(o);
}
