#!/bin/bash
# run.sh: builds Palmarès and runs a private one on a loopback port, with a demo.
set -euo pipefail

usage() {
	cat <<'TEXT'
usage: ./run.sh [--port N] [--state DIR] [--workers N] [--no-demo]

Installs the Debian packages that are missing, builds, and starts a private
mariadbd, palmaresd and nginx on 127.0.0.1. Creates an application "demo" with
keys, plays the course project's scenario, and stays in the foreground until
Ctrl-C or TERM, which stop what it started and nothing else.

  --port N      nginx listens on 127.0.0.1:N (default 8080)
  --state DIR   data, sockets, logs and keys (default .run beside this script);
                a second start with the same DIR goes on with its data
  --workers N   processes of palmaresd (default: palmaresd's own, one)
  --no-demo     do not play the scenario; the application and keys are made
  --help        this text

When all is ready, DIR/env has PALMARES_URL, PALMARES_CLASSIC_URL,
PALMARES_APP_KEY, PALMARES_SECRET_KEY, PALMARES_PUBLIC_KEY, PALMARES_DB_SOCKET
and PALMARES_DB_NAME as NAME=value lines. It is there only while this runs.
Exit status: 0 stopped as asked, 1 something failed, 2 wrong usage.
TEXT
}

DB_NAME=palmares
MARK=.palmares-run      # in a folder that belongs to run.sh
SOCKET_MAX=107          # bytes that the path of a Unix socket may have

port=8080 state='' workers='' demo=yes
build='' sockets='' sockets_temporary=''
locked='' ready=''
declare -A pid=() started=()

# usage_error TEXT
usage_error() {
	warn "$1; --help explains"
	exit 2
}

# whole NAME VALUE MAX: VALUE must be a whole number from 1 to MAX
whole() {
	if [[ ! $2 =~ ^[1-9][0-9]{0,5}$ ]] || [ "$2" -gt "$3" ]; then
		usage_error "$1 takes a whole number from 1 to $3, not '$2'"
	fi
}

read_options() {
	while [ $# -gt 0 ]; do
		case $1 in
		--port=* | --state=* | --workers=*)
			set -- "${1%%=*}" "${1#*=}" "${@:2}"
			continue
			;;
		--port | --state | --workers)
			[ $# -ge 2 ] || usage_error "$1 takes a value"
			;;
		esac
		case $1 in
		--help | -h)
			usage
			exit 0
			;;
		--port)
			whole "$1" "$2" 65535
			port=$2
			shift
			;;
		--workers)
			whole "$1" "$2" 64
			workers=$2
			shift
			;;
		--state)
			[ -n "$2" ] || usage_error "--state takes a folder"
			state=$2
			shift
			;;
		--no-demo) demo='' ;;
		*) usage_error "what is '$1'?" ;;
		esac
		shift
	done
}

# own_folder DIR: makes a folder for run.sh alone, and never takes another's;
# the log that somebody keeps of run.sh may be in it
own_folder() {
	if ! mkdir -p -- "$1" || ! [ -r "$1" ] || ! [ -w "$1" ]; then
		die "cannot write to $1; --state DIR takes another folder"
	fi
	if [ ! -e "$1/$MARK" ] && [ -n "$(find "$1/" -mindepth 1 \
		! -name '*.log' ! -name '*.out' ! -name '*.txt' -print -quit)" ]; then
		die "$1 is there already and is not from run.sh;" \
			"give --state a new or an empty folder"
	fi
	chmod 700 -- "$1"
	: >>"$1/$MARK"
}

prepare_state() {
	state=${state:-$root/.run}
	own_folder "$state"
	state=$(cd -- "$state" && pwd)
	exec 9>"$state/lock"
	# The servers keep this lock as well, so one that outlived its run.sh
	# has its data to itself until it is down.
	if ! flock -n 9; then
		say "waiting for another run.sh with $state to end"
		flock -w 15 9 || die "another run.sh uses $state;" \
			"stop it, or take another --state"
	fi
	locked=yes
	rm -f -- "$state/env"
	choose_sockets
}

