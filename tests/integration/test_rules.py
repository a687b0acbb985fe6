"""What a rule means: every sentence of what the contract says of rules."""

import threading

import packed
from case import StackTest, unique
from client import at_once, segment


def names(event):
    """The rules that an event's awards name, in order."""
    return [a["rule"] for a in event["awards"]]


class Making(StackTest):
    """A rule's pointScale and badge, and its documents."""

    def test_an_object_or_a_name_creates_what_is_missing(self):
        app = self.app()
        for scale, badge in (("s1", "b1"),
                             ({"name": "s2"}, {"name": "b2"}),
                             ({"name": "s3", "description": "d",
                               "appKey": app.key},
                              {"name": "b3", "description": "d",
                               "appKey": app.key})):
            for method in ("POST", "PUT"):
                with self.subTest(scale=scale, method=method):
                    name = unique()
                    target = "/rules"
                    if method == "PUT":
                        target += "/" + name
                    r = app.call(method, target, {
                        "name": name, "eventType": "e", "points": 1,
                        "pointScale": scale, "badge": badge})
                    rule = self.assert_json(r, 201)
                    for kind, sent in (("pointScale", scale),
                                       ("badge", badge)):
                        sent = (sent if isinstance(sent, dict)
                                else {"name": sent})
                        expected = {"name": sent["name"], "appKey": app.key,
                                    "description":
                                    sent.get("description", "")}
                        self.assert_members(rule[kind], expected)
                        stored = self.assert_json(app.get("/%ss/%s" % (
                            kind, sent["name"])))
                        self.assert_members(stored, expected)

    def test_one_that_exists_keeps_its_description(self):
        app = self.app()
        app.post("/pointScales", {"name": "s", "description": "old"})
        app.post("/badges", {"name": "b", "description": "old",
                             "imageUrl": "https://example.org/old"})
        rule = app.rule(scale={"name": "s", "description": "new"},
                        badge={"name": "b", "description": "new"})
        self.assertEqual(rule["pointScale"]["description"], "old")
        self.assertEqual(rule["badge"]["description"], "old")
        for target in ("/pointScales/s", "/badges/b"):
            self.assertEqual(
                self.assert_json(app.get(target))["description"], "old")

    def test_either_may_be_missing_but_not_both(self):
        app = self.app()
        self.assertFalse(app.rule(scale="s").get("badge"))
        self.assertFalse(app.rule(scale=None, badge="b").get("pointScale"))
        for extra in ({}, {"pointScale": None, "badge": None}):
            with self.subTest(extra), self.nothing_applied():
                r = app.post("/rules", dict(
                    extra, name=unique(), eventType="e"))
                problem = self.assert_problem(r, 422, "invalid_body")
                self.assertIn("required",
                              [e["code"] for e in problem["errors"]])

    def test_points_go_with_a_point_scale(self):
        app = self.app()
        with self.nothing_applied():
            self.assert_invalid(app.post("/rules", {
                "name": "r", "eventType": "e", "points": 5, "badge": "b"}),
                {"/points": None})
            self.assert_invalid(app.post("/rules", {
                "name": "r", "eventType": "e", "pointScale": "s"}),
                {"/points": "required"})
        self.assert_status(app.post("/rules", {
            "name": "r", "eventType": "e", "points": 0, "badge": "b"}), 201)

    def test_every_answer_carries_the_objects(self):
        app = self.app()
        app.rule(name="r", scale="s", badge="b", description="d",
                 property="p")
        for document in (
                self.assert_json(app.get("/rules/r")),
                self.assert_json(app.get("/rules"))["data"][0],
                self.assert_json(app.put("/rules/r", {
                    "description": "d", "property": "p",
                    "eventType": "review", "points": 10, "pointScale": "s",
                    "badge": "b"}))):
            self.assert_members(document, {
                "name": "r", "description": "d", "appKey": app.key,
                "enabled": True, "eventType": "review", "property": "p",
                "numberOfTimesToGetTheAward": 1, "points": 10})
            self.assert_members(document["pointScale"], {
                "name": "s", "description": "", "appKey": app.key})
            self.assert_members(document["badge"], {
                "name": "b", "description": "", "appKey": app.key})

    def test_all_faults_are_reported_at_once(self):
        app = self.app()
        with self.nothing_applied():
            self.assert_invalid(app.post("/rules", {
                "name": "", "eventType": 5, "property": ["x"],
                "numberOfTimesToGetTheAward": 0, "points": 1.5,
                "pointScale": {"name": "x\u0001", "colour": "red",
                               "appKey": "1"},
                "badge": 7, "typo/~": 1, "enabled": "yes",
                "description": 5}), {
                    "/name": "too_short", "/eventType": "invalid_type",
                    "/property": "invalid_type",
                    "/numberOfTimesToGetTheAward": "out_of_range",
                    "/points": ("invalid_type", "invalid_value"),
                    "/pointScale/name": "control_character",
                    "/pointScale/colour": "unknown_member",
                    "/pointScale/appKey": "invalid_type",
                    "/badge": "invalid_type",
                    "/typo~1~0": "unknown_member",
                    "/enabled": "invalid_type",
                    "/description": "invalid_type"})
            self.assert_invalid(app.post("/rules", {"badge": {}}), {
                "/name": "required", "/eventType": "required",
                "/badge/name": "required"})

    def test_numbers_have_their_ranges(self):
        app = self.app()
        for points in (2 ** 63 - 1, -2 ** 63, 0, -1):
            rule = app.rule(points=points)
            self.assertEqual(rule["points"], points)
            self.assertEqual(self.assert_json(app.get(
                "/rules/" + rule["name"]))["points"], points)
        for member, text in (
                ("points", "9223372036854775808"),
                ("points", "-9223372036854775809"),
                ("points", "1" + "0" * 400), ("points", "1e400"),
                ("points", "1e19"),
                ("numberOfTimesToGetTheAward", "0"),
                ("numberOfTimesToGetTheAward", "-1"),
                ("numberOfTimesToGetTheAward", "9223372036854775808")):
            with self.subTest(member=member, text=text[:30]), \
                    self.nothing_applied():
                body = ('{"name": "n", "eventType": "e", "pointScale": "s",'
                        '"points": 1, "%s": %s}' % (member, text))
                if member == "points":
                    body = body.replace('"points": 1, ', "")
                self.assert_invalid(app.post("/rules", body), {
                    "/" + member: ("out_of_range", "invalid_type")
                    if "e" in text else "out_of_range"})


