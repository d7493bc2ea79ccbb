// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the configuration, as config.h promises it: a wrong line is named, and nothing is lost. */
#include "config.h"

#include "util.h"

#include <dirent.h>
#include <fcntl.h>
#include <ini.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

/* inih takes lines up to this; a longer one would be cut in two silently. */
#define LINE_MAX_CHARS 199
#define FILE_MAX_BYTES ((size_t)64 * 1024)
#define MINUTES_US     (60 * USEC_PER_SEC)
#define HOURS_US       (60 * MINUTES_US)

/* The kernel's own bounds for a PSI trigger's window (kernel/sched/psi.c). */
#define PSI_WINDOW_MIN_US (500 * USEC_PER_MSEC)
#define PSI_WINDOW_MAX_US (10 * USEC_PER_SEC)

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit time_units[] = {
	{"ms", USEC_PER_MSEC}, {"s", USEC_PER_SEC}, {"min", MINUTES_US}, {"h", HOURS_US}, {0}};
static const struct unit size_units[] = {{"kB", 1}, {"KiB", 1}, {"MiB", 1024}, {0}};

struct key;
typedef int (*parse_fn)(const struct key *k, const char *value, void *to);

/* One key: where its value goes, what it may be, and how to say so. */
struct key {
	const char *section;
	const char *name;
	parse_fn parse;
	size_t offset;
	uint64_t min;
	uint64_t max;
	const char *form;
};

static int parse_unit(const char *value, const struct unit *units, uint64_t *out)
{
	char digits[24];
	size_t n = strspn(value, "0123456789");
	int r;

	if (n == 0 || n >= sizeof(digits))
		return -EINVAL;
	(void)snprintf(digits, sizeof(digits), "%.*s", (int)n, value);
	r = parse_number(digits, out);
	if (r < 0)
		return r;
	value += n;
	value += strspn(value, " ");
	for (const struct unit *u = units; u->name; u++)
		if (strcmp(value, u->name) == 0)
			return __builtin_mul_overflow(*out, u->factor, out) ? -ERANGE : 0;
	return -EINVAL;
}

static int in_bounds(const struct key *k, uint64_t v)
{
	return v < k->min || v > k->max ? -ERANGE : 0;
}

static int parse_measure(const struct key *k, const struct unit *units, const char *value, void *to)
{
	uint64_t v;
	int r = parse_unit(value, units, &v);

	if (r == 0)
		r = in_bounds(k, v);
	if (r == 0)
		*(uint64_t *)to = v;
	return r;
}

static int parse_time(const struct key *k, const char *value, void *to)
{
	return parse_measure(k, time_units, value, to);
}

static int parse_size(const struct key *k, const char *value, void *to)
{
	return parse_measure(k, size_units, value, to);
}

static int parse_count(const struct key *k, const char *value, void *to)
{
	uint64_t v;
	int r = parse_number(value, &v);

	if (r == 0)
		r = in_bounds(k, v);
	if (r == 0)
		*(unsigned *)to = (unsigned)v;
	return r;
}

static int parse_switch(const struct key *k, const char *value, void *to)
{
	(void)k;
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return -EINVAL;
	*(bool *)to = strcmp(value, "yes") == 0;
	return 0;
}

static int parse_level(const struct key *k, const char *value, void *to)
{
	int level = level_from_name(value);

	(void)k;
	if (level < 0)
		return level;
	*(enum level *)to = (enum level)level;
	return 0;
}

/* "50ms in 1s" or "off" */
static int parse_threshold(const struct key *k, const char *value, void *to)
{
	const char *in = strstr(value, " in ");
	struct threshold t = {0};
	char stall[32];
	int r;

	(void)k;
	if (strcmp(value, "off") == 0) {
		*(struct threshold *)to = t;
		return 0;
	}
	if (!in || (size_t)(in - value) >= sizeof(stall))
		return -EINVAL;
	(void)snprintf(stall, sizeof(stall), "%.*s", (int)(in - value), value);
	r = parse_unit(stall, time_units, &t.stall_us);
	if (r == 0)
		r = parse_unit(in + strlen(" in "), time_units, &t.window_us);
	if (r < 0)
		return r;
	if (t.stall_us == 0 || t.stall_us > t.window_us || t.window_us < PSI_WINDOW_MIN_US ||
	    t.window_us > PSI_WINDOW_MAX_US)
		return -ERANGE;
	*(struct threshold *)to = t;
	return 0;
}

#define THRESHOLD_FORM                                                                             \
	"a stall time within a window of 500ms to 10s, for instance \"50ms in 1s\", or \"off\""
#define AT(field) offsetof(struct config, field)

