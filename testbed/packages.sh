# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For scenarios that need more of Debian than dom0 has: its packages, in a repository that travels with the machine. To
# be sourced after debian.sh.

# fetch_packages RELEASE PAYLOAD PACKAGE...: those, and of what they need what dom0 lacks.
fetch_packages() {
	local image status configuration repository=$2/usr/lib/testbed/packages
	image=$(testbed/image/build "$1")
	status=$(mktemp)
	debugfs -R "dump /var/lib/dpkg/status $status" "$image/root.img" 2> /dev/null
	configuration=$(lists_of "$1")
	mkdir -p "$repository/partial"
	APT_CONFIG=$configuration apt-get -q --yes --no-install-recommends --download-only \
		-o Dir::State::status="$status" -o Dir::Cache::archives="$repository" install "${@:3}"
	rm -rf "$status" "$repository/partial" "$repository/lock"
	(cd "$repository" && dpkg-scanpackages . > Packages)
}
