// SPDX-License-Identifier: GPL-2.0-or-later
/* In the place of libxenstore: values from an input; see fuzz.h. Keeps nothing that is written. */
#include "fuzz/fuzz.h"

#include <xenstore.h>

struct store_value *store_values;
size_t n_store_values;
const char *store_token;
void (*store_wrote)(const char *path, const char *value, size_t len);

struct xs_handle {
	int none;
};

static struct xs_handle handle;

struct xs_handle *xs_open(unsigned long flags)
{
	(void)flags;
	return &handle;
}

/* Nobody listens there. */
const char *xs_daemon_socket(void)
{
	return "";
}

void xs_close(struct xs_handle *h)
{
	(void)h;
}

int xs_fileno(struct xs_handle *h)
{
	(void)h;
	return -1;
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	(void)h;
	(void)path;
	(void)token;
	return true;
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	return xs_watch(h, path, token);
}

/* One block of memory, as libxenstore makes it. */
char **xs_check_watch(struct xs_handle *h)
{
	size_t len = store_token ? strlen(store_token) + 1 : 0;
	char **event = store_token ? malloc(2 * sizeof(*event) + len) : NULL;

	(void)h;
	if (!event) {
		errno = EAGAIN;
		return NULL;
	}
	memcpy(event + 2, store_token, len);
	event[XS_WATCH_PATH] = event[XS_WATCH_TOKEN] = (char *)(event + 2);
	store_token = NULL;
	return event;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned *len)
{
	const char *key = strrchr(path, '/');

	(void)h;
	(void)t;
	for (size_t i = 0; key && i < n_store_values; i++) {
		const struct store_value *v = &store_values[i];
		char *value;

		if (v->len == 0 || strcmp(v->key, key + 1) != 0)
			continue;
		value = malloc(v->len + 1);
		check(value != NULL);
		memcpy(value, v->value, v->len);
		value[v->len] = '\0';
		*len = (unsigned)v->len;
		return value;
	}
	errno = ENOENT;
	return NULL;
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
	      unsigned len)
{
	(void)h;
	(void)t;
	if (store_wrote)
		store_wrote(path, data, len);
	return true;
}

/* Alone in the store: what is written is kept by nobody, and nothing changes meanwhile. */
xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	(void)h;
	return 1;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
	(void)h;
	(void)t;
	(void)abort;
	return true;
}
