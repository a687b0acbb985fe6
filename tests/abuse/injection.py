"""sqlmap against every parameter of every route, and proof that it can find.

The requests are those of tests/integration/isolation.py, each with a mark at
every place where a client has a say: the segments of its path, its query, the
members of its body, its headers.  The same sqlmap with the same options must
find every hole of injectable.py.
"""

import collections
import concurrent.futures
import json
import os
import re
import subprocess
import sys

from attack import CHECK
from isolation import CLASSIC, MARK, OPEN, OWN, REQUESTS, Pair
from stack import DB_NAME, SOURCE, find_program

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = "?limit=1*&cursor={cursor}*"
# The query of each collection, in full. A cursor that is none would be all
# that is ever looked at, so it is a real one.
QUERIES = {
    "/api/v1/pointScales": PAGE, "/api/v1/badges": PAGE,
    "/api/v1/rules": PAGE, "/api/v1/users": PAGE,
    "/api/v1/users/{username}/ledger": PAGE,
    "/api/v1/events": "?username=ours*&eventType=ours*"
                      "&from=2000-01-01T00:00:00Z*"
                      "&to=2100-01-01T00:00:00Z*&limit=1*",
}
# Where else a client has a say. (sqlmap sends no If-None-Match.)
MORE = ("GET /api/v1/application HTTP/1.1\nAuthorization: Bearer {key}*",
        "DELETE /api/v1/badges/none HTTP/1.1\nX-API-Key: {key}\n"
        'If-Match: "x"*',
        "GET /api/v1/badges HTTP/1.1\nX-API-Key: {key}\nOrigin: x*")
# Answers that sqlmap would stop at.
STATUSES = ("400", "401", "403", "404", "405", "409", "412", "415", "422")
OPTIONS = ("--batch", "--ignore-stdin", "--flush-session",
           "--disable-coloring", "--skip-waf", "--level=1", "--risk=1",
           "--time-sec=3", "--dbms=MySQL", "--timeout=30", "--retries=1",
           "--ignore-code=" + ",".join(STATUSES))
FOUND = "identified the following injection point"
# sqlmap calls a mark in a header 'NAME #1*', any other '#1*' or 'JSON #1*'.
CLEAN = re.compile(r"parameter '((?:JSON )?#|).*' does not seem to be"
                   r" injectable$", re.MULTILINE)
CONTROLS = ("GET /segment/{name}* HTTP/1.1", "GET /query?limit=1* HTTP/1.1",
            "GET /header HTTP/1.1\nX-API-Key: {name}*",
            "POST /member HTTP/1.1\nContent-Type: application/json\n\n"
            '{"username": "{name}*"}')


def missing():
    return [] if find_program("sqlmap") else ["sqlmap"]


def marked(body):
    """The JSON text with a mark inside each string and behind each number."""
    text = json.dumps(body).replace("{n}", OWN)
    text = re.sub(r'(: |\[|, )"([^"]*)"(?!:)', r'\1"\2*"', text)
    return re.sub(r"(: \d+)", r"\1*", text)


def first_cursor(attack, target):
    return attack.request("GET", target.replace("/api/v1", "", 1).replace(
        "{username}", OWN) + "?limit=1").json["nextCursor"]


def request_text(attack, request):
    """The request as sqlmap reads it from a file."""
    path = request.more.get("path", request.template)
    path = re.sub(r"\{\w+\}", OWN + "*", path)
    if request.method == "GET" and request.template in QUERIES:
        query = QUERIES[request.template]
        if "{cursor}" in query:
            query = query.replace("{cursor}", first_cursor(
                attack, request.template))
        path += query
    classic = request.access == CLASSIC
    lines = ["%s %s HTTP/1.1" % (request.method, path),
             "Host: 127.0.0.1:%d" % attack.port,
             "appKey: %d*" % attack.app.key if classic
             else "X-API-Key: %s*" % attack.app.secret]
    if "idempotency-key" in request.more:
        lines.append("Idempotency-Key: sqlmap*")
    body = request.more.get("body")
    if body is None:
        return "\n".join(lines) + "\n\n"
    if classic:
        body = dict(body, appKey=attack.app.key)
    lines.append("Content-Type: application/json")
    return "\n".join(lines) + "\n\n" + marked(body)


