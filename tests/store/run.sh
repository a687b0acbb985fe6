#!/bin/sh
# run.sh: runs the store's tests, JOBS at a time, and counts what they say
#
# run.sh PROGRAM...
set -u

# Without a slash a shell would look for the program in PATH. One that died
# half-way has not passed. What is shown is shown at once, and does not mix with
# what another one says.
run_one() {
	log=$1/$(basename "$2") status=0
	CMOCKA_MESSAGE_OUTPUT=TAP "./$2" >"$log" 2>&1 || status=$?
	[ "$status" -eq 0 ] || grep -q '^not ok ' "$log" ||
		echo "not ok - $2 ended with status $status" >>"$log"
	printf '== %s\n%s\n' "$2" "$(cat "$log")"
}

if [ "${1:-}" = --one ]; then
	run_one "$2" "$3"
	exit
fi
[ $# -gt 0 ] || {
	echo "run.sh: no tests: they need cmocka (libcmocka-dev)" >&2
	exit 1
}
logs=$(mktemp -d) || exit 2
trap 'rm -rf "$logs"' EXIT
printf '%s\n' "$@" | xargs -P "${JOBS:-1}" -n 1 "$0" --one "$logs"
told=$(find "$logs" -type f | wc -l)
passed=$(cat "$logs"/* | grep -c '^ok ')
failed=$(cat "$logs"/* | grep -c '^not ok ')
echo "# PASS: $passed"
echo "# FAIL: $failed"
[ "$failed" -eq 0 ] && [ "$told" -eq $# ]
