"""The load: clients that send what sites send, and insist on every event.

A client does what the contract tells clients to do: after a 503, or no answer
at all, it sends the same event with the same id again.  What was sent and
answered goes into a History.
"""

import collections
import http.client
import json
import random
import threading
import time
import zlib

from history import Event, RuleState

GIVE_UP = 60        # seconds for one request with all its retries
TIMEOUT = 15        # seconds for one try
PAUSE = 0.05        # before a retry
POOL = 60           # users who are there all the time, besides the hot one
NEW_TOGETHER = 4    # events that a user not seen before begins with, about
TENTH = 10          # the event that wins the badge of that name
BONUS = 5           # points that come with it
CHANGE_TIME = 2     # seconds that the server works on a change, at most
DEFINITE = (200, 201, 204)
UNSURE = ("outcome_unknown", "unavailable")     # a 503 that may have counted
RULES = (
    {"name": "tally", "points": 1, "pointScale": "tally"},
    {"name": "first", "badge": "First"},
    {"name": "tenth", "badge": "Tenth", "points": BONUS,
     "pointScale": "bonus", "numberOfTimesToGetTheAward": TENTH},
)
# What a server must refuse, whatever else happens.
INVALID = ({"username": ""}, {"eventType": None}, {"points": 1},
           {"timestamp": "yesterday"}, {"properties": {"a": {}}})


class Hopeless(Exception):
    """A request had no definite answer in GIVE_UP seconds."""


class Refused(Exception):
    """A good request was refused, or a bad one taken."""


def body_of(event):
    """The same for the same event, so that it can be sent again."""
    number = zlib.crc32(event.id.encode())
    body = {"id": event.id, "username": event.user, "eventType": "tick",
            "properties": {"n": number, "even": number % 2 == 0}}
    if number % 2:
        body["timestamp"] = "2026-01-02T03:04:05.000006Z"
    return body


def digest_of(document):
    """What must be the same each time that an event is told of."""
    rest = {k: v for k, v in document.items() if k != "replayed"}
    return hash(json.dumps(rest, sort_keys=True))


def outcome_of(event, document):
    """(replayed, position, what the changing rule gave, digest), if the
    document tells of the event as it was sent."""
    for member, value in body_of(event).items():
        if document[member] != value:
            raise Refused("%s was sent with %s %r, and is told with %r" % (
                event.id, member, value, document[member]))
    awards = {a["rule"]: a for a in document["awards"]}
    extra = awards.get("flux")
    return (document["replayed"], awards["tally"]["balance"],
            extra and extra["points"], digest_of(document))


def check_whole(events, documents):
    """The events of a batch, which nobody else sends, came in one piece and
    in the order given."""
    if len({d["replayed"] for d in documents}) > 1:
        raise Refused("a batch is stored in parts: %s" % ", ".join(
            "%s %s" % (d["id"], d["replayed"]) for d in documents))
    last = {}
    for event, document in zip(events, documents):
        position = outcome_of(event, document)[1]
        if position <= last.get(event.user, 0):
            raise Refused("%s comes before what stands before it in its batch"
                          % event.id)
        last[event.user] = position


