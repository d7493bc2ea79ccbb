// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes to disks in turn, one request at a time, and marks begin and end for
 * testbed/plugin/count.c. Knows nothing of dom0.
 *
 *   requests KB COUNT DEVICE...
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PAGE_BYTES 4096
#define MOST_KB	   128 /* what blkfront sends as one request */
#define MOST_DISKS 64

static char data[MOST_KB * 1024] __attribute__((aligned(PAGE_BYTES)));

static void mark(void)
{
	__asm__ volatile("xchg %%bx, %%bx" ::: "memory");
}

static int write_all(const int *disks, int n_disks, long count, size_t size)
{
	long i;

	for (i = 0; i < count; i++)
		if (pwrite(disks[i % n_disks], data, size, 0) != (ssize_t)size)
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	int disks[MOST_DISKS];
	long kb = argc > 3 ? strtol(argv[1], NULL, 10) : 0;
	long count = argc > 3 ? strtol(argv[2], NULL, 10) : 0;
	int n_disks = argc - 3;
	int i;

	if (kb < 4 || kb > MOST_KB || count < 1 || n_disks < 1 || n_disks > MOST_DISKS) {
		fprintf(stderr, "usage: requests KB COUNT DEVICE...\n");
		return 2;
	}
	for (i = 0; i < n_disks; i++) {
		disks[i] = open(argv[3 + i], O_WRONLY | O_DIRECT);
		if (disks[i] < 0) {
			perror(argv[3 + i]);
			return 1;
		}
	}
	/* The first of each allocates. */
	if (write_all(disks, n_disks, 2 * n_disks, kb * 1024) < 0)
		goto failed;
	mark();
	if (write_all(disks, n_disks, count, kb * 1024) < 0)
		goto failed;
	mark();
	printf("requests: done\n");
	return 0;
failed:
	perror("pwrite");
	return 1;
}
