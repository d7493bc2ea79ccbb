# shellcheck shell=bash disable=SC2034,SC2154 # set by library.sh and figures.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The pressure test in dom0: a hog sized by what the rings can hold, a guest's load, and what they cost while one
# squeezer or another is at work. For bench/compare and for the scenarios that assert on it. It must not know what
# is a good result.

# shellcheck source=/dev/null
source /usr/lib/testbed/figures.sh

xen_memory=/sys/devices/system/xen_memory/xen_memory0
blkback=/sys/module/xen_blkback/parameters
hog_file=/dev/shm/hog
load_disks=24
ring_kb=4096 # a ring holds 1,024 pages of pool or 1,056 persistent grants
lead_s=5     # of load before the pressure, to know the latency without it
tail_s=8     # of load after it, to see the latency recover

# What the last run or trigger gave, by the names that it has in a run's file of bench/compare; a list is one of JSON.
declare -gA run
# What connect did: driver, and slots_kb, what connecting took of dom0's RAM.
declare -gA connection

exec {never}<> <(:) # nothing ever comes from it: to wait without a process

pause() { read -r -t "$1" -u "$never" || true; }

# The following set the variable named instead of printing: no process, no memory.
read_held_kb() {
	local current target
	read -r current < $xen_memory/info/current_kb
	read -r target < $xen_memory/target_kb
	printf -v "$1" %s $((target - current))
}

# read_field VARIABLE FILE KEY: for the first lines alone; a shell reads a long file in pieces, and what is
# before a piece may have changed its length.
read_field() {
	local key value
	while read -r key value _; do
		[[ $key == "$3" ]] && break
	done < "$2"
	printf -v "$1" %s "$value"
}

# read_paging VARIABLE: pages refaulted so far.
read_paging() {
	local key value sum=0
	while read -r key value; do
		case $key in workingset_refault_anon | workingset_refault_file) sum=$((sum + value)) ;; esac
	done < /proc/vmstat
	printf -v "$1" %s $sum
}

read_uptime_cs() {
	local up
	read -r up _ < /proc/uptime
	printf -v "$1" %s "${up/./}"
}

# wait_until_cs CENTISECONDS: since boot.
wait_until_cs() {
	local now_cs left_cs
	read_uptime_cs now_cs
	left_cs=$(($1 - now_cs))
	((left_cs <= 0)) || pause "$((left_cs / 100)).$(printf %02d $((left_cs % 100)))"
}

# --- the hog ---

# size_hog KB: so that so much of what is available now stays free; below zero, more than is available. Sets hog_mb.
size_hog() {
	local available_kb
	read_field available_kb /proc/meminfo MemAvailable:
	hog_mb=$(((available_kb - $1) / 1024))
	mount -o remount,size=100% /dev/shm
	say "hog: $hog_mb MB of $((available_kb / 1024)) MB available; slack $(($1 / 1024)) MB"
}

# Half of what the disks can come to hold, where it is RAM.
half_of_rings_kb() { echo $((load_disks * ring_kb / 2)); }

hog_pages=random # or "half": random and zeros in equal parts, which compress to about half

# Random, since Linux 6.12 and newer keeps pages of zeros in a bitmap and writes none of them to swap.
fill_hog() {
	if [[ $hog_pages == random ]]; then append_to_hog "$1" < /dev/urandom; else append_to_hog "$1" < <(half_random); fi
}

append_to_hog() { dd of=$hog_file bs=1M count="$1" iflag=fullblock oflag=append conv=notrunc status=none; }

# Pages without end; each MB holds the same.
half_random() {
	local mb=/run/half-random
	[[ -e $mb ]] || for _ in {1..256}; do head -c 2048 /dev/urandom && head -c 2048 /dev/zero; done > $mb
	while cat $mb; do :; done
}

# start_hog [SECONDS]: it uses its memory again and again, and grows to its size within the time. In a group of
# processes of its own: nobody has the file open once it is stopped, which would keep its pages.
start_hog() {
	set -m
	read_hog "${1:-0}" &
	hog=$!
	set +m
}

