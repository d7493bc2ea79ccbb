# shellcheck shell=bash disable=SC2034,SC2154 # set for and by those who source this file
# SPDX-License-Identifier: GPL-2.0-only
#
# What the scenarios of kernel/ share: the files in reclaim/ of a device, which the module and the patched
# driver both have. It must not know which of the two it looks at.

blkback=/sys/module/xen_blkback/parameters
jiffy_ms=4

# reclaim_dir GUEST INDEX
reclaim_dir() { echo "$devices/vbd-$(xl domid "$1")-$((51712 + $2 * 16))/reclaim"; }

# for_each_disk GUEST TEXT: written to each trigger.
for_each_disk() {
	local file
	for file in "$devices/vbd-$(xl domid "$1")"-*/reclaim/trigger; do
		echo "$2" > "$file" || return 1
	done
}

# write_disks GUEST COUNT TIMES [FIRST]: so often 4 MB to each of some disks, in requests that fill a ring.
write_disks() {
	local i first=${4:-0} names=
	for ((i = first; i < first + $2; i++)); do names+=" $(disk_name "$i")"; done
	guest_tell "$1" "w=wrote; for d in $names; do dd if=/dev/zero of=/dev/\$d bs=4M count=$3 oflag=direct 2>/dev/null || w=failed; done; echo \$w"
	guest_await "$1" '^wrote' 120
}

# data_stays_whole GUEST: random data is written to its first two disks and read again, while all that they can give back
# is reclaimed a hundred times.
data_stays_whole() {
	guest_tell "$1" 'dd if=/dev/urandom of=/data bs=1M count=24 2>/dev/null; want=$(md5sum < /data); ' \
		'for i in 1 2 3 4 5 6; do for d in xvda xvdb; do' \
		'(dd if=/data of=/dev/$d bs=4M oflag=direct 2>/dev/null; [ "$(dd if=/dev/$d bs=4M count=6 iflag=direct 2>/dev/null | md5sum)" = "$want" ] || echo "data differs on $d") &' \
		'done; wait; done; echo verified'
	local i file triggers=("$devices/vbd-$(xl domid "$1")"-*/reclaim/trigger) line
	for ((i = 0; i < 100; i++)); do
		for file in "${triggers[@]}"; do echo "all 1" > "$file" || return 1; done
		sleep 0.1
	done
	line=$(guest_await "$1" '^(verified|data differs)' 300)
	echo "$line"
	[[ $line == verified* ]]
}

# fails_with TEXT VALUE FILE: writing the value fails as strerror() has it.
fails_with() {
	local said
	! said=$( (printf %s "$2" > "$3") 2>&1) || return 1
	echo "$said"
	[[ $said == *": $1" ]]
}

# fails_when_gone VALUE FILE DEVICE: whoever has the file open still, when the device loses its driver.
fails_when_gone() {
	local said file
	exec {file}> "$2"
	echo "$3" > /sys/bus/xen-backend/drivers/vbd/unbind
	! said=$( (printf %s "$1" >&"$file") 2>&1) || return 1
	exec {file}>&-
	echo "$said"
	[[ $said == *": No such device" && ! -e $2 ]]
}

# measure_window DIR MS: sets least_ms and most_ms. How long it takes the shell to look is no part of that: the
# window ends between the last look that saw it and the first that did not.
measure_window() {
	local asked told before look left
	asked=${EPOCHREALTIME/./}
	echo "pool $2" > "$1/trigger"
	told=${EPOCHREALTIME/./}
	before=$told
	while look=${EPOCHREALTIME/./} && read -r left < "$1/remaining_ms" && ((left)); do before=$look; done
	least_ms=$(((before - told) / 1000))
	most_ms=$(((${EPOCHREALTIME/./} - asked) / 1000))
}

# window_lasts DIR MS: within two jiffies. The machine's own clock stumbles now and then, hence three tries.
window_lasts() {
	local i
	for i in 1 2 3; do
		measure_window "$1" "$2"
		say "a window of $2 ms lasted $least_ms to $most_ms ms"
		((least_ms > $2 + 2 * jiffy_ms || most_ms < $2 - 2 * jiffy_ms)) || return 0
	done
	return 1
}

