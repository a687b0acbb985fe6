"""Collections: limit, cursor, Link, and query parameters."""

from urllib.parse import quote, urljoin

import client
from case import StackTest, unique
from client import segment


class Pages(StackTest):
    """Collections: limit, cursor, Link."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.app()
        cls.names = ["n%02d é" % i for i in range(7)]
        for name in cls.names:
            for path in ("/pointScales", "/badges"):
                cls.one.post(path, {"name": name})
            cls.one.post("/rules", {"name": name, "eventType": "e",
                                    "badge": name})
        cls.one.post("/events/batch", {"events": [
            {"id": name, "username": name, "eventType": "e"}
            for name in cls.names] + [
            {"id": "more%d" % i, "username": cls.names[0], "eventType": "e"}
            for i in range(6)]})
        cls.one.rule(event_type="l", scale="s")
        for _ in range(7):
            cls.one.event(username=cls.names[1], event_type="l")

    COLLECTIONS = (
        ("/pointScales", "name", 8), ("/badges", "name", 7),
        ("/rules", "name", 8), ("/users", "username", 7),
        ("/events", "id", 20),
        ("/events?username=" + quote("n00 é"), "id", 7),
        ("/users/%s/ledger" % segment("n01 é"), "number", 7),
    )

    def walk(self, target, limit):
        """All pages, by cursor, comparing Link on the way."""
        mark = "&" if "?" in target else "?"
        pages, where = [], "%s%slimit=%d" % (target, mark, limit)
        while where:
            r = self.one.get(where)
            page = self.assert_json(r)
            self.assertEqual(sorted(page), ["data", "nextCursor"])
            pages.append(page["data"])
            self.assertLess(len(pages), 30, "the pages do not end")
            link = r.header("Link")
            if page["nextCursor"] is None:
                self.assertIsNone(link)
                return pages
            self.assertIsInstance(page["nextCursor"], str)
            self.assertRegex(link, r'^<[^>]+>; rel="next"$')
            following = link[1:link.index(">")]
            self.assertNotIn("://", following)
            where = "%s%slimit=%d&cursor=%s" % (
                target, mark, limit, segment(page["nextCursor"]))
            by_link = client.request(
                self.stack.port, "GET",
                urljoin("/api/v1" + target, following),
                headers={"X-API-Key": self.one.secret})
            self.assertEqual(self.assert_json(by_link),
                             self.assert_json(self.one.get(where)))

    def test_pages_together_are_the_whole_without_repetition(self):
        for target, member, count in self.COLLECTIONS:
            whole = self.assert_json(self.one.get(target))
            self.assertIsNone(whole["nextCursor"], target)
            self.assertEqual(len(whole["data"]), count, target)
            for limit in (1, 3, count - 1, count, count + 1):
                with self.subTest(target=target, limit=limit):
                    pages = self.walk(target, limit)
                    self.assertEqual(sum(pages, []), whole["data"])
                    for page in pages[:-1]:
                        self.assertEqual(len(page), limit)
                    names = [d[member] for d in sum(pages, [])]
                    self.assertEqual(len(set(names)), count)

    def test_a_page_boundary_does_not_move_when_events_arrive(self):
        app = self.app()
        for i in range(6):
            app.event(id="e%d" % i)
        first = self.assert_json(app.get("/events?limit=3"))
        app.event(id="later")
        second = self.assert_json(app.get(
            "/events?limit=3&cursor=" + segment(first["nextCursor"])))
        self.assertEqual([d["id"] for d in first["data"] + second["data"]],
                         ["e5", "e4", "e3", "e2", "e1", "e0"])

    def test_the_default_limit_is_100_and_1000_is_allowed(self):
        app = self.app()
        app.post("/events/batch", {"events": [
            {"username": "u%d" % i, "eventType": "e"} for i in range(120)]})
        for target in ("/events", "/users"):
            self.assertEqual(
                len(self.assert_json(app.get(target))["data"]), 100)
            self.assertEqual(len(self.assert_json(
                app.get(target + "?limit=1000"))["data"]), 120)

    def test_an_empty_collection(self):
        app = self.app()
        for target in ("/pointScales", "/badges", "/rules", "/users",
                       "/events"):
            self.assertEqual(self.assert_json(app.get(target)),
                             {"data": [], "nextCursor": None})

    def test_bad_query_parameters_are_400(self):
        for target, _, _ in self.COLLECTIONS:
            mark = "&" if "?" in target else "?"
            for query in ("limit=0", "limit=1001", "limit=-1", "limit=",
                          "limit=ten", "limit=1.5", "limit=1e1",
                          "limit=99999999999999999999", "Limit=1",
                          "page=2", "limit=1&limit=2", "limit"):
                with self.subTest(target=target, query=query):
                    self.assert_problem(
                        self.one.get(target + mark + query), 400,
                        "invalid_query")

    def test_bad_cursors_are_400(self):
        for target, _, _ in self.COLLECTIONS:
            mark = "&" if "?" in target else "?"
            for cursor in ("x", "0", "-1", "%00", "é", "%27%20OR%201=1",
                           "a" * 3000, "////", "%FF"):
                with self.subTest(target=target, cursor=cursor[:20]):
                    r = self.one.get("%s%scursor=%s" % (
                        target, mark, quote(cursor, safe="%")))
                    self.assert_problem(r, 400, "invalid_cursor",
                                        "invalid_query")

    def test_unknown_query_parameters_are_400_everywhere(self):
        for method, target, body in (
                ("GET", "/application", None),
                ("GET", "/badges/n00%20%C3%A9", None),
                ("GET", "/users/n00%20%C3%A9", None),
                ("GET", "/events/more1", None),
                ("POST", "/badges", {"name": unique()}),
                ("POST", "/events", {"username": "u", "eventType": "e"}),
                ("POST", "/events/batch", {"events": []}),
                ("PUT", "/badges/" + unique(), {}),
                ("DELETE", "/rules/n00%20%C3%A9", None)):
            with self.subTest(method=method, target=target), \
                    self.nothing_applied():
                self.assert_problem(
                    self.one.call(method, target + "?typo=1", body), 400,
                    "invalid_query")
