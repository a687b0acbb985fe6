#!/usr/bin/env python3
"""make bench-growth: ten million events, and the next one takes no longer.

Fills a database through nginx with 10,000,000 events of 1,000,000 users, then
measures the same load on it and on a new database in turn: 64 clients send
events for 10,000 users (in the full one every hundredth of the million, so that
each is on a page of its own), or for one hot user, who has 10,000 events.  The
full database has 1,000 rules of other event types besides.  At its end
`palmaresctl verify` folds all of it again and must find nothing.

Tells besides what an event takes on disk, and of what that is made.  Takes some
twenty minutes and 5 GB in the temporary directory (TMPDIR).

The exit status is 0 if all was measured, whether goals are met or not, 1 if
something went wrong, 2 if it could not begin.
"""

import itertools
import os
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "integration")]

import client               # noqa: E402  the paths must be set first
import session              # noqa: E402
from cases import USERS, Case, Goal     # noqa: E402
from shipped import new_application     # noqa: E402
from sides import BATCH, Palmares, VERIFY_TIME  # noqa: E402
from stack import DB_NAME, StackError   # noqa: E402

FULL = "palmares_full"      # the database
OTHER_RULES = 1000
SENDERS = 2
WARM_UP = 5                 # seconds, until the pages that are needed are read
HOT_EVENTS = 10000
PROGRESS = 500000           # events
PAGE_BYTES = 16384          # of InnoDB
RATIO = 0.9                 # that a full database is to reach

SIZES = """
SELECT table_name, index_name, stat_value * %d FROM mysql.innodb_index_stats
WHERE database_name = '%s' AND stat_name = 'size'
AND table_name IN ('event', 'user')""" % (PAGE_BYTES, FULL)


class Empty(Palmares):
    """As in bench.py, with the warm-up that the other one needs."""

    warm_up = WARM_UP


