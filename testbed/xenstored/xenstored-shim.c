// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stands in for the hypervisor and the dom0 kernel below an unmodified Debian
 * xenstored (LD_PRELOAD), so that it runs on any Linux. It must not know
 * what xenstored does with a ring or what is in the store.
 *
 * Domain 0 always exists, but its kernel never uses its ring: domain 0 speaks
 * through xenstored's own socket. Every other domain is a guest-ring process
 * (see hypervisor.h). Only the functions that xenstored and oxenstored call are
 * here.
 *
 *   XENSTORED_RUNDIR       where the hypervisor's socket is made, and what
 *                          oxenstored has in /var/run/xenstored
 *   XENSTORED_SHIM_OWNER   the process without which xenstored ends
 *   XENSTORED_SHIM_ROOT    what is before the paths of Xen's own files
 *   XENSTORED_SHIM_READY   a descriptor that is closed once xenstored serves
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Xen's headers refuse strict C though they need no more than C11. */
#undef __STRICT_ANSI__
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include "hypervisor.h"

/* A port is named after the domain at its other end, so no table is needed. */
enum {
	PORT_VIRQ = 1,	   /* VIRQ_DOM_EXC: a domain may have come to its end */
	PORT_DOMAIN_0 = 2, /* domain N is PORT_DOMAIN_0 + N */
};

struct guest {
	struct guest *next;
	bool exists; /* has said hello: domid and ring are valid */
	domid_t domid;
	int ring; /* memfd */
	int events;
};

static struct {
	int events; /* epoll: what xenstored takes for /dev/xen/evtchn */
	int listener;
	int owner; /* pidfd */
	struct guest *guests;
} hv;

/* The library's handles carry nothing: there is one hypervisor. */
struct xc_interface_core {
	char unused;
} xc_interface_shim;
struct xengntdev_handle {
	char unused;
} xengnttab_shim;
struct xenevtchn_handle {
	char unused;
} xenevtchn_shim;

static int fail(int error)
{
	errno = error;
	return -1;
}

static struct guest *find_guest(uint32_t domid)
{
	struct guest *guest;

	for (guest = hv.guests; guest; guest = guest->next)
		if (guest->exists && guest->domid == domid)
			return guest;
	return NULL;
}

