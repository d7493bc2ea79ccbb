/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The types that the policy and everybody around it share: disks, memory, actions, events, plans.
 * No function, no file, no mechanism. A name's suffix is its unit (_us, _ms, _s, _kb); points in
 * time are of CLOCK_MONOTONIC.
 */
#ifndef XEN_RECLAIM_TYPES_H
#define XEN_RECLAIM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * enum level - what a reclaim takes. Who asks names any set of them; unasked, a step of the ladder
 * takes the levels before it, too.
 */
enum level { LEVEL_POOL, LEVEL_GRANTS, LEVEL_SLOTS, LEVEL_COUNT };

#define ALL_LEVELS ((1U << LEVEL_COUNT) - 1)

/** UP_TO() - a set of levels: this one and those before it. */
#define UP_TO(level) ((2U << (level)) - 1)

/** enum scope - whose: idle disks, or every disk. */
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
	VERDICT_UNCLEAR,    /* the own target moved meanwhile, and with it what counts as held */
	VERDICT_COUNT
};

/**
 * enum reason - why an event, or one step of the ladder, led to no action. The first part is about
 * the event as a whole, the second about single steps.
 */
enum reason {
	REASON_NONE,	     /* an action began, or none was called for */
	REASON_PAUSED,	     /* the administrator has paused the daemon */
	REASON_NO_RAM,	     /* nothing here gives RAM back */
	REASON_NO_ROOM,	     /* a fall of the target: nothing here makes room for it */
	REASON_RUNNING,	     /* an action is running */
	REASON_INTERVAL,     /* min_interval has not passed since the last one */
	REASON_ECHO,	     /* pages swapped out before the last action are still coming back */
	REASON_NO_STEP,	     /* no step of the ladder would help; each has its own reason */
	REASON_UNAVAILABLE,  /* the mechanism does not offer this step, or it gives no RAM */
	REASON_TOO_LITTLE,   /* it would give less than min_gain */
	REASON_AGED,	     /* aging gives it back without being asked */
	REASON_IN_USE,	     /* busy disks are using it */
	REASON_JUST_FAILED,  /* it failed less than retry ago */
	REASON_SUSPENDED,    /* it failed too often: back-off */
	REASON_JUST_TAKEN,   /* the action being watched has taken it already */
	REASON_FIRST_ENOUGH, /* a fall: a step before it already makes enough room */
	REASON_COUNT
};

/** enum mechanism - by what reclaim is done, best last. */
enum mechanism {
	MECHANISM_NONE,
	MECHANISM_PARAMS, /* parameters of xen_blkback, for the whole host at once */
	MECHANISM_MODULE, /* xen-reclaim.ko: the pool of each disk, the rest by parameters */
	MECHANISM_NATIVE, /* blkback itself, for each disk, and it shows what they hold */
	MECHANISM_COUNT
};

/** enum notice - what is worth one plain sentence in the journal. */
enum notice { NOTICE_NONE, NOTICE_NO_RAM, NOTICE_NO_ROOM, NOTICE_BACKOFF, NOTICE_RECOVERED };

/** DOMAIN_MAX_CHARS - no name of a domain in the configuration is longer; a UUID has 36. */
#define DOMAIN_MAX_CHARS 63

/**
 * struct domain_rule - what an administrator set for one domain.
 * @whom:	name, or UUID in lower case; who matches them is none of the policy's business.
 * @exclude:	nothing but a request touches its disks.
 * @window_us:	replaces the usual window; 0: not set.
 * @idle_us:	replaces the policy's idle time; 0: not set.
 */
struct domain_rule {
	char whom[DOMAIN_MAX_CHARS + 1];
	bool exclude;
	uint64_t window_us;
	uint64_t idle_us;
};

