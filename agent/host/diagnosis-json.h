/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The judgement on this host as JSON, in the state file and in xen-reclaim doctor alike. */
#ifndef XEN_RECLAIM_DIAGNOSIS_JSON_H
#define XEN_RECLAIM_DIAGNOSIS_JSON_H

#include "host/diagnose.h"

struct json_object;

/** diagnosis_levels_json() - for each level, whether it gives RAM back, and why. */
struct json_object *diagnosis_levels_json(const struct diagnosis *d);

#endif