class Full(Palmares):
    """One database for all rounds, with everything in it."""

    warm_up = WARM_UP
    events = users = None   # how many: from the options
    mark = 0                # the newest event before a measurement
    disk = None             # {part: bytes of an event}

    def open(self):
        self.stack.daemon.stop()
        self.stack.sql("CREATE DATABASE %s; GRANT ALL ON %s.* TO"
                       " palmares@localhost" % (FULL, FULL), "mysql")
        self._use(FULL)
        self._ctl("migrate")
        self.stack.start_daemon()
        self.key = new_application(self.stack)
        self.stride = self.users // USERS
        self._make_rules()
        self._fill()
        self.disk = self._bytes_of_an_event()
        self.end()

    def close(self):
        """The stack ends with it."""

    def begin(self, case):
        self._use(FULL)
        self.stack.start_daemon()
        self.mark = self._newest()

    def end(self):
        self.stack.daemon.stop()
        self._use(DB_NAME)

    def stored(self):
        """Since the measurement began: counting all takes the memory that
        the others need."""
        return int(self.stack.sql(
            "SELECT COUNT(*) FROM event WHERE application_id = 1 AND id > %d"
            % self.mark, FULL)[0][0])

    def finish(self):
        """Everything that was stored is folded again."""
        self._use(FULL)
        started = time.monotonic()
        self._ctl("verify", timeout=VERIFY_TIME)
        events = int(self.stack.sql(
            "SELECT SUM(events) FROM user", FULL)[0][0])
        seconds = time.monotonic() - started
        self._use(DB_NAME)
        print("palmaresctl verify has folded %d events in %d s and found"
              " nothing" % (events, seconds))
        for part, size in self.disk.items():
            print("%7.1f bytes of an event: %s" % (size, part))
        return {"verified_events": events, "verify_seconds": seconds,
                "bytes_of_an_event": self.disk}

    def _use(self, database):
        self.stack.settings["database"]["name"] = database
        self.stack.write_conf()

    def _newest(self):
        return int(self.stack.sql(
            "SELECT COALESCE(MAX(id), 0) FROM event"
            " WHERE application_id = 1", FULL)[0][0])

    # --- filling it -----------------------------------------------------

    def _post(self, connection, path, body, status):
        r = connection.request("POST", "/api/v1" + path, body, {
            "Authorization": "Bearer " + self.key})
        if r.status != status:
            raise StackError("%s: %r" % (path, r))
        return r

    def _make_rules(self):
        with client.Connection(self.stack.port) as connection:
            for number in range(OTHER_RULES):
                self._post(connection, "/rules", {
                    "name": "other%d" % number,
                    "eventType": "other%d" % number, "points": 1,
                    "pointScale": "other%d" % (number % 10)}, 201)

    def _send_batch(self, connection, numbers):
        events = ",".join('{"username":"user%07d","eventType":"review"}' % n
                          for n in numbers)
        r = self._post(connection, "/events/batch",
                       '{"events":[%s]}' % events, 200)
        if r.body.count(b'"status":201') != len(numbers):
            raise StackError("not all of a batch was applied: %r" % r)

    def _batches(self):
        """The users of each batch: all of them once, and again."""
        for first in range(0, self.events, BATCH):
            first %= self.users
            yield range(first + 1, first + BATCH + 1)
        for _ in range(HOT_EVENTS // BATCH):
            yield [self.stride] * BATCH

    def _fill(self):
        batches, lock, faults = self._batches(), threading.Lock(), []
        sent = itertools.count(BATCH, BATCH)
        started = time.monotonic()

        def send():
            with client.Connection(self.stack.port, 60) as connection:
                while not faults:
                    with lock:
                        numbers = next(batches, None)
                    if numbers is None:
                        return
                    self._send_batch(connection, numbers)
                    count = next(sent)
                    if count % PROGRESS == 0:
                        print("filling: %d of %d events, %.0f /s" % (
                            count, self.events,
                            count / (time.monotonic() - started)), flush=True)

        def guarded():
            try:
                send()
            except Exception as e:
                faults.append(e)

        senders = [threading.Thread(target=guarded) for _ in range(SENDERS)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        if faults:
            raise StackError("filling: %s" % faults[0])

    def _bytes_of_an_event(self):
        """Pages of each index, shared among the events."""
        self.stack.sql("ANALYZE TABLE event, user", FULL)
        count = self.events + HOT_EVENTS
        return {"%s, %s" % (table, "rows" if index == "PRIMARY"
                            else "index " + index): int(size) / count
                for table, index, size in self.stack.sql(SIZES, FULL)}


def growth_case(side, kind, users):
    name = "%s %s %s" % (side, kind, "hot" if users == 1 else "random")
    title = "%s, %s database, %s, 64 clients" % (
        {"event": "event", "user": "GET of a user"}[kind], side,
        "one hot user" if users == 1 else "random users")
    return Case(name, title, side, kind, 64, users, 1, 1, False)


def goal(title, kind, users, figure, at_least):
    full, empty = (growth_case(side, kind, users).name
                   for side in ("full", "empty"))
    return Goal(title, full, figure, empty, figure, at_least,
                RATIO if at_least else 1 / RATIO)


KINDS = (("event", USERS), ("event", 1), ("user", USERS))
PLAN = session.Plan(
    [growth_case(side, *kind) for kind in KINDS for side in ("full", "empty")],
    [goal("events/s, random users", "event", USERS, "rate", True),
     goal("events/s, one hot user", "event", 1, "rate", True),
     goal("99th percentile, random users", "event", USERS, "p99", False),
     goal("99th percentile, one hot user", "event", 1, "p99", False),
     goal("GETs of a user/s", "user", USERS, "rate", True)],
    {"empty": Empty, "full": Full}, False)


def main():
    parser = session.parser_of(__doc__, 5, 10)
    parser.add_argument("--events", type=int, default=10000000, metavar="N",
                        help="in the full database (default %(default)s)")
    parser.add_argument("--users", type=int, default=1000000, metavar="N",
                        help="likewise (default %(default)s)")
    parser.add_argument("--buffer-pool", metavar="SIZE",
                        help="of InnoDB, as 512M (default: MariaDB's own)")
    args = session.parsed(parser)
    if args.users % USERS or args.events % args.users:
        parser.error("--users is a multiple of %d, and --events of --users"
                     % USERS)
    Full.events, Full.users = args.events, args.users
    session.run(args, PLAN, ["--innodb-buffer-pool-size=" + args.buffer_pool]
                if args.buffer_pool else [])


if __name__ == "__main__":
    main()
