// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xen-reclaim watch: a line for each thing that happens on this host, and the trace of it that
 * xen-reclaim replay reads. Looks once a second, and when the daemon writes its state file; changes
 * nothing, and asks the daemon nothing.
 */
#include "diagnose.h"
#include "host.h"
#include "inventory.h"
#include "psi.h"
#include "report.h"
#include "sight.h"
#include "store.h"
#include "trace.h"
#include "util.h"
#include "xen-reclaim.h"

#include <getopt.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>

#define LOOK_MS		1000
#define STATE_MAX_BYTES ((size_t)64 * 1024)

/* An idle time that says this much else than time passing says that there was a request. */
#define SLACK_US (2 * USEC_PER_SEC)

/**
 * struct watcher - what was seen last.
 * @inotify: says when the daemon's folder in /run changed; -1 while there is no such folder.
 * @seen:    as recorded, in the order of the inventory; idle_us is the time of the last request.
 * @psi:     as of @psi_us. @psi_before: as of the look before.
 * @psi_still: @psi is as it was then, and so was not recorded.
 * @actions: of the daemon, that were told of. @open: the last of them was not judged yet.
 * @sight:   what a stock kernel's disks hold. @complained: that not all of that is seen.
 */
struct watcher {
	int root;
	int inotify;
	bool json;
	bool first;
	FILE *record;
	uint64_t start_us;
	uint64_t now_us;
	struct host host;
	struct facts facts;
	struct inventory inventory;
	struct sight sight;
	bool complained;
	struct store store;
	struct vbd_list seen;
	struct psi_totals psi;
	struct psi_totals psi_before;
	uint64_t psi_us;
	bool psi_still;
	struct balloon balloon;
	int64_t actions;
	bool open;
};

static volatile sig_atomic_t stopped;

static void on_signal(int signal)
{
	(void)signal;
	stopped = 1;
}

/* --- lines ---------------------------------------------------------------------------------- */

static void put_number(struct json_object *o, const char *key, int64_t v)
{
	(void)json_object_object_add(o, key, json_object_new_int64(v));
}

static void put_string(struct json_object *o, const char *key, const char *v)
{
	(void)json_object_object_add(o, key, json_object_new_string(v));
}

static uint64_t realtime_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * USEC_PER_SEC + (uint64_t)t.tv_nsec / 1000;
}

/* @o: the line's own members, which are freed. @text: shown as far as it is printable. */
static void tell(const struct watcher *w, const char *event, struct json_object *o, char *text)
{
	time_t now = (time_t)(realtime_us() / USEC_PER_SEC);
	char clock[16] = "";
	struct tm tm;

	if (w->json) {
		put_number(o, "time_us", (int64_t)realtime_us());
		put_string(o, "event", event);
		(void)puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	} else {
		if (localtime_r(&now, &tm))
			(void)strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
		make_printable(text);
		(void)printf("%s %-8s %s\n", clock, event, text);
	}
	(void)json_object_put(o);
	(void)fflush(stdout);
}

static void record_at(const struct watcher *w, uint64_t at_us, struct trace_event *e)
{
	if (!w->record)
		return;
	e->time_us = at_us - w->start_us;
	trace_print(w->record, e);
	(void)fflush(w->record);
}

static void record(const struct watcher *w, struct trace_event *e)
{
	record_at(w, w->now_us, e);
}

/* --- what there is -------------------------------------------------------------------------- */

