// SPDX-License-Identifier: GPL-2.0-or-later
/* Balloon target and requests, as xenstore has them; see agent.h. */
#include "core/action.h"
#include "core/decide.h"
#include "core/idle.h"
#include "daemon/agent.h"
#include "host/domains.h"
#include "host/util.h"

#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <syslog.h>

#define BALLOON_TARGET "memory/target"

/* What is in there a guest can change as often as it likes: watched only while nobody has a disk.
 */
#define DISKS "backend/vbd"

static void respond(struct agent *a, enum mailbox m, struct response r)
{
	char text[MAILBOX_MAX_CHARS + 1];

	if (response_print(&r, text, sizeof(text)) == 0)
		(void)store_write(&a->store, mailboxes[m].response, text);
}

void xenstore_answer(struct agent *a, int error)
{
	int64_t kb = action_gain_kb(&a->controller.state.action);

	if (!a->answering)
		return;
	a->answering = false;
	respond(a, a->mailbox,
		(struct response){
			.id = a->request.id,
			.error = error,
			.vbds = a->reclaimer.vbds,
			.kb = kb > 0 ? kb : 0,
		});
}

/* By parameters, grants take pools at zero for as long as purging takes. */
static bool window_is_too_short(const struct agent *a, const struct request *req)
{
	return req->window_ms > 0 && req->domid == EVERY &&
	       by_params(&a->controller.view, LEVEL_GRANTS) && req->levels & 1U << LEVEL_GRANTS &&
	       req->window_ms * USEC_PER_MSEC < reclaimer_least_us(LEVEL_GRANTS, 0);
}

static int take(struct agent *a, enum mailbox m, const struct request *req)
{
	int r;

	if (window_is_too_short(a, req))
		return -ERANGE;
	r = controller_request(&a->controller, (struct event){
						       .type = EVENT_REQUEST,
						       .levels = req->levels,
						       .window_ms = req->window_ms,
						       .domid = req->domid,
						       .devid = req->devid,
					       });
	if (r < 0)
		return r;
	a->request = *req;
	a->mailbox = m;
	a->answering = true;
	respond(a, m, (struct response){.id = req->id, .accepted = true});
	agent_tell_status(a);
	return 0;
}

/* Whoever asked has taken the request back. One that has begun goes on without an answer. */
static void give_up(struct agent *a)
{
	a->answering = false;
	controller_request_withdrawn(&a->controller);
}

static void read_request(struct agent *a, enum mailbox m)
{
	char text[MAILBOX_MAX_CHARS + 2];
	struct response error = {0};
	struct request req;
	int n = store_read(&a->store, mailboxes[m].request, text, sizeof(text));
	int r = n < 0 ? -EINVAL : request_parse(text, (size_t)n, &req, &error.id);

	if (n < 0 && n != -ENOENT && n != -E2BIG && n != -EILSEQ)
		return;
	if (r == 0 && req.id == a->served[m])
		return; /* served, or being served: the watch may fire twice for one request */
	if (a->answering && a->mailbox == m)
		give_up(a);
	if (n == 0 || n == -ENOENT)
		return;
	a->served[m] = error.id;
	if (r == 0)
		r = a->answering ? -EBUSY : take(a, m, &req);
	if (r < 0) {
		error.error = -r;
		respond(a, m, error);
	}
}

static bool is_answered(struct agent *a, enum mailbox m, uint64_t id)
{
	char text[MAILBOX_MAX_CHARS + 2];
	struct response r;
	int n = store_read(&a->store, mailboxes[m].response, text, sizeof(text));

	return n > 0 && response_parse(text, (size_t)n, &r) == 0 && r.id == id && !r.accepted;
}

