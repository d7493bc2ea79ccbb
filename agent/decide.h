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

#define ALL_LEVELS ((1U << LEVEL_COUNT) - 1)

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
enum notice { NOTICE_NONE, NOTICE_NO_RAM, NOTICE_NO_ROOM, NOTICE_BACKOFF, NOTICE_RECOVERED };

extern const char *const level_names[LEVEL_COUNT];
extern const char *const scope_names[SCOPE_COUNT];
extern const char *const cause_names[CAUSE_COUNT];
extern const char *const verdict_names[VERDICT_COUNT];

/** level_from_name() - Return: a level, or -EINVAL. */
int level_from_name(const char *name);

/** DOMAIN_MAX_CHARS - no name of a domain in the configuration is longer; a UUID has 36. */
#define DOMAIN_MAX_CHARS 63

/**
 * struct domain_rule - what an administrator set for one domain.
 * @whom:	name, or UUID in lower case: who matches them is none of the policy's business.
 * @exclude:	nothing but a request touches its disks.
 * @window_us:	in the place of the usual window; 0: not set.
 * @idle_us:	in the place of the policy's; 0: not set.
 */
struct domain_rule {
	char whom[DOMAIN_MAX_CHARS + 1];
	bool exclude;
	uint64_t window_us;
	uint64_t idle_us;
};

/**
 * struct policy - the part of the configuration that decides. Times in microseconds.
 * @max_level:	     the highest level to use of the agent's own accord.
 * @idle_us:	     a disk that was not used for this long is idle, unless disks here are known to
 *		     rest little longer (struct offer).
 * @min_interval_us: least time between the starts of two actions.
 * @retry_us:	     pressure this soon after an action that did not help goes one step up.
 * @regrowth_us:     how long what came back has to stay back.
 * @backoff_after:   so many actions running without lasting gain, and a step rests.
 * @backoff_us:	     the first rest; each further failure doubles it.
 * @backoff_max_us:  the longest rest.
 * @min_gain_kb:     less than this is no gain.
 * @rules:	     of single domains, @n_rules of them; the configuration's memory.
 * @grow_limit_kb:   the domain's own target may be raised up to here; 0: never.
 * @grow_step_kb:    by this much at once.
 * @grow_reserve_kb: so much of Xen's free memory is left.
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
	struct domain_rule *rules;
	size_t n_rules;
	uint64_t grow_limit_kb;
	uint64_t grow_step_kb;
	uint64_t grow_reserve_kb;
};

/** KB_UNKNOWN - some, but nobody can say how much. */
#define KB_UNKNOWN UINT64_MAX

/** EVERY - in the place of a domid or a devid: all of them. */
#define EVERY (-1)

/** The longest window that a disk can have or a request can ask for. */
#define WINDOW_MAX_MS 60000

/**
 * struct vbd - one virtual disk that this domain's kernel serves.
 * @rule:	1 + index of its domain's rule, 0: none; once @named.
 * @named:	its domain's name is known. While there are rules, a disk of a domain that has no
 *		name yet is left alone: it may be one to exclude.
 * @levels:	levels that can be reclaimed from it alone: bit 1 << level.
 * @shows:	@idle_us and @held_kb are true; else @idle_us is what looks have seen of it.
 * @seen:	levels that @held_kb alone is true of, by sight.h: bit 1 << level; never in the
 *		daemon.
 * @there:	it was met in the look that is going on.
 * @rate:	requests a second between the last two looks.
 * @requests:	served since it was connected, or what its device has seen; modulo 2^32. What @rate,
 *		or else @idle_us, is made from.
 * @squeeze_ms: its window as toolstack and driver have it, up to WINDOW_MAX_MS; 0: pressure leaves
 *		the disk alone.
 * @idle_us:	since its last request.
 * @held_kb:	pool, persistent grants, request slots: each for itself, whether RAM or not.
 * @kept_kb:	of the request slots: what it keeps whatever it is asked for.
 * @told_us:	when it was told as an idle one and not used since; 0: never, or answered.
 * @doubts:	so often running it was used again soon after it was told.
 *
 * There may be thousands of them, so the order of members leaves no holes.
 */
