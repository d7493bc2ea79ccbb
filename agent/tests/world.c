// SPDX-License-Identifier: GPL-2.0-or-later
/* One test's host, and the programs that run on it; see world.h. */
#include "tests/world.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

struct world w;

char daemon_path[512];
char cli_path[512];
char stub_path[600];
struct test_xenstored xenstored;
struct xs_handle *dom0;

/* --- what happens --------------------------------------------------------------------------- */

static void drain_stream(struct child *c, int i)
{
	size_t room = sizeof(c->text[i]) - 1 - c->len[i];
	ssize_t n = read(c->fds[i], c->text[i] + c->len[i], room);

	assert_true(room > 0);
	if (n > 0) {
		c->len[i] += (size_t)n;
	} else {
		(void)close(c->fds[i]);
		c->fds[i] = -1;
	}
}

/* All that it said comes before its end is told. */
static void reap(struct child *c)
{
	if (c->fds[OUT] >= 0 || c->fds[ERR] >= 0)
		return;
	assert_int_equal(waitpid(c->pid, &c->status, 0), c->pid);
	(void)close(c->pidfd);
	c->pidfd = -1;
	c->pid = 0;
}

static void drain_notify(void)
{
	size_t len = strlen(w.notified);
	ssize_t n = recv(w.notify, w.notified + len, sizeof(w.notified) - 2 - len, 0);

	assert_true(n > 0);
	(void)snprintf(w.notified + len + n, 2, "\n");
}

static void note_write(const struct inotify_event *e)
{
	for (int id = 0; id < PARAM_COUNT; id++)
		if (strcmp(e->name, param_names[id]) == 0 && e->mask & IN_CLOSE_WRITE)
			w.writes[id]++;
}

static void drain_inotify(void)
{
	_Alignas(struct inotify_event) char buf[4096];
	ssize_t n = read(w.inotify, buf, sizeof(buf));

	assert_true(n > 0);
	for (char *at = buf; at < buf + n;) {
		const struct inotify_event *e = (const struct inotify_event *)at;

		if (e->wd == w.params_wd)
			note_write(e);
		at += sizeof(*e) + e->len;
	}
}

char *store_get(const char *path)
{
	static char text[MAILBOX_MAX_CHARS + 1];
	unsigned len;
	char *value = xs_read(dom0, XBT_NULL, path, &len);

	(void)snprintf(text, sizeof(text), "%s", value ? value : "(none)");
	free(value);
	return text;
}

static void drain_store(void)
{
	char **event;

	while ((event = xs_check_watch(dom0))) {
		bool response = strcmp(event[XS_WATCH_TOKEN], MAILBOX_RESPONSE) == 0;
		const char *value = response ? store_get(MAILBOX_RESPONSE) : "";

		if (*value && strcmp(value, "(none)") != 0) {
			assert_true(w.n_responses < ARRAY_SIZE(w.responses));
			(void)snprintf(w.responses[w.n_responses++], sizeof(w.responses[0]), "%s",
				       value);
		}
		free(event);
	}
}

/* Takes note of whatever happened, after waiting for something to happen. */
void pump(int timeout_ms)
{
	struct child *const children[] = {&w.daemon, &w.cli};
	struct pollfd p[] = {
		{w.notify, POLLIN, 0},		{w.inotify, POLLIN, 0},
		{xs_fileno(dom0), POLLIN, 0},	{w.daemon.fds[OUT], POLLIN, 0},
		{w.daemon.fds[ERR], POLLIN, 0}, {w.cli.fds[OUT], POLLIN, 0},
		{w.cli.fds[ERR], POLLIN, 0},	{w.daemon.pidfd, POLLIN, 0},
		{w.cli.pidfd, POLLIN, 0},
	};

	assert_true(poll(p, ARRAY_SIZE(p), timeout_ms) >= 0);
	if (p[0].revents)
		drain_notify();
	if (p[2].revents)
		drain_store();
	/* what was written and said before such an answer is there by now */
	assert_true(poll(p, ARRAY_SIZE(p), 0) >= 0);
	if (p[1].revents)
		drain_inotify();
	for (int i = 0; i < 2 * STREAMS; i++)
		if (p[3 + i].revents)
			drain_stream(children[i / STREAMS], i % STREAMS);
	for (int i = 0; i < 2; i++)
		if (p[7 + i].revents)
			reap(children[i]);
}

