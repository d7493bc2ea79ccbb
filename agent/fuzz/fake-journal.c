// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The calls of libsystemd that reach the journal, in its place: what is said reaches people's
 * terminals, so nothing in it may be taken for a command. Knows no message.
 */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include "fuzz/fuzz.h"

#include <stdarg.h>
#include <systemd/sd-journal.h>

unsigned journal_entries;

int sd_journal_send(const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	check_printable(text, strlen(text), "");
	journal_entries++;
	return 0;
}

int sd_journal_sendv(const struct iovec *iov, int n)
{
	for (int i = 0; i < n; i++) {
		check(memchr(iov[i].iov_base, '=', iov[i].iov_len) != NULL);
		check_printable(iov[i].iov_base, iov[i].iov_len, "");
	}
	journal_entries++;
	return 0;
}