struct vbd {
	uint16_t domid;
	uint16_t rule;
	uint32_t devid;
	uint8_t levels;
	uint8_t seen : LEVEL_COUNT;
	bool named : 1;
	bool shows : 1;
	bool there : 1;
	uint8_t doubts;
	uint32_t squeeze_ms;
	uint32_t rate;
	uint32_t requests;
	uint64_t idle_us;
	uint64_t held_kb[LEVEL_COUNT];
	uint64_t kept_kb;
	uint64_t told_us;
};

/**
 * struct offer - what this host can do.
 * @offered:   the mechanism in use can carry out this level with this scope.
 * @gives_ram: this level gives RAM back on this kernel at all.
 * @there_kb:  RAM that this level with this scope would give, as far as is known.
 * @slots_kb:  of it, what request slots would: all that makes room where the own target fell.
 * @watched_us: for so long the idle times of disks that do not show them are known.
 * @rest_us:   so long a disk has to rest here to count as idle; see offer_vbds().
 */
struct offer {
	bool offered[LEVEL_COUNT][SCOPE_COUNT];
	bool gives_ram[LEVEL_COUNT];
	uint64_t there_kb[LEVEL_COUNT][SCOPE_COUNT];
	uint64_t slots_kb[SCOPE_COUNT];
	uint64_t watched_us;
	uint64_t rest_us;
};

/**
 * offer_vbds() - add to an offer, whose @gives_ram and @watched_us are set, what can be had from
 * single disks. Where disks take turns and come back soon after they would have counted as idle,
 * which the ages of all of them tell, they have to rest for twice as long as such a turn.
 */
void offer_vbds(const struct policy *p, const struct vbd *vbds, size_t n, struct offer *o);

/** any_excluded() - one of these disks must not be touched: then the whole host must not be. */
bool any_excluded(const struct policy *p, const struct vbd *vbds, size_t n);

/** vbd_window_us() - its own domain's window, or the usual one; its own squeeze time if longer. */
uint64_t vbd_window_us(const struct policy *p, const struct vbd *v, uint64_t usual_us);

/**
 * struct sample - memory of this domain at one moment.
 * @held_known: @held_kb is true (see host_sample()).
 * @held_kb:	RAM that blkback keeps away from the domain: what grant mappings hold (target -
 *		current), and request slots where they are shown.
 * @mapped_kb:	of it, what grant mappings hold.
 * @available_kb: MemAvailable.
 * @pswpin:	pages swapped in since boot.
 * @pswpout:	pages swapped out since boot.
 */
struct sample {
	bool held_known;
	int64_t held_kb;
	int64_t mapped_kb;
	int64_t available_kb;
	uint64_t pswpin;
	uint64_t pswpout;
};

/**
 * struct action - one reclaim, from its cause to what became of it. Times are CLOCK_MONOTONIC.
 * @domid:  whose disks, or EVERY.
 * @devid:  which of them, or EVERY.
 * @need_kb: no more than this is needed; 0: nobody knows how much is.
 * @rest_us: so long a disk has to rest to count as idle, where its domain has no time of its own.
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
	uint64_t need_kb;
	uint64_t rest_us;
	uint64_t started_us;
	uint64_t done_us;
	struct sample before;
	struct sample after;
	struct sample later;
};

/** action_means() - whether an action is for this disk. Of disks that show nothing, none is idle.
 */
bool action_means(const struct policy *p, const struct action *a, const struct vbd *v);

/**
 * vbd_is_idle() - shows it, and has rested for as long as its domain, or else @rest_us, and its
 * past ask for.
 */
bool vbd_is_idle(const struct policy *p, uint64_t rest_us, const struct vbd *v);

/**
 * longest_rest_us() - how long to rest where disks cannot be told apart: as long as the domain here
 * that asks for most, and no less than @rest_us.
 */
uint64_t longest_rest_us(const struct policy *p, uint64_t rest_us, const struct vbd *vbds,
			 size_t n);

/** vbd_told() - note that an action told this disk. */
void vbd_told(struct vbd *v, const struct action *a, uint64_t now_us);

/**
 * vbd_learn() - after a look. A disk that was used again soon after it was told was not idle: it
 * has to rest twice as long to count as idle the next time. One that did rest starts anew.
 */
void vbd_learn(const struct policy *p, struct vbd *v, uint64_t now_us);

