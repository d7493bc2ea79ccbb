/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy: state and event in, plan out. Pure: no I/O, no clock of its own, no allocation, so
 * that tests, a simulator and the daemon run the very same code. Knows no mechanism and no file.
 */
#ifndef XEN_RECLAIM_DECIDE_H
#define XEN_RECLAIM_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** enum level - what a reclaim takes: each level takes what the one before takes, and more. */
enum level { LEVEL_POOL, LEVEL_GRANTS, LEVEL_REQUESTS, LEVEL_COUNT };

/** enum scope - whose: disks that rest, or every disk. */
enum scope { SCOPE_IDLE, SCOPE_ALL, SCOPE_COUNT };

/** enum cause - why an action was taken. */
enum cause { CAUSE_SOFT, CAUSE_HARD, CAUSE_BALLOON, CAUSE_REQUEST, CAUSE_COUNT };

/** enum verdict - what became of an action. */
enum verdict {
	VERDICT_OPEN,	    /* still running, or what it gave is still being watched */
	VERDICT_HELPED,	    /* RAM came back and stayed back */
	VERDICT_NO_GAIN,    /* nothing came back */
	VERDICT_REGROWN,    /* it came back and was taken again: those disks were not idle */
	VERDICT_FAILED,	    /* the mechanism could not do it */
	VERDICT_SUPERSEDED, /* the next action came before it could be judged */
	VERDICT_COUNT
};

/** enum notice - what is worth one plain sentence in the journal. */
enum notice { NOTICE_NONE, NOTICE_NO_RAM, NOTICE_BACKOFF, NOTICE_RECOVERED };

extern const char *const level_names[LEVEL_COUNT];
extern const char *const scope_names[SCOPE_COUNT];
extern const char *const cause_names[CAUSE_COUNT];
extern const char *const verdict_names[VERDICT_COUNT];

/** level_from_name() - Return: a level, or -EINVAL. */
int level_from_name(const char *name);

/**
 * struct policy - the part of the configuration that decides. Times in microseconds.
 * @max_level:	     the highest level to use of the agent's own accord.
 * @idle_us:	     a disk that was not used for this long is idle.
 * @min_interval_us: least time between the starts of two actions.
 * @retry_us:	     pressure this soon after an action that did not help goes one step up.
 * @regrowth_us:     how long what came back has to stay back.
 * @backoff_after:   so many actions running without lasting gain, and a step rests.
 * @backoff_us:	     the first rest; each further failure doubles it.
 * @backoff_max_us:  the longest rest.
 * @min_gain_kb:     less than this is no gain.
 */
struct policy {
	enum level max_level;
	uint64_t idle_us;
	uint64_t min_interval_us;
	uint64_t retry_us;
	uint64_t regrowth_us;
	unsigned backoff_after;
	uint64_t backoff_us;
	uint64_t backoff_max_us;
	uint64_t min_gain_kb;
};

/** KB_UNKNOWN - some, but nobody can say how much. */
#define KB_UNKNOWN UINT64_MAX

/** EVERY - in the place of a domid or a devid: all of them. */
#define EVERY (-1)

/**
 * struct vbd - one virtual disk that this domain's kernel serves.
 * @levels:	levels that can be reclaimed from it alone: bit 1 << level.
 * @shows:	@idle_us and @held_kb are true.
 * @squeeze_ms: its window as toolstack and driver have it; 0: pressure leaves the disk alone.
 * @idle_us:	since its last request.
 * @held_kb:	pool, persistent grants, request slots: each for itself, whether RAM or not.
 * @kept_kb:	of the request slots: what it keeps whatever it is asked for.
 */
struct vbd {
	uint16_t domid;
	uint32_t devid;
	unsigned levels;
	bool shows;
	uint32_t squeeze_ms;
	uint64_t idle_us;
	uint64_t held_kb[LEVEL_COUNT];
	uint64_t kept_kb;
};

/**
 * struct offer - what this host can do.
 * @offered:   the mechanism in use can carry out this level with this scope.
 * @gives_ram: this level gives RAM back on this kernel at all.
 * @there_kb:  RAM that this level with this scope would give, as far as is known.
 */
struct offer {
	bool offered[LEVEL_COUNT][SCOPE_COUNT];
	bool gives_ram[LEVEL_COUNT];
	uint64_t there_kb[LEVEL_COUNT][SCOPE_COUNT];
};

