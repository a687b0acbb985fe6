"""A user's events are a chain, and the ledger is what they gave: page by page,
both are the whole in order."""

import contextlib
import signal
import threading
import time

from chains import MINUTE, TYPES, Chains, ledger_of
from client import Together
from packed import Award, Awards, uint


class Pages(Chains):
    """Pages of any size are the whole."""

    MANY = 2600     # more than twice what the store reads at once

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.app()
        cls.make_rules(cls.one)
        cls.events = cls().fill(cls.one, cls.MANY, ("ann", "bob"))
        cls.ann = cls.events["ann"]

    def test_small_pages_of_a_few_events(self):
        app = self.app()
        self.make_rules(app)
        users = self.fill(app, 60, ("ann", "bob", "ANN"), seed=2)
        self.assertEqual({e["eventType"] for e in users["ann"]}, set(TYPES))
        for name, events in users.items():
            ledger = ledger_of(events)
            self.assertGreater(len(ledger), 40)
            self.assert_pages(app, "/users/%s/ledger" % name, ledger,
                              (1, 2, 3, 4, 5, 7, len(ledger) - 1,
                               len(ledger), len(ledger) + 1, 1000))
            self.assert_pages(app, "/events?username=" + name, events[::-1],
                              (1, 2, 3, 7, 59, 60, 61, 1000))

    def test_many_events_of_one_user(self):
        for name in ("ann", "bob"):
            events = self.events[name]
            self.assertEqual(len(events), self.MANY)
            self.assert_pages(self.one, "/events?username=" + name,
                              events[::-1], (99, 999, 1000))
            self.assert_pages(self.one, "/users/%s/ledger" % name,
                              ledger_of(events), (99, 999, 1000))

    def test_many_events_of_one_user_one_at_a_time(self):
        self.assert_pages(self.one, "/events?username=ann", self.ann[::-1],
                          (1,))
        self.assert_pages(self.one, "/users/ann/ledger", ledger_of(self.ann),
                          (1,))

    def test_an_old_entry_behind_very_many_events_without_any(self):
        app = self.app()
        self.make_rules(app)
        types = ["three", "one"] + ["none"] * self.MANY + ["three"]
        events = self.post(app, [
            {"id": str(i), "username": "ann", "eventType": event_type}
            for i, event_type in enumerate(types)])
        ledger = ledger_of(events)
        self.assertEqual(len(ledger), 7)
        self.assert_pages(app, "/users/ann/ledger", ledger,
                          (1, 3, 4, 7, 1000))
        for event_type in ("one", "three"):
            self.assert_pages(
                app, "/events?username=ann&eventType=" + event_type,
                [e for e in events[::-1] if e["eventType"] == event_type],
                (1, 2, 1000))

    def test_filters_give_exactly_what_matches(self):
        noon, one, never = MINUTE % (12, 0), MINUTE % (13, 0), MINUTE % (0, 0)
        for query, matches in (
                ("eventType=one", lambda e: e["eventType"] == "one"),
                ("eventType=One", lambda e: False),
                ("from=" + noon, lambda e: e["timestamp"] >= noon),
                ("to=" + noon, lambda e: e["timestamp"] < noon),
                ("from=%s&to=%s" % (noon, one),
                 lambda e: noon <= e["timestamp"] < one),
                ("eventType=badge&from=%s&to=%s" % (noon, one),
                 lambda e: e["eventType"] == "badge"
                 and noon <= e["timestamp"] < one),
                ("to=" + never, lambda e: False),
                ("from=%s&to=%s" % (one, noon), lambda e: False)):
            expected = [e for e in self.ann[::-1] if matches(e)]
            limits = (7, 50, 1000)
            if expected:
                self.assertGreater(len(expected), 7, query)
            self.assert_pages(self.one, "/events?username=ann&" + query,
                              expected, limits)

    def test_nobody_has_no_pages(self):
        self.assertEqual(self.walk(self.one, "/events?username=nobody", 10),
                         [])
        self.assert_problem(self.one.get("/users/nobody/ledger"), 404,
                            "user_not_found")

    def test_pages_do_not_move_while_events_come_in(self):
        app = self.app()
        self.make_rules(app)
        self.fill(app, 40)
        stop = threading.Event()

        def write(name):
            while not stop.is_set():
                for event_type in TYPES:
                    app.event(name, event_type)
                    time.sleep(0.005)

        writers = Together([lambda name=name: write(name)
                            for name in ("ann", "ann", "bob")])
        targets = ("/events?username=ann", "/users/ann/ledger",
                   "/events?username=ann&eventType=three")
        try:
            walks = [(target, self.walk(app, target, limit))
                     for limit in (10, 3, 1) for target in targets]
        finally:
            stop.set()
            writers.join()
        for target in targets:
            whole = self.walk(app, target, 1000)
            found = [items for t, items in walks if t == target]
            self.assertEqual(len(found), 3)
            for items in found:
                self.assertGreater(len(items), 0)
                # All there was when the first page was read.
                self.assertEqual(items, whole[len(whole) - len(items):])
            self.assertGreater(len(whole), len(found[0]), "nothing came in")