static int listen_for(int fd, void *who)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = who};

	return epoll_ctl(hv.events, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/* A full socket is no loss: the events in it are yet to be seen. */
static void send_event(const struct guest *guest)
{
	(void)!send(guest->events, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Guests come and go */

static void guest_free(struct guest *guest)
{
	struct guest **at = &hv.guests;

	while (*at != guest)
		at = &(*at)->next;
	*at = guest->next;
	close(guest->events);
	if (guest->ring >= 0)
		close(guest->ring);
	free(guest);
}

static void guest_accept(void)
{
	struct guest *guest = calloc(1, sizeof(*guest));

	if (!guest)
		return;
	guest->ring = -1;
	guest->next = hv.guests;
	hv.guests = guest;
	guest->events = accept4(hv.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (guest->events < 0 || listen_for(guest->events, guest))
		guest_free(guest);
}

/* Returns 0 when the domain exists; else it never will. */
static int guest_hello(struct guest *guest)
{
	struct guest_hello hello;
	union hello_control control;
	struct iovec data = {&hello, sizeof(hello)};
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *attached;

	if (recvmsg(guest->events, &message, MSG_CMSG_CLOEXEC) != sizeof(hello))
		return -EPROTO;
	attached = CMSG_FIRSTHDR(&message);
	if (!attached || attached->cmsg_type != SCM_RIGHTS)
		return -EPROTO;
	memcpy(&guest->ring, CMSG_DATA(attached), sizeof(guest->ring));
	if (!hello.domid || hello.domid >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	if (find_guest(hello.domid))
		return -EEXIST;
	guest->domid = (domid_t)hello.domid;
	guest->exists = true;
	send_event(guest);
	return 0;
}

/* Returns the port that xenstored is to look at. */
static int guest_event(struct guest *guest)
{
	char events[64];
	ssize_t got;

	if (!guest->exists) {
		if (guest_hello(guest))
			guest_free(guest);
		return PORT_VIRQ;
	}
	got = recv(guest->events, events, sizeof(events), MSG_DONTWAIT);
	if (got > 0 || (got < 0 && errno == EAGAIN))
		return PORT_DOMAIN_0 + guest->domid;
	guest_free(guest);
	return PORT_VIRQ;
}

/* libxenctrl */

xc_interface *xc_interface_open(struct xentoollog_logger *logger,
				struct xentoollog_logger *dombuild_logger, unsigned int flags)
{
	(void)logger;
	(void)dombuild_logger;
	(void)flags;
	return &xc_interface_shim;
}

int xc_interface_close(xc_interface *xch)
{
	(void)xch;
	return 0;
}

static bool domain_exists(uint32_t domid)
{
	return !domid || find_guest(domid);
}

static void describe_domain(uint32_t domid, xc_domaininfo_t *info)
{
	memset(info, 0, sizeof(*info));
	info->domain = (domid_t)domid;
	info->flags = XEN_DOMINF_running;
}

#ifdef XEN_BEFORE_4_18
/* xenstored asks about one domain at a time, and wants that one or none. */
int xc_domain_getinfo(xc_interface *xch, uint32_t first_domid, unsigned int max_doms,
		      xc_dominfo_t *info)
{
	(void)xch;
	if (!max_doms || !domain_exists(first_domid))
		return 0;
	memset(info, 0, sizeof(*info));
	info->domid = first_domid;
	info->running = 1;
	return 1;
}
#else
int xc_domain_getinfo_single(xc_interface *xch, uint32_t domid, xc_domaininfo_t *info)
{
	(void)xch;
	if (!domain_exists(domid))
		return fail(ESRCH);
	describe_domain(domid, info);
	return 0;
}
#endif

/* oxenstored asks about one domain at a time, too. */
int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain, unsigned int max_domains,
			  xc_domaininfo_t *info)
{
	(void)xch;
	if (!max_domains || !domain_exists(first_domain))
		return 0;
	describe_domain(first_domain, info);
	return 1;
}

/* The ring of a guest; NULL with errno if it cannot be mapped. */
static void *map_ring(uint32_t domid, int prot, bool fits)
{
	struct guest *guest = find_guest(domid);
	void *page;

	if (!guest || !fits) {
		errno = EINVAL;
		return NULL;
	}
	page = mmap(NULL, RING_PAGE_SIZE, prot, MAP_SHARED, guest->ring, 0);
	return page == MAP_FAILED ? NULL : page;
}

/* What oxenstored maps is a guest's ring, whatever its frame. */
void *xc_map_foreign_range(xc_interface *xch, uint32_t dom, int size, int prot, unsigned long mfn)
{
	(void)xch;
	(void)mfn;
	return map_ring(dom, prot, size == RING_PAGE_SIZE);
}

/* libxengnttab */

xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger, unsigned int open_flags)
{
	(void)logger;
	(void)open_flags;
	return &xengnttab_shim;
}

int xengnttab_close(xengnttab_handle *xgt)
{
	(void)xgt;
	return 0;
}

int xengnttab_set_max_grants(xengnttab_handle *xgt, uint32_t nr_grants)
{
	(void)xgt;
	(void)nr_grants;
	return 0;
}

void *xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid, uint32_t ref, int prot)
{
	(void)xgt;
	return map_ring(domid, prot, ref == GNTTAB_RESERVED_XENSTORE);
}

int xengnttab_unmap(xengnttab_handle *xgt, void *start_address, uint32_t count)
{
	(void)xgt;
	return munmap(start_address, (size_t)count * RING_PAGE_SIZE);
}

/* libxenevtchn */

static int open_owner(void)
{
	const char *pid = getenv("XENSTORED_SHIM_OWNER");

	if (!pid)
		return -EINVAL;
	hv.owner = pidfd_open(atoi(pid), 0);
	return hv.owner < 0 ? -errno : listen_for(hv.owner, &hv.owner);
}

static int open_listener(void)
{
	const char *dir = getenv("XENSTORED_RUNDIR");
	struct sockaddr_un address;
	int rc;

	if (!dir)
		return -EINVAL;
	rc = unix_address(&address, dir, HYPERVISOR_SOCKET);
	if (rc)
		return rc;
	unlink(address.sun_path);
	hv.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (hv.listener < 0 || bind(hv.listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(hv.listener, SOMAXCONN))
		return -errno;
	return listen_for(hv.listener, &hv.listener);
}

/* xenstored ends if this fails, so nothing is undone. */
xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger, unsigned int open_flags)
{
	int rc;

	(void)logger;
	(void)open_flags;
	hv.events = epoll_create1(EPOLL_CLOEXEC);
	if (hv.events < 0)
		return NULL;
	rc = open_owner();
	if (!rc)
		rc = open_listener();
	if (rc) {
		errno = -rc;
		return NULL;
	}
	return &xenevtchn_shim;
}

int xenevtchn_fd(xenevtchn_handle *xce)
{
	(void)xce;
	return hv.events;
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *xce, unsigned int virq)
{
	(void)xce;
	return virq == VIRQ_DOM_EXC ? PORT_VIRQ : fail(EINVAL);
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid,
						     evtchn_port_t remote_port)
{
	(void)xce;
	(void)remote_port; /* a guest has no other channel than this one */
	if (domid && !find_guest(domid))
		return fail(EINVAL);
	return PORT_DOMAIN_0 + (int)domid;
}

int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	(void)port;
	return 0;
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	struct guest *guest = find_guest(port - PORT_DOMAIN_0);

	(void)xce;
	if (guest)
		send_event(guest);
	return 0;
}

/*
 * The hypervisor has no thread of its own: its work is done here, because
 * xenstored calls this whenever hv.events is readable.
 */
xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
	struct epoll_event event;

	(void)xce;
	if (epoll_wait(hv.events, &event, 1, 0) != 1)
		return PORT_VIRQ;
	if (event.data.ptr == &hv.owner)
		raise(SIGTERM);
	if (event.data.ptr != &hv.listener)
		return guest_event(event.data.ptr);
	guest_accept();
	return PORT_VIRQ;
}

