#!/bin/sh
# clients.sh BUILD_DIR PROGRAMS: makes clients from openapi.yaml, and runs them
#
# First looks at the document (document.py) and sends every example (examples.py).
#
# Generates clients with openapi-typescript, @hey-api/openapi-ts and orval in BUILD_DIR
# (see install.sh), compiles the programs of tests/openapi/clients with them under
# --strict, and runs each against a server of its own. Last, another project's tests of
# conditions, which come with the same packages (tests/model/foreign.py). PROGRAMS is the
# build directory with src/palmaresd.
set -eu

if [ $# -ne 2 ]; then
	echo "usage: clients.sh BUILD_DIR PROGRAMS" >&2
	exit 2
fi
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
document=$(CDPATH='' cd -- "$here/../.." && pwd)/openapi.yaml
programs=$(CDPATH='' cd -- "$2" && pwd)
"$here/install.sh" "$1"
cd "$1"
rm -rf clients
mkdir clients
cp "$here"/clients/* clients/
chmod -R u+w clients

# redocly would ask the registry for a newer version of itself.
REDOCLY_SUPPRESS_UPDATE_NOTICE=true
export REDOCLY_SUPPRESS_UPDATE_NOTICE

run() {
	tool=$1
	shift
	"node_modules/.bin/$tool" "$@" >clients/log 2>&1 || {
		cat clients/log >&2
		echo "clients.sh: $tool failed" >&2
		exit 1
	}
}
run redocly bundle "$document" --dereferenced --ext json \
	--output clients/openapi.json
run openapi-typescript "$document" \
	--output clients/generated/openapi-typescript.ts
run openapi-ts --input "$document" --output clients/generated/hey-api \
	--no-log-file --client @hey-api/client-fetch
run orval --input "$document" --output clients/generated/orval.ts --client fetch
run tsc --project clients
status=0
"$here/document.py" clients/openapi.json || status=1
"$here/examples.py" "$programs" clients/openapi.json || status=1
"$here/clients.py" "$programs" clients/built/use-*.js || status=1
make -s -C "$programs" tests/model/player
"$here/../model/foreign.py" node_modules "$programs" || status=1
exit "$status"
