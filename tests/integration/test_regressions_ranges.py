"""What a review found: pages of the events between two times."""

from urllib.parse import urlencode

from regressions import Regressions


class Ranges(Regressions):
    """GET /events between two times."""

    RANGE = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.app()
        cls.sent = {}       # id: (timestamp, username) of those in the range
        # Neither sorted nor reversed as they come, nine of them equal, one
        # at the very beginning.
        minutes = [(i * 7) % 25 for i in range(25)]
        for i, minute in enumerate(minutes):
            minute = 12 if 8 <= minute <= 16 else minute
            cls.send("in-%d" % i, "2026-03-01T00:%02d:00.000000Z" % minute,
                     "u%d" % (i % 2))
            if i % 5 == 0:
                for day in ("2026-02-28", "2026-03-02"):
                    cls.one.event("u0", id="out-%s-%d" % (day, i),
                                  timestamp=day + "T00:00:00Z")

    @classmethod
    def send(cls, name, timestamp, username):
        cls.one.event(username, id=name, timestamp=timestamp)
        cls.sent[name] = (timestamp, username)

    def page(self, **query):
        return self.one.get("/events?" + urlencode(query))

    def pages(self, **query):
        """All pages of a list, which must be full but for the last."""
        pages, cursor = [], {}
        while True:
            answer = self.assert_json(self.page(limit=10, **query, **cursor))
            pages.append(answer["data"])
            if answer["nextCursor"] is None:
                break
            self.assertEqual(len(answer["data"]), 10)
            self.assertLess(len(pages), 20, "the pages never end")
            cursor = {"cursor": answer["nextCursor"]}
        return pages

    def test_a_range_is_paged_through_newest_timestamp_first(self):
        within = {n: t for n, (t, _) in self.sent.items()}
        of_u1 = {n: t for n, (t, u) in self.sent.items() if u == "u1"}
        for query, expected in (
                (self.RANGE, within),
                (dict(self.RANGE, eventType="review"), within),
                (dict(self.RANGE, username="u1"), of_u1)):
            with self.subTest(query=query):
                pages = self.pages(**query)
                self.assertEqual(len(pages), -(-len(expected) // 10))
                rows = [e for page in pages for e in page]
                self.assertEqual(sorted(e["id"] for e in rows),
                                 sorted(expected))
                # Of one user, the newest received comes first.
                order = "receivedAt" if "username" in query else "timestamp"
                keys = [e[order] for e in rows]
                self.assertEqual(keys, sorted(keys, reverse=True))
                self.assertEqual({e["id"]: e["timestamp"] for e in rows},
                                 expected)

    def test_half_a_range_misses_nothing_and_repeats_nothing(self):
        for query, outside in (({"from": self.RANGE["from"]}, "2026-03-02"),
                               ({"to": self.RANGE["to"]}, "2026-02-28")):
            with self.subTest(query=query):
                rows = [e for page in self.pages(**query) for e in page]
                self.assertEqual(
                    sorted(e["id"] for e in rows),
                    sorted(list(self.sent) + ["out-%s-%d" % (outside, i)
                                              for i in range(0, 25, 5)]))
                times = [e["timestamp"] for e in rows]
                self.assertEqual(times, sorted(times, reverse=True))

    def test_a_cursor_of_the_one_order_is_refused_in_the_other(self):
        ranges = [{}, self.RANGE, {"from": self.RANGE["from"]},
                  {"to": self.RANGE["to"]}]
        for more in ({}, {"eventType": "review"}):
            for one in ranges:
                answer = self.assert_json(self.page(limit=2, **one, **more))
                cursor = answer["nextCursor"]
                self.assertTrue(cursor)
                for other in ranges:
                    r = self.page(cursor=cursor, **other, **more)
                    with self.subTest(of=one, at=other, more=more):
                        if bool(one) != bool(other):
                            self.assert_problem(r, 400, "invalid_cursor")
                        elif one == other:
                            self.assert_json(r)
