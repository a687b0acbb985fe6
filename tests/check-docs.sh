#!/bin/sh
# check-docs.sh: fails when the manual pages and the programs do not tell the same
#
# Every setting of src/work/settings.c is in palmares.conf(5) and in the example,
# with its default there, and they have no others; every command and option of
# palmaresctl is in palmaresctl(1), and it has no others; palmares-api(7) has the
# routes and codes that there are; openapi.yaml, palmares-api(7) and the tests have
# the members of rules that the engine has; and what openapi.yaml says of a 503 is what
# check-faults holds it to.
cd "${srcdir:-.}" || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
bad=0

# same WHAT ONE OTHER: the lists, one thing a line, must be equal and not empty
same() {
	sort "$work/$2" >"$work/one"
	sort "$work/$3" >"$work/other"
	if [ ! -s "$work/one" ]; then
		echo "check-docs.sh: $1: found nothing to compare" >&2
		bad=1
	elif ! diff "$work/one" "$work/other" >"$work/diff"; then
		echo "check-docs.sh: $1" >&2
		sed -n 's/^</  only there:/p; s/^>/  only here: /p' \
			"$work/diff" >&2
		bad=1
	fi
}

# The table of settings with line breaks gone, an entry a line: section, name,
# and the first string after them that is no identifier of C: the default.
awk '/^static const struct setting table/ { on = 1 }
	on { text = text " " $0 }
	/^};/ { on = 0 }
	END {
		while (match(text, /"[a-z]+",[ \t]*"[a-z_]+",/)) {
			entry = substr(text, RSTART, RLENGTH)
			text = substr(text, RSTART + RLENGTH)
			split(entry, part, "\"")
			match(text, /"[^"]*"/)
			print part[2] "." part[4] "=" \
				substr(text, RSTART + 1, RLENGTH - 2)
		}
	}' src/work/settings.c >"$work/settings"
sed 's/=.*//' "$work/settings" >"$work/setting-names"
awk '$1 == ".Ss" && $2 == "Section" { section = $3 }
	$1 == ".It" && $2 == "Ic" { print section "." $3 }' \
	docs/palmares.conf.5 >"$work/conf-page"
awk '/^\[/ { gsub(/[][]/, ""); section = $0 }
	/^;[a-z_]+=/ { print section "." substr($0, 2) }' \
	docs/palmares.conf.example >"$work/conf-example"

same 'settings: src/work/settings.c (there) and docs/palmares.conf.5 (here)' \
	setting-names conf-page
same 'settings: src/work/settings.c (there) and docs/palmares.conf.example (here)' \
	settings conf-example

# palmaresctl: the words of the commands, the names of the options.
awk '/^static const struct command/ { on = 1 }
	on { text = text " " $0 }
	/^};/ { on = 0 }
	END {
		while (match(text, /{[ \t]*"[a-z]+",[ \t]*("[a-z]+"|NULL)}?/)) {
			entry = substr(text, RSTART, RLENGTH)
			text = substr(text, RSTART + RLENGTH)
			count = split(entry, part, "\"")
			print part[2] (count > 3 ? " " part[4] : "")
		}
	}' src/ctl/main.c >"$work/commands"
awk '$1 == ".It" && $2 == "Ic" {
		words = $3
		if ($4 ~ /^(create|list|show|delete|clean|revoke)$/)
			words = words " " $4
		print words
	}' docs/palmaresctl.1 >"$work/ctl-page"
same 'commands: src/ctl/main.c (there) and docs/palmaresctl.1 (here)' \
	commands ctl-page

awk '/^static const struct option/ { on = 1 }
	on && match($0, /"[a-z-]+"/) {
		print substr($0, RSTART + 1, RLENGTH - 2)
	}
	/^};/ { on = 0 }' src/ctl/main.c >"$work/options"
grep -o 'Fl -[a-z-]*' docs/palmaresctl.1 | sed 's/^Fl -//' | sort -u \
	>"$work/page-options"
same 'options: src/ctl/main.c (there) and docs/palmaresctl.1 (here)' \
	options page-options

# palmares-api(7): the routes, with the mark of those for publishable keys.
awk -F'"' '/^const struct route routes/ { on = 1 }
	on && $2 ~ /^[A-Z]+$/ {
		path = ($3 ~ /V1/ ? "/api/v1" : "") $4
		print $2, path ($5 ~ /, (PUBLIC|USER),/ ? " P" : "")
	}
	/^};/ { on = 0 }' src/api/route.c >"$work/routes"
awk '$1 == ".It" && $2 == "Ic" && $4 == "Pa" {
		print $3, $5 ($6 == "Pq" ? " " $7 : "")
	}' docs/palmares-api.7 >"$work/api-routes"
same 'routes: src/api/route.c (there) and docs/palmares-api.7 (here)' \
	routes api-routes

