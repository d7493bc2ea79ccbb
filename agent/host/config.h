/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration file and its drop-ins. All keys, their units, bounds and defaults stand in one
 * table in config-keys.c. Knows nothing of what the values are used for.
 */
#ifndef XEN_RECLAIM_CONFIG_H
#define XEN_RECLAIM_CONFIG_H

#include "core/types.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_PATH "etc/xen/xen-reclaim.conf"

/** CONFIG_MAX_BYTES - no file is longer. */
#define CONFIG_MAX_BYTES ((size_t)64 * 1024)

/** A path in the file is no longer than this: its line has to hold it. */
#define PATH_MAX_CHARS 127

/** struct threshold - a stall time within a window, as PSI triggers take it; 0: off. */
struct threshold {
	uint64_t stall_us;
	uint64_t window_us;
};

/**
 * struct config - everything an administrator can set.
 * @some, @full:      pressure that calls for reclaim.
 * @available_kb:     the same while MemAvailable is less; 0: off.
 * @swap_free_kb:     the same of free swap, where there is any.
 * @policy:	      what decide() is given; its @rules are this configuration's own.
 * @metrics_file:     below the root, without its leading slash; "": none is written.
 */
struct config {
	struct threshold some;
	struct threshold full;
	uint64_t available_kb;
	uint64_t swap_free_kb;
	struct policy policy;
	char metrics_file[PATH_MAX_CHARS + 1];
};

/**
 * struct config_error - one line for the administrator: "file:line: [section] key: …".
 * @backoff_at: where the last of [backoff] first and max was set, in the same form; for
 *	        config_load(), which can compare them only when all files were read.
 * @max_is_last: it was max.
 */
struct config_error {
	char text[512];
	char backoff_at[384];
	bool max_is_last;
};

/** config_default() - what holds where the file says nothing. */
struct config config_default(void);

/** config_free() - what config_load() or config_parse() has put into it. */
void config_free(struct config *c);

/**
 * config_load() - read the file and, in the order of their names, path.d/\*.conf.
 * @root: directory descriptor that stands for "/".
 * @path: of the file, relative to @root. A file that is not there is an empty one.
 * @c:	  set as a whole on success, what it held being freed; untouched on error. Zero at first.
 * @err:  what is wrong and what would be right, on error.
 *
 * Return: 0; -EINVAL for a wrong section, key, value or unit and for a file that cannot be read;
 * else a negative errno.
 */
int config_load(int root, const char *path, struct config *c, struct config_error *err);

/**
 * struct config_setting - one value, as a file has it.
 * @section: as it stands between the brackets.
 */
struct config_setting {
	const char *section;
	const char *key;
	const char *value;
	const char *file;
	int line;
};

/**
 * config_load_each() - as config_load(), and @note is told each value in the order in which they
 * are read: of several for one key the last one counts.
 */
int config_load_each(int root, const char *path, struct config *c, struct config_error *err,
		     void (*note)(void *user, const struct config_setting *s), void *user);

/**
 * config_print() - what holds, in the form of a file: all keys, each with where it comes from.
 * @err: what is wrong, on error; then nothing is printed.
 *
 * Return: 0 or a negative errno, as config_load().
 */
int config_print(int root, const char *path, struct config_error *err);

/**
 * config_parse() - one text in memory.
 * @name: what the errors call it.
 * @c:	  changed key by key; undefined on error.
 */
int config_parse(const char *text, size_t len, const char *name, struct config *c,
		 struct config_error *err);

#endif