class Matching(StackTest):
    """When an event matches."""

    def test_the_property_must_be_there_and_not_false_or_null(self):
        app = self.app()
        app.rule(property="verified")
        for properties, matches in (
                ({"verified": True}, True), ({"verified": 0}, True),
                ({"verified": 1.5}, True), ({"verified": ""}, True),
                ({"verified": "false"}, True), ({"verified": "x"}, True),
                ({"a": 1, "verified": 2}, True),
                (["verified"], True), (["x", "verified"], True),
                ({"verified": False}, False), ({"verified": None}, False),
                ({"Verified": True}, False), ({"verifie": True}, False),
                ({"verified2": True}, False), ({"x": "verified"}, False),
                ({}, False), ([], False), (["Verified"], False),
                (["verified "], False), (["verifiedx"], False),
                ("(none)", False)):
            with self.subTest(properties=properties):
                more = {} if properties == "(none)" else {
                    "properties": properties}
                event = app.event(**more)
                self.assertEqual(bool(event["awards"]), matches)

    def test_a_rule_without_a_property_needs_none(self):
        app = self.app()
        app.rule()
        for more in ({}, {"properties": {}}, {"properties": ["x"]},
                     {"properties": {"verified": False}}):
            self.assertEqual(len(app.event(**more)["awards"]), 1)

    def test_only_the_own_event_type_matches(self):
        app = self.app()
        app.rule(event_type="review")
        for event_type in ("Review", "revie", "reviews", "review2"):
            self.assertEqual(app.event(event_type=event_type)["awards"], [])

    def test_a_disabled_rule_does_not_fire(self):
        app = self.app()
        app.rule(name="r", enabled=False)
        self.assertEqual(app.event()["awards"], [])
        body = {"eventType": "review", "points": 10,
                "pointScale": "reputation"}
        for enabled, count in ((True, 1), (False, 0), (True, 1)):
            app.put("/rules/r", dict(body, enabled=enabled))
            self.assertEqual(len(app.event()["awards"]), count)
        self.assertEqual(app.points(), 20)

    def test_every_matching_rule_fires_in_the_order_of_creation(self):
        app = self.app()
        order = ["zz", "aa", "mm", "Zz", "00", "é"]
        for i, name in enumerate(order):
            app.rule(name=name, points=i + 1, scale="s%d" % (i % 2))
        app.rule(name="other", event_type="other")
        app.put("/rules/aa", {"eventType": "review", "points": 2,
                              "pointScale": "s1"})     # keeps its place
        event = app.event()
        self.assertEqual(names(event), order)
        self.assertEqual([a["points"] for a in event["awards"]],
                         [1, 2, 3, 4, 5, 6])
        self.assertEqual([a["balance"] for a in event["awards"]],
                         [1, 2, 1 + 3, 2 + 4, 1 + 3 + 5, 2 + 4 + 6])
        app.delete("/rules/zz")
        app.rule(name="zz", points=1, scale="s0")       # now the last
        self.assertEqual(names(app.event()), order[1:] + ["zz"])


