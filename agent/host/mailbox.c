// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests and responses of the mailbox; see mailbox.h. Parses and prints only. */
#include "host/mailbox.h"

#include "core/names.h"
#include "host/util.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#define WORDS_MAX 4
#define DOMID_MAX 32751 /* DOMID_FIRST_RESERVED - 1 */

const struct mailbox_paths mailboxes[MAILBOX_COUNT] = {
	[MAILBOX_TOOLSTACKS] = {MAILBOX_REQUEST, MAILBOX_RESPONSE, MAILBOX_AGENT},
	[MAILBOX_DRIVER_DOMAINS] = {MAILBOX_OWN(MAILBOX_REQUEST), MAILBOX_OWN(MAILBOX_RESPONSE),
				    MAILBOX_OWN(MAILBOX_AGENT)},
};

/* The errors that can be answered; any other is told as EIO. */
static const int errors[] = {EINVAL, ERANGE, EOPNOTSUPP, EBUSY, ENODEV, ENOENT, ETIME, EIO};

/* Splits at single spaces. Return: the number of words, or -EINVAL after those that are right. */
static int split(const char *text, size_t len, char *buf, char *words[WORDS_MAX])
{
	int n = 0;

	if (len > MAILBOX_MAX_CHARS || memchr(text, '\0', len))
		return -EINVAL;
	memcpy(buf, text, len);
	buf[len] = '\0';
	for (char *w = buf; w; n++) {
		char *space = strchr(w, ' ');

		if (n == WORDS_MAX || *w == '\0' || space == w)
			return -EINVAL;
		if (space)
			*space++ = '\0';
		words[n] = w;
		w = space;
	}
	return n;
}

static int parse_bounded(const char *word, uint64_t min, uint64_t max, uint64_t *v)
{
	int r = parse_number(word, v);

	if (r == 0 && (*v < min || *v > max))
		r = -ERANGE;
	return r;
}

static int parse_target(char *word, struct request *r)
{
	char *slash = strchr(word, '/');
	uint64_t v = 0;
	int rc = 0;

	r->devid = EVERY;
	if (slash) {
		*slash = '\0';
		rc = parse_bounded(slash + 1, 0, UINT32_MAX, &v);
		r->devid = (int64_t)v;
	}
	if (rc < 0)
		return rc;
	if (strcmp(word, "*") == 0) {
		r->domid = EVERY;
		return slash ? -EINVAL : 0;
	}
	rc = parse_bounded(word, 0, DOMID_MAX, &v);
	r->domid = (int)v;
	return rc;
}

int request_parse(const char *text, size_t len, struct request *r, uint64_t *id)
{
	char buf[MAILBOX_MAX_CHARS + 1];
	char *words[WORDS_MAX] = {0};
	uint64_t window = 0;
	int n;
	int rc;

	*id = 0;
	if (len == 0)
		return -ENOENT;
	n = split(text, len, buf, words);
	if (!words[0] || parse_bounded(words[0], 1, UINT64_MAX, &r->id) < 0)
		return -EINVAL;
	*id = r->id; /* known, though the words after it may be odd */
	if (n != WORDS_MAX)
		return -EINVAL;
	r->levels = 0;
	rc = strcmp(words[1], "all") == 0 ? 0 : levels_parse(words[1], &r->levels);
	if (rc == 0 && strcmp(words[2], "-") != 0)
		rc = parse_bounded(words[2], 1, WINDOW_MAX_MS, &window);
	if (rc < 0)
		return rc;
	r->window_ms = (uint32_t)window;
	return parse_target(words[3], r);
}

int request_print(const struct request *r, char *buf, size_t size)
{
	char names[LEVELS_MAX_CHARS + 1] = "all";
	char window[16] = "-";
	char domid[16] = "*";
	char devid[24] = "";
	int n;

	if (r->levels)
		levels_print(r->levels, ',', names);
	if (r->window_ms)
		(void)snprintf(window, sizeof(window), "%" PRIu32, r->window_ms);
	if (r->domid != EVERY)
		(void)snprintf(domid, sizeof(domid), "%d", r->domid);
	if (r->devid != EVERY)
		(void)snprintf(devid, sizeof(devid), "/%" PRId64, r->devid);
	n = snprintf(buf, size, "%" PRIu64 " %s %s %s%s", r->id, names, window, domid, devid);
	return n < 0 || (size_t)n >= size ? -ENOBUFS : 0;
}

static const char *error_name(int error)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i] == error)
			return strerrorname_np(error);
	return "EIO";
}

int response_print(const struct response *r, char *buf, size_t size)
{
	int n;

	if (r->accepted)
		n = snprintf(buf, size, "%" PRIu64 " accepted", r->id);
	else if (r->error)
		n = snprintf(buf, size, "%" PRIu64 " error %s", r->id, error_name(r->error));
	else
		n = snprintf(buf, size, "%" PRIu64 " ok %" PRIu64 " %" PRId64, r->id, r->vbds,
			     r->kb);
	return n < 0 || (size_t)n >= size ? -ENOBUFS : 0;
}

int response_parse(const char *text, size_t len, struct response *r)
{
	char buf[MAILBOX_MAX_CHARS + 1];
	char *words[WORDS_MAX];
	uint64_t kb;
	int n;
	int rc;

	if (len == 0)
		return -ENOENT;
	n = split(text, len, buf, words);
	if (n < 2 || parse_number(words[0], &r->id) < 0)
		return -EINVAL;
	r->error = 0;
	r->accepted = n == 2 && strcmp(words[1], "accepted") == 0;
	if (r->accepted)
		return 0;
	if (n == 3 && strcmp(words[1], "error") == 0) {
		for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
			if (strcmp(words[2], strerrorname_np(errors[i])) == 0)
				r->error = errors[i];
		return r->error ? 0 : -EINVAL;
	}
	if (n != 4 || strcmp(words[1], "ok") != 0)
		return -EINVAL;
	rc = parse_number(words[2], &r->vbds);
	if (rc == 0)
		rc = parse_bounded(words[3], 0, INT64_MAX, &kb);
	if (rc == 0)
		r->kb = (int64_t)kb;
	return rc;
}

/* Whoever asked takes the request back once it is answered, and no agent keeps one for longer. */
static uint64_t patience_us(const char *request, const char *response)
{
	struct response r = {0};
	struct request req;
	uint64_t id = 0;

	(void)request_parse(request, strlen(request), &req, &id);
	if (response_parse(response, strlen(response), &r) == 0 && r.accepted && r.id == id)
		return MAILBOX_SERVE_US;
	return MAILBOX_ACCEPT_US;
}

uint64_t claim_ends_us(struct claim *c, const char *request, const char *response, uint64_t now_us)
{
	if (!*request)
		return now_us;
	if (c->since_us == 0 || strcmp(c->request, request) != 0 ||
	    strcmp(c->response, response) != 0) {
		(void)snprintf(c->request, sizeof(c->request), "%s", request);
		(void)snprintf(c->response, sizeof(c->response), "%s", response);
		c->since_us = now_us;
	}
	return c->since_us + patience_us(request, response);
}
