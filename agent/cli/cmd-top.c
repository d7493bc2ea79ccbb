// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xen-reclaim top: what each domain and each disk holds and does, live or once. Here are the
 * options, the terminal and its keys; the rest is in top-*.c. Changes nothing, and asks the daemon
 * nothing.
 */
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "cli/stop.h"
#include "cli/top.h"

#include "host/util.h"

#include <getopt.h>
#include <poll.h>
#include <string.h>
#include <termios.h>

#define DELAY_MAX_S 3600
#define DELAY_S	    2

/* Return: the key, or 0 when the time has passed. */
static char read_key(int timeout_ms)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	char key = 0;

	if (poll(&p, 1, timeout_ms) <= 0)
		return 0;
	if (read(STDIN_FILENO, &key, 1) <= 0)
		return 'q';
	return key;
}

static void ask_delay(struct top *t)
{
	uint64_t v = 0;
	char key;

	(void)fputs("\033[2;1H\033[Kseconds: ", stdout);
	(void)fflush(stdout);
	while (!stopped && (key = read_key(-1)) >= '0' && key <= '9') {
		(void)putchar(key);
		(void)fflush(stdout);
		v = v * 10 + (uint64_t)(key - '0');
		if (v > DELAY_MAX_S)
			break;
	}
	if (v >= 1 && v <= DELAY_MAX_S)
		t->delay_s = v;
}

/* Return: true if it is time for the next scan; a key that only changes the view needs none. */
static bool wait_or_obey(struct top *t, uint64_t until_us)
{
	uint64_t now = now_us();
	char key;

	if (now >= until_us)
		return true;
	key = read_key((int)((until_us - now) / USEC_PER_MSEC) + 1);
	switch (key) {
	case 'q':
		stopped = 1;
		break;
	case 's':
		t->sort = (enum sort)((t->sort + 1) % SORT_COUNT);
		break;
	case 'b':
		t->by_disk = !t->by_disk;
		break;
	case 'd':
		ask_delay(t);
		return true;
	default:
		return false;
	}
	if (!stopped && top_make_rows(t) == 0)
		top_show(t);
	return false;
}

static int live(struct top *t)
{
	struct termios old;
	struct termios raw;
	int r = 0;

	stop_on_signal();
	if (tcgetattr(STDIN_FILENO, &old) < 0)
		return -errno;
	raw = old;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	(void)fputs("\033[?1049h\033[?25l", stdout); /* the alternate screen, without a cursor */
	while (!stopped && r == 0) {
		uint64_t until_us = now_us() + t->delay_s * USEC_PER_SEC;

		r = top_scan(t);
		if (r == 0)
			r = top_make_rows(t);
		if (r == 0)
			top_show(t);
		while (!stopped && r == 0 && !wait_or_obey(t, until_us))
			;
	}
	(void)fputs("\033[?25h\033[?1049l", stdout);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &old);
	return r;
}

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
		top_print_table(t, SIZE_MAX);
	}
}

static enum exit_status run(struct top *t, bool batch, bool json)
{
	int r;

	t->by_disk = json;
	r = batch || json ? once(t) : live(t);
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
						{0}};
	struct top t = {.root = root, .delay_s = DELAY_S};
	bool batch = !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO);
	enum exit_status status;
	bool json = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "bd:", options, NULL)) != -1) {
		if (opt == '?')
			return STATUS_USAGE;
		batch |= opt == 'b';
		json |= opt == 'j';
		if (opt == 'd' &&
		    option_number("delay", optarg, DELAY_MAX_S, "seconds", &t.delay_s) < 0)
			return STATUS_USAGE;
	}
	if (no_arguments(argc, argv) < 0)
		return STATUS_USAGE;
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
