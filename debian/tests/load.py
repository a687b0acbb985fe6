#!/usr/bin/python3
"""Post events until a file is there, and see that not one is lost.

load.py API KEY STOP strict|patient SECONDS

Each client posts events with ids of its own, over a connection that it keeps,
and repeats one that has no definite answer, as a web site does.  Then the
points that the server has must be those that were answered.  If strict, every
event must have been taken at the first time.  A client gives an event up after
SECONDS.

Exit status: 0 all is there, 1 something is not.
"""

import collections
import http.client
import json
import os
import sys
import threading
import time
import urllib.parse

CLIENTS = 8
POINTS = 10             # of one event
WAIT = 75               # seconds for one answer


class Client(threading.Thread):
    def __init__(self, number, api, key, stop, seconds):
        super().__init__()
        self.seconds = seconds
        self.event = "load-%d-%d" % (os.getpid(), number)
        self.username = "läuft €🏆 %d-%d" % (os.getpid(), number)
        self.url = urllib.parse.urlsplit(api)
        self.headers = {"Authorization": "Bearer " + key,
                        "Content-Type": "application/json"}
        self.stop = stop
        self.connection = None
        self.taken = 0          # events
        self.repeated = []      # why, for each time
        self.refused = []       # what cannot be repeated
        self.longest = 0.0      # seconds from the first try to the answer

    def run(self):
        while not self.refused and not os.path.exists(self.stop):
            begin = time.monotonic()
            self.post("%s-%d" % (self.event, self.taken))
            self.longest = max(self.longest, time.monotonic() - begin)

    def post(self, event):
        """Post it until there is a definite answer."""
        end = time.monotonic() + self.seconds
        body = json.dumps({"id": event, "username": self.username,
                           "eventType": "review"}, ensure_ascii=False).encode()
        while True:
            status, text = self.ask("POST", "/events", body)
            if status in (200, 201):
                self.taken += 1
                return
            why = "%s, %s" % (status, code(text))
            if status not in (0, 502, 503, 504) or time.monotonic() > end:
                self.refused.append(why)
                return
            self.repeated.append(why)
            time.sleep(0.2)

    def ask(self, method, path, body=None):
        """The status and the text of an answer; status 0 without one."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(
                    self.url.netloc, timeout=WAIT)
            self.connection.request(method, self.url.path + path, body,
                                    self.headers)
            response = self.connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.connection = None
            return 0, repr(error)

    def points(self):
        path = "/pointScales/reputation/users/" + urllib.parse.quote(
            self.username, safe="")
        status, text = self.ask("GET", path)
        return json.loads(text)["points"] if status == 200 else text


def code(text):
    """What an answer that is a problem document calls the problem."""
    try:
        return json.loads(text)["code"]
    except (ValueError, KeyError, TypeError):
        return text[:200]


def judge(clients, patient):
    """What is wrong, a line each."""
    for client in clients:
        points = client.points() if client.taken else 0
        if points != client.taken * POINTS:
            yield "%s has %s points for %d events" % (
                client.username, points, client.taken)
        yield from ("refused: " + why for why in client.refused)
        if not patient:
            yield from ("not taken at once: " + why
                        for why in set(client.repeated))
    if not all(client.taken for client in clients):
        yield "some client could not post a single event"


def main():
    api, key, stop, kind, seconds = sys.argv[1:]
    clients = [Client(number, api, key, stop, float(seconds))
               for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    wrong = list(judge(clients, kind == "patient"))
    print("load: %d events taken, %d times repeated, the longest took %.1f s" % (
        sum(client.taken for client in clients),
        sum(len(client.repeated) for client in clients),
        max(client.longest for client in clients)))
    repeats = collections.Counter(why for client in clients
                                  for why in client.repeated)
    for why, times in repeats.most_common():
        print("repeated %d times after: %s" % (times, why))
    for line in sorted(set(wrong)):
        print("WRONG: " + line)
    return 1 if wrong else 0


sys.exit(main())
