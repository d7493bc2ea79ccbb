// SPDX-License-Identifier: GPL-2.0-or-later
/* One disk's trigger; see trigger.h. */
#include "host/trigger.h"

#include "host/inventory.h"
#include "host/util.h"

#include <inttypes.h>

/* The kernel takes any set of levels; a level of ours includes those below it. */
static const char *const up_to[LEVEL_COUNT] = {
	[LEVEL_POOL] = "pool",
	[LEVEL_GRANTS] = "pool grants",
	[LEVEL_SLOTS] = "all",
};

int vbd_trigger(int root, const struct vbd *v, enum level level, uint32_t window_ms)
{
	char path[128];
	char text[32];
	int r;

	vbd_path(v, "reclaim/trigger", path, sizeof(path));
	(void)snprintf(text, sizeof(text), "%s %" PRIu32, up_to[level], window_ms);
	r = write_text(root, path, text);
	return r == -ENOENT ? -ENODEV : r;
}
