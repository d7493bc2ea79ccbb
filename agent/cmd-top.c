// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xen-reclaim top: what each domain and each disk holds and does, live. Reads sysfs, xenstore and
 * BPF; changes nothing, and asks the daemon nothing. What cannot be seen is "?".
 */
#include "config.h"
#include "host.h"
#include "inventory.h"
#include "psi.h"
#include "sight.h"
#include "store.h"
#include "util.h"
#include "xen-reclaim.h"

#include <getopt.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <libsmartcols/libsmartcols.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

#define WIDTH	       80
#define NAME_MAX_CHARS 15
#define DELAY_MAX_S    3600
#define DELAY_S	       2
#define SECTOR_BYTES   512

/* What blkback counts for a disk since it was connected. */
enum stat { STAT_RD_REQ, STAT_WR_REQ, STAT_RD_SECT, STAT_WR_SECT, STAT_COUNT };

static const char *const stat_files[STAT_COUNT] = {"rd_req", "wr_req", "rd_sect", "wr_sect"};

/**
 * struct disk - one at one look. @counted: @stats are true; @moving: so are the figures a second,
 * and @still_us: for how long it served nothing while it was looked at.
 */
struct disk {
	struct vbd vbd;
	bool counted;
	bool moving;
	uint64_t stats[STAT_COUNT];
	uint64_t requests_s;
	uint64_t kb_s;
	uint64_t still_us;
};

/**
 * struct row - a disk, or all disks of a domain: sums. @idle_known: of all of them, though on a
 * stock kernel since top began; @seen: levels of which each one's @held_kb is.
 */
struct row {
	uint16_t domid;
	uint32_t devid;
	char name[64];
	uint64_t disks;
	bool idle_known;
	unsigned seen;
	bool moving;
	uint64_t idle; /* disks that are idle; of one disk: for how many seconds */
	uint64_t held_kb[LEVEL_COUNT];
	uint64_t requests_s;
	uint64_t kb_s;
};

struct look {
	struct disk *disks;
	size_t n;
	uint64_t at_us;
	struct psi_totals psi;
	bool psi_known;
};

enum sort { SORT_HELD, SORT_IO, SORT_IDLE, SORT_NAME, SORT_COUNT };

static const char *const sort_names[SORT_COUNT] = {"held", "I/O", "idle", "name"};

struct top {
	int root;
	bool by_disk;
	enum sort sort;
	uint64_t delay_s;
	uint64_t idle_us;
	struct inventory inventory;
	struct sight sight;
	struct store store;
	struct host host;
	struct look now;
	struct look before;
	struct row *rows;
	size_t n_rows;
};

static volatile sig_atomic_t stopped;

static void on_signal(int signal)
{
	(void)signal;
	stopped = 1;
}

/* --- looking -------------------------------------------------------------------------------- */

static void count(int root, struct disk *d)
{
	for (int i = 0; i < STAT_COUNT; i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), VBD_DIR "/vbd-%u-%" PRIu32 "/statistics/%s",
			       d->vbd.domid, d->vbd.devid, stat_files[i]);
		if (read_number(root, path, &d->stats[i]) < 0)
			return;
	}
	d->counted = true;
}

static int compare_disks(const void *a, const void *b)
{
	const struct vbd *x = &((const struct disk *)a)->vbd;
	const struct vbd *y = &((const struct disk *)b)->vbd;

	if (x->domid != y->domid)
		return x->domid < y->domid ? -1 : 1;
	return x->devid < y->devid ? -1 : x->devid > y->devid;
}

/* A disk that was connected anew in between counts from zero: it has no figure this time. */
static void measure(struct disk *d, const struct look *before, uint64_t us)
{
	const struct disk *was =
		before->n ? bsearch(d, before->disks, before->n, sizeof(*d), compare_disks) : NULL;
	uint64_t delta[STAT_COUNT];

	if (!was || !was->counted || !d->counted || us == 0)
		return;
	for (int i = 0; i < STAT_COUNT; i++) {
		if (d->stats[i] < was->stats[i])
			return;
		delta[i] = d->stats[i] - was->stats[i];
	}
	d->moving = true;
	d->still_us = delta[STAT_RD_REQ] + delta[STAT_WR_REQ] ? 0 : was->still_us + us;
	d->requests_s = (delta[STAT_RD_REQ] + delta[STAT_WR_REQ]) * USEC_PER_SEC / us;
	d->kb_s = (delta[STAT_RD_SECT] + delta[STAT_WR_SECT]) * SECTOR_BYTES / 1024 * USEC_PER_SEC /
		  us;
}

