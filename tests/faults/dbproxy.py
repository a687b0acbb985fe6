"""A proxy on the database's socket, which delays, cuts, or eats replies.

It knows just enough of MariaDB's protocol: a packet is a length of three
bytes, a number, and a payload whose first byte is the command.  palmaresd
prepares COMMIT once a connection and executes it by the number that the
server gave it.
"""

import os
import random
import socket
import struct
import threading
import time

QUERY, PREPARE, EXECUTE = 0x03, 0x16, 0x17
HEADER = 4


def receive(sock, size):
    """Exactly so many bytes; OSError if the other side has gone."""
    parts = []
    while size:
        part = sock.recv(min(size, 1 << 16))
        if not part:
            raise OSError("closed")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class Link:
    """A connection of a client and the one to the server behind it."""

    def __init__(self, proxy, client):
        self.proxy = proxy
        self.client = client
        self.server = socket.socket(socket.AF_UNIX)
        self.server.connect(proxy.server_path)
        self.commit = None          # the number of the statement COMMIT
        self.preparing = False      # the next reply has that number
        self.eat = False            # the next reply is not passed on
        for way in (self._requests, self._replies):
            threading.Thread(target=self._guarded, args=(way,),
                             daemon=True).start()

    def close(self):
        for end in (self.client, self.server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _guarded(self, way):
        try:
            way()
        except OSError:
            pass
        self.close()
        self.proxy.forget(self)

    def _requests(self):
        while True:
            head = receive(self.client, HEADER)
            payload = receive(self.client, int.from_bytes(head[:3], "little"))
            self._look(payload)
            self.server.sendall(head + payload)

    def _look(self, payload):
        """Notes a COMMIT that is about to be prepared, or run."""
        command, rest = payload[:1], payload[1:]
        if command == bytes([PREPARE]):
            self.preparing = rest == b"COMMIT"
        committing = (command == bytes([QUERY]) and rest == b"COMMIT") or (
            command == bytes([EXECUTE]) and self.commit is not None
            and struct.unpack("<I", rest[:4])[0] == self.commit)
        if committing and self.proxy.wants_to_eat():
            self.eat = True

    def _replies(self):
        while True:
            data = self.server.recv(1 << 16)
            if not data:
                return
            if self.preparing and len(data) >= HEADER + 5:
                self.commit = struct.unpack_from("<I", data, HEADER + 1)[0]
                self.preparing = False
            if self.eat:
                self.proxy.eaten += 1
                return
            if self.proxy.delay:
                time.sleep(self.proxy.delay)
                self.proxy.delayed += 1
            self.client.sendall(data)


class Proxy:
    """Listens on a socket of its own until it is closed."""

    def __init__(self, server_path, path, seed):
        self.server_path = server_path
        self.path = path
        self.random = random.Random(seed)
        self.delay = 0.0            # seconds that every reply is late
        self.delayed = 0            # replies
        self.eat_share = 0.0        # of the replies to COMMIT
        self.eaten = 0
        self.links = set()
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                link = Link(self, client)
            except OSError:
                client.close()      # the server is away
                continue
            with self.lock:
                self.links.add(link)

    def forget(self, link):
        with self.lock:
            self.links.discard(link)

    def wants_to_eat(self):
        with self.lock:
            return self.random.random() < self.eat_share

    def cut(self):
        """Close every connection, wherever it is."""
        with self.lock:
            links = list(self.links)
        for link in links:
            link.close()
        return len(links)

    def close(self):
        self.listener.close()
        self.cut()
        os.unlink(self.path)
