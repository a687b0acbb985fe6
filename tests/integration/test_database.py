"""The database away, silent, full or read-only: 503 in time, and recovery."""

import signal
import time

import client
from case import StackTest, unique
from client import Together, at_once, timed
from load import Load
from stack import SqlSession, connections_taken, wait_until

# The contract says two seconds; the rest is for a slow machine's scheduling.
IN_TIME = 2.5
AWAY = ("database_unavailable", "outcome_unknown")


class DatabaseTest(StackTest):
    """Helpers of the classes below."""

    def setUp(self):
        self.one = self.app()
        self.one.rule(name="r", points=10, badge="b")
        self.one.event("known")

    def assert_refused(self, answers):
        for response, seconds in answers:
            self.assert_problem(response, 503, *AWAY)
            self.assertLess(seconds, IN_TIME)

    def bodies(self, count):
        return [{"id": unique("away"), "username": "u%d" % (i % 3),
                 "eventType": "review"} for i in range(count)]

    def post_all(self, bodies):
        return at_once([timed(lambda b=b: self.one.post("/events", b))
                        for b in bodies])

    def wait_recovered(self, seconds=10):
        """By itself: writes succeed again, in all workers."""
        def recovered():
            return all(r.status in (200, 201) for r, _ in self.post_all([
                {"id": unique("recovered"), "username": "recovered",
                 "eventType": "review"} for _ in range(8)]))
        wait_until(recovered, seconds, "recovery by itself", 0.1)
        wait_until(self.stack.ready, seconds, "/readyz recovers")
        time.sleep(0.3)     # a worker that was not asked finds out by now

    def assert_settled(self, bodies):
        """Sent again by id, each event counts once."""
        for response, _ in self.post_all(bodies):
            self.assert_status(response, 200, 201)
        expected = {}
        for body in bodies:
            name = body["username"]
            expected[name] = expected.get(name, 0) + 10
        for username, points in expected.items():
            self.assertEqual(self.one.points(username), points)

    def assert_reads_refused(self):
        self.assert_refused(at_once([timed(lambda t=t: self.one.get(t))
                                     for t in ("/users/known", "/rules",
                                               "/events", "/badges/b")]))

    def assert_operations_tell(self):
        self.assert_status(self.http("GET", "/healthz"), 200)
        r, seconds = timed(lambda: self.http("GET", "/readyz"))()
        self.assert_status(r, 503)
        self.assertIn(b"database", r.body)
        self.assertLess(seconds, IN_TIME)
        self.assert_status(self.http("GET", "/metrics"), 200)


class Away(DatabaseTest):
    """mariadbd answers no more."""

    def test_a_silent_database_is_503_in_time(self):
        bodies = self.bodies(24)
        self.stack.db.send(signal.SIGSTOP)
        try:
            self.assert_refused(self.post_all(bodies[:12]))
            self.assert_refused(self.post_all(bodies[12:]))
            self.assert_reads_refused()
            self.assert_operations_tell()
        finally:
            self.stack.db.send(signal.SIGCONT)
        self.wait_recovered()
        self.assert_settled(bodies)

    def test_a_dead_database_is_503_in_time(self):
        bodies = self.bodies(24)
        self.stack.db.kill()
        try:
            self.assert_refused(self.post_all(bodies[:12]))
            self.assert_refused(self.post_all(bodies[12:]))
            self.assert_reads_refused()
            self.assert_operations_tell()
            r, seconds = timed(lambda: self.one.put("/rules/r", {
                "eventType": "review", "badge": "b"}))()
            self.assert_refused([(r, seconds)])
        finally:
            self.stack.start_db()
        self.wait_recovered()
        self.assert_settled(bodies)

    def test_a_database_killed_under_load_loses_and_doubles_nothing(self):
        with Load(self.one, clients=8) as load:
            for pause in (0, 2.5, 0):   # the clients notice the long one
                load.wait_for(60)
                self.stack.db.kill()
                time.sleep(pause)
                self.stack.start_db()
            load.wait_for(60)
        self.assertGreater(load.retries, 0)
        load.acknowledged["known"] = [row[0] for row in self.stack.sql(
            "SELECT event_id FROM event e"
            " JOIN application a ON a.id = e.application_id WHERE"
            " e.username = 'known' AND a.app_key = %d" % self.one.key)]
        self.assertEqual(len(load.acknowledged["known"]), 1)
        load.check(self, 10)

    def test_lost_connections_are_opened_again_unnoticed(self):
        """As after a restart of the database, or its wait_timeout."""
        for _ in range(3):
            at_once([lambda: self.one.get("/rules")] * 24)  # all are open
            for row in self.stack.sql(
                    "SELECT id FROM information_schema.processlist"
                    " WHERE user = 'palmares'"):
                self.stack.sql("KILL CONNECTION " + row[0])
            name = unique("lost")
            answers = at_once(
                [timed(lambda b=b: self.one.post("/events", b))
                 for b in self.bodies(8)]
                + [timed(lambda t=t: self.one.get(t)) for t in (
                    "/rules", "/users/known", "/events", "/application")]
                + [timed(lambda i=i: self.one.put(
                    "/badges/%s-%d" % (name, i), {})) for i in range(8)])
            for response, seconds in answers:
                self.assert_status(response, 200, 201)
                self.assertLess(seconds, IN_TIME)


