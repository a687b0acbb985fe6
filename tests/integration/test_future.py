"""Timestamps ahead of the server's clock: refused beyond max_clock_skew."""

import datetime
import re

from apps import OneApp

ROOM = 60       # seconds that a test may take, more or less
FAR = "9999-12-31T23:59:59.999999Z"
DETAIL = re.compile(
    r"at most (\d+) s ahead of the server's time, which is"
    r" (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z): mend the clock")


def ahead(seconds):
    """A time that is so much ahead of now."""
    return (datetime.datetime.now(datetime.timezone.utc)
            + datetime.timedelta(seconds=seconds)).strftime(
                "%Y-%m-%dT%H:%M:%S.%fZ")


class Future(OneApp):
    """What is too far ahead, in every way to post it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one.rule()

    def tearDown(self):
        if self.stack.settings.get("ingest"):
            self.set_skew(None)

    def set_skew(self, seconds):
        self.stack.change("ingest", "max_clock_skew", seconds)

    def post(self, app, timestamp, **more):
        return app.post("/events", dict({
            "username": "u", "eventType": "review", "timestamp": timestamp},
            **more))

    def assert_in_future(self, problem, pointer, skew=300):
        self.assert_problem_document(problem, 422, "timestamp_in_future")
        self.assert_faults(problem, {pointer: "timestamp_in_future"})
        allowed, now = DETAIL.search(problem["detail"]).groups()
        self.assertEqual(int(allowed), skew)
        self.assertTrue(ahead(-ROOM) < now < ahead(ROOM), problem)
        self.assertEqual(problem["errors"][0]["detail"], problem["detail"])

    def refused(self, app, timestamp, skew=300, **more):
        """It must be refused, and leave nothing behind."""
        with self.nothing_applied():
            r = self.post(app, timestamp, **more)
        self.assert_problem(r, 422, "timestamp_in_future")
        self.assert_in_future(r.json, "/timestamp", skew)

    def accepted(self, app, timestamp, **more):
        event = self.assert_json(self.post(app, timestamp, **more), 201)
        self.assertEqual(event["timestamp"], timestamp)
        return event

    def test_within_the_limit_and_of_any_age_it_is_accepted(self):
        for timestamp in (ahead(300 - ROOM), ahead(0),
                          "1970-01-01T00:00:00.000000Z",
                          "0001-01-01T00:00:00.000000Z"):
            with self.subTest(timestamp):
                self.assertEqual(
                    len(self.accepted(self.one, timestamp)["awards"]), 1)

    def test_beyond_the_limit_it_is_refused(self):
        for timestamp in (ahead(300 + ROOM), FAR,
                          "9999-12-31T23:59:59-00:00"):
            with self.subTest(timestamp):
                self.refused(self.one, timestamp)
                self.refused(self.one, timestamp, id="refused")
        self.assert_problem(self.one.get("/events/refused"), 404,
                            "event_not_found")
        # An id that was refused was not used.
        self.accepted(self.one, ahead(0), id="refused")

    def test_other_faults_are_told_first(self):
        with self.nothing_applied():
            self.assert_invalid(self.post(self.one, FAR, eventType=5),
                                {"/eventType": "invalid_type"})

    def test_in_a_batch_it_stops_no_other(self):
        app = self.app()
        app.rule()
        good = {"username": "u", "eventType": "review"}
        results = self.assert_json(app.post("/events/batch", {"events": [
            dict(good, id="1"), dict(good, id="2", timestamp=FAR),
            dict(good, timestamp=ahead(300 + ROOM), username="v"),
            dict(good, timestamp=FAR, typo=1),
            dict(good, id="4", timestamp=ahead(300 - ROOM)),
            dict(good, id="2")]}))["results"]
        self.assertEqual([r["status"] for r in results],
                         [201, 422, 422, 422, 201, 201])
        for i in (1, 2):
            self.assertEqual(sorted(results[i]), ["problem", "status"])
            self.assert_in_future(results[i]["problem"],
                                  "/events/%d/timestamp" % i)
        self.assert_faults(results[3]["problem"],
                           {"/events/3/typo": "unknown_member"})
        self.assertEqual(app.points("u"), 30)
        self.assertEqual((app.rows("event"), app.rows("user")), (3, 1))

    def test_the_setting_says_how_far(self):
        self.set_skew(86400)
        self.accepted(self.one, ahead(86400 - ROOM))
        self.refused(self.one, ahead(86400 + ROOM), 86400)
        self.set_skew(0)
        self.accepted(self.one, ahead(-ROOM))
        self.refused(self.one, ahead(ROOM), 0)

    def test_a_replay_is_answered_whatever_the_setting_is_now(self):
        self.set_skew(86400)
        app = self.app()
        app.rule()
        time = ahead(3600)
        first = self.accepted(app, time, id="x")
        self.set_skew(300)
        again = self.assert_json(self.post(app, time, id="x"), 200)
        self.assertEqual(again, dict(first, replayed=True))
        self.assert_problem(self.post(app, time, id="x", username="v"), 422,
                            "event_id_reused")
        body = {"username": "u", "eventType": "review", "timestamp": time}
        results = self.assert_json(app.post("/events/batch", {"events": [
            dict(body, id="x"), dict(body, id="y")]}))["results"]
        self.assertEqual([r["status"] for r in results], [200, 422])
        self.assertEqual(results[0]["event"], again)
        self.assert_in_future(results[1]["problem"], "/events/1/timestamp")
        self.refused(app, time, id="y")
        self.assertEqual(app.points("u"), 10)

    def test_classic_takes_the_time_of_receipt_for_it(self):
        app = self.app(classic=True)
        app.rule()
        for sent, kept in ((FAR, False), (ahead(300 + ROOM), False),
                           (ahead(300 - ROOM), True)):
            with self.subTest(sent):
                self.assert_status(app.classic("POST", "/events", {
                    "username": "u", "eventType": "review",
                    "timestamp": sent, "properties": []}), 202)
                event = self.assert_json(app.get("/events"))["data"][0]
                self.assertEqual(event["timestampAsSent"], sent)
                self.assertEqual(event["timestamp"],
                                 sent if kept else event["receivedAt"])
        self.assertEqual(app.points("u"), 30)
