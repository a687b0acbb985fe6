"""Palmarès behind Apache, by the example of docs/examples."""

import contextlib
import glob
import os
import shutil
import socket
import tempfile
import time

import client
from case import StackTest, unique
from client import segment
from load import Load
from stack import (SOURCE, Elsewhere, Program, StackError, find_program,
                   free_port, tail, wait_until)

EXAMPLE = os.path.join(SOURCE, "docs", "examples", "apache-palmares.conf")
PACKAGED_SOCKET = "/run/palmares/palmares.sock"
# What Debian's Apache has loaded anyhow, and what the example asks for.
MODULES = ("mpm_event", "authz_core", "authz_host", "env", "reqtimeout",
           "proxy", "proxy_fcgi", "headers", "unique_id", "buffer")


class Apache:
    """A private Apache on a loopback port, in front of a palmaresd."""

    def __init__(self, directory, fastcgi_socket):
        self.dir = directory
        self.socket = fastcgi_socket
        self.log = os.path.join(directory, "error.log")
        self.port = free_port()
        program = find_program("apache2")
        if program is None:
            raise StackError("apache2 is missing: install apache2-bin")
        self.write_conf()
        self.program = Program("apache2", [
            program, "-f", os.path.join(directory, "apache2.conf"),
            "-DFOREGROUND"], os.path.join(directory, "apache2.log"))
        wait_until(self.listens, 10, "apache2 listens; its log: "
                   + tail(self.log))

    def write_conf(self):
        with open(EXAMPLE, encoding="utf-8") as f:
            example = f.read()
        if PACKAGED_SOCKET not in example:
            raise StackError("%s has another socket" % EXAMPLE)
        lines = ["ServerRoot %s" % self.dir, "ServerName localhost",
                 "PidFile apache2.pid", "ErrorLog error.log",
                 "Listen 127.0.0.1:%d" % self.port,
                 # Like Debian's, and a body may come slowly.
                 "RequestReadTimeout header=20-40,minrate=500",
                 "RequestReadTimeout body=10,minrate=500"]
        if os.geteuid() == 0:
            lines += ["User www-data", "Group www-data"]
        modules, = glob.glob("/usr/lib/apache2/modules")
        lines[:0] = ["LoadModule %s_module %s/mod_%s.so" % (m, modules, m)
                     for m in MODULES]
        with open(os.path.join(self.dir, "apache2.conf"), "w",
                  encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n<VirtualHost *>\n"
                    + example.replace(PACKAGED_SOCKET, self.socket)
                    + "</VirtualHost>\n")

    def listens(self):
        self.program.must_live()
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0


