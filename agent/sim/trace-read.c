// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads traces; see trace.h, which has the form of every line. */
#include "sim/trace.h"

#include "core/names.h"
#include "host/util.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define ARGS_MAX 9

/* More than any host has, and far from where sums overflow. */
#define KB_MAX	 (UINT64_C(1) << 40)
#define TIME_MAX (UINT64_C(1) << 40)

struct args {
	unsigned n;
	char *at[ARGS_MAX];
};

typedef int (*parse_fn)(struct args *a, struct trace_event *e);

static int parse_upto(const char *text, uint64_t most, uint64_t *v)
{
	int r = parse_number(text, v);

	return r < 0 ? r : *v > most ? -ERANGE : 0;
}

static int parse_host(struct args *a, struct trace_event *e)
{
	int m = a->n >= 2 ? name_index(mechanism_names, MECHANISM_COUNT, a->at[0]) : -EINVAL;

	if (m < 0)
		return m;
	e->mechanism = (enum mechanism)m;
	if (a->n == 2 && strcmp(a->at[1], "-") == 0)
		return 0;
	for (unsigned i = 1; i < a->n; i++) {
		int level = level_from_name(a->at[i]);

		if (level < 0)
			return level;
		e->gives_ram[level] = true;
	}
	return 0;
}

static int parse_nothing(struct args *a, struct trace_event *e)
{
	(void)e;
	return a->n == 0 ? 0 : -EINVAL;
}

static int parse_psi(struct args *a, struct trace_event *e)
{
	if (a->n != 2 || parse_number(a->at[0], &e->some_us) < 0)
		return -EINVAL;
	return parse_number(a->at[1], &e->full_us);
}

static int parse_memory(struct args *a, struct trace_event *e)
{
	struct sample *s = &e->sample;
	uint64_t held = 0;
	uint64_t available;

	if (a->n != 4)
		return -EINVAL;
	s->held_known = strcmp(a->at[0], "-") != 0;
	if ((s->held_known && parse_upto(a->at[0], KB_MAX, &held) < 0) ||
	    parse_upto(a->at[1], KB_MAX, &available) < 0)
		return -EINVAL;
	s->held_kb = (int64_t)held;
	s->available_kb = (int64_t)available;
	if (parse_number(a->at[2], &s->pswpin) < 0)
		return -EINVAL;
	return parse_number(a->at[3], &s->pswpout);
}

static int parse_balloon(struct args *a, struct trace_event *e)
{
	if (a->n != 2 || parse_upto(a->at[0], KB_MAX, &e->target_kb) < 0)
		return -EINVAL;
	return parse_upto(a->at[1], KB_MAX, &e->current_kb);
}

static int parse_domid(const char *text, struct trace_event *e)
{
	uint64_t v;

	if (parse_upto(text, UINT16_MAX, &v) < 0)
		return -EINVAL;
	e->vbd.domid = (uint16_t)v;
	return 0;
}

/* Return: the byte, or -EINVAL; 0 would end the name. */
static int parse_byte(const char *at)
{
	char digits[3];
	unsigned long byte;
	char *end;

	(void)snprintf(digits, sizeof(digits), "%.2s", at);
	byte = strtoul(digits, &end, 16);
	return isxdigit((unsigned char)at[0]) && end == digits + 2 && byte > 0 ? (int)byte
									       : -EINVAL;
}

/* %XX is a byte. */
static int parse_name(const char *word, char buf[static DOMAIN_NAME_SIZE])
{
	size_t len = 0;

	for (; *word; word++) {
		int byte = (unsigned char)*word;

		if (byte == '%') {
			byte = parse_byte(word + 1);
			if (byte < 0)
				return byte;
			word += 2;
		}
		if (len + 1 == DOMAIN_NAME_SIZE)
			return -ERANGE;
		buf[len++] = (char)byte;
	}
	buf[len] = '\0';
	return 0;
}

static int parse_domain(struct args *a, struct trace_event *e)
{
	if (a->n != 3 || parse_domid(a->at[0], e) < 0)
		return -EINVAL;
	if (strcmp(a->at[1], "-") != 0 && !is_uuid(a->at[1]))
		return -EINVAL;
	if (a->at[1][0] != '-')
		(void)snprintf(e->uuid, sizeof(e->uuid), "%s", a->at[1]);
	return parse_name(a->at[2], e->name);
}

static int parse_disk_id(struct args *a, struct trace_event *e)
{
	uint64_t devid;

	if (parse_domid(a->at[0], e) < 0 || parse_upto(a->at[1], UINT32_MAX, &devid) < 0)
		return -EINVAL;
	e->vbd.devid = (uint32_t)devid;
	return 0;
}

