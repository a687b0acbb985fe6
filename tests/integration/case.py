"""The base class of the integration tests: applications and assertions."""

import contextlib
import itertools
import re
import unittest

import client
from client import segment
from packed import Standing
from stack import Stack

# Headers that a page in a browser reads without being told (the Fetch standard),
# those for the browser itself, and those of connections and proxies.
ANYHOW = {"cache-control", "content-length", "content-type", "last-modified",
          "vary", "x-content-type-options", "date", "server", "connection",
          "keep-alive", "transfer-encoding", "upgrade", "via", "age",
          "accept-ranges", "x-varnish"}
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
# The resources that are made, read, replaced and deleted alike: collection,
# the body's members besides the name, the noun of the problem codes.
KINDS = (
    ("/pointScales", {"description": "d"}, "point_scale"),
    ("/badges", {"description": "d", "imageUrl": "https://example.org/b.png"},
     "badge"),
    ("/rules", {"description": "d", "eventType": "e", "points": 1,
               "pointScale": "s", "badge": "b", "property": "p",
               "enabled": False, "numberOfTimesToGetTheAward": 3}, "rule"),
)
_numbers = itertools.count(1)


class Shared:
    """The one stack of a run, made when the first test class needs it."""

    builddir = None
    keep = False
    stack = None

    @classmethod
    def get(cls):
        if cls.stack is None:
            stack = Stack(cls.builddir, cls.keep)
            stack.start()
            cls.stack = stack
        return cls.stack

    @classmethod
    def stop(cls):
        stack, cls.stack = cls.stack, None
        if stack is not None:
            stack.stop()


def unique(prefix="n"):
    """A name that no other test uses."""
    return "%s-%d" % (prefix, next(_numbers))


