/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is seen of disks, as the JSON of several commands has it. Sees nothing itself. */
#ifndef XEN_RECLAIM_SEEN_H
#define XEN_RECLAIM_SEEN_H

#include "cli/sight.h"

struct json_object;

/** vbd_seen() - levels whose held_kb is valid, whoever showed it: bit 1 << level. */
unsigned vbd_seen(const struct vbd *v);

/** put_held() - what is held of the levels that are @seen. */
void put_held(struct json_object *o, unsigned seen, const uint64_t held_kb[static LEVEL_COUNT]);

/** put_seen_by() - the mechanism, what shows the disks, and why it does not show all of them. */
void put_seen_by(struct json_object *o, const struct sight *s, const struct inventory *inv);

#endif
