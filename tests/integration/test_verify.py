"""palmaresctl verify: what somebody changed behind the server's back."""

import contextlib

from case import StackTest
from packed import Awards, Standing

# Of user u: of the rows, and of the first, the second and the last event.
U = " AND username = 'u'"
FIRST, SECOND, LAST = (U + " AND number = %d" % n for n in (1, 2, 4))
# A table, what is set (None: the row is deleted), which rows, and what verify
# says of it.
ROWS = (
    ("user", "events = events + 1", U,
     'user "u": events: stored 5, the events give 4'),
    ("user", "entries = entries + 1", U,
     'user "u": ledger entries: stored 6, the events give 5'),
    ("user", "last_event = last_event - 1", U,
     'user "u": row of the last event: stored '),
    ("user", "ahead = 2000000", U,
     'user "u": microseconds of the last event ahead of its receipt: stored'
     ' 2000000, the events give 0'),
    ("user", "standing = NULL", U, 'user "u": standing: stored damaged'),
    ("user", "standing = ''", U, 'user "u": standing: stored damaged'),
    ("user", "standing = CONCAT(standing, X'00')", U,
     'user "u": standing: stored damaged'),
    ("user", "standing = LEFT(standing, LENGTH(standing) - 1)", U,
     'user "u": standing: stored damaged'),
    ("user", "standing = X'010902010201000001'", U,
     'user "u": standing: stored damaged'),
    ("user", None, U, 'user "u": events of a user who does not exist: stored'
     ' 4, the events give 0'),
    ("event", None, FIRST, ': number: stored 2, the events give 1'),
    ("event", None, SECOND, 'user "u": events: stored 4, the events give 3'),
    ("event", None, LAST, 'user "u": row of the last event: stored '),
    ("event", "event_type = 'other'", FIRST,
     'award of rule "r": stored 10 points of "reputation", balance 10, badge'
     ' "b", the events give nothing'),
    ("event", "number = 9", LAST, ': number: stored 9, the events give 4'),
    ("event", "previous = previous + 1", SECOND,
     ': row of the event before: stored '),
    ("event", "previous = 0", LAST,
     ': row of the event before: stored 0, the events give '),
    ("event", "ahead = 2000000", SECOND,
     ': microseconds ahead of the receipt: stored 2000000, the events give 0'),
    ("event", "timestamp = timestamp + 1", SECOND,
     ': microseconds ahead of the receipt: stored 0, the events give -1'),
    ("event", "username = 'v'", SECOND,
     'user "v": events: stored 4, the events give 5'),
    ("event", "awards = NULL", SECOND, 'award of rule "r": stored nothing, the'
     ' events give 10 points of "reputation", balance 20'),
    ("event", "awards = ''", SECOND, ': awards: stored damaged'),
    ("event", "awards = CONCAT(awards, X'00')", SECOND,
     ': awards: stored damaged'),
    ("event", "awards = LEFT(awards, LENGTH(awards) - 1)", SECOND,
     ': awards: stored damaged'),
    ("point_scale", "given = 0", " AND name = 's'",
     'point scale "s": given: stored 0, the events give 1'),
    ("badge", "given = 0", " AND name = 'c'",
     'badge "c": given: stored 0, the events give 1'),
    ("point_scale", None, " AND name = 's'",
     'rule "n": stored a point scale that does not exist'),
    ("point_scale", None, " AND name = 'gone'", 'does not exist'),
    ("badge", None, " AND name = 'gone'", 'does not exist'),
)
# What is done to the standing of u, with the ids of things by their names.
STANDINGS = (
    (lambda u, ids: u.balances.update({ids["s"]: 11}),
     'user "u": balance of point scale "s": stored 11, the events give 10'),
    (lambda u, ids: u.balances.pop(ids["reputation"]),
     'user "u": balance of point scale "reputation": stored none, the events give 30'),
    (lambda u, ids: u.balances.update({ids["s"] + 99999: 1}),
     ', which does not exist: stored 1, the events give none'),
    (lambda u, ids: u.counts.update({ids["n"]: 9}),
     'user "u": count of rule "n": stored 9, the events give 3'),
    (lambda u, ids: u.counts.pop(ids["r"]),
     'user "u": count of rule "r": stored none, the events give 3'),
    (lambda u, ids: u.given.remove(ids["n"]),
     'user "u": award for the N-th event of rule "n": stored none, the events give 1'),
    (lambda u, ids: u.given.append(ids["n"] + 99999),
     ', which does not exist: stored 1, the events give none'),
    (lambda u, ids: u.badges.reverse(),
     'user "u": place of badge "b": stored 3, the events give 1'),
    (lambda u, ids: u.badges.remove(ids["b"]),
     'user "u": place of badge "b": stored none, the events give 1'),
    (lambda u, ids: u.badges.append(ids["never"]),
     'user "u": place of badge "never": stored 4, the events give none'),
    (lambda u, ids: u.badges.append(ids["b"]), 'user "u": standing: stored damaged'),
)
# And to the awards of their second event, which are of rules r and n.
R, N = 0, 1
AWARDS = (
    (N, {"points": 11}, 'award of rule "n": stored 11 points of "s", balance'
     ' 10, badge "c", the events give 10 points of "s", balance 10, badge "c"'),
    (N, {"balance": 9}, 'award of rule "n": stored 10 points of "s",'
     ' balance 9,'),
    (N, {"scale": "reputation"},
     'award of rule "n": stored 10 points of "reputation", balance 10'),
    (N, {"badge": "none"}, 'award of rule "n": stored 10 points of "s",'
     ' balance 10, the events give'),
    (R, {"badge": "b"}, 'award of rule "r": stored 10 points of "reputation",'
     ' balance 20, badge "b", the events give 10 points of "reputation",'
     ' balance 20\n'),
    (R, {"rule": "gone"}, 'award of rule "r": stored nothing'),
    (R, None, 'award of rule "r": stored nothing'),
    (N, None, 'award of rule "n": stored nothing'),
)


