"""Bytes that cannot be read: told as such, and taken for nothing else."""

from client import at_once
from packed import Award, Awards, Standing
from regressions import Regressions


class Damage(Regressions):
    """What users have, and what events gave."""

    def setUp(self):
        self.one = self.app()
        self.one.rule(name="r", badge="b", numberOfTimesToGetTheAward=2)
        for i in range(3):
            self.one.event("ann", id="ann-%d" % i)
            self.one.event("bob", id="bob-%d" % i)
        self.where = "application_id = %d AND username = 'ann'" % self.one.id
        self.body = {"username": "ann", "eventType": "review"}

    def damage(self, table, column, value, where):
        """Set it until the test is over."""
        where = self.where + where
        stored, = self.stack.sql("SELECT HEX(`%s`) FROM `%s` WHERE %s" % (
            column, table, where))
        self.addCleanup(self.stack.sql, "UPDATE `%s` SET `%s` = X'%s' WHERE"
                        " %s" % (table, column, stored[0], where))
        self.stack.sql("UPDATE `%s` SET `%s` = %s WHERE %s" % (
            table, column, value, where))
        return stored[0]

    def assert_internal(self, *targets):
        for target in targets:
            with self.subTest(target):
                self.assert_problem(self.one.get(target), 500, "internal")

    def ids(self, app, *tables):
        """Of the only thing of each kind that the application has."""
        return [self.stack.sql_number(
            "SELECT id FROM `%s` WHERE application_id = %d" % (table, app.id))
            for table in tables]

    def others(self):
        """Ids of a rule, a scale and a badge of another application."""
        app = self.app()
        app.rule("review", 10, "theirs", name="theirs", badge="theirs")
        return self.ids(app, "rule", "point_scale", "badge")

    # No number at all, and one without an end; a count that nothing follows;
    # a kind that does not exist; a badge twice; a number too large; more
    # behind the end, and less. Of a kind with keys: a value of nothing, and
    # none; the same key twice; a key too large; one behind the largest.
    UNREADABLE = ("''", "X'80'", "X'0105'", "X'010005'", "X'017F010101'",
                  "X'01020201010002'", "X'01000101FFFFFFFFFFFFFFFFFF02'",
                  "CONCAT(standing, X'00')",
                  "LEFT(standing, LENGTH(standing) - 1)",
                  "X'010901000201'", "X'010901010200'",
                  "X'010902010201000001'",
                  "X'01090101FFFFFFFFFFFFFFFFFF0201'",
                  "X'01090201FEFFFFFFFFFFFFFFFF0101000101'")

    def test_who_cannot_be_read_is_not_taken_for_somebody_new(self):
        for value in self.UNREADABLE:
            with self.subTest(value):
                self.damage("user", "standing", value, "")
                position = self.stack.log_size()
                with self.workers_unharmed():
                    self.assert_internal(
                        "/users/ann", "/users",
                        "/pointScales/reputation/users/ann")
                    self.check_refused()
                self.assertIn("event=damaged_row table=user",
                              self.stack.log_since(position))
                self.assertEqual(self.one.user("bob")["events"], 3)
                self.doCleanups()
                self.assertEqual(self.one.points("ann"), 10)
        self.one.event("ann")
        self.assertEqual(self.one.user("ann")["events"], 4)

    def test_what_is_not_there_has_no_name(self):
        """Nor has what another application calls so."""
        (scale,), (badge,) = self.ids(self.one, "point_scale"), self.ids(
            self.one, "badge")
        _, their_scale, their_badge = self.others()
        for balances, badges in (({2 ** 31: 1}, [badge]),
                                 ({scale: 1}, [2 ** 31]),
                                 ({their_scale: 1}, [badge]),
                                 ({scale: 1}, [badge, their_badge])):
            with self.subTest(balances=balances, badges=badges):
                standing = Standing()
                standing.balances, standing.badges = balances, badges
                self.damage("user", "standing",
                            "X'%s'" % standing.pack().hex(), "")
                self.assert_internal("/users/ann", "/users")
                self.doCleanups()

    def check_refused(self):
        """No event of ann is taken; those that come with it are."""
        with self.nothing_applied():
            self.assert_problem(self.one.post("/events", self.body), 500,
                                "internal")
            r = self.batch(self.one, [self.body, dict(
                self.body, username="bob")])
            self.assert_problem(r, 500, "internal")
        others = [dict(self.body, username="bob", id="bob-0")] * 8
        answers = at_once([lambda b=b: self.one.post("/events", b)
                           for b in [self.body] + others])
        self.assertEqual([r.status for r in answers],
                         [500] + [200] * len(others))

    def unreadable_awards(self):
        """(value, whether the ledger tells of it): rules, scales and badges
        that are not there, or are another application's; and as above."""
        rule, scale, badge = self.ids(self.one, "rule", "point_scale",
                                      "badge")
        own = Award(rule, scale, 10, 10, badge)
        for member, theirs in zip(("rule", "scale", "badge"), self.others()):
            for value in (2 ** 31, theirs):
                awards = Awards()
                awards.list = [own._replace(**{member: value})]
                yield "X'%s'" % awards.pack().hex(), member != "badge"
        for value in ("''", "X'80'", "X'00'", "X'0001'", "X'0005010000'",
                      "CONCAT(awards, X'00')", "CONCAT(awards, awards)",
                      "LEFT(awards, LENGTH(awards) - 1)",
                      "X'FFFFFFFFFFFFFFFFFF0100'"):
            yield value, True

    def test_awards_that_cannot_be_read_are_not_taken_for_none(self):
        second = " AND number = 2"
        for value, of_ledger in self.unreadable_awards():
            with self.subTest(value):
                self.damage("event", "awards", value, second)
                position = self.stack.log_size()
                self.assert_internal("/events/ann-1", "/events",
                                     "/events?username=ann")
                if of_ledger:
                    self.assert_internal("/users/ann/ledger")
                self.assertIn("event=damaged_row table=event",
                              self.stack.log_since(position))
                with self.nothing_applied():    # nor is it applied again
                    self.assert_problem(self.one.post("/events", dict(
                        self.body, id="ann-1")), 500, "internal")
                self.assertEqual(len(self.one.all("/events?username=bob")), 3)
                self.assertEqual(len(self.one.ledger("bob")), 1)
                self.doCleanups()
        self.assertEqual(len(self.one.ledger("ann")), 1)
        self.assertEqual(self.assert_json(self.one.post("/events", dict(
            self.body, id="ann-1")), 200)["awards"][0]["badge"], "b")

    def test_a_rule_that_cannot_be_read(self):
        """Its application is not judged, others are, and a PUT mends it."""
        rule, = self.ids(self.one, "rule")
        (since, document), = self.stack.sql(
            "SELECT since, HEX(document) FROM rule_revision WHERE rule_id = %d"
            % rule)
        set_to = ("UPDATE rule_revision SET document = %%s WHERE rule_id = %d"
                  " AND since = %s" % (rule, since))
        other = self.app()
        other.rule()
        self.addCleanup(self.stack.sql, set_to % ("X'%s'" % document))
        self.stack.sql(set_to % "'{\"points\": 1}'")
        self.assert_status(self.one.put("/badges/new", {}), 201)    # no cache
        position = self.stack.log_size()
        answers = at_once([lambda app=app: app.post("/events", self.body)
                           for app in [self.one] + [other] * 8])
        self.assertEqual([r.status for r in answers], [500] + [201] * 8)
        self.assert_internal("/rules/r", "/rules")
        self.assertIn("event=damaged_row table=rule_revision",
                      self.stack.log_since(position))
        self.assert_status(self.one.put("/rules/r", {
            "eventType": "review", "badge": "b"}), 200)
        self.assertEqual(self.one.get("/rules/r").json["badge"]["name"], "b")
        self.one.event("ann")
