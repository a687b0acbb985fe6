#!/usr/bin/env python3
"""What catches a mutant, and what does not: outputs of tests by hand."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "integration")]

import suite        # noqa: E402  the path must be set first
import table        # noqa: E402
import workshop     # noqa: E402

NAMED = "FAIL: test_named (test_rules.Changes.test_named)\n"
OTHER = "ERROR: test_other (test_rules.Changes.test_other)\n"
SET_UP = "ERROR: setUpClass (test_rules.Changes)\n"
TEAR_DOWN = "ERROR: tearDownClass (test_rules.Changes)\n"


def outcome(text, status=1, kind=suite.INTEGRATION):
    run = suite.TestRun(kind, kind, ["test_named"])
    passed, failed = run.read(text)
    return suite.Outcome(passed, failed, run.ending(status, failed), 0, None)


class Table(unittest.TestCase):

    def test_every_mutant_fits_the_source_and_the_tests(self):
        """So that a stale one shows in `make check`, and not a day later."""
        tests = suite.Suite(workshop.SOURCE)
        for mutant in table.load():
            with self.subTest(mutant.name):
                workshop.locate(workshop.SOURCE, mutant)
                tests.find(mutant.tests)


class Judgement(unittest.TestCase):

    def assert_outcome(self, found, caught, ending=""):
        self.assertEqual(found.caught_by(["test_named"], ()), caught)
        self.assertEqual(found.ending, ending)

    def test_the_named_test_that_fails_catches(self):
        self.assert_outcome(outcome(NAMED), "test_named")

    def test_another_one_that_fails_catches_nothing(self):
        self.assert_outcome(outcome(OTHER), "")

    def test_what_verify_finds_after_a_class_catches(self):
        self.assert_outcome(outcome(TEAR_DOWN), "Changes.tearDownClass")
        self.assert_outcome(outcome(NAMED + TEAR_DOWN),
                            "Changes.tearDownClass, test_named")

    def test_a_class_that_cannot_be_set_up_catches_nothing(self):
        found = outcome(SET_UP)
        self.assert_outcome(found, "", suite.NO_SET_UP)
        self.assertEqual(found.caught_by(["test_named"], [suite.NO_SET_UP]),
                         "test_named: " + suite.NO_SET_UP)

    def test_an_end_catches_only_where_it_is_expected(self):
        found = outcome("", None)
        self.assert_outcome(found, "", suite.HANGS)
        self.assertEqual(found.caught_by(["test_named"], [suite.HANGS]),
                         "test_named: hangs")

    def test_programs_of_cmocka_end_with_the_number_of_failures(self):
        text = "ok 1 - test_other\nnot ok 2 - test_named\n"
        self.assert_outcome(outcome(text, 1, "unit"), "test_named")
        self.assert_outcome(outcome(text, -6, "unit"), "test_named",
                            "signal 6")


if __name__ == "__main__":
    unittest.main()
