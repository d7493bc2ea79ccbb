// SPDX-License-Identifier: GPL-2.0-or-later
/* xen-reclaim trigger: one request through the mailbox in xenstore, and its response. */
#include "mailbox.h"
#include "store.h"
#include "toolstack.h"
#include "util.h"
#include "xen-reclaim.h"

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

static int bad(const char *option, const char *value, const char *form)
{
	complain("--%s: \"%s\" is not %s", option, value, form);
	return -EINVAL;
}

static int parse_option(int opt, const char *arg, struct wish *w)
{
	uint64_t v;
	int level;

	switch (opt) {
	case 'l':
		level = level_from_name(arg);
		if (level < 0)
			return bad("level", arg, "pool, grants or requests");
		w->request.level = (enum level)level;
		return 0;
	case 'd':
		if (parse_number(arg, &v) < 0 || v < 1 || v > WINDOW_MAX_MS)
			return bad("window", arg, "a number of milliseconds from 1 to 60000");
		w->request.window_ms = (uint32_t)v;
		return 0;
	case 't':
		if (parse_number(arg, &v) < 0 || v < 1 || v > TIMEOUT_MAX_S)
			return bad("timeout", arg, "a number of seconds from 1 to 600");
		w->timeout_s = v;
		return 0;
	default:
		return -EINVAL;
	}
}

/* DOMID[/DEVID]: the mailbox's own parser knows what is right. */
static int parse_whom(const char *arg, struct wish *w)
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
		complain("trigger takes one domain at most");
		return -EINVAL;
	}
	return optind < argc ? parse_whom(argv[optind], w) : 0;
}

/* Not zero, and not guessable from an earlier one. */
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

/* Waits for the response to this id; anything else in the mailbox is somebody else's. */
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
	case EBUSY:
		return "another request is being served";
	case ENODEV:
	case ENOENT:
		return "no such domain or disk";
	default:
		return strerror(error);
	}
}

/* One request at a time: what lies in the mailbox under the lock is a leftover. */
static int exchange(int root, struct store *s, const struct mailbox_paths *m, struct wish *w,
		    struct response *r)
{
	uint64_t end_us = now_us() + w->timeout_s * USEC_PER_SEC;
	_cleanup_close_ int lock = toolstack_lock(root, w->timeout_s);
	uint64_t t_us = now_us();
	int rc;

	if (lock < 0 && lock != -ENOENT) /* without a toolstack there is nobody to keep out */
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
		complain("cannot ask: %s", strerror(-rc));
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
	r = store_open(&s);
	if (r < 0) {
		complain("xenstore: %s", strerror(-r));
		return STATUS_FAILED;
	}
	if (store_domid(&s) > 0)
		m += MAILBOX_DRIVER_DOMAINS;
	r = daemon_runs(root);
	/* after a kill the key still stands */
	if (r < 0) {
		status = STATUS_FAILED;
	} else if (r == 0 || store_read(&s, m->agent, agent, sizeof(agent)) <= 0) {
		complain("the daemon is not running: systemctl start xen-reclaimd");
		status = STATUS_NOT_RUNNING;
	} else {
		status = ask(root, &s, m, &w);
	}
	store_close(&s);
	return status;
}
