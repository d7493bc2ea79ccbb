/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mechanism "params": no kernel part of ours, the whole host at once. Parameters of xen_blkback
 * are held at a lower value for as long as the standing policy wants it, or lowered for a window,
 * and put back, whatever happens in between. Knows no policy, no event loop and no effect: the
 * caller says when time has passed, and when what was lowered has had its time.
 *
 *   pool         max_buffer_pages = 0
 *   grants idle  also persistent_grant_unused_seconds = the idle time: each ring gives back the
 *                grants that were not used for that long, and keeps those in use. First in pulses,
 *                each of which some of the rings see: all at once they complain in the kernel log
 *   grants all   also max_persistent_grants down to 0 in steps, for the same reason
 *
 * A parameter that has another value than the driver's default is the administrator's: it is never
 * written. One that changes while it is lowered is so from then on, for as long as the program
 * runs, whatever the value.
 */
#ifndef XEN_RECLAIM_PARAMS_H
#define XEN_RECLAIM_PARAMS_H

#include "core/capabilities.h"

#include <stdbool.h>
#include <stdint.h>

#define PARAMS_DIR   "sys/module/xen_blkback/parameters"
#define PARAMS_SAVED "run/xen-reclaim/parameters"

enum param_id { PARAM_POOL, PARAM_GRANT_AGE, PARAM_GRANTS, PARAM_COUNT };

extern const char *const param_names[PARAM_COUNT];
extern const char *const param_paths[PARAM_COUNT];

#define PARAM_VALUES_MAX 16
#define PARAMS_STEPS_MAX 48

/**
 * struct param - one parameter of xen_blkback.
 * @touched: the open window writes it.
 * @held:    it is kept at @base.
 * @lost:    somebody else has changed it while it was lowered.
 * @own:     what it was before us.
 * @base:    what it is outside windows: @own, unless it is held.
 * @now:     what we wrote last.
 * @values:  all that we may write besides @own, in order.
 */
struct param {
	bool touched;
	bool held;
	bool lost;
	uint64_t own;
	uint64_t base;
	uint64_t now;
	unsigned n_values;
	uint64_t values[PARAM_VALUES_MAX];
};

/** struct param_step - a value to write, and how long it stands before the next step. */
struct param_step {
	enum param_id id;
	uint64_t value;
	uint64_t hold_us;
};

/**
 * struct params - all zero when nothing is lowered. Times are CLOCK_MONOTONIC.
 * @open:    a window is.
 * @next:    the step to take next, at @next_us: of the window, or on the way to what is held.
 */
struct params {
	int root;
	bool open;
	struct param param[PARAM_COUNT];
	struct param_step steps[PARAMS_STEPS_MAX];
	unsigned n_steps;
	unsigned next;
	uint64_t next_us;
};

/** params_present() - Return: 0 if xen_blkback is loaded and its parameters are there. */
int params_present(int root);

/**
 * params_hold() - from now on outside windows, as far as it is ours to say: what @held says, or the
 * driver's own values where it says nothing. The first lowering of the age takes steps.
 *
 * Return: as params_next(); -EBUSY: a window is open.
 */
int params_hold(struct params *p, int root, const struct held *held, uint64_t now_us,
		uint64_t *wake_us);

/** params_held() - what is held. */
struct held params_held(const struct params *p);

/** params_release() - params_end(), and nothing is held any more. Return: as params_end(). */
int params_release(struct params *p);

/**
 * params_put_back() - try again what could not be put back at the end of a window; what is held
 * stays. Not while a window is open.
 *
 * Return: 0 or more, or a negative errno: it still cannot be.
 */
int params_put_back(struct params *p, int root);

/** params_forget_lost() - another driver has come: nobody has changed its parameters yet. */
void params_forget_lost(struct params *p);

/**
 * params_begin() - open a window: old values on disk first, then the first values lowered.
 * @idle_us: grants not used for this long are idle; rounded up to whole seconds.
 *
 * Return: 0; -EBUSY if one is open; -EOPNOTSUPP for a level it has not; else a negative errno,
 * and nothing is changed.
 */
int params_begin(struct params *p, int root, enum level level, enum scope scope, uint64_t idle_us,
		 uint64_t now_us);

/**
 * params_next() - the steps that are due.
 * @wake_us: when to call again, if 1 is returned.
 *
 * Return: 1: more steps follow; 0: all are taken, and the window is open until params_end(); a
 * negative errno: a step could not be taken.
 */
int params_next(struct params *p, uint64_t now_us, uint64_t *wake_us);

/**
 * params_end() - put back what the window lowered, whatever steps were left. Without one: nothing.
 *
 * Return: 0, or a negative errno: a value could not be put back (params_restore() will try again).
 */
int params_end(struct params *p);

/**
 * params_restore() - put back what an earlier life left changed, from the file on disk. A value
 * that is none of those we wrote is an administrator's, and stays.
 *
 * Return: number of values put back; a negative errno if one could not be.
 */
int params_restore(int root);

#endif
