/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries an action out by the best mechanism there is: by single disks where the kernel offers
 * that, else by parameters of the whole host. Knows no policy and no event loop: the caller says
 * when time has passed.
 */
#ifndef XEN_RECLAIM_RECLAIMER_H
#define XEN_RECLAIM_RECLAIMER_H

#include "inventory.h"
#include "params.h"

/**
 * struct reclaimer - what there is, and the action that is under way. Times are CLOCK_MONOTONIC.
 * @open:	an action is under way.
 * @vbds:	disks that were told.
 * @last_us:	when the last step was taken, 0 while steps follow.
 * @least_us:	what it takes at least from there.
 * @fell_us:	when held_kb was last seen to fall.
 */
struct reclaimer {
	int root;
	struct inventory inventory;
	struct params params;
	bool open;
	unsigned vbds;
	uint64_t last_us;
	uint64_t least_us;
	uint64_t fell_us;
	int64_t held_kb;
};

/** reclaimer_offer() - what can be done, as of the last inventory_read(). @o->gives_ram is set. */
void reclaimer_offer(const struct reclaimer *r, const struct policy *p, struct offer *o);

/**
 * reclaimer_takes() - whether a request can be carried out here at all.
 *
 * Return: 0; -ENODEV: no such disk; -EOPNOTSUPP: nothing here offers this level for it.
 */
int reclaimer_takes(const struct reclaimer *r, enum level level, int domid, int64_t devid);

/**
 * reclaimer_begin() - begin to carry out an action.
 * @window_us: how long pools are held empty at least; a disk whose own is longer has that.
 *
 * Return: 0; -ENODEV if all the disks it is for are gone; else a negative errno.
 */
int reclaimer_begin(struct reclaimer *r, const struct policy *p, const struct action *a,
		    uint64_t window_us, uint64_t now_us);

/**
 * reclaimer_next() - go on with it.
 * @held_kb: what is held now: as long as it falls, the last step is still at work.
 * @wake_us: when to call again, if 1 is returned.
 *
 * Return: 1: still at work; 0: done, and everything is put back; else a negative errno.
 */
int reclaimer_next(struct reclaimer *r, int64_t held_kb, uint64_t now_us, uint64_t *wake_us);

/** reclaimer_learn() - after a level "requests" and a new look: what idle disks have left they
 * keep. */
void reclaimer_learn(struct reclaimer *r, const struct policy *p, const struct action *a);

/** reclaimer_stop() - end what is under way. Return: 0, or what could not be put back. */
int reclaimer_stop(struct reclaimer *r);

#endif
