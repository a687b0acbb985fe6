"""Every operation of openapi.yaml, and which of its statuses tests have seen.

The file is read line by line: its paths, methods and statuses always stand at
the same indentation.
"""

import os
import re

import client
from stack import SOURCE

PATH = re.compile(r"^  (/\S*):$")
METHOD = re.compile(r"^    (get|post|put|delete|patch|head|options):$")
STATUS = re.compile(r"^        '(\d{3})':")
# What stands for the parameters of a path, by the segment before it.
EXAMPLES = {"pointScales": "s", "badges": "b", "rules": "r", "users": "u",
            "events": "e"}
BODIES = {"application": {"timeZone": "UTC"},
          "pointScales": {"name": "s"}, "badges": {"name": "b"},
          "rules": {"name": "r", "eventType": "e", "badge": {"name": "b"}},
          "events": {"username": "u", "eventType": "e"},
          "batch": {"events": [{"username": "u", "eventType": "e"}]}}
# nginx has no rate limit in the configuration that the tests use.
UNSEEN = {429}


class Operation:
    """A method of a path template, and its statuses."""

    def __init__(self, method, template):
        self.method = method
        self.template = template
        self.statuses = set()

    def __repr__(self):
        return "%s %s" % (self.method, self.template)

    @property
    def path(self):
        """The path with examples for its parameters."""
        segments = self.template.split("/")
        for i, s in enumerate(segments):
            if s.startswith("{"):
                # users/{username}/{pointScaleName}: the scale comes last
                segments[i] = EXAMPLES.get(segments[i - 1], "s")
        return "/".join(segments)

    @property
    def body(self):
        """A body that is well-formed, where the operation takes one."""
        if not self.statuses & {413}:
            return None
        return BODIES[[s for s in self.template.split("/") if s in BODIES][-1]]

    @property
    def classic(self):
        return self.template.startswith("/api/") and not self.v1

    @property
    def v1(self):
        return self.template.startswith("/api/v1/")

    def call(self, app, body=None, query="", headers=None, key=None):
        """Send it as the application's client would."""
        headers = dict(headers or {})
        body = self.body if body is None else body
        if self.classic:
            headers.setdefault("appKey", str(app.key))
            if isinstance(body, dict):
                body = dict(body, appKey=app.key)
        elif self.v1:
            headers.setdefault("X-API-Key", key or app.secret)
        return client.request(app.stack.port, self.method, self.path + query,
                              body, headers)


def read():
    """All operations, in the order of the file."""
    operations, template, current = [], None, None
    with open(os.path.join(SOURCE, "openapi.yaml"), encoding="utf-8") as f:
        for line in f:
            if line.startswith("components:"):
                break
            path, method = PATH.match(line), METHOD.match(line)
            status = STATUS.match(line)
            if path:
                template, current = path.group(1), None
            elif method and template:
                current = Operation(method.group(1).upper(), template)
                operations.append(current)
            elif status and current:
                current.statuses.add(int(status.group(1)))
    return operations


def find(operations, method, path):
    """The operation that a request was for, or None."""
    wanted = path.partition("?")[0].split("/")
    best = None
    for operation in operations:
        own = operation.template.split("/")
        if operation.method == method and len(own) == len(wanted) and all(
                a == b or a.startswith("{") for a, b in zip(own, wanted)):
            if best is None or "{" in best.template.split("/")[-1]:
                best = operation
    return best


def unseen():
    """Documented statuses that no test has met: a list of texts."""
    operations = read()
    met = {}
    for method, path, status in client.seen:
        operation = find(operations, method, path)
        if operation:
            met.setdefault(operation, set()).add(status)
    # 405 is another method's answer on the same path.
    refused = {path.partition("?")[0] for _, path, status in client.seen
               if status == 405}
    missing = []
    for operation in operations:
        left = operation.statuses - met.get(operation, set()) - UNSEEN
        if operation.path in refused:
            left.discard(405)
        missing += ["%s %d" % (operation, status) for status in sorted(left)]
    return missing
