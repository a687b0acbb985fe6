#!/bin/bash
# check.sh: builds the Debian package and tries it as a host owner would
set -euo pipefail

usage() {
	cat <<'TEXT'
usage: make check-deb [CHECK_DEB="[--suite NAME] [--short] [--chroot] [--fresh]
                                  [--only STEP,...] [--test NAME]..."]

Builds the Debian package from the tarball of "make distcheck" in a small Debian
without a network, as a user, and looks at it: lintian, blhc, shellcheck, mandoc,
piuparts, a second build that must give the same bytes, and the tests in
debian/tests, which autopkgtest runs in systems that systemd-nspawn boots.
Needs root or sudo, for mounts and containers. Nothing of the host is touched but
packages that are missing; what is made is in deb/SUITE of the build directory.

  --suite NAME  of which release: bookworm, trixie (else the host's); from the
                sources that the host's apt uses, with its name
  --short       minutes: "make dist" instead of distcheck, no piuparts, no second
                build, and of the tests first-event and units
  --only STEP   only some of the steps: build, lintian, blhc, shellcheck, mandoc,
                reproducible, piuparts, tests; host-upgrade, of trixie: a host
                with bookworm, and its package, becomes one under load
  --test NAME   of the tests only this one; may be given several times
  --chroot      without systemd-nspawn, as is done where that does not run: build
                and look at it in a chroot, and leave out what has to be booted
  --fresh       make the systems again (else they are kept for two weeks)
  --help        this text

Exit status: 0 nothing failed, and something passed or was left out for what is
missing here; else 1; 2 wrong usage.
TEXT
}

STEPS=(build lintian blhc shellcheck mandoc reproducible piuparts tests
	host-upgrade)
SHORT_STEPS=(build lintian blhc shellcheck mandoc tests)
SHORT_TESTS=(first-event units)
PLAIN_TESTS=(first-event servers-later apache) # a host that has nothing
LATER='2027-02-03 04:05:06'     # when the second build takes place

suite='' short='' steps=() tests=() fresh=''
passed=0 failed=0 skipped=0

usage_error() {
	warn "$1; --help explains"
	exit 2
}

read_options() {
	while [ $# -gt 0 ]; do
		case $1 in
		--help | -h)
			usage
			exit 0
			;;
		--builddir | --suite | --only | --test)
			[ $# -ge 2 ] || usage_error "$1 takes a value"
			;;
		esac
		case $1 in
		--builddir)
			builddir=$(cd -- "$2" && pwd)
			shift
			;;
		--suite)
			suite=$2
			shift
			;;
		--short) short=yes ;;
		--chroot) export PALMARES_CHROOT=yes ;;
		--fresh) fresh=yes ;;
		--only)
			IFS=, read -r -a steps <<<"$2"
			shift
			;;
		--test)
			tests+=("$2")
			shift
			;;
		*) usage_error "what is '$1'?" ;;
		esac
		shift
	done
}

# verdict NAME STATUS LOG: counts and tells it, with the end of LOG if it failed
verdict() {
	if [ "$2" -eq 0 ]; then
		passed=$((passed + 1))
		say "PASS: $1"
	else
		failed=$((failed + 1))
		say "FAIL: $1; the end of $3:"
		tail -n 40 -- "$3" | sed 's/^/    | /'
	fi
}

# leave_out NAME REASON
leave_out() {
	skipped=$((skipped + 1))
	say "SKIP: $1"
	say "left out: $1, $2"
}

# wanted STEP
wanted() {
	case " ${steps[*]} " in
	*" $1 "*) ;;
	*) return 1 ;;
	esac
}

# try STEP COMMAND...: runs it, with its output in a log
try() {
	local name=$1 log=$work/log/$1.log status=0
	shift
	say "$name"
	step "$log" "$@" || status=$?
	verdict "$name" "$status" "$log"
	return "$status"
}

# make_tarball: by make, as the user who called it
make_tarball() {
	local target=distcheck
	[ -z "$short" ] || target=dist
	make -C "$builddir" "$target"
}

