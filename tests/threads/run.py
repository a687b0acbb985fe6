#!/usr/bin/env python3
"""make check-threads: what threads share, while all of it changes.

Clients send events and batches, read users and lists, and meanwhile rules,
badges, point scales and keys are made, changed and deleted all the time, the
workers are replaced, and in the end an application is deleted under its load.
Once with the build that is there (--builddir, as a rule with the address
sanitizer), once with the thread sanitizer, in a copy of the sources that is
built for it.  No sanitizer may report anything, no worker may die, every
acknowledged event must be there once, and of the deleted application nothing.

--broken does the same with counts of holders that are not atomic, and insists
on reports: silence means something only from one who would speak.

The exit status is 0 if all went well, 1 if not, 2 if it could not begin.
"""

import argparse
import contextlib
import ctypes
import os
import re
import signal
import sys
import threading
import time
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), name)
                for name in ("mutants", "integration")]

import case             # noqa: E402  the path must be set first
import workshop         # noqa: E402
from load import Load   # noqa: E402
from processes import on_signal     # noqa: E402
from stack import Stack, StackError, missing_programs, wait_until  # noqa: E402

PROGRAMS = ["src/palmaresd", "src/palmaresctl"]
NO_RANDOM_ADDRESSES = 0x0040000     # see personality(2)
HOLDERS = re.compile(r"_Atomic (int holders;)")
REPORT = re.compile(r"WARNING: ThreadSanitizer: ([^\n(]*)")
LEAST = 100     # requests: less shows nothing
# Every table that has rows of an application.
TABLES = ("SELECT table_name FROM information_schema.columns"
          " WHERE table_schema = 'palmares' AND column_name ="
          " 'application_id'")


class Fault(Exception):
    """What must not be."""


