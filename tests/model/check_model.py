#!/usr/bin/env python3
"""Plays random histories to the engine and to the model, and compares.

usage: check_model.py [--builddir DIR] [--histories N] [--seed N]

A history is a few random rules, and events of one user in a random order, in a
random time zone and around the changes of its clock.  A difference is made as
small as it goes and printed.  Exit status: 0 no difference, 1 one, 2 usage.
"""

import argparse
import copy
import datetime
import json
import os
import random
import subprocess
import sys
from decimal import Decimal

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import model        # noqa: E402  the path must be set first

ZONES = {
    "UTC": ("2026-02-27", "2023-12-30"),
    "Europe/Berlin": ("2026-03-28", "2025-10-25", "2017-03-25"),
    "America/New_York": ("2014-11-01", "2026-03-07"),
    "America/St_Johns": ("2026-10-31", "2006-04-01"),
    "Asia/Kolkata": ("2026-05-28",),
    "Asia/Shanghai": ("2026-08-10",),
    "Africa/Cairo": ("2014-05-14", "2023-04-27"),
    "America/Sao_Paulo": ("2018-11-02", "2018-02-16"),
    "Pacific/Apia": ("2011-12-28", "2012-04-05"),
}
SECONDS = (1, 60, 3600, 86400, 604800)
STEPS = (0, 1, 59, 60, 61, 1800, 3599, 3600, 7200, 43200, 86399, 86400, 86401,
         172800, 604800)
# Some histories go from day to day, or from minute to minute.
PACES = (STEPS, (0, 86400, 86400, 172800), (0, 30, 60), (604800, 0, 1209600))
NUMBERS = ("0", "1", "1.0", "10e-1", "2", "-1", "2.5", "9007199254740993",
           "9007199254740992", "0.1", "0.10000000000000000001", "-0.0", "5",
           "1e2", "3")
STRINGS = ("a", "A", "ab", "b", "", "CH", "é", "É", "5", "true")
NAMES = ("p", "q", "r")


class Number:
    """A number as it is written."""

    def __init__(self, text):
        self.text = text


def dump(value):
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        return "{%s}" % ",".join("%s:%s" % (json.dumps(k), dump(v))
                                 for k, v in value.items())
    if isinstance(value, list):
        return "[%s]" % ",".join(map(dump, value))
    return json.dumps(value, ensure_ascii=False)


def plain(value):
    """The same for the model: numbers by their value."""
    if isinstance(value, Number):
        return Decimal(value.text)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value


