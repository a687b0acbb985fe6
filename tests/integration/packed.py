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


class Standing:
    """What a user has: {scale: points}, {rule: count}, badges as won, and the
    rules for the N-th event that have awarded."""

    def __init__(self, data=b"\0\0\0\0"):
        reader = Reader(data)
        self.balances, self.counts = {}, {}
        for kind, take in ((self.balances, reader.sint),
                           (self.counts, reader.uint)):
            ref = 0
            for _ in range(reader.uint()):
                ref += reader.uint()
                kind[ref] = take()
        self.badges = [reader.uint() for _ in range(reader.uint())]
        self.given, rule = [], 0
        for _ in range(reader.uint()):
            rule += reader.uint()
            self.given.append(rule)
        reader.end()

    def pack(self):
        out = b""
        for kind, put in ((self.balances, sint), (self.counts, uint)):
            out += uint(len(kind))
            last = 0
            for ref in sorted(kind):
                out += uint(ref - last) + put(kind[ref])
                last = ref
        out += b"".join(map(uint, [len(self.badges)] + self.badges))
        steps = [b - a for a, b in zip([0] + self.given, self.given)]
        return out + b"".join(map(uint, [len(steps)] + steps))


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
