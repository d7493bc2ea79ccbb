# shellcheck shell=bash disable=SC2034,SC2154 # set for and by those who source this file
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the scenarios of packages share: apt with the repository that travels with the machine, and a guest that checks
# its data without end.

repository=/usr/lib/testbed/packages

# apt knows that and nothing else.
use_repository() {
	rm -rf /etc/apt/sources.list.d/*
	echo "deb [trusted=yes] file:$repository ./" > /etc/apt/sources.list
	apt-get -qq update
}

apt_does() {
	DEBIAN_FRONTEND=noninteractive apt-get -q --yes --no-install-recommends -o Dpkg::Options::=--force-confold "$@"
}

install_packages() { apt_does install "$@"; }
remove_packages() { apt_does remove "$@"; }
purge_packages() { apt_does purge "$@"; }

# versions_of PACKAGE: those of the repository, on a line, the oldest first.
versions_of() {
	sed -n "/^Package: $1\$/,/^\$/s/^Version: //p" $repository/Packages | sort -V | paste -sd ' '
}

# doctor_says TEXT: in what it prints, whatever its exit status is.
doctor_says() {
	local said
	said=$(xen-reclaim doctor || true)
	echo "$said"
	[[ $said == *"$1"* ]]
}

# Every file but what apt, dpkg and logs keep for themselves, with who may do what; and what is in those of /etc.
all_files() {
	find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /var/tmp -o -path /var/log -o \
		-path /var/cache -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /usr/lib/testbed \) -prune -o \
		! -type s -printf '%p %y %m %u:%g %l\n' | sort
	find /run/xen-reclaim /run/systemd/system 2> /dev/null || true # where they are
	find /etc -type f ! -name ld.so.cache -exec md5sum {} + | sort -k 2
}

no_file_of_ours() { ! grep -i 'xen.reclaim' "$OUT/files.before"; }

# checked_guest NAME persistent|plain: writes random data to its disk and reads it again, over and over.
checked_guest() {
	local disk
	disk=$(null_disk checked size=64 memory_backed=1 completion_nsec=1000000)
	GUEST_STORE=("$disk" "$(null_disk idle completion_nsec=1000000)")
	guest_create "$1" 2 "$2" || return 1
	guest_tell "$1" 'dd if=/dev/urandom of=/data bs=1M count=8 2>/dev/null; want=$(md5sum < /data); ' \
		'(n=0; while [ ! -e /stop ]; do dd if=/data of=/dev/xvda bs=1M seek=$((n % 8 * 8)) oflag=direct 2>/dev/null;' \
		'[ "$(dd if=/dev/xvda bs=1M skip=$((n % 8 * 8)) count=8 iflag=direct 2>/dev/null | md5sum)" = "$want" ] ||' \
		'echo "data differs"; n=$((n + 1)); [ $n != 1 ] || echo checking; done; echo "verified $n times") &'
	guest_await "$1" '^checking' 60
}

data_is_whole() {
	local line
	guest_tell "$1" 'touch /stop'
	line=$(guest_await "$1" '^verified' 60) || return 1
	echo "$line"
	! grep -q 'data differs' "$(guest_log "$1")"
}
