// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xen-reclaim top: what each domain and each disk holds and does, live or once. Here are the
 * options; the rest is in top-*.c. Changes nothing, and asks the daemon nothing.
 */
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "cli/top.h"

#include "host/util.h"

#include <getopt.h>
#include <poll.h>
#include <string.h>

#define DELAY_S	      2
#define TOP_COUNT_MAX 1000000000

/* Domains, and below them their disks. */
static int print_both(struct top *t)
{
	int r;

	t->by_disk = false;
	r = top_make_rows(t);
	if (r < 0)
		return r;
	top_print(t);
	t->by_disk = true;
	if (t->n_rows > 0 && top_make_rows(t) == 0) {
		(void)puts("");
		top_print_table(t);
	}
	return 0;
}

/* On a line where more of them follow. */
static int print_object(struct top *t)
{
	int r;

	t->by_disk = true;
	r = top_make_rows(t);
	if (r == 0)
		top_print_json(t, t->count != 1);
	return r;
}

/* Figures per second are between two scans: the first one is not shown. */
static int print_scans(struct top *t, bool json)
{
	int r = top_scan(t);

	for (uint64_t i = 0; r == 0 && (t->count == 0 || i < t->count); i++) {
		(void)poll(NULL, 0, (int)(t->delay_s * 1000));
		r = top_scan(t);
		if (r == 0 && i > 0 && !json)
			(void)puts("");
		if (r == 0)
			r = json ? print_object(t) : print_both(t);
		if (fflush(stdout) != 0) /* whoever read it has gone */
			return 0;
	}
	return r;
}

static enum exit_status run(struct top *t, bool batch, bool json)
{
	int r = batch || json ? print_scans(t, json) : top_live(t);

	if (r == 0)
		return STATUS_DONE;
	complain("%s", strerror(-r));
	return STATUS_FAILED;
}

static void close_top(struct top *t)
{
	config_free(&t->config);
	store_close(&t->store);
	memory_close(&t->memory);
	sight_close(&t->sight);
	inventory_free(&t->inventory);
	free(t->now.disks);
	free(t->before.disks);
	free(t->rows);
}

/* 0: until it is stopped. Printed, not on a screen. */
static int parse_count(const char *arg, struct top *t)
{
	if (strcmp(arg, "0") != 0)
		return option_number("count", arg, TOP_COUNT_MAX, "scans", &t->count);
	t->count = 0;
	return 0;
}

enum exit_status cmd_top(int root, int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},	 {"batch", no_argument, NULL, 'b'},
		{"delay", required_argument, NULL, 'd'}, {"domain", required_argument, NULL, 'D'},
		{"count", required_argument, NULL, 'n'}, {0}};
	struct top t = {.root = root, .delay_s = DELAY_S, .count = 1};
	bool batch = false;
	enum exit_status status;
	bool json = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "bd:D:n:", options, NULL)) != -1) {
		if (opt == '?')
			return STATUS_USAGE;
		batch |= opt == 'b' || opt == 'n';
		json |= opt == 'j';
		if (opt == 'D')
			(void)snprintf(t.filter, sizeof(t.filter), "%s", optarg);
		if (opt == 'd' &&
		    option_number("delay", optarg, TOP_DELAY_MAX_S, "seconds", &t.delay_s) < 0)
			return STATUS_USAGE;
		if (opt == 'n' && parse_count(optarg, &t) < 0)
			return STATUS_USAGE;
	}
	if (no_arguments(argc, argv) < 0)
		return STATUS_USAGE;
	batch |= !json && !top_has_screen();
	if (memory_open(root, &t.memory) < 0) {
		complain("no memory figures in /proc");
		return STATUS_FAILED;
	}
	t.config = settings_read(root);
	(void)store_open(&t.store, root);
	status = run(&t, batch, json);
	close_top(&t);
	return status;
}
