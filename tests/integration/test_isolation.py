"""Isolation: what another application has, or a key may not see, is nothing.

Two applications have the same names everywhere.  Each request of the table in
isolation.py is tried with the other's key and with keys that are none, and the
answer must be the one for what never existed, to the byte.
"""

import random
import re
import subprocess
import time

import client
from case import metrics, unique
from client import segment
from isolation import (CLASSIC, KEYED, MARK, OPEN, OWN, REQUESTS, SECRET,
                       TABLE, V1, Pair, plain)
from stack import SqlSession


class OtherKeys(Pair):
    """Each request of the table with each sort of key."""

    def test_the_dump_has_a_row_of_every_table(self):
        """Else `untouched` would say nothing about some."""
        self.assertEqual({row[0] for row in self.rows_of(self.theirs)},
                         set(self.tables))
        self.assertEqual(set(self.tables), {
            "application", "application_time", "api_key", "point_scale",
            "badge", "rule", "rule_reference", "rule_revision", "user",
            "event"})

    def test_every_route_is_in_the_table(self):
        routes = subprocess.run(
            [self.stack.program("palmaresd"), "--routes"],
            capture_output=True, text=True, check=True).stdout
        self.assertEqual(
            sorted(tuple(line.split("\t")) for line in routes.splitlines()),
            sorted({(method, path) for method, path, _, _ in TABLE}))

    def test_the_other_s_things_are_what_never_was(self):
        for request in REQUESTS:
            here, gone = unique("here"), unique("gone")
            # Both names of one length, as Content-Length tells it.
            here, gone = here.ljust(12, "x"), gone.ljust(12, "x")
            self.fill(self.theirs, here, MARK)
            with self.subTest(request), self.untouched(self.theirs):
                answers = []
                for name in (gone, here):
                    r = request.call(self.mine, name)
                    self.assertLess(r.status, 500, repr(r))
                    self.assert_silent(r)
                    answers.append(plain(r, name))
                if request.template != "/metrics" and request.named:
                    self.assertEqual(*answers)

    def test_the_same_names_show_and_change_the_own_thing_alone(self):
        """Both have all that is asked for; each gets its own."""
        for request in REQUESTS:
            name = unique("both")
            self.fill(self.theirs, name, MARK)
            self.fill(self.mine, name, "mine")
            with self.subTest(request), self.untouched(self.theirs):
                r = request.call(self.mine, name)
                self.assertLess(r.status, 500, repr(r))
                self.assert_silent(r)
            if request.method == "GET" and request.access != OPEN:
                with self.subTest(request), \
                        self.untouched(self.theirs, self.mine):
                    self.assert_status(r, 200)
                    r = request.call(self.theirs, name)
                    self.assert_status(r, 200)
                    self.assert_silent(r, self.mine, '"mine"')

    def test_a_key_that_opens_nothing_tells_nothing(self):
        """Whatever is asked for: own, the other's, nobody's."""
        keys = {"revoked": self.revoked, "unknown": self.unknown,
                "malformed": "pm_sk_", "other malformed": "{'$ne': 1}",
                "hash-like": "a" * 64, "none": None}
        names = (OWN, "other-only", "nobody-has")
        self.fill(self.theirs, names[1], MARK)
        with self.untouched(self.theirs, self.mine):
            for request in KEYED:
                answers = {}
                for kind, key in keys.items():
                    for name in names:
                        r = request.send(self.stack.port, name, {
                            "Authorization": key and "Bearer " + key})
                        self.assert_silent(r)
                        answers.setdefault(kind == "none", []).append(
                            self.without_size(r, name))
                for none, found in answers.items():
                    with self.subTest(request, none=none):
                        self.assertEqual(found[0][0], 401)
                        for other in found[1:]:
                            self.assertEqual(other, found[0])

    @staticmethod
    def without_size(response, name):
        """For names that differ in length, one of which is the own one."""
        status, headers, body = plain(response, name)
        return (status, [h for h in headers if h[0] != "Content-Length"],
                body.replace(OWN.encode(), b"NAME"))

    def test_a_publishable_key_is_refused_alike_whatever_is_there(self):
        names = (OWN, "other-pub", "nobody-pub")
        self.fill(self.theirs, names[1], MARK)
        with self.untouched(self.theirs, self.mine):
            for request in KEYED:
                found = []
                for name in names:
                    r = request.call(self.mine, name, self.mine.publishable)
                    self.assert_silent(r)
                    found.append(self.without_size(r, name))
                with self.subTest(request):
                    if request.access == SECRET:
                        self.assertEqual(found[0][0], 403)
                        self.assertEqual(found[1], found[0])
                    else:
                        self.assertEqual(found[0][0], 200)
                    self.assertEqual(found[2], found[1])

    def test_open_routes_answer_all_keys_alike(self):
        for request in REQUESTS:
            if request.access != OPEN or request.template == "/metrics":
                continue
            answers = [plain(request.send(self.stack.port, OWN, headers), OWN)
                       for headers in (
                           {}, {"X-API-Key": self.mine.secret},
                           {"X-API-Key": self.theirs.secret},
                           {"X-API-Key": self.revoked},
                           {"Authorization": "Bearer x"})]
            with self.subTest(request):
                self.assertEqual(answers, [answers[0]] * len(answers))

    def test_of_two_keys_the_one_in_authorization_counts_alone(self):
        def both(request, bearer, other, name):
            return request.send(self.stack.port, name, {
                "Authorization": "Bearer " + bearer, "X-API-Key": other})

        for request in KEYED:
            here, gone = unique("two-h"), unique("two-g")
            here, gone = here.ljust(12, "x"), gone.ljust(12, "x")
            self.fill(self.theirs, here, MARK)
            with self.subTest(request), self.untouched(self.theirs):
                # Ours first: as if the other key were not there.
                answers = []
                for name in (gone, here):
                    r = both(request, self.mine.secret, self.theirs.secret,
                             name)
                    self.assert_silent(r)
                    self.assertLess(r.status, 500)
                    answers.append(plain(r, name))
                if request.named:
                    self.assertEqual(*answers)
            with self.subTest(request), \
                    self.untouched(self.theirs, self.mine):
                # No good one first: the second one does not save it.
                r = both(request, self.unknown, self.theirs.secret, here)
                self.assert_problem(r, 401, "key_unknown")
                r = both(request, self.revoked, self.theirs.secret, here)
                self.assert_problem(r, 401, "key_unknown")
                if request.access == SECRET:
                    r = both(request, self.mine.publishable,
                             self.theirs.secret, here)
                    self.assert_problem(r, 403, "key_forbidden")

    def test_a_header_twice_is_one_of_the_two_or_none(self):
        """nginx refuses it, or passes on both, or joins them."""
        with self.untouched(self.theirs, self.mine):
            for header in ("Authorization: Bearer ", "X-API-Key: "):
                for first, statuses in ((self.mine.secret, (200, 400, 401)),
                                        (self.unknown, (400, 401))):
                    data = "GET /api/v1/badges/%s HTTP/1.1\r\nHost: x\r\n" \
                        "Connection: close\r\n" % OWN
                    data += "".join(header + key + "\r\n" for key in (
                        first, self.theirs.secret))
                    r = self.raw(data.encode() + b"\r\n", end=False)
                    with self.subTest(header=header):
                        self.assert_silent(r)
                        self.assert_status(r, *statuses)


