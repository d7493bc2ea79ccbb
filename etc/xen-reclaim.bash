# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completion for bash. Commands, options and their values are those that --help tells, so this knows none of them;
# disks come from sysfs, below --root if that is given. Needs nothing of the package bash-completion but to be loaded by it.

_xen_reclaim_disks() {
	local name
	for name in "$1"/sys/bus/xen-backend/devices/vbd-*; do
		[[ ${name##*/} =~ ^vbd-([0-9]+)-([0-9]+)$ ]] &&
			printf '%s\n' "${BASH_REMATCH[1]}" "${BASH_REMATCH[1]}/${BASH_REMATCH[2]}"
	done | sort -u
}

# _xen_reclaim_reply WORD COMPGEN-ARGUMENTS: after "=" more follows
_xen_reclaim_reply() {
	mapfile -t COMPREPLY < <(compgen "${@:2}" -- "$1")
	[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2> /dev/null
}

# _xen_reclaim_as WORD PLACEHOLDER ROOT: what stands for DIR, FILE, DOMAIN or one|of|these
_xen_reclaim_as() {
	case $2 in
		*DIR*) _xen_reclaim_reply "$1" -d ;;
		*FILE*) _xen_reclaim_reply "$1" -f ;;
		*DOMAIN*) _xen_reclaim_reply "$1" -W "$(_xen_reclaim_disks "$3")" ;;
		*[a-z]*) _xen_reclaim_reply "$1" -W "${2//|/ }" ;;
	esac
}

_xen_reclaim() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} option='' command=''
	local help commands usage root='' i
	COMPREPLY=()
	help=$("$1" --help 2> /dev/null) || return 0
	commands=$(sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' <<< "$help")

	# bash makes three words of --option=value
	if [[ $word == = ]]; then
		word=
		option=$before
	elif [[ $before == = ]]; then
		option=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if [[ $option ]]; then
		usage=$(grep -m 1 -oE -e "$option=[A-Za-z|]+" <<< "$help")
		_xen_reclaim_as "$word" "${usage#*=}"
		return 0
	fi

	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} != --root ]] || root=${COMP_WORDS[i + 2]}
		[[ $'\n'$commands$'\n' != *$'\n'${COMP_WORDS[i]}$'\n'* ]] || command=${COMP_WORDS[i]}
	done
	if [[ $command ]]; then
		usage=$(grep -E "^  $command " <<< "$help")
	else
		usage=$(grep -v '^  [a-z]' <<< "$help")
	fi
	if [[ $word == -* ]]; then
		_xen_reclaim_reply "$word" -W "$(grep -oE -e '--[a-z-]+=?' <<< "$usage")"
	elif [[ $command ]]; then
		usage=$(sed 's/^  //; s/  .*//; s/\[--[^]]*\]//g; s/[a-z]*//' <<< "$usage")
		_xen_reclaim_as "$word" "$usage" "$root"
	else
		_xen_reclaim_reply "$word" -W "$commands"
	fi
}

complete -F _xen_reclaim xen-reclaim xen-reclaimd