class Verify(StackTest):
    """One application with damage after damage, all of which is found."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.app()
        cls.one.rule(name="r", badge="b")
        cls.one.rule(name="n", scale="s", badge="c",
                     numberOfTimesToGetTheAward=2)
        cls.one.rule(name="gone", event_type="gone", scale="gone",
                     badge="gone")
        cls.one.put("/badges/never", {})
        for event_type in ("review", "review", "gone", "review"):
            for username in ("u", "v"):
                cls.one.event(username, event_type)
        # What it gave stays.
        cls.one.delete("/rules/gone")
        cls.own = "application_id = %d" % cls.one.id

    def verify(self, app=None):
        args = ["verify"] + (["--app", app.name] if app else [])
        return self.stack.ctl(*args, as_json=False)

    @contextlib.contextmanager
    def restored(self, *tables):
        """Afterwards the application's rows are as they were."""
        for table in tables:
            self.stack.sql("CREATE TABLE copy_of_%s AS SELECT * FROM `%s`"
                           " WHERE %s" % (table, table, self.own))
        try:
            yield
        finally:
            for table in tables:
                self.stack.sql(
                    "DELETE FROM `%s` WHERE %s;"
                    "INSERT INTO `%s` SELECT * FROM copy_of_%s;"
                    "DROP TABLE copy_of_%s" % (
                        table, self.own, table, table, table))
        self.assertEqual(self.verify(self.one)[0], 0)

    def assert_found(self, told):
        rc, out, err, _ = self.verify(self.one)
        self.assertEqual(rc, 1, out + err)
        self.assertIn(self.one.name + ": ", out)
        self.assertIn(told, out)

    def id_of(self, table, name):
        return self.stack.sql_number(
            "SELECT id FROM `%s` WHERE %s AND name = '%s'" % (
                table, self.own, name))

    def test_every_kind_of_damage_to_rows_is_found(self):
        self.assertEqual(self.verify()[0], 0)
        for table, change, where, told in ROWS:
            with self.subTest(table=table, change=change, where=where), \
                    self.restored(table):
                where = self.own + where
                self.assertEqual(self.stack.sql_number(
                    "SELECT COUNT(*) FROM `%s` WHERE %s" % (table, where)), 1)
                self.stack.sql("UPDATE `%s` SET %s WHERE %s" % (
                    table, change, where) if change else
                    "DELETE FROM `%s` WHERE %s" % (table, where))
                self.assert_found(told)

    def test_every_kind_of_damage_to_what_a_user_has_is_found(self):
        ids = {name: self.id_of(table, name) for table, name in (
            ("point_scale", "reputation"), ("point_scale", "s"),
            ("rule", "r"), ("rule", "n"),
            ("badge", "b"), ("badge", "never"))}
        for change, told in STANDINGS:
            with self.subTest(told), self.restored("user"):
                stored = self.stack.sql("SELECT HEX(standing) FROM user"
                                        " WHERE " + self.own + U)[0][0]
                standing = Standing(bytes.fromhex(stored))
                self.assertEqual(standing.pack().hex().upper(), stored)
                change(standing, ids)
                self.stack.sql("UPDATE user SET standing = X'%s' WHERE %s" % (
                    standing.pack().hex(), self.own + U))
                self.assert_found(told)

    def change_awards(self, change):
        """Damage those of the second event of u."""
        stored = self.stack.sql("SELECT HEX(awards) FROM event WHERE "
                                + self.own + SECOND)[0][0]
        awards = Awards(bytes.fromhex(stored))
        self.assertEqual(awards.pack().hex().upper(), stored)
        self.assertEqual(len(awards.list), 2)
        change(awards)
        self.stack.sql("UPDATE event SET awards = X'%s' WHERE %s" % (
            awards.pack().hex(), self.own + SECOND))

    def test_every_kind_of_damage_to_what_an_event_gave_is_found(self):
        ids = {"scale": self.id_of("point_scale", "reputation"),
               "badge": self.id_of("badge", "b"),
               "rule": self.stack.sql_number(
                   "SELECT id FROM rule WHERE %s AND deleted <> 0" % self.own)}

        def change(awards):
            old = awards.list.pop(number)
            if new is not None:
                awards.list.insert(number, old._replace(**{
                    member: value if isinstance(value, int)
                    else ids[member] if value != "none" else 0
                    for member, value in new.items()}))

        for number, new, told in AWARDS:
            with self.subTest(number=number, new=new), \
                    self.restored("event"):
                self.change_awards(change)
                self.assert_found(told)

    def test_a_wrong_place_in_the_ledger_is_found(self):
        def change(awards):
            awards.entries_before += 1

        with self.restored("event"):
            self.change_awards(change)
            self.assert_found(": ledger entries before: stored 2,"
                              " the events give 1")

    def test_damage_is_reported_for_the_application_that_has_it(self):
        two = self.app()
        two.rule()
        two.event()
        with self.restored("user"):
            self.stack.sql("UPDATE user SET entries = entries + 1 WHERE "
                           + self.own + U)
            self.assertEqual(self.verify()[0], 1)
            self.assertEqual(self.verify(self.one)[0], 1)
            self.assertEqual(self.verify(two)[0], 0)
        self.assertEqual(self.verify()[0], 0)
