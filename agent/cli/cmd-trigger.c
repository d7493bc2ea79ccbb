// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xen-reclaim trigger: sends one request through the mailbox in xenstore and prints the response.
 * Reclaims nothing itself.
 */
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/slots.h"
#include "cli/state.h"

#include "core/names.h"
#include "host/domains.h"
#include "host/inventory.h"
#include "host/json.h"
#include "host/mailbox.h"
#include "host/store.h"
#include "host/util.h"

#include <getopt.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

/* And the window, which the response comes after: the longest one where none is named. */
#define TIMEOUT_DEFAULT_S 10
#define TIMEOUT_MAX_S	  600
#define NEED_MAX_MB	  UINT64_C(1048576)

/*
 * @named: NAME, NAME/DISK or DOMID/NAME, until it is looked up; NULL: none. @need_kb: ask one disk
 * after the other until so much is back; 0: ask once.
 */
struct wish {
	struct request request;
	uint64_t timeout_s;
	const char *named;
	uint64_t need_kb;
	bool json;
};

static int parse_level(const char *arg, struct request *r)
{
	r->levels = 0;
	if (strcmp(arg, "all") == 0 || levels_parse(arg, &r->levels) == 0)
		return 0;
	complain("--level: \"%s\" is not all, nor any of pool, grants, slots separated by commas",
		 arg);
	return -EINVAL;
}

static int parse_window(const char *arg, struct request *r)
{
	uint64_t ms;

	if (option_number("window", arg, WINDOW_MAX_MS, "milliseconds", &ms) < 0)
		return -EINVAL;
	r->window_ms = (uint32_t)ms;
	return 0;
}

static int parse_need(const char *arg, struct wish *w)
{
	uint64_t mb;

	if (option_number("need", arg, NEED_MAX_MB, "megabytes", &mb) < 0)
		return -EINVAL;
	w->need_kb = mb * 1024;
	return 0;
}

static int parse_option(int opt, const char *arg, struct wish *w)
{
	switch (opt) {
	case 'l':
		return parse_level(arg, &w->request);
	case 'd':
		return parse_window(arg, &w->request);
	case 't':
		return option_number("timeout", arg, TIMEOUT_MAX_S, "seconds", &w->timeout_s);
	case 'n':
		return parse_need(arg, w);
	case 'j':
		w->json = true;
		return 0;
	default:
		return -EINVAL;
	}
}

/* DOMID[/DEVID], by the mailbox's own parser, so that both accept the same. */
static int parse_number_of(const char *text, struct request *r)
{
	char line[MAILBOX_MAX_CHARS + 1];
	struct request parsed;
	uint64_t id;

	if ((size_t)snprintf(line, sizeof(line), "1 all - %s", text) >= sizeof(line) ||
	    request_parse(line, strlen(line), &parsed, &id) < 0)
		return -EINVAL;
	r->domid = parsed.domid;
	r->devid = parsed.devid;
	return 0;
}

/* What is not made of digits is a name. */
static int parse_target(const char *arg, struct wish *w)
{
	if (arg[strspn(arg, "0123456789/")]) {
		w->named = arg;
		return 0;
	}
	if (parse_number_of(arg, &w->request) == 0)
		return 0;
	complain("\"%s\" is not a domain's number or name, nor one with /DISK", arg);
	return -EINVAL;
}

/* Return: what follows @name in @text, "" or "/DISK"; NULL: it begins with another one. */
static const char *after(const char *text, const char *name)
{
	size_t n = strlen(name);

	return n > 0 && strncmp(text, name, n) == 0 && (!text[n] || text[n] == '/') ? text + n
										    : NULL;
}

/* By its number or its name, "51712" or "xvda". */
static bool is_disk(const struct vbd *v, const char *text)
{
	char number[16];
	char name[16];

	(void)snprintf(number, sizeof(number), "%" PRIu32, v->devid);
	disk_name(v->devid, name, sizeof(name));
	return strcmp(text, number) == 0 || strcmp(text, name) == 0;
}

/* Return: what follows it in @named, or NULL: that names another one. */
static const char *names_domain(struct store *s, const char *named, unsigned domid)
{
	char name[DOMAIN_NAME_SIZE];
	const char *rest;

	(void)snprintf(name, sizeof(name), "%u", domid);
	rest = after(named, name);
	if (!rest && domain_name(s, domid, name) == 0)
		rest = after(named, name);
	return rest;
}

