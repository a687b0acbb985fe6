#!/bin/sh
# release.sh [CODENAME]: before a build for that release of Debian, or else for
# this system's, gives the package its version, so that a host which is upgraded
# finds a newer one: 0.1.0-2~deb12u1 < 0.1.0-2~deb13u1 < 0.1.0-2, which later
# releases have
set -eu

cd -- "$(dirname -- "$0")/.."
# shellcheck disable=SC1091
name=${1:-$(. /etc/os-release && echo "${VERSION_CODENAME:-}")}
case $name in
bookworm) number=12 ;;
trixie) number=13 ;;
*) exit 0 ;;
esac
version=$(dpkg-parsechangelog -S Version)
# A later date than that of the entry below, and the same in each build.
date=$(date -R -u -d "$(dpkg-parsechangelog -S Date) + 1 minute")
cat - debian/changelog >debian/changelog.new <<TEXT
palmares ($version~deb${number}u1) $name; urgency=medium

  * Build for Debian $number.

 -- $(dpkg-parsechangelog -S Maintainer)  $date

TEXT
mv debian/changelog.new debian/changelog
