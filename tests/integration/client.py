"""HTTP and FastCGI clients of the integration tests.

`request` is a proper HTTP client, `raw` sends bytes as they are, and `fcgi`
goes past nginx to the daemon's own socket, for what nginx never lets through.
"""

import http.client
import io
import json
import socket
import struct
import threading
import time
from urllib.parse import quote

TIMEOUT = 20    # seconds; a request that takes longer hangs
seen = set()    # (method, path, status) of every answer, for operations.py


class Response:
    """A status, headers and a body."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def header(self, name):
        return self.headers.get(name)

    @property
    def json(self):
        return json.loads(self.body.decode("utf-8"))

    def __repr__(self):
        return "%d %s" % (self.status, self.body[:600].decode(
            "utf-8", "replace"))


def segment(name):
    """A name as one segment of a path, everything but letters encoded."""
    return quote(name, safe="")


def encode(body, headers):
    """Bytes and headers of a body: bytes and str as they are, else JSON."""
    headers = dict(headers or {})
    if body is not None:
        if isinstance(body, str):
            body = body.encode("utf-8")
        elif not isinstance(body, bytes):
            body = json.dumps(body).encode("ascii")
        if not any(h.lower() == "content-type" for h in headers):
            headers["Content-Type"] = "application/json"
    headers = {k: v for k, v in headers.items() if v is not None}
    return body, headers


def request(port, method, path, body=None, headers=None, timeout=TIMEOUT):
    """One request on a connection of its own."""
    with Connection(port, timeout) as connection:
        return connection.request(method, path, body, headers)


class Connection:
    """A kept-alive connection; never sends anything a second time."""

    def __init__(self, port, timeout=TIMEOUT):
        self.http = http.client.HTTPConnection("127.0.0.1", port,
                                               timeout=timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.close()

    def request(self, method, path, body=None, headers=None):
        body, headers = encode(body, headers)
        try:
            self.http.request(method, path, body, headers)
        except (BrokenPipeError, ConnectionResetError):
            pass    # refused before the body's end; the answer may be there
        answer = self.http.getresponse()
        seen.add((method, path, answer.status))
        return Response(answer.status, answer.headers, answer.read())


class _Bytes:
    """Just enough of a socket for http.client.HTTPResponse."""

    def __init__(self, data):
        self.data = data

    def makefile(self, _mode):
        return io.BytesIO(self.data)


def parse(data, method="GET"):
    """The Response in bytes received; None where there is none."""
    if not data:
        return None
    answer = http.client.HTTPResponse(_Bytes(data), method=method)
    answer.begin()
    return Response(answer.status, answer.headers, answer.read())


def raw(port, data, end=True, timeout=TIMEOUT):
    """Send bytes; with `end`, say that nothing follows.  Response or None."""
    with socket.create_connection(("127.0.0.1", port), timeout) as s:
        try:
            s.sendall(data)
            if end:
                s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return parse(receive_all(s))


def receive_all(s):
    parts = []
    while True:
        try:
            part = s.recv(65536)
        except ConnectionResetError:
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts)


# --- FastCGI, the few records that are needed ----------------------------

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR = range(1, 8)


def record(kind, content=b"", number=1):
    head = struct.pack("!BBHHBB", 1, kind, number, len(content), 0, 0)
    return head + content


def stream(kind, content):
    """The records of a stream, without the empty one that ends it."""
    return b"".join(record(kind, content[i:i + 65000])
                    for i in range(0, len(content), 65000))


def pairs(params):
    out = b""
    for name, value in params.items():
        for text in (name.encode(), value.encode("utf-8", "surrogateescape")):
            out += (bytes([len(text)]) if len(text) < 128
                    else struct.pack("!I", len(text) | 0x80000000))
        out += name.encode() + value.encode("utf-8", "surrogateescape")
    return out


def params_of(method, target, body=b"", headers=None, address="127.0.0.1"):
    """The parameters that nginx would send."""
    path, _, query = target.partition("?")
    params = {
        "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_METHOD": method, "REQUEST_URI": target,
        "DOCUMENT_URI": path, "SCRIPT_NAME": path, "QUERY_STRING": query,
        "REMOTE_ADDR": address, "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "REQUEST_ID": "0123456789abcdef0123456789abcdef",
    }
    for name, value in (headers or {}).items():
        params["HTTP_" + name.upper().replace("-", "_")] = value
    return params


def fcgi_send(path, data, timeout=TIMEOUT):
    """Send bytes to the daemon's socket and return all it answers."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(timeout)
        s.connect(path)
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return receive_all(s)


