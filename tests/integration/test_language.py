"""What rules can say beyond a type and a number, through the API."""

import collections
import itertools
import json
import unittest

import packed
from case import StackTest, unique
from client import Together

# Every member in a form of its own, as it is told by an answer.
MEMBERS = {
    "priority": 7,
    "validFrom": "2026-01-01T00:00:00.000000Z",
    "validUntil": "2027-01-01T00:00:00.000000Z",
    "conditions": [
        {"property": "stars", "operator": "gte", "value": 4},
        {"any": [{"property": "country", "operator": "in",
                  "value": ["CH", "LI", 7, True]},
                 {"not": {"property": "channel", "operator": "eq",
                          "value": "shop", "ignoreCase": True}}]}],
    "requires": {"badges": ["b1"],
                 "points": [{"pointScale": "reputation", "atLeast": -5}]},
    "distinct": "orderId",
    "repeat": True,
    "within": {"seconds": 60},
    "limit": [{"times": 3, "per": "day"}, {"times": 1, "seconds": 60}],
    "streak": {"unit": "day", "length": 7, "grace": 1},
    "pointsFrom": {"property": "total", "factor": "1.5", "min": 1,
                   "max": 100},
}
DEFAULTS = dict.fromkeys(MEMBERS) | {"priority": 0, "repeat": False}
# What a member cannot do without.
WITH = {"within": {"numberOfTimesToGetTheAward": 3}}

BAD = (
    ("priority", 1000001, {"/priority": "out_of_range"}),
    ("priority", "high", {"/priority": "invalid_type"}),
    ("validFrom", "yesterday", {"/validFrom": "invalid_format"}),
    ("validUntil", 1767225600, {"/validUntil": "invalid_type"}),
    ("conditions", [], {"/conditions": "too_few"}),
    ("conditions", [{"property": "p", "operator": "like", "value": "x"}],
     {"/conditions/0/operator": "invalid_value"}),
    ("conditions", [{"property": "p", "operator": "eq"}],
     {"/conditions/0/value": "required"}),
    ("conditions", [{"any": []}], {"/conditions/0/any": "too_few"}),
    ("conditions", [{"not": {"any": [{"not": {"all": []}}]}}],
     {"/conditions/0/not/any/0/not": "too_deep"}),
    ("conditions", [{"property": "p", "operator": "exists"}] * 33,
     {"/conditions/32": "too_many"}),
    ("conditions", [{"property": "p", "operator": "in", "value": [1] * 101}],
     {"/conditions/0/value": "too_many"}),
    ("conditions", [{"property": "p", "operator": "eq", "value": 5,
                     "ignoreCase": True}],
     {"/conditions/0/ignoreCase": "invalid_value"}),
    ("conditions", [{"property": "p", "operator": "lt", "value": "1"},
                    {"property": "p", "operator": "lt", "value": [1]}],
     {"/conditions/1/value": "invalid_type"}),
    ("requires", {}, {"/requires/badges": "required"}),
    ("requires", {"badges": [""]}, {"/requires/badges/0": "too_short"}),
    ("requires", {"badges": ["b"] * 11}, {"/requires/badges": "too_many"}),
    ("requires", {"points": [{"pointScale": "s"}]},
     {"/requires/points/0/atLeast": "required"}),
    ("requires", {"points": {"pointScale": "s", "atLeast": 1}},
     {"/requires/points": "invalid_type"}),
    ("requires", {"levels": []}, {"/requires/levels": "unknown_member"}),
    ("distinct", "", {"/distinct": "too_short"}),
    ("repeat", "yes", {"/repeat": "invalid_type"}),
    ("within", {"seconds": 60}, {"/within": "invalid_value"}),
    ("limit", [], {"/limit": "too_few"}),
    ("limit", [{"times": 1, "per": "day"}] * 9, {"/limit": "too_many"}),
    ("limit", {"times": 0, "per": "day"}, {"/limit/times": "out_of_range"}),
    ("limit", [{"times": 1, "per": "day"}, {"times": 1}],
     {"/limit/1/per": "invalid_value"}),
    ("limit", {"times": 1, "per": "day", "seconds": 5},
     {"/limit/per": "invalid_value"}),
    ("limit", {"times": 1, "per": "decade"}, {"/limit/per": "invalid_value"}),
    ("limit", {"times": 101, "seconds": 5}, {"/limit/times": "out_of_range"}),
    ("limit", {"times": 1, "pre": "day"}, {"/limit/pre": "unknown_member"}),
    ("limit", 3, {"/limit": "invalid_type"}),
    ("streak", {"length": 3}, {"/streak/unit": "required"}),
    ("streak", {"unit": "hour", "length": 3},
     {"/streak/unit": "invalid_value"}),
    ("streak", {"unit": "day", "length": 0},
     {"/streak/length": "out_of_range"}),
    ("streak", {"unit": "day", "length": 3, "grace": 31},
     {"/streak/grace": "out_of_range"}),
    ("pointsFrom", {"factor": "2"}, {"/pointsFrom/property": "required"}),
    ("pointsFrom", {"property": "p", "factor": "1e3"},
     {"/pointsFrom/factor": "invalid_format"}),
    ("pointsFrom", {"property": "p", "factor": "1234567890.123456789"},
     {"/pointsFrom/factor": "invalid_format"}),
    ("pointsFrom", {"property": "p", "factor": 2},
     {"/pointsFrom/factor": "invalid_type"}),
    ("pointsFrom", {"property": "p", "min": 2, "max": 1},
     {"/pointsFrom/max": "out_of_range"}),
)
TOGETHER = (
    ({"validFrom": "2026-01-01T00:00:00Z",
      "validUntil": "2026-01-01T00:00:00Z"}, {"/validUntil": "invalid_value"}),
    ({"within": {"calendar": "day", "seconds": 5},
      "numberOfTimesToGetTheAward": 2}, {"/within/seconds": "invalid_value"}),
    ({"within": {"seconds": 5}, "numberOfTimesToGetTheAward": 101},
     {"/numberOfTimesToGetTheAward": "out_of_range"}),
    ({"streak": {"unit": "day", "length": 2},
      "numberOfTimesToGetTheAward": 2}, {"/streak": "invalid_value"}),
    ({"eventType": None}, {"/eventType": "required"}),
    ({"eventType": None, "requires": {"badges": ["b"]}, "cooldown": 5},
     {"/cooldown": "invalid_value"}),
    ({"eventType": None, "requires": {"badges": ["b"]},
      "limit": {"times": 1, "per": "day"}}, {"/limit": "invalid_value"}),
)
DAYS = ["2026-06-%02dT10:00:00Z" % day for day in range(1, 31)]


