# shellcheck shell=bash disable=SC2034,SC2154 # set by library.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The pressure test in dom0: a hog sized to half of what the rings can hold, a guest's load, and what they
# cost while one squeezer or another is at work. For the demo and for the scenarios that assert on it.
# It must not know what is a good result.

xen_memory=/sys/devices/system/xen_memory/xen_memory0
blkback=/sys/module/xen_blkback/parameters
hog_file=/dev/shm/hog
modules=/lib/modules/$(uname -r)/updates
ring_kb=4096 # a ring holds 1,024 pages of pool or 1,056 persistent grants

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

# read_swapped IN OUT: pages since boot.
read_swapped() { read -r "$1" "$2" < <(awk '/^pswp/ { printf "%s ", $2 } END { print "" }' /proc/vmstat); }

# Microseconds that some task waited for memory since boot.
read_stall_us() {
    local line
    read -r line < /proc/pressure/memory
    printf -v "$1" %s "${line##*total=}"
}

read_uptime_cs() {
    local up
    read -r up _ < /proc/uptime
    printf -v "$1" %s "${up/./}"
}

# size_hog RINGS: so that half of what so many rings can hold stays free. Sets hog_mb.
size_hog() {
    local available_kb slack_kb=$(($1 * ring_kb / 2))
    read_field available_kb /proc/meminfo MemAvailable:
    hog_mb=$(((available_kb - slack_kb) / 1024))
    mount -o remount,size=100% /dev/shm
    say "hog: $hog_mb MB of $((available_kb / 1024)) MB available; slack $((slack_kb / 1024)) MB"
}

# The hog uses its memory again and again, in a group of processes of its own: nobody has the file open once it is
# stopped, which would keep its pages.
start_hog() {
    set -m
    read_hog &
    hog=$!
    set +m
}

# Fails if it was not at work until now.
stop_hog() {
    kill -- -"$hog" || return 1
    wait "$hog" 2> /dev/null || true
}

read_hog() {
    while :; do
        dd if=$hog_file of=/dev/null bs=1M status=none || true
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

# Gives back all that idle rings hold, and puts the parameters back.
empty_rings() {
    echo 0 > $blkback/max_buffer_pages
    echo 1 > $blkback/persistent_grant_unused_seconds
    await 30 rings_are_empty || true
    echo 60 > $blkback/persistent_grant_unused_seconds
    echo 1024 > $blkback/max_buffer_pages
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

# As if nothing had been: rings empty, and a new hog, all of it in RAM, once nothing is left of the old one.
settle() {
    rm -f $hog_file
    await 30 shm_is_empty || {
        ls -l /dev/shm >&2
        return 1
    }
    empty_rings
    dd if=/dev/zero of=$hog_file bs=1M count="$hog_mb" status=none
}

# load_guest LOAD SECONDS: prints what the load says at its end; fails if a write did, since the rest is quick then.
load_guest() {
    local line
    guest_tell g1 "sh /load $1 $2"
    line=$(guest_await g1 '^load: ' $(($2 + 165)))
    echo "$line"
    [[ $line == *" 0 bursts failed" ]]
}

# Once before the first run, after size_hog: a dom0 that has never swapped drops and reads its programs again and
# again at first, and all in it stands still for half a minute; the runs after it do not.
warm_up() {
    settle
    set_squeezer off
    start_hog
    load_guest busy 15
    stop_hog
    set_squeezer limit
}

# set_squeezer limit|off|mainline|params|module|native: the last with the driver of connect's native alone.
set_squeezer() {
    local squeeze_ms=10
    [[ $1 != off ]] || squeeze_ms=0
    echo $squeeze_ms > $blkback/buffer_squeeze_duration_ms
    case $1 in
        params | module | native)
            [[ $1 != module ]] || insmod "$modules/xen-reclaim.ko"
            systemctl start xen-reclaimd
            ;;
        *)
            await 20 no_window # one cut short leaves in the pool what is not unmapped yet
            systemctl stop xen-reclaimd
            [[ ! -e /sys/module/xen_reclaim ]] || rmmod xen_reclaim
            ;;
    esac
}

