#!/bin/sh
# run.sh: plays the JMeter plans of this folder against a running Palmarès and judges the results.
set -eu

usage() {
	cat <<'TEXT'
usage: jmeter/run.sh [--env FILE] [options] [SCENARIO ...]

Plays load scenarios against a running Palmarès and judges the results: by the
samples that JMeter wrote down, and by asking the server afterwards.

SCENARIO   NxM, such as 1x10, 1x1000 or 10x10: N clients post M events each, all
           for one new user; NxM+: the same for the user of the scenario before
           it, who has events already; mixed: single events, batches and reads of
           several users (v1 only). Without any: 1x10 1x1000 1x1000+ 10x10 mixed.

  --env FILE        NAME=value lines with the server's address and keys (below)
  --interface WHICH v1, classic or both (default: both)
  --out DIR         keep the results (*.jtl, *.log, results.tsv) in DIR
  --clients N       clients of mixed (default 8)
  --rounds N        rounds of each client of mixed (default 25)
  --users N         users of mixed (default 10)
  --warm-up N       reads before the clients start (default 200), not in the table
  --max-p95 MS      fail when a scenario's p95 is above MS milliseconds
  --min-rate N      fail when a scenario does fewer than N requests/s
  --min-kept R      fail when NxM+ runs at less than R times the rate of NxM (a
                    rate is only as steady as the machine: README.md)
  --timeout S       seconds that one scenario may take (default 600)
  --compare         put the course project's figures beside the table
  --help            this text

FILE, or else the environment, gives
  PALMARES_URL          http://127.0.0.1:8080/api/v1   for v1
  PALMARES_SECRET_KEY   pm_sk_...                      for v1
  PALMARES_PUBLIC_KEY   pm_pk_...                      for mixed
  PALMARES_CLASSIC_URL  http://127.0.0.1:8080/api      for classic
  PALMARES_APP_KEY      1                              for classic
JMETER names the jmeter command to use (default: the jmeter on the PATH).

Exit code: 0 when every scenario passed, 1 when one failed or the server does
not answer, 2 for wrong usage or a missing program.
TEXT
}

say() {
	printf 'jmeter: %s\n' "$*"
}

# die CODE TEXT: TEXT on stderr, and out
die() {
	code=$1
	shift
	printf 'jmeter: %s\n' "$*" >&2
	exit "$code"
}

# whole NAME VALUE: VALUE must be a positive whole number
whole() {
	case $2 in
	'' | 0* | *[!0-9]* | ?????????*) die 2 "$1 takes a whole number from 1 on, not '$2'" ;;
	esac
}

# decimal NAME VALUE: VALUE must be a number
decimal() {
	case $2 in
	'' | . | *[!0-9.]* | *.*.*) die 2 "$1 takes a number, not '$2'" ;;
	esac
}

# read_env FILE: takes the PALMARES_* lines of FILE; nothing in it is executed
read_env() {
	[ -r "$1" ] || die 2 "cannot read $1"
	while IFS= read -r line || [ -n "$line" ]; do
		value=${line#*=}
		case $line in
		PALMARES_URL=*) PALMARES_URL=$value ;;
		PALMARES_CLASSIC_URL=*) PALMARES_CLASSIC_URL=$value ;;
		PALMARES_APP_KEY=*) PALMARES_APP_KEY=$value ;;
		PALMARES_SECRET_KEY=*) PALMARES_SECRET_KEY=$value ;;
		PALMARES_PUBLIC_KEY=*) PALMARES_PUBLIC_KEY=$value ;;
		esac
	done <"$1"
}

# need NAME VALUE FOR: VALUE must be there, without what a properties file or JSON would change
need() {
	case $2 in
	'') die 2 "$1 is not set; the $3 plan needs it (--env FILE, or the environment)" ;;
	*[!A-Za-z0-9._~:/@%+=\[\]-]*) die 2 "$1 has a character that has no business there" ;;
	esac
}

