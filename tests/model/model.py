"""What rules mean, slow and obvious: a user is the list of all that happened.

Made from the contract of rules alone (its chapters: the ladder, members,
conditions, time), and not from the engine: whole numbers and decimals of
Python, the zones of zoneinfo, and no state but the past itself.
"""

import datetime
import re
from decimal import Decimal, localcontext
from zoneinfo import ZoneInfo

LATE = 8            # units
INT64 = range(-2 ** 63, 2 ** 63)
SECOND = datetime.timedelta(seconds=1)
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
# Dates that the clock of a place has left out.  Where days begin later, hours
# of the next date are still that day's.
LEFT_OUT = {"Pacific/Apia": [datetime.date(2011, 12, 30)]}


class Overflow(Exception):
    """A balance would leave 64 bits."""


class Moment:
    """A time by the calendar of an application."""

    def __init__(self, time, zone, day_start):
        self.time = time                # whole microseconds since 1970
        self.zone, self.day_start = zone, day_start
        local = self.local(time)
        self.hour_shown = local.hour
        day = self.day_of(time)
        self.weekday = day.isoweekday()
        number = day.toordinal()
        self.keys = {
            "hour": time - ((local.minute * 60 + local.second) * 10 ** 6
                            + local.microsecond),
            "day": number - sum(out < day for out in LEFT_OUT.get(zone, ())
                                if day_start == 0),
            "week": (number - 1) // 7,      # 1 is a Monday
            "month": day.year * 12 + day.month,
            "year": day.year}

    def local(self, time):
        moment = EPOCH + datetime.timedelta(microseconds=time)
        return moment.astimezone(ZoneInfo(self.zone))

    def shown(self, time):
        """The date that the clock shows, of a day that begins later."""
        naive = self.local(time).replace(tzinfo=None)
        return (naive - datetime.timedelta(seconds=self.day_start)).date()

    def day_of(self, time):
        """A day that has begun goes on, although the clock is set back."""
        minute = 60 * 10 ** 6
        before = self.local(time - 240 * minute).utcoffset()
        if before <= self.local(time).utcoffset():
            return self.shown(time)
        return max([self.shown(time)] + [
            self.shown(time - time % minute - n * minute)
            for n in range(240)])


UNIT_SIZE = {"hour": 3600 * 10 ** 6, "day": 1, "week": 1, "month": 1,
             "year": 1}


class Event:
    def __init__(self, kind, moment, properties):
        self.kind, self.moment = kind, moment
        self.time = moment.time
        self.properties = properties    # numbers are Decimal

    def get(self, name):
        if name == "@time.weekday":
            return Decimal(self.moment.weekday)
        if name == "@time.hour":
            return Decimal(self.moment.hour_shown)
        return self.properties.get(name)


def lower(text):
    return re.sub("[A-Z]", lambda m: m.group().lower(), text)


def kind_of(value):
    if isinstance(value, bool):
        return "boolean"
    return {str: "string", list: "list", Decimal: "number"}[type(value)]


def equal(one, other, ignore):
    if kind_of(one) != kind_of(other) or isinstance(one, list):
        return False
    if ignore and isinstance(one, str):
        return lower(one) == lower(other)
    return one == other


