"""The classic interface: the course project's table, to the letter."""

import json
import os
import xml.etree.ElementTree

from case import StackTest, unique
from client import at_once, request, segment
from stack import SOURCE

RULE = {"name": "test1", "description": "test1", "eventType": "test1",
        "property": "test1", "numberOfTimesToGetTheAward": 1, "points": 1,
        "pointScale": {"name": "test1", "description": "test1"},
        "badge": {"name": "test1", "description": "test1"}}
EVENT = {"username": "test1", "eventType": "test1", "timestamp": "test1",
         "properties": ["test1"]}


class ClassicTest(StackTest):
    """Helpers of the classes below."""

    def assert_failure(self, response):
        """Every failure is a problem document with status 400."""
        return self.assert_problem(response, 400)

    def refused(self, *args, **more):
        app, rest = args[0], args[1:]
        with self.nothing_applied():
            self.assert_failure(app.classic(*rest, **more))


class CourseProject(ClassicTest):
    """What its own load test sends, and the answers it expects."""

    def test_its_plan_on_a_user_not_seen_before(self):
        key = self.app(classic=True).key
        port = self.stack.port
        rule = dict(RULE, appKey=key)
        rule["pointScale"] = dict(rule["pointScale"], appKey=key)
        rule["badge"] = dict(rule["badge"], appKey=key)
        headers = {"appKey": str(key)}
        r = request(port, "POST", "/api/rules", rule)
        self.assert_status(r, 202)
        r = request(port, "GET", "/api/users/test1/test1", headers=headers)
        self.assert_status(r, 200)
        self.assertEqual(r.body.strip(), b"0")
        for i in range(1, 11):
            r = request(port, "POST", "/api/events", dict(EVENT, appKey=key))
            self.assert_status(r, 202)
            r = request(port, "GET", "/api/users/test1/test1",
                        headers=headers)
            self.assert_status(r, 200)
            self.assertEqual(r.body.strip(), b"%d" % i)
        r = request(port, "POST", "/api/rules", rule)
        self.assert_failure(r)

    def test_ten_clients_with_ten_events_each_make_one_user_of_100(self):
        for _ in range(3):
            app = self.app(classic=True)
            self.assert_status(app.classic("POST", "/rules", RULE), 202)

            def ten():
                for _ in range(10):
                    self.assert_status(
                        app.classic("POST", "/events", EVENT), 202)
            at_once([ten] * 10)
            users = self.assert_json(app.classic("GET", "/users"))
            self.assertEqual(len(users), 1)
            self.assertEqual(
                users[0]["pointScalesWithPoints"][0]["points"], 100)
            self.assertEqual(app.rows("user"), 1)

    def test_the_first_post_of_an_unknown_app_key_makes_the_application(self):
        for i, (path, body) in enumerate((
                ("/rules", RULE), ("/badges", {"name": "b"}),
                ("/pointScales", {"name": "s", "description": "d"}))):
            key = 700000 + i
            answers = at_once([lambda: request(
                self.stack.port, "POST", "/api" + path,
                dict(body, appKey=key, name=unique()))] * 4)
            for r in answers:
                self.assert_status(r, 202)
            self.assertEqual(self.stack.sql_number(
                "SELECT COUNT(*) FROM application WHERE app_key = %d" % key),
                1)
            rc, out, err, app = self.stack.ctl("app", "show", str(key))
            self.assertEqual((rc, app["appKey"]), (0, key), out + err)

    def test_nothing_else_makes_an_application(self):
        port = self.stack.port
        header = {"appKey": "800000"}
        with self.nothing_applied():
            for path in ("/badges", "/rules", "/users", "/badges/b",
                         "/pointScales/s", "/users/u", "/users/u/s"):
                self.assert_failure(request(port, "GET", "/api" + path,
                                            headers=header))
            for path in ("/badges/b", "/pointScales/s"):
                self.assert_failure(request(
                    port, "PUT", "/api" + path,
                    {"name": path[-1], "description": "d"}, header))
            self.assert_failure(request(
                port, "POST", "/api/events", dict(EVENT, appKey=800000)))
            self.assert_failure(request(
                port, "DELETE", "/api/rules", dict(RULE, appKey=800000)))
            for key in (0, -1, 2 ** 63, "x", None, 1.5, True, [1]):
                self.assert_failure(request(
                    port, "POST", "/api/badges",
                    {"name": "b", "description": "d", "appKey": key}))
            # A body that is refused makes none either.
            self.assert_failure(request(
                port, "POST", "/api/badges", {"name": "", "appKey": 800000}))
            self.assert_failure(request(
                port, "POST", "/api/rules", {"name": "r", "appKey": 800000}))


