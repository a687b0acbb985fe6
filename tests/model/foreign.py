#!/usr/bin/env python3
"""Plays another project's tests of conditions to the engine.

usage: foreign.py NODE_MODULES BUILDDIR

The tests are those of @unleash/client-specification, which clients of a server
of feature flags have to pass: a flag is a rule here, its constraints are its
conditions, and a context is an event.  Numbers and times are texts there, and
numbers here.  What no rule can say is counted apart, and its number is known:
versions (SEMVER), empty lists, and faulty constraints.
"""

import datetime
import json
import os
import re
import subprocess
import sys

PACKAGE = "@unleash/client-specification"
SUITES = ("09-strategy-constraints", "11-strategy-constraints-edge-cases",
          "13-constraint-operators", "15-global-constraints")
SAID, NOT_SAID = 62, 12
STRINGS = {"STR_STARTS_WITH": "startsWith", "STR_ENDS_WITH": "endsWith",
           "STR_CONTAINS": "contains"}
NUMBERS = {"NUM_EQ": "eq", "NUM_GT": "gt", "NUM_GTE": "gte", "NUM_LT": "lt",
           "NUM_LTE": "lte"}
TIMES = {"DATE_AFTER": "gt", "DATE_BEFORE": "lt"}
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")


class CannotSay(Exception):
    """No rule can say it."""


class Raw(str):
    """A number as it is written."""


def dump(value):
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        return "{%s}" % ",".join("%s:%s" % (json.dumps(k), dump(v))
                                 for k, v in value.items())
    if isinstance(value, list):
        return "[%s]" % ",".join(map(dump, value))
    return json.dumps(value)


def instant(text):
    time = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return Raw(round(time.timestamp() * 1000))


def leaf(constraint):
    name, operator = constraint["contextName"], constraint["operator"]
    if operator in ("IN", "NOT_IN"):
        if not constraint["values"]:
            raise CannotSay
        return {"property": name, "value": constraint["values"],
                "operator": "in" if operator == "IN" else "notIn"}
    if operator in STRINGS:
        more = {"ignoreCase": True} if constraint.get("caseInsensitive") \
            else {}
        return {"any": [dict({"property": name, "value": value,
                              "operator": STRINGS[operator]}, **more)
                        for value in constraint["values"]]}
    if operator in NUMBERS:
        return {"property": name + " as a number",
                "operator": NUMBERS[operator],
                "value": Raw(constraint["value"])}
    if operator in TIMES:
        return {"property": name + " as a time", "operator": TIMES[operator],
                "value": instant(constraint["value"])}
    raise CannotSay


def condition(constraint):
    said = leaf(constraint)
    return {"not": said} if constraint.get("inverted") else said


def conditions(strategies, segments):
    """Any of the strategies, of each of which all constraints must hold."""
    said = []
    for strategy in strategies:
        constraints = list(strategy.get("constraints", ()))
        for number in strategy.get("segments", ()):
            if number not in segments:
                raise CannotSay
            constraints += segments[number]
        parts = [condition(c) for c in constraints]
        if strategy["name"] == "userWithId":
            parts.append({"property": "userId", "operator": "in", "value":
                          strategy["parameters"]["userIds"].split(",")})
        elif strategy["name"] != "default":
            raise CannotSay
        if not parts:
            return None
        said.append({"all": parts})
    return said[0]["all"] if len(said) == 1 else [{"any": said}]


def properties(context):
    """All that the context has, and as numbers what may be one."""
    values = dict(context, **context.get("properties", {}))
    values.pop("properties", None)
    for name, text in list(values.items()):
        if isinstance(text, str) and NUMBER.fullmatch(text):
            values[name + " as a number"] = Raw(text)
        elif name == "currentTime":
            values[name + " as a time"] = instant(text)
    return values


def cases(folder):
    """What is tested, the conditions, an event's properties, and whether they
    must hold."""
    for suite in SUITES:
        with open(os.path.join(folder, suite + ".json"),
                  encoding="utf-8") as file:
            suite = json.load(file)
        state = suite["state"]
        flags = {f["name"]: f for f in state["features"]}
        segments = {s["id"]: s["constraints"]
                    for s in state.get("segments", ())}
        for test in suite["tests"]:
            flag = flags.get(test["toggleName"], {"strategies": []})
            try:
                said = conditions(flag["strategies"], segments)
            except CannotSay:
                yield test["description"], None, None, None
                continue
            rule = {"eventType": "x", "badge": Raw(1)}
            if said is not None:
                rule["conditions"] = said
            yield (test["description"], rule, properties(test["context"]),
                   test["expectedResult"])


def main():
    if len(sys.argv) != 3:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    lines, wanted, not_said = [], [], 0
    for name, rule, event, result in cases(os.path.join(
            sys.argv[1], PACKAGE, "specifications")):
        if rule is None:
            not_said += 1
            continue
        wanted.append((name, result))
        lines.append(dump({
            "zone": "UTC", "dayStart": Raw(0), "rules": [dump(rule)],
            "events": [{"type": "x", "time": "2026-01-01T00:00:00Z",
                        "properties": event}]}))
    told = subprocess.run(
        [os.path.join(sys.argv[2], "tests/model/player")], check=True,
        input="\n".join(lines) + "\n", capture_output=True,
        encoding="utf-8").stdout.splitlines()
    failed = 0
    for (name, result), answer in zip(wanted, told):
        if (answer == "1*") != result:
            failed += 1
            print("%s: it must%s hold" % (name, "" if result else " not"))
    if (len(told), not_said) != (SAID, NOT_SAID):
        failed += 1
        print("%d cases can be said and %d cannot: it was %d and %d" % (
            len(told), not_said, SAID, NOT_SAID))
    print("# PASS: %d\n# FAIL: %d" % (len(told) - failed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
