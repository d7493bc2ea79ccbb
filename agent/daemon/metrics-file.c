// SPDX-License-Identifier: GPL-2.0-or-later
/* The metrics file; see metrics-file.h. Knows nothing of how figures are named. */
#include "daemon/metrics-file.h"

#include "daemon/metrics.h"
#include "host/domains.h"
#include "host/util.h"

#include <fcntl.h>
#include <string.h>

static void find_names(struct store *store, struct metrics_domains *d)
{
	for (size_t i = 0; i < d->n; i++)
		(void)domain_name(store, d->domain[i].domid, d->domain[i].name);
}

/* What all our figures are called, as the first line of the file has it. */
#define OURS "# HELP xen_reclaim_"

/* Or there is none, or it is empty. */
static bool is_ours(int root, const char *path)
{
	_cleanup_close_ int fd = openat(root, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char text[sizeof(OURS) - 1];
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));

	return n <= 0 || (n == sizeof(text) && memcmp(text, OURS, sizeof(text)) == 0);
}

void metrics_file_drop(int root, const char *path)
{
	if (is_ours(root, path))
		(void)unlinkat(root, path, 0);
}

int metrics_file_write(int root, const char *path, const struct report *r,
		       const struct inventory *inv, const struct memory *h, struct store *store)
{
	static char text[METRICS_MAX_BYTES]; /* nothing is allocated under pressure */
	struct metrics m = {.report = r};
	int len;

	if (!is_ours(root, path))
		return -EEXIST;
	m.balloon_known = memory_balloon(h, &m.balloon) == 0;
	m.held_kb = balloon_mapped_kb(&m.balloon, inv->now.n) + (int64_t)vbds_slots_kb(&inv->now);
	m.psi_known = psi_read(root, &m.psi) == 0;
	metrics_domains(inv->now.vbds, inv->now.n, &m.domains);
	find_names(store, &m.domains);
	len = metrics_render(&m, text, sizeof(text));
	return len < 0 ? len : publish_file(root, path, text, (size_t)len);
}
