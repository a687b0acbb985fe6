"""wrk: requests from many clients, and what it tells of them."""

import collections
import os
import resource
import subprocess

from stack import StackError

POOL_EVENTS = 100000    # drawn beforehand, where a request has many of them
# What a load generator tells; the latter four are microseconds.
Load = collections.namedtuple("Load", "requests seconds p50 p95 p99 cpu")

# The i-th user; a stride spreads them over the names of more users.
NAME = 'string.format("user%%07d", i * %(stride)d)'
# How each request is made; what it sends comes behind.
HEAD = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer %(key)s"
math.randomseed(%(seed)d)
"""
# Requests are made before the clock starts, and drawn at random.
DRAWN = HEAD + """
local requests = {}
local function path(i)
	return %(path)s
end
local function body(i)
	return %(body)s
end
init = function()
	for i = 1, %(pool)d do
		requests[i] = wrk.format("%(method)s", path(i), nil, body(i))
	end
end
request = function()
	return requests[math.random(#requests)]
end
"""
# Each event with an id that no other has: made when it is sent.
NUMBERED = HEAD + """
local number = 0
request = function()
	local i = math.random(%(pool)d)
	number = number + 1
	return wrk.format(nil, "/api/v1/events", nil, string.format(
	    '{"id":"%%08x-%%08d","username":"%%s","eventType":"review"}',
	    %(seed)d, number, """ + NAME + """))
end
"""
# For DRAWN: the method, a path and a body, for the i-th of the pool.
EVENT = """'{"username":"' .. """ + NAME + """ .. '","eventType":"review"}'"""
BATCH = """(function()
		local events = {}
		for n = 1, %(events)d do
			local i = math.random(%(users)d)
			events[n] = """ + EVENT + """
		end
		return '{"events":[' .. table.concat(events, ",") .. "]}"
	end)()"""
USER = '"/api/v1/users/" .. ' + NAME
POINTS = '"/api/v1/pointScales/scale0/users/" .. ' + NAME
PHP_EVENT = """string.format('{"user":%%d,"eventType":"review"}', i)"""
KINDS = {
    "event": ("POST", '"/api/v1/events"', EVENT),
    "batch": ("POST", '"/api/v1/events/batch"', BATCH),
    "user": ("GET", USER, "nil"),
    "points": ("GET", POINTS, "nil"),
    "PHP event": ("POST", '"/event.php"', PHP_EVENT),
}
TELL = """
done = function(summary, latency)
	local e = summary.errors
	io.write(string.format("result %d %d %d %d %d %d %d\\n",
	    summary.requests, summary.duration,
	    latency:percentile(50), latency:percentile(95),
	    latency:percentile(99), e.status,
	    e.connect + e.read + e.write + e.timeout))
end
"""


def script(kind, users, events, key, seed, stride=1):
    """Lua for requests of a kind, each with so many events."""
    values = {"key": key, "seed": seed, "users": users, "events": events,
              "stride": stride, "pool": users}
    if kind == "event with id":
        return NUMBERED % values
    if kind == "batch":
        values["pool"] = POOL_EVENTS // events
    method, path, body = KINDS[kind]
    return DRAWN % dict(values, method=method, path=path % values,
                        body=body % values)


def timed(argv):
    """What a program prints, and the microseconds of processor time it took;
    StackError if it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    r = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True,
                       text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if r.returncode != 0:
        raise StackError("%s ended with status %d: %s%s" % (
            argv[0], r.returncode, r.stdout, r.stderr))
    return r.stdout, 1e6 * (after.ru_utime - before.ru_utime
                            + after.ru_stime - before.ru_stime)


def parse(out, cpu):
    """The Load in what wrk has printed; StackError if a request failed, which
    is one with a status from 400 on, or no answer for two seconds."""
    lines = [line for line in out.splitlines() if line.startswith("result ")]
    if len(lines) != 1:
        raise StackError("wrk has told no result:\n" + out)
    requests, duration, p50, p95, p99, refused, broken = map(
        int, lines[0].split()[1:])
    if refused or broken or requests == 0:
        raise StackError("wrk: of %d requests %d were refused and %d had no"
                         " answer:\n%s" % (requests, refused, broken, out))
    return Load(requests, duration / 1e6, p50, p95, p99, cpu)


def run(port, directory, script, seconds, clients):
    """Send for some seconds what a script says: a Load."""
    path = os.path.join(directory, "load.lua")
    with open(path, "w", encoding="ascii") as f:
        f.write(script + TELL)
    return parse(*timed([
        "wrk", "-t1", "-c%d" % clients, "-d%ds" % seconds, "--latency",
        "-s", path, "http://127.0.0.1:%d/" % port]))
