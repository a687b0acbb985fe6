"""Names, usernames, event types and ids: limits, Unicode, paths."""

from case import StackTest, unique
from client import segment

ODD_NAMES = (
    "Größe", "日本語", "🏆🥇", "a b", "a/b", "a%2Fb", "a%b", "a?b", "a#b",
    "a+b", "a&b=c", "a;b", "a:b", 'a"b', "a'b", "a\\b", "a<b>", "...",
    "..x", "x/...", "a//b", "~", "*", "null", "é", "e\u0301",
    "\u200d\u200b\u202e", "\U0010ffff", "\ufeffx", "users", "batch-1",
)


class Names(StackTest):
    """A name comes back as it was sent, by every way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.app()

    def test_any_unicode_makes_a_name_and_a_path(self):
        for name in ODD_NAMES:
            for collection in ("pointScales", "badges", "rules"):
                with self.subTest(name=name, collection=collection):
                    body = {"name": name}
                    if collection == "rules":
                        body.update(eventType=name, badge="x")
                    target = "/%s/%s" % (collection, segment(name))
                    r = self.one.post("/" + collection, body)
                    self.assertEqual(self.assert_json(r, 201)["name"], name)
                    self.assertTrue(r.header("Location").endswith(
                        "/" + segment(name)), r.header("Location"))
                    got = self.assert_json(self.one.get(target))
                    self.assertEqual(got["name"], name)
                    self.assert_status(self.one.put(target, dict(
                        body, description="d")), 200)
                    self.assert_status(self.one.delete(target), 204)

    def test_any_unicode_makes_a_username_an_event_type_and_an_id(self):
        app = self.app()
        for name in ODD_NAMES:
            with self.subTest(name=name):
                app.rule(event_type=name, scale=name, points=1)
                sent = app.event(username=name, event_type=name, id=name)
                self.assert_members(sent, {"username": name, "id": name,
                                           "eventType": name})
                got = self.assert_json(app.get("/events/" + segment(name)))
                self.assert_members(got, {"username": name, "id": name,
                                          "eventType": name})
                self.assertEqual(app.user(name)["username"], name)
                self.assertEqual(app.points(name, name), 1)
                ledger = self.assert_json(app.get(
                    "/users/%s/ledger" % segment(name)))["data"]
                self.assertEqual(ledger[0]["event"], name)
                listed = self.assert_json(app.get(
                    "/events?username=%s&eventType=%s" % (
                        segment(name), segment(name))))["data"]
                self.assertEqual([e["id"] for e in listed], [name])

    def test_names_compare_byte_for_byte(self):
        names = ("Case", "case", "CASE", "casé", "case\u0301", "case1",
                 "ca se", "c")
        for name in names:
            for collection in ("/pointScales", "/badges"):
                self.assert_status(
                    self.one.post(collection, {"name": name,
                                               "description": name}), 201)
        for name in names:
            for collection in ("/pointScales/", "/badges/"):
                got = self.assert_json(
                    self.one.get(collection + segment(name)))
                self.assertEqual(got["description"], name)
        for name in ("cASE", "casE", "Casé", "cas", "cases"):
            self.assert_problem(self.one.get("/badges/" + segment(name)),
                                404, "badge_not_found")

    def test_usernames_and_event_types_compare_byte_for_byte(self):
        app = self.app()
        app.rule(event_type="Review", points=1)
        for username in ("Ann", "ann", "ANN"):
            app.event(username, "Review")
            app.event(username, "review")
            self.assertEqual(app.points(username), 1)
        self.assertEqual(app.rows("user"), 3)
        self.assert_problem(app.get("/users/aNN"), 404, "user_not_found")

    def test_white_space_in_a_path_is_not_trimmed(self):
        self.one.post("/badges", {"name": "trim"})
        for path in ("trim%20", "%20trim", "trim%09", "trim%0A"):
            r = self.one.get("/badges/" + path)
            self.assert_status(r, 404, 400)

    def test_a_plus_in_a_path_is_a_plus(self):
        self.one.put("/badges/p+q", {})
        self.assertEqual(
            self.assert_json(self.one.get("/badges/p%2Bq"))["name"], "p+q")
        self.assert_problem(self.one.get("/badges/p%20q"), 404,
                            "badge_not_found")

    def test_an_encoded_slash_does_not_make_a_segment(self):
        self.one.put("/badges/s%2Ft", {})
        self.assertEqual(
            self.assert_json(self.one.get("/badges/s%2ft"))["name"], "s/t")
        self.assert_problem(self.one.get("/badges/s/t"), 404,
                            "route_not_found")

    def test_malformed_paths_are_400(self):
        with self.nothing_applied():
            for path in ("%zz", "%", "%4", "a%", "%FF", "%C3", "%C0%AF",
                         "%ED%A0%80", "%F4%90%80%80", "%00", "a%00b"):
                for method in ("GET", "PUT", "DELETE"):
                    with self.subTest(path=path, method=method):
                        r = self.one.call(method, "/badges/" + path,
                                          {} if method == "PUT" else None)
                        self.assert_problem(r, 400, "invalid_path",
                                            "bad_request")


class Limits(StackTest):
    """Names at their limits and over them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.app()

    GOOD_NAMES = ("x", "x" * 100, "é" * 100, "🏆" * 100)
    GOOD_KEYS = ("x", "x" * 190, "é" * 95, "🏆" * 47 + "xx")
    BAD_ANYWHERE = (
        ("", "too_short"), ("a\u0001b", "control_character"),
        ("a\tb", "control_character"), ("a\nb", "control_character"),
        ("a\u007fb", "control_character"), ("a\u0085b", "control_character"),
        ("a\u009fb", "control_character"),
        (" a", "surrounding_space"), ("a ", "surrounding_space"),
        ("\u00a0a", "surrounding_space"), ("a\u3000", "surrounding_space"),
        (" ", "surrounding_space"),
    )
    BAD_NAMES = BAD_ANYWHERE + (
        ("x" * 101, "too_long"), ("é" * 101, "too_long"),
        ("🏆" * 101, "too_long"), ("x" * 5000, "too_long"))
    BAD_KEYS = BAD_ANYWHERE + (
        ("x" * 191, "too_long"), ("é" * 95 + "x", "too_long"),
        ("🏆" * 48, "too_long"), ("x" * 5000, "too_long"))

    def test_names_of_one_to_100_characters(self):
        for name in self.GOOD_NAMES:
            for collection in ("pointScales", "badges", "rules"):
                with self.subTest(name=name, collection=collection):
                    body = {"name": name}
                    if collection == "rules":
                        body.update(eventType="e", pointScale=name, points=1,
                                    badge={"name": name})
                    self.one.delete("/%s/%s" % (collection, segment(name)))
                    r = self.one.put("/%s/%s" % (collection, segment(name)),
                                     body)
                    self.assertEqual(self.assert_json(r, 201, 200)["name"],
                                     name)
                    self.assert_status(self.one.get("/%s/%s" % (
                        collection, segment(name))), 200)

    def test_keys_of_one_to_190_bytes(self):
        app = self.app()
        for name in self.GOOD_KEYS:
            with self.subTest(name=name):
                app.rule(event_type=name, scale="s", property=name)
                e = app.event(username=name, event_type=name, id=name,
                              properties={name: True})
                self.assertEqual(len(e["awards"]), 1)
                self.assert_status(app.get("/users/" + segment(name)), 200)
                self.assert_status(app.get("/events/" + segment(name)), 200)

    def test_names_off_the_limits_are_422(self):
        for name, code in self.BAD_NAMES:
            with self.subTest(name=name[:12], code=code), \
                    self.nothing_applied():
                for collection in ("/pointScales", "/badges"):
                    self.assert_invalid(
                        self.one.post(collection, {"name": name}),
                        {"/name": code})
                self.assert_invalid(self.one.post("/rules", {
                    "name": name, "eventType": "e",
                    "pointScale": name, "points": 1,
                    "badge": {"name": name}}), {
                        "/name": code, "/pointScale": code,
                        "/badge/name": code})

    def test_keys_off_the_limits_are_422(self):
        for name, code in self.BAD_KEYS:
            with self.subTest(name=name[:12], code=code), \
                    self.nothing_applied():
                self.assert_invalid(self.one.post("/events", {
                    "id": name, "username": name, "eventType": name}), {
                        "/id": code, "/username": code, "/eventType": code})
                self.assert_invalid(self.one.post("/rules", {
                    "name": "r", "badge": "b", "eventType": name}),
                    {"/eventType": code})

    def test_a_rule_s_property_has_one_to_190_bytes(self):
        for name, code in (("", "too_short"), ("x" * 191, "too_long")):
            with self.nothing_applied():
                self.assert_invalid(self.one.post("/rules", {
                    "name": "r", "badge": "b", "eventType": "e",
                    "property": name}), {"/property": code})

    def test_names_off_the_limits_in_a_path_are_refused(self):
        for name, _ in self.BAD_NAMES:
            if not name:
                continue
            with self.subTest(name=name[:12]), self.nothing_applied():
                self.assert_status(
                    self.one.put("/badges/" + segment(name), {}), 400, 422)
                self.assert_status(
                    self.one.get("/badges/" + segment(name)), 400, 404)

    def test_a_description_has_at_most_1000_characters(self):
        for text in ("", " two\nlines ", "é" * 1000, "🏆" * 1000):
            name = unique()
            self.assert_status(self.one.post("/badges", {
                "name": name, "description": text}), 201)
            self.assertEqual(self.assert_json(self.one.get(
                "/badges/" + name))["description"], text)
        with self.nothing_applied():
            for length in (1001, 5000, 30000):
                self.assert_invalid(self.one.post("/badges", {
                    "name": "n", "description": "é" * length}),
                    {"/description": "too_long"})

    def test_an_image_url_is_one_and_has_at_most_2000_characters(self):
        for text in ("https://example.org/" + "x" * 1980, "/b.png"):
            self.assert_status(self.one.post("/badges", {
                "name": unique(), "imageUrl": text}), 201)
        with self.nothing_applied():
            for text, code in (
                    ("https://example.org/" + "x" * 1981, "too_long"),
                    ("javascript:alert(1)", "invalid_format"),
                    ("data:text/html,x", "invalid_format")):
                self.assert_invalid(self.one.post("/badges", {
                    "name": "n", "imageUrl": text}), {"/imageUrl": code})