/* --- programs ------------------------------------------------------------------------------- */

void spawn(struct child *c, const char *program, const char *const *args)
{
	posix_spawn_file_actions_t actions;
	char root[128];
	char *argv[16] = {(char *)program, root};
	int pipes[STREAMS][2];
	int n = 2;

	*c = (struct child){0};
	(void)snprintf(root, sizeof(root), "--root=%s", w.tree.path);
	for (; *args; args++)
		argv[n++] = (char *)*args;
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	for (int i = 0; i < STREAMS; i++) {
		assert_int_equal(pipe2(pipes[i], O_CLOEXEC), 0);
		assert_int_equal(
			posix_spawn_file_actions_adddup2(&actions, pipes[i][1], STDOUT_FILENO + i),
			0);
		c->fds[i] = pipes[i][0];
	}
	if (w.output)
		assert_int_equal(posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, w.output,
								  O_WRONLY, 0),
				 0);
	assert_int_equal(posix_spawn(&c->pid, program, &actions, NULL, argv, environ), 0);
	(void)posix_spawn_file_actions_destroy(&actions);
	for (int i = 0; i < STREAMS; i++)
		(void)close(pipes[i][1]);
	c->pidfd = pidfd_open(c->pid, 0);
	assert_true(c->pidfd >= 0);
}

int exit_status(const struct child *c)
{
	assert_true(WIFEXITED(c->status));
	return WEXITSTATUS(c->status);
}

/* Runs a program to its end. Return: its exit status. */
int run(const char *program, const char *const *args)
{
	spawn(&w.cli, program, args);
	WAIT(w.cli.pid == 0);
	return exit_status(&w.cli);
}

unsigned count(const char *text, const char *part)
{
	unsigned n = 0;

	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		n++;
	return n;
}

void spawn_daemon(const char *program, const char *const *args)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/notify", w.tree.path);
	assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
	spawn(&w.daemon, program, args);
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
}

void start_daemon(const char *const *args)
{
	w.notified[0] = '\0';
	spawn_daemon(daemon_path, args);
	WAIT(strstr(w.notified, "READY=1") || w.daemon.pid == 0);
	if (w.daemon.pid == 0)
		fail_msg("the daemon ended:\n%s", w.daemon.text[ERR]);
}

void stop_daemon(void)
{
	assert_int_equal(kill(w.daemon.pid, SIGTERM), 0);
	WAIT(w.daemon.pid == 0);
	if (exit_status(&w.daemon) != 0)
		fail_msg("the daemon failed:\n%s", w.daemon.text[ERR]);
}

void kill_daemon(void)
{
	assert_int_equal(kill(w.daemon.pid, SIGKILL), 0);
	WAIT(w.daemon.pid == 0);
	assert_true(WIFSIGNALED(w.daemon.status));
}

void expect_said(const struct child *c, int stream, const char *part)
{
	if (!strstr(c->text[stream], part))
		fail_msg("\"%s\" says nothing of \"%s\"", c->text[stream], part);
}

void expect_one_line(const struct child *c)
{
	if (count(c->text[ERR], "\n") != 1)
		fail_msg("not one line: \"%s\"", c->text[ERR]);
}

/* --- the host ------------------------------------------------------------------------------- */

bool holds(const char *path, const char *text)
{
	return strcmp(tree_get(&w.tree, path), text) == 0;
}

void expect_all_back(void)
{
	tree_expect(&w.tree, POOL, "1024\n");
	tree_expect(&w.tree, AGE, "60\n");
	tree_expect(&w.tree, GRANTS, "1056\n");
	assert_false(tree_has(&w.tree, PARAMS_SAVED));
}

void expect_untouched(void)
{
	pump(0);
	for (int id = 0; id < PARAM_COUNT; id++)
		assert_int_equal(w.writes[id], 0);
	expect_all_back();
}

void store_put(const char *path, const char *value)
{
	assert_true(xs_write(dom0, XBT_NULL, path, value, (unsigned)strlen(value)));
}

/* A request that somebody waits for. */
void request(unsigned id, const char *rest)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "%u %s", id, rest);
	store_put(MAILBOX_REQUEST, text);
}

/* The toolstack wants memory of dom0: less than it has. */
void let_target_fall(void)
{
	store_put(TARGET, "500000");
}

