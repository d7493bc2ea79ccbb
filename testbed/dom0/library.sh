# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The words a scenario's steps are written in; runs in dom0. It must not know what is tested, nor QEMU.

# shellcheck source-path=SCRIPTDIR source=report.sh
source /usr/lib/testbed/report.sh

guest_state=/run/testbed
devices=/sys/bus/xen-backend/devices # of all disks that dom0's kernel serves
# shellcheck disable=SC2034 # read by scenarios
modules=/lib/modules/$(uname -r)/updates # ours, where a payload has them
mkdir -p "$guest_state"

# check WHAT COMMAND...: one result line; the scenario goes on either way.
check() {
	local what=$1
	shift
	awaited_in_vain=
	if "$@" > "$OUT/check.log" 2>&1 && [[ ! $awaited_in_vain ]]; then
		report_result ok "$what"
	else
		report_result "not ok" "$what"
		say "    failed: $*${awaited_in_vain:+ (waited in vain for $awaited_in_vain)}"
		show_end_of "$OUT/check.log"
	fi
}

# skip REASON: ends the scenario.
skip() {
	report_result ok "the rest # SKIP $*"
	exit 0
}

# expect_in_kernel_log REGEX: such lines are what the scenario provokes in Linux itself.
expect_in_kernel_log() { echo "$1" >> "$OUT/kernel-expected"; }

# await SECONDS COMMAND...: for what no event tells; asks five times a second. A check in which one waits in vain fails,
# whatever follows.
await() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		if ((SECONDS >= deadline)); then
			awaited_in_vain="$*"
			return 1
		fi
		sleep 0.2
	done
}

unit_pid() { systemctl show -P MainPID xen-reclaimd; }

unit_is() { [[ $(systemctl is-active xen-reclaimd) == "$1" ]]; }

journal_says() { journalctl -u xen-reclaimd | grep -q "$1"; }

# All that the daemon may change.
parameters() { grep -H . /sys/module/xen_blkback/parameters/*; }

guest_log() { echo "/var/log/xen/console/guest-$1.log"; }

# Only what the guest prints after this call is seen by the next guest_await.
guest_mark() {
	local log
	log=$(guest_log "$1")
	touch "$log"
	stat -c %s "$log" > "$guest_state/$1.offset"
}

# disk_name INDEX: xvda to xvdz, then xvdaa and on.
disk_name() {
	local letters=abcdefghijklmnopqrstuvwxyz
	if (($1 < 26)); then
		echo "xvd${letters:$1:1}"
	else
		echo "xvd${letters:$1/26-1:1}${letters:$1%26:1}"
	fi
}

# null_disk NAME ATTRIBUTE=VALUE...: a null_blk like the boot's own but for these of null_blk's attributes; prints its
# node.
null_disk() {
	local name=$1 folder=/sys/kernel/config/nullb/$1 attribute
	shift
	modprobe configfs
	mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
	mkdir "$folder"
	for attribute in "$@" power=1; do
		echo "${attribute#*=}" > "$folder/${attribute%%=*}"
	done
	# Older kernels name it by its number.
	if [[ -e /dev/$name ]]; then echo "/dev/$name"; else echo "/dev/nullb$(< "$folder/index")"; fi
}

# In place of /dev/nullb0 and on: what guests that are created from now on have for disks.
GUEST_STORE=()

guest_config() {
	local name=$1 disks=$2 persistent=$3 first_nullb=$4 i
	cat << EOF
name = "$name"
kernel = "/boot/vmlinux-$(uname -r)"
ramdisk = "/usr/lib/testbed/guest-initramfs"
extra = "console=hvc0 quiet disks=$disks persistent=$persistent blkfront=${GUEST_BLKFRONT:-}"
memory = ${GUEST_MEMORY_MB:-256}
vcpus = ${GUEST_VCPUS:-1}
max_grant_frames = 256
on_crash = "preserve"
disk = [
EOF
	for ((i = 0; i < disks; i++)); do
		echo "  'format=raw,vdev=$(disk_name "$i"),access=rw,script=block-fast,target=${GUEST_STORE[first_nullb + i]:-/dev/nullb$((first_nullb + i))}',"
	done
	echo "]"
}

# guest_create NAME DISKS persistent|plain [FIRST_NULLB]: returns when all disks are connected.
guest_create() {
	local name=$1 disks=$2 grants=$3 first_nullb=${4:-0} persistent=0
	[[ $grants == plain ]] || persistent=1
	guest_config "$name" "$disks" "$persistent" "$first_nullb" > "$guest_state/$name.cfg"
	guest_mark "$name"
	xl create -q "$guest_state/$name.cfg"
	guest_await "$name" '^guest: ready' 120
}

# A guest's, with another init and what that needs. The kernel takes archives one after the other.
driver_initramfs() {
	local tree=$guest_state/driver file
	rm -rf "$tree"
	install -D -t "$tree" /usr/lib/testbed/driver/init
	modprobe --set-version "$(uname -r)" --show-depends overlay | sed -n 's/^insmod \([^ ]*\).*/\1/p' |
		while read -r file; do
			install -D "$file" "$tree$file"
		done
	cat /usr/lib/testbed/guest-initramfs
	(cd "$tree" && find . | cpio --quiet -o -H newc)
}

