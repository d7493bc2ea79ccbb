// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xen-reclaim trigger: sends one request through the mailbox in xenstore and prints the response.
 * Reclaims nothing itself.
 */
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/state.h"
#include "cli/toolstack.h"

#include "core/names.h"
#include "host/mailbox.h"
#include "host/store.h"
#include "host/util.h"

#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define TIMEOUT_DEFAULT_S 10
#define TIMEOUT_MAX_S	  600

struct wish {
	struct request request;
	uint64_t timeout_s;
};

static int parse_level(const char *arg, struct request *r)
{
	int level = level_from_name(arg);

	if (level < 0) {
		complain("--level: \"%s\" is not pool, grants or slots", arg);
		return -EINVAL;
	}
	r->level = (enum level)level;
	return 0;
}

static int parse_window(const char *arg, struct request *r)
{
	uint64_t ms;

	if (option_number("window", arg, WINDOW_MAX_MS, "milliseconds", &ms) < 0)
		return -EINVAL;
	r->window_ms = (uint32_t)ms;
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
	default:
		return -EINVAL;
	}
}

/* DOMID[/DEVID], by the mailbox's own parser, so that both accept the same. */
static int parse_target(const char *arg, struct wish *w)
{
	char text[MAILBOX_MAX_CHARS + 1];
	struct request r;
	uint64_t id;

	if ((size_t)snprintf(text, sizeof(text), "1 1 pool - %s", arg) >= sizeof(text) ||
	    request_parse(text, strlen(text), &r, &id) < 0) {
		complain("\"%s\" is not DOMID or DOMID/DEVID", arg);
		return -EINVAL;
	}
	w->request.domid = r.domid;
	w->request.devid = r.devid;
	return 0;
}

static int parse_args(int argc, char **argv, struct wish *w)
{
	static const struct option options[] = {{"level", required_argument, NULL, 'l'},
						{"window", required_argument, NULL, 'd'},
						{"timeout", required_argument, NULL, 't'},
						{0}};
	int opt;

	*w = (struct wish){
		.request = {.level = LEVEL_GRANTS, .domid = EVERY, .devid = EVERY},
		.timeout_s = TIMEOUT_DEFAULT_S,
	};
	while ((opt = getopt_long(argc, argv, "l:d:t:", options, NULL)) != -1)
		if (parse_option(opt, optarg, w) < 0)
			return -EINVAL;
	if (optind + 1 < argc) {
		complain("trigger takes at most one domain or disk");
		return -EINVAL;
	}
	return optind < argc ? parse_target(argv[optind], w) : 0;
}

/* Not zero, and not to be guessed from an earlier one. */
static uint64_t new_id(void)
{
	uint32_t id = 0;

	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		id = (uint32_t)now_us();
	return (uint64_t)id + 1;
}

static int put_request(struct store *s, const char *path, const struct request *r)
{
	char text[MAILBOX_MAX_CHARS + 1];
	int rc = request_print(r, text, sizeof(text));

	return rc < 0 ? rc : store_write(s, path, text);
}

/* Waits for the response to this id; anything else in the mailbox answers somebody else. */
static int get_response(struct store *s, const char *from, uint64_t id, uint64_t end_us,
			struct response *r)
{
	char text[MAILBOX_MAX_CHARS + 2];
	char path[64];

	for (;;) {
		struct pollfd p = {.fd = store_fd(s), .events = POLLIN};
		uint64_t t = now_us();
		int rc;

		if (t >= end_us)
			return -ETIMEDOUT;
		(void)poll(&p, 1, (int)((end_us - t) / USEC_PER_MSEC) + 1);
		while ((rc = store_event(s, path, sizeof(path))) > 0) {
			int n = store_read(s, from, text, sizeof(text));

			if (n > 0 && response_parse(text, (size_t)n, r) == 0 && r->id == id)
				return 0;
		}
		if (rc < 0)
			return rc;
	}
}

static const char *refusal(int error)
{
	switch (error) {
	case EOPNOTSUPP:
		return "the mechanism in use cannot do that: native reaches single disks at every "
		       "level, module at level pool; parameters of xen_blkback reach the whole "
		       "host, at level pool or grants";
	case ERANGE:
		return "parameters of xen_blkback hold pools at zero for at least 1300 ms while "
		       "grants are purged: ask for a longer window, or for none";
	case EBUSY:
		return "another request is being served";
	case ENODEV:
	case ENOENT:
		return "no such domain or disk";
	default:
		return strerror(error);
	}
}

/* The lock allows one request at a time: whatever is in the mailbox under it was left behind. */
static int exchange(int root, struct store *s, const struct mailbox_paths *m, struct wish *w,
		    struct response *r)
{
	uint64_t end_us = now_us() + w->timeout_s * USEC_PER_SEC;
	_cleanup_close_ int lock = toolstack_lock(root, w->timeout_s);
	uint64_t t_us = now_us();
	int rc;

	if (lock < 0 && lock != -ENOENT) /* without a toolstack nobody else asks */
		return lock;
	if (t_us >= end_us)
		return -ETIMEDOUT;
	w->request.id = new_id();
	w->request.deadline_s = (uint64_t)time(NULL) + (end_us - t_us) / USEC_PER_SEC + 1;
	rc = store_watch(s, m->response);
	if (rc == 0)
		rc = put_request(s, m->request, &w->request);
	if (rc == 0)
		rc = get_response(s, m->response, w->request.id, end_us, r);
	(void)store_write(s, m->request, "");
	return rc;
}

static enum exit_status ask(int root, struct store *s, const struct mailbox_paths *m,
			    struct wish *w)
{
	struct response r = {0};
	int rc = exchange(root, s, m, w, &r);

	if (rc == -ETIMEDOUT)
		complain("no response within %" PRIu64 " s", w->timeout_s);
	else if (rc < 0)
		complain("cannot ask the daemon: %s", strerror(-rc));
	else if (r.error)
		complain("%s", refusal(r.error));
	else
		(void)printf("%" PRId64 " kB back from %" PRIu64 " disks\n", r.kb, r.vbds);
	return rc < 0 || r.error ? STATUS_FAILED : STATUS_DONE;
}

enum exit_status cmd_trigger(int root, int argc, char **argv)
{
	const struct mailbox_paths *m = mailboxes;
	enum exit_status status;
	struct store s;
	struct wish w;
	char agent[8];
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
	/* both, since the key outlives a daemon that was killed */
	r = daemon_runs(root);
	if (r < 0)
		status = STATUS_FAILED;
	else if (r == 0 || store_read(&s, m->agent, agent, sizeof(agent)) <= 0)
		status = daemon_not_running();
	else
		status = ask(root, &s, m, &w);
	store_close(&s);
	return status;
}
