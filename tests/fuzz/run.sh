#!/bin/sh
# run: fuzzes every target for a while and prints a table; "make fuzz"
#
# usage: run.sh SECONDS TARGET...
# In the build directory fuzz/NAME/ keeps a target's corpus, log and findings;
# the next run goes on from there.
set -u
source=$(dirname "$0")
seconds=$1
shift

# The value that the log gives last for a word such as "cov:".
last() {
	grep -a -o "$1 [0-9]*" "$2" | tail -n 1 | tr -dc '0-9'
}

# One target's line of the table; how it ended goes to its log.
fuzz() {
	name=${1##*/fuzz_}
	here=fuzz/$name
	mkdir -p "$here/corpus" "$here/findings"
	"$1" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=20 \
		-print_final_stats=1 -dict="$source/dictionaries/$name" \
		-artifact_prefix="$here/findings/" \
		"$here/corpus" "$source/corpus/$name" >"$here/log" 2>&1
	findings=$(find "$here/findings" -type f | wc -l)
	printf '%-10s %12s %9s %7s %9s %9d\n' "$name" \
		"$(last stat::number_of_executed_units: "$here/log")" \
		"$(last exec/s: "$here/log")" \
		"$(find "$here/corpus" -type f | wc -l)" \
		"$(last cov: "$here/log")" "$findings"
	[ "$findings" -eq 0 ] && grep -q -a 'DONE  *cov:' "$here/log"
}

printf '%-10s %12s %9s %7s %9s %9s\n' target executions exec/s corpus \
	coverage findings
rc=0
for target; do
	fuzz "$target" || {
		echo "$target: see fuzz/${target##*/fuzz_}/log and findings" >&2
		rc=1
	}
done
exit $rc
