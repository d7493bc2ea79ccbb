// SPDX-License-Identifier: GPL-2.0-or-later
/* One disk's trigger; see trigger.h. */
#include "host/trigger.h"

#include "core/names.h"
#include "host/inventory.h"
#include "host/util.h"

#include <inttypes.h>

int vbd_trigger(int root, const struct vbd *v, unsigned take, uint32_t window_ms)
{
	char names[LEVELS_MAX_CHARS + 1];
	char path[128];
	char text[40];
	int r;

	levels_print(take & v->levels, ' ', names);
	vbd_path(v, "reclaim/trigger", path, sizeof(path));
	(void)snprintf(text, sizeof(text), "%s %" PRIu32, names, window_ms);
	r = write_text(root, path, text);
	return r == -ENOENT ? -ENODEV : r;
}
