// SPDX-License-Identifier: GPL-2.0-or-later
/* xen-reclaim: finds the command and runs it. What a command does stands in cmd-*.c. */
#include "xen-reclaim.h"

#include "lock.h"
#include "util.h"

#include <fcntl.h>
#include <getopt.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <string.h>

static const char usage[] =
	"Usage: xen-reclaim [--root=DIR] COMMAND [OPTION]\n"
	"       xen-reclaim --help | --version\n"
	"What xen-blkback holds of this domain's memory, and how to have it back.\n"
	"\n"
	"  status [--json]     pressure, balloon, parameters, and what the daemon did of late\n"
	"  doctor [--json]     can reclaim give RAM back on this host, why or why not, what to "
	"change\n"
	"  trigger [--level=pool|grants|requests] [--window=MS] [--timeout=S] [DOMID[/DEVID]]\n"
	"                      reclaim now, through the daemon\n"
	"  top [--delay=S] [--batch|--json]\n"
	"                      domains and disks, live, or once\n"
	"  watch [--record=FILE] [--json]\n"
	"                      a line for each thing that happens, and a trace of it\n"
	"  replay [--json] FILE\n"
	"                      what the daemon would do on the host that a trace tells of\n"
	"\n"
	"Exit status: 0 done, 1 failed, 2 wrong usage, 3 daemon not running,\n"
	"4 this kernel gives no RAM back (doctor).\n";

struct command {
	const char *name;
	enum exit_status (*run)(int root, int argc, char **argv);
};

static const struct command commands[] = {
	{"status", cmd_status}, {"doctor", cmd_doctor}, {"trigger", cmd_trigger},
	{"top", cmd_top},	{"watch", cmd_watch},	{"replay", cmd_replay},
};

void complain(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	make_printable(text);
	(void)fprintf(stderr, "xen-reclaim: %s\n", text);
}

int daemon_runs(int root)
{
	int r = lock_held(root);

	if (r < 0)
		complain("cannot tell whether the daemon runs: /%s: %s", LOCK_FILE, strerror(-r));
	return r;
}

int only_json(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
	int json = 0;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt != 'j')
			return -1;
		json = 1;
	}
	if (optind == argc)
		return json;
	complain("%s takes no arguments", argv[0]);
	return -1;
}

enum exit_status print_json(struct json_object *o)
{
	const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY);
	bool ok = text && puts(text) >= 0 && fflush(stdout) == 0;

	(void)json_object_put(o);
	return ok ? STATUS_DONE : STATUS_FAILED;
}

static enum exit_status run(int root, int argc, char **argv)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[0], commands[i].name) != 0)
			continue;
		optind = 0; /* the command parses its own options */
		return commands[i].run(root, argc, argv);
	}
	complain("no command \"%s\"; there are status, doctor, trigger, top, watch and replay",
		 argv[0]);
	return STATUS_USAGE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"root", required_argument, NULL, 'r'},
						{"help", no_argument, NULL, 'h'},
						{"version", no_argument, NULL, 'v'},
						{0}};
	const char *root_path = "/";
	int opt;

	while ((opt = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (opt) {
		case 'r':
			root_path = optarg;
			break;
		case 'h':
			return fputs(usage, stdout) < 0;
		case 'v':
			return puts("xen-reclaim " VERSION) < 0;
		default:
			return STATUS_USAGE;
		}
	}
	if (optind == argc) {
		(void)fputs(usage, stderr);
		return STATUS_USAGE;
	}
	_cleanup_close_ int root = open(root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0) {
		complain("%s: %s", root_path, strerror(errno));
		return STATUS_FAILED;
	}
	return (int)run(root, argc - optind, argv + optind);
}