# choose_sockets: the folder of the Unix sockets, somewhere short if need be;
# besides, nginx cannot have every character in the path of a socket
choose_sockets() {
	local longest=$state/palmares.sock temporary=${TMPDIR:-/tmp}
	sockets=$state
	if [ "$(printf %s "$longest" | wc -c)" -gt $SOCKET_MAX ] ||
		[[ $longest = *[^A-Za-z0-9/._+@,=-]* ]]; then
		if [ ${#temporary} -gt 60 ] ||
			[[ $temporary = *[^A-Za-z0-9/._+@,=-]* ]]; then
			temporary=/tmp
		fi
		sockets=$(mktemp -d "$temporary/palmares.XXXXXX")
		sockets_temporary=yes
		say "sockets: in $sockets, as the path of the state folder is too" \
			"long or too unusual for them"
	fi
}

check_port() {
	if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
		die "port $port is in use; --port N takes another one"
	fi
}

# must LOG TEXT COMMAND...: a step that shows the end of LOG and gives up if it
# fails
must() {
	local log=$1 status=0
	say "$2"
	shift 2
	step "$log" "$@" || status=$?
	if [ "$status" -ne 0 ]; then
		tail -n 25 -- "$log" >&2
		die "that failed (status $status); all of its output is in $log"
	fi
}

# configure: in the build folder, and from there by a relative path, because
# automake wants no space in the path of the sources
configure() {
	local sources=../..
	[ -x "$root/configure" ] || (cd "$root" && autoreconf -i) || return
	[ "$build" = "$root/.run/build" ] || sources=$root
	cd "$build" && "$sources/configure"
}

# build_programs: in .run/build, whatever the state folder; in the state folder
# if the sources are somebody else's
build_programs() {
	build=$state/build
	if [ -w "$root" ] && { [ ! -e "$root/.run" ] || [ -w "$root/.run" ]; }; then
		own_folder "$root/.run"
		build=$root/.run/build
	fi
	mkdir -p "$build"
	exec 8>"$build/lock"
	if ! flock -n 8; then
		say "build: waiting for another run.sh that is building"
		flock 8
	fi
	if [ ! -x "$root/configure" ] || [ ! -f "$build/Makefile" ]; then
		must "$state/configure.log" "build: configure" configure
	fi
	must "$state/make.log" "build: compile, in $build" \
		make -C "$build" -j "$(nproc)"
	exec 8>&-
}

# launch NAME: starts a server; if run.sh is killed, the kernel sends it TERM
launch() {
	local command
	case $1 in
	mariadbd)
		command=(mariadbd --no-defaults "--datadir=$state/db"
			"--socket=$sockets/db.sock" "--pid-file=$state/db.pid"
			--skip-networking --skip-log-bin
			--innodb-flush-log-at-trx-commit=1
			--max-connections=500
			"${as_root_user[@]}")
		;;
	palmaresd)
		command=("$build/src/palmaresd" -c "$state/palmares.conf")
		rm -f -- "$sockets/palmares.sock"
		;;
	nginx)
		command=(nginx -p "$state/nginx/" -c nginx.conf -e stderr)
		;;
	esac
	background setpriv --pdeathsig TERM -- "${command[@]}" \
		>>"$state/$1.log" 2>&1
	pid[$1]=$!
	started[$1]=$SECONDS
}

# start NAME TEXT SECONDS QUESTION: launches a server and waits until it serves
start() {
	local name=$1 text=$2 ticks=0
	say "$text"
	[ ! -e "$state/$name.log" ] ||
		mv -f -- "$state/$name.log" "$state/$name.log.1"
	launch "$name"
	until "$4"; do
		if ! kill -0 "${pid[$name]}" 2>/dev/null ||
			[ $((ticks / 10)) -ge "$3" ]; then
			tail -n 15 -- "$state/$name.log" >&2
			die "$name does not start; see $state/$name.log"
		fi
		sleep 0.1
		ticks=$((ticks + 1))
		[ $((ticks % 100)) -ne 0 ] || say "    $((ticks / 10)) s"
	done
}