class Sender:
    """The connection of one client, and its figures."""

    def __init__(self, port):
        self.port = port
        self.connection = None
        self.requests = self.retries = 0
        self.failures = []      # (time, what was not definite)
        self.longest = 0.0      # seconds from the first try to the answer
        self.unsure = False     # a try of the last request may have counted
        self.giving_up = False  # see Traffic.__exit__
        self.since = 0.0        # see served
        self.served = None      # the first answer to what was asked since

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def once(self, method, path, body, secret):
        """One try: (status, body), or None if there was no answer."""
        headers = {"X-API-Key": secret}
        data = None
        if body is not None:
            data = json.dumps(body).encode("ascii")
            headers["Content-Type"] = "application/json"
        self.requests += 1
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(
                    "127.0.0.1", self.port, timeout=TIMEOUT)
            self.connection.request(method, "/api/v1" + path, data, headers)
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as e:
            self.close()
            self.failures.append((time.monotonic(), repr(e)))
            return None

    def insist(self, method, path, body, app, statuses=DEFINITE):
        """Until there is a definite answer, whose JSON is returned."""
        begin = time.monotonic()
        self.unsure = False
        while True:
            answer = self.once(method, path, body, app.secret)
            now = time.monotonic()
            if answer and answer[0] in statuses:
                self.longest = max(self.longest, now - begin)
                if (self.served is None and begin >= self.since
                        and answer[0] != 422):  # that needs no database
                    self.served = now
                return json.loads(answer[1]) if answer[1] else None
            if answer:
                self.failures.append((now, answer[0]))
                if answer[0] != 503:
                    raise Refused("%s %s %s: %d %s" % (
                        method, path, json.dumps(body)[:300], answer[0],
                        answer[1][:600].decode("utf-8", "replace")))
            if not answer or json.loads(answer[1])["code"] in UNSURE:
                self.unsure = True
            if now - begin > GIVE_UP or self.giving_up:
                raise Hopeless("%s %s: %s" % (
                    method, path, self.failures[-1][1]))
            self.retries += 1
            time.sleep(PAUSE)


