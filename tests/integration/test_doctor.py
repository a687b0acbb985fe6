"""palmaresctl doctor: what is wrong is found, with what mends it."""

import contextlib
import json
import os
import signal
import subprocess

from case import StackTest


class Doctor(StackTest):
    """Each test makes one thing wrong and puts it right again."""

    def doctor(self, conf=None):
        """The exit status, and {check: finding} of those not fine."""
        r = subprocess.run(
            [self.stack.program("palmaresctl"), "-c",
             conf or self.stack.conf, "--json", "doctor"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        document = json.loads(r.stdout)
        self.assertEqual(document["ok"], r.returncode == 0)
        for finding in document["findings"]:
            self.assertTrue(finding["detail"], finding)
            self.assertEqual(finding["remedy"] is None,
                             finding["state"] == "ok", finding)
        return r.returncode, {f["check"]: f for f in document["findings"]
                              if f["state"] == "wrong"}

    def assert_wrong(self, checks, conf=None):
        rc, wrong = self.doctor(conf)
        self.assertEqual(rc, 1)
        self.assertEqual(sorted(wrong), sorted(checks), wrong)
        return wrong

    def conf(self, mode=0o600, **changes):
        """A configuration of its own: section_setting=value."""
        path = self.stack.path("doctor.conf")
        settings = {s: dict(v) for s, v in self.stack.settings.items()}
        for name, value in changes.items():
            section, _, setting = name.partition("_")
            settings[section][setting] = value
        with open(path, "w", encoding="utf-8") as f:
            for section, values in settings.items():
                f.write("[%s]\n" % section)
                f.writelines("%s=%s\n" % item for item in values.items())
        os.chmod(path, mode)
        return path

    @contextlib.contextmanager
    def variable(self, name, value):
        before = self.stack.sql("SELECT @@global.%s" % name)[0][0]
        self.stack.sql("SET GLOBAL %s = %s" % (name, value))
        try:
            yield
        finally:
            self.stack.sql("SET GLOBAL %s = %s" % (name, before))

    def test_what_no_migration_has_made(self):
        for make, drop, wrong in (
                ("TRIGGER eats BEFORE INSERT ON event FOR EACH ROW"
                 " SET NEW.awards = NULL", "TRIGGER eats", True),
                ("EVENT wipes ON SCHEDULE EVERY 1 DAY DO DELETE FROM event",
                 "EVENT wipes", True),
                ("PROCEDURE wipe() DELETE FROM event", "PROCEDURE wipe",
                 False),
                ("FUNCTION one() RETURNS INT RETURN 1", "FUNCTION one",
                 False),
                ("VIEW seen AS SELECT 1", "VIEW seen", False),
                ("TABLE notes (id INT)", "TABLE notes", False)):
            self.stack.sql("CREATE " + make)
            try:
                rc, out, _, told = self.stack.ctl("doctor")
            finally:
                self.stack.sql("DROP " + drop)
            found = {f["check"]: f for f in told["findings"]}[
                "database's content"]
            with self.subTest(make):
                self.assertEqual(rc, int(wrong), out)
                self.assertEqual(found["state"],
                                 "wrong" if wrong else "warning")
                kind, name = drop.split()
                self.assertIn("%s %s" % (kind.lower(), name),
                              found["detail"])

    def test_nothing_is_wrong(self):
        with self.nothing_applied():
            self.assertEqual(self.doctor(), (0, {}))

    def test_the_json_library_is_tried(self):
        rc, _, _, document = self.stack.ctl("doctor")
        self.assertEqual(rc, 0)
        said = [f for f in document["findings"] if f["check"] == "json-c"]
        self.assertEqual([f["state"] for f in said], ["ok"], document)
        self.assertIn("beyond ASCII", said[0]["detail"])

    def test_the_configuration(self):
        self.assert_wrong(["configuration"],
                          self.stack.path("no such.conf"))
        wrong = self.assert_wrong(["configuration"],
                                  self.conf(server_workers="many"))
        self.assertIn("workers", wrong["configuration"]["detail"])

    def test_a_password_that_everybody_may_read(self):
        path = self.stack.path("password")
        with open(path, "w", encoding="utf-8"):
            pass
        for mode, checks in ((0o644, ["password file"]), (0o640, [])):
            os.chmod(path, mode)
            _, wrong = self.doctor(self.conf(database_password_file=path))
            self.assertEqual(sorted(wrong), checks)
        _, wrong = self.doctor(self.conf(0o644, database_password="x"))
        self.assertIn("password", wrong)
        self.assertIn("chmod", wrong["password"]["remedy"])

    def test_the_file_of_the_account(self):
        path = self.stack.path("account.conf")
        self.addCleanup(lambda: os.path.exists(path) and os.remove(path))
        conf = self.conf(0o644, database_file=path)
        with open(conf, encoding="utf-8") as f:
            text = f.read()
        with open(conf, "w", encoding="utf-8") as f:
            f.write(text.replace("password=\n", ""))
        rc, out, _, _ = self.stack.ctl("-c", conf, "doctor", as_json=False)
        self.assertEqual(rc, 0, out)    # a warning: it may be missing
        self.assertRegex(out, r"(?m)^warning  database file: \S.* does not")
        self.assertIn("dpkg-reconfigure palmares", out)
        for text, mode, checks in (
                ("password=x\n", 0o644, ["database", "password"]),
                ("password=x\n", 0o640, ["database"]),
                ("", 0o644, [])):
            with open(path, "w", encoding="utf-8") as f:
                f.write("[database]\n" + text)
            os.chmod(path, mode)
            _, wrong = self.doctor(conf)
            self.assertEqual(sorted(wrong), checks)
            if "password" in checks:
                self.assertIn(path, wrong["password"]["remedy"])

    def test_the_way_to_the_database(self):
        for changes in ({"database_socket": "/nowhere"},
                        {"database_host": "127.0.0.1", "database_port": 1},
                        {"database_user": "nobody"},
                        {"database_password": "wrong"},
                        {"database_name": "nothing"}):
            with self.subTest(changes):
                self.assert_wrong(["database"], self.conf(**changes))

    def test_settings_of_the_server(self):
        for name, value in (("innodb_flush_log_at_trx_commit", 2),
                            ("read_only", 1),
                            ("max_allowed_packet", 1 << 20),
                            ("max_connections", 15),     # room for doctor itself
                            # 4 workers need 21, and at a restart the new
                            # ones as many again.
                            ("max_connections", 41),
                            ("max_prepared_stmt_count", 500)):
            conf = self.conf(server_workers=4)
            with self.subTest(name, value=value), \
                    self.variable(name, value):
                rc, wrong = self.doctor(conf)
                self.assertEqual(rc, 1)
                self.assertIn(name, wrong)
                self.assertTrue(wrong[name]["remedy"].startswith("SET "))

    def test_the_rights_of_the_account(self):
        self.stack.sql("CREATE USER weak@localhost; GRANT SELECT, INSERT,"
                       " UPDATE, DELETE ON palmares.* TO weak@localhost")
        try:
            wrong = self.assert_wrong(["rights"],
                                      self.conf(database_user="weak"))
            self.assertIn("CREATE", wrong["rights"]["detail"])
            self.stack.sql("REVOKE INSERT ON palmares.* FROM weak@localhost")
            _, wrong = self.doctor(self.conf(database_user="weak"))
            self.assertEqual(sorted(wrong), ["rights", "statements"])
        finally:
            self.stack.sql("DROP USER weak@localhost")

    def test_the_schema(self):
        self.stack.sql("UPDATE schema_version SET done = done - 1"
                       " WHERE version = 1")
        try:
            _, wrong = self.doctor()
            self.assertIn("migrate", wrong["schema"]["remedy"])
        finally:
            self.stack.sql("UPDATE schema_version SET done = statements")

    def test_the_daemon(self):
        path = self.stack.path("dead.sock")
        wrong = self.assert_wrong(["palmaresd"],
                                  self.conf(server_socket=path))
        self.assertIn("does not exist", wrong["palmaresd"]["detail"])
        pids = [self.stack.daemon.pid] + self.stack.worker_pids()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            wrong = self.assert_wrong(["palmaresd"])
            self.assertIn("does not answer", wrong["palmaresd"]["detail"])
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
