// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines of xen-reclaim watch, for people, programs and replay; see watch.h. Scans nothing. */
#include "cli/watch.h"

#include "cli/output.h"
#include "host/json.h"

#include "host/util.h"

#include <json-c/json.h>

/* Whoever reads the lines may wait for each of them. */
void watch_tell(const struct watcher *w, const char *event, struct json_object *o, char *text)
{
	int64_t time_us = (int64_t)realtime_us();
	char clock[CLOCK_TEXT_SIZE];

	if (w->json) {
		json_put_number(o, "time_us", time_us);
		json_put_string(o, "event", event);
		print_json_line(o);
		return;
	}
	clock_text(time_us, clock);
	make_text(text);
	show_text(text, SIZE_MAX);
	(void)printf("%s %-8s %s\n", clock, event, text);
	(void)fflush(stdout);
	(void)json_object_put(o);
}

void watch_record_at(const struct watcher *w, uint64_t at_us, struct trace_event *e)
{
	if (!w->record)
		return;
	e->time_us = at_us - w->start_us;
	trace_print(w->record, e);
	(void)fflush(w->record);
}

void watch_record(const struct watcher *w, struct trace_event *e)
{
	watch_record_at(w, w->now_us, e);
}
