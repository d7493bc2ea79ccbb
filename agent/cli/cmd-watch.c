// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xen-reclaim watch: a line for each thing that happens on this host, and a trace of it for
 * xen-reclaim replay. Scans once a second, and when the daemon writes its state file; changes
 * nothing, and asks the daemon nothing. Here is the order of a scan; what it finds is in watch-*.c.
 */
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/stop.h"
#include "cli/watch.h"

#include "host/lock.h"
#include "host/util.h"

#include <getopt.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>

#define SCAN_MS 1000

void watch_scan(struct watcher *w)
{
	bool stalled;
	bool moved;

	w->now_us = now_us();
	if (inventory_read(w->root, &w->inventory) < 0)
		return;
	stalled = watch_read_psi(w);
	watch_sight(w);
	if (w->first) /* before the first line: whoever reads it may act on it */
		(void)watch_daemon(w);
	watch_mechanism(w);
	watch_disks(w);
	moved = watch_balloon(w);
	if (moved || w->first)
		watch_memory(w);
	if (stalled)
		watch_tell_psi(w);
	moved = !w->first && watch_daemon(w);
	if ((moved || stalled) && !w->first)
		watch_memory(w);
	w->first = false;
}

/* The folder comes with the daemon, and goes when /run is cleaned up. */
static void watch_folder(struct watcher *w)
{
	char path[64];
	int wd;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/" RUN_DIR, w->root);
	wd = inotify_add_watch(w->inotify, path, IN_MOVED_TO | IN_DELETE);
	(void)wd; /* without it the next scan is in a second */
}

static void wait_for_more(struct watcher *w)
{
	_Alignas(struct inotify_event) char buf[1024];
	struct pollfd p = {.fd = w->inotify, .events = POLLIN};

	if (poll(&p, 1, SCAN_MS) > 0 && read(w->inotify, buf, sizeof(buf)) < 0)
		(void)poll(NULL, 0, SCAN_MS);
}

static enum exit_status run(struct watcher *w)
{
	struct trace_event end = {.word = TRACE_END};

	w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (memory_open(w->root, &w->memory) < 0) {
		complain("no memory figures in /proc");
		return STATUS_FAILED;
	}
	(void)store_open(&w->store, w->root);
	w->start_us = now_us();
	while (!stopped) {
		watch_folder(w); /* before the scan, so that nothing is missed during it */
		watch_scan(w);
		if (ferror(stdout)) /* which main() complains about */
			return STATUS_FAILED;
		if (w->record && ferror(w->record)) {
			complain("cannot write the trace");
			return STATUS_FAILED;
		}
		if (!stopped)
			wait_for_more(w);
	}
	w->now_us = now_us();
	watch_record(w, &end);
	return STATUS_DONE;
}

static int open_record(struct watcher *w, const char *path)
{
	w->record = fopen(path, "we");
	if (!w->record) {
		complain("%s: %s", path, strerror(errno));
		return -errno;
	}
	(void)fputs(TRACE_HEAD " recorded\n", w->record);
	return 0;
}

enum exit_status cmd_watch(int root, int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'}, {"record", required_argument, NULL, 'r'}, {0}};
	struct watcher w = {.root = root, .inotify = -1, .first = true};
	const char *path = NULL;
	enum exit_status status;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == '?')
			return STATUS_USAGE;
		if (opt == 'r')
			path = optarg;
		w.json |= opt == 'j';
	}
	if (no_arguments(argc, argv) < 0)
		return STATUS_USAGE;
	if (path && open_record(&w, path) < 0)
		return STATUS_FAILED;
	stop_on_signal();
	status = run(&w);
	if (w.record && fclose(w.record) != 0 && status == STATUS_DONE) {
		complain("cannot write the trace");
		status = STATUS_FAILED;
	}
	store_close(&w.store);
	memory_close(&w.memory);
	sight_close(&w.sight);
	inventory_free(&w.inventory);
	free(w.seen.vbds);
	close_fd(&w.inotify);
	return status;
}
