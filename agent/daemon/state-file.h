/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file in /run in which the daemon says what it knows, for xen-reclaim status and watch.
 * Written with each action and verdict, and some seconds after other decisions;
 * never while nothing happens.
 */
#ifndef XEN_RECLAIM_STATE_FILE_H
#define XEN_RECLAIM_STATE_FILE_H

#include "core/controller.h"
#include "daemon/report.h"
#include "host/config.h"
#include "host/lock.h"

/** state_file_write() - replace the file. Return: 0 or a negative errno. */
int state_file_write(int root, const struct report *r, const struct config *config,
		     const struct controller *c);

#endif
