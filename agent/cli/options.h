/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that several commands have in common. Each function complains itself. */
#ifndef XEN_RECLAIM_OPTIONS_H
#define XEN_RECLAIM_OPTIONS_H

#include <stdint.h>

/** json_option() - of a command whose one option is --json. Return: 0, 1 or -EINVAL. */
int json_option(int argc, char **argv);

/** no_arguments() - after all options. Return: 0 or -EINVAL. */
int no_arguments(int argc, char **argv);

/**
 * option_number() - the value of an option that takes a number from 1 to @max.
 * @unit: in the plural.
 *
 * Return: 0 or -EINVAL.
 */
int option_number(const char *option, const char *arg, uint64_t max, const char *unit, uint64_t *v);

#endif
