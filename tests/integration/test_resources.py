"""Point scales, badges and rules as resources: POST, GET, PUT, DELETE."""

from urllib.parse import urljoin

from case import KINDS, StackTest, unique
from client import segment


class Resources(StackTest):
    """What POST, GET, PUT and DELETE answer for each kind of resource."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.app()

    def expected(self, noun, name, members):
        """The document that a body must give."""
        document = dict(members, name=name, appKey=self.one.key)
        if noun == "rule":
            document["pointScale"] = {"name": "s", "description": "",
                                      "appKey": self.one.key}
            document["badge"] = {"name": "b", "description": "",
                                 "appKey": self.one.key}
        return document

    def assert_resource(self, document, expected):
        for kind in ("pointScale", "badge"):
            if kind in expected:
                expected = dict(expected)
                self.assert_members(document[kind], expected.pop(kind))
        self.assert_members(document, expected)
        self.assert_time(document["createdAt"])
        self.assert_time(document["updatedAt"])

    def test_post_creates_and_get_reads_it_back(self):
        for path, members, noun in KINDS:
            with self.subTest(path):
                name = unique("new Größe/7")
                r = self.one.post(path, dict(members, name=name))
                document = self.assert_json(r, 201)
                self.assert_resource(document,
                                     self.expected(noun, name, members))
                self.assertEqual(document["createdAt"], document["updatedAt"])
                target = path + "/" + segment(name)
                self.assertEqual(
                    urljoin("/api/v1" + path, r.header("Location")),
                    "/api/v1" + target)
                again = self.assert_json(self.one.get(target))
                self.assertEqual(again, document)

    def test_post_of_a_name_that_exists_is_409(self):
        for path, members, noun in KINDS:
            with self.subTest(path):
                name = unique()
                self.assert_status(
                    self.one.post(path, dict(members, name=name)), 201)
                with self.nothing_applied():
                    self.assert_problem(
                        self.one.post(path, dict(members, name=name,
                                                 description="other")),
                        409, noun + "_exists")

    def test_put_creates_with_201_and_replaces_with_200(self):
        for path, members, noun in KINDS:
            with self.subTest(path):
                name = unique()
                target = path + "/" + segment(name)
                first = self.assert_json(self.one.put(target, members), 201)
                self.assert_resource(first,
                                     self.expected(noun, name, members))
                self.assertEqual(
                    self.assert_json(self.one.get(target)), first)
                changed = dict(members, description="changed", name=name)
                second = self.assert_json(self.one.put(target, changed), 200)
                self.assert_resource(second,
                                     self.expected(noun, name, changed))
                self.assertEqual(second["createdAt"], first["createdAt"])
                self.assertGreater(second["updatedAt"], first["updatedAt"])
                again = self.assert_json(self.one.get(target))
                self.assertEqual(again, second)

    def test_put_replaces_as_a_whole(self):
        self.one.put("/badges/whole", {"description": "d",
                                       "imageUrl": "https://example.org/"})
        r = self.one.put("/badges/whole", {})
        self.assert_members(self.assert_json(r),
                            {"description": "", "imageUrl": None})

    def test_put_with_another_name_in_the_body_is_422(self):
        for path, members, noun in KINDS:
            with self.subTest(path):
                name = unique()
                with self.nothing_applied():
                    self.assert_invalid(
                        self.one.put(path + "/" + name,
                                     dict(members, name=name + "x")),
                        {"/name": "name_mismatch"})

    def test_delete_answers_204_and_then_404(self):
        for path, members, noun in KINDS:
            with self.subTest(path):
                target = path + "/" + unique()
                self.assert_status(self.one.put(target, members), 201)
                r = self.assert_status(self.one.delete(target), 204)
                self.assertEqual(r.body, b"")
                with self.nothing_applied():
                    for method in ("GET", "DELETE"):
                        self.assert_problem(self.one.call(method, target),
                                            404, noun + "_not_found")
                rest = self.assert_json(self.one.get(path + "?limit=1000"))
                self.assertNotIn(target, [path + "/" + d["name"]
                                          for d in rest["data"]])

    def test_a_deleted_name_can_be_made_again(self):
        for path, members, noun in KINDS:
            with self.subTest(path):
                target = path + "/" + unique()
                for _ in range(3):
                    self.assert_status(self.one.put(target, members), 201)
                    self.assert_status(self.one.delete(target), 204)

    def test_what_a_body_may_leave_out(self):
        for collection in ("/pointScales", "/badges"):
            name = unique()
            d = self.assert_json(self.one.post(collection, {"name": name}),
                                 201)
            self.assert_members(d, {"name": name, "description": "",
                                    "appKey": self.one.key})
        d = self.assert_json(self.one.post(
            "/rules", {"name": unique(), "eventType": "e", "badge": "b"}),
            201)
        self.assert_members(d, {
            "description": "", "enabled": True,
            "numberOfTimesToGetTheAward": 1})
        self.assertFalse(d.get("property"))
        self.assertFalse(d.get("pointScale"))

    def test_the_application_itself(self):
        d = self.assert_json(self.one.get("/application"))
        self.assert_members(d, {"appKey": self.one.key,
                                "name": self.one.name})
        self.assertIsInstance(d["description"], str)
        self.assertIsInstance(d["timeZone"], str)
        self.assert_time(d["createdAt"])

    def test_the_own_app_key_in_a_body_is_accepted(self):
        for path, members, noun in KINDS:
            with self.subTest(path):
                body = dict(members, name=unique(), appKey=self.one.key)
                self.assert_status(self.one.post(path, body), 201)

    def test_another_app_key_in_a_body_is_422(self):
        other = self.one.key + 1
        for path, members, noun in KINDS:
            with self.subTest(path):
                with self.nothing_applied():
                    self.assert_invalid(
                        self.one.post(path, dict(members, name=unique(),
                                                 appKey=other)),
                        {"/appKey": "other_application"})
        body = {"name": unique(), "eventType": "e",
                "pointScale": {"name": "zz", "appKey": other}, "points": 1,
                "badge": {"name": "zz", "appKey": other}}
        with self.nothing_applied():
            self.assert_invalid(self.one.post("/rules", body), {
                "/pointScale/appKey": "other_application",
                "/badge/appKey": "other_application"})


class InUse(StackTest):
    """A point scale or badge that something refers to stays."""

    def test_a_scale_and_a_badge_stay_while_a_rule_names_them(self):
        app = self.app()
        app.rule(scale="s", badge="b", name="r")
        for target, noun in (("/pointScales/s", "point_scale"),
                             ("/badges/b", "badge")):
            with self.nothing_applied():
                self.assert_problem(app.delete(target), 409,
                                    noun + "_in_use")
        app.delete("/rules/r")
        for target in ("/pointScales/s", "/badges/b"):
            self.assert_status(app.delete(target), 204)

    def test_a_scale_stays_while_a_user_has_a_balance_of_it(self):
        app = self.app()
        app.rule(scale="s", badge="b", name="r")
        app.event()
        self.assert_status(app.delete("/rules/r"), 204)
        with self.nothing_applied():
            self.assert_problem(app.delete("/pointScales/s"), 409,
                                "point_scale_in_use")
            self.assert_problem(app.delete("/badges/b"), 409,
                                "badge_in_use")
        self.assertEqual(app.points(scale="s"), 10)

    def test_a_badge_stays_that_came_with_a_scale_given_before(self):
        app = self.app()
        app.rule(scale="s", name="old")
        app.event("before")
        app.rule(scale="s", badge="b", name="new")
        app.event()
        for name in ("old", "new"):
            self.assert_status(app.delete("/rules/" + name), 204)
        with self.nothing_applied():
            self.assert_problem(app.delete("/badges/b"), 409, "badge_in_use")
        self.assertEqual([b["name"] for b in app.user()["badgesArray"]],
                         ["b"])

    def test_a_scale_stays_that_was_given_before_the_rules_were_read_anew(
            self):
        """Which each change of a rule makes the workers do."""
        app = self.app()
        app.rule(scale="s", badge="b", name="r")
        app.event()
        app.rule(scale="other", event_type="other")
        app.event("another")
        self.assert_status(app.delete("/rules/r"), 204)
        with self.nothing_applied():
            for target, code in (("/pointScales/s", "point_scale_in_use"),
                                 ("/badges/b", "badge_in_use")):
                self.assert_problem(app.delete(target), 409, code)

    def test_what_a_rule_has_never_given_can_go(self):
        app = self.app()
        app.rule(scale="s", badge="b", name="r",
                 numberOfTimesToGetTheAward=3)
        for _ in range(2):
            app.event()
        self.assert_status(app.delete("/rules/r"), 204)
        for target in ("/pointScales/s", "/badges/b"):
            self.assert_status(app.delete(target), 204)
        app.event()
        self.assertEqual(app.user()["pointScalesWithPoints"], [])

    def test_what_a_changed_rule_no_longer_names_can_go(self):
        app = self.app()
        app.rule(scale="s", name="r")
        self.assert_status(app.put("/rules/r", {
            "eventType": "review", "points": 1, "pointScale": "s2"}), 200)
        self.assert_status(app.delete("/pointScales/s"), 204)
        self.assert_status(app.get("/rules/r"), 200)