class Client:
    """A thread that sends one thing after the other, drawn by its seed."""

    def __init__(self, traffic, number):
        self.traffic = traffic
        self.history = traffic.history
        self.number = number
        self.random = random.Random("%s %s" % (traffic.seed, number))
        self.sender = Sender(traffic.stack.port)
        self.counts = collections.Counter()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        actions = [a for a, weight in ACTIONS for _ in range(weight)]
        while not self.traffic.ending.is_set():
            self.act(self.random.choice(actions))
            time.sleep(self.traffic.pause)
        self.sender.close()

    def act(self, action):
        """Do one of ACTIONS, and note what is wrong with the answers."""
        try:
            action(self)
        except Hopeless as e:
            self.history.violations.add("unavailable", str(e))
        except Refused as e:
            self.history.violations.add("refused", str(e))
        except (LookupError, TypeError, ValueError) as e:
            self.history.violations.add("answer", repr(e))

    # --- what is sent ----------------------------------------------------

    def _app(self):
        return self.random.choice(self.traffic.apps)

    def _user(self):
        draw = self.random.random()
        if draw < 0.25:
            return "hot"
        if draw < 0.65:
            return "user-%d" % self.random.randrange(POOL)
        return "new-%d" % self.traffic.next_new()

    def _event(self, app, user=None):
        """The ids are the same in all applications, on purpose."""
        self.counts[app.name] += 1
        return Event(app.name, user or self._user(), "c%s-%d" % (
            self.number, self.counts[app.name]))

    def introduce(self):
        """An event of a user not seen before; its document."""
        app = self._app()
        return self._send(app, self._event(app, "user of %s" % self.number))

    def _send(self, app, event):
        transaction = self.history.begin(time.monotonic(), (event,))
        document = self.sender.insist("POST", "/events", body_of(event), app)
        self.history.answered(transaction, time.monotonic(),
                              [outcome_of(event, document)])
        self._check_refusals([event], [document])
        return document

    def _check_refusals(self, events, documents):
        """What was refused for certain is not stored: whoever sends an event
        alone, and had nothing but refusals, finds it new."""
        for event, document in zip(events, documents):
            if (document["replayed"] and event.senders == 1
                    and not self.sender.unsure):
                self.history.violations.add(
                    "refused", "%s was refused, and stored" % event.id)

    def single(self):
        app = self._app()
        event = self._event(app)
        self.traffic.remember(app, event)
        self._send(app, event)

    def again(self):
        """An event that was sent before, or is on its way just now."""
        known = self.traffic.recall(self.random)
        if known:
            self._send(*known)

    def batch(self):
        app = self._app()
        count = self.random.randint(2, self.traffic.batch_max)
        users = [self._user() for _ in range(min(count, 8))]
        events = [self._event(app, self.random.choice(users))
                  for _ in range(count)]
        bodies = [body_of(e) for e in events]
        bad = self.random.randrange(count)
        twice = self.random.randrange(count)
        bodies.append(bodies[twice])
        bodies.insert(bad, self._invalid())
        transaction = self.history.begin(time.monotonic(), events)
        answer = self.sender.insist("POST", "/events/batch",
                                    {"events": bodies}, app)
        now = time.monotonic()
        results = answer["results"]
        if len(results) != len(bodies):
            raise Refused("%d results of %d" % (len(results), len(bodies)))
        if results.pop(bad)["status"] != 422:
            raise Refused("an invalid event of a batch was taken")
        documents = [r["event"] for r in results]
        again = documents.pop()
        if (not again["replayed"]
                or digest_of(again) != digest_of(documents[twice])):
            raise Refused("an event twice in a batch: %r" % again)
        check_whole(events, documents)
        self.history.answered(transaction, now,
                              list(map(outcome_of, events, documents)))
        self._check_refusals(events, documents)

    def _invalid(self):
        self.counts["bad"] += 1
        return dict({"id": "bad-%s-%d" % (self.number, self.counts["bad"]),
                     "username": self._user(), "eventType": "tick"},
                    **self.random.choice(INVALID))

    def invalid(self):
        self.sender.insist("POST", "/events", self._invalid(), self._app(),
                           (422,))

    # --- what is read ----------------------------------------------------

    def _read(self, path, position_of):
        app, user = self._app(), self._user()
        transaction = self.history.begin(time.monotonic(),
                                         read=(app.name, user))
        document = self.sender.insist("GET", path % user, None, app,
                                      (200, 404))
        now = time.monotonic()
        self.history.read_answered(
            transaction, now,
            0 if "status" in document else position_of(document))

    def read_points(self):
        self._read("/pointScales/tally/users/%s", lambda d: d["points"])

    def read_user(self):
        self._read("/users/%s", self._position_of_user)

    def _position_of_user(self, user):
        """A user is told of as he was at one moment."""
        fault = fault_of_user(user)
        if fault:
            self.history.violations.add("torn", fault)
        return user["events"]

    def read_event(self):
        known = self.traffic.recall(self.random)
        if not known or known[1].acked is None:
            return
        app, event = known
        document = self.sender.insist("GET", "/events/" + event.id, None,
                                      app)
        if digest_of(document) != event.digest:
            self.history.violations.add(
                "replay", "GET of %s tells %r" % (event.id, document))

    # --- what is changed -------------------------------------------------

    def change_rule(self):
        """One at a time for each application, until it is done."""
        app = self._app()
        lock = self.traffic.rule_locks[app.name]
        if not lock.acquire(blocking=False):
            return
        try:
            self.traffic.change_rule(self.sender, self.random, app)
        finally:
            lock.release()


# What clients do, and how often.
ACTIONS = (
    (Client.single, 60),
    (Client.batch, 14),
    (Client.again, 9),
    (Client.read_points, 5),
    (Client.read_user, 4),
    (Client.read_event, 4),
    (Client.change_rule, 2),
    (Client.invalid, 2),
)


def points_of(user):
    return {p["pointScale"]["name"]: p["points"]
            for p in user["pointScalesWithPoints"]}


def fault_of_user(user):
    """What in a user's document does not fit the number of his events."""
    count, points = user["events"], points_of(user)
    badges = sorted(b["name"] for b in user["badgesArray"])
    wanted = ["First"] + ["Tenth"] * (count >= TENTH)
    bonus = BONUS if count >= TENTH else 0
    if points.get("tally", 0) != count or points.get("bonus", 0) != bonus:
        return "%s has %d events and %r" % (user["username"], count, points)
    if badges != wanted:
        return "%s has %d events and %r" % (user["username"], count, badges)
    return None


