"""Statements that are sent before the answer to the last one was read: both
sides may have more to say than a socket holds, and must not both wait."""

from case import StackTest, unique

USERS = 250     # which one statement locks
RULES = 300     # each leaves a balance and a count in what a user has
EVENTS = 1000


class SentAhead(StackTest):

    def grown_users(self, app):
        """Users of whom the server has half a megabyte to tell."""
        for i in range(RULES):
            app.rule("grow", points=1, scale="scale-%d" % i)
        names = [unique("ahead") for _ in range(USERS)]
        for i in range(0, USERS, 25):
            self.assert_json(app.post("/events/batch", {"events": [
                {"username": u, "eventType": "grow"}
                for u in names[i:i + 25]]}))
        return names

    def test_long_ids_are_asked_for_while_the_server_tells_of_many_users(self):
        app = self.app()
        names = self.grown_users(app)
        body = {"events": [
            {"id": unique("i").ljust(190, "x"), "eventType": "other",
             "username": names[i % USERS]} for i in range(EVENTS)]}
        for status in (201, 200):
            results = self.assert_json(
                app.post("/events/batch", body))["results"]
            self.assertEqual({r["status"] for r in results}, {status})
