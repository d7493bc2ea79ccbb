// SPDX-License-Identifier: GPL-2.0-or-later
/* The mechanism "params"; see params.h. Knows no policy and no event loop. */
#include "host/params.h"

#include "host/util.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

/*
 * Each ring looks for grants to give back every 100 to 110 ms (LRU_INTERVAL in blkback.c and some
 * jiffies) and has them unmapped by a worker; one whose worker is not done by the next look
 * complains in the kernel log. What comes due at once in many rings keeps the workers busy for
 * longer than that, so the age is lowered in pulses first: each is seen by a tenth of the rings,
 * those that look just then, and their distance is chosen so that they meet the looks at another
 * place each time, whatever HZ is. Then it stays, until the window ends, for those that saw none.
 */
#define PULSE_US     (10 * USEC_PER_MSEC)
#define PULSE_GAP_US (186 * USEC_PER_MSEC)
#define PULSES	     8

/* Of max_persistent_grants: small and far enough apart for the workers. */
#define GRANTS_STEPS   8
#define GRANTS_STEP_US (200 * USEC_PER_MSEC)

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

/* As xen_blkback sets them, 5.10 to 7.3. */
static const uint64_t defaults[PARAM_COUNT] = {1024, 60, 1056};

/* The kernel has 32 bits for each. */
static int get(int root, enum param_id id, uint64_t *v)
{
	int r = read_number(root, param_paths[id], v);

	return r < 0 ? r : *v > UINT32_MAX ? -ERANGE : 0;
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

static void add_step(struct params *p, enum param_id id, uint64_t value, uint64_t hold_us)
{
	struct param *q = &p->param[id];
	bool known = value == q->own;

	q->touched = true;
	for (unsigned i = 0; i < q->n_values; i++)
		known |= q->values[i] == value;
	if (!known)
		q->values[q->n_values++] = value;
	p->steps[p->n_steps++] = (struct param_step){id, value, hold_us};
}

static bool is_ours(const struct params *p, enum param_id id)
{
	return !p->param[id].lost && p->param[id].own == defaults[id];
}

static void add_age_steps(struct params *p, uint64_t idle_s)
{
	uint64_t old = p->param[PARAM_GRANT_AGE].now;

	if (!is_ours(p, PARAM_GRANT_AGE) || old <= idle_s)
		return;
	for (unsigned i = 0; i < PULSES; i++) {
		add_step(p, PARAM_GRANT_AGE, idle_s, PULSE_US);
		add_step(p, PARAM_GRANT_AGE, old, PULSE_GAP_US);
	}
	add_step(p, PARAM_GRANT_AGE, idle_s, 0);
}

/* Which parameters this level and scope lower, and to what. */
static void add_steps(struct params *p, enum level level, enum scope scope, uint64_t idle_s)
{
	uint64_t grants = p->param[PARAM_GRANTS].own;

	if (is_ours(p, PARAM_POOL) && p->param[PARAM_POOL].base > 0)
		add_step(p, PARAM_POOL, 0, 0);
	if (level == LEVEL_POOL)
		return;
	add_age_steps(p, idle_s);
	if (scope == SCOPE_IDLE || !is_ours(p, PARAM_GRANTS))
		return;
	for (unsigned i = GRANTS_STEPS; i-- > 0;)
		add_step(p, PARAM_GRANTS, grants * i / GRANTS_STEPS, i ? GRANTS_STEP_US : 0);
}

/* One line a parameter: its name, what it was, then all that we may write. */
static int save(const struct params *p)
{
	char text[1024];
	size_t len = 0;

	for (int id = 0; id < PARAM_COUNT; id++) {
		const struct param *q = &p->param[id];

		if (q->n_values == 0)
			continue;
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %" PRIu64,
					param_names[id], q->own);
		for (unsigned i = 0; i < q->n_values; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, " %" PRIu64,
						q->values[i]);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "\n");
	}
	return replace_file(p->root, PARAMS_SAVED, text, len);
}

static void read_anew(struct param *q, uint64_t now)
{
	*q = (struct param){.lost = q->lost, .own = now, .base = now, .now = now};
}

/* Somebody else has written it: it is the administrator's from now on, whatever the value. */
static void lose(struct param *q, uint64_t now)
{
	q->lost = true;
	read_anew(q, now);
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
		lose(q, now);
		return 0;
	}
	if (v == now)
		return 0;
	r = set(p->root, id, v);
	if (r == 0)
		q->now = v;
	return r;
}

/* Takes the steps that are due. */
static int take_steps(struct params *p, uint64_t now_us)
{
	int r = 0;

	while (r == 0 && p->next < p->n_steps && now_us >= p->next_us) {
		const struct param_step *step = &p->steps[p->next++];

		p->next_us = now_us + step->hold_us;
		if (p->param[step->id].touched)
			r = lower(p, step->id, step->value);
	}
	return r;
}

/* What is not ours is read anew: the administrator may have changed it. */
static int read_own(struct params *p)
{
	for (int id = 0; id < PARAM_COUNT; id++) {
		struct param *q = &p->param[id];
		uint64_t now;
		int r = get(p->root, (enum param_id)id, &now);

		if (r < 0)
			return r;
		if (!q->held)
			read_anew(q, now);
		else if (now != q->now)
			lose(q, now);
		q->touched = false;
		q->n_values = 0;
		if (q->held)
			q->values[q->n_values++] = q->now;
	}
	return 0;
}

static bool holds_any(const struct params *p)
{
	for (int id = 0; id < PARAM_COUNT; id++)
		if (p->param[id].held)
			return true;
	return false;
}

static int put_back(int root, enum param_id id, uint64_t v)
{
	int r = set(root, id, v);

	return r == -ENOENT ? 0 : r; /* xen_blkback was unloaded: nothing is left to put back */
}

