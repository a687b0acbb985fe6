"""POST /events/batch: order, replays, faults of single items, limits."""

import json

from case import StackTest


class Batch(StackTest):
    """Many events in one request."""

    def batch(self, app, events, **more):
        """Send a batch that is accepted as such; its results."""
        answer = self.assert_json(
            app.post("/events/batch", {"events": events}, **more))
        self.assertEqual(list(answer), ["results"])
        self.assertEqual(len(answer["results"]), len(events))
        for result in answer["results"]:
            if result["status"] in (200, 201):
                self.assertEqual(sorted(result), ["event", "status"])
                self.assertEqual(result["event"]["replayed"],
                                 result["status"] == 200)
            else:
                self.assertEqual(sorted(result), ["problem", "status"])
                self.assert_problem_document(result["problem"],
                                             result["status"])
        return answer["results"]

    def statuses(self, results):
        return [r["status"] for r in results]

    def fault(self, result):
        """The (pointer within the item, code) pairs of an item's problem."""
        return sorted((e["pointer"][e["pointer"].rindex("/"):], e["code"])
                      for e in result["problem"]["errors"])

    def test_events_are_applied_in_the_order_given(self):
        app = self.app()
        app.rule(name="r")
        app.rule(name="third", scale="s", numberOfTimesToGetTheAward=3)
        results = self.batch(app, [
            {"id": "e%d" % i, "username": "u", "eventType": "review"}
            for i in range(20)])
        self.assertEqual(self.statuses(results), [201] * 20)
        self.assertEqual([r["event"]["id"] for r in results],
                         ["e%d" % i for i in range(20)])
        self.assertEqual([r["event"]["awards"][0]["balance"]
                          for r in results], list(range(10, 210, 10)))
        self.assertEqual([i for i, r in enumerate(results)
                          if len(r["event"]["awards"]) == 2], [2])
        ledger = self.assert_json(app.get("/users/u/ledger"))["data"]
        self.assertEqual([e["event"] for e in reversed(ledger)
                          if e["rule"] == "r"],
                         ["e%d" % i for i in range(20)])

    def test_a_result_is_what_the_event_alone_would_be_answered(self):
        app = self.app()
        app.rule(badge="b")
        body = {"id": "x", "username": "u", "eventType": "review",
                "timestamp": "2026-11-22T10:00:00+01:00",
                "properties": {"stars": 5}}
        result, = self.batch(app, [body])
        again = self.assert_json(app.post("/events", body), 200)
        self.assertEqual(dict(again, replayed=False), result["event"])
        single = self.assert_json(app.post(
            "/events", dict(body, id="y")), 201)
        result, = self.batch(app, [dict(body, id="y")])
        self.assertEqual(result, {"status": 200,
                                  "event": dict(single, replayed=True)})

    def test_invalid_items_do_not_stop_the_others(self):
        app = self.app()
        app.rule()
        good = {"username": "u", "eventType": "review"}
        results = self.batch(app, [
            dict(good, id="1"), {"eventType": "review"},
            dict(good, typo=1), dict(good, id="2"), 5, None, [], "x", {},
            dict(good, username="a\u0001"), dict(good, id="3"),
            dict(good, timestamp="now"), dict(good, properties={"a": {}}),
            dict(good, appKey=app.key + 1)])
        self.assertEqual(self.statuses(results), [
            201, 422, 422, 201, 422, 422, 422, 422, 422, 422, 201, 422, 422,
            422])
        self.assertEqual(self.fault(results[1]), [("/username", "required")])
        self.assertEqual(self.fault(results[2]),
                         [("/typo", "unknown_member")])
        self.assertEqual(self.fault(results[8]),
                         [("/eventType", "required"),
                          ("/username", "required")])
        self.assertEqual(self.fault(results[9]),
                         [("/username", "control_character")])
        self.assertEqual(self.fault(results[11]),
                         [("/timestamp", "invalid_format")])
        self.assertEqual(self.fault(results[12]), [("/a", "invalid_type")])
        self.assertEqual(self.fault(results[13]),
                         [("/appKey", "other_application")])
        self.assertEqual(app.points("u"), 30)
        self.assertEqual((app.rows("event"), app.rows("user")), (3, 1))

    def test_replays_and_reused_ids_within_and_across_batches(self):
        app = self.app()
        app.rule()
        good = {"username": "u", "eventType": "review"}
        first = self.batch(app, [
            dict(good, id="1"), dict(good, id="1"), dict(good, id="2"),
            dict(good, id="1", username="v"), dict(good, id="1")])
        self.assertEqual(self.statuses(first), [201, 200, 201, 422, 200])
        self.assertEqual(first[3]["problem"]["code"], "event_id_reused")
        self.assertEqual(dict(first[1]["event"], replayed=False),
                         first[0]["event"])
        second = self.batch(app, [
            dict(good, id="3"), dict(good, id="2"), dict(good, id="1"),
            dict(good, id="2", eventType="other")])
        self.assertEqual(self.statuses(second), [201, 200, 200, 422])
        self.assertEqual(dict(second[1]["event"], replayed=False),
                         first[2]["event"])
        self.assertEqual(app.points("u"), 30)
        self.assertEqual((app.rows("event"), app.rows("user")), (3, 1))

    def test_many_users_and_users_not_seen_before(self):
        app = self.app()
        app.rule()
        names = ["u%d" % (i * 7 % 50) for i in range(200)]
        results = self.batch(app, [
            {"username": n, "eventType": "review"} for n in names])
        seen = {}
        for name, result in zip(names, results):
            seen[name] = seen.get(name, 0) + 10
            self.assertEqual(result["event"]["awards"][0]["balance"],
                             seen[name])
        self.assertEqual(app.rows("user"), 50)

    def test_a_batch_of_none_is_no_fault_of_the_server(self):
        app = self.app()
        with self.nothing_applied():
            r = app.post("/events/batch", {"events": []})
            self.assert_status(r, 200, 422)
            if r.status == 200:
                self.assertEqual(r.json, {"results": []})

    def test_1000_events_are_taken_and_1001_are_422(self):
        app = self.app()
        app.rule()
        event = {"username": "u", "eventType": "review"}
        with self.nothing_applied():
            self.assert_invalid(
                app.post("/events/batch", {"events": [event] * 1001}),
                {"/events": "too_many"})
        results = self.batch(app, [event] * 1000)
        self.assertEqual(self.statuses(results), [201] * 1000)
        self.assertEqual(app.points("u"), 10000)
        self.assertEqual(app.entries(), 1000)

    def test_a_batch_with_too_many_values_is_told_so(self):
        app = self.app()
        with self.nothing_applied():
            self.assert_invalid(
                app.post("/events/batch", {"events": [1] * 200001}),
                {"": "too_many"})

    def test_the_envelope_is_checked(self):
        app = self.app()
        with self.nothing_applied():
            for body, faults in (
                    ({}, {"/events": "required"}),
                    ({"events": {}}, {"/events": "invalid_type"}),
                    ({"events": "x"}, {"/events": "invalid_type"}),
                    ({"events": [], "typo": 1}, {"/typo": "unknown_member"}),
                    ([], {"": "invalid_type"})):
                with self.subTest(body=body):
                    self.assert_invalid(app.post("/events/batch", body),
                                        faults)

    def test_an_idempotency_key_is_not_for_batches(self):
        app = self.app()
        with self.nothing_applied():
            self.assert_problem(
                app.post("/events/batch", {"events": [
                    {"username": "u", "eventType": "e"}]},
                    headers={"Idempotency-Key": "k"}),
                400, "invalid_header")

    def test_a_batch_may_have_4_mib(self):
        app = self.app()
        event = {"username": "u", "eventType": "e",
                 "properties": {"text": "x" * 4000}}
        body = json.dumps({"events": [
            dict(event, id="%d" % i) for i in range(1000)]}).encode()
        full = body + b" " * (4 * 1024 * 1024 - len(body))
        with self.nothing_applied():
            self.assert_problem(app.post("/events/batch", full + b" "), 413,
                                "body_too_large")
        for _ in range(5):      # a slow machine may need longer than 2 s
            r = app.post("/events/batch", full)
            if r.status != 503:
                break
        self.assertLessEqual(
            set(self.statuses(self.assert_json(r)["results"])), {200, 201})
        page = self.assert_json(app.get("/events?limit=1000"))["data"]
        self.assertEqual(len(page), 1000)
        self.assertEqual(page[7]["properties"], event["properties"])

    def test_an_overflow_in_a_batch_refuses_that_event_alone(self):
        app = self.app()
        app.rule(event_type="much", points=2 ** 63 - 1)
        app.rule(event_type="one", points=1)
        results = self.batch(app, [
            {"id": "1", "username": "u", "eventType": "much"},
            {"id": "2", "username": "u", "eventType": "one"},
            {"id": "3", "username": "v", "eventType": "one"},
            {"id": "4", "username": "u", "eventType": "much"},
            {"id": "5", "username": "u", "eventType": "none"}])
        self.assertEqual(self.statuses(results), [201, 409, 201, 409, 201])
        for i in (1, 3):
            self.assertEqual(results[i]["problem"]["code"],
                             "balance_overflow")
        self.assertEqual(app.points("u"), 2 ** 63 - 1)
        self.assertEqual(app.points("v"), 1)
        self.assertEqual(app.rows("event"), 3)
        self.assert_problem(app.get("/events/2"), 404, "event_not_found")
