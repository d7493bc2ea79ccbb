/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an action gave. Reads its samples alone. */
#ifndef XEN_RECLAIM_ACTION_H
#define XEN_RECLAIM_ACTION_H

#include "core/types.h"

/**
 * action_gain_kb() - what was back when the mechanism was done; negative: more was taken. After a
 * fall of the target what grant mappings hold is counted from another target, and their frames are
 * Xen's already: what was back for the balloon to take is slots.
 */
int64_t action_gain_kb(const struct action *a);

/** action_is_partial() - it was for one domain or one disk: others may hold as much as before. */
bool action_is_partial(const struct action *a);

/** action_took_some() - it was partial, or took no more than a fall of the target needed. */
bool action_took_some(const struct action *a);

/** action_lasting_kb() - what was still back when the action was judged. */
int64_t action_lasting_kb(const struct action *a);

#endif