class Gaps(Chains):
    """What has to be looked for among very many events."""

    GAP = 12000

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.app()
        cls.make_rules(cls.one)
        cls.events, self = [], cls()
        for i, event_type in enumerate(("three", "one", "three", "seventh")):
            cls.events += self.post(cls.one, [{
                "id": "e%d" % i, "username": "ann", "eventType": event_type}])
            self.grow(cls.one, "ann", cls.GAP)
        cls.expected = {
            "/users/ann/ledger": ledger_of(cls.events),
            "/events?username=ann&eventType=three":
                [cls.events[2], cls.events[0]],
            "/events?username=ann&from=2000-01-01T00:00:00Z":
                cls.events[::-1]}

    @contextlib.contextmanager
    def slow_database(self):
        """It works for a tenth of the time."""
        stop = threading.Event()

        def hold():
            while not stop.is_set():
                self.stack.db.send(signal.SIGSTOP)
                time.sleep(0.1)
                self.stack.db.send(signal.SIGCONT)
                time.sleep(0.01)

        holder = Together([hold])
        try:
            yield
        finally:
            stop.set()
            holder.join()

    def test_pages_of_any_size_find_it(self):
        for target, expected in self.expected.items():
            self.assert_pages(self.one, target, expected, (1, 3, 1000))

    def test_a_page_that_takes_too_long_is_gone_on_with(self):
        for target, expected in self.expected.items():
            with self.subTest(target), self.slow_database():
                for _ in range(5):
                    pages = list(self.pages(self.one, target, 1000))
                    self.assertEqual(sum((p for p, _ in pages), []), expected)
                    if len(pages) > 1:
                        break
                self.assertGreater(len(pages), 1, "no page took too long")


class Generous(Chains):
    """Very many awards of each event."""

    @contextlib.contextmanager
    def events(self, app, count, awards):
        """Those of ann, while this lasts; the first is none of them."""
        rule, scale = (self.stack.sql_number(
            "SELECT id FROM %s WHERE application_id = %d" % (table, app.id))
            for table in ("rule", "point_scale"))
        one = Awards()
        one.list = [Award(rule, scale, 1, 1, 0)]
        before = "%d * (seq - 1)" % awards
        entries_before = "CHAR(%s, %s >> 28 & 127)" % (", ".join(
            "%s >> %d & 127 | 128" % (before, 7 * i) for i in range(4)),
            before)
        self.grow(
            app, "ann", count, "'many', CONCAT(%s, X'%s', REPEAT(X'%s', %d)),"
            " NULL" % (entries_before, uint(awards).hex(),
                       one.pack()[2:].hex(), awards))
        try:
            yield
        finally:
            self.stack.sql(
                "SET @own = %d; DELETE FROM event WHERE application_id = @own"
                " AND number > 1; UPDATE user SET events = 1, last_event ="
                " (SELECT id FROM event WHERE application_id = @own)"
                " WHERE application_id = @own" % app.id)

    def test_a_search_among_very_many_awards_harms_no_worker(self):
        app = self.app()
        app.rule("many", 1, "s")
        event, = self.post(app, [{"id": "e", "username": "ann",
                                  "eventType": "rare"}])
        for count, awards in ((30000, 260), (3000, 600)):
            with self.subTest(awards=awards), \
                    self.events(app, count, awards):
                with self.workers_unharmed():
                    self.assert_pages(
                        app, "/events?username=ann&eventType=rare", [event],
                        (10, 1000))
                    self.check_ledger(app, count * awards)

    def check_ledger(self, app, entries):
        """Its first pages."""
        for limit in (1, 1000):
            numbers = []
            for data, _ in self.pages(app, "/users/ann/ledger", limit):
                numbers += [entry["number"] for entry in data]
                if len(numbers) >= 3 * limit:
                    break
            self.assertEqual(numbers, list(range(
                entries, entries - len(numbers), -1)))
