"""Deadlocks, lock waits and lost commits, provoked by a foreign session.

The session holds rows that palmaresd needs: a user, which it locks first; an
event's id, which it meets when it writes what it has worked out; or a point
scale that nobody has yet, which is the last that it writes.  The session has
changed many rows of a table of its own before, so that InnoDB, which rolls
back the smaller transaction, chooses palmaresd's in a deadlock.
"""

import time

from case import StackTest, metric_sum, metrics, unique
from client import Together, timed
from stack import SqlSession, wait_until

DEADLOCKS = r"deadlock"
LOCK_WAITS = r"lock.*(timeout|wait)"
RETRIES = r"retr"
WAITING = ("SELECT COUNT(*) FROM information_schema.innodb_trx"
           " WHERE trx_state = 'LOCK WAIT'")


class Foreign(StackTest):
    """Set-up of a user with a balance, and the foreign session."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.app()
        cls.one.rule(points=10)
        cls.application = cls.one.id
        cls.stack.sql("CREATE TABLE foreign_rows (a INT) ENGINE=InnoDB")

    @classmethod
    def tearDownClass(cls):
        cls.stack.sql("DROP TABLE foreign_rows")
        super().tearDownClass()

    def session(self):
        """A foreign session inside a heavy transaction."""
        session = SqlSession(self.stack)
        self.addCleanup(session.close)
        session.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;"
                    "SET SESSION innodb_lock_wait_timeout = 10; BEGIN;"
                    "INSERT INTO foreign_rows SELECT seq"
                    " FROM seq_1_to_5000")
        return session

    def lock_user(self, username):
        return ("SELECT username FROM user WHERE application_id = %d AND"
                " username = '%s' FOR UPDATE" % (self.application, username))

    def lock_event(self, event_id):
        """An event of that id, which somebody else may be about to commit."""
        return ("INSERT INTO event SET application_id = %d, id = 1,"
                " previous = 0, number = 1, version = 1, timestamp = 0,"
                " timestamp_given = 0, username = 'foreign', event_id = '%s',"
                " event_type = 'foreign'" % (self.application, event_id))

    def lock_scale(self):
        """The scale of the second of two new rules, which the next event gives
        first: palmaresd has written all then, and that it gave the first."""
        for _ in range(2):
            rule = self.one.rule(points=1, scale=unique("scale"))
            self.addCleanup(self.one.delete, "/rules/" + rule["name"])
        return ("SELECT id FROM point_scale WHERE application_id = %d AND"
                " name = '%s' FOR UPDATE" % (
                    self.application, rule["pointScale"]["name"]))

    def locks(self, event):
        """What palmaresd meets first, half-way and last, with the event."""
        return {"user": self.lock_user(event["username"]),
                "event id": self.lock_event(event["id"]),
                "point scale": self.lock_scale()}

    KINDS = ("user", "event id", "point scale")

    def wait_for_waiter(self):
        """Until a transaction waits for a lock."""
        def waits():
            # InnoDB renews that table every 100 ms at most.
            time.sleep(0.12)
            return self.stack.sql_number(WAITING) > 0
        wait_until(waits, 5, "a transaction waits for the lock")

    def moved(self, before, pattern):
        return (metric_sum(metrics(self.stack), pattern)
                - metric_sum(before, pattern))

    def events(self, *usernames):
        """The body of a batch of one event for each user."""
        return {"events": [{"id": unique("e"), "username": u,
                            "eventType": "review"} for u in usernames]}

    def send(self, body):
        """Post a batch in the background."""
        return Together([timed(
            lambda: self.one.post("/events/batch", body))])

    def users(self):
        """Two users with ten points each."""
        names = [unique("a"), unique("b")]
        for name in names:
            self.one.event(name)
        return names


class Deadlocks(Foreign):
    """palmaresd is the victim, tries again, and nobody notices."""

    def provoke(self, first, second, body):
        """Lock one row, let palmaresd wait for it, then ask for another."""
        before = metrics(self.stack)
        session = self.session()
        session.run(first)
        sent = self.send(body)
        self.wait_for_waiter()
        session.run(second)         # closes the circle, or just waits
        session.run("ROLLBACK")
        (response, _), = sent.join()
        results = self.assert_json(response)["results"]
        self.assertEqual([r["status"] for r in results], [201, 201])
        for event in body["events"]:
            self.assertEqual(self.one.points(event["username"]), 20)
        deadlocks = self.moved(before, DEADLOCKS)
        if deadlocks:
            self.assertGreaterEqual(self.moved(before, RETRIES), 1)
        return deadlocks

    def test_a_deadlock_over_two_users_is_retried(self):
        """Whichever user palmaresd locks first, one order is the circle."""
        deadlocks = 0
        for turn in range(4):
            a, b = self.users()
            if turn % 2:
                a, b = b, a
            deadlocks += self.provoke(
                self.lock_user(a), self.lock_user(b),
                self.events(*([a, b] if turn < 2 else [b, a])))
        self.assertGreaterEqual(deadlocks, 2, "no deadlock came about")

    def test_a_deadlock_over_what_is_written_is_retried(self):
        for kind in ("event id", "point scale"):
            with self.subTest(kind):
                a, b = self.users()
                body = self.events(a, b)
                lock = self.locks(body["events"][0])[kind]
                deadlocks = self.provoke(lock, self.lock_user(a), body)
                self.assertGreaterEqual(deadlocks, 1,
                                        "no deadlock came about")

    def test_neighbours_of_a_deadlock_get_their_events(self):
        a, b = self.users()
        others = [unique("n") for _ in range(20)]
        body = self.events(a, b)
        session = self.session()
        session.run(self.lock_event(body["events"][0]["id"]))
        sent = self.send(body)
        self.wait_for_waiter()
        neighbours = Together([lambda u=u: self.one.post("/events", {
            "username": u, "eventType": "review"}) for u in others])
        time.sleep(0.2)
        session.run(self.lock_user(a))
        session.run("ROLLBACK")
        for r in neighbours.join():
            self.assert_status(r, 201)
        (response, _), = sent.join()
        self.assertEqual([r["status"] for r in
                          self.assert_json(response)["results"]], [201, 201])
        for name in others:
            self.assertEqual(self.one.points(name), 10)


class LockWaits(Foreign):
    """A row held by somebody else for a while, or for too long."""

    def test_a_short_wait_ends_in_success(self):
        for kind in self.KINDS:
            with self.subTest(kind):
                a, b = self.users()
                body = self.events(a, b)
                lock = self.locks(body["events"][1])[kind]
                session = self.session()
                session.run(lock)
                sent = self.send(body)
                self.wait_for_waiter()
                session.run("ROLLBACK")
                (response, seconds), = sent.join()
                self.assertEqual([r["status"] for r in self.assert_json(
                    response)["results"]], [201, 201])
                self.assertLess(seconds, 2.5)
                self.assertEqual(self.one.points(b), 20)

    def test_a_long_wait_is_503_in_time_and_settled_by_the_event_id(self):
        for kind in self.KINDS:
            with self.subTest(kind):
                a, b = self.users()
                body = self.events(a, b)
                lock = self.locks(body["events"][1])[kind]
                before = metrics(self.stack)
                rows = self.one.rows("event")
                session = self.session()
                session.run(lock)
                (response, seconds), = self.send(body).join()
                self.assert_problem(response, 503, "database_unavailable",
                                    "outcome_unknown")
                self.assertLess(seconds, 2.5)
                self.assertGreaterEqual(self.moved(before, LOCK_WAITS), 1)
                self.assertGreaterEqual(self.moved(before, RETRIES), 1)
                if response.json["code"] == "database_unavailable":
                    self.assertEqual(self.one.rows("event"), rows)
                    self.assertEqual(self.one.points(a), 10)
                session.run("ROLLBACK")
                again = self.assert_json(
                    self.one.post("/events/batch", body))
                self.assertEqual(len({r["status"]
                                      for r in again["results"]}), 1)
                self.assertEqual(self.one.rows("event"), rows + 2)
                for name in (a, b):
                    self.assertEqual(self.one.points(name), 20)

    def test_an_event_half_way_keeps_the_next_of_its_user_waiting(self):
        """Whichever worker it comes to: the user's row is locked."""
        user = self.users()[0]
        body = self.events(user)
        session = self.session()
        session.run(self.lock_event(body["events"][0]["id"]))
        first = self.send(body)
        self.wait_for_waiter()
        others = Together([lambda: self.one.post("/events", {
            "username": user, "eventType": "review"})] * 8)
        time.sleep(0.3)
        session.run("ROLLBACK")
        (response, _), = first.join()
        events = [r["event"] for r in self.assert_json(response)["results"]]
        events += [self.assert_json(r, 201) for r in others.join()]
        self.assertEqual(sorted(e["awards"][0]["balance"] for e in events),
                         list(range(20, 110, 10)))
        self.assertEqual(events[0]["awards"][0]["balance"], 20)
        self.assertEqual(self.one.points(user), 100)

    def test_other_users_go_on_after_a_long_wait(self):
        a, b = self.users()
        session = self.session()
        session.run(self.lock_user(a))
        sent = self.send(self.events(a))
        self.wait_for_waiter()
        end = time.monotonic() + 10
        while True:     # as a client would: again until it is in
            r = self.one.post("/events", {
                "id": "go-on", "username": b, "eventType": "review"})
            if r.status in (200, 201):
                break
            self.assert_problem(r, 503)
            self.assertLess(time.monotonic(), end,
                            "a locked user stops all the others")
        session.run("ROLLBACK")
        sent.join()
        self.assertEqual(self.one.points(b), 20)

    def test_a_change_of_a_rule_waits_or_is_503(self):
        rule = self.one.rule(event_type="x", name=unique("held"))
        session = self.session()
        session.run("SELECT id FROM application WHERE id = %d FOR UPDATE"
                    % self.application)
        body = {"eventType": "x", "points": 99, "pointScale": "reputation"}
        start = time.monotonic()
        with self.nothing_applied():
            r = self.one.put("/rules/" + rule["name"], body)
            self.assert_problem(r, 503, "database_unavailable",
                                "outcome_unknown")
        self.assertLess(time.monotonic() - start, 3)
        session.run("ROLLBACK")
        self.assert_status(self.one.put("/rules/" + rule["name"], body), 200)
        self.assertEqual(self.one.event("rx", "x")["awards"][0]["points"],
                         99)

    def test_a_rule_is_not_deleted_under_an_event_in_flight(self):
        """The event was judged by it, so its scale is in use when it ends."""
        user = unique("flight")
        self.one.rule(event_type="f", name="flying", scale="air", points=7)
        self.one.event(user, "other")
        session = self.session()
        session.run(self.lock_user(user))
        event = Together([lambda: self.one.post("/events", {
            "username": user, "eventType": "f"})])
        self.wait_for_waiter()
        gone = Together([lambda: [self.one.delete("/rules/flying"),
                                  self.one.delete("/pointScales/air")]])
        time.sleep(0.3)
        session.run("ROLLBACK")
        award, = self.assert_json(event.join()[0], 201)["awards"]
        self.assertEqual(award["balance"], 7)
        (rule, scale), = gone.join()
        self.assert_status(rule, 204)
        self.assert_problem(scale, 409, "point_scale_in_use")
        self.assertEqual(self.one.points(user, "air"), 7)


