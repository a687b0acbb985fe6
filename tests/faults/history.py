"""What clients sent and what they were told, and what follows from it.

The load (traffic.py) gives every event one point of the scale "tally", so the
balance in an event's answer is its place among the user's events: each event
appends itself to its user's list, and its answer tells where.  What the rule
that changes gave tells by which change of it the event was judged.  From that,
and from the times at which requests were sent and answered, `check` finds out
whether there is one order of all transactions, changes of rules among them,
that explains every answer and agrees with real time: strict serialisability.
"""

import bisect
import threading

SHOWN = 5       # violations of a kind that are told in full


class Event:
    """An event, by whatever number of requests it was sent."""

    __slots__ = ("app", "user", "id", "invoked", "acked", "position",
                 "extra", "digest", "fresh", "owner", "senders")

    def __init__(self, app, user, event_id):
        self.app = app
        self.user = user
        self.id = event_id
        self.invoked = None     # when it was first sent
        self.acked = None       # when it was first acknowledged
        self.position = None    # among its user's events, from 1
        self.extra = None       # what the changing rule gave; None: nothing
        self.digest = None      # of the first answer
        self.fresh = 0          # answers that said it was new
        self.owner = None       # the transaction that stored it
        self.senders = 0


class Transaction:
    """One request: a single event, a batch, or a read of one user."""

    __slots__ = ("invoked", "acked", "events", "read")

    def __init__(self, invoked, events=(), read=None):
        self.invoked = invoked
        self.acked = None
        self.events = events
        self.read = read        # (app, user, position)


class RuleState:
    """The transaction from which on the changing rule of an application gave
    something else; no two states give the same, but for None."""

    __slots__ = ("value", "invoked", "acked")

    def __init__(self, value, invoked):
        self.value = value
        self.invoked = invoked
        self.acked = None


class Violations:
    """What was found wrong, counted by kind, with some examples."""

    def __init__(self):
        self.counts = {}
        self.texts = []
        self.lock = threading.Lock()

    def add(self, kind, text):
        with self.lock:
            count = self.counts[kind] = self.counts.get(kind, 0) + 1
            if count <= SHOWN:
                self.texts.append("%s: %s" % (kind, text))

    def count(self, *kinds):
        return sum(self.counts.get(kind, 0) for kind in kinds)

    def __bool__(self):
        return bool(self.counts)


