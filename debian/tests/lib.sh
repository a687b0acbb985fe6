# shellcheck shell=sh
# lib.sh: what the tests share
#
# Sourced first. A test is a row of "title" and "holds" lines between commands;
# the first that does not hold, or fails, ends it and shows the journal.
set -eu

SITE=http://127.0.0.1:8090
# shellcheck disable=SC2034
SOCKET=/run/palmares/palmares.sock
README=$PWD/debian/README.Debian       # it is read before it is installed, too
TMP=${AUTOPKGTEST_TMP:-$(mktemp -d)}
TOLD=$TMP/told  # what the last installation, or other program, said
KEY=
what="the beginning"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
exec 2>&1

trap finish EXIT

finish() {
	status=$?
	[ "$status" -ne 0 ] || return 0
	printf '\n== failed; what the journal has:\n'
	journalctl --no-pager --quiet --boot --lines=80 --output=short-precise \
		--unit='palmares*' --unit=mariadb --unit=nginx --unit=apache2
	systemctl --no-pager --lines=0 status 'palmares*' mariadb || :
	printf '\n== failed behind "%s"\n' "$what"
	exit "$status"
}

title() {
	printf '\n== %s\n' "$*"
}

# holds WHAT COMMAND...
holds() {
	what=$1
	shift
	if "$@"; then
		echo "ok: $what"
	else
		echo "NOT OK: $what ($*)"
		exit 1
	fi
}

# fails COMMAND...: it says no, for holds. By a status as programs have it for
# that: whoever cannot even ask, or is not there, has another one.
fails() {
	failed=0
	"$@" || failed=$?
	[ "$failed" -eq 1 ] || [ "$failed" -eq 3 ]
}

# prints TEXT COMMAND...: it succeeds and says TEXT, nothing if that is empty; for
# holds. In $() a command that fails says nothing either.
prints() {
	expected=$1
	shift
	printed=$("$@") || return 1
	[ "$printed" = "$expected" ] || {
		echo "it prints '$printed', not '$expected'"
		return 1
	}
}

# within SECONDS COMMAND...: it succeeds some time, for holds
within() {
	end=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		sleep 0.2
	done
}

# told TEXT: whether the last program said so, however its lines were broken
told() {
	tr -s '\n\t ' '   ' <"$TOLD" | grep -qF -- "$1"
}

# not_set_up: the last installation did not pass for a success, and named the
# command that mends it; the daemon waits; for holds
not_set_up() {
	told "THE DATABASE CANNOT BE USED" &&
		told "run: dpkg-reconfigure palmares" &&
		within 20 answers 503 "$SITE/readyz"
}

# saying COMMAND...: keeps and shows what it says; its status is in $said
saying() {
	said=0
	"$@" >"$TOLD" 2>&1 || said=$?
	awk 1 "$TOLD"
}

# apt ARGUMENT...
apt_get() {
	saying apt-get -q -y -o Dpkg::Use-Pty=0 \
		-o Dpkg::Options::=--force-confold "$@"
}

# is_installed PACKAGE: for holds
is_installed() {
	dpkg-query --show --showformat '${db:Status-Status}\n' "$1" |
		grep -qx installed
}

# answer QUESTION TYPE VALUE: to a question of the package, before it is asked
answer() {
	printf 'palmares palmares/%s %s %s\n' "$1" "$2" "$3" |
		debconf-set-selections
}

# reconfigure [QUESTION=VALUE]...: dpkg-reconfigure, with these answers; the
# file of questions that debconf shows in an editor is answered by a program
reconfigure() {
	{
		echo '#!/bin/sh'
		for setting; do
			echo "sed -i 's|^palmares/${setting%%=*}=.*|palmares/${setting%%=*}=\"${setting#*=}\"|' \"\$1\""
		done
	} >"$TMP/editor"
	chmod +x "$TMP/editor"
	saying env DEBIAN_FRONTEND=editor EDITOR="$TMP/editor" \
		dpkg-reconfigure palmares
}

sql() {
	mariadb --batch --skip-column-names --execute "$@"
}

