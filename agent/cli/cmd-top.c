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

#define DELAY_S 2

/* Figures per second need two scans. */
static int once(struct top *t)
{
	int r = top_scan(t);

	if (r == 0)
		(void)poll(NULL, 0, (int)(t->delay_s * 1000));
	if (r == 0)
		r = top_scan(t);
	return r < 0 ? r : top_make_rows(t);
}

/* Domains, and below them their disks. */
static void print_both(struct top *t)
{
	top_print(t);
	t->by_disk = true;
	if (t->n_rows > 0 && top_make_rows(t) == 0) {
		(void)puts("");
		top_print_table(t);
	}
}

static enum exit_status run(struct top *t, bool batch, bool json)
{
	int r;

	t->by_disk = json;
	r = batch || json ? once(t) : top_live(t);
	if (r < 0) {
		complain("%s", strerror(-r));
		return STATUS_FAILED;
	}
	if (json)
		return top_print_json(t);
	if (batch)
		print_both(t);
	return STATUS_DONE;
}

static uint64_t idle_time_us(int root)
{
	struct config c = settings_read(root);
	uint64_t idle_us = c.policy.idle_us;

	config_free(&c);
	return idle_us;
}

static void close_top(struct top *t)
{
	store_close(&t->store);
	memory_close(&t->memory);
	sight_close(&t->sight);
	inventory_free(&t->inventory);
	free(t->now.disks);
	free(t->before.disks);
	free(t->rows);
}

enum exit_status cmd_top(int root, int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
						{"batch", no_argument, NULL, 'b'},
						{"delay", required_argument, NULL, 'd'},
						{"domain", required_argument, NULL, 'D'},
						{0}};
	struct top t = {.root = root, .delay_s = DELAY_S};
	bool batch = false;
	enum exit_status status;
	bool json = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "bd:D:", options, NULL)) != -1) {
		if (opt == '?')
			return STATUS_USAGE;
		batch |= opt == 'b';
		json |= opt == 'j';
		if (opt == 'D')
			(void)snprintf(t.filter, sizeof(t.filter), "%s", optarg);
		if (opt == 'd' &&
		    option_number("delay", optarg, TOP_DELAY_MAX_S, "seconds", &t.delay_s) < 0)
			return STATUS_USAGE;
	}
	if (no_arguments(argc, argv) < 0)
		return STATUS_USAGE;
	batch |= !json && !top_has_screen();
	if (memory_open(root, &t.memory) < 0) {
		complain("no memory figures in /proc");
		return STATUS_FAILED;
	}
	t.idle_us = idle_time_us(root);
	(void)store_open(&t.store, root);
	status = run(&t, batch, json);
	close_top(&t);
	return status;
}
