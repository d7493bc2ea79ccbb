/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics in Prometheus' text form, as node_exporter's textfile collector takes it: how figures are
 * named and written down. Pure: no I/O; metrics-file.c gathers the figures and writes the text.
 */
#ifndef XEN_RECLAIM_METRICS_H
#define XEN_RECLAIM_METRICS_H

#include "daemon/report.h"
#include "host/domains.h"
#include "host/memory.h"

/** So many domains have series of their own, those that hold most; the rest has one sum. */
#define METRICS_DOMAINS_MAX 20

/** No text is longer: of it 120 lines count actions, 63 tell of domains with a name each. */
#define METRICS_MAX_BYTES ((size_t)128 * 1024)

/** struct metrics_domain - what the disks of one domain hold; @name: as the toolstack has it. */
struct metrics_domain {
	uint16_t domid;
	char name[DOMAIN_NAME_SIZE];
	uint64_t held_kb[LEVEL_COUNT];
};

/**
 * struct metrics_domains - who holds what, as far as the kernel shows it.
 * @domain:	 in no order.
 * @others:	 number of domains that have no place there, with what they hold together.
 */
struct metrics_domains {
	size_t n;
	struct metrics_domain domain[METRICS_DOMAINS_MAX];
	size_t others;
	uint64_t others_kb[LEVEL_COUNT];
};

/**
 * metrics_domains() - the largest holders, without their names. Linear in the number of disks,
 * which are ordered by domain.
 */
void metrics_domains(const struct vbd *vbds, size_t n, struct metrics_domains *d);

/**
 * struct metrics - all that is shown.
 * @balloon_known, @psi_known: this machine has these figures.
 * @held_kb: as struct sample has it, where @balloon_known.
 */
struct metrics {
	const struct report *report;
	int64_t held_kb;
	bool balloon_known;
	struct balloon balloon;
	bool psi_known;
	struct psi_totals psi;
	struct metrics_domains domains;
};

/** metrics_render() - Return: length of the text, or -ENOBUFS if it does not fit. */
int metrics_render(const struct metrics *m, char *buf, size_t size);

#endif
