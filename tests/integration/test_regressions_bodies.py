"""What a review found: bodies that grow, and members taken for others."""

from case import KINDS, unique
from regressions import Regressions


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
                problem = self.assert_problem(
                    self.batch(one, events), 413, "body_too_large")
                self.assertIn("fewer events", problem["detail"])
            # The same events in smaller portions are welcome.
            self.assertEqual(self.statuses(self.batch(one, events[:10])),
                             [201] * 10)
        self.assertEqual(one.points("u0", "s"), 2 * 170)
        self.assertEqual(one.rows("event"), 10)

    def test_rules_that_do_not_fire_do_not_count_in_an_answer(self):
        one = self.app()
        names = ["\U0001F3C5" * 99 + chr(0x10000 + i) for i in range(170)]
        self.make_rules(one, names[:85], enabled=False)
        self.make_rules(one, names[85:], property="never")
        events = [{"id": "e%d" % i, "username": "u", "eventType": "review"}
                  for i in range(1000)]
        with self.workers_unharmed():
            r = self.batch(one, events)
            self.assertEqual(self.statuses(r), [201] * 1000)

    def test_a_batch_is_a_replay_whatever_rules_there_are_now(self):
        one = self.app()
        events = [{"id": "e%d" % i, "username": "u", "eventType": "review"}
                  for i in range(1000)]
        first = self.batch(one, events)
        self.assertEqual(self.statuses(first), [201] * 1000)
        self.make_rules(one, ["\U0001F3C5" * 99 + chr(0x10000 + i)
                              for i in range(170)])
        with self.workers_unharmed():
            again = self.batch(one, events)
            self.assertEqual(self.statuses(again), [200] * 1000)

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
        self.assertEqual(one.entries(), 300 * 300)

    def test_a_batch_whose_answer_is_full_of_escapes_is_answered(self):
        one = self.app()
        self.make_rules(one, ['"' * 98 + "%02d" % i for i in range(50)],
                        pointScale='"' * 100)
        events = [{"id": "e%d" % i, "username": "u", "eventType": "review"}
                  for i in range(800)]
        with self.workers_unharmed():
            for _ in range(5):      # a slow machine may need longer than 2 s
                r = self.batch(one, events)
                if r.status == 200:
                    break
            self.assertLessEqual(set(self.statuses(r)), {200, 201})
        self.assertGreater(len(r.body), 17 * 1024 * 1024)
        self.assertEqual(one.entries(), 50 * 800)

    def test_a_list_that_no_answer_could_hold_ends_its_pages_early(self):
        """Events larger than bodies may be, so that few of them suffice."""
        one = self.app()
        application = one.id
        try:
            self.stack.sql("INSERT INTO user VALUES (%d, 'u', 70, 0, 0, 1, 70,"
                           " X'00000000', NULL)" % application)
            for i in range(1, 71):
                self.stack.sql(
                    "INSERT INTO event VALUES (%d, %d, %d, %d, 1, 1, 1, NULL,"
                    " 'u', 'e%d', 'e', NULL, CONCAT('{\"p\":\"', REPEAT('x',"
                    " 1 << 20), '\"}'), NULL)" % (application, i, i - 1, i, i))
            for target in ("/events", "/events?username=u"):
                with self.subTest(target), self.workers_unharmed():
                    self.assertEqual([e["id"] for e in one.all(target)],
                                     ["e%d" % i for i in range(70, 0, -1)])
                    self.assertLess(len(one.get(target).json["data"]), 70)
        finally:
            for table in ("event", "user"):
                self.stack.sql("DELETE FROM %s WHERE application_id = %d"
                               % (table, application))

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
                    "SELECT COUNT(*) FROM event WHERE username = '%s'"
                    " AND awards IS NOT NULL" % user), 0)
                self.assertEqual(self.stack.sql_number(
                    "SELECT COALESCE(SUM(entries), 0) FROM user"
                    " WHERE username = '%s'" % user), 0)
        self.assertEqual(one.entries(), 1)
