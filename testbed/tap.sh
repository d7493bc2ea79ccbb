# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the tests on the build machine share: results in the form of TAP, and the one place that counts them. Knows no
# test. To be sourced.
#
# A result is a line: "ok - NAME", "not ok - NAME", or "ok - NAME # SKIP REASON". A test program prints results, and
# whatever helps people; its exit status counts too.

tap_failed= # yes, once a test failed

# took BEGUN NAME: it began then, by SECONDS, and has ended. For the table at the end.
took() { [[ -z ${TAP_TIMES:-} ]] || echo "$((SECONDS - $1)) $2" >> "$TAP_TIMES"; }

# begins NAME: what is said to be under way, should nothing else be said for long.
begins() { [[ -z ${TAP_TIMES:-} ]] || echo "$1" > "$TAP_TIMES.now"; }

fails() {
	echo "not ok - $1"
	tap_failed=yes
}

# The last line of a script of tests: its exit status.
all_passed() { [[ ! $tap_failed ]]; }

# one NAME COMMAND...: a test that passes or fails as a whole. What it printed is shown if it fails.
one() {
	local name=$1 begun=$SECONDS log
	shift
	begins "$name"
	log=$(mktemp)
	if "$@" > "$log" 2>&1; then
		echo "ok - $name"
	else
		sed 's/^/# /' "$log"
		fails "$name"
	fi
	rm -f "$log"
	took "$begun" "$name"
}

# tap COMMAND...: runs a test program
tap() {
	local begun=$SECONDS log noted status
	begins "$*"
	noted=$(parts_noted)
	log=$(mktemp)
	"$@" 2>&1 | tee "$log"
	status=${PIPESTATUS[0]}
	judge "$*" "$status" "$log"
	rm -f "$log"
	# unless it noted its parts itself
	[[ $(parts_noted) != "$noted" ]] || took "$begun" "$*"
}

parts_noted() { [[ -z ${TAP_TIMES:-} ]] || wc -l < "$TAP_TIMES"; }

# judge NAME STATUS LOG: a result for what a program's own results do not show: it failed without one, or did not run all
# of its tests.
judge() {
	local said
	said=$(awk -v status="$2" '
		/^1\.\.[0-9]+/ { planned += substr($1, 4) }
		/^(not )?ok / { ran++ }
		/^not ok / && !/# SKIP/ { failed++ }
		END {
			if (!ran || (planned && ran != planned) || (status && !failed))
				printf "ran %d tests%s, exit status %d", ran, (planned ? " of " planned : ""), status
		}' "$3")
	[[ -z $said ]] || fails "$1: $said"
}

# cmocka NAME STATUS LOG: the results of a program that has run, with its name in each; all else that it printed, if it
# failed. cmocka 1.1.5 calls a skipped test "not ok".
cmocka() {
	local rest=d
	[[ $2 == 0 ]] || rest='s/^(# )?/# /'
	sed -E "s,^(not )?ok [0-9]+ # SKIP (.*),ok - $1: \2 # SKIP,; t
		s,^(ok|not ok) [0-9]+ - ,\1 - $1: ,; t
		$rest" "$3"
	judge "$1" "$2" "$3"
}

# shown_lines: those of its input, and one every 15 s without any. The last one has no more than what is left.
shown_lines() {
	local line begun=$SECONDS part='' status
	while :; do
		status=0
		IFS= read -r -t 15 line || status=$?
		part+=$line
		if ((status > 128)); then
			echo "# … $(cat "$TAP_TIMES.now" 2> /dev/null), no news for $((SECONDS - begun)) s"
		elif ((status == 0)); then
			printf '%s\n' "$part"
			part=''
			begun=$SECONDS
		else
			break
		fi
	done
	[[ ! $part ]] || printf '%s\n' "$part"
}

# closing COMMAND...: runs all tests of a script; then shows once more what was skipped and what failed, what took how
# long, and "N passed, N failed". A script that another one runs leaves this to that one.
closing() {
	local line passed=0 skipped=() failed=()
	if [[ ${TAP_TIMES:-} ]]; then
		"$@"
		return
	fi
	TAP_TIMES=$(mktemp)
	export TAP_TIMES
	while IFS= read -r line; do
		printf '%s\n' "$line"
		case $line in
			"ok "*"# SKIP"*) skipped+=("$line") ;;
			"ok "*) passed=$((passed + 1)) ;;
			"not ok "*) failed+=("$line") ;;
		esac
	done < <(
		"$@" 2>&1 | shown_lines
		exit "${PIPESTATUS[0]}"
	)
	wait $! || ((${#failed[@]})) || failed=("not ok - the tests run to their end")
	((${#skipped[@]} + ${#failed[@]} == 0)) || printf '%s\n' "${skipped[@]}" "${failed[@]}"
	show_times
	rm -f "$TAP_TIMES" "$TAP_TIMES.now"
	echo "$passed passed, ${#failed[@]} failed"
	((passed && ${#failed[@]} == 0))
}

# What took longest, and the rest in one line.
show_times() {
	awk '{ s = $1; sub(/^[0-9]* /, ""); sum[$0] += s } END { for (name in sum) print sum[name], name }' "$TAP_TIMES" |
		sort -rn |
		awk '{ s = $1; sub(/^[0-9]* /, ""); all += s }
			NR <= 15 { printf "%6d s  %.90s\n", s, $0; next }
			{ rest += s }
			END { if (NR > 15) printf "%6d s  %d others\n", rest, NR - 15; printf "%6d s  in all\n", all }'
}
