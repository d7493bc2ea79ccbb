// SPDX-License-Identifier: GPL-2.0-or-later
/* The daemon's lock and its state file, as commands read them; see state.h. */
#include "cli/state.h"

#include "cli/output.h"
#include "host/json.h"

#include "core/names.h"
#include "host/lock.h"
#include "host/util.h"

#include <json-c/json.h>
#include <string.h>

/* Many times what the daemon writes: a history of 16 actions is the longest part. */
#define STATE_MAX_BYTES ((size_t)64 * 1024)

int daemon_runs(int root)
{
	int r = lock_held(root);

	if (r < 0)
		complain("cannot tell whether the daemon runs: /%s: %s", LOCK_FILE, strerror(-r));
	return r;
}

enum exit_status daemon_not_running(void)
{
	complain("the daemon is not running: systemctl start xen-reclaimd");
	return STATUS_NOT_RUNNING;
}

struct json_object *state_read(int root)
{
	static char text[STATE_MAX_BYTES];
	struct json_object *o;

	if (read_text(root, STATE_FILE, text, sizeof(text)) < 0)
		return NULL;
	o = json_tokener_parse(text);
	if (json_object_is_type(o, json_type_object))
		return o;
	(void)json_object_put(o);
	return NULL;
}

const char *state_level(struct json_object *o)
{
	int level = level_from_name(json_string(o, "level"));

	return level < 0 ? "?" : levels[level].name;
}

const char *state_scope(struct json_object *o)
{
	return json_word(o, "scope", scope_names, SCOPE_COUNT);
}
