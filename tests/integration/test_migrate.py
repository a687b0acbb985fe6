"""palmaresctl migrate: upgrades that are interrupted, cramped or turned back.

The later release is tests/newer: one migration more than src.
"""

import contextlib
import os
import subprocess
import time
import unittest

import client
from case import App, Shared, unique
from stack import (SqlSession, Stack, StackError, fill, private_mounts,
                   wait_until)

NEWER = "tests/newer"
STATEMENTS = 5      # of 0002_newer.sql
COPIED = 2          # the one that copies the events
ROOM = 5 << 20      # for small things, not for the copy


class ReleaseStack(Stack):
    """Servers whose programs may be exchanged for those of a later release."""

    @contextlib.contextmanager
    def newer(self):
        self.release = NEWER
        try:
            yield
        finally:
            self.release = "src"

    def new_database(self):
        self.sql("DROP DATABASE palmares; CREATE DATABASE palmares",
                 database="mysql")

    @contextlib.contextmanager
    def serving(self, wait=True):
        self.start_daemon(wait=False)
        self.start_nginx()
        try:
            if wait:
                self.wait_ready()
            yield
        finally:
            for program in (self.nginx, self.daemon):
                program.stop()
            self.nginx = self.daemon = None

    def migrate_in_background(self):
        return subprocess.Popen(
            [self.program("palmaresctl"), "-c", self.conf, "migrate"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)


class MigrateTest(unittest.TestCase):
    """A server of its own for each class, and a database for each test."""

    disk = None
    options = []

    @classmethod
    def setUpClass(cls):
        cls.stack = ReleaseStack(Shared.builddir, Shared.keep)
        cls.addClassCleanup(cls.stack.stop)
        cls.stack.disk = cls.disk
        cls.stack.db_options = list(cls.options)
        for name in ("palmaresctl", "palmaresd"):
            path = os.path.join(Shared.builddir, NEWER, name)
            if not os.access(path, os.X_OK):
                raise StackError("%s is missing: make %s/palmaresctl"
                                 " %s/palmaresd" % (path, NEWER, NEWER))
        cls.stack.start_server()

    def setUp(self):
        self.stack.new_database()

    def ctl(self, *args, status=0):
        rc, out, err, _ = self.stack.ctl(*args, as_json=False)
        self.assertEqual(rc, status, "%s: %s%s" % (args, out, err))
        return out + err

    def newer(self, *args, status=0):
        with self.stack.newer():
            return self.ctl(*args, status=status)

    def assert_words(self, text, *words):
        for word in words:
            self.assertIn(word, text)

    def populate(self, properties=None):
        """Schema 1 with an application, and what its events gave; the ids."""
        self.ctl("migrate")
        with self.stack.serving():
            self.one = App(self.stack)
            self.one.rule(points=10, badge="b")
            for batch in range(4):
                r = self.one.post("/events/batch", {"events": [
                    {"id": "%d-%d" % (batch, i), "username": "u%d" % (i % 5),
                     "eventType": "review", "properties": properties or {}}
                    for i in range(25)]})
                self.assertEqual(r.status, 200, r)
        self.rows = self.all_rows()

    def all_rows(self):
        """What schema 1 has, in any schema."""
        return [self.stack.sql(text) for text in (
            "SELECT id, event_id, MD5(CONCAT_WS(',', awards, properties))"
            " FROM event ORDER BY id",
            "SELECT username, events, HEX(standing) FROM user"
            " ORDER BY username",
            "SELECT name, app_key, version FROM application")]

    def assert_upgraded(self):
        """All is there, and the newer programs go on with it."""
        self.assertEqual(self.all_rows(), self.rows)
        self.assert_words(self.newer("migrate"), "schema 2 already")
        self.assertEqual(self.stack.sql(
            "SELECT version, done = statements FROM schema_version"
            " ORDER BY version"), [["1", "1"], ["2", "1"]])
        self.assertEqual(self.stack.sql(
            "SELECT id, note FROM newer_note"), [["1", "the last statement"]])
        self.assertEqual(self.stack.sql(
            "SELECT COUNT(*) FROM user WHERE newer_events <> events"),
            [["0"]])
        with self.stack.newer(), self.stack.serving():
            self.one.event("u0", id="afterwards")
        self.assert_words(self.newer("verify"), "nothing differs",
                          "101 events of 5 users")

    @contextlib.contextmanager
    def copy_held(self):
        """While this lasts, the statement that copies the events has copied
        them, and cannot put the copy into their place."""
        with SqlSession(self.stack) as session:
            session.run("START TRANSACTION; SELECT COUNT(*) FROM event")

            def held():
                return session.run(
                    "SELECT id FROM information_schema.processlist WHERE"
                    " info LIKE '%ALTER TABLE event%' AND"
                    " state LIKE 'Waiting for table metadata%'")
            yield lambda: wait_until(held, 30, "the copy is held")[0][0]

    def assert_unready(self, *words):
        """palmaresd of this release says why it does not serve."""
        position = self.stack.log_size()
        with self.stack.serving(wait=False):
            def refused():      # by palmaresd, not by nginx alone
                r = client.request(self.stack.port, "GET", "/readyz")
                return r if r.json.get("code") != "unavailable" else None
            r = wait_until(refused, 10, "an answer of /readyz")
            self.assertEqual(r.status, 503, r)
            self.assertEqual(r.json["code"], "schema_mismatch", r)
            self.assert_words(r.json["detail"], *words)
            for word in words:
                self.assertIn(word, self.stack.log_since(position))
            r = client.request(self.stack.port, "POST", "/api/v1/events",
                               {"username": "u", "eventType": "review"},
                               {"X-API-Key": self.one.secret})
            self.assertEqual((r.status, r.json["code"]),
                             (503, "schema_mismatch"), r)


class Upgrade(MigrateTest):
    """From this release to a later one."""

    def test_an_upgrade_keeps_everything(self):
        self.populate()
        self.assertEqual(self.newer("migrate").count("0002_newer.sql"),
                         STATEMENTS)
        self.assert_upgraded()

    def test_a_newer_palmaresd_waits_for_the_migration(self):
        self.populate()
        with self.stack.newer():
            self.assert_unready("palmaresctl migrate")
            with self.stack.serving(wait=False):
                self.ctl("migrate")
                self.stack.wait_ready()     # by itself

    def test_of_two_at_once_one_waits_for_the_other(self):
        self.populate()
        with self.copy_held() as wait_held, self.stack.newer():
            first = self.stack.migrate_in_background()
            wait_held()
            second = self.stack.migrate_in_background()
            wait_until(lambda: self.stack.sql(
                "SELECT 1 FROM information_schema.processlist"
                " WHERE state = 'User lock'"), 20, "the second waits")
        said = []
        for process in (first, second):
            out, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, err)
            said.append(out.decode())
        self.assert_words(said[0], "schema 2 now")
        self.assert_words(said[1], "schema 2 already")
        self.assert_upgraded()

    def test_a_backup_of_before_is_restored_and_migrated(self):
        self.populate()
        path = self.stack.path(unique("backup"))
        self.newer("backup", path)      # before the newer one migrates
        self.newer("migrate")
        self.stack.new_database()
        self.assert_words(self.newer("restore", path), "schema 1",
                          "palmaresctl migrate && palmaresctl verify")
        self.newer("migrate")
        self.assert_upgraded()
        newest = self.stack.path(unique("backup"))
        self.newer("backup", newest)
        self.stack.new_database()
        self.assert_words(self.ctl("restore", newest, status=1), "schema 2",
                          "newer program")
        self.assertEqual(self.stack.sql("SHOW TABLES"), [])
        self.ctl("restore", path)       # and so one gets back
        self.assertEqual(self.all_rows(), self.rows)
        self.assert_words(self.ctl("verify"), "nothing differs")

    def test_a_migration_waits_for_a_backup(self):
        self.populate()
        path = self.stack.path(unique("backup"))
        with SqlSession(self.stack) as session:
            session.run("LOCK TABLES rule_revision WRITE")
            backup = subprocess.Popen(
                [self.stack.program("palmaresctl"), "-c", self.stack.conf,
                 "backup", path], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL)
            wait_until(lambda: os.path.exists(path + ".part"), 20,
                       "the backup begins")
            with self.stack.newer():
                process = self.stack.migrate_in_background()
            time.sleep(0.5)
            self.assertIsNone(process.poll())
            self.assertNotIn(["newer_note"], self.stack.sql("SHOW TABLES"))
        self.assertEqual(backup.wait(60), 0)
        self.assertEqual(process.wait(60), 0, process.communicate()[1])
        process.communicate()
        self.assert_upgraded()
        self.stack.new_database()
        self.assert_words(self.ctl("restore", path), "schema 1")


