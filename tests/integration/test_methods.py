"""HTTP itself: HEAD, OPTIONS, CORS, ETag, 404, 405, what every answer has."""

import json
import os
import re

from apps import OneOfEach
from case import KINDS, StackTest, unique
from stack import SOURCE


class Methods(OneOfEach):
    """HEAD, OPTIONS, CORS, 404 and 405."""

    # target, what GET answers it with, the methods
    TARGETS = (
        ("/application", "GET PUT"),
        ("/pointScales", "GET POST"), ("/pointScales/s", "GET PUT DELETE"),
        ("/badges", "GET POST"), ("/badges/b", "GET PUT DELETE"),
        ("/rules", "GET POST"), ("/rules/r", "GET PUT DELETE"),
        ("/events", "GET POST"), ("/events/e", "GET"),
        ("/users", "GET"), ("/users/u", "GET"), ("/users/u/ledger", "GET"),
        ("/pointScales/s/users/u", "GET"),
    )

    def allowed(self, text):
        """The set of an Allow header."""
        return {m.strip() for m in (text or "").split(",")}

    def expected(self, target, methods):
        wanted = set(methods.split()) | {"OPTIONS"}
        if "GET" in wanted:
            wanted.add("HEAD")
        return wanted

    def test_head_is_get_without_the_body(self):
        for target, methods in self.TARGETS:
            with self.subTest(target):
                get = self.assert_status(self.one.get(target), 200)
                head = self.assert_status(self.one.call("HEAD", target), 200)
                self.assertEqual(head.body, b"")
                for name in ("ETag", "Content-Type", "Link"):
                    self.assertEqual(head.header(name), get.header(name))
        self.assert_status(self.one.call("HEAD", "/badges/none"), 404)
        self.assert_status(self.http("HEAD", "/healthz"), 200)

    def test_options_answers_allow_and_cors_without_a_key(self):
        for target, methods in self.TARGETS:
            with self.subTest(target):
                r = self.http("OPTIONS", "/api/v1" + target, headers={
                    "Origin": "https://shop.example",
                    "Access-Control-Request-Method": "GET",
                    "Access-Control-Request-Headers": "authorization"})
                self.assert_status(r, 200, 204)
                wanted = self.expected(target, methods)
                self.assertEqual(self.allowed(r.header("Allow")), wanted)
                self.assertIn(r.header("Access-Control-Allow-Origin"),
                              ("*", "https://shop.example"))
                self.assertLessEqual(
                    wanted - {"OPTIONS", "HEAD"}, self.allowed(
                        r.header("Access-Control-Allow-Methods")))
                headers = {h.lower() for h in self.allowed(
                    r.header("Access-Control-Allow-Headers"))}
                self.assertLessEqual(
                    {"authorization", "x-api-key", "content-type"}, headers)

    def test_a_browser_page_may_read_answers(self):
        for target, status in (("/application", 200), ("/badges/none", 404)):
            r = self.one.get(target, key=self.one.publishable,
                             headers={"Origin": "https://shop.example"})
            self.assert_status(r, status)
            self.assertIn(r.header("Access-Control-Allow-Origin"),
                          ("*", "https://shop.example"))

    def test_a_browser_page_may_read_every_header_that_is_documented(self):
        """But X-Truncated, which the classic interface alone sends. That the
        others have none besides, assert_status looks at."""
        with open(os.path.join(SOURCE, "openapi.yaml"),
                  encoding="utf-8") as f:
            text = f.read().partition("\ncomponents:\n")[2]
        text = re.search(r"^  headers:\n((?: {4}.*\n|\n)+)", text, re.M)[1]
        documented = {name.lower() for name in re.findall(
            r"^ {4}([\w-]+):$", text, re.M)}
        self.assertGreaterEqual(documented, {"etag", "x-truncated"})
        self.assertEqual(self.exposed(self.one.get("/application")),
                         documented - {"x-truncated"})

    def test_another_method_is_405_with_allow(self):
        with self.nothing_applied():
            for target, methods in self.TARGETS:
                wanted = self.expected(target, methods)
                for method in ("GET", "POST", "PUT", "DELETE", "PATCH",
                               "TRACK", "PROPFIND"):
                    if method in wanted:
                        continue
                    with self.subTest(method=method, target=target):
                        r = self.one.call(method, target, {})
                        self.assert_problem(r, 405, "method_not_allowed")
                        self.assertEqual(self.allowed(r.header("Allow")),
                                         wanted)

    def test_batch_is_a_resource_of_its_own(self):
        r = self.one.call("DELETE", "/events/batch")
        self.assert_problem(r, 405, "method_not_allowed")
        self.assertIn("POST", self.allowed(r.header("Allow")))

    def test_unknown_paths_are_404(self):
        for target in ("", "/", "/nothing", "/badges/", "/badges/b/",
                       "/badges/b/c", "/Badges", "/badgesx",
                       "/pointScales/s/users", "/pointScales/s/users/",
                       "/pointScales/s/user/u", "/events/e/x",
                       "/users/u/ledger/1", "//badges", "/badges//"):
            for method in ("GET", "POST"):
                with self.subTest(target=target, method=method):
                    self.assert_problem(self.one.call(
                        method, target, {} if method == "POST" else None),
                        404, "route_not_found")

    def test_what_does_not_exist_is_404_with_its_noun(self):
        for target, code in (
                ("/pointScales/none", "point_scale_not_found"),
                ("/badges/none", "badge_not_found"),
                ("/rules/none", "rule_not_found"),
                ("/events/none", "event_not_found"),
                ("/users/none", "user_not_found"),
                ("/users/none/ledger", "user_not_found"),
                ("/pointScales/s/users/none", "user_not_found"),
                ("/pointScales/none/users/u", "point_scale_not_found")):
            with self.subTest(target):
                self.assert_problem(self.one.get(target), 404, code)