def named(value):
    """What an answer tells of references, by their names alone."""
    if isinstance(value, dict) and "appKey" in value:
        return value["name"]
    if isinstance(value, dict):
        return {k: named(v) for k, v in value.items()}
    if isinstance(value, list):
        return [named(v) for v in value]
    return value


class Members(StackTest):
    """They come back as they were sent, or are refused as a whole."""

    def bodies(self):
        for member, value in MEMBERS.items():
            body = {"eventType": "e", "badge": "b", member: value}
            if member == "pointsFrom":
                body["pointScale"] = "reputation"
            yield member, value, body | WITH.get(member, {})

    def test_each_comes_back_as_it_was_sent(self):
        app = self.app()
        for member, value, body in self.bodies():
            with self.subTest(member):
                path = "/rules/" + member
                made = self.assert_json(app.put(path, body), 201)
                self.assertEqual(named(made[member]), value)
                for other in set(MEMBERS) - {member}:
                    self.assertEqual(made[other], DEFAULTS[other])
                version = self.version(app)
                again = app.put(path, made)
                self.assertEqual(again.json, made)
                self.assertEqual(self.version(app), version)
                got = app.get(path)
                self.assertEqual(got.json, made)
                self.assertEqual(again.header("etag"), got.header("etag"))
                self.assertIn(made, app.get("/rules").json["data"])
                without = dict(made, **{member: None})
                if member == "pointsFrom":
                    without["points"] = 1
                self.assertEqual(
                    self.assert_json(app.put(path, without))[member],
                    DEFAULTS[member])
                self.assertEqual(self.version(app), version + 1)

    def version(self, app):
        return self.stack.sql_number(
            "SELECT version FROM application WHERE id = %d" % app.id)

    def test_one_limit_needs_no_list(self):
        rule = self.app().rule(limit={"times": 1, "per": "ever"})
        self.assertEqual(rule["limit"], [{"times": 1, "per": "ever"}])

    def test_what_is_faulty_is_refused_where_it_stands(self):
        app = self.app()
        base = {"name": "r", "eventType": "e", "points": 1,
                "pointScale": "s"}
        for member, value, faults in BAD:
            with self.subTest(member, value=value):
                body = dict(base, **{member: value})
                if member == "pointsFrom":
                    del body["points"]
                self.assert_invalid(app.post("/rules", body), faults)
        for members, faults in TOGETHER:
            with self.subTest(members):
                self.assert_invalid(
                    app.post("/rules", dict(base, **members)), faults)
        self.assertEqual(app.get("/rules").json["data"], [])

    def test_the_classic_interface_keeps_what_it_does_not_know(self):
        app = self.app(classic=True)
        for member, _, body in self.bodies():
            if member == "pointsFrom":
                continue
            with self.subTest(member):
                made = app.put("/rules/" + member, body).json
                shown = app.classic("GET", "/rules/" + member).json
                self.assertFalse(set(shown) & set(MEMBERS))
                self.assert_status(app.classic(
                    "PUT", "/rules/" + member, dict(
                        shown, description="classic", points=1,
                        pointScale={"name": "s", "description": "s"})), 202)
                after = app.get("/rules/" + member).json
                self.assertEqual(after["description"], "classic")
                self.assertEqual(named(after[member]), named(made[member]))

    def test_what_a_rule_requires_is_made_and_cannot_be_deleted(self):
        app = self.app()
        app.rule(requires={"badges": ["new"], "points": [
            {"pointScale": "coins", "atLeast": 5}]}, name="r")
        self.assert_problem(app.delete("/badges/new"), 409, "badge_in_use")
        self.assert_problem(app.delete("/pointScales/coins"), 409,
                            "point_scale_in_use")
        self.assert_status(app.delete("/rules/r"), 204)
        self.assert_status(app.delete("/badges/new"), 204)
        self.assert_status(app.delete("/pointScales/coins"), 204)


