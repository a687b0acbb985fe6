"""What a name may be: whatever is taken can be read back where the answer says
it is, through every configuration that is shipped."""

import itertools
from urllib.parse import unquote, urljoin

import client
from case import StackTest, unique
from client import segment
from test_apache import ApacheTest
from test_site import SiteTest

ALPHABET = (".", "/", "\\", "%", "a")
WHOLE = ("%2e", "%2E%2E", "..%2f..", "%2F", "%5c..", ";", "a;b", "?", "#",
         "a?b#c", "//", "///a///", ".../...", "a/..b/c..", "..;/x", "~root",
         "metrics", "healthz", "events/batch", "index.php", ".git/config",
         "a" * 90, "é/..é", "\u202e..", "%00", "%0a", "a&b=c", "*", "[x]", "^",
         "`", "{a}", "|", "'", '"', "<>", "@", ":80", "http://a/b", "a b")


def is_dotted(name):
    return any(part in (".", "..") for part in name.split("/"))


def patterns(longest=4):
    """Every string of the letters that paths are about, each byte alone and
    between others, and some whole ones."""
    for length in range(1, longest + 1):
        for letters in itertools.product(ALPHABET, repeat=length):
            yield "".join(letters)
    for code in list(range(0x21, 0x7f)) + [0xa1, 0xe9, 0x2028, 0x1f3c6]:
        if chr(code) not in ALPHABET and chr(code) != "\u2028":
            yield chr(code)
            yield "x%sy" % chr(code)
    yield from WHOLE
    for up in range(1, 7):
        yield "../" * up + "x"
        yield "a/" * up + "../" * up + "x"
    yield "x/../../events/batch"


NAMES = sorted(set(patterns()))


class Addresses:
    """The property, for servers that `fetch` asks one after the other."""

    def fetch(self, connection, path):
        return connection.request(
            "GET", path, headers={"X-API-Key": self.one.secret})

    def all_addresses(self):
        """Make everything that is taken, and yield (address, member, name)."""
        one, taken = self.app(), []
        self.one = one
        for start in range(0, len(NAMES), 500):
            part = NAMES[start:start + 500]
            results = one.post("/events/batch", {"events": [
                {"id": n, "username": n, "eventType": "e"}
                for n in part]}).json["results"]
            for name, result in zip(part, results):
                self.assertEqual(
                    result["status"], 422 if is_dotted(name) else 201,
                    (name, result))
                if result["status"] == 201:
                    taken.append(name)
        for name in taken:
            yield "/api/v1/events/" + segment(name), "id", name
            yield "/api/v1/users/" + segment(name), "username", name
        for name in taken[::7] + list(WHOLE):
            for collection in ("badges", "pointScales", "rules"):
                r = one.put("/%s/%s" % (collection, segment(name)), dict(
                    {"eventType": "e", "badge": "b"}
                    if collection == "rules" else {}))
                self.assertIn(r.status, (200, 201), (name, r))
                where = r.header("Location")
                if where is not None:
                    yield where, "name", name
        with client.Connection(self.stack.port) as direct:
            r = direct.request("POST", "/api/v1/events", {
                "id": "a/b", "username": "x", "eventType": "e"},
                {"X-API-Key": self.app().secret})
        self.assertEqual(r.header("Location"), "/api/v1/events/a%2Fb")

    def check_all(self, *ports):
        addresses = list(self.all_addresses())
        self.assertGreater(len(addresses), 1000)
        with_points = [("/api/v1/pointScales/s/users/" + segment(name),
                        "username", name)
                       for _, member, name in addresses[::9]
                       if member == "username"]
        self.one.put("/pointScales/s", {})
        for port in ports:
            with client.Connection(port) as connection:
                for path, member, name in addresses + with_points:
                    # Clients resolve it, and %2e is a dot to browsers.
                    self.assertEqual(urljoin("http://h/x/", path),
                                     "http://h" + path)
                    self.assertFalse([p for p in path.split("/")
                                      if unquote(p) in (".", "..")], path)
                    r = self.fetch(connection, path)
                    self.assertEqual((r.status, r.json.get(member)),
                                     (200, name), (port, path, r))


