// SPDX-License-Identifier: GPL-2.0-or-later
/* What is seen of disks, as JSON; see seen.h. */
#include "cli/seen.h"

#include "host/json.h"

#include "core/names.h"

unsigned vbd_seen(const struct vbd *v)
{
	return v->shows ? ALL_LEVELS : v->seen;
}

void put_held(struct json_object *o, unsigned seen, const uint64_t held_kb[static LEVEL_COUNT])
{
	for (int l = 0; l < LEVEL_COUNT; l++)
		if (seen >> l & 1)
			json_put_number(o, levels[l].key, (int64_t)held_kb[l]);
}

void put_seen_by(struct json_object *o, const struct sight *s, const struct inventory *inv)
{
	const char *reason;
	const char *by = sight_by(s, inv, &reason);

	json_put_string(o, "mechanism", mechanism_names[inv->mechanism]);
	if (by)
		json_put_string(o, "seen_by", by);
	if (reason)
		json_put_string(o, "unseen", reason);
}
