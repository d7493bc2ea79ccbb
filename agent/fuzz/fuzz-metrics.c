// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: the text of metrics. Whatever domains are called and hold, every line is of
 * Prometheus' form, belongs to a family that was announced, and the domains' sums are kept. Knows
 * no file.
 */
#include "core/names.h"
#include "daemon/metrics.h"
#include "fuzz/fuzz.h"

#include <ctype.h>

#define VBDS_MAX 64

static char text[METRICS_MAX_BYTES];

static const char *skip_name(const char *at)
{
	check(isalpha((unsigned char)*at) || *at == '_');
	while (isalnum((unsigned char)*at) || *at == '_')
		at++;
	return at;
}

/* In quotes: no control character, and a quote or a backslash only after a backslash. */
static const char *skip_value(const char *at)
{
	check(*at++ == '"');
	for (; *at != '"'; at++) {
		check((unsigned char)*at >= ' ');
		if (*at == '\\')
			check(*++at == '\\' || *at == '"' || *at == 'n');
	}
	return at + 1;
}

static const char *skip_labels(const char *at)
{
	if (*at != '{')
		return at;
	do {
		at = skip_name(at + 1);
		check(*at == '=');
		at = skip_value(at + 1);
	} while (*at == ',');
	check(*at == '}');
	return at + 1;
}

/* Return: the next line. */
static const char *check_line(const char *line, char family[static 64])
{
	const char *end = strchr(line, '\n');
	const char *at;
	char *rest;

	check(end != NULL);
	if (strncmp(line, "# HELP ", 7) == 0) {
		at = skip_name(line + 7);
		check(*at == ' ' && at - line - 7 < 64);
		(void)snprintf(family, 64, "%.*s", (int)(at - line - 7), line + 7);
		check_printable(line, (size_t)(end - line), "");
		return end + 1;
	}
	if (strncmp(line, "# TYPE ", 7) == 0) {
		at = skip_name(line + 7);
		check(strncmp(line + 7, family, (size_t)(at - line - 7)) == 0);
		check(strncmp(at, " gauge\n", 7) == 0 || strncmp(at, " counter\n", 9) == 0);
		return end + 1;
	}
	at = skip_name(line);
	check(strlen(family) == (size_t)(at - line) && strncmp(line, family, strlen(family)) == 0);
	at = skip_labels(at);
	check(*at++ == ' ');
	(void)strtod(at, &rest);
	check(rest == end && rest > at);
	return end + 1;
}

static void check_text(int len)
{
	char family[64] = "";

	check(len > 0 && (size_t)len == strlen(text));
	for (const char *line = text; *line;)
		line = check_line(line, family);
}

static void check_sums(const struct vbd *vbds, size_t n, const struct metrics_domains *d)
{
	check(d->n <= METRICS_DOMAINS_MAX && (d->others == 0 || d->n == METRICS_DOMAINS_MAX));
	for (int l = 0; l < LEVEL_COUNT; l++) {
		uint64_t want = 0;
		uint64_t is = d->others_kb[l];

		for (size_t i = 0; i < n; i++)
			want += vbds[i].shows ? vbds[i].held_kb[l] : 0;
		for (size_t i = 0; i < d->n; i++)
			is += d->domain[i].held_kb[l];
		check(is == want);
	}
}

/* In order, as the inventory has them; each figure of the size that the inventory lets pass. */
static size_t put_vbds(struct input *in, struct vbd *vbds)
{
	size_t n = 0;
	uint16_t domid = 0;

	while (n < VBDS_MAX && in->left >= 8) {
		uint64_t v = next_number(in);

		domid = (uint16_t)(domid + v % 3);
		vbds[n] = (struct vbd){.domid = domid, .devid = (uint32_t)n, .shows = v % 5 > 0};
		for (int l = 0; l < LEVEL_COUNT; l++)
			vbds[n].held_kb[l] = (v >> 8 * l & 0xffffffff) * 4;
		n++;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct report r;
	struct metrics m = {.report = &r};
	struct vbd vbds[VBDS_MAX];
	struct input in = {data, size};
	char names[4][64];
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)next_field(&in, names[i], sizeof(names[i]));
	r.mechanism = mechanism_names[size % MECHANISM_COUNT];
	for (int l = 0; l < LEVEL_COUNT; l++)
		r.diagnosis.gives_ram[l] = (enum answer)((size >> l) % ANSWER_COUNT);
	m.balloon_known = size % 2;
	m.psi_known = size % 3;
	m.psi.us[PSI_SOME] = next_number(&in);
	m.held_kb = (int64_t)(next_number(&in) >> 20) - (INT64_C(1) << 40);
	n = put_vbds(&in, vbds);
	metrics_domains(vbds, n, &m.domains);
	check_sums(vbds, n, &m.domains);
	for (size_t i = 0; i < m.domains.n; i++)
		memcpy(m.domains.domain[i].name, names[i % ARRAY_SIZE(names)], sizeof(names[0]));
	check_text(metrics_render(&m, text, sizeof(text)));
	return 0;
}