class Cases(StackTest):
    """Rows of the contract's tables, posted one by one and as a batch."""

    def gives(self, app, times, properties=None, user=None):
        """The number of awards of each event."""
        user = user or unique("user")
        events = [{"username": user, "eventType": "review", "timestamp": time}
                  for time in times]
        for event, more in zip(events, properties or ()):
            event["properties"] = more
        one = [len(app.event(**dict(
            event, event_type=event.pop("eventType")))["awards"])
            for event in map(dict, events)]
        for event in events:
            event["username"] = user + "-batch"
        results = self.assert_json(
            app.post("/events/batch", {"events": events}))["results"]
        batch = [len(r["event"]["awards"]) for r in results]
        self.assertEqual(one, batch)
        return one

    def rule(self, **members):
        app = self.app()
        app.rule(**members)
        return app

    def test_limits(self):
        app = self.rule(limit={"times": 1, "per": "day"})
        self.assertEqual(self.gives(app, (
            "2026-06-01T21:00:00Z", "2026-06-02T20:00:00Z",
            "2026-06-03T19:00:00Z")), [1, 1, 1])        # W1a
        self.assertEqual(self.gives(self.rule(cooldown=86400), (
            "2026-06-01T21:00:00Z", "2026-06-02T20:00:00Z",
            "2026-06-03T19:00:00Z")), [1, 0, 1])        # W1b
        self.assertEqual(self.gives(app, (
            "2026-06-05T10:00:00Z", "2026-06-05T12:00:00Z",
            "2026-06-04T12:00:00Z")), [1, 0, 1])        # L5
        app = self.rule(limit={"times": 5, "per": "day"})
        self.assertEqual(self.gives(app, ["2026-06-01T18:00:00Z"] * 5 + [
            "2026-06-01T23:59:59.999999Z", "2026-06-02T00:00:00Z"]),
            [1] * 5 + [0, 1])                           # W3
        app = self.rule(limit={"times": 3, "seconds": 60})
        self.assertEqual(self.gives(app, [
            "2026-06-01T00:0%d:%02dZ" % divmod(second, 60)
            for second in (0, 10, 20, 30, 61, 70)]),
            [1, 1, 1, 0, 1, 1])                         # W7

    def test_a_changed_limit_knows_the_awards_of_before(self):
        app = self.app()
        rule = app.rule(limit={"times": 1, "per": "week"})
        self.assertEqual(self.gives(app, DAYS[:2], user="u"), [1, 0])
        for times, more in ((3, [1, 1, 0]), (2, [0]), (None, [1, 1])):
            self.assert_json(app.put("/rules/" + rule["name"], dict(
                rule, limit=times and {"times": times, "per": "week"})))
            self.assertEqual(self.gives(app, DAYS[2:2 + len(more)],
                                        user="u"), more)

    def test_windows(self):
        times = ("2026-06-02T10:00:00Z", "2026-06-07T10:00:00Z",
                 "2026-06-08T09:00:00Z")
        for within, gives in (({"seconds": 604800}, [0, 0, 1]),
                              ({"calendar": "week"}, [0, 0, 0])):
            app = self.rule(numberOfTimesToGetTheAward=3, within=within)
            self.assertEqual(self.gives(app, times), gives)     # W5

    def test_conditions_come_before_the_cooldown(self):
        app = self.rule(cooldown=30, conditions=[
            {"property": "stars", "operator": "gte", "value": 4}])
        self.assertEqual(self.gives(app, (
            "2026-06-01T00:00:00Z", "2026-06-01T00:00:05Z",
            "2026-06-01T00:00:10Z"), ({"stars": 2}, {"stars": 5},
                                      {"stars": 5})), [0, 1, 0])    # W9

    def test_a_period(self):
        app = self.rule(validFrom="2026-08-13T00:00:00Z",
                        validUntil="2026-08-20T00:00:00Z")
        self.assertEqual(self.gives(app, (
            "2026-08-12T23:59:59.999999Z", "2026-08-13T00:00:00Z",
            "2026-08-20T00:00:00Z")), [0, 1, 0])        # W13

    def test_streaks(self):
        app = self.rule(streak={"unit": "day", "length": 3})
        self.assertEqual(self.gives(app, DAYS[:3]), [0, 0, 1])      # L1
        app = self.rule(streak={"unit": "day", "length": 2})
        self.assertEqual(self.gives(app, DAYS[:1] * 3 + DAYS[1:2]),
                         [0, 0, 0, 1])                  # S6
        app = self.rule(streak={"unit": "day", "length": 3}, repeat=True)
        self.assertEqual(self.gives(app, DAYS[:3] + DAYS[4:7] + DAYS[3:4]),
                         [0, 0, 1, 0, 0, 1, 0])         # L4
        app = self.rule(streak={"unit": "day", "length": 3, "grace": 1})
        for days, gives in (((1, 2, 4), 1), ((1, 2, 5), 0), ((1, 3, 5), 1)):
            self.assertEqual(
                sum(self.gives(app, [DAYS[d - 1] for d in days])), gives)
        app = self.rule(streak={"unit": "week", "length": 3})
        self.assertEqual(self.gives(app, (
            "2025-12-24T00:00:00Z", "2025-12-29T00:00:00Z",
            "2026-01-05T00:00:00Z")), [0, 0, 1])        # K1
        app = self.rule(streak={"unit": "day", "length": 7}, repeat=True)
        self.assertEqual(sum(self.gives(app, DAYS[:21])), 3)        # S8

    def test_distinct_values(self):
        app = self.rule(distinct="post")
        self.assertEqual(self.gives(app, DAYS[:5], (
            {"post": 7}, {"post": 7.0}, {"post": "7"}, {}, {"post": 8})),
            [1, 0, 1, 0, 1])

    def test_points_from_a_property(self):
        app = self.app()
        app.post("/rules", {
            "name": "r", "eventType": "order", "pointScale": "coins",
            "pointsFrom": {"property": "total", "factor": "1.5",
                           "max": 1000}})
        given = [[a["points"] for a in app.event(
            "u", "order", properties={"total": total})["awards"]]
            for total in (1, 9.99, -1, 1e9, "5", None)]
        self.assertEqual(given, [[1], [14], [-1], [1000], [], []])
        self.assertEqual(app.points("u", "coins"), 1014)

    def test_m1_milestones(self):
        app = self.app()
        for name, needs in (("a", {"points": [{"pointScale": "reputation",
                                               "atLeast": 100}]}),
                            ("b", {"badges": ["a"]}),
                            ("c", {"badges": ["b"]})):
            app.put("/rules/" + name, {"badge": name, "requires": needs})
        app.rule(points=100)
        first, second = app.event("u"), app.event("u")
        self.assertEqual([a.get("badge") for a in first["awards"]],
                         [None, "a", "b", "c"])
        self.assertEqual(len(second["awards"]), 1)
        self.assertEqual([b["name"] for b in app.user("u")["badgesArray"]],
                         ["a", "b", "c"])

    def test_priority_orders_the_awards(self):
        app = self.app()
        for name, priority in (("old", 0), ("low", -1), ("high", 1),
                               ("new", 0)):
            app.rule(name=name, priority=priority)
        self.assertEqual([a["rule"] for a in app.event()["awards"]],
                         ["high", "old", "new", "low"])

    def test_a_refused_event_leaves_no_trace(self):
        app = self.app()
        app.rule(limit=[{"times": 9, "per": "day"},
                        {"times": 9, "seconds": 60}], distinct="post")
        app.rule(streak={"unit": "day", "length": 2}, repeat=True)
        app.rule(name="most", points=2 ** 63 - 30, conditions=[
            {"property": "most", "operator": "exists"}])
        app.event("u", timestamp=DAYS[0], properties={"post": 0})
        app.event("u", timestamp=DAYS[0], properties={"post": 1})
        for day in (DAYS[0], DAYS[1], DAYS[20]):
            before = self.standing(app)
            self.assert_problem(app.post("/events", {
                "username": "u", "eventType": "review", "timestamp": day,
                "properties": {"post": day, "most": 1}}),
                409, "balance_overflow")
            self.assertEqual(self.standing(app), before)
            app.event("u", timestamp=day, properties={"post": day + "!"})
            self.assertNotEqual(self.standing(app), before)

    def standing(self, app):
        return self.stack.sql(
            "SELECT HEX(standing) FROM user WHERE application_id = %d"
            % app.id)[0][0]


