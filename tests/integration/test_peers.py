"""Peers that do not read their answers: only they wait."""

import json

import client
from case import StackTest

PEERS = 12
EVENTS = 300
ANSWER_MIN = 300000     # more than a socket holds


class Peers(StackTest):

    def test_who_does_not_read_an_answer_holds_up_nobody(self):
        app = self.app()
        headers = {"X-API-Key": app.secret}
        body = json.dumps({"events": [
            {"username": "reader", "eventType": "e",
             "properties": {"text": "x" * 1500}} for _ in range(EVENTS)],
        }).encode()
        self.assert_json(app.post("/events/batch", body))
        # One is answered where it was read, the other when it is committed.
        get = client.params_of("GET", "/api/v1/events?limit=1000",
                               headers=headers)
        post = client.params_of("POST", "/api/v1/events/batch", body, headers)
        peers = [client.KeptFcgi(self.stack.socket) for _ in range(PEERS)]
        for i, peer in enumerate(peers):
            self.addCleanup(peer.close)
            peer.send(*((get,) if i % 2 else (post, body)))
        # New connections come to either worker, events to its committer.
        for i in range(20):
            self.assert_status(self.http("GET", "/healthz"), 200)
            app.event("other-%d" % i)
            self.assertEqual(app.user("other-%d" % i)["events"], 1)
        for peer in peers:
            answer = peer.receive()
            self.assertIn(b"Status: 200", answer[:200])
            self.assertGreater(len(answer), ANSWER_MIN)
            self.assertTrue(answer.endswith(b"}"))
