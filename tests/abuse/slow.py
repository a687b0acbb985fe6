"""Slow and many: heads, bodies and readers that take their time."""

import selectors
import socket
import time

from attack import CHECK, answers

# nginx gives up on a head or a pause in a body after 15 s.
NGINX_TIMEOUT = 15
# Requests of the normal clients and the question that may be under way.
FEW = 8


class Crowd:
    """Many connections, driven by one thread."""

    def __init__(self, port, size, small_window=False):
        self.selector = selectors.DefaultSelector()
        self.received = {}      # socket: bytes
        self.ended = set()
        for _ in range(size):
            self.connect(port, small_window)

    def connect(self, port, small_window=False):
        s = socket.socket()
        if small_window:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.settimeout(20)
        s.connect(("127.0.0.1", port))
        s.setblocking(False)
        self.received[s] = b""
        self.selector.register(s, selectors.EVENT_READ)
        return s

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.selector.close()
        for s in self.received:
            s.close()

    def alive(self):
        return [s for s in self.received if s not in self.ended]

    def send(self, s, data):
        """Small pieces, which the kernel always takes or the peer is gone."""
        try:
            s.send(data)
        except OSError:
            self.end(s)

    def end(self, s):
        if s not in self.ended:
            self.ended.add(s)
            self.selector.unregister(s)

    def read(self, seconds, size=65536):
        """Read what comes for a while."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            for key, _ in self.selector.select(max(0, min(left, 0.1))):
                try:
                    data = key.fileobj.recv(size)
                except OSError:
                    data = b""
                self.received[key.fileobj] += data
                if not data:
                    self.end(key.fileobj)
            if left <= 0:
                return

    def read_until(self, question, seconds=60):
        end = time.monotonic() + seconds
        while not question():
            CHECK.assertLess(time.monotonic(), end, "answers are missing")
            self.read(0.01)


def slow_heads_and_bodies(attack):
    """One byte at a time, for longer than nginx allows a head."""
    count = connections_of(slow_heads_and_bodies, attack.short) // 2
    body = b'{"name": "slow"}'.ljust(300)
    head = attack.head("POST", "/api/v1/badges", (
        "Content-Type: application/json", "Content-Length: 300"))
    with Crowd(attack.port, 2 * count) as crowd:
        attack.tally.sent(2 * count)
        everyone = crowd.alive()
        heads, bodies = everyone[:count], everyone[count:]
        for s in bodies:
            crowd.send(s, head)
        sent = drip(attack, crowd, ((heads, head), (bodies, body)))
        # A head has a time limit as a whole; a body may take its time as
        # long as it goes on, and costs palmaresd nothing.
        CHECK.assertEqual([s for s in heads if s not in crowd.ended], [],
                          "slow heads that live on")
        finish_bodies(crowd, bodies, body[sent:])
        for s in everyone:
            found = answers(crowd.received[s])
            CHECK.assertLess(len(found), 2)
            attack.tally.answer(found[0] if found else None)
    attack.must_be(attack.request("GET", "/badges/slow"), 200)


def drip(attack, crowd, groups):
    """A byte for each every half second; how many it were."""
    end = time.monotonic() + NGINX_TIMEOUT + 3
    sent = 0
    while time.monotonic() < end:
        for connections, text in groups:
            for s in connections:
                if s not in crowd.ended:
                    crowd.send(s, text[sent:sent + 1])
        sent += 1
        crowd.read(0.5)
        if sent % 10 == 0:
            CHECK.assertLess(attack.requests_in_progress(), FEW,
                             "slow clients hold threads of palmaresd")
    return sent


def finish_bodies(crowd, bodies, rest):
    """Half of the slow bodies end well at last, the others are cut off."""
    for group in groups_of(bodies):
        for s in group[::2]:
            CHECK.assertNotIn(s, crowd.ended, "a body that goes on is cut")
            crowd.send(s, rest)
        for s in group[1::2]:
            s.shutdown(socket.SHUT_WR)
        crowd.read_until(lambda: crowd.ended.issuperset(group))
        for s in group[::2]:
            CHECK.assertRegex(crowd.received[s], rb"^HTTP/1.1 (201|409) ")
        for s in group[1::2]:
            CHECK.assertEqual(crowd.received[s], b"", "half a body")


def groups_of(connections, size=50):
    """Few at a time: slow clients are many, but no crowd at the door."""
    return [connections[i:i + size]
            for i in range(0, len(connections), size)]


def slow_readers(attack):
    """Large answers that nobody reads; palmaresd is rid of them at once."""
    events = [{"username": "reader", "eventType": "r",
               "properties": {"p": "x" * 1500}} for _ in range(1000)]
    attack.must_be(attack.request("POST", "/events/batch",
                                  {"events": events}), 200)
    head = attack.head(target="/api/v1/events?limit=1000")
    with Crowd(attack.port, 0) as crowd:
        # One by one, at ease.
        for _ in range(connections_of(slow_readers, attack.short)):
            s = crowd.connect(attack.port, True)
            attack.tally.sent()
            crowd.send(s, head)
            while not crowd.received[s]:
                CHECK.assertNotIn(s, crowd.ended)
                crowd.read(0.01, 16)
        end = time.monotonic() + attack.number(20, 4)
        while time.monotonic() < end:
            crowd.read(0.2, 16)
        client_end = time.monotonic() + 60
        while attack.requests_in_progress() >= FEW:
            CHECK.assertLess(time.monotonic(), client_end,
                             "slow readers hold threads of palmaresd")
            time.sleep(0.2)
        for data in crowd.received.values():
            CHECK.assertEqual(data[:12], b"HTTP/1.1 200")
            attack.tally.statuses[200] += 1


def trickling_crowd(attack):
    """Very many connections, each with requests that come in pieces."""
    size = connections_of(trickling_crowd, attack.short)
    rounds = attack.number(3, 2)
    request = attack.head(close=False)
    third = len(request) // 3
    pieces = (request[:third], request[third:2 * third], request[2 * third:])
    with Crowd(attack.port, 0) as crowd:
        for number in range(rounds):
            # A thousand at a time, so that no head takes longer than it may.
            for start in range(0, size, 1000):
                if number == 0:
                    for _ in range(start, min(start + 1000, size)):
                        crowd.connect(attack.port)
                trickle(crowd, list(crowd.received)[start:start + 1000],
                        pieces, number + 1)
            attack.tally.sent(size)
        CHECK.assertEqual(len(crowd.received), size)
        CHECK.assertEqual(crowd.ended, set(), "connections were closed")
        for data in crowd.received.values():
            found = answers(data)
            CHECK.assertEqual([r.status for r in found], [200] * rounds)
            for response in found:
                attack.tally.answer(response)


def trickle(crowd, connections, pieces, count):
    """One request more down each connection, the last piece by groups."""
    for piece in pieces[:-1]:
        for s in connections:
            crowd.send(s, piece)
    for group in groups_of(connections):
        for s in group:
            crowd.send(s, pieces[-1])
        crowd.read_until(lambda: all(
            crowd.received[s].count(b'"appKey"') >= count for s in group))


# Connections at once, in the long form and in the short one.
CONNECTIONS = {
    slow_heads_and_bodies: (4000, 400),
    slow_readers: (300, 60),
    trickling_crowd: (10000, 1500),
}


def connections_of(function, short):
    """How many an attack has at once; what is not said here is few."""
    return CONNECTIONS.get(function, (0, 0))[short]


def attacks(short):
    return (
        ("slow heads and bodies", slow_heads_and_bodies),
        ("slow readers", slow_readers),
        ("{:,} connections that trickle".format(
            connections_of(trickling_crowd, short)), trickling_crowd),
    )
