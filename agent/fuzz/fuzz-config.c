// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: the configuration. A mistake is told in one line that names the place; what is taken
 * is within bounds. Knows no file.
 */
#include "fuzz/fuzz.h"
#include "host/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_error err = {0};
	struct config c = config_default();
	int r = config_parse((const char *)data, size, "fuzz", &c, &err);

	if (r < 0) {
		check(strncmp(err.text, "fuzz:", 5) == 0);
		check_printable(err.text, strlen(err.text), "");
		config_free(&c);
		return 0;
	}
	check(c.policy.window_us >= 150 * USEC_PER_MSEC && c.policy.window_us <= 60 * USEC_PER_SEC);
	check(c.policy.idle_us >= USEC_PER_SEC && c.policy.min_interval_us >= 250 * USEC_PER_MSEC);
	check(c.policy.max_level < LEVEL_COUNT && c.policy.backoff_after >= 1);
	for (size_t i = 0; i < c.policy.n_rules; i++)
		check(c.policy.rules[i].whom[0] &&
		      c.policy.rules[i].idle_us <= 3600 * USEC_PER_SEC);
	config_free(&c);
	return 0;
}
