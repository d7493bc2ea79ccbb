/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent: one object that owns every source, the state and the mechanism, and carries events
 * from the ones through decide() to the other. All the daemon's I/O is here or below.
 */
#ifndef XEN_RECLAIM_AGENT_H
#define XEN_RECLAIM_AGENT_H

#include "config.h"
#include "grow.h"
#include "host.h"
#include "mailbox.h"
#include "psi.h"
#include "reclaimer.h"
#include "report.h"
#include "store.h"

#include <systemd/sd-event.h>

/**
 * struct agent - everything.
 * @root:	 directory descriptor that stands for "/".
 * @lock:	 held while this is the one daemon of the host.
 * @driver_domain: this is one, not dom0.
 * @request:	 the last one taken, from @mailbox; @answering: it still waits for its response.
 * @listens:	 the agent is announced in this mailbox.
 * @served:	 the id of the last request that was taken from it.
 * @psi_fd:	 armed triggers, -1 where there is none.
 * @psi_last:	 totals at the last look, where there are no triggers.
 * @last:	 memory at the last event.
 * @metrics_failed: the metrics file could not be written, which has been said.
 * @look_us:	 what the last look at the disks took.
 * @vain_looks:	 so many running led to nothing; see look_pause_us().
 * @balloon_kb:	 own target as xenstore, or else the kernel, last said it; 0 before.
 * @balloon_out: the last look saw frames that are ballooned out.
 * @grower:	 NULL unless growing is configured and possible.
 */
struct agent {
	int root;
	int lock;
	bool dry_run;
	bool driver_domain;
	struct config config;
	struct facts facts;
	struct host host;
	struct store store;
	struct reclaimer reclaimer;
	struct grower *grower;
	struct state state;
	struct report report;
	struct request request;
	enum mailbox mailbox;
	bool answering;
	bool listens[MAILBOX_COUNT];
	uint64_t served[MAILBOX_COUNT];
	bool metrics_failed;
	struct sample last;
	uint64_t look_us;
	unsigned vain_looks;
	uint64_t balloon_kb;
	bool balloon_out;
	int psi_fd[PSI_KINDS];
	struct psi_totals psi_last;
	sd_event *event;
	sd_event_source *psi_source[PSI_KINDS];
	sd_event_source *psi_timer;
	sd_event_source *store_source;
	sd_event_source *store_life;
	sd_event_source *store_timer;
	sd_event_source *wake_timer;
	sd_event_source *window_timer;
};

/**
 * agent_start() - open everything, put back what an earlier life left changed, and listen.
 * @a:	     filled; call agent_stop() whatever this returns.
 * @root:    directory descriptor that stands for "/"; stays the caller's.
 * @dry_run: decide and tell, write nothing.
 *
 * Return: 0; -EBUSY if another daemon runs; -EINVAL for a bad configuration; else a negative
 * errno. What is wrong has been said.
 */
int agent_start(struct agent *a, int root, bool dry_run);

/** agent_run() - until SIGTERM or SIGINT. Return: 0 or a negative errno. */
int agent_run(struct agent *a);

/** agent_stop() - put everything back and close everything. */
void agent_stop(struct agent *a);

#endif
