"""Database servers that Palmarès does not support, and says so of."""

import unittest

from case import Shared
from stack import Stack, wait_until


class Unsupported(unittest.TestCase):
    """A MariaDB that gives itself out for another server."""

    def server(self, version):
        stack = Stack(Shared.builddir, Shared.keep)
        self.addCleanup(stack.stop)
        stack.db_options = ["--version=" + version]
        stack.start_server()
        return stack

    def assert_told(self, stack, *words):
        for command in ("migrate", "doctor", "verify"):
            rc, out, err, _ = stack.ctl(command, as_json=False)
            self.assertEqual(rc, 1, out + err)
            for word in words:
                self.assertIn(word, out + err, command)
            self.assertNotIn("syntax", out + err)

    def test_mysql_is_named_and_not_a_syntax_error(self):
        stack = self.server("8.0.36")
        words = "no MariaDB", "8.0.36", "MySQL is not supported"
        self.assert_told(stack, *words)
        stack.start_daemon(wait=False)
        log = wait_until(
            lambda: words[0] in stack.log_since(0) and stack.log_since(0),
            20, "palmaresd tells of it")
        for word in words:
            self.assertIn(word, log)

    def test_a_high_number_makes_no_mariadb(self):
        self.assert_told(self.server("26.7.1"), "no MariaDB", "26.7.1")

    def test_an_older_mariadb_is_named(self):
        self.assert_told(self.server("10.5.29-MariaDB"), "10.5.29-MariaDB",
                         "10.6 or newer")

    def test_a_newer_one_is_taken(self):
        stack = self.server("12.3.1-MariaDB-log")
        rc, out, err, _ = stack.ctl("migrate", as_json=False)
        self.assertEqual(rc, 0, out + err)