class Table(ClassicTest):
    """The table of the classic interface, call by call."""

    def test_badges_and_point_scales(self):
        for path in ("/badges", "/pointScales"):
            with self.subTest(path):
                app = self.app(classic=True)
                r = app.classic("POST", path, {
                    "name": "Größe/1", "description": "d"})
                self.assert_status(r, 202)
                expected = {"name": "Größe/1", "description": "d",
                            "appKey": app.key}
                one = path + "/" + segment("Größe/1")
                self.assert_members(
                    self.assert_json(app.classic("GET", one)), expected)
                self.refused(app, "POST", path, {"name": "Größe/1",
                                                 "description": "x"})
                self.assert_status(app.classic("PUT", one, {
                    "name": "Größe/1", "description": "new"}), 202)
                self.assertEqual(self.assert_json(
                    app.classic("GET", one))["description"], "new")
                self.refused(app, "GET", path + "/none")
                self.refused(app, "GET", path + "/" + segment("größe/1"))
                for name in ("", " x", "x\u0001", "x" * 101, 5, None):
                    self.refused(app, "POST", path,
                                 {"name": name, "description": "d"})

    def test_the_list_of_badges(self):
        app = self.app(classic=True)
        self.assertEqual(self.assert_json(app.classic("GET", "/badges")), [])
        for name in ("a", "b"):
            app.classic("POST", "/badges", {"name": name,
                                            "description": "d" + name})
        listed = self.assert_json(app.classic("GET", "/badges"))
        self.assertEqual(
            sorted((b["name"], b["description"], b["appKey"])
                   for b in listed),
            [("a", "da", app.key), ("b", "db", app.key)])

    def test_rules(self):
        app = self.app(classic=True)
        self.assertEqual(self.assert_json(app.classic("GET", "/rules")), [])
        self.assert_status(app.classic("POST", "/rules", RULE), 202)
        expected = dict(RULE, appKey=app.key)
        for kind in ("pointScale", "badge"):
            expected[kind] = dict(RULE[kind], appKey=app.key)
            stored = self.assert_json(
                app.classic("GET", "/%ss/test1" % kind))
            self.assert_members(stored, expected[kind])
        for rule in (self.assert_json(app.classic("GET", "/rules/test1")),
                     self.assert_json(app.classic("GET", "/rules"))[0]):
            for kind in ("pointScale", "badge"):
                self.assert_members(rule[kind], expected[kind])
            self.assert_members(rule, {
                k: v for k, v in expected.items()
                if k not in ("pointScale", "badge")})
        self.refused(app, "POST", "/rules", RULE)
        self.assert_status(app.classic(
            "PUT", "/rules/test1", dict(RULE, points=7)), 202)
        self.assertEqual(self.assert_json(
            app.classic("GET", "/rules/test1"))["points"], 7)
        self.refused(app, "GET", "/rules/none")
        self.refused(app, "DELETE", "/rules", dict(RULE, name="none"))
        self.refused(app, "DELETE", "/rules", {"description": "no name"})
        self.assert_status(app.classic("DELETE", "/rules", {
            "name": "test1", "description": "the name decides",
            "eventType": "whatever"}), 202)
        self.refused(app, "GET", "/rules/test1")
        self.refused(app, "DELETE", "/rules", RULE)
        self.assert_status(app.classic("POST", "/rules", RULE), 202)

    def test_invalid_rules_are_400(self):
        app = self.app(classic=True)
        for change in ({"name": ""}, {"name": None}, {"eventType": ""},
                       {"eventType": 5}, {"points": "many"},
                       {"points": 2 ** 63}, {"pointScale": 5},
                       {"numberOfTimesToGetTheAward": 0},
                       {"pointScale": None, "badge": None, "points": 0},
                       {"badge": {"name": "x" * 101}}):
            with self.subTest(change=change):
                self.refused(app, "POST", "/rules", dict(RULE, **change))

    def test_events(self):
        app = self.app(classic=True)
        app.classic("POST", "/rules", RULE)
        self.assert_status(app.classic("POST", "/events", EVENT), 202)
        for change in ({"eventType": "other"}, {"eventType": "TEST1"},
                       {"properties": []}, {"properties": ["Test1"]},
                       {"properties": ["test1 "]}, {"username": ""},
                       {"username": None}, {"username": "x" * 191},
                       {"username": "fresh", "properties": ["x"]},
                       {"properties": "test1"}, {"properties": [1]}):
            with self.subTest(change=change):
                self.refused(app, "POST", "/events", dict(EVENT, **change))
        self.assertEqual(app.rows("event"), 1)
        self.assertEqual(app.rows("user"), 1)
        self.assert_status(app.classic("POST", "/events", dict(
            EVENT, properties=["x", "test1", "y"])), 202)
        self.assertEqual(app.points("test1", "test1"), 2)

    def test_an_event_that_only_counts_is_202(self):
        app = self.app(classic=True)
        app.classic("POST", "/rules", dict(RULE,
                                           numberOfTimesToGetTheAward=3))
        for expected in (b"0", b"0", b"1", b"1"):
            self.assert_status(app.classic("POST", "/events", EVENT), 202)
            r = app.classic("GET", "/users/test1/test1")
            self.assertEqual(r.body.strip(), expected)
        self.assertEqual(app.user("test1")["events"], 4)

    def test_every_matching_rule_fires(self):
        app = self.app(classic=True)
        for i in range(3):
            app.classic("POST", "/rules", dict(RULE, name="r%d" % i))
        app.classic("POST", "/events", EVENT)
        self.assertEqual(
            app.classic("GET", "/users/test1/test1").body.strip(), b"3")

    def test_a_rule_without_a_property_matches_any_properties(self):
        app = self.app(classic=True)
        rule = {k: v for k, v in RULE.items() if k != "property"}
        app.classic("POST", "/rules", rule)
        for properties in ([], ["x"]):
            self.assert_status(app.classic("POST", "/events", dict(
                EVENT, properties=properties)), 202)

    def test_users(self):
        app = self.app(classic=True)
        self.assertEqual(self.assert_json(app.classic("GET", "/users")), [])
        app.classic("POST", "/rules", RULE)
        app.classic("POST", "/events", EVENT)
        app.classic("POST", "/events", EVENT)
        user = self.assert_json(app.classic("GET", "/users/test1"))
        self.assert_members(user, {"username": "test1", "appkey": app.key})
        scale, = user["pointScalesWithPoints"]
        self.assertEqual(sorted(scale), ["pointScale", "points"])
        self.assertEqual(scale["points"], 2)
        expected = {"name": "test1", "description": "test1",
                    "appKey": app.key}
        self.assert_members(scale["pointScale"], expected)
        badge, = user["badgesArray"]
        self.assert_members(badge, expected)
        self.assertEqual(self.assert_json(app.classic("GET", "/users")),
                         [user])
        self.refused(app, "GET", "/users/none")
        self.refused(app, "GET", "/users/TEST1")

    def test_points_are_a_bare_integer(self):
        app = self.app(classic=True)
        app.classic("POST", "/rules", RULE)
        for path in ("/users/nobody/test1", "/users/test1/test1"):
            r = self.assert_status(app.classic("GET", path), 200)
            self.assertEqual(r.json, 0)
        app.classic("POST", "/events", EVENT)
        r = self.assert_status(app.classic("GET", "/users/test1/test1"), 200)
        self.assertEqual(r.body.strip(), b"1")
        for path in ("/users/test1/none", "/users/nobody/none",
                     "/users/test1/TEST1"):
            self.refused(app, "GET", path)

    def test_long_lists_are_not_cut(self):
        app = self.app(classic=True)
        app.post("/events/batch", {"events": [
            {"username": "u%03d" % i, "eventType": "e"}
            for i in range(230)]})
        users = self.assert_json(app.classic("GET", "/users"))
        self.assertEqual(len({u["username"] for u in users}), 230)


