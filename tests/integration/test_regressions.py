"""What a review of the core found, a test for each: none may come back."""

import contextlib
import os
import signal
import threading
import time
from urllib.parse import urlencode

import client
from case import KINDS, StackTest, unique
from client import Together, at_once, timed
from stack import WORKERS, wait_until
from test_database import IN_TIME, DatabaseTest
from test_retry import Foreign

CONNECTIONS = ("SELECT id FROM information_schema.processlist"
               " WHERE user = 'palmares'")


class Regressions(StackTest):
    """Helpers of the classes below."""

    @contextlib.contextmanager
    def workers_unharmed(self):
        """No worker ends, and so none is replaced."""
        before = self.stack.worker_pids()
        self.assertEqual(len(before), WORKERS)
        yield
        self.assertEqual(self.stack.worker_pids(), before,
                         "a worker has ended")

    def wait_workers(self, old, seconds=20):
        """Until the full number of workers is there, none of the old."""
        def fresh():
            pids = self.stack.worker_pids()
            return len(pids) == WORKERS and not set(pids) & set(old)
        wait_until(fresh, seconds, "%d new workers" % WORKERS)

    def make_rules(self, app, names, **more):
        """Rules of one event type, a point each; on one connection."""
        headers = {"X-API-Key": app.secret}
        with client.Connection(self.stack.port) as connection:
            for name in names:
                r = connection.request("POST", "/api/v1/rules", dict(
                    {"name": name, "eventType": "review", "points": 1,
                     "pointScale": "s"}, **more), headers)
                self.assert_status(r, 201)

    def batch(self, app, events):
        return app.post("/events/batch", {"events": events})

    def statuses(self, response):
        return [r["status"] for r in self.assert_json(response)["results"]]


