// SPDX-License-Identifier: GPL-2.0-or-later
/* Every key of the configuration: its unit, bounds and default; see config-keys.h. */
#include "host/config-keys.h"

#include "core/names.h"
#include "host/util.h"

#include <inttypes.h>
#include <string.h>

#define MINUTES_US (60 * USEC_PER_SEC)
#define HOURS_US   (60 * MINUTES_US)
#define MIB_KB	   UINT64_C(1024)
#define GIB_KB	   (1024 * MIB_KB)

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
#define AT(field) CONFIG_AT(field)

const struct key config_keys[] = {
	{"pressure", "some", parse_threshold, AT(some), 0, 0, "50ms in 1s", THRESHOLD_FORM},
	{"pressure", "full", parse_threshold, AT(full), 0, 0, "50ms in 1s", THRESHOLD_FORM},
	{"pressure", "available", parse_limit, AT(available_kb), MIB_KB, 1024 * GIB_KB, "off",
	 "a size from 1MiB to 1024GiB, or \"off\""},
	{"pressure", "swap_free", parse_limit, AT(swap_free_kb), MIB_KB, 1024 * GIB_KB, "off",
	 "a size from 1MiB to 1024GiB, or \"off\""},
	{"balloon", "follow", parse_switch, AT(policy.follow_balloon), 0, 0, "yes",
	 "\"yes\" or \"no\""},
	{"balloon", "grow_dom0", parse_limit, AT(policy.grow_limit_kb), 64 * MIB_KB, 1024 * GIB_KB,
	 "off", "a size from 64MiB to 1024GiB, or \"off\""},
	{"balloon", "grow_step", parse_size, AT(policy.grow_step_kb), 4 * MIB_KB, GIB_KB, "64MiB",
	 "a size from 4MiB to 1GiB"},
	{"balloon", "reserve", parse_size, AT(policy.grow_reserve_kb), 0, 1024 * GIB_KB, "256MiB",
	 "a size from 0kB to 1024GiB"},
	{"reclaim", "aging", parse_switch, AT(policy.aging), 0, 0, "yes", "\"yes\" or \"no\""},
	{"reclaim", "max_level", parse_level, AT(policy.max_level), 0, 0, "slots",
	 "\"pool\", \"grants\" or \"slots\""},
	/* an idle ring looks up every 100 ms: less would miss it */
	{"reclaim", "window", parse_time, AT(policy.window_us), 150 * USEC_PER_MSEC,
	 60 * USEC_PER_SEC, "150ms", "a time from 150ms to 60s"},
	{"reclaim", "idle_time", parse_time, AT(policy.idle_us), USEC_PER_SEC, HOURS_US, "5s",
	 "a time from 1s to 1h"},
	{"reclaim", "min_interval", parse_time, AT(policy.min_interval_us), 250 * USEC_PER_MSEC,
	 10 * MINUTES_US, "250ms", "a time from 250ms to 10min"},
	{"reclaim", "min_gain", parse_size, AT(policy.min_gain_kb), 4, UINT64_C(1024) * 1024,
	 "1MiB", "a size from 4kB to 1024MiB"},
	{"backoff", "retry", parse_time, AT(policy.retry_us), 500 * USEC_PER_MSEC, MINUTES_US, "2s",
	 "a time from 500ms to 1min"},
	{"backoff", "regrowth", parse_time, AT(policy.regrowth_us), USEC_PER_SEC, 10 * MINUTES_US,
	 "5s", "a time from 1s to 10min"},
	{"backoff", "after", parse_count, AT(policy.backoff_after), 1, 100, "3",
	 "a count from 1 to 100"},
	{"backoff", "first", parse_time, AT(policy.backoff_us), USEC_PER_SEC, HOURS_US, "30s",
	 "a time from 1s to 1h"},
	{"backoff", "max", parse_time, AT(policy.backoff_max_us), USEC_PER_SEC, 24 * HOURS_US,
	 "5min", "a time from 1s to 24h"},
	{"metrics", "file", parse_metrics, AT(metrics_file), 0, 0, "off",
	 "a path of at most 128 characters from / to .prom, or \"off\""},
};

const size_t config_n_keys = ARRAY_SIZE(config_keys);

/* The same for one domain: where its value goes in struct domain_rule. */
#define RULE_AT(field) offsetof(struct domain_rule, field)

const struct key config_rule_keys[] = {
	{"domain", "window", parse_time, RULE_AT(window_us), 150 * USEC_PER_MSEC, 60 * USEC_PER_SEC,
	 NULL, "a time from 150ms to 60s"},
	{"domain", "exclude", parse_switch, RULE_AT(exclude), 0, 0, NULL, "\"yes\" or \"no\""},
	{"domain", "idle_time", parse_time, RULE_AT(idle_us), USEC_PER_SEC, HOURS_US, NULL,
	 "a time from 1s to 1h"},
};

const size_t config_n_rule_keys = ARRAY_SIZE(config_rule_keys);

struct config config_default(void)
{
	struct config c = {0};

	for (size_t i = 0; i < config_n_keys; i++) {
		const struct key *k = &config_keys[i];

		(void)k->parse(k, k->standard, (char *)&c + k->offset);
	}
	return c;
}

/* In the largest unit in which it is a whole number; of what was read there is one. */
void config_print_time(uint64_t us, char *buf, size_t size)
{
	const struct unit *best = time_units;

	for (const struct unit *u = time_units; u->name; u++)
		if (us % u->factor == 0)
			best = u;
	(void)snprintf(buf, size, "%" PRIu64 "%s", us / best->factor, best->name);
}
