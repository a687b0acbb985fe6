#!/bin/sh
# check-layers.sh: fails when a source includes what its layer may not see, or is
# not in local.mk, and so would be missing in a release
cd "${srcdir:-.}/src" || exit 2
bad=0

# refuse WHAT PATTERN FILE...: no line of the files may match
refuse() {
	what=$1 pattern=$2
	shift 2
	if grep -nHE "^[[:space:]]*#[[:space:]]*include[[:space:]]*$pattern" \
	    -- "$@"; then
		echo "check-layers.sh: $what" >&2
		bad=1
	fi
}
any='["<]'

refuse 'an include of our own is "layer/file.h"' '"[^/"]*"' ./*/*.[ch]
# LAYER and the lower ones that it sees; a program sees all but the other one
while read -r layer sees; do
	unseen=$(for other in ./*/; do
		other=${other#./} other=${other%/}
		case " $layer $sees " in *" $other "*) ;; *) echo "$other" ;; esac
	done | paste -sd '|')
	refuse "$layer sees nothing but: $sees" "\"($unseen)/" "$layer"/*.[ch]
done <<'LAYERS'
base
engine base
rules base engine
db base
store base engine rules db
ingest base engine rules db store
past base engine rules db store
work base engine rules db store ingest past
http base
api base engine rules db store ingest past work http
daemon base engine rules db store ingest past work http api
ctl base engine rules db store ingest past work http api
LAYERS
refuse 'engine is pure: values in, values out' \
    "$any(stdio|unistd|fcntl|time|poll|pthread|sys/|json|base/(json|log|clock|config|decode))" \
    engine/*.[ch]
# shellcheck disable=SC2046 # names of sources have no spaces
refuse 'only db sees mysql.h' "$any(mariadb/)?mysql" \
    $(printf '%s\n' ./*/*.[ch] | grep -v '^\./db/')
# shellcheck disable=SC2046
refuse 'only http/fcgi.c sees fcgiapp.h' "${any}fcgi(app|_stdio|os)" \
    $(printf '%s\n' ./*/*.[ch] | grep -v '^\./http/fcgi\.c$')
for file in ./*/*.[ch]; do
	grep -qE "(^|[[:space:]])src/${file#./}([[:space:]]|\$)" local.mk || {
		echo "check-layers.sh: $file is not in src/local.mk" >&2
		bad=1
	}
done
exit $bad
