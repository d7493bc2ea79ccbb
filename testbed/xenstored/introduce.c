// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stands for the toolstack: makes a domain's part of the store as libxl does
 * (libxl__domain_make in 4.17) and introduces the domain to xenstored, over the
 * connection that XENSTORED_PATH names. It must not know about any device, nor
 * that there is no hypervisor.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

/* Without a hypervisor these mean nothing, but xenstored refuses port 0. */
#define RING_MFN  0
#define RING_PORT 1

struct node {
	const char *path; /* below /local/domain/N */
	enum { DOM0_OWNS, GUEST_OWNS } owner;
};

static const struct node guest_nodes[] = {
	{"", DOM0_OWNS},
	{"/memory", DOM0_OWNS},
	{"/device", DOM0_OWNS},
	{"/control", DOM0_OWNS},
	{"/control/shutdown", GUEST_OWNS},
	{"/data", GUEST_OWNS},
	{"/drivers", GUEST_OWNS},
	{"/feature", GUEST_OWNS},
	{"/attr", GUEST_OWNS},
	{"/error", GUEST_OWNS},
};

static int make_node(struct xs_handle *xs, xs_transaction_t t, unsigned int domid,
		     const struct node *node)
{
	struct xs_permissions dom0_owns[] = {
		{.id = 0, .perms = XS_PERM_NONE},
		{.id = domid, .perms = XS_PERM_READ},
	};
	struct xs_permissions guest_owns[] = {
		{.id = domid, .perms = XS_PERM_NONE},
	};
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u%s", domid, node->path);
	if (!xs_mkdir(xs, t, path))
		return -errno;
	if (!xs_set_permissions(xs, t, path, node->owner == GUEST_OWNS ? guest_owns : dom0_owns,
				node->owner == GUEST_OWNS ? 1 : 2))
		return -errno;
	return 0;
}

static int write_value(struct xs_handle *xs, xs_transaction_t t, unsigned int domid,
		       const char *key, const char *value)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, key);
	return xs_write(xs, t, path, value, (unsigned int)strlen(value)) ? 0 : -errno;
}

static int make_guest_nodes(struct xs_handle *xs, xs_transaction_t t, unsigned int domid)
{
	char path[64];
	int rc = 0;

	/* What is left of an earlier domain N has permissions that mean that one. */
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	if (!xs_rm(xs, t, path) && errno != ENOENT)
		return -errno;
	for (size_t i = 0; !rc && i < sizeof(guest_nodes) / sizeof(*guest_nodes); i++)
		rc = make_node(xs, t, domid, &guest_nodes[i]);
	return rc;
}

static int make_nodes(struct xs_handle *xs, xs_transaction_t t, unsigned int domid)
{
	char name[24], number[12];
	int rc = 0;

	if (domid)
		rc = make_guest_nodes(xs, t, domid);
	snprintf(name, sizeof(name), "Domain-%u", domid);
	snprintf(number, sizeof(number), "%u", domid);
	if (!rc)
		rc = write_value(xs, t, domid, "name", name);
	if (!rc)
		rc = write_value(xs, t, domid, "domid", number);
	return rc;
}

static int introduce(struct xs_handle *xs, unsigned int domid)
{
	xs_transaction_t t = xs_transaction_start(xs);
	int rc;

	if (t == XBT_NULL)
		return -errno;
	rc = make_nodes(xs, t, domid);
	if (!xs_transaction_end(xs, t, rc != 0) && !rc)
		rc = -errno;
	/* xenstored introduced domain 0 to itself. */
	if (!rc && domid && !xs_introduce_domain(xs, domid, RING_MFN, RING_PORT))
		rc = -errno;
	return rc;
}

int main(int argc, char **argv)
{
	struct xs_handle *xs;
	int rc = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: introduce DOMID...\n");
		return 2;
	}
	xs = xs_open(0);
	if (!xs) {
		fprintf(stderr, "introduce: no xenstore: %s\n", strerror(errno));
		return 1;
	}
	for (int i = 1; i < argc && !rc; i++) {
		rc = introduce(xs, (unsigned int)strtoul(argv[i], NULL, 10));
		if (rc)
			fprintf(stderr, "introduce: domain %s: %s\n", argv[i], strerror(-rc));
	}
	xs_close(xs);
	return rc ? 1 : 0;
}
