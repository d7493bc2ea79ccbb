/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What xen-reclaim status prints for people, from the object that it prints for programs with
 * --json. Knows no host and no file.
 */
#ifndef XEN_RECLAIM_STATUS_H
#define XEN_RECLAIM_STATUS_H

#include <stdbool.h>

struct json_object;

/** status_line() - "key         text". */
__attribute__((format(printf, 2, 3))) void status_line(const char *key, const char *fmt, ...);

/** status_print_host() - pressure, balloon, memory, mechanism, parameters. */
void status_print_host(struct json_object *o);

/**
 * status_print_domains() - a table of domains; nothing if there are none.
 * @rules: the configuration has rules of domains: show which rule each one matched.
 */
void status_print_domains(struct json_object *list, bool rules);

/** status_print_daemon() - what the state file says, read with distrust. */
void status_print_daemon(struct json_object *d);

#endif
