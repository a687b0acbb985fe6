"""The database goes back under a running palmaresd: versions and ids are given
again with other content, and nothing that was cached before may count."""

import shutil
import signal

from case import Shared, StackTest, unique
from stack import DB_NAME, Stack, wait_until


class Past:
    """A stack of its own, with one worker: all its caches are warm."""

    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(Shared.builddir, Shared.keep)
        cls.stack.settings["server"]["workers"] = 1
        cls.addClassCleanup(cls.stack.stop)
        cls.stack.start()

    def ctl(self, *args):
        rc, out, err, _ = self.stack.ctl(*args, as_json=False)
        self.assertEqual(rc, 0, "%s: %s%s" % (args, out, err))

    def wait_taken(self, app):
        """Until events are taken again, and a reader has a connection."""
        wait_until(
            lambda: app.post("/events", {
                "username": "back", "eventType": "no rule's"}).status == 201
            and app.get("/users/back").status == 200,
            30, "events are taken again", 0.1)

    def event_points(self, app, username, event_type="review"):
        return [a.get("points") for a in
                app.event(username, event_type)["awards"]]

    def put_points(self, app, points):
        r = app.put("/rules/r", {"eventType": "review", "points": points,
                                 "pointScale": "s"})
        self.assert_status(r, 200)

    def tearDown(self):
        self.check_verify()


class GoesBack(Past):
    """What `keep` kept is the database again after `go_back`.

    Every story has an application of its own, and stops where the database is
    kept, and again where it goes back.
    """

    def test_nothing_of_a_lost_time_counts(self):
        self.one = self.app()
        stories = [getattr(self, name)(self.app())
                   for name in sorted(dir(self)) if name.startswith("story_")]
        for story in stories:
            next(story)
        self.keep()
        for story in stories:
            next(story)
        self.go_back()
        for story in stories:
            with self.subTest(story.__name__):
                self.assertIsNone(next(story, None))

    def story_a_key_that_is_no_more_opens_nothing(self, app):
        app.rule(name="r", scale="s")
        yield
        lost = app.new_key()
        self.assert_opens(app, lost["key"])
        yield
        again = app.new_key()
        self.assertEqual(again["id"], lost["id"], "its id is given again")
        self.assert_opens(app, again["key"])
        self.assert_opens(app, lost["key"], 401)

    def story_a_revoked_key_opens_nothing(self, app):
        app.rule(name="r", scale="s")
        other = app.new_key()
        yield
        app.rule(name="one version more")
        self.assert_opens(app, other["key"])
        yield
        self.ctl("key", "revoke", app.name, str(other["id"]))
        self.assert_opens(app, other["key"], 401)
        self.assert_opens(app, app.secret)

    def story_events_are_judged_by_the_rule_that_is_stored(self, app):
        app.rule(name="r", scale="s", points=10)
        self.assertEqual(self.event_points(app, "u"), [10])
        yield
        self.put_points(app, 20)
        self.assertEqual(self.event_points(app, "u"), [20])
        yield
        self.put_points(app, 999)
        self.assertEqual(self.event_points(app, "u"), [999])
        self.assertEqual(app.points("u", "s"), 1009)

    def story_a_rule_of_before_gives_what_it_gave(self, app):
        app.rule(name="r", scale="s", points=10)
        yield
        self.put_points(app, 20)
        self.assertEqual(self.event_points(app, "u"), [20])
        yield
        self.assertEqual(self.event_points(app, "u"), [10])

    def story_what_users_have_is_called_as_it_is_now(self, app):
        yield
        app.rule(name="r", scale="before", badge="Before")
        app.event("u")
        self.assertEqual(self.named(app, "u"), (["before"], ["Before"]))
        yield
        app.rule(name="r", scale="after", badge="After")
        app.event("u")
        self.assertEqual(self.named(app, "u"), (["after"], ["After"]))

    def story_what_is_given_is_marked_again(self, app):
        app.rule(name="r", scale="s", badge="b")
        yield
        app.event("u")
        yield
        app.event("u")
        self.assert_status(app.delete("/rules/r"), 204)
        self.assert_problem(app.delete("/badges/b"), 409)
        self.assert_problem(app.delete("/pointScales/s"), 409)

    def assert_opens(self, app, key, status=None):
        """It posts an event and reads a user: or both answer status."""
        self.assert_status(app.post("/events", {
            "username": "u", "eventType": "review"}, key=key), status or 201)
        self.assert_status(app.get("/users/u", key=key), status or 200)

    def named(self, app, username):
        user = app.user(username)
        return ([s["pointScale"]["name"]
                 for s in user["pointScalesWithPoints"]],
                [b["name"] for b in user["badgesArray"]])


class Restored(GoesBack, StackTest):
    """By a backup, into a database that was dropped."""

    def keep(self):
        self.file = self.stack.path(unique("backup"))
        self.ctl("backup", self.file)

    def go_back(self):
        self.stack.sql("DROP DATABASE {0}; CREATE DATABASE {0}".format(
            DB_NAME), database="mysql")
        self.ctl("restore", self.file)
        self.wait_taken(self.one)


class Crashed(GoesBack, StackTest):
    """By a server that comes back without its last commits."""

    def keep(self):
        self.stack.db.stop()
        shutil.rmtree(self.stack.path("kept"), ignore_errors=True)
        shutil.copytree(self.stack.path("data"), self.stack.path("kept"))
        self.stack.start_db()
        self.wait_taken(self.one)

    def go_back(self):
        self.stack.db.send(signal.SIGKILL)
        self.stack.db.wait(10)
        shutil.rmtree(self.stack.path("data"))
        shutil.copytree(self.stack.path("kept"), self.stack.path("data"))
        self.stack.start_db()
        self.wait_taken(self.one)


class MadeAnew(Past, StackTest):
    """DROP DATABASE and `palmaresctl migrate`: another application has the
    first one's number, its keys and rules have the numbers of those before."""

    def make(self):
        """A database that was just made, and the first application in it."""
        self.stack.sql("DROP DATABASE {0}; CREATE DATABASE {0}".format(
            DB_NAME), database="mysql")
        self.ctl("migrate")
        app = self.app()
        self.assertEqual(app.id, 1)
        self.wait_taken(app)
        return app

    def test_nothing_of_the_one_before_counts(self):
        before = self.make()
        before.rule(name="r", scale="before", badge="Before", points=10)
        self.assertEqual(self.event_points(before, "u"), [10])
        before.user("u")
        one = self.make()
        self.assertEqual(self.event_points(one, "u"), [])
        one.rule(name="r", scale="after", badge="After", points=999)
        self.assertEqual(self.event_points(one, "u"), [999])
        user = one.user("u")
        self.assertEqual([b["name"] for b in user["badgesArray"]], ["After"])
        self.assertEqual(user["pointScalesWithPoints"][0]["pointScale"]
                         ["name"], "after")
        for _ in range(2):      # the first may come out of the cache
            self.assert_problem(one.post("/events", {
                "username": "u", "eventType": "review"}, key=before.secret),
                401)
            self.assert_problem(one.get("/users/u", key=before.secret), 401)
