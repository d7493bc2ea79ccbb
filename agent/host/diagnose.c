// SPDX-License-Identifier: GPL-2.0-or-later
/* The doctor's judgement; see diagnose.h. Pure: no I/O. */
#include "host/diagnose.h"

#include "host/util.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

const char *const answer_names[ANSWER_COUNT] = {"no", "yes", "unknown"};
const char *const mark_names[MARK_COUNT] = {"ok", "note", "bad"};

__attribute__((format(printf, 4, 5))) static struct finding *
add(struct diagnosis *d, const char *id, enum mark mark, const char *fmt, ...)
{
	struct finding *f = &d->findings[d->n_findings++];
	va_list ap;

	f->id = id;
	f->mark = mark;
	va_start(ap, fmt);
	(void)vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	return f;
}

__attribute__((format(printf, 2, 3))) static void advise(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(f->advice, sizeof(f->advice), fmt, ap);
	va_end(ap);
}

static void find_domain(struct diagnosis *d, const struct facts *f)
{
	if (!f->xen)
		advise(add(d, "xen", MARK_BAD, "this machine does not run on Xen"),
		       "run this in dom0 or in a driver domain");
	else if (f->control_domain)
		(void)add(d, "xen", MARK_OK, "this is the control domain (dom0)");
	else
		(void)add(d, "xen", MARK_NOTE,
			  "this is not the control domain: of use only in a driver domain");
}

static void find_blkback(struct diagnosis *d, const struct facts *f)
{
	if (!f->blkback)
		advise(add(d, "blkback", MARK_NOTE, "xen-blkback is not loaded: it holds nothing"),
		       "it is loaded with the first guest whose disk the kernel serves");
	else if (!f->params)
		advise(add(d, "blkback", MARK_BAD, "xen-blkback's parameters cannot be used"),
		       "run as root; a kernel before 4.20 has no persistent_grant_unused_seconds");
	else
		(void)add(d, "blkback", MARK_OK,
			  "xen-blkback is loaded and can be told to reclaim");
}

static void find_mechanism(struct diagnosis *d, const struct facts *f)
{
	struct finding *x;

	switch (f->mechanism) {
	case MECHANISM_NATIVE:
		(void)add(d, "mechanism", MARK_OK,
			  "mechanism native: every level, for each disk; they hold %" PRIu64
			  " kB of pool, %" PRIu64 " kB of grants, %" PRIu64 " kB of slots",
			  f->held_kb[LEVEL_POOL], f->held_kb[LEVEL_GRANTS],
			  f->held_kb[LEVEL_SLOTS]);
		return;
	case MECHANISM_MODULE:
		x = add(d, "mechanism", MARK_OK,
			"mechanism module: the pool for each disk, grants for the whole host");
		break;
	case MECHANISM_PARAMS:
		x = add(d, "mechanism", MARK_OK,
			"mechanism params: pool and grants, for the whole host at once");
		break;
	default:
		return;
	}
	if (f->slots_kb > 0)
		advise(x,
		       "patched xen-blkback (kernel/README.md) would reach each disk, and give "
		       "back up to %" PRId64 " kB of slots of idle disks as well",
		       f->slots_kb);
	else
		advise(x, "patched xen-blkback (kernel/README.md) would reach each disk, and its "
			  "slots as well");
}

static void find_sight(struct diagnosis *d, const struct facts *f)
{
	if (f->seen_by)
		(void)add(d, "sight", MARK_OK, "disks seen by: %s%s%s", f->seen_by,
			  f->unseen ? ": " : "", f->unseen ? f->unseen : "");
	else if (f->unseen)
		(void)add(d, "sight", MARK_NOTE, "disks seen by: not at all: %s", f->unseen);
}

static void find_release(struct diagnosis *d, const struct facts *f)
{
	if (f->release == 0)
		(void)add(d, "kernel", MARK_NOTE, "cannot tell which Linux this is");
	else if (f->release < RELEASE_RECLAIM)
		(void)add(
			d, "kernel", MARK_NOTE,
			"Linux %u.%u does not squeeze by itself (5.6 and newer do); this agent can",
			f->release / 1000, f->release % 1000);
	else
		(void)add(d, "kernel", MARK_OK, "Linux %u.%u has xenbus reclaim", f->release / 1000,
			  f->release % 1000);
}

