"""Answers and those who might keep them: Debian's varnish as it comes, in
front of nginx, and the headers that tell caches and pages what they may do."""

import os

import client
from case import StackTest
from stack import Program, find_program, free_port, wait_until

V1, CLASSIC = {"authorization", "x-api-key"}, {"appkey"}
RULE = {"name": "r", "eventType": "e", "points": 1,
        "pointScale": {"name": "s"}}


def names(text):
    """The set of a list of names in a header."""
    return {name.strip().lower() for name in (text or "").split(",")} - {""}


class Answers(StackTest):
    """What every answer says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.app(classic=True)
        cls.one.rule(points=1)
        cls.one.event("u")

    def assert_kept_apart(self, r, vary):
        self.assertEqual(r.header("Cache-Control"), "private, no-cache", r)
        self.assertEqual(names(r.header("Vary")), vary, r)
        self.assertEqual(r.header("X-Content-Type-Options"), "nosniff")

    def test_v1_says_that_a_key_makes_the_answer(self):
        one = self.one
        tag = one.get("/users/u").header("ETag")
        for r, status in (
                (one.get("/users/u"), 200), (one.get("/badges"), 200),
                (one.call("HEAD", "/users/u"), 200),
                (one.get("/users/u", headers={"If-None-Match": tag}), 304),
                (one.put("/badges/b", {}), 201),
                (one.post("/events", {"username": "u", "eventType": "e"}),
                 201),
                (one.delete("/badges/b"), 204),
                (one.call("OPTIONS", "/badges"), 204),
                (one.get("/badges?x=1"), 400),
                (one.get("/users/u", key="pm_sk_none"), 401),
                (one.get("/rules", key=one.publishable), 403),
                (one.get("/badges/none"), 404), (one.get("/none"), 404),
                (one.call("PATCH", "/badges"), 405),
                (one.post("/badges", b"x" * (257 << 10)), 413),
                (one.post("/badges", b"{}",
                          headers={"Content-Type": "text/plain"}), 415),
                (one.post("/badges", {}), 422),
                (self.http("GET", "/api/v1/openapi.yaml"), 200)):
            with self.subTest(r=r):
                self.assert_status(r, status)
                self.assertEqual(r.header("Access-Control-Allow-Origin"), "*")
                # nginx's own 413 knows no interface.
                self.assert_kept_apart(
                    r, V1 | CLASSIC if status == 413 else V1)

    def test_classic_says_that_the_app_key_makes_the_answer(self):
        one = self.one
        for r, status in (
                (one.classic("GET", "/users"), 200),
                (one.classic("POST", "/badges", {"name": "c"}), 202),
                (one.classic("GET", "/users/none"), 400),
                (one.classic("GET", "/users", key=0), 400),
                (one.classic("OPTIONS", "/users"), 204),
                (one.classic("PATCH", "/users"), 405),
                (self.http("POST", "/api/badges", "{}",
                           {"Content-Type": "text/plain"}), 415)):
            with self.subTest(r=r):
                self.assert_status(r, status)
                self.assert_kept_apart(r, CLASSIC)

    def test_nothing_keeps_what_operators_ask(self):
        for path in ("/healthz", "/readyz", "/metrics"):
            for method, status in (("GET", 200), ("HEAD", 200),
                                   ("OPTIONS", 204), ("POST", 405)):
                with self.subTest(path=path, method=method):
                    r = self.assert_status(self.http(method, path), status)
                    self.assertEqual(r.header("Cache-Control"), "no-store")
                    self.assertEqual(r.header("X-Content-Type-Options"),
                                     "nosniff")
                    self.assert_closed_to_pages(r)

    def assert_closed_to_pages(self, r):
        self.assertEqual([h for h in r.headers
                          if h.lower().startswith("access-control-")], [])

    def test_a_page_in_a_browser_cannot_use_the_classic_interface(self):
        origin = {"Origin": "https://evil.example"}
        for method, path in (("POST", "/badges"), ("PUT", "/badges/b"),
                             ("DELETE", "/rules"), ("POST", "/events"),
                             ("GET", "/users"), ("GET", "/users/u")):
            r = self.http("OPTIONS", "/api" + path, headers=dict(
                origin, **{"Access-Control-Request-Method": method,
                           "Access-Control-Request-Headers":
                               "content-type,appkey"}))
            self.assert_status(r, 204)
            self.assertTrue(r.header("Allow"))
            self.assert_closed_to_pages(r)
        with self.nothing_applied():
            # What needs no preflight (Fetch, "CORS-safelisted"), or no type.
            for kind in ("text/plain", "application/x-www-form-urlencoded",
                         "multipart/form-data; boundary=x", "", None,
                         "text/plain;application/json",
                         "text/plain; a=application/json",
                         "text/plain; a=x/y+json"):
                data = b'{"name": "x", "appKey": %d}' % self.one.key
                head = "POST /api/badges HTTP/1.1\r\nHost: x\r\n" \
                    "Connection: close\r\nOrigin: https://evil.example\r\n"
                if kind is not None:
                    head += "Content-Type: %s\r\n" % kind
                head += "Content-Length: %d\r\n\r\n" % len(data)
                with self.subTest(kind):
                    r = self.raw(head.encode() + data)
                    self.assert_problem(r, 415, "unsupported_media_type")
                    self.assert_closed_to_pages(r)

    def test_nginx_says_the_same_of_what_it_answers_itself(self):
        for path, status, cache, vary, pages in (
                ("/api/v1/events", 413, "private, no-cache", V1 | CLASSIC,
                 "*"),
                ("/api/events", 413, "private, no-cache", V1 | CLASSIC,
                 None),
                ("/metrics", 413, "no-store", set(), None)):
            with self.subTest(path):
                r = self.http("POST", path, b" " * (257 << 10))
                self.assert_problem(r, status, "body_too_large")
                self.assertEqual(r.header("Cache-Control"), cache)
                self.assertEqual(names(r.header("Vary")), vary)
                self.assertEqual(r.header("X-Content-Type-Options"),
                                 "nosniff")
                self.assertEqual(r.header("Access-Control-Allow-Origin"),
                                 pages)
        r = self.raw(b"GET / HTTP/9.9\r\n\r\n")
        self.assertEqual(r.header("Cache-Control"), "private, no-cache")


class Varnish(StackTest):
    """A shared cache that is told nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.port = free_port()
        directory = cls.stack.path("varnish")
        os.mkdir(directory)
        # Its workers stay who we are: the folder is closed to everybody else.
        cls.varnish = Program("varnishd", [
            find_program("varnishd"), "-F", "-j", "none", "-n", directory,
            "-a", "127.0.0.1:%d" % cls.port, "-s", "malloc,16m",
            "-b", "127.0.0.1:%d" % cls.stack.port], directory + ".log")
        cls.addClassCleanup(cls.varnish.stop)
        wait_until(cls.up, 60, "varnishd answers", 0.1)

    @classmethod
    def up(cls):
        cls.varnish.must_live()
        try:
            return cls.ask("/healthz").status == 200
        except OSError:
            return False

    @classmethod
    def ask(cls, path, method="GET", body=None, **headers):
        return client.request(cls.port, method, path, body, {
            name.replace("_", "-"): value for name, value in headers.items()})

    def test_it_is_a_cache(self):
        """Else the other tests would mean nothing."""
        r = self.ask("/healthz")
        self.assertIn("varnish", r.header("Via").lower())
        self.assertIsNotNone(r.header("Age"))

    def test_what_a_key_opened_stays_shut_without_it(self):
        one = self.app()
        one.rule(points=1)
        one.event("x")
        for path in ("/users/x", "/badges", "/rules", "/events",
                     "/application", "/pointScales/reputation/users/x"):
            with self.subTest(path):
                path = "/api/v1" + path
                for headers in ({"X_API_Key": one.secret},
                                {"Authorization": "Bearer " + one.secret}):
                    self.assert_status(self.ask(path, **headers), 200)
                    self.assert_problem(self.ask(path), 401, "key_missing")
                    self.assert_problem(self.ask(
                        path, X_API_Key="pm_sk_none"), 401, "key_unknown")

    def test_a_refusal_is_not_kept_for_who_has_a_key(self):
        one = self.app()
        path = "/api/v1/application"
        for status, key in ((401, None), (200, one.secret), (401, None)):
            self.assert_status(self.ask(path, X_API_Key=key), status)

    def test_an_application_is_told_its_own(self):
        one, other = self.app(classic=True), self.app(classic=True)
        for app in (one, other):
            app.classic("POST", "/rules", RULE)
        one.classic("POST", "/events", {"username": "x", "eventType": "e"})
        for path in ("/api/users/x", "/api/users/x/s", "/api/users"):
            with self.subTest(path):
                mine = self.ask(path, appKey=str(one.key))
                self.assert_status(mine, 200)
                theirs = self.ask(path, appKey=str(other.key))
                self.assertNotEqual(theirs.body, mine.body)
                self.assert_problem(self.ask(path, appKey="999"), 400)

    def test_what_an_event_gave_is_seen_at_once(self):
        one = self.app(classic=True)
        one.rule("e", points=1, scale="s")
        for i in range(1, 4):
            self.assert_status(self.ask(
                "/api/v1/events", "POST", {"username": "x", "eventType": "e"},
                X_API_Key=one.secret), 201)
            for path in ("/api/v1/users/x", "/api/v1/events",
                         "/api/v1/pointScales/s/users/x"):
                through = self.ask(path, X_API_Key=one.secret)
                direct = one.get(path[len("/api/v1"):])
                self.assertEqual(through.json, direct.json)
            r = self.ask("/api/users/x/s", appKey=str(one.key))
            self.assertEqual(r.json, i)

    def test_what_operators_ask_is_of_now(self):
        served = [self.ask("/metrics").body for _ in range(3)]
        self.assertEqual(len(set(served)), 3)

    def test_an_etag_still_saves_the_body(self):
        one = self.app()
        one.put("/badges/b", {})
        r = self.ask("/api/v1/badges/b", X_API_Key=one.secret)
        r = self.ask("/api/v1/badges/b", X_API_Key=one.secret,
                     If_None_Match=r.header("ETag"))
        self.assert_status(r, 304)
