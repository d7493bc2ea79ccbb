// SPDX-License-Identifier: GPL-2.0-or-later
/* Pressure stall information; see psi.h. Knows no policy and no event loop. */
#include "host/psi.h"

#include "host/util.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

/* The averaging period: windows that are multiples of it need no CAP_SYS_RESOURCE. */
#define PSI_FREE_WINDOW_US (2 * USEC_PER_SEC)

const char *const psi_names[PSI_KINDS] = {"some", "full"};
const char *const psi_mode_names[PSI_MODES] = {"trigger", "trigger-2s", "totals", "none", "off"};

int psi_parse(const char *text, struct psi_totals *t)
{
	for (int k = 0; k < PSI_KINDS; k++) {
		const char *line = strstr(text, psi_names[k]);
		const char *end = line ? strchrnul(line, '\n') : NULL;
		const char *total = line ? strstr(line, " total=") : NULL;

		if (!total || total > end)
			return -EINVAL;
		total += strlen(" total=");
		if (*total < '0' || *total > '9')
			return -EINVAL;
		t->us[k] = strtoull(total, NULL, 10);
	}
	return 0;
}

int psi_read(int root, struct psi_totals *t)
{
	char text[256];
	ssize_t n = read_text(root, PSI_PATH, text, sizeof(text));

	return n < 0 ? (int)n : psi_parse(text, t);
}

static int arm(int root, enum psi_kind kind, uint64_t stall_us, uint64_t window_us)
{
	int fd = openat(root, PSI_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	char text[64];
	int n;
	int r;

	if (fd < 0)
		return -errno;
	n = snprintf(text, sizeof(text), "%s %" PRIu64 " %" PRIu64, psi_names[kind], stall_us,
		     window_us);
	if (write(fd, text, (size_t)n + 1) >= 0)
		return fd;
	r = -errno;
	(void)close(fd);
	return r;
}

int psi_open_trigger(int root, enum psi_kind kind, const struct threshold *t, enum psi_mode *mode)
{
	uint64_t periods = (t->window_us + PSI_FREE_WINDOW_US - 1) / PSI_FREE_WINDOW_US;
	uint64_t window = periods * PSI_FREE_WINDOW_US;
	int fd = arm(root, kind, t->stall_us, t->window_us);

	*mode = PSI_TRIGGER;
	if (fd != -EINVAL && fd != -EPERM)
		return fd;
	*mode = PSI_TRIGGER_SLOW;
	return arm(root, kind, t->stall_us * window / t->window_us, window);
}
