#!/usr/bin/env python3
"""differential: json_parse against Python's json module

Gives texts to render_json and compares what it makes of them with what Python
reads: the files of corpus/json and mutations of them. We must refuse what Python
refuses, read strictly, and nothing else. A text that we take without a fault
must mean the same to Python, number by number and byte by byte, and one with
faults must break a limit of ours.
"""
import argparse
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import time

DEPTH_MAX = 32
NAME_MAX = 4096
VALUES_MAX = 200000
BATCH = 200


class Refused(Exception):
    """Python does not take the text."""


class Faulty(dict):
    """An object with names that break a limit of ours."""


def members(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        return Faulty(pairs)
    for name in names:
        if len(name.encode("utf-8", "surrogatepass")) > NAME_MAX:
            return Faulty(pairs)
        if any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in name):
            return Faulty(pairs)
    return dict(pairs)


def refuse_constant(name):
    raise Refused("%s is no JSON" % name)


def depth_and_values(value):
    """The levels of arrays and objects, and the number of values."""
    deepest = count = 0
    waiting = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        count += 1
        if isinstance(item, (dict, list)):
            depth += 1
            inner = item.values() if isinstance(item, dict) else item
            waiting.extend((each, depth) for each in inner)
        deepest = max(deepest, depth)
    return deepest, count


class Number:
    """A number's text, so that its range can be judged."""

    def __init__(self, text):
        self.text = text
        self.integer = not set(text) & set(".eE")

    def fits(self):
        if self.integer:
            return -2 ** 63 <= int(self.text) < 2 ** 64
        return abs(float(self.text)) != float("inf")

    def render(self):
        if self.integer:
            return "i%d" % int(self.text)
        return "d" + struct.pack(">d", float(self.text)).hex()


def python_reads(data):
    """What strict Python makes of bytes. Raises Refused, or RecursionError."""
    try:
        text = data.decode("utf-8")
        if text.startswith("\ufeff"):
            raise Refused("a byte order mark")
        return json.loads(
            text, object_pairs_hook=members, parse_constant=refuse_constant,
            parse_int=Number, parse_float=Number)
    except ValueError as error:
        raise Refused(str(error)) from error


def is_faulty(item):
    """Whether a value breaks a limit of ours by itself."""
    if isinstance(item, str):
        return any(0xD800 <= ord(c) < 0xE000 for c in item)
    if isinstance(item, Number):
        return not item.fits()
    return isinstance(item, Faulty) or (
        isinstance(item, dict) and any(map(is_faulty, item)))


def breaks_a_limit(value):
    deepest, count = depth_and_values(value)
    if deepest > DEPTH_MAX or count > VALUES_MAX:
        return True
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if is_faulty(item):
            return True
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return False


def same(value, tokens):
    """Whether the rendering that begins in tokens is this value's."""
    token = next(tokens)
    if isinstance(value, dict):
        if token != "{":
            return False
        return same_members(value, tokens)
    if isinstance(value, list):
        return (token == "[" and all(same(item, tokens) for item in value)
                and next(tokens) == "]")
    if isinstance(value, str):
        return token == "s" + value.encode().hex()
    if isinstance(value, Number):
        return token == value.render()
    return token == {None: "n", True: "t", False: "f"}[value]


def same_members(value, tokens):
    left = dict(value)
    while left:
        token = next(tokens)
        if token[0] != "s":
            return False
        name = bytes.fromhex(token[1:]).decode()
        if name not in left or not same(left.pop(name), tokens):
            return False
    return next(tokens) == "}"


def is_same(value, rendering):
    tokens = iter(rendering.split())
    try:
        return same(value, tokens) and next(tokens, None) is None
    except StopIteration:
        return False


def complaint(data, answer):
    """What is wrong with our answer to a text, or None."""
    verdict, rest = answer[:1], answer[1:]
    try:
        value = python_reads(data)
    except RecursionError:
        return "it is deeper than we take" if verdict == "=" else None
    except Refused as error:
        return None if verdict == "-" else "Python refuses it: %s" % error
    if verdict == "-":
        return "Python takes it, we do not: %s" % rest
    if breaks_a_limit(value):
        return None if verdict == "!" else "it has a fault"
    if verdict == "!":
        return "it has no fault"
    if is_same(value, rest):
        return None
    return "it means another thing: %s" % rest