/**
 * order_vbds() - which disks an action tells, and in which order: idle ones first, then the least
 * busy, then those that do not show it; among equals (a factor of two in requests a second) the
 * worst holder first, as exact as a quarter. Where it is known how much is needed, no more disks
 * than give it. For a fall of the target request slots alone count. Linear in @n.
 * @order: room for @n; filled with indices into @vbds.
 *
 * Return: how many of @order.
 */
size_t order_vbds(const struct policy *p, const struct offer *o, const struct action *a,
		  const struct vbd *vbds, size_t n, uint32_t *order);

/**
 * action_gain_kb() - what was back when the mechanism was done; negative: more was taken. After a
 * fall of the target what grant mappings hold is counted from another target, and their frames are
 * Xen's already: what was back for the balloon to take is request slots.
 */
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
 * @level:   EVENT_REQUEST: what is asked for.
 * @need_kb: EVENT_BALLOON_FALL: how far the target fell below what the domain has.
 * @window_ms: EVENT_REQUEST: the window asked for, 0: the usual one.
 * @domid, @devid: EVENT_REQUEST: of whose disks, or EVERY.
 */
struct event {
	enum event_type type;
	struct sample now;
	enum level level;
	uint64_t need_kb;
	uint32_t window_ms;
	int domid;
	int64_t devid;
};

/**
 * struct plan - what to do.
 * @reclaim: carry @action of the state out, now.
 * @judged:  the state's @action has its verdict: report it.
 * @grow:    reclaim cannot help now: raise the own target, if grow_to_kb() agrees.
 * @wake_us: send EVENT_TIMER then; 0: no need. Stands until the next plan.
 * @notice:  to say, with @backoff_us where it is NOTICE_BACKOFF.
 */
struct plan {
	bool reclaim;
	bool judged;
	bool grow;
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

/**
 * struct growth - the domain's own target, as xenstore said it last; or before it did, the kernel.
 * @asked_kb: what was written there and has not been seen yet; 0: nothing.
 * @admin_us: when somebody else changed it; @admin: somebody did.
 * @grown_us: when it was raised last; @grown: it was.
 */
struct growth {
	uint64_t target_kb;
	uint64_t asked_kb;
	bool admin;
	uint64_t admin_us;
	bool grown;
	uint64_t grown_us;
};

/**
 * struct state - all that the policy remembers; all zero at start.
 * @rungs: how each step did under pressure.
 * @falls: the same of request slots for balloon falls: that these get none says nothing of what
 *	   pressure would get.
 */
struct state {
	enum phase phase;
	struct action action;
	bool acted;
	bool said_no_ram;
	bool said_no_room;
	bool pressed; /* pressure is to be answered by the next step */
	struct event pressure;
	uint64_t pressed_us;
	bool wanted; /* a balloon fall or a request that has to wait */
	struct event wanted_event;
	struct rung rungs[LEVEL_COUNT][SCOPE_COUNT];
	struct rung falls[SCOPE_COUNT];
	struct growth growth;
};

/**
 * decide() - the policy. A fall of the target is met by request slots or not at all: frames of pool
 * and grants are Xen's already.
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

/** ADMIN_US - so long nothing is done against a target that an administrator set. */
#define ADMIN_US (60 * UINT64_C(1000000))

/**
 * growth_note_target() - xenstore says that the own target is this. Whoever set the first one that
 * is seen may have done so just now.
 */
void growth_note_target(struct growth *g, uint64_t target_kb, uint64_t now_us);

/**
 * grow_to_kb() - after a plan with @grow.
 * @free_kb: free memory of Xen.
 *
 * Return: the target to write, which is then taken for written; or 0: it stays.
 */
uint64_t grow_to_kb(const struct policy *p, struct growth *g, uint64_t free_kb, uint64_t now_us);

/**
 * look_pause_us() - how long not to look at the disks again under pressure: looking takes a part of
 * the time, however many disks there are, and a lesser part where looks lead to nothing, though not
 * so rarely that disks get idle unseen.
 * @look_us: what the last look took.
 * @vain:    so many looks running led to nothing.
 * @shown:   disks show their idle times; else looks have to see them, and stay as frequent.
 */
uint64_t look_pause_us(const struct policy *p, uint64_t look_us, unsigned vain, bool shown);

/** backoff_print() - the sentence for NOTICE_BACKOFF. */
void backoff_print(const struct policy *p, const struct action *a, uint64_t backoff_us, char *buf,
		   size_t size);

#endif
