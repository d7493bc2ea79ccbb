/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of libxenstore that the agent uses, with errors as negative errno. All paths are
 * relative to this domain's own (/local/domain/<domid>). Knows no policy.
 */
#ifndef XEN_RECLAIM_STORE_H
#define XEN_RECLAIM_STORE_H

#include <stdbool.h>
#include <stddef.h>

struct xs_handle;

/**
 * struct store - a connection; @xs is NULL where there is none, and all calls then fail.
 * @transaction: the one that is open; 0: none.
 * @life: 1 + the descriptor of a second connection, on which nothing is said; 0: there is none, as
 *	  where xenstored is reached through the kernel. libxenstore does not tell that xenstored
 *	  is gone; this socket hangs up.
 */
struct store {
	struct xs_handle *xs;
	unsigned transaction;
	int life;
};

/**
 * store_open() - connect to xenstored.
 * @root: directory descriptor that stands for "/". Where it is another one than the host's, its
 *	  xenstored is the one that XENSTORED_PATH names, or there is none: never the host's.
 *
 * Return: 0, or a negative errno if no xenstored answers.
 */
int store_open(struct store *s, int root);

void store_close(struct store *s);

/** store_life_fd() - a descriptor that hangs up when xenstored is gone, or -1. */
int store_life_fd(const struct store *s);

/** store_fd() - a descriptor that polls readable when store_event() has something. */
int store_fd(const struct store *s);

/** store_watch() - Return: 0 or a negative errno. Fires once at once. */
int store_watch(struct store *s, const char *path);

/** store_unwatch() - Return: 0 or a negative errno. */
int store_unwatch(struct store *s, const char *path);

/**
 * store_event() - the next event, without waiting.
 * @path: which of the watched paths fired, as given to store_watch().
 *
 * Return: 1; 0 if there is none; a negative errno if the connection is gone.
 */
int store_event(struct store *s, char *path, size_t size);

/**
 * store_read() - a value, terminated.
 * Return: its length; -ENOENT; -E2BIG if it does not fit; -EILSEQ if it is no text, which would end
 * elsewhere for whoever reads it as one; else a negative errno.
 */
int store_read(struct store *s, const char *path, char *buf, size_t size);

/** store_domid() - the own domain's number; 0 in dom0, or if xenstore does not say. */
unsigned store_domid(struct store *s);

/** store_write() - Return: 0 or a negative errno. */
int store_write(struct store *s, const char *path, const char *value);

/** store_begin() - all that is read and written until store_end() counts as one. */
int store_begin(struct store *s);

/**
 * store_end() - @keep what was written.
 * Return: 0; -EAGAIN if something that was read changed meanwhile: nothing was written; else a
 * negative errno.
 */
int store_end(struct store *s, bool keep);

#endif
