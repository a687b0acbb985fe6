#!/usr/bin/env python3
"""The bench judges and counts as it says: results by hand, without servers."""

import os
import sys
import time
import unittest
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "integration")]

import bars             # noqa: E402  the paths must be set first
import counters         # noqa: E402
import guard            # noqa: E402
import measure          # noqa: E402
import report           # noqa: E402
import wrk              # noqa: E402
from cases import CASES, GOALS, Goal    # noqa: E402
from stack import StackError    # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"
AT_LEAST = Goal("ours & theirs", "ours", "rate", "theirs", "rate", True, 2)
AT_MOST = Goal("ours & theirs", "ours", "p50", "theirs", "p50", False, 1.3)


def results(figure, ours, theirs):
    return {"ours": [{figure: v} for v in ours],
            "theirs": [{figure: v} for v in theirs]}


def case_of(name):
    return next(c for c in CASES if c.name == name)


def load_of(requests):
    return wrk.Load(requests, 2.0, 10, 20, 30, 400.0)


class TestGoals(unittest.TestCase):

    def test_a_ratio_at_the_limit_is_met_and_below_it_is_short(self):
        for ours, met in ((200, True), (199, False), (500, True)):
            verdict = report.judge(AT_LEAST, results("rate", [ours], [100]))
            self.assertEqual(verdict.met, met, ours)

    def test_a_latency_at_the_limit_is_met_and_above_it_is_short(self):
        for ours, met in ((130, True), (131, False), (50, True)):
            verdict = report.judge(AT_MOST, results("p50", [ours], [100]))
            self.assertEqual(verdict.met, met, ours)

    def test_the_median_of_the_rounds_ratios_counts(self):
        # The medians alone, 30 and 10, would make 3.
        verdict = report.judge(AT_LEAST, results(
            "rate", [10, 30, 80], [10, 20, 5]))
        self.assertEqual((verdict.ratio, verdict.lowest, verdict.highest),
                         (1.5, 1, 16))

    def test_a_goal_is_judged_only_if_both_cases_were_measured(self):
        measured = results("rate", [200], [100])
        for name in ("ours", "theirs"):
            part = {n: r for n, r in measured.items() if n != name}
            self.assertEqual(report.verdicts([AT_LEAST], part), [])

    def test_a_goal_may_be_a_figure_by_itself(self):
        goal = Goal("memory", "ours", "peak_mib", None, None, False, 32)
        for peak, met in ((32, True), (33, False)):
            verdict = report.judge(goal, results("peak_mib", [peak], [1]))
            self.assertEqual((verdict.ratio, verdict.met), (peak, met))

    def test_every_goal_is_about_cases_that_exist(self):
        names = [c.name for c in CASES]
        self.assertEqual(len(names), len(set(names)))
        for goal in GOALS:
            self.assertIn(goal.case, names)
            self.assertIn(goal.to, names + [None])


class TestLoad(unittest.TestCase):

    def test_what_wrk_tells_is_read(self):
        load = wrk.parse("Running\nresult 100 2000000 10 20 30 0 0\n", 400.0)
        self.assertEqual(load, load_of(100))

    def test_a_request_that_failed_ends_the_run(self):
        for line in ("result 100 2000000 10 20 30 1 0",
                     "result 100 2000000 10 20 30 0 1",
                     "result 0 2000000 0 0 0 0 0", "unable to connect"):
            with self.assertRaises(StackError, msg=line):
                wrk.parse(line + "\n", 0)

    def test_every_kind_of_request_becomes_a_script(self):
        for case in CASES:
            if case.side in ("null", "palmares"):
                text = wrk.script(case.kind, case.users, case.events,
                                  "the-key", 7)
                self.assertIn("the-key", text)
                self.assertNotRegex(text, r"%\(|%%", case.name)

    def test_a_program_that_fails_ends_the_run(self):
        with self.assertRaises(StackError):
            wrk.timed(["false"])


class TestStored(unittest.TestCase):

    def test_events_that_are_lost_or_doubled_end_the_run(self):
        case = case_of("batch 100")
        most = 1000 + case.clients * 100
        for grown in (1000, most):
            measure.check_stored(case, load_of(10), grown)
        for grown in (999, most + 1):
            with self.assertRaises(StackError, msg=grown):
                measure.check_stored(case, load_of(10), grown)

    def test_reading_stores_nothing(self):
        measure.check_stored(case_of("get user"), load_of(10), 0)
        with self.assertRaises(StackError):
            measure.check_stored(case_of("get user"), load_of(10), 1)

    def test_a_refusal_that_palmaresd_has_counted_ends_the_run(self):
        case = case_of("get user")
        measure.check_served(case, {})
        measure.check_served(case, {"refused": 0, "failed": 0})
        for name in ("refused", "failed"):
            with self.assertRaises(StackError, msg=name):
                measure.check_served(case, {name: 1})


