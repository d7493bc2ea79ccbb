/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of the mailboxes in xenstore: their paths, and what a request and a response look
 * like. Parses and prints only; knows neither xenstore nor the agent.
 */
#ifndef XEN_RECLAIM_MAILBOX_H
#define XEN_RECLAIM_MAILBOX_H

#include "core/types.h"

#include <stddef.h>
#include <stdint.h>

#define MAILBOX_REQUEST	 "blkback-reclaim/request"
#define MAILBOX_RESPONSE "blkback-reclaim/response"
#define MAILBOX_AGENT	 "blkback-reclaim/agent"
#define MAILBOX_VERSION	 "1"

/** MAILBOX_OWN() - a node of a driver domain's own mailbox: below data/ it may write as it likes.
 */
#define MAILBOX_OWN(node) "data/" node

/**
 * enum mailbox - who asks there. In dom0 that is one mailbox. A driver domain reads the request in
 * the toolstack's and cannot write it, so it has another for who asks within the domain.
 */
enum mailbox { MAILBOX_TOOLSTACKS, MAILBOX_DRIVER_DOMAINS, MAILBOX_COUNT };

/** struct mailbox_paths - below the domain's own directory. */
struct mailbox_paths {
	const char *request;
	const char *response;
	const char *agent;
};

extern const struct mailbox_paths mailboxes[MAILBOX_COUNT];

/** No request and no response is longer than this, without its terminator. */
#define MAILBOX_MAX_CHARS 127

/**
 * struct request - "<id> <deadline> <level> <ms|-> <domid|*>[/<devid>]".
 * @deadline_s: seconds since the epoch; past it nobody waits any more.
 * @window_ms:	1 to 60000; 0 where "-" leaves it to the agent.
 * @domid:	0 to 32751, or EVERY.
 * @devid:	of one device, or EVERY.
 */
struct request {
	uint64_t id;
	uint64_t deadline_s;
	enum level level;
	uint32_t window_ms;
	int domid;
	int64_t devid;
};

/**
 * request_parse() - everything strict: one space between words, no sign, nothing after.
 * @id: set as soon as the id is known, so that an error can be answered; else 0.
 *
 * Return: 0; -ENOENT for an empty mailbox; -EINVAL; -ERANGE.
 */
int request_parse(const char *text, size_t len, struct request *r, uint64_t *id);

/** request_print() - Return: 0, or -ENOBUFS. */
int request_print(const struct request *r, char *buf, size_t size);

/**
 * struct response - "<id> ok <vbds> <kB>" or "<id> error <ENAME>".
 * @error: 0 or a positive errno.
 */
struct response {
	uint64_t id;
	int error;
	uint64_t vbds;
	int64_t kb;
};

/** response_parse() - Return: 0; -ENOENT if empty; -EINVAL or -ERANGE for anything odd. */
int response_parse(const char *text, size_t len, struct response *r);

/** response_print() - Return: 0, or -ENOBUFS. */
int response_print(const struct response *r, char *buf, size_t size);

#endif
