/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's folder in /run, and the one lock that says which process is this host's daemon.
 * Knows nothing of what it does.
 */
#ifndef XEN_RECLAIM_LOCK_H
#define XEN_RECLAIM_LOCK_H

#include <stdbool.h>

#define RUN_DIR	  "run/xen-reclaim"
#define LOCK_FILE RUN_DIR "/lock"

/** STATE_FILE - in which the daemon says what it knows (daemon/state-file.h). */
#define STATE_FILE RUN_DIR "/state.json"

/** EXHAUSTED_FILE - there while hard pressure finds nothing to give back (daemon/exhausted.c). */
#define EXHAUSTED_FILE RUN_DIR "/exhausted"

/**
 * lock_take() - become the one daemon; over when the descriptor is closed, however that happens.
 * The file is root's alone to read: who can open it can lock it, and so keep the daemon from
 * starting. Return: a descriptor; -EBUSY if there is one already; else a negative errno.
 */
int lock_take(int root);

/** lock_held() - Return: 1 if a daemon runs, 0 if none does, or a negative errno. */
int lock_held(int root);

#endif
