"""Counters under failure: they say what happened, not what was tried."""

import os
import signal
import time

from case import metrics, unique
from client import Together
from processes import is_live
from stack import SqlSession, wait_until
from test_retry import Foreign

STORED = ("palmares_events_applied_total", "palmares_awards_total",
          "palmares_badges_won_total", "palmares_batch_events_sum")
ANSWERED = "palmares_http_requests_total{method=\"POST\"," \
    "route=\"/api/v1/events/batch\",status=\"%d\"}"
WORKERS = ("palmares_worker_starts_total", "palmares_worker_crashes_total")
GAUGES = ("palmares_queued_events", "palmares_requests_in_progress",
          "palmares_busy_connections")


class Counters(Foreign):
    """Each fault with what it moves, and what it does not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.badge = unique("badge")
        cls.one.rule(event_type="win", badge=cls.badge)

    def difference(self, before, *names):
        now = metrics(self.stack)
        return [now.get(name, 0) - before.get(name, 0) for name in names]

    def win(self, *usernames):
        return {"events": [{"id": unique("w"), "username": u,
                            "eventType": "win"} for u in usernames]}

    def test_what_is_stored_is_counted_once_whatever_it_is_sent(self):
        before = metrics(self.stack)
        body = self.win(unique("a"), unique("b"), unique("c"))
        for _ in range(3):
            self.assert_json(self.one.post("/events/batch", body))
        self.assertEqual(self.difference(before, *STORED), [3, 3, 3, 3])
        self.assertEqual(self.difference(
            before, "palmares_events_replayed_total",
            "palmares_batch_events_count"), [6, 1])

    def test_an_award_is_a_badge_only_where_it_has_one(self):
        before = metrics(self.stack)
        user = unique("a")
        self.one.event(user)
        self.one.event(user, "win")
        self.one.event(user, "win")
        self.assertEqual(self.difference(before, *STORED), [3, 3, 1, 3])

    def test_what_a_server_refuses_to_write_is_not_counted_as_stored(self):
        before = metrics(self.stack)
        body = self.win(unique("a"))
        self.stack.sql("SET GLOBAL read_only = 1")
        try:
            r = self.one.post("/events/batch", body)
        finally:
            self.stack.sql("SET GLOBAL read_only = 0")
        self.assert_problem(r, 503, "database_unavailable")
        self.assertEqual(self.difference(before, *STORED), [0, 0, 0, 0])
        self.assertEqual(self.difference(
            before, "palmares_db_commits_total", ANSWERED % 200,
            ANSWERED % 503), [0, 0, 1])
        self.assert_json(self.one.post("/events/batch", body))
        self.assertEqual(self.difference(before, *STORED), [1, 1, 1, 1])
        self.assertEqual(self.difference(
            before, ANSWERED % 200, ANSWERED % 503), [1, 1])

    def test_a_commit_that_is_lost_and_settled_is_counted_once(self):
        body = self.win(*self.users())
        before = metrics(self.stack)
        block = SqlSession(self.stack)
        self.addCleanup(block.close)
        block.run("BACKUP STAGE START; BACKUP STAGE FLUSH;"
                  "BACKUP STAGE BLOCK_DDL; BACKUP STAGE BLOCK_COMMIT")
        sent = self.send(body)
        wait_until(lambda: self.committing(block), 5, "a COMMIT hangs", 0.01)
        block.run("KILL CONNECTION %s" % self.committing(block)[0][0])
        block.run("BACKUP STAGE END")
        (response, _), = sent.join()
        self.assert_json(response)
        self.assertEqual(self.difference(before, *STORED), [2, 2, 2, 2])
        self.assertEqual(self.difference(
            before, "palmares_db_commits_unknown_total",
            "palmares_db_connections_lost_total",
            "palmares_db_retries_total", "palmares_db_commits_total",
            "palmares_db_rollbacks_total", "palmares_events_replayed_total",
            "palmares_batch_events_count"), [1, 1, 1, 1, 0, 0, 1])

    @staticmethod
    def committing(session):
        """The id of the connection whose COMMIT hangs."""
        return session.run(
            "SELECT id FROM information_schema.processlist"
            " WHERE user = 'palmares' AND info = 'COMMIT'")

    def test_what_is_refused_is_not_counted_as_stored(self):
        before = metrics(self.stack)
        body = self.win(unique("a"))
        self.assert_json(self.one.post("/events/batch", body))
        body["events"][0]["eventType"] = "other"
        self.assert_json(self.one.post("/events/batch", body))
        self.assertEqual(self.difference(before, *STORED), [1, 1, 1, 1])
        self.assertEqual(self.difference(
            before, "palmares_events_refused_total",
            "palmares_batch_events_count"), [1, 1])

    def test_what_waits_for_a_lock_in_vain_is_not_counted_as_stored(self):
        user = self.users()[0]
        before = metrics(self.stack)
        session = self.session()
        session.run(self.lock_user(user))
        (response, _), = self.send(self.win(user)).join()
        self.assert_problem(response, 503)
        self.assertEqual(self.difference(before, *STORED), [0, 0, 0, 0])
        self.assertEqual(self.difference(
            before, "palmares_db_commits_total",
            "palmares_batch_events_count"), [0, 0])
        self.assertGreater(self.difference(
            before, "palmares_db_rollbacks_total")[0], 0)
        session.run("ROLLBACK")

    def test_what_a_deadlock_undoes_is_counted_when_it_is_stored(self):
        a, b = self.users()
        before = metrics(self.stack)
        body = self.win(a, b)
        session = self.session()
        session.run(self.lock_event(body["events"][0]["id"]))
        sent = self.send(body)
        self.wait_for_waiter()
        session.run(self.lock_user(a))
        session.run("ROLLBACK")
        (response, _), = sent.join()
        self.assert_json(response)
        self.assertEqual(self.difference(before, *STORED), [2, 2, 2, 2])
        self.assertEqual(self.difference(
            before, "palmares_db_commits_total",
            "palmares_batch_events_count"), [1, 1])
        moved = self.difference(
            before, "palmares_db_deadlocks_total",
            "palmares_db_retries_total", "palmares_db_rollbacks_total")
        self.assertGreaterEqual(moved[0], 1)
        self.assertGreaterEqual(moved[1], 1)
        self.assertGreaterEqual(moved[2], 1)

    def test_a_worker_that_dies_leaves_nothing_under_way(self):
        """Wherever its successor counts."""
        # New workers count elsewhere than the first, and the next where those
        # have: so what a dead one leaves is overwritten by nobody.
        old = self.stack.worker_pids()
        before = metrics(self.stack)
        self.stack.daemon.send(signal.SIGHUP)
        wait_until(lambda: not any(is_live(pid) for pid in old), 30,
                   "the old workers end")
        self.stack.wait_ready()
        self.assertEqual(self.difference(before, *WORKERS), [len(old), 0])
        user = self.users()[0]
        session = self.session()
        session.run(self.lock_user(user))
        Together([lambda: self.one.post("/events/batch", self.win(user))] * 4)
        self.wait_for_waiter()
        self.assertGreater(
            metrics(self.stack)["palmares_requests_in_progress"], 1)
        workers = self.stack.worker_pids()
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not any(is_live(pid) for pid in workers), 10,
                   "the workers are dead")
        session.run("ROLLBACK")
        self.stack.wait_ready()
        wait_until(lambda: len(self.stack.worker_pids()) == len(workers), 10,
                   "all workers are back")
        time.sleep(0.3)
        now = metrics(self.stack)
        self.assertEqual(self.difference(before, *WORKERS),
                         [len(old) + len(workers), len(workers)])
        # Of the requests under way one asks for the metrics.
        self.assertEqual([now[name] for name in GAUGES], [0, 1, 0])
