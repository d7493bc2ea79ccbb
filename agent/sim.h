/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the policy over a trace under virtual time: the very decide(), offer and order of the
 * daemon, with a model in the place of kernel and memory, and checks after every step what must
 * always hold. Knows no clock and no file.
 *
 * The model of memory: a disk holds what its line says. An action takes from an idle disk all that
 * its levels hold (but 48 kB of requests), from a busy one three quarters, which it has again a
 * second later. In a simulated trace RAM that disks hold is RAM that the load has not: each second
 * in which load and disks want more than there is brings soft pressure, and hard pressure when a
 * 32nd of the RAM is missing. In a recorded one pressure and memory are as they were recorded.
 */
#ifndef XEN_RECLAIM_SIM_H
#define XEN_RECLAIM_SIM_H

#include "config.h"
#include "reclaimer.h"
#include "trace.h"

struct sim;

/** enum told - what there is to tell. */
enum told {
	TOLD_ACTION, /* @sim->state.action was judged, or superseded */
	TOLD_NOTICE, /* @sim->notice */
	TOLD_GROWN   /* @sim->state.growth.asked_kb */
};

/**
 * struct sim_disk - what the model knows of a disk that struct vbd does not.
 * @full_kb: what it holds when it is busy.
 * @last_us: its last request, unless it is busy.
 * @busy:    it has requests all the time.
 * @taken:   it is busy and something was taken from it.
 */
struct sim_disk {
	uint64_t full_kb[LEVEL_COUNT];
	uint64_t last_us;
	bool busy;
	bool taken;
};

/**
 * struct sim - one run.
 * @told:	called for what there is to tell.
 * @disks:	beside @reclaimer.inventory.now.vbds.
 * @rule_of:	by domid: 1 + rule, 0: the domain is not known.
 * @vbds:	disks that the action tells; @vbds_told: all of all actions.
 * @due_us:	when the action is done.
 * @wake_us:	when the policy wants to be woken.
 * @pressed_us:	when the load presses next.
 * @spins:	what happened of itself without any time passing.
 * @regrow_us:	when busy disks have again what was taken.
 * @taken_kb:	taken since the last line of memory, or by the action that is looked at.
 * @unseen:	a line did not say all that a disk held: what was taken of that counts as nothing.
 * @broken:	what must hold and did not; empty: all held.
 */
struct sim {
	const struct config *config;
	bool simulated;
	void (*told)(struct sim *sim, enum told what);
	void *user;

	struct reclaimer reclaimer;
	struct state state;
	struct sim_disk *disks;
	uint16_t *rule_of;
	bool gives_ram[LEVEL_COUNT];

	uint64_t now_us;
	uint64_t due_us;
	uint64_t wake_us;
	uint64_t pressed_us;
	uint64_t regrow_us;
	unsigned spins;

	struct sample memory;
	uint64_t some_us;
	uint64_t full_us;
	uint64_t psi_us;
	bool psi_known;
	uint64_t target_kb;
	uint64_t ram_kb;
	uint64_t load_kb;
	uint64_t free_kb;
	uint64_t slots_kb;
	uint64_t mapped_kb;
	uint64_t outside_kb;
	uint64_t taken_kb;
	bool unseen;

	struct plan notice;
	size_t vbds;
	uint64_t events;
	uint64_t decisions;
	uint64_t actions;
	uint64_t helped;
	uint64_t vbds_told;
	int64_t lasting_kb;
	uint64_t shortage_s;

	struct state before;
	uint64_t started_us;
	char broken[192];
};

/** sim_init() - Return: 0 or -ENOMEM. */
int sim_init(struct sim *s, const struct config *c, bool simulated);

/**
 * sim_event() - go on to the time of the event, then let it happen.
 * Return: 0; -ENOMEM; -EPROTO: @s->broken says what did not hold.
 */
int sim_event(struct sim *s, const struct trace_event *e);

/** sim_end() - what is under way comes to its end. Return: as sim_event(). */
int sim_end(struct sim *s);

void sim_free(struct sim *s);

#endif
