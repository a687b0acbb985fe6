"""palmaresctl app delete and clean: nothing of an application stays behind."""

import itertools
import subprocess
import threading

from case import StackTest
from client import Together
from stack import SqlSession, wait_until

TABLES = ("event", "user", "application_time", "rule_reference",
          "rule_revision", "rule", "badge", "point_scale", "api_key")
CLIENTS = 16


class DeleteTest(StackTest):
    """Helpers of the classes below."""

    def ctl(self, *args, status=0):
        """What it wrote, both ways, in one text."""
        rc, out, err, _ = self.stack.ctl(*args, as_json=False)
        self.assertEqual(rc, status, "%s: %s%s" % (args, out, err))
        return out + err

    def rows_of(self, number):
        return {table: self.stack.sql_number(
            "SELECT COUNT(*) FROM %s WHERE application_id = %d" % (
                table, number)) for table in TABLES}

    def assert_gone(self, number):
        self.assertEqual(self.rows_of(number), dict.fromkeys(TABLES, 0))
        self.assertEqual(self.stack.sql(
            "SELECT id FROM application WHERE id = %d" % number), [])

    def filled(self):
        one = self.app()
        self.assert_status(
            one.put("/application", {"timeZone": "Asia/Tokyo"}), 200)
        one.rule(scale="s", badge="b")
        one.event("u")
        one.event("v")
        return one


class UnderLoad(DeleteTest):
    """Clients post all the time while their application is deleted."""

    def post_until_refused(self, one, count):
        """How many events were taken before the key was refused."""
        for i in itertools.count():
            r = one.post("/events", {
                "username": "u%d" % (i % 50), "eventType": "review"})
            if r.status == 503:
                continue    # nothing was applied: try again
            if r.status != 201:
                self.assert_problem(r, 401, "key_unknown")
                return i
            with self.lock:
                count[0] += 1

    def test_no_row_stays_behind(self):
        self.lock = threading.Lock()
        for _ in range(3):
            one, count = self.app(), [0]
            one.rule(scale="s", badge="b")
            number = one.id
            clients = Together([lambda: self.post_until_refused(one, count)
                                for _ in range(CLIENTS)])
            wait_until(lambda: count[0] > 100, 30, "the load has begun")
            self.ctl("app", "delete", one.name, "--yes")
            taken = clients.join()
            self.assertGreater(sum(taken), 100)
            self.assert_gone(number)


class Killed(DeleteTest):
    """A deletion that is killed goes on when it is run again."""

    def test_a_killed_deletion_can_be_repeated(self):
        one = self.filled()
        number = one.id
        with SqlSession(self.stack) as session:
            session.run("BEGIN; SELECT events FROM user WHERE"
                        " application_id = %d AND username = 'u'"
                        " FOR UPDATE" % number)
            run = subprocess.Popen(
                [self.stack.program("palmaresctl"), "-c", self.stack.conf,
                 "app", "delete", one.name, "--yes"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            wait_until(lambda: not self.rows_of(number)["event"], 30,
                       "events are deleted")
            run.kill()
            run.wait()
            session.run("ROLLBACK")
        self.assertGreater(sum(self.rows_of(number).values()), 0)
        self.assert_problem(one.post("/events", {
            "username": "u", "eventType": "review"}), 401, "key_unknown")
        self.assertIn("being deleted", self.ctl("app", "list"))
        self.ctl("key", "create", one.name, "--secret", status=1)
        self.assertIn("'palmaresctl app delete' goes on with it",
                      self.ctl("verify", status=1))
        self.ctl("app", "delete", one.name, "--yes")
        self.assert_gone(number)


class Clean(DeleteTest):
    """What a deletion of an older version has left behind."""

    def test_what_has_no_application_is_deleted(self):
        one, other = self.filled(), self.filled()
        number, before = one.id, self.rows_of(other.id)
        self.stack.sql("".join(
            "DELETE FROM %s WHERE application_id = %d;" % (table, number)
            for table in TABLES if table not in ("event", "user"))
            + "DELETE FROM application WHERE id = %d" % number)
        said = self.ctl("verify", status=1)
        self.assertIn("application number %d" % number, said)
        self.assertIn("'palmaresctl app clean'", said)
        self.assertIn("4 rows of 1 applications", self.ctl("app", "clean"))
        self.assert_gone(number)
        self.assertEqual(self.rows_of(other.id), before)
        self.assertIn("0 rows of 0 applications", self.ctl("app", "clean"))


class Which(DeleteTest):
    """A name that reads like an appKey."""

    def test_no_application_is_named_like_an_app_key(self):
        self.assertIn("give it a letter",
                      self.ctl("app", "create", "5", status=2))

    def test_one_that_is_can_still_be_told_apart(self):
        named, keyed = self.app(), self.app()
        name = str(keyed.key)
        self.stack.sql("UPDATE application SET name = '%s' WHERE app_key = %d"
                       % (name, named.key))
        self.assertIn("appKey=%d" % named.key,
                      self.ctl("app", "delete", name, "--yes", status=1))
        self.assertIn(keyed.name, self.ctl("app", "show",
                                           "appKey=%d" % keyed.key))
        self.ctl("app", "delete", "appKey=%d" % named.key, "--yes")
        self.assertIn(keyed.name, self.ctl("app", "show", name))
