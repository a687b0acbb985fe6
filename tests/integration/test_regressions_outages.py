"""What a review found: signals, lost connections, a silent database."""

import os
import signal
import threading
from urllib.parse import urlencode

import client
from client import at_once, timed
from regressions import Regressions
from test_database import IN_TIME, DatabaseTest

CONNECTIONS = ("SELECT id FROM information_schema.processlist"
               " WHERE user = 'palmares'")


class Signals(Regressions):
    """Signals that did harm, or left something behind."""

    def kill_hung_workers(self):
        """So that the tests after a failed one have a stack that works."""
        try:
            client.request(self.stack.port, "GET", "/readyz", timeout=3)
        except OSError:
            for pid in self.stack.worker_pids():
                os.kill(pid, signal.SIGKILL)
        self.stack.heal()

    def test_a_worker_with_sigusr1_goes_on_and_can_be_replaced(self):
        self.addCleanup(self.kill_hung_workers)
        one = self.app()
        with self.workers_unharmed():
            for _ in range(2):
                for pid in self.stack.worker_pids():
                    os.kill(pid, signal.SIGUSR1)
                params = client.params_of("GET", "/healthz")
                for r in at_once([lambda: client.fcgi(
                        self.stack.socket, params, timeout=5)] * 150):
                    self.assertEqual(r.status, 200)
                for event in at_once([one.event] * 20):
                    self.assertFalse(event["replayed"])
        pids = self.stack.worker_pids()
        for pid in pids:
            os.kill(pid, signal.SIGUSR1)
        self.stack.daemon.send(signal.SIGHUP)
        self.wait_workers(pids)
        self.stack.wait_ready()

    def test_the_socket_file_goes_with_the_daemon_also_after_two_hups(self):
        try:
            for _ in range(2):
                pids = self.stack.worker_pids()
                self.stack.daemon.send(signal.SIGHUP)
                self.wait_workers(pids)
            self.assertTrue(os.path.exists(self.stack.socket))
            self.assertEqual(self.stack.daemon.stop(), 0)
            self.assertFalse(os.path.lexists(self.stack.socket))
        finally:
            self.stack.heal()
        self.app().event()


class Database(Regressions, DatabaseTest):
    """Connections that are gone, and a database that says nothing."""

    def test_pages_are_read_on_connections_that_were_killed(self):
        for i in range(6):
            self.one.event("u%d" % i)
            self.one.event("known")
        self.make_rules(self.one, ["a", "z"], badge="c")
        targets = []
        for path in ("/events?limit=2", "/events?limit=2&username=known",
                     "/events?limit=2&from=2020-01-01T00:00:00Z",
                     "/users?limit=2", "/users/known/ledger?limit=2",
                     "/rules?limit=1", "/badges?limit=1",
                     "/pointScales?limit=1"):
            first = self.assert_json(self.one.get(path))
            self.assertTrue(first["nextCursor"], path)
            targets += [path, path + "&" + urlencode(
                {"cursor": first["nextCursor"]})]
        expected = [self.assert_json(self.one.get(t)) for t in targets]
        # Every connection must have been in use with these statements.
        at_once([lambda t=t: self.one.get(t) for t in targets * 3])
        for _ in range(3):
            ids = [row[0] for row in self.stack.sql(CONNECTIONS)]
            self.assertTrue(ids)
            self.stack.sql(";".join("KILL CONNECTION " + i for i in ids))
            answers = at_once([timed(lambda t=t: self.one.get(t))
                               for t in targets])
            for target, page, (r, seconds) in zip(targets, expected,
                                                  answers):
                with self.subTest(target):
                    self.assertEqual(self.assert_json(r), page)
                    self.assertLess(seconds, IN_TIME)

    def test_a_crowd_before_a_silent_database_is_answered_in_time(self):
        """More than there are threads: nobody waits for others' waits."""
        bodies = self.bodies(200)
        jobs = []
        for i, body in enumerate(bodies):
            jobs.append(timed(lambda b=body: self.one.post("/events", b)))
            if i % 2:
                jobs.append(timed(lambda t=("/users/known", "/rules",
                                            "/events?limit=5", "/badges/b")[
                    i // 2 % 4]: self.one.get(t)))
        self.assertEqual(len(jobs), 300)
        stack_size = threading.stack_size(256 * 1024)
        self.stack.db.send(signal.SIGSTOP)
        try:
            answers = at_once(jobs)
        finally:
            self.stack.db.send(signal.SIGCONT)
            threading.stack_size(stack_size)
        for response, _ in answers:
            self.assert_problem(response, 503)
        self.wait_recovered()
        self.assert_settled(bodies)
        self.assertEqual(self.one.user("known")["events"], 1)
        late = ["%.2f s: %r" % (seconds, response)
                for response, seconds in answers if seconds > IN_TIME]
        self.assertEqual(late, [], "took more than %g s" % IN_TIME)
