/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One disk of this guest, by a frontend of our own in place of its kernel's, which has to be
 * unbound from the disk before: what both sides say in xenstore. It must not know what is done with
 * the disk.
 */
#pragma once
#include <stdbool.h>
#include <xenstore.h>

/* enum xenbus_state of Xen's public header xenbus.h, as xenstore has it */
enum {
	INITIALISING = '1',
	INIT_WAIT = '2',
	INITIALISED = '3',
	CONNECTED = '4',
	CLOSING = '5',
	CLOSED = '6'
};

struct frontend {
	struct xs_handle *xs;
	const char *disk; /* 51712 */
	unsigned int backend_domid;
	char *backend; /* path */
};

/* All of these say on stderr what failed. */
bool frontend_open(struct frontend *self, const char *disk);
void frontend_close(struct frontend *self);
/* Writes its state, and waits up to a minute for the backend's. */
bool frontend_go_to(struct frontend *self, char state, char backend_state);
bool frontend_write(struct frontend *self, const char *key, const char *value);
/* A key that is not there is removed, too. */
void frontend_remove(struct frontend *self, const char *key);