def sqlmap(folder, name, text):
    """Run it on one request; its output."""
    path = os.path.join(folder, name + ".txt")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    r = subprocess.run(
        [find_program("sqlmap"), "-r", path, "--output-dir",
         os.path.join(folder, name)] + list(OPTIONS),
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
        errors="replace", timeout=3600, check=False,
        env=dict(os.environ, HOME=folder, TERM="dumb"))
    with open(os.path.join(folder, name + ".log"), "w",
              encoding="utf-8") as f:
        f.write(r.stdout + r.stderr)
    return r.stdout


def with_host(text, port):
    return text.replace("HTTP/1.1", "HTTP/1.1\nHost: 127.0.0.1:%d" % port,
                        1) + "\n\n"


def in_parallel(count, jobs):
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        for future in [pool.submit(job) for job in jobs]:
            future.result()


def must_find(folder, name, text):
    out = sqlmap(folder, name, text)
    CHECK.assertIn(FOUND, out, "sqlmap finds nothing in %s:\n%s" % (
        text, out[-2000:]))


def check_control(attack, folder):
    """It finds each of the holes that are there on purpose."""
    server = subprocess.Popen(
        [sys.executable, os.path.join(HERE, "injectable.py"),
         attack.stack.db_socket, DB_NAME], stdout=subprocess.PIPE, text=True)
    try:
        port = int(server.stdout.readline())
        # They mostly wait for a SLEEP that an injection brought in.
        in_parallel(len(CONTROLS), [lambda i=i, text=text: must_find(
            folder, "control%d" % i,
            with_host(text.replace("{name}", OWN), port))
            for i, text in enumerate(CONTROLS)])
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def check_queries():
    """No query parameter of openapi.yaml is left out."""
    with open(os.path.join(SOURCE, "openapi.yaml"), encoding="utf-8") as f:
        known = set(re.findall(r"name: (\w+)\n +in: query", f.read()))
    CHECK.assertEqual(known, set(re.findall(r"(\w+)=", "&".join(
        QUERIES.values()))))


def check_request(attack, folder, name, text):
    """Nothing is found in a request that gets as far as the database."""
    check_reaches(attack, text.replace("*", ""))
    out = sqlmap(folder, name, text)
    CHECK.assertNotIn(FOUND, out, text)
    # Each mark was tried; in a path without one sqlmap tries all the same.
    first, _, rest = text.partition("\n")
    head, _, body = rest.partition("\n\n")
    tried = CLEAN.findall(out)
    CHECK.assertEqual(tried.count(""), head.count("*"), text + out[-3000:])
    CHECK.assertGreaterEqual(len(tried), text.count("*"), text + out[-3000:])


def check_reaches(attack, text):
    """Refused, if at all, for what the database has and has not."""
    head, _, body = text.partition("\n\n")
    head += "\nConnection: close\nContent-Length: %d\n\n" % len(body)
    found = attack.raw(head.replace("\n", "\r\n").encode() + body.encode())
    if found[0].status >= 400:
        CHECK.assertRegex(found[0].json["code"],
                          "_exists$|_not_found$|_in_use$|^event_id_reused$"
                          "|^precondition_failed$", text)
        CHECK.assertNotEqual(found[0].json["code"], "route_not_found", text)


def count_answers(attack, position):
    """The daemon's log tells what sqlmap was answered."""
    found = collections.Counter(re.findall(
        r"event=request .* status=(\d+) .* application=(?:0|%d) "
        % attack.app.key, attack.stack.log_since(position)))
    for status, count in found.items():
        attack.tally.statuses[int(status)] += count
        attack.tally.sent(count)
    CHECK.assertEqual([s for s in found if s >= "500"], [])


def injections(attack):
    """Everywhere a client has a say, and nowhere is it SQL."""
    folder = attack.stack.path("sqlmap")
    os.mkdir(folder)
    attack.stack.sql("UPDATE application SET classic = 1 WHERE app_key = %d"
                     % attack.app.key)
    for name in (OWN, OWN + "-2"):
        Pair.fill(attack.app, name, MARK)
    attack.app.event(OWN, OWN)
    check_queries()
    check_control(attack, folder)
    position = attack.stack.log_size()
    texts = [request_text(attack, request) for request in REQUESTS
             if request.access != OPEN]
    texts += [with_host(text.replace("{key}", attack.app.secret),
                        attack.port) for text in MORE]
    in_parallel(2, [lambda i=i, text=text: check_request(
        attack, folder, "request%d" % i, text)
        for i, text in enumerate(texts)])
    count_answers(attack, position)


ATTACKS = (("sqlmap", injections),)
