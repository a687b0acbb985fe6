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

    def test_doctor_finds_nothing_wrong_here(self):
        self.ctl("doctor", as_json=False)


class Verify(StackTest):
    """verify finds what somebody changed behind the server's back."""

    def verify(self, app=None):
        args = ["verify"] + (["--app", app.name] if app else [])
        return self.stack.ctl(*args, as_json=False)

    def test_every_kind_of_damage_is_found(self):
        app = self.app()
        app.rule(name="r", badge="b")
        app.rule(name="n", scale="s", numberOfTimesToGetTheAward=2)
        for _ in range(3):
            app.event("u")
            app.event("v")
        self.assertEqual(self.verify()[0], 0)
        of = ("application_id = (SELECT id FROM application WHERE app_key ="
              " %d)" % app.key)
        for table, change, where in (
                ("balance", "points = points + 1", ""),
                ("balance", None, " LIMIT 1"),
                ("ledger", "points = points + 1", " AND number = 2"),
                ("ledger", "balance = balance + 1", " AND number = 2"),
                ("ledger", None, " AND number = 2"),
                ("ledger", None, " ORDER BY number DESC LIMIT 1"),
                ("rule_count", "count = count + 1", ""),
                ("rule_count", None, " LIMIT 1"),
                ("user_badge", None, " LIMIT 1"),
                ("user_badge", "event = event + 1", " LIMIT 1"),
                ("user", "events = events + 1", " LIMIT 1"),
                ("event", None, " AND number = 2"),
                ("event", None, " AND number = 1"),
                ("event", "event_type = 'other'", " AND number = 1"),
                ("event", "number = 9", " AND number = 3 LIMIT 1"),
                ("event", "entries = entries + 1", " LIMIT 1")):
            with self.subTest(table=table, change=change, where=where):
                copy = "copy_of_" + table
                self.stack.sql("CREATE TABLE %s AS SELECT * FROM `%s`"
                               % (copy, table))
                try:
                    self.stack.sql(
                        "UPDATE `%s` SET %s WHERE %s%s" % (
                            table, change, of, where) if change else
                        "DELETE FROM `%s` WHERE %s%s" % (table, of, where))
                    rc, out, err, _ = self.verify(app)
                    self.assertEqual(rc, 1, out + err)
                    self.assertTrue(out.strip(), "a list says what")
                finally:
                    self.stack.sql(
                        "DELETE FROM `%s`; INSERT INTO `%s` SELECT * FROM %s;"
                        "DROP TABLE %s" % (table, table, copy, copy))
        self.assertEqual(self.verify()[0], 0)

    def test_damage_is_reported_for_the_application_that_has_it(self):
        one, two = self.app(), self.app()
        for app in (one, two):
            app.rule()
            app.event()
        update = ("UPDATE balance SET points = points %%s 1 WHERE"
                  " application_id = (SELECT id FROM application WHERE"
                  " app_key = %d)" % one.key)
        self.stack.sql(update % "+")
        try:
            self.assertEqual(self.verify()[0], 1)
            self.assertEqual(self.verify(one)[0], 1)
            self.assertEqual(self.verify(two)[0], 0)
        finally:
            self.stack.sql(update % "-")