class Things(Pair):
    """Cursors, ETags, event ids, deletes, metrics."""

    COLLECTIONS = ("/pointScales", "/badges", "/rules", "/users", "/events",
                   "/events?username=ours", "/events?eventType=ours",
                   "/events?from=2000-01-01T00:00:00Z", "/users/ours/ledger")

    def pages(self, app, target):
        """The documents of a collection, and the cursors on the way."""
        mark = "&" if "?" in target else "?"
        documents, cursors, more = [], [], ""
        while more is not None:
            r = app.get("%s%slimit=1%s" % (target, mark, more))
            page = self.assert_json(r)
            documents += page["data"]
            cursor = page["nextCursor"]
            more = None
            if cursor is not None:
                cursors.append(cursor)
                more = "&cursor=" + segment(cursor)
                self.assertRegex(r.header("Link"), r"^</api/v1/")
                self.assertNotIn(MARK, r.header("Link"))
        return documents, cursors

    def test_a_cursor_of_the_other_gives_the_own_or_nothing(self):
        for app, text in ((self.theirs, MARK), (self.mine, "mine")):
            for i in range(3):      # in turn, so that ids interleave
                self.fill(app, unique("cursor"), text)
                app.event(OWN, OWN)
        for target in self.COLLECTIONS:
            mine, _ = self.pages(self.mine, target)
            theirs, cursors = self.pages(self.theirs, target)
            self.assertGreater(len(cursors), 2, target)
            mark = "&" if "?" in target else "?"
            statuses = set()
            for cursor in cursors:
                r = self.mine.get("%s%scursor=%s" % (target, mark,
                                                     segment(cursor)))
                statuses.add(r.status)
                self.assert_silent(r)
                with self.subTest(target=target):
                    data = self.assert_json(r)["data"]
                    # All of the own from some place on: no word of theirs,
                    # and none of the own left out on account of theirs.
                    self.assertEqual(data, mine[len(mine) - len(data):])
            self.assertEqual(statuses, {200}, target)

    def test_tags_of_the_other_are_no_tags_here(self):
        for path in ("/application", "/pointScales/ours", "/badges/ours",
                     "/rules/ours", "/events/ours", "/users/ours"):
            tag = self.assert_status(self.theirs.get(path),
                                     200).header("ETag")
            own = self.assert_status(self.mine.get(path), 200).header("ETag")
            self.assertNotEqual(tag, own, path)
            with self.subTest(path), self.untouched(self.theirs, self.mine):
                r = self.mine.get(path, headers={"If-None-Match": tag})
                self.assert_status(r, 200)
                self.assert_silent(r)
                if path.split("/")[1] in ("pointScales", "badges", "rules"):
                    for method, body in (("PUT", {}), ("DELETE", None)):
                        if path == "/rules/ours" and method == "PUT":
                            body = {"eventType": "x", "badge": OWN}
                        r = self.mine.call(method, path, body,
                                           headers={"If-Match": tag})
                        self.assert_problem(r, 412, "precondition_failed")

    def test_an_event_id_of_the_other_is_new_here(self):
        body = {"username": OWN, "eventType": OWN}
        for headers, more in (({}, {"id": "%s"}),
                              ({"Idempotency-Key": "%s"}, {})):
            name = unique("replay")
            headers = {k: v % name for k, v in headers.items()}
            sent = dict(body, **{k: v % name for k, v in more.items()})
            r = self.theirs.post("/events", sent, headers=headers)
            first = self.assert_json(r, 201)
            with self.subTest(headers), self.untouched(self.theirs):
                # The same content, then another: no replay and no conflict.
                r = self.mine.post("/events", dict(sent, username="another"),
                                   headers=headers)
                event = self.assert_json(r, 201)
                self.assertFalse(event["replayed"])
                self.assertEqual(event["id"], name)
                self.assert_silent(r)
                self.assert_problem(self.mine.post(
                    "/events", sent, headers=headers), 422,
                    "event_id_reused")
            r = self.theirs.post("/events", sent, headers=headers)
            again = self.assert_json(r, 200)
            self.assertTrue(again["replayed"])
            self.assertEqual(again["awards"], first["awards"])

    def test_a_batch_of_the_other_s_ids_is_new_here(self):
        ids = [unique("batch") for _ in range(20)]
        events = {"events": [{"id": i, "username": OWN, "eventType": OWN}
                             for i in ids]}
        for app in (self.theirs, self.mine):
            with self.untouched(*({self.theirs, self.mine} - {app})):
                r = app.post("/events/batch", events)
                self.assertEqual([e["status"] for e in
                                  self.assert_json(r)["results"]],
                                 [201] * len(ids))

    def test_what_the_other_uses_may_be_deleted_here(self):
        """A name in use there is no name in use here."""
        name = unique("used")
        self.fill(self.theirs, name, MARK)
        with self.untouched(self.theirs):
            for path in ("/pointScales/", "/badges/"):
                self.assert_status(self.mine.put(path + name, {}), 201)
                self.assert_status(self.mine.delete(path + name), 204)
                self.assert_problem(self.mine.delete(path + name), 404)
        for path in ("/pointScales/", "/badges/"):
            self.assert_problem(self.theirs.delete(path + name), 409)

    def test_an_app_key_in_a_body_opens_nothing(self):
        never = self.theirs.key + 10 ** 9
        for method, path, body in (
                ("POST", "/badges", {"name": "n"}),
                ("POST", "/pointScales", {"name": "n"}),
                ("POST", "/rules", dict(eventType="e", badge=OWN,
                                        name="n")),
                ("PUT", "/badges/ours", {}), ("PUT", "/pointScales/ours", {}),
                ("PUT", "/rules/ours", {"eventType": "e", "badge": OWN}),
                ("POST", "/events", {"username": "u", "eventType": "e"})):
            with self.subTest(method=method, path=path), \
                    self.untouched(self.theirs, self.mine):
                answers = []
                for key in (self.theirs.key, never):
                    r = self.mine.call(method, path, dict(body, appKey=key))
                    self.assert_invalid(r, {"/appKey": "other_application"})
                    answers.append(plain(r, str(key)))
                self.assertEqual(*answers)

    def test_metrics_and_the_log_have_no_names(self):
        name = unique("metric-name")
        self.fill(self.mine, name, MARK)
        self.mine.get("/badges/" + name)
        self.http("GET", "/api/v1/badges/" + name,
                  headers={"X-API-Key": self.unknown})
        self.assertTrue(metrics(self.stack))
        text = self.http("GET", "/metrics").body.decode()
        for word in (name, MARK, self.mine.name, self.theirs.name,
                     "pm_sk_", "pm_pk_", str(self.mine.secret)):
            self.assertNotIn(word, text)
        log = self.stack.log_since(0)
        self.assertIn(name, log)    # paths are in it, keys are not
        for key in (self.mine.secret, self.mine.publishable, self.revoked,
                    self.unknown, self.theirs.secret):
            self.assertNotIn(key[6:], log)


