// SPDX-License-Identifier: GPL-2.0-or-later
/* The standing policy; see aging.h. */
#include "core/aging.h"

#include "core/idle.h"
#include "core/reuse.h"
#include "core/units.h"

/*
 * Where disks do not show their idle times, they are scanned every WATCH_STEP_US for WATCH_US. The
 * first time is decided on after half of that, and corrected at the end.
 */
#define WATCH_STEP_US  USEC_PER_SEC
#define WATCH_US       (10 * USEC_PER_SEC)
#define FIRST_WATCH_US (WATCH_US / 2)
#define EARLY_DISKS    6

/* For how long what was seen then is believed. */
#define KNOWN_US (240 * USEC_PER_SEC)

/* For how long disks have to look as if they returned, or rested, before that is believed. */
#define RETURN_US (12 * USEC_PER_SEC)
#define REST_US	  (60 * USEC_PER_SEC)

/* The time gets shorter at most this often. */
#define SHORTER_US (30 * USEC_PER_SEC)

/*
 * A disk can hold some 4 MB. Memory is plentiful where that is at most an eighth of what is
 * available, and no pressure came for a while.
 */
#define DISK_KB	     UINT64_C(4200)
#define PLENTY_PARTS 8
#define PRESSED_US   (300 * USEC_PER_SEC)

/*
 * A single disk returns if it was in use at so many looks, rested for less than so many idle times
 * between them, and mapped at least so many pages anew.
 */
#define IN_USE_LOOKS 2
#define RETURN_TIMES 3
#define RETURN_PAGES 64

static uint32_t seconds(uint64_t us)
{
	return (uint32_t)seconds_up(us);
}

/* --- whether -------------------------------------------------------------------------------- */

/* By parameters: grants that are unmapped go to the pool, so both have to be RAM. */
static bool ages_ram(const struct host_view *view)
{
	if (view->mechanism == MECHANISM_NATIVE)
		return view->gives_ram[LEVEL_POOL] || view->gives_ram[LEVEL_GRANTS] ||
		       view->gives_ram[LEVEL_SLOTS];
	return view->params && view->gives_ram[LEVEL_POOL] && view->gives_ram[LEVEL_GRANTS];
}

/* What is available by the next look, if it goes on falling as since the last one. */
static int64_t projected_kb(const struct aging *a, const struct sample *now)
{
	int64_t fell_kb = a->available_kb ? a->available_kb - now->available_kb : 0;

	return now->available_kb - (fell_kb > 0 ? fell_kb : 0);
}

/* Once plentiful, memory stays so until there is a quarter less; once scarce, for a minute. */
static bool is_plenty(struct aging *a, const struct vbd_list *list, const struct sample *now,
		      uint64_t now_us)
{
	uint64_t enough_kb = list->n * DISK_KB * PLENTY_PARTS;
	int64_t kb = projected_kb(a, now);

	if (a->pressed_us && now_us - a->pressed_us < PRESSED_US)
		return false;
	if (a->why == AGING_PLENTY)
		enough_kb -= enough_kb / 4;
	if (kb <= 0 || (uint64_t)kb < enough_kb) {
		a->scarce_us = now_us;
		return false;
	}
	return a->scarce_us == 0 || now_us - a->scarce_us >= AGING_REST_US;
}

static enum aging_why why_not(const struct policy *p, const struct host_view *view, struct aging *a,
			      const struct sample *now, uint64_t now_us)
{
	if (!p->aging || p->max_level < LEVEL_GRANTS)
		return AGING_OFF;
	if (p->paused)
		return AGING_PAUSED;
	if (view->disks->n == 0)
		return AGING_NO_DISK;
	if (!ages_ram(view))
		return AGING_NO_RAM;
	if (view->mechanism != MECHANISM_NATIVE && first_excluded(p, view->disks))
		return AGING_EXCLUDED;
	return is_plenty(a, view->disks, now, now_us) ? AGING_PLENTY : AGING_RESTING;
}

/* --- of the whole host ---------------------------------------------------------------------- */

/* How many disks have to do the same before it is no coincidence. */
static unsigned many(const struct vbd_list *list)
{
	return (unsigned)max_u64(EARLY_DISKS, list->n * 3 / 8);
}

/* Many begin to work after a rest: whether they return shows in their next turn. */
static bool is_first_turn(const struct policy *p, const struct vbd_list *list)
{
	unsigned begun = 0;

	for_each_vbd(v, list)
		begun += v->idle_us < AGING_USE_US && v->rested_s != NEVER_USED &&
			 vbd_rested_long(p, v);
	return begun >= many(list);
}

