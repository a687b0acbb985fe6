"""Requests that are crooked: heads, paths, hosts, methods, lengths."""

import json

import client
from attack import CHECK, MARKER
from case import unique

REFUSED = (400, 404, 405, 414)
# Paths that lead somewhere only if two programs read them differently. Each is
# tried without a key, with our own, and in absolute form.
PATHS = (
    "/api/v1/badges/%2f", "/api/v1/badges/%2F..%2F..%2Fmetrics",
    "/api/v1/badges/%00", "/api/v1/badges%00", "/api/v1/badges/a%00.json",
    "//api/v1/badges", "/api//v1/badges", "/api/v1//badges", "/api/v1/badges/",
    "/api/v1/./badges", "/api/v1/../v1/badges", "/api/v1/x/../badges",
    "/../../../../etc/passwd", "/api/v1/badges/../../../metrics",
    "/api/v1/%2e%2e/v1/badges", "/api/v1/..%2fv1/badges",
    "/%2e%2e/%2e%2e/etc/passwd", "/..%c0%af..%c0%afetc/passwd",
    "/api/v1/badges/..%c0%af", "/api/v1/badges/%c0%ae%c0%ae",
    "/api/v1/badges/%e0%80%af", "/api/v1/badges/%f0%80%80%af",
    "/api/v1/badges;x=1", "/api/v1/badges/;/x", "/api/v1;/badges",
    "/api/v1/badges/..;/rules", "/api/v1/badges/%u002f", "/%5cmetrics",
    "/api/v1\\badges", "/api\\v1\\badges", "/api/v1/badges%20",
    "/api/v1/badges%0d%0aX-Injected:%20yes", "/api/v1/badges%0a",
    "/api/v1/badges#fragment", "/api/v1/badges%23", "/api/v1/badges%3f",
    "/api/v1/badges?%", "/api/v1/badges?a=%00", "/api/v1/badges?limit=1%00",
    "/api/v1/badges?x[]=1", "/api/v1/badges?limit=1;cursor=x",
    "/API/V1/BADGES", "/api/v1/badges.json", "/api/v1/badges/.git/config",
    "/_palmares_problem", "//_palmares_problem", "/%5fpalmares_problem",
    "/./_palmares_problem", "/x/../_palmares_problem",
    "/api/v1/" + "a/" * 2000, "/api/v1/badges/" + "%41" * 2500,
    "/" + "x" * 7900, "/" + "x" * 40000, "/api/v1/badges/" + "../" * 500,
    "*", "?", "", "api/v1/badges", "http://", "http:///api/v1/badges",
    "\x7f", "/\x01", "/api/v1/badges/\xff\xfe",
)
# The same, where the answer is the collection itself: harmless spellings.
SAME = ("/api/v1/%62adges", "/%61pi/v1/badges", "/api/v%31/badges?",
        "http://evil.example/api/v1/badges", "/api/v1/badges?&&",
        "https://localhost:1/api/v1/badges")
HOSTS = ("evil.example", "localhost:99999", "127.0.0.1", "[::1]",
         "evil.example:80", "a" * 5000, "xn--80ak6aa92e.com", "evil.example.",
         "EVIL.example", "169.254.169.254", "_")
BAD_HOSTS = ("", "evil example", "evil.example/x", "evil\texample", "..",
             "evil.example\x00", "\x01", "a/../b")
# Headers by which some servers take another method, address or client.
OVERRIDES = (
    ("X-HTTP-Method-Override", "DELETE"), ("X-HTTP-Method", "DELETE"),
    ("X-Method-Override", "DELETE"), ("_method", "DELETE"),
    ("X-Original-URL", "/metrics"), ("X-Rewrite-URL", "/metrics"),
    ("X-Original-URL", "/api/v1/rules"), ("X-Forwarded-Path", "/metrics"),
    ("X-Forwarded-Prefix", "/evil"), ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Proto", "https"), ("X-Forwarded-Port", "31337"),
    ("X-Forwarded-For", "127.0.0.1"), ("X-Real-IP", "127.0.0.1"),
    ("Forwarded", "for=127.0.0.1;host=evil.example;proto=https"),
    ("X-Host", "evil.example"), ("X-Forwarded-Server", "evil.example"),
    ("X-Forwarded-Scheme", "nothttps"), ("X-Url-Scheme", "https"),
    ("Proxy", "http://evil.example"), ("X-Proxy-User-Ip", "127.0.0.1"),
    ("X-Custom-IP-Authorization", "127.0.0.1"), ("Via", "1.1 evil.example"),
    ("X-Accel-Redirect", "/metrics"), ("X-Sendfile", "/etc/passwd"),
    ("X-Accel-Buffering", "no"), ("X-Request-Id", "chosen-by-the-client"),
    ("Range", "bytes=0-1"), ("Expect", "100-continue"),
    ("Upgrade", "h2c"), ("Accept-Encoding", "gzip, br"),
    ("Script-Name", "/metrics"), ("Remote-Addr", "127.0.0.1"),
)
METHODS = ("TRACE", "TRACK", "CONNECT", "PATCH", "DEBUG", "PRI", "PROPFIND",
           "MKCOL", "COPY", "MOVE", "LOCK", "PURGE", "get", "GeT", "GETX",
           "X" * 300, "G-E-T", "_", "GET,POST", "HEADER", "SSTP_DUPLEX_POST")


