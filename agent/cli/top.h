/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What xen-reclaim top keeps between its parts: top-scan.c scans disks, top-rows.c makes rows of
 * them, top-show.c prints these, top-live.c has the screen and its keys.
 */
#ifndef XEN_RECLAIM_TOP_H
#define XEN_RECLAIM_TOP_H

#include "cli/command.h"
#include "cli/sight.h"

#include "host/config.h"
#include "host/domains.h"
#include "host/inventory.h"
#include "host/memory.h"
#include "host/psi.h"
#include "host/store.h"

/** TOP_DELAY_MAX_S - the longest time between two scans. */
#define TOP_DELAY_MAX_S 3600

/** enum disk_stat - what blkback counts for a disk since it was connected. */
enum disk_stat { STAT_RD_REQ, STAT_WR_REQ, STAT_RD_SECT, STAT_WR_SECT, STAT_COUNT };

/**
 * struct disk - one disk as of one scan.
 * @counted:  @stats are valid.
 * @moving:   so are the figures per second, and @still_us.
 * @still_us: for how long it has served nothing while it was watched.
 * @unused_s: after how long the driver gives back what the disk does not use; 0: not known, never.
 */
struct disk {
	struct vbd vbd;
	bool counted;
	bool moving;
	uint64_t stats[STAT_COUNT];
	uint64_t requests_s;
	uint64_t kb_s;
	uint64_t still_us;
	uint64_t unused_s;
};

/** struct scan - all disks, and pressure, at one time. @psi_known: @psi is valid. */
struct scan {
	struct disk *disks;
	size_t n;
	uint64_t at_us;
	struct psi_totals psi;
	bool psi_known;
};

/**
 * struct row - one disk, or the sums over all disks of a domain.
 * @vbd:	the disk, or the domain's first.
 * @named:	@name is the domain's, and not "?".
 * @idle_known: @idle is valid: on a stock driver it counts from when top began.
 * @seen:	levels whose @held_kb is valid.
 * @moving:	so are the figures per second.
 * @idle:	how many disks are idle; of one disk: for how many seconds.
 * @unused_s:	of one disk, as struct disk has it.
 */
struct row {
	const struct vbd *vbd;
	char name[DOMAIN_NAME_SIZE];
	bool named;
	uint64_t disks;
	bool idle_known;
	unsigned seen;
	bool moving;
	uint64_t idle;
	uint64_t unused_s;
	uint64_t held_kb[LEVEL_COUNT];
	uint64_t requests_s;
	uint64_t kb_s;
};

enum sort { SORT_HELD, SORT_IO, SORT_IDLE, SORT_NAME, SORT_COUNT };

/**
 * struct top - all of it.
 * @count:	 scans to print; 0: until it is stopped. For what is no screen.
 * @filter:	 only domains whose name has this in it, or whose number it is; "": all.
 * @config:	 says which disks are idle.
 * @now, @before: the last two scans; figures per second take two.
 */
struct top {
	int root;
	bool by_disk;
	enum sort sort;
	uint64_t delay_s;
	uint64_t count;
	char filter[64];
	struct config config;
	struct inventory inventory;
	struct sight sight;
	struct store store;
	struct memory memory;
	struct scan now;
	struct scan before;
	struct row *rows;
	size_t n_rows;
};

/** top_scan() - Return: 0 or a negative errno. */
int top_scan(struct top *t);

/**
 * top_stalled() - share of the time between the last two scans, in tenths of a percent.
 * Return: false: it is not known.
 */
bool top_stalled(const struct top *t, enum psi_kind kind, uint64_t *permille);

/** top_make_rows() - of the last scan, sorted. Return: 0 or -ENOMEM. */
int top_make_rows(struct top *t);

#define TOP_HEAD_SIZE 256

/** top_head() - pressure, memory and mechanism in one line. */
void top_head(const struct top *t, char buf[static TOP_HEAD_SIZE]);

/** top_table() - lines for so many columns, the first with their names; to be freed, or NULL. */
char *top_table(const struct top *t, size_t columns);

/** top_print() - head, and table. */
void top_print(const struct top *t);

/** top_print_table() - on 80 columns. */
void top_print_table(const struct top *t);

/** top_print_json() - of rows that are disks; on one line or on many. */
void top_print_json(const struct top *t, bool one_line);

/** top_has_screen() - a terminal whose cursor can be moved is there, for top_live(). */
bool top_has_screen(void);

/** top_live() - on the screen, until it is stopped. Return: 0 or a negative errno. */
int top_live(struct top *t);

#endif
