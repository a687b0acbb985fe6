"""Events: posting, replaying and reading them."""

import calendar
import json
import time

from apps import OneApp
from case import StackTest, unique
from client import at_once, segment

REQUEST = {"id": "order-1234-paid", "username": "test5",
           "eventType": "review", "timestamp": "2026-11-22T09:00:00.000000Z",
           "properties": {"verified": True, "stars": 5}}


class Posting(OneApp):
    """What POST /events takes and answers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one.rule(name="first-review")

    def test_the_answer_is_the_request_and_its_outcome(self):
        app = self.app()
        app.rule(name="first-review", badge="Critic")
        r = app.post("/events", REQUEST)
        event = self.assert_json(r, 201)
        self.assert_members(event, dict(REQUEST, replayed=False, awards=[{
            "rule": "first-review", "pointScale": "reputation",
            "points": 10, "balance": 10, "badge": "Critic"}]))
        self.assert_time(event["receivedAt"])
        got = self.assert_json(app.get("/events/order-1234-paid"))
        for member in REQUEST:
            self.assertEqual(got[member], event[member])
        self.assertEqual(got["awards"], event["awards"])
        self.assertEqual(got["receivedAt"], event["receivedAt"])

    def test_no_rule_fires_no_awards(self):
        app = self.app()
        event = app.event()
        self.assertEqual(event["awards"], [])
        self.assertEqual(event["replayed"], False)
        self.assertEqual(app.user()["events"], 1)

    def test_without_an_id_the_server_makes_one(self):
        ids = [self.one.event()["id"] for _ in range(5)]
        self.assertEqual(len(set(ids)), 5)
        for event_id in ids:
            self.assertTrue(1 <= len(event_id.encode()) <= 190)
            self.assertEqual(self.assert_json(self.one.get(
                "/events/" + segment(event_id)))["id"], event_id)

    def test_the_timestamp_defaults_to_now(self):
        before = time.time()
        event = self.one.event()
        after = time.time()
        self.assert_time(event["timestamp"])
        for member in ("timestamp", "receivedAt"):
            text = event[member]
            seconds = (calendar_seconds(text[:19]) + float(text[19:-1]))
            self.assertTrue(before - 2 < seconds < after + 2, text)

    def test_timestamps_with_any_offset_are_answered_in_utc(self):
        for sent, expected in (
                ("2026-11-22T09:00:00Z", "2026-11-22T09:00:00.000000Z"),
                ("2026-11-22T09:00:00.5Z", "2026-11-22T09:00:00.500000Z"),
                ("2026-11-22T09:00:00.123456Z",
                 "2026-11-22T09:00:00.123456Z"),
                ("2026-11-22T09:00:00+00:00", "2026-11-22T09:00:00.000000Z"),
                ("2026-11-22T09:00:00-00:00", "2026-11-22T09:00:00.000000Z"),
                ("2026-11-22T09:00:00+05:30", "2026-11-22T03:30:00.000000Z"),
                ("2026-11-22T09:00:00-09:30", "2026-11-22T18:30:00.000000Z"),
                ("2026-11-22T09:00:00+14:00", "2026-11-21T19:00:00.000000Z"),
                ("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000000Z"),
                ("2025-12-31T23:30:00-01:00", "2026-01-01T00:30:00.000000Z"),
                ("2024-02-29T23:59:59.999999Z",
                 "2024-02-29T23:59:59.999999Z"),
                ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z"),
                ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59.000000Z"),
                ("1900-03-01T00:00:00Z", "1900-03-01T00:00:00.000000Z")):
            with self.subTest(sent):
                event = self.one.event(timestamp=sent)
                self.assertEqual(event["timestamp"], expected)
                got = self.assert_json(self.one.get("/events/"
                                                    + event["id"]))
                self.assertEqual(got["timestamp"], expected)

    def test_more_digits_than_microseconds_are_accepted(self):
        event = self.one.event(timestamp="2026-11-22T09:00:00.123456400Z")
        self.assertEqual(event["timestamp"], "2026-11-22T09:00:00.123456Z")

    def test_what_is_no_timestamp_is_422(self):
        for sent in ("", "now", "2026-11-22", "2026-11-22T09:00:00",
                     "2026-11-22T09:00Z", "2026-13-01T00:00:00Z",
                     "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z",
                     "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
                     "2026-11-00T00:00:00Z", "2026-11-22T24:00:00Z",
                     "2026-11-22T09:60:00Z", "2026-11-22T09:00:61Z",
                     "2026-11-22T09:00:00+24:00",
                     "2026-11-22T09:00:00+01:60",
                     "2026-11-22T09:00:00+0100", "2026-11-22T09:00:00+01",
                     "2026-11-22T09:00:00.Z", "2026-11-22T09:00:00,5Z",
                     "2026-11-22T09:00:00ZZ", "2026-11-22T09:00:00Z ",
                     " 2026-11-22T09:00:00Z", "26-11-22T09:00:00Z",
                     "+2026-11-22T09:00:00Z", "2026-11-22TT9:00:00Z",
                     "2026-1-22T09:00:00Z", "20261122T090000Z"):
            with self.subTest(sent), self.nothing_applied():
                self.assert_invalid(
                    self.one.post("/events", {
                        "username": "u", "eventType": "review",
                        "timestamp": sent}),
                    {"/timestamp": ("invalid_format", "too_short")})

    def test_the_ends_of_the_calendar_do_no_harm(self):
        for sent in ("0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00",
                     "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z",
                     "9999-12-31T23:59:59-14:00"):
            with self.subTest(sent):
                r = self.one.post("/events", {
                    "username": "u", "eventType": "x", "timestamp": sent})
                self.assert_status(r, 201, 422)
                if r.status == 201:
                    got = self.assert_json(self.one.get(
                        "/events/" + r.json["id"]))
                    self.assertEqual(got["timestamp"], r.json["timestamp"])
                    self.assert_time(got["timestamp"])

    def test_properties_come_back_as_they_were_sent(self):
        for properties in (
                {}, [], {"a": None, "b": True, "c": False, "d": 0, "e": -1,
                         "f": 2 ** 53, "g": 2 ** 63 - 1, "h": -2 ** 63,
                         "i": 0.1, "j": -2.5e-7, "k": "",
                         "l": "é🏆\"\\/\n\t"},
                {"a": [], "b": ["x", 1.5, False, "x"], "c": [1] * 64},
                {"": 1}, {"a b/c~d": "x"}, ["a", "b", "a", "", "é🏆"],
                {"p%d" % i: i for i in range(64)},
                ["p%d" % i for i in range(64)]):
            with self.subTest(properties=properties):
                event = self.one.event(properties=properties)
                self.assertEqual(event["properties"], properties)
                self.assertEqual(self.assert_json(self.one.get(
                    "/events/" + event["id"]))["properties"], properties)

    def test_properties_of_other_shapes_are_422(self):
        for properties, faults in (
                ({"a": {}}, {"/properties/a": "invalid_type"}),
                ({"a": [1, [2]]}, {"/properties/a/1": "invalid_type"}),
                ({"a": [None, {}]}, {"/properties/a/0": "invalid_type",
                                     "/properties/a/1": "invalid_type"}),
                ({"a": [1] * 65}, {"/properties/a": "too_many"}),
                ({"a/b~c": {}, "d": {}}, {"/properties/a~1b~0c":
                                          "invalid_type",
                                          "/properties/d": "invalid_type"}),
                (["a", 1, None, ["x"], {}],
                 {"/properties/%d" % i: "invalid_type"
                  for i in (1, 2, 3, 4)}),
                ("a", {"/properties": "invalid_type"}),
                (1, {"/properties": "invalid_type"}),
                (True, {"/properties": "invalid_type"}),
                ({"p%d" % i: i for i in range(65)},
                 {"/properties": "too_many"}),
                (["p"] * 65, {"/properties": "too_many"})):
            with self.subTest(properties=str(properties)[:50]), \
                    self.nothing_applied():
                self.assert_invalid(
                    self.one.post("/events", {
                        "username": "u", "eventType": "review",
                        "properties": properties}), faults)

    def test_all_faults_are_reported_at_once(self):
        with self.nothing_applied():
            self.assert_invalid(self.one.post("/events", {}), {
                "/username": "required", "/eventType": "required"})
            self.assert_invalid(self.one.post("/events", {
                "id": 5, "username": " ann", "eventType": None,
                "timestamp": 1700000000, "properties": {"x": {}},
                "evenType": "review", "points": 3}), {
                    "/id": "invalid_type", "/username": "surrounding_space",
                    "/eventType": ("required", "invalid_type"),
                    "/timestamp": "invalid_type",
                    "/properties/x": "invalid_type",
                    "/evenType": "unknown_member",
                    "/points": "unknown_member"})

    def test_another_application_s_key_in_the_body_is_422(self):
        with self.nothing_applied():
            self.assert_invalid(self.one.post("/events", {
                "username": "u", "eventType": "review",
                "appKey": self.one.key + 1}),
                {"/appKey": "other_application"})


def calendar_seconds(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%S"))


class Replays(StackTest):
    """The same event id again."""

    def replay(self, app, body, first, **more):
        """Send again; it must answer 200 with the first answer."""
        before = app.outcomes()
        again = self.assert_json(app.post("/events", body, **more), 200)
        self.assertEqual(again, dict(first, replayed=True))
        self.assertEqual(app.outcomes(), before)

    def test_a_replay_answers_the_stored_outcome(self):
        app = self.app()
        app.rule(badge="b")
        first = app.event(**{k: v for k, v in REQUEST.items()
                             if k not in ("username", "eventType")})
        app.event()
        for _ in range(3):
            self.replay(app, REQUEST, first)
        self.assertEqual(app.points(), 20)
        self.assertEqual(app.user()["events"], 2)

    def test_a_replay_without_a_timestamp_is_the_same_content(self):
        app = self.app()
        app.rule()
        body = {"id": "x", "username": "u", "eventType": "review"}
        first = self.assert_json(app.post("/events", body), 201)
        self.replay(app, body, first)
        body["properties"] = {}
        second = dict(body, id="y")
        first = self.assert_json(app.post("/events", second), 201)
        self.replay(app, second, first)

    def test_the_order_of_members_and_white_space_is_no_content(self):
        app = self.app()
        first = self.assert_json(app.post("/events", REQUEST), 201)
        for body in (dict(reversed(list(REQUEST.items()))),
                     json.dumps(REQUEST, indent=4),
                     json.dumps(REQUEST).replace("review", "r\\u0065view"),
                     dict(REQUEST, timestamp="2026-11-22T10:00:00+01:00"),
                     dict(REQUEST, properties={"stars": 5,
                                               "verified": True})):
            with self.subTest(body=body):
                self.replay(app, body, first)

    def test_a_replay_outlives_changes_of_the_rule(self):
        app = self.app()
        app.rule(name="r", badge="b", scale="s")
        first = app.event(id="x")
        body = {"id": "x", "username": "test5", "eventType": "review"}
        app.put("/rules/r", {"eventType": "review", "points": 99,
                             "pointScale": "s2", "badge": "b2"})
        self.replay(app, body, first)
        app.put("/rules/r", {"eventType": "other", "enabled": False,
                             "badge": "b2"})
        self.replay(app, body, first)
        app.delete("/rules/r")
        self.replay(app, body, first)
        app.rule(name="r", badge="b3", scale="s3", points=7)
        self.replay(app, body, first)
        app.put("/badges/b", {"description": "changed"})
        self.replay(app, body, first)
        self.assertEqual(self.assert_json(app.get("/events/x"))["awards"],
                         first["awards"])
        self.assertEqual(app.points(scale="s"), 10)

    def test_an_event_that_matched_nothing_stays_so(self):
        app = self.app()
        body = {"id": "x", "username": "u", "eventType": "review"}
        first = self.assert_json(app.post("/events", body), 201)
        app.rule()
        self.replay(app, body, first)
        self.assertEqual(app.user("u")["pointScalesWithPoints"], [])
        self.assertEqual(app.entries(), 0)

    def test_another_content_is_422_event_id_reused(self):
        app = self.app()
        app.rule()
        app.post("/events", REQUEST)
        app.event(username="u", id="bare")
        for change in ({"username": "test6"}, {"username": "TEST5"},
                       {"eventType": "other"},
                       {"timestamp": "2026-11-22T09:00:00.000001Z"},
                       {"properties": {"verified": True, "stars": 6}},
                       {"properties": {"verified": True}},
                       {"properties": {"verified": True, "stars": "5"}},
                       {"properties": ["verified", "stars"]},
                       {"properties": {}}):
            with self.subTest(change=change), self.nothing_applied():
                self.assert_problem(
                    app.post("/events", dict(REQUEST, **change)),
                    422, "event_id_reused")
        body = {"id": "bare", "username": "u", "eventType": "review"}
        for change in ({"properties": {"x": 1}},
                       {"timestamp": "2026-11-22T09:00:00Z"}):
            with self.subTest(change=change), self.nothing_applied():
                self.assert_problem(
                    app.post("/events", dict(body, **change)),
                    422, "event_id_reused")

    def test_ids_belong_to_their_application_and_to_their_case(self):
        one, two = self.app(), self.app()
        for app in (one, two):
            app.rule()
            for event_id in ("x", "X", "x1"):
                app.event(id=event_id)
            self.assertEqual(app.points(), 30)

    def test_an_idempotency_key_serves_as_the_id(self):
        app = self.app()
        app.rule()
        body = {"username": "u", "eventType": "review"}
        header = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93"}
        first = self.assert_json(
            app.post("/events", body, headers=header), 201)
        self.assertEqual(first["id"], "8e03978e-40d5-43e8-bc93")
        self.replay(app, body, first, headers=header)
        self.replay(app, dict(body, id=first["id"]), first)
        with self.nothing_applied():
            self.assert_problem(
                app.post("/events", dict(body, username="v"),
                         headers=header), 422, "event_id_reused")
        self.assertEqual(app.points("u"), 10)

    def test_the_body_s_id_beats_the_header(self):
        app = self.app()
        event = self.assert_json(app.post("/events", {
            "id": "body", "username": "u", "eventType": "e"},
            headers={"Idempotency-Key": "header"}), 201)
        self.assertEqual(event["id"], "body")
        self.assert_problem(app.get("/events/header"), 404,
                            "event_not_found")

    def test_a_bad_idempotency_key_is_400(self):
        app = self.app()
        for value in ("x" * 191, "a\tb"):
            with self.subTest(value=value[:5]), self.nothing_applied():
                self.assert_problem(app.post("/events", {
                    "username": "u", "eventType": "e"},
                    headers={"Idempotency-Key": value}),
                    400, "invalid_header")

    def test_sixteen_clients_with_one_id_store_one_event(self):
        app = self.app()
        app.rule(badge="b")
        for i in range(25):
            body = {"id": "id%d" % i, "username": unique("u"),
                    "eventType": "review"}
            answers = at_once([lambda: app.post("/events", body)] * 16)
            self.assertEqual(sorted(a.status for a in answers),
                             [200] * 15 + [201])
            outcomes = {json.dumps(dict(a.json, replayed=None),
                                   sort_keys=True) for a in answers}
            self.assertEqual(len(outcomes), 1)
            self.assertEqual(
                sorted(a.json["replayed"] for a in answers),
                [False] + [True] * 15)
            self.assertEqual(app.points(body["username"]), 10)
        self.assertEqual(app.rows("event"), 25)
        self.assertEqual(app.entries(), 25)

    def test_sixteen_contents_with_one_id_store_one_event(self):
        app = self.app()
        app.rule()
        for i in range(15):
            answers = at_once([lambda j=j: app.post("/events", {
                "id": "id%d" % i, "username": "u%d-%d" % (i, j),
                "eventType": "review"}) for j in range(16)])
            self.assertEqual(sorted(a.status for a in answers),
                             [201] + [422] * 15)
            for a in answers:
                if a.status == 422:
                    self.assert_problem(a, 422, "event_id_reused")
        self.assertEqual(app.rows("event"), 15)
        self.assertEqual(app.rows("user"), 15)


class Reading(StackTest):
    """GET /events and its filters."""

    def test_newest_received_comes_first_whatever_the_timestamps(self):
        app = self.app()
        app.rule()      # so that each event gave something else: its balance
        for i in range(5):
            app.event(id="e%d" % i, username="u%d" % (i % 2),
                      timestamp="2026-01-0%dT00:00:00Z" % (5 - i))
        data = self.assert_json(app.get("/events"))["data"]
        self.assertEqual([e["id"] for e in data],
                         ["e4", "e3", "e2", "e1", "e0"])
        for e in data:
            self.assertEqual(
                {k: v for k, v in e.items() if k != "replayed"},
                {k: v for k, v in self.assert_json(
                    app.get("/events/" + e["id"])).items()
                 if k != "replayed"})

    def test_filters_choose_and_combine(self):
        app = self.app()
        app.rule(event_type="a", points=1)
        for i, (username, event_type) in enumerate((
                ("u", "a"), ("v", "a"), ("u", "b"), ("v", "b"), ("u", "a"))):
            app.event(username, event_type, id="e%d" % i,
                      timestamp="2026-01-01T0%d:00:00Z" % i)
        for query, expected in (
                ("username=u", "e4 e2 e0"), ("username=v", "e3 e1"),
                ("username=U", ""), ("username=nobody", ""),
                ("eventType=a", "e4 e1 e0"), ("eventType=A", ""),
                ("username=u&eventType=a", "e4 e0"),
                ("eventType=b&username=v", "e3"),
                ("from=2026-01-01T02:00:00Z", "e4 e3 e2"),
                ("to=2026-01-01T02:00:00Z", "e1 e0"),
                ("from=2026-01-01T01:00:00Z&to=2026-01-01T03:00:00Z",
                 "e2 e1"),
                ("from=2026-01-01T02:00:00%2B01:00", "e4 e3 e2 e1"),
                ("from=2026-01-01T01:00:00.000001Z", "e4 e3 e2"),
                ("from=2027-01-01T00:00:00Z", ""),
                ("username=u&eventType=a&from=2026-01-01T00:00:01Z"
                 "&to=2030-01-01T00:00:00Z", "e4"),
                ("username=u&limit=2", "e4 e2")):
            with self.subTest(query):
                data = self.assert_json(app.get("/events?" + query))["data"]
                self.assertEqual([e["id"] for e in data], expected.split())
        awarded = self.assert_json(app.get("/events?username=u"))["data"]
        self.assertEqual([len(e["awards"]) for e in awarded], [1, 0, 1])

    def test_bad_filters_are_400(self):
        app = self.app()
        for query in ("from=yesterday", "to=2026-01-01", "from=", "user=u",
                      "username=u&username=v", "event_type=a",
                      "from=2026-01-01T00:00:00", "username=%FF",
                      "username=%zz", "eventtype=a", "=", "="):
            with self.subTest(query):
                self.assert_problem(app.get("/events?" + query), 400,
                                    "invalid_query")