never_shorter() {
	echo "pool 3000" > "$1/trigger" && echo "pool 10" > "$1/trigger" && (($(< "$1/remaining_ms") > 2000))
}

ends_a_window() {
	echo "pool 60000" > "$1/trigger" && ! no_window "$1" && echo "pool 0" > "$1/trigger" && no_window "$1"
}

no_window() { (($(< "$1/remaining_ms") == 0)); }

counts_once() {
	local before
	before=$(< "$1/count")
	echo "pool 1000" > "$1/trigger" && echo "pool 1500" > "$1/trigger" && (($(< "$1/count") == before + 1))
}

squeeze_ms_is() { (($(< "$1/squeeze_ms") == $2)); }

# key_becomes GUEST VALUE MS: the key of its first disk, removed if VALUE is empty, and what squeeze_ms becomes.
key_becomes() {
	local key
	key=/local/domain/0/backend/vbd/$(xl domid "$1")/51712/squeeze-ms
	if [[ $2 ]]; then xenstore-write "$key" "$2"; else xenstore-rm "$key"; fi
	await 5 squeeze_ms_is "$(reclaim_dir "$1" 0)" "$3"
}

check_windows() {
	local dir=$1
	check "a window of 50 ms" window_lasts "$dir" 50
	check "a window of 150 ms" window_lasts "$dir" 150
	check "a window of 1000 ms" window_lasts "$dir" 1000
	check "a window is never made shorter" never_shorter "$dir"
	await 10 no_window "$dir"
	check "prolonging does not count as a window" counts_once "$dir"
	check "writing 0 ends a window" ends_a_window "$dir"
}

check_errors() {
	local dir=$1
	check "EINVAL: no such level" fails_with "Invalid argument" "pools 50" "$dir/trigger"
	check "EINVAL: no number" fails_with "Invalid argument" "pool fast" "$dir/trigger"
	check "EINVAL: squeeze_ms" fails_with "Invalid argument" "-1" "$dir/squeeze_ms"
	check "EINVAL: a number before a level" fails_with "Invalid argument" "50 pool" "$dir/trigger"
	check "EINVAL: a number without the pool" fails_with "Invalid argument" "grants 50" "$dir/trigger"
	check "EINVAL: no level" fails_with "Invalid argument" "50" "$dir/trigger"
	check "ERANGE: 60001 ms" fails_with "Numerical result out of range" "pool 60001" "$dir/trigger"
	check "ERANGE: squeeze_ms" fails_with "Numerical result out of range" 60001 "$dir/squeeze_ms"
}

# check_key GUEST: the key of the toolstack for its first disk.
check_key() {
	local dir default
	dir=$(reclaim_dir "$1" 0)
	default=$(< $blkback/buffer_squeeze_duration_ms)
	check "the key of the toolstack is seen" key_becomes "$1" 33 33
	check "one that is no number is not" key_becomes "$1" soon "$default"
	check "the next one is seen again" key_becomes "$1" 34 34
	check "one that is too large is not" key_becomes "$1" 60001 "$default"
	check "and the next one is" key_becomes "$1" 33 33
	check "a write to squeeze_ms holds" squeeze_ms_takes "$dir" 44
	check "until default is written" squeeze_ms_becomes "$dir" default 33
	check "and again it holds" squeeze_ms_takes "$dir" 44
	check "until the key changes" key_becomes "$1" 0 0
	check "an exempt device can be asked" tells "$dir/trigger" pool
	check "without the key the driver's parameter holds" key_becomes "$1" "" "$default"
}

# squeeze_ms_becomes DIR VALUE MS
squeeze_ms_becomes() { echo "$2" > "$1/squeeze_ms" && squeeze_ms_is "$1" "$3"; }

# tells FILE TEXT
tells() { echo "$2" > "$1"; }

squeeze_ms_takes() { squeeze_ms_becomes "$1" "$2" "$2"; }