# Fails if it was not at work until now.
stop_hog() {
	kill -- -"$hog" || return 1
	wait "$hog" 2> /dev/null || true
}

# read_hog GROW_SECONDS
read_hog() {
	(($1 == 0)) || grow_hog "$1" &
	while :; do
		dd if=$hog_file of=/dev/null bs=1M status=none || true
	done
}

grow_hog() {
	local begun_cs step=8 done_mb
	read_uptime_cs begun_cs
	for ((done_mb = 0; done_mb < hog_mb; done_mb += step)); do
		fill_hog $((hog_mb - done_mb < step ? hog_mb - done_mb : step))
		wait_until_cs $((begun_cs + $1 * 100 * done_mb / hog_mb))
	done
}

# Writes "uptime held available" twice a second, in seconds and kB.
record_memory() {
	local cs held_kb available_kb
	while :; do
		read_uptime_cs cs
		read_held_kb held_kb
		read_field available_kb /proc/meminfo MemAvailable:
		echo "$((cs / 100)).$(printf %02d $((cs % 100))) $held_kb $available_kb"
		pause 0.5
	done
}

# --- before a run ---

# Gives back all that idle rings hold, and restores the parameters. Where grant pages are no RAM nothing tells when.
empty_rings() {
	set_parameters 0 1
	if [[ $GRANT_MEMORY == ballooned ]]; then await 30 rings_are_empty; else pause 3; fi
	set_parameters 1024 60
}

# set_parameters MAX_BUFFER_PAGES PERSISTENT_GRANT_UNUSED_SECONDS
set_parameters() {
	echo "$1" > $blkback/max_buffer_pages
	echo "$2" > $blkback/persistent_grant_unused_seconds
}

shm_is_empty() {
	local blocks free
	read -r blocks free < <(stat -f -c '%b %f' /dev/shm)
	((blocks == free))
}

rings_are_empty() {
	local held_kb
	read_held_kb held_kb
	((held_kb < 2048))
}

# settle [HOG_MB]: as if nothing had been: rings empty, and a new hog, all of it in RAM, once nothing is left of the
# old one. Nor of the files read to start a guest: with MGLRU they can stay for a whole run while the hog is swapped.
settle() {
	rm -f $hog_file
	echo 1 > /proc/sys/vm/drop_caches
	await 30 shm_is_empty || {
		ls -l /dev/shm >&2
		return 1
	}
	empty_rings
	: > $hog_file
	fill_hog "${1:-$hog_mb}"
}

# --- the guest's load ---

# load_guest LOAD SECONDS: prints what the load says at its end; fails if a write did, since the rest is quick then.
load_guest() {
	guest_tell g1 "sh /load $1 $2 /dev/xvd[a-x]"
	await_load "$2"
}

# await_load SECONDS
await_load() {
	local line
	line=$(guest_await g1 '^load: ' $(($1 + 165)))
	echo "$line"
	[[ $line == *" 0 bursts failed" ]]
}

# Every disk used once, and then idle for longer than the daemon's idle_time.
fill_rings() {
	guest_tell g1 'for d in /dev/xvd[a-x]; do dd if=/dev/zero of=$d bs=4M count=1 oflag=direct 2> /dev/null; done; echo filled'
	guest_await g1 '^filled' 120 > /dev/null
	pause 6
}

# Once before the first run, after size_hog: a dom0 that has never swapped drops and reads its programs again and
# again at first, and all in it stands still for half a minute; the runs after it do not.
warm_up() {
	settle
	start_hog
	load_guest busy 15
	stop_hog
}

# --- the squeezers ---

# driver_of SQUEEZER: which xen-blkback it needs, and that driver's options.
driver_of() {
	case $1 in
		patched* | paused | native) echo native ;;
		no-persistent) echo stock feature_persistent=0 ;;
		small-rings) echo stock max_ring_page_order=0 max_queues=1 ;;
		*) echo stock ;;
	esac
}

