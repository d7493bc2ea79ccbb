/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The standing policy: for how long something must have been unused before it is given back. What
 * is given back before memory is short never has to be swapped for; what is taken from a disk that
 * comes back soon costs its guest. So the time is short where disks rest, longer where they return,
 * and the driver's own where memory is plentiful. Takes nothing itself: the driver does, to which
 * the host passes the time on, for each disk where it can and else for all of them by parameters.
 */
#ifndef XEN_RECLAIM_AGING_H
#define XEN_RECLAIM_AGING_H

#include "core/capabilities.h"

/** enum aging_why - why the time is what it is. */
enum aging_why {
	AGING_OFF,	 /* the configuration turns it off, or allows the pool alone */
	AGING_PAUSED,	 /* the administrator has paused the daemon */
	AGING_NO_DISK,	 /* there is none */
	AGING_NO_RAM,	 /* nothing that ages is RAM here */
	AGING_EXCLUDED,	 /* parameters would reach a disk of an excluded domain */
	AGING_PLENTY,	 /* memory is plentiful */
	AGING_WATCHING,	 /* how soon disks return is not known yet */
	AGING_RETURNING, /* disks return: longer than they rest */
	AGING_RESTING,	 /* disks rest */
	AGING_COUNT
};

/**
 * struct aging - the policy in force. All zero at start.
 * @unused_s: for the whole host; 0: the driver's own time. A disk that the driver lets have a time
 *	      of its own has it in its @age.
 * @pools:    by parameters: free pages are given back at once.
 * @look_us:  when to look at the disks again; 0: not before there is one, or another event.
 * @looked_us: when a look was taken last.
 * @changed_us: when @unused_s was set.
 * @known_us: when it was last seen how soon disks return; 0: never.
 * @settled:  it was watched for long enough to believe it.
 * @returning: they do.
 * @doubted_us: since then they seem to do otherwise, or many more are in use; 0: no.
 * @used:     so many disks were in use when @returning was seen.
 * @known:    what followed from it, as @unused_s and @pools.
 * @pressed_us: the last pressure; 0: none. @scarce_us: when memory was last not plentiful.
 * @available_kb: MemAvailable at the last look; 0: none was taken.
 */
struct aging {
	enum aging_why why;
	uint32_t unused_s;
	bool pools;
	uint64_t look_us;
	uint64_t looked_us;
	uint64_t changed_us;
	uint64_t known_us;
	bool settled;
	bool returning;
	uint64_t doubted_us;
	unsigned used;
	struct held known;
	uint64_t pressed_us;
	uint64_t scarce_us;
	int64_t available_kb;
};

/**
 * AGING_LOOK_US - how often to look while the time is not the driver's own; where disks do not show
 * their idle times, half as often while they return, and each AGING_USE_US else.
 */
#define AGING_LOOK_US (20 * USEC_PER_SEC)

/** AGING_USE_US - a disk that was used in this time is in use. */
#define AGING_USE_US (10 * USEC_PER_SEC)

/** AGING_REST_US - how often to look while it is, or where nothing ages that is RAM. */
#define AGING_REST_US (60 * USEC_PER_SEC)

/** AGING_LEASE_S - for how long a disk has a time of its own, unless it is renewed. */
#define AGING_LEASE_S 90

/**
 * aging_decide() - after a scan.
 * @a:	    changed; so is what the disks have in @age.
 * @now:    memory at this moment.
 */
void aging_decide(const struct policy *p, const struct host_view *view, const struct sample *now,
		  struct aging *a, uint64_t now_us);

#endif
