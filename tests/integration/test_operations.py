"""Operations: health, readiness, metrics, the log of requests."""

import re

import client
from case import StackTest, metric_sum, metrics, unique
from client import at_once
from stack import wait_until

SAMPLE = re.compile(
    r'^[a-zA-Z_:][a-zA-Z0-9_:]*'
    r'(?:\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*"'
    r'(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*")*,?\})?'
    r' (?:[-+]?(?:[0-9.]+(?:[eE][-+]?[0-9]+)?|Inf)|NaN)(?: [0-9]+)?$')
COMMENT = re.compile(r"^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$")


class Endpoints(StackTest):
    """/healthz, /readyz, /metrics."""

    def test_healthz_and_readyz_need_no_key(self):
        for path in ("/healthz", "/readyz"):
            for method in ("GET", "HEAD"):
                self.assert_status(self.http(method, path), 200)

    def test_they_are_outside_api(self):
        app = self.app(classic=True)
        for path in ("/healthz", "/readyz", "/metrics"):
            self.assert_problem(app.get(path), 404, "route_not_found")

    def test_metrics_are_prometheus_text(self):
        self.app().event()
        r = self.assert_status(self.http("GET", "/metrics"), 200)
        self.assertRegex(r.header("Content-Type"),
                         r"^text/plain; *version=0\.0\.4")
        text = r.body.decode("utf-8")
        self.assertTrue(text.endswith("\n"))
        types, seen = {}, set()
        for line in text.splitlines():
            if line.startswith("#"):
                kind, name, rest = COMMENT.match(line).groups()
                if kind == "TYPE":
                    self.assertNotIn(name, types, "one TYPE per name")
                    self.assertIn(rest, ("counter", "gauge", "histogram",
                                         "summary", "untyped"))
                    types[name] = rest
                continue
            self.assertRegex(line, SAMPLE)
            series = line.rsplit(" ", 1)[0]
            self.assertNotIn(series, seen, "a series stands once")
            seen.add(series)
            name = series.partition("{")[0]
            base = re.sub(r"_(bucket|sum|count)$", "", name)
            self.assertTrue(name in types or types.get(base) in (
                "histogram", "summary"), "%s has no TYPE" % name)
        self.assertIn("histogram", types.values())

    def test_histograms_add_up(self):
        self.app().event()
        series = {}
        for name, value in metrics(self.stack).items():
            m = re.match(r'^(.*_bucket)\{(.*)\}$', name)
            if m:
                labels = m.group(2).split(",")
                le = [x for x in labels if x.startswith("le=")][0][4:-1]
                rest = ",".join(x for x in labels
                                if not x.startswith("le="))
                series.setdefault((m.group(1), rest), []).append(
                    (float(le.replace("+Inf", "inf")), value))
        self.assertTrue(series)
        for key, buckets in series.items():
            buckets.sort()
            self.assertEqual(buckets[-1][0], float("inf"), key)
            values = [v for _, v in buckets]
            self.assertEqual(values, sorted(values), key)

    def test_what_happens_moves_the_counters(self):
        app = self.app()
        app.rule(badge="b")
        wanted = {"event": r"^palmares_.*events?_", "award": r"award",
                  "replay": r"replay", "request": r"requests?_total"}
        before = metrics(self.stack)
        at_once([lambda i=i: app.event(id="e%d" % i) for i in range(12)])
        for i in range(12):
            app.post("/events", {"id": "e%d" % i, "username": "test5",
                                 "eventType": "review"})
        after = metrics(self.stack)
        for what, pattern in wanted.items():
            with self.subTest(what):
                # All workers together, whichever answers /metrics.
                moved = (metric_sum(after, pattern)
                         - metric_sum(before, pattern))
                self.assertGreaterEqual(moved, 12)

    def test_requests_are_counted_by_route_and_status(self):
        before = metrics(self.stack)
        app = self.app()
        for i in range(5):
            app.get("/badges/none%d" % i)
        after = metrics(self.stack)
        rows = [k for k in after
                if "requests" in k and '"404"' in k and "badges" in k
                and after[k] - before.get(k, 0) >= 5]
        self.assertEqual(len(rows), 1, "one series for the route")
        self.assertNotIn("none", rows[0])

    def test_metrics_name_every_part_that_is_watched(self):
        names = " ".join(metrics(self.stack))
        for word in ("event", "award", "replay", "deadlock", "retr",
                     "lock", "batch", "request", "bucket"):
            self.assertIn(word, names)

    def test_metrics_and_only_they_are_for_loopback(self):
        for address, statuses in (("192.0.2.7", (403, 404)),
                                  ("10.0.0.1", (403, 404)),
                                  ("2001:db8::1", (403, 404)),
                                  ("127.0.0.1", (200,)), ("::1", (200,))):
            with self.subTest(address):
                r = client.fcgi(self.stack.socket, client.params_of(
                    "GET", "/metrics", address=address))
                self.assertIn(r.status, statuses)
                r = client.fcgi(self.stack.socket, client.params_of(
                    "GET", "/healthz", address=address))
                self.assertEqual(r.status, 200)


class Log(StackTest):
    """One line per request, key=value, without keys and bodies."""

    def lines_of(self, response, position):
        request_id = response.header("X-Request-Id")

        def found():
            return [line for line in
                    self.stack.log_since(position).splitlines()
                    if request_id in line]
        return wait_until(found, 5, "the request's log line")

    def test_every_request_has_one_line(self):
        app = self.app()
        for method, target, body, status in (
                ("GET", "/application", None, 200),
                ("POST", "/badges", {"name": "b"}, 201),
                ("POST", "/badges", {"name": "b"}, 409),
                ("POST", "/badges", "no json", 400),
                ("PUT", "/badges/b", {"typo": 1}, 422),
                ("GET", "/nothing", None, 404),
                ("DELETE", "/application", None, 405)):
            with self.subTest(method=method, target=target):
                position = self.stack.log_size()
                r = app.call(method, target, body)
                self.assert_status(r, status)
                line, = self.lines_of(r, position)
                pairs = dict(re.findall(r'(\w+)=("[^"]*"|\S+)', line))
                self.assertIn(method, pairs.values(), line)
                self.assertIn(str(status), pairs.values(), line)

    def test_keys_and_bodies_are_in_no_log(self):
        position = self.stack.log_size()
        app = self.app()
        word = unique("Geheimnis")
        app.post("/badges", {"name": "b", "description": word})
        app.post("/badges", {"name": word + "\u0001"})
        app.post("/badges", '{"%s' % word)
        app.post("/events", {"username": "u", "eventType": "e",
                             "properties": {"a": word}})
        app.get("/application", key="pm_sk_" + word)
        self.http("GET", "/api/v1/application",
                  headers={"X-API-Key": app.secret})
        last = app.get("/application", key=app.publishable)
        self.lines_of(last, position)
        text = self.stack.log_since(position)
        for secret in (word, app.secret, app.secret[6:],
                       app.publishable[6:]):
            self.assertNotIn(secret, text)

    def test_what_a_client_sends_cannot_forge_a_line(self):
        position = self.stack.log_size()
        app = self.app()
        r = app.get("/badges/x%0Alevel=error%20status=999%0Ay")
        self.assert_status(r, 400, 404)
        line, = self.lines_of(r, position)
        text = self.stack.log_since(position)
        self.assertFalse([x for x in text.splitlines()
                          if x.startswith("level=error status=999")])
        r = client.fcgi(self.stack.socket, dict(client.params_of(
            "GET", "/api/v1/badges/x"), REQUEST_ID="a\nforged=1"))
        self.assertNotIn("\nforged=1", self.stack.log_since(position))