# set_squeezer SQUEEZER: after be_stock, with the driver that it needs in use.
set_squeezer() {
	case $1 in
		stock | patched | small-rings) ;;
		squeeze-*) echo "${1#squeeze-}" > $blkback/buffer_squeeze_duration_ms ;;
		static-5-paused)
			set_parameters 0 5
			set_squeezer paused
			;;
		*static-*) set_parameters 0 "${1##*static-}" ;;
		no-persistent) set_parameters 0 60 ;;
		zram) swap_to_zram ;;
		params | module | paused | native)
			[[ $1 != module ]] || insmod "$modules/xen-reclaim.ko"
			systemctl start xen-reclaimd
			[[ $1 != paused ]] || xen-reclaim pause
			;;
		*)
			echo "no squeezer $1" >&2
			return 1
			;;
	esac
}

# Everything as Linux has it.
be_stock() {
	! unit_is active || xen-reclaim resume
	systemctl stop xen-reclaimd
	[[ ! -e /sys/module/xen_reclaim ]] || rmmod xen_reclaim
	set_parameters 1024 60
	echo 10 > $blkback/buffer_squeeze_duration_ms
	swap_to_disk
}

# Half of dom0's memory, as distributions set it up, before the swap on disk. Without that one behind it, pages that do
# not compress end dom0: they fill the zram and take as much memory as before.
swap_to_zram() {
	local total_kb
	read_field total_kb /proc/meminfo MemTotal:
	modprobe zram
	echo $((total_kb / 2))K > /sys/block/zram0/disksize
	mkswap /dev/zram0 > /dev/null
	swapon -p 100 /dev/zram0
}

swap_to_disk() {
	[[ -e /sys/module/zram ]] || return 0
	swapoff /dev/zram0
	echo 1 > /sys/block/zram0/reset
	rmmod zram
}

# --- a trigger ---

# One trigger of all that the squeezer has: a request in the daemon's mailbox, or the kernel's own shrinkers.
trigger() {
	local level=pool,grants
	case $1 in
		params | module | native)
			[[ $1 != native ]] || level=pool,grants,slots
			xenstore-write /local/domain/0/blkback-reclaim/request "$RANDOM $level - *"
			;;
		*) echo 2 > /proc/sys/vm/drop_caches ;;
	esac
}

# read_slots_kb VARIABLE: of all disks; null where the driver does not show it.
read_slots_kb() {
	local file kb sum=null
	for file in "$devices"/vbd-*/reclaim/slot_kb; do
		[[ -e $file ]] || break
		read -r kb < "$file"
		sum=$((${sum/null/0} + kb))
	done
	printf -v "$1" %s $sum
}

# after_trigger SQUEEZER READER...: in the run, how much less (held) READER shows 1 s and 3 s after a trigger, in
# back_1s_kb and back_3s_kb: Linux takes grant pages back when its balloon thread looks, once a second. And slots_kb and
# slots_back_1s_kb: where the driver does not show them, what connecting took, and null.
after_trigger() {
	local before begun_cs held slots_before_kb slots_after_kb
	read_slots_kb slots_before_kb
	"${@:2}" before
	trigger "$1"
	read_uptime_cs begun_cs
	wait_until_cs $((begun_cs + 100))
	"${@:2}" held
	run[back_1s_kb]=$((before - held))
	read_slots_kb slots_after_kb
	wait_until_cs $((begun_cs + 300))
	"${@:2}" held
	run[back_3s_kb]=$((before - held))
	if [[ $slots_before_kb == null ]]; then
		run[slots_kb]=${connection[slots_kb]}
		run[slots_back_1s_kb]=null
	else
		run[slots_kb]=$slots_before_kb
		run[slots_back_1s_kb]=$((slots_before_kb - slots_after_kb))
	fi
}

# MemAvailable, negated: less of it is more held.
read_unavailable_kb() {
	local available_kb
	read_field available_kb /proc/meminfo MemAvailable:
	printf -v "$1" %s $((-available_kb))
}

