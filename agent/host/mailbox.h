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
#define MAILBOX_VERSION	 "2"

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

/** MAILBOX_ACCEPT_US - an agent that runs accepts or refuses a request within this time. */
#define MAILBOX_ACCEPT_US (5 * USEC_PER_SEC)

/** MAILBOX_SERVE_US - and is done with one that it accepted within this time. */
#define MAILBOX_SERVE_US (120 * USEC_PER_SEC)

/**
 * struct request - "<id> <levels> <ms|-> <domid|*>[/<devid>]". The node that holds it is claimed by
 * whoever asks; who is done with it, or gives up, empties it.
 * @id:		random: no two requests have the same.
 * @levels:	set of levels; 0, written "all": whatever gives memory back there.
 * @window_ms:	1 to 60000; 0 where "-" leaves it to the agent.
 * @domid:	0 to 32751, or EVERY.
 * @devid:	of one device, or EVERY.
 */
struct request {
	uint64_t id;
	unsigned levels;
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
 * struct response - "<id> accepted", and later "<id> ok <vbds> <kB>" or "<id> error <ENAME>".
 * @accepted: another one follows.
 * @error: 0 or a positive errno.
 */
struct response {
	uint64_t id;
	bool accepted;
	int error;
	uint64_t vbds;
	int64_t kb;
};

/** response_parse() - Return: 0; -ENOENT if empty; -EINVAL or -ERANGE for anything odd. */
int response_parse(const char *text, size_t len, struct response *r);

/** response_print() - Return: 0, or -ENOBUFS. */
int response_print(const struct response *r, char *buf, size_t size);

/**
 * struct claim - what somebody who waits for the mailbox last saw in it.
 * @since_us: both have not changed since, by the watcher's own clock.
 */
struct claim {
	char request[MAILBOX_MAX_CHARS + 2];
	char response[MAILBOX_MAX_CHARS + 2];
	uint64_t since_us;
};

/**
 * claim_ends_us() - note what is in the mailbox now. Return: from when on the request there may be
 * overwritten, since whoever wrote it does not live any more; @now_us if there is none.
 */
uint64_t claim_ends_us(struct claim *c, const char *request, const char *response, uint64_t now_us);

#endif