/* What was asked while nobody was there, or of an earlier life, is not carried out now. */
static void answer_leftover(struct agent *a, enum mailbox m)
{
	char text[MAILBOX_MAX_CHARS + 2];
	struct request req;
	uint64_t id = 0;
	int n = store_read(&a->store, mailboxes[m].request, text, sizeof(text));

	if (n <= 0 || (request_parse(text, (size_t)n, &req, &id) < 0 && id == 0))
		return;
	if (a->answering && a->mailbox == m && a->request.id == id)
		return; /* this life's own: the connection was lost and is back */
	a->served[m] = id;
	if (!is_answered(a, m, id))
		respond(a, m, (struct response){.id = id, .error = ETIME});
}

static void disconnect(struct agent *a)
{
	a->store_source = sd_event_source_unref(a->store_source);
	a->store_life = sd_event_source_unref(a->store_life);
	store_close(&a->store);
	a->report.xenstore = false;
	memset(a->listens, 0, sizeof(a->listens));
	a->disks_watched = false;
}

/* Nobody is to wait for an answer that does not come. */
static void withdraw(struct agent *a, enum mailbox m)
{
	(void)store_write(&a->store, mailboxes[m].agent, "");
	a->listens[m] = false;
}

static void withdraw_all(struct agent *a)
{
	for (enum mailbox m = 0; m < MAILBOX_COUNT; m++)
		if (a->listens[m])
			withdraw(a, m);
}

static void lose_store(struct agent *a, int error)
{
	say(MESSAGE_XENSTORE, LOG_ERR,
	    "xenstore is gone (%s): no balloon target and no requests until it is back",
	    strerror(-error));
	disconnect(a);
	arm_timer(a->store_timer, now_us() + AGAIN_US);
	agent_tell_status(a);
}

int xenstore_read_target(struct agent *a, uint64_t *kb)
{
	char text[32];
	int r = store_read(&a->store, BALLOON_TARGET, text, sizeof(text));

	return r < 0 ? r : parse_number(text, kb);
}

static void read_target(struct agent *a)
{
	if (controller_target_changed(&a->controller))
		agent_tell_status(a);
}

void xenstore_watch_disks(struct agent *a, bool watch)
{
	if (watch == a->disks_watched)
		return;
	if (!watch && a->store.xs)
		(void)store_unwatch(&a->store, DISKS);
	a->disks_watched = watch && a->store.xs && store_watch(&a->store, DISKS) == 0;
	if (watch && !a->disks_watched)
		arm_timer(a->look_timer, now_us() + AGING_REST_US);
}

static int on_store(sd_event_source *s, int fd, uint32_t revents, void *user)
{
	struct agent *a = user;
	char path[64];
	int r;

	(void)s;
	(void)fd;
	(void)revents;
	while ((r = store_event(&a->store, path, sizeof(path))) > 0) {
		if (strcmp(path, BALLOON_TARGET) == 0)
			read_target(a);
		if (strcmp(path, DISKS) == 0 && a->disks_watched)
			controller_look(&a->controller);
		for (enum mailbox m = 0; m < MAILBOX_COUNT; m++)
			if (strcmp(path, mailboxes[m].request) == 0)
				read_request(a, m);
	}
	if (r < 0)
		lose_store(a, r);
	return 0;
}

/* Nothing is ever said here: what happens is the end. */
static int on_store_life(sd_event_source *s, int fd, uint32_t revents, void *user)
{
	(void)s;
	(void)fd;
	(void)revents;
	lose_store(user, -EPIPE);
	return 0;
}

/*
 * For want of rights or of quota; what else goes wrong is the connection's. EINVAL is what
 * libxenstore makes of oxenstored's EQUOTA, which it does not know.
 */
static bool is_quota(int error)
{
	return error == -ENOSPC || error == -E2BIG || error == -EINVAL;
}

static bool is_refused(int error)
{
	return is_quota(error) || error == -EACCES || error == -EPERM;
}

