/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an administrator changed of the daemon's unit, by the files that systemd reads. */
#ifndef XEN_RECLAIM_UNIT_H
#define XEN_RECLAIM_UNIT_H

#include <stddef.h>

/**
 * unit_changes() - drop-ins, and units that take the place of the one that is installed.
 * @root: directory descriptor that stands for "/".
 * @path: one of these files, cut to @size; unchanged if there is none.
 *
 * Return: how many there are.
 */
unsigned unit_changes(int root, char *path, size_t size);

#endif
