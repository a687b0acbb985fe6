"""What the tests of what a review found have in common."""

import contextlib

import client
from case import StackTest
from stack import WORKERS, wait_until


class Regressions(StackTest):
    """Helpers of the classes below."""

    @contextlib.contextmanager
    def workers_unharmed(self):
        """No worker ends, and so none is replaced."""
        before = self.stack.worker_pids()
        self.assertEqual(len(before), WORKERS)
        yield
        self.assertEqual(self.stack.worker_pids(), before,
                         "a worker has ended")

    def wait_workers(self, old, seconds=20):
        """Until the full number of workers is there, none of the old."""
        def fresh():
            pids = self.stack.worker_pids()
            return len(pids) == WORKERS and not set(pids) & set(old)
        wait_until(fresh, seconds, "%d new workers" % WORKERS)

    def make_rules(self, app, names, **more):
        """Rules of one event type, a point each; on one connection."""
        headers = {"X-API-Key": app.secret}
        with client.Connection(self.stack.port) as connection:
            for name in names:
                r = connection.request("POST", "/api/v1/rules", dict(
                    {"name": name, "eventType": "review", "points": 1,
                     "pointScale": "s"}, **more), headers)
                self.assert_status(r, 201)

    def batch(self, app, events):
        return app.post("/events/batch", {"events": events})

    def statuses(self, response):
        return [r["status"] for r in self.assert_json(response)["results"]]
