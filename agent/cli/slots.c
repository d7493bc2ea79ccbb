// SPDX-License-Identifier: GPL-2.0-or-later
/* An estimate of what slots hold; see slots.h. Reads xenstore, and trusts no frontend. */
#include "cli/slots.h"

#include "core/vbds.h"
#include "host/util.h"

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

/* xenbus's XenbusStateConnected: before that the driver has no slots for the disk. */
#define CONNECTED 4

/* What the frontend chose, as far as the backend lets it. */
static uint64_t agreed(uint64_t chosen, uint64_t offered, uint64_t most)
{
	return min_u64(chosen, min_u64(offered, most));
}

/* Return: false if the disk has gone, or is not connected, as the backend says. */
static bool read_rings(struct store *s, const struct vbd *v, uint64_t *queues, uint64_t *order)
{
	char backend[64];
	char path[96];
	char frontend[256];

	(void)snprintf(backend, sizeof(backend), "backend/vbd/%u/%u", v->domid, v->devid);
	(void)snprintf(path, sizeof(path), "%s/frontend", backend);
	if (store_read(s, path, frontend, sizeof(frontend)) <= 0)
		return false;
	if (read_key(s, backend, "state", 0) != CONNECTED)
		return false;
	*queues = agreed(read_key(s, frontend, "multi-queue-num-queues", 1),
			 read_key(s, backend, "multi-queue-max-queues", 1), QUEUES_MAX);
	*order = agreed(read_key(s, frontend, "ring-page-order", 0),
			read_key(s, backend, "max-ring-page-order", 0), ORDER_MAX);
	*queues = max_u64(*queues, 1);
	return true;
}

static uint64_t stock_kb(uint64_t queues, uint64_t order)
{
	return queues * (SLOTS_PER_PAGE << order) * STOCK_SLOT_KB;
}

/* Return: what the stock driver holds of the disk. */
static uint64_t add(struct store *s, const struct vbd *v, struct slots *sum)
{
	uint64_t queues;
	uint64_t order;
	uint64_t kb;

	if (!read_rings(s, v, &queues, &order))
		return 0;
	kb = stock_kb(queues, order);
	sum->disks++;
	sum->rings += queues;
	sum->held_kb += kb;
	sum->kept_kb += queues * KEPT_PER_RING_KB;
	sum->one_page_kb += stock_kb(queues, 0);
	sum->one_ring_kb += stock_kb(1, order);
	if (!v->shows)
		sum->hidden_kb += kb - queues * KEPT_PER_RING_KB;
	return kb;
}

static void add_guest(struct slots *sum, uint64_t kb)
{
	if (kb == 0)
		return;
	sum->least_kb = sum->guests ? min_u64(sum->least_kb, kb) : kb;
	sum->most_kb = max_u64(sum->most_kb, kb);
	sum->guests++;
}

struct slots slots_estimate(struct store *s, const struct inventory *inv)
{
	struct slots sum = {0};

	int guest = EVERY;
	uint64_t kb = 0;

	for_each_vbd(v, &inv->now) {
		if (v->domid != guest) {
			add_guest(&sum, kb);
			kb = 0;
		}
		guest = v->domid;
		kb += add(s, v, &sum);
	}
	add_guest(&sum, kb);
	return sum;
}