class Sizes(Regressions):
    """Bodies whose answer is far larger than they are."""

    def test_very_many_faults_under_a_very_long_pointer_kill_no_worker(self):
        body = '{"%s":[%s]}' % ("x" * 100000, ",".join(["1e999"] * 26000))
        self.assertLess(len(body), 256 * 1024)
        one = self.app()
        key = {"X-API-Key": one.secret}
        routes = [("POST", "/api" + p, None) for p in (
            "/badges", "/pointScales", "/rules", "/events")]
        routes += [("POST", "/api/v1" + p, key) for p in (
            "/badges", "/pointScales", "/rules", "/events", "/events/batch")]
        routes += [("PUT", "/api/v1%s/n" % p, key) for p, _, _ in KINDS]
        routes.append(("PUT", "/api/badges/n",
                       {"appKey": str(self.app(classic=True).key)}))
        for method, path, headers in routes:
            with self.subTest("%s %s" % (method, path)):
                with self.workers_unharmed(), self.nothing_applied():
                    r = self.http(method, path, body, headers)
                    self.assertIn(r.status, (400, 422), repr(r))
                    self.assert_problem(r, r.status)

    def test_a_batch_with_very_many_faults_is_refused_truly_or_answered(self):
        """Never a refusal while the one valid event is stored."""
        one = self.app()
        one.rule()
        members = {
            "many short names": {"m%03d" % i: 1 for i in range(150)},
            "names that grow": {"~" * 32 + "%02d" % i: 1 for i in range(100)},
            "more values than a body may have": {
                "m%03d" % i: 1 for i in range(340)},
            "some long names": {("%02d" % i) * 60: 1 for i in range(30)},
            "one long name": {"x" * 3500: 1},
            "names that need escapes": {"~/\"\\" * 9 + "%02d" % i: 1
                                        for i in range(60)},
        }
        for what, unknown in members.items():
            for place in (0, 999):
                with self.subTest(what, place=place), self.workers_unharmed():
                    name = unique("sole")
                    events = [dict(unknown, username="u", eventType="e")
                              for _ in range(999)]
                    events.insert(place, {"id": name, "username": name,
                                          "eventType": "review"})
                    self.check_truth(one, events, place)

    def check_truth(self, one, events, place):
        name = events[place]["id"]
        r = self.batch(one, events)
        stored = self.assert_status(one.get("/events/" + name), 200, 404)
        if r.status == 200:
            expected = [422] * 999
            expected.insert(place, 201)
            self.assertEqual(self.statuses(r), expected)
            self.assertEqual(stored.status, 200)
            self.assertEqual(one.points(name), 10)
        elif r.status == 503:
            if r.json["code"] == "database_unavailable":    # too slow here
                self.assertEqual(stored.status, 404)
                return
            self.assert_problem(r, 503, "outcome_unknown")
            self.assert_status(one.post("/events", events[place]), 200, 201)
            self.assertEqual(one.points(name), 10)
        else:
            self.assertIn(r.status, (400, 413), repr(r))
            self.assert_problem(r, r.status, "invalid_json",
                                "body_too_large")
            self.assert_problem(stored, 404, "event_not_found")
            self.assert_status(one.get("/users/" + name), 404)

    def test_a_batch_with_too_many_awards_to_answer_applies_nothing(self):
        one = self.app()
        self.make_rules(one, ["\U0001F3C5" * 99 + chr(0x10000 + i)
                              for i in range(170)])
        events = [{"id": "e%d" % i, "username": "u%d" % (i % 7),
                   "eventType": "review"} for i in range(1000)]
        with self.workers_unharmed():
            with self.nothing_applied():
                self.assert_problem(self.batch(one, events), 413,
                                    "body_too_large")
            # The same events in smaller portions are welcome.
            self.assertEqual(self.statuses(self.batch(one, events[:10])),
                             [201] * 10)
        self.assertEqual(one.points("u0", "s"), 2 * 170)
        self.assertEqual(one.rows("event"), 10)

    def test_a_batch_with_very_many_awards_is_applied(self):
        one = self.app()
        self.make_rules(one, ["r%d" % i for i in range(300)])
        with self.workers_unharmed():
            r = self.batch(one, [
                {"id": "e%d" % i, "username": "u", "eventType": "review"}
                for i in range(300)])
            self.assertEqual(self.statuses(r), [201] * 300)
        for result in r.json["results"]:
            self.assertEqual(len(result["event"]["awards"]), 300)
        self.assertEqual(one.points("u", "s"), 300 * 300)
        self.assertEqual(one.rows("ledger"), 300 * 300)

    def test_an_event_is_compared_with_a_large_stored_one(self):
        one = self.app()
        one.rule()
        large = {"p%02d" % i: chr(97 + i % 26) * 3200 for i in range(64)}
        body = {"id": "large", "username": "u", "eventType": "review",
                "timestamp": "2026-11-22T09:00:00Z", "properties": large}
        first = one.event(**{k: v for k, v in body.items() if k not in (
            "username", "eventType")}, username="u", event_type="review")
        self.assertEqual(first["properties"], large)
        others = {
            "short": {"stars": 5}, "none": {}, "an array": ["stars"],
            "the last character": dict(large, p63=large["p63"][:-1] + "?"),
            "one less": {k: v for k, v in large.items() if k != "p63"},
        }
        for what, properties in others.items():
            with self.subTest(what), self.nothing_applied():
                other = dict(body, properties=properties)
                self.assert_problem(one.post("/events", other), 422,
                                    "event_id_reused")
                result, = self.assert_json(self.batch(one, [other]))[
                    "results"]
                self.assert_problem_document(result["problem"], 422,
                                             "event_id_reused")
        again = self.assert_json(one.post("/events", body), 200)
        self.assertEqual(again, dict(first, replayed=True))
        self.assertEqual(self.statuses(self.batch(one, [body])), [200])
        self.assertEqual(one.points("u"), 10)


