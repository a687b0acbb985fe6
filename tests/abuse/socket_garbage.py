"""FastCGI that is none, straight on the daemon's socket; keys by guessing."""

import random
import socket
import struct

import client
from attack import CHECK
from client import (ABORT, BEGIN, PARAMS, STDIN, pairs, params_of, record,
                    stream)


def begin(role=1, flags=0):
    return record(BEGIN, struct.pack("!HB5x", role, flags))


def whole(params, body=b""):
    return (begin() + stream(PARAMS, pairs(params)) + record(PARAMS)
            + stream(STDIN, body) + record(STDIN))


def crooked(attack):
    """Requests that are wrong in one place."""
    good = params_of("GET", "/api/v1/badges",
                     headers={"X-API-Key": attack.app.secret})
    many = {"HTTP_X_%d" % i: "x" * 200 for i in range(20000)}
    yield b""
    yield begin(role=2) + record(PARAMS) + record(STDIN)
    yield begin(role=3) + record(PARAMS) + record(STDIN)
    yield begin(role=99, flags=255) + record(PARAMS) + record(STDIN)
    yield begin() + begin() + record(PARAMS) + record(STDIN)
    yield begin() + record(ABORT)
    yield begin() + record(PARAMS) + record(ABORT)
    yield record(STDIN, b"x" * 100)
    yield record(PARAMS, pairs(good))
    yield record(9, pairs({"FCGI_MAX_CONNS": "", "FCGI_MPXS_CONNS": ""}), 0)
    yield record(77, b"x" * 500)
    yield begin() + record(PARAMS, b"\x80\x00\x00\x00" * 100) + record(PARAMS)
    yield begin() + record(PARAMS, b"\xff\xff\xff\xff\xff\xff\xff\xff")
    yield begin() + record(PARAMS, b"\x7f\x7fshort") + record(PARAMS)
    yield begin() + record(PARAMS, pairs(good), number=7) + record(PARAMS)
    yield whole({}) + b"\x01" * 50
    yield whole(dict(good, REQUEST_METHOD=""))
    yield whole(dict(good, REQUEST_URI=""))
    yield whole(dict(good, REQUEST_URI="\x01\xff"))
    yield whole(dict(good, QUERY_STRING="%" * 60000))
    yield whole(dict(good, CONTENT_LENGTH="5"), b"12")
    yield whole(dict(good, REQUEST_ID="x\r\nX-Injected: yes"))
    yield whole(dict(good, **many))
    yield begin() + stream(PARAMS, pairs(good)) + record(PARAMS) + b"".join(
        record(STDIN, b"x") for _ in range(5000))
    yield b"\x01" * 8
    yield b"\x01\x04\x00\x01\xff\xff\xff\x00" + b"x" * 70000


def mutants(attack, count):
    """Good requests with some bytes changed, cut off or doubled."""
    dice = random.Random(20)
    good = whole(params_of("POST", "/api/v1/badges", b'{"name": "g"}',
                           {"X-API-Key": "pm_sk_none"}), b'{"name": "g"}')
    for _ in range(count):
        data = bytearray(good)
        for _ in range(dice.randint(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        start = dice.randrange(len(data))
        if dice.random() < 0.3:
            del data[start:]
        elif dice.random() < 0.3:
            data[start:start] = data[start:start + dice.randrange(500)]
        yield bytes(data)
    for _ in range(count // 2):
        yield dice.randbytes(dice.randrange(1, 3000))


def fastcgi_garbage(attack):
    """The daemon answers or hangs up; it neither waits for ever nor dies."""
    cases = list(crooked(attack)) + list(mutants(
        attack, attack.number(4000, 200)))
    for data in cases:
        attack.tally.sent()
        try:
            answer = client.fcgi_send(attack.stack.socket, data)
        except TimeoutError:
            raise AssertionError("no end to %r" % data[:60])
        found = answer.partition(b"Status: ")[2][:3]
        CHECK.assertNotIn(found[:1], (b"5",), answer[:300])
        CHECK.assertNotIn(b"\nX-Injected", answer)
        attack.tally.statuses[int(found) if found.isdigit()
                              else "closed"] += 1
    idle_peers(attack)


def idle_peers(attack):
    """More silent peers than threads: libfcgi gives each 2 s. One that stops
    within a record holds its thread until it leaves, so those are fewer: the
    socket is closed to all but nginx, which never does that."""
    peers = []
    try:
        for i in range(attack.number(300, 60)):
            s = socket.socket(socket.AF_UNIX)
            s.connect(attack.stack.socket)
            if i < 40:
                s.sendall(b"\x01\x01\x00")
            peers.append(s)
            attack.tally.sent()
        attack.must_be(attack.request("GET", "/application"), 200)
    finally:
        for s in peers:
            s.close()
            attack.tally.answer(None)


def guessed_keys(attack):
    """Very many keys that are none, of every form."""
    dice = random.Random(21)
    secret = attack.app.secret
    alphabet = secret[6:] + "-_'\"%;\\ "

    def guess():
        key = secret[:6] + "".join(dice.choice(alphabet) for _ in secret[6:])
        for method, target, body in (
                ("GET", "/application", None),
                ("POST", "/events", {"username": "u", "eventType": "e"})):
            attack.must_be(attack.request(
                method, target, body, {"Authorization": "Bearer " + key},
                key=False), 401)

    for _ in range(attack.number(500, 50)):
        client.at_once([guess] * 8)


ATTACKS = (
    ("FastCGI garbage", fastcgi_garbage),
    ("guessed keys", guessed_keys),
)
