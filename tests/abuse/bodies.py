"""Bodies: smuggled, chunked, too large, too deep, and left half-way."""

import json
import random
import socket
import struct
import time

import client
from attack import CHECK
from case import unique

JSON = "Content-Type: application/json"
# Two ways to tell a length, or one that is none. {n} is the length of the
# chunked body, {w} that of all that follows.
AMBIGUOUS = (
    ("Content-Length: {n}", "Transfer-Encoding: chunked"),
    ("Transfer-Encoding: chunked", "Content-Length: {n}"),
    ("Content-Length: {w}", "Transfer-Encoding: chunked"),
    ("Content-Length: 0", "Transfer-Encoding: chunked"),
    ("Content-Length: {n}", "Content-Length: {w}"),
    ("Content-Length: {n}", "Content-Length: {n}"),
    ("Content-Length: {n}, {n}",), ("Content-Length: +{n}",),
    ("Content-Length: -1",), ("Content-Length: 0x10",),
    ("Content-Length: {n} {w}",), ("Content-Length: 1e1",),
    ("Content-Length: 99999999999999999999",), ("Content-Length:",),
    ("Transfer-Encoding: xchunked",), ("Transfer-Encoding: identity",),
    ("Transfer-Encoding: chunked, identity",),
    ("Transfer-Encoding: gzip, chunked",),
    ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
    ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    ("Transfer-Encoding: \x0bchunked",), ("Transfer-Encoding: 'chunked'",),
)
BAD_CHUNKS = (
    b"fffffffffffffffff\r\n", b"-1\r\n{}\r\n0\r\n\r\n", b"x\r\n{}\r\n",
    b"2 \x00\r\n{}\r\n0\r\n\r\n", b"0x2\r\n{}\r\n0\r\n\r\n",
    b"2\r\n{}0\r\n\r\n", b"3\r\n{}\r\n0\r\n\r\n", b"\r\n{}\r\n",
    b"7fffffffffffffff\r\n{}\r\n", b"2" * 5000 + b"\r\n{}\r\n",
)


def smuggling(attack):
    """A second request hidden behind the first is never carried out."""
    for number, lengths in enumerate(AMBIGUOUS):
        name = "smuggled-%d" % number
        inner_body = json.dumps({"name": name}).encode()
        inner = attack.head("POST", "/api/v1/badges", (
            JSON, "Content-Length: %d" % len(inner_body))) + inner_body
        chunked = b"0\r\n\r\n"
        more = [text.format(n=len(chunked), w=len(chunked + inner))
                for text in lengths]
        data = attack.head("POST", "/api/v1/badges", [JSON] + more,
                           close=False) + chunked + inner
        found = attack.raw(data, end=True)
        CHECK.assertLess(len(found), 2, more)
        for response in found:
            attack.must_be(response, 400, 413)
        attack.must_be(attack.request("GET", "/badges/" + name), 404)
    # Well-formed, the hidden one is a body and nothing else.
    inner = attack.head("POST", "/api/v1/badges")
    for head, body in (
            ("Content-Length: %d" % len(inner), inner),
            ("Transfer-Encoding: chunked",
             b"%x\r\n%s\r\n0\r\n\r\n" % (len(inner), inner))):
        found = attack.raw(attack.head("POST", "/api/v1/badges",
                                       [JSON, head]) + body)
        CHECK.assertEqual([r.status for r in found], [400])


def chunked(attack):
    """Chunks with and without an end, crooked ones, very many."""
    head = attack.head("POST", "/api/v1/badges",
                       [JSON, "Transfer-Encoding: chunked"])
    for chunks in BAD_CHUNKS:
        for response in attack.raw(head + chunks, end=True):
            attack.must_be(response, 400, 413, 422)
    for _ in range(attack.number(200, 30)):
        for chunks in (b"", b"5\r\n", b"5\r\n{}", b"2\r\n{}\r\n"):
            found = attack.raw(head + chunks, end=True)
            for response in found:
                attack.must_be(response, 400)
    body = json.dumps({"name": unique("chunk")}).encode()
    one_by_one = b"".join(b"1\r\n%c\r\n" % c for c in body.ljust(60000))
    found = attack.raw(head + one_by_one + b"0\r\nX-Trailer: x\r\n\r\n")
    attack.must_be(found[0], 201)
    for size in (270000, 5000000):
        found = attack.raw(head + b"%x\r\n" % size + b" " * size
                           + b"\r\n0\r\n\r\n")
        for response in found:
            attack.must_be(response, 413)