def comparable(response):
    """Of an answer what does not change from one to the next."""
    body = response.body
    if response.status >= 400 and body:
        body = {k: v for k, v in json.loads(body).items()
                if k not in ("requestId", "instance")}
    return response.status, body, response.header("Location"), \
        response.header("Link"), response.header("ETag")


def guard(attack):
    """What no crooked request may read or change: a badge with a marker."""
    attack.must_be(attack.request("PUT", "/badges/guarded", {
        "description": MARKER}), 200, 201)


def pipelines(attack):
    """Many requests in one go, and garbage behind them."""
    guard(attack)
    size = attack.number(1000, 200)
    good = attack.head(close=False)
    for garbage, status in ((b"\x00" * 100 + b"\r\n\r\n", 400),
                            (b"\xff" * 20000, 400),
                            (b"DELETE\r\n\r\n", 400),
                            (b"GET / HTTP/1.1\r\n\r\n", 400),
                            (b"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 400)):
        found = attack.raw(good * size + garbage, end=True,
                           requests=size + 1)
        CHECK.assertEqual([r.status for r in found], [200] * size + [status])
    # The same event over and over down one connection: applied once.
    body = json.dumps({"id": unique("pipe"), "username": "pipe",
                       "eventType": "e"}).encode()
    post = attack.head("POST", "/api/v1/events", (
        "Content-Type: application/json", "Content-Length: %d" % len(body)),
        close=False)
    found = attack.raw((post + body) * size, end=True, requests=size)
    CHECK.assertEqual([r.status for r in found], [201] + [200] * (size - 1))
    # Answers that nobody waits for.
    for _ in range(attack.number(50, 10)):
        attack.tally.sent(size)
        with client.socket.create_connection(("127.0.0.1", attack.port)) as s:
            try:
                s.sendall(good * size)
            except OSError:
                pass
        attack.tally.answer(None)


def huge_headers(attack):
    """By count, by size of one, by size of all, by name."""
    for more, statuses in (
            (["X-A%d: b" % i for i in range(500)], (200,)),
            (["X-A: b"] * 2000, (200, 400)),
            (["X-A%d: b" % i for i in range(10000)], (400,)),
            (["X-A: " + "b" * 7000] * 3, (200,)),
            (["X-A: " + "b" * 7000] * 50, (400,)),
            (["X-A: " + "b" * 9000], (400,)),
            (["X" * 7000 + ": b"], (200, 400)),
            (["X" * 100000 + ": b"], (400,)),
            (["Cookie: " + "c=d; " * 1500] * 4, (200, 400)),
            (["X-API-Key: " + "k" * 7000] * 3, (200, 400, 401)),
            (["Authorization: Bearer " + "k" * 8000], (401,)),
            (["If-None-Match: " + '"x", ' * 1500], (200,)),
            (["Idempotency-Key: " + "k" * 8000], (200,)),
            ([": empty"], (200, 400)), (["X-A"], (200, 400)),
            (["X-A: b\x00c"], (400,)), (["X-\x01A: b"], (200, 400)),
            (["X A: b"], (200, 400)), (["X-A: b", " folded"], (200, 400)),
            (["X-\xff\xfe: b"], (200, 400))):
        for _ in range(attack.number(10, 2)):
            found = attack.raw(attack.head(more=more))
            CHECK.assertEqual(len(found), 1, more[0][:40])
            CHECK.assertIn(found[0].status, statuses, more[0][:40])


def paths(attack):
    """Nobody gets at anything by spelling a path oddly."""
    guard(attack)
    whole = comparable(attack.request("GET", "/badges"))
    for path in SAME:
        found = attack.raw(attack.head(target=path))
        CHECK.assertEqual(comparable(found[0]), whole, path)
    for path in PATHS:
        for method in ("GET", "PUT", "DELETE"):
            for data in (attack.head(method, path, (
                    "Content-Length: 2", "Content-Type: application/json")),
                    b"%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    b"Content-Length: 2\r\n\r\n" % (
                        method.encode(), path.encode("latin-1"))):
                for response in attack.raw(data + b"{}"):
                    judge_path(attack, path, data, response)
    CHECK.assertEqual(comparable(attack.request("GET", "/badges")), whole)


def judge_path(attack, path, data, response):
    """Refused; but with a key, what is a name when decoded may be one: the
    PUT makes it, and the DELETE that follows removes it."""
    if attack.app.secret.encode() not in data:
        CHECK.assertIn(response.status, REFUSED + (401,), path)
        CHECK.assertNotIn(MARKER.encode(), response.body, path)
    else:
        made = () if data.startswith(b"GET") else (201, 204, 422)
        CHECK.assertIn(response.status, REFUSED + made,
                       "%s %r" % (path, response))
    CHECK.assertNotIn(b"palmares_requests_in_progress", response.body, path)
    CHECK.assertNotIn(b"root:", response.body, path)
    CHECK.assertIsNone(response.header("X-Injected"), path)


def hosts(attack):
    """The Host header is nobody's business: no answer has it."""
    name = unique("host")
    body = json.dumps({"name": name}).encode()
    more = ("Content-Type: application/json",
            "Content-Length: %d" % len(body))
    plain = comparable(attack.request("GET", "/users?limit=1"))
    for host in HOSTS:
        found = attack.raw(attack.head(target="/api/v1/users?limit=1",
                                       host=host))
        CHECK.assertEqual(comparable(found[0]), plain, host[:50])
        attack.request("DELETE", "/badges/" + name)
        found = attack.raw(attack.head("POST", "/api/v1/badges", more,
                                       host) + body)
        attack.must_be(found[0], 201)
        CHECK.assertEqual(found[0].header("Location"),
                          "/api/v1/badges/" + name)
        CHECK.assertNotIn(b"evil", found[0].body + str(
            found[0].headers).encode())
    for host in BAD_HOSTS:
        found = attack.raw(attack.head(host=host))
        attack.must_be(found[0], 400)
    for data in (attack.head(host=None),
                 attack.head(more=("Host: evil.example",)),
                 attack.head(more=("Host: localhost",)),
                 attack.head(host=None, more=("Host: a", "hOST: b"))):
        found = attack.raw(data)
        CHECK.assertEqual([r.status for r in found], [400])


def override_headers(attack):
    """A header changes neither method, nor address, nor who asks."""
    guard(attack)
    targets = ("/badges/guarded", "/users", "/none")
    plain = {t: comparable(attack.request("GET", t)) for t in targets}
    for name, value in OVERRIDES:
        for target in targets:
            for method in ("GET", "HEAD"):
                r = attack.request(method, target, headers={name: value})
                found = comparable(r)
                if method == "GET" and name != "Range":
                    CHECK.assertEqual(found, plain[target], name)
                CHECK.assertIn(found[0], (plain[target][0], 206), name)
                CHECK.assertNotEqual(r.header("X-Request-Id"), value)
        r = attack.request("POST", "/badges/guarded", {}, {name: value})
        attack.must_be(r, 405)
        # Who comes from elsewhere stays elsewhere.
        params = client.params_of("GET", "/metrics", headers={name: value},
                                  address="192.0.2.1")
        attack.tally.sent()
        attack.must_be(attack.tally.answer(
            client.fcgi(attack.stack.socket, params)), 403)
    for query in ("?_method=DELETE", "?method=DELETE", "?X-HTTP-Method=PUT"):
        attack.must_be(attack.request("GET", "/badges/guarded" + query), 400)
    CHECK.assertEqual(comparable(attack.request("GET", targets[0])),
                      plain[targets[0]])


def methods(attack):
    """TRACE, CONNECT and inventions: refused, and nothing is echoed."""
    guard(attack)
    for method in METHODS:
        for target in ("/api/v1/badges/guarded", "/api/badges", "/healthz",
                       "/metrics", "localhost:22", "*"):
            found = attack.raw(attack.head(method, target, (
                "X-Echo: echo-echo", "Max-Forwards: 0")))
            CHECK.assertEqual(len(found), 1, (method, target))
            attack.must_be(found[0], *REFUSED)
            CHECK.assertNotIn(b"echo-echo", found[0].body)
            CHECK.assertNotIn(attack.app.secret.encode(), found[0].body)


ATTACKS = (
    ("pipelines and garbage", pipelines),
    ("huge headers", huge_headers),
    ("path tricks", paths),
    ("Host tricks", hosts),
    ("override headers", override_headers),
    ("odd methods", methods),
)
