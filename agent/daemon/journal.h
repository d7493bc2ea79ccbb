/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon says: structured entries in the journal. Knows no policy. */
#ifndef XEN_RECLAIM_JOURNAL_H
#define XEN_RECLAIM_JOURNAL_H

#include "core/types.h"

#include <stdint.h>

/** One MESSAGE_ID each; etc/xen-reclaim.catalog explains it. */
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
	MESSAGE_PRESSURE,
	MESSAGE_XENSTORE,
	MESSAGE_PUT_BACK,
	MESSAGE_METRICS,
	MESSAGE_FAULT,
	MESSAGE_GROWN,
	MESSAGE_DECISION,
	MESSAGE_PAUSED,
	MESSAGE_COUNT
};

/**
 * say() - one line into the journal, and to stderr where that is not the journal.
 * @priority: as in syslog(3).
 */
__attribute__((format(printf, 3, 4))) void say(enum message m, int priority, const char *fmt, ...);

/**
 * journal_action() - one structured entry for an action that is over.
 * @window_ms: how long pools were to be held at zero.
 * @disks:     triggered by it.
 */
void journal_action(const struct action *a, uint32_t window_ms, unsigned disks);

#endif
