"""A definite refusal is kept, and nobody is refused for a neighbour."""

import time

from case import metric_sum, metrics, unique
from client import Together, at_once
from stack import SqlSession
from test_retry import Foreign


class Waiting(Foreign):
    """Helpers of the classes below."""

    def post(self, username):
        body = {"id": unique("r"), "username": username,
                "eventType": "review"}
        return body, self.one.post("/events", body)

    def blocked_commits(self):
        """A session that keeps everybody from committing."""
        session = SqlSession(self.stack)
        self.addCleanup(session.close)
        session.run("BACKUP STAGE START; BACKUP STAGE FLUSH;"
                    "BACKUP STAGE BLOCK_DDL; BACKUP STAGE BLOCK_COMMIT")
        return session


class Refused(Waiting):
    """503 database_unavailable says that nothing is stored, for ever."""

    def assert_stored(self, body, stored):
        self.assert_status(self.one.get("/events/" + body["id"]),
                           200 if stored else 404)

    def test_an_event_given_up_at_a_lock_is_not_applied_when_it_opens(self):
        user = unique("held")
        self.one.event(user)
        session = self.session()
        session.run(self.lock_user(user))
        # Rarely its last try is just under way: then nobody knows.
        for _ in range(5):
            body, response = self.post(user)
            problem = self.assert_problem(
                response, 503, "database_unavailable", "outcome_unknown")
            if problem["code"] == "database_unavailable":
                break
        else:
            self.fail("never a definite refusal")
        session.run("ROLLBACK")
        time.sleep(0.5)     # a late job is tried again every few ms
        self.assert_stored(body, False)

    def test_nobody_is_tried_for_ever_at_a_lock(self):
        """Not even whose last try was under way when the request gave up."""
        user = unique("held")
        self.one.event(user)
        session = self.session()
        session.run(self.lock_user(user))
        for _ in range(3):
            answers = at_once([lambda: self.post(user) for _ in range(60)])
            self.assertEqual({r.status for _, r in answers}, {503})
        time.sleep(0.5)
        before = metric_sum(metrics(self.stack), "retries")
        time.sleep(0.5)
        self.assertEqual(metric_sum(metrics(self.stack), "retries"), before)

    def test_an_event_given_up_in_the_queue_is_not_applied_afterwards(self):
        """The COMMIT before it hangs; then it does not."""
        block = self.blocked_commits()
        first = Together([lambda: self.post(unique("u"))
                          for _ in range(8)])
        time.sleep(0.2)
        queued = at_once([lambda: self.post(unique("u"))
                          for _ in range(24)])
        block.run("BACKUP STAGE END")
        answers = first.join() + queued
        time.sleep(0.5)
        refused = [b for b, r in answers if r.status == 503 and
                   r.json["code"] == "database_unavailable"]
        self.assertTrue(refused, "nobody was refused in the queue")
        for body in refused:
            self.assert_stored(body, False)
        for body, response in answers:
            if response.status == 201:
                self.assert_stored(body, True)


class Gathered(Waiting):
    """Requests that one transaction gathers, and one of them has to wait."""

    def gather(self, user):
        """A user that is locked and 24 others, behind a COMMIT that hangs;
        then it does not. The answers to the others."""
        block = self.blocked_commits()
        before = Together([lambda: self.post(unique("u"))
                           for _ in range(8)])
        time.sleep(0.2)
        held = Together([lambda: self.post(user) for _ in range(4)])
        others = Together([lambda: self.post(unique("u"))
                           for _ in range(24)])
        time.sleep(0.2)
        block.run("BACKUP STAGE END")
        before.join()
        answers = others.join()
        held.join()
        return answers

    def test_who_is_gathered_with_a_locked_user_does_not_suffer(self):
        user = unique("held")
        self.one.event(user)
        before = metrics(self.stack)
        session = self.session()
        session.run(self.lock_user(user))
        # More than once only where the machine is too slow for the COMMIT.
        for _ in range(5):
            statuses = {r.status for _, r in self.gather(user)}
            if statuses == {201}:
                break
        self.assertEqual(statuses, {201})
        self.assertGreaterEqual(metric_sum(
            metrics(self.stack), "batches_split") - metric_sum(
                before, "batches_split"), 1)
