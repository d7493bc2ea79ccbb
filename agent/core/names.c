// SPDX-License-Identifier: GPL-2.0-or-later
/* The words of names.h. No I/O. */
#include "core/names.h"

#include "core/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct level_name levels[LEVEL_COUNT] = {
	[LEVEL_POOL] = {"pool", "pool_kb", "pool_pages", 4},
	[LEVEL_GRANTS] = {"grants", "grants_kb", "persistent_pages", 4},
	[LEVEL_SLOTS] = {"slots", "slot_kb", "slot_kb", 1},
};

const char *const scope_names[SCOPE_COUNT] = {"idle", "all"};
const char *const cause_names[CAUSE_COUNT] = {"soft-pressure", "hard-pressure", "balloon",
					      "request"};
const char *const verdict_names[VERDICT_COUNT] = {"open",   "helped",	  "no-gain", "regrown",
						  "failed", "superseded", "unclear"};
const char *const event_names[EVENT_COUNT] = {
	"soft-pressure", "hard-pressure", "balloon", "request", "done", "failed", "timer"};
const char *const mechanism_names[MECHANISM_COUNT] = {"none", "params", "module", "native"};

const char *const reason_names[REASON_COUNT] = {
	[REASON_NONE] = "none",
	[REASON_PAUSED] = "paused",
	[REASON_NO_RAM] = "no-ram",
	[REASON_NO_ROOM] = "no-room",
	[REASON_RUNNING] = "running",
	[REASON_INTERVAL] = "min-interval",
	[REASON_ECHO] = "echo",
	[REASON_NO_STEP] = "no-step",
	[REASON_UNAVAILABLE] = "unavailable",
	[REASON_TOO_LITTLE] = "too-little",
	[REASON_AGED] = "aged",
	[REASON_IN_USE] = "in-use",
	[REASON_JUST_FAILED] = "just-failed",
	[REASON_SUSPENDED] = "suspended",
	[REASON_JUST_TAKEN] = "just-taken",
	[REASON_FIRST_ENOUGH] = "first-enough",
};

const char *const aging_names[AGING_COUNT] = {
	[AGING_OFF] = "off",	       [AGING_PAUSED] = "paused",	[AGING_NO_DISK] = "no-disk",
	[AGING_NO_RAM] = "no-ram",     [AGING_EXCLUDED] = "excluded",	[AGING_PLENTY] = "plenty",
	[AGING_WATCHING] = "watching", [AGING_RETURNING] = "returning", [AGING_RESTING] = "idle",
};

int level_from_name(const char *name)
{
	for (int i = 0; i < LEVEL_COUNT; i++)
		if (strcmp(name, levels[i].name) == 0)
			return i;
	return -EINVAL;
}

static size_t name_len(const char *text)
{
	return strcspn(text, ",");
}

static bool is_level(const char *text, int l)
{
	return strlen(levels[l].name) == name_len(text) &&
	       strncmp(text, levels[l].name, name_len(text)) == 0;
}

int levels_parse(const char *text, unsigned *set)
{
	*set = 0;
	for (;;) {
		int l = 0;

		while (l < LEVEL_COUNT && !is_level(text, l))
			l++;
		if (l == LEVEL_COUNT || *set & 1U << l)
			return -EINVAL;
		*set |= 1U << l;
		text += name_len(text);
		if (*text++ == '\0')
			return 0;
	}
}

void levels_print(unsigned set, char by, char text[LEVELS_MAX_CHARS + 1])
{
	size_t n = 0;

	text[0] = '\0';
	for (int l = 0; l < LEVEL_COUNT; l++) {
		if (!(set & 1U << l))
			continue;
		if (n)
			text[n++] = by;
		n += (size_t)snprintf(text + n, LEVELS_MAX_CHARS + 1 - n, "%s", levels[l].name);
	}
}

int name_index(const char *const *names, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], word) == 0)
			return (int)i;
	return -EINVAL;
}

void backoff_print(const struct policy *p, const struct action *a, uint64_t backoff_us, char *buf,
		   size_t size)
{
	static const char *const why[VERDICT_COUNT] = {
		[VERDICT_NO_GAIN] = "there was nothing to give back",
		[VERDICT_REGROWN] = "the disks are busy and took it again",
		[VERDICT_FAILED] = "the kernel refused",
	};

	(void)snprintf(
		buf, size,
		"%s of %s disks gave nothing lasting %u times in a row%s (%s): suspended for "
		"%" PRIu64 " s, doubling up to %" PRIu64 " s",
		levels[a->level].name, scope_names[a->scope], p->backoff_after,
		a->cause == CAUSE_BALLOON ? " for a target that fell" : "",
		why[a->verdict] ? why[a->verdict] : verdict_names[a->verdict],
		backoff_us / USEC_PER_SEC, p->backoff_max_us / USEC_PER_SEC);
}
