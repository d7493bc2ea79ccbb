// SPDX-License-Identifier: GPL-2.0-or-later
/* main() of xen-reclaim: finds the command and runs it. Knows no command by name. */
#include "cli/command.h"
#include "cli/output.h"

#include "host/util.h"

#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <string.h>

/* Anywhere among the arguments, so that --help also works at the end of an unfinished line. */
static bool wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

static enum exit_status run(const struct command *c, const char *root_path, int argc, char **argv)
{
	_cleanup_close_ int root = open(root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	static char name[64];

	if (root < 0) {
		complain("%s: %s", root_path, strerror(errno));
		return STATUS_FAILED;
	}
	(void)snprintf(name, sizeof(name), "xen-reclaim: %s", c->name);
	argv[0] = name; /* what getopt_long() starts its messages with */
	optind = 0;	/* the command parses its own options */
	return c->run(root, argc, argv);
}

static enum exit_status version(void)
{
	(void)puts("xen-reclaim " VERSION);
	return STATUS_DONE;
}

static enum exit_status run_line(int argc, char **argv)
{
	static const struct option options[] = {{"root", required_argument, NULL, 'r'},
						{"help", no_argument, NULL, 'h'},
						{"version", no_argument, NULL, 'v'},
						{0}};
	const char *root_path = "/";
	const struct command *c;
	int opt;

	while ((opt = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (opt) {
		case 'r':
			root_path = optarg;
			break;
		case 'h':
			return commands_help();
		case 'v':
			return version();
		default:
			return STATUS_USAGE;
		}
	}
	if (optind == argc) {
		complain("no command given; see xen-reclaim --help");
		return STATUS_USAGE;
	}
	c = command_find(argv[optind]);
	if (!c) {
		complain("no command \"%s\"; see xen-reclaim --help", argv[optind]);
		return STATUS_USAGE;
	}
	if (wants_help(argc - optind, argv + optind))
		return command_help(c);
	return run(c, root_path, argc - optind, argv + optind);
}

int main(int argc, char **argv)
{
	(void)setlocale(LC_CTYPE, "");
	return (int)finish_output(run_line(argc, argv));
}
