"""Keys: who may do what, rotation, and the walls between applications."""

import hashlib
import itertools

from apps import OneOfEach
from case import unique
from client import at_once

# What a publishable key may do, and all the rest.
PUBLIC = ("/application", "/pointScales", "/pointScales/s", "/badges",
          "/badges/b", "/users/u", "/pointScales/s/users/u")
SECRET = (
    ("GET", "/rules", None), ("GET", "/rules/r", None),
    ("GET", "/events", None), ("GET", "/events/e", None),
    ("GET", "/users", None), ("GET", "/users/u/ledger", None),
    ("POST", "/pointScales", {"name": "n"}), ("POST", "/badges",
                                              {"name": "n"}),
    ("POST", "/rules", {"name": "n", "eventType": "e", "badge": "n"}),
    ("PUT", "/pointScales/s", {}), ("PUT", "/badges/b", {}),
    ("PUT", "/rules/r", {"eventType": "e", "badge": "n"}),
    ("DELETE", "/pointScales/s", None), ("DELETE", "/badges/b", None),
    ("DELETE", "/rules/r", None),
    ("POST", "/events", {"username": "u", "eventType": "review"}),
    ("POST", "/events/batch", {"events": []}),
)


class Keys(OneOfEach):
    """401, 403 and what each kind of key may do."""

    def calls(self):
        return [("GET", t, None) for t in PUBLIC] + list(SECRET)

    def test_a_key_goes_into_either_header(self):
        for headers in ({"Authorization": "Bearer " + self.one.secret},
                        {"Authorization": "bearer " + self.one.secret},
                        {"X-API-Key": self.one.secret},
                        {"x-api-key": self.one.secret}):
            with self.subTest(list(headers)):
                r = self.http("GET", "/api/v1/application", headers=headers)
                self.assertEqual(self.assert_json(r)["appKey"], self.one.key)

    def test_keys_tell_their_kind(self):
        self.assertRegex(self.one.secret, r"^pm_sk_[A-Za-z0-9_-]{20,}$")
        self.assertRegex(self.one.publishable, r"^pm_pk_[A-Za-z0-9_-]{20,}$")

    def test_no_key_is_401(self):
        for method, target, body in self.calls():
            with self.subTest(method=method, target=target), \
                    self.nothing_applied():
                r = self.http(method, "/api/v1" + target, body)
                self.assert_problem(r, 401, "key_missing")
                self.assertRegex(r.header("WWW-Authenticate"), "^Bearer")

    def test_an_unknown_key_is_401(self):
        secret = self.one.secret
        for key in (secret[:-1], secret + "x", secret.upper(),
                    secret.replace("sk", "pk"),
                    "pm_sk_" + "A" * (len(secret) - 6), "pm_sk_", "x",
                    "' OR 1=1 --", str(self.one.key), "x" * 3000):
            with self.subTest(key=key[:20]), self.nothing_applied():
                for headers in ({"Authorization": "Bearer " + key},
                                {"X-API-Key": key}):
                    r = self.http("POST", "/api/v1/badges",
                                  {"name": "n"}, headers)
                    self.assert_problem(r, 401, "key_unknown", "key_missing")
                    self.assertRegex(r.header("WWW-Authenticate"), "^Bearer")

    def test_a_key_that_shares_its_place_with_a_live_one_opens_nothing(self):
        """Workers keep keys by the first bytes of their hashes."""
        def place(key):
            return hashlib.sha256(key.encode()).digest()[:2]

        wanted = place(self.one.secret)
        twin = next(key for key in map("pm_sk_{}".format, itertools.count())
                    if place(key) == wanted)
        self.one.event("twin")
        body = {"username": "twin", "eventType": "review"}
        for _ in range(10):     # whichever worker has it
            self.assert_status(self.one.post("/events", body), 201)
            self.assert_status(self.one.get("/users/twin"), 200)
            for r in (self.one.post("/events", body, key=twin),
                      self.one.get("/users/twin", key=twin),
                      self.one.get("/badges", key=twin)):
                self.assert_problem(r, 401, "key_unknown")

    def test_other_forms_of_authorization_are_401(self):
        for value in ("", "Bearer", "Bearer ", self.one.secret,
                      "Basic " + self.one.secret,
                      "Bearer" + self.one.secret,
                      "Bearer " + self.one.secret + " x"):
            with self.subTest(value=value[:12]):
                r = self.http("GET", "/api/v1/application",
                              headers={"Authorization": value})
                self.assert_problem(r, 401, "key_unknown", "key_missing")

    def test_a_publishable_key_reads_what_is_marked(self):
        for target in PUBLIC:
            for method in ("GET", "HEAD"):
                with self.subTest(method=method, target=target):
                    self.assert_status(self.one.call(
                        method, target, key=self.one.publishable), 200)

    def test_a_publishable_key_does_nothing_else(self):
        for method, target, body in SECRET:
            with self.subTest(method=method, target=target), \
                    self.nothing_applied():
                self.assert_problem(
                    self.one.call(method, target, body,
                                  key=self.one.publishable),
                    403, "key_forbidden")

    def test_the_key_is_judged_before_the_body(self):
        with self.nothing_applied():
            self.assert_problem(self.one.post(
                "/badges", "no json", key=self.one.publishable), 403,
                "key_forbidden")

    def test_two_keys_live_at_once_and_revoking_is_immediate(self):
        app = self.app()
        old, new = app.new_key(), app.new_key()
        for key in (old, new):
            self.assert_status(app.get("/application", key=key["key"]), 200)
        rc, out, err, _ = self.stack.ctl(
            "key", "revoke", app.name, str(old["id"]))
        self.assertEqual(rc, 0, out + err)
        for r in at_once([lambda: app.get("/application", key=old["key"])]
                         * 12):
            self.assert_problem(r, 401, "key_unknown")
        for r in at_once([lambda: app.get("/application", key=new["key"])]
                         * 12):
            self.assert_status(r, 200)

    def test_a_new_key_works_at_once(self):
        app = self.app()
        for kind in ("secret", "publishable"):
            key = app.new_key(kind)
            self.assertEqual(key["kind"], kind)
            for r in at_once([lambda: app.get("/application",
                                              key=key["key"])] * 12):
                self.assert_status(r, 200)

    def test_only_a_hash_of_a_key_is_stored(self):
        key = self.one.new_key()["key"]
        stored = self.stack.sql("SELECT HEX(hash), label FROM api_key")
        digest = hashlib.sha256(key.encode()).hexdigest().upper()
        self.assertIn(digest, [row[0] for row in stored])
        columns = [row[0] for row in self.stack.sql(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = DATABASE() AND table_name = 'api_key'")]
        for column in columns:
            found = self.stack.sql_number(
                "SELECT COUNT(*) FROM api_key WHERE LOCATE('%s', `%s`)"
                " OR LOCATE('%s', `%s`)" % (key, column, key[6:], column))
            self.assertEqual(found, 0, column)

    def test_a_key_is_shown_once(self):
        app = self.app()
        key = app.new_key()
        rc, out, err, listed = self.stack.ctl("key", "list", app.name)
        self.assertEqual(rc, 0, err)
        self.assertIn('"id"', out)
        self.assertNotIn(key["key"], out)
        self.assertNotIn(key["key"][6:], out)


class Walls(OneOfEach):
    """Another application's data does not exist."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.theirs = cls.one

    def test_everything_of_another_application_is_404(self):
        mine = self.app()
        mine.put("/pointScales/mine", {})
        mine.event("me")
        for target in ("/pointScales/s", "/badges/b", "/rules/r",
                       "/events/e", "/users/u", "/users/u/ledger",
                       "/pointScales/s/users/u", "/pointScales/s/users/me",
                       "/pointScales/mine/users/u"):
            with self.subTest(target), self.nothing_applied():
                self.assert_problem(mine.get(target), 404)
                if target.count("/") == 2 and "user" not in target \
                        and "event" not in target:
                    self.assert_problem(mine.delete(target), 404)

    def test_collections_show_the_own_application_alone(self):
        mine = self.app()
        for target in ("/pointScales", "/badges", "/rules", "/users",
                       "/events", "/events?username=u",
                       "/events?eventType=review"):
            self.assertEqual(self.assert_json(mine.get(target))["data"], [])

    def test_the_same_names_live_side_by_side(self):
        before = {t: self.theirs.get(t).body for t in (
            "/pointScales/s", "/badges/b", "/rules/r", "/events/e",
            "/users/u", "/pointScales/s/users/u")}
        mine = self.app()
        mine.put("/rules/r", {"eventType": "review", "points": 3,
                              "pointScale": "s", "badge": "b"})
        mine.put("/badges/b", {"description": "mine"})
        event = mine.event("u", id="e")
        self.assertEqual(event["awards"][0]["balance"], 3)
        self.assertEqual(mine.points("u", "s"), 3)
        self.assertEqual(mine.user("u")["events"], 1)
        mine.delete("/rules/r")
        for target, body in before.items():
            self.assertEqual(self.theirs.get(target).body, body, target)

    def test_an_event_moves_no_rule_of_another_application(self):
        mine = self.app()
        self.assertEqual(mine.event("u", "review")["awards"], [])
        self.assertEqual(self.theirs.points("u", "s"), 10)

    def test_a_cursor_of_another_application_opens_nothing(self):
        for i in range(3):
            self.theirs.put("/badges/c%d" % i, {})
        cursor = self.assert_json(
            self.theirs.get("/badges?limit=1"))["nextCursor"]
        mine = self.app()
        r = mine.get("/badges?cursor=" + cursor)
        self.assert_status(r, 200, 400)
        if r.status == 200:
            self.assertEqual(r.json["data"], [])

    def test_a_deleted_application_is_gone_at_once(self):
        app = self.app()
        app.rule(name="r", badge="b")
        app.event()
        secret, application = app.secret, app.id
        rc, out, err, _ = self.stack.ctl("app", "delete", app.name, "--yes")
        self.assertEqual(rc, 0, out + err)
        for r in at_once([lambda: app.get("/users/test5", key=secret)] * 12):
            self.assert_problem(r, 401, "key_unknown")
        for r in at_once([lambda: app.post(
                "/events", {"username": unique(), "eventType": "review"},
                key=secret)] * 12):
            self.assert_problem(r, 401, "key_unknown")
        tables = [row[0] for row in self.stack.sql(
            "SELECT table_name FROM information_schema.columns WHERE"
            " table_schema = DATABASE() AND column_name = 'application_id'")]
        self.assertLessEqual({"user", "event", "rule", "badge"}, set(tables))
        for table in tables:
            self.assertEqual(self.stack.sql_number(
                "SELECT COUNT(*) FROM `%s` WHERE application_id = %d" % (
                    table, application)), 0, table)