def same(one, other):
    """Of any kind: 1 and true are two values."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return kind_of(one) == kind_of(other) and one == other


def key(value, ignore):
    """In what order values are."""
    if isinstance(value, str):
        return (lower(value) if ignore else value).encode()
    return value


def leaf(condition, event):
    value = event.get(condition["property"])
    operator, wanted = condition["operator"], condition.get("value", True)
    ignore = condition.get("ignoreCase", False)
    if operator == "exists":
        return (value is not None) == wanted
    if operator == "ne":
        return value is None or not equal(value, wanted, ignore)
    if operator == "notIn":
        return value is None or not any(
            equal(value, w, ignore) for w in wanted)
    if value is None:
        return False
    if operator == "eq":
        return equal(value, wanted, ignore)
    if operator == "in":
        return any(equal(value, w, ignore) for w in wanted)
    if operator in ("contains", "startsWith", "endsWith"):
        if isinstance(value, list):
            return operator == "contains" and any(
                equal(v, wanted, ignore) for v in value)
        if not isinstance(value, str):
            return False
        one, other = key(value, ignore), key(wanted, ignore)
        return {"contains": other in one, "startsWith": one.startswith(other),
                "endsWith": one.endswith(other)}[operator]
    ends = wanted if operator == "between" else [wanted, wanted]
    if any(kind_of(value) != kind_of(end) for end in ends) \
            or kind_of(value) not in ("number", "string"):
        return False
    one, low, high = (key(v, ignore) for v in (value, *ends))
    return {"lt": one < low, "lte": one <= low, "gt": one > low,
            "gte": one >= low, "between": low <= one <= high}[operator]


def holds(condition, event):
    if "all" in condition:
        return all([holds(c, event) for c in condition["all"]])
    if "any" in condition:
        return any([holds(c, event) for c in condition["any"]])
    if "not" in condition:
        return not holds(condition["not"], event)
    return leaf(condition, event)


def product(value, points_from):
    """Of decimals, cut off towards zero, then clamped."""
    with localcontext() as context:
        context.prec = 2000
        points = int(value * Decimal(points_from.get("factor", "1")))
    if "min" in points_from:
        points = max(points, points_from["min"])
    if "max" in points_from:
        points = min(points, points_from["max"])
    if points not in INT64:
        raise Overflow
    return points


class Past:
    """What a rule has seen of a user."""

    def __init__(self):
        self.counted = []       # events that count for it
        self.used = set()       # places of those that an award was due for
        self.due = []           # the unit of each award of a streak
        self.awards = []        # moments of what it gave
        self.was_due = False


class Rule:
    def __init__(self, number, document):
        self.number, self.document = number, document
        self.past = Past()

    def get(self, name, default=None):
        return self.document.get(name, default)

    def spans(self):
        """The units and windows that it keeps something of."""
        spans = list(self.get("limit", ()))
        spans = [s for s in spans if s.get("per") != "ever"]
        if "within" in self.document:
            spans.append({"per": self.get("within").get("calendar"),
                          **self.get("within")})
        if "streak" in self.document:
            spans.append({"per": self.get("streak")["unit"]})
        return spans

    def is_late(self, event):
        for span in self.spans():
            if not self.past.counted:
                return False
            if "seconds" in span:
                newest = max(e.time for e in self.past.counted)
                if event.time < newest - LATE * span["seconds"] * 10 ** 6:
                    return True
            else:
                unit = span["per"]
                newest = max(e.moment.keys[unit] for e in self.past.counted)
                if event.moment.keys[unit] < newest - LATE * UNIT_SIZE[unit]:
                    return True
        return False

    @staticmethod
    def in_span(span, moment, event):
        if span.get("per") == "ever":
            return True
        if "seconds" in span:
            return event.time - span["seconds"] * 10 ** 6 < moment.time \
                <= event.time
        unit = span.get("per") or span["calendar"]
        return moment.keys[unit] == event.moment.keys[unit]

    def run(self, event):
        """The units of the event's run."""
        streak = self.get("streak")
        unit, reach = streak["unit"], streak.get("grace", 0) + 1
        active = {e.moment.keys[unit] for e in self.past.counted}
        run = {event.moment.keys[unit]}
        while True:
            more = {a for a in active - run
                    if any(abs(a - r) <= reach for r in run)}
            if not more:
                return run
            run |= more

    def reaches(self, event):
        past, repeat = self.past, self.get("repeat", False)
        times = self.get("numberOfTimesToGetTheAward", 1)
        if "streak" in self.document:
            run = self.run(event)
            due = len(run) // self.get("streak")["length"]
            if due <= sum(unit in run for unit in past.due) \
                    or (past.was_due and not repeat):
                return False
            past.due.append(event.moment.keys[self.get("streak")["unit"]])
            past.was_due = True
            return True
        if times == 1:
            return True
        places = [i for i, e in enumerate(past.counted)
                  if i not in past.used and (
                      "within" not in self.document
                      or self.in_span(self.get("within"), e.moment, event))]
        if len(places) < times or (past.was_due and not repeat):
            return False
        past.was_due = True
        if repeat:
            past.used.update(places)
        return True

    def allows(self, event):
        return all(
            sum(self.in_span(limit, moment, event)
                for moment in self.past.awards) < limit["times"]
            for limit in self.get("limit", ()))

    def climbs(self, event, user):
        """The ladder, step by step; a milestone has no event of its own."""
        past = self.past
        start, end = self.get("validFrom"), self.get("validUntil")
        if (start is not None and event.time < start) or \
                (end is not None and event.time >= end):
            return False
        wanted = self.get("property")
        if wanted is not None and (event.get(wanted) is None
                                   or event.get(wanted) is False):
            return False
        if not all(holds(c, event) for c in self.get("conditions", ())):
            return False
        amount = self.get("pointsFrom")
        if amount is not None and not isinstance(
                event.get(amount["property"]), Decimal):
            return False
        if not user.has(self.get("requires", {})) or self.is_late(event):
            return False
        value = None
        if "distinct" in self.document:
            value = event.get(self.get("distinct"))
            if value is None or any(
                    same(value, e.get(self.get("distinct")))
                    for e in past.counted):
                return False
        if "cooldown" in self.document and past.awards and event.time < \
                past.awards[-1].time + self.get("cooldown") * 10 ** 6:
            return False
        past.counted.append(event)
        return self.reaches(event) and self.allows(event)


class User:
    """All that rules have given to one user."""

    def __init__(self, documents):
        self.rules = [Rule(n, d) for n, d in enumerate(documents, 1)]
        self.rules.sort(key=lambda r: (-r.get("priority", 0), r.number))
        self.balances, self.badges = {}, []

    def has(self, requires):
        return all(badge in self.badges
                   for badge in requires.get("badges", ())) and all(
            self.balances.get(p["pointScale"], 0) >= p["atLeast"]
            for p in requires.get("points", ()))

    def give(self, rule, event):
        """The award as the player tells it; None: there was nothing."""
        told, scale, badge = "", rule.get("pointScale"), rule.get("badge")
        if scale is not None:
            points = rule.get("points", 0)
            if "pointsFrom" in rule.document:
                amount = rule.get("pointsFrom")
                points = product(event.get(amount["property"]), amount)
            balance = self.balances.get(scale, 0) + points
            if balance not in INT64:
                raise Overflow
            self.balances[scale] = balance
            told += ":%d:%d" % (points, balance)
        if badge is not None and badge not in self.badges:
            self.badges.append(badge)
            told += "*"
        if not told:
            return None
        rule.past.awards.append(event.moment)
        return "%d%s" % (rule.number, told)

    def apply(self, event):
        """What an event gives, as the player tells it."""
        told = []
        for rule in self.rules:
            if rule.get("eventType") == event.kind and rule.climbs(
                    event, self):
                told.append(self.give(rule, event))
        milestones = [r for r in self.rules if "eventType" not in r.document]
        again = any(told)
        while again:
            again = False
            for rule in milestones:
                if not rule.past.was_due and rule.climbs(event, self):
                    rule.past.was_due = True
                    told.append(self.give(rule, event))
                    again |= told[-1] is not None
        return " ".join(filter(None, told))
