/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent: one object that owns every event source and everything that is open. Its parts:
 * agent.c (its life), machine.c (the host that the controller acts on), pressure.c and xenstore.c
 * (where events come from), pause.c (paused by the administrator), exhausted.c (the file that says
 * that nothing helps any more). Decides nothing.
 */
#ifndef XEN_RECLAIM_AGENT_H
#define XEN_RECLAIM_AGENT_H

#include "core/controller.h"
#include "daemon/grow.h"
#include "daemon/journal.h"
#include "daemon/report.h"
#include "host/config.h"
#include "host/inventory.h"
#include "host/mailbox.h"
#include "host/memory.h"
#include "host/psi.h"
#include "host/reclaimer.h"
#include "host/store.h"

#include <systemd/sd-event.h>

/** AGAIN_US - how often to look for a xenstored while there is none, and for memory pressure. */
#define AGAIN_US (2 * USEC_PER_SEC)

/**
 * struct agent - everything.
 * @root:	 directory descriptor that stands for "/".
 * @lock:	 held while this is the one daemon of the host; not by a dry run.
 * @assumed_kb:	 in a dry run: what is taken for given back until the verdict.
 * @driver_domain: this is one, not dom0.
 * @request:	 the last one taken, from @mailbox; @answering: it still waits for its response.
 * @listens:	 the agent is announced in this mailbox.
 * @served:	 the id of the last request that was taken from it.
 * @psi_fd:	 armed triggers, -1 where there is none.
 * @psi_since:	 without triggers: totals when each kind's window began, at @psi_since_us. With
 *		 them: totals when the trigger was armed.
 * @psi_fired:	 that trigger has been heard of since.
 * @metrics_failed: the metrics file could not be written, which has been said.
 * @scan_failed: the last scan did, which has been said.
 * @balloon_out: the last scan saw frames that are ballooned out.
 * @answer_due: what it asked for is carried out, with @answer_error.
 * @last_target_kb: own target in xenstore as last read, there since @last_target_us; 0: never.
 * @unseen_kb:	 how much less the kernel's own target is than that: what a driver domain has and
 *		 Linux does not see.
 * @aging_failed: the driver would not take an aging time, which has been said.
 * @exhausted: EXHAUSTED_FILE is there.
 * @disks_watched: the store tells when there is a disk.
 * @begin_error: why the order under way could not begin; 0: it did.
 * @said:	 the last decision on each kind of event that was logged.
 * @grower:	 NULL unless growing is configured and possible.
 */
struct agent {
	int root;
	int lock;
	bool dry_run;
	int64_t assumed_kb;
	bool driver_domain;
	struct config config;
	struct facts facts;
	struct memory memory;
	struct store store;
	struct inventory inventory;
	struct reclaimer reclaimer;
	struct grower *grower;
	struct controller controller;
	struct report report;
	struct request request;
	enum mailbox mailbox;
	bool answering;
	bool listens[MAILBOX_COUNT];
	uint64_t served[MAILBOX_COUNT];
	bool metrics_failed;
	bool scan_failed;
	bool balloon_out;
	bool answer_due;
	int answer_error;
	uint64_t last_target_kb;
	uint64_t last_target_us;
	uint64_t unseen_kb;
	bool aging_failed;
	bool exhausted;
	bool disks_watched;
	int begin_error;
	struct decision said[EVENT_COUNT];
	int psi_fd[PSI_KINDS];
	struct psi_totals psi_since;
	uint64_t psi_since_us[PSI_KINDS];
	bool psi_fired[PSI_KINDS];
	sd_event *event;
	sd_event_source *psi_source[PSI_KINDS];
	sd_event_source *psi_timer;
	sd_event_source *hear_timer;
	sd_event_source *left_timer;
	sd_event_source *store_source;
	sd_event_source *store_life;
	sd_event_source *store_timer;
	sd_event_source *wake_timer;
	sd_event_source *look_timer;
	sd_event_source *hold_timer;
	sd_event_source *window_timer;
	sd_event_source *put_back_timer;
	sd_event_source *state_timer;
	sd_event_source *exhausted_timer;
	sd_event_source *pause_source;
};

