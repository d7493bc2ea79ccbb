// SPDX-License-Identifier: GPL-2.0-or-later
/* Members of JSON objects; see json.h. */
#include "host/json.h"

#include "core/names.h"

#include <json-c/json.h>

/* Out of memory there may be no value, and no object to put one into. */
void json_put(struct json_object *o, const char *key, struct json_object *value)
{
	if (!o || !value || json_object_object_add(o, key, value) < 0)
		(void)json_object_put(value);
}

bool json_append(struct json_object *list, struct json_object *value)
{
	if (list && value && json_object_array_add(list, value) == 0)
		return true;
	(void)json_object_put(value);
	return false;
}

void json_put_number(struct json_object *o, const char *key, int64_t v)
{
	json_put(o, key, json_object_new_int64(v));
}

void json_put_string(struct json_object *o, const char *key, const char *v)
{
	json_put(o, key, json_object_new_string(v));
}

struct json_object *json_member(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	(void)json_object_object_get_ex(o, key, &v);
	return v;
}

int64_t json_number(struct json_object *o, const char *key)
{
	return json_object_get_int64(json_member(o, key));
}

const char *json_string(struct json_object *o, const char *key)
{
	const char *text = json_object_get_string(json_member(o, key));

	return text ? text : "";
}

const char *json_word(struct json_object *o, const char *key, const char *const *names, size_t n)
{
	int i = name_index(names, n, json_string(o, key));

	return i < 0 ? "?" : names[i];
}

size_t json_list_length(struct json_object *list)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}
