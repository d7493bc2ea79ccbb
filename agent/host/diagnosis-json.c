// SPDX-License-Identifier: GPL-2.0-or-later
/* The judgement as JSON; see diagnosis-json.h. */
#include "host/diagnosis-json.h"

#include "core/names.h"
#include "host/json.h"

#include <json-c/json.h>

struct json_object *diagnosis_levels_json(const struct diagnosis *d)
{
	struct json_object *all = json_object_new_object();

	for (int l = 0; l < LEVEL_COUNT; l++) {
		struct json_object *o = json_object_new_object();

		json_put_string(o, "gives_ram", answer_names[d->gives_ram[l]]);
		json_put_string(o, "why", d->why[l]);
		json_put(all, levels[l].name, o);
	}
	return all;
}
