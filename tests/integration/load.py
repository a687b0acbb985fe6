"""Clients that send events all the time, and insist on each by its id.

A client here does what the contract tells clients to do: after a refusal with
503, or none at all, it sends the same event id again.  In the end every event
must be there once, which `check` looks at from all sides.
"""

import http.client
import itertools
import threading
import time

import client
from case import unique
from client import segment

GIVE_UP = 30    # seconds for one event


class Load:
    """A number of clients, each with a user of its own and one shared."""

    def __init__(self, app, clients=12, pause=0.0):
        self.app = app
        self.pause = pause
        self.ending = threading.Event()
        self.lock = threading.Lock()
        self.acknowledged = {}      # username: event ids, in order
        self.retries = 0
        self.failures = []          # what was not 2xx, for those who care
        self.headers = {"X-API-Key": app.secret}
        shared = unique("shared")
        self.jobs = client.Together(
            [lambda i=i: self._client(unique("own"), shared)
             for i in range(clients)])

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.ending.set()
        if kind is None:
            self.jobs.join()

    def finish(self):
        """Let every client finish its event, and wait for them."""
        self.ending.set()
        self.jobs.join()

    def _client(self, own, shared):
        for i in itertools.count():
            if self.ending.is_set():
                return
            username = shared if i % 3 == 0 else own
            self._insist({"id": unique("load"), "username": username,
                          "eventType": "review"})
            time.sleep(self.pause)

    def _insist(self, body):
        end = time.monotonic() + GIVE_UP
        while True:
            try:
                r = client.request(self.app.stack.port, "POST",
                                   "/api/v1/events", body, self.headers)
            except (OSError, http.client.HTTPException) as e:
                r = e
            if isinstance(r, client.Response) and r.status in (200, 201):
                with self.lock:
                    self.acknowledged.setdefault(
                        body["username"], []).append(body["id"])
                return
            with self.lock:
                self.failures.append(repr(r))
                self.retries += 1
            if isinstance(r, client.Response) and r.status != 503:
                raise AssertionError("event %r: %r" % (body, r))
            if time.monotonic() > end:
                raise AssertionError("event %r: not in %d s: %r" % (
                    body, GIVE_UP, r))
            time.sleep(0.05)

    def count(self):
        with self.lock:
            return sum(len(ids) for ids in self.acknowledged.values())

    def wait_for(self, more, seconds=30):
        """Until so many events more have been acknowledged."""
        wanted = self.count() + more
        end = time.monotonic() + seconds
        while self.count() < wanted:
            if time.monotonic() > end:
                raise AssertionError("the load does not get on: %s" % (
                    self.failures[-3:]))
            time.sleep(0.01)

    def check(self, test, points):
        """Every event once: rows, balances and the ledger agree."""
        app = self.app
        test.assertGreater(self.count(), 0)
        test.assertEqual(app.rows("event"), self.count())
        test.assertEqual(app.entries(), self.count())
        test.assertEqual(app.rows("user"), len(self.acknowledged))
        for username, ids in self.acknowledged.items():
            test.assertEqual(app.points(username), points * len(ids))
            stored = [row[0] for row in app.stack.sql(
                "SELECT event_id FROM event WHERE username = '%s'"
                " ORDER BY number" % username)]
            test.assertEqual(sorted(stored), sorted(ids))
            listed = app.all("/events?username=" + segment(username))
            test.assertEqual([e["id"] for e in reversed(listed)], stored)
            test.assertEqual(
                [(e["event"], e["balance"]) for e in app.ledger(username)],
                [(e, points * (i + 1)) for i, e in enumerate(stored)])