class Clients:
    """Threads that each do one thing again and again, until the end."""

    def __init__(self):
        self.ending = threading.Event()
        self.counts = {}
        self.faults = []
        self.threads = []

    def start(self, name, job):
        self.counts[name] = 0
        thread = threading.Thread(target=self._run, args=(name, job),
                                  daemon=True)
        self.threads.append(thread)
        thread.start()

    def _run(self, name, job):
        try:
            while not self.ending.is_set():
                job(self.counts[name])
                self.counts[name] += 1
        except Exception as e:      # told at the end
            self.faults.append("%s: %r" % (name, e))
            self.ending.set()

    def stop(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(60)
        if self.faults:
            raise Fault("; ".join(self.faults))


def taken(response, *statuses):
    """503 is the machine's fault here; any other surprise is a fault."""
    if response.status not in statuses + (503,):
        raise Fault("%r" % response)
    return response


def change_rule(app, i):
    """One of three, now with other numbers, now deleted."""
    path = "/rules/changing-%d" % (i % 3)
    if i % 7 == 6:
        taken(app.delete(path), 204, 404)
    else:
        taken(app.put(path, {
            "eventType": "other", "points": i % 10 + 1,
            "pointScale": "scale-%d" % (i % 2), "badge": "badge-%d" % (i % 5),
            "numberOfTimesToGetTheAward": i % 4 + 1}), 200, 201)


def change_things(app, i):
    """A badge or a scale that comes and goes: 409 once it is given."""
    path = "/%s/passing-%d" % (("badges", "pointScales")[i % 2], i % 4)
    taken(app.put(path, {"description": "d" * (i % 50)}), 200, 201)
    if i % 3 == 0:
        taken(app.delete(path), 204, 409, 404)


def change_key(app, _i):
    """A key that opens until it is revoked."""
    key = app.new_key()
    taken(app.get("/badges", key=key["key"]), 200)
    app.stack.ctl("key", "revoke", app.name, str(key["id"]))
    status = app.get("/badges", key=key["key"]).status
    if status not in (401, 503):
        raise Fault("a revoked key is answered %d" % status)


def send_batch(app, i):
    taken(app.post("/events/batch", {"events": [
        {"username": "batch-%d" % (n % 7), "eventType": "other"}
        for n in range(i % 40 + 1)]}), 200)


def read_users(app, i):
    for path in ("/users?limit=20", "/users/batch-%d" % (i % 7), "/events",
                 "/rules", "/users/batch-1/ledger"):
        taken(app.get(path), 200, 404)


def changers(clients, app):
    """All that changes an application, and what reads it meanwhile."""
    for name, job in (("rule", change_rule), ("thing", change_things),
                      ("key", change_key), ("batch", send_batch),
                      ("read", read_users), ("read again", read_users)):
        clients.start(name, lambda i, job=job: job(app, i))


def delete_under_load(stack, doomed):
    """Whatever comes too late for it, nothing of it stays."""
    clients = Clients()
    gone = (200, 201, 401, 403, 404)
    for n in range(4):
        clients.start("late %d" % n, lambda i, n=n: taken(doomed.post(
            "/events", {"username": "u%d" % (i % 5),
                        "eventType": "review"}), *gone))
    number = doomed.id
    wait_until(lambda: doomed.rows("event") > 20, 60, "events to be deleted")
    rc, out, err, _ = stack.ctl("app", "delete", doomed.name, "--yes")
    if rc != 0:
        raise Fault("app delete: %s%s" % (out, err))
    time.sleep(0.5)
    clients.stop()
    for table, in stack.sql(TABLES, "palmares"):
        rows = stack.sql_number("SELECT COUNT(*) FROM `%s` WHERE"
                                " application_id = %d" % (table, number))
        if rows:
            raise Fault("%d rows of %s stay behind an application" % (
                rows, table))


def replace_workers(stack, seconds):
    """HUP now and then, until the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(2)
        stack.daemon.send(signal.SIGHUP)
        stack.wait_ready(60)


@contextlib.contextmanager
def running(builddir):
    stack = Stack(builddir)
    stack.daemon_env = {"TSAN_OPTIONS": "history_size=4"}
    stack.start()
    try:
        yield stack
    finally:
        stack.stop(quietly=True)


def insist(check):
    """Again while a machine that has no time for it answers 503."""
    for _ in range(10):
        try:
            return check()
        except AssertionError as e:
            if ": 503 " not in str(e):
                raise
            time.sleep(1)
    return check()


def exercise(stack, seconds):
    """All of it for some seconds; how many requests were answered."""
    app, doomed = case.App(stack), case.App(stack)
    app.rule(points=10)
    doomed.rule(points=10)
    clients = Clients()
    with Load(app, clients=4, pause=0.002) as load:
        changers(clients, doomed)
        clients.start("thing of the load",
                      lambda i: change_things(app, i))
        clients.start("key of the load", lambda i: change_key(app, i))
        replace_workers(stack, seconds)
        clients.stop()
    delete_under_load(stack, doomed)
    stack.wait_ready(60)
    insist(lambda: load.check(unittest.TestCase(), 10))
    return load.count() + sum(clients.counts.values())


def look(stack):
    """What is wrong with the log, and with what is stored."""
    confession = stack.check_log()
    if confession:
        raise Fault(confession)
    rc, out, err, _ = stack.ctl("verify", as_json=False)
    if rc != 0:
        raise Fault("palmaresctl verify: %s%s" % (out, err))


def try_build(what, builddir, seconds):
    """No report, whatever is done."""
    with running(builddir) as stack:
        count = exercise(stack, seconds)
        status = stack.daemon.stop()    # leaks are told at the end
        look(stack)
        if status != 0:
            raise Fault("palmaresd ended with status %d" % status)
    if count < LEAST:
        raise Fault("only %d requests" % count)
    print("%s: %d requests, no report" % (what, count), flush=True)


def thread_build(builddir):
    """A copy of the sources, built with the thread sanitizer."""
    shop = workshop.Workshop.make(
        os.path.join(builddir, "threads"), "--enable-sanitizers=thread")
    shop.build(PROGRAMS)
    return shop


def break_holders(tree):
    """The counts of who holds what is shared, as plain numbers."""
    places = 0
    for directory, _, names in os.walk(os.path.join(tree, "src")):
        for path in (os.path.join(directory, n) for n in names):
            if path.endswith((".c", ".h")):
                text, count = HOLDERS.subn(r"\1", workshop.read(path))
                if count:
                    workshop.write(path, text)
                    places += count
    if places < 3:
        raise Fault("only %d counts of holders are there to be broken"
                    % places)


def try_broken(shop, seconds):
    """It must be reported, or the silence above means nothing."""
    break_holders(shop.tree)
    shop.build(PROGRAMS)
    with running(shop.build_dir) as stack:
        with contextlib.suppress(Fault, AssertionError, StackError):
            exercise(stack, seconds)    # anything may happen
        reports = REPORT.findall(stack.log_since(0))
    if not reports:
        raise Fault("no report of counts that are not atomic")
    print("broken on purpose: %d reports" % len(reports), flush=True)


def fixed_addresses():
    """For gcc 12's thread sanitizer, which knows not all that a newer kernel
    may choose."""
    libc = ctypes.CDLL(None)
    libc.personality(libc.personality(0xffffffff) | NO_RANDOM_ADDRESSES)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--builddir", default=".",
                        help="a build, and where threads/ is made")
    parser.add_argument("--seconds", type=int, default=120,
                        help="of each load (default: %(default)s)")
    parser.add_argument("--broken", action="store_true",
                        help="also break it, and see that reported")
    return parser.parse_args()


def main():
    args = arguments()
    builddir = os.path.abspath(args.builddir)
    missing = missing_programs(builddir)
    if missing:
        print("run.py: missing: " + ", ".join(missing), file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    fixed_addresses()
    try:
        try_build("as built", builddir, args.seconds)
        shop = thread_build(builddir)
        try_build("thread sanitizer", shop.build_dir, args.seconds)
        if args.broken:
            try_broken(shop, args.seconds)
    except (Fault, AssertionError) as e:
        print("run.py: %s\n# FAIL: 1" % e)
        return 1
    except (StackError, workshop.BuildError) as e:
        print("run.py: %s" % e, file=sys.stderr)
        return 2
    finally:
        workshop.clean(os.path.join(builddir, "threads"))
    print("# PASS: %d" % (2 + args.broken))
    return 0


if __name__ == "__main__":
    sys.exit(main())
