// SPDX-License-Identifier: GPL-2.0-or-later
/* The metrics file; see metrics-file.h. Knows nothing of how figures are named. */
#include "metrics-file.h"

#include "metrics.h"
#include "util.h"

static void find_names(struct store *store, struct metrics_domains *d)
{
	char path[48];

	for (size_t i = 0; i < d->n && store->xs; i++) {
		struct metrics_domain *one = &d->domain[i];

		(void)snprintf(path, sizeof(path), "/local/domain/%u/name", one->domid);
		if (store_read(store, path, one->name, sizeof(one->name)) < 0)
			one->name[0] = '\0';
	}
}

int metrics_file_write(int root, const char *path, const struct report *r,
		       const struct inventory *inv, const struct host *h, struct store *store)
{
	static char text[METRICS_MAX_BYTES]; /* nothing is allocated under pressure */
	struct metrics m = {.report = r};
	int len;

	m.balloon_known = host_balloon(h, &m.balloon) == 0;
	m.held_kb = balloon_held_kb(&m.balloon) + (int64_t)inventory_request_kb(inv);
	m.psi_known = psi_read(root, &m.psi) == 0;
	metrics_domains(inv->now.vbds, inv->now.n, &m.domains);
	find_names(store, &m.domains);
	len = metrics_render(&m, text, sizeof(text));
	return len < 0 ? len : publish_file(root, path, text, (size_t)len);
}
