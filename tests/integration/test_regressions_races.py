"""What a review found: requests that meet, and what they remember."""

import threading
import time

from case import KINDS, unique
from client import Together, at_once, timed
from regressions import Regressions
from test_database import IN_TIME
from test_retry import Foreign


class Keys(Regressions):
    """A revoked key, where the workers still remember it."""

    def warm(self, one, key):
        """Let every worker see the key."""
        for _ in range(3):
            for r in at_once([lambda: one.post("/events", {
                    "username": "u", "eventType": "review"}, key=key)] * 16):
                self.assert_status(r, 201)

    def test_a_revoked_key_lets_nothing_in_whatever_is_sent(self):
        one = self.app()
        one.rule()
        good = {"username": "u", "eventType": "review"}
        bad = {"username": "", "eventType": 5}
        cases = {
            "an invalid event": ("/events", bad),
            "an event that is no JSON": ("/events", "{"),
            "an empty batch": ("/events/batch", {"events": []}),
            "a batch of invalid events": ("/events/batch",
                                          {"events": [bad] * 3}),
            "a valid event": ("/events", good),
            "a batch of valid events": ("/events/batch",
                                        {"events": [good] * 3}),
            # Nobody looks at its key again once it is made.
            "a badge": ("/badges", {"name": "late"}),
        }
        for what, (path, body) in cases.items():
            with self.subTest(what):
                key = one.new_key()
                self.warm(one, key["key"])
                rc, out, err, _ = self.stack.ctl(
                    "key", "revoke", one.name, str(key["id"]))
                self.assertEqual(rc, 0, out + err)
                with self.nothing_applied():
                    for r in at_once([lambda: one.post(
                            path, body, key=key["key"])] * 16):
                        self.assert_problem(r, 401, "key_unknown")
                        self.assertEqual(r.header("WWW-Authenticate"),
                                         'Bearer realm="palmares", '
                                         'error="invalid_token"')
        self.assert_status(one.get("/badges/late"), 404)


class Races(Regressions):
    """Two requests for one thing."""

    def test_a_user_is_told_of_as_at_one_moment(self):
        """His events, points and badges, while events arrive."""
        one = self.app()
        one.rule(points=10)
        one.rule(scale=None, badge="b",
                 numberOfTimesToGetTheAward=500)
        stop = threading.Event()

        def write():
            while not stop.is_set():
                self.assert_status(self.batch(one, [
                    {"username": "u", "eventType": "review"}] * 5), 200)

        def read(path, pick):
            for _ in range(400):
                user = pick(self.assert_json(one.get(path)))
                points = user["pointScalesWithPoints"][0]["points"]
                self.assertEqual(points, 10 * user["events"])
                self.assertEqual(len(user["badgesArray"]),
                                 int(user["events"] >= 500))

        one.event("u")
        writers = Together([write] * 4)
        try:
            Together([lambda: read("/users/u", lambda d: d),
                      lambda: read("/users", lambda d: d["data"][0])]).join()
        finally:
            stop.set()
        writers.join()

    def test_put_and_delete_of_the_same_thing_do_not_trip_each_other(self):
        one = self.app()
        for path, body, _ in KINDS:
            with self.subTest(path):
                puts, deletes = self.put_and_delete(one, path + "/same",
                                                    body, 2)
                self.assertLessEqual(set(puts), {200, 201})
                self.assertLessEqual(set(deletes), {204, 404})
                # They did meet: neither had the thing to itself.
                self.assertIn(201, puts[1:])
                self.assertIn(204, deletes)

    def put_and_delete(self, one, path, body, seconds):
        """The statuses of as many as two threads get done."""
        end = time.monotonic() + seconds

        def loop(method, body):
            statuses = []
            while time.monotonic() < end:
                statuses.append(one.call(method, path, body).status)
            return statuses
        return at_once([lambda: loop("PUT", body),
                        lambda: loop("DELETE", None)])


class Locks(Regressions, Foreign):
    """One user held by somebody else, for less than the deadline."""

    def test_neighbours_of_a_locked_user_are_answered_without_a_retry(self):
        for what in ("known users", "new users"):
            with self.subTest(what):
                locked = unique("locked")
                self.one.event(locked)
                others = [unique("n") for _ in range(30)]
                before = 0
                if what == "known users":
                    before = 10
                    for name in others:
                        self.one.event(name)
                self.post_around(locked, others)
                for name in others:
                    self.assertEqual(self.one.points(name), before + 10)

    def post_around(self, locked, others):
        bodies = [{"id": unique("e"), "username": u, "eventType": "review"}
                  for u in [locked] + others]
        session = self.session()
        session.run(self.lock_user(locked))
        begin = time.monotonic()
        sent = Together([lambda: self.one.post("/events", bodies[0])])
        rest = at_once([timed(lambda b=b: self.one.post("/events", b))
                        for b in bodies[1:]])
        # They have their answers while the lock is still held.
        for response, seconds in rest:
            self.assert_status(response, 201)
            self.assertLess(seconds, IN_TIME)
        time.sleep(max(0, begin + 1.5 - time.monotonic()))
        session.run("ROLLBACK")
        held, = sent.join()
        if held.status != 201:
            self.assert_problem(held, 503)
        again = self.one.post("/events", bodies[0])
        self.assert_status(again, *((200,) if held.status == 201
                                    else (200, 201)))
        self.assertEqual(again.json["awards"][0]["balance"], 20)
        self.assertEqual(self.one.points(locked), 20)
        self.assertEqual(self.one.user(locked)["events"], 2)
