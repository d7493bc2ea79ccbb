// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest that sends a disk requests which have to fail, as fast as they are answered. It must not
 * know what the backend makes of them.
 *
 *   bad-requests DISK SECONDS KIND
 *
 * KIND: "grant", writes of eleven pages that it never granted; "discard", of what is beyond the
 * disk's end; "unknown", an operation that there is not. Prints how many were answered, and how
 * many of them without an error.
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

#define RING_BYTES	  4096
#define FIRST_NOT_GRANTED 100000 /* far beyond what a guest's table has room for */
#define FAR_SECTOR	  (1ULL << 60)
#define NO_OPERATION	  200

struct ring {
	xengntshr_handle *shared;
	xenevtchn_handle *channels;
	evtchn_port_t port;
	blkif_front_ring_t front;
};

static bool complain(const char *what)
{
	(void)fprintf(stderr, "bad-requests: %s: %s\n", what, strerror(errno));
	return false;
}

static bool write_number(struct frontend *disk, const char *key, unsigned int value)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", value);
	return frontend_write(disk, key, text);
}

static bool connect_ring(struct frontend *disk, struct ring *ring)
{
	uint32_t grant;
	blkif_sring_t *page;
	int port;

	ring->shared = xengntshr_open(NULL, 0);
	ring->channels = xenevtchn_open(NULL, 0);
	if (!ring->shared || !ring->channels)
		return complain("/dev/xen");
	page = xengntshr_share_pages(ring->shared, disk->backend_domid, 1, &grant, 1);
	port = xenevtchn_bind_unbound_port(ring->channels, disk->backend_domid);
	if (!page || port < 0)
		return complain("ring");
	ring->port = (evtchn_port_t)port;
	SHARED_RING_INIT(page);
	FRONT_RING_INIT(&ring->front, page, RING_BYTES);
	frontend_remove(disk, "multi-queue-num-queues");
	frontend_remove(disk, "ring-page-order");
	return frontend_go_to(disk, CLOSED, CLOSED) &&
	       frontend_go_to(disk, INITIALISING, INIT_WAIT) &&
	       write_number(disk, "ring-ref", grant) &&
	       write_number(disk, "event-channel", ring->port) &&
	       frontend_write(disk, "protocol", "x86_64-abi") &&
	       write_number(disk, "feature-persistent", 1) &&
	       frontend_go_to(disk, INITIALISED, CONNECTED) &&
	       frontend_go_to(disk, CONNECTED, CONNECTED);
}

static void fill_grant(blkif_request_t *request)
{
	request->operation = BLKIF_OP_WRITE;
	request->nr_segments = BLKIF_MAX_SEGMENTS_PER_REQUEST;
	for (uint32_t i = 0; i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++)
		request->seg[i] = (struct blkif_request_segment){.gref = FIRST_NOT_GRANTED + i,
								 .last_sect = 7};
}

static void fill_discard(blkif_request_t *request)
{
	blkif_request_discard_t *discard = (void *)request;

	discard->operation = BLKIF_OP_DISCARD;
	discard->sector_number = FAR_SECTOR;
	discard->nr_sectors = 8;
}

static void fill_unknown(blkif_request_t *request)
{
	request->operation = NO_OPERATION;
}

static void send_requests(struct ring *ring, void (*fill)(blkif_request_t *))
{
	int notify;

	while (!RING_FULL(&ring->front)) {
		blkif_request_t *request = RING_GET_REQUEST(&ring->front, ring->front.req_prod_pvt);

		memset(request, 0, sizeof(*request));
		request->id = ring->front.req_prod_pvt;
		fill(request);
		ring->front.req_prod_pvt++;
	}
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&ring->front, notify);
	if (notify)
		(void)xenevtchn_notify(ring->channels, ring->port);
}

/* Waits for one answer at least. */
static void take_answers(struct ring *ring, unsigned long *answered, unsigned long *good)
{
	int more;

	RING_FINAL_CHECK_FOR_RESPONSES(&ring->front, more);
	while (!more) {
		int port = xenevtchn_pending(ring->channels);

		(void)xenevtchn_unmask(ring->channels, (evtchn_port_t)port);
		RING_FINAL_CHECK_FOR_RESPONSES(&ring->front, more);
	}
	while (RING_HAS_UNCONSUMED_RESPONSES(&ring->front)) {
		const blkif_response_t *answer =
			RING_GET_RESPONSE(&ring->front, ring->front.rsp_cons);

		(*answered)++;
		*good += answer->status == BLKIF_RSP_OKAY;
		ring->front.rsp_cons++;
	}
}

static void flood(struct ring *ring, time_t seconds, void (*fill)(blkif_request_t *))
{
	unsigned long answered = 0;
	unsigned long good = 0;
	struct timespec now;
	time_t end;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec + seconds;
	while (now.tv_sec < end) {
		send_requests(ring, fill);
		take_answers(ring, &answered, &good);
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	}
	(void)printf("bad-requests: %lu answered, %lu good\n", answered, good);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*fill)(blkif_request_t *);
	} kinds[] = {{"grant", fill_grant}, {"discard", fill_discard}, {"unknown", fill_unknown}};
	struct frontend disk;
	struct ring ring = {.port = 0};
	bool done;

	for (size_t i = 0; argc == 4 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(argv[3], kinds[i].name) != 0)
			continue;
		if (!frontend_open(&disk, argv[1]))
			return 1;
		done = connect_ring(&disk, &ring);
		if (done) {
			flood(&ring, strtol(argv[2], NULL, 10), kinds[i].fill);
			done = frontend_go_to(&disk, CLOSED, CLOSED);
		}
		frontend_close(&disk);
		return done ? 0 : 1;
	}
	(void)fprintf(stderr, "usage: bad-requests DISK SECONDS grant|discard|unknown\n");
	return 2;
}