class Interrupted(MigrateTest):
    """A migration that did not come to its end."""

    def assert_half(self):
        """Nobody serves it: it is of neither schema."""
        self.assertEqual(self.stack.sql(
            "SELECT done FROM schema_version WHERE version = 2"),
            [[str(COPIED - 1)]])
        self.assert_unready("newer program")
        self.assert_words(self.ctl("migrate", status=1), "newer program")
        self.assert_words(self.ctl("doctor", status=1), "newer program")
        with self.stack.newer():
            self.assert_unready("palmaresctl migrate")
            self.assert_words(self.ctl("doctor", status=1),
                              "run 'palmaresctl migrate'")
            self.assert_words(self.ctl("backup", "-", status=1),
                              "palmaresctl migrate")

    def test_a_killed_palmaresctl(self):
        """The server goes on with its statement; the next run waits for it."""
        self.populate()
        with self.copy_held() as wait_held, self.stack.newer():
            process = self.stack.migrate_in_background()
            wait_held()
            process.kill()
            process.communicate()
            again = self.stack.migrate_in_background()
            time.sleep(0.5)
            self.assertIsNone(again.poll(), "it waits")
        out, err = again.communicate(timeout=60)
        self.assertEqual(again.returncode, 0, err)
        self.assertNotIn("statement 1 of", out.decode())
        self.assert_words(out.decode(), "statement %d of" % COPIED)
        self.assert_upgraded()

    def test_a_statement_that_is_killed(self):
        self.populate()
        with self.copy_held() as wait_held, self.stack.newer():
            process = self.stack.migrate_in_background()
            self.stack.sql("KILL QUERY " + wait_held())
            _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assert_words(err.decode(), "interrupted", "run it again")
        self.assert_half()
        self.newer("migrate")
        self.assert_upgraded()

    def test_a_killed_server(self):
        self.populate()
        with self.copy_held() as wait_held, self.stack.newer():
            process = self.stack.migrate_in_background()
            wait_held()
            self.assertTrue(self.copies(), "the copy is on the disk")
            self.stack.db.kill()
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 1)
            self.assert_words(err.decode(), "run it again")
        self.stack.start_db()
        self.assert_half()
        self.newer("migrate")
        self.assert_upgraded()
        self.assertEqual(self.copies(), [], "nothing of it is left")

    def copies(self):
        return [name for name in os.listdir(
            self.stack.path("data", "palmares")) if name.startswith("#sql")]


