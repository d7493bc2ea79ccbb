/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who a domain is: finds the rule that the configuration has for it, by the name and the UUID that
 * the toolstack put into xenstore. Knows no policy, and believes nothing that a guest can write.
 */
#ifndef XEN_RECLAIM_DOMAINS_H
#define XEN_RECLAIM_DOMAINS_H

#include "host/inventory.h"
#include "host/store.h"

/** DOMAIN_NAME_SIZE - room for any name that is looked up; libxl has no limit. */
#define DOMAIN_NAME_SIZE 256

/**
 * domain_name() - as the toolstack has it, byte by byte: what rules are compared with.
 * Return: 0; -ENOTCONN without a connection; else a negative errno, and @buf is "".
 */
int domain_name(struct store *s, unsigned domid, char buf[static DOMAIN_NAME_SIZE]);

/** domain_name_text() - the same as make_text() has it, to be shown. */
int domain_name_text(struct store *s, unsigned domid, char buf[static DOMAIN_NAME_SIZE]);

/** domain_is_passing() - what the toolstack calls a domain while it migrates: no name yet, or none
 * any more. */
bool domain_is_passing(const char *name);

/** DOMAIN_UUID_SIZE - room for any value in the place of a UUID, which has 36 characters. */
#define DOMAIN_UUID_SIZE 256

/**
 * domain_uuid() - as the toolstack has it, unchecked; "" if it has none, as dom0.
 * Return: 0; -ENOTCONN without a connection; else a negative errno.
 */
int domain_uuid(struct store *s, unsigned domid, char buf[static DOMAIN_UUID_SIZE]);

/** is_uuid() - 36 characters of a UUID's form, in either case. */
bool is_uuid(const char *s);

/** DOMAINS_AT_ONCE - so many domains are looked up while somebody waits for a decision. */
#define DOMAINS_AT_ONCE 64

/**
 * domains_name() - name the disks of domains that have no name yet. Two reads a domain, once in
 * the life of its disks; none where there are no rules. A rule for its UUID goes before one for
 * its name. A domain that cannot be looked up stays without: vbd_is_excluded() then spares it where
 * a rule excludes any.
 * @most: domains to look up at most; the rest has its turn the next time.
 */
void domains_name(struct store *s, const struct policy *p, struct vbd_list *list, unsigned most);

/**
 * domains_rule() - of a domain of this UUID and this name.
 * Return: 1 + index of the rule, or 0: there is none.
 */
uint16_t domains_rule(const struct policy *p, const char *uuid, const char *name);

/**
 * domains_learn_grants() - which disks have persistent grants, as their guests said before they
 * were connected. A disk is looked up at the 1st, 2nd, 4th, 8th and 16th scan that found it in use,
 * until it is seen to have them. One whose guest lies about it is treated as the other kind is.
 * @most: disks to look up at most; the rest has its turn the next time.
 */
void domains_learn_grants(struct store *s, struct vbd_list *list, unsigned most);

/** domains_forget() - there are other rules now: all names are to be looked up again. */
void domains_forget(struct vbd_list *list);

#endif