static bool is_watched(const struct policy *p, const struct host_view *view, const struct aging *a)
{
	uint64_t watched_us = vbds_watched_us(view->disks);

	if (view->mechanism == MECHANISM_NATIVE)
		return true;
	if (watched_us < 2 * WATCH_US && is_first_turn(p, view->disks))
		return false;
	return watched_us >= (a->settled ? WATCH_US : FIRST_WATCH_US);
}

/*
 * What guests pay for at once is seen sooner where many disks show it. Pressure can stop disks that
 * are at work for a moment: those few must not look like disks that return.
 */
static bool many_return(const struct policy *p, const struct host_view *view)
{
	return vbds_watched_us(view->disks) >= FIRST_WATCH_US &&
	       idle_threshold_us(p, view->disks, vbds_watched_us(view->disks), 2,
				 many(view->disks)) > p->idle_us;
}

static unsigned count_used(const struct vbd_list *list)
{
	unsigned used = 0;

	for_each_vbd(v, list)
		used += v->idle_us < AGING_USE_US && v->rested_s != NEVER_USED;
	return used;
}

/* What scans far apart show: many more disks are in use than when they were watched. */
static void doubt_rest(const struct host_view *view, struct aging *a, uint64_t now_us)
{
	unsigned used = count_used(view->disks);

	if (a->settled && !a->returning && a->doubted_us == 0 && used >= many(view->disks) &&
	    used >= 2 * a->used)
		a->doubted_us = now_us;
}

static bool wants_watch(const struct policy *p, const struct host_view *view, const struct aging *a,
			uint64_t now_us)
{
	if (a->doubted_us && (!a->returning || now_us - a->doubted_us >= REST_US))
		return true;
	if (a->settled && is_watched(p, view, a))
		return false;
	return !a->settled || now_us - a->known_us >= KNOWN_US;
}

/* A guest without persistent grants takes pages from the pool for each request. */
static bool plain_in_use(const struct host_view *view, uint64_t threshold_us)
{
	for_each_vbd(v, view->disks)
		if (!v->persistent && v->idle_us < threshold_us)
			return true;
	return false;
}

/*
 * Longer at once; shorter when it was long for a while, and while disks return, which varies, only
 * by half or more.
 */
static void set_time(struct aging *a, uint64_t now_us)
{
	bool varies = a->returning && 2 * a->known.unused_s > a->unused_s;

	a->pools = a->known.pools;
	if (a->known.unused_s == a->unused_s)
		return;
	if (a->known.unused_s < a->unused_s && (varies || now_us - a->changed_us < SHORTER_US))
		return;
	a->changed_us = now_us;
	a->unused_s = a->known.unused_s;
}

/* Chance can make a few disks look like others: what was seen is given up only after a while. */
static bool is_confirmed(struct aging *a, bool returning, uint64_t now_us)
{
	bool differs = a->settled && returning != a->returning;
	uint64_t least_us = returning ? RETURN_US : REST_US;

	if (differs && a->doubted_us == 0)
		a->doubted_us = now_us;
	if (differs && now_us - a->doubted_us < least_us)
		return false;
	a->doubted_us = 0;
	a->returning = returning;
	return true;
}

static void learn_host(const struct policy *p, const struct host_view *view, struct aging *a,
		       uint64_t now_us)
{
	const struct vbd_list *list = view->disks;
	bool shown = view->mechanism == MECHANISM_NATIVE;
	uint64_t time_us = idle_threshold_us(p, list, vbds_watched_us(view->disks), 2, RECENT_MIN);

	if (many_return(p, view)) {
		a->doubted_us = 0;
		a->returning = true;
	} else if (!is_confirmed(a, time_us > p->idle_us, now_us)) {
		return;
	}
	/* in whole idle times: what varies little is the same */
	time_us = (time_us + p->idle_us - 1) / p->idle_us * p->idle_us;
	if (!shown)
		time_us = longest_threshold_us(p, time_us, list);
	a->known = (struct held){seconds(time_us), !shown && !plain_in_use(view, time_us)};
	a->known_us = now_us;
	a->used = count_used(list);
	if (!a->settled)
		a->changed_us = 0; /* what was a first guess may get shorter at once */
	a->settled |= shown || vbds_watched_us(view->disks) >= WATCH_US;
}

