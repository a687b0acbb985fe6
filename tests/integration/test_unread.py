"""Answers that a client does not read, and what nginx keeps of them on disk."""

import os
import re
import socket
import struct
import threading
import time

import client
from processes import family_of
from stack import SOURCE, wait_until
from test_site import SiteTest

MIB = 1 << 20
PIECE = 65528       # of an answer, in a FastCGI record
WHOLE = b"Content-Type: text/plain\r\n\r\n"
# Where the two shipped files have a location.
SITE_PATHS = ("/api/v1/users", "/api/v1/events/batch", "/metrics")
OWN_PATHS = SITE_PATHS + ("/api/users", "/healthz", "/readyz")


def response_max():
    """The longest answer of palmaresd's, in bytes."""
    with open(os.path.join(SOURCE, "src", "http", "response.h"),
              encoding="utf-8") as f:
        return int(re.search(r"RESPONSE_MAX = (\d+) << 20", f.read())[1]) * MIB


class Backend:
    """A FastCGI program whose answers are as long as a test wants."""

    def __init__(self, path):
        self.size = 2
        self.may_end = threading.Event()
        self.may_end.set()
        self.sent = self.ended = 0
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(128)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,),
                             daemon=True).start()

    def serve(self, peer):
        with peer, peer.makefile("rb") as file:
            try:
                while self.receive(file):
                    self.answer(peer)
            except OSError:
                pass

    @staticmethod
    def receive(file):
        """A request up to its end; whether there was one."""
        while True:
            head = file.read(8)
            if len(head) < 8:
                return False
            _, kind, _, size, padding, _ = struct.unpack("!BBHHBB", head)
            file.read(size + padding)
            if kind == client.STDIN and size == 0:
                return True

    def answer(self, peer):
        peer.sendall(client.record(client.STDOUT, WHOLE))
        left = self.size
        while left > 0:
            piece = min(left, PIECE)
            peer.sendall(client.record(client.STDOUT, b"x" * piece))
            self.sent += piece
            left -= piece
        self.may_end.wait()
        peer.sendall(client.record(client.STDOUT)
                     + client.record(client.END, struct.pack("!IB3x", 0, 0)))
        self.ended += 1

    def close(self):
        self.may_end.set()
        self.listener.close()


class Unread(SiteTest):
    """The shipped files in front of answers of any length."""

    @classmethod
    def palmaresd_socket(cls):
        path = cls.stack.path("long.sock")
        cls.backend = Backend(path)
        cls.addClassCleanup(cls.backend.close)
        return path

    def setUp(self):
        self.backend.size = 2

    def ask_and_not_read(self, port, path, source="127.0.0.1"):
        s = socket.socket()
        self.addCleanup(s.close)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.bind((source, 0))
        s.settimeout(20)
        s.connect(("127.0.0.1", port))
        s.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode())
        return s

    def on_disk(self):
        """The sizes of nginx's files of answers, which have no name."""
        found = []
        for pid in family_of(self.nginx.pid):
            folder = "/proc/%d/fd" % pid
            for fd in os.listdir(folder):
                path = os.path.join(folder, fd)
                try:
                    if os.readlink(path).startswith(self.dir + "/fastcgi/"):
                        found.append(os.stat(path).st_size)
                except FileNotFoundError:
                    pass        # closed since
        return found

    def stands_still(self):
        """Whether nginx has taken nothing more for a while."""
        before = self.backend.sent
        time.sleep(0.5)
        return before > 0 and self.backend.sent == before

    def read_on(self, s, ended):
        """A client that reads again gets the rest."""
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, MIB)
        while self.backend.ended == ended:
            self.assertTrue(s.recv(MIB))

    def locations(self):
        """A port and a path for each location of the shipped files."""
        return [(self.site, path) for path in SITE_PATHS] + [
            (self.own, path) for path in OWN_PATHS]

    def test_an_answer_is_taken_whole_and_holds_no_thread(self):
        self.backend.size = response_max()
        for port, path in self.locations():
            before = self.backend.ended
            with self.subTest(port=port, path=path), \
                    self.ask_and_not_read(port, path):
                wait_until(lambda: self.backend.ended > before, 20,
                           "nginx has all of " + path)

    def test_what_is_kept_on_disk_of_one_answer_has_an_end(self):
        self.backend.size = 2 * response_max()
        for port, path in self.locations():
            before = self.backend.ended
            self.backend.sent = 0
            with self.subTest(port=port, path=path), \
                    self.ask_and_not_read(port, path) as s:
                wait_until(self.stands_still, 30, "nginx takes no more")
                size, = self.on_disk()
                self.assertEqual(self.backend.ended, before)
                self.assertLessEqual(size, response_max() + 2 * MIB)
                self.assertGreaterEqual(size, response_max())
                self.read_on(s, before)
            wait_until(lambda: not self.on_disk(), 10, "nginx keeps nothing")

    def test_an_address_reads_so_many_lists_at_once(self):
        self.backend.may_end.clear()
        self.addCleanup(self.backend.may_end.set)
        lists = ("/api/v1/users", "/api/users", "//api//badges",
                 "/api/v1/%65vents?limit=1000", "/api/v1/pointScales",
                 "/api/v1/rules/", "/api/v1/users/a%2Fb/ledger?cursor=x",
                 "/api/v1/badges")
        for _ in range(8):
            for path in lists:
                s = self.ask_and_not_read(self.site, path)
                self.assertEqual(s.recv(12), b"HTTP/1.1 200", path)
        for path in lists:
            self.assert_problem(client.request(self.site, "GET", path),
                                429, "rate_limited")
        for path, source in (("/api/v1/users/alice", "127.0.0.1"),
                             ("/api/users/alice/x", "127.0.0.1"),
                             ("/healthz", "127.0.0.1"),
                             ("/api/v1/users", "127.0.0.2")):
            s = self.ask_and_not_read(self.site, path, source)
            self.assertEqual(s.recv(12), b"HTTP/1.1 200", path)
