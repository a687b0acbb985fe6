"""Bad input: a clear problem document for each, and nothing applied."""

import contextlib
import json
import socket
import struct
import time

import client
from apps import OneApp
from case import StackTest, unique
from client import record

DEEP = b"[" * 40 + b"]" * 40
EVENT = b'{"username": "u", "eventType": "e", "properties": %s}'
# Texts that are no JSON, though json-c takes most of them (traps 22).
NO_JSON = (
    b"", b" ", b"\x00", b"{", b"}", b"nul", b"{]", b'{"username"}',
    b'{"username": }', b'{"username": "u",}', b'{"username": "u"',
    b'{"username": "u", "eventType": "e"} x',
    b'{"username": "u", "eventType": "e"}{}',
    b'{"username": "u", "eventType": "e"}]',
    b'{"username": "u", "eventType": "e"}\x00',
    b'{"username": "u", "eventType": "e"}\x00{}',
    b'{"username": "u", "eventType": "e"} \x00 ',
    b"{'username': 'u', 'eventType': 'e'}",
    b'{\'username\': "u", "eventType": "e"}',
    b'{username: "u", "eventType": "e"}',
    b'{"username": "u", "eventType": "e"} // comment',
    b'{"username": "u", /* comment */ "eventType": "e"}',
    EVENT % b'{"a": NaN}', EVENT % b'{"a": nan}',
    EVENT % b'{"a": Infinity}', EVENT % b'{"a": -Infinity}',
    EVENT % b'{"a": 01}', EVENT % b'{"a": +1}', EVENT % b'{"a": 1.}',
    EVENT % b'{"a": .5}', EVENT % b'{"a": 0x10}', EVENT % b'{"a": 1e}',
    EVENT % b'{"a": -}', EVENT % b'{"a": TRUE}', EVENT % b'{"a": True}',
    EVENT % b'{"a": NULL}', EVENT % b'{"a": undefined}',
    EVENT % b'["a",]', EVENT % b'[,"a"]', EVENT % b'["a" "b"]',
    EVENT % b'{"a": "\x01"}', EVENT % b'{"a": "x\ny"}',
    EVENT % b'{"a": "x\ty"}', EVENT % b'{"a": "x\x00y"}',
    EVENT % b'{"a": "\\x41"}', EVENT % b'{"a": "\\u12"}',
    EVENT % b'{"a": "\\u12g4"}', EVENT % b'{"a": "\\"}',
    EVENT % b'{"a": "\xff"}', EVENT % b'{"a": "\xc3"}',
    EVENT % b'{"a": "\xc0\xaf"}', EVENT % b'{"a": "\xc1\xbf"}',
    EVENT % b'{"a": "\xe0\x80\xaf"}', EVENT % b'{"a": "\xf0\x80\x80\xaf"}',
    EVENT % b'{"a": "\xed\xa0\x80"}', EVENT % b'{"a": "\xf4\x90\x80\x80"}',
    EVENT % b'{"a": "\xf8\x88\x80\x80\x80"}',
    EVENT % b'{"\xff": 1}', EVENT % b'{"\xc0\xaf": 1}',
    b"[" * 100000, b'{"a":' * 50000, b"[" * 1000 + b"}" * 1000,
    b"\xef\xbb\xbf" + EVENT % b"{}",
    (EVENT % b"{}").decode().encode("utf-16"),
)