# find_programs: sets JMETER and major (JMeter's version), or says what to install
find_programs() {
	missing=
	command -v python3 >/dev/null || missing="$missing python3"
	if [ -z "${JMETER:-}" ] && ! JMETER=$(command -v jmeter); then
		missing="$missing jmeter jmeter-http default-jdk-headless"
	else
		command -v "$JMETER" >/dev/null || die 2 "JMETER is $JMETER, and that cannot be run"
		case $JMETER in */*) JMETER=$(cd "$(dirname "$JMETER")" && pwd)/${JMETER##*/} ;; esac
		jmeter_version
		if debian_jmeter; then
			[ -e /usr/share/jmeter/lib/ext/ApacheJMeter_http.jar ] || missing="$missing jmeter-http"
			command -v javac >/dev/null || missing="$missing default-jdk-headless"
		fi
	fi
	[ -z "$missing" ] || die 2 "missing:$missing. On Debian:
apt-get install --no-install-recommends$missing"
}

# jmeter_version: asks JMeter; 2.13 says 'Version 2.13.19691222', 5 ends a banner with its number
jmeter_version() {
	version=$(cd "$tmp" && "$JMETER" -v 2>/dev/null </dev/null |
		grep -oE '(^|[[:space:]])[0-9]+\.[0-9]+(\.[0-9]+)?' | head -n 1 | tr -d '[:space:]') || :
	major=${version%%.*}
	[ -n "$major" ] || die 2 "'$JMETER -v' names no version: does it work?"
}

# debian_jmeter: is it Debian's JMeter 2, which loads no plan without NoTypePermission.java?
debian_jmeter() {
	[ "$major" -lt 3 ] && grep -q java-wrappers "$(command -v "$JMETER")"
}

compile_cure() {
	say "compiling NoTypePermission.java: JMeter $version refuses every plan without it"
	mkdir "$tmp/classes"
	javac -nowarn -proc:none -d "$tmp/classes" -cp /usr/share/java/xstream.jar \
		"$here/NoTypePermission.java" || die 2 "javac failed"
	JAVA_CLASSPATH=$tmp/classes${JAVA_CLASSPATH:+:$JAVA_CLASSPATH}
	export JAVA_CLASSPATH
}

# write_properties: what all runs share; the keys go by file, a command line is for all to see
write_properties() {
	cat >"$tmp/common.properties" <<TEXT
warmup=$warmup
jmeterengine.nongui.port=0
summariser.name=
httpclient4.retrycount=0
sampleresult.timestamp.start=true
jmeter.save.saveservice.output_format=csv
jmeter.save.saveservice.print_field_names=true
jmeter.save.saveservice.default_delimiter=,
jmeter.save.saveservice.timestamp_format=ms
jmeter.save.saveservice.time=true
jmeter.save.saveservice.label=true
jmeter.save.saveservice.response_code=true
jmeter.save.saveservice.response_message=true
jmeter.save.saveservice.thread_name=true
jmeter.save.saveservice.successful=true
jmeter.save.saveservice.assertion_results_failure_message=true
TEXT
	cat "$tmp/common.properties" - >"$tmp/v1.properties" <<TEXT
url=$PALMARES_URL
key=$PALMARES_SECRET_KEY
publicKey=$PALMARES_PUBLIC_KEY
TEXT
	cat "$tmp/common.properties" - >"$tmp/classic.properties" <<TEXT
url=$PALMARES_CLASSIC_URL
appKey=$PALMARES_APP_KEY
TEXT
}

# run_jmeter PLAN PROPERTIES JTL LOG ARGUMENT...: waits, says how far it is, sets status
run_jmeter() {
	plan=$1 properties=$2 jtl=$3 log=$4
	shift 4
	started=$(date +%s)
	(cd "$tmp" && exec timeout -k 10 "$limit" "$JMETER" -n -t "$here/$plan.jmx" \
		-q "$properties" -l "$jtl" -j "$log" "$@") </dev/null >"$tmp/output" 2>&1 &
	child=$!
	ticks=0
	while kill -0 "$child" 2>/dev/null; do
		sleep 0.2
		ticks=$((ticks + 1))
		[ $((ticks % 25)) -ne 0 ] || progress
	done
	status=0
	wait "$child" || status=$?
	child=
	say "    took $(($(date +%s) - started)) s, JMeter and its start included"
	if [ ! -s "$jtl" ]; then
		sed 's/^/    jmeter says: /' "$tmp/output"
	fi
}

