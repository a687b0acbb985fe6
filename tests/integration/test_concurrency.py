"""The scenario that lost points before: many clients, one new user."""

from case import StackTest, unique
from client import Connection, at_once


class OneUser(StackTest):
    """Ten clients with ten events each for one user not seen before."""

    CLIENTS = EVENTS = 10

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.app()
        cls.one.rule(name="ten", points=10, badge="b")
        cls.one.rule(name="fiftieth", scale="s", points=1, badge="fifty",
                     numberOfTimesToGetTheAward=50)
        cls.headers = {"X-API-Key": cls.one.secret}

    def ten(self, username):
        """One client: its events, one after the other, on one connection."""
        events = []
        with Connection(self.stack.port) as c:
            for _ in range(self.EVENTS):
                r = c.request("POST", "/api/v1/events", {
                    "username": username, "eventType": "review"},
                    self.headers)
                events.append(self.assert_json(r, 201))
        return events

    def check(self, username, events):
        """`events` are all that the user ever had, each worth 10."""
        count = len(events)
        wanted = list(range(10, 10 * count + 10, 10))
        awards = [a for e in events for a in e["awards"]]
        tens = [a for a in awards if a["rule"] == "ten"]
        self.assertEqual(sorted(a["balance"] for a in tens), wanted)
        self.assertEqual(len([a for a in tens if "badge" in a]), 1)
        first = [a for a in tens if "badge" in a][0]
        self.assertEqual(first["balance"], 10)
        fifty = [a for a in awards if a["rule"] == "fiftieth"]
        self.assertEqual(len(fifty), 1 if count >= 50 else 0)
        if fifty:
            event = [e for e in events if fifty[0] in e["awards"]][0]
            self.assertEqual(event["awards"][0]["balance"], 500)
        self.assertEqual(self.stack.sql_number(
            "SELECT COUNT(*) FROM user WHERE username = '%s'" % username), 1)
        self.assertEqual(self.one.points(username), 10 * count)
        self.assertEqual(self.one.user(username)["events"], count)
        ledger = self.assert_json(self.one.get(
            "/users/%s/ledger?limit=1000" % username))["data"]
        self.assertEqual(
            [e["balance"] for e in reversed(ledger) if e["rule"] == "ten"],
            wanted)
        self.assertEqual([e["number"] for e in reversed(ledger)],
                         list(range(1, len(ledger) + 1)))
        self.assertEqual([row[0] for row in self.stack.sql(
            "SELECT number FROM event WHERE username = '%s'"
            " ORDER BY number" % username)],
            [str(i) for i in range(1, count + 1)])
        listed = self.one.all("/events?username=" + username)
        self.assertEqual([e["awards"][0]["balance"]
                          for e in reversed(listed)], wanted)

    def test_one_user_with_all_points_in_every_round(self):
        for _ in range(12):
            username = unique("hot")
            results = at_once([lambda: self.ten(username)] * self.CLIENTS)
            for events in results:      # in the order of their sending
                balances = [e["awards"][0]["balance"] for e in events]
                self.assertEqual(balances, sorted(balances))
            self.check(username, sum(results, []))

    def test_batches_of_two_users_in_opposite_order_mixed_in(self):
        for _ in range(8):
            a, b = unique("a"), unique("b")

            def batches(first, second):
                events = []
                for _ in range(5):
                    r = self.one.post("/events/batch", {"events": [
                        {"username": u, "eventType": "review"}
                        for u in (first, second, first)]})
                    results = self.assert_json(r)["results"]
                    self.assertEqual([x["status"] for x in results],
                                     [201] * 3)
                    events += [x["event"] for x in results]
                return events

            results = at_once(
                [lambda: self.ten(a), lambda: self.ten(b)] * 3
                + [lambda: batches(a, b), lambda: batches(b, a)] * 3)
            events = sum(results, [])
            for username, count in ((a, 3 * 10 + 3 * 5 * 3),
                                    (b, 3 * 10 + 3 * 5 * 3)):
                own = [e for e in events if e["username"] == username]
                self.assertEqual(len(own), count)
                self.check(username, own)

    def test_many_new_users_at_once(self):
        names = [unique("new") for _ in range(120)]

        def some(i):
            return [self.one.event(n) for n in names[i::24]]
        events = sum(at_once([lambda i=i: some(i) for i in range(24)]), [])
        self.assertEqual({e["username"] for e in events}, set(names))
        for e in events:
            self.assertEqual(e["awards"][0]["balance"], 10)


class OneName(StackTest):
    """The same resource made by many at once exists once."""

    def test_post_succeeds_once(self):
        app = self.app()
        for path, more, code in (
                ("/pointScales", {}, "point_scale_exists"),
                ("/badges", {}, "badge_exists"),
                ("/rules", {"eventType": "e", "badge": "zz", "points": 1,
                            "pointScale": "zz"}, "rule_exists")):
            for _ in range(4):
                body = dict(more, name=unique())
                answers = at_once([lambda: app.post(path, body)] * 12)
                self.assertEqual(sorted(r.status for r in answers),
                                 [201] + [409] * 11)
                for r in answers:
                    if r.status == 409:
                        self.assert_problem(r, 409, code)

    def test_put_creates_once(self):
        app = self.app()
        for path, body in (("/pointScales/", {}), ("/badges/", {}),
                           ("/rules/", {"eventType": "e", "badge": "z"})):
            for _ in range(4):
                name = unique()
                answers = at_once([lambda: app.put(path + name, body)] * 12)
                self.assertEqual(sorted(r.status for r in answers),
                                 [200] * 11 + [201])

    def test_rules_that_make_the_same_scale_share_it(self):
        app = self.app()
        for i in range(4):
            answers = at_once([lambda j=j: app.post("/rules", {
                "name": "r%d-%d" % (i, j), "eventType": "e", "points": 1,
                "pointScale": "s%d" % i, "badge": "b%d" % i})
                for j in range(12)])
            self.assertEqual([r.status for r in answers], [201] * 12)
        self.assertEqual(app.rows("point_scale"), 4)
        self.assertEqual(app.rows("badge"), 4)
        self.assertEqual(app.rows("rule"), 48)

    def test_delete_and_use_at_once_leave_no_dangling_name(self):
        app = self.app()
        for i in range(6):
            scale, rule = "d%d" % i, "dr%d" % i
            app.put("/pointScales/" + scale, {})
            gone, made = at_once([
                lambda: app.delete("/pointScales/" + scale),
                lambda: app.post("/rules", {
                    "name": rule, "eventType": "e", "points": 1,
                    "pointScale": scale})])
            self.assert_status(made, 201)
            self.assert_status(gone, 204, 409)
            self.assert_status(app.get("/pointScales/" + scale), 200)
            self.assertEqual(self.assert_json(app.get(
                "/rules/" + rule))["pointScale"]["name"], scale)
