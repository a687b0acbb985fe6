"""The nginx files as they are installed: a site of their own, and a snippet in
somebody's server block."""

import os
import shutil

import client
from case import StackTest, unique
from client import segment
from stack import (SNIPPETS, Program, find_program, free_port, tail,
                   wait_until)

PACKAGED_SOCKET = "unix:/run/palmares/palmares.sock"
PACKAGED_LISTEN = "listen 127.0.0.1:8090;"
# Where the Debian package has the files (debian/rules).
PLACES = {
    "palmares-upstream.conf": "conf.d/palmares.conf",
    "palmares-site.conf": "sites-enabled/palmares",
    "palmares.conf": "snippets/palmares.conf",
    "palmares-fastcgi.conf": "snippets/palmares-fastcgi.conf",
    "palmares-problems.conf": "snippets/palmares-problems.conf",
}
# As Debian's nginx.conf, and a site that is somebody's own.
CONF = """
daemon off;
user root;
pid nginx.pid;
worker_processes 2;
events { worker_connections 768; }
http {
	access_log off;
	client_body_temp_path body; fastcgi_temp_path fastcgi;
	proxy_temp_path proxy; scgi_temp_path scgi; uwsgi_temp_path uwsgi;
	gzip on;
	include conf.d/*.conf;
	include sites-enabled/*;
	server {
		listen 127.0.0.1:@PORT@;
		location / { return 200 "own"; }
		location ~ \\.php$ { return 200 "php"; }
		include snippets/palmares.conf;
	}
}
"""


class SiteTest(StackTest):
    """An nginx with the files in their places."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dir = cls.stack.path("site")
        cls.site, cls.own = free_port(), free_port()
        socket = cls.palmaresd_socket()
        for name, place in PLACES.items():
            with open(os.path.join(SNIPPETS, name), encoding="utf-8") as f:
                text = f.read()
            text = text.replace(PACKAGED_SOCKET,
                                '"unix:%s"' % socket)
            text = text.replace(PACKAGED_LISTEN,
                                "listen 127.0.0.1:%d;" % cls.site)
            cls.write(place, text)
        cls.write("nginx.conf", CONF.replace("@PORT@", str(cls.own)))
        cls.others = cls.connections()
        cls.nginx = Program("nginx", [
            find_program("nginx"), "-p", cls.dir + "/", "-c", "nginx.conf",
            "-e", "stderr"], cls.dir + ".log")
        cls.addClassCleanup(shutil.rmtree, cls.dir)
        cls.addClassCleanup(cls.nginx.stop)
        cls.one = cls.app()
        wait_until(cls.up, 10, "nginx with the shipped files; its log: "
                   + tail(cls.nginx.log))

    @classmethod
    def palmaresd_socket(cls):
        return cls.stack.socket

    @classmethod
    def connections(cls):
        """The inodes of palmaresd's ends of its connections."""
        with open("/proc/net/unix", encoding="utf-8") as f:
            return {line.split()[6] for line in f
                    if line.rstrip("\n").endswith(cls.stack.socket)}

    @classmethod
    def write(cls, place, text):
        path = os.path.join(cls.dir, place)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    @classmethod
    def up(cls):
        cls.nginx.must_live()
        try:
            return client.request(cls.site, "GET", "/healthz").status == 200
        except OSError:
            return False

    def ask(self, port, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value
                   for name, value in headers.items()}
        headers.setdefault("Authorization", "Bearer " + self.one.secret)
        return client.request(port, method, path, body, headers)


class Files(SiteTest):
    """The tests that both ways have to pass, and some of each."""

    def test_an_event_and_a_name_with_a_slash(self):
        for port in (self.site, self.own):
            name = unique("a/b")
            r = self.ask(port, "PUT", "/api/v1/badges/" + segment(name), {})
            self.assert_status(r, 201)
            self.assertEqual(r.json["name"], name)
            r = self.ask(port, "POST", "/api/v1/events", {
                "username": "u.php", "eventType": "e"})
            self.assert_status(r, 201)
            r = self.ask(port, "GET", "/api/v1/users/u.php")
            self.assertEqual(r.json["username"], "u.php")

    def test_connections_to_palmaresd_are_kept(self):
        for port in (self.site, self.own):
            self.assert_status(self.ask(port, "GET", "/healthz"), 200)
            kept = self.connections() - self.others
            self.assertTrue(kept)
            for _ in range(50):
                self.assert_status(self.ask(port, "GET", "/healthz"), 200)
            self.assertLessEqual(kept, self.connections())

    def test_bodies_have_their_limits(self):
        for port in (self.site, self.own):
            r = self.ask(port, "POST", "/api/v1/events",
                         b" " * (256 * 1024 + 1))
            self.assert_problem(r, 413, "body_too_large")
            self.assertEqual(r.headers.get_all("Cache-Control"),
                             ["private, no-cache"])
            r = self.ask(port, "POST", "/api/v1/events/batch",
                         b" " * (256 * 1024 + 1))
            self.assert_problem(r, 400, "invalid_json")

    def test_the_rest_of_ones_own_site_stays_as_it_is(self):
        for path, body in (("/", b"own"), ("/x.php", b"php"),
                           ("/apix", b"own"), ("/readyz/x", b"own")):
            r = self.ask(self.own, "GET", path)
            self.assertEqual((r.status, r.body), (200, body))
        for port in (self.site, self.own):
            for path in ("/healthz", "/readyz", "/metrics"):
                self.assert_status(self.ask(port, "GET", path), 200)

    def test_metrics_are_not_for_who_comes_through_a_proxy(self):
        r = self.ask(self.site, "GET", "/metrics",
                     X_Forwarded_For="192.0.2.1")
        self.assert_problem(r, 403, "forbidden")
        self.assertEqual(r.header("Cache-Control"), "no-store")
        self.assertIsNone(r.header("Access-Control-Allow-Origin"))
        self.assert_status(self.ask(self.own, "GET", "/metrics",
                                    X_Forwarded_For="192.0.2.1"), 403)
