/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host for tests of the built daemon and command line as programs: a tree that stands for "/", a
 * real xenstored, and all that they did, noted as it happens. The tree is a stub: plain files stand
 * for procfs and sysfs, so parameters are set, but nothing is reclaimed. Must not know what is
 * tested.
 */
#ifndef XEN_RECLAIM_TESTS_WORLD_H
#define XEN_RECLAIM_TESTS_WORLD_H

#include "daemon/report.h"
#include "host/lock.h"
#include "host/mailbox.h"
#include "host/memory.h"
#include "host/params.h"
#include "host/psi.h"
#include "host/util.h"
#include "tests/cmocka-all.h"
#include "tests/tree.h"
#include "tests/xenstored.h"

#include <json-c/json.h>
#include <xenstore.h>

#define PATIENCE_US (30 * USEC_PER_SEC)

#define POOL	PARAMS_DIR "/max_buffer_pages"
#define AGE	PARAMS_DIR "/persistent_grant_unused_seconds"
#define GRANTS	PARAMS_DIR "/max_persistent_grants"
#define CURRENT XEN_MEMORY "/info/current_kb"
#define LOW	XEN_MEMORY "/info/low_kb"
#define CONFIG	"etc/xen/xen-reclaim.conf"
#define TARGET	"memory/target"

/* What a purge of grants writes: eight pulses, then low for good, then back. */
#define AGE_WRITES (2 * 8 + 2)

enum { OUT, ERR, STREAMS };

/** struct child - a program that was started, and what it said. */
struct child {
	pid_t pid;
	int pidfd;
	int fds[STREAMS];
	char text[STREAMS][8192];
	size_t len[STREAMS];
	int status;
};

/**
 * struct world - one test's host, and what was seen of it.
 * @output: where stdout of what is started goes; NULL: into its text.
 */
struct world {
	const char *output;
	struct tree tree;
	struct child daemon;
	struct child cli;
	int notify;
	char notified[8192];
	int inotify;
	int params_wd;
	unsigned writes[PARAM_COUNT];
	char responses[64][MAILBOX_MAX_CHARS + 1];
	unsigned n_responses;
};

extern struct world w;
extern char daemon_path[512];
extern char cli_path[512];
extern char stub_path[600]; /* where libraries of the tests are */
extern struct test_xenstored xenstored;
extern struct xs_handle *dom0;

/* Until @cond holds; everything that can make it hold wakes pump(). */
#define WAIT(cond)                                                                                 \
	do {                                                                                       \
		uint64_t end_us = now_us() + PATIENCE_US;                                          \
                                                                                                   \
		while (!(cond)) {                                                                  \
			uint64_t t_us = now_us();                                                  \
                                                                                                   \
			if (t_us >= end_us)                                                        \
				fail_msg("waited for %s; the daemon said:\n%s", #cond,             \
					 w.daemon.text[ERR]);                                      \
			pump((int)((end_us - t_us) / USEC_PER_MSEC) + 1);                          \
		}                                                                                  \
	} while (0)

#define ARGS(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

/** store_get() - as dom0; "(none)" where there is none. In a buffer that the next call uses again.
 */
char *store_get(const char *path);

/** pump() - take note of whatever happened, after waiting for something to happen. */
void pump(int timeout_ms);

/** spawn() - start a program on this host. */
void spawn(struct child *c, const char *program, const char *const *args);
int exit_status(const struct child *c);

/** run() - a program to its end. Return: its exit status. */
int run(const char *program, const char *const *args);

/** count() - how often @part stands in @text. */
unsigned count(const char *text, const char *part);

/** spawn_daemon() - without waiting. */
void spawn_daemon(const char *program, const char *const *args);

/** start_daemon() - until it says that it is ready. */
void start_daemon(const char *const *args);

/** stop_daemon() - by SIGTERM; it has to end well. */
void stop_daemon(void);
void kill_daemon(void);
void expect_said(const struct child *c, int stream, const char *part);
void expect_one_line(const struct child *c);
bool holds(const char *path, const char *text);

/** expect_all_back() - every parameter has its old value, and nothing is saved. */
void expect_all_back(void);

/** expect_untouched() - and none was ever written. */
void expect_untouched(void);
void store_put(const char *path, const char *value);

/** store_wakes() - a change there wakes pump(). */
void store_wakes(const char *path);

/** request() - one that somebody waits for. */
void request(unsigned id, const char *rest);

/** let_target_fall() - the toolstack wants memory of dom0: less than it has. */
void let_target_fall(void);

/** count_responses() - those that begin so. */
unsigned count_responses(const char *text);

/** sync_daemon() - until the daemon has dealt with everything written into the store before. */
void sync_daemon(void);
struct json_object *member(struct json_object *o, const char *key);
const char *string(struct json_object *o, const char *key);
int64_t number(struct json_object *o, const char *key);
struct json_object *parse(const char *text);
struct json_object *state_now(void);
int64_t actions_now(void);
void expect_newest(const char *key, const char *value);

/** newest_is() - the last action in the history has this verdict. */
bool newest_is(const char *verdict);

/** put_native() - a disk of a kernel that offers all levels for each. */
void put_native(const char *vbd);

/** world_start() - the xenstored of all tests of a program. */
int world_start(void **state);
int world_stop(void **state);

/** world_setup() - the host of one test: two disks, and no pressure information. */
int world_setup(void **state);
int world_teardown(void **state);

/** T() - a test on a host of its own. */
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

#endif