class History:
    """Everything that happened in a run, filled by many threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.events = {}        # (app, id): Event
        self.transactions = []
        self.rules = {}         # app: [RuleState], one writer at a time
        self.violations = Violations()

    def begin(self, now, events=(), read=None):
        """A request is about to be sent for the first time."""
        transaction = Transaction(now, events, read)
        with self.lock:
            for event in events:
                event.senders += 1
                if event.invoked is None:
                    event.invoked = now
                    self.events[event.app, event.id] = event
        return transaction

    def answered(self, transaction, now, answers):
        """The request was answered: (replayed, position, extra, digest) of
        each of its events."""
        transaction.acked = now
        with self.lock:
            self.transactions.append(transaction)
            for event, answer in zip(transaction.events, answers):
                self._take(transaction, event, now, *answer)

    def read_answered(self, transaction, now, position):
        transaction.acked = now
        transaction.read += (position,)
        with self.lock:
            self.transactions.append(transaction)

    def _take(self, transaction, event, now, replayed, position, extra,
              digest):
        if not replayed:
            event.fresh += 1
            event.owner = transaction
        if event.acked is None:
            event.acked = now
            event.position = position
            event.extra = extra
            event.digest = digest
        elif event.digest != digest:
            self.violations.add("replay", "%s of %s was answered in two ways"
                                % (event.id, event.user))

    def unacknowledged(self):
        """Events that were sent and never acknowledged."""
        return [e for e in self.events.values() if e.acked is None]

    def acknowledged(self):
        """How many events, also while the load runs."""
        with self.lock:
            return sum(e.acked is not None for e in self.events.values())

    def under_way(self, phases):
        """How many acknowledged events were under way in one of the phases
        (begin, end, name)."""
        return sum(any(e.invoked <= end and e.acked >= begin
                       for begin, end, _ in phases)
                   for e in self.events.values() if e.acked is not None)

    def users(self):
        """{(app, user): its events in the order of their positions}"""
        found = {}
        for event in self.events.values():
            if event.acked is not None:
                found.setdefault((event.app, event.user), []).append(event)
        for events in found.values():
            events.sort(key=lambda e: e.position)
        return found

    # --- the checks ------------------------------------------------------

    def check(self):
        """Everything that can be told from the answers alone."""
        users = self.users()
        for event in self.unacknowledged():
            self.violations.add("lost", "%s of %s was never acknowledged" % (
                event.id, event.user))
        for key, events in users.items():
            self._check_positions(key, events)
            self._check_real_time(key, events)
        self._check_fresh()
        for app, states in self.rules.items():
            self._check_rules(app, states)
        self._check_order(users)

    def _check_positions(self, key, events):
        """The positions of a user's events are 1, 2, 3 and so on."""
        for wanted, event in enumerate(events, 1):
            if event.position != wanted:
                kind = "doubled" if event.position > wanted else "lost"
                self.violations.add(kind, "%s of %s has place %s, not %d" % (
                    event.id, key[1], event.position, wanted))
                return

    def _check_fresh(self):
        """No event was answered as new by two requests."""
        for event in self.events.values():
            if event.fresh > 1:
                self.violations.add("doubled", "%s of %s was new %d times" % (
                    event.id, event.user, event.fresh))

    def _check_real_time(self, key, events):
        """Acknowledged before another was sent: it comes first."""
        latest = events[0]
        for event in events:
            if event.acked < latest.invoked:
                self.violations.add(
                    "order", "%s of %s was acknowledged before %s was sent,"
                    " and comes after it" % (event.id, key[1], latest.id))
                return
            if event.invoked > latest.invoked:
                latest = event

    def _check_rules(self, app, states):
        """An event is judged by a rule as it was while the event was under
        way."""
        acked = [s.acked for s in states]
        invoked = [s.invoked for s in states]
        for event in self.events.values():
            if event.app != app or event.acked is None:
                continue
            first = max(bisect.bisect_left(acked, event.invoked) - 1, 0)
            last = bisect.bisect_right(invoked, event.acked)
            if event.extra not in [s.value for s in states[first:last]]:
                self.violations.add(
                    "rules", "%s of %s got %s, and the rule gave %s" % (
                        event.id, event.user, event.extra,
                        [s.value for s in states[first:last]]))

    def _check_order(self, users):
        """There is one order of all transactions, in real time."""
        graph = Graph()
        for transaction in self.transactions:
            graph.node(transaction)
        for events in users.values():
            owners = [self._owner(graph, e) for e in events]
            for before, after in zip(owners, owners[1:]):
                graph.edge(before, after)
        for transaction in self.transactions:
            if transaction.read is not None:
                self._add_read(graph, users, transaction)
            for event in transaction.events:    # a replay follows its event
                if event.owner is not None:
                    graph.edge(event.owner, transaction)
        for app, states in self.rules.items():
            events = [e for (name, _), events in users.items()
                      if name == app for e in events]
            self._add_rules(graph, states, events)
        graph.add_real_time()
        cycle = graph.cycle()
        if cycle:
            self.violations.add("order", "no order explains these %d"
                                " transactions: %s" % (
                                    len(cycle), "; ".join(map(tell, cycle))))

    @staticmethod
    def _owner(graph, event):
        """The transaction that stored the event.  Whose answer was lost, and
        who was sent by two requests, stands for itself."""
        if event.owner is None and event.senders > 1:
            event.owner = Transaction(event.invoked, (event,))
            event.owner.acked = event.acked
        elif event.owner is None:
            event.owner = graph.sender(event)
        graph.node(event.owner)
        return event.owner

    @staticmethod
    def _add_rules(graph, states, events):
        """An event lies between the change that it was judged by and the
        next one."""
        for state in states:
            graph.node(state)
        following = {}
        for before, after in zip(states, states[1:]):
            graph.edge(before, after)
            following[before.value] = after
        own = {s.value: s for s in states if s.value is not None}
        for event in events:
            if event.extra in own:
                graph.edge(own[event.extra], event.owner)
                if event.extra in following:
                    graph.edge(event.owner, following[event.extra])

    def _add_read(self, graph, users, transaction):
        app, user, position = transaction.read
        events = users.get((app, user), [])
        if position > len(events):
            self.violations.add("doubled", "a read of %s told %d of %d" % (
                user, position, len(events)))
            return
        if position > 0:
            graph.edge(events[position - 1].owner, transaction)
        if position < len(events):
            graph.edge(transaction, events[position].owner)


