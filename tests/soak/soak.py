#!/usr/bin/env python3
"""make check-soak: half an hour at 80 % of the maximum, and nothing grows.

Measures how many events a second 64 clients get through nginx, then sends
80 % of that, evenly, a quarter of it for one hot user.  Each round tells its
99th percentile, and the memory, file descriptors and database connections of
palmaresd and nginx: these at rest, two seconds after the round, so that what
is needed only for the moment of a request is not in them.  The last third of
the rounds must be as the first, within 10 %, every third must come to 95 % of
the events that it is to send, and every acknowledged event must be stored.

Needs wrk, a machine that does nothing else, 3 GB of memory, and about 400 bytes
an event in the temporary directory (TMPDIR): where the maximum is 10,000 events
a second, half an hour at 80 % of it takes 6 GB.

MariaDB has a buffer pool of 1 GiB instead of its own 128 MiB: the last pages of
10,000 users' events and ledgers are 320 MB, and what does not fit is read and
written again with every event.

The exit status is 0 if all went well, 1 if not, 2 if a program is missing.
"""

import argparse
import os
import re
import shutil
import signal
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(os.path.dirname(HERE), name)
                for name in ("bench", "integration")]

import wrk                  # noqa: E402  the path must be set first
from processes import descriptors_of, family_of, on_signal  # noqa: E402
from shipped import new_application, shipped_stack  # noqa: E402
from stack import StackError, missing_programs      # noqa: E402

CLIENTS = 64
SHARE = 0.8         # of the maximum
SETTLE = 2          # seconds until nginx has seen that wrk is gone
GROWTH = 1.1        # of the last third against the first
REACHED = 0.95      # of the rate that was asked for, in each third
ROUNDS_MIN = 3      # one for each third
EVENT_BYTES = 400   # of an event on disk, with its ledger row and the indexes
DATABASE_BYTES = 1.5e9  # of logs and the like, whatever the number of events
DB_OPTIONS = ["--innodb-buffer-pool-size=1G", "--innodb-log-file-size=1G"]

# One schedule for all connections of wrk's one thread.
PACED = """
local ffi = require("ffi")
ffi.cdef[[
typedef struct { long seconds, nanoseconds; } moment;
int clock_gettime(int id, moment *now);
]]
local moment = ffi.new("moment")
local function now()
	ffi.C.clock_gettime(1, moment)
	return tonumber(moment.seconds) * 1e6 +
	    tonumber(moment.nanoseconds) / 1e3
end
local slot = now()
function delay()
	local at = now()
	slot = math.max(slot + %(gap)f, at - 1e6)
	return math.max(0, math.floor((slot - at) / 1e3))
end
"""
LOAD = wrk.HEAD + """
request = function()
	local user = math.random() < 0.25 and "hot"
	    or "user" .. math.random(1, 10000)
	return wrk.format(nil, "/api/v1/events", nil,
	    '{"username":"' .. user .. '","eventType":"review"}')
end
"""
# What must not grow: title, unit, how it is told.
MEASURES = (("p99", "ms", "%.1f"), ("palmaresd", "MiB", "%.1f"),
            ("nginx", "MiB", "%.1f"), ("descriptors", "", "%d"),
            ("connections", "", "%d"))


class Totals:
    """What wrk was answered in all rounds."""

    def __init__(self):
        self.acknowledged = 0
        self.rounds = 0


def load(stack, key, seconds, totals, rate=None):
    """A round of wrk: (events/s, 99th percentile in ms)."""
    script = LOAD % {"key": key, "seed": totals.rounds}
    if rate:
        script += PACED % {"gap": 1e6 / rate}
    told = wrk.run(stack.port, stack.dir, script, seconds, CLIENTS)
    totals.rounds += 1
    totals.acknowledged += told.requests
    return told.requests / told.seconds, told.p99 / 1e3


def memory(pids):
    """MiB that processes have for themselves, and their share of the rest."""
    total = 0
    for pid in pids:
        with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as f:
            total += int(re.search(r"Pss:\s+(\d+)", f.read()).group(1))
    return total / 1024


def sample(stack, p99):
    """The figures of MEASURES, after a round."""
    time.sleep(SETTLE)
    ours = family_of(stack.daemon.pid)
    web = family_of(stack.nginx.pid)
    return (p99, memory(ours), memory(web), descriptors_of(ours + web),
            stack.db_connections())


def thirds(rounds):
    """The first, the middle and the last rounds."""
    size = len(rounds) // 3
    return rounds[:size], rounds[size:-size], rounds[-size:]


def medians(samples):
    return [statistics.median(column) for column in zip(*samples)]


