"""Reads of users that arrive together share a query, and nothing else."""

import random

from case import StackTest
from client import Connection, Together, segment

CLIENTS = 32
READS = 40
USERS = 30


class GatheredReads(StackTest):
    """Two applications with users of the same names, read at the same time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.apps = [cls.app(), cls.app()]
        for number, app in enumerate(cls.apps):
            app.rule(points=10 + number, scale="s", badge="b%d" % number)
            app.put("/pointScales/empty", {})
            app.post("/events/batch", {"events": [
                {"username": cls.username(user), "eventType": "review"}
                for user in range(USERS) for _ in range(user + 1)]})

    @staticmethod
    def username(number):
        return "user %d" % number

    def read(self, connection, number, path, status):
        app = self.apps[number]
        r = connection.request("GET", "/api/v1" + path, None, {
            "Authorization": "Bearer " + app.publishable})
        self.assertEqual(r.status, status, r)
        return r.json

    def read_one(self, connection, number, user):
        """The user's document, and his points."""
        name = segment(self.username(user))
        points = (user + 1) * (10 + number)
        document = self.read(connection, number, "/users/" + name, 200)
        self.assertEqual(document["username"], self.username(user))
        self.assertEqual(document["events"], user + 1)
        self.assertEqual(document["pointScalesWithPoints"][0]["points"],
                         points)
        self.assertEqual([b["name"] for b in document["badgesArray"]],
                         ["b%d" % number])
        for scale, expected in (("s", points), ("empty", 0)):
            document = self.read(connection, number, "/pointScales/%s/users/%s"
                                 % (scale, name), 200)
            self.assertEqual(document["points"], expected)

    def client(self, seed):
        draw = random.Random(seed)
        with Connection(self.stack.port) as connection:
            for _ in range(READS):
                number = draw.randrange(2)
                # Some are not there: theirs is 404, the others' not.
                user = draw.randrange(USERS + 5)
                if user < USERS:
                    self.read_one(connection, number, user)
                    continue
                name = segment(self.username(user))
                for path in ("/users/%s", "/pointScales/s/users/%s",
                             "/pointScales/none/users/%s"):
                    self.read(connection, number, path % name, 404)

    def test_everybody_is_told_of_whom_he_asked_for(self):
        Together([lambda seed=seed: self.client(seed)
                  for seed in range(CLIENTS)]).join()

    def test_one_user_for_all(self):
        def client():
            with Connection(self.stack.port) as connection:
                for _ in range(READS):
                    self.read_one(connection, 0, USERS - 1)
        Together([client] * CLIENTS).join()

    def test_what_a_change_says_is_told_from_then_on(self):
        """A description, and a key that is revoked: neither is kept longer
        than it is true."""
        app = self.apps[0]
        for turn in range(20):
            app.put("/badges/b0", {"description": "number %d" % turn})
            badge, = app.user(self.username(0))["badgesArray"]
            self.assertEqual(badge["description"], "number %d" % turn)
        for kind in ("secret", "publishable"):
            key = app.new_key(kind)
            path = "/users/" + segment(self.username(1))
            self.assertEqual(app.get(path, key=key["key"]).status, 200)
            status, out, err, _ = self.stack.ctl(
                "key", "revoke", app.name, str(key["id"]))
            self.assertEqual(status, 0, out + err)
            for _ in range(2):
                self.assertEqual(app.get(path, key=key["key"]).status, 401)
            self.assertEqual(app.get(path).status, 200)
