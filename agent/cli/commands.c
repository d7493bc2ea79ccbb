// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of commands, and the help that is printed from it; see command.h. Knows no command's
 * work.
 */
#include "cli/command.h"
#include "cli/output.h"

#include "core/units.h"

#include <stdio.h>
#include <string.h>

/* The completion for bash reads the list: usages on lines of their own, options nowhere else. */
#define SUMMARY_COLUMN 22
#define USAGE_INDENT   "            "

static const char status_help[] =
	"Show memory pressure, the balloon target, the parameters of xen_blkback, what\n"
	"the disks of each domain hold, and the daemon's latest actions and decisions.\n"
	"Changes nothing.\n"
	"\n"
	"  --json              print one JSON object\n";

static const char doctor_help[] =
	"Show for each level whether reclaiming it gives RAM back on this host, why or\n"
	"why not, and what to change. Exit with status 4 if no level does. Needs no\n"
	"daemon, and changes nothing.\n"
	"\n"
	"  --json              print one JSON object\n";

static const char trigger_help[] =
	"Reclaim now, through the daemon, and print how much memory came back: from all\n"
	"disks, including those that are spared under pressure, from the disks of one\n"
	"domain, given by number or name, or from one disk, such as web/xvda. Single\n"
	"domains and disks need the mechanism native, or module and the level pool.\n"
	"\n"
	"  -l, --level=LEVELS  any of pool, grants and slots, separated by commas, or all,\n"
	"                      the default: all that give memory back on this host\n"
	"  -d, --window=MS     how long pools are held at zero, 1 to 60000 milliseconds;\n"
	"                      by default as configured\n"
	"  -t, --timeout=S     how long to wait for the response, 1 to 600 seconds; by\n"
	"                      default 10, and the window\n"
	"  --need=MB           ask one disk after another, the longest idle first, until\n"
	"                      this much is back; needs the mechanism native\n"
	"  --json              print one JSON object\n";

static const char pause_help[] =
	"Stop the daemon from acting by itself until resume or the next boot, even if it\n"
	"is restarted. It reverts what it has set, and still serves requests.\n";

static const char resume_help[] =
	"Let the daemon act by itself again. It also forgets failures, so suspended\n"
	"levels are tried again.\n";

static const char top_help[] =
	"Show for each domain what its disks hold and their requests a second, live and\n"
	"sorted. Changes nothing. Keys: q quits, b shows disks or domains, s selects the\n"
	"next sort order, d asks for the delay, / for the domains to show; the arrow\n"
	"keys, Page Up, Page Down, Home and End scroll.\n"
	"\n"
	"  -d, --delay=S       seconds between two scans, 1 to 3600; 2 by default\n"
	"  -D, --domain=TEXT   only domains with TEXT in their name, or with that number\n"
	"  -b, --batch         print domains and disks once, after one delay; the default\n"
	"                      where there is no terminal\n"
	"  -n, --count=COUNT   print them COUNT times, once a delay; 0: until stopped\n"
	"  --json              print disks once, after one delay, as a JSON object; with\n"
	"                      --count, one object a line\n";

static const char watch_help[] =
	"Print a line for each event: pressure, balloon targets, domains and disks, and\n"
	"the daemon's actions. Changes nothing.\n"
	"\n"
	"  --record=FILE       also write a trace, for xen-reclaim replay\n"
	"  --json              print one JSON object a line\n";

static const char replay_help[] =
	"Print what the daemon would do with this host's configuration on the host that\n"
	"the trace FILE describes; - is standard input. Changes nothing.\n"
	"\n"
	"  --json              print one JSON object a line\n";

static const struct command commands[] = {
	{"status", "[--json]",
	 "show pressure, balloon, parameters, disks, and the daemon's latest actions", status_help,
	 cmd_status},
	{"doctor", "[--json]",
	 "show whether reclaim gives RAM back on this host, and what to change", doctor_help,
	 cmd_doctor},
	{"trigger",
	 "[--level=all|pool|grants|slots] [--window=MS] [--timeout=S] [--need=MB] [--json] "
	 "[DOMAIN[/DISK]]",
	 "reclaim now, through the daemon", trigger_help, cmd_trigger},
	{"pause", "", "stop the daemon from acting by itself", pause_help, cmd_pause},
	{"resume", "", "let it act again, with nothing suspended", resume_help, cmd_resume},
	{"top", "[--delay=S] [--domain=TEXT] [--batch|--json] [--count=COUNT]",
	 "show domains and disks, live or once", top_help, cmd_top},
	{"watch", "[--record=FILE] [--json]", "print a line for each event, and record a trace",
	 watch_help, cmd_watch},
	{"replay", "[--json] FILE",
	 "show what the daemon would do on the host that a trace describes", replay_help,
	 cmd_replay},
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

static enum exit_status printed(void)
{
	return fflush(stdout) == 0 && !ferror(stdout) ? STATUS_DONE : STATUS_FAILED;
}

enum exit_status command_help(const struct command *c)
{
	(void)printf("Usage: xen-reclaim [--root=DIR] %s ", c->name);
	print_wrapped(USAGE_INDENT, c->usage);
	(void)fputs(c->help, stdout);
	return printed();
}

static void print_command(const struct command *c)
{
	(void)printf("  %s ", c->name);
	print_wrapped(USAGE_INDENT, c->usage);
	(void)printf("%*s%s\n", SUMMARY_COLUMN, "", c->summary);
}

enum exit_status commands_help(void)
{
	(void)fputs("Usage: xen-reclaim [--root=DIR] COMMAND [OPTION]\n"
		    "       xen-reclaim [COMMAND] --help\n"
		    "       xen-reclaim --version\n"
		    "Shows how much of this domain's memory xen-blkback holds, and reclaims it.\n"
		    "\n",
		    stdout);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		print_command(&commands[i]);
	(void)fputs("\n"
		    "Files are looked up below DIR instead of /.\n"
		    "Exit status: 0 done, 1 failed, 2 wrong usage, 3 daemon not running,\n"
		    "4 no level gives RAM back on this host (doctor).\n",
		    stdout);
	return printed();
}
