/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says in /proc of a process that a test started. Knows no program. */
#ifndef XEN_RECLAIM_TESTS_PROCESS_H
#define XEN_RECLAIM_TESTS_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/** process_number() - Return: the number after @key in /proc/@pid/@file. */
uint64_t process_number(pid_t pid, const char *file, const char *key);

/** process_wake_ups() - Return: how often any of its threads went to sleep, and so was woken. */
uint64_t process_wake_ups(pid_t pid);

/** process_cpu_ns() - Return: the processor time of all of its threads. */
uint64_t process_cpu_ns(pid_t pid);

#endif