class Awards(StackTest):
    """What a rule that fires gives."""

    def test_the_award_of_points_and_a_badge(self):
        app = self.app()
        app.rule(name="first-review", badge="Critic", points=10)
        award, = app.event()["awards"]
        self.assertEqual(award, {
            "rule": "first-review", "pointScale": "reputation",
            "points": 10, "balance": 10, "badge": "Critic"})
        award, = app.event()["awards"]
        self.assertEqual(award, {
            "rule": "first-review", "pointScale": "reputation",
            "points": 10, "balance": 20})

    def test_a_badge_is_awarded_once_per_user_whatever_rule_gives_it(self):
        app = self.app()
        app.rule(name="r1", badge="b", points=1)
        app.rule(name="r2", badge="b", points=1)
        app.rule(name="r3", badge="b", event_type="other", scale=None)
        first = app.event()
        self.assertEqual([a.get("badge") for a in first["awards"]],
                         ["b", None])
        for event_type in ("review", "other"):
            for award in app.event(event_type=event_type)["awards"]:
                self.assertNotIn("badge", award)
        self.assertEqual([[b["name"] for b in u["badgesArray"]]
                          for u in app.all("/users")], [["b"]])
        won = app.event(username="another", event_type="other")["awards"]
        self.assertEqual([a["badge"] for a in won], ["b"])

    def test_a_rule_with_a_badge_alone_gives_no_points(self):
        app = self.app()
        app.rule(name="r", scale=None, badge="b")
        award, = app.event()["awards"]
        self.assert_members(award, {"rule": "r", "badge": "b"})
        self.assertFalse(award.get("points"))
        self.assertFalse(award.get("pointScale"))
        self.assertEqual(app.user()["pointScalesWithPoints"], [])
        self.assertEqual(app.entries(), 0)
        self.assertEqual(app.ledger(), [])

    def test_negative_points(self):
        app = self.app()
        app.rule(points=-7)
        self.assertEqual([app.event()["awards"][0]["balance"]
                          for _ in range(3)], [-7, -14, -21])
        app.rule(event_type="up", points=30)
        self.assertEqual(app.event(event_type="up")["awards"][0]["balance"],
                         9)
        self.assertEqual(app.points(), 9)

    def test_the_nth_matching_event_awards_once(self):
        app = self.app()
        for n in (1, 2, 3, 5):
            app.rule(name="r%d" % n, points=n, scale="s%d" % n,
                     badge="b%d" % n, numberOfTimesToGetTheAward=n)
        fired = [names(app.event()) for _ in range(12)]
        self.assertEqual(fired, [
            ["r1"], ["r1", "r2"], ["r1", "r3"], ["r1"], ["r1", "r5"]]
            + [["r1"]] * 7)
        self.assertEqual([app.points(scale="s%d" % n) for n in (1, 2, 3, 5)],
                         [12, 2, 3, 5])

    def test_only_matching_events_count(self):
        app = self.app()
        app.rule(name="r", property="p", numberOfTimesToGetTheAward=3)
        fired = [len(app.event(properties=p)["awards"]) for p in (
            ["p"], ["x"], {"p": False}, {"p": 1}, {}, {"p": None}, ["p"],
            ["p"])]
        self.assertEqual(fired, [0, 0, 0, 0, 0, 0, 1, 0])

    def test_each_user_has_counts_of_their_own(self):
        app = self.app()
        app.rule(numberOfTimesToGetTheAward=2)
        self.assertEqual([len(app.event(username=u)["awards"])
                          for u in "ababcc"], [0, 0, 1, 1, 0, 1])

    def test_counting_begins_with_the_rule_s_creation(self):
        app = self.app()
        for _ in range(3):
            app.event()
        app.rule(numberOfTimesToGetTheAward=2)
        self.assertEqual([len(app.event()["awards"]) for _ in range(3)],
                         [0, 1, 0])

    def test_put_keeps_the_counts(self):
        app = self.app()
        app.rule(name="r", numberOfTimesToGetTheAward=3)
        app.event()
        app.event()
        app.put("/rules/r", {"eventType": "review", "points": 50,
                             "pointScale": "other",
                             "numberOfTimesToGetTheAward": 3})
        award, = app.event()["awards"]
        self.assert_members(award, {"points": 50, "pointScale": "other"})

    def test_a_put_of_another_event_type_starts_new_counts(self):
        app = self.app()
        for name in ("first", "r", "last"):
            made = app.rule(name=name, numberOfTimesToGetTheAward=3)
            if name == "r":
                created = made["createdAt"]
        awards = []
        for event_type in ("review", "order", "review"):
            r = app.put("/rules/r", {
                "eventType": event_type, "points": 7, "pointScale": "s",
                "numberOfTimesToGetTheAward": 3})
            self.assert_status(r, 200)
            self.assertEqual(r.json["createdAt"], created)
            awards.append([
                sum(a["rule"] == "r" for a in
                    app.event(event_type=event_type)["awards"])
                for _ in range(4)])
        self.assertEqual(awards, [[0, 0, 1, 0]] * 3)
        self.assertEqual(app.points(scale="s"), 21)
        self.assertEqual([e["rule"] for e in app.ledger()
                          if e["pointScale"] == "s"], ["r"] * 3)
        self.assertEqual(sorted(r["name"] for r in
                                app.get("/rules").json["data"]),
                         ["first", "last", "r"])

    def fired(self, app, *changes):
        """How many awards the events give, with the N of the rule changed
        before each."""
        fired = []
        for times in changes:
            app.put("/rules/r", {"eventType": "review", "points": 5,
                                 "pointScale": "s",
                                 "numberOfTimesToGetTheAward": times})
            fired.append(len(app.event()["awards"]))
        return fired

    def test_the_nth_event_awards_once_whatever_n_becomes(self):
        for changes, fired in (
                ((3, 3, 3, 5, 5, 5), (0, 0, 1, 0, 0, 0)),
                ((5, 5, 5, 2, 2, 2), (0, 0, 0, 1, 0, 0)),
                ((3, 3, 3, 9, 2, 4), (0, 0, 1, 0, 0, 0)),
                # N = 1 is every event, before and after an N
                ((1, 1, 4, 4, 4, 1), (1, 1, 0, 1, 0, 1))):
            with self.subTest(changes):
                app = self.app()
                self.assertEqual(self.fired(app, *changes), list(fired))
                self.assertEqual(app.points(scale="s"), 5 * sum(fired))

    def test_delete_drops_the_counts_and_keeps_what_was_given(self):
        app = self.app()
        body = {"eventType": "review", "points": 10, "badge": "b",
                "pointScale": "s", "numberOfTimesToGetTheAward": 2}
        app.put("/rules/r", body)
        app.event()
        app.event()
        app.event()
        self.assertEqual(app.points(scale="s"), 10)
        app.delete("/rules/r")
        self.assertEqual(app.event()["awards"], [])
        self.assertEqual(app.points(scale="s"), 10)
        self.assertEqual(len(app.user()["badgesArray"]), 1)
        app.put("/rules/r", body)
        self.assertEqual([len(app.event()["awards"]) for _ in range(3)],
                         [0, 1, 0])
        self.assertEqual(app.points(scale="s"), 20)


