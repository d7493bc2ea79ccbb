// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rows for xen-reclaim top: disks, or domains with the sums over their disks, sorted; see top.h.
 * Scans and prints nothing.
 */
#include "cli/top.h"

#include "cli/seen.h"

#include "core/idle.h"
#include "core/vbds.h"
#include "host/domains.h"
#include "host/util.h"

#include <string.h>

static void add_disk(const struct top *t, struct row *r, const struct disk *d)
{
	uint64_t idle_us = d->vbd.shows ? d->vbd.idle_us : d->still_us;

	r->disks++;
	r->idle_known &= d->vbd.shows || d->moving;
	r->seen &= vbd_seen(&d->vbd);
	r->moving &= d->moving;
	r->requests_s += d->requests_s;
	r->kb_s += d->kb_s;
	r->unused_s = d->unused_s;
	r->idle += t->by_disk ? idle_us / USEC_PER_SEC
			      : idle_us >= vbd_idle_time_us(&t->config.policy, &d->vbd);
	for (int l = 0; l < LEVEL_COUNT; l++)
		r->held_kb[l] += d->vbd.held_kb[l];
}

static uint64_t held(const struct row *r)
{
	uint64_t kb = 0;

	for (int l = 0; l < LEVEL_COUNT; l++)
		kb += r->held_kb[l];
	return kb;
}

/* The most first. */
static int by_number(uint64_t a, uint64_t b)
{
	return a > b ? -1 : a < b;
}

static int compare_rows(const void *x, const void *y, void *user)
{
	const struct row *a = x;
	const struct row *b = y;
	int r = 0;

	switch (*(const enum sort *)user) {
	case SORT_HELD:
		r = by_number(held(a), held(b));
		break;
	case SORT_IO:
		r = by_number(a->kb_s, b->kb_s);
		break;
	case SORT_IDLE:
		r = by_number(a->idle, b->idle);
		break;
	case SORT_NAME:
	case SORT_COUNT:
		r = strcmp(a->name, b->name);
		break;
	}
	return r ? r : vbd_compare(a->vbd, b->vbd);
}

/* A domain's name is looked up once, for the first of its disks. */
static void start_row(struct top *t, struct row *r, const struct vbd *v, bool same_domain)
{
	*r = (struct row){.vbd = v, .idle_known = true, .seen = ALL_LEVELS, .moving = true};
	if (same_domain) {
		memcpy(r->name, r[-1].name, sizeof(r->name));
		r->named = r[-1].named;
		return;
	}
	r->named = domain_name_text(&t->store, v->domid, r->name) >= 0;
	if (!r->named)
		(void)snprintf(r->name, sizeof(r->name), "?");
}

static bool is_wanted(const struct top *t, const struct row *r)
{
	char number[8];

	(void)snprintf(number, sizeof(number), "%u", r->vbd->domid);
	return !t->filter[0] || strstr(r->name, t->filter) || strcmp(number, t->filter) == 0;
}

static void drop_unwanted(struct top *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n_rows; i++)
		if (is_wanted(t, &t->rows[i]))
			t->rows[n++] = t->rows[i];
	t->n_rows = n;
}

int top_make_rows(struct top *t)
{
	struct row *rows = reallocarray(t->rows, t->now.n + 1, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	t->rows = rows;
	t->n_rows = 0;
	for (size_t i = 0; i < t->now.n; i++) {
		const struct disk *d = &t->now.disks[i];
		bool same_domain = i > 0 && d->vbd.domid == d[-1].vbd.domid;

		if (t->by_disk || !same_domain)
			start_row(t, &rows[t->n_rows++], &d->vbd, same_domain);
		add_disk(t, &rows[t->n_rows - 1], d);
	}
	drop_unwanted(t);
	qsort_r(rows, t->n_rows, sizeof(*rows), compare_rows, &t->sort);
	return 0;
}
