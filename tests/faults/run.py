#!/usr/bin/env python3
"""Break Palmarès under load, one fault at a time, and look for what is lost.

Each run starts applications of its own and 16 clients that send single events
and batches, a quarter of them for one hot user, repeat event ids, read, and
change rules, through nginx.  Then a fault is injected, and mended.  A client
sends again whatever has no definite answer, with the same event id.  When all
is acknowledged, every invariant is checked from the outside: what was
answered against what is stored, the ledger, users and badges, `palmaresctl
verify`, and that one order of all transactions explains every answer and
agrees with real time.

Exit status: 0 nothing was lost, doubled or otherwise wrong; 1 something was;
2 it could not begin.
"""

import argparse
import contextlib
import itertools
import os
import random
import signal
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "integration")]

import case                 # noqa: E402  the paths must be set first
import chart                # noqa: E402
import outside              # noqa: E402
import stack as servers     # noqa: E402
from dbproxy import Proxy   # noqa: E402
from faults import FAULTS   # noqa: E402
from history import History, Violations     # noqa: E402
from processes import on_signal     # noqa: E402
from shim import Shim       # noqa: E402
from traffic import (ACTIONS, GIVE_UP, Client, Hopeless,    # noqa: E402
                     Refused, Traffic)

APPLICATIONS = 3
DISK = "256m"       # of the small file system
COLUMNS = ("runs", "requests", "acknowledged", "with the fault on", "retried",
           "lost", "doubled", "otherwise wrong", "longest recovery",
           "longest wait")


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--builddir", default=".",
                        help="where src/palmaresd and the rest are")
    parser.add_argument("--runs", type=int, default=3, metavar="N",
                        help="runs of each fault (default 3)")
    parser.add_argument("--seconds", type=float, default=6, metavar="N",
                        help="of load around each fault (default 6)")
    parser.add_argument("--events", type=int, default=0, metavar="N",
                        help="go round until so many are acknowledged")
    parser.add_argument("--seed", default=None, metavar="S",
                        help="of what is drawn (default: the time)")
    parser.add_argument("--clients", type=int, default=16, metavar="N")
    parser.add_argument("--batch", type=int, default=40, metavar="N",
                        help="events of a batch at most (default 40)")
    parser.add_argument("--stride", type=int, default=1, metavar="N",
                        help="memory-exhausted tries each N-th allocation"
                        " (default 1)")
    parser.add_argument("--only", default="", metavar="FAULT,...")
    parser.add_argument("--list", action="store_true",
                        help="name the faults and end")
    parser.add_argument("--table", metavar="FILE",
                        help="write the table there, as Markdown")
    parser.add_argument("--chart", metavar="FILE",
                        help="draw the last run there, as SVG")
    parser.add_argument("--keep", action="store_true",
                        help="keep the servers' files")
    return parser.parse_args()


class Row:
    """The figures of a fault over its runs."""

    def __init__(self, title):
        self.title = title
        self.runs = self.requests = self.retried = 0
        self.acknowledged = self.meanwhile = 0
        self.lost = self.doubled = self.other = 0
        self.recovery = self.longest = 0.0

    def add(self, violations, recovery=0.0, longest=0.0, requests=0,
            acknowledged=0, meanwhile=0, retried=0):
        self.runs += 1
        self.requests += requests
        self.acknowledged += acknowledged
        self.meanwhile += meanwhile
        self.retried += retried
        lost, doubled = violations.count("lost"), violations.count("doubled")
        self.lost += lost
        self.doubled += doubled
        self.other += sum(violations.counts.values()) - lost - doubled
        self.recovery = max(self.recovery, recovery)
        self.longest = max(self.longest, longest)

    def cells(self):
        return ["%d" % v for v in (
            self.runs, self.requests, self.acknowledged, self.meanwhile,
            self.retried, self.lost, self.doubled, self.other)] + [
                "%.1f s" % self.recovery, "%.1f s" % self.longest]


