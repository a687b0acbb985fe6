#!/usr/bin/env python3
"""How abuse.py judges: measurements by hand, and what it leaves out."""

import contextlib
import io
import os
import sys
import unittest
from unittest import mock

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "integration")]

import abuse    # noqa: E402  the path must be set first
import gauge    # noqa: E402
from stack import StackError    # noqa: E402

MIB = 1024


def measured(mebibytes=50, descriptors=55, nginx=10):
    """A gauge that was not measured."""
    made = object.__new__(gauge.Gauge)
    made.palmaresd_rss, made.nginx_rss = mebibytes * MIB, nginx * MIB
    made.palmaresd_fds, made.nginx_fds = descriptors, 20
    made.db_connections = 10
    return made


class Clock:
    """Time that passes while somebody sleeps."""

    def __init__(self):
        self.now = 0.0

    def sleep(self, seconds):
        self.now += seconds

    def monotonic(self):
        return self.now


class Measured(unittest.TestCase):
    """With measurements in the place of servers."""

    def measure(self, gauges):
        gauges = iter(list(gauges))
        for name, value in (("Gauge", lambda _: next(gauges)),
                            ("time", Clock())):
            patch = mock.patch.object(gauge, name, value)
            patch.start()
            self.addCleanup(patch.stop)


class AtRest(Measured):

    def test_what_stays_as_it_is_rests(self):
        self.measure([measured(), measured()])
        self.assertEqual(gauge.at_rest(None).palmaresd_rss, 50 * MIB)

    def test_memory_that_still_comes_down_does_not(self):
        self.measure(map(measured, (400, 200, 60, 60)))
        self.assertEqual(gauge.at_rest(None).palmaresd_rss, 60 * MIB)

    def test_nor_do_descriptors_that_come_and_go(self):
        self.measure(measured(descriptors=n) for n in (60, 55, 58, 55, 55, 1))
        self.assertEqual(gauge.at_rest(None).palmaresd_fds, 55)

    def test_it_comes_to_an_end_where_nothing_rests(self):
        self.measure(measured(descriptors=n) for n in range(1000))
        with self.assertRaisesRegex(StackError, "not at rest after"):
            gauge.at_rest(None)


class Repeats(Measured):

    def repeat(self, sizes):
        """An attack after which palmaresd has these MiB, each measured until
        it rests."""
        self.measure(map(measured, sizes))
        with mock.patch.multiple(abuse, App=mock.Mock(), Attack=mock.Mock()):
            abuse.check_repeats(None, mock.Mock())

    def test_what_stays_passes(self):
        self.repeat((50, 50, 70, 70, 70, 70))

    def test_a_leak_is_seen(self):
        with self.assertRaisesRegex(AssertionError, "takes more"):
            self.repeat((50, 50, 55, 55, 60, 60))

    def test_a_leak_is_seen_behind_a_peak(self):
        with self.assertRaisesRegex(AssertionError, "takes more"):
            self.repeat((400, 50, 50, 80, 80, 110, 110))


class LeftOut(unittest.TestCase):

    def main(self, files):
        """What abuse.py prints where so many files may be open."""
        patches = (
            mock.patch.object(abuse.resource, "getrlimit",
                              return_value=(files, files)),
            mock.patch.object(abuse, "raise_file_limit"),
            mock.patch.object(abuse.stack, "missing_programs",
                              return_value=[]),
            mock.patch.object(abuse.signal, "signal"),
            mock.patch.object(abuse, "run_all", return_value=0),
            mock.patch.dict(os.environ),
            mock.patch.object(sys, "argv", ["abuse.py", "trickle", "odd"]))
        out = io.StringIO()
        with contextlib.ExitStack() as patched:
            for patch in patches:
                patched.enter_context(patch)
            patched.enter_context(contextlib.redirect_stdout(out))
            self.assertEqual(abuse.main(), 0)
        return out.getvalue()

    def test_what_needs_more_files_than_there_are_is_told(self):
        said = self.main(5000)
        self.assertIn("left out: 10,000 connections that trickle, which needs"
                      " 11000 open files", said)
        self.assertTrue(said.endswith("# SKIP: 1\n"), said)

    def test_otherwise_nothing_is(self):
        said = self.main(11000)
        self.assertNotIn("left out", said)
        self.assertNotIn("# SKIP", said)


if __name__ == "__main__":
    unittest.main()