# Texts that are JSON and yet no body, with the pointer and the code.
ODD = (
    (b'{"username": "u", "username": "v", "eventType": "e"}',
     "/username", "duplicate_member"),
    (b'{"username": "u", "username": "u", "eventType": "e"}',
     "/username", "duplicate_member"),
    (b'{"username": "u", "user\\u006eame": "v", "eventType": "e"}',
     "/username", "duplicate_member"),
    (EVENT % b'{"a": 1, "a": 2}', "/properties/a", "duplicate_member"),
    (EVENT % b'{"Full\\nname": "Ann"}', "/properties/Full\nname",
     "control_character"),
    (EVENT % b'{"a\\tb/c": "Ann"}', "/properties/a\tb~1c",
     "control_character"),
    (EVENT % b'{"\\u0080": 1}', "/properties/\x80", "control_character"),
    (EVENT % b'{"\x7f": 1}', "/properties/\x7f", "control_character"),
    (EVENT % b'{"verified\\u0000": true}', "/properties",
     "control_character"),
    (b'{"username": "u", "eventType": "e", "properties\\u0000x": {}}', "",
     "control_character"),
    (EVENT % (b'{"%s": 1}' % (b"n" * 4097)), "/properties", "too_long"),
    (EVENT % b'{"\\ud800": 1}', "/properties", "invalid_format"),
    (EVENT % b'{"a": "\\ud800"}', "/properties/a", "invalid_format"),
    (EVENT % b'{"a": "\\udc00"}', "/properties/a", "invalid_format"),
    (EVENT % b'{"a": "\\ud800x"}', "/properties/a", "invalid_format"),
    (EVENT % b'{"a": "\\ud800\\u0041"}', "/properties/a", "invalid_format"),
    (EVENT % b'{"a": "\\udc00\\ud800"}', "/properties/a", "invalid_format"),
    (EVENT % b'["x", "\\ud800"]', "/properties/1", "invalid_format"),
    (b'{"username": "\\ud800", "eventType": "e"}', "/username",
     "invalid_format"),
    (EVENT % b'{"a": 1e400}', "/properties/a", "out_of_range"),
    (EVENT % b'{"a": -99999999999999999999}', "/properties/a",
     "out_of_range"),
    (EVENT % DEEP, "/properties/0", "invalid_type"),
    (EVENT % (b"[" * 100000 + b"]" * 100000), "/properties/0",
     "invalid_type"),
    (DEEP, "", "invalid_type"),
    (EVENT % (b"[" + b",".join([b'"x"'] * 100) + b"]"), "/properties",
     "too_many"),
)