class Values(Regressions):
    """Single members that were taken for something else."""

    def test_a_classic_timestamp_of_any_length_is_kept_as_sent(self):
        one = self.app(classic=True)
        one.rule()
        for sent in ("é" * 1000, "é" * 127, "é" * 128, "x" + "é" * 999,
                     "\U0001F3C5" * 1000, "x" * 1000, ""):
            with self.subTest(length=len(sent), begins=sent[:2]):
                user = unique("classic")
                r = one.classic("POST", "/events", {
                    "username": user, "eventType": "review",
                    "timestamp": sent, "properties": []})
                self.assert_status(r, 202)
                event, = self.assert_json(
                    one.get("/events?username=" + user))["data"]
                self.assertEqual(event["timestampAsSent"], sent)
                self.assertEqual(one.points(user), 10)
        with self.nothing_applied():
            self.assert_invalid(one.classic("POST", "/events", {
                "username": "u", "eventType": "review",
                "timestamp": "é" * 1001, "properties": []}),
                {"/timestamp": "too_long"}, 400)

    def test_the_image_of_a_badge_within_a_rule_is_checked_as_well(self):
        one = self.app(classic=True)
        self.make_rules(one, ["there"])
        for url in ("javascript:alert(1)", "JavaScript:alert(1)",
                    "data:text/html,x", "\tjavascript:alert(1)"):
            body = {"eventType": "e", "badge": {"name": "evil",
                                                "imageUrl": url}}
            for method, path, more in (("POST", "/rules", {"name": "new"}),
                                       ("PUT", "/rules/new", {}),
                                       ("PUT", "/rules/there", {})):
                with self.subTest(url, method=method, path=path), \
                        self.nothing_applied():
                    self.assert_invalid(
                        one.call(method, path, dict(body, **more)),
                        {"/badge/imageUrl": None})
        # The classic interface knows no images: ignored, or refused.
        one.classic("POST", "/rules", {
            "name": "classic", "description": "d", "eventType": "e",
            "numberOfTimesToGetTheAward": 1,
            "badge": {"name": "evil", "description": "d",
                      "imageUrl": "javascript:alert(1)"}})
        self.assertNotIn(b"javascript", one.get("/badges").body)

    def test_a_property_is_not_cut_short_at_a_nul(self):
        one = self.app(classic=True)
        one.rule(property="verified")
        control = one.event("control", properties=["verified"])
        self.assertEqual(len(control["awards"]), 1)
        for properties in (["verified\0zzz"], ["verified\0"],
                           ["x", "verified\0zzz"], {"verified\0zzz": True},
                           {"verified\0": 1}):
            with self.subTest(properties=properties):
                user = unique("nul")
                r = self.assert_status(one.post("/events", {
                    "username": user, "eventType": "review",
                    "properties": properties}), 201, 400, 422)
                if r.status == 201:
                    self.assertEqual(r.json["awards"], [])
                if isinstance(properties, list):
                    self.assert_status(one.classic("POST", "/events", {
                        "username": user, "eventType": "review",
                        "timestamp": "t", "properties": properties}), 400)
                self.assertEqual(self.stack.sql_number(
                    "SELECT COUNT(*) FROM ledger l JOIN user u ON u.id ="
                    " l.user_id WHERE u.username = '%s'" % user), 0)
        self.assertEqual(one.rows("ledger"), 1)


class Keys(Regressions):
    """A revoked key, where the workers still remember it."""

    def warm(self, one, key):
        """Let every worker see the key."""
        for _ in range(3):
            for r in at_once([lambda: one.post("/events", {
                    "username": "u", "eventType": "review"}, key=key)] * 16):
                self.assert_status(r, 201)

    def test_a_revoked_key_lets_nothing_in_whatever_is_sent(self):
        one = self.app()
        one.rule()
        good = {"username": "u", "eventType": "review"}
        bad = {"username": "", "eventType": 5}
        cases = {
            "an invalid event": ("/events", bad),
            "an event that is no JSON": ("/events", "{"),
            "an empty batch": ("/events/batch", {"events": []}),
            "a batch of invalid events": ("/events/batch",
                                          {"events": [bad] * 3}),
            "a valid event": ("/events", good),
            "a batch of valid events": ("/events/batch",
                                        {"events": [good] * 3}),
        }
        for what, (path, body) in cases.items():
            with self.subTest(what):
                key = one.new_key()
                self.warm(one, key["key"])
                rc, out, err, _ = self.stack.ctl(
                    "key", "revoke", one.name, str(key["id"]))
                self.assertEqual(rc, 0, out + err)
                with self.nothing_applied():
                    for r in at_once([lambda: one.post(
                            path, body, key=key["key"])] * 16):
                        self.assert_problem(r, 401, "key_unknown")
                        self.assertEqual(r.header("WWW-Authenticate"),
                                         "Bearer")