# unpack DIR: the sources of the package in a new folder DIR: the tarball, and
# debian/, which releases are without
unpack() {
	rm -rf -- "$1"
	mkdir -p "$1"
	tar -xf "$tarball" -C "$1"
	cp "$tarball" "$1/${tree/-/_}.orig.tar.xz"
	tar -C "$top" -c --exclude=debian/.debhelper \
		--exclude=debian/palmares --exclude=debian/tmp debian |
		tar -C "$1/$tree" -x
	"$1/$tree/debian/release.sh" "$suite"
}

# build DIR PLACE OPTION... COMMAND...: builds in DIR, which the builder sees at
# PLACE; OPTIONs are systemd-nspawn's
build() {
	local dir=$1 place=$2 status=0
	shift 2
	unpack "$dir"
	chown -R 1000:1000 "$dir"
	system_drop "$work/build"
	system_open "$work/build" "$systems/base" "$systems/builder"
	system_run "$work/build" --bind="$dir:$place" --user=builder \
		--chdir="$place/$tree" "$@" || status=$?
	system_drop "$work/build"
	return "$status"
}

build_package() {
	build "$work/package" /home/builder/package \
		--setenv=LC_ALL=C.UTF-8 --setenv=TZ=UTC \
		dpkg-buildpackage -us -uc -j2
}

# build_again: at another time, place, umask, locale, host and order of work;
# the files of the source keep their times
build_again() {
	local file status=0
	# shellcheck disable=SC2016
	build "$work/again" /srv/elsewhere/and/deeper \
		--setenv=NO_FAKE_STAT=1 --setenv=LC_ALL=C --setenv=TZ=Pacific/Kiritimati \
		--setenv=DEB_BUILD_OPTIONS=nocheck --hostname=elsewhere \
		sh -c 'umask 077 && exec faketime "$0" "$@"' "$LATER" \
		dpkg-buildpackage -us -uc -j1 || return
	for file in "$work"/package/*.deb; do
		cmp "$file" "$work/again/${file##*/}" || status=1
	done
	return "$status"
}

run_lintian() {
	LC_ALL=C.UTF-8 lintian --allow-root --show-overrides \
		-EvIL +pedantic --fail-on error,warning \
		"$work"/package/*.changes
}

# tell_lintian: what is no error and no warning, and what is overridden
tell_lintian() {
	grep -E '^[A-Z]: ' "$work/log/lintian.log" | grep -vE '^[EWN]: ' |
		cut -c 1-100 | sed 's/^/    /'
}

# run_blhc: the flags of each call of the compiler, and what came of them
run_blhc() {
	local program
	install_tree
	blhc --bindnow --arch "$(dpkg --print-architecture)" \
		"$work/log/build.log" || return
	for program in "$work"/installed/usr/*bin/palmares*; do
		echo "${program##*/}: position independent? bound at its start?"
		readelf --file-header "$program" | grep -w DYN || return
		readelf --dynamic "$program" | grep -w NOW || return
	done
}

# install_tree: the files of the package in a folder
install_tree() {
	rm -rf "$work/installed"
	dpkg-deb -x "$work"/package/palmares_[0-9]*.deb "$work/installed"
}

run_mandoc() {
	local pages
	install_tree
	gunzip -r "$work/installed/usr/share/man"
	mapfile -t pages < <(find "$work/installed/usr/share/man" -type f)
	[ ${#pages[@]} -gt 0 ] || return
	printf '%s\n' "${pages[@]##*/}"
	mandoc -Tlint -W warning "${pages[@]}"
}

# run_piuparts: in a system without a service that runs, as in any chroot
run_piuparts() {
	piuparts --existing-chroot="$systems/base" --keep-sources-list \
		--distribution="$suite" --tmpdir="$work" \
		--no-eatmydata --no-upgrade-test --install-remove-install \
		"$work"/package/palmares_[0-9]*.deb
}

# run_tests NAME "LAYER..." TEST...: what autopkgtest makes of them in systems of
# these layers; a test that fails is told in its summary, and no reason to fail
run_tests() {
	local name=$1 layers status=0
	mapfile -t layers < <(layer_folders "$2")
	shift 2
	autopkgtest --output-dir="$work/tests/$name" \
		--summary-file="$work/$name.summary" "${@/#/--test-name=}" \
		--no-built-binaries "$work"/package/palmares_[0-9]*.deb \
		"$work/sources/$tree/" -- "$top/tests/deb/virt-nspawn" \
		"$work/testbed" "${layers[@]}" || status=$?
	case $status in
	0 | 2 | 4 | 6) ;; # bits: some test was skipped, some test failed
	*) return "$status" ;;
	esac
}