class Cooldown(StackTest):
    """A rest after each award, by the time of the events."""

    def test_the_next_award_comes_when_it_is_over(self):
        app = self.app()
        app.rule(cooldown=86400)
        awards = [len(app.event(timestamp=time)["awards"]) for time in (
            "2026-06-01T21:00:00Z", "2026-06-02T20:00:00Z",
            "2026-06-03T19:00:00Z", "2026-06-03T20:59:59.999999Z",
            "2026-06-02T12:00:00Z", "2026-06-04T19:00:00Z")]
        self.assertEqual(awards, [1, 0, 1, 0, 0, 1])
        self.assertEqual(app.points(), 30)

    def test_of_many_at_once_one_is_awarded(self):
        app = self.app()
        app.rule(cooldown=3600)
        events = at_once([lambda: app.event() for _ in range(32)])
        self.assertEqual(sum(len(e["awards"]) for e in events), 1)
        self.assertEqual(app.points(), 10)

    def test_a_change_of_the_rule_keeps_the_time_of_the_award(self):
        app = self.app(classic=True)
        rule = app.rule(cooldown=3600)
        path = "/rules/" + rule["name"]
        app.event(timestamp="2026-06-01T12:00:00Z")
        body = dict(rule, cooldown=7200)
        self.assertEqual(self.assert_json(app.put(path, body))["cooldown"],
                         7200)
        self.assert_status(app.classic("PUT", path, dict(body, points=1)), 202)
        self.assertEqual(app.get(path).json["cooldown"], 7200)
        event = app.event(timestamp="2026-06-01T13:30:00Z")
        self.assertEqual(event["awards"], [])
        del body["cooldown"]
        self.assertIsNone(self.assert_json(app.put(path, body))["cooldown"])
        app.event(timestamp="2026-06-01T13:30:00Z")
        self.assertEqual(app.points(), 20)

    def test_it_is_a_number_of_seconds(self):
        app = self.app()
        for value, code in ((0, "out_of_range"), (-1, "out_of_range"),
                            (1000000001, "out_of_range"),
                            (1.5, "invalid_type"), ("1", "invalid_type")):
            self.assert_invalid(app.post("/rules", {
                "name": "r", "eventType": "e", "badge": "b",
                "cooldown": value}), {"/cooldown": code})