class Nginx(Addresses, SiteTest):
    """The site and the snippet."""

    def test_what_is_taken_is_read_back_where_it_is(self):
        self.check_all(self.site, self.own)


class Apache(Addresses, ApacheTest):
    """The example."""

    def test_what_is_taken_is_read_back_where_it_is(self):
        self.check_all(self.apache.port)


class Refused(StackTest):
    """What no address can name."""

    DOTTED = (".", "..", "../x", "x/..", "a/./b", "../../../../x", "/..")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.app(classic=True)

    def test_it_is_422_for_every_kind_of_name(self):
        one = self.one
        with self.nothing_applied():
            for name in self.DOTTED:
                for path in ("/badges", "/pointScales"):
                    self.assert_invalid(one.post(path, {"name": name}),
                                        {"/name": "not_addressable"})
                    # By a client that resolves no dots; nginx refuses what
                    # leads out of everything itself.
                    self.assert_problem(
                        one.put("%s/%s" % (path, segment(name)), {}),
                        400 if name.count("../") > 3 else 422,
                        "invalid_body", "bad_request")
                self.assert_invalid(one.post("/rules", {
                    "name": name, "eventType": "e", "points": 1,
                    "pointScale": name, "badge": {"name": name}}), {
                        "/name": "not_addressable",
                        "/pointScale": "not_addressable",
                        "/badge/name": "not_addressable"})
                self.assert_invalid(one.post("/events", {
                    "id": name, "username": name, "eventType": "e"}), {
                        "/id": "not_addressable",
                        "/username": "not_addressable"})
                self.assert_problem(one.post(
                    "/events", {"username": "u", "eventType": "e"},
                    headers={"Idempotency-Key": name}), 400,
                    "invalid_header")
                self.assert_problem(one.classic("POST", "/badges", {
                    "name": name}), 400, "invalid_body")
                self.assert_problem(one.classic("POST", "/events", {
                    "username": name, "eventType": "e"}), 400)

    def test_what_no_address_has_may_be_anything(self):
        one = self.app()
        one.rule(event_type="..", property="../x", points=1)
        sent = one.event(event_type="..", properties={"../x": True})
        self.assertEqual(len(sent["awards"]), 1)

    def test_an_event_cannot_be_called_batch(self):
        for body in ({"id": "batch"}, {}):
            headers = {} if body else {"Idempotency-Key": "batch"}
            with self.nothing_applied():
                r = self.one.post("/events", dict(
                    body, username="u", eventType="e"), headers=headers)
                if body:
                    self.assert_invalid(r, {"/id": "not_addressable"})
                else:
                    self.assert_problem(r, 400, "invalid_header")
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            r = self.one.call(method, "/events/batch",
                              {} if method == "PUT" else None)
            self.assert_status(r, 405)
            self.assertEqual(r.header("Allow"), "POST, OPTIONS")

    def test_what_was_stored_before_is_still_listed(self):
        one = self.app()
        name = unique("old")
        one.rule(event_type="e", points=1, name=name, scale=name, badge=name)
        one.event(name, "e", id=name)
        old = "../../../../x"
        for table, column in (("user", "username"), ("event", "username"),
                              ("event", "event_id"), ("badge", "name"),
                              ("point_scale", "name"), ("rule", "name")):
            self.stack.sql("UPDATE `%s` SET `%s` = '%s' WHERE `%s` = '%s'" % (
                table, column, old, column, name))
        self.stack.sql("UPDATE application SET version = version + 1"
                       " WHERE app_key = %d" % one.key)
        for path, member in (("/users", "username"), ("/badges", "name"),
                             ("/events", "id"), ("/rules", "name"),
                             ("/pointScales", "name"),
                             ("/events?username=" + segment(old), "id")):
            listed = self.assert_json(one.get(path))["data"]
            self.assertEqual([x[member] for x in listed], [old], path)


