// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: requests and responses of the mailbox. What parses must print as what parses to the
 * same, and stay within its bounds. Knows no xenstore.
 */
#include "fuzz/fuzz.h"
#include "host/mailbox.h"

static void try_request(const char *text, size_t len)
{
	char printed[MAILBOX_MAX_CHARS + 1];
	struct request again = {0};
	struct request r = {0};
	uint64_t id = 0;

	if (request_parse(text, len, &r, &id) < 0)
		return;
	check(id == r.id && len <= MAILBOX_MAX_CHARS && r.levels <= ALL_LEVELS);
	check(r.domid == EVERY || (r.domid >= 0 && r.domid <= 32751));
	check(r.window_ms <= 60000 && r.devid >= EVERY && r.devid <= UINT32_MAX);
	check(request_print(&r, printed, sizeof(printed)) == 0);
	check(request_parse(printed, strlen(printed), &again, &id) == 0);
	check(memcmp(&r, &again, sizeof(r)) == 0);
}

static void try_response(const char *text, size_t len)
{
	char printed[MAILBOX_MAX_CHARS + 1];
	struct response again = {0};
	struct response r = {0};

	if (response_parse(text, len, &r) < 0)
		return;
	check(len <= MAILBOX_MAX_CHARS && r.error >= 0 && r.kb >= 0);
	check(response_print(&r, printed, sizeof(printed)) == 0);
	check(response_parse(printed, strlen(printed), &again) == 0);
	check(r.id == again.id && r.error == again.error && r.vbds == again.vbds &&
	      r.kb == again.kb);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1); /* as xenstore gives it: of this length, and terminated */

	check(text != NULL);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	try_request(text, size);
	try_response(text, size);
	free(text);
	return 0;
}
