#!/usr/bin/env python3
"""judge.py: judges JMeter results for run.sh, by the JTL files and by asking the server.

    judge.py ask v1|mixed|classic   does the server answer, and to these keys?
    judge.py judge [options] FILE   FILE: one scenario a line, tab-separated:
                                    interface, scenario, run, user, events of that
                                    user before, clients, times, users of mixed,
                                    JMeter's exit code, JTL file, JMeter's log

The addresses and keys come from the environment (PALMARES_URL and so on), so
that no key is on a command line. Exit codes: 0 all well, 1 not, 2 usage.
"""
import argparse
import csv
import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections import Counter
from urllib.parse import quote

PER_ROUND = 6           # requests, and points, of a round of mixed.jmx
PAGES = 200             # of GET /users, at most
COURSE = {"1x10": "8.4 req/s", "1x10+": "1.4 req/s", "1x1000+": "1.4 req/s",
          "10x10": "11 of 100, 5 users"}
COLUMNS = ("interface", "scenario", "samples", "req/s", "p50 ms", "p95 ms",
           "p99 ms", "errors", "expected", "found", "users")
http = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class Trouble(Exception):
    """The server cannot be asked; the text says why."""


def get(interface, path, key="PALMARES_SECRET_KEY"):
    """One GET: (status, the JSON of the body or None)."""
    if interface == "v1":
        url = os.environ["PALMARES_URL"] + path
        headers = {"Authorization": "Bearer " + os.environ[key]}
    else:
        url = os.environ["PALMARES_CLASSIC_URL"] + path
        headers = {"appKey": os.environ["PALMARES_APP_KEY"]}
    try:
        with http(urllib.request.Request(url, headers=headers), timeout=30) as answer:
            status, body = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, body = error.code, error.read()
    except (OSError, ValueError) as error:
        raise Trouble(f"no answer from {url}: {error}") from error
    try:
        return status, json.loads(body)
    except ValueError:
        return status, None


def ask(plan):
    if plan == "classic":
        status, _ = get("classic", "/rules")
        good = status in (200, 400)     # 400: appKey not known yet
        hint = "check PALMARES_CLASSIC_URL"
    else:
        name = "PALMARES_PUBLIC_KEY" if plan == "mixed" else "PALMARES_SECRET_KEY"
        status, _ = get("v1", "/application", name)
        good, hint = status == 200, f"check PALMARES_URL and {name}"
    if not good:
        raise Trouble(f"the {plan} plan cannot run: the server answers {status}; {hint}")


def read_jtl(path):
    """The samples of a JTL file in CSV: dicts with start, end, elapsed and so on."""
    samples = []
    try:
        with open(path, newline="", encoding="utf-8", errors="replace") as file:
            for row in csv.DictReader(file):
                start, elapsed = int(row["timeStamp"]), int(row["elapsed"])
                samples.append({
                    "start": start, "end": start + elapsed, "elapsed": elapsed,
                    "label": row["label"], "code": row["responseCode"],
                    "good": row["success"] == "true",
                    "why": row["failureMessage"] or row["responseMessage"] or "",
                    "load": row["threadName"].startswith("clients ")})
    except (OSError, KeyError, TypeError, ValueError, csv.Error):
        pass            # an unreadable file has too few samples, and fails for that
    return samples


def rate(samples):
    if not samples:
        return 0.0
    span = max(s["end"] for s in samples) - min(s["start"] for s in samples)
    return len(samples) * 1000 / max(span, 1)


