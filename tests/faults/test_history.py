#!/usr/bin/env python3
"""The check of histories sees what it is there for: small histories by hand."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from history import Event, History, RuleState   # noqa: E402
from traffic import Refused, body_of, check_whole   # noqa: E402


class Script:
    """A history told step by step; time is the number of the step."""

    def __init__(self):
        self.history = History()
        self.now = 0
        self.events = {}

    def tick(self):
        self.now += 1
        return self.now

    def send(self, *names):
        """Send the events "user/id" in one request."""
        for name in names:
            user, _, _ = name.partition("/")
            self.events.setdefault(name, Event("a", user, name))
        return self.history.begin(self.tick(),
                                  [self.events[n] for n in names])

    def answer(self, request, *positions, replayed=False, extra=None,
               digest=1):
        self.history.answered(request, self.tick(), [
            (replayed, p, extra, digest) for p in positions])

    def write(self, name, position, **more):
        self.answer(self.send(name), position, **more)

    def read(self, user, position):
        request = self.history.begin(self.tick(), read=("a", user))
        self.history.read_answered(request, self.tick(), position)

    def rule(self, value):
        state = RuleState(value, self.tick())
        self.history.rules.setdefault("a", []).append(state)
        state.acked = self.tick()

    def found(self):
        self.history.check()
        return self.history.violations.counts


class Histories(unittest.TestCase):

    def setUp(self):
        self.script = Script()

    def test_a_right_history_passes(self):
        s = self.script
        s.rule(None)
        s.rule(1)
        s.rule(None)
        s.write("u/1", 1)
        s.read("u", 1)
        first, second = s.send("u/2", "v/1"), s.send("v/2", "u/3")
        s.answer(second, 2, 3)
        s.answer(first, 2, 1)
        s.write("u/3", 3, replayed=True)
        s.read("v", 2)
        self.assertEqual(s.found(), {})

    def test_a_lost_update_is_seen(self):
        """Two events read the same balance and each add one."""
        s = self.script
        first, second = s.send("u/1"), s.send("u/2")
        s.answer(first, 1)
        s.answer(second, 1)
        self.assertEqual(s.found()["lost"], 1)

    def test_an_event_without_an_answer_is_lost(self):
        self.script.send("u/1")
        self.assertEqual(self.script.found(), {"lost": 1})

    def test_an_event_applied_twice_is_seen(self):
        self.script.write("u/1", 2)
        self.assertEqual(self.script.found(), {"doubled": 1})

    def test_an_event_new_to_two_requests_is_doubled(self):
        s = self.script
        s.write("u/1", 1)
        s.write("u/1", 1)
        self.assertEqual(s.found(), {"doubled": 1, "order": 1})

    def test_a_replay_with_another_answer_is_seen(self):
        s = self.script
        s.write("u/1", 1)
        s.write("u/1", 1, replayed=True, digest=2)
        self.assertEqual(s.found(), {"replay": 1})

    def test_an_order_against_real_time_is_seen(self):
        s = self.script
        s.write("u/1", 2)
        s.write("u/2", 1)
        self.assertGreaterEqual(s.found()["order"], 1)

    def test_two_batches_that_each_come_first_are_seen(self):
        """Each user by himself is in order; the two together are not."""
        s = self.script
        first, second = s.send("u/1", "v/1"), s.send("u/2", "v/2")
        s.answer(first, 1, 2)
        s.answer(second, 2, 1)
        self.assertEqual(s.found(), {"order": 1})

    def test_a_batch_in_two_parts_is_seen(self):
        s = self.script
        batch, between = s.send("u/1", "u/3"), s.send("u/2")
        s.answer(between, 2)
        s.answer(batch, 1, 3)
        self.assertEqual(s.found(), {"order": 1})

    def test_real_time_counts_across_users(self):
        """v/1 is stored with u/2, so after u/1; a read saw it before."""
        s = self.script
        batch = s.send("u/2", "v/1")
        s.read("v", 1)
        s.write("u/1", 1)
        s.answer(batch, 2, 1)
        self.assertEqual(s.found(), {"order": 1})

    def test_a_stale_read_is_seen(self):
        s = self.script
        s.write("u/1", 1)
        s.read("u", 0)
        self.assertEqual(s.found(), {"order": 1})

    def test_a_read_of_what_was_rolled_back_is_seen(self):
        s = self.script
        s.write("u/1", 1)
        s.read("u", 2)
        self.assertEqual(s.found(), {"doubled": 1})

    def test_a_read_of_what_is_yet_to_be_sent_is_seen(self):
        s = self.script
        s.read("u", 1)
        s.write("u/1", 1)
        self.assertEqual(s.found(), {"order": 1})

    def test_a_lost_answer_leaves_a_batch_its_transaction(self):
        """Only replays were heard of; the batch was still in one piece."""
        s = self.script
        batch, between = s.send("u/1", "u/3"), s.send("u/2")
        s.answer(between, 2)
        s.answer(batch, 1, 3, replayed=True)
        self.assertEqual(s.found(), {"order": 1})

    def test_a_replay_before_what_it_repeats_is_seen(self):
        """v/1 was there when it was repeated, and not in a later read."""
        s = self.script
        first = s.send("v/1")
        s.write("v/1", 1, replayed=True)
        s.read("v", 0)
        s.answer(first, 1)
        self.assertEqual(s.found(), {"order": 1})

    def test_a_replay_whose_first_answer_was_lost_counts_from_there_on(self):
        s = self.script
        first = s.send("v/1")
        s.write("v/1", 1, replayed=True)
        s.read("v", 0)
        s.answer(first, 1, replayed=True)
        self.assertEqual(s.found(), {"order": 1})

    def test_an_old_rule_is_seen(self):
        s = self.script
        s.rule(1)
        s.rule(2)
        s.write("u/1", 1, extra=1)
        self.assertEqual(s.found(), {"rules": 1, "order": 1})

    def test_a_rule_that_changes_meanwhile_may_be_either(self):
        s = self.script
        s.rule(1)
        first, second = s.send("u/1"), s.send("u/2")
        s.rule(2)
        s.answer(first, 1, extra=1)
        s.answer(second, 2, extra=2)
        self.assertEqual(s.found(), {})


    def test_an_old_rule_after_a_new_one_is_seen(self):
        """While the change is under way, but in the wrong order."""
        s = self.script
        s.rule(1)
        first, second = s.send("u/1"), s.send("u/2")
        s.rule(2)
        s.answer(first, 1, extra=2)
        s.answer(second, 2, extra=1)
        self.assertEqual(s.found(), {"order": 1})

    def test_a_batch_judged_by_two_rules_is_seen(self):
        s = self.script
        s.rule(1)
        batch = s.send("u/1", "v/1")
        s.rule(2)
        s.history.answered(batch, s.tick(), [
            (False, 1, 1, 1), (False, 1, 2, 1)])
        self.assertEqual(s.found(), {"order": 1})


class Batches(unittest.TestCase):
    """A batch comes in one piece, and in the order given."""

    def check(self, *answers):
        """(user, position, replayed) of each event."""
        events = [Event("a", user, "e%d" % i)
                  for i, (user, _, _) in enumerate(answers)]
        check_whole(events, [
            dict(body_of(event), replayed=replayed,
                 awards=[{"rule": "tally", "balance": position}])
            for event, (_, position, replayed) in zip(events, answers)])

    def test_a_whole_batch_passes(self):
        self.check(("u", 3, False), ("v", 1, False), ("u", 4, False))
        self.check(("u", 3, True), ("v", 1, True), ("u", 7, True))

    def test_a_batch_in_another_order_is_seen(self):
        with self.assertRaises(Refused):
            self.check(("u", 4, False), ("v", 1, False), ("u", 3, False))

    def test_a_batch_that_is_stored_in_parts_is_seen(self):
        with self.assertRaises(Refused):
            self.check(("u", 3, True), ("u", 4, False))


if __name__ == "__main__":
    unittest.main()