class Json(OneApp):
    """Bodies that are no JSON, or not the JSON that is wanted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one.rule(event_type="e")

    def test_what_is_no_json_is_400(self):
        with self.nothing_applied():
            for body in NO_JSON:
                with self.subTest(body=body[:80]):
                    self.assert_problem(self.one.post("/events", body), 400,
                                        "invalid_json")

    def test_it_is_refused_wherever_a_body_is_read(self):
        with self.nothing_applied():
            for method, target in (
                    ("POST", "/badges"), ("PUT", "/badges/x"),
                    ("POST", "/pointScales"), ("PUT", "/pointScales/x"),
                    ("POST", "/rules"), ("PUT", "/rules/x"),
                    ("POST", "/events/batch")):
                for body in (b"", b"{", b'{"name": "x"} y',
                             b'{"name": "\xff"}', b'{"a": NaN}'):
                    with self.subTest(target=target, body=body):
                        self.assert_problem(
                            self.one.call(method, target, body), 400,
                            "invalid_json")

    def assert_fault(self, problem, pointer, code):
        self.assertEqual(problem["code"], "invalid_body")
        faults = [(f["pointer"], f["code"]) for f in problem["errors"]]
        self.assertIn((pointer, code), faults)

    def test_what_is_json_and_no_event_is_422(self):
        with self.nothing_applied():
            for body, pointer, code in ODD:
                with self.subTest(body=body[:80]):
                    r = self.one.post("/events", body)
                    self.assert_fault(self.assert_problem(
                        r, 422, "invalid_body"), pointer, code)

    def test_it_is_so_wherever_a_body_is_read(self):
        with self.nothing_applied():
            for method, target in (
                    ("POST", "/badges"), ("PUT", "/badges/x"),
                    ("POST", "/pointScales"), ("PUT", "/pointScales/x"),
                    ("POST", "/rules"), ("PUT", "/rules/x"),
                    ("POST", "/events/batch")):
                for body, pointer in (
                        (b'{"name": "x", "name": "x"}', "/name"),
                        (b'{"description": "\\udfff"}', "/description"),
                        (b'{"a\\nb": 1}', "/a\nb"),
                        (b'{"name\\u0000": "x"}', "")):
                    with self.subTest(target=target, body=body):
                        problem = self.assert_problem(
                            self.one.call(method, target, body), 422,
                            "invalid_body")
                        self.assertIn(pointer, [
                            f["pointer"] for f in problem["errors"]])

    def test_one_odd_event_stops_no_other_of_its_batch(self):
        good = b'{"username": "%s", "eventType": "e"}'
        for body, pointer, code in ODD:
            with self.subTest(body=body[:80]):
                users = unique().encode(), unique().encode()
                r = self.one.post(
                    "/events/batch", b'{"events": [%s, %s, %s]}' % (
                        good % users[0], body, good % users[1]))
                self.assert_status(r, 200)
                results = r.json["results"]
                self.assertEqual([x["status"] for x in results],
                                 [201, 422, 201])
                self.assert_fault(
                    results[1]["problem"], "/events/1" + pointer, code)
                for user in users:
                    self.assertEqual(self.one.user(user.decode())["events"], 1)

    def test_many_odd_events_are_each_told_and_none_is_taken(self):
        """More faults than one answer tells of a single body."""
        bad = EVENT % b'{"a": 1e400, "b": 1e400}'
        good = b'{"username": "%s", "eventType": "e"}' % unique().encode()
        r = self.one.post("/events/batch", b'{"events": [%s, %s]}' % (
            b",".join([bad] * 999), good))
        self.assert_status(r, 200)
        results = r.json["results"]
        self.assertEqual([x["status"] for x in results], [422] * 999 + [201])
        for i, result in enumerate(results[:-1]):
            self.assertEqual(
                [f["pointer"] for f in result["problem"]["errors"]],
                ["/events/%d/properties/%s" % (i, name) for name in "ab"])

    def test_what_is_wrong_around_the_events_refuses_the_batch(self):
        good = b'{"username": "u", "eventType": "e"}'
        bad = EVENT % b'{"a": 1e400}'
        with self.nothing_applied():
            for body, pointer in (
                    (b'{"events": [%s], "events": [%s]}' % (good, good),
                     "/events"),
                    (b'{"events": [%s], "events": [%s]}' % (
                        b",".join([bad] * 20), good), "/events"),
                    (b'{"a": [%s], "events": [%s]}' % (
                        b",".join([bad] * 20000), good), "/a"),
                    (b'{"events": [%s], "a\\u0000": 1}' % good, ""),
                    (b'{"events": [%s]}' % b",".join([good] * 1001),
                     "/events")):
                problem = self.assert_problem(
                    self.one.post("/events/batch", body), 422, "invalid_body")
                self.assertIn(pointer,
                              [f["pointer"] for f in problem["errors"]])

    def test_json_of_another_type_is_422(self):
        with self.nothing_applied():
            for body in (b"[]", b'"x"', b"5", b"true", b"null", b"-0.5"):
                for target in ("/events", "/badges", "/rules"):
                    with self.subTest(body=body, target=target):
                        self.assert_invalid(self.one.post(target, body),
                                            {"": "invalid_type"})

    def test_a_nul_in_a_string_is_refused(self):
        with self.nothing_applied():
            for body in ({"username": "a\0b", "eventType": "e"},
                         {"username": "u", "eventType": "e\0"},
                         {"id": "\0", "username": "u", "eventType": "e"}):
                self.assert_status(self.one.post("/events", body), 400, 422)
            self.assert_status(self.one.put("/badges/b", {
                "description": "a\0b"}), 400, 422)

    def test_numbers_that_nothing_can_hold_are_422(self):
        with self.nothing_applied():
            for number in (b"1e400", b"-1e400", b"1" + b"0" * 400,
                           b"99999999999999999999"):
                with self.subTest(number=number[:20]):
                    self.assert_invalid(self.one.post(
                        "/events", EVENT % (b'{"a": %s}' % number)),
                        {"/properties/a": "out_of_range"})

    def test_wrong_types_everywhere(self):
        good = {"username": "u", "eventType": "e"}
        with self.nothing_applied():
            for member in ("id", "username", "eventType", "timestamp"):
                for value in (5, 1.5, True, [], {}, ["x"]):
                    with self.subTest(member=member, value=value):
                        self.assert_invalid(
                            self.one.post("/events",
                                          dict(good, **{member: value})),
                            {"/" + member: "invalid_type"})
            for member in ("name", "description"):
                for value in (5, True, [], {}):
                    self.assert_invalid(
                        self.one.post("/badges", dict({"name": "x"},
                                                      **{member: value})),
                        {"/" + member: "invalid_type"})

    def test_32_levels_are_no_fault_of_the_text(self):
        """Deeper than anything the contract has, but JSON."""
        body = EVENT % (b'{"a": ' + b"[" * 20 + b"]" * 20 + b"}")
        with self.nothing_applied():
            self.assert_invalid(self.one.post("/events", body),
                                {"/properties/a/0": "invalid_type"})

    def test_a_flood_of_faults_gets_an_answer(self):
        body = {"typo%d" % i: i for i in range(5000)}
        with self.nothing_applied():
            problem = self.assert_problem(
                self.one.post("/badges", body), 422, "invalid_body")
            self.assertGreater(len(problem["errors"]), 10)


class Bodies(OneApp):
    """Sizes, media types, bodies that do not arrive."""

    def padded(self, size):
        return json.dumps({"name": unique()}).encode().ljust(size)

    def test_256_kib_are_taken_and_one_byte_more_is_413(self):
        for target in ("/badges", "/pointScales"):
            r = self.one.post(target, self.padded(256 * 1024))
            self.assert_status(r, 201)
            with self.nothing_applied():
                r = self.one.post(target, self.padded(256 * 1024 + 1))
                self.assert_problem(r, 413, "body_too_large")
        with self.nothing_applied():
            for target in ("/events", "/badges/x", "/events/batch/x"):
                r = self.one.call("POST", target, self.padded(5000000))
                self.assert_problem(r, 413, "body_too_large")

    def head(self, target="/badges", more=""):
        return ("POST /api/v1%s HTTP/1.1\r\nHost: localhost\r\n"
                "Authorization: Bearer %s\r\nConnection: close\r\n"
                "Content-Type: application/json\r\n%s\r\n" % (
                    target, self.one.secret, more)).encode()

    def chunks(self, body, size=1000):
        return b"".join(
            b"%x\r\n%s\r\n" % (len(body[i:i + size]), body[i:i + size])
            for i in range(0, len(body), size)) + b"0\r\n\r\n"

    def test_a_chunked_body_is_a_body(self):
        head = self.head(more="Transfer-Encoding: chunked\r\n")
        r = self.raw(head + self.chunks(b'{"name": "chunked"}', 5), end=False)
        self.assert_status(r, 201)
        with self.nothing_applied():
            r = self.raw(head + self.chunks(self.padded(300 * 1024)),
                         end=False)
            self.assert_problem(r, 413, "body_too_large")

    def test_a_body_cut_off_half_way_applies_nothing(self):
        body = json.dumps({"name": unique()}).encode()
        with self.nothing_applied():
            for sent in (0, 1, len(body) - 1):
                head = self.head(more="Content-Length: %d\r\n" % len(body))
                r = self.raw(head + body[:sent])
                if r is not None:
                    self.assertEqual(r.status, 400)
            head = self.head(more="Transfer-Encoding: chunked\r\n")
            for cut in (b"5\r\n{}", b"5\r\n", b"2\r\n{}\r\n"):
                r = self.raw(head + cut)
                if r is not None:
                    self.assertEqual(r.status, 400)

    def test_the_daemon_checks_the_length_itself(self):
        body = json.dumps({"name": unique()}).encode()
        headers = {"X-API-Key": self.one.secret}
        with self.nothing_applied():
            for length, code in ((len(body) + 1, "body_incomplete"),
                                 (10 ** 5, "body_incomplete"),
                                 (10 ** 6, "body_too_large"),
                                 (10 ** 30, None), (-1, None), ("x", None),
                                 ("1 1", None), ("+5", None)):
                with self.subTest(length=length):
                    params = client.params_of("POST", "/api/v1/badges",
                                              body, headers)
                    params["CONTENT_LENGTH"] = str(length)
                    r = client.fcgi(self.stack.socket, params, body)
                    self.assertIsNotNone(r)
                    self.assertIn(r.status, (400, 413, 411))
                    if code:
                        self.assertEqual(r.json["code"], code)

    def test_media_types(self):
        for value, good in (
                ("application/json", True), ("APPLICATION/JSON", True),
                ("application/json; charset=utf-8", True),
                ("application/json;charset=UTF-8", True),
                ("application/vnd.example+json", True),
                ("application/problem+json; a=b", True),
                ("text/plain", False), ("text/json", False),
                ("application/jsonx", False), ("application/xml", False),
                ("application/x-www-form-urlencoded", False),
                ("multipart/form-data; boundary=x", False),
                ("application", False), ("json", False),
                ("text/plain; application/json", False)):
            with self.subTest(value):
                body = {"name": unique()}
                headers = {"Content-Type": value}
                if good:
                    self.assert_status(self.one.post(
                        "/badges", body, headers=headers), 201)
                else:
                    with self.nothing_applied():
                        self.assert_problem(self.one.post(
                            "/badges", body, headers=headers), 415,
                            "unsupported_media_type")

    def test_a_body_without_a_media_type_is_415(self):
        with self.nothing_applied():
            self.assert_problem(self.one.post(
                "/badges", {"name": "x"}, headers={"Content-Type": None}),
                415, "unsupported_media_type")


class Http(OneApp):
    """Requests that are hardly HTTP, and clients that stay."""

    def assert_alive(self):
        self.assert_status(self.one.get("/application"), 200)

    def test_malformed_requests_are_400_as_a_problem(self):
        for data in (b"GET /api/v1/%zz HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"GET /api/v1/badges HTTP/1.1\r\n\r\n",
                     b"GET /api/v1/badges HTTP/1.1\r\nHost: x\r\n"
                     b"Content-Length: x\r\n\r\n",
                     b"POST /api/v1/badges HTTP/1.1\r\nHost: x\r\n"
                     b"Content-Length: -5\r\n\r\n",
                     b"G\x01T / HTTP/1.1\r\nHost: x\r\n\r\n"):
            with self.subTest(data=data):
                r = self.raw(data)
                self.assert_problem(r, 400, "bad_request")
        self.assert_alive()

    def test_headers_and_addresses_too_long_are_refused(self):
        long = b"x" * 40000
        for data in (b"GET /api/v1/badges/" + long + b" HTTP/1.1\r\n"
                     b"Host: x\r\n\r\n",
                     b"GET /api/v1/badges HTTP/1.1\r\nHost: x\r\n"
                     b"X-Long: " + long + b"\r\n\r\n"):
            r = self.raw(data)
            self.assert_problem(r, r.status, "bad_request")
            self.assertIn(r.status, (400, 414, 431))
        self.assert_problem(self.one.get("/badges/" + "x" * 7000), 404,
                            "badge_not_found")
        self.assert_problem(self.one.get("/badges?cursor=" + "x" * 7000),
                            400, "invalid_cursor")

    def test_garbage_does_no_harm(self):
        for data in (b"\x16\x03\x01\x02\x00\x01\x00", b"\r\n\r\n", b"\0" * 99,
                     b"GET", b"GET / HTTP/9.9\r\n\r\n", b"\xff" * 5000):
            r = self.raw(data)
            if r is not None:
                self.assertIn(r.status, (400, 404, 505))
        self.assert_alive()

    def test_broken_fastcgi_does_not_hurt_the_workers(self):
        workers = self.stack.worker_pids()
        begin = record(client.BEGIN, struct.pack("!HB5x", 1, 0))
        for data in (b"", b"\x01", b"\xff" * 100, b"GET / HTTP/1.0\r\n\r\n",
                     begin, begin + record(client.PARAMS, b"\xff" * 50),
                     begin + record(client.PARAMS, b"\x05\x05ab"),
                     begin + record(client.PARAMS),
                     begin + record(client.STDIN, b"x"),
                     begin + record(client.PARAMS) + record(client.STDIN),
                     record(client.ABORT), begin + record(client.ABORT),
                     record(99), begin[:5]):
            try:
                client.fcgi_send(self.stack.socket, data, timeout=10)
            except TimeoutError:
                self.fail("no answer and no end to %r" % data[:20])
        self.assert_alive()
        self.assertEqual(self.stack.worker_pids(), workers)

    def test_kept_fastcgi_connections_hold_no_thread(self):
        """More of them than all workers have threads, and none is idle for
        ever: otherwise the web server's requests would hang."""
        params = client.params_of("GET", "/healthz")
        kept = []
        try:
            for _ in range(400):
                kept.append(client.KeptFcgi(self.stack.socket))
            for _ in range(3):
                for peer in kept:
                    peer.send(params)
                    self.assertIn(b"Status: 200", peer.receive())
                start = time.monotonic()
                self.assert_alive()
                self.one.event()
                self.assertLess(time.monotonic() - start, 8)
        finally:
            for peer in kept:
                peer.close()
        self.assert_alive()

    def test_a_fastcgi_connection_that_is_not_to_be_kept_is_closed(self):
        r = client.fcgi(self.stack.socket, client.params_of("GET", "/healthz"))
        self.assertEqual(r.status, 200)     # it reads up to the end

    @contextlib.contextmanager
    def peers(self, count, data):
        """So many of the daemon's own socket, that send this and then wait."""
        with contextlib.ExitStack() as stop:
            for _ in range(count):
                s = stop.enter_context(socket.socket(socket.AF_UNIX))
                s.connect(self.stack.socket)
                s.sendall(data)
            yield

    def test_fastcgi_peers_that_send_nothing_block_nobody(self):
        with self.peers(40, b""):
            start = time.monotonic()
            self.assert_alive()
            self.assertLess(time.monotonic() - start, 8)

    def test_half_a_fastcgi_request_holds_up_nobody(self):
        """Few threads at a time take requests: one that waits for the rest
        of one must let another go on."""
        half = record(client.BEGIN, struct.pack("!HB5x", 1, 0))[:12]
        with self.peers(20, half):
            for _ in range(20):
                start = time.monotonic()
                self.one.event()
                self.assertLess(time.monotonic() - start, 1)
        self.assert_alive()

    def test_10000_idle_connections_leave_room_for_a_request(self):
        idle = []
        try:
            for i in range(10000):
                s = socket.create_connection(("127.0.0.1", self.stack.port),
                                             10)
                idle.append(s)
                if i % 3 == 1:      # some begin a request
                    s.sendall(b"POST /api/v1/events HTTP/1.1\r\nHost: x\r\n")
                elif i % 3 == 2:
                    s.sendall(b"P")
            start = time.monotonic()
            for _ in range(5):
                self.assert_alive()
            self.one.event()
            self.assertLess(time.monotonic() - start, 5)
            self.assert_status(self.http("GET", "/readyz"), 200)
            self.assertEqual(len(idle), 10000)
        finally:
            for s in idle:
                s.close()
        self.assert_alive()