static const struct key keys[] = {
	{"pressure", "some", parse_threshold, AT(some), 0, 0, THRESHOLD_FORM},
	{"pressure", "full", parse_threshold, AT(full), 0, 0, THRESHOLD_FORM},
	{"balloon", "follow", parse_switch, AT(follow_balloon), 0, 0, "\"yes\" or \"no\""},
	{"reclaim", "max_level", parse_level, AT(policy.max_level), 0, 0,
	 "\"pool\", \"grants\" or \"requests\""},
	{"reclaim", "window", parse_time, AT(window_us), 150 * USEC_PER_MSEC, 60 * USEC_PER_SEC,
	 "a time from 150ms to 60s"},
	{"reclaim", "idle_time", parse_time, AT(policy.idle_us), USEC_PER_SEC, HOURS_US,
	 "a time from 1s to 1h"},
	{"reclaim", "min_interval", parse_time, AT(policy.min_interval_us), 250 * USEC_PER_MSEC,
	 10 * MINUTES_US, "a time from 250ms to 10min"},
	{"reclaim", "min_gain", parse_size, AT(policy.min_gain_kb), 4, UINT64_C(1024) * 1024,
	 "a size from 4kB to 1024MiB"},
	{"backoff", "retry", parse_time, AT(policy.retry_us), 500 * USEC_PER_MSEC, MINUTES_US,
	 "a time from 500ms to 1min"},
	{"backoff", "regrowth", parse_time, AT(policy.regrowth_us), USEC_PER_SEC, 10 * MINUTES_US,
	 "a time from 1s to 10min"},
	{"backoff", "after", parse_count, AT(policy.backoff_after), 1, 100,
	 "a count from 1 to 100"},
	{"backoff", "first", parse_time, AT(policy.backoff_us), USEC_PER_SEC, HOURS_US,
	 "a time from 1s to 1h"},
	{"backoff", "max", parse_time, AT(policy.backoff_max_us), USEC_PER_SEC, 24 * HOURS_US,
	 "a time from 1s to 24h"},
};

struct config config_default(void)
{
	return (struct config){
		.some = {50 * USEC_PER_MSEC, USEC_PER_SEC},
		.full = {50 * USEC_PER_MSEC, USEC_PER_SEC},
		.follow_balloon = true,
		/* an idle ring looks up every 100 ms: less would miss it */
		.window_us = 150 * USEC_PER_MSEC,
		.policy =
			{
				.max_level = LEVEL_REQUESTS,
				.idle_us = 5 * USEC_PER_SEC,
				.min_interval_us = 250 * USEC_PER_MSEC,
				.retry_us = 2 * USEC_PER_SEC,
				.regrowth_us = 5 * USEC_PER_SEC,
				.backoff_after = 3,
				.backoff_us = 30 * USEC_PER_SEC,
				.backoff_max_us = 5 * MINUTES_US,
				.min_gain_kb = 1024,
			},
	};
}

/* One text on its way through inih. */
struct parser {
	const char *text;
	size_t left;
	const char *name;
	int line;
	struct config *config;
	struct config_error *err;
	int result;
};

__attribute__((format(printf, 2, 3))) static int fail(struct parser *p, const char *fmt, ...)
{
	int n;
	va_list ap;

	if (p->result < 0) /* the first one is the one to say */
		return 0;
	p->result = -EINVAL;
	n = snprintf(p->err->text, sizeof(p->err->text), "%s:%d: ", p->name, p->line);
	if (n < 0 || (size_t)n >= sizeof(p->err->text))
		return 0;
	va_start(ap, fmt);
	(void)vsnprintf(p->err->text + n, sizeof(p->err->text) - (size_t)n, fmt, ap);
	va_end(ap);
	return 0;
}

/* What a file holds may be anything: show the start of it, as printable characters. */
static const char *shown(const char *value, char buf[static 48])
{
	size_t n = strnlen(value, 40);

	memcpy(buf, value, n);
	for (size_t i = 0; i < n; i++)
		if (buf[i] < ' ' || buf[i] > '~')
			buf[i] = '?';
	(void)snprintf(buf + n, 8, "%s", value[n] ? "..." : "");
	return buf;
}

static bool known_section(const char *section)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i].section, section) == 0)
			return true;
	return false;
}

/*
 * inih takes more than this file means: an indented line as the last value's second half, anything
 * after "]", a section without keys. All of these hide a mistake.
 */
static bool line_is_plain(struct parser *p, const char *line)
{
	size_t blank = strspn(line, " \t");
	const char *end = strchr(line, ']');
	char name[64];
	char buf[48];

	if (blank > 0 && !strchr("\r\n;#", line[blank])) {
		(void)fail(p, "starts with a blank; a line is \"[section]\" or \"key = value\"");
		return false;
	}
	if (*line != '[' || !end)
		return true;
	(void)snprintf(name, sizeof(name), "%.*s", (int)(end - line - 1), line + 1);
	if (!known_section(name)) {
		(void)fail(p,
			   "[%s]: no such section; there are [pressure], [balloon], [reclaim] and "
			   "[backoff]",
			   shown(name, buf));
		return false;
	}
	end += 1 + strspn(end + 1, " \t\r\n");
	if (strchr(";#", *end)) /* a comment, or the end */
		return true;
	(void)fail(p, "[%s]: something stands after \"]\"; keys go on lines of their own", name);
	return false;
}

