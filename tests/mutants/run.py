#!/usr/bin/env python3
"""Break the source on purpose, one change at a time, and see a test notice.

run.py --builddir DIR [--short | --only NAME...] [--jobs N] [--table FILE]

The table is in mutants_*.py.  The sources are copied to DIR/mutants and built
there, the tests that the table names must pass, and then each mutant is put
in, built and shown to its tests, cheapest first, until one of them fails.

Exit status: 0 if each was caught; 1 if one survived: a test is missing; 2 if
the table is at fault (stale, does not compile), a test fails without a mutant,
or the tests of one end twice as nobody expects (servers that do not start).
"""

import argparse
import os
import queue
import signal
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "integration")]

import table        # noqa: E402  the path must be set first
import suite        # noqa: E402
import workshop     # noqa: E402
from processes import on_signal     # noqa: E402


class Result:
    """What became of a mutant."""

    def __init__(self, mutant, verdict, by, seconds):
        self.mutant = mutant
        self.verdict = verdict      # caught, survived or error
        self.by = by
        self.seconds = seconds

    def line(self):
        return "%-8s %s: %s (%.0f s)" % (
            self.verdict, self.mutant.name, self.by, self.seconds)


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="Exit status: 0 all caught, 1 one survived, 2 a fault of the"
        " table or of the run, or a test that fails without a mutant.")
    parser.add_argument("--builddir", default=".", metavar="DIR",
                        help="where DIR/mutants is made (default: here)")
    parser.add_argument("--short", action="store_true",
                        help="a fixed part of them, in less than 3 minutes")
    parser.add_argument("--only", action="append", metavar="NAME",
                        help="this one (may be given again)")
    parser.add_argument("--list", action="store_true",
                        help="print the table and end")
    parser.add_argument("--jobs", type=int, default=1, metavar="N",
                        help="mutants at once, each in a copy of its own"
                        " (default: 1, and tests see their usual timing)")
    parser.add_argument("--table", metavar="FILE",
                        help="write the results there, in Markdown")
    args = parser.parse_args()
    if args.jobs < 1:
        parser.error("--jobs must be at least 1")
    return args


def choose(args):
    """The mutants asked for, in the order of the table."""
    mutants = table.load()
    if args.only:
        names = {m.name for m in mutants}
        for name in args.only:
            if name not in names:
                raise table.TableError("no mutant is called %s" % name)
        return [m for m in mutants if m.name in args.only]
    return [m for m in mutants if m.short or not args.short]


def say(text):
    print(text, flush=True)


class Run:
    """A number of mutants, each tried once."""

    def __init__(self, args, mutants):
        self.args = args
        self.mutants = mutants
        self.lock = threading.Lock()
        self.results = []
        self.stopping = threading.Event()

    def prepare(self):
        """Build without a mutant; every test must pass then."""
        say("mutants: copying and building the sources")
        first = workshop.Workshop.make(self.args.builddir)
        self.tests = suite.Suite(first.tree)
        # The whole table: a part of it tells of all that is stale.
        self.chosen = {}
        for mutant in self.mutants if self.args.only else table.load():
            workshop.locate(first.tree, mutant)
            self.chosen[mutant.name] = self.tests.find(mutant.tests)
        runs = suite.merge(r for m in self.mutants
                           for r in self.chosen[m.name])
        first.build(sorted({t for r in runs for t in r.targets}))
        for run in runs:
            say("mutants: without a mutant: %s" % run)
            outcome = run.execute(first, None)
            missing = sorted(set(run.names) - set(outcome.passed))
            if outcome.failed or missing:
                raise table.TableError(
                    "fails without a mutant: %s; see %s" % (
                        ", ".join(outcome.failed or missing), outcome.log))
            self.tests.seconds[run.program] = max(
                outcome.seconds, self.tests.seconds.get(run.program, 0))
        return first

    def try_one(self, shop, mutant):
        """Put the mutant in, and ask its tests."""
        start = time.monotonic()

        def result(verdict, by):
            return Result(mutant, verdict, by, time.monotonic() - start)

        runs = self.chosen[mutant.name]
        with shop.changed(mutant):
            for run in runs:
                log = shop.build(run.targets, mutant.name)
                if log is not None:
                    return result("error", "does not compile, see %s" % log)
                outcome, caught = self.ask(shop, mutant, run)
                if caught:
                    return result("caught", caught)
                if outcome.ending:
                    return result("error", "%s: %s, and nobody expects that;"
                                  " see %s" % (run, outcome.ending,
                                               outcome.log))
        return result("survived", "nobody; see %s" % outcome.log)

    def ask(self, shop, mutant, run):
        """What its tests say of the mutant, and who caught it.

        Once more where they end as nobody expects, which may be the fault of
        the machine: that catches nothing.
        """
        for _ in range(2):
            outcome = run.execute(shop, mutant.name, self.tests.limit(run))
            caught = outcome.caught_by(run.names, mutant.endings)
            if caught or not outcome.ending:
                break
        return outcome, caught

    def work(self, shop, waiting):
        try:
            while not self.stopping.is_set():
                try:
                    mutant = waiting.get_nowait()
                except queue.Empty:
                    return
                result = self.try_one(shop, mutant)
                with self.lock:
                    self.results.append(result)
                    say("[%d/%d] %s" % (len(self.results), len(self.mutants),
                                        result.line()))
        except Exception as e:      # of a thread: told to the main one
            self.fault = e
            self.stopping.set()

    def run(self):
        first = self.prepare()
        waiting = queue.Queue()
        for mutant in self.mutants:
            waiting.put(mutant)
        jobs = min(self.args.jobs, len(self.mutants))
        shops = [first] + [first.copy(i) for i in range(2, jobs + 1)]
        threads = [threading.Thread(target=self.work, args=(s, waiting))
                   for s in shops]
        self.fault = None
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            self.stopping.set()
            suite.stop_all()
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
        if self.fault:
            raise self.fault
        order = {m.name: i for i, m in enumerate(self.mutants)}
        self.results.sort(key=lambda r: order[r.mutant.name])

    def report(self):
        """Print the sum; the exit status."""
        count = {"caught": 0, "survived": 0, "error": 0}
        for result in self.results:
            count[result.verdict] += 1
            if result.verdict != "caught":
                say("mutants: %s" % result.line())
        if self.args.table:
            with open(self.args.table, "w", encoding="utf-8") as f:
                f.write(table.markdown(self.results))
        say("# PASS: %d\n# FAIL: %d" % (
            count["caught"], len(self.mutants) - count["caught"]))
        say("mutants: %d/%d caught" % (count["caught"], len(self.mutants)))
        if count["error"]:
            return 2
        return 0 if count["caught"] == len(self.mutants) else 1


def main():
    args = arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    run = None
    try:
        mutants = choose(args)
        if args.list:
            for m in mutants:
                print("%-40s breaks %-7s %s" % (
                    m.name, ",".join(str(i) for i in m.breaks), m.why))
            return 0
        run = Run(args, mutants)
        run.run()
        return run.report()
    except (table.TableError, workshop.BuildError) as e:
        print("run.py: %s" % e, file=sys.stderr)
        return 2
    finally:
        suite.stop_all()
        if run is not None:
            workshop.clean(args.builddir)


if __name__ == "__main__":
    sys.exit(main())
