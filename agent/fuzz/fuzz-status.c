// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: xen-reclaim status, over any state file and any names of domains. What it prints for
 * people holds no character that a terminal obeys; what it prints for programs is JSON. Knows no
 * daemon, no xenstored and no file: what would reach one is wrapped by the linker.
 */
#include "fuzz/fuzz.h"

#include "cli/command.h"
#include "daemon/state-file.h"
#include "host/config.h"
#include "host/inventory.h"
#include "host/memory.h"
#include "host/psi.h"
#include "host/store.h"
#include "host/util.h"

#include <getopt.h>
#include <json-c/json.h>

#include <xenstore.h>

int __wrap_store_open(struct store *s, int root)
{
	(void)root;
	s->xs = xs_open(0);
	return 0;
}

static struct store_value names[] = {{.key = "name"}};
static struct vbd disks[] = {
	{.domid = 1, .devid = 51712},
	{.domid = 2, .devid = 51712, .levels = 7, .shows = true, .held_kb = {1, 2, 3}},
};
static struct input state;

ssize_t __wrap_read_text(int root, const char *path, char *buf, size_t size)
{
	(void)root;
	check(strcmp(path, STATE_FILE) == 0 && state.left < size);
	if (state.left)
		memcpy(buf, state.at, state.left);
	buf[state.left] = '\0';
	return (ssize_t)state.left;
}

int __wrap_read_number(int root, const char *path, uint64_t *value)
{
	(void)root;
	(void)path;
	*value = 1024;
	return 0;
}

int __wrap_psi_read(int root, struct psi_totals *t)
{
	(void)root;
	*t = (struct psi_totals){{1, 2}};
	return 0;
}

int __wrap_memory_open(int root, struct memory *h)
{
	(void)root;
	(void)h;
	return -ENOENT;
}

int __wrap_inventory_read(int root, struct inventory *inv)
{
	(void)root;
	inv->now = (struct vbd_list){.vbds = disks, .n = ARRAY_SIZE(disks)};
	return 0;
}

int __wrap_daemon_runs(int root)
{
	(void)root;
	return 1;
}

int __wrap_config_load(int root, const char *path, struct config *c, struct config_error *err)
{
	(void)root;
	(void)path;
	(void)c;
	(void)err;
	return 0;
}

void __wrap_inventory_free(struct inventory *inv)
{
	(void)inv;
}

/* Return: what it printed. */
static char *status(char *option, size_t *len)
{
	char command[] = "status";
	char *argv[] = {command, option, NULL};
	FILE *usual = stdout;
	enum exit_status s;
	char *text = NULL;

	stdout = open_memstream(&text, len);
	check(stdout != NULL);
	optind = 0;
	s = cmd_status(-1, option ? 2 : 1, argv);
	check(s == STATUS_DONE || s == STATUS_FAILED); /* what is no JSON is no daemon's */
	(void)fclose(stdout);
	stdout = usual;
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	char option[] = "--json";
	struct json_object *o;
	size_t len;
	char *text;

	store_values = names;
	n_store_values = ARRAY_SIZE(names);
	names[0].len = next_field(&in, names[0].value, sizeof(names[0].value));
	state = in;
	text = status(NULL, &len);
	check_printable(text, len, "\n");
	free(text);
	text = status(option, &len);
	o = json_tokener_parse(text);
	check(json_object_is_type(o, json_type_object));
	(void)json_object_put(o);
	free(text);
	return 0;
}
