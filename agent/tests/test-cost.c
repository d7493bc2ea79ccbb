// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the daemon costs, as counts where there is something to count: of the built daemon, against
 * a real xenstored and a tree of plain files below --root, and of the policy by itself. The figures
 * are printed.
 */
#include "core/decide.h"
#include "host/domains.h"
#include "host/mailbox.h"
#include "host/memory.h"
#include "host/params.h"
#include "host/psi.h"
#include "host/util.h"
#include "tests/cmocka-all.h"
#include "tests/policy.h"
#include "tests/process.h"
#include "tests/tree.h"
#include "tests/xenstored.h"

#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <xenstore.h>

#define PATIENCE_MS 60000
#define POOL	    PARAMS_DIR "/max_buffer_pages"
#define CONFIG	    "etc/xen/xen-reclaim.conf"
#define TARGET	    "memory/target"

/*
 * What the daemon has beyond its libraries: those alone (tests/floor.c) have 272 kB of RssAnon on
 * Debian 12 (232 with libsystemd alone, 92 with libc alone), all but 92 of them relocated data.
 */
#define OWN_1000_KB 300
#define RSS_PER_VBD 130

/*
 * A change and a request cost three: the target is read, the request is read, and answered (one
 * that is carried out is accepted first). A watch event that is late or early by one at either end
 * of the count changes it by no more than its own reads.
 */
#define CHANGES	       50
#define OPERATIONS     (3 * CHANGES)
#define OPERATIONS_OFF 4

#define EVENTS		  50
#define ROUNDS		  10
#define MIN_INTERVAL	  "250ms"
#define PACE_NS		  260000000L
#define TOLD_US		  3000 /* three times what it takes: machines differ */
#define TOLD_SANITIZED_US 50000

static char daemon_path[PATH_MAX];
static struct test_xenstored xenstored;
static struct xs_handle *dom0;
static pid_t daemon_pid;
static int notify = -1;

/* --- between daemon and xenstored: passes everything on, and counts requests ------------------ */

static struct relay {
	struct sockaddr_un front;
	struct sockaddr_un back;
	int listener;
	pthread_t thread;
	unsigned requests;
} relay = {.listener = -1};

static bool pass(int from, int to, void *buf, size_t n)
{
	return recv(from, buf, n, MSG_WAITALL) == (ssize_t)n &&
	       send(to, buf, n, MSG_NOSIGNAL) == (ssize_t)n;
}

/* The header of a message of xenstore's protocol: type, request, transaction, length. */
static bool pass_message(int from, int to)
{
	char body[4096];
	uint32_t header[4];

	return pass(from, to, header, sizeof(header)) && header[3] <= sizeof(body) &&
	       (header[3] == 0 || pass(from, to, body, header[3]));
}

/* The one that speaks, and the one that only tells of xenstored's end. */
#define CONNECTIONS 2

