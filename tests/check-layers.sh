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
refuse 'base stands alone' '"(engine|rules|store|http|api|daemon|ctl)/' base/*.[ch]
refuse 'engine sees base' '"(rules|store|http|api|daemon|ctl)/' engine/*.[ch]
refuse 'rules sees engine and base' '"(store|http|api|daemon|ctl)/' rules/*.[ch]
refuse 'store sees rules, engine and base' '"(http|api|daemon|ctl)/' store/*.[ch]
refuse 'http sees base' '"(engine|rules|store|api|daemon|ctl)/' http/*.[ch]
refuse 'api sees no program' '"(daemon|ctl)/' api/*.[ch]
refuse 'a program sees no other' '"ctl/' daemon/*.[ch]
refuse 'a program sees no other' '"daemon/' ctl/*.[ch]
refuse 'engine is pure: values in, values out' \
    "$any(stdio|unistd|fcntl|time|poll|pthread|sys/|json|base/(json|log|clock|config|decode))" \
    engine/*.[ch]
# shellcheck disable=SC2046 # names of sources have no spaces
refuse 'only store sees mysql.h' "$any(mariadb/)?mysql" \
    $(printf '%s\n' ./*/*.[ch] | grep -v '^\./store/')
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