static void set_host(const struct policy *p, const struct host_view *view, struct aging *a,
		     uint64_t now_us)
{
	if (view->mechanism != MECHANISM_NATIVE)
		doubt_rest(view, a, now_us);
	if (is_watched(p, view, a) || many_return(p, view))
		learn_host(p, view, a, now_us);
	if (a->known_us == 0) {
		a->why = AGING_WATCHING;
		return;
	}
	set_time(a, now_us);
	a->why = a->returning ? AGING_RETURNING : AGING_RESTING;
}

/* --- of one disk ---------------------------------------------------------------------------- */

static void learn(const struct policy *p, const struct aging *a, struct vbd *v, uint64_t now_us)
{
	/* a frontend that connects anew begins at 0 */
	uint32_t mapped = v->age.mapped - (v->age.mapped < v->age.looked ? 0 : v->age.looked);
	uint32_t idle_s = (uint32_t)min_u64(v->idle_us / USEC_PER_SEC, UINT16_MAX);
	bool first = a->looked_us == 0;

	v->age.looked = v->age.mapped;
	if (first || v->idle_us >= now_us - a->looked_us) {
		v->age.looks = 0;
		v->age.rest_s = 0;
		v->age.returns = false;
		return;
	}
	v->age.looks += v->age.looks < UINT8_MAX;
	v->age.rest_s = (uint16_t)max_u64(v->age.rest_s, idle_s);
	if (v->age.looks >= IN_USE_LOOKS && mapped >= RETURN_PAGES &&
	    v->age.rest_s < RETURN_TIMES * seconds(vbd_idle_time_us(p, v)))
		v->age.returns = true;
}

static uint32_t time_of(const struct policy *p, const struct aging *a, const struct vbd *v)
{
	uint32_t own_s = seconds(vbd_own_idle_us(p, v));
	uint32_t s = own_s ? own_s : a->unused_s;

	if (v->age.looks >= IN_USE_LOOKS && v->age.rest_s == 0)
		return 0;
	if (v->age.returns)
		s = (uint32_t)max_u64(s,
				      2 * max_u64(v->age.rest_s, seconds(vbd_idle_time_us(p, v))));
	return s;
}

static void set_disks(const struct policy *p, const struct host_view *view, const struct aging *a,
		      bool look, uint64_t now_us)
{
	for_each_vbd(v, view->disks) {
		uint32_t s;

		if (look)
			learn(p, a, v, now_us);
		s = a->unused_s && !vbd_is_excluded(p, v) ? time_of(p, a, v) : 0;
		/* never longer than the driver's own: others may count on that */
		if (view->unused_s && s >= view->unused_s)
			s = 0;
		v->age.unused_s = (uint16_t)min_u64(s, UINT16_MAX);
	}
}

/* -------------------------------------------------------------------------------------------- */

static uint64_t next_look_us(const struct policy *p, const struct host_view *view,
			     const struct aging *a, uint64_t now_us)
{
	bool shown = view->mechanism == MECHANISM_NATIVE;

	if (a->why <= AGING_NO_DISK)
		return 0;
	if (a->why <= AGING_PLENTY)
		return now_us + AGING_REST_US;
	if (wants_watch(p, view, a, now_us))
		return now_us + (shown ? RETURN_US : WATCH_STEP_US);
	/* a new guest may be of those that parameters must not reach */
	if (!shown && (!a->returning || excludes_any(p)))
		return now_us + AGING_USE_US;
	return now_us + (shown ? AGING_LOOK_US : 2 * AGING_LOOK_US);
}

/* What was seen is not believed for ever, and of no use where there is no aging. */
static void forget_rest(struct aging *a, uint64_t now_us)
{
	bool plenty = a->why == AGING_PLENTY;

	if (!plenty || now_us - a->known_us >= KNOWN_US)
		a->returning = false;
	if (plenty)
		return;
	a->settled = false;
	a->known_us = 0;
}

void aging_decide(const struct policy *p, const struct host_view *view, const struct sample *now,
		  struct aging *a, uint64_t now_us)
{
	enum aging_why why = why_not(p, view, a, now, now_us);
	bool look = a->looked_us == 0 || now_us - a->looked_us >= AGING_LOOK_US;

	if (why == AGING_RESTING) {
		set_host(p, view, a, now_us);
	} else {
		a->why = why;
		a->unused_s = 0;
		a->pools = false;
		a->doubted_us = 0;
		forget_rest(a, now_us);
	}
	if (view->mechanism == MECHANISM_NATIVE)
		set_disks(p, view, a, look, now_us);
	if (look) {
		a->looked_us = now_us;
		a->available_kb = now->available_kb;
	}
	a->look_us = next_look_us(p, view, a, now_us);
}