class Run:
    """One run of one fault: what a fault may use."""

    def __init__(self, args, name, fault, stack, number, say):
        self.name = name
        self.stack = stack
        self.say = say
        self.fault = fault
        self.seconds = args.seconds
        seed = "%s %s %d" % (args.seed, type(fault).__name__, number)
        self.random = random.Random(seed)
        self.proxy = stack.proxy
        self.shim = stack.shim
        self.recovery = 0.0
        self.history = History()
        self.apps = [case.App(stack) for _ in range(APPLICATIONS)]
        self.stride = args.stride
        self.marked = None
        self.probes = itertools.count()
        self.phases = []
        self.traffic = Traffic(
            stack, self.history, self.apps, seed,
            args.clients if fault.clients is None else fault.clients,
            args.batch)

    def pause(self, seconds):
        time.sleep(seconds)

    def must(self, holds, text):
        if not holds:
            self.history.violations.add("expected", text)

    def moved(self, before, pattern):
        """By how much counters of /metrics have grown."""
        return (case.metric_sum(case.metrics(self.stack), pattern)
                - case.metric_sum(before, pattern))

    @contextlib.contextmanager
    def phase(self, name):
        """For the picture: while this fault is on."""
        begin = time.monotonic()
        try:
            yield
        finally:
            self.phases.append((begin, time.monotonic(), name))

    def mended(self):
        """The fault is over; what comes now is recovery.  One that is still
        under way goes on."""
        if self.marked is not None:
            served = self.traffic.served()
            if served is None:
                return
            self._note_recovery(served)
        self.marked = time.monotonic()
        self.traffic.mark(self.marked)

    def _note_recovery(self, served):
        self.recovery = max(self.recovery, served - self.marked)

    @contextlib.contextmanager
    def must_fail(self):
        """While this lasts, some request has no success."""
        before = len(self.traffic.failures())
        yield
        self.must(len(self.traffic.failures()) > before,
                  "no client has noticed")

    def probe(self):
        """An event of a user not seen before, sent on a connection of its
        own: (document, seconds)."""
        begin = time.monotonic()
        client = Client(self.traffic, "probe-%d" % next(self.probes))
        self.traffic.probes.append(client)
        try:
            return client.introduce(), time.monotonic() - begin
        except (Hopeless, Refused) as e:
            raise servers.StackError("an event in between: %s" % e) from e
        finally:
            client.sender.close()

    def client_actions(self):
        """(name, function) of everything that a client does; each time the
        same, but for ids and new users."""
        client = Client(self.traffic, len(self.traffic.clients))
        self.traffic.clients.append(client)

        def act(action):
            client.random.seed(self.name)
            self.traffic.wait_for_rules()   # each does what it is to do
            client.act(action)
        return [(action.__name__, lambda a=action: act(a))
                for action, _ in ACTIONS]

    def _recover(self):
        """Until every client has been served since the fault was over."""
        if self.marked is None:
            self.mended()
        if not self.traffic.threads:
            return
        try:
            served = servers.wait_until(self.traffic.served, GIVE_UP,
                                        "all clients are served again")
            self._note_recovery(served)
            self.stack.wait_ready()
        except servers.StackError as e:
            self.history.violations.add("unavailable", str(e))

    def go(self):
        with self.traffic:
            self.pause(self.seconds / 2)
            try:
                if self.fault.own_phases:
                    self.fault.inject(self)
                else:
                    with self.phase(self.name):
                        self.fault.inject(self)
            except servers.StackError as e:
                self.history.violations.add("expected", str(e))
                self.stack.heal()
            except Exception as e:      # what was answered is still checked
                self.history.violations.add("broken", repr(e))
                self.stack.heal()
            self._recover()
            self.pause(self.seconds / 2)
        self.history.check()
        outside.check(self.stack, self.history, self.apps)
        confession = self.fault.confession(self)
        if confession:
            self.history.violations.add("log", confession)
        return self.history.violations

    def figures(self):
        return {"recovery": self.recovery,
                "longest": self.traffic.longest(),
                "requests": self.traffic.requests(),
                "acknowledged": self.history.acknowledged(),
                "meanwhile": self.history.under_way(self.phases),
                "retried": self.traffic.retries()}


class FaultStack(servers.Stack):
    """The servers as a fault needs them."""

    def __init__(self, args, fault):
        super().__init__(args.builddir, args.keep)
        self.proxy = self.shim = None
        if fault.workers:
            self.settings["server"]["workers"] = fault.workers
        if fault.proxied:
            self.proxy = Proxy(self.db_socket, self.path("proxy.sock"),
                               args.seed)
            self.settings["database"]["socket"] = self.proxy.path
        if fault.shimmed:
            self.shim = Shim(args.builddir, self.path("shim"))
            self.daemon_env = self.shim.environment()
        if fault.small_disk:
            self.disk = DISK
            self.db_options = ["--innodb-log-file-size=32M"]

    def stop(self, quietly=False):
        keep, self.keep = self.keep, True
        try:
            super().stop(quietly)
        finally:
            if self.proxy:
                self.proxy.close()
            if not keep:
                self.remove()


