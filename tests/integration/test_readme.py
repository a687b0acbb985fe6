"""README.md: each rule that it shows is taken, and does as its name says."""

import json
import os
import re
import unittest

from case import StackTest

README = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      os.pardir, os.pardir, "README.md")
RULES = 10
# By the rule's number: events, and what the last of them gives.
FIRES = {
    0: ([{"properties": {"verified": True}}], 10),
    1: ([{}] * 10, "Regular"),
    2: ([{"properties": {"total": 99.95}}], 49),
    3: ([{"properties": {"total": 100.5, "country": "LI"}}], "Patron"),
    4: ([{"timestamp": "2026-06-01T12:00:00Z"}] * 3, 1),
    5: ([{"properties": {"post": 1}}, {"properties": {"post": 2}}], 1),
    6: ([{"timestamp": "2026-06-%02dT12:00:00Z" % day}
         for day in (1, 2, 4, 5, 6, 7, 8)], "Faithful"),
    7: ([{"timestamp": "2026-06-%02dT12:00:00Z" % day}
         for day in (1, 2, 3, 4, 7)], "Eager"),
}


class Readme(StackTest):

    def rules(self):
        with open(README, encoding="utf-8") as file:
            section = file.read().split("### What a rule can say")[1]
        block = re.search(r"```json\n(.*?)```", section, re.DOTALL)
        rules = [json.loads(line) for line in
                 block.group(1).strip().splitlines()]
        self.assertEqual(len(rules), RULES)
        return rules

    def test_all_of_them_are_taken_at_once(self):
        app = self.app()
        for rule in self.rules():
            made = self.assert_json(app.post("/rules", rule), 201)
            for member in set(rule) - {"badge", "pointScale", "requires",
                                       "limit", "validFrom", "validUntil"}:
                self.assertEqual(made[member], rule[member])

    def test_they_do_as_they_say(self):
        rules = self.rules()
        for number, (events, gives) in FIRES.items():
            rule = rules[number]
            with self.subTest(rule["name"]):
                app = self.app()
                app.post("/rules", rule)
                given = [app.event("u", rule["eventType"], **event)["awards"]
                         for event in events]
                award, = given[-1]
                self.assertEqual(award["badge"] if "badge" in award
                                 else award["points"], gives)
                self.assertEqual(award["rule"], rule["name"])

    def test_the_last_one_waits_for_the_badges(self):
        app = self.app()
        app.post("/rules", self.rules()[-1])
        for badge in ("Regular", "Patron", "Faithful"):
            app.rule(badge, scale=None, badge=badge)
        given = [[a["badge"] for a in app.event("u", badge)["awards"]]
                 for badge in ("Regular", "Patron", "Faithful", "Regular")]
        self.assertEqual(given, [["Regular"], ["Patron"],
                                 ["Faithful", "All-rounder"], []])


if __name__ == "__main__":
    unittest.main()
