#!/usr/bin/env python3
"""Compare two builds: the same requests must get the same answers.

usage: replay.py [--seed N] [--requests N] BEFORE AFTER

BEFORE and AFTER are folders in which Palmares is built. Each build gets a
MariaDB and an nginx of its own and the same requests, one after the other:
resources made, replaced and deleted, events alone and in batches, repeated,
with faults; lists by pages; both interfaces. Statuses, headers and bodies must
be the same to the byte, but for what no two runs have in common: times, keys,
and numbers made of them (ETags, cursors, ids). The first of these is "#1"
wherever it stands, the next "#2". At the end "verify" must find nothing.
Exit status: 0 if the answers are the same, 1 if not, 2 for wrong usage.
"""

import argparse
import difflib
import os
import random
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "integration"))

import case     # noqa: E402  the path must be set first
import stack    # noqa: E402

VARIES = re.compile(
    r'(?<=cursor=)[\w%-]+|(?<="nextCursor":")[^"]+|evt_[0-9a-z]+'
    r"|20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
# Times of requests are of another year than those of the server.
SENT = "2020-%02d-%02dT%02d:%02d:%02d.%06dZ"
HEADERS = {"date", "server", "connection", "x-request-id"}
NAMES = ["a", "B", "é", "x y", "ü/1", "c%", "0", "long" * 10]
TYPES = ["review", "Review", "log in", "ä"]
PROPERTIES = ["new", "stars", "é", "a/b", "old"]
VALUES = [True, False, None, 0, 1, -2, 1.5, 1e300, "", "text", "é", "5",
          123456789012345678]
FAULTS = [[], {}, "x", {"a": 1}, -1, "", "a\u0000b", 2 ** 70, 1.5, True, None]


class Names:
    """What differs from run to run, by a number for each, as it first came."""

    def __init__(self):
        self.known = {}

    def alias(self, text):
        return "#%d" % self.known.setdefault(text, len(self.known) + 1)

    def normal(self, text):
        text = VARIES.sub(lambda m: m[0] if m[0].startswith("2020-")
                        else self.alias(m[0]), text)
        return re.sub(r'"requestId":"[0-9a-f]+"', '"requestId":"-"', text)


class Day:
    """The requests of a day, chosen by a seed and the answers before."""

    def __init__(self, app, seed):
        self.app = app
        self.dice = random.Random(seed)
        self.names = Names()
        self.events = []    # bodies that were sent
        self.ids = []       # the ids in them
        self.etags = {}     # of a path
        self.cursors = []
        self.told = []

    def pick(self, values):
        return self.dice.choice(values)

    def chance(self, part):
        return self.dice.random() < part

    # --- bodies ---------------------------------------------------------

    def resource(self, kind):
        body = {"name": self.pick(NAMES), "description": self.pick(
            [None, "", "said", "é" * 20])}
        if kind == "badges":
            body["imageUrl"] = self.pick([None, "https://example.org/b.png"])
        if kind == "rules":
            body.update(eventType=self.pick(TYPES),
                        property=self.pick([None, None] + PROPERTIES),
                        enabled=not self.chance(0.1))
            body["numberOfTimesToGetTheAward"] = self.pick([1, 1, 2, 3, 10])
            if self.chance(0.8):
                body.update(points=self.pick([0, 1, 5, -3, 10 ** 6]),
                            pointScale=self.named(0.5))
            if self.chance(0.5) or "points" not in body:
                body["badge"] = self.named(0.5)
        return self.spoil(body)

    def named(self, part):
        name = self.pick(NAMES[:5])
        return {"name": name} if self.chance(part) else name

    def event(self):
        if self.events and self.chance(0.15):
            return self.pick(self.events)
        body = {"username": self.pick(["ann", "bob", "é", "x/y"]),
                "eventType": self.pick(TYPES)}
        if self.chance(0.6):
            names = self.dice.sample(PROPERTIES, self.dice.randrange(4))
            body["properties"] = names if self.chance(0.3) else {
                name: self.pick(VALUES) for name in names}
        if self.chance(0.5):
            body["id"] = "e%d" % self.dice.randrange(10 ** 9)
            self.ids.append(body["id"])
        if self.chance(0.3):
            body["timestamp"] = SENT % tuple(
                self.dice.randrange(low, high) for low, high in (
                    (1, 13), (1, 29), (0, 24), (0, 60), (0, 60), (0, 10 ** 6)))
        body = self.spoil(body)
        self.events.append(body)
        return body

    def spoil(self, body):
        """Now and then one member is not what it is to be."""
        if self.chance(0.08):
            body[self.pick(sorted(body) + ["unknown"])] = self.pick(FAULTS)
        if self.chance(0.02):
            del body[self.pick(sorted(body))]
        return body

    # --- requests -------------------------------------------------------

    def path(self, kind):
        return "/%s/%s" % (kind, case.segment(self.pick(NAMES)))

    def conditional(self, path):
        headers = {}
        if self.chance(0.3):
            headers[self.pick(["If-Match", "If-None-Match"])] = self.pick(
                [self.etags.get(path, '"none"'), "*", '"0"'])
        return headers

    def change(self):
        kind = self.pick(["pointScales", "badges", "rules", "rules", "rules"])
        path = self.path(kind)
        method = self.pick(["POST", "PUT", "PUT", "GET", "DELETE"])
        if method == "POST":
            return "POST", "/" + kind, self.resource(kind), {}
        body = self.resource(kind) if method == "PUT" else None
        if body is not None and self.chance(0.8):
            body.pop("name", None)
        return method, path, body, self.conditional(path)

    def read(self):
        user = "/users/" + case.segment(self.pick(["ann", "bob", "é", "no"]))
        path = self.pick([
            "/users", user, user + "/ledger", "/events", "/rules", "/badges",
            "/pointScales", "/application", "/nothing",
            "/events/%s" % self.pick(self.ids or ["e1"]),
            "/pointScales/a/users/ann",
            "/events?username=ann", "/events?eventType=review"])
        if self.chance(0.5):
            path += "%slimit=%s" % ("&" if "?" in path else "?",
                                    self.pick([1, 2, 7, 1000, 0, "x"]))
            if self.cursors and self.chance(0.5):
                path += "&cursor=" + case.segment(self.pick(self.cursors))
        return "GET", path, None, self.conditional(path)

    def ask(self):
        roll = self.dice.random()
        if roll < 0.25:
            return self.change()
        if roll < 0.45:
            return self.read()
        headers = {}
        if self.chance(0.1):
            headers["Idempotency-Key"] = "k%d" % self.dice.randrange(50)
        if roll < 0.85:
            return "POST", "/events", self.event(), headers
        return "POST", "/events/batch", {"events": [
            self.event() for _ in range(self.dice.randrange(12))]}, {}

    def classic(self):
        name = case.segment(self.pick(NAMES))
        return self.pick([
            ("GET", "/badges"), ("GET", "/rules"), ("GET", "/users"),
            ("GET", "/users/ann"), ("GET", "/pointScales"),
            ("GET", "/rules/" + name), ("GET", "/badges/" + name),
            ("GET", "/users/ann/a"), ("DELETE", "/rules/" + name),
            ("PUT", "/rules/" + name), ("POST", "/rules"),
            ("POST", "/events"), ("PUT", "/badges/" + name)])

    def step(self):
        if self.chance(0.1):
            method, path = self.classic()
            body = None
            if method in ("POST", "PUT"):
                kind = path.split("/")[1]
                body = (self.event() if kind == "events"
                        else self.resource(kind))
            self.note(method, "/api" + path, body,
                      self.app.classic(method, path, body))
            return
        method, path, body, headers = self.ask()
        answer = self.app.call(method, path, body, headers)
        etag = answer.header("ETag")
        if etag:
            self.etags[path] = etag
        if method == "GET" and answer.status == 200:
            cursor = answer.json.get("nextCursor")
            self.cursors += [cursor] if cursor else []
        self.note(method, path, body, answer)

    def note(self, method, path, body, answer):
        lines = ["%s %s" % (method, self.names.normal(path))]
        if body is not None:
            lines.append("  %.300r" % (body,))
        lines.append("  %d" % answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in HEADERS:
                if name.lower() == "etag":
                    value = self.names.alias(value)
                elif name.lower() == "content-length" and answer.status > 399:
                    value = "-"
                lines.append("  %s: %s" % (name, self.names.normal(value)))
        text = self.names.normal(answer.body.decode("utf-8"))
        self.told += lines + ["  " + line
                              for line in text.replace("},", "},\n").split(
                                  "\n")] + [""]



def play(builddir, seed, requests):
    """What a build answers, by lines."""
    server = stack.Stack(builddir)
    server.start()
    try:
        day = Day(case.App(server, classic=True), seed)
        for number in range(requests):
            day.step()
            if number % 500 == 499:
                print("%s: %d of %d" % (builddir, number + 1, requests),
                      file=sys.stderr, flush=True)
        status, out, err, _ = server.ctl("verify", as_json=False)
        day.told += ["verify: %d" % status, out, err]
    finally:
        server.stop()
    return day.told


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("before")
    parser.add_argument("after")
    args = parser.parse_args()
    case._numbers = iter(lambda: 1, 0)  # the same names for both
    before = play(args.before, args.seed, args.requests)
    after = play(args.after, args.seed, args.requests)
    difference = list(difflib.unified_diff(
        before, after, args.before, args.after, lineterm="", n=12))
    print("\n".join(difference[:400]))
    print("%d requests, %d lines, %s" % (
        args.requests, len(before),
        "the same" if not difference else "answers differ"))
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())
