#!/bin/sh
# download.sh ROOT: mmdebstrap's last step: puts all packages that are ever
# needed into ROOT/srv/packages, and makes that the only source of apt there
#
# The environment has TOP, the sources, and what mmdebstrap tells its hooks.
set -eu

root=$1
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
wanted=$(mktemp)
trap 'rm -f "$wanted"' EXIT

# download ARGUMENT...: the host's apt-get, with the lists of ROOT
download() {
	apt-get -q -y -o APT::Keep-Downloaded-Packages=true --download-only "$@"
}

python3 "$TOP/tests/deb/needs.py" "$TOP/debian/control" \
	"$TOP/debian/tests/control" >"$wanted"
first=$(head -n 1 "$wanted")
download satisfy "$first"
sed 1d "$wanted" | while read -r alternative; do
	# One of several alternatives may be a name that several packages have.
	download satisfy "$alternative" ||
		echo "$alternative cannot be had, but what it stands in for can"
done
download --no-install-recommends build-dep "$TOP"
download --no-install-recommends install build-essential faketime

mkdir -p "$root/srv/packages"
mv "$root"/var/cache/apt/archives/*.deb "$root/srv/packages/"
chroot "$root" sh -c 'cd /srv/packages && apt-ftparchive packages . >Packages'
printf 'palmares\n' >"$root/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 palmares\n' >"$root/etc/hosts"
# A system that lasts a minute need not survive a power cut.
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe"
# apt-utils makes it for the first questions, and piuparts wonders whose it is.
mkdir -p "$root/var/cache/debconf/tmp.ci"
rm -f "$root/etc/apt/apt.conf.d/99mmdebstrap"
rm -rf "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/srv/packages ./' >"$root/etc/apt/sources.list"
