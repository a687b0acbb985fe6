#!/usr/bin/env python3
"""make bench-guard: no ratio has fallen to half of what is documented.

Measures the cases of some goals, shortly, and compares the ratios with those
that docs/performance.md states: one that is to be large must be more than half
of that, one that is to be small less than twice.  For ./test.sh, on whatever
machine: it sees what was lost by a change, and not a bad day.

The exit status is 0 if none has fallen so far, 1 if one has, or something went
wrong, 2 if it could not begin.
"""

import os
import re
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "integration")]

import report               # noqa: E402  the paths must be set first
import session              # noqa: E402
from cases import CASES, GOALS      # noqa: E402
from sides import SIDES             # noqa: E402

STATED = os.path.join(os.path.dirname(os.path.dirname(HERE)), "docs",
                      "performance.md")
CASE_NAMES = ("bare random", "post random 64", "batch 100", "post hot 64",
              "bare hot", "bare single", "post random 1", "null get",
              "get user", "get points", "post hot 256")
FALLEN = 2          # times worse


def plan():
    """The cases, and the goals that are about them alone."""
    cases = [c for c in CASES if c.name in CASE_NAMES]
    goals = [g for g in GOALS if g.case in CASE_NAMES
             and g.to in (None, *CASE_NAMES)]
    return session.Plan(cases, goals, SIDES, False)


def stated_ratios(text):
    """{title: ratio} in the tables of a Markdown text."""
    rows = re.findall(r"^\| ([^|]+?) \| ([0-9.]+) \|", text, re.M)
    return {title: float(ratio) for title, ratio in rows}


def fallen(verdict, stated):
    """Whether a ratio is half as good as stated."""
    if verdict.goal.at_least:
        return verdict.ratio * FALLEN <= stated
    return verdict.ratio >= stated * FALLEN


def judge(verdicts, stated):
    """How many have fallen; a line for each."""
    count = 0
    for verdict in verdicts:
        title = verdict.goal.title
        if title not in stated:
            print("FAIL: %s: docs/performance.md does not state it" % title)
            count += 1
            continue
        bad = fallen(verdict, stated[title])
        print("%s: %s: %.2f, stated is %.2f" % (
            "FAIL" if bad else "PASS", title, verdict.ratio, stated[title]))
        count += bad
    return count


def main():
    args = session.parsed(session.parser_of(__doc__, 3, 2))
    chosen = plan()
    _, results = session.run(args, chosen)
    with open(STATED, encoding="utf-8") as f:
        stated = stated_ratios(f.read())
    verdicts = report.verdicts(chosen.goals, results)
    bad = judge(verdicts, stated)
    print("# PASS: %d\n# FAIL: %d" % (len(verdicts) - bad, bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
