// SPDX-License-Identifier: GPL-2.0-or-later
/* Temporary trees for tests; see tree.h. Every failure fails the test that runs. */
#include "tests/tree.h"

#include "host/util.h"
#include "tests/cmocka-all.h"

#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define OPEN_MAX_FDS 8

static void full_path(const struct tree *t, const char *path, char buf[static 256])
{
	assert_true((size_t)snprintf(buf, 256, "%s/%s", t->path, path) < 256);
}

void tree_make(struct tree *t)
{
	const char *folder = getenv("TMPDIR");

	assert_true((size_t)snprintf(t->path, sizeof(t->path), "%s/xen-reclaim-tree.XXXXXX",
				     folder ? folder : "/tmp") < sizeof(t->path));
	assert_non_null(mkdtemp(t->path));
	t->root = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(t->root >= 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_all(const char *path)
{
	assert_int_equal(nftw(path, remove_one, OPEN_MAX_FDS, FTW_DEPTH | FTW_PHYS), 0);
}

void tree_remove(struct tree *t)
{
	if (!t->path[0])
		return;
	(void)close(t->root);
	remove_all(t->path);
	t->path[0] = '\0';
}

struct tree tree;

int tree_setup(void **state)
{
	(void)state;
	tree_make(&tree);
	return 0;
}

int tree_teardown(void **state)
{
	(void)state;
	tree_remove(&tree);
	return 0;
}

static void make_parents(const struct tree *t, const char *path)
{
	char dir[256];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		(void)snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
		if (mkdirat(t->root, dir, 0755) < 0)
			assert_int_equal(errno, EEXIST);
	}
}

void tree_put_bytes(const struct tree *t, const char *path, const void *bytes, size_t len)
{
	_cleanup_close_ int fd = -1;

	make_parents(t, path);
	fd = openat(t->root, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	/* never empty in between, as sysfs never is */
	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(ftruncate(fd, (off_t)len), 0);
}

void tree_put(const struct tree *t, const char *path, const char *text)
{
	tree_put_bytes(t, path, text, strlen(text));
}

void tree_mkdir(const struct tree *t, const char *path)
{
	make_parents(t, path);
	assert_int_equal(mkdirat(t->root, path, 0755), 0);
}

void tree_drop(const struct tree *t, const char *path)
{
	char full[256];

	full_path(t, path, full);
	remove_all(full);
}

void tree_link(const struct tree *t, const char *path, const char *to)
{
	make_parents(t, path);
	assert_int_equal(symlinkat(to, t->root, path), 0);
}

void tree_rename(const struct tree *t, const char *from, const char *to)
{
	assert_int_equal(renameat(t->root, from, t->root, to), 0);
}

bool tree_has(const struct tree *t, const char *path)
{
	return faccessat(t->root, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

const char *tree_get(const struct tree *t, const char *path)
{
	static char text[16384];
	_cleanup_close_ int fd = openat(t->root, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	n = read(fd, text, sizeof(text) - 1);
	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

void tree_expect(const struct tree *t, const char *path, const char *text)
{
	if (strcmp(tree_get(t, path), text) != 0)
		fail_msg("%s holds \"%s\", not \"%s\"", path, tree_get(t, path), text);
}

/* Writing is forbidden from the seal on, except through a mapping made before. */
void tree_seal(const struct tree *t, const char *path, const char *text, struct sealed *s)
{
	char link[64];

	s->fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_true(s->fd >= 0);
	assert_int_equal(write(s->fd, text, strlen(text)), strlen(text));
	s->text = mmap(NULL, SEALED_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	assert_true(s->text != MAP_FAILED);
	assert_int_equal(
		fcntl(s->fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW), 0);
	(void)snprintf(link, sizeof(link), "/proc/%d/fd/%d", getpid(), s->fd);
	tree_link(t, path, link);
}

void tree_unseal(struct sealed *s)
{
	(void)munmap(s->text, SEALED_SIZE);
	(void)close(s->fd);
}

void stall(struct sealed *s, const char *kind)
{
	char *total = strstr(strstr(s->text, kind), "total=") + strlen("total=");

	for (char *digit = total + 2; ++*digit > '9'; digit--)
		*digit = '0';
}

void enter_top(void)
{
	if (access("etc/xen-reclaim.conf", F_OK) < 0)
		assert_int_equal(chdir(".."), 0);
	assert_int_equal(access("etc/xen-reclaim.conf", F_OK), 0);
}