static int parse_levels(char *text, struct vbd *v)
{
	char *save_ptr = NULL;

	if (strcmp(text, "-") == 0)
		return 0;
	for (char *word = strtok_r(text, ",", &save_ptr); word;
	     word = strtok_r(NULL, ",", &save_ptr)) {
		int level = level_from_name(word);

		if (level < 0)
			return level;
		v->levels = (uint8_t)(v->levels | 1U << level);
	}
	return v->levels ? 0 : -EINVAL;
}

static int parse_disk(struct args *a, struct trace_event *e)
{
	struct vbd *v = &e->vbd;
	uint64_t squeeze_ms;
	uint64_t idle_ms = 0;
	uint64_t rate;

	if (a->n != 9 || parse_disk_id(a, e) < 0 || parse_levels(a->at[2], v) < 0 ||
	    parse_upto(a->at[3], WINDOW_MAX_MS, &squeeze_ms) < 0)
		return -EINVAL;
	v->shows = strcmp(a->at[4], "-") != 0;
	if (v->shows && parse_upto(a->at[4], TIME_MAX, &idle_ms) < 0)
		return -EINVAL;
	for (int l = 0; l < LEVEL_COUNT; l++) {
		if (strcmp(a->at[5 + l], "-") == 0)
			continue;
		if (parse_upto(a->at[5 + l], KB_MAX, &v->held_kb[l]) < 0)
			return -EINVAL;
		v->seen |= 1U << l;
	}
	if (parse_upto(a->at[8], UINT32_MAX, &rate) < 0)
		return -EINVAL;
	v->squeeze_ms = (uint32_t)squeeze_ms;
	v->idle_us = idle_ms * USEC_PER_MSEC;
	v->rate = (uint32_t)rate;
	return 0;
}

static int parse_gone(struct args *a, struct trace_event *e)
{
	return a->n == 2 ? parse_disk_id(a, e) : -EINVAL;
}

/* The mailbox's own parser knows what is right. */
static int parse_request(struct args *a, struct trace_event *e)
{
	char text[MAILBOX_MAX_CHARS + 1];
	uint64_t id;

	if (a->n != 3 || (size_t)snprintf(text, sizeof(text), "1 %s %s %s", a->at[0], a->at[1],
					  a->at[2]) >= sizeof(text))
		return -EINVAL;
	return request_parse(text, strlen(text), &e->request, &id);
}

static int parse_action(struct args *a, struct trace_event *e)
{
	int cause = a->n == 3 ? name_index(cause_names, CAUSE_COUNT, a->at[0]) : -EINVAL;
	int level = cause < 0 ? -EINVAL : level_from_name(a->at[1]);
	int scope = level < 0 ? -EINVAL : name_index(scope_names, SCOPE_COUNT, a->at[2]);

	if (scope < 0)
		return scope;
	e->cause = (enum cause)cause;
	e->level = (enum level)level;
	e->scope = (enum scope)scope;
	return 0;
}

static int parse_kb(struct args *a, struct trace_event *e)
{
	return a->n == 1 ? parse_upto(a->at[0], KB_MAX, &e->kb) : -EINVAL;
}

static int parse_io(struct args *a, struct trace_event *e)
{
	uint64_t rate;

	if (a->n != 3 || parse_disk_id(a, e) < 0 || parse_upto(a->at[2], UINT32_MAX, &rate) < 0)
		return -EINVAL;
	e->vbd.rate = (uint32_t)rate;
	return 0;
}

static int parse_static(struct args *a, struct trace_event *e)
{
	uint64_t s;

	if (a->n != 1 || parse_upto(a->at[0], UINT16_MAX, &s) < 0 || s == 0)
		return -EINVAL;
	e->unused_s = (uint32_t)s;
	return 0;
}