static void look_at_host(struct watcher *w)
{
	struct trace_event e = {.word = TRACE_HOST};
	struct json_object *o;
	struct diagnosis d;
	char text[96] = "";

	if (!w->first && w->facts.mechanism == w->inventory.mechanism &&
	    w->facts.params == w->inventory.params)
		return;
	facts_gather(w->root, &w->facts);
	d = diagnose(&w->facts);
	e.mechanism = w->facts.mechanism;
	o = json_object_new_object();
	put_string(o, "mechanism", mechanism_names[e.mechanism]);
	for (int l = 0; l < LEVEL_COUNT; l++) {
		size_t n = strlen(text);

		e.gives_ram[l] = d.gives_ram[l] != ANSWER_NO;
		put_string(o, level_names[l], answer_names[d.gives_ram[l]]);
		(void)snprintf(text + n, sizeof(text) - n, ", RAM from %s: %s", level_names[l],
			       answer_names[d.gives_ram[l]]);
	}
	record(w, &e);
	char line[160];

	(void)snprintf(line, sizeof(line), "mechanism %s%s", mechanism_names[e.mechanism], text);
	tell(w, "host", o, line);
}

/* A trace holds printable words, and one blank between them. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			*text = '_';
}

static void look_at_domain(struct watcher *w, uint16_t domid)
{
	struct trace_event e = {.word = TRACE_DOMAIN, .vbd = {.domid = domid}};
	struct json_object *o;
	char path[48];
	char text[160];

	if (!w->store.xs)
		return;
	(void)snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	if (store_read(&w->store, path, e.name, sizeof(e.name)) <= 0)
		return;
	(void)snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
	if (store_read(&w->store, path, text, sizeof(text)) == (int)strlen("/vm/") + 36)
		(void)snprintf(e.uuid, sizeof(e.uuid), "%.36s", text + strlen("/vm/"));
	make_plain(e.name);
	make_plain(e.uuid);
	record(w, &e);
	o = json_object_new_object();
	put_number(o, "domid", domid);
	put_string(o, "name", e.name);
	put_string(o, "uuid", e.uuid);
	(void)snprintf(text, sizeof(text), "%u is %s", domid, e.name);
	tell(w, "domain", o, text);
}

static void tell_disk(struct watcher *w, const struct vbd *v)
{
	static const char *const keys[LEVEL_COUNT] = {"pool_kb", "grants_kb", "request_kb"};
	struct trace_event e = {.word = TRACE_DISK, .vbd = *v};
	struct json_object *o = json_object_new_object();
	char held[LEVEL_COUNT][24] = {"?", "?", "?"};
	char idle[40] = "";
	char text[160];

	e.vbd.seen = v->shows ? ALL_LEVELS : v->seen;
	record(w, &e);
	put_number(o, "domid", v->domid);
	put_number(o, "devid", v->devid);
	for (int l = 0; l < LEVEL_COUNT; l++) {
		if (!(e.vbd.seen >> l & 1))
			continue;
		put_number(o, keys[l], (int64_t)v->held_kb[l]);
		(void)snprintf(held[l], sizeof(held[l]), "%" PRIu64, v->held_kb[l]);
	}
	if (v->shows) {
		put_number(o, "idle_ms", (int64_t)(v->idle_us / USEC_PER_MSEC));
		(void)snprintf(idle, sizeof(idle), ", idle for %" PRIu64 " s",
			       v->idle_us / USEC_PER_SEC);
	}
	(void)snprintf(text, sizeof(text), "%u/%" PRIu32 ": pool %s, grants %s, requests %s kB%s",
		       v->domid, v->devid, held[LEVEL_POOL], held[LEVEL_GRANTS],
		       held[LEVEL_REQUESTS], idle);
	tell(w, "disk", o, text);
}

static void tell_gone(struct watcher *w, const struct vbd *v)
{
	struct trace_event e = {.word = TRACE_GONE, .vbd = *v};
	struct json_object *o = json_object_new_object();
	char text[32];

	record(w, &e);
	put_number(o, "domid", v->domid);
	put_number(o, "devid", v->devid);
	(void)snprintf(text, sizeof(text), "%u/%" PRIu32, v->domid, v->devid);
	tell(w, "gone", o, text);
}

static int order_of(const struct vbd *a, const struct vbd *b)
{
	if (a->domid != b->domid)
		return a->domid < b->domid ? -1 : 1;
	return a->devid < b->devid ? -1 : a->devid > b->devid;
}

static bool has_changed(const struct watcher *w, const struct vbd *was, const struct vbd *is)
{
	uint64_t last_us = w->now_us - is->idle_us;

	if (was->levels != is->levels || was->shows != is->shows || was->seen != is->seen ||
	    was->squeeze_ms != is->squeeze_ms ||
	    memcmp(was->held_kb, is->held_kb, sizeof(is->held_kb)) != 0)
		return true;
	return is->shows && last_us > was->idle_us + SLACK_US;
}

/* Both lists are in order: one pass over both. */
static void look_at_disks(struct watcher *w)
{
	const struct vbd_list *now = &w->inventory.now;
	const struct vbd *was = w->seen.vbds;
	const struct vbd *end = was + w->seen.n;
	struct vbd *fresh = calloc(now->n + 1, sizeof(*fresh));

	if (!fresh)
		return;
	for (size_t i = 0; i < now->n; i++) {
		const struct vbd *is = &now->vbds[i];
		bool known;

		for (; was < end && order_of(was, is) < 0; was++)
			tell_gone(w, was);
		known = was < end && order_of(was, is) == 0;
		if (!known && (i == 0 || is[-1].domid != is->domid))
			look_at_domain(w, is->domid);
		fresh[i] = *is;
		if (known && !has_changed(w, was, is)) {
			fresh[i].idle_us = was->idle_us;
		} else {
			tell_disk(w, is);
			fresh[i].idle_us = w->now_us - is->idle_us;
		}
		was += known;
	}
	for (; was < end; was++)
		tell_gone(w, was);
	free(w->seen.vbds);
	w->seen = (struct vbd_list){.vbds = fresh, .n = now->n};
}

