"""One measurement: load, and what it cost for each event or request."""

import time

from counters import Processors, growth, metrics_of, status_of
from processes import peak_memory_of
from stack import StackError

SETTLE = 0.3    # until what the warm-up left without an answer is done


def check_stored(case, load, grown):
    """StackError unless exactly what was acknowledged is stored; what wrk
    gave up at its end may be."""
    acknowledged = load.requests * case.events
    if case.kind in ("user", "points"):
        acknowledged = slack = 0
    else:
        slack = case.clients * case.events
    if not acknowledged <= grown <= acknowledged + slack:
        raise StackError("%s: %d events were acknowledged and %d stored" % (
            case.name, acknowledged, grown))


def check_served(case, metrics):
    """StackError where palmaresd has refused an event, or answered a request
    with anything but a success."""
    for name in ("refused", "failed"):
        if metrics.get(name):
            raise StackError("%s: palmaresd has %s %d times" % (
                case.name, name, metrics[name]))


def counted(side):
    """What the database and palmaresd have counted."""
    return (status_of(side.stack),
            metrics_of(side.stack) if side.tells_metrics else {})


def loaded(side, case, seconds):
    """Load under observation: (Load, used processors, status, metrics)."""
    counts = counted(side)
    before = Processors(side.groups())
    load = side.load(case, seconds)
    after = Processors(side.groups())
    grown = [growth(b, a) for b, a in zip(counts, counted(side))]
    used, busiest = after.since(before)
    used["load"] = load.cpu
    return (load, used, busiest,
            after.elsewhere(before, sum(used.values())), *grown)


def largest(pids):
    """MiB that the largest of some processes had at the most."""
    return max(map(peak_memory_of, pids)) / 1024


def figures(case, load, used, busiest, elsewhere, status, metrics):
    """Flat, for medians: a rate, microseconds, and counts for an event (of a
    request, where it is none)."""
    count = load.requests * case.events
    values = {"rate": count / load.seconds, "p50": load.p50, "p95": load.p95,
              "p99": load.p99, "requests": load.requests,
              "seconds": load.seconds, "elsewhere": elsewhere}
    values.update(("cpu_" + name, t / count) for name, t in used.items())
    values.update(("busiest_" + name, v) for name, v in busiest.items())
    values.update((name, n / count) for name, n in status.items())
    if metrics.get("transactions"):
        values["batch"] = metrics["gathered"] / metrics["transactions"]
    values.update((name, metrics[name]) for name in metrics
                  if name not in ("transactions", "gathered"))
    return values


def measure(side, case, seconds):
    """The figures of a case, from a fresh start."""
    side.begin(case)
    side.load(case, side.warm_up)
    time.sleep(SETTLE)
    stored = side.stored()
    observed = loaded(side, case, seconds)
    if side.stores:
        check_stored(case, observed[0], side.stored() - stored)
    check_served(case, observed[-1])
    values = figures(case, *observed)
    programs = side.groups().get("program")
    if programs:
        values["peak_mib"] = largest(programs)
    side.end()
    return values