class Tags(OneOfEach):
    """ETag, If-None-Match, If-Match."""

    SINGLE = ("/application", "/pointScales/s", "/badges/b", "/rules/r",
              "/events/e", "/users/u", "/pointScales/s/users/u")

    def tag(self, target, app=None):
        r = self.assert_status((app or self.one).get(target), 200)
        self.assertRegex(r.header("ETag") or "", r'^(W/)?"[^"]+"$')
        return r.header("ETag").replace("W/", "")

    def test_if_none_match_gives_304_without_a_body(self):
        for target in self.SINGLE:
            tag = self.tag(target)
            for value in (tag, "W/" + tag, "*", '"other", %s' % tag,
                          '"other",W/%s , "x"' % tag):
                for method in ("GET", "HEAD"):
                    with self.subTest(target=target, value=value):
                        r = self.one.call(method, target, headers={
                            "If-None-Match": value})
                        self.assert_status(r, 304)
                        self.assertEqual(r.body, b"")
                        self.assertEqual(
                            r.header("ETag").replace("W/", ""), tag)

    def test_another_tag_gives_the_document(self):
        for target in self.SINGLE:
            tag = self.tag(target)
            for value in ('"other"', '"x%s' % tag[1:], "other"):
                with self.subTest(target=target, value=value):
                    r = self.one.get(target, headers={"If-None-Match": value})
                    self.assert_json(r, 200)

    def test_the_tag_changes_with_the_document(self):
        app = self.app()
        app.rule(name="r", scale="s", badge="b")
        app.event(username="u")
        targets = ("/pointScales/s", "/badges/b", "/rules/r", "/users/u",
                   "/pointScales/s/users/u")
        before = {t: self.tag(t, app) for t in targets}
        app.event(username="u")
        app.put("/pointScales/s", {"description": "changed"})
        app.put("/badges/b", {"description": "changed"})
        app.put("/rules/r", {"eventType": "review", "badge": "b"})
        for target in targets:
            self.assertNotEqual(self.tag(target, app), before[target], target)

    def test_if_match_guards_put_and_delete(self):
        for path, members, noun in KINDS:
            target = path + "/" + unique()
            with self.subTest(path):
                self.assert_status(self.one.put(target, members), 201)
                tag = self.tag(target)
                with self.nothing_applied():
                    for method, body in (("PUT", members), ("DELETE", None)):
                        self.assert_problem(
                            self.one.call(method, target, body,
                                          headers={"If-Match": '"other"'}),
                            412, "precondition_failed")
                changed = dict(members, description="changed")
                self.assert_status(self.one.put(
                    target, changed, headers={"If-Match": tag}), 200)
                with self.nothing_applied():
                    self.assert_problem(self.one.put(
                        target, members, headers={"If-Match": tag}),
                        412, "precondition_failed")
                tag = self.tag(target)
                self.assert_status(self.one.put(
                    target, members,
                    headers={"If-Match": '"x", W/' + tag}), 200)
                self.assert_status(self.one.put(
                    target, members, headers={"If-Match": "*"}), 200)
                tag = self.tag(target)
                self.assert_status(self.one.delete(
                    target, headers={"If-Match": "W/" + tag}), 204)

    def test_if_none_match_makes_put_create_only(self):
        for path, members, noun in KINDS:
            target = path + "/" + unique()
            headers = {"If-None-Match": "*"}
            with self.subTest(path):
                self.assert_status(self.one.put(target, members,
                                                headers=headers), 201)
                with self.nothing_applied():
                    self.assert_problem(self.one.put(
                        target, members, headers=headers), 412,
                        "precondition_failed")

    def test_if_match_on_what_does_not_exist_is_412(self):
        for path, members, noun in KINDS:
            target = path + "/" + unique()
            with self.subTest(path), self.nothing_applied():
                for value in ("*", '"x"'):
                    self.assert_problem(
                        self.one.put(target, members,
                                     headers={"If-Match": value}),
                        412, "precondition_failed")


class Documents(StackTest):
    """What every answer carries."""

    def test_every_response_has_a_request_id_of_its_own(self):
        ids = set()
        app = self.app()
        for method, path in (("GET", "/api/v1/application"),
                             ("GET", "/api/v1/none"), ("GET", "/api/badges"),
                             ("GET", "/healthz"), ("OPTIONS", "/api/v1/users"),
                             ("GET", "/none"), ("GET", "/")):
            r = self.http(method, path,
                          headers={"X-API-Key": app.secret})
            self.assertTrue(r.header("X-Request-Id"), (path, r))
            ids.add(r.header("X-Request-Id"))
        self.assertEqual(len(ids), 7)

    def test_json_is_utf8_as_it_is_written(self):
        app = self.app()
        r = app.post("/badges", '{"name": "\\u00e9\\ud83c\\udfc6"}')
        self.assertEqual(self.assert_json(r, 201)["name"], "é🏆")
        json.loads(r.body.decode("utf-8"))

    def test_the_api_description_is_served(self):
        app = self.app()
        r = self.http("GET", "/api/v1/openapi.yaml",
                      headers={"X-API-Key": app.secret})
        self.assert_status(r, 200)
        self.assertIn(b"openapi: 3.1", r.body.replace(b'"', b""))
        self.assert_status(self.http(
            "GET", "/api/v1/openapi.yaml",
            headers={"If-None-Match": r.header("ETag")}), 304)
