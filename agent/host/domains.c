// SPDX-License-Identifier: GPL-2.0-or-later
/* Names and UUIDs of domains; see domains.h. Knows no policy. */
#include "host/domains.h"

#include "host/util.h"

#include <string.h>

#define VM_PREFIX "/vm/"

static uint16_t find_rule(const struct policy *p, const char *whom)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (strcmp(p->rules[i].whom, whom) == 0)
			return (uint16_t)(i + 1);
	return 0;
}

uint16_t domains_rule(const struct policy *p, const char *uuid, const char *name)
{
	uint16_t rule = find_rule(p, uuid);

	return rule ? rule : find_rule(p, name);
}

/* The toolstack's own keys: a guest reads them and does not write them. No value leads further. */
static int read_key(struct store *s, unsigned domid, const char *key, char *buf, size_t size)
{
	char path[80];

	(void)snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, key);
	return s->xs ? store_read(s, path, buf, size) : -ENOTCONN;
}

int domain_name(struct store *s, unsigned domid, char buf[static DOMAIN_NAME_SIZE])
{
	int n = read_key(s, domid, "name", buf, DOMAIN_NAME_SIZE);

	if (n <= 0)
		*buf = '\0';
	return n < 0 ? n : n == 0 ? -ENOENT : 0;
}

int domain_name_text(struct store *s, unsigned domid, char buf[static DOMAIN_NAME_SIZE])
{
	int r = domain_name(s, domid, buf);

	make_text(buf);
	return r;
}

bool is_uuid(const char *s)
{
	if (strlen(s) != 36)
		return false;
	for (size_t i = 0; s[i]; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23
			    ? s[i] != '-'
			    : !strchr("0123456789abcdefABCDEF", s[i]))
			return false;
	return true;
}

int domain_uuid(struct store *s, unsigned domid, char buf[static DOMAIN_UUID_SIZE])
{
	char text[DOMAIN_UUID_SIZE] = "";
	int n = read_key(s, domid, "vm", text, sizeof(text));
	bool is_vm = strncmp(text, VM_PREFIX, strlen(VM_PREFIX)) == 0;

	(void)snprintf(buf, DOMAIN_UUID_SIZE, "%s", n > 0 && is_vm ? text + strlen(VM_PREFIX) : "");
	return n < 0 && n != -ENOENT ? n : 0;
}

bool domain_is_passing(const char *name)
{
	static const char *const suffixes[] = {"--incoming", "--migratedaway"};
	size_t len = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (len > n && strcmp(name + len - n, suffixes[i]) == 0)
			return true;
	}
	return false;
}

static int look_up_one(struct store *s, const struct policy *p, unsigned domid, uint16_t *rule)
{
	char uuid[DOMAIN_UUID_SIZE];
	char name[DOMAIN_NAME_SIZE];
	int n = domain_uuid(s, domid, uuid);

	if (n >= 0)
		n = read_key(s, domid, "name", name, DOMAIN_NAME_SIZE);
	if (n < 0)
		return n;
	*rule = domains_rule(p, uuid, name);
	return *rule == 0 && domain_is_passing(name) ? -ENOENT : 0;
}

/* The domain that this one serves, if it is the stub domain of another's device model. */
static bool read_served(struct store *s, unsigned domid, unsigned *served)
{
	char text[16];
	uint64_t value;

	if (read_key(s, domid, "target", text, sizeof(text)) <= 0 ||
	    parse_number(text, &value) < 0 || value > UINT16_MAX)
		return false;
	*served = (unsigned)value;
	return true;
}

/* A stub domain without a section of its own is treated as the domain that it serves. */
static int look_up(struct store *s, const struct policy *p, uint16_t domid, uint16_t *rule)
{
	unsigned served;
	int r = look_up_one(s, p, domid, rule);

	if (r < 0 || *rule || !read_served(s, domid, &served))
		return r;
	return look_up_one(s, p, served, rule);
}

void domains_name(struct store *s, const struct policy *p, struct vbd_list *list, unsigned most)
{
	const struct vbd *before = NULL; /* of the same domain, and looked up just now */
	int r = 0;

	if (p->n_rules == 0 || !s->xs)
		return;
	for_each_vbd(v, list) {
		if (v->named) {
			before = v;
			r = 0;
			continue;
		}
		if (!before || before->domid != v->domid) {
			if (most-- == 0)
				return;
			before = v;
			r = look_up(s, p, v->domid, &v->rule);
		} else {
			v->rule = before->rule;
		}
		v->named = r == 0;
	}
}

/*
 * What the guest's driver of a disk in use has asked for. That it did not ask is not final:
 * firmware may use the disk before it, or QEMU for it, or this domain the device behind it. So it
 * is looked at again, less and less often.
 */
/* Whatever its guest has put there, or nothing. */
static bool is_answer(int n)
{
	return n >= 0 || n == -ENOENT || n == -E2BIG || n == -EILSEQ;
}

void domains_learn_grants(struct store *s, struct vbd_list *list, unsigned most)
{
	for_each_vbd(v, list) {
		uint8_t looks = v->grant_looks + 1;
		char key[48];
		char text[8];
		int n;

		if (v->persistent || looks > GRANT_LOOKS || v->shows || !v->met || v->idle_us > 0)
			continue;
		if (looks & (looks - 1)) { /* not the 1st, 2nd, 4th and so on */
			v->grant_looks = looks;
			continue;
		}
		if (!s->xs || most-- == 0)
			return;
		(void)snprintf(key, sizeof(key), "device/vbd/%u/feature-persistent", v->devid);
		n = read_key(s, v->domid, key, text, sizeof(text));
		v->persistent = n >= 0 && strcmp(text, "1") == 0;
		if (is_answer(n))
			v->grant_looks = looks;
	}
}

void domains_forget(struct vbd_list *list)
{
	for_each_vbd(v, list)
		v->named = false;
}
