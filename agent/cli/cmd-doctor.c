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

#include <inttypes.h>
#include <json-c/json.h>

/* Return: false if it is not known. */
static bool read_slots(int root, struct slots *r)
{
	struct inventory inv = {0};
	struct store s;

	*r = (struct slots){0};
	if (store_open(&s, root) < 0)
		return false;
	if (inventory_read(root, &inv) == 0)
		*r = slots_estimate(&s, &inv);
	inventory_free(&inv);
	store_close(&s);
	return true;
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

static struct json_object *slots_json(const struct slots *s)
{
	struct json_object *o = json_object_new_object();

	json_put_number(o, "guests", (int64_t)s->guests);
	json_put_number(o, "disks", (int64_t)s->disks);
	json_put_number(o, "rings", (int64_t)s->rings);
	json_put_number(o, "stock_kb", (int64_t)s->held_kb);
	json_put_number(o, "patched_idle_kb", (int64_t)s->kept_kb);
	json_put_number(o, "one_page_rings_kb", (int64_t)s->one_page_kb);
	json_put_number(o, "one_queue_kb", (int64_t)s->one_ring_kb);
	json_put_number(o, "least_guest_kb", (int64_t)s->least_kb);
	json_put_number(o, "most_guest_kb", (int64_t)s->most_kb);
	return o;
}

static struct json_object *to_json(const struct facts *f, const struct diagnosis *d,
				   const struct remedy *r, size_t n, const struct slots *slots)
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
	if (slots->disks)
		json_put(o, "slots", slots_json(slots));
	return o;
}

static void print_size(uint64_t kb, const char *text)
{
	(void)printf("  %8" PRIu64 " ", kb);
	print_wrapped("           ", text);
}

/* What the disks that are connected cost, and what smaller rings would. */
static void print_slots(const struct slots *s)
{
	if (s->disks == 0)
		return;
	(void)printf("\nRequest slots of %" PRIu64 " disks of %" PRIu64 " guests, %" PRIu64
		     " rings, as they are connected:\n",
		     s->disks, s->guests, s->rings);
	print_size(s->held_kb, "kB with stock xen-blkback, idle or not");
	print_size(s->kept_kb, "kB with patched xen-blkback while they are idle");
	print_size(s->one_page_kb, "kB with stock xen-blkback and max_ring_page_order=0: 32 "
				   "requests at a time");
	print_size(s->one_ring_kb,
		   "kB with stock xen-blkback and max_queues=1: one thread for each disk");
	(void)printf("One more guest like these takes %" PRIu64 " to %" PRIu64
		     " kB with stock xen-blkback.\n",
		     s->least_kb, s->most_kb);
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
	static const enum tone marks[MARK_COUNT] = {TONE_GOOD, TONE_CARE, TONE_BAD};
	static const enum tone answers[ANSWER_COUNT] = {TONE_BAD, TONE_GOOD, TONE_CARE};

	for (size_t i = 0; i < d->n_findings; i++) {
		const struct finding *f = &d->findings[i];

		print_word(mark_names[f->mark], 6, marks[f->mark]);
		print_wrapped("      ", f->text);
		if (f->advice[0]) {
			(void)printf("      -> ");
			print_wrapped("         ", f->advice);
		}
	}
	(void)printf("\nDoes reclaim give RAM back on this host?\n");
	for (int l = 0; l < LEVEL_COUNT; l++) {
		(void)printf("  %-9s ", levels[l].name);
		print_word(answer_names[d->gives_ram[l]], 9, answers[d->gives_ram[l]]);
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
	struct slots slots;
	char change[128];
	struct diagnosis d;
	size_t n;
	struct facts f;

	if (json < 0 || no_arguments(argc, argv) < 0)
		return STATUS_USAGE;
	facts_gather(root, &f);
	if (f.control_domain)
		f.xen_free_kb = toolstack_free_kb();
	f.slots_kb = read_slots(root, &slots) ? (int64_t)slots.hidden_kb : -1;
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
		return print_json(to_json(&f, &d, r, n, &slots)) == STATUS_DONE ? status
										: STATUS_FAILED;
	print(&d);
	print_slots(&slots);
	print_remedies(r, n);
	return status;
}
