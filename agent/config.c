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
#define MIB_KB	       UINT64_C(1024)
#define GIB_KB	       (1024 * MIB_KB)

/* More would be a generated file gone wrong; and struct vbd has 16 bits for a rule. */
#define RULES_MAX 4096

/* The kernel's own bounds for a PSI trigger's window (kernel/sched/psi.c). */
#define PSI_WINDOW_MIN_US (500 * USEC_PER_MSEC)
#define PSI_WINDOW_MAX_US (10 * USEC_PER_SEC)

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit time_units[] = {
	{"ms", USEC_PER_MSEC}, {"s", USEC_PER_SEC}, {"min", MINUTES_US}, {"h", HOURS_US}, {0}};
static const struct unit size_units[] = {
	{"kB", 1}, {"KiB", 1}, {"MiB", MIB_KB}, {"GiB", GIB_KB}, {0}};

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

/* A size, or "off", which is 0. */
static int parse_limit(const struct key *k, const char *value, void *to)
{
	if (strcmp(value, "off") != 0)
		return parse_size(k, value, to);
	*(uint64_t *)to = 0;
	return 0;
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

/* "/a/path.prom" or "off" */
static int parse_metrics(const struct key *k, const char *value, void *to)
{
	size_t n = strlen(value);

	(void)k;
	if (strcmp(value, "off") == 0)
		n = 0;
	else if (*value != '/' || n - 1 > PATH_MAX_CHARS || n < sizeof("/.prom") ||
		 strcmp(value + n - strlen(".prom"), ".prom") != 0)
		return -EINVAL;
	(void)snprintf(to, PATH_MAX_CHARS + 1, "%s", n ? value + 1 : "");
	return 0;
}

#define THRESHOLD_FORM                                                                             \
	"a stall time within a window of 500ms to 10s, for instance \"50ms in 1s\", or \"off\""
#define AT(field) offsetof(struct config, field)

static const struct key keys[] = {
	{"pressure", "some", parse_threshold, AT(some), 0, 0, THRESHOLD_FORM},
	{"pressure", "full", parse_threshold, AT(full), 0, 0, THRESHOLD_FORM},
	{"balloon", "follow", parse_switch, AT(follow_balloon), 0, 0, "\"yes\" or \"no\""},
	{"balloon", "grow_dom0", parse_limit, AT(policy.grow_limit_kb), 64 * MIB_KB, 1024 * GIB_KB,
	 "a size from 64MiB to 1024GiB, or \"off\""},
	{"balloon", "grow_step", parse_size, AT(policy.grow_step_kb), 4 * MIB_KB, GIB_KB,
	 "a size from 4MiB to 1GiB"},
	{"balloon", "reserve", parse_size, AT(policy.grow_reserve_kb), 0, 1024 * GIB_KB,
	 "a size from 0kB to 1024GiB"},
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
	{"metrics", "file", parse_metrics, AT(metrics_file), 0, 0,
	 "a path of at most 128 characters from / to .prom, or \"off\""},
};

/* The same for one domain: where its value goes in struct domain_rule. */
#define RULE_AT(field) offsetof(struct domain_rule, field)

static const struct key rule_keys[] = {
	{"domain", "window", parse_time, RULE_AT(window_us), 150 * USEC_PER_MSEC, 60 * USEC_PER_SEC,
	 "a time from 150ms to 60s"},
	{"domain", "exclude", parse_switch, RULE_AT(exclude), 0, 0, "\"yes\" or \"no\""},
	{"domain", "idle_time", parse_time, RULE_AT(idle_us), USEC_PER_SEC, HOURS_US,
	 "a time from 1s to 1h"},
};

void config_free(struct config *c)
{
	free(c->policy.rules);
	c->policy.rules = NULL;
	c->policy.n_rules = 0;
}

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
				.grow_step_kb = 64 * MIB_KB,
				.grow_reserve_kb = 256 * MIB_KB,
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
	struct domain_rule *rule; /* of the section, if it is a domain's */
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
	make_printable(p->err->text); /* what a file holds may be anything */
	return 0;
}

/* The start of what may be long. */
static const char *shown(const char *value, char buf[static 48])
{
	size_t n = strnlen(value, 40);

	(void)snprintf(buf, 48, "%.*s%s", (int)n, value, value[n] ? "..." : "");
	return buf;
}

#define DOMAIN_SECTION "domain"
#define DOMAIN_FORM                                                                                \
	"a domain's section is \"[domain NAME]\" or \"[domain UUID]\", of 1 to 63 printable "      \
	"characters"

static bool is_uuid(const char *s)
{
	if (strlen(s) != 36)
		return false;
	for (size_t i = 0; s[i]; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23
			    ? s[i] != '-'
			    : !strchr("0123456789abcdefABCDEF", s[i]))
			return false;
	return true;
}

static void lower(char *s)
{
	for (; *s; s++)
		if (*s >= 'A' && *s <= 'F')
			*s = (char)(*s - 'A' + 'a');
}

/* The rule for a domain: the one there is, or a new one. */
static struct domain_rule *add_rule(struct policy *p, const char *whom)
{
	struct domain_rule *rules;

	for (size_t i = 0; i < p->n_rules; i++)
		if (strcmp(p->rules[i].whom, whom) == 0)
			return &p->rules[i];
	if (p->n_rules == RULES_MAX)
		return NULL;
	rules = reallocarray(p->rules, p->n_rules + 1, sizeof(*rules));
	if (!rules)
		return NULL;
	p->rules = rules;
	rules += p->n_rules++;
	*rules = (struct domain_rule){0};
	(void)snprintf(rules->whom, sizeof(rules->whom), "%s", whom);
	return rules;
}

