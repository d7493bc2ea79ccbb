// SPDX-License-Identifier: GPL-2.0-or-later
/* xen-reclaim doctor: facts, judged by diagnose(), told. Changes nothing. */
#include "diagnose.h"
#include "requests.h"
#include "sight.h"
#include "toolstack.h"
#include "util.h"
#include "xen-reclaim.h"

#include <json-c/json.h>
#include <string.h>

/* What stock blkback's request slots hold, less what patched blkback keeps; -1 if not known. */
static int64_t slots_kb(int root)
{
	struct inventory inv = {0};
	struct requests r = {0};
	struct store s;

	if (store_open(&s) < 0)
		return -1;
	if (inventory_read(root, &inv) == 0)
		r = requests_estimate(&s, &inv);
	inventory_free(&inv);
	store_close(&s);
	return (int64_t)(r.held_kb - r.kept_kb);
}

static void look_for_sight(int root, struct facts *f)
{
	struct sight s = {0};
	int r;

	if (f->mechanism == MECHANISM_NATIVE) {
		f->seen_by = "sysfs";
		return;
	}
	r = sight_probe(&s, root);
	if (r < 0)
		f->unseen = sight_reason(r);
	else
		f->seen_by = s.lack < 0 ? SIGHT_POOLS : "BPF";
	if (r == 0 && s.lack < 0)
		f->unseen = sight_reason(s.lack);
	sight_close(&s);
}

static struct json_object *to_json(const struct facts *f, const struct diagnosis *d)
{
	struct json_object *o = json_object_new_object();
	struct json_object *levels = json_object_new_object();
	struct json_object *list = json_object_new_array();

	for (int l = 0; l < LEVEL_COUNT; l++) {
		struct json_object *level = json_object_new_object();

		(void)json_object_object_add(level, "gives_ram",
					     json_object_new_string(answer_names[d->gives_ram[l]]));
		(void)json_object_object_add(level, "why", json_object_new_string(d->why[l]));
		(void)json_object_object_add(levels, level_names[l], level);
	}
	for (size_t i = 0; i < d->n_findings; i++) {
		const struct finding *one = &d->findings[i];
		struct json_object *x = json_object_new_object();

		(void)json_object_object_add(x, "id", json_object_new_string(one->id));
		(void)json_object_object_add(x, "mark",
					     json_object_new_string(mark_names[one->mark]));
		(void)json_object_object_add(x, "text", json_object_new_string(one->text));
		(void)json_object_object_add(x, "advice", json_object_new_string(one->advice));
		(void)json_object_array_add(list, x);
	}
	(void)json_object_object_add(o, "mechanism",
				     json_object_new_string(mechanism_names[f->mechanism]));
	(void)json_object_object_add(o, "levels", levels);
	(void)json_object_object_add(o, "findings", list);
	return o;
}

static void print(const struct diagnosis *d)
{
	for (size_t i = 0; i < d->n_findings; i++) {
		const struct finding *f = &d->findings[i];

		(void)printf("%-5s %s\n", mark_names[f->mark], f->text);
		if (f->advice[0])
			(void)printf("      -> %s\n", f->advice);
	}
	(void)printf("\nDoes reclaim give RAM back on this host?\n");
	for (int l = 0; l < LEVEL_COUNT; l++)
		(void)printf("  %-9s %-8s %s\n", level_names[l], answer_names[d->gives_ram[l]],
			     d->why[l]);
}

enum exit_status cmd_doctor(int root, int argc, char **argv)
{
	int json = only_json(argc, argv);
	enum exit_status status = STATUS_NO_RAM;
	struct diagnosis d;
	struct facts f;

	if (json < 0)
		return STATUS_USAGE;
	facts_gather(root, &f);
	if (f.control_domain)
		f.xen_free_kb = toolstack_free_kb();
	f.slots_kb = slots_kb(root);
	if (f.blkback)
		look_for_sight(root, &f);
	d = diagnose(&f);
	for (int l = 0; l < LEVEL_COUNT; l++)
		if (d.gives_ram[l] != ANSWER_NO)
			status = STATUS_DONE;
	if (!json)
		print(&d);
	else if (print_json(to_json(&f, &d)) != STATUS_DONE)
		return STATUS_FAILED;
	return status;
}
