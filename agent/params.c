// SPDX-License-Identifier: GPL-2.0-or-later
/* The mechanism "params"; see params.h. Knows no policy and no event loop. */
#include "params.h"

#include "util.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

/*
 * Each ring purges every 100 ms (LRU_INTERVAL in blkback.c), unmaps in a worker, and frees the
 * pages at its next look, at most 100 ms later. What is unmapped after the pool has its size back
 * stays in the pool, and what is freed comes back through the balloon driver, whose thread looks
 * but once a second while grants hold pages: so the last step for grants lasts longer than that.
 * The steps in between cannot go by what came back; they are small and far apart, since a ring that
 * is still unmapping at its next look complains in the kernel log.
 */
#define STEP_US	     (200 * USEC_PER_MSEC)
#define LAST_US	     (1300 * USEC_PER_MSEC)
#define QUIET_US     (200 * USEC_PER_MSEC)
#define LAST_MAX_US  (3000 * USEC_PER_MSEC)
#define LOOK_US	     (50 * USEC_PER_MSEC)
#define GRANTS_STEPS 8

const char *const param_names[PARAM_COUNT] = {
	"max_buffer_pages",
	"persistent_grant_unused_seconds",
	"max_persistent_grants",
};

const char *const param_paths[PARAM_COUNT] = {
	PARAMS_DIR "/max_buffer_pages",
	PARAMS_DIR "/persistent_grant_unused_seconds",
	PARAMS_DIR "/max_persistent_grants",
};

static int get(int root, enum param_id id, uint64_t *v)
{
	return read_number(root, param_paths[id], v);
}

static int set(int root, enum param_id id, uint64_t v)
{
	return write_number(root, param_paths[id], v);
}

int params_present(int root)
{
	uint64_t v;
	int r = 0;

	for (int id = 0; id < PARAM_COUNT && r == 0; id++)
		r = get(root, (enum param_id)id, &v);
	return r;
}

static void add_value(struct param *q, uint64_t v)
{
	q->touched = true;
	q->values[q->n_values++] = v;
}

/* Which parameters this level and scope lower, and to what. */
static void choose_values(struct params *p, enum level level, enum scope scope, uint64_t idle_s)
{
	struct param *age = &p->param[PARAM_GRANT_AGE];
	struct param *grants = &p->param[PARAM_GRANTS];

	if (p->param[PARAM_POOL].old > 0)
		add_value(&p->param[PARAM_POOL], 0);
	if (level == LEVEL_POOL)
		return;
	if (age->old == 0 || age->old > idle_s) /* 0: they never age */
		add_value(age, idle_s);
	if (scope == SCOPE_IDLE)
		return;
	for (unsigned i = GRANTS_STEPS; i-- > 0;)
		if (grants->old > 0)
			add_value(grants, grants->old * i / GRANTS_STEPS);
}

/* One line a parameter: its name, what it was, then all that we may write. */
static int save(const struct params *p)
{
	char text[1024];
	size_t len = 0;

	for (int id = 0; id < PARAM_COUNT; id++) {
		const struct param *q = &p->param[id];

		if (!q->touched)
			continue;
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %" PRIu64,
					param_names[id], q->old);
		for (unsigned i = 0; i < q->n_values; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, " %" PRIu64,
						q->values[i]);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "\n");
	}
	return replace_file(p->root, PARAMS_SAVED, text, len);
}

/* Writes further, unless somebody else has written in between: then the value is theirs. */
static int lower(struct params *p, enum param_id id, uint64_t v)
{
	struct param *q = &p->param[id];
	uint64_t now;
	int r = get(p->root, id, &now);

	if (r < 0)
		return r;
	if (now != q->now) {
		q->touched = false;
		return 0;
	}
	r = set(p->root, id, v);
	if (r == 0)
		q->now = v;
	return r;
}

static int lower_grants(struct params *p)
{
	struct param *q = &p->param[PARAM_GRANTS];
	uint64_t v = q->values[p->step++];

	return q->touched ? lower(p, PARAM_GRANTS, v) : 0;
}

