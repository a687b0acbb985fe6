#!/usr/bin/env python3
"""Abuse a running server: abuse.py --builddir DIR [--short] [--table FILE].

Starts its own stack, attacks it in many ways while normal clients go on, and
checks after each attack that those were served, that nothing was lost, and
that descriptors and database connections are back where they were after the
warm-up, and memory near it: see gauge.py.
The long form then does each attack but sqlmap twice more: memory must not grow
with both (without sanitizers, which keep what is freed).  A normal client must
not be refused; in the short form, for slow machines, a 503 that went well when
it was repeated is only printed.  A pattern chooses attacks whose name contains
it.
The exit status is 0 if all went well, 1 if not, 2 if it could not begin.  What
this user may not do is left out, told, and counted at the end as "# SKIP".
"""

import argparse
import os
import resource
import signal
import sys
import time
import traceback

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "integration")]

import bodies           # noqa: E402  the path must be set first
import client           # noqa: E402
import injection        # noqa: E402
import malformed        # noqa: E402
import slow             # noqa: E402
import socket_garbage   # noqa: E402
import stack            # noqa: E402
from attack import CHECK, Attack    # noqa: E402
from case import App                # noqa: E402
from gauge import (Gauge, REPEATS, at_rest, grows, sanitized,   # noqa: E402
                   settled)
from load import Load               # noqa: E402
from processes import on_signal     # noqa: E402
from run import raise_file_limit    # noqa: E402

CLIENTS = 4         # normal clients beside each attack
FILES_BESIDES = 1000    # descriptors for all but an attack's connections
COLUMNS = ("attack", "requests", "answers by status", "events beside it",
           "RSS of palmaresd, MiB", "RSS of nginx, MiB", "descriptors",
           "database connections", "seconds")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--builddir", default=".",
                        help="where src/palmaresd and src/palmaresctl are")
    parser.add_argument("--short", action="store_true",
                        help="less of everything, and no sqlmap")
    parser.add_argument("--table", metavar="FILE",
                        help="write the table there, as Markdown")
    parser.add_argument("--keep", action="store_true",
                        help="keep the temporary directory")
    parser.add_argument("pattern", nargs="*")
    return parser.parse_args()


def warm_up(servers, short):
    """Normal requests on every thread and every connection; and as many
    clients as there will be, for nginx's malloc keeps what it once had."""
    attack = Attack(servers, App(servers), short)
    if fits(slow.trickling_crowd, short):
        slow.trickling_crowd(attack)
    event = {"username": "warm", "eventType": "up"}
    for _ in range(5):
        client.at_once([lambda: attack.request("GET", "/users")] * 64)
        client.at_once([lambda: attack.request("POST", "/events", event)]
                       * 64)


def check_servers(servers, pids):
    """All alive, none replaced, nothing in the log, all sums right."""
    CHECK.assertEqual(servers.worker_pids(), pids, "a worker died")
    for program in (servers.daemon, servers.nginx, servers.db):
        program.must_live()
    CHECK.assertTrue(servers.ready(), "/readyz is not 200")
    CHECK.assertIsNone(servers.check_log())
    rc, out, err, _ = servers.ctl("verify", as_json=False)
    CHECK.assertEqual(rc, 0, out + err)


def run_attack(servers, name, function, baseline, short):
    """One attack and all checks; its row of the table."""
    pids = servers.worker_pids()
    before = Gauge(servers)
    attack = Attack(servers, App(servers), short)
    normal = App(servers)
    normal.rule(points=3, name="normal", scale="reputation")
    start = time.monotonic()
    with Load(normal, clients=CLIENTS, pause=0.02) as load:
        function(attack)
        seconds = time.monotonic() - start
        load.wait_for(CLIENTS)
    check_served(load, name, short)
    load.check(CHECK, 3)
    CHECK.assertGreater(attack.tally.requests, 0)
    check_servers(servers, pids)
    after, above = settled(servers, baseline)
    CHECK.assertEqual(above, [], "not back at the baseline")
    if not short and (name, function) not in injection.ATTACKS \
            and not sanitized(servers.daemon.pid):
        check_repeats(servers, function)
    return row_of(name, attack.tally, load.count(), before, after, seconds)