/* Events are not masked while xenstored handles one: it reads rings, not ports. */
int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	(void)port;
	return 0;
}

/* The dom0 kernel's files */

static int open_xsd_kva(void)
{
	int fd = memfd_create("xsd_kva", MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, RING_PAGE_SIZE)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int open_xsd_port(void)
{
	int fd = memfd_create("xsd_port", MFD_CLOEXEC);

	if (fd >= 0 && pwrite(fd, "1", 1, 0) != 1) {
		close(fd);
		return -1;
	}
	return fd;
}

/* oxenstored's sockets and plugins have fixed paths; xenstored's are told by its environment. */

static const struct {
	const char *fixed;
	const char *variable; /* of the environment: what stands in its place, or before it */
	bool before;
} moves[] = {
	{"/var/run/xenstored", "XENSTORED_RUNDIR", false},
	{"/usr/lib/xen-", "XENSTORED_SHIM_ROOT", true},
};

struct place {
	char path[PATH_MAX];
};

/* The path that is meant, which is @path itself or in @place. */
static const char *moved(const char *path, struct place *place)
{
	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		const char *there = getenv(moves[i].variable);
		size_t len = strlen(moves[i].fixed);

		if (!there || strncmp(path, moves[i].fixed, len) != 0)
			continue;
		(void)snprintf(place->path, sizeof(place->path), "%s%s", there,
			       moves[i].before ? path : path + len);
		return place->path;
	}
	return path;
}

static int open_file(const char *path, int flags, mode_t mode)
{
	struct place place;

	if (!strcmp(path, "/proc/xen/xsd_kva"))
		return open_xsd_kva();
	if (!strcmp(path, "/proc/xen/xsd_port"))
		return open_xsd_port();
	return openat(AT_FDCWD, moved(path, &place), flags, mode);
}

#define OPEN(name)                                                                                 \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		mode_t mode = 0;                                                                   \
		va_list args;                                                                      \
                                                                                                   \
		if (__OPEN_NEEDS_MODE(flags)) {                                                    \
			va_start(args, flags);                                                     \
			mode = va_arg(args, mode_t);                                               \
			va_end(args);                                                              \
		}                                                                                  \
		return open_file(path, flags, mode);                                               \
	}

OPEN(open)
OPEN(open64) /* oxenstored's */

DIR *opendir(const char *path)
{
	struct place place;
	int fd = openat(AT_FDCWD, moved(path, &place), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? NULL : fdopendir(fd);
}

int stat64(const char *restrict path, struct stat64 *restrict status)
{
	struct place place;

	return fstatat64(AT_FDCWD, moved(path, &place), status, 0);
}

int access(const char *path, int mode)
{
	struct place place;

	return faccessat(AT_FDCWD, moved(path, &place), mode, 0);
}

void *dlopen(const char *path, int mode)
{
	void *(*real)(const char *, int) = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");
	struct place place;

	return real(path ? moved(path, &place) : NULL, mode);
}

int bind(int fd, const struct sockaddr *address, socklen_t len)
{
	struct sockaddr_un there = {.sun_family = AF_UNIX};
	struct place place;
	const char *path;

	if (address->sa_family != AF_UNIX)
		return (int)syscall(SYS_bind, fd, address, len);
	path = moved(((const struct sockaddr_un *)address)->sun_path, &place);
	if (strlen(path) >= sizeof(there.sun_path))
		return fail(ENAMETOOLONG);
	strcpy(there.sun_path, path);
	return (int)syscall(SYS_bind, fd, &there, sizeof(there));
}

int unlink(const char *path)
{
	struct place place;

	return unlinkat(AT_FDCWD, moved(path, &place), 0);
}

int mkdir(const char *path, mode_t mode)
{
	struct place place;

	return mkdirat(AT_FDCWD, moved(path, &place), mode);
}

int chmod(const char *path, mode_t mode)
{
	struct place place;

	return fchmodat(AT_FDCWD, moved(path, &place), mode, 0);
}

/* oxenstored wants as many descriptors as there can be, which takes privilege. */
int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	(void)resource;
	(void)limit;
	return 0;
}

/* Whoever waits for events serves. */

static void say_ready(void)
{
	static bool said;
	const char *ready = getenv("XENSTORED_SHIM_READY");

	if (!said && ready)
		close(atoi(ready));
	said = true;
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	const struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};

	say_ready();
	return ppoll(fds, count, timeout_ms < 0 ? NULL : &timeout, NULL);
}

int select(int count, fd_set *reads, fd_set *writes, fd_set *others, struct timeval *timeout)
{
	struct timespec limit;

	say_ready();
	if (timeout)
		limit = (struct timespec){timeout->tv_sec, timeout->tv_usec * 1000};
	return pselect(count, reads, writes, others, timeout ? &limit : NULL, NULL);
}
