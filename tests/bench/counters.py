"""What processes, the database and palmaresd have counted, and its growth."""

import os
import time

from case import metric_sum, metrics
from processes import stat_of
from stack import StackError

TICK = 1e6 / os.sysconf("SC_CLK_TCK")   # microseconds
USER, SYSTEM = 11, 12                   # places in /proc/PID/stat
IDLE, IOWAIT, GUEST = 3, 4, 8           # in the first line of /proc/stat
# Figure, and the status variables of MariaDB that it is the sum of.  A
# multi-statement text would count once for each of its statements.
STATUS = {
    "round_trips": ("Questions", "Com_stmt_prepare"),
    "statements": ("Questions",),
    "selects": ("Com_select",),
    "inserts": ("Com_insert", "Com_insert_select", "Com_replace"),
    "updates": ("Com_update",),
    "commits": ("Com_commit",),
    "bytes_received": ("Bytes_received",),
    "bytes_sent": ("Bytes_sent",),
    "rows_written": ("Handler_write",),
    "rows_updated": ("Handler_update",),
    "keys_read": ("Handler_read_key",),
    "log_bytes": ("Innodb_os_log_written",),
    "log_writes": ("Innodb_log_writes",),
    "fsyncs": ("Innodb_data_fsyncs",),
    "pages_read": ("Innodb_pages_read",),
    "pages_written": ("Innodb_pages_written",),
    "pages_created": ("Innodb_pages_created",),
    "page_requests": ("Innodb_buffer_pool_read_requests",),
    "data_bytes_written": ("Innodb_data_written",),
    "lock_waits": ("Innodb_row_lock_waits",),
}
# Figure, and the counters of palmaresd that it is the sum of, as a pattern.
METRICS = {
    "transactions": "^palmares_batch_events_count$",
    "gathered": "^palmares_batch_events_sum$",
    "retries": "^palmares_db_retries_total$",
    "deadlocks": "^palmares_db_deadlocks_total$",
    "splits": "^palmares_batches_split_total$",
    "refused": "^palmares_events_refused_total$",
    "failed": r'^palmares_http_requests_total\{.*status="[^2]',
}


def thread_times(pid):
    """Microseconds of processor time of each of a process' threads."""
    times = {}
    for name in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/stat" % (pid, name), "rb") as f:
            fields = f.read().rpartition(b")")[2].split()
        times[pid, int(name)] = TICK * (int(fields[USER])
                                        + int(fields[SYSTEM]))
    return times


def process_times(pids):
    """Of each process, with those of its threads that have ended."""
    times = {}
    for pid in pids:
        fields = stat_of(pid)
        if fields is None:
            raise StackError("process %d has died" % pid)
        times[pid] = TICK * (int(fields[USER]) + int(fields[SYSTEM]))
    return times


def machine_times():
    """Microseconds of all processors: busy, and in all."""
    with open("/proc/stat", encoding="ascii") as f:
        ticks = [int(n) for n in f.readline().split()[1:GUEST + 1]]
    return (TICK * (sum(ticks) - ticks[IDLE] - ticks[IOWAIT]),
            TICK * sum(ticks))


class Processors:
    """Processor time used until now, by groups of processes."""

    def __init__(self, groups):
        self.time = time.monotonic()
        self.busy, self.total = machine_times()
        self.groups = {name: process_times(pids)
                       for name, pids in groups.items()}
        self.threads = {
            name: {key: t for pid in pids
                   for key, t in thread_times(pid).items()}
            for name, pids in groups.items()}

    def since(self, before):
        """({group: microseconds}, {group: share of a processor that its
        busiest thread had}); StackError if a process was replaced."""
        if any(set(self.groups[name]) != set(times)
               for name, times in before.groups.items()):
            raise StackError("processes were replaced while they were"
                             " measured")
        used = {name: sum(times.values()) - sum(before.groups[name].values())
                for name, times in self.groups.items()}
        elapsed = 1e6 * (self.time - before.time)
        busiest = {
            name: max(t - before.threads[name].get(key, 0)
                      for key, t in threads.items()) / elapsed
            for name, threads in self.threads.items()}
        return used, busiest

    def elsewhere(self, before, used):
        """The share of the machine that was taken by others."""
        return max(0.0, (self.busy - before.busy - used)
                   / (self.total - before.total))


def status_of(stack):
    """{figure: value} of the database, since it started."""
    rows = dict(row for row in stack.sql("SHOW GLOBAL STATUS", "mysql")
                if len(row) == 2)
    return {figure: sum(int(rows[name]) for name in names)
            for figure, names in STATUS.items()}


def metrics_of(stack):
    """{figure: value} of palmaresd, since it started."""
    samples = metrics(stack)
    return {figure: metric_sum(samples, pattern)
            for figure, pattern in METRICS.items()}


def growth(before, after):
    return {name: after[name] - before[name] for name in after}
