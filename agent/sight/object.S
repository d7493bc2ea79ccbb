/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compiled rings.bpf.c as bytes, for read.c. */
	.section .rodata
	.balign 8
	.global sight_object
	.global sight_object_end
sight_object:
	.incbin "rings.bpf.o"
sight_object_end:
	.section .note.GNU-stack, "", %progbits
