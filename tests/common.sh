# shellcheck shell=bash
# common.sh: what run.sh and test.sh share: messages, steps with a log, packages.
#
# Sourced. Whoever does so calls step_stop, then packages_clean_up when it exits.

# What a build and a run need: NAME, or NAME=PROGRAM.
# shellcheck disable=SC2034
BUILD_PACKAGES=(autoconf=autoreconf automake=automake gcc=gcc make=make
	pkg-config=pkg-config libc6-dev libfcgi-dev libmariadb-dev
	libjson-c-dev libsodium-dev libinih-dev)
# shellcheck disable=SC2034
RUN_PACKAGES=(mariadb-server-core=mariadbd mariadb-client-core=mariadb
	nginx-light=nginx curl=curl python3=python3 tzdata)

# What "make check-deb" needs.
# shellcheck disable=SC2034
DEB_PACKAGES=(mmdebstrap=mmdebstrap systemd-container=systemd-nspawn
	lintian=lintian piuparts=piuparts blhc=blhc shellcheck=shellcheck
	mandoc=mandoc autopkgtest=autopkgtest binutils=readelf
	util-linux=unshare)

program=${0##*/}
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
step_pid=
step_must_end=  # the step is one that had better not be interrupted

say() {
	printf '%s\n' "$*"
}

warn() {
	printf '%s: %s\n' "$program" "$*" >&2
}

# die TEXT: the reason, and out
die() {
	warn "$@"
	exit 1
}

# background COMMAND...: runs it in a process group of its own, out of the reach
# of Ctrl-C, which is for the calling script alone
background() {
	set -m
	"$@" </dev/null &
	set +m
}

# step LOG COMMAND...: runs it with its output in LOG, tells every 10 s how far
# it is, and returns its exit status
step() {
	local log=$1
	shift
	background "$@" >"$log" 2>&1
	step_pid=$!
	step_watch "$log"
}

# step_adopt PID: the step is what runs already, in the background
step_adopt() {
	step_pid=$1
}

# step_watch LOG: waits for the step, as step does
step_watch() {
	local log=$1 ticks=0 status=0
	while kill -0 "$step_pid" 2>/dev/null; do
		sleep 0.1
		ticks=$((ticks + 1))
		[ $((ticks % 100)) -ne 0 ] || progress $((ticks / 10)) "$log"
	done
	wait "$step_pid" || status=$?
	step_pid=
	return "$status"
}

# progress SECONDS LOG: one line, with the end of LOG
progress() {
	local line
	line=$(tail -n 1 -- "$2" | tr -cd '[:print:]')
	case $line in
	'' | *[!.sFE]*) ;;
	*) line="${#line} tests" ;; # unittest's dots
	esac
	say "    $1 s: ${line:0:60}"
}

# step_stop: ends a step that still runs
step_stop() {
	[ -n "$step_pid" ] || return 0
	if [ -n "$step_must_end" ]; then
		say "waiting for apt-get to end"
	else
		kill -- "-$step_pid" 2>/dev/null || :
	fi
	wait "$step_pid" 2>/dev/null || :
	step_pid=
}

policy_file=/usr/sbin/policy-rc.d
policy_mark='# placed by Palmares while it installs packages'
policy_placed=
units_before=   # an installation; empty if there is none under way
packages_log=

# as_root COMMAND...: runs it as root
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo -- "$@"
	fi
}

# packages_missing NAME[=PROGRAM]...: prints the names of those that are
# missing; a PROGRAM that can be run counts, wherever it comes from
packages_missing() {
	local entry
	for entry; do
		case $entry in
		*=*) ! command -v "${entry#*=}" >/dev/null || continue ;;
		esac
		case $(dpkg-query -W -f='${db:Status-Status} ' \
			"${entry%%=*}" 2>/dev/null) in
		'installed '*) ;;
		*) printf '%s\n' "${entry%%=*}" ;;
		esac
	done
}

# packages_units: prints every service that the system knows
packages_units() {
	local file
	for file in /lib/systemd/system/*.service /lib/systemd/system/*.socket \
		/lib/systemd/system/*.timer /etc/init.d/*; do
		[ ! -e "$file" ] || printf '%s\n' "$file"
	done | sort
}

# packages_disable FILE...: services that came with the packages neither run
# nor start at the next boot; no other service is in the list
packages_disable() {
	local file name
	for file; do
		name=${file##*/}
		case $file in
		/etc/init.d/*)
			as_root update-rc.d "$name" disable || :
			say "    $name, new on this machine, stays off"
			;;
		*@.*) ;; # a template: nothing runs of it
		*)
			if [ -d /run/systemd/system ]; then
				as_root systemctl disable --now "$name" || :
				say "    $name, new on this machine, stays off"
			elif command -v systemctl >/dev/null; then
				as_root systemctl disable "$name" || :
			fi
			;;
		esac
	done
}

packages_place_policy() {
	[ ! -e "$policy_file" ] || return 0
	policy_placed=yes
	printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" |
		as_root tee "$policy_file" >/dev/null
	as_root chmod 755 "$policy_file"
}

# packages_clean_up: what an installation leaves to do, also when it failed
packages_clean_up() {
	local new
	[ -n "$units_before" ] || return 0
	mapfile -t new < <(comm -13 <(printf '%s\n' "$units_before") \
		<(packages_units))
	units_before=
	packages_disable "${new[@]}" </dev/null 2>>"$packages_log"
	if [ -n "$policy_placed" ] &&
		grep -qsF "$policy_mark" "$policy_file"; then
		as_root rm -f "$policy_file"
	fi
	policy_placed=
}

# packages_apt ARGUMENT...: apt-get, without questions
packages_apt() {
	local status=0
	step_must_end=yes
	step "$packages_log" as_root env DEBIAN_FRONTEND=noninteractive \
		NEEDRESTART_SUSPEND=1 \
		apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" || status=$?
	step_must_end=
	return "$status"
}

# packages_install LOG NAME[=PROGRAM]...: installs what is missing
packages_install() {
	local missing
	packages_log=$1
	shift
	command -v dpkg-query >/dev/null ||
		die "this is no Debian; install the like of: ${*%%=*}"
	mapfile -t missing < <(packages_missing "$@")
	if [ ${#missing[@]} -eq 0 ]; then
		say "packages: all there"
		return
	fi
	say "packages: installing ${missing[*]}"
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null ||
			die "that needs root or sudo. As root:" \
				"apt-get install --no-install-recommends ${missing[*]}"
		sudo -v || die "sudo does not let you install packages"
	fi
	units_before=$(packages_units)
	packages_place_policy
	if ! packages_apt update ||
		! packages_apt install --no-install-recommends \
			"${missing[@]}"; then
		tail -n 15 "$packages_log" >&2
		die "apt-get failed; all of its output is in $packages_log"
	fi
	packages_clean_up
}