def tell(transaction):
    """A transaction in words, for a message."""
    if isinstance(transaction, RuleState):
        return "the rule gives %s" % transaction.value
    if transaction.read is not None:
        return "read %s %s: %d" % transaction.read
    return "write " + ", ".join("%s %s %s: %d" % (
        e.app, e.id, e.user, e.position) for e in transaction.events[:3])


class Graph:
    """Transactions, and which must come before which."""

    def __init__(self):
        self.numbers = {}       # id of a transaction: its number
        self.transactions = []
        self.after = []         # number: numbers that come later
        self.senders = None     # id of an event: the transaction that sent it

    def node(self, transaction):
        if id(transaction) not in self.numbers:
            self.numbers[id(transaction)] = len(self.transactions)
            self.transactions.append(transaction)
            self.after.append([])

    def sender(self, event):
        if self.senders is None:
            self.senders = {id(e): t for t in self.transactions
                            for e in t.events}
        return self.senders[id(event)]

    def edge(self, before, after):
        if before is not after:
            self.after[self.numbers[id(before)]].append(
                self.numbers[id(after)])

    def add_real_time(self):
        """A chain of moments, one for each answer: what was answered comes
        before its moment, what was sent later comes after it."""
        count = len(self.transactions)
        by_ack = sorted(range(count),
                        key=lambda n: self.transactions[n].acked)
        acks = [self.transactions[n].acked for n in by_ack]
        self.after.extend([] for _ in range(count))
        for i, number in enumerate(by_ack):
            self.after[number].append(count + i)
            if i + 1 < count:
                self.after[count + i].append(count + i + 1)
        for number in range(count):
            moment = bisect.bisect_left(
                acks, self.transactions[number].invoked) - 1
            if moment >= 0:
                self.after[count + moment].append(number)

    def cycle(self):
        """Transactions that each must come before the next, in a circle;
        empty if there is none."""
        before = [0] * len(self.after)
        for targets in self.after:
            for target in targets:
                before[target] += 1
        free = [n for n, wait in enumerate(before) if wait == 0]
        while free:
            for target in self.after[free.pop()]:
                before[target] -= 1
                if before[target] == 0:
                    free.append(target)
        stuck = [n for n, wait in enumerate(before) if wait > 0]
        return self._walk(before, stuck[0]) if stuck else []

    def _walk(self, before, start):
        """Round one circle among the numbers that wait for others: every one
        of them has one of them before it."""
        behind = {}
        for number, wait in enumerate(before):
            if wait > 0:
                for target in self.after[number]:
                    behind.setdefault(target, number)
        path, number = {}, start
        while number not in path:
            path[number] = len(path)
            number = behind[number]
        circle = list(path)[path[number]:]
        return [self.transactions[n] for n in reversed(circle)
                if n < len(self.transactions)]