static int return_to_base(struct params *p, enum param_id id)
{
	struct param *q = &p->param[id];
	uint64_t now;
	int r = get(p->root, id, &now);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (now != q->now) {
		lose(q, now);
		return 0;
	}
	if (now == q->base)
		return 0;
	r = put_back(p->root, id, q->base);
	if (r == 0)
		q->now = q->base;
	return r;
}

/* What could not be put back at the end of an earlier window, while any is held. */
static int return_rest(struct params *p)
{
	int r = 0;

	for (int id = PARAM_COUNT; id-- > 0 && r == 0;) {
		if (!p->param[id].touched)
			continue;
		r = return_to_base(p, (enum param_id)id);
		p->param[id].touched = r < 0;
	}
	return r;
}

/* Before any other value is chosen. What could not be put back at the end of an earlier window is
 * now. */
static int prepare(struct params *p, int root, uint64_t now_us)
{
	int r;

	p->root = root;
	r = holds_any(p) ? return_rest(p) : params_restore(root);
	if (r < 0)
		return r;
	p->n_steps = 0;
	p->next = 0;
	p->next_us = now_us;
	return read_own(p);
}

/*
 * The grants first: while the pool is at zero, what they gave cannot pile up there. The file stays
 * for as long as anything is held.
 */
static int return_all(struct params *p)
{
	int result = 0;

	for (int id = PARAM_COUNT; id-- > 0;) {
		struct param *q = &p->param[id];
		int r = q->touched || q->held ? return_to_base(p, (enum param_id)id) : 0;

		if (r < 0)
			result = r;
		q->touched = r < 0;
	}
	p->open = false;
	p->n_steps = 0;
	p->next = 0;
	if (result == 0 && !holds_any(p))
		(void)unlinkat(p->root, PARAMS_SAVED, 0);
	return result;
}

int params_begin(struct params *p, int root, enum level level, enum scope scope, uint64_t idle_us,
		 uint64_t now_us)
{
	int r;

	if (p->open)
		return -EBUSY;
	if (level > LEVEL_GRANTS)
		return -EOPNOTSUPP;
	if (p->next < p->n_steps) { /* on the way to what is held */
		r = return_all(p);
		if (r < 0)
			return r;
	}
	r = prepare(p, root, now_us);
	if (r < 0)
		return r;
	add_steps(p, level, scope, seconds_up(idle_us));
	r = save(p);
	if (r < 0) {
		p->n_steps = 0;
		return r;
	}
	p->open = true;
	r = take_steps(p, now_us);
	if (r < 0)
		(void)params_end(p);
	return r;
}

int params_next(struct params *p, uint64_t now_us, uint64_t *wake_us)
{
	int r = take_steps(p, now_us);

	if (r < 0 || p->next == p->n_steps)
		return r;
	*wake_us = p->next_us;
	return 1;
}

int params_end(struct params *p)
{
	return p->open ? return_all(p) : 0;
}

/* --- what is held --------------------------------------------------------------------------- */

struct held params_held(const struct params *p)
{
	const struct param *age = &p->param[PARAM_GRANT_AGE];

	return (struct held){
		.unused_s = age->held ? (uint32_t)age->base : 0,
		.pools = p->param[PARAM_POOL].held,
	};
}

/* Its value outside windows, if it is ours to say. Return: whether that is a new one. */
static bool set_base(struct params *p, enum param_id id, bool hold, uint64_t value)
{
	struct param *q = &p->param[id];
	uint64_t base = hold && value < q->own ? value : q->own;

	if (!is_ours(p, id))
		return false;
	q->held = base != q->own;
	if (base == q->base)
		return false;
	q->base = base;
	return true;
}

static void add_hold_steps(struct params *p, const struct held *held)
{
	const struct param *age = &p->param[PARAM_GRANT_AGE];

	if (set_base(p, PARAM_POOL, held->pools, 0))
		add_step(p, PARAM_POOL, p->param[PARAM_POOL].base, 0);
	if (!set_base(p, PARAM_GRANT_AGE, held->unused_s > 0, held->unused_s))
		return;
	if (age->base < age->now)
		add_age_steps(p, age->base);
	else
		add_step(p, PARAM_GRANT_AGE, age->base, 0);
}

int params_hold(struct params *p, int root, const struct held *held, uint64_t now_us,
		uint64_t *wake_us)
{
	int r = 0;

	if (p->open)
		return -EBUSY;
	if (p->next < p->n_steps)
		r = params_next(p, now_us, wake_us);
	else if (!holds_any(p) && held->unused_s == 0 && !held->pools)
		return 0;
	if (r != 0)
		goto out;
	r = prepare(p, root, now_us);
	if (r < 0)
		goto out;
	add_hold_steps(p, held);
	if (p->n_steps == 0)
		return 0;
	r = save(p);
	if (r < 0) /* nothing is written without it */
		p->n_steps = 0;
	else
		r = params_next(p, now_us, wake_us);
	if (r == 0 && !holds_any(p))
		r = return_all(p);
out:
	if (r < 0)
		(void)params_release(p);
	return r;
}

int params_release(struct params *p)
{
	bool any = p->open;

	for (int id = 0; id < PARAM_COUNT; id++) {
		struct param *q = &p->param[id];

		any |= q->held || q->touched;
		q->touched |= q->held;
		q->held = false;
		q->base = q->own;
	}
	return any ? return_all(p) : 0;
}

int params_put_back(struct params *p, int root)
{
	int r;

	if (holds_any(p))
		return return_rest(p);
	r = params_release(p);
	return r < 0 ? r : params_restore(root);
}

void params_forget_lost(struct params *p)
{
	for (int id = 0; id < PARAM_COUNT; id++)
		p->param[id].lost = false;
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
