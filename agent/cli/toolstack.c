// SPDX-License-Identifier: GPL-2.0-or-later
/* libxenlight for the command line; see toolstack.h. */
#include "cli/toolstack.h"

#include "host/util.h"

#include <libxl.h>
#include <xentoollog.h>

struct toolstack {
	xentoollog_logger *log;
	libxl_ctx *ctx;
};

static void close_toolstack(struct toolstack *t)
{
	(void)libxl_ctx_free(t->ctx);
	if (t->log)
		xtl_logger_destroy(t->log);
}

/* Return: 0, or -EIO: no Xen, or no right to use it. Must be closed either way. */
static int open_toolstack(struct toolstack *t)
{
	*t = (struct toolstack){0};
	t->log = (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, XTL_CRITICAL, 0);
	if (!t->log)
		return -ENOMEM;
	return libxl_ctx_alloc(&t->ctx, LIBXL_VERSION, 0, t->log) == 0 ? 0 : -EIO;
}

int64_t toolstack_free_kb(void)
{
	struct toolstack t;
	libxl_physinfo info;
	int64_t kb = -1;

	if (open_toolstack(&t) == 0) {
		libxl_physinfo_init(&info);
		if (libxl_get_physinfo(t.ctx, &info) == 0)
			kb = (int64_t)(info.free_pages * 4);
		libxl_physinfo_dispose(&info);
	}
	close_toolstack(&t);
	return kb;
}