static void find_unpopulated(struct diagnosis *d, const struct facts *f)
{
	struct finding *x;

	switch (f->unpopulated) {
	case ANSWER_NO:
		(void)add(d, "unpopulated", MARK_OK,
			  f->blacklisted
				  ? "unpopulated memory is switched off: grant pages are RAM"
				  : "this kernel has no unpopulated memory: grant pages are RAM");
		return;
	case ANSWER_UNKNOWN:
		(void)add(d, "unpopulated", MARK_NOTE,
			  "cannot tell whether grant pages are RAM or unpopulated memory");
		return;
	default:
		break;
	}
	x = add(d, "unpopulated", MARK_NOTE,
		"grant pages are unpopulated memory%s: pool and grants cost this domain no RAM",
		f->scratch_seen ? " (Xen scratch is in use)" : "");
	if (f->mechanism == MECHANISM_NATIVE)
		advise(x, "nothing to do: slots are RAM, and come back");
	else if (f->pvh || f->release < RELEASE_BLACKLIST)
		advise(x, "nothing to do: only slots are RAM, and no mechanism in use here "
			  "reclaims it");
	else
		advise(x, "nothing to do: only slots are RAM. To have grant pages from "
			  "RAM, where reclaim is exact, start Linux with "
			  "initcall_blacklist=unpopulated_init memhp_default_state=offline");
}

/*
 * What the balloon thread is about to take back, as it does once a second, is on its list as well:
 * that much is missing to the target.
 */
uint64_t ballooned_out_kb(const struct facts *f)
{
	uint64_t missing = f->target_kb > f->current_kb ? f->target_kb - f->current_kb : 0;

	return f->balloon && f->low_kb > missing ? f->low_kb - missing : 0;
}

static void find_balloon(struct diagnosis *d, const struct facts *f)
{
	if (!f->balloon) {
		(void)add(d, "balloon", MARK_NOTE,
			  "no balloon driver: what comes back cannot be measured exactly");
		return;
	}
	if (ballooned_out_kb(f) > 0)
		advise(add(d, "balloon", MARK_NOTE,
			   "%" PRIu64 " kB were ballooned out before: grants use these first, and "
			   "give no RAM back",
			   ballooned_out_kb(f)),
		       "start Xen with dom0_mem=A,max:A, the same size twice");
	else
		(void)add(d, "balloon", MARK_OK,
			  "balloon: target %" PRIu64 " kB, current %" PRIu64 " kB", f->target_kb,
			  f->current_kb);
	if (f->unpopulated == ANSWER_NO && f->auto_online)
		advise(add(d, "auto-online", MARK_NOTE,
			   "hot-plugged memory comes online by itself: the first grants freed add "
			   "128 MiB of address space as RAM"),
		       "echo offline > /sys/devices/system/memory/auto_online_blocks, or start "
		       "Linux with memhp_default_state=offline");
}

static void find_free(struct diagnosis *d, const struct facts *f)
{
	if (f->xen_free_kb == 0)
		advise(add(d, "xen-free", MARK_BAD,
			   "Xen has no free memory: the balloon cannot take back what is freed"),
		       "leave a few MiB free in Xen: see free_memory in xl info");
	else if (f->xen_free_kb > 0)
		(void)add(d, "xen-free", MARK_OK, "Xen has %" PRId64 " kB free", f->xen_free_kb);
}