static const struct {
	parse_fn parse;
	const char *form;
} forms[TRACE_WORDS] = {
	[TRACE_HOST] = {parse_host, "host MECHANISM LEVEL...|-"},
	[TRACE_SOFT] = {parse_nothing, "soft"},
	[TRACE_HARD] = {parse_nothing, "hard"},
	[TRACE_PSI] = {parse_psi, "psi SOME_US FULL_US"},
	[TRACE_MEMORY] = {parse_memory, "memory HELD_KB|- AVAILABLE_KB PSWPIN PSWPOUT"},
	[TRACE_BALLOON] = {parse_balloon, "balloon TARGET_KB CURRENT_KB"},
	[TRACE_DOMAIN] = {parse_domain, "domain DOMID UUID|- NAME"},
	[TRACE_DISK] = {parse_disk, "disk DOMID DEVID LEVEL,...|- SQUEEZE_MS IDLE_MS|- "
				    "POOL_KB|- GRANTS_KB|- SLOTS_KB|- RATE"},
	[TRACE_GONE] = {parse_gone, "gone DOMID DEVID"},
	[TRACE_REQUEST] = {parse_request, "request LEVEL[,LEVEL...]|all MS|- DOMID|*[/DEVID]"},
	[TRACE_ACTION] = {parse_action, "action CAUSE LEVEL SCOPE"},
	[TRACE_END] = {parse_nothing, "end"},
	[TRACE_RAM] = {parse_kb, "ram KB"},
	[TRACE_LOAD] = {parse_kb, "load KB"},
	[TRACE_IO] = {parse_io, "io DOMID DEVID RATE"},
	[TRACE_FREE] = {parse_kb, "free KB"},
	[TRACE_STATIC] = {parse_static, "static SECONDS"},
};

__attribute__((format(printf, 2, 3))) static int fail(struct trace *t, const char *fmt, ...)
{
	int n = snprintf(t->error, sizeof(t->error), "%.100s:%u: ", t->name, t->line);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(t->error + n, sizeof(t->error) - (size_t)n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* Return: 1; 0 at the end; or an error. The line is without its end. */
static int read_line(struct trace *t, char buf[static TRACE_LINE_MAX + 2])
{
	size_t n;

	if (!fgets(buf, TRACE_LINE_MAX + 2, t->file)) {
		if (!ferror(t->file))
			return 0;
		(void)fail(t, "cannot be read");
		return -EIO;
	}
	t->line++;
	n = strlen(buf);
	if (n > 0 && buf[n - 1] == '\n')
		buf[--n] = '\0';
	else if (n > TRACE_LINE_MAX || !feof(t->file))
		return fail(t, "longer than %d characters, or no text", TRACE_LINE_MAX);
	for (size_t i = 0; i < n; i++)
		if (buf[i] < ' ' || buf[i] > '~')
			return fail(t, "holds what is no printable character");
	return 1;
}

int trace_begin(struct trace *t, FILE *file, const char *name)
{
	char buf[TRACE_LINE_MAX + 2] = "";
	int r;

	*t = (struct trace){.file = file, .name = name};
	r = read_line(t, buf);
	if (r < 0)
		return r;
	if (strcmp(buf, TRACE_HEAD " simulated") == 0)
		t->simulated = true;
	else if (r == 0 || strcmp(buf, TRACE_HEAD " recorded") != 0)
		return fail(t, "the first line is not \"" TRACE_HEAD " recorded\" nor \"" TRACE_HEAD
			       " simulated\"");
	return 0;
}

/* Strict: one space between words. Return: false for two, or one at an end. */
static bool split(char *text, struct args *a)
{
	a->n = 0;
	for (char *word = text; word;) {
		char *space = strchr(word, ' ');

		if (space)
			*space++ = '\0';
		if (*word == '\0' || a->n == ARGS_MAX)
			return false;
		a->at[a->n++] = word;
		word = space;
	}
	return true;
}

static int parse_event(struct trace *t, char *text, struct trace_event *e)
{
	char *word = strchr(text, ' ');
	char *rest = word ? strchr(word + 1, ' ') : NULL;
	struct args args = {0};
	uint64_t ms;
	int w;

	if (word)
		*word++ = '\0';
	if (rest)
		*rest++ = '\0';
	if (!word || parse_upto(text, TIME_MAX, &ms) < 0)
		return fail(t, "is not \"MILLISECONDS WORD ...\"");
	w = name_index(trace_words, TRACE_WORDS, word);
	if (w < 0)
		return fail(t, "\"%.32s\" is no word of a trace", word);
	if (w >= TRACE_RAM && !t->simulated)
		return fail(t, "\"%s\" stands in simulated traces alone", word);
	*e = (struct trace_event){.time_us = ms * USEC_PER_MSEC, .word = (enum trace_word)w};
	if (e->time_us < t->last_us)
		return fail(t, "goes back in time");
	if ((rest && !split(rest, &args)) || forms[w].parse(&args, e) < 0)
		return fail(t, "is not \"MILLISECONDS %s\"", forms[w].form);
	t->last_us = e->time_us;
	return 1;
}

int trace_next(struct trace *t, struct trace_event *e)
{
	char buf[TRACE_LINE_MAX + 2];
	int r;

	do
		r = read_line(t, buf);
	while (r > 0 && (buf[0] == '\0' || buf[0] == '#'));
	return r <= 0 ? r : parse_event(t, buf, e);
}