# Its codes: those of error.h but the last group and what palmaresctl alone
# meets, and nginx's own.
awk '/^#define ERROR_TABLE/ { on = 1 }
	on { sub(/\\$/, ""); text = text " " $0 }
	/"duplicate"/ { exit }
	END {
		while (match(text, /[0-9]+, "[a-z_]+"/)) {
			split(substr(text, RSTART, RLENGTH), part, /[, "]+/)
			text = substr(text, RSTART + RLENGTH)
			if (part[2] !~ /^(ok|duplicate|application_exists|key_not_found|too_many_keys)$/)
				print part[1], part[2]
		}
	}' src/base/error.h >"$work/error-codes"
awk '/\$status = [0-9]+/ { match($0, /[0-9]+/); status = substr($0, RSTART, RLENGTH) }
	/set \$palmares_code/ { sub(/;/, ""); print status ? status : 400, $3 }' \
	nginx/palmares-problems.conf >>"$work/error-codes"
sort -u "$work/error-codes" >"$work/codes"
awk '$1 == ".It" && $3 == "Cm" { print $2, $4 }' docs/palmares-api.7 >"$work/api-codes"
same 'codes: src/base/error.h and nginx (there) and docs/palmares-api.7 (here)' \
	codes api-codes

# The codes of single faults of a body.
awk '/^    Fault:/ { on = 1 }
	on && $1 == "-" && NF == 2 { print $2 }
	/^  examples:/ { on = 0 }' openapi.yaml | grep '_\|^required$' >"$work/faults"
awk '/^\.Ql code :$/ { on = 1; next }
	on && $1 != ".Cm" { exit }
	on { for (i = 2; i <= NF; i++) if ($i ~ /^[a-z_]+$/) print $i }' \
	docs/palmares-api.7 >"$work/api-faults"
same "faults: openapi.yaml (there) and docs/palmares-api.7 (here)" \
	faults api-faults

# The members of a rule: those of the features, which are all in the list and the
# tests, and what the contract and the page say of them.
awk '/^#define FEATURES\(F\)/ { on = 1 }
	on { text = text $0 }
	on && !/\\$/ { exit }
	END {
		while (match(text, /F\([a-z_]+\)/)) {
			print substr(text, RSTART + 2, RLENGTH - 3)
			text = substr(text, RSTART + RLENGTH)
		}
	}' src/engine/feature.h >"$work/features"
sed -n 's/^const struct feature feature_\([a-z_]*\) = .*/\1/p' \
	src/engine/*.c >"$work/feature-files"
same 'features: FEATURES of src/engine/feature.h (there) and src/engine (here)' \
	features feature-files
sed 's,.*,src/engine/&.c,' "$work/features" | while read -r file; do
	sed -n '/struct field fields/,/^};/s/.*\.name = "\([^"]*\)".*/\1/p' "$file"
done >"$work/members"
sort -u "$work/members" >"$work/sorted-members"
{
	grep -o '"[A-Za-z]*"' tests/unit/plain_rule.c
	# In single quotes, of documents.
	grep -o "'[A-Za-z]*':" tests/unit/test_engine_scenarios.c
} | tr -d "\"':" | sort -u | comm -12 - "$work/sorted-members" \
	>"$work/test-members"
same 'rule members: src/engine (there) and tests/unit (here)' \
	members test-members
awk '/^The members of a rule:/ { on = 1 }
	on && $1 == ".El" { exit }
	on && $1 == ".It" {
		for (i = 3; i <= NF; i++)
			if ($i !~ /^(,|name|description)$/)
				print $i
	}' docs/palmares-api.7 >"$work/page-members"
same 'rule members: src/engine (there) and docs/palmares-api.7 (here)' \
	members page-members
for schema in Rule RuleInput RuleChange; do
	awk -v schema="    $schema:" '/^    [^ ]/ { on = $0 == schema; members = 0 }
		on && /^      properties:/ { members = 1 }
		members && /^        [a-zA-Z]+:/ {
			sub(/:.*/, "")
			if ($1 !~ /^(name|description|appKey|createdAt|updatedAt)$/)
				print $1
		}' openapi.yaml >"$work/schema-members"
	same "rule members: src/engine (there) and $schema of openapi.yaml (here)" \
		members schema-members
done

# The codes of a 503 that may have been applied: openapi.yaml names them before it
# says that with every other one nothing was, and for every other one the faults
# look that nothing was.
awk '/^ *A 503 carries/ { on = 1 }
	on && NF == 0 { exit }
	on { $1 = $1; text = text " " $0 }
	END {
		if (!sub(/With every other code nothing was applied.*/, "", text))
			exit
		while (match(text, /`[a-z_]+`/)) {
			print substr(text, RSTART + 1, RLENGTH - 2)
			text = substr(text, RSTART + RLENGTH)
		}
	}' openapi.yaml >"$work/unknown"
grep -h '^UNSURE = ' tests/faults/*.py | grep -o '"[a-z_]*"' | tr -d '"' \
	>"$work/unsure"
same 'a 503 that may have counted: UNSURE of tests/faults (there) and openapi.yaml (here)' \
	unsure unknown
exit $bad
