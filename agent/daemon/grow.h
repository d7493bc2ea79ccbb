/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raises this domain's own memory target through libxenlight. Knows no policy: decide.h says
 * whether, growth.h how far.
 *
 * libxenlight is loaded when growing is configured and not linked: a daemon that does not grow pays
 * nothing for it (its relocations alone are memory), needs no right to Xen's devices, and runs in a
 * driver domain, which has neither. It is loaded before pressure comes, and into this program: to
 * start another one is what fails first under pressure.
 */
#ifndef XEN_RECLAIM_GROW_H
#define XEN_RECLAIM_GROW_H

#include <stdbool.h>
#include <stdint.h>

struct grower;

/**
 * grower_open() - load libxenlight and connect to Xen.
 * @why: on error, what is wrong: a static text.
 *
 * Return: 0 or a negative errno.
 */
int grower_open(struct grower **g, const char **why);

/** grower_close() - of NULL: nothing. */
void grower_close(struct grower *g);

/** grower_free_kb() - free memory of Xen. Return: 0 or -EIO. */
int grower_free_kb(struct grower *g, uint64_t *kb);

/** grower_set() - this domain's target, as `xl mem-set` does. Return: 0 or libxl's negative error.
 */
int grower_set(struct grower *g, uint64_t target_kb);

#endif
