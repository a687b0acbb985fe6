#!/bin/bash
# in-system.sh: runs a command on the sources in a small Debian of another release
set -euo pipefail

usage() {
	cat <<'TEXT'
usage: tests/in-system.sh [--fresh] SUITE COMMAND...

Runs a command in a copy of these sources, in a small Debian SUITE (bookworm,
trixie, forky), which mmdebstrap makes from the sources that the host's apt uses:

  tests/in-system.sh trixie ./test.sh
  tests/in-system.sh trixie ./run.sh --port 8081

Needs root or sudo, for mounts. The network is the host's, and so that ./test.sh
and ./run.sh can install what they need, apt works in there. System and copy are
kept in .test/systems/SUITE (or $PALMARES_SYSTEMS/SUITE), so that the next run
goes on from there: what the command has built is in root/srv/palmares.

  --fresh   forget the system, and what was done in it, first

Exit status: the command's; 2 for wrong usage.
TEXT
}

# copy_sources: as they are, without what was built in them; what was built there
# stays
copy_sources() {
	local to=$dir/upper/srv/palmares
	mkdir -p "$to"
	find "$to" -mindepth 1 -maxdepth 1 ! -name .test ! -name .run \
		! -name configure ! -name Makefile.in ! -name aclocal.m4 \
		! -name build-aux ! -name autom4te.cache -exec rm -rf {} +
	if git -C "$top" rev-parse --git-dir >/dev/null 2>&1; then
		git -C "$top" ls-files -z -co --exclude-standard --deduplicate |
			tar -C "$top" --null --ignore-failed-read -T - -c
	else
		tar -C "$top" --exclude=./.test --exclude=./.run -c .
	fi | tar -x -C "$to" --no-same-owner
}

make_base() {
	[ ! -e "$dir/made" ] || return 0
	rm -rf "$dir"
	mkdir -p "$dir/upper" "$dir/work" "$dir/root"
	mapfile -t proxies < <(apt-config dump Acquire |
		sed -En 's/^(Acquire::https?::Proxy.*)/--aptopt=\1/p')
	debian_sources "$suite" >"$dir/sources.list"
	[ -s "$dir/sources.list" ] ||
		die "apt-get knows no source of Debian's; apt-get update?"
	mmdebstrap --mode=root --variant=minbase --format=directory \
		--include=ca-certificates,procps,iproute2,tzdata \
		"${proxies[@]}" "$suite" "$dir/base" - \
		<"$dir/sources.list" >&2
	: >"$dir/made"
}

# enter COMMAND...: in namespaces that go with it
enter() {
	exec unshare --mount --pid --ipc --uts --fork --kill-child \
		"$top/tests/in-system.sh" --inside "$@"
}

# inside COMMAND...: the first process of the new namespaces
inside() {
	local root=$dir/root
	mount -t overlay -o \
		"lowerdir=$dir/base,upperdir=$dir/upper,workdir=$dir/work" \
		palmares "$root"
	mount -t proc proc "$root/proc"
	mount --rbind /sys "$root/sys"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
	mount -t tmpfs -o mode=755 tmpfs "$root/run"
	cp -L /etc/resolv.conf "$root/etc/resolv.conf"
	# Nothing that is installed there starts a service.
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod +x "$root/usr/sbin/policy-rc.d"
	# shellcheck disable=SC2016
	exec env -i HOME=/root LANG=C.UTF-8 ${TERM:+TERM="$TERM"} \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		chroot "$root" sh -ec 'cd /srv/palmares && exec "$@"' sh "$@"
}

top=$(cd -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$top/tests/common.sh"
# shellcheck source-path=SCRIPTDIR source=deb/systems.sh
. "$top/tests/deb/systems.sh"
fresh='' inside=''
while :; do
	case ${1:-} in
	--help | -h)
		usage
		exit 0
		;;
	--fresh) fresh=yes ;;
	--inside) inside=yes ;;
	*) break ;;
	esac
	shift
done
if [ $# -lt 2 ]; then
	usage >&2
	exit 2
fi
if [ "$(id -u)" -ne 0 ]; then
	exec sudo -- env PALMARES_SYSTEMS="${PALMARES_SYSTEMS:-}" \
		"$top/tests/in-system.sh" ${fresh:+--fresh} "$@"
fi
suite=$1 dir=${PALMARES_SYSTEMS:-$top/.test/systems}/$1
[ -n "$inside" ] || shift
if [ -n "$inside" ]; then
	inside "${@:2}"
fi
mkdir -p "$dir"
exec 9>"$dir/../$suite.lock"
flock -n 9 || die "another in-system.sh uses $dir; let it end"
[ -z "$fresh" ] || rm -f "$dir/made"
make_base
copy_sources
enter "$suite" "$@"