def batches(attack):
    """Too large, too many, too deep; the largest that is allowed."""
    rows = attack.app.rows("event")
    event = {"username": "batch", "eventType": "none"}
    mebibytes4 = 4 * 1024 * 1024
    hostile = [
        ({"events": [event] * 1001}, (422,)),
        ({"events": [event] * 50000}, (422,)),
        ({"events": [{}] * 1000}, (200,)), ({"events": [[]] * 900}, (200,)),
        ({"events": []}, (200, 422)), ({"events": {}}, (422,)),
        ({"events": [dict(event, properties={"p%d" % i: i for i in
                                             range(65)})]}, (200,)),
        (b'{"events": [' + b"[" * 1000000, (400,)),
        (b'{"events":' * 300000, (400,)),
        (b'{"events": [' + b'{"a":' * 20 + b"1" + b"}" * 20 + b"]}",
         (200, 400)),
        (b'{"events": [' + b"1," * 1900000 + b"1]}", (422,)),
        (b'{"events": ["' + b"x" * 4000000 + b'"]}', (200, 422)),
        (b'{"' + b"k" * 4000000 + b'": 1}', (422,)),
        (b'{"events": [' + b'"\\u0000",' * 400000 + b"1]}", (422,)),
        (b"{" + b",".join(b'"k%d":1' % i for i in range(190000)) + b"}",
         (422,)),
        (b" " * mebibytes4, (400,)), (b" " * (mebibytes4 + 1), (413,)),
        (b" " * (50 * 1024 * 1024), (413,)),
    ]
    for body, statuses in hostile:
        answers = client.at_once([
            lambda: attack.request("POST", "/events/batch", body)]
            * attack.number(8, 3))
        for response in answers:
            attack.must_be(response, *statuses)
            if response.status == 200:
                CHECK.assertEqual(
                    {r["status"] for r in response.json["results"]} - {422},
                    set(), "hostile events were applied")
    CHECK.assertEqual(attack.app.rows("event"), rows)
    largest_batches(attack)


def largest_batches(attack):
    """1,000 events in just under 4 MiB, several at once."""
    def send():
        return attack.request("POST", "/events/batch", {"events": [
            {"id": unique("large"), "username": "u%d" % (i % 50),
             "eventType": "none", "properties": {"p": "x" * 4000}}
            for i in range(1000)]})

    answers = client.at_once([send] * attack.number(8, 3))
    for response in answers:
        attack.must_be(response, 200)
        CHECK.assertEqual({r["status"] for r in response.json["results"]},
                          {201})


class Leaver:
    """A client that sends an event or a batch and goes at some moment."""

    MOMENTS = ("in the head", "in the body", "before the last byte",
               "at once", "after a moment", "after the answer's first byte")

    def __init__(self, attack, moment, size, reset):
        self.attack, self.moment, self.reset = attack, moment, reset
        self.events = [{"id": unique("leaver"), "username": "leaver%d" % i,
                        "eventType": "review"} for i in range(size)]
        self.whole = self.MOMENTS.index(moment) > 2

    @property
    def target(self):
        return "/events" if len(self.events) == 1 else "/events/batch"

    @property
    def body(self):
        return (self.events[0] if len(self.events) == 1
                else {"events": self.events})

    def leave(self):
        body = json.dumps(self.body).encode()
        head = self.attack.head("POST", "/api/v1" + self.target, (
            JSON, "Content-Length: %d" % len(body)))
        cut = {"in the head": len(head) // 2,
               "in the body": len(head) + len(body) // 2,
               "before the last byte": len(head) + len(body) - 1}
        self.attack.tally.sent()
        with socket.create_connection(("127.0.0.1", self.attack.port),
                                      client.TIMEOUT) as s:
            s.sendall((head + body)[:cut.get(self.moment)])
            if self.moment == "after a moment":
                time.sleep(random.uniform(0, 0.01))
            if self.moment.startswith("after the answer"):
                s.recv(1)
            if self.reset:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.attack.tally.answer(None)

    def replayed(self):
        """Send it again; which of the events were there already."""
        r = self.attack.must_be(self.attack.request(
            "POST", self.target, self.body), 200, 201)
        if len(self.events) == 1:
            return [r.json["replayed"]]
        CHECK.assertLessEqual({e["status"] for e in r.json["results"]},
                              {200, 201})
        return [e["event"]["replayed"] for e in r.json["results"]]


def hang_ups(attack):
    """What arrived whole is applied once, whoever still listens."""
    attack.app.rule(points=7, scale="hang-up", name="hang-up")
    leavers = [Leaver(attack, moment, size, reset)
               for moment in Leaver.MOMENTS for size in (1, 30)
               for reset in (False, True)
               for _ in range(attack.number(20, 4))]
    random.Random(1).shuffle(leavers)
    for start in range(0, len(leavers), 16):
        client.at_once([l.leave for l in leavers[start:start + 16]])
    # Each that closed in an orderly way is applied without any help.
    sure = [l for l in leavers if l.whole and not (
        l.reset and l.moment == "at once")]
    end = time.monotonic() + 20
    for leaver in sure:
        for event in leaver.events[:1]:
            while attack.request("GET", "/events/" + event["id"],
                                 ).status != 200:
                CHECK.assertLess(time.monotonic(), end, "%s, reset %s" % (
                    leaver.moment, leaver.reset))
                time.sleep(0.05)
    for leaver in leavers:
        replayed = leaver.replayed()
        CHECK.assertEqual(len(set(replayed)), 1, "half a batch")
        if leaver in sure or not leaver.whole:
            CHECK.assertEqual(replayed[0], leaver.whole, leaver.moment)
        CHECK.assertEqual(set(leaver.replayed()), {True})
    count = sum(len(l.events) for l in leavers)
    for table, what in (("event", "COUNT(*)"), ("user", "SUM(events)"),
                        ("user", "SUM(entries)")):
        CHECK.assertEqual(attack.stack.sql_number(
            "SELECT %s FROM `%s` WHERE application_id = %d"
            " AND username LIKE 'leaver%%'" % (
                what, table, attack.app.id)), count)


ATTACKS = (
    ("smuggling", smuggling),
    ("chunked bodies", chunked),
    ("hostile batches", batches),
    ("clients that hang up", hang_ups),
)
