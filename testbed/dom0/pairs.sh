# shellcheck shell=bash disable=SC2154 # set for and by those who source this file
# SPDX-License-Identifier: GPL-2.0-only
#
# What something costs a guest's disk: pairs of runs in turn, without it and with it, and the mean difference of the
# pairs with its 95 % interval. It must not know what that something is: the scenario's begin and end do, which are
# told its name before and after each run. The scenario sets $pairs, and $student_t for as many.

burst_mb=512

# measure WHAT: writes once to the first disk of the guest g1. Sets kb_s.
measure() {
	local line
	begin "$1"
	guest_tell g1 "begun=\$(cut -d' ' -f1 /proc/uptime | tr -d .); dd if=/dev/zero of=/dev/xvda bs=4M count=$((burst_mb / 4)) oflag=direct 2>/dev/null;" \
		"echo took \$((\$(cut -d' ' -f1 /proc/uptime | tr -d .) - begun)) cs"
	line=$(guest_await g1 '^took [0-9]+ cs' 120)
	end "$1"
	line=${line#took }
	kb_s=$((burst_mb * 1024 * 100 / ${line% cs}))
}

# compare FILE WITHOUT WITH KEY=VALUE...: a line of the table, and an object in the file, with these keys.
compare() {
	local file=$1 i kb_s without list=
	for ((i = 0; i < pairs; i++)); do
		measure "$2"
		without=$kb_s
		measure "$3"
		list+="$without $kb_s"$'\n'
	done
	shift 3
	printf %s "$list" | awk -v labels="$*" -v t="$student_t" -v json="$OUT/$file" '
        { without[NR] = $1; with[NR] = $2; d[NR] = 100 * ($2 - $1) / $1; a += $1; b += $2; sum += d[NR] }
        END {
            mean = sum / NR
            for (i = 1; i <= NR; i++) square += (d[i] - mean) ^ 2
            half = t * sqrt(square / (NR - 1) / NR)
            printf "{" >> json
            for (i = 1; i <= split(labels, label, " "); i++) {
                split(label[i], l, "=")
                printf "%-19s", l[2]
                printf "\"%s\": \"%s\", ", l[1], l[2] >> json
            }
            printf "%7.1f %7.1f MB/s  %+5.1f %% [%+.1f, %+.1f]\n", a / NR / 1024, b / NR / 1024, mean, mean - half, mean + half
            printf "\"difference_percent\": %.2f, \"interval_95\": [%.2f, %.2f], \"pairs_kb_s\": [", mean, mean - half, mean + half >> json
            for (i = 1; i <= NR; i++) printf "%s[%d, %d]", (i > 1 ? ", " : ""), without[i], with[i] >> json
            print "]}" >> json
        }' > "$OUT/line"
	say "$(< "$OUT/line")"
	rm "$OUT/line"
}