no_window() { [[ $(< $blkback/max_buffer_pages) != 0 ]]; }

# One trigger of all that the squeezer has: a request in the daemon's mailbox, or the kernel's own shrinkers.
trigger() {
    local level=grants
    case $1 in
        params | module | native)
            [[ $1 != native ]] || level=requests
            xenstore-write /local/domain/0/blkback-reclaim/request "$RANDOM $(($(date +%s) + 60)) $level - *"
            ;;
        *) echo 2 > /proc/sys/vm/drop_caches ;;
    esac
}

# read_requests_kb VARIABLE: of all disks; null where the driver does not show it.
read_requests_kb() {
    local file kb sum=null
    for file in "$devices"/vbd-*/reclaim/request_kb; do
        [[ -e $file ]] || break
        read -r kb < "$file"
        sum=$((${sum/null/0} + kb))
    done
    printf -v "$1" %s $sum
}

# after_trigger SQUEEZER READER...: how much less (held) READER shows within 1 s and within 3 s of a trigger, in
# back_1s_kb and back_3s_kb: Linux takes grant pages back when its balloon thread looks, once a second. Sets
# request_back_1s_kb, and request_kb where the driver shows it.
after_trigger() {
    local before now_cs start_cs least requests_before_kb
    back_1s_kb=null
    request_back_1s_kb=null
    read_requests_kb requests_before_kb
    [[ $requests_before_kb == null ]] || request_kb=$requests_before_kb
    "${@:2}" before
    least=$before
    trigger "$1"
    read_uptime_cs start_cs
    now_cs=$start_cs
    while ((now_cs < start_cs + 300)); do
        pause 0.05
        note_least "${@:2}"
        read_uptime_cs now_cs
        [[ $back_1s_kb == null ]] && ((now_cs >= start_cs + 100)) || continue
        back_1s_kb=$((before - least))
        [[ $requests_before_kb == null ]] || note_requests
    done
    back_3s_kb=$((before - least))
}

note_least() {
    local held
    "$@" held
    ((held >= least)) || least=$held
}

note_requests() {
    local requests_after_kb
    read_requests_kb requests_after_kb
    request_back_1s_kb=$((requests_before_kb - requests_after_kb))
}

# MemAvailable, negated: less of it is more held.
read_unavailable_kb() {
    local available_kb
    read_field available_kb /proc/meminfo MemAvailable:
    printf -v "$1" %s $((-available_kb))
}

most_held_kb() { awk '$2 > most { most = $2 } END { print most + 0 }' "$1"; }

