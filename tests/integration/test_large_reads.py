"""Reads of more than an answer, a page or a worker's memory has room for."""

import time

import crowd
from case import StackTest
from client import segment
from packed import Award, Awards

PAGE = 16 << 20         # bytes: no page is longer, but for its last item


class LargeReads(StackTest):
    """Every one is answered, and no worker ends over it."""

    def setUp(self):
        self.workers = self.stack.worker_pids()
        self.crowds = []

    def tearDown(self):
        for app in self.crowds:
            crowd.remove(app)
        self.assertEqual(self.stack.worker_pids(), self.workers,
                         "a worker has ended")

    def crowd(self, classic=False):
        """An application whose rows no event explains."""
        app = self.app(classic)
        self.crowds.append(app)
        return app

    def pages(self, app, target, limit=1000):
        """All items, and how many bytes and items each page had."""
        mark = "&" if "?" in target else "?"
        items, sizes, cursor = [], [], ""
        while cursor is not None:
            r = self.assert_status(app.get("%s%slimit=%d%s" % (
                target, mark, limit,
                "&cursor=" + segment(cursor) if cursor else "")), 200)
            page = r.json
            items += page["data"]
            sizes.append((len(r.body), len(page["data"])))
            cursor = page["nextCursor"]
        return items, sizes


class LargeEvents(LargeReads):

    def test_events_with_much_in_them(self):
        """A megabyte of properties each: more than a page, and than all that
        a worker may hold, if they were read at once."""
        app = self.crowd()
        count = 80
        app.stack.sql(
            "INSERT INTO event SELECT {0}, seq, seq - 1, seq, 1, seq, 1, NULL,"
            " 'u', CONCAT('e-', seq), 't', NULL, CONCAT('{{\"p\":\"',"
            " REPEAT('x', 1 << 20), '\"}}'), NULL FROM seq_1_to_{1};"
            "INSERT INTO user VALUES ({0}, 'u', {1}, 0, 0, 0, {1}, NULL, NULL)"
            .format(app.id, count))
        for target in ("/events", "/events?username=u", "/events?eventType=t",
                       "/events?from=1970-01-01T00:00:00Z"):
            with self.subTest(target=target):
                items, sizes = self.pages(app, target)
                self.assertEqual([e["id"] for e in items], [
                    "e-%d" % n for n in range(count, 0, -1)])
                for size, found in sizes[:-1]:
                    self.assertLessEqual(size, PAGE + (2 << 20))
                    self.assertGreaterEqual(found, 1)
                self.assertLess(len(sizes), 20)

    def test_events_with_very_many_awards(self):
        """As from before there were limits: 7,000 rules of a type."""
        app = self.crowd()
        badges = crowd.things(app, "badge", 1)
        rules = crowd.rules(app, 7000, badge="many-1", description=4000)
        scale, = crowd.things(app, "point_scale", 1, description=4000)
        awards = Awards()
        awards.list = [Award(rule, scale, 1, 1, badges[0]) for rule in rules]
        count = 60
        app.stack.sql(
            "INSERT INTO event SELECT {0}, seq, seq - 1, seq, 1, 1, 1, NULL,"
            " 'u', CONCAT('e-', seq), 't', UNHEX('{2}'), NULL,"
            " NULL FROM seq_1_to_{1};"
            "INSERT INTO user VALUES ({0}, 'u', {1}, 0, 0, 0, {1}, NULL, NULL)"
            .format(app.id, count, awards.pack().hex()))
        one = self.assert_json(app.get("/events/e-1"))
        self.assertEqual(len(one["awards"]), 7000)
        self.assertEqual(one["awards"][6999]["rule"], "many-7000")
        for target in ("/events", "/events?username=u"):
            with self.subTest(target=target):
                items, sizes = self.pages(app, target)
                self.assertEqual([e["id"] for e in items], [
                    "e-%d" % n for n in range(count, 0, -1)])
                self.assertEqual({len(e["awards"]) for e in items}, {7000})
                for size, _ in sizes:
                    self.assertLessEqual(size, PAGE + (4 << 20))
        page = self.assert_json(app.get("/users/u/ledger?limit=1000"))
        self.assertEqual([e["number"] for e in page["data"]],
                         list(range(7000, 6000, -1)))

    def test_a_long_ledger_of_few_entries(self):
        """What gives nothing is read, too, for a page that it has no part
        in."""
        app = self.crowd()
        scale, = crowd.things(app, "point_scale", 1)
        badge, = crowd.things(app, "badge", 1)
        rules = crowd.rules(app, 2000, badge="many-1")
        nothing, gift = Awards(), Awards()
        nothing.list = [Award(rule, 0, 0, 0, badge) for rule in rules]
        gift.list = [Award(rules[0], scale, 5, 5, 0)]
        app.stack.sql(
            "INSERT INTO event SELECT {0}, seq, seq - 1, seq, 1, 1, 1, NULL,"
            " 'u', CONCAT('e-', seq), 't', IF(seq = 1, UNHEX('{2}'),"
            " UNHEX('{1}')), NULL, NULL FROM seq_1_to_1500;"
            "INSERT INTO user VALUES ({0}, 'u', 1500, 1, 0, 0, 1500, NULL,"
            " NULL)"
            .format(app.id, nothing.pack().hex(), gift.pack().hex()))
        items, _ = self.pages(app, "/users/u/ledger")
        self.assertEqual([(e["event"], e["balance"]) for e in items],
                         [("e-1", 5)])