static void find_psi(struct diagnosis *d, const struct facts *f)
{
	if (f->psi == PSI_NONE && f->release > 0 && f->release < RELEASE_PSI)
		advise(add(d, "psi", MARK_BAD,
			   "no pressure stall information: Linux 4.20 and newer have it"),
		       "requests and falls of the target are served without it");
	else if (f->psi == PSI_NONE)
		advise(add(d, "psi", MARK_BAD, "no pressure stall information"),
		       "start Linux with psi=1");
	else if (f->psi == PSI_TRIGGER)
		(void)add(d, "psi", MARK_OK, "pressure stall information, with triggers");
	else if (f->psi_error != 0)
		(void)add(d, "psi", MARK_NOTE, "pressure stall information, but no triggers: %s",
			  strerrordesc_np(f->psi_error));
	else
		advise(add(d, "psi", MARK_NOTE,
			   "pressure stall information, but no right to "
			   "triggers of 1 s (%s)",
			   psi_mode_names[f->psi]),
		       "run with CAP_SYS_RESOURCE, as the unit file does");
}

/* What the administrator made of the daemon. */
static void find_settings(struct diagnosis *d, const struct facts *f)
{
	if (f->config_error)
		advise(add(d, "configuration", MARK_BAD, "the configuration is refused"), "%s",
		       f->config_error);
	if (f->unit_change && f->unit_changes > 1)
		advise(add(d, "unit", MARK_NOTE, "%u files change the daemon's unit, such as %s",
			   f->unit_changes, f->unit_change),
		       "systemctl cat xen-reclaimd shows it with all of them");
	else if (f->unit_change)
		advise(add(d, "unit", MARK_NOTE, "the daemon's unit is changed by %s",
			   f->unit_change),
		       "systemctl cat xen-reclaimd shows it with that");
}

/* Pool and grants are the same pages: RAM, or address space. */
static void judge_pages(struct diagnosis *d, const struct facts *f)
{
	enum answer a = ANSWER_YES;
	const char *why = "pages for grants are this domain's RAM and come back to it";

	if (!f->xen) {
		a = ANSWER_NO;
		why = "this machine does not run on Xen";
	} else if (f->blkback && !f->params && f->mechanism == MECHANISM_NONE) {
		a = ANSWER_NO;
		why = "xen-blkback's parameters cannot be used";
	} else if (f->unpopulated == ANSWER_YES) {
		a = ANSWER_NO;
		why = "pages for grants are unpopulated memory: they cost no RAM and give none";
	} else if (ballooned_out_kb(f) > 0) {
		a = ANSWER_NO;
		why = "frames were ballooned out before: what is freed goes back to Xen";
	} else if (f->xen_free_kb == 0) {
		a = ANSWER_NO;
		why = "Xen has no free memory: the balloon cannot take back what is freed";
	} else if (f->unpopulated == ANSWER_UNKNOWN) {
		a = ANSWER_UNKNOWN;
		why = "cannot tell where this kernel takes pages for grants from";
	} else if (f->auto_online && f->release >= RELEASE_UNPOPULATED) {
		why = "yes, though hot-plugged memory that comes online by itself hides a part";
	}
	for (int l = LEVEL_POOL; l <= LEVEL_GRANTS; l++) {
		d->gives_ram[l] = a;
		d->why[l] = why;
	}
}

/* Slots are RAM on every kernel; whether they come back is the driver's to say. */
static void judge_slots(struct diagnosis *d, const struct facts *f)
{
	bool back = f->xen && f->mechanism == MECHANISM_NATIVE;

	d->gives_ram[LEVEL_SLOTS] = back ? ANSWER_YES : ANSWER_NO;
	d->why[LEVEL_SLOTS] = back ? "slots are RAM on every kernel, and patched "
				     "xen-blkback gives back those of idle disks"
				   : "slots are RAM on every kernel, but stock xen-blkback "
				     "keeps them until the disk is disconnected";
}

struct diagnosis diagnose(const struct facts *f)
{
	struct diagnosis d = {0};

	find_domain(&d, f);
	find_release(&d, f);
	find_blkback(&d, f);
	find_mechanism(&d, f);
	find_sight(&d, f);
	find_unpopulated(&d, f);
	find_balloon(&d, f);
	find_free(&d, f);
	find_psi(&d, f);
	find_settings(&d, f);
	judge_pages(&d, f);
	judge_slots(&d, f);
	return d;
}

bool may_give_ram(const struct diagnosis *d, int level)
{
	return d->gives_ram[level] != ANSWER_NO;
}
