"""Changes whose transaction fails and is tried again: every attempt looks for
itself whether the change may be made.

A foreign session holds a row that palmaresd waits for, changes the same thing
behind its back, and makes the first attempt fail: it kills the connection, or
closes a circle of locks in which palmaresd is the victim.  What the first
attempt has seen is no longer true when the second one begins.
"""

from case import KINDS, metrics, unique
from client import Together
from stack import wait_until
from test_retry import DEADLOCKS, LOCK_WAITS, Foreign

TABLES = {"point_scale": "point_scale", "badge": "badge", "rule": "rule"}
LOST = r"connections_lost"
# As long as a statement of a request may wait, or it is refused.
TOO_LATE = "database_unavailable"
TRIES = 5


class Changed(Foreign):
    """A change, and what somebody else does while it waits."""

    def setUp(self):
        self.looker = self.session()

    def waiting(self, pattern):
        """The id of palmaresd's connection whose statement waits."""
        def found():
            return self.looker.run(
                "SELECT id FROM information_schema.processlist"
                " WHERE user = 'palmares' AND command = 'Execute'"
                " AND info LIKE '%s'" % pattern)
        return wait_until(found, 5, "a statement like " + pattern, 0.01)[0][0]

    def thing(self, kind):
        """A new thing of the kind; its path and ETag."""
        collection, body, _ = kind
        path = "%s/%s" % (collection, unique("held"))
        r = self.assert_status(self.one.put(path, body), 201)
        return path, r.header("ETag")

    def named(self, kind, path):
        """SQL: the row of the thing."""
        return "%s WHERE application_id = %d AND name = '%s'" % (
            TABLES[kind[2]], self.application, path.rpartition("/")[2])

    def describe(self, kind, path):
        """SQL: somebody else changes it."""
        table, where = self.named(kind, path).split(" ", 1)
        return ("UPDATE %s SET description = 'changed elsewhere',"
                " updated_at = updated_at + 1 %s" % (table, where))

    def rename(self, kind, path, name):
        """SQL: somebody else gives it another name, which is then taken."""
        table, where = self.named(kind, path).split(" ", 1)
        return "UPDATE %s SET name = '%s' %s" % (table, name, where)

    LOCK = "SELECT id FROM application WHERE id = %d FOR UPDATE"

    def lost(self, change, foreign):
        """palmaresd's connection dies while it waits for the application."""
        session = self.session()
        session.run(self.LOCK % self.application)
        sent = Together([change])
        connection = self.waiting("%FROM application%FOR UPDATE%")
        session.run(foreign)
        self.looker.run("KILL CONNECTION " + connection)
        session.run("COMMIT")
        return sent.join()[0]

    def deadlocked(self, change, foreign):
        """palmaresd has the application, waits for what the foreign session
        has changed, and loses when that one asks for the application."""
        session = self.session()
        # Else a new name locks the application, where palmaresd then waits.
        session.run("SET SESSION foreign_key_checks = 0; " + foreign)
        sent = Together([change])
        # For the row: it has the application by then, which a statement
        # that merely runs may not.
        self.wait_for_waiter()
        session.run(self.LOCK % self.application)
        session.run("COMMIT")
        return sent.join()[0]

    FAULTS = ((lost, LOST), (deadlocked, DEADLOCKS))

    def provoke(self, fault, counter, prepare):
        """The answer to a change that was tried twice.  Prepare answers the
        change, and what the foreign session does; a machine that is too slow
        to meet a statement while it waits gets another chance: the statement
        has given up by then, and its retry or its client is told something
        that is not to be seen here."""
        for _ in range(TRIES):
            change, foreign = prepare()
            before = metrics(self.stack)
            r = fault(self, change, foreign)
            if r.status == 503:
                self.assert_problem(r, 503, TOO_LATE)
            elif self.moved(before, counter) > 0:
                self.assertGreaterEqual(self.moved(before, "retries_total"), 1)
                return r
            else:
                self.assertGreaterEqual(self.moved(before, LOCK_WAITS), 1)
        return self.fail("%d times too late" % TRIES)

    def each(self):
        """Every kind of thing with every fault."""
        return [(kind, fault, counter) for kind in KINDS
                for fault, counter in self.FAULTS]

    def assert_untouched(self, path):
        """What the foreign session has made of it is what there is."""
        now = self.assert_json(self.one.get(path))
        self.assertEqual(now["description"], "changed elsewhere")


