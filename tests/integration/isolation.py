"""Two applications with the same names, and a request for every route.

What test_isolation.py tries: the table of all routes, what a request of it is
with a name filled in, and the dump of all that an application has.
"""

import re
from contextlib import contextmanager

import client
from case import StackTest
from client import segment

V1 = "/api/v1"
OPEN, PUBLIC, SECRET, CLASSIC = "open", "public", "secret", "classic"
# Stands in every text of the other application, and so in no answer to us.
MARK = "belongs-to-the-other"
OWN = "ours"    # a name of which the asking application has one of each kind
GIVES = {"eventType": "{n}", "points": 5, "pointScale": "{n}", "badge": "{n}"}
CLASSIC_GIVES = dict(GIVES, pointScale={"name": "{n}"}, badge={"name": "{n}"},
                     numberOfTimesToGetTheAward=1)
EVENT = {"id": "{n}", "username": "{n}", "eventType": "{n}"}

# Route, who may call it, and requests to it: a query or a body.  {n} is a name
# that the other application has for a thing of every kind, or nobody has.
# A request may have a path of its own, where it mixes {n} with an own name.
TABLE = (
    ("GET", V1 + "/application", PUBLIC, ({},)),
    ("PUT", V1 + "/application", SECRET, (
        {"body": {"timeZone": "Asia/Tokyo"}, "if-match": "*"},
        {"body": {"timeZone": "UTC", "name": "{n}"}})),
    ("GET", V1 + "/pointScales", PUBLIC, ({}, {"query": "?limit=1000"})),
    ("POST", V1 + "/pointScales", SECRET, ({"body": {"name": "{n}"}},)),
    ("GET", V1 + "/pointScales/{name}", PUBLIC, ({},)),
    ("PUT", V1 + "/pointScales/{name}", SECRET, (
        {"body": {}}, {"body": {}, "if-match": "*"},
        {"body": {}, "if-none-match": "*"})),
    ("DELETE", V1 + "/pointScales/{name}", SECRET, (
        {}, {"if-match": "*"})),
    ("GET", V1 + "/pointScales/{name}/users/{username}", PUBLIC, (
        {}, {"path": V1 + "/pointScales/ours/users/{n}"},
        {"path": V1 + "/pointScales/{n}/users/ours"})),
    ("GET", V1 + "/badges", PUBLIC, ({},)),
    ("POST", V1 + "/badges", SECRET, ({"body": {"name": "{n}"}},)),
    ("GET", V1 + "/badges/{name}", PUBLIC, ({},)),
    ("PUT", V1 + "/badges/{name}", SECRET, (
        {"body": {}}, {"body": {}, "if-match": "*"})),
    ("DELETE", V1 + "/badges/{name}", SECRET, ({}, {"if-match": "*"})),
    ("GET", V1 + "/rules", SECRET, ({},)),
    ("POST", V1 + "/rules", SECRET, (
        {"body": dict(GIVES, name="{n}")},
        {"body": {"name": "{n}", "eventType": "{n}", "badge": {
            "name": "{n}", "description": "mine"}}})),
    ("GET", V1 + "/rules/{name}", SECRET, ({},)),
    ("PUT", V1 + "/rules/{name}", SECRET, (
        {"body": GIVES}, {"body": GIVES, "if-match": "*"})),
    ("DELETE", V1 + "/rules/{name}", SECRET, ({}, {"if-match": "*"})),
    ("POST", V1 + "/events", SECRET, (
        {"body": EVENT}, {"body": dict(EVENT, eventType="another")},
        {"body": {"username": "{n}", "eventType": "{n}"},
         "idempotency-key": "{n}"})),
    ("POST", V1 + "/events/batch", SECRET, (
        {"body": {"events": [EVENT, dict(EVENT, id="{n}+"), EVENT,
                             dict(EVENT, eventType="another")]}},)),
    ("GET", V1 + "/events", SECRET, (
        {}, {"query": "?username={n}"}, {"query": "?eventType={n}"},
        {"query": "?username={n}&eventType={n}&from=2000-01-01T00:00:00Z"},
        {"query": "?from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z"})),
    ("GET", V1 + "/events/{id}", SECRET, ({},)),
    ("GET", V1 + "/users", SECRET, ({},)),
    ("GET", V1 + "/users/{username}", PUBLIC, ({},)),
    ("GET", V1 + "/users/{username}/ledger", SECRET, ({},)),
    ("GET", V1 + "/openapi.yaml", OPEN, ({},)),
    ("GET", "/healthz", OPEN, ({},)),
    ("GET", "/readyz", OPEN, ({},)),
    ("GET", "/metrics", OPEN, ({},)),
    ("GET", "/api/badges", CLASSIC, ({},)),
    ("POST", "/api/badges", CLASSIC, ({"body": {"name": "{n}"}},)),
    ("GET", "/api/badges/{badgeName}", CLASSIC, ({},)),
    ("PUT", "/api/badges/{badgeName}", CLASSIC, (
        {"body": {"name": "{n}", "description": "mine"}},)),
    ("POST", "/api/pointScales", CLASSIC, ({"body": {"name": "{n}"}},)),
    ("GET", "/api/pointScales/{pointScaleName}", CLASSIC, ({},)),
    ("PUT", "/api/pointScales/{pointScaleName}", CLASSIC, (
        {"body": {"name": "{n}", "description": "mine"}},)),
    ("GET", "/api/rules", CLASSIC, ({},)),
    ("POST", "/api/rules", CLASSIC, (
        {"body": dict(CLASSIC_GIVES, name="{n}")},)),
    ("DELETE", "/api/rules", CLASSIC, ({"body": {"name": "{n}"}},)),
    ("GET", "/api/rules/{ruleName}", CLASSIC, ({},)),
    ("PUT", "/api/rules/{ruleName}", CLASSIC, (
        {"body": dict(CLASSIC_GIVES, name="{n}")},)),
    ("POST", "/api/events", CLASSIC, (
        {"body": {"username": "{n}", "eventType": "{n}", "properties": [],
                  "timestamp": "now"}},)),
    ("GET", "/api/users", CLASSIC, ({},)),
    ("GET", "/api/users/{username}", CLASSIC, ({},)),
    ("GET", "/api/users/{username}/{pointScaleName}", CLASSIC, (
        {}, {"path": "/api/users/ours/{n}"}, {"path": "/api/users/{n}/ours"})),
)
TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
# Headers that differ from one answer to the next whatever is asked.
PASSING = ("Date", "X-Request-Id")


