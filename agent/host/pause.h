/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file in /run by which an administrator pauses the daemon: 1 or 0. The daemon makes it, and
 * sees each time that it is written.
 */
#ifndef XEN_RECLAIM_PAUSE_H
#define XEN_RECLAIM_PAUSE_H

#include "host/lock.h"

#define PAUSE_FILE RUN_DIR "/pause"

/**
 * pause_open() - make the file unless it is there.
 * Return: a descriptor, or a negative errno.
 */
int pause_open(int root);

/** pause_read() - Return: whether the daemon is to pause. */
bool pause_read(int root);

/** pause_write() - Return: 0; -ENOENT: no daemon has made the file; else a negative errno. */
int pause_write(int root, bool pause);

#endif
