// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: values and watches of xenstore, through the agent's own handlers. Every request gets
 * at most one answer, of the mailbox's form and with its id; nothing else is written; a rule is had
 * by the whole of a name alone; an estimate stays within what a backend can hold. No xenstored, and
 * no file: what would reach one is wrapped by the linker.
 */
#include "cli/slots.h"
#include "fuzz/fuzz.h"

#include <stdarg.h>
#include <xenstore.h>

#include "daemon/state-file.h"
#include "daemon/xenstore.c" /* the handlers are its own */

enum { NAME, VM, FRONTEND, QUEUES, QUEUES_MAX, ORDER, ORDER_MAX, REQUEST, RESPONSE, OWN_TARGET };

static struct store_value values[] = {
	{.key = "name"},
	{.key = "vm"},
	{.key = "frontend"},
	{.key = "multi-queue-num-queues"},
	{.key = "multi-queue-max-queues"},
	{.key = "ring-page-order"},
	{.key = "max-ring-page-order"},
	{.key = "request"},
	{.key = "response"},
	{.key = "target"},
};

static struct domain_rule rules[] = {{.whom = "db"},
				     {.whom = "0a1b2c3d-0000-1111-2222-333344445555"}};
static unsigned answers;

/* The mailbox whose request is read now. */
static const struct mailbox_paths *asked_at;

static void wrote(const char *path, const char *value, size_t len)
{
	uint64_t id = strtoull(values[REQUEST].value, NULL, 10);
	struct response r;

	check(asked_at && strcmp(path, asked_at->response) == 0);
	check(response_parse(value, len, &r) == 0);
	check(r.id == 0 || r.id == id);
	answers++;
}

static struct target targets[2];
static struct vbd disks[] = {
	{.domid = 1, .devid = 51712, .levels = 7, .squeeze_ms = 10},
	{.domid = 2, .devid = 51712},
};

int __wrap_inventory_read(int root, struct inventory *inv)
{
	(void)root;
	inv->now = (struct vbd_list){.vbds = disks, .n = ARRAY_SIZE(disks)};
	inv->targets = targets;
	inv->params = true;
	inv->mechanism = MECHANISM_MODULE;
	return 0;
}

int __wrap_memory_sample(const struct memory *h, struct sample *s)
{
	(void)h;
	*s = (struct sample){.held_known = true, .held_kb = 100000, .available_kb = 100000};
	return 0;
}

int __wrap_memory_balloon(const struct memory *h, struct balloon *b)
{
	(void)h;
	*b = (struct balloon){.current_kb = 600000, .target_kb = 700000};
	return 0;
}

/* What is begun is never done: nothing wakes this. */
int __wrap_reclaimer_begin(struct reclaimer *r, const struct vbd_list *all, struct order *o,
			   uint64_t now_us)
{
	(void)r;
	(void)all;
	(void)now_us;
	check(o->action->level <= LEVEL_SLOTS && o->window_us >= USEC_PER_MSEC);
	check(o->window_us <= 60 * USEC_PER_SEC);
	return o->action->domid == 1 ? -ENODEV : 0;
}

int __wrap_state_file_write(int root, const struct report *r, const struct config *config,
			    const struct controller *c)
{
	(void)root;
	(void)r;
	(void)config;
	(void)c;
	return 0;
}

static void try_names(struct agent *a)
{
	struct vbd v = {.domid = 1};
	struct vbd_list list = {.vbds = &v, .n = 1};
	size_t len;

	domains_name(&a->store, &a->config.policy, &list, 1);
	check(v.rule <= ARRAY_SIZE(rules) && (v.named || !v.rule));
	if (!v.rule)
		return;
	len = strlen(rules[v.rule - 1].whom);
	check((values[NAME].len == len &&
	       memcmp(values[NAME].value, rules[v.rule - 1].whom, len) == 0) ||
	      (values[VM].len == len + 4 &&
	       memcmp(values[VM].value + 4, rules[v.rule - 1].whom, len) == 0));
}

static void try_estimate(struct agent *a)
{
	const struct inventory *inv = &a->inventory;
	struct slots r = slots_estimate(&a->store, inv);

	check(r.held_kb <= inv->now.n * 256 * 512 * 40 && r.kept_kb <= inv->now.n * 256 * 48);
	check(r.kept_kb <= r.held_kb);
}

static void fire(struct agent *a, const char *token)
{
	store_token = token;
	answers = 0;
	asked_at = NULL;
	for (enum mailbox m = 0; m < MAILBOX_COUNT; m++)
		if (strcmp(token, mailboxes[m].request) == 0)
			asked_at = &mailboxes[m];
	check(on_store(NULL, -1, 0, a) == 0);
	check(answers <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct agent a = {
		.config = config_default(),
		.facts = {.mechanism = MECHANISM_MODULE, .params = true},
		.report = {.mechanism = "module"},
		.controller = {.ops = &machine_ops,
			       .host = &a,
			       .policy = &a.config.policy,
			       .view.disks = &a.inventory.now},
	};
	char token[96];

	(void)setenv("JOURNAL_STREAM", "1", 1); /* nothing on stderr */
	store_values = values;
	n_store_values = ARRAY_SIZE(values);
	for (size_t i = 0; i < ARRAY_SIZE(disks); i++)
		disks[i].named = false;
	a.config.policy.rules = rules;
	a.config.policy.n_rules = size % 3;
	a.store.xs = xs_open(0);
	store_wrote = wrote;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		values[i].len = next_field(&in, values[i].value, sizeof(values[i].value));
	asked_at = mailboxes;
	answer_leftover(&a, MAILBOX_TOOLSTACKS);
	controller_look(&a.controller);
	try_names(&a);
	try_estimate(&a);
	fire(&a, MAILBOX_REQUEST);
	fire(&a, MAILBOX_REQUEST);
	fire(&a, BALLOON_TARGET);
	while (in.left) { /* what a guest changes again and again, under any name */
		values[OWN_TARGET].len = next_field(&in, values[OWN_TARGET].value, 32);
		values[REQUEST].len = next_field(&in, values[REQUEST].value, 200);
		(void)next_field(&in, token, sizeof(token));
		fire(&a, BALLOON_TARGET);
		fire(&a, token);
	}
	store_wrote = NULL;
	return 0;
}