class Together64(StackTest):
    """Clients that come at once, through two keys."""

    CLIENTS = 64

    def at_once(self, app, send):
        keys = itertools.cycle((app.secret, app.new_key()["key"]))
        return Together([
            lambda n=n, key=next(keys): send(app, n, key)
            for n in range(self.CLIENTS)]).join()

    @staticmethod
    def single(app, n, key):
        r = app.post("/events", {"username": "u", "eventType": "review",
                                 "timestamp": DAYS[0]}, key=key)
        return [r.json] if r.status == 201 else r

    @staticmethod
    def batch(app, n, key):
        r = app.post("/events/batch", {"events": [
            {"username": "u", "eventType": "review", "timestamp": DAYS[0]}
            for _ in range(5)]}, key=key)
        return [one["event"] for one in r.json["results"]]

    def everything(self):
        """All rules at the same user: what each gives is its own."""
        for send in (self.single, self.batch):
            app = self.app()
            for name, members in (
                    ("day", {"limit": {"times": 1, "per": "day"}}),
                    ("window", {"limit": {"times": 7, "seconds": 60}}),
                    ("badge", {"badge": "b", "scale": None,
                               "numberOfTimesToGetTheAward": 30}),
                    ("repeat", {"numberOfTimesToGetTheAward": 16,
                                "repeat": True}),
                    ("streak", {"streak": {"unit": "day", "length": 1}})):
                app.rule(name=name, **members)
            events = [event for some in self.at_once(app, send)
                      for event in some]
            given = collections.Counter(
                award["rule"] for event in events
                for award in event["awards"])
            self.assertEqual(given, {
                "day": 1, "window": 7, "badge": 1,      # W8, D2
                "repeat": len(events) // 16, "streak": 1})
            self.assertEqual(len(events), 64 if send == self.single else 320)

    def test_with_one_worker(self):
        self.everything()

    def test_with_two(self):
        self.stack.change("server", "workers", 2)
        try:
            self.everything()
        finally:
            self.stack.change("server", "workers", None)


class Kept(StackTest):
    """What the user's row keeps of it, and damage to that."""

    def test_a_standing_stays_small(self):
        """With 20 rules in play, under 400 bytes."""
        app = self.app()
        for n in range(5):
            app.rule(name="plain-%d" % n)
            app.rule(name="limit-%d" % n, limit={"times": 1, "per": "day"})
            app.rule(name="streak-%d" % n, repeat=True, streak={
                "unit": "week", "length": 2})
            app.rule(name="every-%d" % n, repeat=True,
                     numberOfTimesToGetTheAward=5)
        for day in DAYS[::3]:
            app.event("u", timestamp=day)
        size = self.stack.sql_number(
            "SELECT LENGTH(standing) FROM user WHERE application_id = %d"
            % app.id)
        self.assertLess(size, 400)

    def test_verify_tells_what_differs(self):
        app = self.app()
        app.rule(name="daily", limit={"times": 1, "per": "day"})
        app.event("u", timestamp=DAYS[0])
        text, = self.stack.sql("SELECT HEX(standing) FROM user WHERE"
                               " application_id = %d" % app.id)[0]
        standing = packed.Standing(bytes.fromhex(text))
        self.assertEqual(standing.pack(), bytes.fromhex(text))
        (place, times), = standing.other[packed.AWARDS].items()
        self.assertEqual(times, 1)
        standing.other[packed.AWARDS] = {place: 2,
                                         (place[0], place[1] + 8): 1}
        self.set_standing(app, standing.pack())
        rc, out, err, value = self.stack.ctl("verify", "--app", app.name)
        self.assertEqual((rc, len(value["differences"])), (1, 2), out + err)
        self.assertIn('awards in a unit of rule \\"daily\\" at',
                      json.dumps(value))
        self.set_standing(app, bytes.fromhex(text))

    def set_standing(self, app, data):
        self.stack.sql("UPDATE user SET standing = X'%s' WHERE"
                       " application_id = %d" % (data.hex(), app.id))


if __name__ == "__main__":
    unittest.main()
