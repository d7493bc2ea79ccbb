/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the simulated host does for the controller; it checks the invariants on the way. */
#ifndef XEN_RECLAIM_SIM_OPS_H
#define XEN_RECLAIM_SIM_OPS_H

#include "core/controller.h"

/** sim_ops - of struct sim as the controller's host. */
extern const struct host_ops sim_ops;

#endif
