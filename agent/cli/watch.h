/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What xen-reclaim watch keeps between its parts, each of which compares one side of the host with
 * what was last seen of it: watch-host.c, watch-disks.c, watch-daemon.c. All tell through
 * watch-tell.c; cmd-watch.c waits, and scans in order.
 */
#ifndef XEN_RECLAIM_WATCH_H
#define XEN_RECLAIM_WATCH_H

#include "cli/sight.h"

#include "host/diagnose.h"
#include "host/inventory.h"
#include "host/memory.h"
#include "host/psi.h"
#include "host/store.h"
#include "sim/trace.h"

#include <stdio.h>

struct json_object;

/**
 * struct watcher - what was last seen.
 * @inotify:  reports changes in the daemon's folder in /run; -1 before it is set up.
 * @first:    the scan under way is the first one.
 * @record:   the trace that is written, or NULL.
 * @unseen_said: it was said why not all that disks hold is seen.
 * @seen:     disks as recorded, in the inventory's order; their idle_us is the time of the last
 *	      request.
 * @psi:      as of @psi_us; 0: never read. @psi_before: as of the scan before.
 * @psi_still: @psi did not change in the last scan, and so was not recorded.
 * @actions:  how many of the daemon's were told. @open: the last of them was not judged yet.
 */
struct watcher {
	int root;
	int inotify;
	bool json;
	bool first;
	FILE *record;
	uint64_t start_us;
	uint64_t now_us;
	struct memory memory;
	struct facts facts;
	struct inventory inventory;
	struct sight sight;
	bool unseen_said;
	struct store store;
	struct vbd_list seen;
	struct psi_totals psi;
	struct psi_totals psi_before;
	uint64_t psi_us;
	bool psi_still;
	struct balloon balloon;
	int64_t actions;
	bool open;
};

/**
 * watch_tell() - print a line.
 * @o:	  the line's own members, for --json; freed.
 * @text: for people; made printable.
 */
void watch_tell(const struct watcher *w, const char *event, struct json_object *o, char *text);

/** watch_record() - write a line of the trace, if one is recorded, with the time of this scan. */
void watch_record(const struct watcher *w, struct trace_event *e);

/** watch_record_at() - the same with another time. */
void watch_record_at(const struct watcher *w, uint64_t at_us, struct trace_event *e);

/** watch_mechanism() - the mechanism, and what gives RAM back. */
void watch_mechanism(struct watcher *w);

/** watch_memory() - memory now, changed or not. */
void watch_memory(struct watcher *w);

/** watch_balloon() - Return: it changed. */
bool watch_balloon(struct watcher *w);

/**
 * watch_read_psi() - read the totals. Totals that do not change are not told. When they change
 * again, the trace first gets a line that says until when they had not: the stall must not be taken
 * as spread over all that time. That line is earlier than all others of this scan.
 *
 * Return: they changed, and watch_tell_psi() is to follow.
 */
bool watch_read_psi(struct watcher *w);

/** watch_tell_psi() - what watch_read_psi() found. */
void watch_tell_psi(const struct watcher *w);

/** watch_sight() - see what disks hold that do not show it themselves. */
void watch_sight(struct watcher *w);

/** watch_disks() - disks and domains that came, changed or went. */
void watch_disks(struct watcher *w);

/**
 * watch_daemon() - the daemon's actions, from its state file. Those from before the first scan are
 * not told.
 *
 * Return: there were any.
 */
bool watch_daemon(struct watcher *w);

/** watch_scan() - once all of the above. */
void watch_scan(struct watcher *w);

#endif
