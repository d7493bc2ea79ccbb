// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file in /run while hard pressure finds nothing more to give back, for what else an
 * administrator has in store: a .path unit can start it. See agent.h.
 */
#include "daemon/agent.h"

#include "core/names.h"
#include "host/lock.h"
#include "host/util.h"

#include <fcntl.h>
#include <string.h>
#include <syslog.h>

/* It stays for so long after the last such pressure. */
#define STAYS_US (60 * USEC_PER_SEC)

static bool finds_nothing(const struct decision *d)
{
	return d->about == EVENT_HARD && !d->began &&
	       (d->reason == REASON_NO_RAM || d->reason == REASON_NO_STEP);
}

void exhausted_note(struct agent *a, const struct decision *d)
{
	char text[32];
	int n;
	int r;

	if (a->dry_run || !finds_nothing(d))
		return;
	arm_timer(a->exhausted_timer, now_us() + STAYS_US);
	if (a->exhausted)
		return;
	a->exhausted = true;
	n = snprintf(text, sizeof(text), "%s\n", reason_names[d->reason]);
	r = replace_file(a->root, EXHAUSTED_FILE, text, (size_t)n);
	if (r < 0)
		say(MESSAGE_FAULT, LOG_ERR, "/%s: %s", EXHAUSTED_FILE, strerror(-r));
}

void exhausted_over(struct agent *a)
{
	if (a->exhausted)
		exhausted_drop(a->root);
	a->exhausted = false;
}

void exhausted_drop(int root)
{
	(void)unlinkat(root, EXHAUSTED_FILE, 0);
}