class Preconditions(Changed):
    """If-Match and If-None-Match are of the thing as it is when it is
    written."""

    def changed_meanwhile(self, method):
        for kind, fault, counter in self.each():
            def prepare(kind=kind):
                self.path, etag = self.thing(kind)
                body = dict(kind[1], description="mine")
                return (lambda: self.one.call(
                    method, self.path, None if method == "DELETE" else body,
                    headers={"If-Match": etag})), self.describe(
                        kind, self.path)
            r = self.provoke(fault, counter, prepare)
            self.assert_problem(r, 412, "precondition_failed")
            self.assert_untouched(self.path)

    def test_a_put_whose_match_is_gone_in_its_retry_writes_nothing(self):
        self.changed_meanwhile("PUT")

    def test_a_delete_whose_match_is_gone_in_its_retry_deletes_nothing(self):
        self.changed_meanwhile("DELETE")

    def made_meanwhile(self, send):
        """The answer to a change for a name that is taken between its two
        attempts, for each kind and fault; the name's path."""
        for kind, fault, counter in self.each():
            def prepare(kind=kind):
                other, _ = self.thing(kind)
                name = unique("taken")
                self.path = "%s/%s" % (kind[0], name)
                self.assert_status(self.one.put(
                    other, dict(kind[1], description="changed elsewhere")),
                    200)
                return (lambda: send(kind, name)), self.rename(
                    kind, other, name)
            yield self.provoke(fault, counter, prepare), kind

    def test_a_put_of_a_name_that_is_taken_in_its_retry_writes_nothing(self):
        def send(kind, name):
            return self.one.put("%s/%s" % (kind[0], name), kind[1],
                                headers={"If-None-Match": "*"})
        for r, _ in self.made_meanwhile(send):
            self.assert_problem(r, 412, "precondition_failed")
            self.assert_untouched(self.path)

    def test_a_post_of_a_name_that_is_taken_in_its_retry_writes_nothing(self):
        def send(kind, name):
            return self.one.post(kind[0], dict(kind[1], name=name))
        for r, kind in self.made_meanwhile(send):
            self.assert_problem(r, 409, kind[2] + "_exists")
            self.assert_untouched(self.path)

    def test_a_put_that_finds_in_its_retry_what_it_would_make_is_200(self):
        def send(kind, name):
            return self.one.put("%s/%s" % (kind[0], name), kind[1])
        for r, kind in self.made_meanwhile(send):
            self.assertEqual(self.assert_json(r, 200)["description"],
                             kind[1]["description"])
            self.assertIsNone(r.header("Location"))


class Vanished(Changed):
    """What the first attempt has found is not there for the second."""

    def gone_meanwhile(self, send):
        for kind, fault, counter in self.each():
            def prepare(kind=kind):
                self.path, etag = self.thing(kind)
                return (lambda: send(kind, self.path, etag)), self.rename(
                    kind, self.path, unique("away"))
            yield self.provoke(fault, counter, prepare), kind

    def test_a_put_that_has_to_make_it_in_its_retry_is_201(self):
        def send(kind, path, _etag):
            return self.one.put(path, dict(kind[1], description="mine"))
        for r, _ in self.gone_meanwhile(send):
            self.assert_status(r, 201)
            self.assertEqual(r.header("Location"), "/api/v1" + self.path)
            self.assert_status(self.one.get(self.path), 200)

    def test_a_put_with_a_match_of_what_is_gone_makes_nothing(self):
        def send(kind, path, etag):
            return self.one.put(path, dict(kind[1], description="mine"),
                                headers={"If-Match": etag})
        for r, _ in self.gone_meanwhile(send):
            self.assert_problem(r, 412, "precondition_failed")
            self.assert_status(self.one.get(self.path), 404)

    def test_a_delete_of_what_is_gone_in_its_retry_is_404(self):
        def send(_kind, path, _etag):
            return self.one.delete(path)
        for r, kind in self.gone_meanwhile(send):
            self.assert_problem(r, 404, kind[2] + "_not_found")


class Made(Changed):
    """What the first attempt has made went with it."""

    def test_what_a_rule_names_is_made_again_in_its_retry(self):
        for method in ("POST", "PUT"):
            def prepare(method=method):
                self.scale, self.badge = unique("scale"), unique("badge")
                other, _ = self.thing(KINDS[2])
                name = unique("rule")
                body = {"name": name, "eventType": "e", "points": 1,
                        "pointScale": self.scale, "badge": self.badge}
                path = "/rules/" + name if method == "PUT" else "/rules"
                # A name that somebody takes, and then lets go.
                return (lambda: self.one.call(method, path, body)), (
                    self.rename(KINDS[2], other, name) + "; "
                    + self.rename(KINDS[2], "/rules/" + name, unique("away")))
            r = self.provoke(Changed.deadlocked, DEADLOCKS, prepare)
            rule = self.assert_json(r, 201)
            self.assertEqual(rule["pointScale"]["name"], self.scale)
            self.assertEqual(rule["badge"]["name"], self.badge)
            for path in ("/pointScales/" + self.scale,
                         "/badges/" + self.badge):
                self.assert_status(self.one.get(path), 200)
            event = self.one.event(unique("u"), "e")
            self.assertIn(self.badge, [
                a["badge"] for a in event["awards"]])


class Used(Changed):
    """Somebody comes to use what is about to be deleted."""

    def test_what_is_used_in_the_retry_is_not_deleted(self):
        for kind in KINDS[:2]:
            with self.subTest(kind[2]):
                def prepare(kind=kind):
                    self.path, _ = self.thing(kind)
                    table, where = self.named(kind, self.path).split(" ", 1)
                    return (lambda: self.one.delete(self.path)), (
                        "UPDATE %s SET given = 1 %s" % (table, where))
                r = self.provoke(Changed.lost, LOST, prepare)
                self.assert_problem(r, 409, kind[2] + "_in_use")
                self.assert_status(self.one.get(self.path), 200)
                table, where = self.named(kind, self.path).split(" ", 1)
                self.stack.sql("UPDATE %s SET given = 0 %s" % (table, where))
