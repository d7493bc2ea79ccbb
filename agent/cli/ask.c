// SPDX-License-Identifier: GPL-2.0-or-later
/* One request through a mailbox; see ask.h. */
#include "cli/ask.h"

#include "host/util.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>

/* Signals that end it, unless they are ignored, as by nohup. */
static const int ends[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP};

/*
 * struct asking - @text: the request as it is written. @claim: of whoever has the mailbox.
 * @claimed_us: since when it is ours, 0: not yet. @end_us: when to give up. @mask, @before: what
 * signals were held back, and what they did.
 */
struct asking {
	struct store *store;
	const struct mailbox_paths *paths;
	uint64_t id;
	char text[MAILBOX_MAX_CHARS + 1];
	struct response response;
	struct claim claim;
	uint64_t claimed_us;
	uint64_t end_us;
	sigset_t mask;
	struct sigaction before[ARRAY_SIZE(ends)];
};

/* Not zero, and not to be guessed from an earlier one. */
static uint64_t new_id(void)
{
	uint32_t id = 0;

	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		id = (uint32_t)now_us();
	return (uint64_t)id + 1;
}

/* What is no text, or too long, is nobody's claim: it reads as a text that stays the same. */
static int read_node(struct store *s, const char *path, char text[static MAILBOX_MAX_CHARS + 2])
{
	int n = store_read(s, path, text, MAILBOX_MAX_CHARS + 2);

	if (n == -ENOENT || n == -E2BIG || n == -EILSEQ) {
		(void)snprintf(text, MAILBOX_MAX_CHARS + 2, "%s", n == -ENOENT ? "" : "?");
		n = 0;
	}
	return n < 0 ? n : 0;
}

static int check_agent(struct asking *a)
{
	char version[MAILBOX_MAX_CHARS + 2];
	int r = read_node(a->store, a->paths->agent, version);

	if (r < 0)
		return r;
	if (!*version)
		return -EHOSTDOWN;
	return strcmp(version, MAILBOX_VERSION) == 0 ? 0 : -EPROTO;
}

/* Within a transaction. Return: 1: the request was written; 0: it is others' turn, until *wake_us.
 */
static int write_request(struct asking *a, uint64_t *wake_us)
{
	char request[MAILBOX_MAX_CHARS + 2];
	char response[MAILBOX_MAX_CHARS + 2];
	uint64_t t = now_us();
	int r = check_agent(a);

	if (r == 0)
		r = read_node(a->store, a->paths->request, request);
	if (r == 0)
		r = read_node(a->store, a->paths->response, response);
	if (r < 0)
		return r;
	*wake_us = claim_ends_us(&a->claim, request, response, t);
	if (*wake_us > t)
		return 0;
	r = store_write(a->store, a->paths->request, a->text);
	return r < 0 ? r : 1;
}

static int claim(struct asking *a, uint64_t *wake_us)
{
	int end;
	int r;

	do {
		r = store_begin(a->store);
		if (r < 0)
			return r;
		r = write_request(a, wake_us);
		end = store_end(a->store, r > 0);
	} while (end == -EAGAIN);
	if (r > 0 && end < 0)
		return end;
	if (r > 0)
		a->claimed_us = now_us();
	return r;
}

/* Return: 1: answered; 0: not yet, look again at *wake_us. */
static int read_answer(struct asking *a, uint64_t *wake_us)
{
	char text[MAILBOX_MAX_CHARS + 2];
	int n = store_read(a->store, a->paths->response, text, sizeof(text));
	bool ours = n > 0 && response_parse(text, (size_t)n, &a->response) == 0 &&
		    a->response.id == a->id;
	int r;

	if (ours && !a->response.accepted)
		return 1;
	r = check_agent(a);
	if (r < 0 || ours)
		return r;
	*wake_us = a->claimed_us + MAILBOX_ACCEPT_US;
	return *wake_us <= now_us() ? -ENOMSG : 0;
}

/* Until something changes, or it is @wake_us. */
static int await_change(struct asking *a, uint64_t wake_us)
{
	struct pollfd p = {.fd = store_fd(a->store), .events = POLLIN};
	uint64_t t = now_us();
	uint64_t us = wake_us > t ? wake_us - t : 0;
	const struct timespec limit = {.tv_sec = (time_t)(us / USEC_PER_SEC),
				       .tv_nsec = (long)(us % USEC_PER_SEC * 1000)};
	char path[64];
	int r;

	if (ppoll(&p, 1, &limit, &a->mask) < 0)
		return -errno;
	while ((r = store_event(a->store, path, sizeof(path))) > 0)
		;
	return r;
}

static int exchange(struct asking *a)
{
	for (;;) {
		uint64_t wake_us = a->end_us;
		int r = a->claimed_us ? 0 : claim(a, &wake_us);

		if (r >= 0 && a->claimed_us)
			r = read_answer(a, &wake_us);
		if (r != 0)
			return r;
		if (now_us() >= a->end_us)
			return a->claimed_us ? -ETIMEDOUT : -EBUSY;
		r = await_change(a, min_u64(wake_us, a->end_us));
		if (r < 0)
			return r;
	}
}

/* Unless somebody took it for left behind, and wrote their own. */
static void take_back(struct asking *a)
{
	char text[MAILBOX_MAX_CHARS + 2];
	int end;

	do {
		if (store_begin(a->store) < 0)
			return;
		if (read_node(a->store, a->paths->request, text) == 0 && strcmp(text, a->text) == 0)
			(void)store_write(a->store, a->paths->request, "");
		end = store_end(a->store, true);
	} while (end == -EAGAIN);
}

static void note_signal(int signal)
{
	(void)signal; /* it only ends ppoll() */
}

/* Both are let through while it waits, and at no other time. */
static void hold_signals(struct asking *a)
{
	const struct sigaction note = {.sa_handler = note_signal};
	sigset_t held;

	(void)sigemptyset(&held);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		(void)sigaction(ends[i], NULL, &a->before[i]);
		if (a->before[i].sa_handler == SIG_IGN)
			continue;
		(void)sigaddset(&held, ends[i]);
		(void)sigaction(ends[i], &note, NULL);
	}
	(void)sigprocmask(SIG_BLOCK, &held, &a->mask);
}

static void release_signals(const struct asking *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		(void)sigaction(ends[i], &a->before[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &a->mask, NULL);
}

int mailbox_ask(struct store *s, const struct mailbox_paths *m, struct request *r,
		uint64_t timeout_s, struct response *response)
{
	const char *const paths[] = {m->request, m->response, m->agent};
	struct asking a = {
		.store = s,
		.paths = m,
		.id = new_id(),
		.end_us = now_us() + timeout_s * USEC_PER_SEC,
	};
	int rc;

	r->id = a.id;
	rc = request_print(r, a.text, sizeof(a.text));
	hold_signals(&a);
	for (size_t i = 0; i < ARRAY_SIZE(paths) && rc == 0; i++)
		rc = store_watch(s, paths[i]);
	if (rc == 0)
		rc = exchange(&a);
	if (a.claimed_us)
		take_back(&a);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		(void)store_unwatch(s, paths[i]);
	release_signals(&a);
	*response = a.response;
	return rc > 0 ? 0 : rc;
}