static int look(struct top *t)
{
	struct look now = {.at_us = now_us()};
	const struct vbd_list *list = &t->inventory.now;
	int r = inventory_read(t->root, &t->inventory);

	if (r < 0)
		return r;
	sight_look(&t->sight, t->root, &t->inventory);
	now.disks = calloc(list->n + 1, sizeof(*now.disks));
	if (!now.disks)
		return -ENOMEM;
	now.psi_known = psi_read(t->root, &now.psi) == 0;
	now.n = list->n;
	for (size_t i = 0; i < list->n; i++) {
		now.disks[i].vbd = list->vbds[i];
		count(t->root, &now.disks[i]);
		measure(&now.disks[i], &t->now, now.at_us - t->now.at_us);
	}
	free(t->before.disks);
	t->before = t->now;
	t->now = now;
	return 0;
}

/* --- rows ----------------------------------------------------------------------------------- */

static void domain_name(const struct top *t, uint16_t domid, char *buf, size_t size)
{
	char path[48];

	(void)snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	if (!t->store.xs || store_read((struct store *)&t->store, path, buf, size) <= 0)
		(void)snprintf(buf, size, "?");
	make_printable(buf);
}

static void add_disk(const struct top *t, struct row *r, const struct disk *d)
{
	uint64_t idle_us = d->vbd.shows ? d->vbd.idle_us : d->still_us;

	r->disks++;
	r->idle_known &= d->vbd.shows || d->moving;
	r->seen &= d->vbd.shows ? ALL_LEVELS : d->vbd.seen;
	r->moving &= d->moving;
	r->requests_s += d->requests_s;
	r->kb_s += d->kb_s;
	r->idle += t->by_disk ? idle_us / USEC_PER_SEC : idle_us >= t->idle_us;
	for (int l = 0; l < LEVEL_COUNT; l++)
		r->held_kb[l] += d->vbd.held_kb[l];
}

static uint64_t held(const struct row *r)
{
	return r->held_kb[LEVEL_POOL] + r->held_kb[LEVEL_GRANTS] + r->held_kb[LEVEL_REQUESTS];
}

static int by_number(uint64_t a, uint64_t b)
{
	return a > b ? -1 : a < b;
}

static int by_place(const struct row *a, const struct row *b)
{
	if (a->domid != b->domid)
		return a->domid < b->domid ? -1 : 1;
	return a->devid < b->devid ? -1 : a->devid > b->devid;
}

static int compare_rows(const void *x, const void *y, void *user)
{
	const struct row *a = x;
	const struct row *b = y;
	int r = 0;

	switch (*(const enum sort *)user) {
	case SORT_HELD:
		r = by_number(held(a), held(b));
		break;
	case SORT_IO:
		r = by_number(a->kb_s, b->kb_s);
		break;
	case SORT_IDLE:
		r = by_number(a->idle, b->idle);
		break;
	case SORT_NAME:
	case SORT_COUNT:
		r = strcmp(a->name, b->name);
		break;
	}
	return r ? r : by_place(a, b);
}

