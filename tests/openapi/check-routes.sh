#!/bin/sh
# check-routes.sh: whether openapi.yaml and the route table have the same methods and paths
#
# check-routes.sh FILE          FILE has the output of "palmaresd --routes"; - is standard input
# check-routes.sh PROGRAM       runs PROGRAM --routes
# check-routes.sh COMMAND ARG...  runs the command
#
# The route table has lines METHOD<TAB>/path/{param}. Prints each difference and exits 1 if
# there is one; exits 2 if something cannot be read. OPENAPI names another document.
#
# Of YAML it understands what openapi.yaml says it keeps to: below "paths:" a path stands alone
# on a line after two spaces, a method after four. It refuses what it does not understand.
set -eu
LC_ALL=C
export LC_ALL

fail() {
	echo "check-routes.sh: $*" >&2
	exit 2
}

# The routes of openapi.yaml, as the route table writes them.
documented() {
	awk -v file="$1" '
		function refuse(why) {
			printf "check-routes.sh: %s:%d: %s\n", file, FNR, why >"/dev/stderr"
			refused = 1
			exit 2
		}
		{ sub(/\r$/, "") }
		/^[^ #]/ { inside = ($0 ~ /^paths:[ \t]*$/); path = ""; next }
		!inside || /^ *(#.*)?$/ || /^     / { next }
		/^  \/[^ ]*:$/ {
			path = substr($0, 3, length($0) - 3)
			next
		}
		path == "" { refuse("not a path: " $0) }
		/^    (get|put|post|delete|patch|head|options|trace):$/ {
			printf "%s\t%s\n", toupper(substr($0, 5, length($0) - 5)), path
			next
		}
		/^    (parameters|summary|description|servers):/ { next }
		{ refuse("neither a path nor a method: " $0) }
		END { exit refused ? 2 : 0 }
	' "$1"
}

[ $# -ge 1 ] || fail "usage: check-routes.sh FILE | PROGRAM | COMMAND ARG..."
openapi=${OPENAPI-$(dirname -- "$0")/../../openapi.yaml}
[ -r "$openapi" ] || fail "cannot read $openapi"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 2' HUP INT TERM

if [ $# -gt 1 ]; then
	"$@" >"$dir/table" || fail "failed: $*"
elif [ "$1" = - ]; then
	cat >"$dir/table"
elif [ -f "$1" ] && [ ! -x "$1" ]; then
	cat -- "$1" >"$dir/table" || fail "cannot read $1"
else
	"$1" --routes >"$dir/table" || fail "failed: $1 --routes"
fi
tab=$(printf '\t')
if grep -Evn "^(GET|PUT|POST|DELETE)$tab/[^ $tab]*\$" "$dir/table" >&2; then
	fail "the lines above are not METHOD<TAB>/path"
fi
documented "$openapi" >"$dir/documented" || exit 2
for list in table documented; do
	[ -s "$dir/$list" ] || fail "no route in the $list list"
	sort "$dir/$list" | uniq -d | sed "s/^/twice in the $list list: /" >>"$dir/differences"
	sort -u "$dir/$list" >"$dir/$list.sorted"
done
comm -23 "$dir/table.sorted" "$dir/documented.sorted" |
	sed 's/^/only in the route table: /' >>"$dir/differences"
comm -13 "$dir/table.sorted" "$dir/documented.sorted" |
	sed 's/^/only in openapi.yaml: /' >>"$dir/differences"

if [ -s "$dir/differences" ]; then
	cat "$dir/differences"
	exit 1
fi
count=$(wc -l <"$dir/table.sorted")
echo "openapi.yaml and the route table agree on $((count)) routes"
