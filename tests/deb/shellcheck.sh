#!/bin/sh
# check every shell script in debian/, known by its first line; releases have no
# debian/, and nothing is checked then
set -eu

cd "$(dirname -- "$0")/../.."
[ -d debian ] || exit 0
# A command that fails prints nothing, so that such a check cannot fail.
# shellcheck disable=SC2016
if grep -n -- '-z "\$(' debian/tests/*; then
	echo 'holds WHAT prints "" COMMAND... asks for the status, too' >&2
	exit 1
fi
grep -rlE '^(#!/bin/(ba)?sh|# shellcheck shell=)' debian \
	--exclude-dir=palmares --exclude-dir=.debhelper |
	xargs -d '\n' sh -xc 'shellcheck -x "$@"' sh
