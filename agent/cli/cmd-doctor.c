// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xen-reclaim doctor: gathers facts, has diagnose() judge them, prints the judgement. Changes
 * nothing, and judges nothing itself.
 */
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/sight.h"
#include "cli/slots.h"
#include "cli/toolstack.h"
#include "cli/unit.h"
#include "host/config.h"
#include "host/diagnosis-json.h"
#include "host/json.h"
#include "host/remedies.h"

#include "core/names.h"
#include "host/diagnose.h"
#include "host/util.h"

#include <json-c/json.h>

/* What a stock driver's slots hold, less what the patched driver keeps; -1 if not known. */
static int64_t slots_kb(int root)
{
	struct inventory inv = {0};
	struct slots r = {0};
	struct store s;

	if (store_open(&s, root) < 0)
		return -1;
	if (inventory_read(root, &inv) == 0)
		r = slots_estimate(&s, &inv);
	inventory_free(&inv);
	store_close(&s);
	return (int64_t)(r.held_kb - r.kept_kb);
}

static void find_sight(int root, struct facts *f)
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

static struct json_object *finding_json(const struct finding *f)
{
	struct json_object *o = json_object_new_object();

	json_put_string(o, "id", f->id);
	json_put_string(o, "mark", mark_names[f->mark]);
	json_put_string(o, "text", f->text);
	json_put_string(o, "advice", f->advice);
	return o;
}

static struct json_object *remedy_json(const struct remedy *r)
{
	struct json_object *o = json_object_new_object();

	json_put_string(o, "id", r->id);
	json_put_string(o, "gives", r->gives);
	json_put_string(o, "apply", r->apply);
	json_put_string(o, "undo", r->undo);
	return o;
}

static struct json_object *to_json(const struct facts *f, const struct diagnosis *d,
				   const struct remedy *r, size_t n)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();
	struct json_object *changes = json_object_new_array();

	for (size_t i = 0; i < d->n_findings; i++)
		(void)json_append(list, finding_json(&d->findings[i]));
	for (size_t i = 0; i < n; i++)
		(void)json_append(changes, remedy_json(&r[i]));
	json_put_string(o, "mechanism", mechanism_names[f->mechanism]);
	json_put(o, "levels", diagnosis_levels_json(d));
	json_put(o, "findings", list);
	json_put(o, "remedies", changes);
	return o;
}

/* From the first column on, so that one can paste all of it. */
static void print_remedies(const struct remedy *r, size_t n)
{
	if (n > 0)
		(void)printf("\nWhat you can change, as root; it is in force after a reboot:\n");
	for (size_t i = 0; i < n; i++) {
		(void)printf("\n# ");
		print_wrapped("# ", r[i].gives);
		(void)printf("%s# undo: %s", r[i].apply, r[i].undo);
	}
}

static void print(const struct diagnosis *d)
{
	for (size_t i = 0; i < d->n_findings; i++) {
		const struct finding *f = &d->findings[i];

		(void)printf("%-5s ", mark_names[f->mark]);
		print_wrapped("      ", f->text);
		if (f->advice[0]) {
			(void)printf("      -> ");
			print_wrapped("         ", f->advice);
		}
	}
	(void)printf("\nDoes reclaim give RAM back on this host?\n");
	for (int l = 0; l < LEVEL_COUNT; l++) {
		(void)printf("  %-9s %-8s ", levels[l].name, answer_names[d->gives_ram[l]]);
		print_wrapped("                     ", d->why[l]);
	}
}

enum exit_status cmd_doctor(int root, int argc, char **argv)
{
	int json = json_option(argc, argv);
	enum exit_status status = STATUS_NO_RAM;
	struct config c = config_default();
	struct config_error err = {0};
	struct remedy r[REMEDIES_MAX];
	char change[128];
	struct diagnosis d;
	size_t n;
	struct facts f;

	if (json < 0 || no_arguments(argc, argv) < 0)
		return STATUS_USAGE;
	facts_gather(root, &f);
	if (f.control_domain)
		f.xen_free_kb = toolstack_free_kb();
	f.slots_kb = slots_kb(root);
	if (f.blkback)
		find_sight(root, &f);
	if (config_load(root, CONFIG_PATH, &c, &err) < 0)
		f.config_error = err.text;
	config_free(&c);
	f.unit_changes = unit_changes(root, change, sizeof(change));
	f.unit_change = f.unit_changes ? change : NULL;
	d = diagnose(&f);
	for (int l = 0; l < LEVEL_COUNT; l++)
		if (may_give_ram(&d, l))
			status = STATUS_DONE;
	n = remedies(&f, &d, r);
	if (json)
		return print_json(to_json(&f, &d, r, n)) == STATUS_DONE ? status : STATUS_FAILED;
	print(&d);
	print_remedies(r, n);
	return status;
}
