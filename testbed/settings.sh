# shellcheck shell=bash disable=SC2034 # read by those who source this file
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a scenario may set, and the values it gets if it does not. Knows no scenario.

DESCRIPTION=""   # one line: what it is for
CHECK=""         # its place in `make check`, where lower numbers run first and 50 is usual; none: not run there
CHECK_ALSO=""    # there, further releases that it runs on
RUN_BY="by hand" # who runs it that is not `make check`

# RELEASE, of Debian in dom0, is set before: bookworm or trixie.
[[ $RELEASE != bookworm ]] || KERNEL=${KERNEL:-6.1}

DOM0_MEM_MB=700
SWAP_MB=512
GUESTS_MB=2048           # for all guests of a boot
XEN_ARGS=""              # further options of the hypervisor
KERNEL_ARGS=""           # further options of dom0's kernel
KERNEL=${KERNEL:-6.12}   # first part of the release of dom0's and the guests' kernel
GRANT_MEMORY=unpopulated # where blkback takes pages from: unpopulated, or ballooned (real RAM)
DISKS=24                 # /dev/nullb0 and on in dom0, up to 48
DISK_LATENCY_NS=20000000
BLKBACK_PARAMS="" # modprobe options of xen-blkback
CPU=""            # of QEMU: its -cpu; none: its default
PLUGIN=""         # of QEMU: a program of testbed/plugin, without .c; what it prints is in plugin.log
STORE_MB=1024     # a further disk of dom0, for dom0/storage.sh; 0: none

# Scenarios that agree in all of these share a boot.
BOOT_SETTINGS=(RELEASE DOM0_MEM_MB SWAP_MB GUESTS_MB XEN_ARGS KERNEL_ARGS KERNEL GRANT_MEMORY DISKS DISK_LATENCY_NS
	BLKBACK_PARAMS CPU PLUGIN STORE_MB)

TIME_LIMIT_S=300 # for the scenario alone; the boot has its own limit
