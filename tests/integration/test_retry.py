"""Deadlocks, lock waits and lost commits, provoked by a foreign session.

The session holds rows that palmaresd needs.  It has changed many rows of a
table of its own first, so that InnoDB, which rolls back the smaller
transaction, chooses palmaresd's in a deadlock.
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
        cls.application = cls.stack.sql_number(
            "SELECT id FROM application WHERE app_key = %d" % cls.one.key)
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
        return ("SELECT id FROM user WHERE application_id = %d AND"
                " username = '%s' FOR UPDATE" % (self.application, username))

    def lock_balance(self, username):
        return ("SELECT b.points FROM balance b WHERE b.application_id = %d"
                " AND b.user_id = %d FOR UPDATE" % (
                    self.application, self.stack.sql_number(
                        "SELECT id FROM user WHERE username = '%s'"
                        % username)))

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

    def send(self, *usernames):
        """A batch of one event for each user, in the background."""
        body = {"events": [{"id": unique("e"), "username": u,
                            "eventType": "review"} for u in usernames]}
        return body, Together([timed(
            lambda: self.one.post("/events/batch", body))])

    def users(self):
        """Two users with ten points each."""
        names = [unique("a"), unique("b")]
        for name in names:
            self.one.event(name)
        return names


class Deadlocks(Foreign):
    """palmaresd is the victim, tries again, and nobody notices."""

    def provoke(self, first, second, usernames):
        """Lock one row, let palmaresd wait for it, then ask for another."""
        before = metrics(self.stack)
        session = self.session()
        session.run(first)
        body, sent = self.send(*usernames)
        self.wait_for_waiter()
        session.run(second)         # closes the circle, or just waits
        session.run("ROLLBACK")
        (response, _), = sent.join()
        results = self.assert_json(response)["results"]
        self.assertEqual([r["status"] for r in results], [201, 201])
        for name in usernames:
            self.assertEqual(self.one.points(name), 20)
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
            deadlocks += self.provoke(self.lock_user(a), self.lock_user(b),
                                      [a, b] if turn < 2 else [b, a])
        self.assertGreaterEqual(deadlocks, 2, "no deadlock came about")

    def test_a_deadlock_over_a_balance_is_retried(self):
        a, b = self.users()
        deadlocks = self.provoke(self.lock_balance(a), self.lock_user(a),
                                 [a, b])
        self.assertGreaterEqual(deadlocks, 1, "no deadlock came about")

    def test_neighbours_of_a_deadlock_get_their_events(self):
        a, b = self.users()
        others = [unique("n") for _ in range(20)]
        session = self.session()
        session.run(self.lock_balance(a))
        body, sent = self.send(a, b)
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
        for lock in (self.lock_user, self.lock_balance):
            with self.subTest(lock.__name__):
                a, b = self.users()
                session = self.session()
                session.run(lock(b))
                body, sent = self.send(a, b)
                self.wait_for_waiter()
                session.run("ROLLBACK")
                (response, seconds), = sent.join()
                self.assertEqual([r["status"] for r in self.assert_json(
                    response)["results"]], [201, 201])
                self.assertLess(seconds, 2.5)
                self.assertEqual(self.one.points(b), 20)

    def test_a_long_wait_is_503_in_time_and_settled_by_the_event_id(self):
        for lock in (self.lock_user, self.lock_balance):
            with self.subTest(lock.__name__):
                a, b = self.users()
                before = metrics(self.stack)
                rows = self.one.rows("event")
                session = self.session()
                session.run(lock(b))
                body, sent = self.send(a, b)
                (response, seconds), = sent.join()
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

    def test_other_users_go_on_after_a_long_wait(self):
        a, b = self.users()
        session = self.session()
        session.run(self.lock_user(a))
        body, sent = self.send(a)
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
