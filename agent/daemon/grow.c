// SPDX-License-Identifier: GPL-2.0-or-later
/* The own memory target, through libxenlight loaded when it is needed; see grow.h. */
#include "daemon/grow.h"

#include "daemon/journal.h"
#include "host/util.h"

#include <dlfcn.h>
#include <libxl.h>
#include <syslog.h>
#include <xentoollog.h>

/* Only dom0 may set a target through libxenlight. */
#define DOM0 0

/* Each function has the type that libxl.h gives it; the library's name has its version. */
struct grower {
	void *library;
	struct xentoollog_logger logger;
	libxl_ctx *ctx;
	__typeof__(&libxl_ctx_alloc) ctx_alloc;
	__typeof__(&libxl_ctx_free) ctx_free;
	__typeof__(&libxl_get_free_memory) get_free_memory;
	__typeof__(&libxl_set_memory_target) set_memory_target;
};

static void log_message(struct xentoollog_logger *logger, xentoollog_level level, int errnoval,
			const char *context, const char *format, va_list ap)
{
	char text[256];

	(void)logger;
	(void)errnoval;
	if (level < XTL_WARN)
		return;
	(void)vsnprintf(text, sizeof(text), format, ap);
	say(MESSAGE_FAULT, LOG_WARNING, "%s: %s", context ? context : "libxenlight", text);
}

static void log_progress(struct xentoollog_logger *logger, const char *context, const char *doing,
			 int percent, unsigned long done, unsigned long total)
{
	(void)logger;
	(void)context;
	(void)doing;
	(void)percent;
	(void)done;
	(void)total;
}

static void log_destroy(struct xentoollog_logger *logger)
{
	(void)logger;
}

static int resolve(struct grower *g)
{
	const struct {
		const char *name;
		void *to;
	} functions[] = {
		{"libxl_ctx_alloc", &g->ctx_alloc},
		{"libxl_ctx_free", &g->ctx_free},
		{"libxl_get_free_memory", &g->get_free_memory},
		{"libxl_set_memory_target", &g->set_memory_target},
	};

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		void *function = dlsym(g->library, functions[i].name);

		if (!function)
			return -ENOSYS;
		*(void **)functions[i].to = function;
	}
	return 0;
}

int grower_open(struct grower **to, const char **why)
{
	struct grower *g = calloc(1, sizeof(*g));

	*why = "no memory";
	if (!g)
		return -ENOMEM;
	g->logger = (struct xentoollog_logger){log_message, log_progress, log_destroy};
	*why = LIBXENLIGHT " cannot be loaded";
	g->library = dlopen(LIBXENLIGHT, RTLD_NOW | RTLD_LOCAL);
	if (!g->library || resolve(g) < 0) {
		grower_close(g);
		return -ENOSYS;
	}
	*why = "libxenlight cannot reach Xen (/dev/xen/privcmd, /dev/xen/hypercall)";
	if (g->ctx_alloc(&g->ctx, LIBXL_VERSION, 0, &g->logger) != 0) {
		g->ctx = NULL;
		grower_close(g);
		return -EIO;
	}
	*to = g;
	return 0;
}

void grower_close(struct grower *g)
{
	if (!g)
		return;
	if (g->ctx)
		(void)g->ctx_free(g->ctx);
	if (g->library)
		(void)dlclose(g->library);
	free(g);
}

int grower_free_kb(struct grower *g, uint64_t *kb)
{
	return g->get_free_memory(g->ctx, kb) == 0 ? 0 : -EIO;
}

int grower_set(struct grower *g, uint64_t target_kb)
{
	return g->set_memory_target(g->ctx, DOM0, (int64_t)target_kb, 0, 1);
}
