// SPDX-License-Identifier: GPL-2.0-or-later
/* xen-reclaim pause and resume: by the file that the daemon watches. */
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/state.h"

#include "host/pause.h"

#include <getopt.h>
#include <string.h>

static enum exit_status set(int root, int argc, char **argv, bool pause)
{
	static const struct option none[] = {{0}};
	int r;

	if (getopt_long(argc, argv, "", none, NULL) != -1 || no_arguments(argc, argv) < 0)
		return STATUS_USAGE;
	r = daemon_runs(root);
	if (r < 0)
		return STATUS_FAILED;
	if (r == 0)
		return daemon_not_running();
	r = pause_write(root, pause);
	if (r == 0)
		return STATUS_DONE;
	complain("/%s: %s", PAUSE_FILE, strerror(-r));
	return STATUS_FAILED;
}

enum exit_status cmd_pause(int root, int argc, char **argv)
{
	return set(root, argc, argv, true);
}

enum exit_status cmd_resume(int root, int argc, char **argv)
{
	return set(root, argc, argv, false);
}
