// SPDX-License-Identifier: GPL-2.0-or-later
/* xen-reclaimd: parses options and runs the agent. Everything else is the agent's. */
#include "daemon/agent.h"
#include "daemon/metrics-file.h"
#include "host/lock.h"
#include "host/util.h"

#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <sysexits.h>
#include <syslog.h>

static const char usage[] =
	"Usage: xen-reclaimd [OPTION]\n"
	"Reclaims memory that xen-blkback holds for idle disks, before and when this\n"
	"domain runs short of it.\n"
	"\n"
	"      --check-config  check the configuration, report the first error, and exit\n"
	"      --print-config  print the configuration in force, each value with its file\n"
	"                      and line, and exit\n"
	"      --restore       restore parameters that a killed daemon left lowered, and\n"
	"                      exit\n"
	"      --dry-run       decide and log; change nothing\n"
	"      --root=DIR      look up /etc, /proc, /sys and /run below DIR\n"
	"      --help          this text\n"
	"      --version       the version\n"
	"\n"
	"Exit status: 0 done, 1 failed, 2 wrong usage, 78 wrong configuration.\n";

enum { OPT_CHECK = 256, OPT_PRINT, OPT_RESTORE, OPT_DRY_RUN, OPT_ROOT, OPT_HELP, OPT_VERSION };

static const struct option options[] = {{"check-config", no_argument, NULL, OPT_CHECK},
					{"print-config", no_argument, NULL, OPT_PRINT},
					{"restore", no_argument, NULL, OPT_RESTORE},
					{"dry-run", no_argument, NULL, OPT_DRY_RUN},
					{"root", required_argument, NULL, OPT_ROOT},
					{"help", no_argument, NULL, OPT_HELP},
					{"version", no_argument, NULL, OPT_VERSION},
					{0}};

static int wrong_config(const struct config_error *err)
{
	(void)fprintf(stderr, "xen-reclaimd: %s\n", err->text);
	return -EINVAL;
}

static int check_config(int root)
{
	struct config_error err;
	struct config c = {0};

	if (config_load(root, CONFIG_PATH, &c, &err) < 0)
		return wrong_config(&err);
	config_free(&c);
	return 0;
}

static int finish_output(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	(void)fprintf(stderr, "xen-reclaimd: cannot write the output: %s\n",
		      strerrordesc_np(errno));
	return 1;
}

static int print_config(int root)
{
	struct config_error err;

	if (config_print(root, CONFIG_PATH, &err) < 0)
		return wrong_config(&err);
	return finish_output() ? -EIO : 0;
}

/* What a killed daemon said last is not true any more. */
static void drop_metrics(int root)
{
	struct config_error err;
	struct config c = {0};

	if (config_load(root, CONFIG_PATH, &c, &err) == 0 && c.metrics_file[0])
		metrics_file_drop(root, c.metrics_file);
	config_free(&c);
}

static int restore(int root)
{
	_cleanup_close_ int lock = lock_take(root);
	int r = lock < 0 ? lock : params_restore(root);

	if (lock >= 0) {
		drop_metrics(root);
		exhausted_drop(root);
	}
	if (r > 0)
		say(MESSAGE_RESTORED, LOG_NOTICE, "put back %d parameters of xen_blkback", r);
	if (r < 0)
		say(MESSAGE_PUT_BACK, LOG_ERR, "cannot put back parameters from /%s: %s",
		    PARAMS_SAVED,
		    r == -EBUSY ? "xen-reclaimd runs, and does so itself" : strerrordesc_np(-r));
	return r < 0 ? r : 0;
}

static int serve(int root, bool dry_run)
{
	struct agent a;
	int r = agent_start(&a, root, dry_run);

	if (r == 0)
		r = agent_run(&a);
	agent_stop(&a);
	return r;
}

static int print(const char *text)
{
	(void)fputs(text, stdout);
	return finish_output();
}

int main(int argc, char **argv)
{
	const char *root_path = "/";
	bool dry_run = false;
	int what = 0;
	int opt;
	int r;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case OPT_CHECK:
		case OPT_PRINT:
		case OPT_RESTORE:
			what = opt;
			break;
		case OPT_DRY_RUN:
			dry_run = true;
			break;
		case OPT_ROOT:
			root_path = optarg;
			break;
		case OPT_HELP:
			return print(usage);
		case OPT_VERSION:
			return print("xen-reclaimd " VERSION "\n");
		default:
			return 2;
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, "xen-reclaimd: takes no arguments; see --help\n");
		return 2;
	}
	_cleanup_close_ int root = open(root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0) {
		(void)fprintf(stderr, "xen-reclaimd: %s: %s\n", root_path, strerrordesc_np(errno));
		return 1;
	}
	if (what == OPT_CHECK)
		r = check_config(root);
	else if (what == OPT_PRINT)
		r = print_config(root);
	else if (what == OPT_RESTORE)
		r = restore(root);
	else
		r = serve(root, dry_run);
	if (r == -EINVAL)
		return EX_CONFIG;
	return r < 0;
}
