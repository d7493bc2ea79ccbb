/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy: state and event in, plan out. Pure, so that tests, replay and the daemon run the same
 * code. Knows no mechanism and names no disk.
 *
 * What an event leads to in each phase ("step": by ladder.h, or a reason why not; "keep": kept for
 * the timer, which comes when min_interval has passed):
 *
 *			READY			ACTING		WATCHING (until regrowth)
 *	SOFT		step			-		step, 5 s after it was done; at once
 *							if it took from some disks alone
 *	HARD		step			-		the same, retry after it was done
 *	BALLOON_FALL	step of slots		keep		step of slots
 *	REQUEST		the action asked for	keep		the action asked for
 *	DONE		-			READY without	-
 *						a gain, else
 *						WATCHING
 *	FAILED		-			READY: failed	-
 *	TIMER		what was kept		-		verdict after regrowth: READY;
 *								else what was kept
 *
 * Within min_interval of the last start, SOFT and HARD lead to nothing and the others are kept. An
 * action that begins in WATCHING supersedes the one being watched. If an action ends in READY,
 * the timer answers pressure of the last retry once more.
 */
#ifndef XEN_RECLAIM_DECIDE_H
#define XEN_RECLAIM_DECIDE_H

#include "core/capabilities.h"

/**
 * decide() - the policy. A fall of the target is met by slots or not at all: frames of pool and
 * grants are Xen's already.
 * @c:	    what this host can do.
 * @s:	    remembered from the last call; changed.
 * @e:	    what happened.
 * @now_us: the time of @e; never less than in the call before.
 *
 * Return: what to do. At most one plan with @reclaim in each @p->min_interval_us; none while an
 * action runs.
 */
struct plan decide(const struct policy *p, const struct capabilities *c, struct state *s,
		   const struct event *e, uint64_t now_us);

/** renew_fall() - how much a fall that waits needs by now; 0: it is over. */
void renew_fall(struct state *s, uint64_t need_kb);

/** forget_request() - whoever asked has given up: one that waits is not carried out. */
void forget_request(struct state *s);

/** request_is_open() - a request was taken and is not carried out yet. */
bool request_is_open(const struct state *s);

#endif
