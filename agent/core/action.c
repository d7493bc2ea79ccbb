// SPDX-License-Identifier: GPL-2.0-or-later
/* What an action gave; see action.h. */
#include "core/action.h"

/* What @to has that was not there before: exact where the balloon shows it, else by MemAvailable.
 */
static int64_t gain_kb(const struct action *a, const struct sample *to)
{
	const struct sample *from = &a->before;

	if (!from->held_known || !to->held_known)
		return to->available_kb - from->available_kb;
	if (a->cause == CAUSE_BALLOON)
		return (from->held_kb - from->mapped_kb) - (to->held_kb - to->mapped_kb);
	return from->held_kb - to->held_kb;
}

int64_t action_gain_kb(const struct action *a)
{
	return gain_kb(a, &a->after);
}

bool action_is_partial(const struct action *a)
{
	return a->domid != EVERY;
}

bool action_took_some(const struct action *a)
{
	return action_is_partial(a) || a->need_kb > 0;
}

int64_t action_lasting_kb(const struct action *a)
{
	return gain_kb(a, &a->later);
}