/* One that is refused leaves the others as they are. */
static int listen_mailbox(struct agent *a, enum mailbox m)
{
	int r;

	answer_leftover(a, m);
	r = store_write(&a->store, mailboxes[m].agent, MAILBOX_VERSION);
	a->listens[m] = r == 0;
	if (r == 0)
		r = store_watch(&a->store, mailboxes[m].request);
	if (!is_refused(r))
		return r;
	if (a->listens[m])
		withdraw(a, m);
	if (m == MAILBOX_TOOLSTACKS && r == -EACCES)
		say(MESSAGE_XENSTORE, LOG_NOTICE,
		    "dom0's toolstack made no mailbox for this domain: its requests are not "
		    "served");
	else
		say(MESSAGE_XENSTORE, LOG_WARNING,
		    "xenstore refuses the mailbox %s (%s): requests there are not served",
		    mailboxes[m].request, is_quota(r) ? "this domain's quota" : strerror(-r));
	return 0;
}

static int listen_mailboxes(struct agent *a)
{
	int r = listen_mailbox(a, MAILBOX_TOOLSTACKS);

	if (a->driver_domain && r == 0)
		r = listen_mailbox(a, MAILBOX_DRIVER_DOMAINS);
	return r;
}

static int watch_target(struct agent *a)
{
	int r = store_watch(&a->store, BALLOON_TARGET);

	if (!is_refused(r))
		return r;
	say(MESSAGE_XENSTORE, LOG_WARNING, "xenstore refuses to watch %s (%s): it is not followed",
	    BALLOON_TARGET, strerror(-r));
	return 0;
}

static int listen_store(struct agent *a)
{
	int r = a->dry_run ? 0 : listen_mailboxes(a);

	if (r == 0)
		r = watch_target(a);
	if (r == 0)
		r = sd_event_add_io(a->event, &a->store_source, store_fd(&a->store), EPOLLIN,
				    on_store, a);
	if (r >= 0 && store_life_fd(&a->store) >= 0)
		r = sd_event_add_io(a->event, &a->store_life, store_life_fd(&a->store), EPOLLIN,
				    on_store_life, a);
	if (r >= 0)
		read_target(a); /* what a later target falls from */
	return r;
}

static int try_store(struct agent *a)
{
	int r = store_open(&a->store, a->root);

	if (r == 0) {
		a->driver_domain = store_domid(&a->store) > 0;
		r = listen_store(a);
	}
	if (r < 0) {
		withdraw_all(a);
		disconnect(a);
		arm_timer(a->store_timer, now_us() + AGAIN_US);
	}
	a->report.xenstore = r >= 0;
	return r;
}

void xenstore_open(struct agent *a)
{
	int r = try_store(a);

	if (r < 0)
		say(MESSAGE_XENSTORE, LOG_WARNING,
		    "no xenstore (%s): the balloon target is not followed, requests are not served",
		    strerror(-r));
}

int xenstore_on_timer(sd_event_source *s, uint64_t usec, void *user)
{
	struct agent *a = user;

	(void)s;
	(void)usec;
	if (try_store(a) < 0)
		return 0;
	say(MESSAGE_XENSTORE, LOG_NOTICE,
	    "xenstore is there: the balloon target is followed and requests are served");
	xenstore_name_domains(a);
	machine_reopen_grower(a);
	controller_look(&a->controller);
	agent_tell_status(a);
	return 0;
}

void xenstore_close(struct agent *a)
{
	withdraw_all(a);
	disconnect(a);
}

void xenstore_name_domains(struct agent *a)
{
	if (a->driver_domain && a->config.policy.n_rules > 0)
		say(MESSAGE_CONFIG, LOG_WARNING,
		    "a driver domain cannot read whose disks it serves: no section [domain ...] "
		    "applies%s",
		    excludes_any(&a->config.policy) ? ", and since one excludes a domain, nothing "
						      "but requests is carried out"
						    : "");
	domains_name(&a->store, &a->config.policy, &a->inventory.now, UINT_MAX);
}
