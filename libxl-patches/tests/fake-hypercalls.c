// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Preloaded into xl and other programs on libxenlight, it stands in for a host with Xen: says that
 * the domains of $FAKE_DOMAINS ("0 5 7") exist, and nothing more; has /var/lib/xen and
 * xl.conf in $FAKE_STATE. Must not know xenstore, nor what is tested.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define __XEN_TOOLS__ 1
#include <xen/domctl.h>
#include <xen/sys/privcmd.h>
#include <xen/sysctl.h>
#include <xen/version.h>
#include <xen/xen.h>

/* The next of the domains that exist, from @domid on; or -1. */
static long next_domain(unsigned long domid)
{
	const char *list = getenv("FAKE_DOMAINS");
	long best = -1;
	char *end;

	for (; list && *list; list = *end ? end + 1 : end) {
		unsigned long d = strtoul(list, &end, 10);

		if (d >= domid && (best < 0 || d < (unsigned long)best))
			best = (long)d;
	}
	return best;
}

static void describe(struct xen_domctl_getdomaininfo *info, unsigned domid)
{
	*info = (struct xen_domctl_getdomaininfo){
		.domain = (domid_t)domid,
		.flags = XEN_DOMINF_running,
		.tot_pages = 1 << 16,
		.max_pages = 1 << 16,
		.nr_online_vcpus = 1,
	};
	memset(info->handle, (int)domid, sizeof(info->handle));
}

static void list_domains(struct xen_sysctl_getdomaininfolist *list)
{
	long domid = list->first_domain;

	for (list->num_domains = 0; list->num_domains < list->max_domains; domid++) {
		domid = next_domain((unsigned long)domid);
		if (domid < 0)
			break;
		describe(&list->buffer.p[list->num_domains++], (unsigned)domid);
	}
}

static long sysctl(struct xen_sysctl *s)
{
	switch (s->cmd) {
	case XEN_SYSCTL_getdomaininfolist:
		list_domains(&s->u.getdomaininfolist);
		return 0;
	case XEN_SYSCTL_physinfo:
		s->u.physinfo = (struct xen_sysctl_physinfo){
			.threads_per_core = 1,
			.cores_per_socket = 2,
			.nr_cpus = 2,
			.max_cpu_id = 1,
			.nr_nodes = 1,
			.cpu_khz = 1000000,
			.capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_hvm,
			.total_pages = 1 << 20,
			.free_pages = 1 << 19,
		};
		return 0;
	default:
		return -ENOSYS;
	}
}

static long domctl(struct xen_domctl *d)
{
	if (d->cmd != XEN_DOMCTL_getdomaininfo)
		return -ENOSYS;
	if (next_domain(d->domain) != d->domain)
		return -ESRCH;
	describe(&d->u.getdomaininfo, d->domain);
	return 0;
}

static long version(unsigned long what, void *out)
{
	switch (what) {
	case XENVER_version:
		return 4 << 16 | 17;
	case XENVER_extraversion:
		strcpy(out, ".0-fake");
		return 0;
	case XENVER_capabilities:
		strcpy(out, "xen-3.0-x86_64 hvm-3.0-x86_64");
		return 0;
	case XENVER_changeset:
	case XENVER_commandline:
		strcpy(out, "fake");
		return 0;
	case XENVER_compile_info:
		memset(out, 0, sizeof(xen_compile_info_t));
		return 0;
	case XENVER_platform_parameters:
		memset(out, 0, sizeof(xen_platform_parameters_t));
		return 0;
	case XENVER_pagesize:
		return 4096;
	default:
		return -ENOSYS;
	}
}

static long hypercall(const privcmd_hypercall_t *h)
{
	switch (h->op) {
	case __HYPERVISOR_xen_version:
		return version(h->arg[0], (void *)(uintptr_t)h->arg[1]);
	case __HYPERVISOR_sysctl:
		return sysctl((void *)(uintptr_t)h->arg[0]);
	case __HYPERVISOR_domctl:
		return domctl((void *)(uintptr_t)h->arg[0]);
	default:
		return -ENOSYS;
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*real)(int, unsigned long, void *) = dlsym(RTLD_NEXT, "ioctl");
	va_list args;
	void *arg;
	long r;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request != (unsigned long)IOCTL_PRIVCMD_HYPERCALL)
		return real(fd, request, arg);
	r = hypercall(arg);
	if (r >= 0)
		return (int)r;
	errno = (int)-r;
	return -1;
}

#define STATE	"/var/lib/xen/"
#define XL_CONF "/etc/xen/xl.conf"

/* Where this path is on a machine without Xen: in @buf, or as it was. */
static const char *here(const char *path, char buf[static PATH_MAX])
{
	const char *state = getenv("FAKE_STATE");
	const char *name = NULL;

	if (strcmp(path, "/dev/xen/privcmd") == 0)
		return "/dev/null";
	if (strcmp(path, XL_CONF) == 0)
		name = "xl.conf";
	else if (strncmp(path, STATE, strlen(STATE)) == 0)
		name = path + strlen(STATE);
	if (!state || !name)
		return path;
	if (snprintf(buf, PATH_MAX, "%s/%s", state, name) >= PATH_MAX)
		abort();
	return buf;
}

#define OPEN(name)                                                                                 \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		int (*real)(const char *, int, mode_t) = dlsym(RTLD_NEXT, #name);                  \
		char buf[PATH_MAX];                                                                \
		va_list args;                                                                      \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(args, flags);                                                             \
		mode = va_arg(args, mode_t);                                                       \
		va_end(args);                                                                      \
		return real(here(path, buf), flags, mode);                                         \
	}

/* One that takes a path first; @... is the second parameter and its name. */
#define TAKES_PATH(type, name, parameter, argument)                                                \
	type name(const char *path, parameter)                                                     \
	{                                                                                          \
		type (*real)(const char *, parameter) = dlsym(RTLD_NEXT, #name);                   \
		char buf[PATH_MAX];                                                                \
                                                                                                   \
		return real(here(path, buf), argument);                                            \
	}

OPEN(open)
OPEN(open64)
TAKES_PATH(FILE *, fopen, const char *mode, mode)
TAKES_PATH(FILE *, fopen64, const char *mode, mode)
TAKES_PATH(int, stat, struct stat *st, st)
TAKES_PATH(int, stat64, struct stat64 *st, st)

int unlink(const char *path)
{
	int (*real)(const char *) = dlsym(RTLD_NEXT, "unlink");
	char buf[PATH_MAX];

	return real(here(path, buf));
}

int rename(const char *from, const char *to)
{
	int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
	char buf_from[PATH_MAX];
	char buf_to[PATH_MAX];

	return real(here(from, buf_from), here(to, buf_to));
}