# measure_trigger SQUEEZER: what it gives back of what idle disks hold: what after_trigger says, and held_at_trigger_kb.
# By the balloon where grant pages are RAM, else by MemAvailable, and null.
measure_trigger() {
	local reader=read_held_kb
	[[ $GRANT_MEMORY == ballooned ]] || reader=read_unavailable_kb
	run=()
	rm -f $hog_file
	be_stock
	fill_rings
	set_squeezer "$1"
	run[held_at_trigger_kb]=null
	[[ $GRANT_MEMORY != ballooned ]] || read_held_kb 'run[held_at_trigger_kb]'
	after_trigger "$1" $reader
	be_stock
}

# --- a run ---

# Complaints of rings that were asked to purge while they were still unmapping.
all_complaints() { dmesg | grep -c "still busy" || true; }

# most_held_kb FILE BEGUN_CS ENDED_CS
most_held_kb() {
	awk -v begun="$2" -v ended="$3" '$1 * 100 >= begun && $1 * 100 <= ended && $2 > most { most = $2 }
        END { print most + 0 }' "$1"
}

# measure SQUEEZER LOAD SECONDS: one run with the guest g1: the load alone, then with the hog for so many seconds, then
# alone again. In the run: the figures, seconds, hog_mb, complaints; held_kb (the most under pressure) and
# held_at_start_kb, null where grant pages are no RAM; latencies in microseconds, one each 50 ms, latency_before_us,
# latency_us, latency_after_us, and the same of reads with read_ before them; and for who asserts on it paging (pages
# refaulted), kb_s (what the guest wrote) and
# own_swap_kb (of the daemon). Fails if the daemon did not run all the time.
measure() {
	local squeezer=$1 load=$2 seconds=$3 memory=$OUT/memory-$1-$2.txt
	local all_s=$((lead_s + $3 + tail_s)) guest_load=$2 grow_s=0 told_cs begun_cs ended_cs recorder complaints pid
	run=()
	choose_load
	prepare_squeezer
	read_held_kb 'run[held_at_start_kb]'
	record_memory > "$memory" &
	recorder=$!
	complaints=$(all_complaints)
	guest_tell g1 "/latency /dev/xvdy $all_s > /latencies & /latency /dev/xvdy $all_s read > /read-latencies &" \
		"sh /load $guest_load $all_s /dev/xvd[a-x]; wait; cat /latencies /read-latencies"
	read_uptime_cs told_cs
	wait_until_cs $((told_cs + lead_s * 100))
	under_pressure
	run[own_swap_kb]=null
	((pid == 0)) || read_field 'run[own_swap_kb]' "/proc/$pid/status" VmSwap:
	await_load $((tail_s + 2))
	note_latencies '' $(((begun_cs - told_cs) / 5)) $(((ended_cs - told_cs) / 5))
	note_latencies 'read ' $(((begun_cs - told_cs) / 5)) $(((ended_cs - told_cs) / 5))
	kill $recorder
	wait $recorder 2> /dev/null || true
	note_figures
	restore_target
	be_stock
	run[complaints]=$(($(all_complaints) - complaints))
}

# The following are parts of measure, and use what is local there.

# What the guest does, and what else happens meanwhile.
choose_load() {
	case $load in
		ramp)
			guest_load=mostly-idle
			grow_s=$((seconds * 2 / 3))
			;;
		balloon)
			guest_load=mostly-idle
			note_target
			;;
		busy-plain) guest_load=busy ;;
	esac
}

# To a daemon that has run for a while.
disks_are_known() { [[ -s /run/xen-reclaim/state.json ]] && ! grep -q '"why":"watching"' /run/xen-reclaim/state.json; }

# Only the squeezer at work, and a hog that is not yet.
prepare_squeezer() {
	be_stock
	hog_pages=random
	[[ $squeezer != zram ]] || hog_pages=half
	if ((grow_s)); then settle 0; else settle; fi
	set_squeezer "$squeezer"
	! unit_is active || await 30 disks_are_known
	pid=$(unit_pid)
}

