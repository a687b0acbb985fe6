"""Processes as /proc tells of them, and what ends a program of the tests."""

import os
import re


def stat_of(pid):
    """What /proc/PID/stat has behind the name, which may have spaces in it:
    [0] is the state, [1] the parent, [11] and [12] are the ticks of processor
    time.  None if there is no such process."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as f:
            return f.read().rpartition(b")")[2].split()
    except OSError:
        return None


def is_live(pid):
    """Whether there is such a process, and it is no zombie."""
    fields = stat_of(pid)
    return fields is not None and fields[0] != b"Z"


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def children_of(pid):
    """The live child processes of a process, as a sorted list of ids."""
    found = []
    for child in all_pids():
        fields = stat_of(child)
        if fields and int(fields[1]) == pid and fields[0] != b"Z":
            found.append(child)
    return sorted(found)


def family_of(pid):
    """A process and its live children."""
    return [pid] + children_of(pid)


def descriptors_of(pids):
    """How many file descriptors processes have open, together."""
    return sum(len(os.listdir("/proc/%d/fd" % pid)) for pid in pids)


def peak_memory_of(pid):
    """KiB of memory that a process had resident at the most, so far."""
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return int(re.search(r"^VmHWM:\s+(\d+)", f.read(), re.M).group(1))


def on_signal(number, _frame):
    """For signal.signal: the program ends, and stops what it has started."""
    raise SystemExit(128 + number)
