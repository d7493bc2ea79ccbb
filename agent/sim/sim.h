/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the daemon's controller over a trace under virtual time, with a model in place of kernel and
 * memory, and checks after every step what must always hold (invariants.h). Knows no clock and no
 * file.
 *
 * The model of memory (model.h): a disk holds what its line says. An action takes from an idle disk
 * all that its levels hold (but 32 kB of slots), from a busy one three quarters, which it has again
 * a second later. In a simulated trace RAM that disks hold is RAM that the load has not: each
 * second in which load and disks want more than there is brings soft pressure, and hard pressure
 * when a 32nd of the RAM is missing. What a disk that is not busy did not use for as long as the
 * standing policy says it gives back. In a recorded one pressure and memory are as they were
 * recorded.
 */
#ifndef XEN_RECLAIM_SIM_H
#define XEN_RECLAIM_SIM_H

#include "core/controller.h"
#include "host/config.h"
#include "sim/trace.h"

struct sim;

/**
 * struct sim_disk - what the model knows of a disk that struct vbd does not.
 * @full_kb: what it holds when it is busy.
 * @last_us: its last request, unless it is busy; below zero: before the trace began.
 * @unused_us: its lease: what it did not use for so long is given back; 0: none.
 * @leased_us: until when.
 * @given_us: when it last gave back what it held; 0: never.
 * @busy:    it has requests all the time.
 * @taken:   it is busy and something was taken from it.
 */
struct sim_disk {
	uint64_t full_kb[LEVEL_COUNT];
	int64_t last_us;
	uint64_t unused_us;
	uint64_t leased_us;
	uint64_t given_us;
	bool busy;
	bool taken;
};

/**
 * struct model - the simulated host.
 * @disks:	as they are; @more: beside its @vbds.
 * @seen:	as the controller's last scan saw them; @spare: room for the next scan.
 * @rule_of:	by domid: 1 + rule, 0: the domain is not known.
 * @mechanism:	the best available; the controller sees it with its next scan.
 * @held:	parameters, as the standing policy holds them.
 * @fixed:	parameters that an administrator has set: then @held stays so.
 * @regrow_us:	when busy disks have again what was taken.
 * @taken_kb:	taken since the last line of memory, or by the action that is being watched.
 * @outside_kb:	of what pool and grants hold, what a fall of the target has put out of reach.
 * @disturbed:	how often a disk was in use when memory was taken from it, or within SOON_US after.
 * @unseen:	a line did not say all that a disk held: what was taken of that counts as nothing.
 */
struct model {
	bool simulated;
	struct vbd_list disks;
	struct sim_disk *more;
	struct vbd_list seen;
	struct vbd *spare;
	struct target *targets;
	uint16_t *rule_of;
	enum mechanism mechanism;
	struct held held;
	struct held fixed;
	bool gives_ram[LEVEL_COUNT];
	struct sample memory;
	uint64_t target_kb;
	uint64_t current_kb;
	uint64_t ram_kb;
	uint64_t load_kb;
	uint64_t free_kb;
	uint64_t slots_kb;
	uint64_t mapped_kb;
	uint64_t outside_kb;
	uint64_t taken_kb;
	uint64_t regrow_us;
	uint64_t disturbed;
	bool unseen;
};

/**
 * struct sim - one run.
 * @told:	called with the controller's news.
 * @sampled:	called each minute of a simulated trace, if it is set.
 * @vbds:	disks that the action triggers; @vbds_triggered: all of all actions.
 * @due_us:	when the action is done; @failed: a positive errno: it could not begin.
 * @wake_us:	when the policy wants to be woken.
 * @look_us:	when the standing policy wants to look.
 * @looks:	how often it did.
 * @pressed_us:	when the load presses next.
 * @sample_us:	when @sampled is called next.
 * @deaf_until_us: until then the controller wants to hear of no such pressure.
 * @target_moved: the controller has moved its target, and has not been told of it yet.
 * @spins:	what happened of itself without any time passing.
 * @before:	state of the policy before the event.
 * @broken:	what must hold and did not; empty: all held.
 */
struct sim {
	const struct config *config;
	void (*told)(struct sim *sim, const struct news *news);
	void (*sampled)(struct sim *sim);
	void *user;

	struct controller controller;
	struct model model;

	uint64_t now_us;
	uint64_t due_us;
	int failed;
	uint64_t wake_us;
	uint64_t look_us;
	uint64_t looks;
	uint64_t pressed_us;
	uint64_t sample_us;
	uint64_t deaf_until_us[EVENT_COUNT];
	bool target_moved;
	unsigned spins;

	uint64_t some_us;
	uint64_t full_us;
	uint64_t psi_us;
	bool psi_known;

	size_t vbds;
	uint64_t events;
	uint64_t decisions;
	uint64_t actions;
	uint64_t helped;
	uint64_t vbds_triggered;
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
