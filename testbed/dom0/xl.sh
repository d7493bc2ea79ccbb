# shellcheck shell=bash disable=SC2034,SC2154 # set by and for the library and scenarios
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the scenarios of patched xl share: guests with blkback_squeeze_ms, and where their values have to be. To be sourced.

xvda=51712 xvdb=51728 xvdc=51744 xvdd=51760
never=4294967295 # as it is saved, where 0 is unset
driver=native    # or stock, or module

# make_guest NAME DISKS FIRST_NULLB LINE...: with further lines of xl.cfg; by $xl, else by patched xl.
make_guest() {
	local name=$1 disks=$2 first_nullb=$3
	shift 3
	guest_config "$name" "$disks" 1 "$first_nullb" > "$guest_state/$name.cfg"
	printf '%s\n' "$@" >> "$guest_state/$name.cfg"
	[[ $name != g1 ]] || sed -i 's/vdev=xvdb,/&squeeze_ms=0,/' "$guest_state/g1.cfg"
	start_guest "$name" "${xl:-xl-reclaim}"
}

start_guest() {
	guest_mark "$1"
	"$2" create -q "$guest_state/$1.cfg" && guest_await "$1" '^guest: ready' 180
}

domid() { xl domid "$1"; }

writes_all() {
	guest_tell "$1" 'w=wrote; for d in /dev/xvd?; do dd if=/dev/zero of=$d bs=4M count=1 oflag=direct 2>/dev/null || w=failed; done; echo $w'
	guest_await "$1" '^wrote' 180
}

attaches() { "$1" block-attach g1 "format=raw,vdev=$2,access=rw,$3script=block-fast,target=/dev/$4"; }

backend_key() { echo "/local/domain/0/backend/vbd/$(domid "$1")/$2/squeeze-ms"; }

# key_is GUEST DEVID VALUE [own]: in the backend's directory, and in the driver if it has one; in libxl's copy if it is the
# disk's own. No value: the driver's own, 10.
key_is() {
	local value own=
	[[ ${4:-} != own ]] || own=$3
	value=$(xenstore-read "$(backend_key "$1" "$2")" 2> /dev/null || true)
	echo "key of $1 $2: \"$value\""
	[[ $value == "$3" ]] || return 1
	value=$(xenstore-read "/libxl/$(domid "$1")/device/vbd/$2/squeeze-ms" 2> /dev/null || true)
	[[ $value == "$own" ]] || return 1
	[[ $driver == stock ]] || await 10 driver_has "$1" "$2" "${3:-10}"
}

driver_has() { [[ $(< "$devices/vbd-$(domid "$1")-$2/reclaim/squeeze_ms") == "$3" ]]; }

# saved_is GUEST DOMAIN_VALUE DISK_VALUES: what its saved configuration has.
saved_is() {
	local json domain disks
	json=$(xl-reclaim list -l "$1")
	domain=$(sed -n 's/^ *"blkback_squeeze_ms": \([0-9]*\),*$/\1/p' <<< "$json")
	disks=$(sed -n 's/^ *"squeeze_ms": \([0-9]*\),*$/\1/p' <<< "$json" | xargs)
	echo "saved: domain \"$domain\" disks \"$disks\""
	[[ $domain == "$2" && $disks == "$3" ]]
}
