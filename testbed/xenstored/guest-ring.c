// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stands for one guest's kernel: carries requests of any number of libxenstore
 * programs, connected to DIR/dom<N>, through domain N's xenstore ring, as
 * /dev/xen/xenbus does. It must not know what the requests are about, nor check
 * them: the permissions are xenstored's.
 *
 * Programs share the ring, so replies and watch events find their way back by
 * a program's id: it takes the place of the request's id, and is put in front
 * of a watch's token. A program has one request on its way at a time.
 *
 * Returns, leaving a process behind, as soon as the domain exists and the
 * socket answers. The process ends with its xenstored.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#include "hypervisor.h"

/* Far more programs than a test has; one more waits until another ends. */
#define MAX_CLIENTS 32

/* "<id>:" in front of a token */
#define TOKEN_PREFIX_LEN 9

/* The id of what this process asks for itself: to forget all watches. */
#define OWN_ID 0

/* A message under way, from or to a ring or a socket, a part at a time. */
struct transfer {
	struct {
		struct xsd_sockmsg header;
		char body[XENSTORE_PAYLOAD_MAX];
	} message;
	size_t done;
};

struct client {
	int fd; /* -1: free */
	uint32_t id;
	bool waiting;	 /* for a reply */
	uint32_t req_id; /* the program's own, given back with the reply */
	struct transfer request;
};

static struct {
	volatile struct xenstore_domain_interface *ring;
	int events;
	int listener;
	uint32_t last_id;
	bool forget; /* the last program has gone: reset watches */
	struct client clients[MAX_CLIENTS];
	struct transfer request; /* on its way into the ring */
	bool request_busy;
	struct transfer reply; /* on its way out of the ring */
	uint32_t reply_to;     /* whose it is, once it is here */
	bool reply_here;
} guest;

/* What is known to be missing: the header says how long the rest is. */
static size_t transfer_missing(const struct transfer *transfer)
{
	size_t header = sizeof(transfer->message.header);

	if (transfer->done < header)
		return header - transfer->done;
	return header + transfer->message.header.len - transfer->done;
}

static char *transfer_at(struct transfer *transfer)
{
	return (char *)&transfer->message + transfer->done;
}

static bool transfer_complete(const struct transfer *transfer)
{
	return !transfer_missing(transfer);
}

static struct client *find_client(uint32_t id)
{
	for (size_t i = 0; i < MAX_CLIENTS; i++)
		if (guest.clients[i].fd >= 0 && guest.clients[i].id == id)
			return &guest.clients[i];
	return NULL;
}