def run_fault(args, name, row, numbers, say):
    """Some runs of a fault on servers of their own."""
    fault = FAULTS[name]()
    stack = FaultStack(args, fault)
    try:
        stack.start()
        for number in numbers:
            run = Run(args, name, fault, stack, number, say)
            violations = run.go()
            row.add(violations, **run.figures())
            tell(say, name, row, violations)
            if args.chart:
                chart.write(args.chart, run.history, run.phases)
        stack.checked = stack.log_size()    # the fault has looked, its own way
        stack.stop()
    except Exception as e:      # the other faults are worth a look
        stack.stop(quietly=True)
        violations = Violations()
        violations.add("broken", "%s: %s" % (type(e).__name__, e))
        row.add(violations)
        tell(say, name, row, violations)
    except BaseException:
        stack.stop(quietly=True)
        raise


def groups(fault, numbers):
    """The runs that share servers: a small disk is soon full by itself."""
    return [[n] for n in numbers] if fault.small_disk else [numbers]


def tell(say, name, row, violations):
    """A line of progress, and what was found."""
    say("%-22s %s" % (name, "  ".join(
        "%s %s" % (cell, column) for cell, column in
        list(zip(row.cells(), COLUMNS))[1:])))
    for text in violations.texts:
        say("    " + text.replace("\n", "\n    "))


def markdown(rows):
    lines = ["| fault | " + " | ".join(COLUMNS) + " |",
             "|---" + "|---:" * len(COLUMNS) + "|"]
    lines += ["| %s | %s |" % (row.title, " | ".join(row.cells()))
              for row in rows]
    return "\n".join(lines) + "\n"


def chosen(args):
    """The names of the faults to inject."""
    unknown = [n for n in args.only.split(",") if n and n not in FAULTS]
    if unknown:
        sys.exit("run.py: no such fault: %s; --list names them"
                 % ", ".join(unknown))
    names = [n for n in args.only.split(",") if n] or list(FAULTS)
    needy = [n for n in names if FAULTS[n].small_disk]
    # As root it is to be possible, or the mount tells why not, and fails.
    if needy and not servers.private_mounts() and os.geteuid() != 0:
        print("left out: %s, which mounts a small file system and needs root"
              "\n# SKIP: %d" % (", ".join(needy), len(needy)), flush=True)
        names = [n for n in names if n not in needy] or sys.exit(2)
    return names


def main():
    args = arguments()
    if args.list:
        for name, fault in FAULTS.items():
            print("%-22s %s" % (name, fault.title()))
        return 0
    args.seed = args.seed or str(int(time.time()))
    names = chosen(args)
    missing = servers.missing_programs(args.builddir)
    if missing:
        print("run.py: missing: %s" % ", ".join(missing), file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    shim = os.path.join(args.builddir, "tests", "faults", "libshim.so")
    if any(FAULTS[n].shimmed for n in names) and not os.path.exists(shim):
        print("run.py: missing: %s (make check-faults builds it)" % shim,
              file=sys.stderr)
        return 2
    print("seed %s: the same seed draws the same events" % args.seed)
    rows = {name: Row(FAULTS[name].title()) for name in names}
    rounds = acknowledged = before = 0
    while rounds == 0 or before < acknowledged < args.events:
        for name in names:
            first = rounds * args.runs
            for numbers in groups(FAULTS[name],
                                  range(first, first + args.runs)):
                run_fault(args, name, rows[name], numbers,
                          lambda text: print(text, flush=True))
        rounds += 1
        before = acknowledged
        acknowledged = sum(r.acknowledged for r in rows.values())
    if args.table:
        with open(args.table, "w", encoding="utf-8") as f:
            f.write(markdown(rows.values()))
    print("the seed was %s" % args.seed)
    return summary(rows.values())


def summary(rows):
    print("%d faults, %d runs: %d events acknowledged, %d of them under way"
          " with a fault on, %d lost, %d doubled, %d otherwise wrong" % (
              len(rows), sum(r.runs for r in rows),
              sum(r.acknowledged for r in rows),
              sum(r.meanwhile for r in rows), sum(r.lost for r in rows),
              sum(r.doubled for r in rows), sum(r.other for r in rows)))
    wrong = sum(bool(r.lost + r.doubled + r.other) for r in rows)
    print("# PASS: %d\n# FAIL: %d" % (len(rows) - wrong, wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