/* --- what happens --------------------------------------------------------------------------- */

static void tell_memory(struct watcher *w)
{
	struct trace_event e = {.word = TRACE_MEMORY};
	struct json_object *o;
	char text[160];

	if (host_sample(&w->host, &e.sample) < 0)
		return;
	e.sample.held_kb += (int64_t)inventory_request_kb(&w->inventory);
	record(w, &e);
	o = json_object_new_object();
	if (e.sample.held_known)
		put_number(o, "held_kb", e.sample.held_kb);
	put_number(o, "available_kb", e.sample.available_kb);
	put_number(o, "pswpin", (int64_t)e.sample.pswpin);
	put_number(o, "pswpout", (int64_t)e.sample.pswpout);
	(void)snprintf(text, sizeof(text),
		       "%" PRId64 " kB available, %" PRIu64 " pages swapped in, %" PRIu64 " out",
		       e.sample.available_kb, e.sample.pswpin, e.sample.pswpout);
	tell(w, "memory", o, text);
}

static struct trace_event psi_event(const struct psi_totals *t)
{
	return (struct trace_event){
		.word = TRACE_PSI, .some_us = t->us[PSI_SOME], .full_us = t->us[PSI_FULL]};
}

/*
 * Totals that stand still are no line. When they move, a line first says since when: a stall is not
 * to be taken as spread over all that time. It comes before the lines of this look, which are
 * later. Return: they moved.
 */
static bool read_psi(struct watcher *w)
{
	uint64_t last_us = w->psi_us;
	bool still = w->psi_still;
	struct trace_event e;
	struct psi_totals t;

	w->psi_still = false;
	if (psi_read(w->root, &t) < 0)
		return false;
	w->psi_before = last_us ? w->psi : t;
	w->psi = t;
	w->psi_us = w->now_us;
	w->psi_still = last_us && memcmp(&t, &w->psi_before, sizeof(t)) == 0;
	if (w->psi_still)
		return false;
	e = psi_event(&w->psi_before);
	if (still)
		record_at(w, last_us, &e);
	return true;
}