/**
 * struct policy - the part of the configuration that decides.
 * @paused:	     do nothing but what is asked for; set by no file of the configuration.
 * @aging:	     give back what disks did not use for a while, before memory is short (aging.h).
 * @max_level:	     the highest level to use unasked.
 * @follow_balloon:  reclaim when the own target falls.
 * @window_us:	     how long a reclaim holds pools at zero.
 * @idle_us:	     a disk unused for this long is idle, unless disks here are known to come back
 *		     little later (reuse.h).
 * @min_interval_us: least time between the starts of two actions.
 * @retry_us:	     pressure this soon after an action that did not help goes one step up.
 * @regrowth_us:     how long what came back has to stay back.
 * @backoff_after:   consecutive actions without lasting gain before that step is suspended.
 * @backoff_us:	     the first suspension; each further failure doubles it.
 * @backoff_max_us:  the longest suspension.
 * @min_gain_kb:     less than this is no gain.
 * @rules:	     of single domains, @n_rules of them; the configuration's memory.
 * @grow_limit_kb:   the domain's own target may be raised up to here; 0: never.
 * @grow_step_kb:    by this much at once.
 * @grow_reserve_kb: this much of Xen's free memory is left.
 */
struct policy {
	enum level max_level;
	bool paused;
	bool aging;
	bool follow_balloon;
	uint64_t window_us;
	uint64_t idle_us;
	uint64_t min_interval_us;
	uint64_t retry_us;
	uint64_t regrowth_us;
	unsigned backoff_after;
	uint64_t backoff_us;
	uint64_t backoff_max_us;
	uint64_t min_gain_kb;
	struct domain_rule *rules;
	size_t n_rules;
	uint64_t grow_limit_kb;
	uint64_t grow_step_kb;
	uint64_t grow_reserve_kb;
};

/** KB_UNKNOWN - some, but how much is not known. */
#define KB_UNKNOWN UINT64_MAX

/** EVERY - in place of a domid or a devid: all of them. */
#define EVERY (-1)

/** WINDOW_MAX_MS - the longest window that a disk can have or a request can ask for. */
#define WINDOW_MAX_MS 60000

/**
 * struct vbd_aging - what the standing policy (aging.h) knows of a disk.
 * @leased_us: the driver has @leased_s until then; in the past: its own time.
 * @mapped: grants that were mapped since it was connected, where the driver shows it; modulo 2^32.
 * @looked: @mapped at the last look.
 * @unused_s: what it did not use for so long is to be given back; 0: the driver's own time.
 * @leased_s: what the driver was told last.
 * @rest_s: the longest idle time seen at looks while it was in use.
 * @looks:  consecutive looks that found it used since the one before.
 * @returns: in that time it mapped anew what had been given back.
 */
struct vbd_aging {
	uint64_t leased_us;
	uint32_t mapped;
	uint32_t looked;
	uint16_t unused_s;
	uint16_t leased_s;
	uint16_t rest_s;
	uint8_t looks;
	bool returns;
};

#define GRANT_LOOKS 31

#define NEVER_USED UINT32_MAX

/**
 * struct vbd - one virtual disk that this domain's kernel serves.
 * @rule:	1 + index of its domain's rule, 0: none; valid once @named.
 * @named:	its domain's name is known. While a rule excludes any, a disk of a domain without a
 *		name is left alone: it may be that one.
 * @levels:	levels that can be reclaimed from it alone: bit 1 << level.
 * @shows:	the driver shows @idle_us and @held_kb; else @idle_us is what scans have seen of it.
 * @seen:	levels whose @held_kb alone is valid, seen by BPF: bit 1 << level; never in the
 *		daemon.
 * @present:	found by the scan under way; @met: and by the one before.
 * @persistent: its guest has persistent grants; else every request takes pages from the pool.
 * @grant_looks: at how many scans it was in use and not seen to have them, up to GRANT_LOOKS.
 * @asked:	it took the trigger of the action under way.
 * @given:	it was idle when the last action took from it.
 * @rate:	requests a second between the last two scans.
 * @requests:	served since it was connected, or what its device has seen; modulo 2^32. @rate, or
 *		else @idle_us, is computed from it.
 * @squeeze_ms: its window as toolstack and driver have it, up to WINDOW_MAX_MS; 0: pressure leaves
 *		the disk alone.
 * @idle_us:	since its last request.
 * @held_kb:	pool, persistent grants, slots: each on its own, RAM or not.
 * @kept_kb:	of the slots: what it keeps whatever it is asked for.
 * @rested_s:	without @shows: for how long scans had seen it idle when it was used last, or
 *		NEVER_USED since it was first seen.
 * @node:	its entry in the host's list of disks, by number: another one, another disk.
 * @device:	the host's block device behind it, as the host counts them; 0: not known.
 * @triggered_us: when it was triggered as an idle disk and not used since; 0: never, or answered.
 * @reuses:	consecutive times it was used again soon after it was triggered.
 *
 * There may be thousands of them, so the order of members leaves no holes.
 */
