// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest that has its backend hold as much as it can for so little of its own memory: each disk
 * gets all queues and the largest rings that the backend offers, and each ring is filled with
 * requests, of as many segments as fit, that all read into one page. It must not know what that
 * costs.
 *
 *   hoard SECONDS DISK...   fill the rings again and again for so long, once if it is 0; then
 *                           keep the disks connected until its input ends
 */
#define _GNU_SOURCE
#include "frontend.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#define mb()  __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#include <xen/io/blkif.h>

#define PAGE_BYTES   4096U
#define ORDER_MAX    4U
#define QUEUES_MAX   8U
#define ANSWER_LOOKS 6000 /* of 10 ms */

struct ring {
	evtchn_port_t port;
	blkif_front_ring_t front;
};

struct disk {
	struct frontend frontend;
	struct ring rings[QUEUES_MAX];
	unsigned int n_rings;
	unsigned int order;
};

static xengntshr_handle *shared;
static xenevtchn_handle *channels;
static uint32_t data_grant; /* of the page that all requests read into */

static bool complain(const char *what)
{
	(void)fprintf(stderr, "hoard: %s: %s\n", what, strerror(errno));
	return false;
}

/* What the backend offers, or otherwise the least. */
static unsigned int offered(const struct frontend *f, const char *key, unsigned int least,
			    unsigned int most)
{
	char path[256];
	unsigned int value = least;
	char *text;

	(void)snprintf(path, sizeof(path), "%s/%s", f->backend, key);
	text = xs_read(f->xs, XBT_NULL, path, NULL);
	if (text)
		value = (unsigned int)strtoul(text, NULL, 10);
	free(text);
	return value > most ? most : value;
}

static bool write_number(struct frontend *f, const char *key, unsigned int value)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", value);
	return frontend_write(f, key, text);
}

/* With one queue its keys are the disk's own; a ring of one page has no number. */
static bool write_ring(struct disk *disk, unsigned int queue, const char *name, unsigned int value)
{
	char key[64];

	if (disk->n_rings > 1)
		(void)snprintf(key, sizeof(key), "queue-%u/%s", queue, name);
	else
		(void)snprintf(key, sizeof(key), "%s", name);
	return write_number(&disk->frontend, key, value);
}

static bool make_ring(struct disk *disk, unsigned int queue)
{
	unsigned int pages = 1U << disk->order;
	struct ring *ring = &disk->rings[queue];
	uint32_t grants[1U << ORDER_MAX];
	blkif_sring_t *ring_pages =
		xengntshr_share_pages(shared, disk->frontend.backend_domid, pages, grants, 1);
	int port = xenevtchn_bind_unbound_port(channels, disk->frontend.backend_domid);
	bool done = true;
	char name[16];

	if (!ring_pages || port < 0)
		return complain("ring");
	ring->port = (evtchn_port_t)port;
	SHARED_RING_INIT(ring_pages);
	FRONT_RING_INIT(&ring->front, ring_pages, pages * PAGE_BYTES);
	for (unsigned int i = 0; done && i < pages; i++) {
		(void)snprintf(name, sizeof(name), "ring-ref%u", i);
		done = write_ring(disk, queue, pages > 1 ? name : "ring-ref", grants[i]);
	}
	return done && write_ring(disk, queue, "event-channel", ring->port);
}

static bool connect_disk(struct disk *disk)
{
	struct frontend *f = &disk->frontend;

	if (!frontend_go_to(f, INITIALISING, INIT_WAIT))
		return false;
	disk->n_rings = offered(f, "multi-queue-max-queues", 1, QUEUES_MAX);
	disk->order = offered(f, "max-ring-page-order", 0, ORDER_MAX);
	if (disk->n_rings > 1 && !write_number(f, "multi-queue-num-queues", disk->n_rings))
		return false;
	if (disk->order && !write_number(f, "ring-page-order", disk->order))
		return false;
	for (unsigned int i = 0; i < disk->n_rings; i++)
		if (!make_ring(disk, i))
			return false;
	return frontend_write(f, "protocol", "x86_64-abi") &&
	       frontend_go_to(f, INITIALISED, CONNECTED) && frontend_go_to(f, CONNECTED, CONNECTED);
}