def plan_requests(values):
    """The requests of jmeter/classic.jmx in its order: what it is called,
    method, path below /api, body or None."""
    plan = xml.etree.ElementTree.parse(
        os.path.join(SOURCE, "jmeter", "classic.jmx"))
    for sampler in plan.iter("HTTPSamplerProxy"):
        texts = {e.get("name"): e.text or "" for e in sampler.iter()}
        path = texts["HTTPSampler.path"]
        body = texts.get("Argument.value")
        for name, value in values.items():
            path = path.replace("${%s}" % name, value)
            body = body and body.replace("${%s}" % name, value)
        yield (sampler.get("testname"), texts["HTTPSampler.method"],
               path.replace("${url}", ""), body and json.loads(body))


class OwnClient(ClassicTest):
    """What the course project's generated client sends and its features
    want."""

    def test_the_plan_for_jmeter_with_doubled_slashes(self):
        app = self.app(classic=True)
        values = {"appKey": str(app.key), "run": unique("run"),
                  "user": unique("user")}
        sent = []
        for name, method, path, body in plan_requests(values):
            self.assertNotIn("${url}", path)
            r = request(self.stack.port, method,
                        "/api" + path.replace("/", "//"), body,
                        {"appKey": values["appKey"]})
            self.assert_status(r, 200 if method == "GET" else 202)
            sent.append((method, path.split("/")[1]))
            if name == "read the points before":
                self.assertEqual(r.json, 0)
        self.assertEqual(sent, [
            ("POST", "rules"), ("GET", "users"), ("GET", "pointScales"),
            ("POST", "events"), ("GET", "users")])
        self.assertEqual(r.json, 1)

    def test_doubled_slashes_are_one(self):
        app = self.app(classic=True)
        for path in ("//badges", "///badges", "//badges//x"):
            for method in ("OPTIONS",):
                self.assert_status(app.classic(method, path), 204)
        self.assert_status(app.classic("POST", "//badges", {"name": "x"}),
                           202)
        self.assert_status(app.classic("POST", "//rules", RULE), 202)
        self.assert_status(app.classic("POST", "//events", EVENT), 202)
        self.assertEqual(app.classic("GET", "//users/test1/test1").json, 1)
        self.assertEqual(app.classic("GET", "//badges//x").json["name"], "x")
        r = app.classic("PATCH", "//badges")
        self.assert_problem(r, 405, "method_not_allowed")
        for path in ("/api/v1//badges", "/api//v1/badges", "//api/v1/badges",
                     "//healthz", "/api//nothing"):
            r = self.http("GET", path, headers={"X-API-Key": app.secret})
            self.assert_problem(r, 404, "route_not_found")

    def test_put_of_what_is_not_there_makes_it(self):
        app = self.app(classic=True)
        for path, body in (("/badges/n", {"description": "d"}),
                           ("/pointScales/n", {"description": "d"}),
                           ("/rules/n", {k: v for k, v in RULE.items()
                                         if k != "name"})):
            self.assert_status(app.classic("PUT", path, body), 202)
            self.assert_members(
                self.assert_json(app.classic("GET", path)),
                {"name": "n", "description": body["description"]})

    def test_put_with_another_name_renames(self):
        app = self.app(classic=True)
        app.classic("POST", "/rules", RULE)
        app.classic("POST", "/events", EVENT)
        for kind in ("badges", "pointScales", "rules"):
            old, new = "/%s/test1" % kind, "/%s/ren%%2Famed" % kind
            body = dict(RULE if kind == "rules" else {"description": "d"},
                        name="ren/amed")
            if kind == "rules":
                body.update(badge={"name": "ren/amed"},
                            pointScale={"name": "ren/amed"})
            self.assert_status(app.classic("PUT", old, body), 202)
            self.assertEqual(app.classic("GET", new).json["name"],
                             "ren/amed")
            self.assert_failure(app.classic("GET", old))
        self.assert_status(app.classic("POST", "/events", EVENT), 202)
        user = self.assert_json(app.classic("GET", "/users/test1"))
        self.assertEqual(
            [(x["pointScale"]["name"], x["points"])
             for x in user["pointScalesWithPoints"]], [("ren/amed", 2)])
        self.assertEqual([b["name"] for b in user["badgesArray"]],
                         ["ren/amed"])
        for kind in ("badges", "pointScales"):
            app.classic("POST", "/" + kind, {"name": "taken"})
            self.refused(app, "PUT", "/%s/taken" % kind,
                         {"name": "ren/amed"})

    def test_members_of_v1_are_unknown_and_so_ignored(self):
        app = self.app(classic=True)
        app.put("/badges/b", {"imageUrl": "/b.png"})
        app.rule(name="r", event_type="e", points=1, enabled=False)
        for value in ("a b", 5, None, [], "javascript:x"):
            extra = {"imageUrl": value, "enabled": value, "createdAt": value}
            self.assert_status(app.classic("PUT", "/badges/b", dict(
                extra, description="d")), 202)
            self.assert_status(app.classic("PUT", "/rules/r", dict(
                extra, eventType="e", points=2,
                pointScale=dict(extra, name="s"),
                badge=dict(extra, name="b"))), 202)
            self.assert_status(app.classic("POST", "/badges", dict(
                extra, name=unique())), 202)
        self.assert_members(app.get("/badges/b").json, {
            "description": "d", "imageUrl": "/b.png"})
        self.assert_members(app.get("/rules/r").json, {
            "points": 2, "enabled": False})


