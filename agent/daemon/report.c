// SPDX-License-Identifier: GPL-2.0-or-later
/* The daemon's history; see report.h. */
#include "daemon/report.h"

#include "core/action.h"
#include "daemon/journal.h"
#include "host/util.h"

static struct entry *newest(struct report *r)
{
	return &r->history[(r->actions - 1) % HISTORY_MAX];
}

static void close_newest(struct report *r)
{
	const struct action *a = &newest(r)->action;

	r->verdicts[a->cause][a->level][a->scope][a->verdict]++;
	if (!r->dry_run)
		journal_action(a, newest(r)->window_ms, newest(r)->disks);
}

void report_started(struct report *r, const struct action *a)
{
	r->actions++;
	*newest(r) = (struct entry){.action = *a, .realtime_us = realtime_us()};
}

void report_triggered(struct report *r, uint32_t window_ms, unsigned disks)
{
	newest(r)->window_ms = window_ms;
	newest(r)->disks = disks;
}

void report_done(struct report *r, const struct action *a)
{
	int64_t kb = action_gain_kb(a);

	newest(r)->action = *a;
	r->back_kb += kb > 0 ? kb : 0;
}

void report_judged(struct report *r, const struct action *a)
{
	int64_t kb;

	newest(r)->action = *a;
	close_newest(r);
	if (a->verdict != VERDICT_HELPED)
		return;
	r->helped++;
	kb = action_lasting_kb(a);
	r->lasting_kb += kb > 0 ? kb : 0;
}