/* "domain NAME", as it stands between the brackets. */
static bool enter_domain(struct parser *p, const char *section, size_t len)
{
	size_t skip = strlen(DOMAIN_SECTION);
	char whom[DOMAIN_MAX_CHARS + 1];
	size_t n;

	while (skip < len && section[skip] == ' ')
		skip++;
	n = len - skip;
	if (n == 0 || n > DOMAIN_MAX_CHARS || skip == strlen(DOMAIN_SECTION) ||
	    section[len - 1] == ' ') {
		(void)fail(p, "[domain]: " DOMAIN_FORM);
		return false;
	}
	for (size_t i = skip; i < len; i++) {
		if (section[i] >= ' ' && section[i] <= '~')
			continue;
		(void)fail(p, "[domain]: " DOMAIN_FORM);
		return false;
	}
	(void)snprintf(whom, sizeof(whom), "%.*s", (int)n, section + skip);
	if (is_uuid(whom))
		lower(whom);
	p->rule = add_rule(&p->config->policy, whom);
	if (!p->rule)
		(void)fail(p, "[domain]: there is room for %d sections of domains", RULES_MAX);
	return p->rule != NULL;
}

static bool is_domain(const char *section)
{
	size_t n = strlen(DOMAIN_SECTION);

	return strncmp(section, DOMAIN_SECTION, n) == 0 && (section[n] == ' ' || section[n] == ']');
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
	size_t blank = strspn(line, " \t\v\f\r"); /* what inih skips */
	const char *end = strchr(line, ']');
	char name[64];
	char buf[48];

	if (blank > 0 && !strchr("\n;#", line[blank])) {
		(void)fail(p, "starts with a blank; a line is \"[section]\" or \"key = value\"");
		return false;
	}
	if (*line != '[' || !end)
		return true;
	(void)snprintf(name, sizeof(name), "%.*s", (int)(end - line - 1), line + 1);
	p->rule = NULL;
	if (is_domain(line + 1)) {
		if (!enter_domain(p, line + 1, (size_t)(end - line - 1)))
			return false;
	} else if (!known_section(name)) {
		(void)fail(p,
			   "[%s]: no such section; there are [pressure], [balloon], [reclaim], "
			   "[backoff], [metrics] and [domain NAME]",
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

/* inih cuts a long section's name short: it is not asked for a domain's. */
static int handle_rule(struct parser *p, const char *name, const char *value)
{
	const char *whom = p->rule->whom;
	char a[48];

	for (size_t i = 0; i < ARRAY_SIZE(rule_keys); i++) {
		const struct key *k = &rule_keys[i];

		if (strcmp(k->name, name) != 0)
			continue;
		if (k->parse(k, value, (char *)p->rule + k->offset) == 0)
			return 1;
		return fail(p, "[domain %s] %s: \"%s\" is not %s", whom, name, shown(value, a),
			    k->form);
	}
	return fail(p,
		    "[domain %s] %s: no such key of a domain; there are window, exclude and "
		    "idle_time",
		    whom, shown(name, a));
}

static void note_backoff(struct parser *p, const struct key *k)
{
	bool is_max = k->offset == AT(policy.backoff_max_us);

	if (!is_max && k->offset != AT(policy.backoff_us))
		return;
	p->err->max_is_last = is_max;
	(void)snprintf(p->err->backoff_at, sizeof(p->err->backoff_at), "%.320s:%d: [backoff] %s",
		       p->name, p->line, k->name);
}

static int handle(void *user, const char *section, const char *name, const char *value)
{
	struct parser *p = user;
	char a[48];
	char b[48];

	if (p->rule)
		return handle_rule(p, name, value);
	if (*section == '\0')
		return fail(p, "%s: stands before any [section]", shown(name, a));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct key *k = &keys[i];

		if (strcmp(k->section, section) != 0 || strcmp(k->name, name) != 0)
			continue;
		if (k->parse(k, value, (char *)p->config + k->offset) == 0) {
			note_backoff(p, k);
			return 1;
		}
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

/* In the largest unit in which it is a whole number; of what was read there is one. */
static void print_time(uint64_t us, char *buf, size_t size)
{
	const struct unit *best = time_units;

	for (const struct unit *u = time_units; u->name; u++)
		if (us % u->factor == 0)
			best = u;
	(void)snprintf(buf, size, "%" PRIu64 "%s", us / best->factor, best->name);
}

/* Each of them may be in a file of its own: it is told of the one that was set last. */
static int check_backoff(const struct policy *p, struct config_error *err)
{
	char first[32];
	char max[32];

	if (p->backoff_us <= p->backoff_max_us)
		return 0;
	print_time(p->backoff_us, first, sizeof(first));
	print_time(p->backoff_max_us, max, sizeof(max));
	(void)snprintf(err->text, sizeof(err->text), "%s: is %s than [backoff] %s, which is %s",
		       err->backoff_at, err->max_is_last ? "shorter" : "longer",
		       err->max_is_last ? "first" : "max", err->max_is_last ? first : max);
	make_printable(err->text);
	return -EINVAL;
}

int config_load(int root, const char *path, struct config *c, struct config_error *err)
{
	_cleanup_free_ char *buf = malloc(FILE_MAX_BYTES);
	struct config fresh = config_default();
	int r = buf ? 0 : -ENOMEM;

	*err = (struct config_error){0};
	if (r == 0)
		r = load_file(root, path, buf, &fresh, err);
	if (r == 0)
		r = load_drop_ins(root, path, buf, &fresh, err);
	if (r == 0)
		r = check_backoff(&fresh.policy, err);
	if (r == 0) {
		config_free(c);
		*c = fresh;
		return 0;
	}
	config_free(&fresh);
	if (err->text[0] == '\0')
		(void)snprintf(err->text, sizeof(err->text), "/%s: %s", path, strerror(-r));
	return r;
}