# progress: a line for a scenario that takes longer
progress() {
	lines=0
	[ ! -e "$jtl" ] || lines=$(wc -l <"$jtl")
	say "    $(($(date +%s) - started)) s, $lines samples written so far"
}

# play INTERFACE SCENARIO: runs it and notes it down for judge.py
play() {
	number=$((number + 1))
	run=jmeter-$stamp-$number-$1
	jtl=$out/$number-$1-$2.jtl
	log=$out/$number-$1-$2.log
	rm -f "$jtl" "$log"
	if [ "$2" = mixed ]; then
		n=$clients m=$rounds before=0
		say "[$number/$count] $1 $2: $n clients, $m rounds each, $users users and one that all share"
		run_jmeter mixed "$tmp/v1.properties" "$jtl" "$log" "-Jrun=$run" "-Jclients=$n" \
			"-Jrounds=$m" "-Jusers=$users" "-Jexpected=$((n * m * 2))"
	else
		n=${2%x*} m=${2#*x}
		m=${m%+}
		case $2 in
		*+) before=$posted whom="the user who has $posted" ;;
		*) before=0 whom='a new user' user=$run ;;
		esac
		posted=$((before + n * m))
		say "[$number/$count] $1 $2: clients: $n, events of each: $m, for $whom"
		run_jmeter "$1" "$tmp/$1.properties" "$jtl" "$log" "-Jrun=$run" "-Juser=$user" \
			"-Jclients=$n" "-Jevents=$m" "-Jexpected=$((n * m))"
	fi
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$run" "$user" \
		"$before" "$n" "$m" "$users" "$status" "$jtl" "$log" >>"$tmp/scenarios"
}

# clean_up: stops a JMeter that still runs, and removes the temporary files
# shellcheck disable=SC2317 # the trap calls it
clean_up() {
	if [ -n "$child" ]; then
		kill "$child" 2>/dev/null || :
		wait "$child" 2>/dev/null || :
	fi
	rm -rf "$tmp"
}

here=$(cd "$(dirname "$0")" && pwd)
env_file='' interface=both out='' scenarios=''
clients=8 rounds=25 users=10 warmup=200 limit=600
max_p95='' min_rate='' min_kept='' compare=''
child='' number=0 user='' posted=0

while [ $# -gt 0 ]; do
	case $1 in
	--help | -h) usage && exit 0 ;;
	--compare) compare=yes ;;
	--env | --interface | --out | --clients | --rounds | --users | --warm-up | --max-p95 | \
		--min-rate | --min-kept | --timeout)
		[ $# -ge 2 ] || die 2 "$1 takes a value; --help explains"
		case $1 in
		--env) env_file=$2 ;;
		--interface) interface=$2 ;;
		--out) out=$2 ;;
		--clients) whole "$1" "$2" && clients=$2 ;;
		--rounds) whole "$1" "$2" && rounds=$2 ;;
		--users) whole "$1" "$2" && users=$2 ;;
		--warm-up) whole "$1" "$2" && warmup=$2 ;;
		--timeout) whole "$1" "$2" && limit=$2 ;;
		--max-p95) decimal "$1" "$2" && max_p95=$2 ;;
		--min-rate) decimal "$1" "$2" && min_rate=$2 ;;
		--min-kept) decimal "$1" "$2" && min_kept=$2 ;;
		esac
		shift
		;;
	mixed) scenarios="$scenarios mixed" ;;
	[1-9]*x[1-9]*)
		m=${1#*x}
		whole "N of $1" "${1%%x*}"
		whole "M of $1" "${m%+}"
		case $1/$scenarios in *+/ | *+/' mixed') die 2 "$1 needs an NxM before it" ;; esac
		scenarios="$scenarios $1"
		;;
	*) die 2 "what is '$1'? --help explains" ;;
	esac
	shift
