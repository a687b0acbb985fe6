"""What the store packs into bytes: user.standing and event.awards.

src/store/standing.h and src/store/award.h tell the formats.  Tests read them
here without the store, and write them to do damage.
"""

from collections import namedtuple

# scale, points, balance and badge are 0 where there is none.
Award = namedtuple("Award", "rule scale points balance badge")


class Damaged(Exception):
    """Bytes that are not what they should be."""


def uint(number):
    """Seven bits a byte, the lowest first; the top bit: more follow."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7f | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def sint(number):
    """0, -1, 1, -2 … are packed as 0, 1, 2, 3 …"""
    return uint(2 * number if number >= 0 else -2 * number - 1)


class Reader:
    """Takes one number after the other."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def uint(self):
        number = shift = 0
        while self.at < len(self.data):
            byte = self.data[self.at]
            self.at += 1
            number |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return number
        raise Damaged("a number has no end: %r" % self.data)

    def sint(self):
        number = self.uint()
        return number // 2 if number % 2 == 0 else -(number + 1) // 2

    def end(self):
        if self.at != len(self.data):
            raise Damaged("more behind the end: %r" % self.data)


# The kinds of values, by their numbers, which stand for themselves.
(BALANCE, COUNT, BADGE, GIVEN, AWARDED_AT, USED, NEWEST, SEEN, MATCHES, AWARDS,
 ACTIVE, FIRED, LONGEST) = range(13)
Section = namedtuple("Section", "take put keyed")
SIGNED = (Reader.sint, sint)
NUMBER = (Reader.uint, uint)
MARK = (lambda reader: 1, lambda value: b"")
SECTIONS = (Section(*SIGNED, False), Section(*NUMBER, False),
            Section(*NUMBER, False), Section(*MARK, False),
            Section(*SIGNED, False), Section(*NUMBER, False),
            Section(*SIGNED, True), Section(*MARK, True),
            Section(*NUMBER, True), Section(*NUMBER, True),
            Section(*NUMBER, True), Section(*NUMBER, True),
            Section(*NUMBER, False))


def take_section(reader, section):
    """{what it is of: value}, or {(what it is of, key): value}."""
    values, ref, key = {}, 0, 0
    for place in range(reader.uint()):
        more = reader.uint()
        ref += more
        if section.keyed and place > 0 and more == 0:
            key += reader.uint()
        elif section.keyed:
            key = reader.sint()
        elif more == 0:
            raise Damaged("two values of one thing")
        values[(ref, key) if section.keyed else ref] = section.take(reader)
    return values


def put_section(section, values):
    """values: pairs, as the items of take_section's; one may be there twice."""
    out, last = uint(len(values)), (0, 0)
    for place, value in sorted(values):
        ref, key = place if section.keyed else (place, 0)
        out += uint(ref - last[0])
        if section.keyed:
            out += uint(key - last[1]) if ref == last[0] else sint(key)
        out += section.put(value)
        last = ref, key
    return out


class Standing:
    """What a user has: {scale: points}, {rule: count}, badges as won, the
    rules for the N-th event that have awarded, and in `other`, by kind, what
    else there is."""

    def __init__(self, data=b"\0"):
        reader = Reader(data)
        sections, tag = {}, -1
        for _ in range(reader.uint()):
            tag, last = reader.uint(), tag
            if tag <= last or tag >= len(SECTIONS):
                raise Damaged("no kind, or not in order: %d" % tag)
            sections[tag] = take_section(reader, SECTIONS[tag])
        reader.end()
        self.balances = sections.pop(BALANCE, {})
        self.counts = sections.pop(COUNT, {})
        places = sections.pop(BADGE, {})
        self.badges = sorted(places, key=places.get)
        self.given = sorted(sections.pop(GIVEN, {}))
        self.other = sections

    def pack(self):
        kinds = {tag: values.items() for tag, values in self.other.items()}
        kinds.update({
            BALANCE: self.balances.items(), COUNT: self.counts.items(),
            BADGE: [(badge, place) for place, badge in
                    enumerate(self.badges, 1)],
            GIVEN: [(rule, 1) for rule in self.given]})
        kinds = {tag: values for tag, values in sorted(kinds.items())
                 if values}
        return uint(len(kinds)) + b"".join(
            uint(tag) + put_section(SECTIONS[tag], values)
            for tag, values in kinds.items())


class Awards:
    """What an event gave: how many ledger entries there were before, and a
    list of Award."""

    def __init__(self, data=b"\0\0"):
        reader = Reader(data)
        self.entries_before = reader.uint()
        self.list = [self.award(reader) for _ in range(reader.uint())]
        reader.end()

    @staticmethod
    def award(reader):
        rule, scale, points, balance = reader.uint(), reader.uint(), 0, 0
        if scale:
            points, balance = reader.sint(), reader.sint()
        return Award(rule, scale, points, balance, reader.uint())

    def pack(self):
        out = uint(self.entries_before) + uint(len(self.list))
        for award in self.list:
            out += uint(award.rule) + uint(award.scale)
            if award.scale:
                out += sint(award.points) + sint(award.balance)
            out += uint(award.badge)
        return out