static void tell_psi(const struct watcher *w)
{
	const struct psi_totals *last = &w->psi_before;
	struct trace_event e = psi_event(&w->psi);
	struct json_object *o;
	char text[96];

	record(w, &e);
	o = json_object_new_object();
	put_number(o, "some_total_us", (int64_t)e.some_us);
	put_number(o, "full_total_us", (int64_t)e.full_us);
	(void)snprintf(text, sizeof(text), "some +%" PRIu64 " ms, full +%" PRIu64 " ms",
		       (e.some_us - last->us[PSI_SOME]) / USEC_PER_MSEC,
		       (e.full_us - last->us[PSI_FULL]) / USEC_PER_MSEC);
	tell(w, "psi", o, text);
}

static bool look_at_balloon(struct watcher *w)
{
	struct trace_event e = {.word = TRACE_BALLOON};
	struct json_object *o;
	struct balloon b;
	char text[96];

	if (host_balloon(&w->host, &b) < 0 ||
	    (b.target_kb == w->balloon.target_kb && b.current_kb == w->balloon.current_kb))
		return false;
	w->balloon = b;
	e.target_kb = b.target_kb;
	e.current_kb = b.current_kb;
	record(w, &e);
	o = json_object_new_object();
	put_number(o, "target_kb", (int64_t)b.target_kb);
	put_number(o, "current_kb", (int64_t)b.current_kb);
	(void)snprintf(text, sizeof(text), "target %" PRIu64 " kB, current %" PRIu64 " kB",
		       b.target_kb, b.current_kb);
	tell(w, "balloon", o, text);
	return true;
}

static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	(void)json_object_object_get_ex(o, key, &v);
	return v;
}

static const char *string(struct json_object *o, const char *key)
{
	const char *s = json_object_get_string(member(o, key));

	return s ? s : "-";
}

static int index_of(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -1;
}

static void record_action(const struct watcher *w, struct json_object *entry)
{
	int cause = index_of(cause_names, CAUSE_COUNT, string(entry, "cause"));
	int level = index_of(level_names, LEVEL_COUNT, string(entry, "level"));
	int scope = index_of(scope_names, SCOPE_COUNT, string(entry, "scope"));
	struct trace_event e = {.word = TRACE_ACTION,
				.cause = (enum cause)cause,
				.level = (enum level)level,
				.scope = (enum scope)scope};

	if (cause >= 0 && level >= 0 && scope >= 0)
		record(w, &e);
}

static void tell_action(const struct watcher *w, struct json_object *entry)
{
	char text[160];

	if (member(entry, "back_kb"))
		(void)snprintf(text, sizeof(text),
			       "%s: %s of %s disks: %s kB back, %s kB lasting: %s",
			       string(entry, "cause"), string(entry, "level"),
			       string(entry, "scope"), string(entry, "back_kb"),
			       string(entry, "lasting_kb"), string(entry, "verdict"));
	else
		(void)snprintf(text, sizeof(text), "%s: %s of %s disks: %s", string(entry, "cause"),
			       string(entry, "level"), string(entry, "scope"),
			       string(entry, "verdict"));
	/* a copy: the entry stays its list's */
	struct json_object *o = json_object_new_object();

	json_object_object_foreach(entry, key, v) if (strcmp(key, "time_us") != 0)(void)
		json_object_object_add(o, key, json_object_get(v));
	tell(w, "action", o, text);
}

