/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of xen-reclaim: what each is called, takes and explains, one row of a table each
 * (commands.c). What a command does is known to its own cmd-*.c alone.
 */
#ifndef XEN_RECLAIM_COMMAND_H
#define XEN_RECLAIM_COMMAND_H

/** enum exit_status - of xen-reclaim, as its manual page says. */
enum exit_status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_NOT_RUNNING = 3,
	STATUS_NO_RAM = 4,
};

/**
 * struct command - one command.
 * @usage:   its arguments.
 * @summary: one line, for the list of all commands.
 * @help:    what it does, and each of its options; ends with a newline.
 * @run:     given the command's own arguments. @root: directory descriptor that stands for "/".
 */
struct command {
	const char *name;
	const char *usage;
	const char *summary;
	const char *help;
	enum exit_status (*run)(int root, int argc, char **argv);
};

/** command_find() - Return: the command of this name, or NULL. */
const struct command *command_find(const char *name);

/** command_help() - print what `xen-reclaim COMMAND --help` shows. */
enum exit_status command_help(const struct command *c);

/** commands_help() - print what `xen-reclaim --help` shows. */
enum exit_status commands_help(void);

enum exit_status cmd_status(int root, int argc, char **argv);
enum exit_status cmd_doctor(int root, int argc, char **argv);
enum exit_status cmd_trigger(int root, int argc, char **argv);
enum exit_status cmd_top(int root, int argc, char **argv);
enum exit_status cmd_watch(int root, int argc, char **argv);
enum exit_status cmd_pause(int root, int argc, char **argv);
enum exit_status cmd_resume(int root, int argc, char **argv);
enum exit_status cmd_replay(int root, int argc, char **argv);

#endif