# The hog at work, and what is counted meanwhile.
under_pressure() {
	figures_begin "${load_blocks[@]}"
	read_uptime_cs begun_cs
	start_hog $grow_s
	if [[ $load == balloon ]]; then
		wait_until_cs $((begun_cs + seconds * 50))
		lower_target
	fi
	wait_until_cs $((begun_cs + seconds * 100))
	figures_end "${load_blocks[@]}"
	stop_hog
	read_uptime_cs ended_cs
	[[ $(unit_pid) == "$pid" ]]
}

note_figures() {
	local key
	for key in "${!figures[@]}"; do run[$key]=${figures[$key]}; done
	run[seconds]=$((figures[uptime_cs] / 100)).$(printf %02d $((figures[uptime_cs] % 100)))
	run[paging]=$((figures[refault_anon] + figures[refault_file]))
	run[kb_s]=$((figures[written_kb] * 100 / figures[uptime_cs]))
	run[hog_mb]=$hog_mb
	run[held_kb]=$(most_held_kb "$memory" "$begun_cs" "$ended_cs")
	[[ $GRANT_MEMORY == ballooned ]] || run[held_kb]=null run[held_at_start_kb]=null
}

# note_latencies KIND BEGUN ENDED: of writes (no kind), or "read "; how many were before the pressure, and before its end.
note_latencies() {
	local line all of=${1/ /_}
	line=$(guest_await g1 "^$1latency: " 20)
	read -r -a all <<< "${line#*: }"
	local IFS=,
	run[${of}latency_before_us]="[${all[*]:0:$2}]"
	run[${of}latency_us]="[${all[*]:$2:$3-$2}]"
	run[${of}latency_after_us]="[${all[*]:$3}]"
}

# dom0's own target, where xl puts it; Linux and the daemon follow it. A fresh dom0 has none.
target=/local/domain/0/memory/target

note_target() {
	read -r old_target_kb < $xen_memory/target_kb
	xenstore-write $target "$old_target_kb"
}

lower_target() { xenstore-write $target $((old_target_kb - 65536)); }

restore_target() {
	[[ ${old_target_kb:-} ]] || return 0
	xenstore-write $target "$old_target_kb"
	await 20 has_memory "$old_target_kb"
	old_target_kb=
}

has_memory() { [[ $(< $xen_memory/target_kb) == "$1" ]]; }

use_driver() {
	if [[ -e /sys/module/xen_blkback ]]; then
		await 20 no_vbds
		rmmod xen-blkback
	fi
	case $1 in
		stock) modprobe xen-blkback "${@:2}" ;;
		native) insmod "$modules/xen-blkback.ko" "${@:2}" ;;
	esac
}

# Sets load_blocks: where the load's disks count what is written.
find_load_blocks() {
	local nodes=("${GUEST_STORE[@]}") node
	((${#nodes[@]})) || nodes=(/dev/nullb{0..24})
	load_blocks=()
	for node in "${nodes[@]:0:load_disks}"; do
		load_blocks+=("$(readlink -f "/sys/dev/block/$((0x$(stat -L -c %t "$node"))):$((0x$(stat -L -c %T "$node")))")")
	done
}

# connect persistent|plain stock|native [OPTION...]: the guest with 24 disks for its load and one for its latency, anew,
# and the driver with such options. Sets connection.
connect() {
	local before after
	connection=([driver]=$2)
	! xl domid g1 > /run/domid 2>&1 || guest_destroy g1
	use_driver "${@:2}" || return 1
	rm -f $hog_file
	pause 0.5 # a driver that has gone gives back its slots a little later
	read_field before /proc/meminfo MemAvailable:
	guest_create g1 $((load_disks + 1)) "$1" > /dev/null || return 1
	read_field after /proc/meminfo MemAvailable:
	connection[slots_kb]=$((before - after))
	find_rings
	find_load_blocks
	say "$((load_disks + 1)) disks connected ($1, ${*:2} xen-blkback): $((connection[slots_kb] / 1024)) MB of dom0's memory, for slots most of it"
}