def time_text(microseconds):
    moment = model.EPOCH + datetime.timedelta(microseconds=microseconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Maker:
    """Makes a history out of a number."""

    def __init__(self, seed):
        self.r = random.Random(seed)

    def some(self, chance=0.3):
        return self.r.random() < chance

    def scalar(self):
        return self.r.choice((
            Number(self.r.choice(NUMBERS)), self.r.choice(STRINGS),
            self.some(0.5)))

    def condition(self, depth=0):
        if depth < 3 and self.some(0.25):
            group = self.r.choice(("all", "any", "not"))
            if group == "not":
                return {"not": self.condition(depth + 1)}
            return {group: [self.condition(depth + 1)
                            for _ in range(self.r.randint(1, 3))]}
        operator = self.r.choice((
            "eq", "ne", "lt", "lte", "gt", "gte", "between", "in", "notIn",
            "contains", "startsWith", "endsWith", "exists"))
        leaf = {"property": self.r.choice(
            NAMES + ("@time.weekday", "@time.hour")), "operator": operator}
        text, number = self.r.choice(STRINGS), Number(self.r.choice(NUMBERS))
        if operator in ("lt", "lte", "gt", "gte"):
            leaf["value"] = self.r.choice((text, number))
        elif operator == "between":
            leaf["value"] = self.r.choice((
                [text, self.r.choice(STRINGS)],
                [number, Number(self.r.choice(NUMBERS))]))
        elif operator in ("in", "notIn"):
            leaf["value"] = [self.scalar()
                             for _ in range(self.r.randint(1, 4))]
        elif operator in ("contains", "startsWith", "endsWith"):
            leaf["value"] = text
        elif operator != "exists" or self.some():
            leaf["value"] = self.some(0.5) if operator == "exists" \
                else self.scalar()
        values = leaf.get("value")
        values = values if isinstance(values, list) else [values]
        if any(isinstance(v, str) for v in values) and self.some():
            leaf["ignoreCase"] = True
        return leaf

    def limit(self, ever=False):
        limit = {"times": self.r.randint(1, 3)}
        per = self.r.choice(("hour", "day", "week", "month", "year", "ever",
                             None))
        if ever or per is not None:
            limit["per"] = "ever" if ever else per
        else:
            limit["seconds"] = self.r.choice(SECONDS)
        return limit

    def requires(self):
        requires = {}
        if self.some(0.6):
            requires["badges"] = self.r.sample(range(1, 4),
                                               self.r.randint(1, 2))
        if not requires or self.some():
            requires["points"] = [{"pointScale": self.r.randint(1, 2),
                                   "atLeast": self.r.randint(-5, 60)}]
        return requires

    def gift(self, rule):
        if self.some(0.8):
            rule["pointScale"] = self.r.randint(1, 2)
            rule["points"] = self.r.choice(
                (1, 10, 10, -3, 2 ** 62 if self.some(0.05) else 5))
        if "pointScale" not in rule or self.some():
            rule["badge"] = self.r.randint(1, 3)

    def period(self, rule, start):
        if self.some(0.1):
            rule["validFrom"] = time_text(
                start + self.r.choice(STEPS) * 10 ** 6)
        if self.some(0.1):
            rule["validUntil"] = time_text(
                start + (self.r.choice(STEPS) + 604800) * 10 ** 6)

    def rule(self, start):
        rule = {}
        if self.some(0.15):
            rule["requires"] = self.requires()
            if self.some():
                rule["limit"] = [self.limit(ever=True)]
            self.period(rule, start)
            self.gift(rule)
            return rule
        rule["eventType"] = self.r.choice(("x", "x", "x", "y"))
        if self.some(0.1):
            rule["property"] = self.r.choice(NAMES)
        if self.some(0.2):
            rule["priority"] = self.r.randint(-2, 2)
        self.period(rule, start)
        if self.some(0.3):
            rule["conditions"] = [self.condition()
                                  for _ in range(self.r.randint(1, 2))]
        if self.some(0.15):
            rule["requires"] = self.requires()
        if self.some(0.2):
            rule["distinct"] = self.r.choice(NAMES)
        if self.some(0.2):
            rule["cooldown"] = self.r.choice(SECONDS)
        self.count(rule)
        if self.some(0.4):
            rule["limit"] = [self.limit()
                             for _ in range(self.r.randint(1, 2))]
        self.gift(rule)
        if "pointScale" in rule and self.some(0.15):
            del rule["points"]
            rule["pointsFrom"] = {"property": self.r.choice(NAMES),
                                  "factor": self.r.choice(
                                      ("1", "1.5", "-0.1", "3.333"))}
            if self.some(0.6):
                rule["pointsFrom"]["max"] = self.r.randint(0, 50)
            if self.some():
                rule["pointsFrom"]["min"] = self.r.randint(-9, 0)
        return rule

    def count(self, rule):
        if self.some(0.3):
            rule["streak"] = {"unit": self.r.choice(
                ("day", "day", "week", "month")),
                "length": self.r.randint(1, 4)}
            if self.some(0.5):
                rule["streak"]["grace"] = self.r.randint(1, 2)
        elif self.some(0.5):
            rule["numberOfTimesToGetTheAward"] = self.r.randint(2, 4)
            if self.some(0.6):
                rule["within"] = self.r.choice((
                    {"seconds": self.r.choice(SECONDS)},
                    {"calendar": self.r.choice(
                        ("hour", "day", "week", "month", "year"))}))
        if self.some(0.5):
            rule["repeat"] = True

    def properties(self):
        return {name: ([self.scalar() for _ in range(self.r.randint(0, 3))]
                       if self.some(0.1) else self.scalar())
                for name in NAMES if self.some(0.6)}

    def history(self):
        zone = self.r.choice(sorted(ZONES))
        day = datetime.datetime.fromisoformat(
            self.r.choice(ZONES[zone]) + "T00:00:00+00:00")
        start = (day - model.EPOCH) // datetime.timedelta(microseconds=1)
        time, events = start, []
        steps = self.r.choice(PACES)
        for _ in range(self.r.randint(3, 16)):
            time += self.r.choice(steps) * 10 ** 6
            at = time
            if self.some(0.25):
                at -= self.r.choice(steps) * self.r.randint(1, 6) * 10 ** 6
            at += self.r.choice((0, 0, 1, -1))
            events.append({"type": "x" if self.some(0.8) else "y",
                           "time": at, "properties": self.properties()})
        return {"zone": zone, "dayStart": self.r.choice(
            (0, 0, 0, 4 * 3600, 9000)),
            "rules": [self.rule(start)
                      for _ in range(self.r.randint(1, 4))],
            "events": events}


def line_of(history):
    return dump(dict(history, rules=[dump(r) for r in history["rules"]],
                     events=[dict(e, time=time_text(e["time"]))
                             for e in history["events"]]))


def by_model(history):
    def document(rule):
        rule = plain(rule)
        for member in ("validFrom", "validUntil"):
            if member in rule:
                moment = datetime.datetime.fromisoformat(
                    rule[member].replace("Z", "+00:00"))
                rule[member] = (moment - model.EPOCH) // datetime.timedelta(
                    microseconds=1)
        return rule

    user = model.User([document(r) for r in history["rules"]])
    told = []
    for event in history["events"]:
        moment = model.Moment(event["time"], history["zone"],
                              history["dayStart"])
        before = copy.deepcopy(user)
        try:
            told.append(user.apply(model.Event(
                event["type"], moment, plain(event["properties"]))))
        except model.Overflow:
            user = before
            told.append("overflow")
    return ";".join(told)


