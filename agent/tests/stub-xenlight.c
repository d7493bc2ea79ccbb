// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stands for libxenlight where there is no Xen: free memory is plenty, and a target goes to where
 * the real one writes it too, memory/target in xenstore. An administrator sets ADMIN_TARGET of the
 * environment just when free memory is asked for. Knows nothing of who calls.
 */
#include <inttypes.h>
#include <libxl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#define FREE_KB (UINT64_C(4) * 1024 * 1024)

int libxl_ctx_alloc(libxl_ctx **ctx, int version, unsigned flags, struct xentoollog_logger *logger)
{
	(void)flags;
	*ctx = (libxl_ctx *)xs_open(0);
	return version == LIBXL_VERSION && logger && *ctx ? 0 : ERROR_FAIL;
}

int libxl_ctx_free(libxl_ctx *ctx)
{
	xs_close((struct xs_handle *)ctx);
	return 0;
}

static int put_target(libxl_ctx *ctx, const char *text)
{
	return xs_write((struct xs_handle *)ctx, XBT_NULL, "/local/domain/0/memory/target", text,
			(unsigned)strlen(text))
		       ? 0
		       : ERROR_FAIL;
}

int libxl_get_free_memory(libxl_ctx *ctx, uint64_t *kb)
{
	const char *target = getenv("ADMIN_TARGET");

	*kb = FREE_KB;
	return target ? put_target(ctx, target) : 0;
}

int libxl_set_memory_target(libxl_ctx *ctx, uint32_t domid, int64_t kb, int relative, int enforce)
{
	char text[24];

	if (domid != 0 || relative || !enforce)
		return ERROR_INVAL;
	(void)snprintf(text, sizeof(text), "%" PRId64, kb);
	return put_target(ctx, text);
}