int params_begin(struct params *p, int root, const struct params_wish *w, uint64_t now_us)
{
	int r;

	if (p->open)
		return -EBUSY;
	if (w->level > LEVEL_GRANTS)
		return -EOPNOTSUPP;
	r = params_restore(root); /* what could not be put back at the end of an earlier window */
	if (r < 0)
		return r;
	*p = (struct params){.root = root,
			     .grants = w->level == LEVEL_GRANTS,
			     .step_us = now_us,
			     .window_us = w->window_us,
			     .held_kb = w->held_kb};
	for (int id = 0; id < PARAM_COUNT && r >= 0; id++)
		r = get(root, (enum param_id)id, &p->param[id].old);
	if (r < 0)
		return r;
	for (int id = 0; id < PARAM_COUNT; id++)
		p->param[id].now = p->param[id].old;
	choose_values(p, w->level, w->scope, (w->idle_us + USEC_PER_SEC - 1) / USEC_PER_SEC);
	r = save(p);
	if (r < 0)
		return r;
	p->open = true;
	if (p->param[PARAM_POOL].touched)
		r = lower(p, PARAM_POOL, 0);
	if (r == 0 && p->param[PARAM_GRANT_AGE].touched)
		r = lower(p, PARAM_GRANT_AGE, p->param[PARAM_GRANT_AGE].values[0]);
	if (r < 0)
		(void)params_end(p);
	return r;
}

/* When the running step has had its time; the last one also its effect. */
static uint64_t step_end_us(const struct params *p, bool last)
{
	uint64_t least = max_u64(p->window_us, p->grants ? LAST_US : 0);
	uint64_t quiet = p->fell_us + QUIET_US;

	if (!last)
		return p->step_us + STEP_US;
	if (quiet > p->step_us + LAST_MAX_US)
		quiet = p->step_us + LAST_MAX_US;
	return max_u64(p->step_us + least, quiet);
}

int params_next(struct params *p, int64_t held_kb, uint64_t now_us, uint64_t *wake_us)
{
	bool last = p->step == p->param[PARAM_GRANTS].n_values;

	if (!p->open)
		return 0;
	if (held_kb < p->held_kb)
		p->fell_us = now_us;
	p->held_kb = held_kb;
	if (now_us >= step_end_us(p, last)) {
		if (last || lower_grants(p) < 0)
			return params_end(p);
		p->step_us = now_us;
	}
	*wake_us = last ? now_us + LOOK_US : p->step_us + STEP_US;
	return 1;
}

static int put_back(int root, enum param_id id, uint64_t old)
{
	int r = set(root, id, old);

	return r == -ENOENT ? 0 : r; /* xen_blkback was unloaded: nothing is left to put back */
}

/* The grants first: while the pool is at zero, what they gave cannot pile up there. */
int params_end(struct params *p)
{
	int result = 0;

	for (int id = PARAM_COUNT; id-- > 0;) {
		struct param *q = &p->param[id];
		uint64_t now;
		int r;

		if (!q->touched)
			continue;
		r = get(p->root, (enum param_id)id, &now);
		if (r == 0 && now == q->now)
			r = put_back(p->root, (enum param_id)id, q->old);
		if (r < 0 && r != -ENOENT)
			result = r;
	}
	p->open = false;
	if (result == 0)
		(void)unlinkat(p->root, PARAMS_SAVED, 0);
	return result;
}

static int param_from_name(const char *name)
{
	for (int id = 0; id < PARAM_COUNT; id++)
		if (strcmp(name, param_names[id]) == 0)
			return id;
	return -EINVAL;
}

/*
 * One line of the saved file, which nobody but us writes: an odd one is none of ours. Return: 1:
 * put back; 0: nothing to do; a negative errno if the value could not be put back.
 */
static int restore_line(int root, char *line)
{
	char *save_ptr = NULL;
	char *word = strtok_r(line, " ", &save_ptr);
	int id = word ? param_from_name(word) : -EINVAL;
	uint64_t old;
	uint64_t now;
	int r;

	if (id < 0)
		return 0;
	word = strtok_r(NULL, " ", &save_ptr);
	if (!word || parse_number(word, &old) < 0)
		return 0;
	r = get(root, (enum param_id)id, &now);
	if (r < 0) /* gone, or no value of ours */
		return r == -ENOENT || r == -EINVAL || r == -ERANGE ? 0 : r;
	while ((word = strtok_r(NULL, " ", &save_ptr))) {
		uint64_t ours;

		if (parse_number(word, &ours) < 0 || ours != now)
			continue;
		r = put_back(root, (enum param_id)id, old);
		return r < 0 ? r : 1;
	}
	return 0;
}

int params_restore(int root)
{
	char text[1024];
	char *save_ptr = NULL;
	ssize_t n = read_text(root, PARAMS_SAVED, text, sizeof(text));
	int result = 0;
	int done = 0;

	if (n < 0)
		return n == -ENOENT ? 0 : (int)n;
	for (char *line = strtok_r(text, "\n", &save_ptr); line;
	     line = strtok_r(NULL, "\n", &save_ptr)) {
		int r = restore_line(root, line);

		if (r < 0)
			result = r;
		else
			done += r;
	}
	if (result < 0)
		return result;
	(void)unlinkat(root, PARAMS_SAVED, 0);
	return done;
}
