/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agent tells: structured journal entries, and the state file that the command line
 * reads. Knows no policy; never writes while nothing happens.
 */
#ifndef XEN_RECLAIM_REPORT_H
#define XEN_RECLAIM_REPORT_H

#include "diagnose.h"
#include "lock.h"

#define STATE_FILE RUN_DIR "/state.json"

/** One MESSAGE_ID each; the text of the entry stands in report.c. */
enum message {
	MESSAGE_STARTED,
	MESSAGE_STOPPED,
	MESSAGE_ACTION,
	MESSAGE_NO_RAM,
	MESSAGE_BACKOFF,
	MESSAGE_RECOVERED,
	MESSAGE_CONFIG,
	MESSAGE_MECHANISM,
	MESSAGE_RESTORED,
	MESSAGE_FAULT,
	MESSAGE_COUNT
};

/**
 * say() - one line into the journal, and to stderr where that is not the journal.
 * @priority: as in syslog(3).
 */
__attribute__((format(printf, 3, 4))) void say(enum message m, int priority, const char *fmt, ...);

/** say_action() - one structured entry for an action that was judged. */
void say_action(const struct action *a);

/** struct entry - an action in the history, with the time of day it was started at. */
struct entry {
	struct action action;
	uint64_t realtime_us;
};

#define HISTORY_MAX 16

/**
 * struct report - what the state file shows.
 * @actions, @helped, @lasting_kb: totals since start.
 * @history: the last @actions % HISTORY_MAX, as a ring.
 */
struct report {
	enum psi_mode psi;
	bool xenstore;
	bool dry_run;
	const char *mechanism;
	struct diagnosis diagnosis;
	uint64_t actions;
	uint64_t helped;
	int64_t lasting_kb;
	struct entry history[HISTORY_MAX];
};

/** report_started() - put an action that starts into the history. */
void report_started(struct report *r, const struct action *a);

/** report_judged() - note what became of the newest action. */
void report_judged(struct report *r, const struct action *a);

/** report_write() - replace the state file. Return: 0 or a negative errno. */
int report_write(int root, const struct report *r);

#endif
