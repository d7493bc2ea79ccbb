// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an application in a guest feels of its disk: writes 4 kB synchronously every 50 ms, or reads
 * them past the page cache, and prints how long each took, in microseconds from when it was due. A
 * slow request delays those that become due meanwhile: they count as done with it. Knows nothing of
 * dom0.
 *
 *   latency DEVICE SECONDS [read]
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_NS    50000000LL
#define NS_PER_S     1000000000LL
#define BYTES	     4096
#define PER_S	     (NS_PER_S / PERIOD_NS)
#define MOST_SECONDS 3600
#define POSITIONS    1024 /* in the first 4 MiB of the device, again and again */

static int64_t took_us[MOST_SECONDS * PER_S];
static char page[BYTES] __attribute__((aligned(BYTES)));

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void wait_until(int64_t at_ns)
{
	struct timespec at = {.tv_sec = at_ns / NS_PER_S, .tv_nsec = at_ns % NS_PER_S};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL))
		;
}

static bool request(int disk, bool reads, long i)
{
	off_t at = i % POSITIONS * BYTES;
	ssize_t n = reads ? pread(disk, page, BYTES, at) : pwrite(disk, page, BYTES, at);

	return n == BYTES;
}

int main(int argc, char **argv)
{
	bool reads = argc == 4 && strcmp(argv[3], "read") == 0;
	int64_t begun, due, done;
	long seconds, n, i;
	int disk;

	seconds = argc == 3 || reads ? strtol(argv[2], NULL, 10) : 0;
	if (seconds < 1 || seconds > MOST_SECONDS) {
		fprintf(stderr, "usage: latency DEVICE SECONDS [read] (1 to %d)\n", MOST_SECONDS);
		return 2;
	}
	disk = open(argv[1], O_DIRECT | (reads ? O_RDONLY : O_WRONLY | O_DSYNC));
	if (disk < 0) {
		perror(argv[1]);
		return 1;
	}
	mlockall(MCL_CURRENT | MCL_FUTURE);

	n = seconds * PER_S;
	begun = now_ns();
	i = 0;
	while (i < n) {
		due = begun + i * PERIOD_NS;
		wait_until(due);
		if (!request(disk, reads, i)) {
			perror(argv[1]);
			return 1;
		}
		done = now_ns();
		for (; i < n && due < done; due += PERIOD_NS)
			took_us[i++] = (done - due) / 1000;
	}

	printf(reads ? "read latency:" : "latency:");
	for (i = 0; i < n; i++)
		printf(" %" PRId64, took_us[i]);
	printf("\n");
	return 0;
}
