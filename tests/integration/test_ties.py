"""Equal keys under a cursor, and contents that differ only late."""

from case import KINDS, StackTest, unique

DAY = "2024-05-0%d"


class Ties(StackTest):
    """Pages of 1, 2 and 3 have each item once, in the order of the whole."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.app()
        cls.one.rule(points=1)
        # Three moments, of which the second has most: whatever the page, one
        # ends between events of the same moment.
        for i in range(11):
            day = 1 if i < 2 else 2 if i < 9 else 3
            cls.one.event("tied-%d" % (i % 2),
                          timestamp=DAY % day + "T00:00:00Z")

    def assert_paged(self, target):
        whole = self.one.all(target)
        ids = [item["id"] for item in whole]
        self.assertEqual(len(ids), len(set(ids)))
        for limit in (1, 2, 3):
            self.assertEqual(self.one.all(target, limit), whole,
                             "%s, pages of %d" % (target, limit))
        return len(ids)

    def test_events_of_one_moment_are_each_on_one_page(self):
        period = "from=%sT00:00:00Z&to=%sT00:00:00Z"
        for target, count in (
                ("/events", 11), ("/events?username=tied-0", 6),
                ("/events?" + period % (DAY % 1, DAY % 4), 11),
                ("/events?" + period % (DAY % 2, DAY % 3), 7),
                ("/events?username=tied-1&"
                 + period % (DAY % 2, DAY % 3), 3)):
            with self.subTest(target):
                self.assertEqual(self.assert_paged(target), count)


class LongContents(StackTest):
    """An ETag is of the whole content."""

    def test_a_difference_at_the_end_is_another_etag(self):
        one = self.app()
        for collection, body, _ in KINDS:
            path = "%s/%s" % (collection, unique("late"))
            seen = {}
            for text in ("x" * 999, "x" * 998 + "y", "x" * 1000,
                         "x" * 999 + "y", "x" * 500):
                one.put(path, dict(body, description=text))
                etag = one.get(path).header("ETag")
                self.assertNotIn(etag, seen, path)
                seen[etag] = text
                r = one.get(path, headers={"If-None-Match": etag})
                self.assert_status(r, 304)
            for old in list(seen)[:-1]:
                r = one.get(path, headers={"If-None-Match": old})
                self.assert_status(r, 200)
                r = one.put(path, body, headers={"If-Match": old})
                self.assert_problem(r, 412, "precondition_failed")
