"""Cursors that belong elsewhere, or that nobody made."""

import base64

from chains import Chains, ledger_of
from client import segment


def cursor_of(text):
    """The cursor that a server would make of a place."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


class Cursors(Chains):
    """A cursor that belongs elsewhere, or that nobody made."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one, cls.two = cls.app(), cls.app()
        for app in (cls.one, cls.two):
            cls.make_rules(app)
        cls.users = cls().fill(cls.one, 60, ("ann", "bob"), seed=3)
        cls.others = cls().fill(cls.two, 60, ("ann", "bob"), seed=4)
        cls.rows = {name: [int(row[0]) for row in cls.stack.sql(
            "SELECT id FROM event WHERE application_id = %d AND username ="
            " '%s' ORDER BY number" % (cls.one.id, name))]
            for name in ("ann", "bob")}

    def get(self, app, target, cursor):
        mark = "&" if "?" in target else "?"
        return app.get("%s%slimit=1000&cursor=%s" % (target, mark,
                                                     segment(cursor)))

    def assert_shows_nothing(self, app, target, cursors):
        self.assertGreater(len(cursors), 10)
        for cursor in cursors:
            with self.subTest(target=target, cursor=cursor):
                r = self.get(app, target, cursor)
                if self.assert_status(r, 200, 400).status == 400:
                    self.assert_problem(r, 400, "invalid_cursor")
                else:
                    self.assertEqual(r.json,
                                     {"data": [], "nextCursor": None})

    def cursors(self, app, target):
        """Of all pages of one item or two."""
        return [cursor for limit in (1, 2)
                for _, cursor in self.pages(app, target, limit) if cursor]

    def test_a_ledger_s_cursor_shows_nothing_to_others(self):
        of_ann = self.cursors(self.one, "/users/ann/ledger")
        self.assert_shows_nothing(self.one, "/users/bob/ledger", of_ann)
        for name in ("ann", "bob"):
            self.assert_shows_nothing(self.two, "/users/%s/ledger" % name,
                                      of_ann)
        r = self.get(self.one, "/users/nobody/ledger", of_ann[0])
        self.assert_problem(r, 404, "user_not_found")

    def test_a_cursor_of_events_shows_nothing_to_others(self):
        of_ann = self.cursors(self.one, "/events?username=ann")
        for more in ("", "&eventType=one", "&from=2026-01-01T12:00:00Z"):
            self.assert_shows_nothing(
                self.one, "/events?username=bob" + more, of_ann)
            self.assert_shows_nothing(
                self.two, "/events?username=ann" + more, of_ann)

    def test_a_cursor_of_all_events_shows_a_user_the_own_alone(self):
        whole = self.users["ann"][::-1]
        for cursor in self.cursors(self.one, "/events"):
            data = self.assert_json(self.get(
                self.one, "/events?username=ann", cursor))["data"]
            self.assertEqual(data, whole[len(whole) - len(data):])

    def test_places_that_somebody_guessed(self):
        """Rows of ann, with any number behind them."""
        numbers = (-1, 0, 1, 5, 2 ** 63 - 1)
        places = [cursor_of("ledger:%d:%d" % (row, n))
                  for row in self.rows["ann"] for n in numbers]
        self.assert_shows_nothing(self.one, "/users/bob/ledger", places)
        self.assert_shows_nothing(self.two, "/users/ann/ledger", places)
        for i, row in enumerate(self.rows["ann"]):
            until = ledger_of(self.users["ann"][:i + 1])
            for n in numbers:
                data = self.assert_json(self.get(
                    self.one, "/users/ann/ledger",
                    cursor_of("ledger:%d:%d" % (row, n))))["data"]
                self.assertEqual(data, [e for e in until if e["number"] < n])
        self.assert_shows_nothing(
            self.one, "/events?username=bob",
            [cursor_of("events:%d" % row) for row in self.rows["ann"]])

    def test_what_is_no_place_is_400(self):
        long = "9" * 20
        for target, texts in (
                ("/users/ann/ledger", (
                    "ledger:", "ledger:1", "ledger:x:1", "ledger::1",
                    "ledger:1:x", "ledger:1:1:1", "ledger:1;1", "ledger:1: ",
                    "ledger:%s:1" % long, "ledger:1:%s" % long, "ledger",
                    "ledgers:1:1", "events:1", "eventsByTime:1:1")),
                ("/events?username=ann", (
                    "events:", "events:x", "events:1:1", "events:" + long,
                    "ledger:1:1", "eventsByTime:1:1")),
                ("/events?from=2026-01-01T00:00:00Z", (
                    "eventsByTime:", "eventsByTime:1", "eventsByTime:1:x",
                    "eventsByTime:1:%s" % long, "eventsByTime:x:1",
                    "events:1"))):
            for text in texts:
                with self.subTest(target=target, text=text):
                    self.assert_problem(
                        self.get(self.one, target, cursor_of(text)), 400,
                        "invalid_cursor")

    def test_places_where_nothing_is_are_no_fault_of_the_server(self):
        for text in ("0:0", "0:5", "-1:5", "1:1", "-1:-1",
                     "%d:%d" % (2 ** 63 - 1, 2 ** 63 - 1),
                     "%d:%d" % (-2 ** 63, -2 ** 63)):
            with self.subTest(text):
                r = self.get(self.one, "/users/ann/ledger",
                             cursor_of("ledger:" + text))
                if self.assert_status(r, 200, 400).status == 200:
                    whole, data = ledger_of(self.users["ann"]), r.json["data"]
                    self.assertEqual(data, whole[len(whole) - len(data):])
                first = text.split(":")[0]
                r = self.get(self.one, "/events?username=ann",
                             cursor_of("events:" + first))
                self.assertEqual(self.assert_json(r)["data"], [] if int(
                    first) != 2 ** 63 - 1 else self.users["ann"][::-1])
