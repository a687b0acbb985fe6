#!/usr/bin/env python3
"""examples.py BUILDDIR OPENAPI_JSON [OPENAPI_YAML]: sends every example

OPENAPI_JSON is the document without references. Each request is sent with each of its
examples to an application of its own, in which what the examples speak of has
happened, and must be answered with an example of the status that it gets. Each problem
is brought about; of those in UNSENT, the source must have the sentence.

With OPENAPI_YAML, the problems' examples there become what the server says.
"""

import json
import os
import pathlib
import re
import sys

INTEGRATION = pathlib.Path(__file__).resolve().parent.parent / "integration"
sys.path.insert(0, str(INTEGRATION))

import client                                           # noqa: E402
import crowd                                            # noqa: E402
from case import App, Shared                            # noqa: E402

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
MADE_ID = re.compile(r"^evt_[0-9a-z]{23}$")
MOST = 2 ** 63 - 1
# What needs a broken server, another address, or nginx with a rate limit.
UNSENT = {
    "body_incomplete", "forbidden", "rate_limited", "database_unavailable",
    "query_too_slow", "schema_mismatch", "unavailable", "outcome_unknown",
    "overloaded"}
SOURCE = INTEGRATION.parent.parent
# Codes of the classic 400 that do not depend on the operation; a header that
# comes twice is invalid_header, where none is asked for.
EVERYWHERE = {"invalid_query", "invalid_path", "bad_request",
              "body_incomplete", "invalid_header"}
# A body that all classic operations take, and what is refused of it.
CLASSIC_BODY = {"eventType": "test5", "badge": {"name": "test5"},
                "username": "test5", "properties": ["test5"]}
CODE_BODIES = {
    "application_not_found": {"appKey": -1},
    "invalid_body": {"name": 5, "username": 5},
    "no_rule_matches": {"eventType": "none"},
    "too_many_badges": {"badge": {"name": "none"}},
    "too_many_point_scales": {"pointScale": {"name": "none"}, "points": 1},
    "too_many_rules": {"badge": {"name": "many-1"}},
}


