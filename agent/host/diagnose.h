/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Can reclaim give RAM back on this host, why or why not, and what to change: a judgement over
 * facts. Pure: facts.c gathers them, this only thinks.
 */
#ifndef XEN_RECLAIM_DIAGNOSE_H
#define XEN_RECLAIM_DIAGNOSE_H

#include "host/inventory.h"
#include "host/psi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_UNKNOWN, ANSWER_COUNT };

extern const char *const answer_names[ANSWER_COUNT];

#define RELEASE(major, minor) (1000 * (major) + (minor))

/* First kernels with: PSI; the reclaim callback; unpopulated memory; a way to switch it off. */
#define RELEASE_PSI	    RELEASE(4, 20)
#define RELEASE_RECLAIM	    RELEASE(5, 6)
#define RELEASE_UNPOPULATED RELEASE(5, 9)
#define RELEASE_BLACKLIST   RELEASE(5, 17)

/**
 * struct facts - what the host shows. Sizes in kB.
 * @xen:	    runs on Xen.
 * @control_domain: is dom0.
 * @pvh:	    is a PVH domain: no way to switch unpopulated memory off there.
 * @release:	    of the kernel: major * 1000 + minor.
 * @debian:	    is Debian: has our packages, and GRUB reads /etc/default/grub.d.
 * @unpopulated:    grant pages come from address space that is no RAM.
 * @blacklisted:    started with initcall_blacklist=unpopulated_init.
 * @scratch_seen:   such address space is in use ("Xen scratch").
 * @balloon:	    the balloon driver is there; then @current_kb, @target_kb and @low_kb are true.
 * @auto_online:    hot-plugged memory comes online by itself.
 * @xen_free_kb:    free memory of the host, -1 where it cannot be asked for.
 * @blkback:	    xen_blkback is loaded.
 * @params:	    its parameters can be used.
 * @params_set:	    an administrator has set those that give back what is unused for 5 s or less.
 * @mechanism:	    the one in use.
 * @held_kb:	    what all disks hold of each kind, where @mechanism is native.
 * @slots_kb:	    else what a native mechanism would give back of idle disks' slots; -1:
 *		    not known.
 * @seen_by:	    what shows how much disks hold; NULL: nothing does, or nobody asked.
 * @unseen:	    why that is not known, or not all of it; NULL: all is, or nobody asked.
 * @psi:	    how pressure can be learned of.
 * @psi_error:	    positive errno of a trigger that is refused for another reason than its window
 *		    and rights; 0: none is.
 * @config_error:   what is wrong with the configuration; NULL: nothing, or nobody asked.
 * @unit_change:    a file that changes the daemon's unit, of @unit_changes; NULL: none, or nobody
 *		    asked.
 */
struct facts {
	bool xen;
	bool control_domain;
	bool pvh;
	unsigned release;
	bool debian;
	enum answer unpopulated;
	bool blacklisted;
	bool scratch_seen;
	bool balloon;
	uint64_t current_kb;
	uint64_t target_kb;
	uint64_t low_kb;
	bool auto_online;
	int64_t xen_free_kb;
	bool blkback;
	bool params;
	bool params_set;
	enum mechanism mechanism;
	uint64_t held_kb[LEVEL_COUNT];
	int64_t slots_kb;
	const char *seen_by;
	const char *unseen;
	enum psi_mode psi;
	int psi_error;
	const char *config_error;
	const char *unit_change;
	unsigned unit_changes;
};

enum mark { MARK_OK, MARK_NOTE, MARK_BAD, MARK_COUNT };

extern const char *const mark_names[MARK_COUNT];

/**
 * struct finding - one line of the doctor's report.
 * @id:	    a stable word for scripts.
 * @text:   what is.
 * @advice: what to change, or "".
 */
struct finding {
	const char *id;
	enum mark mark;
	char text[192];
	char advice[256];
};

#define FINDINGS_MAX 14

/**
 * struct diagnosis - the judgement.
 * @gives_ram: for each level: does reclaiming it give RAM back here.
 * @why:       for each level, in one sentence.
 */
struct diagnosis {
	enum answer gives_ram[LEVEL_COUNT];
	const char *why[LEVEL_COUNT];
	struct finding findings[FINDINGS_MAX];
	size_t n_findings;
};

struct diagnosis diagnose(const struct facts *f);

/** may_give_ram() - whether to try a level: all but a clear no. */
bool may_give_ram(const struct diagnosis *d, int level);

/** ballooned_out_kb() - frames ballooned out for good, as after a target that fell. */
uint64_t ballooned_out_kb(const struct facts *f);

/**
 * facts_gather() - read the facts from the running host.
 * @root: directory descriptor that stands for "/".
 *
 * @f->xen_free_kb and @f->slots_kb are left at -1, and strings at NULL: they take dom0's tools,
 * xenstore, BPF, and the administrator's files.
 */
void facts_gather(int root, struct facts *f);

#endif
