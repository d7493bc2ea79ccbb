// SPDX-License-Identifier: GPL-2.0-or-later
/* One disk's trigger; see trigger.h. */
#include "host/trigger.h"

#include "core/names.h"
#include "host/inventory.h"
#include "host/util.h"

#include <inttypes.h>
#include <string.h>

int vbd_trigger(int root, const struct vbd *v, unsigned take, uint32_t window_ms)
{
	char text[LEVELS_MAX_CHARS + 16];
	char path[128];
	int r;

	take &= v->levels;
	levels_print(take, ' ', text);
	if (take & 1U << LEVEL_POOL)
		(void)snprintf(text + strlen(text), 16, " %" PRIu32, window_ms);
	vbd_path(v, "reclaim/trigger", path, sizeof(path));
	r = write_text(root, path, text);
	return r == -ENOENT ? -ENODEV : r;
}