class App:
    """An application of the test's own, with a secret and a publishable key."""

    def __init__(self, stack, classic=False):
        self.stack = stack
        self.name = unique("app")
        args = ["app", "create", self.name]
        if classic:
            args.append("--classic")
        rc, out, err, value = stack.ctl(*args)
        if rc != 0 or not isinstance(value, dict):
            raise AssertionError("app create: %d %s%s" % (rc, out, err))
        self.key = value["appKey"]
        self.secret = self.new_key("secret")["key"]
        self.publishable = self.new_key("publishable")["key"]

    def new_key(self, kind="secret"):
        """Make one more key; {"id", "kind", "key"}."""
        rc, out, err, value = self.stack.ctl(
            "key", "create", self.name, "--" + kind)
        if rc != 0 or not isinstance(value, dict):
            raise AssertionError("key create: %d %s%s" % (rc, out, err))
        return value

    def call(self, method, path, body=None, headers=None, key=None):
        """A request below /api/v1, with the secret key if none is given."""
        headers = dict(headers or {})
        headers.setdefault("Authorization", "Bearer " + (key or self.secret))
        return client.request(self.stack.port, method, "/api/v1" + path, body,
                              headers)

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body, **more):
        return self.call("POST", path, body, **more)

    def put(self, path, body, **more):
        return self.call("PUT", path, body, **more)

    def delete(self, path, **more):
        return self.call("DELETE", path, **more)

    def classic(self, method, path, body=None, key=None):
        """A request of the classic interface, appKey in its place."""
        key = self.key if key is None else key
        headers = {}
        if method in ("GET", "PUT"):
            headers["appKey"] = str(key)
        elif isinstance(body, dict):
            body = dict({"appKey": key}, **body)
        return client.request(self.stack.port, method, "/api" + path, body,
                              headers)

    # What most tests need done first; each insists on success.

    def rule(self, event_type="review", points=10, scale="reputation",
             **more):
        """Create a rule through v1 and return its document."""
        body = {"name": unique("rule"), "eventType": event_type}
        if scale is not None:
            body.update(points=points, pointScale=scale)
        body.update(more)
        r = self.post("/rules", body)
        if r.status != 201:
            raise AssertionError("rule %r: %r" % (body, r))
        return r.json

    def event(self, username="test5", event_type="review", **more):
        """Send an event that must be new; its document."""
        body = dict({"username": username, "eventType": event_type}, **more)
        r = self.post("/events", body)
        if r.status != 201:
            raise AssertionError("event %r: %r" % (body, r))
        return r.json

    def points(self, username="test5", scale="reputation"):
        r = self.get("/pointScales/%s/users/%s" % (
            segment(scale), segment(username)))
        if r.status != 200:
            raise AssertionError("points of %s: %r" % (username, r))
        return r.json["points"]

    def user(self, username="test5"):
        r = self.get("/users/" + segment(username))
        if r.status != 200:
            raise AssertionError("user %s: %r" % (username, r))
        return r.json

    def all(self, target, limit=1000):
        """All that a collection has, one page after the other."""
        mark = "&" if "?" in target else "?"
        items, cursor = [], None
        while True:
            r = self.get("%s%slimit=%d%s" % (
                target, mark, limit,
                "&cursor=" + segment(cursor) if cursor else ""))
            if r.status != 200:
                raise AssertionError("%s: %r" % (target, r))
            items += r.json["data"]
            cursor = r.json["nextCursor"]
            if cursor is None:
                return items

    def ledger(self, username="test5"):
        """The whole ledger of a user, the first entry first."""
        return self.all("/users/%s/ledger" % segment(username))[::-1]

    @property
    def id(self):
        """The number that the tables know the application by."""
        return self.stack.sql_number(
            "SELECT id FROM application WHERE app_key = %d" % self.key)

    def rows(self, table):
        """How many rows of a table are the application's."""
        return self.stack.sql_number(
            "SELECT COUNT(*) FROM `%s` t JOIN application a"
            " ON a.id = t.application_id WHERE a.app_key = %d" % (
                table, self.key))

    def entries(self):
        """How many ledger entries the application's users have.

        That these are the awards of their events is what `verify` looks at
        after each class.
        """
        return self.stack.sql_number(
            "SELECT COALESCE(SUM(entries), 0) FROM user t JOIN application a"
            " ON a.id = t.application_id WHERE a.app_key = %d" % self.key)

    def outcomes(self):
        """All that events gave and users have: what a replay leaves alone,
        but for the numbers of rules that are deleted."""
        own = self.id
        events = self.stack.sql(
            "SELECT id, previous, number, HEX(username), HEX(awards)"
            " FROM event WHERE application_id = %d ORDER BY id" % own)
        rules = {int(row[0]) for row in self.stack.sql(
            "SELECT id FROM rule WHERE application_id = %d AND deleted = 0"
            % own)}
        users = []
        for row in self.stack.sql(
                "SELECT HEX(username), events, entries, last_event,"
                " HEX(standing) FROM user WHERE application_id = %d"
                " ORDER BY username" % own):
            standing = Standing(bytes.fromhex(row.pop()))
            counts = {rule: count for rule, count in standing.counts.items()
                      if rule in rules}
            given = [rule for rule in standing.given if rule in rules]
            users.append(row + [standing.balances, counts, standing.badges,
                                given])
        return events, users


