/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SIGINT, SIGTERM, SIGQUIT and SIGHUP end a command that runs until then. Knows no command. */
#ifndef XEN_RECLAIM_STOP_H
#define XEN_RECLAIM_STOP_H

#include <signal.h>

/** stopped - set by a signal, or by the command itself. */
extern volatile sig_atomic_t stopped;

/** stop_on_signal() - from now on; a call that waits ends with EINTR. */
void stop_on_signal(void);

#endif