static int make_rows(struct top *t)
{
	struct row *rows = reallocarray(t->rows, t->now.n + 1, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	t->rows = rows;
	t->n_rows = 0;
	for (size_t i = 0; i < t->now.n; i++) {
		const struct disk *d = &t->now.disks[i];
		struct row *r = &rows[t->n_rows];

		if (!t->by_disk && i > 0 && d->vbd.domid == d[-1].vbd.domid) {
			r--;
		} else {
			*r = (struct row){.domid = d->vbd.domid,
					  .idle_known = true,
					  .seen = ALL_LEVELS,
					  .moving = true};
			r->devid = t->by_disk ? d->vbd.devid : 0;
			if (i > 0 && d->vbd.domid == d[-1].vbd.domid)
				memcpy(r->name, r[-1].name, sizeof(r->name));
			else
				domain_name(t, r->domid, r->name, sizeof(r->name));
			t->n_rows++;
		}
		add_disk(t, r, d);
	}
	qsort_r(rows, t->n_rows, sizeof(*rows), compare_rows, &t->sort);
	return 0;
}

/* --- a table -------------------------------------------------------------------------------- */

static void set(struct libscols_line *line, size_t column, bool known, uint64_t v)
{
	char text[24] = "?";

	if (known)
		(void)snprintf(text, sizeof(text), "%" PRIu64, v);
	(void)scols_line_set_data(line, column, text);
}

static void add_line(const struct top *t, struct libscols_table *table, const struct row *r)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	char text[64];
	size_t c = 0;

	(void)snprintf(text, sizeof(text), "%.*s", NAME_MAX_CHARS, r->name);
	(void)scols_line_set_data(line, c++, text);
	set(line, c++, true, r->domid);
	if (t->by_disk) {
		disk_name(r->devid, text, sizeof(text));
		(void)scols_line_set_data(line, c++, text);
	} else {
		set(line, c++, true, r->disks);
	}
	set(line, c++, r->idle_known, r->idle);
	for (int l = 0; l < LEVEL_COUNT; l++)
		set(line, c++, r->seen >> l & 1, r->held_kb[l]);
	set(line, c++, r->moving, r->requests_s);
	set(line, c, r->moving, r->kb_s);
}

static void print_table(const struct top *t, size_t most)
{
	const char *const names[] = {"DOMAIN",
				     "ID",
				     t->by_disk ? "DISK" : "DISKS",
				     t->by_disk ? "IDLE(s)" : "IDLE",
				     "POOL(kB)",
				     "GRANTS(kB)",
				     "REQS(kB)",
				     "REQ/s",
				     "kB/s"};
	struct libscols_table *table = scols_new_table();

	(void)scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
	(void)scols_table_set_termwidth(table, WIDTH);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)scols_table_new_column(table, names[i], 0, i ? SCOLS_FL_RIGHT : 0);
	for (size_t i = 0; i < t->n_rows && i < most; i++)
		add_line(t, table, &t->rows[i]);
	if (t->n_rows > 0)
		(void)scols_print_table(table);
	else
		(void)puts("no disks are served here");
	scols_unref_table(table);
}

/* Of the time between two looks, in tenths of a percent. */
static uint64_t stalled(const struct top *t, int kind)
{
	uint64_t us = t->now.at_us - t->before.at_us;

	if (!t->now.psi_known || !t->before.psi_known || us == 0)
		return 0;
	return (t->now.psi.us[kind] - t->before.psi.us[kind]) * 1000 / us;
}

static void print_head(const struct top *t)
{
	uint64_t some = stalled(t, PSI_SOME);
	uint64_t full = stalled(t, PSI_FULL);
	struct sample s = {0};

	(void)host_sample(&t->host, &s);
	(void)printf("pressure some %" PRIu64 ".%" PRIu64 " %%, full %" PRIu64 ".%" PRIu64
		     " %%; available %" PRId64 " MB; mechanism %s\n",
		     some / 10, some % 10, full / 10, full % 10, s.available_kb / 1024,
		     mechanism_names[t->inventory.mechanism]);
}

/* --- json ----------------------------------------------------------------------------------- */

static void put_number(struct json_object *o, const char *key, uint64_t v)
{
	(void)json_object_object_add(o, key, json_object_new_int64((int64_t)v));
}

static struct json_object *row_json(const struct row *r)
{
	static const char *const keys[LEVEL_COUNT] = {"pool_kb", "grants_kb", "request_kb"};
	struct json_object *o = json_object_new_object();
	char name[16];

	put_number(o, "domid", r->domid);
	(void)json_object_object_add(o, "name", json_object_new_string(r->name));
	put_number(o, "devid", r->devid);
	disk_name(r->devid, name, sizeof(name));
	(void)json_object_object_add(o, "disk", json_object_new_string(name));
	if (r->idle_known)
		put_number(o, "idle_s", r->idle);
	for (int l = 0; l < LEVEL_COUNT; l++)
		if (r->seen >> l & 1)
			put_number(o, keys[l], r->held_kb[l]);
	if (r->moving) {
		put_number(o, "requests_s", r->requests_s);
		put_number(o, "kb_s", r->kb_s);
	}
	return o;
}

static enum exit_status print_all_json(const struct top *t)
{
	struct json_object *o = json_object_new_object();
	struct json_object *disks = json_object_new_array();
	const char *reason;
	const char *by = sight_by(&t->sight, &t->inventory, &reason);

