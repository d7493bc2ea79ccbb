// SPDX-License-Identifier: GPL-2.0-or-later
/* Prometheus' text form; see metrics.h. Source: its "Exposition formats", version 0.0.4. */
#include "daemon/metrics.h"

#include "core/names.h"
#include "host/util.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define BYTES_PER_KB 1024

/* --- who holds most ------------------------------------------------------------------------- */

static uint64_t sum(const uint64_t kb[static LEVEL_COUNT])
{
	uint64_t all = 0;

	for (int l = 0; l < LEVEL_COUNT; l++)
		all += kb[l];
	return all;
}

static void add(uint64_t to[static LEVEL_COUNT], const uint64_t kb[static LEVEL_COUNT])
{
	for (int l = 0; l < LEVEL_COUNT; l++)
		to[l] += kb[l];
}

/* Keeps it, and where there is no place puts the least of all to the others. */
static void keep(struct metrics_domains *d, struct metrics_domain *one)
{
	struct metrics_domain *least = &d->domain[0];

	if (d->n < METRICS_DOMAINS_MAX) {
		d->domain[d->n++] = *one;
		return;
	}
	for (size_t i = 1; i < d->n; i++)
		if (sum(d->domain[i].held_kb) < sum(least->held_kb))
			least = &d->domain[i];
	if (sum(one->held_kb) > sum(least->held_kb)) {
		struct metrics_domain out = *least;

		*least = *one;
		*one = out;
	}
	d->others++;
	add(d->others_kb, one->held_kb);
}

void metrics_domains(const struct vbd *vbds, size_t n, struct metrics_domains *d)
{
	const struct vbd *v = vbds;
	const struct vbd *end = vbds + n;

	*d = (struct metrics_domains){0};
	while (v < end) {
		struct metrics_domain one = {.domid = v->domid};
		bool shows = false;

		for (; v < end && v->domid == one.domid; v++) {
			if (!v->shows)
				continue;
			shows = true;
			add(one.held_kb, v->held_kb);
		}
		if (shows)
			keep(d, &one);
	}
}

/* --- the text ------------------------------------------------------------------------------- */

struct text {
	char *buf;
	size_t size;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->len >= t->size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	t->len += n > 0 ? (size_t)n : 0;
}

static void head(struct text *t, const char *name, const char *type, const char *help)
{
	put(t, "# HELP xen_reclaim_%s %s\n# TYPE xen_reclaim_%s %s\n", name, help, name, type);
}

static void value(struct text *t, const char *name, const char *type, const char *help, int64_t v)
{
	head(t, name, type, help);
	put(t, "xen_reclaim_%s %" PRId64 "\n", name, v);
}

static void info(struct text *t, const char *name, const char *label, const char *is,
		 const char *help)
{
	head(t, name, "gauge", help);
	put(t, "xen_reclaim_%s{%s=\"%s\"} 1\n", name, label, is);
}

/* All combinations, from the start and as 0: the first of a kind is an increase, too. */
static void put_actions(struct text *t, const struct report *r)
{
	head(t, "actions_total", "counter",
	     "Reclaims that were judged, by what set them off, how far they went, whose disks "
	     "they were for and what became of them.");
	for (int c = 0; c < CAUSE_COUNT; c++)
		for (int l = 0; l < LEVEL_COUNT; l++)
			for (int s = 0; s < SCOPE_COUNT; s++)
				for (int v = VERDICT_OPEN + 1; v < VERDICT_COUNT; v++)
					put(t,
					    "xen_reclaim_actions_total{cause=\"%s\",level=\"%s\","
					    "scope=\"%s\",verdict=\"%s\"} %" PRIu64 "\n",
					    cause_names[c], levels[l].name, scope_names[s],
					    verdict_names[v], r->verdicts[c][l][s][v]);
}

static void put_levels(struct text *t, const struct diagnosis *d)
{
	head(t, "gives_ram", "gauge",
	     "Whether a level gives RAM back on this host: 1 yes, 0 no; absent where unknown.");
	for (int l = 0; l < LEVEL_COUNT; l++)
		if (d->gives_ram[l] != ANSWER_UNKNOWN)
			put(t, "xen_reclaim_gives_ram{level=\"%s\"} %d\n", levels[l].name,
			    d->gives_ram[l] == ANSWER_YES);
}

