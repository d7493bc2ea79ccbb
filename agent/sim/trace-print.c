// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes traces; see trace.h, which has the form of every line. */
#include "sim/trace.h"

#include "core/names.h"
#include "host/util.h"

#include <inttypes.h>
#include <string.h>

const char *const trace_words[TRACE_WORDS] = {
	"host",	   "soft",   "hard", "psi", "memory", "balloon", "domain", "disk",  "gone",
	"request", "action", "end",  "ram", "load",   "io",	 "free",   "static"};

static void print_disk(FILE *file, const struct vbd *v)
{
	char names[LEVELS_MAX_CHARS + 1] = "-";

	if (v->levels)
		levels_print(v->levels, ',', names);
	(void)fprintf(file, " %u %" PRIu32 " %s %" PRIu32, v->domid, v->devid, names,
		      v->squeeze_ms);
	if (v->shows)
		(void)fprintf(file, " %" PRIu64, v->idle_us / USEC_PER_MSEC);
	else
		(void)fputs(" -", file);
	for (int l = 0; l < LEVEL_COUNT; l++) {
		if (v->seen >> l & 1)
			(void)fprintf(file, " %" PRIu64, v->held_kb[l]);
		else
			(void)fputs(" -", file);
	}
	(void)fprintf(file, " %" PRIu32, v->rate);
}

static void print_host(FILE *file, const struct trace_event *e)
{
	bool any = false;

	(void)fprintf(file, " %s", mechanism_names[e->mechanism]);
	for (int l = 0; l < LEVEL_COUNT; l++) {
		if (!e->gives_ram[l])
			continue;
		(void)fprintf(file, " %s", levels[l].name);
		any = true;
	}
	if (!any)
		(void)fputs(" -", file);
}

static void print_memory(FILE *file, const struct sample *s)
{
	if (s->held_known)
		(void)fprintf(file, " %" PRId64, s->held_kb > 0 ? s->held_kb : 0);
	else
		(void)fputs(" -", file);
	(void)fprintf(file, " %" PRId64 " %" PRIu64 " %" PRIu64, s->available_kb, s->pswpin,
		      s->pswpout);
}

static void print_request(FILE *file, const struct request *r)
{
	char text[MAILBOX_MAX_CHARS + 1];
	struct request wish = *r;
	const char *at = text;

	wish.id = 1;
	if (request_print(&wish, text, sizeof(text)) == 0)
		at += strlen("1");
	(void)fputs(at, file);
}

/* One word of ASCII: any other byte as %XX. */
static void print_name(FILE *file, const char *name)
{
	for (; *name; name++)
		if (*name > ' ' && *name <= '~' && *name != '%')
			(void)fputc(*name, file);
		else
			(void)fprintf(file, "%%%02X", (unsigned char)*name);
}

void trace_print(FILE *file, const struct trace_event *e)
{
	(void)fprintf(file, "%" PRIu64 " %s", e->time_us / USEC_PER_MSEC, trace_words[e->word]);
	switch (e->word) {
	case TRACE_HOST:
		print_host(file, e);
		break;
	case TRACE_PSI:
		(void)fprintf(file, " %" PRIu64 " %" PRIu64, e->some_us, e->full_us);
		break;
	case TRACE_MEMORY:
		print_memory(file, &e->sample);
		break;
	case TRACE_BALLOON:
		(void)fprintf(file, " %" PRIu64 " %" PRIu64, e->target_kb, e->current_kb);
		break;
	case TRACE_DOMAIN:
		(void)fprintf(file, " %u %s ", e->vbd.domid, e->uuid[0] ? e->uuid : "-");
		print_name(file, e->name);
		break;
	case TRACE_DISK:
		print_disk(file, &e->vbd);
		break;
	case TRACE_GONE:
		(void)fprintf(file, " %u %" PRIu32, e->vbd.domid, e->vbd.devid);
		break;
	case TRACE_IO:
		(void)fprintf(file, " %u %" PRIu32 " %" PRIu32, e->vbd.domid, e->vbd.devid,
			      e->vbd.rate);
		break;
	case TRACE_REQUEST:
		print_request(file, &e->request);
		break;
	case TRACE_ACTION:
		(void)fprintf(file, " %s %s %s", cause_names[e->cause], levels[e->level].name,
			      scope_names[e->scope]);
		break;
	case TRACE_RAM:
	case TRACE_LOAD:
	case TRACE_FREE:
		(void)fprintf(file, " %" PRIu64, e->kb);
		break;
	case TRACE_STATIC:
		(void)fprintf(file, " %" PRIu32, e->unused_s);
		break;
	case TRACE_SOFT:
	case TRACE_HARD:
	case TRACE_END:
	case TRACE_WORDS:
		break;
	}
	(void)fputc('\n', file);
}
