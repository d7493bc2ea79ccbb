/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traces: what happened on a host, one event a line, as `xen-reclaim watch --record` writes and
 * `xen-reclaim replay` reads it. Parses and prints only; knows neither hosts nor the policy.
 *
 *	xen-reclaim-trace 1 recorded|simulated
 *	MS WORD ARGUMENT...
 *
 * One space between words; MS are milliseconds from the start and never fall; "-" stands for what
 * is not known; blank lines and lines that begin with "#" are passed over.
 *
 *	host MECHANISM LEVEL...		levels that give RAM back; none: "-"
 *	soft				pressure "some" passed its threshold
 *	hard				pressure "full" did
 *	psi SOME_US FULL_US		totals since boot
 *	memory HELD|- AVAILABLE PSWPIN PSWPOUT	kB, kB, pages, pages
 *	balloon TARGET CURRENT		kB
 *	domain DOMID UUID|- NAME	who a domain is
 *	disk DOMID DEVID LEVELS SQUEEZE_MS IDLE_MS|- POOL|- GRANTS|- SLOTS|- RATE
 *					one that came or changed: levels with commas, or "-"; kB
 *					held; requests a second
 *	gone DOMID DEVID		one that went
 *	request LEVELS|all MS|- DOMID|*[/DEVID]	somebody asks, as in the mailbox
 *	action CAUSE LEVEL SCOPE	the daemon that was recorded began this; for people
 *	end				nothing more happens until then
 *
 * In a simulated trace memory is a model (sim.h), and five more words move it:
 *
 *	ram KB				what there is for blkback and for everything else
 *	load KB				what everything else wants of it
 *	io DOMID DEVID RATE		a disk's requests a second from now on; 0: idle
 *	free KB				Xen's free memory, for growing
 *	static S			an administrator's persistent_grant_unused_seconds, with
 *					max_buffer_pages=0
 */
#ifndef XEN_RECLAIM_TRACE_H
#define XEN_RECLAIM_TRACE_H

#include "core/types.h"
#include "host/domains.h"
#include "host/mailbox.h"

#include <stdio.h>

#define TRACE_HEAD "xen-reclaim-trace 1"

/** TRACE_LINE_MAX - no line is longer. */
#define TRACE_LINE_MAX 1023

enum trace_word {
	TRACE_HOST,
	TRACE_SOFT,
	TRACE_HARD,
	TRACE_PSI,
	TRACE_MEMORY,
	TRACE_BALLOON,
	TRACE_DOMAIN,
	TRACE_DISK,
	TRACE_GONE,
	TRACE_REQUEST,
	TRACE_ACTION,
	TRACE_END,
	TRACE_RAM,
	TRACE_LOAD,
	TRACE_IO,
	TRACE_FREE,
	TRACE_STATIC,
	TRACE_WORDS
};

extern const char *const trace_words[TRACE_WORDS];

/**
 * struct trace_event - one line. What a word does not speak of is zero.
 * @vbd:   TRACE_DISK, TRACE_GONE, TRACE_IO, and @domid of TRACE_DOMAIN. @shows: idle time known;
 *	   @seen: levels whose @held_kb is known, whoever showed it.
 * @kb:	   TRACE_RAM, TRACE_LOAD, TRACE_FREE.
 * @unused_s: TRACE_STATIC.
 * @uuid:  empty: not known.
 */
struct trace_event {
	uint64_t time_us;
	enum trace_word word;
	enum mechanism mechanism;
	bool gives_ram[LEVEL_COUNT];
	uint64_t some_us;
	uint64_t full_us;
	struct sample sample;
	uint64_t target_kb;
	uint64_t current_kb;
	struct vbd vbd;
	char uuid[37];
	char name[DOMAIN_NAME_SIZE];
	struct request request;
	enum cause cause;
	enum level level;
	enum scope scope;
	uint64_t kb;
	uint32_t unused_s;
};

/** struct trace - a file that is read. @line: the last one's number. */
struct trace {
	FILE *file;
	const char *name;
	bool simulated;
	unsigned line;
	uint64_t last_us;
	char error[256];
};

/**
 * trace_begin() - read the first line.
 * @name: what errors call the file.
 *
 * Return: 0, or -EINVAL, and @t->error says "NAME:LINE: what is wrong".
 */
int trace_begin(struct trace *t, FILE *file, const char *name);

/** trace_next() - Return: 1: @e is set; 0: the end; -EINVAL or -EIO as above. */
int trace_next(struct trace *t, struct trace_event *e);

/** trace_print() - the line, with its end. */
void trace_print(FILE *file, const struct trace_event *e);

#endif
