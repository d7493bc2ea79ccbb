# shellcheck shell=bash disable=SC2034 # figures is for those who source this file
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a run costs a dom0, read from its kernel: for the testbed's runs and for bench/on-host. Reads only, but for
# one kprobe of its own. It must not know what is compared, nor that a testbed exists.

tracing=/sys/kernel/tracing
mapped=$tracing/events/figures/mapped
declare -A figures # of the last run: what figures_end says

# Threads of xen-blkback, one a ring: "1.xvda-0". Sets ring_tasks; none have left or come before the run's end.
find_rings() {
	local task name line
	ring_tasks=()
	for task in /proc/[0-9]*; do
		{ read -r name < "$task/comm"; } 2> /dev/null || continue
		[[ $name =~ ^[0-9]+\..*-[0-9]+$ ]] || continue
		! read -r -d '' line < "$task/cmdline" && [[ -z $line ]] || continue # not a kernel's
		ring_tasks+=("$task")
	done
}

# Counts the pages that the rings' threads map, by the size of each mapping: gnttab_map_refs()'s last argument.
count_grants() {
	mountpoint -q $tracing || mount -t tracefs tracefs $tracing
	# shellcheck disable=SC2016 # $arg4 is the kernel's
	echo 'p:figures/mapped gnttab_map_refs count=$arg4:u32' >> $tracing/kprobe_events
	echo 'hist:keys=count if comm ~ "[0-9]*.*-[0-9]*"' > $mapped/trigger
}

stop_counting_grants() {
	[[ -e $mapped ]] || return 0
	echo '!hist:keys=count' > $mapped/trigger
	echo '-:figures/mapped' >> $tracing/kprobe_events
}

# Sets daemon_tasks: of xen-reclaimd, if it runs.
find_daemon() {
	local pid
	pid=$(systemctl show -P MainPID xen-reclaimd 2> /dev/null) || pid=0
	daemon_tasks=()
	((pid == 0)) || daemon_tasks=("/proc/$pid/task"/*)
}

# counters BLOCK_DEVICE...: "key value" a line, all since boot: pages, microseconds, kB, and wake-ups (voluntary
# context switches). The devices are folders in /sys without a colon in their names. What is not there is left out. One
# process, since a new one can take long when memory is short.
counters() {
	grep -Hs . /proc/uptime /proc/vmstat /proc/pressure/memory $mapped/hist \
		"${ring_tasks[@]/%//schedstat}" "${ring_tasks[@]/%//status}" \
		"${daemon_tasks[@]/%//schedstat}" "${daemon_tasks[@]/%//status}" "${@/%//stat}" |
		awk -v daemon="${daemon_tasks[*]}" '
            BEGIN { n = split(daemon, task, " "); for (i = 1; i <= n; i++) of_daemon[task[i]] = 1 }
            {
                file = substr($0, 1, index($0, ":") - 1)
                $0 = substr($0, length(file) + 2)
                whose = "rings"
                folder = file
                sub("/[^/]*$", "", folder)
                if (folder in of_daemon) whose = "daemon"
            }
            file == "/proc/uptime" { printf "uptime_cs %.0f\n", $1 * 100 }
            $1 ~ /^(workingset_refault_(anon|file)|pswpin|pswpout|oom_kill)$/ { sub("workingset_", ""); print $1, $2 }
            file == "/proc/pressure/memory" { sub("total=", "", $NF); print "psi_" $1 "_us", $NF }
            file ~ /hist$/ && $2 == "count:" { pages += $3 * $6 }
            file ~ /schedstat$/ { cpu_ns[whose] += $1 }
            file ~ /status$/ && /^voluntary_ctxt_switches/ { wakeups[whose] += $2 }
            file ~ /stat$/ && file !~ /schedstat$/ && file !~ /vmstat$/ { written_kb += $7 / 2 }
            END {
                printf "grants_mapped %.0f\nwritten_kb %.0f\n", pages, written_kb
                for (who in cpu_ns) printf "%s_cpu_us %.0f\n%s_wakeups %d\n", who, cpu_ns[who] / 1000, who, wakeups[who]
            }'
}

# figures_begin BLOCK_DEVICE...: folders in /sys that have a stat.
figures_begin() {
	local key value
	declare -gA counted=()
	figures=()
	find_daemon
	while read -r key value; do counted[$key]=$value; done < <(counters "$@")
}

# figures_end BLOCK_DEVICE...: sets figures to what was counted since figures_begin.
figures_end() {
	local key value
	while read -r key value; do
		[[ -v counted[$key] ]] || continue
		figures[$key]=$((value - counted[$key]))
	done < <(counters "$@")
}
