/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Members of JSON objects, written and read. Reading accepts anything in place of an object, and
 * anything in place of the member: the text may be another version's. Knows no format.
 */
#ifndef XEN_RECLAIM_JSON_H
#define XEN_RECLAIM_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

/** json_put() - set a member; @value is the object's from then on. Of NULL: nothing. */
void json_put(struct json_object *o, const char *key, struct json_object *value);

/** json_append() - the same to a list. Return: it was taken; else it is freed. */
bool json_append(struct json_object *list, struct json_object *value);

void json_put_number(struct json_object *o, const char *key, int64_t v);

void json_put_string(struct json_object *o, const char *key, const char *v);

/** json_member() - Return: the value, or NULL if it is null or missing. */
struct json_object *json_member(struct json_object *o, const char *key);

/** json_number() - Return: the value, or 0 if there is no number. */
int64_t json_number(struct json_object *o, const char *key);

/** json_string() - Return: the value as text, or "" if it is null or missing. */
const char *json_string(struct json_object *o, const char *key);

/** json_word() - Return: the value if it is one of these, else "?": it is safe to print. */
const char *json_word(struct json_object *o, const char *key, const char *const *names, size_t n);

/** json_list_length() - Return: how many elements; 0 if it is no list. */
size_t json_list_length(struct json_object *list);

#endif