class LargeUsers(LargeReads):

    def test_a_page_of_users_who_have_everything(self):
        app = self.crowd()
        scales = crowd.things(app, "point_scale", 600, description=100)
        badges = crowd.things(app, "badge", 600, description=100)
        rules = crowd.rules(app, 600)
        crowd.users(app, 1000, scales, badges, rules)
        items, sizes = self.pages(app, "/users")
        self.assertEqual([u["username"] for u in items],
                         ["user-%05d" % n for n in range(1, 1001)])
        for size, _ in sizes:
            self.assertLessEqual(size, PAGE + (1 << 20))
        for user in items[0], items[-1]:
            self.assertEqual(user, app.user(user["username"]))
        # A badge of each is won in the order in which it is told.
        self.assertEqual([b["name"] for b in items[500]["badgesArray"]],
                         ["many-%d" % n for n in range(1, 601)])

    def test_a_user_who_has_all_that_an_application_may_have(self):
        app = self.crowd()
        scales = crowd.things(app, "point_scale", 1000, description=4000)
        badges = crowd.things(app, "badge", 1000, description=4000)
        crowd.users(app, 3, scales, badges)
        user = app.user("user-00002")
        self.assertEqual(len(user["pointScalesWithPoints"]), 1000)
        self.assertEqual(len(user["badgesArray"]), 1000)
        self.assertEqual(len(self.pages(app, "/users")[0]), 3)
        for path in ("/pointScales", "/badges"):
            self.assertEqual(len(self.pages(app, path)[0]), 1000)

    def test_more_descriptions_than_an_application_may_have(self):
        """From before there were limits: 72 MB. What is told is read, and no
        more."""
        app = self.crowd(classic=True)
        scales = crowd.things(app, "point_scale", 3, description=4000)
        badges = crowd.things(app, "badge", 18000, description=4000)
        crowd.users(app, 150, scales, badges[-5:])
        self.assert_status(app.put("/badges/many-18000", {
            "description": "the last"}), 200)
        user = app.user("user-00002")
        self.assertEqual(
            [(b["name"], b["description"]) for b in user["badgesArray"]],
            [("many-%d" % n, "d" * 4000) for n in range(17996, 18000)]
            + [("many-18000", "the last")])
        self.assertEqual(
            [b["pointScale"]["description"]
             for b in user["pointScalesWithPoints"]], ["d" * 4000] * 3)
        items, _ = self.pages(app, "/users")
        self.assertEqual(len(items), 150)
        self.assertEqual(items[1], user)
        self.assertEqual(app.points("user-00002", "many-2"), 1)
        classic = self.assert_json(app.classic("GET", "/users/user-00002"))
        self.assertEqual(classic["badgesArray"], user["badgesArray"])
        answer = app.classic("GET", "/users")
        # It ends after half a second, and a busy machine is slow.
        self.assertEqual(len(self.assert_json(answer)) < 150,
                         answer.header("X-Truncated") is not None)
        rule = app.rule("e", scale="many-1", badge="many-18000")
        event = app.event("new", "e")
        self.assertEqual([a["rule"] for a in event["awards"]], [rule["name"]])
        self.assertEqual([e["rule"] for e in app.ledger("new")],
                         [rule["name"]])
        self.assertEqual(app.user("new")["badgesArray"],
                         user["badgesArray"][-1:])

    def test_a_user_whose_badges_no_answer_can_tell(self):
        app = self.crowd()
        badges = crowd.things(app, "badge", 9000, description=4000)
        crowd.users(app, 2, badges=badges)
        self.assert_problem(app.get("/users/user-00001"), 400,
                            "invalid_query")

    def test_points_need_no_descriptions(self):
        """A user of whom no answer can tell has points none the less."""
        app = self.crowd(classic=True)
        scale = crowd.things(app, "point_scale", 2)[0]
        badges = crowd.things(app, "badge", 9000, description=4000)
        crowd.users(app, 2, [scale], badges)
        self.assertEqual(app.points("user-00001", "many-1"), 1)
        self.assertEqual(app.points("user-00001", "many-2"), 0)
        self.assertEqual(self.assert_json(app.classic(
            "GET", "/users/user-00001/many-1")), 1)

    def test_the_classic_list_of_users(self):
        """No key, no cursor: the first of them, and in a time."""
        app = self.crowd(classic=True)
        badges = crowd.things(app, "badge", 9, description=400)
        crowd.users(app, 40000, badges=badges)
        begun = time.monotonic()
        r = self.assert_status(app.classic("GET", "/users"), 200)
        taken = time.monotonic() - begun
        self.assertEqual(r.header("X-Truncated"), "true")
        self.assertLess(len(r.body), 25 << 20)
        names = [u["username"] for u in r.json]
        self.assertEqual(names, ["user-%05d" % n
                                 for n in range(1, len(names) + 1)])
        self.assertLess(len(names), 10000)
        self.assertGreaterEqual(len(names), 64)
        self.assertLess(taken, 10)
        # Of users who have little there are more, and not all either.
        many = self.crowd(classic=True)
        crowd.users(many, 10001)
        r = self.assert_status(many.classic("GET", "/users"), 200)
        self.assertEqual(len(r.json), 10000)
        self.assertEqual(r.header("X-Truncated"), "true")
        # One that is not longer than it may be is whole, and says nothing.
        small = self.crowd(classic=True)
        crowd.users(small, 150)
        r = self.assert_status(small.classic("GET", "/users"), 200)
        self.assertEqual(len(r.json), 150)
        self.assertIsNone(r.header("X-Truncated"))

    def test_the_classic_lists_of_what_an_owner_made(self):
        app = self.crowd(classic=True)
        crowd.things(app, "badge", 6000, description=4000)
        crowd.rules(app, 6000, description=4000)
        for path in ("/badges", "/rules"):
            r = self.assert_status(app.classic("GET", path), 200)
            self.assertEqual([b["name"] for b in r.json],
                             ["many-%d" % n for n in range(1, 1001)])
            self.assertEqual(r.header("X-Truncated"), "true")
            self.assertEqual(len(self.pages(app, path)[0]), 6000)