sql() {
	mariadb --no-defaults --skip-ssl "--socket=$sockets/db.sock" --user=root "$@"
}

database_answers() {
	sql -e 'SELECT 1' >/dev/null 2>&1
}

start_database() {
	as_root_user=()
	[ "$(id -u)" -ne 0 ] || as_root_user=(--user=root)
	if [ ! -d "$state/db" ]; then
		rm -rf -- "$state/db.new"
		must "$state/install-db.log" "database: creating it" \
			mariadb-install-db --no-defaults \
			"--datadir=$state/db.new" --skip-test-db \
			--auth-root-authentication-method=normal
		mv -- "$state/db.new" "$state/db"
	fi
	start mariadbd "database: starting mariadbd" 120 database_answers
	sql -e "CREATE DATABASE IF NOT EXISTS $DB_NAME;
		CREATE USER IF NOT EXISTS palmares@localhost;
		GRANT ALL ON $DB_NAME.* TO palmares@localhost"
	write_conf
	must "$state/migrate.log" "database: palmaresctl migrate" ctl migrate
}

write_conf() {
	cat >"$state/palmares.conf" <<TEXT
; palmares.conf of run.sh, written at every start
[server]
socket=$sockets/palmares.sock
socket_mode=0600
${workers:+workers=$workers}
[database]
socket=$sockets/db.sock
user=palmares
name=$DB_NAME
[classic]
autocreate=yes
TEXT
}

ctl() {
	"$build/src/palmaresctl" -c "$state/palmares.conf" "$@"
}

