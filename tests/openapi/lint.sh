#!/bin/sh
# lint.sh BUILD_DIR: lints openapi.yaml with the pinned @redocly/cli and Spectral
#
# Installs the linters into BUILD_DIR, see install.sh.
set -eu

if [ $# -ne 1 ]; then
	echo "usage: lint.sh BUILD_DIR" >&2
	exit 2
fi
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
top=$(CDPATH='' cd -- "$here/../.." && pwd)
"$here/install.sh" "$1"
bin=$(CDPATH='' cd -- "$1/node_modules/.bin" && pwd)

# It would ask the registry for a newer version of itself.
REDOCLY_SUPPRESS_UPDATE_NOTICE=true
export REDOCLY_SUPPRESS_UPDATE_NOTICE
cd "$top"
"$bin/spectral" lint --ruleset "$here/spectral.yaml" --fail-severity warn \
	openapi.yaml
exec "$bin/redocly" lint --config "$here/redocly.yaml" --max-problems 1000 \
	openapi.yaml
