#!/usr/bin/env python3
"""make bench: Palmarès through nginx against a bare loop, side by side.

Absolute figures mean little on a shared machine: each round measures the bare
loop (one transaction per event, 16 connections, no HTTP) and Palmarès (64
clients through nginx) one after the other on the same database server, and
what counts is the ratio of the medians.  Needs wrk.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "integration"))

from stack import Stack, StackError  # noqa: E402

BARE_CONNECTIONS = 16
CASES = (("10,000 random users", 10000), ("one hot user", 1))

# How each request is made; what it sends comes behind.
WRK_HEAD = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer %(key)s"
math.randomseed(%(seed)d)
"""
WRK_EVENTS = WRK_HEAD + """
request = function()
	return wrk.format(nil, "/api/v1/events", nil, string.format(
	    '{"username":"user%%d","eventType":"review"}',
	    math.random(1, %(users)d)))
end
"""


def bare_loop(stack, seconds, connections, users):
    """(events/s, median in microseconds) of the bare loop."""
    program = os.path.join(stack.builddir, "tests", "bench", "bare_loop")
    out = subprocess.run(
        [program, stack.db_socket, str(seconds), str(connections),
         str(users)], capture_output=True, text=True, check=True).stdout
    rate, median, _ = out.split()
    return float(rate), float(median)


def wrk_time(text):
    """wrk's '1.24ms' in microseconds."""
    number, unit = re.fullmatch(r"([0-9.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]


def wrk(stack, script, seconds, clients):
    """What wrk tells of a run with a script; StackError on any failure."""
    path = stack.path("load.lua")
    with open(path, "w", encoding="ascii") as f:
        f.write(script)
    out = subprocess.run(
        ["wrk", "-t1", "-c%d" % clients, "-d%ds" % seconds, "--latency",
         "-s", path, "http://127.0.0.1:%d/" % stack.port],
        capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise StackError("wrk met errors:\n" + out)
    return out


def wrk_rate(out):
    return float(re.search(r"Requests/sec:\s+([0-9.]+)", out).group(1))


def wrk_percentile(out, percent):
    """In microseconds."""
    return wrk_time(re.search(r"%d%%\s+(\S+)" % percent, out).group(1))


def palmares(stack, key, seconds, clients, users, seed):
    """(events/s, median, 99th percentile in microseconds) through nginx."""
    out = wrk(stack, WRK_EVENTS % {"key": key, "seed": seed, "users": users},
              seconds, clients)
    return wrk_rate(out), wrk_percentile(out, 50), wrk_percentile(out, 99)


def prepare(stack):
    """An application with one rule; its secret key."""
    stack.settings["server"]["log_level"] = "warn"
    del stack.settings["server"]["workers"]     # as shipped
    stack.start()
    stack.ctl("app", "create", "bench")
    key = stack.ctl("key", "create", "bench", "--secret")[3]["key"]
    subprocess.run(
        ["curl", "-sf", "-o", os.devnull, "-H", "Authorization: Bearer " + key,
         "-H", "Content-Type: application/json", "-d",
         '{"name": "review", "eventType": "review", "points": 10,'
         ' "pointScale": "reputation"}',
         "http://127.0.0.1:%d/api/v1/rules" % stack.port], check=True)
    return key


def measure(stack, key, seconds, rounds):
    """One row a case: the medians over the rounds."""
    rows = []
    for name, users in CASES:
        bare, ours, latencies, tails = [], [], [], []
        for turn in range(rounds):
            print("%s, round %d of %d" % (name, turn + 1, rounds),
                  flush=True)
            bare.append(bare_loop(stack, seconds, BARE_CONNECTIONS, users)[0])
            rate, median, p99 = palmares(stack, key, seconds, 64, users, turn)
            ours.append(rate)
            latencies.append(median)
            tails.append(p99)
        rows.append((name, statistics.median(bare), statistics.median(ours),
                     statistics.median(latencies), statistics.median(tails)))
    return rows


def measure_single(stack, key, seconds, rounds):
    """Median latencies with one client, in microseconds: bare, ours."""
    bare, ours = [], []
    for turn in range(rounds):
        print("one client, round %d of %d" % (turn + 1, rounds), flush=True)
        bare.append(bare_loop(stack, seconds, 1, 10000)[1])
        ours.append(palmares(stack, key, seconds, 1, 10000, turn)[1])
    return statistics.median(bare), statistics.median(ours)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--builddir", default=".")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    for program in ("wrk", "curl"):
        if not shutil.which(program):
            sys.exit("bench: %s is missing: apt-get install %s"
                     % (program, program))
    stack = Stack(args.builddir)
    try:
        key = prepare(stack)
        rows = measure(stack, key, args.seconds, args.rounds)
        single = measure_single(stack, key, args.seconds, args.rounds)
        status, out, err, _ = stack.ctl("verify", as_json=False)
    finally:
        stack.stop(quietly=True)
    print("\n%-22s %10s %10s %6s %9s %9s" % (
        "events/s, 64 clients", "bare loop", "Palmarès", "ratio", "p50 ms",
        "p99 ms"))
    for name, bare, ours, median, p99 in rows:
        print("%-22s %10.0f %10.0f %6.2f %9.1f %9.1f" % (
            name, bare, ours, ours / bare, median / 1e3, p99 / 1e3))
    print("%-22s %10.0f %10.0f %6.2f" % (
        "one client, p50 in µs", *single, single[1] / single[0]))
    if status != 0:
        sys.exit("bench: palmaresctl verify found differences:\n" + out + err)


if __name__ == "__main__":
    main()