class Races(Regressions):
    """Two requests for one thing."""

    def test_put_and_delete_of_the_same_thing_do_not_trip_each_other(self):
        one = self.app()
        for path, body, _ in KINDS:
            with self.subTest(path):
                puts, deletes = self.put_and_delete(one, path + "/same",
                                                    body, 2)
                self.assertLessEqual(set(puts), {200, 201})
                self.assertLessEqual(set(deletes), {204, 404})
                # They did meet: neither had the thing to itself.
                self.assertIn(201, puts[1:])
                self.assertIn(204, deletes)

    def put_and_delete(self, one, path, body, seconds):
        """The statuses of as many as two threads get done."""
        end = time.monotonic() + seconds

        def loop(method, body):
            statuses = []
            while time.monotonic() < end:
                statuses.append(one.call(method, path, body).status)
            return statuses
        return at_once([lambda: loop("PUT", body),
                        lambda: loop("DELETE", None)])


class Signals(Regressions):
    """Signals that did harm, or left something behind."""

    def kill_hung_workers(self):
        """So that the tests after a failed one have a stack that works."""
        try:
            client.request(self.stack.port, "GET", "/readyz", timeout=3)
        except OSError:
            for pid in self.stack.worker_pids():
                os.kill(pid, signal.SIGKILL)
        self.stack.heal()

    def test_a_worker_with_sigusr1_goes_on_and_can_be_replaced(self):
        self.addCleanup(self.kill_hung_workers)
        one = self.app()
        with self.workers_unharmed():
            for _ in range(2):
                for pid in self.stack.worker_pids():
                    os.kill(pid, signal.SIGUSR1)
                params = client.params_of("GET", "/healthz")
                for r in at_once([lambda: client.fcgi(
                        self.stack.socket, params, timeout=5)] * 150):
                    self.assertEqual(r.status, 200)
                for event in at_once([one.event] * 20):
                    self.assertFalse(event["replayed"])
        pids = self.stack.worker_pids()
        for pid in pids:
            os.kill(pid, signal.SIGUSR1)
        self.stack.daemon.send(signal.SIGHUP)
        self.wait_workers(pids)
        self.stack.wait_ready()

    def test_the_socket_file_goes_with_the_daemon_also_after_two_hups(self):
        try:
            for _ in range(2):
                pids = self.stack.worker_pids()
                self.stack.daemon.send(signal.SIGHUP)
                self.wait_workers(pids)
            self.assertTrue(os.path.exists(self.stack.socket))
            self.assertEqual(self.stack.daemon.stop(), 0)
            self.assertFalse(os.path.lexists(self.stack.socket))
        finally:
            self.stack.heal()
        self.app().event()