class Commits(Foreign):
    """A COMMIT whose answer does not come: the event id settles it."""

    COMMITTING = ("SELECT id FROM information_schema.processlist"
                  " WHERE user = 'palmares' AND info = 'COMMIT'"
                  " AND state LIKE 'Waiting%'")

    def block(self):
        """A session that keeps everybody from committing."""
        session = SqlSession(self.stack)
        self.addCleanup(session.close)
        session.run("BACKUP STAGE START; BACKUP STAGE FLUSH;"
                    "BACKUP STAGE BLOCK_DDL; BACKUP STAGE BLOCK_COMMIT")
        return session

    def post(self, username):
        body = {"id": unique("c"), "username": username,
                "eventType": "review"}
        return body, Together([timed(
            lambda: self.one.post("/events", body))])

    def test_a_connection_lost_in_commit_is_settled_by_itself(self):
        for _ in range(3):
            user = unique("commit")
            before = metrics(self.stack)
            session = self.block()
            body, sent = self.post(user)
            waiting = wait_until(lambda: self.stack.sql(self.COMMITTING), 5,
                                 "a COMMIT that waits")
            self.stack.sql("KILL CONNECTION " + waiting[0][0])
            session.run("BACKUP STAGE END")
            (response, seconds), = sent.join()
            self.assert_status(response, 201)
            self.assertLess(seconds, 2.5)
            self.assertEqual(self.one.points(user), 10)
            self.assertEqual(self.one.user(user)["events"], 1)
            self.assertGreaterEqual(self.moved(before, RETRIES), 1)

    def settled(self, body):
        """The answer to the same event, sent until there is one."""
        end = time.monotonic() + 10
        while True:
            again = self.one.post("/events", body)
            if again.status != 503:
                self.assert_status(again, 200, 201)
                return again
            self.assertLess(time.monotonic(), end, "it is never settled")

    def test_a_commit_that_takes_too_long_is_unknown_and_then_settled(self):
        user = unique("commit")
        session = self.block()
        body, sent = self.post(user)
        (response, seconds), = sent.join()
        self.assert_problem(response, 503, "outcome_unknown")
        self.assertLess(seconds, 2.5)
        session.run("BACKUP STAGE END")
        again = self.settled(body)
        self.assertEqual(again.json["awards"][0]["balance"], 10)
        self.assertEqual(self.one.points(user), 10)
        self.assertEqual(self.one.user(user)["events"], 1)
