/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How commands print: complaints, JSON, tables, times of day. Knows no command. */
#ifndef XEN_RECLAIM_OUTPUT_H
#define XEN_RECLAIM_OUTPUT_H

#include "cli/command.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;
struct libscols_line;
struct libscols_table;

/**
 * show_text() - have @text, which is as make_text() leaves it, fit where it is shown: what the
 * user's locale has no character for becomes "?", and what goes beyond so many columns is cut off.
 */
void show_text(char *text, size_t columns);

/** complain() - one line on stderr that starts with the program's name. */
__attribute__((format(printf, 1, 2))) void complain(const char *fmt, ...);

/**
 * finish_output() - at the end of a program that would end with @status: complain if what it
 * printed did not reach its reader. Return: @status, or STATUS_FAILED then.
 */
enum exit_status finish_output(enum exit_status status);

/**
 * print_wrapped() - the rest of a line of which as much as @indent is printed, and its end: on a
 * terminal as wide as that is, with @indent in front of each further line; else on one line.
 */
void print_wrapped(const char *indent, const char *text);

/** enum tone - what a word means to its reader. */
enum tone { TONE_GOOD, TONE_CARE, TONE_BAD };

/**
 * print_word() - and blanks up to @width columns: in the colour of its tone on a terminal that has
 * colours, unless the environment has NO_COLOR.
 */
void print_word(const char *word, int width, enum tone tone);

/** print_json() - on many lines; frees it. Return: STATUS_DONE; STATUS_FAILED if stdout fails. */
enum exit_status print_json(struct json_object *o);

/** print_json_line() - on one line; frees it. */
void print_json_line(struct json_object *o);

/** struct column - of a table. @flags: SCOLS_FL_*. */
struct column {
	const char *name;
	int flags;
};

struct libscols_table *table_new(const struct column *columns, size_t n);

/** table_number() - fill in a cell: "?" if not @known. */
void table_number(struct libscols_line *line, size_t column, bool known, int64_t v);

/** table_print() - and free it. */
void table_print(struct libscols_table *t);

#define CLOCK_TEXT_SIZE 24

/**
 * clock_text() - hours, minutes and seconds of a time since the epoch, after the date if that is
 * not today's; "" if it is none.
 */
void clock_text(int64_t time_us, char buf[static CLOCK_TEXT_SIZE]);

#endif