static char *next_line(char *str, int num, void *stream)
{
	struct parser *p = stream;
	const char *eol;
	size_t len;

	if (p->left == 0 || p->result < 0)
		return NULL;
	p->line++;
	eol = memchr(p->text, '\n', p->left);
	len = eol ? (size_t)(eol - p->text) + 1 : p->left;
	if (len > LINE_MAX_CHARS || len >= (size_t)num) {
		(void)fail(p, "the line is longer than %d characters", LINE_MAX_CHARS - 1);
		return NULL;
	}
	if (memchr(p->text, '\0', len)) {
		(void)fail(p, "the line holds a NUL byte: this is no text file");
		return NULL;
	}
	memcpy(str, p->text, len);
	str[len] = '\0';
	p->text += len;
	p->left -= len;
	return line_is_plain(p, str) ? str : NULL;
}

static int handle(void *user, const char *section, const char *name, const char *value)
{
	struct parser *p = user;
	char a[48];
	char b[48];

	if (*section == '\0')
		return fail(p, "%s: stands before any [section]", shown(name, a));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct key *k = &keys[i];

		if (strcmp(k->section, section) != 0 || strcmp(k->name, name) != 0)
			continue;
		if (k->parse(k, value, (char *)p->config + k->offset) == 0)
			return 1;
		return fail(p, "[%s] %s: \"%s\" is not %s", section, name, shown(value, a),
			    k->form);
	}
	return fail(p, "[%s] %s: no such key in this section; the shipped file lists them all",
		    section, shown(name, b));
}

int config_parse(const char *text, size_t len, const char *name, struct config *c,
		 struct config_error *err)
{
	struct parser p = {.text = text, .left = len, .name = name, .config = c, .err = err};
	int line = ini_parse_stream(next_line, &p, handle, &p);

	if (p.result == 0 && line > 0) {
		p.line = line;
		(void)fail(&p, "neither \"[section]\" nor \"key = value\" nor a comment");
	} else if (p.result == 0 && line < 0) {
		return -ENOMEM;
	}
	return p.result;
}

static int load_file(int root, const char *path, char *buf, struct config *c,
		     struct config_error *err)
{
	ssize_t n = read_text(root, path, buf, FILE_MAX_BYTES);
	char name[PATH_MAX];

	if (n == -ENOENT)
		return 0;
	(void)snprintf(name, sizeof(name), "/%s", path);
	if (n < 0) {
		(void)snprintf(err->text, sizeof(err->text), "%.400s: cannot be read: %s", name,
			       n == -E2BIG ? "it is longer than 64 KiB" : strerror((int)-n));
		return (int)n;
	}
	return config_parse(buf, (size_t)n, name, c, err);
}

static int is_conf(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 5 && strcmp(d->d_name + n - 5, ".conf") == 0;
}

static int load_drop_ins(int root, const char *path, char *buf, struct config *c,
			 struct config_error *err)
{
	char dir[PATH_MAX];
	char file[2UL * PATH_MAX];
	struct dirent **names = NULL;
	int r = 0;
	int n;

	(void)snprintf(dir, sizeof(dir), "%s.d", path);
	n = scandirat(root, dir, &names, is_conf, alphasort);
	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		(void)snprintf(file, sizeof(file), "%s/%s", dir, names[i]->d_name);
		if (r == 0)
			r = load_file(root, file, buf, c, err);
		free(names[i]);
	}
	free(names);
	return r;
}

int config_load(int root, const char *path, struct config *c, struct config_error *err)
{
	_cleanup_free_ char *buf = malloc(FILE_MAX_BYTES);
	struct config fresh = config_default();
	int r;

	if (!buf)
		return -ENOMEM;
	*err = (struct config_error){0};
	r = load_file(root, path, buf, &fresh, err);
	if (r == 0)
		r = load_drop_ins(root, path, buf, &fresh, err);
	if (r == 0 && fresh.policy.backoff_us > fresh.policy.backoff_max_us) {
		(void)snprintf(err->text, sizeof(err->text),
			       "/%s: [backoff] first: is longer than [backoff] max", path);
		r = -EINVAL;
	}
	if (r == 0)
		*c = fresh;
	else if (err->text[0] == '\0')
		(void)snprintf(err->text, sizeof(err->text), "/%s: %s", path, strerror(-r));
	return r;
}
