/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One request through a mailbox in xenstore, to its response: claims the mailbox, waits, and takes
 * the request back. Prints nothing.
 */
#ifndef XEN_RECLAIM_ASK_H
#define XEN_RECLAIM_ASK_H

#include "host/mailbox.h"
#include "host/store.h"

/**
 * mailbox_ask() - ask the agent.
 * @r:	       the id is chosen here.
 * @timeout_s: for all of it, also while others have the mailbox.
 *
 * Return: 0 with the last response; -EHOSTDOWN: no agent is there; -EPROTO: it speaks another
 * version; -ENOMSG: it neither accepts nor refuses; -EBUSY: others had the mailbox all the time;
 * -ETIMEDOUT: it did not come to an end; -EINTR: SIGINT or SIGTERM came; else a negative errno.
 */
int mailbox_ask(struct store *s, const struct mailbox_paths *m, struct request *r,
		uint64_t timeout_s, struct response *response);

#endif