class Locks(Regressions, Foreign):
    """One user held by somebody else, for less than the deadline."""

    def test_neighbours_of_a_locked_user_are_answered_without_a_retry(self):
        for what in ("known users", "new users"):
            with self.subTest(what):
                locked = unique("locked")
                self.one.event(locked)
                others = [unique("n") for _ in range(30)]
                before = 0
                if what == "known users":
                    before = 10
                    for name in others:
                        self.one.event(name)
                self.post_around(locked, others)
                for name in others:
                    self.assertEqual(self.one.points(name), before + 10)

    def post_around(self, locked, others):
        bodies = [{"id": unique("e"), "username": u, "eventType": "review"}
                  for u in [locked] + others]
        session = self.session()
        session.run(self.lock_user(locked))
        begin = time.monotonic()
        sent = Together([lambda: self.one.post("/events", bodies[0])])
        rest = at_once([timed(lambda b=b: self.one.post("/events", b))
                        for b in bodies[1:]])
        # They have their answers while the lock is still held.
        for response, seconds in rest:
            self.assert_status(response, 201)
            self.assertLess(seconds, IN_TIME)
        time.sleep(max(0, begin + 1.5 - time.monotonic()))
        session.run("ROLLBACK")
        held, = sent.join()
        if held.status != 201:
            self.assert_problem(held, 503)
        again = self.one.post("/events", bodies[0])
        self.assert_status(again, *((200,) if held.status == 201
                                    else (200, 201)))
        self.assertEqual(again.json["awards"][0]["balance"], 20)
        self.assertEqual(self.one.points(locked), 20)
        self.assertEqual(self.one.user(locked)["events"], 2)


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


class Database(Regressions, DatabaseTest):
    """Connections that are gone, and a database that says nothing."""

    def test_pages_are_read_on_connections_that_were_killed(self):
        for i in range(6):
            self.one.event("u%d" % i)
            self.one.event("known")
        self.make_rules(self.one, ["a", "z"], badge="c")
        targets = []
        for path in ("/events?limit=2", "/events?limit=2&username=known",
                     "/events?limit=2&from=2020-01-01T00:00:00Z",
                     "/users?limit=2", "/users/known/ledger?limit=2",
                     "/rules?limit=1", "/badges?limit=1",
                     "/pointScales?limit=1"):
            first = self.assert_json(self.one.get(path))
            self.assertTrue(first["nextCursor"], path)
            targets += [path, path + "&" + urlencode(
                {"cursor": first["nextCursor"]})]
        expected = [self.assert_json(self.one.get(t)) for t in targets]
        # Every connection must have been in use with these statements.
        at_once([lambda t=t: self.one.get(t) for t in targets * 3])
        for _ in range(3):
            ids = [row[0] for row in self.stack.sql(CONNECTIONS)]
            self.assertTrue(ids)
            self.stack.sql(";".join("KILL CONNECTION " + i for i in ids))
            answers = at_once([timed(lambda t=t: self.one.get(t))
                               for t in targets])
            for target, page, (r, seconds) in zip(targets, expected,
                                                  answers):
                with self.subTest(target):
                    self.assertEqual(self.assert_json(r), page)
                    self.assertLess(seconds, IN_TIME)

    def test_a_crowd_before_a_silent_database_is_answered_in_time(self):
        """More than there are threads: nobody waits for others' waits."""
        bodies = self.bodies(200)
        jobs = []
        for i, body in enumerate(bodies):
            jobs.append(timed(lambda b=body: self.one.post("/events", b)))
            if i % 2:
                jobs.append(timed(lambda t=("/users/known", "/rules",
                                            "/events?limit=5", "/badges/b")[
                    i // 2 % 4]: self.one.get(t)))
        self.assertEqual(len(jobs), 300)
        stack_size = threading.stack_size(256 * 1024)
        self.stack.db.send(signal.SIGSTOP)
        try:
            answers = at_once(jobs)
        finally:
            self.stack.db.send(signal.SIGCONT)
            threading.stack_size(stack_size)
        for response, _ in answers:
            self.assert_problem(response, 503)
        self.wait_recovered()
        self.assert_settled(bodies)
        self.assertEqual(self.one.user("known")["events"], 1)
        late = sorted(seconds for _, seconds in answers if seconds > IN_TIME)
        self.assertEqual(len(late), 0, "of 300 answers, %d took more than"
                         " %g s, up to %.2f s" % (
                             len(late), IN_TIME, max(late, default=0)))