done
case $interface in
v1 | classic) interfaces=$interface ;;
both) interfaces='v1 classic' ;;
*) die 2 "--interface takes v1, classic or both" ;;
esac
[ -n "$scenarios" ] || case $interface in
classic) scenarios='1x10 1x1000 1x1000+ 10x10' ;;
*) scenarios='1x10 1x1000 1x1000+ 10x10 mixed' ;;
esac
case $interface/$scenarios in
classic/*mixed*) die 2 "mixed is a plan for v1; the classic interface has no batches" ;;
esac

[ -z "$env_file" ] || read_env "$env_file"
PALMARES_URL=${PALMARES_URL:-} PALMARES_CLASSIC_URL=${PALMARES_CLASSIC_URL:-}
PALMARES_APP_KEY=${PALMARES_APP_KEY:-} PALMARES_SECRET_KEY=${PALMARES_SECRET_KEY:-}
PALMARES_PUBLIC_KEY=${PALMARES_PUBLIC_KEY:-}
PALMARES_URL=${PALMARES_URL%/} PALMARES_CLASSIC_URL=${PALMARES_CLASSIC_URL%/}
export PALMARES_URL PALMARES_CLASSIC_URL PALMARES_APP_KEY PALMARES_SECRET_KEY PALMARES_PUBLIC_KEY

# What will run, and what each of it needs.
todo='' count=0 plans=''
for which in $interfaces; do
	for scenario in $scenarios; do
		case $which/$scenario in
		classic/mixed) continue ;;
		v1/mixed) plans="$plans mixed" ;;
		*) plans="$plans $which" ;;
		esac
		todo="$todo $which/$scenario"
		count=$((count + 1))
	done
done
plans=$(printf '%s' "$plans" | tr ' ' '\n' | sort -ru)
for plan in $plans; do
	case $plan in
	classic)
		need PALMARES_CLASSIC_URL "$PALMARES_CLASSIC_URL" "$plan"
		need PALMARES_APP_KEY "$PALMARES_APP_KEY" "$plan"
		whole PALMARES_APP_KEY "$PALMARES_APP_KEY"
		;;
	*)
		need PALMARES_URL "$PALMARES_URL" "$plan"
		need PALMARES_SECRET_KEY "$PALMARES_SECRET_KEY" "$plan"
		;;
	esac
	[ "$plan" != mixed ] || need PALMARES_PUBLIC_KEY "$PALMARES_PUBLIC_KEY" "$plan"
done

# The launcher of Debian's JMeter splits its class path at blanks.
base=${TMPDIR:-/tmp}
case $base in *[[:space:]:]*) base=/tmp ;; esac
tmp=$(mktemp -d "$base/palmares-jmeter.XXXXXX")
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

find_programs
say "JMeter $version ($JMETER)"
for plan in $plans; do
	say "asking the server for the $plan plan"
	trouble=$(python3 "$here/judge.py" ask "$plan") || die 1 "$trouble"
done

keep=$out
[ -n "$out" ] || out=$tmp/results
mkdir -p "$out"
out=$(cd "$out" && pwd)
if debian_jmeter; then
	compile_cure
fi
write_properties
stamp=$(date -u +%Y%m%dT%H%M%S)-$$
: >"$tmp/scenarios"
for pair in $todo; do
	play "${pair%%/*}" "${pair#*/}"
done

say "asking the server what it has stored"
echo
result=0
python3 "$here/judge.py" judge --tsv "$out/results.tsv" ${max_p95:+--max-p95 "$max_p95"} \
	${min_rate:+--min-rate "$min_rate"} ${min_kept:+--min-kept "$min_kept"} \
	${compare:+--compare} "$tmp/scenarios" || result=$?
if [ -n "$keep" ]; then
	say "the results are in $out"
elif [ "$result" -ne 0 ]; then
	say "with --out DIR, JMeter's results and logs are kept"
fi
exit "$result"