def percentile(samples, percent):
    """Nearest rank, in ms."""
    times = sorted(s["elapsed"] for s in samples)
    return times[-(-len(times) * percent // 100) - 1] if times else 0


def best_rate(jtl):
    """The rate of the fastest of ten stretches: what else the machine does only slows the others."""
    line = sorted((s for s in read_jtl(jtl) if s["load"]), key=lambda s: s["start"])
    step = max(len(line) // 10, 50)
    return max((rate(line[i:i + step]) for i in range(0, len(line) - step + 1, step)),
               default=rate(line))


def faults(samples):
    """Failed samples in words, the most frequent first."""
    kinds = Counter((s["label"], s["code"], re.sub(r"\*{3,}|\s+", " ", s["why"]))
                    for s in samples if not s["good"])
    return [f'{n} x "{label}" answered {code or "nothing"}: {" ".join(why.split())[:120]}'
            for (label, code, why), n in kinds.most_common(3)]


def log_errors(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return [line.strip()[:200] for line in file if " ERROR " in line][:3]
    except OSError:
        return []


class UserList:
    """How often a name occurs among all users, read once for each interface."""

    def __init__(self):
        self.lists = {}

    def count(self, interface, names):
        if interface not in self.lists:
            self.lists[interface] = self.read(interface)
        listed = self.lists[interface]
        return None if listed is None else sum(listed[name] for name in names)

    @staticmethod
    def read(interface):
        if interface == "classic":
            status, users = get("classic", "/users")
            if status != 200:
                raise Trouble(f"GET /users of the classic interface answers {status}")
            return Counter(u["username"] for u in users)
        listed, cursor = Counter(), ""
        for _ in range(PAGES):
            status, page = get("v1", "/users?limit=1000" + cursor)
            if status != 200:
                raise Trouble(f"GET /users answers {status}")
            listed.update(u["username"] for u in page["data"])
            if not page["nextCursor"]:
                return listed
            cursor = "&cursor=" + quote(page["nextCursor"], safe="")
        return None


def stored(interface, run, names):
    """What the server has: (points, events or None for classic, users without just one badge)."""
    points, events, badgeless = 0, None, 0
    for name in names:
        path = (f"/pointScales/{run}/users/{name}" if interface == "v1"
                else f"/users/{name}/{run}")
        status, answer = get(interface, path)
        if status == 200:
            points += answer["points"] if interface == "v1" else int(answer)
        status, user = get(interface, f"/users/{name}")
        user = user if status == 200 else {}
        badgeless += [b["name"] for b in user.get("badgesArray", ())].count(run) != 1
        if interface == "v1":
            events = (events or 0) + user.get("events", 0)
    return points, events, badgeless


def judge_jmeter(samples, expected, code, log):
    """What JMeter saw: findings."""
    load = sum(s["load"] for s in samples)
    findings = []
    if code != "0":
        findings.append("JMeter ran out of time" if code == "124" else f"JMeter ended with {code}")
    if load != expected:
        findings += [f"{load} of {expected} samples", *log_errors(log)]
    return findings + faults(samples)


def judge_server(interface, run, names, expected, total, users):
    """What the server has stored: (points, how many users, findings)."""
    points = found = "?"
    findings = []
    try:
        points, events, badgeless = stored(interface, run, names)
        if points != expected:
            findings.append(f"{points} of {expected} points")
        if events not in (None, total):
            findings.append(f"{events} of {total} events are stored")
        if badgeless:
            findings.append(f"the badge is not there exactly once for {badgeless} of {len(names)} users")
        found = users.count(interface, names)
        if found is None:
            found = f"over {PAGES * 1000}"
        elif found != len(names):
            findings.append(f"{found} users instead of {len(names)}")
    except Trouble as trouble:
        findings.append(str(trouble))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        findings.append(f"an answer of the server makes no sense: {error!r}")
    return points, found, findings


def judge_speed(samples, limits):
    p95 = percentile(samples, 95)
    if limits.max_p95 is not None and p95 > limits.max_p95:
        yield f"p95 is {p95} ms, over {limits.max_p95:g}"
    if limits.min_rate is not None and rate(samples) < limits.min_rate:
        yield f"{rate(samples):.1f} req/s, under {limits.min_rate:g}"


def judge_one(scenario, users, totals, best, limits):
    """One scenario: (row of the table, findings, notes)."""
    interface, name, run, user, before, clients, times, user_count, code, jtl, log = scenario
    rounds = int(clients) * int(times)
    if name == "mixed":
        names = [f"{run}-{n + 1}" for n in range(min(int(user_count), rounds))] + [f"{run}-crowd"]
        expected = total = rounds * PER_ROUND       # samples, points and events
    else:
        names, expected, total = [user], rounds, totals[interface, user]
    everything = read_jtl(jtl)
    samples = [s for s in everything if s["load"]]
    errors = sum(not s["good"] for s in everything)
    points, found, bad = judge_server(interface, run, names, expected, total, users)
    findings = judge_jmeter(everything, expected, code, log) + bad + [*judge_speed(samples, limits)]
    notes = []
    if name.endswith("+"):
        fresh = best[interface, name[:-1]]
        kept = best[interface, name] / fresh if fresh else 0
        if fresh:
            notes.append(f"after {before} events {kept:.2f} of the rate of {name[:-1]}"
                         " (the fastest stretches of both)")
        if limits.min_kept is not None and kept < limits.min_kept:
            findings.append(f"{kept:.2f} of the rate of {name[:-1]}, under {limits.min_kept:g}")
    row = [interface, name, len(samples), f"{rate(samples):.1f}",
           *(percentile(samples, p) for p in (50, 95, 99)), errors, expected, points, found]
    return row, findings, notes


def print_table(rows):
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    left = (0, 1, len(COLUMNS))         # words stand left, numbers right
    for row in cells:
        print("  ".join(cell.ljust(width) if i in left else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))).rstrip())


def judge(limits):
    with open(limits.file, encoding="utf-8") as file:
        scenarios = [line.rstrip("\n").split("\t") for line in file]
    totals, best = Counter(), Counter()     # of all scenarios: events by user, rate by name
    for interface, name, _, user, _, clients, times, _, _, jtl, _ in scenarios:
        totals[interface, user] += int(clients) * int(times) * (name != "mixed")
        best[interface, name] = max(best[interface, name], best_rate(jtl))
    users, rows, findings, notes, failed = UserList(), [COLUMNS], [], [], 0
    for scenario in scenarios:
        row, bad, remarks = judge_one(scenario, users, totals, best, limits)
        rows.append(row)
        title = f"{row[0]} {row[1]}"
        findings += [f"FAILED {title}: {text}" for text in bad]
        notes += [f"{title}: {text}" for text in remarks]
        failed += bool(bad)
    if limits.tsv:
        with open(limits.tsv, "w", encoding="utf-8") as file:
            file.writelines("\t".join(map(str, row)) + "\n" for row in rows)
    if limits.compare:
        rows = [[*COLUMNS, "course project"]] + [[*r, COURSE.get(r[1], "")] for r in rows[1:]]
    print_table(rows)
    for line in notes + findings:
        print(line)
    print(f"{len(scenarios) - failed} of {len(scenarios)} scenarios passed")
    return 1 if failed or not scenarios else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    asking = commands.add_parser("ask")
    asking.add_argument("plan", choices=("v1", "mixed", "classic"))
    judging = commands.add_parser("judge")
    judging.add_argument("--max-p95", type=float, metavar="MS")
    judging.add_argument("--min-rate", type=float, metavar="N")
    judging.add_argument("--min-kept", type=float, metavar="R")
    judging.add_argument("--compare", action="store_true")
    judging.add_argument("--tsv", metavar="FILE")
    judging.add_argument("file")
    args = parser.parse_args()
    try:
        return ask(args.plan) if args.command == "ask" else judge(args)
    except Trouble as trouble:
        print(trouble)
        return 1


if __name__ == "__main__":
    sys.exit(main())
