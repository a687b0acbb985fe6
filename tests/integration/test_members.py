"""Members of bodies: null, another type, numbers, and what a GET answered."""

import json

from apps import OneApp
from case import unique

TIME = "2026-11-22T09:00:00.000000Z"
NAMED = {"name": "string", "description": "string", "appKey": "integer",
         "createdAt": "time", "updatedAt": "time"}
# Of each kind of body: where it is sent, one that is good, and what its members
# are. {} in a name is made unique.
BODIES = (
    ("/pointScales", {"name": "{}"}, NAMED),
    ("/badges", {"name": "{}"}, dict(NAMED, imageUrl="string")),
    ("/rules",
     {"name": "{}", "eventType": "e", "badge": "b"},
     dict(NAMED, enabled="boolean", eventType="string", property="string",
          numberOfTimesToGetTheAward="integer", points="integer",
          pointScale="named", badge="named")),
    ("/rules",
     {"name": "{}", "eventType": "e", "pointScale": {"name": "s"},
      "points": 1, "badge": {"name": "b"}},
     {"pointScale/" + name: kind for name, kind in NAMED.items()} |
     {"badge/" + name: kind
      for name, kind in dict(NAMED, imageUrl="string").items()}),
    ("/events", {"username": "u", "eventType": "e"},
     {"id": "string", "username": "string", "eventType": "string",
      "timestamp": "time", "appKey": "integer", "properties": "properties"}),
)
VALUES = ("x\ty", 5, 1.5, True, [], {}, [[]], {"a": []})
# What a kind takes of these, or what it says of them; else invalid_type.
FITS = {
    "string": {"x\ty": None},
    "integer": {5: None},
    "boolean": {True: None},
    "time": {"x\ty": "invalid_format"},
    "named": {"x\ty": "control_character", "{}": "required",
              '{"a": []}': "required"},
    "properties": {"[]": None, "{}": None, "[[]]": "invalid_type",
                   '{"a": []}': None},
}
REQUIRED = {"name", "eventType", "username", "pointScale/name", "badge/name"}


def key_of(value):
    return json.dumps(value) if isinstance(value, (list, dict)) else value


def with_member(body, place, value):
    """The body with a value at "badge/name" or the like."""
    body = json.loads(json.dumps(body).replace("{}", unique()))
    inner, names = body, place.split("/")
    for name in names[:-1]:
        inner = inner[name]
    inner[names[-1]] = value
    return body


class Members(OneApp):
    """Every member of every body."""

    def each(self):
        for target, body, members in BODIES:
            for place, kind in members.items():
                yield target, body, place, kind

    def test_null_is_as_good_as_no_member(self):
        for target, body, place, _ in self.each():
            with self.subTest(target=target, member=place):
                r = self.one.post(target, with_member(body, place, None))
                if place in REQUIRED or (
                        place == "badge" and "pointScale" not in body):
                    self.assert_status(r, 422)
                    continue
                self.assert_status(r, 201)
                left_out = with_member(body, place, None)
                inner = left_out
                for name in place.split("/")[:-1]:
                    inner = inner[name]
                del inner[place.split("/")[-1]]
                if "name" in left_out:
                    left_out["name"] = unique()
                again = self.assert_json(self.one.post(target, left_out), 201)
                for name in ("name", "createdAt", "updatedAt", "id",
                             "receivedAt", "timestamp",
                             "awards"):
                    again.pop(name, None)
                self.assert_members(r.json, again)

    def test_a_required_member_may_not_be_null(self):
        for target, body, place, _ in self.each():
            if place in REQUIRED:
                with self.subTest(target=target, member=place):
                    with self.nothing_applied():
                        self.assert_invalid(
                            self.one.post(
                                target, with_member(body, place, None)),
                            {"/" + place: "required"})

    def test_another_type_is_told_at_its_place(self):
        for target, body, place, kind in self.each():
            for value in VALUES:
                code = FITS[kind].get(key_of(value), "invalid_type")
                if isinstance(value, bool) != (kind == "boolean"):
                    code = code or "invalid_type"
                if isinstance(value, bool) and kind == "integer":
                    code = "invalid_type"
                if code is None:
                    continue
                with self.subTest(target=target, member=place, value=value):
                    r = self.one.post(target, with_member(body, place, value))
                    problem = self.assert_problem(r, 422, "invalid_body")
                    self.assertIn(code, [
                        f["code"] for f in problem["errors"]
                        if f["pointer"].startswith("/" + place)])

    def test_a_time_of_the_server_must_be_a_time(self):
        for target, body, place, kind in self.each():
            if kind == "time":
                with self.subTest(target=target, member=place):
                    for value in ("yesterday", "", "2026-02-30T00:00:00Z"):
                        with self.nothing_applied():
                            self.assert_invalid(
                                self.one.post(
                                    target, with_member(body, place, value)),
                                {"/" + place: "invalid_format"})
                    self.assert_status(self.one.post(
                        target, with_member(body, place, TIME)), 201)

    def test_an_unknown_member_is_told_wherever_it_stands(self):
        for target, body, _ in BODIES:
            places = ["typo"] + [name + "/typo" for name, value
                                 in body.items() if isinstance(value, dict)]
            for place in places:
                for value in (None, 1, {}):
                    with self.subTest(target=target, place=place):
                        with self.nothing_applied():
                            self.assert_invalid(
                                self.one.post(
                                    target, with_member(body, place, value)),
                                {"/" + place: "unknown_member"})

    def test_what_a_get_answered_can_be_put_again(self):
        self.one.rule(name="full", scale="s", badge="b", property="p",
                      numberOfTimesToGetTheAward=3, enabled=False)
        for target, body in (
                ("/pointScales/plain", {}),
                ("/pointScales/told", {"description": "d"}),
                ("/badges/plain", {}),
                ("/badges/told", {"description": "d",
                                  "imageUrl": "https://example.org/x"}),
                ("/rules/points", {"eventType": "e", "pointScale": "s",
                                   "points": -5}),
                ("/rules/badge", {"eventType": "e", "badge": "b"}),
                ("/rules/full", None)):
            with self.subTest(target):
                if body is not None:
                    self.assert_status(self.one.put(target, body), 201)
                first = self.one.get(target)
                for headers in (None, {"If-Match": first.header("ETag")}):
                    r = self.one.put(target, first.json, headers=headers)
                    self.assert_status(r, 200)
                    self.assertEqual(r.json, first.json)
                again = self.one.get(target)
                self.assertEqual(again.body, first.body)
                self.assertEqual(again.header("ETag"), first.header("ETag"))


