#!/usr/bin/env python3
"""A server with SQL injections, on purpose: injectable.py DB_SOCKET DATABASE.

It listens on a free loopback port, which it prints, and has one hole of each
kind that the attack looks for in Palmarès: in a path segment, a query
parameter, a member of a JSON body and a header.  An sqlmap that does not find
them all proves nothing about Palmarès.  Never start it for anything else.
"""

import http.server
import json
import re
import subprocess
import sys
from urllib.parse import parse_qs, unquote, urlsplit

USERS = "SELECT username FROM user WHERE username = '%s'"


class Injectable(http.server.BaseHTTPRequestHandler):
    """Puts whatever it is given into SQL."""

    def answer(self):
        where = urlsplit(self.path)
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size).decode("utf-8", "replace")
        last = unquote(where.path.rpartition("/")[2])
        query = parse_qs(where.query).get("limit", [""])[0]
        header = self.headers.get("X-API-Key") or ""
        try:
            member = json.loads(body)["username"] if body else ""
        except (ValueError, KeyError, TypeError):
            member = ""
        holes = {"segment": USERS % last, "header": USERS % header,
                 "member": USERS % member,
                 "query": "SELECT username FROM user LIMIT %s" % query}
        self.reply(holes[where.path.split("/")[1]])

    def reply(self, sql):
        r = subprocess.run(
            ["mariadb", "--no-defaults", "--skip-ssl", "--user=root", "-N", "-B",
             "--socket=" + sys.argv[1], sys.argv[2]],
            input=sql.encode("utf-8", "surrogateescape"),
            capture_output=True, timeout=60, check=False)
        status, text = 200, r.stdout
        if r.returncode != 0:
            status, text = 500, r.stderr
        elif not text:
            status, text = 404, b"nobody\n"
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *_):
        pass


def main():
    if len(sys.argv) != 3 or not re.fullmatch(r"\w+", sys.argv[2]):
        sys.exit("usage: injectable.py DB_SOCKET DATABASE")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Injectable)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
