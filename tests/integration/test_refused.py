"""A definite refusal is kept: what was answered with it is not applied later."""

import time

from case import unique
from client import Together, at_once
from stack import SqlSession
from test_retry import Foreign


class Refused(Foreign):
    """503 database_unavailable says that nothing is stored, for ever."""

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