class ClassicWalls(Pair):
    """The classic interface, where an application without it is none."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plain_app = cls.app()       # the classic interface is off
        cls.give_long_key(cls.plain_app)
        cls.fill(cls.plain_app, OWN, MARK)
        cls.stack.change("classic", "autocreate", "no")

    @classmethod
    def tearDownClass(cls):
        cls.stack.change("classic", "autocreate", "yes")
        super().tearDownClass()

    def test_an_application_without_it_is_one_that_never_was(self):
        never = str(self.plain_app.key + 10 ** 9).encode()
        off = str(self.plain_app.key).encode()
        with self.untouched(self.plain_app, self.theirs, self.mine):
            for request in REQUESTS:
                if request.access != CLASSIC:
                    continue
                answers = []
                for key in (off, never):
                    r = request.send(self.stack.port, OWN,
                                     {"appKey": key.decode()})
                    self.assert_status(r, 400)
                    self.assertNotIn(MARK.encode(), r.body)
                    answers.append(OtherKeys.without_size(r, key.decode()))
                with self.subTest(request):
                    self.assertEqual(*answers)
        self.assertEqual(self.stack.sql_number(
            "SELECT COUNT(*) FROM application WHERE app_key = "
            + never.decode()), 0)

    def test_app_keys_that_are_none_are_refused(self):
        with self.untouched(self.plain_app, self.theirs, self.mine):
            for request in REQUESTS:
                if request.access != CLASSIC or request.method not in (
                        "GET", "PUT"):
                    continue
                for key in (None, "", "x", "1 2", "0x1", "1e0", "-1", "0",
                            "%d,%d" % (self.mine.key, self.theirs.key),
                            "9" * 40, self.mine.secret):
                    body = {"name": OWN} if request.method == "PUT" else None
                    path = re.sub(r"\{\w+\}", OWN, request.template)
                    r = self.http(request.method, path, body,
                                  {"appKey": key})
                    with self.subTest(request, key=key):
                        self.assert_status(r, 400)
                        self.assert_silent(r)

    def test_header_and_body_do_not_mix(self):
        """The place that counts is the one of the method, alone."""
        with self.untouched(self.theirs):
            r = self.http("POST", "/api/badges", {
                "name": unique("mixed"), "appKey": self.mine.key},
                {"appKey": str(self.theirs.key)})
            self.assert_status(r, 202)
            r = self.http("PUT", "/api/badges/ours", {
                "name": OWN, "description": "mixed",
                "appKey": self.theirs.key}, {"appKey": str(self.mine.key)})
            self.assert_silent(r)
            r = self.http("DELETE", "/api/rules", {
                "name": OWN, "appKey": self.mine.key},
                {"appKey": str(self.theirs.key)})
            self.assert_status(r, 202)


class Timing(Pair):
    """A 404 takes as long for what another has as for what nobody has.

    Two things are measured.  What the database does for a request is counted,
    which no load on the machine changes: statements, and rows that it looks
    for.  And time, for what the daemon does by itself: each measurement is the
    fastest of some requests straight to the daemon; measurements of the two
    sorts take turns.  The statistic is the chance that one of the one sort
    takes longer than one of the other (Mann and Whitney's U divided by its
    greatest value): 0.5 if they are alike, with a standard deviation of 0.04
    for 100 measurements.
    """

    MEASUREMENTS, EACH = 100, 5
    LIMIT = 0.28    # off 0.5: seven standard deviations
    # The smallest difference that goes beyond it, had by adding one to what
    # was measured: 10 µs of some 300 µs on two cores at rest, 30 to 100 µs
    # where others want them too.

    COUNTED = {"statements": ("COM_STMT_EXECUTE",),
               "rows": ("HANDLER_READ_FIRST", "HANDLER_READ_KEY",
                        "HANDLER_READ_LAST", "HANDLER_READ_NEXT",
                        "HANDLER_READ_PREV", "HANDLER_READ_RND",
                        "HANDLER_READ_RND_NEXT")}
    # Of the own ones that exist: a statement more than for those that do not.
    MORE_WORK = ("/events/{n}", "/users/{n}/ledger")

    TARGETS = ("/pointScales/{n}", "/badges/{n}", "/rules/{n}",
               "/events/{n}", "/users/{n}", "/users/{n}/ledger",
               "/pointScales/{n}/users/ours", "/pointScales/ours/users/{n}")

    def setUp(self):
        self.looker = SqlSession(self.stack)
        self.addCleanup(self.looker.close)

    def params(self, method, target):
        """The requests of the two sorts."""
        return {name: client.params_of(
            method, V1 + target.replace("{n}", self.names[name]),
            headers={"X-API-Key": self.mine.secret})
            for name in ("here", "gone")}

    def counters(self):
        status = dict(self.looker.run(
            "SELECT variable_name, variable_value FROM"
            " information_schema.global_status WHERE variable_name LIKE"
            " 'HANDLER_READ%' OR variable_name = 'COM_STMT_EXECUTE'"))
        return {what: sum(int(status[name]) for name in names)
                for what, names in self.COUNTED.items()}

    def work(self, params, status):
        """What the database does for a request: the least of some tries, for
        palmaresd asks for itself as well, now and then."""
        least = {}
        for _ in range(self.EACH):
            before = self.counters()
            r = client.fcgi(self.stack.socket, params)
            after = self.counters()
            self.assertEqual(r.status, status)
            for what in self.COUNTED:
                done = after[what] - before[what]
                least[what] = min(done, least.get(what, done))
        return least

    def seconds(self, params, status):
        best = None
        for _ in range(self.EACH):
            start = time.perf_counter()
            r = client.fcgi(self.stack.socket, params)
            taken = time.perf_counter() - start
            self.assertEqual(r.status, status)
            best = taken if best is None else min(best, taken)
        return best

    def chance(self, method, target):
        """How often what is here takes longer."""
        sorts = self.params(method, target)
        found = {"here": [], "gone": []}
        for _ in range(self.MEASUREMENTS):
            for name in random.sample(sorted(sorts), 2):
                found[name].append(self.seconds(sorts[name], 404))
        wins = sum((a > b) + (a == b) / 2
                   for a in found["here"] for b in found["gone"])
        return wins / self.MEASUREMENTS ** 2

    def test_the_measurement_sees_a_statement_more(self):
        """Else it would say nothing that it sees no difference below."""
        self.names = {"here": "timing-own", "gone": "timing-gone"}
        self.fill(self.mine, "timing-own", "mine")
        for target in self.MORE_WORK:
            sorts = self.params("GET", target)
            here = self.work(sorts["here"], 200)
            gone = self.work(sorts["gone"], 404)
            with self.subTest(target=target):
                for what in self.COUNTED:
                    self.assertGreater(here[what], gone[what])

    def test_a_404_takes_as_long_wherever_it_exists(self):
        self.names = {"here": "timing-here", "gone": "timing-gone"}
        self.fill(self.theirs, "timing-here", MARK)
        for method, targets in (("GET", self.TARGETS),
                                ("DELETE", self.TARGETS[:3])):
            for target in targets:
                sorts = self.params(method, target)
                here, gone = (self.work(sorts[name], 404)
                              for name in ("here", "gone"))
                chance = self.chance(method, target)
                with self.subTest(method=method, target=target):
                    self.assertEqual(here, gone)
                    self.assertLess(abs(chance - 0.5), self.LIMIT)
