"""Ids beyond 32 bits: what uses them up is not what there is of a thing."""

from case import StackTest, unique
from client import request
from test_restored import Past

LAST = 2 ** 32 - 1
TABLES = ("api_key", "point_scale", "badge", "rule")


class BeyondInt(Past, StackTest):
    """A stack whose next ids are the last of 32 bits, and then the first that
    need more."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for table in TABLES:
            cls.stack.sql("ALTER TABLE %s AUTO_INCREMENT = %d" % (table, LAST))
        cls.one = cls.app()

    def test_all_that_has_an_id_goes_on(self):
        app = self.one
        for _ in range(2):
            name = unique("n")
            app.rule(event_type="e", scale=name, badge=name, name=name)
        for table in TABLES:
            self.assertEqual(self.stack.sql(
                "SELECT id FROM %s ORDER BY id LIMIT 2" % table),
                [[str(LAST)], [str(LAST + 1)]], table)
        event = app.event("u", "e", id="i")
        self.assertEqual([a["rule"] for a in event["awards"]],
                         [r["name"] for r in app.all("/rules", limit=1)])
        user = app.user("u")
        scales = [s["name"] for s in app.all("/pointScales", limit=1)]
        self.assertEqual(
            [b["pointScale"]["name"] for b in user["pointScalesWithPoints"]],
            scales)
        self.assertEqual([b["name"] for b in user["badgesArray"]],
                         [b["name"] for b in app.all("/badges", limit=1)])
        self.assertEqual(len(scales), 2)
        self.assertEqual([e["rule"] for e in app.ledger("u")], scales)
        self.assertEqual(app.get("/events/i").json["awards"], event["awards"])
        # As it was given, it stays, though no rule names it any more.
        for name in scales:
            self.assert_status(app.delete("/rules/" + name), 204)
            self.assert_problem(app.delete("/pointScales/" + name), 409,
                                "point_scale_in_use")
            self.assert_problem(app.delete("/badges/" + name), 409,
                                "badge_in_use")
        self.assertEqual(app.ledger("u")[-1]["rule"], scales[-1])
        key = app.new_key()
        self.assertGreater(key["id"], LAST)
        self.ctl("key", "revoke", app.name, str(key["id"]))
        self.assert_problem(app.get("/rules", key=key["key"]), 401,
                            "key_unknown")

    def test_an_application_that_cannot_be_made_uses_no_id_up(self):
        """The name that the classic interface would give is another's."""
        self.ctl("app", "create", "classic-777777")
        before = self.app().id
        for _ in range(3):
            r = request(self.stack.port, "POST", "/api/badges",
                        {"appKey": 777777, "name": "b"})
            self.assert_problem(r, 400, "application_not_found")
        self.assertEqual(self.app().id, before + 1)