def check_served(load, name, short):
    """No normal client was refused, or it was by a 503 of a slow machine."""
    patient = [f for f in load.failures if short and f.startswith("503 ")]
    for failure in patient:
        print("%s: repeated, and went well: %s" % (name, failure))
    CHECK.assertEqual([f for f in load.failures if f not in patient], [],
                      "normal clients were not served")


def check_repeats(servers, function):
    """The attack again and again, while memory stays as it is."""
    gauges = [at_rest(servers)]
    for _ in range(REPEATS):
        function(Attack(servers, App(servers), False))
        gauges.append(at_rest(servers))
    CHECK.assertEqual(grows(gauges), [], "each repetition takes more")


def row_of(name, tally, served, before, after, seconds):
    def change(*names, divisor=1):
        return "%d → %d" % tuple(
            round(sum(getattr(g, n) for n in names) / divisor)
            for g in (before, after))

    return (name, str(tally.requests), tally.text(), str(served),
            change("palmaresd_rss", divisor=1024),
            change("nginx_rss", divisor=1024),
            change("palmaresd_fds", "nginx_fds"), change("db_connections"),
            "%.1f" % seconds)


def markdown(rows):
    lines = [COLUMNS, ("---",) * len(COLUMNS)] + rows
    return "".join("| %s |\n" % " | ".join(line) for line in lines)


def fits(function, short):
    """Whether there are descriptors enough for an attack's connections."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return limit == resource.RLIM_INFINITY or limit >= \
        slow.connections_of(function, short) + FILES_BESIDES


def leave_out(attacks, short):
    """The attacks without those for which this user has too few files."""
    for name, function in attacks:
        if not fits(function, short):
            print("left out: %s, which needs %d open files: ulimit -n"
                  % (name, slow.connections_of(function, short)
                     + FILES_BESIDES), flush=True)
    return [entry for entry in attacks if fits(entry[1], short)]


def chosen(args):
    """The attacks to run: (name, function)."""
    found = list(slow.attacks(args.short))
    for module in (malformed, bodies, socket_garbage):
        found += module.ATTACKS
    if not args.short:
        found += injection.ATTACKS
    if args.pattern:
        found = [entry for entry in found
                 if any(p in entry[0] for p in args.pattern)]
    return found


def run_all(args, attacks, rows):
    """Every attack in turn; how many failed."""
    failed = 0
    servers = stack.Stack(args.builddir, args.keep)
    servers.start()
    try:
        warm_up(servers, args.short)
        baseline = at_rest(servers)
        print("baseline: %r; afterwards %s" % (baseline, baseline.limits()),
              flush=True)
        for name, function in attacks:
            try:
                rows.append(run_attack(servers, name, function, baseline,
                                       args.short))
                print("PASS: " + " | ".join(rows[-1]), flush=True)
            except Exception:   # whatever it is, the others are to be seen
                traceback.print_exc()
                print("FAIL: " + name, flush=True)
                failed += 1
                servers.heal()
    finally:
        servers.stop()
    return failed


def main():
    args = arguments()
    attacks = chosen(args)
    missing = stack.missing_programs(args.builddir)
    if any(entry in injection.ATTACKS for entry in attacks):
        missing += injection.missing()
    if missing:
        print("abuse.py: missing: %s" % ", ".join(missing), file=sys.stderr)
        print("abuse.py: build first (make), and install mariadb-server-core,"
              " mariadb-client-core, nginx-light and, for the long form,"
              " sqlmap", file=sys.stderr)
        return 2
    if not attacks:
        print("abuse.py: no attack has that name", file=sys.stderr)
        return 2
    raise_file_limit()
    wanted = len(attacks)
    attacks = leave_out(attacks, args.short)
    if not attacks:
        return 2
    # The sanitizer shall keep little of what was freed.
    os.environ["ASAN_OPTIONS"] = ":".join((
        "quarantine_size_mb=4", "allocator_release_to_os_interval_ms=100",
        os.environ.get("ASAN_OPTIONS", "")))
    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGHUP, on_signal)
    rows = []
    try:
        failed = run_all(args, attacks, rows)
    except stack.StackError as e:
        print("abuse.py: %s" % e, file=sys.stderr)
        return 1
    table = markdown(rows)
    print(table)
    if args.table:
        with open(args.table, "w", encoding="utf-8") as f:
            f.write(table)
    print("# PASS: %d\n# FAIL: %d" % (len(rows), failed))
    if len(attacks) < wanted:
        print("# SKIP: %d" % (wanted - len(attacks)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