struct vbd {
	uint16_t domid;
	uint16_t rule;
	uint32_t devid;
	uint8_t levels;
	uint8_t seen : LEVEL_COUNT;
	uint8_t grant_looks : 5;
	bool named : 1;
	bool shows : 1;
	bool present : 1;
	bool met : 1;
	bool asked : 1;
	bool given : 1;
	bool persistent : 1;
	uint8_t reuses;
	uint32_t squeeze_ms;
	uint32_t rate;
	uint32_t requests;
	uint32_t node;
	uint32_t device;
	uint32_t kept_kb;
	uint32_t rested_s;
	struct vbd_aging age;
	uint64_t idle_us;
	uint64_t held_kb[LEVEL_COUNT];
	uint64_t triggered_us;
};

/**
 * struct sample - memory of this domain at one moment.
 * @held_known: @held_kb is valid.
 * @held_kb:	RAM that blkback keeps away from the domain: what grant mappings hold (target -
 *		current), and slots where the driver shows them.
 * @mapped_kb:	of it, what grant mappings hold.
 * @target_kb:	own target, as the kernel has it; 0: not known.
 * @available_kb: MemAvailable.
 * @pswpin:	pages swapped in since boot; 0 on a kernel without swap, like @pswpout.
 * @pswpout:	pages swapped out since boot.
 */
struct sample {
	bool held_known;
	int64_t held_kb;
	int64_t mapped_kb;
	uint64_t target_kb;
	int64_t available_kb;
	uint64_t pswpin;
	uint64_t pswpout;
};

/**
 * struct action - one reclaim, from its cause to what became of it.
 * @level:  the highest of @levels, which is the step of the ladder.
 * @levels: the set that is taken.
 * @window_ms: the window asked for; 0: the usual one.
 * @domid:  whose disks, or EVERY.
 * @devid:  which of them, or EVERY.
 * @need_kb: no more than this is needed; 0: how much is needed is not known.
 * @threshold_us: a disk unused for this long is idle, where its domain has no time of its own.
 * @before: memory when it started.
 * @after:  when the mechanism was done.
 * @later:  when it was judged.
 */
struct action {
	enum cause cause;
	enum level level;
	unsigned levels;
	enum scope scope;
	enum verdict verdict;
	uint32_t window_ms;
	int domid;
	int64_t devid;
	uint64_t need_kb;
	uint64_t threshold_us;
	uint64_t started_us;
	uint64_t done_us;
	struct sample before;
	struct sample after;
	struct sample later;
};

enum event_type {
	EVENT_SOFT,	    /* PSI "some" passed its threshold */
	EVENT_HARD,	    /* PSI "full" passed its threshold */
	EVENT_BALLOON_FALL, /* own target fell below what the domain has */
	EVENT_REQUEST,	    /* an operator asks through the mailbox */
	EVENT_DONE,	    /* the mechanism has carried the action out */
	EVENT_FAILED,	    /* the mechanism could not */
	EVENT_TIMER,	    /* plan.wake_us has come */
	EVENT_COUNT
};

