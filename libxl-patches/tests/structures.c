// SPDX-License-Identifier: GPL-2.0-or-later
/* Compiled for its debugging information alone, which lists every structure of libxl's headers. */
#include <libxl.h>
