// SPDX-License-Identifier: GPL-2.0-or-later
/* Prints the configuration that holds, with where each value comes from; see config.h. */
#include "host/config-keys.h"
#include "host/util.h"

#include <string.h>

/* The last value of a key; what is longer is no line of a configuration. */
struct found {
	char section[DOMAIN_MAX_CHARS + 16];
	char key[32];
	char value[200];
	char at[400];
};

struct all_found {
	struct found *of;
	size_t n;
	bool failed; /* no memory */
};

static struct found *find(const struct all_found *all, const char *section, const char *key)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->of[i].section, section) == 0 && strcmp(all->of[i].key, key) == 0)
			return &all->of[i];
	return NULL;
}

static struct found *add(struct all_found *all, const struct config_setting *s)
{
	struct found *of = reallocarray(all->of, all->n + 1, sizeof(*of));

	if (!of)
		return NULL;
	all->of = of;
	of += all->n++;
	*of = (struct found){0};
	(void)snprintf(of->section, sizeof(of->section), "%s", s->section);
	(void)snprintf(of->key, sizeof(of->key), "%s", s->key);
	return of;
}

static void note(void *user, const struct config_setting *s)
{
	struct all_found *all = user;
	struct found *f = find(all, s->section, s->key);

	if (!f)
		f = add(all, s);
	if (!f) {
		all->failed = true;
		return;
	}
	(void)snprintf(f->value, sizeof(f->value), "%s", s->value);
	(void)snprintf(f->at, sizeof(f->at), "%.380s:%d", s->file, s->line);
}

static void print_value(const char *key, const char *value, const char *at)
{
	char line[256];

	(void)snprintf(line, sizeof(line), "%s = %s", key, value);
	(void)printf("%-27s ; %s\n", line, at);
}

/* All keys of the sections that are no domain's. */
static void print_known(const struct all_found *all)
{
	const char *section = "";

	for (size_t i = 0; i < config_n_keys; i++) {
		const struct key *k = &config_keys[i];
		const struct found *f = find(all, k->section, k->name);

		if (strcmp(section, k->section) != 0)
			(void)printf("%s[%s]\n", *section ? "\n" : "", k->section);
		section = k->section;
		if (f)
			print_value(f->key, f->value, f->at);
		else
			print_value(k->name, k->standard, "default");
	}
}

/* What domains' sections set; all of a section where its first key was found. */
static void print_domains(const struct all_found *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const char *section = all->of[i].section;
		size_t first = 0;

		while (strcmp(all->of[first].section, section) != 0)
			first++;
		if (first < i || strncmp(section, "domain ", strlen("domain ")) != 0)
			continue;
		(void)printf("\n[%s]\n", section);
		for (size_t j = i; j < all->n; j++)
			if (strcmp(all->of[j].section, section) == 0)
				print_value(all->of[j].key, all->of[j].value, all->of[j].at);
	}
}

int config_print(int root, const char *path, struct config_error *err)
{
	struct all_found all = {0};
	struct config c = {0};
	int r = config_load_each(root, path, &c, err, note, &all);

	if (r == 0 && all.failed) {
		r = -ENOMEM;
		(void)snprintf(err->text, sizeof(err->text), "/%s: %s", path, strerror(-r));
	}
	if (r == 0) {
		print_known(&all);
		print_domains(&all);
	}
	config_free(&c);
	free(all.of);
	return r;
}
