/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The metrics file: gathers what metrics.c writes down and puts it in place. Knows neither policy
 * nor event loop: the caller says when something has changed.
 */
#ifndef XEN_RECLAIM_METRICS_FILE_H
#define XEN_RECLAIM_METRICS_FILE_H

#include "daemon/report.h"
#include "host/memory.h"
#include "host/store.h"

/**
 * metrics_file_write() - replace the file.
 * @path:  below @root.
 * @r:	   totals since start.
 * @inv:   disks as of the last scan.
 * @h:	   to ask for the balloon.
 * @store: for the names of at most METRICS_DOMAINS_MAX domains; may be closed.
 *
 * Return: 0 or a negative errno; then the old file is still there. -EEXIST: it is another
 * program's.
 */
int metrics_file_write(int root, const char *path, const struct report *r,
		       const struct inventory *inv, const struct memory *h, struct store *store);

/** metrics_file_drop() - remove the file, unless it is another program's. */
void metrics_file_drop(int root, const char *path);

#endif
