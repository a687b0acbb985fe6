#!/usr/bin/env python3
"""Print what the package and its tests need besides what they are built with.

needs.py CONTROL TESTS_CONTROL

The first line is one relation for `apt-get satisfy`, with the first of all
alternatives.  Each further line is another alternative.
"""

import re
import sys

FIELD = re.compile(r"^(Depends|Recommends|Package):((?:.*\n)(?:[ \t].*\n)*)",
                   re.MULTILINE)


def fields(path, *names):
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"^#.*\n", "", file.read(), flags=re.MULTILINE)
    return [value for name, value in FIELD.findall(text) if name in names]


def relations(value, own):
    """The alternatives of each relation, without substitutions and our own."""
    for entry in value.split(","):
        found = [name.strip() for name in entry.split("|")]
        found = [name for name in found
                 if name and name[0] not in "$@" and name.split()[0] not in own]
        if found:
            yield found


def main():
    own = {value.strip() for value in fields(sys.argv[1], "Package")}
    groups = [group for path in sys.argv[1:]
              for value in fields(path, "Depends", "Recommends")
              for group in relations(value, own)]
    firsts = {group[0] for group in groups}
    print(", ".join(sorted(firsts)))
    for name in sorted({name for group in groups for name in group} - firsts):
        print(name)


main()
