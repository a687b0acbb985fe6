"""Users, balances and the ledger as a client reads them."""

from case import StackTest, unique
from client import segment


class Lookups(StackTest):
    """The documents about users."""

    def test_the_user_s_document(self):
        app = self.app()
        app.rule(name="r", scale={"name": "test5", "description": "test5"},
                 badge={"name": "test5", "description": "test5"})
        for _ in range(10):
            last = app.event()
        user = app.user()
        self.assert_members(user, {"username": "test5", "appkey": app.key,
                                   "events": 10})
        (scale,), (badge,) = user["pointScalesWithPoints"], user["badgesArray"]
        self.assertEqual(sorted(scale), ["pointScale", "points"])
        self.assertEqual(scale["points"], 100)
        expected = {"name": "test5", "description": "test5",
                    "appKey": app.key}
        self.assert_members(scale["pointScale"], expected)
        self.assert_members(badge, expected)
        self.assert_time(user["createdAt"])
        self.assertEqual(user["lastEventAt"], last["receivedAt"])
        self.assertEqual(self.assert_json(app.get("/users"))["data"], [user])

    def test_a_user_without_awards(self):
        app = self.app()
        app.event()
        self.assert_members(app.user(), {
            "username": "test5", "pointScalesWithPoints": [],
            "badgesArray": [], "events": 1})

    def test_all_scales_and_badges_of_a_user(self):
        app = self.app()
        for i in range(5):
            app.rule(scale="s%d" % i, badge="b%d" % i, points=i - 2)
        app.put("/pointScales/unused", {})
        app.put("/badges/unused", {})
        app.event()
        user = app.user()
        points = {p["pointScale"]["name"]: p["points"]
                  for p in user["pointScalesWithPoints"]}
        self.assertEqual({k: v for k, v in points.items() if v},
                         {"s0": -2, "s1": -1, "s3": 1, "s4": 2})
        self.assertNotIn("unused", points)
        self.assertEqual(sorted(b["name"] for b in user["badgesArray"]),
                         ["b%d" % i for i in range(5)])

    def test_badges_come_in_the_order_of_winning(self):
        app = self.app()
        for name in "abc":
            app.rule(name, scale=None, badge=name)
        for name in "bca":
            app.event(event_type=name)
        self.assertEqual([b["name"] for b in app.user()["badgesArray"]],
                         ["b", "c", "a"])

    def test_the_points_of_one_user_and_scale(self):
        app = self.app()
        app.rule(scale="s")
        app.put("/pointScales/empty", {})
        app.event()
        self.assertEqual(
            self.assert_json(app.get("/pointScales/s/users/test5")),
            {"username": "test5", "pointScale": "s", "points": 10})
        self.assertEqual(app.points(scale="empty"), 0)

    def test_the_ledger_has_every_change_newest_first(self):
        app = self.app()
        app.rule(name="a", points=5, scale="s1")
        app.rule(name="b", points=-2, scale="s2", badge="x")
        app.rule(name="c", points=1, scale="s1", event_type="other")
        events = [app.event(id=unique("e"), event_type=t)
                  for t in ("review", "other", "review", "none")]
        ledger = self.assert_json(app.get("/users/test5/ledger"))["data"]
        self.assertEqual(
            [(e["number"], e["rule"], e["pointScale"], e["points"],
              e["balance"]) for e in ledger],
            [(5, "b", "s2", -2, -4), (4, "a", "s1", 5, 11),
             (3, "c", "s1", 1, 6), (2, "b", "s2", -2, -2),
             (1, "a", "s1", 5, 5)])
        ids = [e["id"] for e in events]
        self.assertEqual([e["event"] for e in ledger],
                         [ids[2], ids[2], ids[1], ids[0], ids[0]])
        for entry in ledger:
            self.assertEqual(sorted(entry), [
                "balance", "createdAt", "event", "number", "pointScale",
                "points", "rule"])
            self.assert_time(entry["createdAt"])
        app.delete("/rules/a")
        again = self.assert_json(app.get("/users/test5/ledger"))["data"]
        self.assertEqual(again, ledger)

    def test_an_empty_ledger(self):
        app = self.app()
        app.event()
        self.assertEqual(self.assert_json(app.get("/users/test5/ledger")),
                         {"data": [], "nextCursor": None})

    def test_an_acknowledged_event_comes_before_the_next(self):
        app = self.app()
        app.rule()
        ids = [app.event(id=unique("e"))["id"] for _ in range(60)]
        ledger = self.assert_json(app.get("/users/test5/ledger"))["data"]
        self.assertEqual([e["event"] for e in reversed(ledger)], ids)
        listed = self.assert_json(app.get(
            "/events?username=" + segment("test5")))["data"]
        self.assertEqual([e["id"] for e in reversed(listed)], ids)