def verdict(samples):
    """A table of both thirds; how many measures have grown."""
    grown = 0
    first_third, _, last_third = thirds(samples)
    print("\n%-14s %10s %10s %7s" % ("", "first third", "last third",
                                     "ratio"))
    for (title, unit, form), first, last in zip(
            MEASURES, medians(first_third), medians(last_third)):
        worse = last > first * GROWTH
        grown += worse
        print("%-14s %11s %10s %7.2f%s" % (
            (title + " " + unit).strip(), form % first, form % last,
            last / first, "  has grown" if worse else ""))
    return grown


def check_rates(rates, wanted):
    """In how many thirds too little was sent: nothing is shown by those."""
    reached = [statistics.median(part) for part in thirds(rates)]
    print("events/s of the thirds: %s of %d" % (
        ", ".join("%d" % rate for rate in reached), wanted))
    low = sum(rate < REACHED * wanted for rate in reached)
    if low:
        print("%d of them below %d %%" % (low, 100 * REACHED))
    return low


def check_disk(directory, events):
    """StackError where the events would not fit, with a tenth of room."""
    needed = 1.1 * EVENT_BYTES * events + DATABASE_BYTES
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise StackError("%d events need %.1f GB in %s, which has %.1f GB"
                         " free; set TMPDIR" % (events, needed / 1e9,
                                                directory, free / 1e9))


def check_stored(stack, totals):
    """What wrk gave up at a round's end may be stored without an answer."""
    stored = stack.sql_number("SELECT COUNT(*) FROM event")
    slack = totals.rounds * CLIENTS
    print("%d events acknowledged, %d stored (wrk leaves up to %d without"
          " waiting for the answer)" % (totals.acknowledged, stored, slack))
    lost = stored < totals.acknowledged
    doubled = stored > totals.acknowledged + slack
    status, out, err, _ = stack.ctl("verify", as_json=False, timeout=3600)
    print((out + err).strip())
    return int(lost) + int(doubled) + int(status != 0)


def soak(stack, args):
    stack.start()
    key = new_application(stack)
    totals = Totals()
    load(stack, key, args.warm, totals)
    maximum = statistics.median(
        load(stack, key, args.warm, totals)[0] for _ in range(3))
    rate = SHARE * maximum
    print("maximum %d events/s; %g minutes at %d" % (
        maximum, args.minutes, rate), flush=True)
    check_disk(stack.dir, rate * 60 * args.minutes)
    rates, samples, end = [], [], time.monotonic() + 60 * args.minutes
    while time.monotonic() < end or len(samples) < ROUNDS_MIN:
        real, p99 = load(stack, key, args.seconds, totals, rate)
        rates.append(real)
        samples.append(sample(stack, p99))
        print("%3d  %6.0f events/s  " % (len(samples), real) + "  ".join(
            ("%s " + form + " %s") % (title, value, unit) for
            (title, unit, form), value in zip(MEASURES, samples[-1])),
            flush=True)
    return verdict(samples) + check_rates(rates, rate) + \
        check_stored(stack, totals)


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--builddir", default=".")
    parser.add_argument("--minutes", type=float, default=30, metavar="N")
    parser.add_argument("--seconds", type=int, default=60, metavar="N",
                        help="of a round (default 60)")
    parser.add_argument("--warm", type=int, default=20, metavar="N",
                        help="seconds of each of the four rounds before")
    args = parser.parse_args()
    if args.seconds < 1 or args.warm < 1:
        parser.error("a round takes at least a second")
    if 60 * args.minutes < ROUNDS_MIN * (args.seconds + SETTLE):
        parser.error("%g minutes have no %d rounds of %d s: nothing can be"
                     " judged" % (args.minutes, ROUNDS_MIN, args.seconds))
    return args


def missing(builddir):
    return missing_programs(builddir) + (
        [] if shutil.which("wrk") else ["wrk"])


def main():
    args = arguments()
    lacking = missing(args.builddir)
    if lacking:
        print("soak.py: missing: %s" % ", ".join(lacking), file=sys.stderr)
        print("soak.py: build first (make), and install mariadb-server-core,"
              " mariadb-client-core, nginx-light and wrk",
              file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGHUP, on_signal)
    stack = shipped_stack(args.builddir)
    stack.settings["server"]["log_level"] = "warn"  # not 200 bytes an event
    stack.db_options += DB_OPTIONS
    try:
        faults = soak(stack, args)
    except StackError as e:
        print("soak.py: %s" % e, file=sys.stderr)
        return 1
    finally:
        stack.stop(quietly=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