unsigned count_responses(const char *text)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w.n_responses; i++)
		n += strncmp(w.responses[i], text, strlen(text)) == 0;
	return n;
}

/*
 * Twice: one that has just started may answer the first when it is told that it watches, and before
 * what else was written. What tells it of the first comes after that, and before the second.
 */
void sync_daemon(void)
{
	static unsigned id = 1000;
	char text[32];

	for (int i = 0; i < 2; i++) {
		(void)snprintf(text, sizeof(text), "%u x", ++id);
		store_put(MAILBOX_REQUEST, text);
		(void)snprintf(text, sizeof(text), "%u error EINVAL", id);
		WAIT(count_responses(text));
	}
}

struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v))
		fail_msg("no \"%s\" in %s", key, json_object_to_json_string(o));
	return v;
}

const char *string(struct json_object *o, const char *key)
{
	return json_object_get_string(member(o, key));
}

int64_t number(struct json_object *o, const char *key)
{
	assert_int_equal(json_object_get_type(member(o, key)), json_type_int);
	return json_object_get_int64(member(o, key));
}

struct json_object *parse(const char *text)
{
	struct json_object *o = json_tokener_parse(text);

	if (!o)
		fail_msg("this is no JSON: %s", text);
	return o;
}

struct json_object *state_now(void)
{
	return parse(tree_get(&w.tree, STATE_FILE));
}

int64_t actions_now(void)
{
	struct json_object *o = state_now();
	int64_t n = number(o, "actions");

	(void)json_object_put(o);
	return n;
}

void expect_newest(const char *key, const char *value)
{
	struct json_object *o = state_now();
	struct json_object *list = member(o, "history");
	size_t n = json_object_array_length(list);

	assert_true(n > 0);
	assert_string_equal(string(json_object_array_get_idx(list, n - 1), key), value);
	(void)json_object_put(o);
}

bool newest_is(const char *verdict)
{
	struct json_object *o = state_now();
	struct json_object *list = member(o, "history");
	size_t n = json_object_array_length(list);
	bool is = n > 0 &&
		  strcmp(string(json_object_array_get_idx(list, n - 1), "verdict"), verdict) == 0;

	(void)json_object_put(o);
	return is;
}

/* Dom0 with unpopulated memory switched off, two disks, and no pressure information. */
static void put_host(void)
{
	tree_put(&w.tree, POOL, "1024\n");
	tree_put(&w.tree, AGE, "60\n");
	tree_put(&w.tree, GRANTS, "1056\n");
	tree_put(&w.tree, CURRENT, "600000\n");
	tree_put(&w.tree, LOW, "0\n");
	tree_put(&w.tree, XEN_MEMORY "/target_kb", "700000\n");
	tree_put(&w.tree, "sys/hypervisor/type", "xen\n");
	tree_put(&w.tree, "proc/xen/capabilities", "control_d\n");
	tree_put(&w.tree, "proc/sys/kernel/osrelease", "6.1.0-32-amd64\n");
	tree_put(&w.tree, "proc/cmdline", "ro initcall_blacklist=unpopulated_init\n");
	tree_put(&w.tree, "proc/iomem", "00000000-00000fff : Reserved\n");
	tree_put(&w.tree, "proc/meminfo", "MemTotal: 700000 kB\nMemAvailable:  100000 kB\n");
	tree_put(&w.tree, "proc/vmstat", "pswpin 10\npswpout 20\n");
	tree_mkdir(&w.tree, "sys/bus/xen-backend/devices");
	tree_mkdir(&w.tree, "sys/bus/xen-backend/devices/vbd-1-51712");
	tree_mkdir(&w.tree, "sys/bus/xen-backend/devices/vbd-2-51712");
	tree_mkdir(&w.tree, "sys/bus/xen-backend/devices/vif-1-0");
	tree_mkdir(&w.tree, "run");
	tree_mkdir(&w.tree, "run/xen-reclaim");
	tree_put(&w.tree, CONFIG, "[backoff]\nregrowth = 1s\n");
}

