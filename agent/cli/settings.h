/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration, for commands that show disks by it. Changes nothing. */
#ifndef XEN_RECLAIM_SETTINGS_H
#define XEN_RECLAIM_SETTINGS_H

#include "host/config.h"

/**
 * settings_read() - the configuration, or the defaults if it has a mistake: to report that is up to
 * the daemon. The caller ends it with config_free().
 */
struct config settings_read(int root);

#endif