static void notify(void)
{
	(void)!send(guest.events, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The token of a watch's or a watch event's body, "path\0token\0"; or NULL */
static char *find_token(struct transfer *transfer)
{
	char *end = memchr(transfer->message.body, 0, transfer->message.header.len);

	return end ? end + 1 : NULL;
}

/* Ring */

/* Returns true if anything moved. */
static bool request_to_ring(void)
{
	volatile struct xenstore_domain_interface *ring = guest.ring;
	uint32_t prod = ring->req_prod;
	uint32_t cons = __atomic_load_n(&ring->req_cons, __ATOMIC_ACQUIRE);
	bool moved = false;

	while (!transfer_complete(&guest.request) && prod - cons < XENSTORE_RING_SIZE) {
		ring->req[MASK_XENSTORE_IDX(prod++)] = *transfer_at(&guest.request);
		guest.request.done++;
		moved = true;
	}
	__atomic_store_n(&ring->req_prod, prod, __ATOMIC_RELEASE);
	guest.request_busy = !transfer_complete(&guest.request);
	return moved;
}

static bool reply_from_ring(void)
{
	volatile struct xenstore_domain_interface *ring = guest.ring;
	uint32_t prod = __atomic_load_n(&ring->rsp_prod, __ATOMIC_ACQUIRE);
	uint32_t cons = ring->rsp_cons;
	bool moved = false;

	while (!transfer_complete(&guest.reply) && cons != prod) {
		*transfer_at(&guest.reply) = ring->rsp[MASK_XENSTORE_IDX(cons++)];
		guest.reply.done++;
		moved = true;
	}
	__atomic_store_n(&ring->rsp_cons, cons, __ATOMIC_RELEASE);
	return moved;
}

static void request_forget(void)
{
	guest.request.message.header = (struct xsd_sockmsg){
		.type = XS_RESET_WATCHES, .req_id = OWN_ID, .len = 1, /* an empty string */
	};
	guest.request.message.body[0] = 0;
	guest.request.done = 0;
	guest.request_busy = true;
	guest.forget = false;
}

/* Gives a complete reply or watch event the form that its program expects. */
static void reply_translate(void)
{
	struct xsd_sockmsg *header = &guest.reply.message.header;
	struct client *client;
	char *token, *rest;

	guest.reply_here = true;
	guest.reply.done = 0;
	guest.reply_to = header->req_id;
	if (header->type == XS_WATCH_EVENT) {
		token = find_token(&guest.reply);
		guest.reply_to = (uint32_t)strtoul(token, NULL, 16);
		rest = token + TOKEN_PREFIX_LEN;
		memmove(token, rest, (size_t)(guest.reply.message.body + header->len - rest));
		header->len -= TOKEN_PREFIX_LEN;
		return;
	}
	client = find_client(guest.reply_to);
	if (client) {
		client->waiting = false;
		header->req_id = client->req_id;
	}
}

/* Returns true when the reply is gone: sent, or its program has ended. */
static bool reply_deliver(void)
{
	struct client *client = find_client(guest.reply_to);
	ssize_t sent;

	while (client && !transfer_complete(&guest.reply)) {
		sent = send(client->fd, transfer_at(&guest.reply), transfer_missing(&guest.reply),
			    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno == EAGAIN)
			return false;
		if (sent < 0)
			break; /* its hang-up is seen by poll */
		guest.reply.done += (size_t)sent;
	}
	guest.reply_here = false;
	guest.reply.done = 0;
	return true;
}

/* Moves all that can move without waiting. */
static void ring_work(void)
{
	bool moved = false;

	if (guest.request_busy)
		moved |= request_to_ring();
	if (guest.forget && !guest.request_busy) {
		request_forget();
		moved |= request_to_ring();
	}
	for (;;) {
		if (guest.reply_here && !reply_deliver())
			break;
		moved |= reply_from_ring();
		if (!transfer_complete(&guest.reply))
			break;
		reply_translate();
	}
	if (moved)
		notify();
}

/* Programs */

static void client_close(struct client *client)
{
	bool last = true;

	close(client->fd);
	client->fd = -1;
	for (size_t i = 0; i < MAX_CLIENTS; i++)
		last &= guest.clients[i].fd < 0;
	guest.forget = last;
}

static void client_accept(struct client *client)
{
	int fd = accept4(guest.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		*client = (struct client){.fd = fd, .id = ++guest.last_id};
}

/* Puts the program's id into a complete request and sends it on its way. */
static int request_translate(struct client *client)
{
	struct transfer *request = &guest.request;
	struct xsd_sockmsg *header = &request->message.header;
	char prefix[TOKEN_PREFIX_LEN + 1];
	char *token;

	*request = client->request;
	if (header->type == XS_WATCH || header->type == XS_UNWATCH) {
		token = find_token(request);
		if (!token || header->len + TOKEN_PREFIX_LEN > XENSTORE_PAYLOAD_MAX)
			return -EINVAL;
		memmove(token + TOKEN_PREFIX_LEN, token,
			(size_t)(request->message.body + header->len - token));
		snprintf(prefix, sizeof(prefix), "%08x:", client->id);
		memcpy(token, prefix, TOKEN_PREFIX_LEN);
		header->len += TOKEN_PREFIX_LEN;
	}
	client->req_id = header->req_id;
	header->req_id = client->id;
	client->waiting = true;
	client->request.done = 0;
	request->done = 0;
	guest.request_busy = true;
	return 0;
}

/* Returns 0 or why the program is to be disconnected. */
static int client_read(struct client *client)
{
	struct transfer *request = &client->request;
	ssize_t got;

	while (!transfer_complete(request)) {
		got = recv(client->fd, transfer_at(request), transfer_missing(request), 0);
		if (got < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (!got)
			return -EPIPE;
		request->done += (size_t)got;
		if (request->done == sizeof(request->message.header) &&
		    request->message.header.len > XENSTORE_PAYLOAD_MAX)
			return -E2BIG;
	}
	return request_translate(client);
}

static short client_events(const struct client *client)
{
	short events = 0;

	if (!client->waiting && !guest.request_busy)
		events |= POLLIN;
	if (guest.reply_here && guest.reply_to == client->id)
		events |= POLLOUT;
	return events;
}

static void client_work(struct client *client, short revents)
{
	/* Another program's request may have taken the way since poll began. */
	if (revents & POLLIN && !guest.request_busy) {
		if (client_read(client))
			client_close(client);
	} else if (revents & (POLLHUP | POLLERR) && !(revents & POLLIN)) {
		client_close(client);
	}
}

/* Returns when the hypervisor is gone. */
static int serve(void)
{
	enum { EVENTS, LISTENER, CLIENTS };
	struct pollfd fds[CLIENTS + MAX_CLIENTS] = {
		[EVENTS] = {.fd = guest.events, .events = POLLIN},
	};
	struct client *vacant;
	char events[64];
	ssize_t got;

	for (;;) {
		ring_work();
		vacant = NULL;
		for (size_t i = 0; i < MAX_CLIENTS; i++) {
			fds[CLIENTS + i].fd = guest.clients[i].fd;
			fds[CLIENTS + i].events = client_events(&guest.clients[i]);
			if (guest.clients[i].fd < 0)
				vacant = &guest.clients[i];
		}
		fds[LISTENER].fd = vacant ? guest.listener : -1;
		fds[LISTENER].events = POLLIN;
		if (poll(fds, CLIENTS + MAX_CLIENTS, -1) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (fds[EVENTS].revents) {
			got = recv(guest.events, events, sizeof(events), MSG_DONTWAIT);
			if (!got || (got < 0 && errno != EAGAIN))
				return 0;
		}
		for (size_t i = 0; i < MAX_CLIENTS; i++)
			if (fds[CLIENTS + i].fd >= 0)
				client_work(&guest.clients[i], fds[CLIENTS + i].revents);
		if (fds[LISTENER].revents)
			client_accept(vacant);
	}
}

/* Coming to life */

static int make_ring(void)
{
	void *page;
	int fd = memfd_create("xenstore-ring", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, RING_PAGE_SIZE))
		return -errno;
	page = mmap(NULL, RING_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return -errno;
	guest.ring = page;
	return fd;
}

static int say_hello(uint32_t domid, int ring)
{
	struct guest_hello hello = {.domid = domid};
	union hello_control control = {0};
	struct iovec data = {&hello, sizeof(hello)};
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *attached = CMSG_FIRSTHDR(&message);
	ssize_t got;
	char event;

	attached->cmsg_level = SOL_SOCKET;
	attached->cmsg_type = SCM_RIGHTS;
	attached->cmsg_len = CMSG_LEN(sizeof(ring));
	memcpy(CMSG_DATA(attached), &ring, sizeof(ring));
	if (sendmsg(guest.events, &message, MSG_NOSIGNAL) < 0)
		return -errno;
	got = recv(guest.events, &event, 1, 0);
	if (got < 0)
		return -errno;
	return got ? 0 : -ECONNREFUSED; /* such a domain cannot be, or is */
}

static int connect_hypervisor(const char *dir)
{
	struct sockaddr_un address;
	int rc = unix_address(&address, dir, HYPERVISOR_SOCKET);

	if (rc)
		return rc;
	guest.events = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (guest.events < 0 || connect(guest.events, (struct sockaddr *)&address, sizeof(address)))
		return -errno;
	return 0;
}

static int listen_for_clients(const char *dir, uint32_t domid)
{
	struct sockaddr_un address;
	char name[16];
	int rc;

	snprintf(name, sizeof(name), "dom%u", domid);
	rc = unix_address(&address, dir, name);
	if (rc)
		return rc;
	unlink(address.sun_path);
	guest.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (guest.listener < 0 ||
	    bind(guest.listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(guest.listener, SOMAXCONN))
		return -errno;
	return 0;
}

static int start(const char *dir, uint32_t domid)
{
	int rc, ring = make_ring();

	for (size_t i = 0; i < MAX_CLIENTS; i++)
		guest.clients[i].fd = -1;
	if (ring < 0)
		return ring;
	rc = connect_hypervisor(dir);
	if (!rc)
		rc = say_hello(domid, ring);
	if (!rc)
		rc = listen_for_clients(dir, domid);
	close(ring);
	return rc;
}

int main(int argc, char **argv)
{
	unsigned long domid;
	char *end;
	int rc;

	if (argc != 3) {
		fprintf(stderr, "usage: guest-ring DIR DOMID\n");
		return 2;
	}
	domid = strtoul(argv[2], &end, 10);
	rc = *end || domid > UINT16_MAX ? -EINVAL : start(argv[1], (uint32_t)domid);
	if (!rc && daemon(0, 0))
		rc = -errno;
	if (rc) {
		fprintf(stderr, "guest-ring: domain %s: %s\n", argv[2], strerror(-rc));
		return 1;
	}
	return serve() ? 1 : 0;
}