class Changes(StackTest):
    """A change to a rule is seen by the next event, in every worker."""

    def many(self, app, count=12):
        """Events at once, so that all workers take some."""
        return at_once([lambda i=i: app.event(username="u%d" % i)
                        for i in range(count)])

    def test_the_next_event_sees_a_change(self):
        app = self.app()
        app.rule(name="r", points=1)
        for points in range(2, 22):
            app.put("/rules/r", {"eventType": "review", "points": points,
                                 "pointScale": "reputation"})
            for event in self.many(app):
                self.assertEqual([a["points"] for a in event["awards"]],
                                 [points])

    def test_the_next_event_sees_a_new_and_a_deleted_rule(self):
        app = self.app()
        self.many(app)
        for _ in range(8):
            app.rule(name="r")
            self.assertEqual([names(e) for e in self.many(app)], [["r"]] * 12)
            app.delete("/rules/r")
            self.assertEqual([names(e) for e in self.many(app)], [[]] * 12)

    def test_the_next_event_sees_a_rule_of_the_classic_interface(self):
        app = self.app(classic=True)
        for i in range(5):
            r = app.classic("POST", "/rules", {
                "name": "r", "eventType": "review", "points": 1 + i,
                "numberOfTimesToGetTheAward": 1,
                "pointScale": {"name": "s"}})
            self.assert_status(r, 202)
            for event in self.many(app):
                self.assertEqual([a["points"] for a in event["awards"]],
                                 [1 + i])
            self.assert_status(
                app.classic("DELETE", "/rules", {"name": "r"}), 202)
            self.assertEqual([names(e) for e in self.many(app)], [[]] * 12)

    def test_changes_under_load_leave_nothing_unexplained(self):
        """verify, after the class, folds the events by their rules again."""
        app = self.app()
        app.rule(name="r", points=1, badge="b")

        def events(i):
            for j in range(15):
                app.event(username="u%d" % (j % 3))

        def changes(i):
            for j in range(15):
                r = app.put("/rules/r%d" % i, {
                    "eventType": "review", "points": j, "badge": "b%d" % i,
                    "pointScale": "s%d" % (j % 2),
                    "numberOfTimesToGetTheAward": 1 + j % 3})
                self.assert_status(r, 200, 201)
                if j % 5 == 4:
                    self.assert_status(app.delete("/rules/r%d" % i), 204)

        at_once([lambda i=i: (events if i % 2 else changes)(i)
                 for i in range(8)])
        self.assertEqual(app.rows("event"), 60)
        self.assertEqual(app.rows("user"), 3)
        for i in range(3):
            ledger = self.assert_json(app.get(
                "/users/%s/ledger?limit=1000" % segment("u%d" % i)))["data"]
            balances = {}
            for entry in reversed(ledger):
                scale = entry["pointScale"]
                balances[scale] = balances.get(scale, 0) + entry["points"]
                self.assertEqual(entry["balance"], balances[scale])

    def test_what_is_deleted_under_load_leaves_nothing_dangling(self):
        app = self.app()
        ending = threading.Event()

        def events(i):
            while not ending.is_set():
                app.event(username="u%d" % i)

        def changes():
            try:
                for i in range(60):
                    scale = "s%d" % i
                    r = app.put("/rules/r", {
                        "eventType": "review", "points": 1, "badge": scale,
                        "pointScale": scale,
                        "numberOfTimesToGetTheAward": 1 + i % 2})
                    self.assert_status(r, 201)
                    self.assert_status(app.delete("/rules/r"), 204)
                    for target in ("/pointScales/", "/badges/"):
                        self.assert_status(app.delete(target + scale), 204,
                                           409)
            finally:
                ending.set()

        at_once([changes] + [lambda i=i: events(i) for i in range(6)])
        self.assertGreater(app.rows("event"), 60)
        self.check_all_there(app)

    def check_all_there(self, app):
        """Whatever events gave and users have exists, and can be told."""
        scales, badges = ({int(row[0]) for row in self.stack.sql(
            "SELECT id FROM %s WHERE application_id = %d" % (table, app.id))}
            for table in ("point_scale", "badge"))
        awards = [a for (text,) in self.stack.sql(
            "SELECT HEX(awards) FROM event WHERE application_id = %d"
            " AND awards IS NOT NULL" % app.id)
            for a in packed.Awards(bytes.fromhex(text)).list]
        self.assertTrue(awards)
        self.assertLessEqual({a.scale for a in awards}, scales | {0})
        self.assertLessEqual({a.badge for a in awards}, badges | {0})
        for (text,) in self.stack.sql(
                "SELECT HEX(standing) FROM user WHERE application_id = %d"
                % app.id):
            standing = packed.Standing(bytes.fromhex(text))
            self.assertLessEqual(set(standing.balances), scales)
            self.assertLessEqual(set(standing.badges), badges)
        self.assertEqual(sum(len(e["awards"]) for e in app.all("/events")),
                         len(awards))
        entries = sum(len(app.ledger(u["username"]))
                      for u in app.all("/users"))
        self.assertEqual(entries, sum(a.scale != 0 for a in awards))
