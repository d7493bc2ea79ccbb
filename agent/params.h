/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mechanism "params": no kernel part of ours, the whole host at once. Parameters of xen_blkback
 * are lowered for a window and put back, whatever happens in between. Knows no policy and no event
 * loop: the caller says when time has passed.
 *
 *   pool         max_buffer_pages = 0
 *   grants idle  also persistent_grant_unused_seconds = the idle time: each ring gives back the
 *                grants that were not used for that long, and keeps those in use
 *   grants all   also max_persistent_grants down to 0 in steps: a ring that is still busy with one
 *                step when the next comes complains in the kernel log
 */
#ifndef XEN_RECLAIM_PARAMS_H
#define XEN_RECLAIM_PARAMS_H

#include "decide.h"

#include <stdbool.h>
#include <stdint.h>

#define PARAMS_DIR   "sys/module/xen_blkback/parameters"
#define PARAMS_SAVED "run/xen-reclaim/parameters"

enum param_id { PARAM_POOL, PARAM_GRANT_AGE, PARAM_GRANTS, PARAM_COUNT };

extern const char *const param_names[PARAM_COUNT];
extern const char *const param_paths[PARAM_COUNT];

#define PARAM_VALUES_MAX 16

/**
 * struct param - one parameter of xen_blkback while a window is open.
 * @touched: lowered by us and to be put back.
 * @old:     what it was before.
 * @now:     what we wrote last.
 * @values:  all that we may write, in order.
 */
struct param {
	bool touched;
	uint64_t old;
	uint64_t now;
	unsigned n_values;
	uint64_t values[PARAM_VALUES_MAX];
};

/** struct params - an open window; all zero when none is. Times are CLOCK_MONOTONIC. */
struct params {
	int root;
	bool open;
	bool grants;   /* the level is grants */
	unsigned step; /* next value of PARAM_GRANTS */
	uint64_t step_us;
	uint64_t window_us;
	uint64_t fell_us; /* held_kb was last seen to fall */
	int64_t held_kb;
	struct param param[PARAM_COUNT];
};

/** params_present() - Return: 0 if xen_blkback is loaded and its parameters are there. */
int params_present(int root);

/**
 * struct params_wish - what a window is for.
 * @window_us:	  how long the pool stays at zero after the last step.
 * @idle_us:	  grants not used for this long are idle; rounded up to whole seconds.
 * @held_kb:	  what is held now.
 */
struct params_wish {
	enum level level;
	enum scope scope;
	uint64_t window_us;
	uint64_t idle_us;
	int64_t held_kb;
};

/**
 * params_begin() - open a window: old values on disk first, then the first values lowered.
 *
 * Return: 0; -EBUSY if one is open; -EOPNOTSUPP for a level it has not; else a negative errno,
 * and nothing is changed.
 */
int params_begin(struct params *p, int root, const struct params_wish *w, uint64_t now_us);

/**
 * params_next() - go on with an open window: the next step, or put everything back.
 * @held_kb: what is held now: as long as it falls, the last step is still at work.
 * @wake_us: when to call again, if 1 is returned.
 *
 * Return: 1: still open; 0: closed, everything is back; a negative errno: a value could not be
 * put back (params_restore() will try again).
 */
int params_next(struct params *p, int64_t held_kb, uint64_t now_us, uint64_t *wake_us);

/** params_end() - close the window now. Return: as params_next(). */
int params_end(struct params *p);

/**
 * params_restore() - put back what an earlier life left changed, from the file on disk. A value
 * that is none of those we wrote is an administrator's, and stays.
 *
 * Return: number of values put back; a negative errno if one could not be.
 */
int params_restore(int root);

#endif
