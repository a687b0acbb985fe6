#!/bin/bash
# check-completion.sh: what bash completes is what the programs take
#
# Every command and option that --help tells is offered where it may stand and
# nowhere else, and no command takes an option that --help does not tell.
srcdir=$(cd "${srcdir:-.}" && pwd) || exit 2
programs=$PWD/src
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
bad=0
cd "$work" || exit 2
touch 'a file' b.conf
# shellcheck disable=SC1091
. "$srcdir/completions/palmaresctl" || exit 2
# shellcheck disable=SC1091
. "$srcdir/completions/palmaresd" || exit 2

# offers PROGRAM WORD...: what is offered in the place of the last word
offers() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	"_$1" "$programs/$1"
	printf '%s\n' "${COMPREPLY[@]}"
}

# expect WANTED PROGRAM WORD...: WANTED, in any order, is all that is offered
expect() {
	local wanted=$1 found
	shift
	found=$(offers "$@" | sort | tr '\n' ' ')
	wanted=$(tr ' ' '\n' <<<"$wanted" | sort | tr '\n' ' ')
	if [ "${found% }" != "${wanted% }" ]; then
		echo "check-completion.sh: $*: offers '$found', not '$wanted'" >&2
		bad=1
	fi
}

help=$("$programs/palmaresctl" --help)
globals=$(sed -n 's/^  \(--*[a-zA-Z]*\).*/\1/p' <<<"$help" | xargs)
mapfile -t commands < <(sed -n 's/^  \([a-z]\)/\1/p' <<<"$help")
[ ${#commands[@]} -ge 10 ] || bad=1
mapfile -t all < <(grep -o -e '--[a-z-]*' <<<"$help" | sort -u)
for line in "${commands[@]}"; do
	read -r -a words <<<"${line%% [!a-z]*}"
	options=$(grep -o -e '--[a-z-]*' <<<"$line" | xargs)
	expect "$globals${options:+ $options}" palmaresctl "${words[@]}" -
	expect "$globals${options:+ $options}" palmaresctl -c x --json "${words[@]}" y -
	# It takes these options, and none that another command has.
	for option in "${all[@]}"; do
		case " $options $globals " in
		*" $option "*) ;;
		*)
			"$programs/palmaresctl" "${words[@]}" "$option" x \
				2>&1 | grep -q 'means nothing here' || {
				echo "check-completion.sh: ${words[*]}" \
					"$option: taken, and not told" >&2
				bad=1
			}
			;;
		esac
	done
done
firsts=$(printf '%s\n' "${commands[@]%% *}" | sort -u | xargs)
expect "$firsts" palmaresctl ''
expect "$firsts" palmaresctl -c b.conf --json ''
apps=$(printf '%s\n' "${commands[@]}" | sed -n 's/^app //p' | cut -d ' ' -f 1 | sort -u | xargs)
expect "$apps" palmaresctl app ''
expect 'create' palmaresctl --json app cr
expect 'list' palmaresctl key l
expect '' palmaresctl nothing ''
expect '' palmaresctl app create ''
expect '' palmaresctl app create x --description ''
expect '' palmaresctl app create x --description = ''
expect '--time-zone' palmaresctl app create --description x --t
expect 'b.conf' palmaresctl -c b
expect 'b.conf' palmaresctl backup b
expect 'b.conf' palmaresctl restore b
expect '' palmaresctl restore x b
expect '' palmaresctl verify --app b
[ "$(offers palmaresctl backup a)" = 'a file' ] || bad=1
[ ! -e /usr/share/zoneinfo/Europe/Berlin ] || {
	expect 'Europe/Berlin' palmaresctl app create x --time-zone Europe/Ber
	expect 'Europe/' palmaresctl app create x --time-zone = Europ
}
expect '-c -t -V --routes' palmaresd ''
expect 'b.conf' palmaresd -c b
for option in -t -V --routes --help; do
	"$programs/palmaresd" -c /nonexistent $option >/dev/null 2>&1
	[ $? -ne 2 ] || bad=1
done
exit $bad