static int connect_back(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&relay.back, sizeof(relay.back)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/* Until a connection ends: then the daemon has ended. */
static void *relay_run(void *unused)
{
	struct pollfd p[1 + 2 * CONNECTIONS] = {{relay.listener, POLLIN, 0}};
	nfds_t n = 1;
	bool on = true;

	(void)unused;
	while (on && poll(p, n, -1) > 0) {
		for (nfds_t i = 1; on && i < n; i += 2) {
			if (p[i].revents) {
				(void)__atomic_add_fetch(&relay.requests, 1, __ATOMIC_SEQ_CST);
				on = pass_message(p[i].fd, p[i + 1].fd);
			}
			if (on && p[i + 1].revents)
				on = pass_message(p[i + 1].fd, p[i].fd);
		}
		if (!on || !p[0].revents)
			continue;
		on = n < ARRAY_SIZE(p);
		for (int side = 0; on && side < 2; side++) {
			p[n] = (struct pollfd){side ? connect_back()
						    : accept(relay.listener, NULL, NULL),
					       POLLIN, 0};
			on = p[n++].fd >= 0;
		}
	}
	for (nfds_t i = 1; i < n; i++)
		close_fd(&p[i].fd);
	return NULL;
}

static void relay_start(void)
{
	relay.front = relay.back = (struct sockaddr_un){.sun_family = AF_UNIX};
	(void)snprintf(relay.front.sun_path, sizeof(relay.front.sun_path), "%s/relay", tree.path);
	(void)snprintf(relay.back.sun_path, sizeof(relay.back.sun_path), "%s", xenstored.dom0_path);
	relay.requests = 0;
	relay.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(relay.listener >= 0);
	assert_int_equal(bind(relay.listener, (struct sockaddr *)&relay.front, sizeof(relay.front)),
			 0);
	assert_int_equal(listen(relay.listener, CONNECTIONS), 0);
	assert_int_equal(pthread_create(&relay.thread, NULL, relay_run, NULL), 0);
}

static void relay_end(void)
{
	if (relay.listener < 0)
		return;
	(void)shutdown(relay.listener, SHUT_RDWR);
	(void)pthread_join(relay.thread, NULL);
	close_fd(&relay.listener);
	relay.listener = -1;
}

/* --- the host and the daemon ------------------------------------------------------------------ */

static void put_host(unsigned vbds)
{
	char path[64];

	tree_put(&tree, POOL, "1024\n");
	tree_put(&tree, PARAMS_DIR "/persistent_grant_unused_seconds", "60\n");
	tree_put(&tree, PARAMS_DIR "/max_persistent_grants", "1056\n");
	tree_put(&tree, XEN_MEMORY "/info/current_kb", "600000\n");
	tree_put(&tree, XEN_MEMORY "/info/low_kb", "0\n");
	tree_put(&tree, XEN_MEMORY "/target_kb", "700000\n");
	tree_put(&tree, "sys/hypervisor/type", "xen\n");
	tree_put(&tree, "proc/xen/capabilities", "control_d\n");
	tree_put(&tree, "proc/sys/kernel/osrelease", "6.1.0-32-amd64\n");
	tree_put(&tree, "proc/cmdline", "ro initcall_blacklist=unpopulated_init\n");
	tree_put(&tree, "proc/iomem", "00000000-00000fff : Reserved\n");
	tree_put(&tree, "proc/meminfo", "MemTotal: 1700000 kB\nMemAvailable:  1000000 kB\n");
	tree_put(&tree, "proc/vmstat", "pswpin 10\npswpout 20\n");
	tree_put(&tree, CONFIG, "[reclaim]\nmin_interval = " MIN_INTERVAL "\n");
	tree_mkdir(&tree, "run/xen-reclaim");
	for (unsigned i = 0; i < vbds; i++) {
		(void)snprintf(path, sizeof(path), "sys/bus/xen-backend/devices/vbd-%u-51712",
			       i + 1);
		tree_mkdir(&tree, path);
	}
}

static void store_put(const char *path, const char *value)
{
	assert_true(xs_write(dom0, XBT_NULL, path, value, (unsigned)strlen(value)));
}

/* Return: whether the daemon says anything in that time. */
static bool says_more(int timeout_ms)
{
	struct pollfd p = {notify, POLLIN, 0};

	return poll(&p, 1, timeout_ms) == 1;
}

/* What it says next. Return: whether that is the word. */
static bool says(const char *word)
{
	char text[512];
	ssize_t n = recv(notify, text, sizeof(text) - 1, 0);

	assert_true(n > 0);
	text[n] = '\0';
	return strstr(text, word) != NULL;
}

/* Until the daemon says so. Return: how often it said it was alive. */
static unsigned wait_for(const char *word, unsigned times)
{
	unsigned seen = 0;

	while (seen < times) {
		assert_true(says_more(PATIENCE_MS));
		seen += says(word);
	}
	return seen;
}

/* Return: how often it said so meanwhile. */
static unsigned said(const char *word)
{
	unsigned seen = 0;

	while (says_more(0))
		seen += says(word);
	return seen;
}

static void start_with(unsigned vbds, const char *store)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char root[96];
	char *argv[] = {daemon_path, root, NULL};

	put_host(vbds);
	(void)snprintf(root, sizeof(root), "--root=%s", tree.path);
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/notify", tree.path);
	notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(notify, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", addr.sun_path, 1), 0);
	assert_int_equal(setenv("XENSTORED_PATH", store, 1), 0);
	assert_int_equal(posix_spawn(&daemon_pid, daemon_path, NULL, NULL, argv, environ), 0);
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)wait_for("READY=1", 1);
}

