/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way from an event to what follows from it: scan the disks if that is due, sample memory,
 * decide, carry out, tell. It stands here once. The host is a record of operations: the daemon
 * fills it with the machine, replay with a simulated one. Knows no clock and no file.
 * What an event leads to in each phase is a table in decide.h.
 */
#ifndef XEN_RECLAIM_CONTROLLER_H
#define XEN_RECLAIM_CONTROLLER_H

#include "core/aging.h"
#include "core/order.h"

/**
 * struct decision - the last one, for people to see.
 * @began: an action; else @reason is why not.
 */
struct decision {
	uint64_t at_us;
	enum event_type about;
	bool began;
	enum reason reason;
	step_reasons steps;
};

enum news_kind {
	NEWS_STARTED,	 /* the state's action starts: before it is carried out */
	NEWS_DONE,	 /* it was carried out, or failed: news.error */
	NEWS_JUDGED,	 /* it has its verdict */
	NEWS_SUPERSEDED, /* news.action has: the next one came first */
	NEWS_NOTICE,	 /* news.plan has a notice */
	NEWS_DECIDED,	 /* the controller's decision is new */
	NEWS_AGING,	 /* the standing policy has changed */
	NEWS_GROWN,	 /* own target raised to news.kb */
	NEWS_NOT_GROWN,	 /* it could not be: news.error; not told again until it could */
	NEWS_NO_SAMPLE	 /* memory cannot be read any more: news.error; the last figures count */
};

/** struct news - what there is to tell. @error: negative errno. */
struct news {
	enum news_kind what;
	const struct action *action;
	const struct plan *plan;
	uint64_t kb;
	int error;
};

/**
 * struct own_target - of this domain's memory.
 * @set: somebody has set it; else the kernel says what it was started with.
 * @current_kb: what the domain has, on the scale of @kb; 0: not known.
 */
struct own_target {
	bool set;
	uint64_t kb;
	uint64_t current_kb;
};

/**
 * struct host_ops - what a host can do. @host is the controller's.
 * @now_us:	 the time.
 * @scan:	 bring the view up to date; it stays as it was on error, which the host reports.
 *		 Return: the processor time it took.
 * @sample:	 memory now, with what disks show as of the last scan. Return: 0 or negative errno.
 * @carry_out:	 begin an order. When it is over, and if it cannot begin, the host sends EVENT_DONE
 *		 or EVENT_FAILED, and not from within this call, in which it must not scan. The
 *		 order is valid for the call alone.
 * @wake_at:	 send EVENT_TIMER at this time, and not at the one before; 0: not at all.
 * @age:	 have the driver give back what was not used for as long as the standing policy
 *		 says: by the disks' @age, or by parameters. Called after each scan; the host shows
 *		 in its view what is in force.
 * @hear_at:	 soft pressure that comes before this time need not be told; nor hard pressure, if
 *		 @type is EVENT_HARD.
 * @look_at:	 call controller_look() at this time, and not at the one before; 0: not before a
 *		 disk is connected.
 * @read_target: Return: 0 or negative errno.
 * @xen_free_kb: free memory of Xen. Return: 0 or negative errno.
 * @set_target:  of this domain. Return: 0 or a negative error of the host's own.
 * @tell:	 news for people.
 */
struct host_ops {
	uint64_t (*now_us)(void *host);
	uint64_t (*scan)(void *host, struct host_view *view);
	int (*sample)(void *host, struct sample *now);
	void (*carry_out)(void *host, struct order *order);
	void (*wake_at)(void *host, uint64_t at_us);
	void (*age)(void *host, const struct aging *aging);
	void (*hear_at)(void *host, enum event_type type, uint64_t at_us);
	void (*look_at)(void *host, uint64_t at_us);
	int (*read_target)(void *host, struct own_target *target);
	int (*xen_free_kb)(void *host, uint64_t *kb);
	int (*set_target)(void *host, uint64_t kb);
	void (*tell)(void *host, const struct news *news);
};

/**
 * struct controller - one for each host.
 * @can_grow:	@ops->set_target can work.
 * @last:	memory at the last event.
 * @blind:	it could not be read then; @last is of the event before.
 * @target_kb:	own target as last seen; 0 before.
 * @scan_us:	processor time of the last scan.
 * @vain_us:	since when pressure has led to no action; 0: the last one led to one.
 * @deaf_until_us: until then it need not be told.
 * @passed:	decisions without an action, by their reason.
 */
struct controller {
	const struct host_ops *ops;
	void *host;
	const struct policy *policy;
	struct host_view view;
	struct state state;
	struct aging aging;
	bool can_grow;
	struct sample last;
	bool blind;
	uint64_t target_kb;
	uint64_t scan_us;
	uint64_t vain_us;
	uint64_t deaf_until_us;
	struct decision decision;
	uint64_t passed[REASON_COUNT];
};

/** controller_look() - scan now, and see whether the standing policy is still right. */
void controller_look(struct controller *c);

/**
 * controller_event() - something happened, other than a request or a change of the target.
 * Return: whether an action began or got its verdict.
 */
bool controller_event(struct controller *c, struct event e);

/**
 * controller_request() - somebody asks.
 *
 * Return: 0: it was taken, and NEWS_DONE of an action with CAUSE_REQUEST ends it; -EBUSY: the one
 * before is not carried out yet; -ENODEV: no such disk; -EOPNOTSUPP: nothing here offers this
 * level.
 */
int controller_request(struct controller *c, struct event e);

/** controller_request_withdrawn() - whoever asked last has given up: if it still waits, forget it.
 */
void controller_request_withdrawn(struct controller *c);

/** controller_target_changed() - the own target may have. Return: as controller_event(). */
bool controller_target_changed(struct controller *c);

/**
 * controller_policy_changed() - the policy has: what it suspended it might not suspend now, so
 * every step may be tried again.
 */
void controller_policy_changed(struct controller *c);

/** controller_facts_changed() - what gives RAM back here has changed: if nothing does, report it
 * again.
 */
void controller_facts_changed(struct controller *c);

#endif