class Request:
    """One request of the table, to be filled in with a name."""

    def __init__(self, method, template, access, more):
        self.method, self.template, self.access = method, template, access
        self.more = more

    def __repr__(self):
        return "%s %s %s" % (self.method, self.template, {
            k: v for k, v in self.more.items()} or "")

    @property
    def named(self):
        """Whether it says the name at all."""
        return "{" in self.template or "{n}" in repr(self.more)

    def fill(self, value, name):
        if isinstance(value, dict):
            return {k: self.fill(v, name) for k, v in value.items()}
        if isinstance(value, list):
            return [self.fill(v, name) for v in value]
        return value.replace("{n}", name) if isinstance(value, str) else value

    def send(self, port, name, headers):
        """Send it as it is: who calls is in the headers, or nowhere."""
        path = self.more.get("path") or re.sub(r"\{\w+\}", "{n}",
                                               self.template)
        path = self.fill(path + self.more.get("query", ""), name)
        body = self.fill(self.more.get("body"), name)
        headers = dict(headers)
        for key in ("if-match", "if-none-match", "idempotency-key"):
            if key in self.more:
                headers[key] = self.fill(self.more[key], name)
        if self.access == CLASSIC and isinstance(body, dict):
            body["appKey"] = int(headers.get("appKey", 0))
        return client.request(port, self.method, path, body, headers)

    def call(self, app, name, key=None):
        """Send it as a client of the application would."""
        if self.access == CLASSIC:
            headers = {"appKey": str(app.key)}
        else:
            headers = {"X-API-Key": key or app.secret}
        return self.send(app.stack.port, name, headers)


REQUESTS = [Request(method, template, access, more)
            for method, template, access, requests in TABLE
            for more in requests]