static void fill(struct ring *ring)
{
	int notify;

	while (!RING_FULL(&ring->front)) {
		blkif_request_t *request = RING_GET_REQUEST(&ring->front, ring->front.req_prod_pvt);

		memset(request, 0, sizeof(*request));
		request->operation = BLKIF_OP_READ;
		request->id = ring->front.req_prod_pvt;
		request->nr_segments = BLKIF_MAX_SEGMENTS_PER_REQUEST;
		for (int i = 0; i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++)
			request->seg[i] =
				(struct blkif_request_segment){.gref = data_grant, .last_sect = 7};
		ring->front.req_prod_pvt++;
	}
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&ring->front, notify);
	if (notify)
		(void)xenevtchn_notify(channels, ring->port);
}

/* What has been answered; the event channels are not waited for, since there are many. */
static unsigned long take_answers(struct ring *ring)
{
	unsigned long n = 0;

	while (RING_HAS_UNCONSUMED_RESPONSES(&ring->front)) {
		ring->front.rsp_cons++;
		n++;
	}
	return n;
}

static bool is_empty(const struct ring *ring)
{
	return ring->front.rsp_cons == ring->front.req_prod_pvt;
}

/* Fills all rings, until the time is over and all is answered, or nothing comes any more. */
static unsigned long use(struct disk *disks, unsigned int n, time_t seconds)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	unsigned long answered = 0;
	struct timespec now;
	time_t end;
	bool open = true;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec + seconds;
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int q = 0; q < disks[i].n_rings; q++)
			fill(&disks[i].rings[q]);
	for (int looks = 0; open && looks < ANSWER_LOOKS; looks++) {
		unsigned long before = answered;

		open = false;
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		for (unsigned int i = 0; i < n; i++) {
			for (unsigned int q = 0; q < disks[i].n_rings; q++) {
				struct ring *ring = &disks[i].rings[q];

				answered += take_answers(ring);
				if (now.tv_sec < end)
					fill(ring);
				open |= !is_empty(ring);
			}
		}
		if (answered > before)
			looks = 0;
		(void)nanosleep(&pause, NULL);
	}
	return answered;
}

static bool open_xen(unsigned int backend_domid)
{
	shared = xengntshr_open(NULL, 0);
	channels = xenevtchn_open(NULL, 0);
	return (shared && channels &&
		xengntshr_share_pages(shared, backend_domid, 1, &data_grant, 1)) ||
	       complain("/dev/xen");
}

int main(int argc, char **argv)
{
	unsigned int n = 0;
	unsigned int rings = 0;
	struct disk *disks;

	if (argc < 3) {
		(void)fprintf(stderr, "usage: hoard SECONDS DISK...\n");
		return 2;
	}
	disks = calloc((size_t)argc - 2, sizeof(*disks));
	if (!disks) {
		perror("hoard");
		return 1;
	}
	while (n < (unsigned int)argc - 2) {
		struct disk *disk = &disks[n];

		if (!frontend_open(&disk->frontend, argv[n + 2]) ||
		    (!shared && !open_xen(disk->frontend.backend_domid)) || !connect_disk(disk))
			break; /* the backend has no more for us */
		rings += disk->n_rings;
		n++;
		(void)printf("hoard: disk %u\n", n);
		(void)fflush(stdout);
	}
	(void)printf("hoard: connected %u disks, %u rings of order %u\n", n, rings,
		     n ? disks[0].order : 0);
	(void)fflush(stdout);
	if (n)
		(void)printf("hoard: answered %lu\n", use(disks, n, strtol(argv[1], NULL, 10)));
	(void)fflush(stdout);
	while (getchar() != EOF)
		;
	return n ? 0 : 1;
}
