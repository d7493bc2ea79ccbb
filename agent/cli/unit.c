// SPDX-License-Identifier: GPL-2.0-or-later
/* What an administrator changed of the daemon's unit; see unit.h. */
#include "cli/unit.h"

#include "host/util.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNIT "xen-reclaimd.service"

/* What is in /lib is the package's. */
static const char *const folders[] = {"etc/systemd/system.control", "run/systemd/system.control",
				      "etc/systemd/system", "run/systemd/system",
				      "usr/local/lib/systemd/system"};

static bool is_drop_in(const char *name)
{
	size_t len = strlen(name);

	return len > strlen(".conf") && strcmp(name + len - strlen(".conf"), ".conf") == 0;
}

static unsigned drop_ins(int root, const char *folder, char *path, size_t size)
{
	char where[96];
	struct dirent *d;
	unsigned n = 0;
	DIR *dir;
	int fd;

	(void)snprintf(where, sizeof(where), "%s/" UNIT ".d", folder);
	fd = openat(root, where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (!dir) {
		close_fd(&fd);
		return 0;
	}
	while ((d = readdir(dir)))
		if (is_drop_in(d->d_name) && n++ == 0)
			(void)snprintf(path, size, "/%s/%s", where, d->d_name);
	(void)closedir(dir);
	return n;
}

unsigned unit_changes(int root, char *path, size_t size)
{
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char unit[96];

		(void)snprintf(unit, sizeof(unit), "%s/" UNIT, folders[i]);
		if (faccessat(root, unit, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
			(void)snprintf(path, size, "/%s", unit);
			n++;
		}
		n += drop_ins(root, folders[i], path, size);
	}
	return n;
}