/* A kernel that offers it, as stub files. */
void put_native(const char *vbd)
{
	static const char *const files[][2] = {
		{"levels", "pool grants slots\n"},
		{"squeeze_ms", "10\n"},
		{"trigger", ""},
		{"idle_ms", "9000\n"},
		{"pool_pages", "2\n"},
		{"persistent_pages", "1024\n"},
		{"slot_kb", "1248\n"},
	};
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void)snprintf(path, sizeof(path), "sys/bus/xen-backend/devices/%s/reclaim/%s", vbd,
			       files[i][0]);
		tree_put(&w.tree, path, files[i][1]);
	}
}

/* A watch fires once when it is set. */
void store_wakes(const char *path)
{
	unsigned n;

	assert_true(xs_watch(dom0, path, path));
	free(xs_read_watch(dom0, &n));
}

static void reset_store(void)
{
	assert_int_equal(test_xenstored_as(&xenstored, 0), 0);
	store_put(MAILBOX_REQUEST, "");
	store_put(MAILBOX_RESPONSE, "");
	store_put(TARGET, "700000");
	(void)xs_rm(dom0, XBT_NULL, MAILBOX_AGENT);
	store_wakes(MAILBOX_RESPONSE);
	store_wakes(MAILBOX_AGENT);
}

static void watch_tree(void)
{
	const uint32_t mask = IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_CREATE;
	char path[128];

	w.inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	assert_true(w.inotify >= 0);
	(void)snprintf(path, sizeof(path), "%s/" PARAMS_DIR, w.tree.path);
	w.params_wd = inotify_add_watch(w.inotify, path, mask);
	assert_true(w.params_wd >= 0);
	(void)snprintf(path, sizeof(path), "%s/" RUN_DIR, w.tree.path);
	assert_true(inotify_add_watch(w.inotify, path, mask) >= 0);
}

int world_setup(void **state)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	const struct child none = {.pidfd = -1, .fds = {-1, -1}};

	(void)state;
	w = (struct world){.daemon = none, .cli = none, .notify = -1, .inotify = -1};
	tree_make(&w.tree);
	put_host();
	watch_tree();
	w.notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/notify", w.tree.path);
	assert_int_equal(bind(w.notify, (struct sockaddr *)&addr, sizeof(addr)), 0);
	reset_store();
	return 0;
}

static void end_child(struct child *c)
{
	if (c->pid) {
		(void)kill(c->pid, SIGKILL);
		(void)waitpid(c->pid, NULL, 0);
	}
	close_fd(&c->fds[OUT]);
	close_fd(&c->fds[ERR]);
	close_fd(&c->pidfd);
}

int world_teardown(void **state)
{
	(void)state;
	end_child(&w.daemon);
	end_child(&w.cli);
	close_fd(&w.notify);
	close_fd(&w.inotify);
	(void)xs_unwatch(dom0, MAILBOX_RESPONSE, MAILBOX_RESPONSE);
	(void)xs_unwatch(dom0, MAILBOX_AGENT, MAILBOX_AGENT);
	(void)unsetenv("WATCHDOG_USEC");
	(void)test_xenstored_as(&xenstored, 0);
	tree_remove(&w.tree);
	return 0;
}

/* --- all of it ------------------------------------------------------------------------------ */

/* The programs built beside this one, unless told otherwise. */
static void find_program(const char *variable, const char *name, char buf[static 512])
{
	const char *given = getenv(variable);
	char self[256];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	if (given)
		assert_non_null(realpath(given, buf));
	else
		(void)snprintf(buf, 512, "%s/%s", self, name);
}

int world_start(void **state)
{
	const unsigned guest = 1;

	(void)state;
	find_program("XEN_RECLAIMD", "xen-reclaimd", daemon_path);
	find_program("XEN_RECLAIM", "xen-reclaim", cli_path);
	(void)snprintf(stub_path, sizeof(stub_path), "%.*s/stub",
		       (int)(strrchr(daemon_path, '/') - daemon_path), daemon_path);
	/* libxenstore waits for ever for an answer that is lost. */
	(void)alarm(300);
	enter_top();
	assert_int_equal(test_xenstored_start(&xenstored, &guest, 1), 0);
	assert_int_equal(test_xenstored_as(&xenstored, 0), 0);
	dom0 = xs_open(0);
	assert_non_null(dom0);
	return 0;
}

int world_stop(void **state)
{
	(void)state;
	xs_close(dom0);
	assert_int_equal(test_xenstored_stop(&xenstored), 0);
	return 0;
}
