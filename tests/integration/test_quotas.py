"""How many rules, badges, point scales and keys an application may have."""

import crowd
from case import KINDS, StackTest, unique
from client import Together, segment

MAX = 1000
TABLES = {"/pointScales": "point_scale", "/badges": "badge", "/rules": "rule"}


class Quotas(StackTest):
    """Exact, for every way in which one more may come."""

    def fill(self, app, path, count):
        """So many, by SQL."""
        if path != "/rules":
            crowd.things(app, TABLES[path], count)
        else:
            app.put("/badges/one", {})
            crowd.rules(app, count, badge="one")

    def body(self, path, name, members):
        """Of one that nothing else has to be made for."""
        body = dict(members, name=name)
        if path == "/rules":
            body = {"name": name, "eventType": "e", "badge": "one"}
        return body

    def test_the_last_one_is_taken_and_the_next_one_not(self):
        for path, members, noun in KINDS:
            app = self.app()
            self.fill(app, path, MAX - 1)
            code = "too_many_%ss" % noun
            with self.subTest(path=path):
                last = self.body(path, "last", members)
                self.assert_status(app.post(path, last), 201)
                with self.nothing_applied():
                    for r in (app.post(path, self.body(path, "more",
                                                       members)),
                              app.put(path + "/more", self.body(
                                  path, "more", members))):
                        problem = self.assert_problem(r, 409, code)
                        self.assertIn("at most 1000 ", problem["detail"])
                        self.assertIn("delete one", problem["detail"])
                # What is there goes on, and one that goes makes room.
                self.assert_problem(app.post(path, last), 409,
                                    noun + "_exists")
                self.assert_status(app.put(path + "/last", last), 200)
                self.assert_status(app.delete(path + "/last"), 204)
                self.assert_status(app.put(path + "/more", self.body(
                    path, "more", members)), 201)
                self.assert_status(app.delete(path + "/more"), 204)

    def test_of_what_a_rule_would_make_along(self):
        app = self.app()
        app.rule(scale="there", badge="there as well")
        crowd.things(app, "point_scale", MAX - 1)
        crowd.things(app, "badge", MAX - 1)
        for gift, code in (({"points": 1, "pointScale": "more"},
                            "too_many_point_scales"),
                           ({"badge": "more"}, "too_many_badges")):
            body = dict({"name": unique("rule"), "eventType": "e"}, **gift)
            with self.subTest(code=code), self.nothing_applied():
                self.assert_problem(app.post("/rules", body), 409, code)
                self.assert_problem(app.put("/rules/" + body["name"], body),
                                    409, code)
                body["property"] = ""
                self.assert_problem(app.classic("POST", "/rules", body), 400)
        app.rule(scale="there", badge="many-7")

    def test_the_classic_interface(self):
        app = self.app(classic=True)
        crowd.things(app, "point_scale", MAX)
        crowd.things(app, "badge", MAX)
        crowd.rules(app, MAX)
        rule = {"eventType": "e", "property": "",
                "numberOfTimesToGetTheAward": 1, "points": 0,
                "badge": {"name": "many-1"}}
        for path, members, noun in (("/badges", {}, "badge"),
                                    ("/pointScales", {}, "point_scale"),
                                    ("/rules", rule, "rule")):
            with self.subTest(path=path), self.nothing_applied():
                r = app.classic("POST", path, dict(members, name="more",
                                                   description=""))
                self.assert_problem(r, 400, "too_many_%ss" % noun)

    def test_exact_whoever_comes_at_the_same_time(self):
        left = 5
        app = self.app()
        crowd.things(app, "badge", MAX - left)

        def make(n):
            """By POST or PUT; a machine that is busy may say 503."""
            body, status = {"name": "new-%d" % n}, 503
            while status == 503:
                status = (app.post("/badges", body) if n % 2 else app.put(
                    "/badges/" + body["name"], body)).status
            return status

        statuses = Together([lambda n=n: make(n) for n in range(16)]).join()
        self.assertEqual(sorted(statuses),
                         [201] * left + [409] * (16 - left))
        self.assertEqual(app.rows("badge"), MAX)

    def test_keys(self):
        app = self.app()        # has two
        crowd.keys(app, MAX - 3)
        last = app.new_key()
        status, _, err, _ = self.stack.ctl("key", "create", app.name,
                                           "--publishable")
        self.assertEqual(status, 1)
        self.assertIn("has 1000 live keys", err)
        self.assertIn("revoke one", err)
        status, _, err, _ = self.stack.ctl("key", "revoke", app.name,
                                           str(last["id"]))
        self.assertEqual(status, 0, err)
        self.assertEqual(app.get("/application",
                                 key=app.new_key()["key"]).status, 200)

    def test_deleted_rules_are_none(self):
        app = self.app()
        app.put("/badges/one", {})
        crowd.rules(app, MAX, badge="one")
        for n in range(1, 4):
            self.assert_status(app.delete("/rules/many-%d" % n), 204)
        for _ in range(3):
            app.rule(scale=None, badge="one")
        self.assert_problem(
            app.post("/rules", {"name": "more", "eventType": "e",
                                "badge": "one"}), 409, "too_many_rules")

    def test_a_database_that_has_more_goes_on(self):
        app = self.app()
        crowd.things(app, "point_scale", MAX + 200)
        crowd.things(app, "badge", MAX + 200)
        crowd.rules(app, MAX + 200)
        crowd.keys(app, MAX)
        event = app.event(event_type="many")
        self.assertEqual(len(event["awards"]), MAX + 200)
        self.assertEqual(len(app.user()["badgesArray"]), MAX + 200)
        self.assertEqual(app.get("/events/" + segment(event["id"])).json,
                         dict(event))
        for path, _, noun in KINDS:
            self.assertEqual(len(app.all(path)), MAX + 200)
            self.assert_status(app.get(path + "/many-1200"), 200)
            self.assert_problem(
                app.post(path, self.body(path, "more", {}) if noun != "rule"
                         else {"name": "more", "eventType": "e",
                               "badge": "many-1"}),
                409, "too_many_%ss" % noun)
        self.assert_status(app.put("/badges/many-3", {"description": "new"}),
                           200)
        self.assert_status(app.put("/rules/many-3", {
            "eventType": "other", "badge": "many-3"}), 200)
        self.assert_status(app.delete("/rules/many-4"), 204)
        self.assertEqual(app.event("second", event_type="other")["awards"], [
            {"rule": "many-3", "badge": "many-3"}])
