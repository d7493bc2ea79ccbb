// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin of QEMU that counts instructions of the machine, all its processors together. Where a
 * program in it executes MARK, it prints how many there were so far of the hypervisor, of kernels
 * and of programs, by the address that they were at. It must not know what runs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* QEMU's plugin interface, version 4, as far as it is used here: Debian has no package with its
 * header. */
#define EXPORT	__attribute__((visibility("default")))
#define ADD_U64 0 /* enum qemu_plugin_op */
#define NO_REGS 0 /* enum qemu_plugin_cb_flags */

struct qemu_plugin_tb;
struct qemu_plugin_insn;

struct counter {
	struct qemu_plugin_scoreboard *score;
	size_t offset;
};

struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t element_size);
uint64_t qemu_plugin_u64_sum(struct counter counter);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*)(uint64_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(struct qemu_plugin_tb *tb, int op,
						       struct counter counter, uint64_t add);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*)(unsigned, void *), int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *buf, size_t size);
void qemu_plugin_outs(const char *text);

EXPORT int qemu_plugin_version = 4;
EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

/* xchg %bx,%bx: does nothing, and no compiler writes it. */
static const unsigned char MARK[] = {0x66, 0x87, 0xdb};

/* Where 64 bit Xen is in a PV domain's address space; kernels are above it. */
#define XEN_BEGIN    UINT64_C(0xffff800000000000)
#define KERNEL_BEGIN UINT64_C(0xffff880000000000)

enum { XEN, KERNEL, PROGRAM, PLACES };

static struct counter counters[PLACES];

static int place_of(uint64_t address)
{
	return address >= KERNEL_BEGIN ? KERNEL : address >= XEN_BEGIN ? XEN : PROGRAM;
}

static void marked(unsigned processor, void *data)
{
	char line[128];

	(void)processor;
	(void)data;
	(void)snprintf(line, sizeof(line), "mark %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		       qemu_plugin_u64_sum(counters[XEN]), qemu_plugin_u64_sum(counters[KERNEL]),
		       qemu_plugin_u64_sum(counters[PROGRAM]));
	qemu_plugin_outs(line);
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	int place = place_of(qemu_plugin_tb_vaddr(tb));

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(tb, ADD_U64, counters[place], n);
	for (size_t i = 0; place == PROGRAM && i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		unsigned char code[sizeof(MARK)];

		if (qemu_plugin_insn_data(insn, code, sizeof(code)) == sizeof(code) &&
		    memcmp(code, MARK, sizeof(MARK)) == 0)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, marked, NO_REGS, NULL);
	}
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	struct qemu_plugin_scoreboard *score =
		qemu_plugin_scoreboard_new(PLACES * sizeof(uint64_t));

	(void)info;
	(void)argc;
	(void)argv;
	for (int i = 0; i < PLACES; i++)
		counters[i] = (struct counter){score, (size_t)i * sizeof(uint64_t)};
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