static void start_daemon(unsigned vbds)
{
	relay_start();
	start_with(vbds, relay.front.sun_path);
}

static int setup(void **state)
{
	(void)tree_setup(state);
	store_put(MAILBOX_REQUEST, "");
	store_put(MAILBOX_RESPONSE, "");
	store_put(TARGET, "700000");
	return 0;
}

static int teardown(void **state)
{
	if (daemon_pid) {
		(void)kill(daemon_pid, SIGKILL);
		(void)waitpid(daemon_pid, NULL, 0);
		daemon_pid = 0;
	}
	relay_end();
	close_fd(&notify);
	notify = -1;
	return tree_teardown(state);
}

static void request(const char *rest)
{
	static unsigned id;
	char text[128];
	char answer[32];
	char *value = NULL;
	char **event;
	unsigned n;

	(void)snprintf(text, sizeof(text), "%u %s", ++id, rest);
	(void)snprintf(answer, sizeof(answer), "%u ", id);
	store_put(MAILBOX_REQUEST, text);
	do {
		free(value);
		event = xs_read_watch(dom0, &n);
		assert_non_null(event);
		free(event);
		value = xs_read(dom0, XBT_NULL, MAILBOX_RESPONSE, &n);
		assert_non_null(value);
	} while (strncmp(value, answer, strlen(answer)) != 0 || strstr(value, "accepted"));
	free(value);
}

/* A look at all disks, and nothing else: no kernel offers this of a disk that is not there. */
static void let_it_look(void)
{
	request("slots - 9");
}

/* --- tests ------------------------------------------------------------------------------------ */

static void count_wake_ups(unsigned vbds)
{
	uint64_t before;
	uint64_t wakes;
	unsigned pings = 8;

	start_daemon(vbds);
	let_it_look();
	(void)wait_for("WATCHDOG=1", 2);
	before = process_wake_ups(daemon_pid);
	(void)said("WATCHDOG=1");
	pings = wait_for("WATCHDOG=1", pings);
	wakes = process_wake_ups(daemon_pid) - before;
	pings += said("WATCHDOG=1");
	print_message("%u disks: %u pings of the watchdog, %" PRIu64 " wake-ups\n", vbds, pings,
		      wakes);
	/* one where the last look fell between a ping and the sleep after it */
	assert_in_range(wakes, pings - 1, pings + 1);
}

static void nothing_but_the_watchdog_wakes_it_without_a_disk(void **state)
{
	(void)state;
	assert_int_equal(setenv("WATCHDOG_USEC", "400000", 1), 0);
	count_wake_ups(0);
}

/* But for a look in a minute. */
static void nor_while_memory_is_plentiful(void **state)
{
	(void)state;
	assert_int_equal(setenv("WATCHDOG_USEC", "400000", 1), 0);
	count_wake_ups(10);
}

static uint64_t rss_kb(unsigned vbds)
{
	void *state = NULL;
	uint64_t kb;

	start_daemon(vbds);
	let_it_look(); /* both of its lists are in use then */
	let_it_look();
	kb = process_number(daemon_pid, "status", "RssAnon:");
	(void)teardown(&state);
	(void)setup(&state);
	return kb;
}