# status URL: of the answer; 000 if there is none
status() {
	curl -s -o /dev/null -m 60 -w '%{http_code}' "$1" || :
}

# answers STATUS URL: for holds
answers() {
	[ "$(status "$2")" = "$1" ]
}

# api PATH [BODY]: asks the API with the key; a status from 400 on is a failure
api() {
	path=$1
	shift
	curl -sS --fail-with-body -m 60 "$SITE/api/v1$path" \
		-H "Authorization: Bearer $KEY" \
		${1:+-H 'Content-Type: application/json' -d "$1"}
	echo
}

# api_answers STATUS PATH: to a request with the key, for holds
api_answers() {
	prints "$1" curl -sS -o /dev/null -m 60 -w '%{http_code}' \
		-H "Authorization: Bearer $KEY" "$SITE/api/v1$2"
}

# make_application NAME: with a key in KEY, and ten points for each review
make_application() {
	palmaresctl app create "$1"
	KEY=$(palmaresctl --json key create "$1" --secret |
		sed 's/.*"key": *"\([^"]*\)".*/\1/')
	api /rules '{"name": "review", "eventType": "review", "points": 10,
		"pointScale": "reputation"}'
}

# review ID USER
review() {
	api /events "{\"id\": \"$1\", \"username\": \"$2\",
		\"eventType\": \"review\"}"
}

# has_points USER POINTS: for holds
has_points() {
	api "/pointScales/reputation/users/$1" | grep -q "\"points\": *$2[,}]"
}

# serves USER: an event of a new user is taken and counts, and so does one with
# characters beyond ASCII, which the json-c of a host may refuse; for holds
serves() {
	review "first-$1" "$1" && has_points "$1" 10 &&
		review "zoë-$1" "Zoë-$1 €🏆" &&
		has_points "Zo%C3%AB-$1%20%E2%82%AC%F0%9F%8F%86" 10
}

# clean: palmaresctl verify finds nothing, for holds
verified() {
	saying palmaresctl verify
	[ "$said" -eq 0 ]
}

# readyz_says TEXT: the daemon answers that it is not ready, and why
readyz_says() {
	saying curl -sS -m 60 "$SITE/readyz"
	told "$1"
}

# readme TITLE [BLOCK...]: what a section of README.Debian has to be typed, which
# is what is indented by four spaces; or some of its blocks, by their numbers
readme() {
	title=$1
	shift
	awk -v title="$title" -v wanted=" $* " '
		/^---/ { inside = before ~ "^[0-9]+[.] " title "$" }
		{ before = $0 }
		!inside || !/^    / { between = 1; next }
		between { block++; between = 0 }
		wanted == "  " || wanted ~ " " block " " { print substr($0, 5) }
		' "$README"
}

# follow TITLE [BLOCK...]: does in this shell what README.Debian says; a key to
# be copied is the one that was shown last
follow() {
	# shellcheck disable=SC2016
	readme "$@" | sed 's/pm_sk_\.\.\./$(shown_key)/' >"$TMP/commands"
	holds "README.Debian has commands for \"$1\"" test -s "$TMP/commands"
	sed 's/^/    | /' "$TMP/commands"
	: >"$TMP/followed"
	# shellcheck disable=SC1091
	. "$TMP/commands" >>"$TMP/followed" 2>&1
	awk 1 "$TMP/followed"
}

shown_key() {
	grep -o 'pm_sk_[A-Za-z0-9_-]*' "$TMP/followed" | tail -n 1
}

# Whoever follows it answers yes.
echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/99palmares-test

# load_start strict|patient: clients that post without a pause, see load.py
load_start() {
	rm -f "$TMP/stop"
	python3 debian/tests/load.py "$SITE/api/v1" "$KEY" "$TMP/stop" "$1" \
		"${LOAD_PATIENCE:-90}" >"$TMP/load" &
	load=$!
	sleep 2
}

# load_ends_well: stops it; nothing is lost, for holds
load_ends_well() {
	touch "$TMP/stop"
	loaded=0
	wait "$load" || loaded=$?
	cat "$TMP/load"
	[ "$loaded" -eq 0 ]
}