class Numbers(OneApp):
    """10.0 is an integer, and 5 is 5.0."""

    RULE = ('{"name": "%s", "eventType": "e", "pointScale": "s",'
            ' "points": %s, "numberOfTimesToGetTheAward": %s, "appKey": %s}')

    def test_whole_numbers_are_taken_however_they_are_written(self):
        for text, points in (
                ("10.0", 10), ("1e2", 100), ("1.5e1", 15), ("-0.0", 0),
                ("9007199254740993.0", 9007199254740993),
                ("1e18", 10 ** 18),
                ("92233720368547758070e-1", 2 ** 63 - 1),
                ("-9223372036854775808.00", -2 ** 63)):
            with self.subTest(text):
                name = unique()
                r = self.one.post("/rules", self.RULE % (
                    name, text, "2.0", "%d.0" % self.one.key))
                self.assert_status(r, 201)
                self.assertEqual(r.json["points"], points)
                self.assertEqual(r.json["numberOfTimesToGetTheAward"], 2)
                self.assertEqual(
                    self.one.get("/rules/" + name).json["points"], points)

    def test_others_are_refused(self):
        with self.nothing_applied():
            for text, code in (
                    ("1.5", "invalid_type"), ("1e-1", "invalid_type"),
                    ("9007199254740993.5", "invalid_type"),
                    ("9223372036854775808.0", "out_of_range"),
                    ("1e19", "out_of_range"), ("1e400", "out_of_range")):
                with self.subTest(text):
                    self.assert_invalid(self.one.post(
                        "/rules", self.RULE % (unique(), text, "1",
                                               self.one.key)),
                        {"/points": code})

    def test_a_retry_may_write_its_numbers_in_another_way(self):
        event = ('{"id": "%s", "username": "u", "eventType": "e",'
                 ' "properties": {%s}}')
        for one, other, status in (
                ('"a": 5', '"a": 5.0', 200),
                ('"a": 5.0', '"a": 5', 200),
                ('"a": 1e2, "b": 0.1', '"b": 0.10, "a": 100', 200),
                ('"a": 9007199254740993.0', '"a": 9007199254740993', 200),
                ('"a": 9007199254740993.0', '"a": 9007199254740992.0', 422),
                ('"a": 5', '"a": "5"', 422), ('"a": 1', '"a": true', 422),
                (", ".join('"p%d": 1e300' % i for i in range(64)),
                 ", ".join('"p%d": 1000000000000000000000E+279' % i
                           for i in range(64)), 200)):
            with self.subTest(one[:40]):
                name = unique()
                first = self.one.post("/events", event % (name, one))
                self.assert_status(first, 201)
                again = self.one.post("/events", event % (name, other))
                self.assert_status(again, status)
                if status == 200:
                    self.assertEqual(again.json,
                                     dict(first.json, replayed=True))
                else:
                    self.assert_problem(again, 422, "event_id_reused")