/* Of the domains whose disks are served here. Return: 0; -ENOENT: none; -ENODEV: no such disk. */
static int find_in(struct store *s, const struct vbd_list *disks, struct wish *w)
{
	const char *rest = NULL;
	int r = -ENOENT;

	for_each_vbd(v, disks) {
		if (v == disks->vbds || v[-1].domid != v->domid)
			rest = names_domain(s, w->named, v->domid);
		if (!rest)
			continue;
		if (*rest && !is_disk(v, rest + 1)) {
			r = -ENODEV;
			continue;
		}
		w->request.domid = v->domid;
		w->request.devid = *rest ? (int64_t)v->devid : EVERY;
		return 0;
	}
	return r;
}

/* Return: 0, or -1 and it was told. */
static int find_named(int root, struct store *s, struct wish *w)
{
	struct inventory inv = {0};
	int r = inventory_read(root, &inv);

	if (r == 0)
		r = find_in(s, &inv.now, w);
	inventory_free(&inv);
	if (r == -ENODEV)
		complain("\"%s\" names no disk here: xen-reclaim top lists them", w->named);
	else if (r == -ENOENT)
		complain("\"%s\" names no domain that has a disk here; a driver domain cannot read "
			 "names: use the number",
			 w->named);
	else if (r < 0)
		complain("disks: %s", strerror(-r));
	return r < 0 ? -1 : 0;
}

static int parse_args(int argc, char **argv, struct wish *w)
{
	static const struct option options[] = {
		{"level", required_argument, NULL, 'l'},   {"window", required_argument, NULL, 'd'},
		{"timeout", required_argument, NULL, 't'}, {"need", required_argument, NULL, 'n'},
		{"json", no_argument, NULL, 'j'},	   {0}};
	int opt;

	*w = (struct wish){
		.request = {.domid = EVERY, .devid = EVERY},
	};
	while ((opt = getopt_long(argc, argv, "l:d:t:n:", options, NULL)) != -1)
		if (parse_option(opt, optarg, w) < 0)
			return -EINVAL;
	if (!w->timeout_s)
		w->timeout_s = TIMEOUT_DEFAULT_S +
			       ((w->request.window_ms ? w->request.window_ms : WINDOW_MAX_MS) +
				999) / 1000;
	if (w->request.window_ms && w->request.levels && !(w->request.levels & 1U << LEVEL_POOL)) {
		complain("--window goes with level pool");
		return -EINVAL;
	}
	if (optind + 1 < argc) {
		complain("trigger takes at most one domain or disk");
		return -EINVAL;
	}
	if (optind < argc && w->need_kb) {
		complain("--need goes through all disks: it takes no domain or disk");
		return -EINVAL;
	}
	return optind < argc ? parse_target(argv[optind], w) : 0;
}

static const char *refusal(int error, const struct request *asked)
{
	bool of_all = asked->domid == EVERY;

	if (error == EOPNOTSUPP && !asked->levels && of_all)
		return "nothing gives memory back here: xen-reclaim doctor tells why";
	if (error == ENODEV && of_all)
		return "no disk is served here";
	switch (error) {
	case EOPNOTSUPP:
		return "the mechanism in use cannot do that: native reaches single disks at every "
		       "level, module at level pool; parameters of xen_blkback reach the whole "
		       "host, at levels pool and grants";
	case ERANGE:
		return "parameters of xen_blkback hold pools at zero for at least 1300 ms while "
		       "grants are purged: ask for a longer window, or for none";
	case EBUSY:
		return "another request is being carried out";
	case ENODEV:
	case ENOENT:
		return "no such domain or disk";
	default:
		return strerror(error);
	}
}

/* Of the way to the daemon, not of the request. */
static void tell_failure(int error, uint64_t timeout_s)
{
	switch (error) {
	case EHOSTDOWN:
		complain("no xen-reclaimd serves requests here");
		break;
	case EPROTO:
		complain("xen-reclaimd speaks another version of the mailbox's protocol: restart "
			 "it");
		break;
	case ENOMSG:
		complain("xen-reclaimd does not answer");
		break;
	case EBUSY:
		complain("other requests came first for %" PRIu64 " s", timeout_s);
		break;
	case ETIMEDOUT:
		complain("no response within %" PRIu64 " s", timeout_s);
		break;
	case EINTR:
		complain("interrupted: the request is taken back");
		break;
	default:
		complain("cannot ask the daemon: %s", strerror(error));
	}
}

static enum exit_status print_response(const struct response *r, bool json)
{
	struct json_object *o;

