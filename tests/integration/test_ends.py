"""Where a column ends: counters beyond 32 bits, and ids longer than any."""

from datetime import datetime, timedelta, timezone

from case import StackTest
from client import segment


class Ends(StackTest):
    """What is counted for ever, and what is compared with a column."""

    def test_counters_go_on_beyond_32_bits(self):
        one, last = self.app(), 2 ** 32 - 1
        one.rule(name="r", scale="s", points=1)
        one.event("u", id="e")
        number = one.id
        self.stack.sql(
            "UPDATE user SET events = {0}, entries = {0}, replays = {0}"
            " WHERE application_id = {1};"
            "UPDATE application SET version = {0} WHERE id = {1}".format(
                last, number))
        self.assert_status(one.post("/events", {
            "id": "e", "username": "u", "eventType": "review"}), 200)
        self.assert_status(one.put("/rules/r", {
            "eventType": "review", "points": 7, "pointScale": "s"}), 200)
        self.assertEqual(one.event("u")["awards"][0]["points"], 7)
        self.assertEqual(one.user("u")["events"], last + 1)
        self.assertEqual(one.ledger("u")[-1]["number"], last + 1)
        self.assertEqual(self.stack.sql(
            "SELECT number, version FROM event WHERE application_id = %d"
            " ORDER BY id DESC LIMIT 1" % number),
            [[str(last + 1), str(last + 1)]])
        # What no fold of its events gives may not stay for `verify`.
        rc, out, err, _ = self.stack.ctl("app", "delete", one.name, "--yes")
        self.assertEqual(rc, 0, out + err)

    def test_an_id_that_is_longer_than_any_is_nobodys(self):
        one = self.app()
        longest = "e" * 190
        one.event("u", id=longest)
        self.assert_json(one.get("/events/" + longest))
        for more in ("e", "x", "é", "x" * 200):
            self.assert_problem(one.get("/events/" + segment(
                longest + more)), 404, "event_not_found")


class Unchanged(StackTest):
    """A PUT that changes nothing leaves no trace."""

    def test_it_makes_no_revision_and_counts_no_version(self):
        one = self.app()
        body = {"eventType": "review", "points": 1, "pointScale": "s",
                "badge": "b", "description": "d"}
        self.assert_status(one.put("/rules/r", body), 201)
        number = one.id

        def trace():
            return self.stack.sql(
                "SELECT version, stamp, (SELECT COUNT(*) FROM rule_revision"
                " WHERE application_id = a.id) FROM application a"
                " WHERE id = %d" % number)
        before = trace()
        for _ in range(3):
            self.assert_status(one.put("/rules/r", body), 200)
        self.assertEqual(trace(), before)
        self.assert_status(one.put("/rules/r", dict(body, points=2)), 200)
        self.assertNotEqual(trace(), before)


class ClockAhead(StackTest):
    """A user's past lies an hour ahead, because the clock did."""

    def test_the_next_event_has_the_time_of_its_receipt(self):
        one = self.app()
        one.rule()
        one.event(username="u")
        self.stack.sql(
            "UPDATE event SET id = id + 3600000000 * 1024,"
            " timestamp = timestamp + 3600000000"
            " WHERE application_id = %d; UPDATE user SET last_event ="
            " last_event + 3600000000 * 1024 WHERE application_id = %d"
            % (one.id, one.id))
        soon = datetime.now(timezone.utc) + timedelta(minutes=1)
        event = one.event(username="u")
        entry = one.ledger("u")[-1]
        user = self.assert_json(one.get("/users/u"))
        self.assertEqual(entry["event"], event["id"])
        self.assertEqual(user["events"], 2)
        for text in (event["receivedAt"], event["timestamp"],
                     entry["createdAt"], user["lastEventAt"],
                     one.all("/events?username=u")[0]["receivedAt"]):
            self.assertLess(text, soon.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
        # Newest first is still the order of receipt.
        self.assertEqual(one.all("/events?username=u")[0]["id"], event["id"])
        self.assertEqual(
            self.assert_json(one.post("/events", {
                "id": event["id"], "username": "u",
                "eventType": event["eventType"]}), 200)["receivedAt"],
            event["receivedAt"])
