#!/bin/sh
# lint-tool.sh TOOL VERSION COMMAND...: runs the command if TOOL is of the
# version that the sources are written for; another one finds other things
set -eu

tool=$1 wanted=$2
shift 2
found=$("$tool" --version | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1)
case $found in
"$wanted" | "$wanted".*) exec "$@" ;;
esac
echo "left out: $tool, which is $found, where the sources are written for $wanted"
echo "# SKIP: 1"