/**
 * agent_start() - open everything, put back what an earlier life left changed, and listen.
 * @a:	     filled; call agent_stop() whatever this returns.
 * @root:    directory descriptor that stands for "/"; stays the caller's.
 * @dry_run: decide and tell, write nothing; beside the one daemon of the host, if it runs.
 *
 * Return: 0; -EBUSY if another daemon runs; -EINVAL for a bad configuration; else a negative
 * errno. What is wrong has been said.
 */
int agent_start(struct agent *a, int root, bool dry_run);

/** agent_run() - until SIGTERM, SIGINT, SIGQUIT or SIGXCPU. Return: 0 or a negative errno. */
int agent_run(struct agent *a);

/** agent_stop() - put everything back and close everything. */
void agent_stop(struct agent *a);

/** agent_event() - something happened: have the controller act on it, and tell what changed. */
void agent_event(struct agent *a, struct event e);

/** agent_tell_status() - to systemd, and into the state file and the metrics file. */
void agent_tell_status(struct agent *a);

/** agent_tell_state_soon() - into the state file alone, with what else comes in some seconds. */
void agent_tell_state_soon(struct agent *a);

/** arm_timer() - to fire at @at_us; 0: not at all. */
void arm_timer(sd_event_source *timer, uint64_t at_us);

/** machine_ops - of struct agent as the controller's host. */
extern const struct host_ops machine_ops;

/** machine_learn_facts() - what this host is, anew, and what gives RAM back with that. */
void machine_learn_facts(struct agent *a);

/** machine_open_grower() - as the configuration has it. */
void machine_open_grower(struct agent *a);

/** machine_reopen_grower() - libxenlight's own connection to xenstored ended with that. */
void machine_reopen_grower(struct agent *a);

/** machine_age() - have the driver age by the controller's standing policy, or go on with that. */
void machine_age(struct agent *a);

/** machine_stop_aging() - the driver's own times hold again. Return: 0 or a negative errno. */
int machine_stop_aging(struct agent *a);

/** machine_continue() - the order under way has had its time: go on, or send its completion. */
void machine_continue(struct agent *a);

/** machine_put_back() - what could not be put back: now, or again on @put_back_timer. */
void machine_put_back(struct agent *a);

/** pause_listen() - obey the file in host/pause.h. Return: 0 or a negative errno. */
int pause_listen(struct agent *a);

/** exhausted_note() - there is a decision: it may be that nothing is left to give back. */
void exhausted_note(struct agent *a, const struct decision *d);

/** exhausted_over() - something is left again, or nobody can tell any more. */
void exhausted_over(struct agent *a);

/** exhausted_drop() - remove the file, which may be of a daemon that was killed. */
void exhausted_drop(int root);

/** pressure_open() - triggers for what is on; where the kernel refuses one, totals on a timer. */
void pressure_open(struct agent *a);

void pressure_close(struct agent *a);

/** pressure_hear_at() - do not tell of soft pressure before this time; nor of hard, if @hard_too.
 */
void pressure_hear_at(struct agent *a, bool hard_too, uint64_t at_us);

/** pressure_on_hear_timer() - the handler of @hear_timer. */
int pressure_on_hear_timer(sd_event_source *s, uint64_t usec, void *user);

/** pressure_on_timer() - the handler of @psi_timer. */
int pressure_on_timer(sd_event_source *s, uint64_t usec, void *user);

/** pressure_on_left_timer() - the handler of @left_timer. */
int pressure_on_left_timer(sd_event_source *s, uint64_t usec, void *user);

/** xenstore_watch_disks() - whether to look at the disks once there is one. */
void xenstore_watch_disks(struct agent *a, bool watch);

/** xenstore_open() - connect and listen; where that fails, again on a timer. */
void xenstore_open(struct agent *a);

/** xenstore_close() - withdraw the announcement in the mailboxes and disconnect. */
void xenstore_close(struct agent *a);

/** xenstore_on_timer() - the handler of @store_timer. */
int xenstore_on_timer(sd_event_source *s, uint64_t usec, void *user);

/** xenstore_answer() - the request that waits, if one does. @error: positive errno, or 0. */
void xenstore_answer(struct agent *a, int error);

/** xenstore_read_target() - of this domain's memory. Return: 0; -ENOENT; else negative errno. */
int xenstore_read_target(struct agent *a, uint64_t *kb);

/** xenstore_name_domains() - look all of them up, while no decision is waiting. */
void xenstore_name_domains(struct agent *a);

#endif
