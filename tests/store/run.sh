#!/bin/sh
# run.sh: runs the store's tests one after the other and counts what they say
#
# run.sh PROGRAM...
set -u

[ $# -gt 0 ] || {
	echo "run.sh: no tests: they need cmocka (libcmocka-dev)" >&2
	exit 1
}
passed=0 failed=0
for program; do
	echo "== $program"
	log=$(mktemp) || exit 2
	status=0
	# Without a slash a shell would look for the program in PATH.
	CMOCKA_MESSAGE_OUTPUT=TAP "./$program" >"$log" 2>&1 || status=$?
	cat "$log"
	good=$(grep -c '^ok ' "$log")
	bad=$(grep -c '^not ok ' "$log")
	rm -f "$log"
	# One that died half-way has not passed.
	[ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
	passed=$((passed + good)) failed=$((failed + bad))
done
echo "# PASS: $passed"
echo "# FAIL: $failed"
[ "$failed" -eq 0 ]
