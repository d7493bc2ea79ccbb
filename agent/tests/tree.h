/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A temporary directory that stands for "/", and what tests put into it. Its files are stubs:
 * plain files where a host has sysfs and procfs, so they take any value and keep whatever is
 * written. Must not know what the files mean.
 */
#ifndef XEN_RECLAIM_TESTS_TREE_H
#define XEN_RECLAIM_TESTS_TREE_H

#include <stdbool.h>
#include <stddef.h>

/** struct tree - @root is what the tested functions take as "/". */
struct tree {
	char path[64];
	int root;
};

void tree_make(struct tree *t);

/** tree_remove() - with all that is in it; of a tree never made: nothing. */
void tree_remove(struct tree *t);

/** tree_put() - a file with this text, in place where there is one; its directories are made. */
void tree_put(const struct tree *t, const char *path, const char *text);

/** tree_put_bytes() - the same for a text that may hold NUL bytes. */
void tree_put_bytes(const struct tree *t, const char *path, const void *bytes, size_t len);

void tree_mkdir(const struct tree *t, const char *path);

/** tree_drop() - a file, a link or a directory, with all that is in it. */
void tree_drop(const struct tree *t, const char *path);

void tree_link(const struct tree *t, const char *path, const char *to);

/** tree_rename() - @to is at no moment missing, as with rename(2). */
void tree_rename(const struct tree *t, const char *from, const char *to);

bool tree_has(const struct tree *t, const char *path);

/** tree_get() - Return: the text as it is, in a buffer that the next call uses again. */
const char *tree_get(const struct tree *t, const char *path);

void tree_expect(const struct tree *t, const char *path, const char *text);

/** struct sealed - a file that can be read, and that refuses every write with EPERM, to root too.
 */
struct sealed {
	int fd;
	char *text;
};

#define SEALED_SIZE 4096

/** tree_seal() - put such a file at @path; what the test puts into @s->text is what is read. */
void tree_seal(const struct tree *t, const char *path, const char *text, struct sealed *s);

void tree_unseal(struct sealed *s);

/* The text of a pressure file whose totals can grow without a moment in between. */
#define PSI_TEXT                                                                                   \
	"some avg10=0.00 avg60=0.00 avg300=0.00 total=00000000\n"                                  \
	"full avg10=0.00 avg60=0.00 avg300=0.00 total=00000000\n"

/**
 * stall() - 100 ms more in the total of @kind of a pressure file, sealed with PSI_TEXT; the default
 * threshold of full is 50 ms.
 */
void stall(struct sealed *s, const char *kind);

/** tree - the one of a test program that needs no more, made and removed around each test. */
extern struct tree tree;

int tree_setup(void **state);
int tree_teardown(void **state);

/** enter_top() - make the top of the source tree the working directory. */
void enter_top(void);

#endif
