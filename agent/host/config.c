// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the configuration, as config.h promises it: a wrong line is named, and nothing is lost. */
#include "host/config.h"

#include "host/config-keys.h"
#include "host/domains.h"
#include "host/util.h"

#include <dirent.h>
#include <fcntl.h>
#include <ini.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

/* inih takes lines up to this; a longer one would be cut in two silently. */
#define LINE_MAX_CHARS 199

/* More would be a generated file gone wrong; and struct vbd has 16 bits for a rule. */
#define RULES_MAX 4096

void config_free(struct config *c)
{
	free(c->policy.rules);
	c->policy.rules = NULL;
	c->policy.n_rules = 0;
}

/* Where what is read goes. @note may be NULL. */
struct sink {
	struct config *config;
	struct config_error *err;
	void (*note)(void *user, const struct config_setting *s);
	void *user;
};

/* One text on its way through inih. @rule: of the section, if it is a domain's. */
struct parser {
	const char *text;
	size_t left;
	const char *name;
	int line;
	const struct sink *to;
	struct domain_rule *rule;
	int result;
};

__attribute__((format(printf, 2, 3))) static int fail(struct parser *p, const char *fmt, ...)
{
	int n;
	va_list ap;

	if (p->result < 0) /* the first one is the one to say */
		return 0;
	p->result = -EINVAL;
	n = snprintf(p->to->err->text, sizeof(p->to->err->text), "%s:%d: ", p->name, p->line);
	if (n < 0 || (size_t)n >= sizeof(p->to->err->text))
		return 0;
	va_start(ap, fmt);
	(void)vsnprintf(p->to->err->text + n, sizeof(p->to->err->text) - (size_t)n, fmt, ap);
	va_end(ap);
	make_text(p->to->err->text); /* what a file holds may be anything */
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
	"a domain's section is \"[domain NAME]\" or \"[domain UUID]\", of up to 63 bytes of "      \
	"printable "                                                                               \
	"characters"

/* As other files have names and UUIDs: no domain would match. */
static bool is_wrapped(const char *s, size_t n)
{
	static const char *const pairs[] = {"\"\"", "''", "{}"};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (n > 2 && s[0] == pairs[i][0] && s[n - 1] == pairs[i][1])
			return true;
	return false;
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
	char text[DOMAIN_MAX_CHARS + 1];
	size_t n;

	while (skip < len && section[skip] == ' ')
		skip++;
	n = len - skip;
	if (n == 0 || n > DOMAIN_MAX_CHARS || skip == strlen(DOMAIN_SECTION) ||
	    section[len - 1] == ' ') {
		(void)fail(p, "[domain]: " DOMAIN_FORM);
		return false;
	}
	(void)snprintf(whom, sizeof(whom), "%.*s", (int)n, section + skip);
	memcpy(text, whom, sizeof(text));
	make_text(text);
	if (strcmp(text, whom) != 0) {
		(void)fail(p, "[domain]: " DOMAIN_FORM);
		return false;
	}
	if (is_wrapped(whom, n)) {
		(void)fail(p, "[domain]: without quotes or braces, as in [domain %.*s]", (int)n - 2,
			   whom + 1);
		return false;
	}
	if (is_uuid(whom))
		lower(whom);
	p->rule = add_rule(&p->to->config->policy, whom);
	if (!p->rule && p->to->config->policy.n_rules < RULES_MAX)
		p->result = -ENOMEM;
	else if (!p->rule)
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
	for (size_t i = 0; i < config_n_keys; i++)
		if (strcmp(config_keys[i].section, section) == 0)
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

static int taken(struct parser *p, const char *section, const char *key, const char *value)
{
	const struct config_setting s = {section, key, value, p->name, p->line};

	if (p->to->note)
		p->to->note(p->to->user, &s);
	return 1;
}

/* inih cuts a long section's name short: it is not asked for a domain's. */
static int handle_rule(struct parser *p, const char *name, const char *value)
{
	const char *whom = p->rule->whom;
	char section[DOMAIN_MAX_CHARS + sizeof(DOMAIN_SECTION " ")];
	char a[48];

	for (size_t i = 0; i < config_n_rule_keys; i++) {
		const struct key *k = &config_rule_keys[i];

		if (strcmp(k->name, name) != 0)
			continue;
		(void)snprintf(section, sizeof(section), DOMAIN_SECTION " %s", whom);
		if (k->parse(k, value, (char *)p->rule + k->offset) == 0)
			return taken(p, section, name, value);
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
	bool is_max = k->offset == CONFIG_AT(policy.backoff_max_us);

	if (!is_max && k->offset != CONFIG_AT(policy.backoff_us))
		return;
	p->to->err->max_is_last = is_max;
	(void)snprintf(p->to->err->backoff_at, sizeof(p->to->err->backoff_at),
		       "%.320s:%d: [backoff] %s", p->name, p->line, k->name);
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
	for (size_t i = 0; i < config_n_keys; i++) {
		const struct key *k = &config_keys[i];

		if (strcmp(k->section, section) != 0 || strcmp(k->name, name) != 0)
			continue;
		if (k->parse(k, value, (char *)p->to->config + k->offset) == 0) {
			note_backoff(p, k);
			return taken(p, section, name, value);
		}
		return fail(p, "[%s] %s: \"%s\" is not %s", section, name, shown(value, a),
			    k->form);
	}
	return fail(p, "[%s] %s: no such key in this section; the shipped file lists them all",
		    section, shown(name, b));
}

static int parse(const char *text, size_t len, const char *name, const struct sink *to)
{
	struct parser p = {.text = text, .left = len, .name = name, .to = to};
	int line = ini_parse_stream(next_line, &p, handle, &p);

	if (p.result == 0 && line > 0) {
		p.line = line;
		(void)fail(&p, "neither \"[section]\" nor \"key = value\" nor a comment");
	} else if (p.result == 0 && line < 0) {
		return -ENOMEM;
	}
	return p.result;
}

int config_parse(const char *text, size_t len, const char *name, struct config *c,
		 struct config_error *err)
{
	const struct sink to = {.config = c, .err = err};

	return parse(text, len, name, &to);
}

static int cannot_read(const char *path, int error, struct config_error *err)
{
	const char *why = strerror(-error);

	if (error == -E2BIG)
		why = "it is longer than 64 KiB";
	else if (error == -EINVAL)
		why = "it is no regular file";
	else if (error == -ENOENT)
		why = "it is a link to nothing";
	(void)snprintf(err->text, sizeof(err->text), "/%.400s: cannot be read: %s", path, why);
	make_text(err->text);
	return error == -E2BIG || error == -ENOENT ? -EINVAL : error;
}

/* One that would have to be waited for is never opened. Return: 1; 0 if there is none. */
static int find_file(int root, const char *path)
{
	struct stat st;

	if (fstatat(root, path, &st, 0) == 0)
		return S_ISREG(st.st_mode) ? 1 : -EINVAL;
	if (errno != ENOENT)
		return -errno;
	return fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) == 0 ? -ENOENT : 0;
}

static int load_file(int root, const char *path, char *buf, const struct sink *to)
{
	ssize_t n = find_file(root, path);
	char name[PATH_MAX];

	if (n > 0)
		n = read_text(root, path, buf, CONFIG_MAX_BYTES);
	else if (n == 0)
		return 0;
	if (n < 0)
		return cannot_read(path, (int)n, to->err);
	(void)snprintf(name, sizeof(name), "/%s", path);
	return parse(buf, (size_t)n, name, to);
}

static int is_conf(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 5 && strcmp(d->d_name + n - 5, ".conf") == 0;
}

static int load_drop_ins(int root, const char *path, char *buf, const struct sink *to)
{
	char dir[PATH_MAX];
	char file[2UL * PATH_MAX];
	struct dirent **names = NULL;
	int r = 0;
	int n;

	(void)snprintf(dir, sizeof(dir), "%s.d", path);
	n = scandirat(root, dir, &names, is_conf, alphasort);
	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0)
		return cannot_read(dir, -errno, to->err);
	for (int i = 0; i < n; i++) {
		(void)snprintf(file, sizeof(file), "%s/%s", dir, names[i]->d_name);
		if (r == 0)
			r = load_file(root, file, buf, to);
		free(names[i]);
	}
	free(names);
	return r;
}

/* Each of them may be in a file of its own: it is told of the one that was set last. */
static int check_backoff(const struct policy *p, struct config_error *err)
{
	char first[32];
	char max[32];

	if (p->backoff_us <= p->backoff_max_us)
		return 0;
	config_print_time(p->backoff_us, first, sizeof(first));
	config_print_time(p->backoff_max_us, max, sizeof(max));
	(void)snprintf(err->text, sizeof(err->text), "%s: is %s than [backoff] %s, which is %s",
		       err->backoff_at, err->max_is_last ? "shorter" : "longer",
		       err->max_is_last ? "first" : "max", err->max_is_last ? first : max);
	make_text(err->text);
	return -EINVAL;
}

static int load_all(int root, const char *path, char *buf, const struct sink *to)
{
	int r = load_file(root, path, buf, to);

	if (r == 0)
		r = load_drop_ins(root, path, buf, to);
	return r < 0 ? r : check_backoff(&to->config->policy, to->err);
}

int config_load_each(int root, const char *path, struct config *c, struct config_error *err,
		     void (*note)(void *user, const struct config_setting *s), void *user)
{
	char *buf = malloc(CONFIG_MAX_BYTES);
	struct config fresh = config_default();
	const struct sink to = {.config = &fresh, .err = err, .note = note, .user = user};
	int r;

	*err = (struct config_error){0};
	r = buf ? load_all(root, path, buf, &to) : -ENOMEM;
	free(buf);
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

int config_load(int root, const char *path, struct config *c, struct config_error *err)
{
	return config_load_each(root, path, c, err, NULL, NULL);
}