def masked(value, name=""):
    """The value without what is another each time."""
    if isinstance(value, dict):
        return {k: masked(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [masked(v) for v in value]
    if name.lower() == "appkey" or name == "requestId":
        return "masked"
    if isinstance(value, str):
        if MADE_ID.match(value):
            return "made"
        return TIME.sub("time", value)
    return value


def with_key(value, key):
    """The value with another appKey."""
    if isinstance(value, dict):
        return {k: key if k == "appKey" else with_key(v, key)
                for k, v in value.items()}
    if isinstance(value, list):
        return [with_key(v, key) for v in value]
    return value


def examples_of(content):
    """The examples of a body or a parameter, by their names."""
    if "examples" in content:
        return {k: v["value"] for k, v in content["examples"].items()}
    return {"": content["example"]} if "example" in content else {}


def contents(part, kind="application/json"):
    return examples_of(part.get("content", {}).get(kind, {}))


def sentences():
    """What the programs and nginx can say, numbers as 0."""
    text = "".join(
        path.read_text(encoding="utf-8")
        for path in (*SOURCE.glob("src/*/*.[ch]"), *SOURCE.glob("nginx/*")))
    text = re.sub(r'"\s*TEXT_OF\(\s*\w+\)\s*"', "0", text)
    text = re.sub(r'"\s*"', "", text).replace('\\"', '"')
    return re.sub(r"%(?:lld|zu|d)|\d[\d,]*", "0", text)


def scalar(text):
    """A string in YAML, on one line."""
    return "'%s'" % text.replace("'", "''")


def rewrite(path, said):
    """Puts what the server has said into the examples of problems."""
    text = pathlib.Path(path).read_text(encoding="utf-8")
    for name, problem in said.items():
        block = re.search(r"^    %s:\n      value:\n(?: {8}.*\n)+" % name,
                          text, re.M)
        lines = ["    %s:" % name, "      value:"]
        for member, value in problem.items():
            if member == "requestId":
                value = "7f3c2a9e5b1d4c6f8e0a1b2c3d4e5f60"
            if member == "errors":
                lines.append("        errors:")
                lines += ["          - {%s}" % ", ".join(
                    "%s: %s" % (k, scalar(v) if k == "detail" else v)
                    for k, v in fault.items()) for fault in value]
            else:
                lines.append("        %s: %s" % (
                    member, scalar(value) if member == "detail" else value))
        text = text.replace(block.group(), "\n".join(lines) + "\n")
    pathlib.Path(path).write_text(text, encoding="utf-8")


class World:
    """An application in which things have happened."""

    def __init__(self, stack, examples):
        self.app = App(stack, classic=True)
        self.examples = examples

    def must(self, response, *statuses):
        if response.status not in statuses:
            raise AssertionError(repr(response))
        return response

    def define(self):
        """What the examples define, and a rule that gave 110 points."""
        for collection, name in (("pointScales", "PointScale"),
                                 ("badges", "Badge")):
            body = dict(self.examples[name]["value"])
            for member in ("appKey", "createdAt", "updatedAt"):
                del body[member]
            self.must(self.app.post("/" + collection, body), 201)
        body = with_key(self.examples["Rule"]["value"], self.app.key)
        self.must(self.app.post("/rules", body), 201)
        self.app.rule("visit", 10, name="visit")

    def before(self):
        """Before the event of the examples: its user had 110 points."""
        self.define()
        for _ in range(11):
            self.app.event("test5", "visit")

    def batch(self):
        """Two events of the batch cannot be taken."""
        self.before()
        self.app.event("test6", "visit", id="login-77")
        self.app.rule("most", MOST - 5, name="most")
        self.app.event("test7", "most")

    def after(self):
        self.before()
        event = dict(self.examples["Event"]["value"])
        for member in ("awards", "receivedAt", "replayed"):
            del event[member]
        self.must(self.app.post("/events", event), 201)

    def demo(self):
        """The application of the examples, of which there is one."""
        if self.app.stack.ctl("app", "show", "demo")[0] != 0:
            rc, _, err, _ = self.app.stack.ctl(
                "app", "create", "demo", "--description", "The shop",
                "--time-zone", "Europe/Paris")
            if rc != 0:
                raise AssertionError(err)
        self.app.name = "demo"
        self.app.secret = self.app.new_key()["key"]

    def scale(self):
        self.must(self.app.put("/pointScales/reputation", {}), 201)

    def badge(self):
        self.must(self.app.put("/badges/Critic", {}), 201)

    def empty(self):
        pass

    def classic(self):
        named = {"name": "test5", "description": "test5"}
        for collection in ("badges", "pointScales"):
            self.must(self.app.classic("POST", "/" + collection, dict(named)),
                      202)
        self.must(self.app.classic("POST", "/rules", dict(
            named, eventType="test5", property="test5", points=1,
            pointScale=dict(named), badge=dict(named))), 202)

    def classic_full(self):
        crowd.things(self.app, "badge", 1000)
        crowd.things(self.app, "point_scale", 1000)

    def classic_ruled(self):
        crowd.things(self.app, "badge", 1)
        crowd.rules(self.app, 1000, badge="many-1")

    def classic_after(self):
        self.classic()
        self.app.rule("hundred", 99, "test5", name="hundred")
        self.app.event("test5", "test5", properties=["test5"])
        self.app.event("test5", "hundred")
        self.must(self.app.delete("/rules/hundred"), 204)


# Where a request is sent: in the first world that is named, and in the others.
WORLDS = {
    "createPointScale": "empty", "createBadge": "empty",
    "createRule": "scale_and_badge", "putPointScale": "empty define",
    "putBadge": "empty define", "putRule": "scale_and_badge define",
    "deletePointScale": "scale", "deleteBadge": "badge",
    "postEvent": "before after:object", "postEvents": "batch",
    "getApplication": "demo", "putApplication": "demo",
    "classicCreateBadge": "empty", "classicCreatePointScale": "empty",
    "classicCreateRule": "empty",
}


def scale_and_badge(world):
    world.define()
    for name in ("first-review", "visit"):
        world.must(world.app.delete("/rules/" + name), 204)


World.scale_and_badge = scale_and_badge


class Examples:
    """The run: what was sent, and what is wrong."""

    def __init__(self, stack, document):
        self.stack = stack
        self.document = document
        self.examples = document["components"]["examples"]
        self.sent = 0
        self.faults = []
        self.said = {}      # by problems whose examples say another thing
        self.exposed = set()    # headers that pages in a browser may read

    def fault(self, what, text):
        self.faults.append("%s: %s" % (what, text))

    def world(self, name):
        world = World(self.stack, self.examples)
        getattr(world, name)()
        return world

    def send(self, world, method, path, parameters, body):
        """Sends a request with the examples of its required parameters."""
        headers = {}
        if not path.startswith("/api/") or path.startswith("/api/v1/"):
            headers["Authorization"] = "Bearer " + world.app.secret
        query = []
        for p in parameters:
            value = p["example"]
            if p["in"] == "path":
                path = path.replace("{%s}" % p["name"],
                                    client.segment(str(value)))
            elif p["name"] == "appKey":
                headers["appKey"] = str(world.app.key)
            elif p["in"] == "header":
                headers[p["name"]] = str(value)
            else:
                query.append("%s=%s" % (p["name"],
                                        client.segment(str(value))))
        if query:
            path += "?" + "&".join(query)
        self.sent += 1
        return client.request(self.stack.port, method, path,
                              with_key(body, world.app.key), headers)

    def agrees(self, operation, response):
        """Whether the document has an example that says this."""
        wanted = operation["responses"].get(str(response.status), {})
        examples = list(contents(wanted).values())
        if not wanted.get("content"):
            return response.body == b""
        if "application/json" not in wanted["content"]:
            return all(self.has_lines(response, text) for kind in
                       wanted["content"]
                       for text in contents(wanted, kind).values())
        got = masked(response.json)
        for example in map(masked, examples):
            if isinstance(example, list):
                if all(e in got for e in example):
                    return True
            elif isinstance(example, dict) and "data" in example:
                if all(e in got["data"] for e in example["data"]):
                    return True
            elif example == got:
                return True
        return False

    def headers(self, what, operation, response):
        """An ETag is documented where it is sent, and a page in a browser is
        offered no header that no answer has."""
        documented = operation["responses"].get(str(response.status), {})
        if ("ETag" in documented.get("headers", {})) != (
                response.header("ETag") is not None):
            self.fault(what, "the document and the server differ about ETag")
        exposed = response.header("Access-Control-Expose-Headers")
        if exposed is not None:
            self.exposed.update(exposed.split(", "))

    def unsent_headers(self):
        """Those that a page may read, and no answer of v1 documents."""
        documented = {
            header for path, item in self.document["paths"].items()
            if path.startswith("/api/v1/")
            for method, operation in item.items() if method != "parameters"
            for response in operation["responses"].values()
            for header in response.get("headers", {})}
        for header in sorted(self.exposed - documented):
            self.fault(header, "is exposed, and no answer has it")
        if not self.exposed:
            self.fault("v1", "no answer exposes a header")

    @staticmethod
    def has_lines(response, text):
        """Whether a text has the lines, whatever number ends them."""
        got = {re.sub(r" \d+$", "", line)
               for line in response.body.decode().splitlines()}
        return all(re.sub(r" \d+$", "", line) in got
                   for line in text.splitlines())

    def operation(self, method, path, item, operation):
        name = operation["operationId"]
        default = "after"
        if name.startswith("classic"):
            default = "classic_after"
        given = item.get("parameters", []) + operation.get("parameters", [])
        always = [p for p in given if p.get("required")]
        for p in given:
            if p.get("required") and "example" not in p:
                self.fault(name, "no example of %s" % p["name"])
                return
        bodies = contents(operation.get("requestBody", {})) or {"": None}
        cases = [(key, body, always) for key, body in bodies.items()]
        cases += [(p["name"], body, always + [p])
                  for body in list(bodies.values())[:1]
                  for p in given if not p.get("required") and "example" in p
                  and not p["name"].startswith("If-")]
        for world in WORLDS.get(name, default).split():
            world, _, only = world.partition(":")
            for key, body, parameters in cases:
                if only and key != only:
                    continue
                what = "%s %s (%s)" % (name, key, world)
                response = self.send(self.world(world), method, path,
                                     parameters, body)
                self.headers(what, operation, response)
                if not 200 <= response.status < 300:
                    self.fault(what, repr(response))
                elif not self.agrees(operation, response):
                    self.fault(what, "no example says: %s" %
                               response.body.decode()[:2000])

    def problem(self, name, example, request):
        world, method, path, body, headers = request
        headers = dict(headers)
        classic = not path.startswith("/api/v1/")
        if classic and method in ("GET", "PUT"):
            headers.setdefault("appKey", str(world.app.key))
        if not classic:
            headers.setdefault("Authorization", "Bearer " + world.app.secret)
        self.sent += 1
        response = client.request(
            self.stack.port, method, path, body,
            {k: v for k, v in headers.items() if v is not None})
        if response.status != example["status"]:
            self.fault(name, repr(response))
        elif masked(response.json) != masked(example):
            self.said[name] = response.json
            self.fault(name, "the server says: %s" % json.dumps(
                {k: v for k, v in response.json.items()
                 if example.get(k) != v}, ensure_ascii=False))

    def requests(self):
        """What brings a problem about: world, method, path, body, headers."""
        v1 = "/api/v1"
        event = {"username": "test7", "eventType": "review",
                 "properties": ["verified"]}
        rule = {"name": "first-review", "eventType": "e", "badge": "b"}
        own = self.world("batch")
        old = self.world("classic_after")
        key = old.app.key
        named = {"name": "test5", "appKey": key}
        none = self.world("empty")
        self.must_fill(old)
        return {
            "invalid_query": (own, "GET", v1 + "/events?limit=0", None, {}),
            "invalid_header": (own, "POST", v1 + "/events/batch",
                               {"events": []}, {"Idempotency-Key": "a"}),
            "invalid_path": (own, "GET", v1 + "/badges/%ff", None, {}),
            "bad_request": (own, "GET", v1 + "/badges/%zz", None, {}),
            "body_too_large": (own, "POST", v1 + "/events",
                               b" " * (256 * 1024 + 1), {}),
            "invalid_cursor": (own, "GET", v1 + "/events?cursor=x", None, {}),
            "invalid_json": (own, "POST", v1 + "/events",
                             '{"username": "u" "eventType": "e"}', {}),
            "key_missing": (own, "GET", v1 + "/rules", None,
                            {"Authorization": None}),
            "key_unknown": (own, "GET", v1 + "/rules", None, {
                "Authorization": "Bearer pm_sk_" + "0" * 32}),
            "key_forbidden": (own, "GET", v1 + "/rules", None, {
                "Authorization": "Bearer " + own.app.publishable}),
            "point_scale_not_found": (
                none, "GET", v1 + "/pointScales/reputation", None, {}),
            "user_not_found": (none, "GET", v1 + "/users/test5", None, {}),
            "badge_not_found": (none, "GET", v1 + "/badges/Critic", None, {}),
            "rule_not_found": (none, "GET", v1 + "/rules/first-review", None,
                               {}),
            "event_not_found": (none, "GET", v1 + "/events/order-1234-paid",
                                None, {}),
            "method_not_allowed": (own, "POST", v1 + "/rules/first-review",
                                   {}, {}),
            "point_scale_exists": (own, "POST", v1 + "/pointScales",
                                   {"name": "reputation"}, {}),
            "point_scale_in_use": (own, "DELETE",
                                   v1 + "/pointScales/reputation", None, {}),
            "badge_exists": (own, "POST", v1 + "/badges", {"name": "Critic"},
                             {}),
            "badge_in_use": (own, "DELETE", v1 + "/badges/Critic", None, {}),
            "rule_exists": (own, "POST", v1 + "/rules", rule, {}),
            "balance_overflow": (own, "POST", v1 + "/events", event, {}),
            "precondition_failed": (own, "PUT", v1 + "/rules/first-review",
                                    rule, {"If-Match": '"9b1c0f3e7a52d684"'}),
            "unsupported_media_type": (own, "POST", v1 + "/events", "a=b", {
                "Content-Type": "application/x-www-form-urlencoded"}),
            "unsupported_encoding": (own, "POST", v1 + "/events", b"x", {
                "Content-Encoding": "gzip"}),
            "invalid_body": (own, "POST", v1 + "/rules", dict(
                rule, pointScale="s", points="10", colour="red"), {}),
            "event_id_reused": (own, "POST", v1 + "/events",
                                dict(event, id="login-77"), {}),
            "timestamp_in_future": (
                own, "POST", v1 + "/events",
                dict(event, timestamp="2126-11-22T09:00:00Z"), {}),
            "classic_application_not_found": (
                old, "GET", "/api/badges", None, {"appKey": "123456789"}),
            "classic_badge_exists": (old, "POST", "/api/badges", named, {}),
            "classic_invalid_body": (old, "POST", "/api/rules",
                                     {"appKey": key, "eventType": "e",
                                      "badge": named}, {}),
            "classic_precondition_failed": (
                old, "PUT", "/api/badges/test5", {"name": "test5"},
                {"If-Match": '"another"'}),
            "classic_badge_not_found": (none, "GET", "/api/badges/test5",
                                        None, {}),
            "classic_point_scale_exists": (old, "POST", "/api/pointScales",
                                           named, {}),
            "classic_point_scale_not_found": (
                none, "GET", "/api/pointScales/test5", None, {}),
            "classic_rule_exists": (old, "POST", "/api/rules", dict(
                named, eventType="e", badge=named), {}),
            "classic_rule_not_found": (none, "GET", "/api/rules/test5", None,
                                       {}),
            "classic_no_rule_matches": (
                old, "POST", "/api/events", {
                    "appKey": key, "username": "test5", "eventType": "x"},
                {}),
            "classic_balance_overflow": (
                old, "POST", "/api/events", {
                    "appKey": key, "username": "test5",
                    "eventType": "test5", "properties": ["test5"]}, {}),
            "classic_user_not_found": (none, "GET", "/api/users/test5", None,
                                       {}),
        }

    def must_fill(self, world):
        """The user of the classic examples has all points but one."""
        world.app.rule("most", MOST - 100, "test5", name="most")
        world.app.event("test5", "most")

    def problems(self):
        requests = self.requests()
        source = sentences()
        for name, example in self.examples.items():
            value = example["value"]
            if not (isinstance(value, dict) and "type" in value):
                continue
            if name in requests:
                self.problem(name, value, requests.pop(name))
            elif name in UNSENT or "too_many" in name:
                if re.sub(r"\d[\d,]*", "0", value["detail"]) not in source:
                    self.fault(name, "no source says: " + value["detail"])
            else:
                self.fault(name, "nothing brings it about")
        for name in requests:
            self.fault(name, "there is no such example")

    def codes(self):
        """Each code that a classic operation documents with its 400 comes."""
        old = self.world("classic_after")
        self.must_fill(old)
        full = {"too_many_rules": self.world("classic_ruled")}
        for code in "too_many_badges", "too_many_point_scales":
            full[code] = self.world("classic_full")
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                if method == "parameters" or \
                        not operation["operationId"].startswith("classic"):
                    continue
                problem = operation["responses"]["400"]["content"][
                    "application/problem+json"]
                documented = set(
                    problem["schema"]["allOf"][1]["properties"]["code"]["enum"])
                if documented != set(problem["examples"]):
                    self.fault(operation["operationId"],
                               "its codes are not those of its examples")
                for code in sorted(documented - EVERYWHERE):
                    self.code(full.get(code, old), method.upper(), path,
                              operation, code)

    def code(self, world, method, path, operation, code):
        """Sends what is refused with the code."""
        headers, body = {}, None
        name = "test5" if code.endswith(("_exists", "_failed")) else "none"
        path = re.sub(r"{\w+}", "none", path)
        if "requestBody" in operation:
            body = dict(CLASSIC_BODY, name=name, appKey=world.app.key)
            body.update(CODE_BODIES.get(code, {}))
            if code == "invalid_json":
                body = "{"
        if code == "precondition_failed":
            headers["If-Match"] = '"another"'
        if method in ("GET", "PUT") and code != "invalid_header":
            headers["appKey"] = str(
                -1 if code == "application_not_found" else world.app.key)
        self.sent += 1
        response = client.request(self.stack.port, method, path, body, headers)
        if response.status != 400 or response.json["code"] != code:
            self.fault("%s %s" % (operation["operationId"], code),
                       "does not come: %r" % response)

    def run(self):
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                if method != "parameters":
                    self.operation(method.upper(), path, item, operation)
        self.problems()
        self.codes()
        self.unsent_headers()


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__.splitlines()[0])
    Shared.builddir = os.path.abspath(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as f:
        document = json.load(f)
    stack = Shared.get()
    try:
        examples = Examples(stack, document)
        examples.run()
    finally:
        Shared.stop()
    if len(sys.argv) == 4:
        rewrite(sys.argv[3], examples.said)
    for fault in examples.faults:
        print(fault)
    print("# PASS: %d\n# FAIL: %d" % (
        examples.sent - len(examples.faults), len(examples.faults)))
    return 1 if examples.faults or not examples.sent else 0


if __name__ == "__main__":
    sys.exit(main())
