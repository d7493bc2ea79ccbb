/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest (guest-ring.c) and the hypervisor (xenstored-shim.c) agree on
 * instead of hypercalls. Knows nothing of what travels in the ring.
 *
 * A guest connects to DIR/hypervisor and says once which domain it is, with the
 * memory of its ring attached. The hypervisor answers by one event: from then
 * on the domain exists, and it exists until the connection ends. Every byte
 * after that, in either direction, is an event; the ring says what it is about.
 */
#ifndef TESTBED_XENSTORED_HYPERVISOR_H
#define TESTBED_XENSTORED_HYPERVISOR_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#define HYPERVISOR_SOCKET "hypervisor"

/* One Xen page, whatever the page size of the machine. */
#define RING_PAGE_SIZE 4096

/* The ring's memfd comes with it, as SCM_RIGHTS. */
struct guest_hello {
	uint32_t domid;
};

/* The control message of a hello: room for one descriptor. */
union hello_control {
	struct cmsghdr header; /* for its alignment */
	char space[CMSG_SPACE(sizeof(int))];
};

static inline int unix_address(struct sockaddr_un *address, const char *dir, const char *name)
{
	int len;

	address->sun_family = AF_UNIX;
	len = snprintf(address->sun_path, sizeof(address->sun_path), "%s/%s", dir, name);
	return (size_t)len < sizeof(address->sun_path) ? 0 : -ENAMETOOLONG;
}

#endif
