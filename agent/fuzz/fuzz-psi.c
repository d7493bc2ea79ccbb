// SPDX-License-Identifier: GPL-2.0-or-later
/* Fuzz target: pressure lines, and the numbers of sysfs and procfs. Knows no file. */
#include "fuzz/fuzz.h"
#include "host/psi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct psi_totals t;
	uint64_t v = 0;

	check(text != NULL);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	(void)psi_parse(text, &t);
	(void)find_number(text, "MemAvailable:", &v);
	(void)find_number(text, "pswpin", &v);
	if (parse_number(text, &v) == 0) {
		const char *digits = text + strspn(text, "0");
		char printed[32];

		(void)snprintf(printed, sizeof(printed), "%llu", (unsigned long long)v);
		check(strcmp(*digits ? digits : "0", printed) == 0);
	}
	free(text);
	return 0;
}
