# shellcheck shell=bash
# systems.sh: the small Debian systems that the package is built and tried in.
#
# Sourced by check.sh, which has $top (the sources), $suite (a release of
# Debian's, by its code name) and $systems (a folder).
# A system is a stack of layers: base is made by mmdebstrap, builder stands on
# it, and so does plain, a host with nothing on it, and server on that. All
# packages that are ever needed lie in /srv/packages there, so that nothing that
# runs in a system needs a network, and it has none.
# shellcheck disable=SC2154

# debian_sources SUITE: the sources of Debian that the host uses, for that release
debian_sources() {
	local host
	host=$(codename)
	# What is in $() is for apt-get.
	# shellcheck disable=SC2016
	apt-get indextargets 'Created-By: Packages' 'Origin: Debian' --format \
		'$(CODENAME) deb $(REPO_URI) $(RELEASE) $(COMPONENT)' |
		sed -En "s/^$host(-updates|-security)? (deb [^ ]+) $host/\\2 $1/p" |
		sort -u
}

codename() {
	# shellcheck disable=SC1091
	(. /etc/os-release && printf %s "${VERSION_CODENAME:-unknown}")
}

# systems_key: says what the systems are made from
systems_key() {
	{
		debian_sources "$suite"
		cat "$top/tests/deb/systems.sh" "$top/tests/deb/download.sh"
		"$top/tests/deb/needs.py" "$top/debian/control" \
			"$top/debian/tests/control"
		sed -n '/^Build-Depends/,/^[A-Z].*:/p' "$top/debian/control"
	} | sha256sum | cut -d ' ' -f 1
}

# systems_make: makes them, unless they are there and no older than two weeks;
# then $systems/chroot is there if systemd-nspawn cannot run them
systems_make() {
	local key
	rm -f "$systems/chroot"
	key=$(systems_key)
	if [ "$(cat "$systems/key" 2>/dev/null)" = "$key" ] &&
		[ -n "$(find "$systems/key" -mtime -14)" ]; then
		echo "the systems are there"
		systems_probe
		return
	fi
	rm -rf "$systems"
	mkdir -p "$systems"
	base_make || return
	systems_probe
	{
		# autopkgtest wants dpkg-dev.
		layer_make plain base dpkg-dev &&
			layer_make server "base plain" mariadb-server \
				nginx-light curl python3
	} >"$systems/server.log" 2>&1 &
	layer_make builder base faketime || return
	wait $! || {
		cat "$systems/server.log"
		return 1
	}
	printf '%s\n' "$key" >"$systems/key"
}

base_make() {
	local proxies
	debian_sources "$suite" >"$systems/sources.list"
	if ! [ -s "$systems/sources.list" ]; then
		echo "apt-get knows no source of Debian's; apt-get update?" >&2
		return 1
	fi
	mapfile -t proxies < <(apt-config dump Acquire |
		sed -En 's/^(Acquire::https?::Proxy.*)/--aptopt=\1/p')
	TOP=$top mmdebstrap --mode=root --variant=minbase --format=directory \
		--include=apt-utils,systemd-sysv,ca-certificates \
		"${proxies[@]}" --customize-hook="$top/tests/deb/download.sh" \
		"$suite" "$systems/base" - <"$systems/sources.list"
}

# layer_make NAME "LAYER..." PACKAGE...: installs packages in a layer on others;
# for the builder also what the package is built with, and its user
layer_make() {
	local name=$1 below
	mapfile -t below < <(layer_folders "$2")
	shift 2
	system_open "$systems/$name" "${below[@]}" || return
	mkdir -p "$systems/$name/root/srv/source/debian"
	cp "$top/debian/control" "$systems/$name/root/srv/source/debian"
	# shellcheck disable=SC2016
	system_run "$systems/$name" sh -ec '
		export DEBIAN_FRONTEND=noninteractive
		apt-get -q update
		apt-get -q -y install "$@"
		[ "$0" != builder ] || {
			apt-get -q -y build-dep /srv/source
			useradd --create-home --uid 1000 builder
		}
		apt-get clean
		rm -r /srv/source' "$name" "$@" || return
	umount "$systems/$name/root"
}

# layer_folders "LAYER...": prints their folders
layer_folders() {
	local names
	IFS=' ' read -r -a names <<<"$1"
	printf '%s\n' "${names[@]/#/$systems/}"
}

# system_open DIR LAYER...: mounts DIR/root, a system on layers, lowest first
system_open() {
	local dir=$1 lower='' layer
	shift
	for layer; do
		[ ! -d "$layer/upper" ] || layer=$layer/upper
		lower=$layer${lower:+:$lower}
	done
	mkdir -p "$dir/upper" "$dir/work" "$dir/root" &&
		mount -t overlay -o \
			"lowerdir=$lower,upperdir=$dir/upper,workdir=$dir/work" \
			palmares "$dir/root"
}

# system_drop DIR: unmounts it and forgets what was written
system_drop() {
	! mountpoint -q "$1/root" || umount "$1/root"
	rm -rf -- "$1"
}

# systems_probe: a chroot has to do where systemd-nspawn cannot run base; it says
# why not
systems_probe() {
	[ -z "${PALMARES_CHROOT:-}" ] || return 0
	system_open "$systems/probe" "$systems/base" || return
	if ! system_spawn "$systems/probe" true; then
		: >"$systems/chroot"
		export PALMARES_CHROOT=yes
	fi
	system_drop "$systems/probe"
}

# system_run DIR OPTION... COMMAND...: runs a command in it, with a network of
# its own and none to the outside; the options are systemd-nspawn's
system_run() {
	if [ -n "${PALMARES_CHROOT:-}" ]; then
		system_chroot "$@"
	else
		system_spawn "$@"
	fi
}

# system_chroot DIR OPTION... COMMAND...: the same without systemd-nspawn, which
# wants more of a machine than namespaces. Its mounts end with it.
system_chroot() {
	unshare --mount --net --ipc --uts --pid --fork --kill-child \
		"$top/tests/deb/in-chroot" "$1/root" "${@:2}"
}

system_spawn() {
	local dir=$1
	shift
	systemd-nspawn --quiet --directory="$dir/root" --private-network \
		--machine="palmares-${dir##*/}" \
		--register=no --keep-unit --as-pid2 --pipe \
		--setenv=PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# next_make NEXT FOLDER: a layer for systems that are to become the release NEXT:
# all packages that this takes, in /srv/next, and those in FOLDER
next_make() {
	local place=$systems/next/srv/next apt status=0
	rm -rf "$systems/next" "$systems/lists"
	mkdir -p "$place/partial" "$systems/lists/partial"
	debian_sources "$1" >"$systems/next.list"
	system_open "$systems/probe" "$systems/base" "$systems/plain" \
		"$systems/server" || return
	apt=(apt-get -q -y -o APT::Keep-Downloaded-Packages=true
		-o "Dir::Etc::SourceList=$systems/next.list"
		-o Dir::Etc::SourceParts=/dev/null
		-o "Dir::State::Lists=$systems/lists"
		-o "Dir::State::Status=$systems/probe/root/var/lib/dpkg/status"
		-o "Dir::Cache::Archives=$place"
		-o Dir::Cache::PkgCache= -o Dir::Cache::SrcPkgCache=)
	"${apt[@]}" update && "${apt[@]}" --download-only full-upgrade ||
		status=$?
	system_drop "$systems/probe"
	[ "$status" -eq 0 ] || return "$status"
	cp -n "$2"/*.deb "$place" &&
		(cd "$place" && apt-ftparchive packages . >Packages)
}
