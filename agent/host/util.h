/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every file of the agent needs and the C library lacks: clean-up on scope exit, whole small
 * files read and written below a root, numbers parsed strictly. Knows nothing of Xen.
 */
#ifndef XEN_RECLAIM_UTIL_H
#define XEN_RECLAIM_UTIL_H

#include "core/units.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void close_fd(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static inline void close_file(FILE **f)
{
	if (*f)
		(void)fclose(*f);
}

static inline void free_mem(void *p)
{
	free(*(void **)p);
}

#define _cleanup_close_ __attribute__((cleanup(close_fd)))
#define _cleanup_file_	__attribute__((cleanup(close_file)))
#define _cleanup_free_	__attribute__((cleanup(free_mem)))

/**
 * read_text() - read a small file whole, as sysfs and procfs offer it.
 * @root: directory descriptor that stands for "/".
 * @path: path below @root, without a leading slash.
 * @buf:  filled with the text, always terminated; trailing white space is cut.
 * @size: size of @buf in bytes.
 *
 * Return: length of the text; -E2BIG if it does not fit, else a negative errno.
 */
ssize_t read_text(int root, const char *path, char *buf, size_t size);

/**
 * read_number() - read a file that holds one decimal number and nothing else.
 *
 * Return: 0; -EINVAL if it holds anything else; -ERANGE; else a negative errno.
 */
int read_number(int root, const char *path, uint64_t *value);

/**
 * write_text() - write a text into an existing file in one write, as sysfs wants it.
 *
 * Return: 0 or a negative errno; -EIO on a short write.
 */
int write_text(int root, const char *path, const char *text);

/** write_number() - write_text() of a decimal number and a newline. */
int write_number(int root, const char *path, uint64_t value);

/**
 * replace_file() - put a new file in the place of @path so that a reader sees the old or the new
 * one whole, and so that after a return of 0 it outlives the process.
 *
 * Return: 0 or a negative errno; then the old file is still there.
 */
int replace_file(int root, const char *path, const char *text, size_t len);

/**
 * publish_file() - replace_file() for somebody else to read, in a directory where somebody else may
 * write: everybody can read the file, and no link is followed in writing it.
 */
int publish_file(int root, const char *path, const char *text, size_t len);

/**
 * parse_number() - parse a decimal number that takes up the whole string: digits alone, no sign,
 * no space, no prefix.
 *
 * Return: 0, -EINVAL or -ERANGE.
 */
int parse_number(const char *text, uint64_t *value);

/**
 * find_number() - the number that follows @key and white space (or '=') in a text made of lines,
 * as in /proc/meminfo and /proc/vmstat.
 *
 * Return: 0; -ENOENT if no line starts with @key; -EINVAL if no number follows.
 */
int find_number(const char *text, const char *key, uint64_t *value);

/**
 * make_text() - put "?" in the place of every byte that is of no visible character in UTF-8: what
 * is left is valid in JSON, and does nothing to a terminal.
 */
void make_text(char *text);

/** now_us() - CLOCK_MONOTONIC in microseconds. */
uint64_t now_us(void);

/** realtime_us() - the time of day, in microseconds since the epoch. */
uint64_t realtime_us(void);

/** processor_us() - the processor time of this thread: what has to wait costs none. */
uint64_t processor_us(void);

#endif
