/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compiled rings.bpf.c as bytes, for read.c. */
	.section .rodata
	.balign 8
	.global sight_object
	.global sight_object_size
sight_object:
	.incbin "rings.bpf.o"
end:
	.balign 8
sight_object_size:
	.quad end - sight_object
	.section .note.GNU-stack, "", %progbits