# boots: whether a host with nothing on it boots in here
boots() {
	local layers
	[ -z "${PALMARES_CHROOT:-}" ] || return 1
	mapfile -t layers < <(layer_folders "base plain")
	printf '%s\n' open close quit |
		"$top/tests/deb/virt-nspawn" "$work/testbed" "${layers[@]}"
}

# leave_out_tests REASON TEST...
leave_out_tests() {
	local test
	for test in "${@:2}"; do
		leave_out "debian/tests/$test" "$1"
	done
}

# try_tests NAME "LAYER..." TEST...: a verdict for each of them
try_tests() {
	local name=$1 log=$work/log/tests-$1.log status=0 test result reason
	local told=0 output
	[ $# -gt 2 ] || return 0
	say "tests on a $name: ${*:3}"
	rm -rf "$work/tests/$name"
	: >"$work/$name.summary"
	step "$log" run_tests "$@" || status=$?
	while read -r test result reason; do
		told=$((told + 1))
		output=$work/tests/$name/$test-stdout
		[ -e "$output" ] || output=$log
		case $result in
		PASS) verdict "debian/tests/$test" 0 "$log" ;;
		# Nothing is to be skipped in a system that was made for it.
		*) verdict "debian/tests/$test, $result $reason" 1 "$output" ;;
		esac
	done <"$work/$name.summary"
	[ "$status" -eq 0 ] || verdict "autopkgtest, status $status" 1 "$log"
	[ "$told" -eq $(($# - 2)) ] ||
		verdict "$told tests on a $name, not $(($# - 2))" 1 "$log"
}

# try_all_tests: those that are wanted, on a host with nothing, or with what most
# of them would install first
try_all_tests() {
	local test plain=() server=()
	for test in $(sed -n 's/^Tests: *//p' "$top/debian/tests/control" |
		tr -d ,); do
		case " ${tests[*]:-$test} " in
		*" $test "*) ;;
		*) continue ;;
		esac
		case " ${PLAIN_TESTS[*]} " in
		*" $test "*) plain+=("$test") ;;
		*) server+=("$test") ;;
		esac
	done
	if ! step "$work/log/boot.log" boots; then
		tail -n 5 "$work/log/boot.log"
		leave_out_tests "for no system can be booted here" \
			"${plain[@]}" "${server[@]}"
		return
	fi
	unpack "$work/sources"
	mkdir -p "$work/tests"
	try_tests plain "base plain" "${plain[@]}"
	try_tests server "base plain server" "${server[@]}"
}

# before SUITE: the release before it, whose hosts are upgraded to it
before() {
	case $1 in
	trixie) echo bookworm ;;
	esac
}

