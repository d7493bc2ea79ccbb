# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian's releases as apt sees them, whichever of them this machine runs: for the machine image, and for trees in which
# something is built. Knows nothing of what is taken from them. To be sourced.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/xen-reclaim

# The release that this machine runs.
own_release() { sed -n 's/^VERSION_CODENAME=//p' /etc/os-release; }

own_archive() {
	# shellcheck disable=SC2016 # for apt
	apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
		sort -u | grep .
}

# archive_of RELEASE: lines of a sources.list, of the mirrors that this machine uses for its own release. apt knows them
# once it has looked.
archive_of() { { own_archive || { apt-get update -qq && own_archive; }; } | sed "s/ $(own_release)\b/ $1/"; }

# lists_of RELEASE: a configuration of apt (APT_CONFIG) that knows that release alone, and is a day old at most, or as old
# as the network has it.
lists_of() {
	local state=$cache/apt-$1
	mkdir -p "$state/lists/partial" "$state/cache"
	# Anew each time: a tree has the cache in another place.
	cat > "$state/apt.conf" <<- EOF
		Dir::Etc::sourcelist "$state/sources.list";
		Dir::Etc::sourceparts "-";
		Dir::State::lists "$state/lists";
		Dir::State::status "/dev/null";
		Dir::Cache "$state/cache";
		APT::Sandbox::User "root";
	EOF
	if [[ ! $(find "$state/updated" -mmin -1440 2> /dev/null) ]]; then
		archive_of "$1" > "$state/sources.list"
		if APT_CONFIG=$state/apt.conf apt-get update -qq; then touch "$state/updated"; else [[ -e $state/updated ]]; fi
	fi
	echo "$state/apt.conf"
}

# candidates RELEASE PACKAGE...: each, and the version that apt would install.
candidates() {
	local configuration
	configuration=$(lists_of "$1")
	APT_CONFIG=$configuration apt-cache policy "${@:2}" | grep -E '^[a-z]|Candidate:'
}

# install_release RELEASE FOLDER PACKAGES [PATH...]: by mmdebstrap, with those packages (A,B) and without what they have below
# the paths. What that mounts in the tree it mounts for itself alone: were it
# interrupted, removing the tree must not reach the host's /proc and /dev. No initramfs is generated.
install_release() {
	local without=("${@:4}")
	# shellcheck disable=SC2016 # $1 is for the hook's shell
	archive_of "$1" | unshare --mount mmdebstrap --quiet --variant=minbase \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt=force-unsafe-io \
		--essential-hook='ln -s /bin/true "$1/usr/local/sbin/update-initramfs"' \
		"${without[@]/#/--dpkgopt=path-exclude=}" --include="$3" "$1" "$2" -
}
