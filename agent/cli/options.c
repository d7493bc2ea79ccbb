// SPDX-License-Identifier: GPL-2.0-or-later
/* Options that several commands have in common; see options.h. Knows no command. */
#include "cli/options.h"

#include "cli/output.h"

#include "host/util.h"

#include <getopt.h>
#include <inttypes.h>

int json_option(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
	int json = 0;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt != 'j')
			return -EINVAL;
		json = 1;
	}
	return json;
}

int no_arguments(int argc, char **argv)
{
	if (optind == argc)
		return 0;
	complain("unexpected argument \"%s\"", argv[optind]);
	return -EINVAL;
}

int option_number(const char *option, const char *arg, uint64_t max, const char *unit, uint64_t *v)
{
	if (parse_number(arg, v) == 0 && *v >= 1 && *v <= max)
		return 0;
	complain("--%s: \"%s\" is not a number of %s from 1 to %" PRIu64, option, arg, unit, max);
	return -EINVAL;
}
