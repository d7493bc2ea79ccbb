/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line's parts: one function a command, one file each. */
#ifndef XEN_RECLAIM_COMMANDS_H
#define XEN_RECLAIM_COMMANDS_H

#include <stdbool.h>

struct json_object;

/** enum exit_status - of xen-reclaim, as its manual page says. */
enum exit_status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_NOT_RUNNING = 3,
	STATUS_NO_RAM = 4,
};

/** Each command gets its own arguments, argv[0] being its name. Return: an exit status. */
enum exit_status cmd_status(int root, int argc, char **argv);
enum exit_status cmd_doctor(int root, int argc, char **argv);
enum exit_status cmd_trigger(int root, int argc, char **argv);
enum exit_status cmd_top(int root, int argc, char **argv);
enum exit_status cmd_watch(int root, int argc, char **argv);
enum exit_status cmd_replay(int root, int argc, char **argv);

/** complain() - one line on stderr that starts with the program's name. */
__attribute__((format(printf, 1, 2))) void complain(const char *fmt, ...);

/**
 * daemon_runs() - whether the daemon's lock is taken.
 * Return: 1, 0, or a negative errno: that is not known, as complain() has said.
 */
int daemon_runs(int root);

/** only_json() - a command whose one option is --json. Return: -1 for wrong usage, 0, or 1. */
int only_json(int argc, char **argv);

/** print_json() - and free it. Return: STATUS_DONE, or STATUS_FAILED if stdout fails. */
enum exit_status print_json(struct json_object *o);

#endif
