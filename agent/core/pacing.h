/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How often to scan the disks under pressure. Scans nothing. */
#ifndef XEN_RECLAIM_PACING_H
#define XEN_RECLAIM_PACING_H

#include "core/types.h"

/**
 * scan_pause_us() - how long not to scan again under pressure: scanning takes a fixed share of the
 * processor, however many disks there are; but never longer than the shortest idle time, or disks
 * would become idle unseen.
 * @scan_us: processor time of the last scan.
 */
uint64_t scan_pause_us(const struct policy *p, uint64_t scan_us);

/** least_idle_us() - the shortest idle time of all, those of domains among them. */
uint64_t least_idle_us(const struct policy *p);

#endif