class Keys(ClassicTest):
    """The integer appKey and where it stands."""

    def test_an_application_without_classic_does_not_answer(self):
        app = self.app(classic=False)
        app.rule(name="r", badge="b")
        app.event()
        for path in ("/badges", "/badges/b", "/rules", "/users",
                     "/users/test5", "/users/test5/reputation"):
            self.refused(app, "GET", path)
        self.refused(app, "POST", "/badges", {"name": "n"})
        self.refused(app, "POST", "/rules", RULE)
        self.refused(app, "POST", "/events", dict(EVENT,
                                                  eventType="review"))
        self.refused(app, "PUT", "/badges/b", {"description": "x"})
        self.refused(app, "DELETE", "/rules", {"name": "r"})

    def test_a_missing_or_malformed_app_key_is_400(self):
        app = self.app(classic=True)
        app.classic("POST", "/badges", {"name": "b", "description": "d"})
        with self.nothing_applied():
            for value in (None, "", "x", "0", "-1", "1.5", "0x1",
                          "99999999999999999999", "1 1",
                          "%d;" % app.key):
                for method, body in (("GET", None),
                                     ("PUT", {"description": "x"})):
                    with self.subTest(value=value, method=method):
                        headers = {} if value is None else {"appKey": value}
                        self.assert_failure(self.http(
                            method, "/api/badges/b", body, headers))
            for body in ({"name": "n"}, {"name": "n", "appKey": None},
                         {"name": "n", "appKey": 0}):
                self.assert_failure(self.http("POST", "/api/badges", body))
            # The place matters: a header is no member and the reverse.
            self.assert_failure(self.http(
                "POST", "/api/badges", {"name": "n"},
                {"appKey": str(app.key)}))

    def test_other_applications_are_out_of_reach(self):
        theirs, mine = self.app(classic=True), self.app(classic=True)
        theirs.classic("POST", "/rules", RULE)
        theirs.classic("POST", "/events", EVENT)
        for path in ("/badges", "/rules", "/users"):
            self.assertEqual(
                self.assert_json(mine.classic("GET", path)), [])
        self.refused(mine, "GET", "/users/test1")
        self.refused(mine, "POST", "/events", EVENT)
        self.refused(mine, "DELETE", "/rules", RULE)
        rule = theirs.classic("GET", "/rules/test1").json
        self.assert_status(mine.classic("PUT", "/rules/test1",
                                        dict(RULE, points=9)), 202)
        self.assertEqual(theirs.classic("GET", "/rules/test1").json, rule)