class Player:
    """The engine."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            encoding="utf-8")

    def play(self, history):
        self.process.stdin.write(line_of(history) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the player has ended: %s" % line_of(history))
        return line.rstrip("\n")

    def end(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            raise SystemExit("the player failed")


def smaller(history):
    """The same with one thing less."""
    for part in ("events", "rules"):
        for i in range(len(history[part])):
            if part == "events" or len(history[part]) > 1:
                yield dict(history, **{
                    part: history[part][:i] + history[part][i + 1:]})
    for i, rule in enumerate(history["rules"]):
        for member in set(rule) - {"eventType", "pointScale", "badge",
                                   "requires", "points"}:
            less = {k: v for k, v in rule.items() if k != member}
            yield dict(history, rules=history["rules"][:i] + [less]
                       + history["rules"][i + 1:])
    for i, event in enumerate(history["events"]):
        for name in event["properties"]:
            less = {k: v for k, v in event["properties"].items() if k != name}
            yield dict(history, events=history["events"][:i] + [
                dict(event, properties=less)] + history["events"][i + 1:])


def shrink(player, history):
    again = True
    while again:
        again = False
        for less in smaller(history):
            if player.play(less) != by_model(less):
                history, again = less, True
                break
    return history


def report(player, seed, history):
    history = shrink(player, history)
    print("difference (seed %d), the smallest history:" % seed)
    print("  zone %s, days begin at %d s" % (
        history["zone"], history["dayStart"]))
    for number, rule in enumerate(history["rules"], 1):
        print("  rule %d: %s" % (number, dump(rule)))
    engine = player.play(history).split(";")
    for event, one, other in zip(history["events"], engine,
                                 by_model(history).split(";")):
        print("  %s %s %s: engine %r, model %r" % (
            time_text(event["time"]), event["type"],
            dump(event["properties"]), one, other))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--builddir", default=".")
    parser.add_argument("--histories", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    player = Player(os.path.join(options.builddir, "tests/model/player"))
    awards = 0
    for seed in range(options.seed, options.seed + options.histories):
        history = Maker(seed).history()
        engine = player.play(history)
        awards += engine.count(":") + engine.count("*")
        if engine != by_model(history):
            report(player, seed, history)
            return 1
        if options.histories > 5000 and seed % 5000 == 0:
            print("%d histories, %d gifts" % (seed, awards), flush=True)
    player.end()
    print("%d histories with %d gifts: no difference" % (
        options.histories, awards))
    return 0 if awards > options.histories else 1


if __name__ == "__main__":
    sys.exit(main())
