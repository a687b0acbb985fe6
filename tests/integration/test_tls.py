"""The way to a database on another machine: TCP, and TLS as it is set."""

import os
import subprocess
import unittest

from case import Shared
from stack import Stack, StackError, free_port

PASSWORD = 'a"b\'c#d\\e;f [g]=%'     # what files of options could stumble over


class Certificates:
    """An authority and a certificate for 127.0.0.1, made by openssl."""

    def __init__(self, directory):
        self.directory = directory
        self._openssl("req", "-x509", "-keyout", "ca.key", "-out", "ca.pem",
                      "-subj", "/CN=Palmares test authority")
        self._openssl("req", "-x509", "-keyout", "other.key", "-out",
                      "other.pem", "-subj", "/CN=Another authority")
        self._openssl("req", "-x509", "-keyout", "server.key", "-out",
                      "server.pem", "-subj", "/CN=127.0.0.1", "-CA", "ca.pem",
                      "-CAkey", "ca.key", "-addext",
                      "subjectAltName=IP:127.0.0.1,DNS:127.0.0.1",
                      "-addext", "basicConstraints=critical,CA:FALSE")

    def path(self, name):
        return os.path.join(self.directory, name)

    def _openssl(self, *arguments):
        r = subprocess.run(
            ["openssl", *arguments, "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "30"],
            cwd=self.directory, stdin=subprocess.DEVNULL, capture_output=True,
            text=True)
        if r.returncode != 0:
            raise StackError("openssl: " + r.stderr)

    @property
    def server_options(self):
        return ["--ssl-cert=" + self.path("server.pem"),
                "--ssl-key=" + self.path("server.key")]


class RemoteStack(Stack):
    """A server that is reached by TCP alone as far as palmaresctl knows."""

    def __init__(self, builddir, keep=False, tls=True):
        super().__init__(builddir, keep)
        self.certificates = Certificates(self.dir)
        self.tcp_port = free_port()
        self.db_options = ["--skip-networking=0", "--bind-address=127.0.0.1",
                           "--port=%d" % self.tcp_port]
        if tls:
            self.db_options += self.certificates.server_options
        self.settings["database"] = {
            "host": "127.0.0.1", "port": self.tcp_port, "user": "palmares",
            "password": PASSWORD, "name": "palmares"}

    def start_server(self):
        super().start_server("palmares@'%%' IDENTIFIED BY '%s'" %
                             PASSWORD.replace("\\", "\\\\")
                             .replace("'", "\\'"))

    def set(self, **changes):
        """Other settings of the section database."""
        self.settings["database"].update(changes)
        self.write_conf()


class Tls(unittest.TestCase):
    """[database] tls, with servers that have it and that have not."""

    def server(self, tls):
        stack = RemoteStack(Shared.builddir, Shared.keep, tls)
        self.addCleanup(stack.stop)
        stack.start_server()
        return stack

    def assert_refused(self, stack, *words):
        rc, _, err, _ = stack.ctl("app", "list", as_json=False)
        self.assertEqual(rc, 1)
        for word in words:
            self.assertIn(word, err)

    def assert_connected(self, stack):
        rc, out, err, _ = stack.ctl("app", "list", as_json=False)
        self.assertEqual(rc, 0, out + err)

    def test_a_server_without_tls_is_refused_where_tls_is_asked_for(self):
        stack = self.server(tls=False)
        self.assertEqual(stack.ctl("migrate", as_json=False)[0], 0)
        for mode in ("required", "verify"):
            stack.set(tls=mode, tls_ca=stack.certificates.path("ca.pem"))
            self.assert_refused(stack, "TLS")
        stack.set(tls="off")
        self.assert_connected(stack)

    def test_a_certificate_must_be_of_an_authority_that_is_trusted(self):
        stack = self.server(tls=True)
        stack.set(tls="required")
        self.assertEqual(stack.ctl("migrate", as_json=False)[0], 0)
        stack.set(tls="verify", tls_ca=stack.certificates.path("ca.pem"))
        self.assert_connected(stack)
        stack.set(tls_ca=stack.certificates.path("other.pem"))
        self.assert_refused(stack, "certificate")
