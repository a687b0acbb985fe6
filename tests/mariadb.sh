#!/bin/bash
# mariadb.sh: another MariaDB than this machine's, for the tests to run against
set -euo pipefail

PROGRAMS=(bin/mariadb bin/mariadb-dump bin/my_print_defaults bin/resolveip)

usage() {
	cat <<'TEXT'
usage: tests/mariadb.sh SUITE DIR

Unpacks the MariaDB of a Debian suite (trixie has 11.8) into DIR with mmdebstrap,
from where the host's apt gets its packages, and installs nothing. Then

    make check-integration MARIADB=DIR/bin

runs the tests of the store and the integration tests with its programs in place
of this machine's; for single ones set MARIADB in the environment. They run with
the suite's own C library, so the suite may be newer than the host.
TEXT
}

mirror() {
	# What is in $() is for apt-get.
	# shellcheck disable=SC2016
	apt-get indextargets 'Created-By: Packages' 'Origin: Debian' \
		--format '$(REPO_URI)' | grep -v security | sort -u | head -n 1
}

# unpack SUITE DIR: without running anything in it
unpack() {
	local proxies
	mapfile -t proxies < <(apt-config dump Acquire |
		sed -En 's/^(Acquire::https?::Proxy.*)/--aptopt=\1/p')
	mmdebstrap --mode=root --variant=extract "${proxies[@]}" \
		--include=mariadb-server-core,mariadb-client,galera-4 \
		"$1" "$2/root" "$(mirror)"
}

# wrap DIR PROGRAM: DIR/PROGRAM runs it with the suite's libraries
wrap() {
	local root=$1/root
	mkdir -p "$1/${2%/*}"
	cat >"$1/$2" <<TEXT
#!/bin/sh
exec '$root/usr/lib64/ld-linux-x86-64.so.2' \\
	--library-path '$root/usr/lib/x86_64-linux-gnu' \\
	--argv0 '$1/$2' '$root/usr/$2' "\$@"
TEXT
	chmod +x "$1/$2"
}

# wrap_server DIR: the same for the server, which has to find its files; its first
# option stays the first
wrap_server() {
	local files=$1/root/usr
	mkdir -p "$1/sbin"
	cat >"$1/sbin/mariadbd" <<TEXT
#!/bin/sh
first=\$1
shift
exec '$files/lib64/ld-linux-x86-64.so.2' \\
	--library-path '$files/lib/x86_64-linux-gnu' \\
	--argv0 '$1/sbin/mariadbd' '$files/sbin/mariadbd' "\$first" \\
	--lc-messages-dir='$files/share/mariadb' \\
	--character-sets-dir='$files/share/mariadb/charsets' \\
	--plugin-dir='$files/lib/mysql/plugin' "\$@"
TEXT
	chmod +x "$1/sbin/mariadbd"
	ln -sf ../sbin/mariadbd "$1/bin/mariadbd"
	cat >"$1/bin/mariadb-install-db" <<TEXT
#!/bin/sh
first=\$1
shift
exec '$files/bin/mariadb-install-db' "\$first" --basedir='$1' "\$@"
TEXT
	chmod +x "$1/bin/mariadb-install-db"
	mkdir -p "$1/share"
	ln -sfn ../root/usr/share/mariadb "$1/share/mysql"
	ln -sfn ../root/usr/share/mariadb "$1/share/mariadb"
}

main() {
	local program
	if [ $# -ne 2 ] || [ "${1#-}" != "$1" ]; then
		usage
		[ "${1:-}" = --help ] && exit 0
		exit 2
	fi
	mkdir -p "$2"
	set -- "$1" "$(realpath "$2")"
	[ -x "$2/root/usr/sbin/mariadbd" ] || unpack "$1" "$2"
	for program in "${PROGRAMS[@]}"; do
		wrap "$2" "$program"
	done
	wrap_server "$2"
	"$2/bin/mariadbd" --no-defaults --version
}

main "$@"
