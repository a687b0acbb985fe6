#!/usr/bin/env python3
"""make bench: Palmarès through nginx against what else one could have.

Absolute figures mean little on a shared machine.  Each round measures all
cases one after the other on one durable database server, those that are
compared side by side, and every other round in the opposite order.  A goal is
a ratio of two of them: taken in each round, the median of all rounds counts.
The parties: a bare loop (one transaction for each event, no HTTP), PHP with
mysqli, a FastCGI program that does nothing, and Palmarès as shipped, the
latter three behind the same configuration of nginx and loaded by wrk.

Every measurement begins with a new database of the same 10,000 users and a
second of warm-up.  Afterwards exactly what was acknowledged must be stored, and
`palmaresctl verify` must find nothing.  Any answer that is no success, and any
process that is replaced meanwhile, ends the run.

The exit status is 0 if all was measured, whether goals are met or not, 1 if
something went wrong, 2 if it could not begin.
"""

import argparse
import collections
import contextlib
import json
import os
import re
import shutil
import signal
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "integration")]

import bars                 # noqa: E402  the paths must be set first
import machine              # noqa: E402
import report               # noqa: E402
from cases import CASES, GOALS      # noqa: E402
from measure import measure         # noqa: E402
from processes import on_signal     # noqa: E402
from shipped import shipped_stack   # noqa: E402
from sides import SIDES, find_php_fpm   # noqa: E402
from stack import StackError, missing_programs  # noqa: E402

PACKAGES = "mariadb-server-core mariadb-client-core nginx-light wrk" \
    " php-fpm php-mysql"


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--builddir", default=".",
                        help="where src/palmaresd and the rest are")
    parser.add_argument("--rounds", type=int, metavar="N",
                        help="of all cases (default 5)")
    parser.add_argument("--seconds", type=int, metavar="N",
                        help="of each measurement (default 5)")
    parser.add_argument("--quick", action="store_true",
                        help="one round of 1 s each, if not said otherwise:"
                        "\nto see that it works")
    parser.add_argument("--only", default="", metavar="PATTERN",
                        help="cases whose name has this regular expression;"
                        "\na goal is judged if both its cases are there")
    parser.add_argument("--list", action="store_true",
                        help="name the cases and end")
    parser.add_argument("--set", action="append", default=[],
                        metavar="SECTION.NAME=VALUE",
                        help="a setting of palmaresd that is not as shipped")
    parser.add_argument("--json", metavar="FILE",
                        help="write every figure of every round there")
    parser.add_argument("--markdown", metavar="FILE",
                        help="write the tables there")
    parser.add_argument("--chart", metavar="FILE",
                        help="draw the goals there, as SVG")
    args = parser.parse_args()
    args.rounds = args.rounds or (1 if args.quick else 5)
    args.seconds = args.seconds or (1 if args.quick else 5)
    if args.rounds < 1 or args.seconds < 1:
        parser.error("a round, and a second, is the least")
    return args


def chosen(pattern):
    cases = [c for c in CASES if re.search(pattern, c.name)]
    if not cases:
        sys.exit("bench.py: no case has %r in its name; --list names them"
                 % pattern)
    return cases


def change_settings(stack, changes):
    for change in changes:
        found = re.fullmatch(r"([a-z]+)\.([a-z_]+)=(.*)", change)
        if not found:
            sys.exit("bench.py: --set %s: not SECTION.NAME=VALUE" % change)
        section, name, value = found.groups()
        stack.settings.setdefault(section, {})[name] = value


def missing(builddir):
    lacking = missing_programs(builddir)
    if not shutil.which("wrk"):
        lacking.append("wrk")
    if not find_php_fpm():
        lacking.append("php-fpm")
    return lacking


@contextlib.contextmanager
def opened(stack, cases):
    """The sides that the cases need, {name: side}."""
    with contextlib.ExitStack() as stop:
        sides = {}
        for name in {c.side for c in cases}:
            sides[name] = SIDES[name](stack)
            sides[name].open()
            stop.callback(sides[name].close)
        yield sides


def run_rounds(sides, cases, args):
    """{case: [figures of each round]}"""
    results = collections.defaultdict(list)
    for number in range(args.rounds):
        for case in cases if number % 2 == 0 else reversed(cases):
            values = measure(sides[case.side], case, args.seconds)
            results[case.name].append(values)
            print("round %d of %d  %-24s %8.0f /s  p50 %8.2f ms  p99 %8.2f ms"
                  % (number + 1, args.rounds, case.name, values["rate"],
                     values["p50"] / 1e3, values["p99"] / 1e3), flush=True)
    return results


def about(stack, args):
    return {"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "rounds": args.rounds, "seconds": args.seconds,
            "settings": args.set, "machine": machine.facts(),
            "filesystem": machine.filesystem(stack.dir),
            "programs": machine.programs(),
            "database": machine.database(stack)}


def bench(stack, cases, args):
    """(what it was measured on, the results), from start to stop."""
    try:
        machine.filesystem(stack.dir)
        stack.start()
        setting = about(stack, args)
        with opened(stack, cases) as sides:
            results = run_rounds(sides, cases, args)
        stack.stop()
        return setting, results
    except BaseException:
        stack.stop(quietly=True)
        raise


def write(path, content):
    with open(path, "w", encoding="utf-8") as f:
        f.write(content)


def tell(args, cases, setting, results):
    print("\n" + report.text(cases, GOALS, results))
    verified = sum(len(results[c.name]) for c in cases
                   if c.side == "palmares")
    if verified:
        print("\npalmaresctl verify found nothing after %d measurements of"
              " Palmarès" % verified)
    if args.json:
        write(args.json, json.dumps(
            report.document(cases, GOALS, results, setting), indent=1) + "\n")
    if args.markdown:
        write(args.markdown, report.markdown(cases, GOALS, results))
    if args.chart:
        bars.write(args.chart, report.verdicts(GOALS, results))


def main():
    args = arguments()
    cases = chosen(args.only)
    if args.list:
        for case in cases:
            print("%-24s %s" % (case.name, case.title))
        return 0
    lacking = missing(args.builddir)
    if lacking:
        print("bench.py: missing: %s\nbench.py: build first (make bench), and"
              " install %s" % (", ".join(lacking), PACKAGES), file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    stack = shipped_stack(args.builddir)
    change_settings(stack, args.set)
    try:
        setting, results = bench(stack, cases, args)
    except (StackError, AssertionError) as e:
        print("bench.py: %s" % e, file=sys.stderr)
        return 1
    tell(args, cases, setting, results)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
