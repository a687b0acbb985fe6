"""What an attack is given, and how its answers are counted and judged."""

import collections
import http.client
import io
import json
import threading
import unittest

import client
from client import Response, receive_all

CHECK = unittest.TestCase()
CHECK.maxDiff = 2000
MARKER = "canary-in-the-coal-mine"  # in a badge that no attack may read


class Tally:
    """Requests and answers of one attack, counted by status."""

    def __init__(self):
        self.lock = threading.Lock()
        self.requests = 0
        self.statuses = collections.Counter()

    def sent(self, count=1):
        with self.lock:
            self.requests += count

    def answer(self, response):
        """Count and judge one answer; None is a connection closed without
        one."""
        with self.lock:
            self.statuses[response.status if response else "closed"] += 1
        if response is None:
            return None
        if response.status >= 500:
            raise AssertionError("a fault of the server: %r" % response)
        if not response.header("X-Request-Id"):
            raise AssertionError("no X-Request-Id: %r %s" % (
                response, response.headers))
        if response.status >= 400 and response.body:
            problem = json.loads(response.body)
            CHECK.assertEqual(problem["status"], response.status)
        return response

    def text(self):
        return ", ".join("%s: %d" % (s, n) for s, n in sorted(
            self.statuses.items(), key=str))


class Attack:
    """The stack under attack, an application of the attack's own, a tally."""

    def __init__(self, stack, app, short):
        self.stack, self.app, self.short = stack, app, short
        self.port = stack.port
        self.tally = Tally()

    def number(self, full, short):
        return short if self.short else full

    def request(self, method, path, body=None, headers=None, key=True):
        """A proper request below /api/v1."""
        headers = dict(headers or {})
        if key:
            headers.setdefault("X-API-Key", self.app.secret)
        self.tally.sent()
        return self.tally.answer(client.request(
            self.port, method, "/api/v1" + path, body, headers))

    def raw(self, data, end=False, requests=1):
        """Bytes as they are; all the answers, judged."""
        self.tally.sent(requests)
        with client.socket.create_connection(("127.0.0.1", self.port),
                                             client.TIMEOUT) as s:
            try:
                s.sendall(data)
                if end:
                    s.shutdown(client.socket.SHUT_WR)
            except OSError:
                pass
            found = answers(receive_all(s))
        for response in found or [None]:
            self.tally.answer(response)
        return found

    def head(self, method="GET", target="/api/v1/application", more=(),
             host="localhost", close=True):
        """The bytes of a request's head, with the key."""
        lines = ["%s %s HTTP/1.1" % (method, target)]
        lines += ["Host: " + host] if host is not None else []
        lines += ["X-API-Key: " + self.app.secret]
        lines += ["Connection: close"] if close else []
        return ("\r\n".join(lines + list(more)) + "\r\n\r\n").encode(
            "utf-8", "surrogateescape")

    def must_be(self, response, *statuses):
        CHECK.assertIsNotNone(response, "no answer")
        CHECK.assertIn(response.status, statuses, repr(response))
        return response

    def requests_in_progress(self):
        """Requests that palmaresd serves just now, this one included."""
        r = client.request(self.port, "GET", "/metrics")
        for line in r.body.decode().splitlines():
            if line.startswith("palmares_requests_in_progress "):
                return int(float(line.split()[1]))
        raise AssertionError("no palmares_requests_in_progress in /metrics")


class _Stream(io.BytesIO):
    """Bytes that stay open from one response to the next."""

    def makefile(self, _mode):
        return self

    def close(self):
        pass


def answers(data):
    """The responses that follow each other in bytes received."""
    stream, found = _Stream(data), []
    while stream.tell() < len(data):
        answer = http.client.HTTPResponse(stream)
        try:
            answer.begin()
            body = answer.read()
        except http.client.IncompleteRead as e:
            raise AssertionError("an answer was cut off: %r" % e)
        except http.client.BadStatusLine:
            raise AssertionError("no HTTP: %r" % data[:200])
        found.append(Response(answer.status, answer.headers, body))
    return found
