/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units and small arithmetic that every layer needs. Knows nothing of Xen. */
#ifndef XEN_RECLAIM_UNITS_H
#define XEN_RECLAIM_UNITS_H

#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define USEC_PER_MSEC UINT64_C(1000)
#define USEC_PER_SEC  UINT64_C(1000000)

/** NEVER - a time that does not come. */
#define NEVER UINT64_MAX

/** seconds_up() - whole seconds, rounded up. */
static inline uint64_t seconds_up(uint64_t us)
{
	return (us + USEC_PER_SEC - 1) / USEC_PER_SEC;
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
