"""What the servers hold: memory, descriptors, database connections.

A baseline is taken after a warm-up; after each attack everything must come
back to it within a settling time.
"""

import os
import time

from stack import children_of

SETTLE = 40         # seconds; nginx may linger 30 s on a connection
RSS_ROOM = 0.25     # of the baseline, and this much, for what malloc keeps:
RSS_ROOM_KB = 32 * 1024
# An address sanitizer keeps more, but tells of leaks when a worker ends.
SANITIZER_ROOM_KB = 384 * 1024


class Gauge:
    """One measurement: RSS in KiB, descriptors, connections."""

    NAMES = ("palmaresd_rss", "nginx_rss", "palmaresd_fds", "nginx_fds",
             "db_connections")

    def __init__(self, stack):
        ours = [stack.daemon.pid] + stack.worker_pids()
        web = [stack.nginx.pid] + children_of(stack.nginx.pid)
        self.palmaresd_rss = sum(map(rss_of, ours))
        self.nginx_rss = sum(map(rss_of, web))
        self.room = (SANITIZER_ROOM_KB if sanitized(stack.daemon.pid)
                     else RSS_ROOM_KB)
        self.palmaresd_fds = sum(map(fds_of, ours))
        self.nginx_fds = sum(map(fds_of, web))
        self.db_connections = stack.sql_number(
            "SELECT COUNT(*) FROM information_schema.processlist"
            " WHERE user = 'palmares'")

    def __repr__(self):
        return ", ".join("%s %d" % (n, getattr(self, n)) for n in self.NAMES)

    def above(self, baseline):
        """What is above the baseline, as texts."""
        found = []
        for name in self.NAMES:
            value, limit = getattr(self, name), getattr(baseline, name)
            if name == "palmaresd_rss":
                limit = int(limit * (1 + RSS_ROOM)) + self.room
            elif name == "nginx_rss":   # its two share a crowd unequally
                limit = 2 * limit + RSS_ROOM_KB
            if value > limit:
                found.append("%s is %d, was %d" % (
                    name, value, getattr(baseline, name)))
        return found


def sanitized(pid):
    with open("/proc/%d/maps" % pid, encoding="utf-8") as f:
        return "libasan" in f.read()


def rss_of(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        for line in f:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


def fds_of(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def at_rest(stack):
    """The baseline: a measurement whose descriptors stay as they are."""
    gauge = Gauge(stack)
    while True:
        time.sleep(1)
        before, gauge = gauge, Gauge(stack)
        if (before.nginx_fds, before.palmaresd_fds) == (
                gauge.nginx_fds, gauge.palmaresd_fds):
            return gauge


def settled(stack, baseline):
    """The measurement once all is back, or the last one before the time is
    up; and what is above the baseline then."""
    end = time.monotonic() + SETTLE
    while True:
        gauge = Gauge(stack)
        above = gauge.above(baseline)
        if not above or time.monotonic() > end:
            return gauge, above
        time.sleep(0.25)
