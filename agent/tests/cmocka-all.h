/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmocka.h and the headers it asks to be included before it. */
#ifndef XEN_RECLAIM_TESTS_CMOCKA_ALL_H
#define XEN_RECLAIM_TESTS_CMOCKA_ALL_H

/* the order is cmocka's */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#endif