class Traffic:
    """All clients, the applications that they use, and what they share."""

    def __init__(self, stack, history, apps, seed, clients=16, batch_max=40,
                 pause=0.0):
        self.stack = stack
        self.history = history
        self.apps = apps
        self.seed = seed
        self.batch_max = batch_max
        self.pause = pause
        self.ending = threading.Event()
        self.lock = threading.Lock()
        self.new = 0
        self.recent = collections.deque(maxlen=64)
        self.rule_locks = {a.name: threading.Lock() for a in apps}
        self.flux = {a.name: 0 for a in apps}
        self.rule_free = {a.name: 0.0 for a in apps}
        self.clients = [Client(self, i) for i in range(clients)]
        self.threads = []
        self.probes = []    # clients that a fault sends something by

    def __enter__(self):
        sender = Sender(self.stack.port)
        for app in self.apps:
            for rule in RULES:
                sender.insist("PUT", "/rules/" + rule["name"],
                              dict(rule, eventType="tick"), app)
            # The time before all requests: the rule gives nothing.
            state = RuleState(None, 0.0)
            state.acked = 0.0
            self.history.rules[app.name] = [state]
        sender.close()
        self.threads = list(self.clients)
        for client in self.threads:
            client.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.ending.set()
        for client in self.threads:
            client.sender.giving_up = kind is not None
        for client in self.threads:
            client.thread.join(GIVE_UP + 2 * TIMEOUT)
            if client.thread.is_alive():
                self.history.violations.add("unavailable", "a client hangs")

    # --- what clients share ----------------------------------------------

    def next_new(self):
        with self.lock:
            self.new += 1
            return self.new // NEW_TOGETHER

    def remember(self, app, event):
        with self.lock:
            self.recent.append((app, event))

    def recall(self, rng):
        with self.lock:
            return rng.choice(self.recent) if self.recent else None

    def wait_for_rules(self):
        """Until a change of any application's rule would be tried."""
        time.sleep(max(0, max(self.rule_free.values()) - time.monotonic()))

    def change_rule(self, sender, rng, app):
        """Under the application's lock: the rule "flux" gives something
        else, or nothing.  After a retry the first try may still be under
        way, until the server's time for it has passed."""
        if time.monotonic() < self.rule_free[app.name]:
            return
        retries = sender.retries
        self.flux[app.name] += 1
        value = self.flux[app.name]
        body = {"eventType": "tick", "points": value, "pointScale": "flux",
                "enabled": rng.random() < 0.8}
        method = "PUT" if rng.random() < 0.8 else "DELETE"
        gives = value if method == "PUT" and body["enabled"] else None
        state = RuleState(gives, time.monotonic())
        state.acked = float("inf")
        self.history.rules[app.name].append(state)
        sender.insist(method, "/rules/flux",
                      body if method == "PUT" else None, app,
                      DEFINITE + (404,))
        state.acked = time.monotonic()
        if sender.retries > retries:
            self.rule_free[app.name] = state.acked + CHANGE_TIME

    # --- figures ---------------------------------------------------------

    def requests(self):
        return sum(c.sender.requests for c in self.clients + self.probes)

    def retries(self):
        return sum(c.sender.retries for c in self.clients + self.probes)

    def failures(self):
        """What went wrong for clients so far, in the order of time."""
        return sorted(f for c in self.clients for f in c.sender.failures)

    def longest(self):
        """Seconds from the first try to the answer, at worst."""
        return max((c.sender.longest for c in self.clients), default=0.0)

    def mark(self, now):
        """From this moment on the service should be there again."""
        for client in self.clients:
            client.sender.since = now
            client.sender.served = None

    def served(self):
        """When every client had had an answer to something asked since the
        mark; None before that."""
        times = [c.sender.served for c in self.clients]
        return None if None in times else max(times, default=None)
