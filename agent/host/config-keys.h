/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one table of all keys that the configuration has: what their values may be, and where they
 * go. For config.c, which reads the files.
 */
#ifndef XEN_RECLAIM_CONFIG_KEYS_H
#define XEN_RECLAIM_CONFIG_KEYS_H

#include "host/config.h"

#define CONFIG_AT(field) offsetof(struct config, field)

/**
 * struct key - one key.
 * @parse:  a value, into the member at @offset. Return: 0 or a negative errno.
 * @min, @max: its bounds, in kB, microseconds or as a count.
 * @standard: what holds where no file has it; of a domain's keys NULL.
 * @form:   what would be right, for error messages.
 */
struct key {
	const char *section;
	const char *name;
	int (*parse)(const struct key *k, const char *value, void *to);
	size_t offset;
	uint64_t min;
	uint64_t max;
	const char *standard;
	const char *form;
};

extern const struct key config_keys[];
extern const size_t config_n_keys;

/** Keys of a domain's section; their offsets are in struct domain_rule. */
extern const struct key config_rule_keys[];
extern const size_t config_n_rule_keys;

/** config_print_time() - in the largest unit in which it is a whole number. */
void config_print_time(uint64_t us, char *buf, size_t size);

#endif
