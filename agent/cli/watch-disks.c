// SPDX-License-Identifier: GPL-2.0-or-later
/* Disks and their domains for xen-reclaim watch; see watch.h. Knows nothing of pressure. */
#include "cli/watch.h"

#include "cli/output.h"
#include "cli/seen.h"
#include "host/json.h"

#include "core/vbds.h"
#include "host/domains.h"
#include "host/util.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

/* An idle time that is off by more than this from the time passed means a request. */
#define SLACK_US (2 * USEC_PER_SEC)

/* Return: false: it has no name yet that stays, as the daemon sees it. */
static bool tell_domain(struct watcher *w, uint16_t domid)
{
	struct trace_event e = {.word = TRACE_DOMAIN, .vbd = {.domid = domid}};
	struct json_object *o;
	char uuid[DOMAIN_UUID_SIZE];
	char text[DOMAIN_NAME_SIZE + 16];

	if (domain_name(&w->store, domid, e.name) < 0 || domain_is_passing(e.name))
		return false;
	if (domain_uuid(&w->store, domid, uuid) == 0 && is_uuid(uuid))
		memcpy(e.uuid, uuid, sizeof(e.uuid));
	watch_record(w, &e);
	make_text(e.name);
	o = json_object_new_object();
	json_put_number(o, "domid", domid);
	json_put_string(o, "name", e.name);
	json_put_string(o, "uuid", e.uuid);
	(void)snprintf(text, sizeof(text), "%u is %s", domid, e.name);
	watch_tell(w, "domain", o, text);
	return true;
}

static struct json_object *new_disk(const struct vbd *v)
{
	struct json_object *o = json_object_new_object();

	json_put_number(o, "domid", v->domid);
	json_put_number(o, "devid", v->devid);
	return o;
}

static void tell_disk(struct watcher *w, const struct vbd *v)
{
	struct trace_event e = {.word = TRACE_DISK, .vbd = *v};
	struct json_object *o = new_disk(v);
	char held[LEVEL_COUNT][24] = {"?", "?", "?"};
	char idle[40] = "";
	char text[160];

	e.vbd.seen = vbd_seen(v);
	watch_record(w, &e);
	put_held(o, e.vbd.seen, v->held_kb);
	for (int l = 0; l < LEVEL_COUNT; l++)
		if (e.vbd.seen >> l & 1)
			(void)snprintf(held[l], sizeof(held[l]), "%" PRIu64, v->held_kb[l]);
	if (v->shows) {
		json_put_number(o, "idle_ms", (int64_t)(v->idle_us / USEC_PER_MSEC));
		(void)snprintf(idle, sizeof(idle), ", idle for %" PRIu64 " s",
			       v->idle_us / USEC_PER_SEC);
	}
	(void)snprintf(text, sizeof(text), "%u/%" PRIu32 ": pool %s, grants %s, slots %s kB%s",
		       v->domid, v->devid, held[LEVEL_POOL], held[LEVEL_GRANTS], held[LEVEL_SLOTS],
		       idle);
	watch_tell(w, "disk", o, text);
}

static void tell_gone(struct watcher *w, const struct vbd *v)
{
	struct trace_event e = {.word = TRACE_GONE, .vbd = *v};
	char text[32];

	watch_record(w, &e);
	(void)snprintf(text, sizeof(text), "%u/%" PRIu32, v->domid, v->devid);
	watch_tell(w, "gone", new_disk(v), text);
}

static bool has_changed(const struct watcher *w, const struct vbd *was, const struct vbd *is)
{
	uint64_t last_us = w->now_us - is->idle_us;

	if (was->levels != is->levels || was->shows != is->shows || was->seen != is->seen ||
	    was->squeeze_ms != is->squeeze_ms ||
	    memcmp(was->held_kb, is->held_kb, sizeof(is->held_kb)) != 0)
		return true;
	return is->shows && last_us > was->idle_us + SLACK_US;
}

/* Both lists are ordered, so one pass over both finds what came and what went. */
void watch_disks(struct watcher *w)
{
	const struct vbd_list *now = &w->inventory.now;
	const struct vbd *was = w->seen.vbds;
	const struct vbd *end = was + w->seen.n;
	struct vbd *fresh = calloc(now->n + 1, sizeof(*fresh));
	bool named = false;
	size_t n = 0;

	if (!fresh)
		return;
	for_each_vbd(is, now) {
		bool first = is == now->vbds || is[-1].domid != is->domid;
		bool known;

		for (; was < end && vbd_compare(was, is) < 0; was++)
			tell_gone(w, was);
		known = was < end && vbd_compare(was, is) == 0;
		if (first)
			named = (known && was->named) || tell_domain(w, is->domid);
		fresh[n] = *is;
		fresh[n].named = named;
		if (known && !has_changed(w, was, is)) {
			fresh[n].idle_us = was->idle_us;
		} else {
			tell_disk(w, is);
			fresh[n].idle_us = w->now_us - is->idle_us;
		}
		was += known;
		n++;
	}
	for (; was < end; was++)
		tell_gone(w, was);
	free(w->seen.vbds);
	w->seen = (struct vbd_list){.vbds = fresh, .n = n};
}

/* A program that could not be loaded is not tried each second: that costs more than a scan. */
void watch_sight(struct watcher *w)
{
	const char *reason;
	const char *by;

	if (w->sight.bpf || w->sight.error == 0)
		sight_scan(&w->sight, w->root, &w->inventory);
	by = sight_by(&w->sight, &w->inventory, &reason);
	if (reason && !w->unseen_said)
		complain("disks are %s: %s", by ? "seen by their pools alone" : "not seen", reason);
	w->unseen_said |= reason != NULL;
}
