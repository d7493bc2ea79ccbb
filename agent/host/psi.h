/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pressure stall information of memory: triggers where the kernel grants them, totals where not.
 * Knows no policy and no event loop. Source: Documentation/accounting/psi.rst of Linux.
 */
#ifndef XEN_RECLAIM_PSI_H
#define XEN_RECLAIM_PSI_H

#include "host/config.h"

#include <stdint.h>

#define PSI_PATH "proc/pressure/memory"

enum psi_kind { PSI_SOME, PSI_FULL, PSI_KINDS };

extern const char *const psi_names[PSI_KINDS];

/** enum psi_mode - how pressure is learned of, best first. */
enum psi_mode {
	PSI_TRIGGER,	  /* the kernel wakes us, with the window asked for */
	PSI_TRIGGER_SLOW, /* the kernel wakes us, with a window that is a multiple of 2 s */
	PSI_TOTALS,	  /* we read totals on a timer: no right to a trigger */
	PSI_NONE,	  /* this kernel has no PSI, or started without it: psi=1 turns it on */
	PSI_OFF,	  /* the configuration has both kinds off */
	PSI_MODES
};

extern const char *const psi_mode_names[PSI_MODES];

/** struct psi_totals - stall time since boot in microseconds. */
struct psi_totals {
	uint64_t us[PSI_KINDS];
};

/**
 * psi_parse() - totals out of the text of a pressure file.
 * Return: 0, or -EINVAL if it is not of the documented form.
 */
int psi_parse(const char *text, struct psi_totals *t);

/** psi_read() - totals now. Return: 0, -EOPNOTSUPP if PSI is off, or a negative errno. */
int psi_read(int root, struct psi_totals *t);

/**
 * psi_open_trigger() - arm a trigger, with the window asked for if the kernel lets us, else with
 * the next multiple of 2 s and a stall time as much longer.
 * @t:	  threshold asked for.
 * @mode: set to PSI_TRIGGER or PSI_TRIGGER_SLOW on success.
 *
 * Return: a descriptor that polls EPOLLPRI; -EPERM or -EINVAL without the right to one;
 * -ENOENT or -EOPNOTSUPP without PSI; else a negative errno.
 */
int psi_open_trigger(int root, enum psi_kind kind, const struct threshold *t, enum psi_mode *mode);

#endif
