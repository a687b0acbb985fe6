#!/bin/sh
# check-columns.sh FILE...: names each comment line that is wider than 80 columns
#
# clang-format sees to the code. Told to reflow comments, it would take lists apart.
set -eu

wide=$(for file; do
	expand -- "$file" | LC_ALL=C.UTF-8 grep -nE '^.{81,}' |
		grep -E '^[0-9]+:(.*/\*| +\* )' | sed "s|^|$file:|" || :
done)
if [ -n "$wide" ]; then
	printf '%s\n' "$wide" >&2
	exit 1
fi