/* The daemon's state file has its last actions. Those from before this began are not told of. */
static bool look_at_daemon(struct watcher *w)
{
	_cleanup_free_ char *text = malloc(STATE_MAX_BYTES);
	struct json_object *state = NULL;
	struct json_object *list;
	int64_t total;
	int64_t n;
	bool any = false;

	if (text && read_text(w->root, STATE_FILE, text, STATE_MAX_BYTES) > 0)
		state = json_tokener_parse(text);
	total = json_object_get_int64(member(state, "actions"));
	list = member(state, "history");
	n = json_object_is_type(list, json_type_array) ? (int64_t)json_object_array_length(list)
						       : 0;
	if (w->first || total < w->actions) { /* another daemon counts anew */
		w->actions = w->first ? total : 0;
		w->open = false;
	}
	for (int64_t i = w->open ? w->actions - 1 : w->actions; i < total; i++) {
		struct json_object *entry =
			i >= total - n ? json_object_array_get_idx(list, (size_t)(i - total + n))
				       : NULL;
		bool open = entry && strcmp(string(entry, "verdict"), "open") == 0;

		if (!json_object_is_type(entry, json_type_object) || (i < w->actions && open))
			continue;
		if (i >= w->actions)
			record_action(w, entry);
		tell_action(w, entry);
		w->open = open;
		any = true;
	}
	w->actions = total;
	(void)json_object_put(state);
	return any;
}

/* What could not be loaded is not tried again each second: that costs more than a look. */
static void look_into_disks(struct watcher *w)
{
	const char *reason;
	const char *by;

	if (w->sight.bpf || w->sight.error == 0)
		sight_look(&w->sight, w->root, &w->inventory);
	by = sight_by(&w->sight, &w->inventory, &reason);
	if (reason && !w->complained)
		complain("disks are %s: %s", by ? "seen by their pools alone" : "not seen", reason);
	w->complained |= reason != NULL;
}

static void look(struct watcher *w)
{
	bool stalled;
	bool moved;

	w->now_us = now_us();
	if (inventory_read(w->root, &w->inventory) < 0)
		return;
	stalled = read_psi(w);
	look_into_disks(w);
	if (w->first) /* before anything is told: who reads it may act on it */
		(void)look_at_daemon(w);
	look_at_host(w);
	look_at_disks(w);
	moved = look_at_balloon(w);
	if (moved || w->first)
		tell_memory(w);
	if (stalled)
		tell_psi(w);
	moved = !w->first && look_at_daemon(w);
	if ((moved || stalled) && !w->first)
		tell_memory(w);
	w->first = false;
}

/* --- life ----------------------------------------------------------------------------------- */

/* The folder comes with the daemon, and goes when /run is cleaned up. */
static void watch_folder(struct watcher *w)
{
	char path[64];
	int wd;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/" RUN_DIR, w->root);
	wd = inotify_add_watch(w->inotify, path, IN_MOVED_TO | IN_DELETE);
	(void)wd; /* without it the next look is in a second */
}

static void wait_for_more(struct watcher *w)
{
	_Alignas(struct inotify_event) char buf[1024];
	struct pollfd p = {.fd = w->inotify, .events = POLLIN};

	if (poll(&p, 1, LOOK_MS) > 0 && read(w->inotify, buf, sizeof(buf)) < 0)
		(void)poll(NULL, 0, LOOK_MS);
}

static enum exit_status run(struct watcher *w)
{
	struct trace_event end = {.word = TRACE_END};

	w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (host_open(w->root, &w->host) < 0) {
		complain("no memory figures in /proc");
		return STATUS_FAILED;
	}
	(void)store_open(&w->store);
	w->start_us = now_us();
	while (!stopped) {
		watch_folder(w); /* what happens while it looks is not missed */
		look(w);
		if (ferror(stdout) || (w->record && ferror(w->record))) {
			complain("cannot write");
			return STATUS_FAILED;
		}
		if (!stopped)
			wait_for_more(w);
	}
	w->now_us = now_us();
	record(w, &end);
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
	const struct sigaction action = {.sa_handler = on_signal};
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
	if (optind < argc) {
		complain("watch takes no arguments");
		return STATUS_USAGE;
	}
	if (path && open_record(&w, path) < 0)
		return STATUS_FAILED;
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	status = run(&w);
	if (w.record && fclose(w.record) != 0)
		status = STATUS_FAILED;
	store_close(&w.store);
	host_close(&w.host);
	sight_close(&w.sight);
	inventory_free(&w.inventory);
	free(w.seen.vbds);
	close_fd(&w.inotify);
	return status;
}
