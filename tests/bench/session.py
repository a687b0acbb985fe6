"""A run of measurements, from its options to what it tells: for the programs
bench.py, growth.py and guard.py."""

import argparse
import collections
import contextlib
import json
import re
import shutil
import signal
import sys
import time

import bars
import machine
import report
from measure import measure
from processes import on_signal
from shipped import shipped_stack
from sides import find_php_fpm
from stack import StackError, missing_programs

PACKAGES = "mariadb-server-core mariadb-client-core nginx-light wrk"
# What is measured: cases, goals, {name: class of a side}, whether PHP is
# among them.
Plan = collections.namedtuple("Plan", "cases goals sides php")


def parser_of(doc, rounds, seconds):
    """The options that all programs have."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--builddir", default=".",
                        help="where src/palmaresd and the rest are")
    parser.add_argument("--rounds", type=int, metavar="N", default=rounds,
                        help="of all cases (default %(default)s)")
    parser.add_argument("--seconds", type=int, metavar="N", default=seconds,
                        help="of each measurement (default %(default)s)")
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
    return parser


def parsed(parser):
    args = parser.parse_args()
    if args.rounds < 1 or args.seconds < 1:
        parser.error("a round, and a second, is the least")
    return args


def chosen(plan, pattern):
    """The plan, with those of its cases that are asked for."""
    cases = [c for c in plan.cases if re.search(pattern, c.name)]
    if not cases:
        sys.exit("no case has %r in its name; --list names them" % pattern)
    return plan._replace(cases=cases)


def change_settings(stack, changes):
    for change in changes:
        found = re.fullmatch(r"([a-z]+)\.([a-z_]+)=(.*)", change)
        if not found:
            sys.exit("--set %s: not SECTION.NAME=VALUE" % change)
        section, name, value = found.groups()
        stack.settings.setdefault(section, {})[name] = value


def check_programs(builddir, php):
    """Ends the program where something is missing."""
    lacking = missing_programs(builddir)
    if not shutil.which("wrk"):
        lacking.append("wrk")
    if php and not find_php_fpm():
        lacking.append("php-fpm")
    if lacking:
        print("missing: %s\nbuild first (with make), and install %s%s" % (
            ", ".join(lacking), PACKAGES, " php-fpm php-mysql" if php else ""),
            file=sys.stderr)
        sys.exit(2)


@contextlib.contextmanager
def opened(stack, plan):
    """The sides that the cases need, {name: side}."""
    with contextlib.ExitStack() as stop:
        sides = {}
        for name in dict.fromkeys(c.side for c in plan.cases):
            sides[name] = plan.sides[name](stack)
            sides[name].open()
            stop.callback(sides[name].close)
        yield sides


def run_rounds(sides, plan, args):
    """{case: [figures of each round]}"""
    results = collections.defaultdict(list)
    for number in range(args.rounds):
        for case in plan.cases if number % 2 == 0 else reversed(plan.cases):
            values = measure(sides[case.side], case, args.seconds)
            results[case.name].append(values)
            print("round %d of %d  %-24s %8.0f /s  p50 %8.2f ms  p99 %8.2f ms"
                  % (number + 1, args.rounds, case.name, values["rate"],
                     values["p50"] / 1e3, values["p99"] / 1e3), flush=True)
    return results


def about(stack, plan, args):
    return {"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "rounds": args.rounds, "seconds": args.seconds,
            "settings": args.set, "machine": machine.facts(),
            "filesystem": machine.filesystem(stack.dir),
            "programs": machine.programs(plan.php),
            "database": machine.database(stack)}


def measured(stack, plan, args):
    """(what it was measured on, the results), from start to stop."""
    try:
        machine.filesystem(stack.dir)
        stack.start()
        setting = about(stack, plan, args)
        with opened(stack, plan) as sides:
            results = run_rounds(sides, plan, args)
            for side in sides.values():
                setting.update(side.finish())
        stack.stop()
        return setting, results
    except BaseException:
        stack.stop(quietly=True)
        raise


def write(path, content):
    with open(path, "w", encoding="utf-8") as f:
        f.write(content)


def tell(args, plan, setting, results):
    print("\n" + report.text(plan.cases, plan.goals, results))
    if args.json:
        write(args.json, json.dumps(report.document(
            plan.cases, plan.goals, results, setting), indent=1) + "\n")
    if args.markdown:
        write(args.markdown, report.markdown(plan.cases, plan.goals, results))
    if args.chart:
        bars.write(args.chart, report.verdicts(plan.goals, results))


def run(args, plan, db_options=()):
    """(what it was measured on, the results), told; it ends the program where
    something went wrong.  db_options: of mariadbd, other than its own."""
    plan = chosen(plan, args.only)
    if args.list:
        for case in plan.cases:
            print("%-24s %s" % (case.name, case.title))
        sys.exit(0)
    check_programs(args.builddir, plan.php)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    stack = shipped_stack(args.builddir)
    stack.db_options += db_options
    change_settings(stack, args.set)
    try:
        setting, results = measured(stack, plan, args)
    except KeyboardInterrupt:
        sys.exit(130)
    except (StackError, AssertionError) as e:
        print("the measurement has failed: %s" % e, file=sys.stderr)
        sys.exit(1)
    tell(args, plan, setting, results)
    return setting, results