class Overflow(StackTest):
    """Balances at the ends of their range."""

    def test_a_balance_that_would_pass_its_range_is_409(self):
        for points, step in ((2 ** 63 - 1, 1), (-2 ** 63, -1)):
            with self.subTest(points):
                app = self.app()
                app.rule(event_type="all", points=points, badge="big",
                         name="r")
                app.rule(event_type="step", points=step)
                app.rule(event_type="step", points=step, scale="other",
                         badge="small")
                app.rule(event_type="back", points=-step)
                first = app.event(event_type="all")
                self.assertEqual(first["awards"][0]["balance"], points)
                body = {"id": "late", "username": "test5",
                        "eventType": "step"}
                with self.nothing_applied():
                    for _ in range(2):
                        self.assert_problem(app.post("/events", body), 409,
                                            "balance_overflow")
                    self.assert_problem(app.post(
                        "/events", dict(body, eventType="all")), 409,
                        "balance_overflow")
                    self.assert_problem(app.get("/events/late"), 404,
                                        "event_not_found")
                # A refusal used up neither the id nor the room.
                app.event(event_type="back")
                self.assertEqual(app.event(**{
                    "id": "late", "event_type": "step"}
                    )["awards"][0]["balance"], points)
                self.assertEqual(app.points(), points)
                self.assertEqual(app.points(scale="other"), step)

    def test_two_rules_in_one_event_may_not_pass_it_either(self):
        app = self.app()
        app.rule(points=2 ** 62)
        app.rule(points=2 ** 62)
        with self.nothing_applied():
            self.assert_problem(app.post("/events", {
                "username": "u", "eventType": "review"}), 409,
                "balance_overflow")

    def test_neighbours_do_not_suffer(self):
        app = self.app()
        app.rule(event_type="max", points=2 ** 63 - 1)
        app.rule(event_type="one", points=1)
        app.event("full", "max")
        answers = client.at_once(
            [lambda i=i: app.post("/events", {
                "username": "full" if i % 3 == 0 else "u%d" % i,
                "eventType": "one"}) for i in range(24)])
        for i, r in enumerate(answers):
            if i % 3 == 0:
                self.assert_problem(r, 409, "balance_overflow")
            else:
                self.assertEqual(
                    self.assert_json(r, 201)["awards"][0]["balance"], 1)
        self.assertEqual(app.rows("event"), 17)