static void put_aging(struct text *t, const struct aging *aging)
{
	if (!aging)
		return;
	value(t, "aging_unused_seconds", "gauge",
	      "After how long without use memory is given back before it is short; 0: the driver's "
	      "own time.",
	      aging->unused_s);
	info(t, "aging_info", "why", aging_names[aging->why], "Why that time is what it is.");
}

static void put_pressure(struct text *t, const struct psi_totals *psi)
{
	head(t, "pressure_seconds_total", "counter",
	     "Time for which some or all tasks waited for memory, since boot.");
	for (int k = 0; k < PSI_KINDS; k++)
		put(t,
		    "xen_reclaim_pressure_seconds_total{kind=\"%s\"} %" PRIu64 ".%06" PRIu64 "\n",
		    psi_names[k], psi->us[k] / USEC_PER_SEC, psi->us[k] % USEC_PER_SEC);
}

/* A label's value is UTF-8 with some characters escaped; one bad byte spoils the whole file. */
static void put_escaped(struct text *t, const char *name)
{
	char safe[DOMAIN_NAME_SIZE];

	(void)snprintf(safe, sizeof(safe), "%s", name);
	make_text(safe);
	for (const char *at = safe; *at; at++)
		put(t, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
}

static void put_held(struct text *t, const char *domid, const char *name,
		     const uint64_t kb[static LEVEL_COUNT])
{
	for (int l = 0; l < LEVEL_COUNT; l++) {
		put(t, "xen_reclaim_domain_held_bytes{domid=\"%s\",name=\"", domid);
		put_escaped(t, name);
		put(t, "\",kind=\"%s\"} %" PRIu64 "\n", levels[l].name, kb[l] * BYTES_PER_KB);
	}
}

static void put_domains(struct text *t, const struct metrics_domains *d)
{
	char domid[8];

	if (d->n == 0)
		return;
	head(t, "domain_held_bytes", "gauge",
	     "What the disks of a domain hold, whether RAM or not: free pages (pool), persistent "
	     "grants, slots. Domains that hold least are summed as \"others\".");
	for (size_t i = 0; i < d->n; i++) {
		(void)snprintf(domid, sizeof(domid), "%u", d->domain[i].domid);
		put_held(t, domid, d->domain[i].name, d->domain[i].held_kb);
	}
	if (d->others)
		put_held(t, "others", "", d->others_kb);
	value(t, "domains", "gauge", "Domains whose disks show what they hold.",
	      (int64_t)(d->n + d->others));
}

int metrics_render(const struct metrics *m, char *buf, size_t size)
{
	const struct report *r = m->report;
	struct text t = {.buf = buf, .size = size};

	info(&t, "build_info", "version", VERSION, "The daemon that writes this.");
	info(&t, "mechanism_info", "mechanism", r->mechanism, "By what reclaim is done.");
	put_levels(&t, &r->diagnosis);
	put_aging(&t, r->aging);
	put_actions(&t, r);
	value(&t, "reclaimed_bytes_total", "counter",
	      "Memory that was back when a reclaim was done, some of which may be taken again.",
	      r->back_kb * BYTES_PER_KB);
	value(&t, "lasting_bytes_total", "counter",
	      "Memory that was back and still there when the reclaim was judged to have helped.",
	      r->lasting_kb * BYTES_PER_KB);
	if (m->balloon_known) {
		value(&t, "held_bytes", "gauge",
		      "RAM that xen-blkback keeps away from this domain, as far as it is shown.",
		      m->held_kb * BYTES_PER_KB);
		value(&t, "balloon_current_bytes", "gauge", "What this domain has.",
		      (int64_t)m->balloon.current_kb * BYTES_PER_KB);
		value(&t, "balloon_target_bytes", "gauge", "What this domain is to have.",
		      (int64_t)m->balloon.target_kb * BYTES_PER_KB);
	}
	if (m->psi_known)
		put_pressure(&t, &m->psi);
	put_domains(&t, &m->domains);
	return t.len < size ? (int)t.len : -ENOBUFS;
}