KEYED = [r for r in REQUESTS if r.access in (PUBLIC, SECRET)]


def plain(response, name):
    """All of an answer but what never is the same twice: the time, the
    request's id and the name that was asked for, `name`."""
    def text(data):
        data = data.replace(
            (response.header("X-Request-Id") or "-").encode(), b"ID")
        return TIME.sub(b"TIME", data).replace(name.encode(), b"NAME")

    headers = [(k, v if k != "ETag" or response.status >= 400 else "TAG")
               for k, v in response.headers.items() if k not in PASSING]
    return (response.status, [(k, text(v.encode())) for k, v in headers],
            text(response.body))


class Pair(StackTest):
    """Two applications with the same names everywhere."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.theirs, cls.mine = cls.app(classic=True), cls.app(classic=True)
        for app in (cls.theirs, cls.mine):
            cls.give_long_key(app)
        cls.fill(cls.theirs, OWN, MARK)
        cls.fill(cls.mine, OWN, "mine")
        revoked = cls.mine.new_key()
        rc, out, err, _ = cls.stack.ctl("key", "revoke", cls.mine.name,
                                        str(revoked["id"]))
        if rc != 0:
            raise AssertionError(out + err)
        cls.revoked = revoked["key"]
        cls.unknown = cls.revoked[:-12] + "A" * 12
        cls.tables = cls.owned()

    @classmethod
    def give_long_key(cls, app):
        """An appKey that is no part of any other number in an answer."""
        cls.stack.sql("UPDATE application SET app_key = app_key + 7777000000"
                      " WHERE app_key = %d" % app.key)
        app.key += 7777000000

    @staticmethod
    def fill(app, name, text):
        """One of everything, all of the same name, with a text in it."""
        n = segment(name)
        more = {"description": text}
        image = "https://example.org/%s.png" % text
        for path, body in (
                ("/pointScales/" + n, more),
                ("/badges/" + n, dict(more, imageUrl=image)),
                ("/rules/" + n, dict(more, eventType=name, points=len(text),
                                     pointScale=name, badge=name)),
                # What is used by nothing, and so could be deleted.
                ("/pointScales/" + n + "-free", more),
                ("/badges/" + n + "-free", more)):
            r = app.put(path, body)
            if r.status not in (200, 201):
                raise AssertionError("%s: %r" % (path, r))
        app.event(name, name, id=name, properties={"text": text})
        for zone in ("Asia/Kolkata", "UTC"):
            r = app.put("/application", {"timeZone": zone})
            if r.status != 200:
                raise AssertionError(repr(r))

    @classmethod
    def owned(cls):
        """{table: columns} of the tables whose rows belong to somebody."""
        columns = {}
        for table, column in cls.stack.sql(
                "SELECT table_name, column_name FROM"
                " information_schema.columns WHERE table_schema ="
                " DATABASE() ORDER BY table_name, ordinal_position"):
            columns.setdefault(table, []).append(column)
        return {table: names for table, names in columns.items()
                if table == "application" or "application_id" in names}

    def rows_of(self, app):
        """Every row of every table that belongs to an application, in full,
        each with its table's name in front."""
        text = "SET @own = (SELECT id FROM application WHERE app_key = %d);" \
            % app.key
        for table, names in self.tables.items():
            text += "SELECT '%s', %s FROM `%s` WHERE %s = @own;" % (
                table, ", ".join("HEX(`%s`)" % c for c in names), table,
                "id" if table == "application" else "application_id")
        return sorted(self.stack.sql(text))

    @contextmanager
    def untouched(self, *apps):
        before = [self.rows_of(app) for app in apps]
        yield
        for app, dump in zip(apps, before):
            self.assertEqual(self.rows_of(app), dump,
                             "rows of %s changed" % app.name)

    def assert_silent(self, response, app=None, mark=MARK):
        """Nothing of the other application is anywhere in the answer."""
        app = app or self.theirs
        text = ("%s" % response.headers).encode() + response.body
        for word in (mark, app.name, app.secret, app.publishable):
            self.assertNotIn(word.encode(), text)
        self.assertNotRegex(text, rb'"app[Kk]ey": ?%d\b' % app.key)
