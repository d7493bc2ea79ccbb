// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rows of xen-reclaim top on a screen, on paper or as JSON; see top.h. What is not known is "?", or
 * missing in JSON. Scans nothing.
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
#include <sys/ioctl.h>

#define WIDTH		 80
#define NAME_MAX_COLUMNS 15
#define HEAD_LINES	 5
#define SCREEN_LINES	 24 /* where the terminal does not say how many it has */

static const char *const sort_names[SORT_COUNT] = {"held", "I/O", "idle", "name"};

static void add_row(const struct top *t, struct libscols_table *table, const struct row *r)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	char text[DOMAIN_NAME_SIZE];
	size_t c = 0;

	memcpy(text, r->name, sizeof(text));
	show_text(text, NAME_MAX_COLUMNS);
	(void)scols_line_set_data(line, c++, text);
	table_number(line, c++, true, r->vbd->domid);
	if (t->by_disk) {
		disk_name(r->vbd->devid, text, sizeof(text));
		(void)scols_line_set_data(line, c++, text);
	} else {
		table_number(line, c++, true, (int64_t)r->disks);
	}
	table_number(line, c++, r->idle_known, (int64_t)r->idle);
	for (int l = 0; l < LEVEL_COUNT; l++)
		table_number(line, c++, r->seen >> l & 1, (int64_t)r->held_kb[l]);
	table_number(line, c++, r->moving, (int64_t)r->requests_s);
	table_number(line, c, r->moving, (int64_t)r->kb_s);
}

void top_print_table(const struct top *t, size_t most)
{
	const struct column columns[] = {
		{"DOMAIN", 0},
		{"ID", SCOLS_FL_RIGHT},
		{t->by_disk ? "DISK" : "DISKS", SCOLS_FL_RIGHT},
		{t->by_disk ? "IDLE(s)" : "IDLE", SCOLS_FL_RIGHT},
		{"POOL(kB)", SCOLS_FL_RIGHT},
		{"GRANTS(kB)", SCOLS_FL_RIGHT},
		{"SLOTS(kB)", SCOLS_FL_RIGHT},
		{"REQ/s", SCOLS_FL_RIGHT},
		{"kB/s", SCOLS_FL_RIGHT},
	};
	struct libscols_table *table;

	if (t->n_rows == 0) {
		(void)puts("no disks are served here");
		return;
	}
	table = table_new(columns, ARRAY_SIZE(columns));
	(void)scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
	(void)scols_table_set_termwidth(table, WIDTH);
	for (size_t i = 0; i < t->n_rows && i < most; i++)
		add_row(t, table, &t->rows[i]);
	table_print(table);
}

static void print_head(const struct top *t)
{
	uint64_t some = top_stalled(t, PSI_SOME);
	uint64_t full = top_stalled(t, PSI_FULL);
	struct sample s = {0};

	(void)memory_sample(&t->memory, &s);
	(void)printf("pressure some %" PRIu64 ".%" PRIu64 " %%, full %" PRIu64 ".%" PRIu64
		     " %%; available %" PRId64 " MB; mechanism %s\n",
		     some / 10, some % 10, full / 10, full % 10, s.available_kb / 1024,
		     mechanism_names[t->inventory.mechanism]);
}

void top_print(const struct top *t)
{
	print_head(t);
	top_print_table(t, SIZE_MAX);
}

static size_t lines_on_screen(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row < HEAD_LINES)
		return SCREEN_LINES;
	return size.ws_row;
}

void top_show(const struct top *t)
{
	(void)fputs("\033[H\033[J", stdout);
	print_head(t);
	(void)printf("by %s, each %" PRIu64 " s   q quit  s sort  d delay  b %s\n\n",
		     sort_names[t->sort], t->delay_s, t->by_disk ? "domains" : "disks");
	top_print_table(t, lines_on_screen() - HEAD_LINES);
	(void)fflush(stdout);
}

static struct json_object *row_json(const struct row *r)
{
	struct json_object *o = json_object_new_object();
	char name[16];

	json_put_number(o, "domid", r->vbd->domid);
	json_put_string(o, "name", r->name);
	json_put_number(o, "devid", r->vbd->devid);
	disk_name(r->vbd->devid, name, sizeof(name));
	json_put_string(o, "disk", name);
	if (r->idle_known)
		json_put_number(o, "idle_s", (int64_t)r->idle);
	put_held(o, r->seen, r->held_kb);
	if (r->moving) {
		json_put_number(o, "requests_s", (int64_t)r->requests_s);
		json_put_number(o, "kb_s", (int64_t)r->kb_s);
	}
	return o;
}

enum exit_status top_print_json(const struct top *t)
{
	struct json_object *o = json_object_new_object();
	struct json_object *disks = json_object_new_array();

	json_put_number(o, "some_permille", (int64_t)top_stalled(t, PSI_SOME));
	json_put_number(o, "full_permille", (int64_t)top_stalled(t, PSI_FULL));
	put_seen_by(o, &t->sight, &t->inventory);
	for (size_t i = 0; i < t->n_rows; i++)
		(void)json_append(disks, row_json(&t->rows[i]));
	json_put(o, "disks", disks);
	return print_json(o);
}
