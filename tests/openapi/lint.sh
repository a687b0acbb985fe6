#!/bin/sh
# lint.sh BUILD_DIR: lints openapi.yaml with the pinned @redocly/cli and Spectral
#
# Installs the linters into BUILD_DIR (made if missing) unless it is there already; the
# source tree stays as it is. Needs Node.js 18 and npm. A path may have spaces.
set -eu

if [ $# -ne 1 ]; then
	echo "usage: lint.sh BUILD_DIR" >&2
	exit 2
fi
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
top=$(CDPATH='' cd -- "$here/../.." && pwd)
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

# It would ask the registry for a newer version of itself.
REDOCLY_SUPPRESS_UPDATE_NOTICE=true
export REDOCLY_SUPPRESS_UPDATE_NOTICE
cd "$top"
"$build/node_modules/.bin/spectral" lint --ruleset "$here/spectral.yaml" \
	--fail-severity warn openapi.yaml
exec "$build/node_modules/.bin/redocly" lint --config "$here/redocly.yaml" \
	--max-problems 1000 openapi.yaml