class ApacheTest(StackTest):
    """A palmaresd whose socket Apache's user can reach, and Apache."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Not in the stack's folder, which is closed to www-data.
        cls.dir = tempfile.mkdtemp(prefix="palmares-apache-")
        os.chmod(cls.dir, 0o711)
        cls.addClassCleanup(shutil.rmtree, cls.dir, ignore_errors=True)
        cls.socket = os.path.join(cls.dir, "api.sock")
        cls.start_daemon()
        cls.apache = Apache(cls.dir, cls.socket)
        cls.addClassCleanup(cls.apache.program.stop)
        cls.one = cls.app()
        cls.one.stack = Elsewhere(cls.stack, cls.apache.port)

    @classmethod
    def start_daemon(cls):
        conf = os.path.join(cls.dir, "palmares.conf")
        with open(cls.stack.conf, encoding="utf-8") as f:
            text = f.read()
        with open(conf, "w", encoding="utf-8") as f:
            f.write(text.replace(cls.stack.socket, cls.socket)
                    .replace("socket_mode=0660", "socket_mode=0666"))
        cls.daemon = Program("palmaresd", [
            cls.stack.program("palmaresd"), "-c", conf],
            os.path.join(cls.dir, "palmaresd.log"))
        cls.addClassCleanup(cls.stop_daemon)
        wait_until(lambda: os.path.exists(cls.socket), 10, "palmaresd")

    @classmethod
    def stop_daemon(cls):
        cls.daemon.stop()

    def ask(self, method, path, body=None, **headers):
        return client.request(self.apache.port, method, path, body, {
            name.replace("_", "-"): value for name, value in headers.items()})


class Requests(ApacheTest):
    """What comes through as it must."""

    def test_the_first_event_gives_its_points(self):
        self.one.rule(points=10)
        self.assertEqual(
            self.one.event("first")["awards"][0]["balance"], 10)
        self.assertEqual(self.one.points("first"), 10)

    def test_the_key_comes_by_either_header_and_no_key_is_401(self):
        for headers in ({"Authorization": "Bearer " + self.one.secret},
                        {"X-API-Key": self.one.secret}):
            r = self.ask("GET", "/api/v1/application", **headers)
            self.assert_status(r, 200)
        self.assert_problem(self.ask("GET", "/api/v1/application"), 401)

    def test_a_slash_in_a_name_stays_one(self):
        for name in ("a/b", "...", "..x/y", "a%2Fb", "Größe & 100 %", "a+b"):
            with self.subTest(name):
                self.assert_status(self.one.put(
                    "/badges/" + segment(name), {"description": "d"}), 201)
                r = self.one.get("/badges/" + segment(name))
                self.assert_status(r, 200)
                self.assertEqual(r.json["name"], name)

    def test_query_and_headers_come_through(self):
        r = self.one.get("/badges?limit=1")
        self.assert_status(r, 200)
        self.assertEqual(len(r.json["data"]), 1)
        self.one.put("/badges/etag", {})
        etag = self.one.get("/badges/etag").header("ETag")
        r = self.one.get("/badges/etag", headers={
            "If-None-Match": etag, "Accept-Encoding": "gzip"})
        self.assert_status(r, 304)
        self.assertFalse(etag.startswith("W/"))
        r = self.ask("HEAD", "/healthz")
        self.assertEqual((r.status, r.body), (200, b""))
        r = self.ask("OPTIONS", "/api/v1/badges")
        self.assertIn("POST", r.header("Allow"))

    def test_a_body_in_chunks_is_a_body(self):
        body = b'{"name": "chunks"}'
        self.assert_status(client.raw(self.apache.port, (
            "POST /api/v1/badges HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            "Content-Type: application/json\r\nX-API-Key: %s\r\n"
            "Transfer-Encoding: chunked\r\n\r\n" % self.one.secret).encode()
            + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)), 201)

    def test_every_request_has_one_id_here_and_there(self):
        ids = set()
        for _ in range(20):
            ids.add(self.ask("GET", "/healthz").header("X-Request-Id"))
        self.assertEqual(len(ids), 20)
        with open(os.path.join(self.dir, "palmaresd.log"),
                  encoding="utf-8") as f:
            log = f.read()
        for name in ids:
            # Apache's own: 27 characters, and not palmaresd's 32 digits.
            self.assertEqual(len(name), 27)
            self.assertIn("request_id=" + name, log)

    def test_the_classic_interface_is_there(self):
        app = self.app(classic=True)
        r = self.ask("POST", "/api/badges", {
            "name": "b", "description": "d", "appKey": app.key})
        self.assert_status(r, 202)

    def test_metrics_are_for_this_machine(self):
        self.assert_status(self.ask("GET", "/metrics"), 200)
        self.assert_status(self.ask("GET", "/metrics",
                                    X_Forwarded_For="192.0.2.1"), 403)


class Limits(ApacheTest):
    """What Apache refuses, and how."""

    def test_bodies_have_their_limits(self):
        self.one.rule("big", points=1)
        events = [{"id": unique("big"), "username": "big", "eventType": "big",
                   "properties": {"text": "x" * 2000}} for _ in range(1000)]
        r = self.one.post("/events/batch", {"events": events})
        self.assert_status(r, 200)
        self.assertEqual({x["status"] for x in r.json["results"]}, {201})
        with self.nothing_applied():
            r = self.one.post("/events", b" " * (256 * 1024 + 1))
            self.assert_problem(r, 413, "body_too_large")
            r = self.one.post("/events/batch", b" " * (4096 * 1024 + 1))
            self.assert_problem(r, 413, "body_too_large")
            # As large as it may be, so palmaresd is who refuses it.
            r = self.one.post("/events", b" " * (256 * 1024))
            self.assert_problem(r, 400, "invalid_json")

    def test_slow_clients_hold_no_thread_of_palmaresd(self):
        """More of them than its two workers have threads."""
        head = ("POST /api/v1/events HTTP/1.1\r\nHost: x\r\n"
                "Content-Type: application/json\r\nContent-Length: 1000\r\n"
                "Authorization: Bearer %s\r\n\r\n{" % self.one.secret)
        with contextlib.ExitStack() as stack:
            for _ in range(2 * 64 + 20):
                s = stack.enter_context(socket.create_connection(
                    ("127.0.0.1", self.apache.port), 10))
                s.sendall(head.encode())
            time.sleep(0.5)
            begun = time.monotonic()
            r = client.fcgi(self.socket, client.params_of("GET", "/readyz"))
            self.assertEqual(r.status, 200)
            self.assertLess(time.monotonic() - begun, 1)

    def test_a_palmaresd_that_is_away_is_503_and_a_problem(self):
        away = os.path.join(self.dir, "away.sock")
        os.rename(self.socket, away)
        try:
            r = self.one.get("/application")
            classic = self.ask("GET", "/api/users", appKey="1")
            probe = self.ask("GET", "/readyz")
        finally:
            os.rename(away, self.socket)
        self.assert_problem(r, 503, "unavailable")
        self.assertEqual(r.header("Retry-After"), "1")
        keys = "Authorization,X-API-Key,appKey"
        for answer, cache, vary, pages in (
                (r, "private, no-cache", keys, "*"),
                (classic, "private, no-cache", keys, None),
                (probe, "no-store", None, None)):
            self.assert_problem(answer, 503, "unavailable")
            self.assertEqual(answer.header("Cache-Control"), cache)
            self.assertEqual(answer.header("Vary"), vary)
            self.assertEqual(answer.header("X-Content-Type-Options"),
                             "nosniff")
            self.assertEqual(answer.header("Access-Control-Allow-Origin"),
                             pages)
        self.assert_status(self.one.get("/application"), 200)


class Concurrency(ApacheTest):
    """Many clients at once."""

    def test_every_event_counts_once(self):
        self.one.rule(points=10)
        with Load(self.one, clients=12) as load:
            load.wait_for(300)
        self.assertEqual(load.failures, [])
        load.check(self, 10)
