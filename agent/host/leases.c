// SPDX-License-Identifier: GPL-2.0-or-later
/* Leases of a disk's aging time; see leases.h. */
#include "host/leases.h"

#include "core/aging.h"
#include "host/inventory.h"
#include "host/util.h"

#include <stdio.h>

/* Renewed at the last look but one before it ends. */
#define SOON_US (AGING_LOOK_US + AGING_LOOK_US / 2)

/* A disk that is gone needs none. */
static int write_lease(int root, const struct vbd *v, const char *text)
{
	char path[128];
	int r;

	vbd_path(v, "reclaim/unused_s", path, sizeof(path));
	r = write_text(root, path, text);
	return r == -ENOENT || r == -ENODEV ? 0 : r;
}

static int lease(int root, struct vbd *v, uint64_t now_us)
{
	char text[32];
	int r;

	(void)snprintf(text, sizeof(text), "%u for %d", v->age.unused_s, AGING_LEASE_S);
	r = write_lease(root, v, text);
	if (r < 0)
		return r;
	v->age.leased_s = v->age.unused_s;
	v->age.leased_us = now_us + AGING_LEASE_S * USEC_PER_SEC;
	return 0;
}

static int end_lease(int root, struct vbd *v)
{
	v->age.leased_us = 0;
	return write_lease(root, v, "default");
}

int leases_write(int root, struct vbd_list *list, uint64_t now_us)
{
	int result = 0;

	for_each_vbd(v, list) {
		struct vbd_aging *age = &v->age;
		bool leased = now_us < age->leased_us;
		int r = 0;

		if (!v->shows)
			continue;
		if (age->unused_s == 0)
			r = leased ? end_lease(root, v) : 0;
		else if (!leased || age->leased_s != age->unused_s ||
			 age->leased_us - now_us < SOON_US)
			r = lease(root, v, now_us);
		if (r < 0)
			result = r;
	}
	return result;
}

int leases_end(int root, struct vbd_list *list, uint64_t now_us)
{
	for_each_vbd(v, list)
		v->age.unused_s = 0;
	return leases_write(root, list, now_us);
}
