/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets share: what is asserted, an input cut into fields, and a xenstore that is
 * none. Knows no target.
 */
#ifndef XEN_RECLAIM_FUZZ_H
#define XEN_RECLAIM_FUZZ_H

#include "host/util.h"

#include <string.h>

/** FIELD_END - ends a field of an input; it never stands in UTF-8 nor in anything printable. */
#define FIELD_END 0xfe

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define check(ok)                                                                                  \
	do {                                                                                       \
		if (!(ok)) {                                                                       \
			(void)dprintf(STDERR_FILENO, "%s:%d: %s\n", __FILE__, __LINE__, #ok);      \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/** struct input - what is left of one. */
struct input {
	const uint8_t *at;
	size_t left;
};

/** next_field() - terminated, cut to @size - 1 bytes. Return: its length; empty at the end. */
static inline size_t next_field(struct input *in, char *buf, size_t size)
{
	const uint8_t *end = in->left ? memchr(in->at, FIELD_END, in->left) : NULL;
	size_t whole = end ? (size_t)(end - in->at) : in->left;
	size_t len = whole < size ? whole : size - 1;

	if (len)
		memcpy(buf, in->at, len);
	buf[len] = '\0';
	whole += end != NULL;
	in->at += whole;
	in->left -= whole;
	return len;
}

/** next_number() - of 64 bits, the first byte the lowest; zero where the input ends. */
static inline uint64_t next_number(struct input *in)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 64 && in->left; i += 8, in->left--)
		v |= (uint64_t)*in->at++ << i;
	return v;
}

/** check_printable() - nothing that make_text() would change, but for @also. */
static inline void check_printable(const char *text, size_t len, const char *also)
{
	char *is = strndup(text, len);
	char *was;

	check(is && strlen(is) == len);
	for (char *at = is; *at; at++)
		if (strchr(also, *at))
			*at = ' ';
	was = strdup(is);
	make_text(is);
	check(was && strcmp(is, was) == 0);
	free(was);
	free(is);
}

/**
 * struct store_value - what every path that ends in @key holds; not there where @len is 0.
 */
struct store_value {
	const char *key;
	char value[512];
	size_t len;
};

/** journal_entries - so many were made; fake-journal.c, in the place of libsystemd. */
extern unsigned journal_entries;

/* fake-xenstore.c: in the place of libxenstore. */
extern struct store_value *store_values;
extern size_t n_store_values;

/** store_token - what the next watch event names; NULL: there is none. */
extern const char *store_token;

/** store_wrote - set to what is written. */
extern void (*store_wrote)(const char *path, const char *value, size_t len);

#endif
