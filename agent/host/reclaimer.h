/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries an order out: by the disks that it names, or by parameters of the whole host. Knows no
 * policy and no event loop: the caller says when time has passed.
 */
#ifndef XEN_RECLAIM_RECLAIMER_H
#define XEN_RECLAIM_RECLAIMER_H

#include "core/order.h"
#include "core/vbds.h"
#include "host/params.h"

/**
 * struct reclaimer - the order that is under way.
 * @open:	one is under way.
 * @vbds:	disks that were triggered.
 * @last_us:	when the last step was taken, 0 while steps follow.
 * @least_us:	what it takes at least from there.
 * @fell_us:	when mapped_kb was last seen to fall.
 */
struct reclaimer {
	int root;
	struct params params;
	bool open;
	unsigned vbds;
	uint64_t last_us;
	uint64_t least_us;
	uint64_t fell_us;
	int64_t mapped_kb;
};

/** reclaimer_least_us() - how long an action of this level and window takes at least. */
uint64_t reclaimer_least_us(enum level level, uint64_t window_us);

/**
 * reclaimer_begin() - begin to carry out an order.
 * @disks: that it names; their number where it is by parameters.
 *
 * Return: 0; -ENODEV if all the disks it is for are gone; else a negative errno.
 */
int reclaimer_begin(struct reclaimer *r, const struct vbd_list *disks, struct order *o,
		    uint64_t now_us);

/**
 * reclaimer_next() - go on with it.
 * @mapped_kb: what grant mappings hold now: as long as it falls, the last step is still at work.
 * @wake_us: when to call again, if 1 is returned.
 *
 * Return: 1: still at work; 0: done, and everything is put back; else a negative errno.
 */
int reclaimer_next(struct reclaimer *r, int64_t mapped_kb, uint64_t now_us, uint64_t *wake_us);

/** reclaimer_stop() - end what is under way. Return: 0, or what could not be put back. */
int reclaimer_stop(struct reclaimer *r);

#endif
