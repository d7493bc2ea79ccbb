// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An administrator pauses the daemon, or has it go on, by a file; see agent.h. What it holds counts
 * when it was written, also if it is the same: to go on means to forget what had failed, too.
 */
#include "host/pause.h"

#include "daemon/agent.h"
#include "host/util.h"

#include <string.h>
#include <sys/inotify.h>
#include <syslog.h>

static void obey(struct agent *a)
{
	bool paused = pause_read(a->root);

	if (paused != a->config.policy.paused)
		say(MESSAGE_PAUSED, LOG_NOTICE, "%s",
		    paused ? "paused: nothing is reclaimed but what is asked for" : "goes on");
	a->config.policy.paused = paused;
	controller_policy_changed(&a->controller);
	controller_look(&a->controller);
	agent_tell_status(a);
}

static int on_written(sd_event_source *s, const struct inotify_event *e, void *user)
{
	(void)s;
	(void)e;
	obey(user);
	return 0;
}

int pause_listen(struct agent *a)
{
	_cleanup_close_ int fd = a->dry_run ? -1 : pause_open(a->root);
	int r = fd;

	if (a->dry_run)
		return 0;
	a->config.policy.paused = pause_read(a->root);
	if (a->config.policy.paused)
		say(MESSAGE_PAUSED, LOG_NOTICE, "starts paused, as it was when it ended");
	if (fd >= 0)
		r = sd_event_add_inotify_fd(a->event, &a->pause_source, fd, IN_CLOSE_WRITE,
					    on_written, a);
	if (r < 0)
		say(MESSAGE_FAULT, LOG_ERR, "/%s: %s", PAUSE_FILE, strerror(-r));
	return r < 0 ? r : 0;
}
