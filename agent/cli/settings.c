// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration, for commands that show disks by it; see settings.h. */
#include "cli/settings.h"

struct config settings_read(int root)
{
	struct config c = config_default();
	struct config_error err;

	(void)config_load(root, CONFIG_PATH, &c, &err);
	return c;
}
