// SPDX-License-Identifier: GPL-2.0-or-later
/* An estimate of what slots hold; see slots.h. Reads xenstore, and trusts no frontend. */
#include "cli/slots.h"

#include "core/vbds.h"
#include "host/util.h"

#define KEPT_PER_RING_KB 32

/* Linux's driver allows no more, whatever xenstore says. */
#define ORDER_MAX  4
#define QUEUES_MAX 256

static uint64_t read_key(struct store *s, const char *dir, const char *key, uint64_t otherwise)
{
	char path[384];
	char text[24];
	uint64_t v;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, key);
	if (store_read(s, path, text, sizeof(text)) < 0 || parse_number(text, &v) < 0)
		return otherwise;
	return v;
}

/* What the frontend chose, as far as the backend lets it. */
static uint64_t agreed(uint64_t chosen, uint64_t offered, uint64_t most)
{
	return min_u64(chosen, min_u64(offered, most));
}

static void add(struct store *s, const struct vbd *v, struct slots *sum)
{
	char backend[64];
	char path[96];
	char frontend[256];
	uint64_t queues;
	uint64_t order;

	(void)snprintf(backend, sizeof(backend), "backend/vbd/%u/%u", v->domid, v->devid);
	(void)snprintf(path, sizeof(path), "%s/frontend", backend);
	if (store_read(s, path, frontend, sizeof(frontend)) <= 0)
		return;
	queues = agreed(read_key(s, frontend, "multi-queue-num-queues", 1),
			read_key(s, backend, "multi-queue-max-queues", 1), QUEUES_MAX);
	order = agreed(read_key(s, frontend, "ring-page-order", 0),
		       read_key(s, backend, "max-ring-page-order", 0), ORDER_MAX);
	queues = max_u64(queues, 1);
	sum->held_kb += queues * (SLOTS_PER_PAGE << order) * STOCK_SLOT_KB;
	sum->kept_kb += queues * KEPT_PER_RING_KB;
}

struct slots slots_estimate(struct store *s, const struct inventory *inv)
{
	struct slots sum = {0};

	for_each_vbd(v, &inv->now)
		if (!v->shows)
			add(s, v, &sum);
	return sum;
}