# make_next FOLDER: what a host of the release before, whose systems and package
# are in FOLDER, is upgraded with
make_next() {
	rm -rf "$work/next"
	mkdir -p "$work/next"
	cp --link "$systems"/base/srv/packages/*.deb "$work/next"
	systems=$1/systems next_make "$suite" "$work/next" &&
		cp "$work"/package/palmares_[0-9]*.deb "$1/systems/next/srv"
}

# try_host_upgrade: in the systems and with the package of the release before
try_host_upgrade() {
	local previous
	previous=$(before "$suite")
	[ -n "$previous" ] || return 0
	if ! step "$work/log/boot.log" boots; then
		leave_out "debian/tests/host-upgrade" \
			"for no system can be booted here"
		return
	fi
	try next make_next "$builddir/deb/$previous" || return 0
	local suite=$previous work=$builddir/deb/$previous
	local systems=$work/systems
	unpack "$work/sources"
	cat >>"$work/sources/$tree/debian/tests/control" <<-TEXT

		Tests: host-upgrade
		Depends: curl, mariadb-server, nginx-light, python3
		Restrictions: needs-root, isolation-container, breaks-testbed
	TEXT
	mkdir -p "$work/tests"
	try_tests host "base plain server next" host-upgrade
}

# check_package: builds, and goes on after other failures
check_package() {
	try systems systems_make || return
	[ ! -e "$systems/chroot" ] || export PALMARES_CHROOT=yes
	! wanted build || try build build_package || return
	if wanted lintian; then
		try lintian run_lintian || :
		tell_lintian
	fi
	! wanted blhc || try blhc run_blhc || :
	! wanted shellcheck || try shellcheck "$top/tests/deb/shellcheck.sh" || :
	! wanted mandoc || try mandoc run_mandoc || :
	! wanted reproducible || try reproducible build_again || :
	# The most that can be tried without booting anything.
	if wanted piuparts ||
		{ wanted tests && [ -n "${PALMARES_CHROOT:-}" ]; }; then
		try piuparts run_piuparts || :
		leave_out "piuparts' upgrade" "for no archive has an older \
version; debian/tests/upgrade does it"
	fi
	! wanted tests || try_all_tests
	! wanted host-upgrade || try_host_upgrade
}

# inside: the part that needs root, in namespaces of its own, so that no mount
# and no process of it is left behind, whatever happens
inside() {
	# The first process of a namespace heeds no signal without a trap.
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	[ -z "$fresh" ] || rm -rf "$systems"
	mkdir -p "$work/log" /run/systemd/nspawn
	# systemd-nspawn leaves folders there.
	mount -t tmpfs tmpfs /run/systemd/nspawn
	check_package || :
	sum_up
}

sum_up() {
	say "# PASS: $passed"
	say "# FAIL: $failed"
	say "# SKIP: $skipped"
	[ $((passed + failed)) -gt 0 ] || warn "nothing was tried"
	[ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
}

# clean_up: outside, what is left of it
clean_up() {
	trap '' INT TERM HUP
	step_stop
	packages_clean_up
}

# may_go_inside: whether there is a way to be root, and to have namespaces
may_go_inside() {
	as_root unshare --mount --pid --mount-proc --fork true
}

go_inside() {
	local status=0
	background as_root env PALMARES_CHECK_INSIDE="$passed" \
		setpriv --pdeathsig KILL -- unshare --mount --pid \
		--mount-proc --fork --kill-child -- \
		"$top/tests/deb/check.sh" "$@"
	step_pid=$!
	wait "$step_pid" || status=$?
	step_pid=
	return "$status"
}

# build_before: the package for the release before, if a host of it is to be
# upgraded
build_before() {
	local previous
	previous=$(before "$suite")
	if [ -n "$previous" ] && wanted host-upgrade; then
		try "build-$previous" "$top/tests/deb/check.sh" --builddir \
			"$builddir" --suite "$previous" --short --only build || :
	fi
}

outside() {
	mkdir -p "$work/log"
	# Whatever runs in there keeps this lock as well.
	exec 9>"$work/lock"
	flock -n 9 || die "another make check-deb uses $work; let it end"
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	packages_install "$work/log/packages.log" "${DEB_PACKAGES[@]}"
	[ -n "$(debian_sources "$suite")" ] || packages_apt update
	if ! may_go_inside; then
		leave_out "the Debian package" "which needs root or sudo, and a \
machine where root may have mounts and namespaces"
		sum_up
	elif wanted build && ! try tarball make_tarball; then
		sum_up
	else
		build_before
		go_inside "$@"
	fi
}

top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=../common.sh
. "$top/tests/common.sh"
# shellcheck source-path=SCRIPTDIR source=systems.sh
. "$top/tests/deb/systems.sh"
builddir=$PWD
read_options "$@"
suite=${suite:-$(codename)}
work=$builddir/deb/$suite systems=$builddir/deb/$suite/systems
tree=palmares-$(sed -n 's/^PACKAGE_VERSION = //p' "$builddir/Makefile")
tarball=$builddir/$tree.tar.xz
if [ -n "$short" ]; then
	[ ${#steps[@]} -gt 0 ] || steps=("${SHORT_STEPS[@]}")
	[ ${#tests[@]} -gt 0 ] || tests=("${SHORT_TESTS[@]}")
fi
[ ${#steps[@]} -gt 0 ] || steps=("${STEPS[@]}")
if [ -n "${PALMARES_CHECK_INSIDE:-}" ]; then
	passed=$PALMARES_CHECK_INSIDE
	inside
else
	outside "$@"
fi