class Leniency(ClassicTest):
    """What classic takes that v1 refuses."""

    def test_unknown_members_are_ignored(self):
        app = self.app(classic=True)
        self.assert_status(app.classic("POST", "/badges", {
            "name": "b", "description": "d", "id": 5, "_links": {}}), 202)
        rule = dict(RULE, id=7, extra=[1])
        rule["badge"] = dict(RULE["badge"], id=8)
        self.assert_status(app.classic("POST", "/rules", rule), 202)
        self.assert_status(app.classic("POST", "/events", dict(
            EVENT, id=9, extra={"a": [1]})), 202)
        self.assertEqual(app.points("test1", "test1"), 1)

    def test_events_with_the_same_id_member_are_different_events(self):
        app = self.app(classic=True)
        app.classic("POST", "/rules", RULE)
        for _ in range(3):
            app.classic("POST", "/events", dict(EVENT, id="same"))
        self.assertEqual(app.points("test1", "test1"), 3)

    def test_the_timestamp_is_any_string_and_kept_as_sent(self):
        app = self.app(classic=True)
        app.classic("POST", "/rules", RULE)
        for text in ("test1", "", "yesterday é🏆", "  spaces  ",
                     "2017-01-18T09:00:00.000Z"):
            with self.subTest(text):
                self.assert_status(app.classic(
                    "POST", "/events", dict(EVENT, timestamp=text)), 202)
                stored = self.stack.sql(
                    "SELECT HEX(timestamp_sent) FROM event e"
                    " JOIN application a ON a.id = e.application_id"
                    " WHERE a.app_key = %d ORDER BY e.id DESC LIMIT 1"
                    % app.key)[0][0]
                self.assertEqual(bytes.fromhex(stored).decode(), text)
        event = {k: v for k, v in EVENT.items() if k != "timestamp"}
        self.assert_status(app.classic("POST", "/events", event), 202)

    def test_what_classic_stores_v1_shows(self):
        app = self.app(classic=True)
        app.classic("POST", "/rules", RULE)
        app.classic("POST", "/events", EVENT)
        event, = self.assert_json(app.get("/events"))["data"]
        self.assert_members(event, {
            "username": "test1", "eventType": "test1",
            "timestampAsSent": "test1", "properties": ["test1"]})
        self.assert_time(event["timestamp"])
        award, = event["awards"]
        self.assert_members(award, {"rule": "test1", "points": 1,
                                    "balance": 1, "badge": "test1"})
        self.assert_status(app.get("/events/" + segment(event["id"])), 200)
        self.assert_members(self.assert_json(app.get("/rules/test1")),
                            {"name": "test1", "points": 1})

    def test_malformed_bodies_are_400(self):
        app = self.app(classic=True)
        with self.nothing_applied():
            for body in (b"", b"{", b"[]", b"5", b"{} x", b"\xff",
                         b'{"name": "b", "name": "c", "appKey": %d}'
                         % app.key, b"null"):
                for method, path in (("POST", "/badges"), ("POST", "/rules"),
                                     ("POST", "/events"),
                                     ("DELETE", "/rules")):
                    with self.subTest(body=body, path=path):
                        self.assert_failure(self.http(
                            method, "/api" + path, body,
                            {"Content-Type": "application/json"}))

    def test_unknown_paths_and_methods(self):
        app = self.app(classic=True)
        for method, path in (("DELETE", "/badges/b"), ("POST", "/users"),
                             ("PUT", "/rules"), ("GET", "/events"),
                             ("GET", "/pointScales")):
            with self.subTest(method=method, path=path):
                r = app.classic(method, path, {})
                self.assert_problem(r, 405, "method_not_allowed")
                self.assertTrue(r.header("Allow"))
        for path in ("", "/", "/nothing", "/badges/b/c", "/users/a/b/c"):
            with self.subTest(path):
                self.assert_problem(app.classic("GET", path), 404,
                                    "route_not_found")

    def test_balance_overflow_applies_nothing(self):
        app = self.app(classic=True)
        app.classic("POST", "/rules", dict(RULE, points=2 ** 63 - 1))
        self.assert_status(app.classic("POST", "/events", EVENT), 202)
        with self.nothing_applied():
            r = app.classic("POST", "/events", EVENT)
            self.assert_problem(r, r.status, "balance_overflow")
            self.assertIn(r.status, (400, 409))