class TestFigures(unittest.TestCase):

    def test_costs_are_those_of_an_event_and_not_of_a_request(self):
        values = measure.figures(
            case_of("batch 100"), load_of(10), {"nginx": 5000.0}, {}, 0.1,
            {"fsyncs": 20}, {"transactions": 4, "gathered": 1000})
        self.assertEqual(values["rate"], 500)
        self.assertEqual(values["cpu_nginx"], 5)
        self.assertEqual(values["fsyncs"], 0.02)
        self.assertEqual(values["batch"], 250)

    def test_processor_time_is_seen_and_told_apart_by_group(self):
        groups = {"own": [os.getpid()], "parent": [os.getppid()]}
        before = counters.Processors(groups)
        end = time.process_time() + 0.3
        while time.process_time() < end:
            pass
        after = counters.Processors(groups)
        used, busiest = after.since(before)
        self.assertGreater(used["own"], 0.2e6)
        self.assertGreater(used["own"], used["parent"])
        self.assertGreater(busiest["own"], busiest["parent"])

    def test_a_process_that_was_replaced_ends_the_run(self):
        before = counters.Processors({"own": [os.getpid()]})
        after = counters.Processors({"own": [os.getppid()]})
        with self.assertRaises(StackError):
            after.since(before)


class TestGuard(unittest.TestCase):

    def test_what_is_stated_is_read(self):
        self.assertEqual(guard.stated_ratios(
            "| goal | ratio | rounds |\n|---|---:|---:|\n"
            "| a thing | 2.50 | 2–3 | met |\n| another | 12.00 | 1 |\n"),
            {"a thing": 2.5, "another": 12})

    def test_half_as_good_as_stated_fails(self):
        for goal, figure, good, bad in ((AT_LEAST, "rate", 51, 50),
                                        (AT_MOST, "p50", 199, 200)):
            for ours, fails in ((good, 0), (bad, 1)):
                verdict = report.judge(goal, results(figure, [ours], [100]))
                self.assertEqual(
                    guard.judge([verdict], {goal.title: 1.0}), fails)

    def test_what_is_not_stated_fails(self):
        verdict = report.judge(AT_LEAST, results("rate", [100], [100]))
        self.assertEqual(guard.judge([verdict], {}), 1)

    def test_it_guards_goals_of_each_kind(self):
        plan = guard.plan()
        self.assertEqual({c.name for c in plan.cases}, set(guard.CASE_NAMES))
        self.assertEqual({g.case for g in plan.goals} | {
            g.to for g in plan.goals if g.to}, set(guard.CASE_NAMES))
        self.assertNotIn("php", {c.side for c in plan.cases})


class TestReport(unittest.TestCase):

    def setUp(self):
        self.cases = [case_of("bare random"), case_of("post random 64")]
        self.results = {
            "bare random": [{"rate": 100, "p50": 1500, "p99": 4000}],
            "post random 64": [
                {"rate": r, "p50": 1000, "p99": 5000, "batch": 7.5}
                for r in (150, 300, 100)]}
        self.results["bare random"] *= 3

    def test_tables_have_a_cell_for_each_heading(self):
        goals, cases = report.tables(self.cases, GOALS, self.results)
        for headings, rows in (goals, cases):
            self.assertEqual([len(r) for r in rows],
                             [len(headings)] * len(rows))
        self.assertEqual([r[1] for r in cases[1]], ["100", "150"])
        self.assertEqual([(r[1], r[-1]) for r in goals[1]],
                         [("1.50", "short"), ("5.00", "short")])

    def test_markdown_and_text_have_what_the_tables_have(self):
        for form in (report.markdown, report.text):
            found = form(self.cases, GOALS, self.results)
            for part in ("1.00–3.00", "7.5", self.cases[0].title):
                self.assertIn(part, found)

    def test_the_document_has_every_round(self):
        document = report.document(self.cases, GOALS, self.results,
                                   {"seconds": 1})
        self.assertEqual(len(document["cases"][1]["rounds"]), 3)
        self.assertEqual(document["cases"][1]["median"]["rate"], 150)
        self.assertEqual(document["seconds"], 1)

    def test_the_picture_has_a_bar_for_each_goal(self):
        path = os.path.join(self.enterContext(TemporaryDirectory()), "bars.svg")
        verdicts = [report.judge(goal, results("rate", [ours], [100]))
                    for goal, ours in ((AT_LEAST, 100), (AT_LEAST, 300),
                                       (AT_LEAST, 900))]
        bars.write(path, verdicts)
        root = ElementTree.parse(path).getroot()
        found = [(r.get("class"), float(r.get("width")))
                 for r in root.iter(SVG + "rect")]
        full = (bars.x(1) - bars.LEFT)
        self.assertEqual(found, [("short", full / 2), ("met", full * 1.5),
                                 ("met", full * bars.LONGEST)])
        cut = [l for l in root.iter(SVG + "line")
               if l.get("class") == "beyond"]
        self.assertEqual(len(cut), 1)


if __name__ == "__main__":
    unittest.main()
