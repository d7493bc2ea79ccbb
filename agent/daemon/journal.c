// SPDX-License-Identifier: GPL-2.0-or-later
/* Entries in the journal; see journal.h. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "daemon/journal.h"

#include "core/action.h"
#include "core/names.h"
#include "host/util.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <syslog.h>
#include <systemd/sd-journal.h>

static const char *const message_ids[MESSAGE_COUNT] = {
	[MESSAGE_STARTED] = "6a4a019d35694caebb0826f0c6c61f45",
	[MESSAGE_STOPPED] = "a69f14099e9645698554e9b19f968280",
	[MESSAGE_ACTION] = "38f87e2c509d479b8506060db9ab94d4",
	[MESSAGE_NO_RAM] = "0b08d00fe1b44820a6cbee996f65d340",
	[MESSAGE_BACKOFF] = "6249ece019534e1999b2a3079d86122a",
	[MESSAGE_RECOVERED] = "f82be04a51764dd1bde98b3c45748a95",
	[MESSAGE_CONFIG] = "37a40ebe00f3445d91b517fc8816a069",
	[MESSAGE_MECHANISM] = "f2ccf860749849a0861e709670696d95",
	[MESSAGE_RESTORED] = "63b0e74ad6c0413f83061be860066123",
	[MESSAGE_PRESSURE] = "ba59a7b55af14450ace50cf9e762c1af",
	[MESSAGE_XENSTORE] = "84d46fdbd1d64121aa73b899045f6144",
	[MESSAGE_PUT_BACK] = "fa48a1dbd0bc4793acbd3d5de2b3fa20",
	[MESSAGE_METRICS] = "f5daa1a04a1a41fb882a86a4af62a283",
	[MESSAGE_FAULT] = "fc31b77bfe7c4f68bb390b66a309d1cd",
	[MESSAGE_GROWN] = "27e676a2dde943e2b43e5e2133ab3535",
	[MESSAGE_DECISION] = "9d1f6a6c7d3f4d5fb6a0c2b1f7e84c35",
	[MESSAGE_PAUSED] = "bba239afc1b946e8be18a7c98b26d8b4",
};

/* stderr goes to the journal already when systemd says so; else it is somebody's terminal. */
static bool stderr_is_journal(void)
{
	return getenv("JOURNAL_STREAM") != NULL;
}

static void to_stderr(const char *text)
{
	if (!stderr_is_journal())
		(void)fprintf(stderr, "xen-reclaimd: %s\n", text);
}

void say(enum message m, int priority, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	make_text(text);
	if (priority < LOG_DEBUG)
		to_stderr(text);
	(void)sd_journal_send("MESSAGE=%s", text, "PRIORITY=%d", priority, "MESSAGE_ID=%s",
			      message_ids[m], NULL);
}

/* One entry of the journal, field by field. */
struct fields {
	char text[17][256];
	struct iovec iov[17];
	int n;
};

__attribute__((format(printf, 2, 3))) static void field(struct fields *f, const char *fmt, ...)
{
	char *text = f->text[f->n];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(f->text[0]), fmt, ap);
	va_end(ap);
	f->iov[f->n++] = (struct iovec){text, strlen(text)};
}

static void add_whose(struct fields *f, const struct action *a, unsigned disks)
{
	field(f, "XEN_RECLAIM_SCOPE=%s", scope_names[a->scope]);
	if (a->scope == SCOPE_IDLE)
		field(f, "XEN_RECLAIM_IDLE_THRESHOLD_MS=%" PRIu64, a->threshold_us / USEC_PER_MSEC);
	if (a->domid != EVERY)
		field(f, "XEN_RECLAIM_DOMID=%d", a->domid);
	if (a->devid != EVERY)
		field(f, "XEN_RECLAIM_DEVID=%" PRId64, a->devid);
	field(f, "XEN_RECLAIM_DISKS=%u", disks);
}

static void add_lasting(struct fields *f, const struct action *a)
{
	field(f, "XEN_RECLAIM_LASTING_KB=%" PRId64, action_lasting_kb(a));
	field(f, "XEN_RECLAIM_PSWPIN=%" PRIu64, a->later.pswpin - a->before.pswpin);
	field(f, "XEN_RECLAIM_PSWPOUT=%" PRIu64, a->later.pswpout - a->before.pswpout);
}

void journal_action(const struct action *a, uint32_t window_ms, unsigned disks)
{
	uint64_t took_ms = (a->done_us - a->started_us) / USEC_PER_MSEC;
	struct fields f = {0};
	char lasting[48] = "";

	if (a->verdict != VERDICT_SUPERSEDED)
		(void)snprintf(lasting, sizeof(lasting), ", %" PRId64 " kB lasting",
			       action_lasting_kb(a));
	field(&f, "MESSAGE=%s: %s of %s disks: %" PRId64 " kB back in %" PRIu64 " ms%s: %s",
	      cause_names[a->cause], levels[a->level].name, scope_names[a->scope],
	      action_gain_kb(a), took_ms, lasting, verdict_names[a->verdict]);
	to_stderr(f.text[0] + strlen("MESSAGE="));
	field(&f, "PRIORITY=%d", LOG_INFO);
	field(&f, "MESSAGE_ID=%s", message_ids[MESSAGE_ACTION]);
	field(&f, "XEN_RECLAIM_CAUSE=%s", cause_names[a->cause]);
	field(&f, "XEN_RECLAIM_LEVEL=%s", levels[a->level].name);
	add_whose(&f, a, disks);
	field(&f, "XEN_RECLAIM_VERDICT=%s", verdict_names[a->verdict]);
	field(&f, "XEN_RECLAIM_WINDOW_MS=%" PRIu32, window_ms);
	field(&f, "XEN_RECLAIM_TOOK_MS=%" PRIu64, took_ms);
	field(&f, "XEN_RECLAIM_BACK_KB=%" PRId64, action_gain_kb(a));
	if (a->verdict != VERDICT_SUPERSEDED)
		add_lasting(&f, a);
	(void)sd_journal_sendv(f.iov, f.n);
}