driver_config() {
	cat << EOF
name = "$1"
kernel = "/boot/vmlinux-$(uname -r)"
ramdisk = "$guest_state/driver-initramfs"
extra = "console=hvc0 quiet psi=1 mitigations=off norandmaps systemd.show_status=false initcall_blacklist=unpopulated_init memhp_default_state=offline"
memory = 384
vcpus = 1
driver_domain = 1
max_grant_frames = 256
on_crash = "preserve"
disk = [
  'format=raw,vdev=xvda,access=ro,script=block-fast,target=/dev/vdd',
  'format=raw,vdev=xvdb,access=ro,script=block-fast,target=/dev/vdb',
]
EOF
}

# driver_create NAME XL: a driver domain with disks of its own to serve, made by that xl; returns when systemd
# has started all in it, and guest_tell can be used.
driver_create() {
	driver_initramfs > "$guest_state/driver-initramfs"
	driver_config "$1" > "$guest_state/$1.cfg"
	guest_mark "$1"
	"$2" create -q "$guest_state/$1.cfg"
	guest_await "$1" '^guest: ready' 180
}

# in_driver COMMAND: run by the driver domain named driver; prints what it printed, and has its exit status.
in_driver() {
	local from line
	guest_tell driver "( $* ) 2>&1; printf '\nstatus %s\n' \$?"
	from=$(< "$guest_state/driver.offset")
	line=$(guest_await driver '^status [0-9]+$' 90) || return 1
	tail -c "+$((from + 1))" "$(guest_log driver)" | grep -v '^status '
	return "${line#status }"
}

# guest_tell NAME COMMAND...: the guest runs the line as a shell would.
guest_tell() {
	local name=$1 domid
	shift
	domid=$(xl domid "$name")
	guest_mark "$name"
	echo "$*" > "$(xenstore-read "/local/domain/$domid/console/tty")"
}

# guest_await NAME REGEX SECONDS: until the guest prints such a line; prints that line. Looks at what came
# after the last guest_tell, or after the line the last guest_await found.
guest_await() {
	local name=$1 regex=$2 deadline=$((SECONDS + $3)) offset line log tail status=1
	local LC_ALL=C
	log=$(guest_log "$name")
	offset=$(< "$guest_state/$name.offset")
	exec {tail}< <(exec tail -F -c +$((offset + 1)) "$log" 2> /dev/null)
	local tail_pid=$!
	while ((SECONDS < deadline)) && IFS= read -r -t $((deadline - SECONDS)) -u "$tail" line; do
		((offset += ${#line} + 1))
		if [[ ${line%$'\r'} =~ $regex ]]; then
			status=0
			echo "${line%$'\r'}"
			break
		fi
	done
	kill "$tail_pid"
	exec {tail}<&-
	echo "$offset" > "$guest_state/$name.offset"
	return $status
}

guest_destroy() { xl destroy "$1"; }

# A guest's console is a device of that bus, too.
no_vbds() { ! compgen -G "$devices/vbd-*" > /dev/null; }
