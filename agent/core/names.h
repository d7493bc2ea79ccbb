/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words for the policy's types, as users meet them in files, on the command line, in the log.
 */
#ifndef XEN_RECLAIM_NAMES_H
#define XEN_RECLAIM_NAMES_H

#include "core/aging.h"

/**
 * struct level_name - one level in words.
 * @name: on the command line, in the log, in metrics, in the driver's "levels" and "trigger".
 * @key:  in JSON: what a disk holds of it, in kB.
 * @file: in the driver's reclaim/ folder: the same, in units of @unit_kb.
 */
struct level_name {
	const char *name;
	const char *key;
	const char *file;
	unsigned unit_kb;
};

extern const struct level_name levels[LEVEL_COUNT];

extern const char *const scope_names[SCOPE_COUNT];
extern const char *const cause_names[CAUSE_COUNT];
extern const char *const verdict_names[VERDICT_COUNT];
extern const char *const reason_names[REASON_COUNT];
extern const char *const event_names[EVENT_COUNT];
extern const char *const mechanism_names[MECHANISM_COUNT];
extern const char *const aging_names[AGING_COUNT];

/** level_from_name() - Return: a level, or -EINVAL. */
int level_from_name(const char *name);

/** LEVELS_MAX_CHARS - of what levels_print() prints, without its terminator. */
#define LEVELS_MAX_CHARS 17

/** levels_parse() - names separated by commas, each once. Return: 0 or -EINVAL. */
int levels_parse(const char *text, unsigned *set);

/** levels_print() - their names, separated by @by. */
void levels_print(unsigned set, char by, char text[LEVELS_MAX_CHARS + 1]);

/** name_index() - the place of a word in a table of @n names. Return: its index, or -EINVAL. */
int name_index(const char *const *names, size_t n, const char *word);

/** backoff_print() - the sentence for NOTICE_BACKOFF. */
void backoff_print(const struct policy *p, const struct action *a, uint64_t backoff_us, char *buf,
		   size_t size);

#endif