class Renderer:
    """render_json, asked over a pipe."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def write(self, texts):
        for text in texts:
            self.process.stdin.write(struct.pack(">I", len(text)) + text)
        self.process.stdin.flush()

    def read(self):
        head = self.process.stdout.read(4)
        if len(head) < 4:
            sys.exit("render_json has ended")
        (size,) = struct.unpack(">I", head)
        return self.process.stdout.read(size).decode()

    def ask(self, text):
        self.write([text])
        return self.read()

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


TOKENS = [
    *(bytes([c]) for c in b'{}[]:," \t\n\r0123456789.eE+-\\/tfn'),
    b"true", b"false", b"null", b"NaN", b"Infinity", b"-Infinity", b'"a"',
    b'"a":', b'"\\u0061":', b"\\u0000", b"\\ud83d\\ude00",
    b"\\ud836\\udc00", b"\\uD877\\uDC33", b"\\ud800",
    b"\\udc00", b'"a\\u0000":1', b'"\\ud800":[]', b"\\n", b"\\/", b"\\x", b"\x00", b"\x0b", b"\x7f", b"\xc2\x85",
    b"\xc3\xa9", b"\xf0\x9f\x98\x80", b"\xc0\x80", b"\xed\xa0\x80", b"\xff",
    b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"18446744073709551615",
    b"18446744073709551616", b"-9223372036854775808", b"-9223372036854775809",
    b"1e308", b"1e309", b"5e-324", b"1e-400", b"-0", b"-0.0", b"0.1",
    b"9007199254740993.0", b"2.2250738585072011e-308", b"//", b"/**/", b"'",
]


class Mutator:
    """Texts near the seeds, and texts made of tokens; the same for a seed."""

    def __init__(self, seeds, seed):
        self.seeds = seeds
        self.random = random.Random(seed)

    def place(self, data):
        return self.random.randrange(len(data) + 1)

    def insert(self, data):
        at = self.place(data)
        return data[:at] + self.random.choice(TOKENS) + data[at:]

    def remove(self, data):
        at = self.place(data)
        return data[:at] + data[at + self.random.randint(1, 8):]

    def replace(self, data):
        at = self.place(data)
        token = self.random.choice(TOKENS)
        return data[:at] + token + data[at + self.random.randint(1, 4):]

    def repeat(self, data):
        start, end = sorted((self.place(data), self.place(data)))
        times = self.random.choice((2, 3, 40))
        return data[:start] + data[start:end] * times + data[end:]

    def splice(self, data):
        other = self.random.choice(self.seeds)
        return data[:self.place(data)] + other[self.place(other):]

    def wrap(self, data):
        shape = self.random.choice((b"[%s]", b'{"k":%s}', b"[1,%s,2]"))
        return shape % data

    def tokens(self, _):
        return b"".join(
            self.random.choices(TOKENS, k=self.random.randint(1, 30)))

    def digits(self, most):
        return "".join(
            self.random.choices("0123456789", k=self.random.randint(1, most)))

    def number(self, _):
        text = self.random.choice(("", "-")) + self.digits(22)
        if self.random.random() < 0.5:
            text += "." + self.digits(20)
        if self.random.random() < 0.5:
            text += self.random.choice(("e", "E-", "e+")) + self.digits(3)
        return text.encode()

    def next(self):
        data = self.random.choice(self.seeds)
        for _ in range(self.random.randint(1, 4)):
            change = self.random.choice((
                self.insert, self.insert, self.remove, self.replace,
                self.repeat, self.splice, self.wrap, self.tokens,
                self.number))
            data = change(data)
        return data[:65536]


class Comparison:
    """Answers compared, and counted by their first character."""

    def __init__(self, renderer):
        self.renderer = renderer
        self.counts = {"-": 0, "!": 0, "=": 0}
        self.failures = 0

    def compare(self, texts):
        for text in texts:
            answer = self.renderer.ask(text)
            self.counts[answer[:1]] += 1
            why = complaint(text, answer)
            if why is not None:
                self.failures += 1
                print("%r: %s" % (text[:2000], why[:500]), file=sys.stderr)


def seeds_of(directories):
    return [path.read_bytes() for directory in directories
            for path in sorted(pathlib.Path(directory).iterdir())]


def main():
    source = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default="tests/fuzz/render_json")
    parser.add_argument(
        "corpus", nargs="*", default=[source / "corpus/json"],
        help="directories with texts to begin with")
    args = parser.parse_args()
    sys.set_int_max_str_digits(0)

    comparison = Comparison(Renderer(os.path.abspath(args.program)))
    seeds = seeds_of(args.corpus)
    mutator = Mutator(seeds, args.seed)
    end = time.monotonic() + args.seconds
    comparison.compare(seeds)
    while time.monotonic() < end and comparison.failures < 20:
        comparison.compare(mutator.next() for _ in range(BATCH))
    rc = comparison.renderer.close()
    counts = comparison.counts
    print("seed %d: %d texts, %d taken, %d with faults,"
          " %d refused, %d differences" % (
              args.seed, sum(counts.values()), counts["="], counts["!"],
              counts["-"], comparison.failures))
    if not all(counts.values()):
        sys.exit("texts of all three kinds are needed")
    return 1 if comparison.failures or rc else 0


if __name__ == "__main__":
    sys.exit(main())
