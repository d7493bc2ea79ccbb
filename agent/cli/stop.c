// SPDX-License-Identifier: GPL-2.0-or-later
/* The end of a command by a signal; see stop.h. */
#include "cli/stop.h"

#include <stddef.h>

volatile sig_atomic_t stopped;

static void on_signal(int signal)
{
	(void)signal;
	stopped = 1;
}

void stop_on_signal(void)
{
	const struct sigaction action = {.sa_handler = on_signal};

	static const int signals[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigaction(signals[i], &action, NULL);
}
