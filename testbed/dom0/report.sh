# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lines that dom0 sends to testbed/run, for main and the library. Knows the format, not what is said.
# File descriptor 7 is the channel; main opens it, since a virtio port can be open only once.

# What testbed/run acts on: up, begin NAME, end NAME, finished.
report_event() { echo "@$*" >&7; }

say() { echo "# $*" >&7; }

# report_result "ok"|"not ok" WHAT: a result in the form of TAP
report_result() { echo "$1 - $SCENARIO: $2" >&7; }

# Shows the end of a file under a failed result.
show_end_of() { tail -n 15 "$1" | sed 's/^/#     /' >&7; }
