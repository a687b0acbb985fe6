#!/bin/bash
# test.sh: builds Palmarès with sanitizers and runs its tests.
set -euo pipefail

usage() {
	cat <<'TEXT'
usage: ./test.sh

Installs the Debian packages that the tests need and that are missing, builds
with --enable-sanitizers --enable-werror in .test/build, and runs the unit tests
(make check), the checks of the sources (make lint), the integration tests (make
check-integration), short forms of the faults, of the load with the thread
sanitizer and of the abuse (make check-faults, check-threads, check-abuse),
short forms of the mutants and of the Debian package's tests, on this release of
Debian and on another one (make check-mutants, check-deb), the check of
openapi.yaml and of clients that are made from it, a run.sh with its demo and a
JMeter plan, and, without sanitizers, the attack that judges memory best and the
short form of the bench (make bench-guard). Two processors are made use of: the
integration tests run in two processes, and the Debian packages are built and
tried beside the steps from the faults to JMeter, with the lowest priority; what
measures time, memory or speed has the machine for itself. Goes on after a
failure. The logs are in .test/.

The last line is "N passed, N failed"; before it stands what was left out, if
anything was, and why. Exit status: 0 if something passed and nothing failed,
else 1; 2 for wrong usage.
TEXT
}

TEST_PACKAGES=(libcmocka-dev clang=clang clang-tidy=clang-tidy
	clang-format=clang-format cppcheck=cppcheck shellcheck=shellcheck
	pyflakes3=pyflakes3 mandoc=mandoc apache2-bin=apache2 varnish=varnishd
	jmeter=jmeter jmeter-http default-jdk-headless=javac nodejs=node
	npm=npm wrk=wrk mariadb-client=mariadb-dump openssl=openssl zstd=zstd
	galera-4)
STEPS=15

passed=0 failed=0 skipped=0 number=0
aside_pid= # of the steps that run beside the others
left_out=() # a line for each step that left something out, and why