class Downgrade(MigrateTest):
    """The older release on the database of the later one."""

    def test_it_is_refused_with_the_reason(self):
        self.populate()
        self.newer("migrate")
        self.assert_unready("schema 2", "knows 1", "newer program")
        for command in (("migrate",), ("verify",), ("app", "list"),
                        ("doctor",), ("backup", "-")):
            with self.subTest(command):
                self.assert_words(self.ctl(*command, status=1),
                                  "newer program", "backup made before")
        self.assert_upgraded()


class Foreign(MigrateTest):
    """A database with the tables of something else."""

    def test_it_is_left_alone(self):
        self.populate()     # for the key that is asked with
        self.stack.new_database()
        self.stack.sql("CREATE TABLE wp_posts (id INT);"
                       "INSERT INTO wp_posts VALUES (1)")
        self.assert_words(self.ctl("migrate", status=1),
                          "not of Palmarès", "[database] name")
        self.assert_words(self.ctl("doctor", status=1),
                          "give it an empty database")
        self.assert_unready("tables that are not of")
        self.assertEqual(self.stack.sql("SHOW TABLES"), [["wp_posts"]])
        self.assertEqual(self.stack.sql("SELECT * FROM wp_posts"), [["1"]])


class DiskFull(MigrateTest):
    """The database's disk full during a migration."""

    disk = "200m"
    options = ["--innodb-log-file-size=16M"]

    @classmethod
    def setUpClass(cls):
        # As root it is to be possible, or the mount tells why not, and fails.
        if not private_mounts() and os.geteuid() != 0:
            print("left out: a disk that is full during a migration, which is"
                  " mounted by root")
            raise unittest.SkipTest("needs root")
        super().setUpClass()

    def test_nothing_is_lost_and_the_next_run_goes_on(self):
        self.populate({"text": "x" * 100000})
        filler = self.stack.path("data", "filler")
        try:
            with open(filler, "wb", buffering=0) as f:
                fill(f)
                self.assert_fails(1)
                f.truncate(f.tell() - ROOM)
                self.assert_fails(COPIED)
        finally:
            os.unlink(filler)
        if self.stack.db.wait(1) is not None:   # as a service manager would
            self.stack.start_db()
        self.assertEqual(self.all_rows(), self.rows)
        self.newer("migrate")
        self.assert_upgraded()

    def assert_fails(self, statement):
        text = self.newer("migrate", status=1)
        self.assertRegex(text, "is full|No space left on device")
        self.assert_words(text, "mend the cause", "run it again",
                          "statement %d of" % statement)
        self.assertNotIn("statement %d of" % (statement + 1), text)
