/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon tells of itself: whether it runs, and its state file. The daemon is not asked,
 * and nothing in the file is trusted.
 */
#ifndef XEN_RECLAIM_STATE_H
#define XEN_RECLAIM_STATE_H

#include "cli/command.h"

struct json_object;

/**
 * daemon_runs() - whether the daemon's lock is taken.
 * Return: 1, 0, or a negative errno if that is not known, which complain() has said.
 */
int daemon_runs(int root);

/** daemon_not_running() - complain that it is not. Return: STATUS_NOT_RUNNING. */
enum exit_status daemon_not_running(void);

/** state_read() - Return: the object in the state file, which the caller frees, or NULL. */
struct json_object *state_read(int root);

/** state_level() - the level that an element of the state names: its word, or "?". */
const char *state_level(struct json_object *o);

/** state_scope() - the same for the scope. */
const char *state_scope(struct json_object *o);

#endif