/** offer_vbds() - add to an offer, whose @gives_ram is set, what can be had from single disks. */
void offer_vbds(const struct policy *p, const struct vbd *vbds, size_t n, struct offer *o);

/**
 * struct sample - memory of this domain at one moment.
 * @held_known: @held_kb is true (see host_sample()).
 * @held_kb:	RAM that blkback keeps away from the domain: what grant mappings hold (target -
 *		current), and request slots where they are shown.
 * @available_kb: MemAvailable.
 * @pswpin:	pages swapped in since boot.
 * @pswpout:	pages swapped out since boot.
 */
struct sample {
	bool held_known;
	int64_t held_kb;
	int64_t available_kb;
	uint64_t pswpin;
	uint64_t pswpout;
};

/**
 * struct action - one reclaim, from its cause to what became of it. Times are CLOCK_MONOTONIC.
 * @domid:  whose disks, or EVERY.
 * @devid:  which of them, or EVERY.
 * @before: when it started.
 * @after:  when the mechanism was done.
 * @later:  when it was judged.
 */
struct action {
	enum cause cause;
	enum level level;
	enum scope scope;
	enum verdict verdict;
	uint32_t window_ms;
	int domid;
	int64_t devid;
	uint64_t started_us;
	uint64_t done_us;
	struct sample before;
	struct sample after;
	struct sample later;
};

/** action_means() - whether an action is for this disk. Of disks that show nothing, none is idle.
 */
bool action_means(const struct policy *p, const struct action *a, const struct vbd *v);

/** action_gain_kb() - what was back when the mechanism was done; negative: more was taken. */
int64_t action_gain_kb(const struct action *a);

/** action_lasting_kb() - what was still back when the action was judged. */
int64_t action_lasting_kb(const struct action *a);

enum event_type {
	EVENT_SOFT,	    /* PSI "some" passed its threshold */
	EVENT_HARD,	    /* PSI "full" passed its threshold */
	EVENT_BALLOON_FALL, /* own target fell below what the domain has */
	EVENT_REQUEST,	    /* an operator asks through the mailbox */
	EVENT_DONE,	    /* the mechanism has carried the action out */
	EVENT_FAILED,	    /* the mechanism could not */
	EVENT_TIMER,	    /* plan.wake_us has come */
};

/**
 * struct event - what happened.
 * @now:     memory at this moment.
 * @level:   EVENT_REQUEST: what is asked for. EVENT_BALLOON_FALL: the least level that makes
 *	     room for the fall.
 * @window_ms: EVENT_REQUEST: the window asked for, 0: the usual one.
 * @domid, @devid: EVENT_REQUEST: of whose disks, or EVERY.
 */
struct event {
	enum event_type type;
	struct sample now;
	enum level level;
	uint32_t window_ms;
	int domid;
	int64_t devid;
};

/**
 * struct plan - what to do.
 * @reclaim: carry @action of the state out, now.
 * @judged:  the state's @action has its verdict: report it.
 * @wake_us: send EVENT_TIMER then; 0: no need. Stands until the next plan.
 * @notice:  to say, with @backoff_us where it is NOTICE_BACKOFF.
 */
struct plan {
	bool reclaim;
	bool judged;
	uint64_t wake_us;
	enum notice notice;
	uint64_t backoff_us;
};

/** struct rung - how one level with one scope has done of late. */
struct rung {
	unsigned failures;
	uint64_t failed_at_us;
	uint64_t backoff_us;
	uint64_t not_before_us;
};

enum phase { PHASE_READY, PHASE_ACTING, PHASE_WATCHING };

/** struct state - all that the policy remembers; all zero at start. */
struct state {
	enum phase phase;
	struct action action;
	bool acted;
	bool said_no_ram;
	bool pressed; /* pressure is to be answered by the next step */
	struct event pressure;
	uint64_t pressed_us;
	bool wanted; /* a balloon fall or a request that has to wait */
	struct event wanted_event;
	struct rung rungs[LEVEL_COUNT][SCOPE_COUNT];
};

/**
 * decide() - the policy.
 * @p:	    limits.
 * @o:	    what this host can do.
 * @s:	    remembered from the last call; changed.
 * @e:	    what happened.
 * @now_us: the time of @e; never less than in the call before.
 *
 * Return: what to do. At most one plan with @reclaim in each @p->min_interval_us; none while an
 * action runs.
 */
struct plan decide(const struct policy *p, const struct offer *o, struct state *s,
		   const struct event *e, uint64_t now_us);

#endif
