"""palmaresctl: what a script and an operator rely on."""

import json

from case import StackTest, unique


class Commands(StackTest):
    """Applications, keys, exit statuses, --json."""

    def ctl(self, *args, status=0, as_json=True):
        rc, out, err, value = self.stack.ctl(*args, as_json=as_json)
        self.assertEqual(rc, status, "%s: %s%s" % (args, out, err))
        return value if as_json and status == 0 else out + err

    def test_an_application_from_creation_to_deletion(self):
        name = unique("Laden Größe")
        made = self.ctl("app", "create", name, "--description", "d",
                        "--time-zone", "Europe/Berlin")
        self.assert_members(made, {"name": name})
        self.assertIsInstance(made["appKey"], int)
        key = str(made["appKey"])
        for app in (name, key):
            self.assert_members(self.ctl("app", "show", app), {
                "name": name, "appKey": made["appKey"], "description": "d",
                "timeZone": "Europe/Berlin"})
        self.assertIn(name, json.dumps(self.ctl("app", "list"),
                                       ensure_ascii=False))
        self.ctl("app", "create", name, status=1)
        self.ctl("app", "create", unique(), "--app-key", key, status=1)
        self.ctl("app", "delete", name, "--yes")
        self.ctl("app", "show", name, status=1)

    def test_an_app_key_of_choice(self):
        made = self.ctl("app", "create", unique(), "--app-key", "4711")
        self.assertEqual(made["appKey"], 4711)

    def test_mistakes_are_told_from_faults(self):
        for args in ((), ("nothing",), ("app",), ("app", "create"),
                     ("key", "create"), ("app", "create", "x", "--what"),
                     ("verify", "x", "y", "z"), ("app", "delete")):
            with self.subTest(args), self.nothing_applied():
                self.assertTrue(self.ctl(*args, status=2, as_json=False))
        for args in (("app", "show", "none"), ("key", "list", "none"),
                     ("key", "revoke", "none", "1"),
                     ("key", "create", "none", "--secret"),
                     ("app", "create", " x"), ("app", "create", ""),
                     ("app", "create", "y", "--app-key", "0"),
                     ("app", "create", "y", "--time-zone", "Mars/Base")):
            with self.subTest(args), self.nothing_applied():
                rc, out, err, _ = self.stack.ctl(*args, as_json=False)
                self.assertIn(rc, (1, 2), out + err)
                self.assertTrue(err.strip(), "a message says why")

    def test_deleting_asks_first(self):
        app = self.app()
        with self.nothing_applied():
            rc, _, _, _ = self.stack.ctl("app", "delete", app.name,
                                         as_json=False)
            self.assertNotEqual(rc, 0)
        self.assert_status(app.get("/application"), 200)

    def test_migrate_again_changes_nothing(self):
        with self.nothing_applied():
            self.ctl("migrate", as_json=False)

    def test_migrate_check_tells_what_is_due_and_changes_nothing(self):
        with self.nothing_applied():
            self.assertEqual(self.ctl("migrate", "--check"),
                             {"schema": 1, "steps": []})
        self.stack.sql("RENAME TABLE schema_version TO version_away")
        try:
            text = self.ctl("migrate", "--check", status=1)
            self.assertIn("not of Palmarès", text)
            self.stack.sql("CREATE TABLE schema_version AS"
                           " SELECT * FROM version_away WHERE version = 0")
            text = self.ctl("migrate", "--check", status=1)
            self.assertIn("run 'palmaresctl migrate'", text)
            self.assertEqual(
                self.stack.sql_number("SELECT COUNT(*) FROM schema_version"),
                0)
        finally:
            self.stack.sql("DROP TABLE IF EXISTS schema_version;"
                           "RENAME TABLE version_away TO schema_version")
        self.stack.wait_ready()

    def test_doctor_finds_nothing_wrong_here(self):
        self.ctl("doctor", as_json=False)