class Full(DatabaseTest):
    """The database at its connection limit."""

    def test_no_connection_left_is_503_in_time(self):
        with connections_taken(self.stack):
            bodies = self.bodies(12)
            self.assert_refused(self.post_all(bodies))
            self.assert_reads_refused()
            self.assert_operations_tell()
        self.wait_recovered()
        self.assert_settled(bodies)


class Slow(DatabaseTest):
    """The database has no time for the question who is there."""

    def test_a_change_is_not_told_to_narrow_a_list(self):
        with SqlSession(self.stack) as session:
            session.run("LOCK TABLES api_key WRITE")
            response = self.one.put("/badges/" + unique("slow"), {})
            session.run("UNLOCK TABLES")
        self.assert_problem(response, 503, "database_unavailable")


class ReadOnly(DatabaseTest):
    """The database takes no changes."""

    def test_changes_are_503_in_time(self):
        bodies = self.bodies(12)
        self.stack.sql("SET GLOBAL read_only = 1")
        try:
            with self.nothing_applied():
                self.assert_refused(self.post_all(bodies))
                self.assert_refused([
                    timed(lambda m=m, t=t, b=b: self.one.call(m, t, b))()
                    for m, t, b in (
                        ("POST", "/badges", {"name": "n"}),
                        ("PUT", "/badges/b", {"description": "x"}),
                        ("PUT", "/rules/r", {"eventType": "e", "badge": "n"}),
                        ("DELETE", "/rules/r", None),
                        ("POST", "/events/batch", {"events": bodies}))])
                r = self.one.get("/users/known")
                self.assert_status(r, 200, 503)
        finally:
            self.stack.sql("SET GLOBAL read_only = 0")
        self.wait_recovered()
        self.assert_settled(bodies)


class Version(DatabaseTest):
    """A schema of another version is not served."""

    def break_schema(self, change, undo):
        self.stack.daemon.stop()
        self.stack.sql(change)
        position = self.stack.log_size()
        try:
            self.stack.start_daemon(wait=False)
            wait_until(lambda: client.request(
                self.stack.port, "GET", "/readyz").header("X-Request-Id"),
                10, "an answer of /readyz")

            def told():
                r = self.http("GET", "/readyz")
                return r.status == 503 and b"schema" in r.body
            wait_until(told, 10, "/readyz names the schema")
            self.assert_status(self.http("GET", "/healthz"), 200)
            self.assert_problem(self.one.post("/events", {
                "username": "u", "eventType": "review"}), 503,
                "schema_mismatch")
            self.assert_problem(self.one.get("/users/known"), 503,
                                "schema_mismatch")
            self.assertRegex(self.stack.log_since(position),
                             r"(?i)schema|migrate")
        finally:
            self.stack.sql(undo)
        self.wait_recovered()
        self.assertEqual(self.one.points("known"), 10)

    def test_a_newer_schema_is_refused_until_it_fits(self):
        self.break_schema(
            "INSERT INTO schema_version SELECT * FROM ("
            "SELECT * FROM schema_version ORDER BY version DESC LIMIT 1) t"
            " ON DUPLICATE KEY UPDATE schema_version.version = t.version + 1",
            "UPDATE schema_version SET version = version - 1"
            " WHERE version > 1 ORDER BY version DESC LIMIT 1")

    def test_another_checksum_is_refused_until_it_fits(self):
        self.break_schema(
            "UPDATE schema_version SET checksum = REVERSE(checksum)",
            "UPDATE schema_version SET checksum = REVERSE(checksum)")


class Waiting(DatabaseTest):
    """A database that comes back in time is not noticed."""

    def test_a_pause_shorter_than_the_deadline_is_a_delay(self):
        bodies = self.bodies(6)
        self.stack.db.send(signal.SIGSTOP)
        try:
            sent = Together([timed(lambda b=b: self.one.post("/events", b))
                             for b in bodies])
            time.sleep(0.7)
        finally:
            self.stack.db.send(signal.SIGCONT)
        for response, seconds in sent.join():
            self.assert_status(response, 201)
            self.assertLess(seconds, IN_TIME)
