"""What the tests of a user's chain of events have in common."""

import random

from client import Connection, segment
from regressions import Regressions

# Event types, by what the rules of `make_rules` give for them: three entries of
# the ledger and two badges, nothing, one entry, a badge alone, an entry once.
TYPES = ("three", "none", "one", "badge", "seventh")
MINUTE = "2026-01-01T%02d:%02d:00.000000Z"


def ledger_of(events):
    """The ledger that a user has after these events, the newest first."""
    entries = []
    for event in events:
        for award in event["awards"]:
            if "pointScale" in award:
                entries.append({
                    "number": len(entries) + 1, "event": event["id"],
                    "createdAt": event["receivedAt"],
                    **{member: award[member] for member in (
                        "rule", "pointScale", "points", "balance")}})
    return entries[::-1]


class Chains(Regressions):
    """What the tests below have in common."""

    made = ()

    @classmethod
    def app(cls, classic=False):
        app = super().app(classic)
        cls.made += (app,)
        return app

    @classmethod
    def tearDownClass(cls):
        """Its very many events are not verified after the other classes."""
        super().tearDownClass()
        for app in cls.made:
            rc, out, err, _ = cls.stack.ctl("app", "delete", app.name,
                                            "--yes")
            if rc != 0:
                raise AssertionError(out + err)

    @staticmethod
    def make_rules(app):
        app.rule("three", 10, "s1", badge="b1")
        app.rule("three", -3, "s2")
        app.rule("three", scale=None, badge="b2")
        app.rule("three", 1, "s1")
        app.rule("one", 5, "s1")
        app.rule("badge", scale=None, badge="b3")
        app.rule("seventh", 7, "s3", numberOfTimesToGetTheAward=7)

    def post(self, app, bodies):
        """Send events in batches of 1,000; the events as they are stored."""
        events = []
        for i in range(0, len(bodies), 1000):
            for _ in range(5):      # a slow machine may need longer than 2 s
                r = app.post("/events/batch", {"events": bodies[i:i + 1000]})
                if r.status == 200:
                    break
            for result in self.assert_json(r)["results"]:
                self.assertIn(result["status"], (200, 201))
                events.append(dict(result["event"], replayed=False))
        return events

    def fill(self, app, count, usernames=("ann",), seed=1):
        """So many events for each user, mixed; {username: events}."""
        choice = random.Random(seed)
        turns = [name for name in usernames for _ in range(count)]
        choice.shuffle(turns)
        bodies = [{"id": "%s-%d" % (name, i), "username": name,
                   "eventType": choice.choice(TYPES),
                   "timestamp": MINUTE % (choice.randrange(24),
                                          choice.randrange(60)),
                   "properties": {"n": i}}
                  for i, name in enumerate(turns)]
        events = self.post(app, bodies)
        return {name: [e for e in events if e["username"] == name]
                for name in usernames}

    def grow(self, app, username, count, values="'none', NULL, NULL"):
        """So many events more at the end of a user's chain, which is faster
        here than through the API.  values: type, awards and properties."""
        self.stack.sql(
            "BEGIN; SET @own = %d; SELECT events, last_event INTO @n, @last"
            " FROM user WHERE application_id = @own AND username = '%s';"
            "INSERT INTO event SELECT @own, @last + seq, @last + seq - 1,"
            " @n + seq, (SELECT version FROM application WHERE id = @own),"
            " 0, 1, NULL, '%s', CONCAT('grown-', @n + seq), %s, NULL"
            " FROM seq_1_to_%d;"
            "UPDATE user SET events = @n + %d, last_event = @last + %d"
            " WHERE application_id = @own AND username = '%s'; COMMIT" % (
                app.id, username, username, values, count, count, count,
                username))

    def pages(self, app, target, limit):
        """(items, next cursor) of one page after the other."""
        mark = "&" if "?" in target else "?"
        cursor, seen = None, {None}
        with Connection(self.stack.port) as connection:
            while True:
                for _ in range(20):     # a slow machine may need too long
                    r = connection.request("GET", "/api/v1%s%slimit=%d%s" % (
                        target, mark, limit,
                        "&cursor=" + segment(cursor) if cursor else ""),
                        headers={"X-API-Key": app.secret})
                    if r.status != 503:
                        break
                page = self.assert_json(r)
                self.assertLessEqual(len(page["data"]), limit)
                cursor = page["nextCursor"]
                yield page["data"], cursor
                if cursor is None:
                    return
                self.assertNotIn(cursor, seen, "the pages go in circles")
                seen.add(cursor)

    def walk(self, app, target, limit):
        """All that the pages have."""
        return [item for data, _ in self.pages(app, target, limit)
                for item in data]

    def assert_pages(self, app, target, expected, limits):
        for limit in limits:
            with self.subTest(target=target, limit=limit):
                self.assertEqual(self.walk(app, target, limit), expected)