	put_number(o, "some_permille", stalled(t, PSI_SOME));
	put_number(o, "full_permille", stalled(t, PSI_FULL));
	(void)json_object_object_add(
		o, "mechanism", json_object_new_string(mechanism_names[t->inventory.mechanism]));
	if (by)
		(void)json_object_object_add(o, "seen_by", json_object_new_string(by));
	if (reason)
		(void)json_object_object_add(o, "unseen", json_object_new_string(reason));
	for (size_t i = 0; i < t->n_rows; i++)
		(void)json_object_array_add(disks, row_json(&t->rows[i]));
	(void)json_object_object_add(o, "disks", disks);
	return print_json(o);
}

/* --- live ----------------------------------------------------------------------------------- */

static size_t lines_on_screen(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row < 5)
		return 24;
	return size.ws_row;
}

static void show(const struct top *t)
{
	(void)fputs("\033[H\033[J", stdout);
	print_head(t);
	(void)printf("by %s, each %" PRIu64 " s   q quit  s sort  d delay  b %s\n\n",
		     sort_names[t->sort], t->delay_s, t->by_disk ? "domains" : "disks");
	print_table(t, lines_on_screen() - 5);
	(void)fflush(stdout);
}

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

/* Return: true to look anew, which a key that only changes the view does not. */
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
	if (!stopped && make_rows(t) == 0)
		show(t);
	return false;
}

static int live(struct top *t)
{
	const struct sigaction action = {.sa_handler = on_signal};
	struct termios old;
	struct termios raw;
	int r = 0;

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	if (tcgetattr(STDIN_FILENO, &old) < 0)
		return -errno;
	raw = old;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	(void)fputs("\033[?1049h\033[?25l", stdout); /* a screen of its own, no cursor */
	while (!stopped && r == 0) {
		uint64_t until_us = now_us() + t->delay_s * USEC_PER_SEC;

		r = look(t);
		if (r == 0)
			r = make_rows(t);
		if (r == 0)
			show(t);
		while (!stopped && r == 0 && !wait_or_obey(t, until_us))
			;
	}
	(void)fputs("\033[?25h\033[?1049l", stdout);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &old);
	return r;
}

/* Figures a second need two looks. */
static int once(struct top *t)
{
	int r = look(t);

	if (r == 0)
		(void)poll(NULL, 0, (int)(t->delay_s * 1000));
	if (r == 0)
		r = look(t);
	return r < 0 ? r : make_rows(t);
}

static enum exit_status run(struct top *t, bool batch, bool json)
{
	enum exit_status status = STATUS_DONE;
	int r;

	t->by_disk = json;
	r = batch || json ? once(t) : live(t);
	if (r < 0) {
		complain("%s", strerror(-r));
		return STATUS_FAILED;
	}
	if (json) {
		status = print_all_json(t);
	} else if (batch) {
		print_head(t);
		print_table(t, SIZE_MAX);
		t->by_disk = true;
		if (t->n_rows > 0 && make_rows(t) == 0) {
			(void)puts("");
			print_table(t, SIZE_MAX);
		}
	}
	return status;
}

static uint64_t idle_time_us(int root)
{
	struct config c = config_default();
	struct config_error err;
	uint64_t idle_us;

	(void)config_load(root, CONFIG_PATH, &c, &err); /* the daemon says what is wrong with it */
	idle_us = c.policy.idle_us;
	config_free(&c);
	return idle_us;
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
		if (opt == 'd' && (parse_number(optarg, &t.delay_s) < 0 || t.delay_s < 1 ||
				   t.delay_s > DELAY_MAX_S)) {
			complain("--delay: \"%s\" is not a number of seconds from 1 to 3600",
				 optarg);
			return STATUS_USAGE;
		}
	}
	if (optind < argc) {
		complain("top takes no arguments");
		return STATUS_USAGE;
	}
	if (host_open(root, &t.host) < 0) {
		complain("no memory figures in /proc");
		return STATUS_FAILED;
	}
	t.idle_us = idle_time_us(root);
	(void)store_open(&t.store);
	status = run(&t, batch, json);
	store_close(&t.store);
	host_close(&t.host);
	sight_close(&t.sight);
	inventory_free(&t.inventory);
	free(t.now.disks);
	free(t.before.disks);
	free(t.rows);
	return status;
}
