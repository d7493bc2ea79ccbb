// SPDX-License-Identifier: GPL-2.0-or-later
/* Mechanism, memory, balloon and pressure for xen-reclaim watch; see watch.h. Knows no disk. */
#include "cli/watch.h"

#include "host/json.h"

#include "core/names.h"
#include "core/vbds.h"
#include "host/util.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

void watch_mechanism(struct watcher *w)
{
	struct trace_event e = {.word = TRACE_HOST};
	struct json_object *o;
	struct diagnosis d;
	char text[160];
	size_t n;

	if (!w->first && w->facts.mechanism == w->inventory.mechanism &&
	    w->facts.params == w->inventory.params)
		return;
	facts_gather(w->root, &w->facts);
	d = diagnose(&w->facts);
	e.mechanism = w->facts.mechanism;
	o = json_object_new_object();
	json_put_string(o, "mechanism", mechanism_names[e.mechanism]);
	n = (size_t)snprintf(text, sizeof(text), "mechanism %s", mechanism_names[e.mechanism]);
	for (int l = 0; l < LEVEL_COUNT; l++) {
		const char *answer = answer_names[d.gives_ram[l]];

		e.gives_ram[l] = may_give_ram(&d, l);
		json_put_string(o, levels[l].name, answer);
		if (n < sizeof(text))
			n += (size_t)snprintf(text + n, sizeof(text) - n, ", RAM from %s: %s",
					      levels[l].name, answer);
	}
	watch_record(w, &e);
	watch_tell(w, "host", o, text);
}

void watch_memory(struct watcher *w)
{
	struct trace_event e = {.word = TRACE_MEMORY};
	struct json_object *o;
	char text[160];

	if (memory_sample(&w->memory, &e.sample) < 0)
		return;
	e.sample.held_kb += (int64_t)vbds_slots_kb(&w->inventory.now);
	watch_record(w, &e);
	o = json_object_new_object();
	if (e.sample.held_known)
		json_put_number(o, "held_kb", e.sample.held_kb);
	json_put_number(o, "available_kb", e.sample.available_kb);
	json_put_number(o, "pswpin", (int64_t)e.sample.pswpin);
	json_put_number(o, "pswpout", (int64_t)e.sample.pswpout);
	(void)snprintf(text, sizeof(text),
		       "%" PRId64 " kB available, %" PRIu64 " pages swapped in, %" PRIu64 " out",
		       e.sample.available_kb, e.sample.pswpin, e.sample.pswpout);
	watch_tell(w, "memory", o, text);
}

bool watch_balloon(struct watcher *w)
{
	struct trace_event e = {.word = TRACE_BALLOON};
	struct json_object *o;
	struct balloon b;
	char text[96];

	if (memory_balloon(&w->memory, &b) < 0 ||
	    (b.target_kb == w->balloon.target_kb && b.current_kb == w->balloon.current_kb))
		return false;
	w->balloon = b;
	e.target_kb = b.target_kb;
	e.current_kb = b.current_kb;
	watch_record(w, &e);
	o = json_object_new_object();
	json_put_number(o, "target_kb", (int64_t)b.target_kb);
	json_put_number(o, "current_kb", (int64_t)b.current_kb);
	(void)snprintf(text, sizeof(text), "target %" PRIu64 " kB, current %" PRIu64 " kB",
		       b.target_kb, b.current_kb);
	watch_tell(w, "balloon", o, text);
	return true;
}

static struct trace_event psi_event(const struct psi_totals *t)
{
	return (struct trace_event){
		.word = TRACE_PSI, .some_us = t->us[PSI_SOME], .full_us = t->us[PSI_FULL]};
}

bool watch_read_psi(struct watcher *w)
{
	uint64_t last_us = w->psi_us;
	bool still = w->psi_still;
	struct trace_event e;
	struct psi_totals t;

	w->psi_still = false;
	if (psi_read(w->root, &t) < 0)
		return false;
	w->psi_before = last_us ? w->psi : t;
	w->psi = t;
	w->psi_us = w->now_us;
	w->psi_still = last_us && memcmp(&t, &w->psi_before, sizeof(t)) == 0;
	if (w->psi_still)
		return false;
	e = psi_event(&w->psi_before);
	if (still)
		watch_record_at(w, last_us, &e);
	return true;
}

void watch_tell_psi(const struct watcher *w)
{
	const struct psi_totals *last = &w->psi_before;
	struct trace_event e = psi_event(&w->psi);
	struct json_object *o;
	char text[96];

	watch_record(w, &e);
	o = json_object_new_object();
	json_put_number(o, "some_total_us", (int64_t)e.some_us);
	json_put_number(o, "full_total_us", (int64_t)e.full_us);
	(void)snprintf(text, sizeof(text), "some +%" PRIu64 " ms, full +%" PRIu64 " ms",
		       (e.some_us - last->us[PSI_SOME]) / USEC_PER_MSEC,
		       (e.full_us - last->us[PSI_FULL]) / USEC_PER_MSEC);
	watch_tell(w, "psi", o, text);
}
