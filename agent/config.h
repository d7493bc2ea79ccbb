/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration file and its drop-ins. All keys, their units, bounds and defaults stand in one
 * table in config.c. Knows nothing of what the values are used for.
 */
#ifndef XEN_RECLAIM_CONFIG_H
#define XEN_RECLAIM_CONFIG_H

#include "decide.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_PATH "etc/xen/xen-reclaim.conf"

/** struct threshold - a stall time within a window, as PSI triggers take it; 0: off. */
struct threshold {
	uint64_t stall_us;
	uint64_t window_us;
};

/**
 * struct config - everything an administrator can set.
 * @some, @full:      pressure that calls for reclaim.
 * @follow_balloon:   reclaim when the own balloon target falls.
 * @window_us:        how long a reclaim keeps the pools at zero.
 * @policy:	      what decide() is given.
 */
struct config {
	struct threshold some;
	struct threshold full;
	bool follow_balloon;
	uint64_t window_us;
	struct policy policy;
};

/** struct config_error - one line for the administrator: "file:line: [section] key: …". */
struct config_error {
	char text[512];
};

/** config_default() - what holds where the file says nothing. */
struct config config_default(void);

/**
 * config_load() - read the file and, in the order of their names, path.d/\*.conf.
 * @root: directory descriptor that stands for "/".
 * @path: of the file, relative to @root. A file that is not there is an empty one.
 * @c:	  set as a whole on success, untouched on error.
 * @err:  what is wrong and what would be right, on error.
 *
 * Return: 0; -EINVAL for a wrong section, key, value or unit; else a negative errno.
 */
int config_load(int root, const char *path, struct config *c, struct config_error *err);

/**
 * config_parse() - the same for one text in memory.
 * @name: what the errors call it.
 * @c:	  changed key by key; undefined on error.
 */
int config_parse(const char *text, size_t len, const char *name, struct config *c,
		 struct config_error *err);

#endif
