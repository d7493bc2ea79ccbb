/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an administrator can change so that more memory comes back, as lines for a root shell of
 * this distribution, with what each gives and how to undo it. Pure: a judgement over facts, as
 * diagnose.h.
 */
#ifndef XEN_RECLAIM_REMEDIES_H
#define XEN_RECLAIM_REMEDIES_H

#include "host/diagnose.h"

/**
 * struct remedy - one change. All are in force after a reboot.
 * @id:	   a stable word for scripts.
 * @gives: what it gives, and at what price.
 * @apply: lines of shell, none longer than 80 columns, each ended by a newline.
 * @undo:  the same, to have it as before.
 */
struct remedy {
	const char *id;
	char gives[224];
	char apply[320];
	char undo[128];
};

#define REMEDIES_MAX 6

/** remedies() - those that would help here, and how many. */
size_t remedies(const struct facts *f, const struct diagnosis *d,
		struct remedy list[static REMEDIES_MAX]);

#endif
