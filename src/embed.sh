#!/bin/sh
# embed.sh: writes a C source that holds files as arrays, to standard output
#
# embed.sh SYMBOL FILE       const struct embedded_file SYMBOL
# embed.sh -l SYMBOL FILE... const struct embedded_file SYMBOL[], sorted by
#                            name, with an entry whose name is NULL at the end
set -eu
LC_ALL=C
export LC_ALL

usage() {
	echo "usage: embed.sh [-l] SYMBOL FILE..." >&2
	exit 2
}

# The bytes of a file as the lines of an initializer; never an empty one.
bytes() {
	od -An -v -tu1 -- "$1" | awk '
		{ gsub(/ +/, ","); print "\t" substr($0, 2) "," }'
	printf '\t0\n'
}

entry() {
	size=$(wc -c <"$1")
	printf '{ "%s", file_%d, %d }' "${1##*/}" "$2" "$size"
}

list=no
if [ "${1-}" = -l ]; then
	list=yes
	shift
fi
[ $# -ge 1 ] || usage
symbol=$1
shift
[ $list = yes ] || [ $# -eq 1 ] || usage

# A pathname pattern sorts, but the names may come from anywhere.
sorted=$(for file; do printf '%s\n' "$file"; done | sort)
newline='
'
IFS=$newline
set -f
# shellcheck disable=SC2086 # one name a line, and no patterns
set -- $sorted
unset IFS

echo "/* Written by src/embed.sh: do not edit. */"
echo '#include "base/embed.h"'
echo
echo "extern const struct embedded_file $symbol$([ $list = no ] || echo '[]');"
echo
number=0
for file; do
	[ -r "$file" ] || { echo "embed.sh: cannot read $file" >&2; exit 1; }
	echo "static const unsigned char file_${number}[] = {"
	bytes "$file"
	echo "};"
	echo
	number=$((number + 1))
done

if [ $list = no ]; then
	printf 'const struct embedded_file %s = %s;\n' "$symbol" "$(entry "$1" 0)"
	exit
fi
echo "const struct embedded_file ${symbol}[] = {"
number=0
for file; do
	printf '\t%s,\n' "$(entry "$file" $number)"
	number=$((number + 1))
done
printf '\t{ 0, 0, 0 }\n};\n'