	if (!json) {
		(void)printf("%" PRId64 " kB back from %" PRIu64 " disks\n", r->kb, r->vbds);
		return STATUS_DONE;
	}
	o = json_object_new_object();
	json_put_number(o, "back_kb", r->kb);
	json_put_number(o, "disks", (int64_t)r->vbds);
	return print_json(o);
}

/* @rc: of mailbox_ask(). Return: 0, or -1 and it was told. */
static int tell_if_failed(int rc, const struct response *r, const struct wish *w)
{
	if (rc < 0)
		tell_failure(-rc, w->timeout_s);
	else if (r->error)
		complain("%s", refusal(r->error, &w->request));
	return rc < 0 || r->error ? -1 : 0;
}

static enum exit_status ask(struct store *s, const struct mailbox_paths *m, struct wish *w)
{
	struct response r = {0};
	int rc = mailbox_ask(s, m, &w->request, w->timeout_s, &r);

	return tell_if_failed(rc, &r, w) < 0 ? STATUS_FAILED : print_response(&r, w->json);
}

/* The longest idle first. */
static int by_idle(const void *a, const void *b)
{
	const struct vbd *x = a;
	const struct vbd *y = b;

	return (x->idle_us < y->idle_us) - (x->idle_us > y->idle_us);
}

/* Of the levels that are asked for; a ring keeps some slots. */
static bool holds_nothing(const struct vbd *v, unsigned levels)
{
	uint64_t kb = 0;

	for (int l = 0; l < LEVEL_COUNT; l++)
		if (!levels || levels & 1U << l)
			kb += v->held_kb[l];
	return kb <= KEPT_PER_RING_KB;
}

/* Adds to @sum what each of them gives, until it is enough. Return: 0, or -1 and it was told. */
static int ask_each(struct store *s, const struct mailbox_paths *m, struct wish *w,
		    const struct inventory *inv, struct response *sum)
{
	for_each_vbd(v, &inv->now) {
		struct response r = {0};
		int rc;

		if (sum->kb >= (int64_t)w->need_kb)
			break;
		if (holds_nothing(v, w->request.levels))
			continue;
		w->request.domid = v->domid;
		w->request.devid = v->devid;
		rc = mailbox_ask(s, m, &w->request, w->timeout_s, &r);
		if (rc == 0 && r.error == ENODEV) /* it has gone */
			continue;
		if (tell_if_failed(rc, &r, w) < 0)
			return -1;
		sum->kb += r.kb > 0 ? r.kb : 0;
		sum->vbds += r.vbds;
	}
	return 0;
}

static enum exit_status ask_until_enough(int root, struct store *s, const struct mailbox_paths *m,
					 struct wish *w)
{
	struct inventory inv = {0};
	struct response sum = {0};
	int r = inventory_read(root, &inv);

	if (r < 0) {
		complain("disks: %s", strerror(-r));
		return STATUS_FAILED;
	}
	if (inv.now.n > 0 && inv.mechanism != MECHANISM_NATIVE) {
		complain("--need takes the disks that were idle longest first: only mechanism "
			 "native shows which");
		inventory_free(&inv);
		return STATUS_FAILED;
	}
	qsort(inv.now.vbds, inv.now.n, sizeof(*inv.now.vbds), by_idle);
	r = ask_each(s, m, w, &inv, &sum);
	inventory_free(&inv);
	if (r == 0 || sum.kb > 0)
		(void)print_response(&sum, w->json);
	if (r == 0 && sum.kb >= (int64_t)w->need_kb)
		return STATUS_DONE;
	if (r == 0)
		complain("less came back than the %" PRIu64 " kB that are needed", w->need_kb);
	return STATUS_FAILED;
}

enum exit_status cmd_trigger(int root, int argc, char **argv)
{
	const struct mailbox_paths *m = mailboxes;
	enum exit_status status;
	struct store s;
	struct wish w;
	int r;

	if (parse_args(argc, argv, &w) < 0)
		return STATUS_USAGE;
	r = store_open(&s, root);
	if (r < 0) {
		complain("xenstore: %s", strerror(-r));
		return STATUS_FAILED;
	}
	if (store_domid(&s) > 0)
		m += MAILBOX_DRIVER_DOMAINS;
	/* the key outlives a daemon that was killed */
	r = daemon_runs(root);
	if (r == 0)
		status = daemon_not_running();
	else if (r < 0 || (w.named && find_named(root, &s, &w) < 0))
		status = STATUS_FAILED;
	else if (w.need_kb)
		status = ask_until_enough(root, &s, m, &w);
	else
		status = ask(&s, m, &w);
	store_close(&s);
	return status;
}
