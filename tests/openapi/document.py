#!/usr/bin/env python3
"""document.py OPENAPI_JSON: looks at what generators of clients trip over

OPENAPI_JSON is openapi.yaml without references. Each pattern must compile as PCRE2,
which many clients use; no value may be an enum or a const without a type; and a GET
whose answer has an ETag must say how to ask with it.
"""

import json
import subprocess
import sys

# Below these there is what is sent, and no schema.
SENT = ("example", "examples", "value", "default", "enum", "const")


def parts(value, place="#"):
    """Each object of the document that is no example, and where it stands."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from parts(item, "%s/%d" % (place, number))
    if isinstance(value, dict):
        yield place, value
        for name, item in value.items():
            # A property may have any of these names.
            if name not in SENT or place.endswith("/properties"):
                yield from parts(item, "%s/%s" % (place, name))


def compiles(pattern):
    """Debian's grep has PCRE2; in this locale it works on characters."""
    run = subprocess.run(["grep", "-P", "-e", pattern], input=b"",
                         env={"LC_ALL": "C.UTF-8"}, capture_output=True)
    return run.returncode < 2


def schema_faults(document):
    patterns = {}
    for place, part in parts(document):
        if isinstance(part.get("pattern"), str):
            patterns.setdefault(part["pattern"], place)
        if ("enum" in part or "const" in part) and "type" not in part \
                and not place.endswith("/properties"):
            yield "%s: a value without a type" % place
    if not patterns:
        yield "there is no pattern"
    for pattern, place in patterns.items():
        if not compiles(pattern):
            yield "%s: PCRE2 does not know %s" % (place, pattern)


def etag_faults(document):
    """ETag, 304 and If-None-Match: all of them, or none."""
    count = 0
    for path, item in document["paths"].items():
        get = item.get("get")
        if get is None:
            continue
        given = item.get("parameters", []) + get.get("parameters", [])
        says = {
            "ETag": "ETag" in get["responses"]["200"].get("headers", {}),
            "ETag of 304": "ETag" in get["responses"].get("304", {}).get(
                "headers", {}),
            "If-None-Match": any(p["in"] == "header"
                                 and p["name"] == "If-None-Match"
                                 for p in given)}
        count += all(says.values())
        if any(says.values()) and not all(says.values()):
            yield "GET %s: has no %s" % (path, ", no ".join(
                name for name, said in says.items() if not said))
    if count == 0:
        yield "no GET has an ETag"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.splitlines()[0])
    with open(sys.argv[1], encoding="utf-8") as f:
        document = json.load(f)
    faults = list(schema_faults(document)) + list(etag_faults(document))
    for fault in faults:
        print("document.py: " + fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