/* RssAnon of a program that has the daemon's libraries and does nothing. */
static uint64_t floor_kb(void)
{
	char path[PATH_MAX + 16];
	uint64_t kb;
	int s[2];
	pid_t pid;
	char c;

	(void)snprintf(path, sizeof(path), "%.*s/floor",
		       (int)(strrchr(daemon_path, '/') - daemon_path), daemon_path);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (dup2(s[1], STDIN_FILENO) >= 0 && dup2(s[1], STDOUT_FILENO) >= 0)
			(void)execl(path, "floor", NULL);
		_exit(1);
	}
	(void)close(s[1]);
	assert_int_equal(read(s[0], &c, 1), 1);
	kb = process_number(pid, "status", "RssAnon:");
	(void)close(s[0]);
	(void)waitpid(pid, NULL, 0);
	return kb;
}

static bool sanitized(void)
{
	return strstr(daemon_path, "sanitize") != NULL;
}

static void memory_is_bounded_and_linear_in_disks(void **state)
{
	static const unsigned vbds[] = {0, 1000, 5000, 10000};
	uint64_t kb[ARRAY_SIZE(vbds)];
	uint64_t libraries_kb;

	(void)state;
	if (sanitized())
		skip();
	libraries_kb = floor_kb();
	print_message("its libraries alone: RssAnon %" PRIu64 " kB\n", libraries_kb);
	for (size_t i = 0; i < ARRAY_SIZE(vbds); i++) {
		kb[i] = rss_kb(vbds[i]);
		print_message("%u disks: RssAnon %" PRIu64 " kB, %" PRIu64 " bytes a disk\n",
			      vbds[i], kb[i], vbds[i] ? (kb[i] - kb[0]) * 1024 / vbds[i] : 0);
	}
	assert_true(kb[1] - libraries_kb <= OWN_1000_KB);
	for (size_t i = 2; i < ARRAY_SIZE(vbds); i++)
		assert_true((kb[i] - kb[0]) * 1024 <= (uint64_t)RSS_PER_VBD * vbds[i]);
}

static unsigned requests_of_a_change(unsigned vbds)
{
	void *state = NULL;
	unsigned before;
	unsigned n;

	start_daemon(vbds);
	for (unsigned i = 0; i < GRANT_LOOKS + 5 * vbds / DOMAINS_AT_ONCE; i++)
		let_it_look(); /* whatever the start led to is over, and every disk is known */
	before = __atomic_load_n(&relay.requests, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < CHANGES; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "%u", 710000 + i);
		store_put(TARGET, text);
		let_it_look(); /* is answered after whatever the target led to */
	}
	n = __atomic_load_n(&relay.requests, __ATOMIC_SEQ_CST) - before;
	(void)teardown(&state);
	(void)setup(&state);
	return n;
}