# count LOG: prints how many tests passed, failed and were left out by automake's
# summary and unittest's, which are all that tell
count() {
	awk '
		/^# PASS: / { good += $3 }
		/^# (FAIL|XPASS|ERROR): / { bad += $3 }
		/^# SKIP: / { out += $3 }
		/^Ran [0-9]+ tests? in / { ran += $2 }
		/^(OK|FAILED) \(/ {
			gsub(/[^0-9a-z=]+/, " ")
			for (i = 1; i <= NF; i++) {
				split($i, part, "=")
				if (part[1] == "skipped")
					away += part[2]
				else
					wrong += part[2]
			}
		}
		END {
			print good + ran - wrong - away, bad + wrong, out + away
		}' "$1"
}

# failures LOG: the names of automake's tests and cmocka's that failed, and
# unittest's with the beginning of their tracebacks
failures() {
	awk '
		/^not ok |^FAIL: [^ ]*$|^# FAIL: [1-9]/ { print; next }
		/^(FAIL|ERROR): / { left = 40 }
		/^=====|^Ran [0-9]+ test/ { left = 0 }
		left > 0 { print; left-- }' "$1" | head -n 200
}

# test_step NAME TEXT COMMAND...: one step, with its output in .test/NAME.log
test_step() {
	local name=$1 start=$SECONDS status=0
	announce "$2"
	shift 2
	step "$work/$name.log" "$@" || status=$?
	judge "$name" "$status" $((SECONDS - start))
}

announce() {
	number=$((number + 1))
	say "[$number/$STEPS] $1"
}

# judge NAME STATUS SECONDS: counts what a step's log tells; the step is one test
# if that is of none
judge() {
	local name=$1 status=$2 log=$work/$1.log good bad out
	read -r good bad out < <(count "$log")
	if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
	elif [ $((good + bad + out)) -eq 0 ]; then
		good=1
	fi
	passed=$((passed + good)) failed=$((failed + bad))
	say "    $good passed, $bad failed, $3 s"
	[ "$out" -eq 0 ] || tell_left_out "$name" "$out" "$log"
	if [ "$bad" -ne 0 ]; then
		say "    failures in $log, and its end:"
		failures "$log" | sed 's/^/    | /'
		tail -n 40 -- "$log" | sed 's/^/    | /'
	fi
	[ "$bad" -eq 0 ]
}

# tell_left_out NAME COUNT LOG: keeps it for the end, with the reasons in LOG
tell_left_out() {
	skipped=$((skipped + $2))
	left_out+=("    $1: $2, see $3")
	mapfile -t -O ${#left_out[@]} left_out < <(
		sed -n 's/^left out: /    | /p' "$3")
}

# aside FUNCTION: runs it beside the steps that come; it calls aside_step
aside() {
	rm -f "$work"/*.result
	background "$1"
	aside_pid=$!
}

# aside_step NAME COMMAND...: one step there
aside_step() {
	local name=$1 start=$SECONDS status=0
	shift
	trap 'exit 143' TERM # when the command has ended
	"$@" >"$work/$name.log" 2>&1 || status=$?
	echo "$status $((SECONDS - start))" >"$work/$name.result"
}

# aside_end LOG: waits for its end, and tells meanwhile what stands in LOG
aside_end() {
	say "waiting for what runs beside"
	step_adopt "$aside_pid"
	aside_pid=
	touch "$1"
	step_watch "$1"
}

# aside_told NAME TEXT: the step's verdict
aside_told() {
	local status=1 seconds=0
	announce "$2"
	read -r status seconds <"$work/$1.result"
	judge "$1" "$status" "$seconds"
}

# build: by a relative path, because automake wants no space in the path of the
# sources
build() {
	mkdir -p "$work/build" && cd "$work/build" || return
	if [ ! -x "$root/configure" ] || [ ! -f Makefile ]; then
		(cd "$root" && autoreconf -i) || return
		../../configure --enable-sanitizers --enable-werror || return
	fi
	make -j "$(nproc)"
}

in_build() {
	make -C "$work/build" "$@"
}

# other_suite: the release of Debian that is supported and not the host's
other_suite() {
	# shellcheck disable=SC1091
	case $(. /etc/os-release && echo "${VERSION_CODENAME:-}") in
	trixie) echo bookworm ;;
	*) echo trixie ;;
	esac
}

free_port() {
	python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# verdict NAME COMMAND...: runs it and tells PASS or FAIL, as automake does
verdict() {
	local name=$1
	shift
	if "$@"; then
		say "PASS: $name"
		live_passed=$((live_passed + 1))
	else
		say "FAIL: $name"
		live_failed=$((live_failed + 1))
	fi
}

runner_is_ready() {
	local ticks=0
	until [ -e "$work/run/env" ]; do
		kill -0 "$runner" 2>/dev/null && [ $ticks -lt 3000 ] || return 1
		ticks=$((ticks + 1))
		sleep 0.1
	done
}

demo_is_exact() {
	grep -q ' 1  *100 of 100 ' "$work/demo.log" &&
		! grep -q '^run.sh: ' "$work/demo.log"
}

runner_stops() {
	local status=0
	kill "$runner"
	wait "$runner" || status=$?
	[ "$status" -eq 0 ] && [ ! -e "$work/run/env" ]
}

# live: run.sh as a user starts it, and a JMeter plan against it
live() {
	local runner live_passed=0 live_failed=0
	background "$root/run.sh" --port "$(free_port)" --state "$work/run" \
		>"$work/demo.log" 2>&1
	runner=$!
	trap 'kill "$runner" 2>/dev/null; wait "$runner"' EXIT
	trap 'exit 143' TERM
	verdict "run.sh becomes ready" runner_is_ready
	cat "$work/demo.log"
	verdict "its demo finds 100 of 100 points and one user" demo_is_exact
	verdict "JMeter: 10 clients post 10 events each" \
		"$root/jmeter/run.sh" --env "$work/run/env" 10x10
	verdict "palmaresctl verify finds nothing" \
		"$root/.run/build/src/palmaresctl" \
		-c "$work/run/palmares.conf" verify
	verdict "run.sh stops as asked" runner_stops
	trap - EXIT
	say "# PASS: $live_passed"
	say "# FAIL: $live_failed"
	[ "$live_failed" -eq 0 ]
}

# memory: of large batches; in the build that run.sh has just made, because a
# sanitizer keeps what is freed
memory() {
	python3 "$root/tests/abuse/abuse.py" --builddir "$root/.run/build" \
		--short "hostile batches"
}

# speed: no ratio may have fallen to half; in the same build, because sanitizers
# are slow
speed() {
	make -C "$root/.run/build" bench-guard BENCH="--rounds 2"
}

# They take what the other steps leave of the processors.
packages() {
	renice -n 19 -p "$BASHPID" >"$work/renice.log" 2>&1 || :
	aside_step deb in_build check-deb CHECK_DEB=--short
	aside_step deb-other in_build check-deb \
		CHECK_DEB="--short --suite $(other_suite)"
}

run_tests() {
	test_step build "build with sanitizers" build || return 0
	test_step unit "unit tests: make check" \
		in_build -k check VERBOSE=1 || :
	test_step lint "checks of the sources: make lint" in_build -k lint || :
	test_step integration "integration tests: make check-integration" \
		in_build check-integration JOBS=2 || :
	# Not beside those above, which look when answers come.
	aside packages
	test_step faults "every part breaks once: make check-faults" \
		in_build check-faults \
		FAULTS="--runs 1 --seconds 1 --stride 197" || :
	test_step threads "what threads share, while it changes: check-threads" \
		in_build check-threads THREADS="--seconds 12" || :
	test_step abuse "a hostile network: make check-abuse" \
		in_build check-abuse ABUSE=--short || :
	test_step mutants "the tests notice what is broken: make check-mutants" \
		in_build check-mutants MUTANTS=--short || :
	test_step openapi "openapi.yaml: tests/openapi/lint.sh" \
		"$root/tests/openapi/lint.sh" "$work/openapi" || :
	test_step clients "generated clients: tests/openapi/clients.sh" \
		"$root/tests/openapi/clients.sh" "$work/openapi" \
		"$work/build" || :
	test_step live "run.sh, its demo, and JMeter against it" live || :
	aside_end "$work/deb-other.log" || :
	aside_told deb \
		"the Debian package, built and tried: make check-deb" || :
	aside_told deb-other "the same on Debian's $(other_suite)" || :
	test_step memory "memory is given back, without sanitizers" memory || :
	test_step speed "as fast as stated, or half: make bench-guard" speed || :
}

clean_up() {
	trap '' INT TERM HUP
	step_stop
	step_adopt "$aside_pid"
	step_stop
	packages_clean_up
}

main() {
	case ${1:-} in
	'') ;;
	--help | -h)
		usage
		exit 0
		;;
	*)
		warn "what is '$1'? --help explains"
		exit 2
		;;
	esac
	work=$root/.test
	mkdir -p "$work"
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	packages_install "$work/packages.log" "${BUILD_PACKAGES[@]}" \
		"${RUN_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${DEB_PACKAGES[@]}"
	run_tests
	say "all of it took $SECONDS s; the logs are in $work"
	if [ "$skipped" -gt 0 ]; then
		printf '%s\n' "$skipped left out:" "${left_out[@]}"
	fi
	say "$passed passed, $failed failed"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

root=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck disable=SC1091
. "$root/tests/common.sh"
main "$@"
