/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's history: what it did, and what became of it. Decides nothing and writes no file.
 */
#ifndef XEN_RECLAIM_REPORT_H
#define XEN_RECLAIM_REPORT_H

#include "core/aging.h"
#include "host/diagnose.h"

/**
 * struct entry - an action in the history.
 * @realtime_us: the time of day it was started at.
 * @window_ms:	 how long pools were to be held at zero.
 * @disks:	 triggered by it.
 */
struct entry {
	struct action action;
	uint64_t realtime_us;
	uint32_t window_ms;
	unsigned disks;
};

#define HISTORY_MAX 16

/**
 * struct report - what the daemon knows of itself.
 * @started_us: time of day. @config_us: time of day when the configuration was read.
 * @actions, @helped, @back_kb, @lasting_kb: totals since start.
 * @verdicts: those that are judged, by what they were.
 * @aging: the standing policy, as the controller has it.
 * @history: the last HISTORY_MAX actions, as a ring.
 */
struct report {
	enum psi_mode psi;
	bool xenstore;
	bool dry_run;
	const char *mechanism;
	uint64_t started_us;
	uint64_t config_us;
	struct diagnosis diagnosis;
	uint64_t actions;
	uint64_t helped;
	int64_t back_kb;
	int64_t lasting_kb;
	const struct aging *aging;
	uint64_t verdicts[CAUSE_COUNT][LEVEL_COUNT][SCOPE_COUNT][VERDICT_COUNT];
	struct entry history[HISTORY_MAX];
};

/** report_started() - put an action that starts into the history. */
void report_started(struct report *r, const struct action *a);

/** report_triggered() - the mechanism has begun with the newest action. */
void report_triggered(struct report *r, uint32_t window_ms, unsigned disks);

/** report_done() - the mechanism has carried it out. */
void report_done(struct report *r, const struct action *a);

/** report_judged() - note what became of it, and say so in one structured entry. */
void report_judged(struct report *r, const struct action *a);

#endif
