/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of libxenlight that the command line uses. The daemon does not need it. */
#ifndef XEN_RECLAIM_TOOLSTACK_H
#define XEN_RECLAIM_TOOLSTACK_H

#include <stdint.h>

/** toolstack_free_kb() - free memory of the host, or -1 if it is not known. */
int64_t toolstack_free_kb(void);

#endif