class Details(StackTest):
    """A refusal says what it is about."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.app()

    def test_what_is_missing_has_its_name(self):
        self.one.put("/pointScales/s", {})
        self.one.event("u", "e")
        for path, noun, name in (
                ("/badges/Critic", "badge", "Critic"),
                ("/pointScales/p", "point scale", "p"),
                ("/rules/r%201", "rule", "r 1"),
                ("/users/ann", "user", "ann"),
                ("/users/ann/ledger", "user", "ann"),
                ("/events/e1", "event", "e1"),
                ("/pointScales/s/users/ann", "user", "ann"),
                ("/pointScales/none/users/u", "point scale", "none")):
            problem = self.assert_problem(self.one.get(path), 404)
            self.assertEqual(problem["detail"],
                             'there is no %s "%s"' % (noun, name))
        problem = self.assert_problem(self.one.delete("/badges/x"), 404)
        self.assertEqual(problem["detail"], 'there is no badge "x"')

    def test_no_detail_repeats_the_title(self):
        one = self.one
        one.put("/badges/b", {})
        one.rule(name="r", points=1, scale="s")
        for r in (one.get("/none"), one.call("PATCH", "/badges"),
                  one.post("/badges", {"name": "b"}),
                  one.post("/pointScales", {"name": "s"}),
                  one.post("/rules", {"name": "r", "eventType": "e",
                                      "badge": "b"}),
                  one.delete("/pointScales/s"), one.get("/users/none"),
                  one.get("/events/none"), one.get("/rules/none"),
                  self.http("GET", "/metrics/x")):
            self.assertIn(r.status, (404, 405, 409))
            self.assertNotEqual(r.json["detail"], r.json["title"], r)
        self.assertIn('"b"', one.post("/badges", {"name": "b"}).json["detail"])
        self.assertIn("GET", one.call("PATCH", "/badges").json["detail"])

    def test_an_event_with_another_content_is_told_in_what(self):
        one = self.one
        event = {"id": "i", "username": "u", "eventType": "e",
                 "properties": {"a": 1}}
        one.post("/events", event)
        for change, word, advice in (
                ({"username": "v"}, "username", "id of its own"),
                ({"eventType": "f"}, "eventType", "id of its own"),
                ({"properties": {"a": 2}}, "properties", "id of its own"),
                ({"timestamp": "2026-01-01T00:00:00Z"}, "timestamp",
                 "send it as it was")):
            with self.subTest(word):
                sent = dict(event, **change)
                for problem in (
                        self.assert_problem(one.post("/events", sent), 422,
                                            "event_id_reused"),
                        one.post("/events/batch", {"events": [sent]}).json[
                            "results"][0]["problem"]):
                    self.assertIn("another " + word, problem["detail"])
                    self.assertIn(advice, problem["detail"])


class Headers(StackTest):
    """What requests and answers say in headers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.app(classic=True)
        cls.one.put("/badges/b", {})

    def test_a_new_event_has_an_address_and_an_etag(self):
        body = {"username": "u/1", "eventType": "e"}
        for sent in (body, dict(body, id="ä/b"),
                     dict(body, id="t", timestamp="2026-01-01T00:00:00+01:00",
                          properties={"b": 1.50, "a": ["x"][0]})):
            r = self.assert_status(self.one.post("/events", sent), 201)
            where = r.header("Location")
            self.assertEqual(where,
                             "/api/v1/events/" + segment(r.json["id"]))
            got = self.one.get(where[len("/api/v1"):])
            self.assertEqual(got.json, r.json)
            self.assertEqual(got.header("ETag"), r.header("ETag"))
        r = self.one.post("/events", dict(body, id="ä/b"))
        self.assertEqual((r.status, r.header("Location")), (200, None))

    def test_a_challenge_says_what_was_wrong_with_the_key(self):
        one = self.one
        for key, path, status, error in (
                (None, "/badges", 401, None),
                ("pm_sk_none", "/badges", 401, "invalid_token"),
                ("x", "/badges", 401, "invalid_token"),
                (one.publishable, "/rules", 403, "insufficient_scope")):
            for name in ("Authorization", "X-API-Key"):
                headers = {}
                if key is not None:
                    headers[name] = key if name == "X-API-Key" \
                        else "Bearer " + key
                r = self.http("GET", "/api/v1" + path, headers=headers)
                self.assert_status(r, status)
                wanted = 'Bearer realm="palmares"'
                if error:
                    wanted += ', error="%s"' % error
                self.assertEqual(r.header("WWW-Authenticate"), wanted)

    def test_an_encoded_body_is_415_and_says_so(self):
        for coding in ("gzip", "br", "deflate", "gzip, identity", "x"):
            for r in (self.one.post("/badges", b"\x1f\x8b\x08", headers={
                    "Content-Encoding": coding}),
                    self.http("POST", "/api/badges", b"\x1f\x8b\x08", {
                        "Content-Type": "application/json",
                        "Content-Encoding": coding})):
                self.assert_problem(r, 415, "unsupported_encoding")
                self.assertEqual(r.header("Accept-Encoding"), "identity")
        r = self.one.post("/badges", b"x", headers={
            "Content-Type": "text/plain"})
        self.assert_problem(r, 415, "unsupported_media_type")
        self.assertIsNone(r.header("Accept-Encoding"))
        self.assert_status(self.one.post("/badges", {"name": unique()},
                           headers={"Content-Encoding": "Identity"}), 201)

    def twice(self, method, path, *lines, body=b""):
        head = ["%s %s HTTP/1.1" % (method, path), "Host: x",
                "Connection: close", "Content-Type: application/json",
                "Content-Length: %d" % len(body)] + list(lines)
        return self.raw("\r\n".join(head).encode() + b"\r\n\r\n" + body)

    def test_two_lines_of_a_header_are_refused(self):
        key = "Authorization: Bearer " + self.one.secret
        event = b'{"username": "u", "eventType": "e"}'
        with self.nothing_applied():
            for first, second in (("a", "b"), ("a", "a"), ('"a"', '"b"')):
                r = self.twice("POST", "/api/v1/events", key,
                               "Idempotency-Key: " + first,
                               "Idempotency-Key: " + second, body=event)
                self.assert_problem(r, 400, "invalid_header", "bad_request")
            for method, path, lines in (
                    ("GET", "/api/v1/badges", [key, key]),
                    ("GET", "/api/v1/badges",
                     ["X-API-Key: " + self.one.secret] * 2),
                    ("GET", "/api/badges",
                     ["appKey: %d" % self.one.key] * 2),
                    ("PUT", "/api/v1/badges/b",
                     [key, "If-Match: x", "If-Match: *"]),
                    ("GET", "/api/v1/badges/b",
                     [key, "If-None-Match: x", "If-None-Match: *"])):
                r = self.twice(method, path, *lines)
                if lines[0].startswith("X-API-Key") and r.status == 401:
                    # nginx from 1.23 on has made one line of them: no key.
                    self.assert_problem(r, 401, "key_unknown")
                else:
                    self.assert_problem(r, 400, "invalid_header",
                                        "bad_request")

    def test_what_a_server_in_front_has_joined_is_refused(self):
        """As nginx from 1.23 on and Apache give two lines."""
        body = {"username": "u", "eventType": "e"}
        with self.nothing_applied():
            for value in ("a, b", "a,b", '"a", "b"', '"a","a"', '"a"b"'):
                r = self.one.post("/events", body,
                                  headers={"Idempotency-Key": value})
                self.assert_problem(r, 400, "invalid_header")
        r = self.one.post("/events", body,
                          headers={"Idempotency-Key": '"a, b"'})
        self.assertEqual(self.assert_json(r, 201)["id"], "a, b")
