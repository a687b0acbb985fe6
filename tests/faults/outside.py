"""What is stored, seen from the outside, against what was acknowledged."""

import json
import time

from client import Connection, segment
from stack import StackError
from traffic import digest_of, fault_of_user

RETRIES = 20    # of a page that is refused with 503
LEDGERS = 8     # users with the most events, whose ledger is read whole


class Reader:
    """Reads whole collections of one application."""

    def __init__(self, stack, app):
        self.connection = Connection(stack.port, 60)
        self.headers = {"X-API-Key": app.secret}

    def all(self, path):
        """Every document of a collection, page by page."""
        cursor = ""
        while cursor is not None:
            page = self._page("/api/v1%s?limit=1000%s" % (path, cursor))
            yield from page["data"]
            cursor = page["nextCursor"] and "&cursor=" + segment(
                page["nextCursor"])

    def _page(self, target):
        for _ in range(RETRIES):
            answer = self.connection.request("GET", target,
                                             headers=self.headers)
            if answer.status != 503:
                break
            time.sleep(0.5)
        if answer.status != 200:
            raise StackError("%s: %r" % (target, answer))
        return answer.json

    def close(self):
        self.connection.http.close()


def check(stack, history, apps):
    """All invariants that the API and palmaresctl can tell of."""
    for app in apps:
        reader = Reader(stack, app)
        try:
            check_events(history, app, reader)
            check_users(history, app, reader)
        finally:
            reader.close()
        check_verify(stack, history, app)


def check_events(history, app, reader):
    """Stored is what was acknowledged, no more and no less, as it was
    answered."""
    add = history.violations.add
    missing = {e.id for e in history.events.values()
               if e.app == app.name and e.acked is not None}
    for document in reader.all("/events"):
        event = history.events.get((app.name, document["id"]))
        if event is None:
            add("stored", "%s was refused or never sent, and is stored" %
                document["id"])
        elif event.acked is not None and document["id"] not in missing:
            add("doubled", "%s is stored twice" % document["id"])
        elif event.acked is not None and event.digest != digest_of(document):
            add("replay", "%s is stored otherwise than it was answered: %s"
                % (document["id"], json.dumps(document)))
        missing.discard(document["id"])
    for event_id in missing:
        add("lost", "%s was acknowledged and is not stored" % event_id)


def check_users(history, app, reader):
    """Users exist once, with what their events gave them."""
    add = history.violations.add
    wanted = {user: events for (name, user), events in
              history.users().items() if name == app.name}
    ledgers = sorted(wanted, key=lambda user: -len(wanted[user]))[:LEDGERS]
    seen = set()
    for user in reader.all("/users"):
        name = user["username"]
        if name in seen or name not in wanted:
            add("doubled", "the user %s is there twice, or without reason" %
                name)
        seen.add(name)
        count = len(wanted.get(name, ()))
        if user["events"] != count:
            add("lost" if user["events"] < count else "doubled",
                "%s has %d events of %d" % (name, user["events"], count))
        fault = fault_of_user(user)
        if fault:
            add("fold", fault)
        if name in ledgers:
            check_ledger(history, app, reader, user)
    for name in set(wanted) - seen:
        add("lost", "the user %s is not there" % name)


def check_ledger(history, app, reader, user):
    """Every balance is the sum of what came before it."""
    sums, number = {}, 0
    entries = list(reader.all("/users/%s/ledger" % segment(
        user["username"])))
    for entry in reversed(entries):
        number += 1
        scale = entry["pointScale"]
        sums[scale] = sums.get(scale, 0) + entry["points"]
        if entry["number"] != number or entry["balance"] != sums[scale]:
            history.violations.add("ledger", "%s: entry %d: %s" % (
                user["username"], number, json.dumps(entry)))
            return
    told = {p["pointScale"]["name"]: p["points"]
            for p in user["pointScalesWithPoints"] if p["points"]}
    if told != {k: v for k, v in sums.items() if v}:
        history.violations.add("ledger", "%s has %r, the ledger gives %r" % (
            user["username"], told, sums))


def check_verify(stack, history, app):
    rc, out, err, _ = stack.ctl("verify", "--app", app.name, as_json=False)
    if rc != 0:
        history.violations.add("verify", (out + err)[:1500])
