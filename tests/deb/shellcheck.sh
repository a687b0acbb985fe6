#!/bin/sh
# check every shell script in debian/, known by its first line; releases have no
# debian/, and nothing is checked then
set -eu

cd "$(dirname -- "$0")/../.."
[ -d debian ] || exit 0
grep -rlE '^(#!/bin/(ba)?sh|# shellcheck shell=)' debian \
	--exclude-dir=palmares --exclude-dir=.debhelper |
	xargs -d '\n' sh -xc 'shellcheck -x "$@"' sh
