"""The way to a database on another machine: TCP, and TLS as it is set."""

import unittest

from case import Shared
from remote import RemoteStack


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