class KeptFcgi:
    """A connection to the daemon that it is asked to keep, as nginx does."""

    def __init__(self, path, timeout=TIMEOUT):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def send(self, params, body=b""):
        self.socket.sendall(
            record(BEGIN, struct.pack("!HB5x", 1, 1))
            + stream(PARAMS, pairs(params)) + record(PARAMS)
            + stream(STDIN, body) + record(STDIN))

    def receive(self):
        """The whole answer, up to the record that ends it."""
        out = b""
        while True:
            head = self.file.read(8)
            if len(head) < 8:
                raise ConnectionError("closed after %r" % out[:100])
            _, kind, _, size, padding, _ = struct.unpack("!BBHHBB", head)
            content = self.file.read(size + padding)[:size]
            if kind == STDOUT:
                out += content
            elif kind == END:
                return out

    def close(self):
        self.file.close()
        self.socket.close()


def fcgi(path, params, body=b"", timeout=TIMEOUT):
    """One request straight to the daemon.  Response or None."""
    data = (record(BEGIN, struct.pack("!HB5x", 1, 0))
            + stream(PARAMS, pairs(params)) + record(PARAMS)
            + stream(STDIN, body) + record(STDIN))
    answer = fcgi_send(path, data, timeout)
    out = b""
    while len(answer) >= 8:
        _, kind, _, size, padding, _ = struct.unpack("!BBHHBB", answer[:8])
        if kind == STDOUT:
            out += answer[8:8 + size]
        answer = answer[8 + size + padding:]
    if not out:
        return None
    method = params.get("REQUEST_METHOD", "GET")
    head, _, rest = out.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    status = b"200 OK"
    others = []
    for line in lines:
        if line.lower().startswith(b"status:"):
            status = line.partition(b":")[2].strip()
        else:
            others.append(line)
    answer = parse(b"HTTP/1.0 " + status + b"\r\n" + b"\r\n".join(others)
                   + b"\r\n\r\n" + rest, method)
    seen.add((method, params.get("REQUEST_URI", ""), answer.status))
    return answer


# --- many at once --------------------------------------------------------

class Together:
    """Functions in threads that start together; `join` has their results."""

    def __init__(self, jobs):
        self.results = [None] * len(jobs)
        self.faults = []
        self.gate = threading.Barrier(len(jobs))
        self.threads = [threading.Thread(target=self._run, args=(i, job),
                                         daemon=True)
                        for i, job in enumerate(jobs)]
        for t in self.threads:
            t.start()

    def _run(self, i, job):
        try:
            self.gate.wait(30)
            self.results[i] = job()
        except BaseException as e:      # raised again by join
            self.faults.append(e)

    def join(self, seconds=120):
        """The results in order; an exception in one is raised here, after
        all have ended."""
        end = time.monotonic() + seconds
        for t in self.threads:
            t.join(max(0, end - time.monotonic()))
            if t.is_alive():
                self.faults.append(TimeoutError("a client thread hangs"))
        if self.faults:
            raise self.faults[0]
        return self.results


def at_once(jobs):
    """Run functions at the same time; their results in order."""
    return Together(jobs).join()


def timed(job):
    """A function that answers (result, seconds)."""
    def run():
        start = time.monotonic()
        result = job()
        return result, time.monotonic() - start
    return run