static void a_change_in_xenstore_costs_a_few_requests_with_any_number_of_disks(void **state)
{
	unsigned few = requests_of_a_change(10);
	unsigned many = requests_of_a_change(1000);

	(void)state;
	print_message("%d targets and requests: %u requests to xenstore, %u with 1,000 disks\n",
		      CHANGES, few, many);
	assert_in_range(few, OPERATIONS - OPERATIONS_OFF, OPERATIONS + OPERATIONS_OFF);
	assert_in_range(many, OPERATIONS - OPERATIONS_OFF, OPERATIONS + OPERATIONS_OFF);
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a;
	const uint64_t *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* From before a request is written to after the first write to the parameter was seen. */
static uint64_t triggered_us(int seen)
{
	char buf[4096] __attribute__((aligned(8)));
	struct pollfd p = {seen, POLLIN, 0};
	static unsigned id = 100000;
	char text[128];
	uint64_t start_us;
	uint64_t us;

	while (read(seen, buf, sizeof(buf)) > 0 || recv(notify, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		; /* a full queue would stop the daemon */
	(void)snprintf(text, sizeof(text), "%u pool 1 *", ++id);
	start_us = now_us();
	store_put(MAILBOX_REQUEST, text);
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	us = now_us() - start_us;
	(void)nanosleep(&(struct timespec){.tv_nsec = PACE_NS}, NULL); /* least time between two */
	return us;
}

static uint64_t median_told_us(int seen)
{
	uint64_t us[EVENTS];

	for (int i = 0; i < EVENTS; i++)
		us[i] = triggered_us(seen);
	qsort(us, EVENTS, sizeof(us[0]), compare);
	print_message("request to parameter written, through xenstored: median %" PRIu64
		      " us, least %" PRIu64 ", greatest %" PRIu64 "\n",
		      us[EVENTS / 2], us[0], us[EVENTS - 1]);
	return us[EVENTS / 2];
}

/* A machine that has other things to do gets some rounds. */
static void the_kernel_is_told_at_once(void **state)
{
	int seen = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	uint64_t limit_us = sanitized() ? TOLD_SANITIZED_US : TOLD_US;
	uint64_t us = UINT64_MAX;
	char path[128];

	(void)state;
	start_with(10, xenstored.dom0_path);
	(void)snprintf(path, sizeof(path), "%s/" POOL, tree.path);
	assert_true(inotify_add_watch(seen, path, IN_MODIFY) >= 0);
	for (int i = 0; us > limit_us && i < ROUNDS; i++)
		us = median_told_us(seen);
	(void)close(seen);
	assert_true(us <= limit_us);
}

/*
 * Pressure each second on a stock driver: it watches the disks, tries what it can do, and holds the
 * parameters. All that costs most is in these seconds.
 */
#define DISKS		 24
#define BUSY		 6
#define PRESSED_S	 15
#define PRESSED_CPU_MS	 300 /* what a minute may cost */
#define PRESSED_WAKE_UPS 400

static void put_ios(unsigned disk, unsigned ios)
{
	char path[64];
	char text[64];

	(void)snprintf(path, sizeof(path), "sys/dev/block/253:%u/stat", disk);
	(void)snprintf(text, sizeof(text), "%u 0 8 0 1 0 8 0 0 0 0 0 0 0 0 0 0\n", ios);
	tree_put(&tree, path, text);
}

static void put_behind(unsigned disk)
{
	char path[96];
	char text[16];

	(void)snprintf(path, sizeof(path),
		       "sys/bus/xen-backend/devices/vbd-%u-51712/physical_device", disk + 1);
	(void)snprintf(text, sizeof(text), "fd:%x\n", disk);
	tree_put(&tree, path, text);
	put_ios(disk, 0);
}

/* Whatever it says is read, or it would wait. */
static void press(struct sealed *psi, unsigned second)
{
	uint64_t end_us = now_us() + USEC_PER_SEC;

	for (unsigned i = 0; i < BUSY; i++)
		put_ios(i, second + 1);
	stall(psi, second % 3 ? "some" : "full");
	for (uint64_t us = now_us(); us < end_us; us = now_us())
		if (says_more((int)((end_us - us) / USEC_PER_MSEC) + 1))
			(void)said("");
}

static void pressure_costs_little(void **state)
{
	struct sealed psi;
	uint64_t cpu_ns;
	uint64_t wakes;

	(void)state;
	tree_seal(&tree, PSI_PATH, PSI_TEXT, &psi);
	start_with(DISKS, xenstored.dom0_path);
	for (unsigned i = 0; i < DISKS; i++)
		put_behind(i);
	tree_put(&tree, "proc/meminfo", "MemTotal: 1700000 kB\nMemAvailable:  30000 kB\n");
	cpu_ns = process_cpu_ns(daemon_pid);
	wakes = process_wake_ups(daemon_pid);
	for (unsigned i = 0; i < PRESSED_S; i++)
		press(&psi, i);
	cpu_ns = process_cpu_ns(daemon_pid) - cpu_ns;
	wakes = process_wake_ups(daemon_pid) - wakes;
	tree_unseal(&psi);
	print_message("%u disks, %u s of pressure: %" PRIu64 " ms of processor time, %" PRIu64
		      " wake-ups\n",
		      DISKS, PRESSED_S, cpu_ns / 1000000, wakes);
	assert_true(wakes > 0);
	assert_true(wakes <= PRESSED_WAKE_UPS);
	assert_true(sanitized() || cpu_ns <= PRESSED_CPU_MS * UINT64_C(1000000));
}

#define MANY 1000

static struct vbd vbds[MANY];
static struct target targets[MANY];

/* What can be had, a decision, and the order of the disks it is for. */
static void decide_over(size_t n)
{
	struct policy p = {.max_level = LEVEL_SLOTS, .idle_us = USEC_PER_SEC, .min_gain_kb = 1};
	const bool all[LEVEL_COUNT] = {true, true, true};
	struct vbd_list list = list_of(vbds, n);
	struct capabilities c;
	struct event e = {.type = EVENT_HARD};
	struct state s = {0};

	c = can_of(&p, vbds, n, all, 0);
	(void)decide(&p, &c, &s, &e, 3600 * USEC_PER_SEC);
	(void)rank_vbds(&p, all, &s.action, &list, targets);
}

/* A child that is stepped through it, one instruction at a time. */
static uint64_t instructions(size_t n)
{
	uint64_t steps = 0;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(1);
		(void)raise(SIGSTOP);
		decide_over(n);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (; WIFSTOPPED(status); steps++) {
		assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
	}
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return steps;
}

static void a_decision_is_linear_in_disks(void **state)
{
	uint64_t none;
	uint64_t some;
	uint64_t ten_times;

	(void)state;
	if (sanitized())
		skip();
	for (size_t i = 0; i < MANY; i++)
		vbds[i] = (struct vbd){
			.domid = (uint16_t)(i % 1000),
			.devid = (uint32_t)i,
			.levels = 7,
			.shows = true,
			.squeeze_ms = 10,
			.rate = (uint32_t)(i * 31 % 5000),
			.idle_us = i * 7919 % 10 * USEC_PER_SEC,
			.held_kb = {8, i * 4729 % 4224, 1248},
		};
	none = instructions(0);
	some = instructions(MANY / 10) - none;
	ten_times = instructions(MANY) - none;
	print_message("instructions: %" PRIu64 ", and %" PRIu64 " for %d disks, %" PRIu64
		      " for %d\n",
		      none, some, MANY / 10, ten_times, MANY);
	assert_true(some > 0);
	assert_true(ten_times <= 12 * some);
}

/* --- the group -------------------------------------------------------------------------------- */

static int start_xenstored(void **state)
{
	unsigned n;

	(void)state;
	enter_top();
	assert_int_equal(test_xenstored_start(&xenstored, NULL, 0), 0);
	assert_int_equal(test_xenstored_as(&xenstored, 0), 0);
	dom0 = xs_open(0);
	assert_non_null(dom0);
	store_put(MAILBOX_RESPONSE, "");
	assert_true(xs_watch(dom0, MAILBOX_RESPONSE, MAILBOX_RESPONSE));
	free(xs_read_watch(dom0, &n));
	return 0;
}

static int stop_xenstored(void **state)
{
	(void)state;
	xs_close(dom0);
	assert_int_equal(test_xenstored_stop(&xenstored), 0);
	return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_but_the_watchdog_wakes_it_without_a_disk),
		T(nor_while_memory_is_plentiful),
		T(memory_is_bounded_and_linear_in_disks),
		T(a_change_in_xenstore_costs_a_few_requests_with_any_number_of_disks),
		T(the_kernel_is_told_at_once),
		T(pressure_costs_little),
		cmocka_unit_test(a_decision_is_linear_in_disks),
	};
	const char *given = getenv("XEN_RECLAIMD");
	char self[256];
	char path[300];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	(void)snprintf(path, sizeof(path), "%s/xen-reclaimd", self);
	assert_non_null(realpath(given ? given : path, daemon_path));
	/* On a disk, truncating what stands for a parameter takes a third of a millisecond. */
	(void)setenv("TMPDIR", "/dev/shm", 0);
	(void)alarm(600); /* libxenstore waits for ever for an answer that is lost */
	return cmocka_run_group_tests(tests, start_xenstored, stop_xenstored);
}