class StackTest(unittest.TestCase):
    """Tests that talk to the shared stack."""

    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.stack = Shared.get()
        cls.stack.heal()

    @classmethod
    def tearDownClass(cls):
        cls.stack.heal()
        confession = cls.stack.check_log()
        if confession:
            raise AssertionError(confession)
        cls.check_verify()

    @classmethod
    def check_verify(cls):
        """Balances, counts and badges must be what the events give."""
        rc, out, err, _ = cls.stack.ctl("verify", as_json=False)
        if rc != 0:
            raise AssertionError("palmaresctl verify after %s: status %d\n"
                                 "%s%s" % (cls.__name__, rc, out, err))

    @classmethod
    def app(cls, classic=False):
        """A new application."""
        return App(cls.stack, classic)

    def http(self, method, path, body=None, headers=None):
        return client.request(self.stack.port, method, path, body, headers)

    def raw(self, data, end=True):
        return client.raw(self.stack.port, data, end)

    # --- assertions -----------------------------------------------------

    def assert_status(self, response, *statuses):
        self.assertIsNotNone(response, "no answer at all")
        self.assertIn(response.status, statuses, repr(response))
        self.assertTrue(response.header("X-Request-Id"),
                        "every response carries X-Request-Id")
        self.assert_exposed(response)
        return response

    def exposed(self, response):
        """The headers that a page in a browser may read besides."""
        names = response.header("Access-Control-Expose-Headers") or ""
        return {name.strip().lower() for name in names.split(",")} - {""}

    def assert_exposed(self, response):
        """If a page may read the answer, it may read all its headers."""
        if response.header("Access-Control-Allow-Origin"):
            own = {name.lower() for name in response.headers.keys()
                   if not name.lower().startswith("access-control-")}
            self.assertLessEqual(own - ANYHOW, self.exposed(response))

    def assert_json(self, response, *statuses):
        """A success with a JSON body; returns the body."""
        self.assert_status(response, *(statuses or (200,)))
        self.assertEqual(
            response.header("Content-Type").split(";")[0], "application/json")
        return response.json

    def assert_problem_document(self, problem, status, *codes):
        self.assertEqual(problem["status"], status, problem)
        for member in ("type", "title", "detail", "code"):
            self.assertIsInstance(problem[member], str, problem)
            self.assertTrue(problem[member], problem)
        if codes:
            self.assertIn(problem["code"], codes, problem)
        self.assertEqual(problem["type"],
                         "urn:palmares:problem:" + problem["code"])
        if problem["code"] == "invalid_body":
            self.assertTrue(problem["errors"], problem)
            for error in problem["errors"]:
                for member in ("pointer", "code", "detail"):
                    self.assertIsInstance(error[member], str, problem)

    def assert_problem(self, response, status, *codes):
        """A problem document, one of these codes; returns the document."""
        self.assert_status(response, status)
        self.assertEqual(response.header("Content-Type").split(";")[0],
                         "application/problem+json", repr(response))
        problem = response.json
        self.assert_problem_document(problem, status, *codes)
        self.assertTrue(problem["instance"], problem)
        self.assertEqual(problem["requestId"],
                         response.header("X-Request-Id"))
        if status == 503:
            self.assertRegex(response.header("Retry-After") or "", r"^\d+$")
        return problem

    def assert_invalid(self, response, faults, status=422):
        """A 422 with exactly these faults: {pointer: code or codes}.

        None as the code accepts any.
        """
        problem = self.assert_problem(response, status, "invalid_body")
        self.assert_faults(problem, faults)

    def assert_faults(self, problem, faults):
        found = {e["pointer"]: e["code"] for e in problem["errors"]}
        self.assertEqual(sorted(found), sorted(faults), problem)
        self.assertEqual(len(found), len(problem["errors"]),
                         "a pointer stands twice: %r" % problem)
        for pointer, codes in faults.items():
            if codes is not None:
                codes = (codes,) if isinstance(codes, str) else codes
                self.assertIn(found[pointer], codes, problem)

    def assert_time(self, text):
        self.assertRegex(text, TIME)

    def assert_members(self, document, expected):
        """The document has these members with these values, and may have
        more."""
        self.assertEqual({k: document.get(k, "(missing)") for k in expected},
                         expected)

    def state(self):
        """A checksum of everything that requests can change."""
        tables = [row[0] for row in self.stack.sql("SHOW TABLES")]
        return self.stack.sql("CHECKSUM TABLE `%s`" % "`, `".join(tables))

    @contextlib.contextmanager
    def nothing_applied(self):
        before = self.state()
        yield
        self.assertEqual(self.state(), before,
                         "a refused request changed the database")


def metrics(stack):
    """The samples of /metrics: {name with labels: value}."""
    r = client.request(stack.port, "GET", "/metrics")
    if r.status != 200:
        raise AssertionError("metrics: %r" % r)
    samples = {}
    for line in r.body.decode("utf-8").splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            samples[name] = float(value)
    return samples


def metric_sum(samples, pattern):
    """The sum over all samples whose name matches a regular expression."""
    return sum(v for k, v in samples.items() if re.search(pattern, k))
