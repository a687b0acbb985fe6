#!/bin/sh
# install.sh BUILD_DIR: installs what checks openapi.yaml, as it is locked
#
# Into BUILD_DIR (made if missing), unless it is there already; the source tree stays as
# it is. Needs Node.js 18 and npm. A path may have spaces.
set -eu

if [ $# -ne 1 ]; then
	echo "usage: install.sh BUILD_DIR" >&2
	exit 2
fi
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
mkdir -p -- "$1"
build=$(CDPATH='' cd -- "$1" && pwd)

# installed is a copy of the lock file that node_modules was made from.
if ! cmp -s "$here/package-lock.json" "$build/installed"; then
	rm -f "$build/installed"
	for file in package.json package-lock.json .npmrc; do
		cp -f "$here/$file" "$build/$file"
		chmod u+w "$build/$file"
	done
	(cd "$build" && npm ci --loglevel=error)
	cp "$here/package-lock.json" "$build/installed"
	chmod u+w "$build/installed"
fi
