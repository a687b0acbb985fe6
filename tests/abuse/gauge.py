"""What the servers hold: memory, descriptors, database connections.

A baseline is taken after a warm-up; after each attack everything must come
back to it within a settling time: descriptors and connections exactly, memory
of palmaresd within a quarter and 32 MiB (384 MiB with an address sanitizer),
of nginx within twice and 32 MiB.  That much room hides a small leak, so an
attack that is repeated must not take more memory each time.
"""

import time

from processes import descriptors_of, family_of
from stack import StackError

SETTLE = 40         # seconds; nginx may linger 30 s on a connection
# Between two measurements that say the same: a quiet thread of palmaresd gives
# memory back after one second.
PAUSE = 2
REST = 2 * SETTLE   # until they do
RSS_ROOM = 0.25     # of the baseline, and this much, for what malloc keeps:
RSS_ROOM_KB = 32 * 1024
# An address sanitizer keeps more, but tells of leaks when a worker ends.
SANITIZER_ROOM_KB = 384 * 1024
REPEATS = 2
REPEAT_ROOM_KB = 1024   # each time, for what malloc leaves in pieces
MEMORY = ("palmaresd_rss", "nginx_rss")
KEPT_MAX = 2 * 64       # nginx's workers, and the keepalive of its upstream
CONNECTED = "03"        # in /proc/net/unix


class Gauge:
    """One measurement: RSS in KiB, descriptors, connections."""

    NAMES = ("palmaresd_rss", "nginx_rss", "palmaresd_fds", "nginx_fds",
             "db_connections")

    def __init__(self, stack):
        ours = family_of(stack.daemon.pid)
        web = family_of(stack.nginx.pid)
        self.palmaresd_rss = sum(map(rss_of, ours))
        self.nginx_rss = sum(map(rss_of, web))
        self.room = (SANITIZER_ROOM_KB if sanitized(stack.daemon.pid)
                     else RSS_ROOM_KB)
        # As many as there are just now of those that nginx keeps.
        kept = min(connections_on(stack.socket), KEPT_MAX)
        self.palmaresd_fds = descriptors_of(ours) - kept
        self.nginx_fds = descriptors_of(web) - kept
        self.db_connections = stack.db_connections()

    def __repr__(self):
        return ", ".join("%s %d" % (n, getattr(self, n)) for n in self.NAMES)

    def limit(self, name):
        """What may be there afterwards, if this is the baseline."""
        value = getattr(self, name)
        if name == "palmaresd_rss":
            return int(value * (1 + RSS_ROOM)) + self.room
        if name == "nginx_rss":     # its two share a crowd unequally
            return 2 * value + RSS_ROOM_KB
        return value

    def limits(self):
        return "at most " + ", ".join(
            "%s %d" % (name, self.limit(name)) for name in self.NAMES)

    def rests_since(self, before):
        """Whether descriptors stayed as they were, and no memory came back:
        what grows now may be a leak, what shrinks was a peak."""
        return (before.nginx_fds, before.palmaresd_fds) == (
            self.nginx_fds, self.palmaresd_fds) and all(
                getattr(before, name) - getattr(self, name) <= REPEAT_ROOM_KB
                for name in MEMORY)

    def above(self, baseline):
        """What is above the baseline, as texts."""
        return ["%s is %d, was %d and may be %d" % (
                    name, getattr(self, name), getattr(baseline, name),
                    baseline.limit(name))
                for name in self.NAMES
                if getattr(self, name) > baseline.limit(name)]


def connections_on(path):
    """How many have been accepted, or are about to be, on a Unix socket."""
    with open("/proc/net/unix", encoding="utf-8") as f:
        fields = [line.rstrip("\n").split(None, 7) for line in f]
    return sum(len(f) == 8 and f[7] == path and f[5] == CONNECTED
               for f in fields)


def grows(gauges):
    """Whose memory grew from each measurement to the next, as texts.

    What malloc keeps comes to an end; a leak is there every time.
    """
    found = []
    for name in MEMORY:
        values = [getattr(g, name) for g in gauges]
        if all(after - before > REPEAT_ROOM_KB
               for before, after in zip(values, values[1:])):
            found.append("%s: %s" % (name, values))
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


def at_rest(stack):
    """A measurement that is no peak: the same as the one before."""
    end = time.monotonic() + REST
    gauge = Gauge(stack)
    while True:
        time.sleep(PAUSE)
        before, gauge = gauge, Gauge(stack)
        if gauge.rests_since(before):
            return gauge
        if time.monotonic() > end:
            raise StackError("not at rest after %d s: %r, then %r" % (
                REST, before, gauge))


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