# result KEY VALUE...: one object a run; strings are told by their keys.
result() {
    local text='' key value
    while (($#)); do
        key=$1 value=$2
        case $key in
            kernel | guest | driver | load | squeezer) [[ $value == null ]] || value="\"$value\"" ;;
        esac
        text+="${text:+, }\"$key\": $value"
        shift 2
    done
    echo "{$text}" >> "$OUT/results.jsonl"
}

# Every disk used once, and then idle for longer than the daemon's idle_time.
fill_rings() {
    guest_tell g1 'for d in /dev/xvd*; do dd if=/dev/zero of=$d bs=4M count=1 oflag=direct 2> /dev/null; done; echo filled'
    guest_await g1 '^filled' 120 > /dev/null
    pause 6
}

# Of rings that were asked to purge while they were still unmapping.
all_complaints() { dmesg | grep -c "still busy" || true; }

# measure SQUEEZER LOAD SECONDS: one run with the guest g1; LOAD null: the hog alone. Sets swapped_in,
# swapped_out, stall_us, held_kb, throughput_kb_s, complaints, held_at_trigger_kb, back_1s_kb, back_3s_kb, and
# own_swap_kb: of the daemon, at the end.
measure() {
    local squeezer=$1 load=$2 seconds=$3 memory=$OUT/memory-$1-$2.txt
    local in0 out0 stall0 in1 out1 stall1 line recorder complaints0
    settle
    set_squeezer "$squeezer"
    record_memory > "$memory" &
    recorder=$!
    start_hog
    complaints0=$(all_complaints)
    read_swapped in0 out0
    read_stall_us stall0
    if [[ $load == null ]]; then
        pause "$seconds"
        throughput_kb_s=null
    else
        line=$(load_guest "$load" "$seconds")
        throughput_kb_s=$(awk '{ printf "%d", $2 * 100 / $5 }' <<< "$line")
    fi
    read_swapped in1 out1
    read_stall_us stall1
    own_swap_kb=null
    ! unit_is active || read_field own_swap_kb "/proc/$(unit_pid)/status" VmSwap:
    stop_hog
    kill $recorder
    wait $recorder 2> /dev/null || true
    swapped_in=$((in1 - in0))
    swapped_out=$((out1 - out0))
    stall_us=$((stall1 - stall0))
    held_kb=$(most_held_kb "$memory")
    held_at_trigger_kb=null
    back_1s_kb=null
    back_3s_kb=null
    request_back_1s_kb=null
    set_squeezer limit
    if [[ $load == mostly-idle ]]; then
        fill_rings
        set_squeezer "$squeezer"
        read_held_kb held_at_trigger_kb
        after_trigger "$squeezer" read_held_kb
        set_squeezer limit
    fi
    complaints=$(($(all_complaints) - complaints0))
}

# run GUEST SQUEEZER LOAD SECONDS: measure, tell and note.
run() {
    measure "$2" "$3" "$4"
    say "$1 $3 $2: swapped in $swapped_in out $swapped_out pages, held up to $held_kb kB," \
        "back in 1 s $back_1s_kb and in 3 s $back_3s_kb of $held_at_trigger_kb kB, stall $((stall_us / 1000)) ms," \
        "guest $throughput_kb_s kB/s, complaints of blkback $complaints"
    result kernel ballooned guest "$1" driver "$driver" load "$3" squeezer "$2" \
        pswpin "$swapped_in" pswpout "$swapped_out" held_kb "$held_kb" \
        back_1s_kb "$back_1s_kb" back_3s_kb "$back_3s_kb" held_at_trigger_kb "$held_at_trigger_kb" \
        request_kb "$request_kb" request_back_1s_kb "$request_back_1s_kb" psi_stall_us "$stall_us" \
        throughput_kb_s "$throughput_kb_s"
}

use_driver() {
    if [[ -e /sys/module/xen_blkback ]]; then
        await 20 no_backends
        rmmod xen-blkback
    fi
    case $1 in
        stock) modprobe xen-blkback ;;
        native) insmod "$modules/xen-blkback.ko" ;;
    esac
}

# connect persistent|plain stock|native: the guest with its 24 disks, anew; sets request_kb, what connecting
# took of dom0's RAM, and driver.
connect() {
    local before after
    driver=$2
    ! xl domid g1 > /run/domid 2>&1 || guest_destroy g1
    use_driver "$2"
    read_field before /proc/meminfo MemAvailable:
    guest_create g1 24 "$1" > /dev/null
    read_field after /proc/meminfo MemAvailable:
    request_kb=$((before - after))
    say "24 disks connected ($1, $2 xen-blkback): $((request_kb / 1024)) MB of dom0's memory, for requests most of it"
}

# all_rows: not only those of the demo's short form.
all_rows() { [[ -e /etc/demo-all-rows ]]; }

# busy_turns GUEST SQUEEZER...: a run of the busy load each, in turn, as often as the demo wants, and the first once more
# at the end. What one gives drifts by a tenth and more in one boot; each is compared with the first's before and after it.
busy_turns() {
    local turns=1 i
    [[ ! -e /etc/demo-busy-turns ]] || turns=$(< /etc/demo-busy-turns)
    for ((i = 0; i < turns; i++)); do rows "$1" busy "${@:2}"; done
    rows "$1" busy "$2"
}

# rows GUEST LOAD SQUEEZER...: a run each. Mostly idle for more than a round of all disks, which takes 36 s; busy
# disks do more rounds in less.
rows() {
    local squeezer seconds=45
    [[ $2 != busy ]] || seconds=20
    for squeezer in "${@:3}"; do
        run "$1" "$squeezer" "$2" $seconds
    done
}