# member NAME: prints one member of the JSON object on standard input
member() {
	python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

# answers PATH [KEY]: whether the server says 200 there; the key goes by a pipe,
# as a command line is for all to see
answers() {
	{
		printf 'url = "http://127.0.0.1:%s%s"\n' "$port" "$1"
		[ $# -lt 2 ] || printf 'header = "X-API-Key: %s"\n' "$2"
	} | curl -fsS --noproxy '*' -o /dev/null -K - 2>/dev/null
}

server_is_ready() {
	kill -0 "${pid[nginx]}" 2>/dev/null && answers /readyz
}

palmaresd_listens() {
	[ -S "$sockets/palmares.sock" ]
}

start_server() {
	local text
	start palmaresd "server: starting palmaresd, ${workers:-1} worker(s)" 30 \
		palmaresd_listens
	mkdir -p "$state/nginx"
	text=$(cat "$root/nginx/private.conf.in")
	text=${text//@PORT@/"$port"}
	text=${text//@SOCKET@/"$sockets/palmares.sock"}
	text=${text//@NGINX@/"$root/nginx"}
	printf '%s\n' "$text" >"$state/nginx/nginx.conf"
	check_port
	start nginx "server: starting nginx on 127.0.0.1:$port" 30 \
		server_is_ready
}

# demo_application: makes the application once, and keys if there are none
# that work; they are shown only now, so $state/keys keeps them
demo_application() {
	local app
	app_key='' secret_key='' public_key=''
	if [ -f "$state/keys" ]; then
		{ read -r app_key && read -r secret_key &&
			read -r public_key; } <"$state/keys" || :
	fi
	if [ -n "$public_key" ] && answers /api/v1/application "$secret_key"; then
		say "demo: application \"demo\" and its keys are there already"
		return
	fi
	say "demo: making application \"demo\" and its keys"
	app=$(ctl --json app show demo 2>/dev/null) ||
		app=$(ctl --json app create demo --classic \
			--description "made by run.sh")
	app_key=$(member appKey <<<"$app")
	secret_key=$(ctl --json key create demo --secret \
		--label run.sh | member key)
	public_key=$(ctl --json key create demo --publishable \
		--label run.sh | member key)
	printf '%s\n' "$app_key" "$secret_key" "$public_key" >"$state/keys.new"
	mv -- "$state/keys.new" "$state/keys"
}

play_scenario() {
	say "demo: the course project's scenario"
	PALMARES_URL=http://127.0.0.1:$port/api/v1 \
		PALMARES_SECRET_KEY=$secret_key \
		background python3 "$root/tests/demo/scenario.py"
	step_pid=$!
	wait "$step_pid" || warn "the scenario did not end as it must"
	step_pid=
}

write_env() {
	cat >"$state/env.new" <<TEXT
PALMARES_URL=http://127.0.0.1:$port/api/v1
PALMARES_CLASSIC_URL=http://127.0.0.1:$port/api
PALMARES_APP_KEY=$app_key
PALMARES_SECRET_KEY=$secret_key
PALMARES_PUBLIC_KEY=$public_key
PALMARES_DB_SOCKET=$sockets/db.sock
PALMARES_DB_NAME=$DB_NAME
TEXT
	mv -- "$state/env.new" "$state/env"
}

print_summary() {
	cat <<TEXT
Palmarès is ready.
  URL               http://127.0.0.1:$port/api/v1
  classic URL       http://127.0.0.1:$port/api  (appKey $app_key)
  secret key        $secret_key
  publishable key   $public_key
  all of it, and the logs, in $state
Post an event:
  curl -sS http://127.0.0.1:$port/api/v1/events -H 'Authorization: Bearer $secret_key' -H 'Content-Type: application/json' -d '{"username": "alice", "eventType": "demo"}'
Ctrl-C stops everything; the data stays.
TEXT
}

# describe STATUS: how a process ended
describe() {
	if [ "$1" -gt 128 ]; then
		say "killed by signal $(($1 - 128))"
	else
		say "exit status $1"
	fi
}

# supervise: waits for ever; a server that dies is started again
supervise() {
	local ended status name
	while :; do
		status=0 ended=
		wait -n -p ended "${pid[@]}" 2>/dev/null || status=$?
		for name in "${!pid[@]}"; do
			[ "${pid[$name]}" != "$ended" ] || break
		done
		# Of nginx or palmaresd, workers may be left without a master.
		kill -KILL -- "-$ended" 2>/dev/null || :
		say "$name ended ($(describe "$status")); starting it again"
		if [ $((SECONDS - started[$name])) -lt 5 ]; then
			sleep 2
		fi
		launch "$name"
	done
}

# stop_server NAME SIGNAL SECONDS: asks it to end, insists after a while
stop_server() {
	local name=$1 ticks=0
	[ -n "${pid[$name]:-}" ] || return 0
	kill "-$2" "${pid[$name]}" 2>/dev/null || :
	while kill -0 "${pid[$name]}" 2>/dev/null &&
		[ $((ticks / 10)) -lt "$3" ]; do
		sleep 0.1
		ticks=$((ticks + 1))
	done
	kill -KILL -- "-${pid[$name]}" 2>/dev/null || :
	wait "${pid[$name]}" 2>/dev/null || :
	unset "pid[$name]"
}

# clean_up: stops what run.sh started, the clients' side first
clean_up() {
	trap '' INT TERM HUP
	[ -z "$locked" ] || rm -f -- "$state/env"
	step_stop
	packages_clean_up
	[ ${#pid[@]} -eq 0 ] || say "stopping nginx, palmaresd and mariadbd"
	stop_server nginx QUIT 10
	stop_server palmaresd TERM 20
	stop_server mariadbd TERM 60
	[ -z "$sockets_temporary" ] || rm -rf -- "$sockets"
}

# stop_now STATUS: what Ctrl-C and TERM do; once all is ready, a stop is fine
stop_now() {
	[ -z "$ready" ] || exit 0
	exit "$1"
}

main() {
	read_options "$@"
	trap clean_up EXIT
	trap 'stop_now 130' INT
	trap 'stop_now 143' TERM HUP
	prepare_state
	check_port
	packages_install "$state/packages.log" \
		"${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}"
	build_programs
	umask 077
	start_database
	start_server
	demo_application
	[ -z "$demo" ] || play_scenario
	write_env
	ready=yes
	print_summary
	supervise
}

root=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck disable=SC1091
. "$root/tests/common.sh"
case $root in
*[\"\\\*\?\[\$\`\&\'\#]*) die "the tools cannot work in a folder named $root" ;;
esac
main "$@"
