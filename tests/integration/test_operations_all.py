"""What every operation of openapi.yaml answers to the same mistakes."""

import time

import client
import operations
from case import StackTest
from client import at_once, timed


class EveryOperation(StackTest):
    """The operations of both interfaces, one table."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.app(classic=True)
        cls.one.rule(name="r", scale="s", badge="b")
        cls.one.event("u", id="e")
        cls.all = operations.read()

    def which(self, *statuses):
        """The operations that can answer one of these."""
        return [o for o in self.all if o.statuses & set(statuses)]

    def test_the_table_is_read(self):
        self.assertGreater(len(self.all), 40)
        self.assertEqual(len(self.which(405)), len(self.all))

    def test_an_unknown_query_parameter_is_400(self):
        with self.nothing_applied():
            for o in self.which(400):
                with self.subTest(o):
                    self.assert_problem(o.call(self.one, query="?typo=1"),
                                        400, "invalid_query")

    def test_no_key_is_401_and_a_publishable_one_403(self):
        with self.nothing_applied():
            for o in self.which(401):
                with self.subTest(o):
                    self.assert_problem(
                        o.call(self.one, headers={"X-API-Key": None}), 401,
                        "key_missing")
                    if 403 in o.statuses:
                        self.assert_problem(
                            o.call(self.one, key=self.one.publishable), 403,
                            "key_forbidden")

    def test_an_unknown_method_is_405(self):
        with self.nothing_applied():
            for o in self.which(405):
                with self.subTest(o):
                    r = self.http("PATCH", o.path, {}, {
                        "X-API-Key": self.one.secret,
                        "appKey": str(self.one.key)})
                    self.assert_problem(r, 405, "method_not_allowed")
                    self.assertIn(o.method, r.header("Allow"))

    def test_bodies_too_large_are_413_and_of_another_type_415(self):
        with self.nothing_applied():
            for o in self.which(413):
                with self.subTest(o):
                    self.assert_problem(
                        o.call(self.one, body=b" " * (4 * 1024 * 1024 + 1)),
                        413, "body_too_large")
                    self.assert_problem(
                        o.call(self.one,
                               headers={"Content-Type": "text/plain"}),
                        415, "unsupported_media_type")

    def test_no_json_is_400_and_a_member_too_many_422_in_v1(self):
        with self.nothing_applied():
            for o in self.which(413):
                with self.subTest(o):
                    self.assert_problem(o.call(self.one, body=b"{"), 400,
                                        "invalid_json")
                    if o.v1:
                        r = o.call(self.one, body=dict(o.body, typo=1))
                        self.assert_invalid(r, {"/typo": "unknown_member"})

    def test_without_the_daemon_all_is_503(self):
        self.stack.daemon.stop()
        try:
            for o in self.which(503):
                with self.subTest(o):
                    self.assert_problem(o.call(self.one), 503, "unavailable")
        finally:
            self.stack.start_daemon()

    def test_without_the_database_all_that_needs_it_is_503(self):
        alone = ("/healthz", "/metrics", "/api/v1/openapi.yaml")
        table = [o for o in self.which(503) if o.template not in alone]
        self.stack.db.kill()
        try:
            answers = at_once([timed(lambda o=o: o.call(self.one))
                               for o in table])
            for o, (response, seconds) in zip(table, answers):
                with self.subTest(o):
                    self.assert_problem(response, 503, "database_unavailable")
                    self.assertLess(seconds, 2.5)
            for path in alone:
                self.assert_status(self.http("GET", path), 200)
        finally:
            self.stack.start_db()
            self.stack.wait_ready()
            time.sleep(0.3)     # every worker has found out by now

    def test_metrics_from_elsewhere_are_403(self):
        r = client.fcgi(self.stack.socket, client.params_of(
            "GET", "/metrics", address="192.0.2.1"))
        self.assertEqual((r.status, r.json["code"]), (403, "forbidden"))