/**
 * struct event - what happened.
 * @now:     memory at this moment; the controller fills it in.
 * @levels:  EVENT_REQUEST: the set that is asked for; 0: whatever gives RAM back here.
 * @need_kb: EVENT_BALLOON_FALL: how far the target fell below what the domain has.
 * @window_ms: EVENT_REQUEST: the window asked for, 0: the usual one.
 * @domid, @devid: EVENT_REQUEST: of whose disks, or EVERY.
 * @error:   EVENT_FAILED: a positive errno.
 * @returned: most of the idle disks that the last action took from were used again; the controller
 *	     fills it in.
 */
struct event {
	enum event_type type;
	struct sample now;
	unsigned levels;
	uint64_t need_kb;
	uint32_t window_ms;
	int domid;
	int64_t devid;
	int error;
	bool returned;
};

/** typedef step_reasons - for each step of the ladder, why it was not taken. */
typedef enum reason step_reasons[LEVEL_COUNT][SCOPE_COUNT];

/**
 * struct target - one disk that an action is for.
 * @vbd:       index into the scanned disks.
 * @window_ms: its window.
 * @error:     negative errno of whoever carried it out: the disk did not take it.
 */
struct target {
	uint32_t vbd;
	uint32_t window_ms;
	int error;
};

/**
 * struct plan - what to do.
 * @reclaim: carry out @action of the state, now.
 * @superseded: the action that was being watched ends unjudged.
 * @judged:  the state's @action has its verdict.
 * @grow:    reclaim cannot help now: raise the own target, if grow_to_kb() agrees.
 * @wake_us: send EVENT_TIMER then; 0: no need. Stands until the next plan.
 * @notice:  to say, with @backoff_us where it is NOTICE_BACKOFF.
 * @decided: this was about @about, and @reason says why there is no @reclaim; with REASON_NO_STEP
 *	     @steps has more.
 */
struct plan {
	bool reclaim;
	bool superseded;
	bool judged;
	bool grow;
	uint64_t wake_us;
	enum notice notice;
	uint64_t backoff_us;
	bool decided;
	enum event_type about;
	enum reason reason;
	step_reasons steps;
};

/**
 * struct step - how one level with one scope did recently.
 * @failed_us: the last failure, or when the next action was possible after it.
 */
struct step {
	unsigned failures;
	uint64_t failed_us;
	uint64_t backoff_us;
	uint64_t not_before_us;
};

enum phase { PHASE_READY, PHASE_ACTING, PHASE_WATCHING };

/**
 * struct growth - the domain's own target, as xenstore said it last; or before it did, the kernel.
 * @asked_kb: what was written there and has not been seen yet; 0: nothing.
 * @admin:    somebody else changed it; @admin_us: when.
 * @grown:    it was raised; @grown_us: when last.
 * @refused_us: how long to wait after it could not be; 0: it could.
 */
struct growth {
	uint64_t target_kb;
	uint64_t asked_kb;
	bool admin;
	uint64_t admin_us;
	bool grown;
	uint64_t grown_us;
	uint64_t refused_us;
};

/**
 * struct state - all that the policy remembers; all zero at start.
 * @pressed: pressure is to be answered by the next step.
 * @fell, @asked: a balloon fall, or a request, has to wait: @fall, @request.
 * @steps: how each step did under pressure.
 * @falls: how slots did for balloon falls: that these get none says nothing of what pressure would
 *	   get.
 */
struct state {
	enum phase phase;
	struct action action;
	bool acted;
	bool said_no_ram;
	bool said_no_room;
	bool pressed;
	struct event pressure;
	uint64_t pressed_us;
	bool fell;
	bool asked;
	struct event fall;
	struct event request;
	struct step steps[LEVEL_COUNT][SCOPE_COUNT];
	struct step falls[SCOPE_COUNT];
	struct growth growth;
};

#endif
