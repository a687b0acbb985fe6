"""The tests as the mutants see them: found by name, run, stopped, judged."""

import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from processes import all_pids, is_live
from table import TableError

INTEGRATION = "integration"
# Seconds besides five times what they take without a mutant, before tests are
# said to hang.  An integration test gives up on a server by itself after 30,
# and may try to mend it for another 30 at its class's end.
PATIENCE = {"unit": 20, "store": 20, INTEGRATION: 120}
GRACE = 30
HANGS = "hangs"
NO_SET_UP = "a class cannot be set up"
VERIFY = ".tearDownClass"   # of a test class; its set-up judges nothing
COST = {"unit": 0, "store": 1, INTEGRATION: 2}
TAP = re.compile(r"(not ok|ok) \d+ - (\w+)")
UNITTEST = re.compile(r"^(?:FAIL|ERROR): (\w+) \(([\w.]+)\)", re.M)

_running = set()    # ids of sessions under way
_lock = threading.Lock()


def members(session):
    """The live processes of a session, whatever their groups."""
    found = []
    for pid in all_pids():
        try:
            if os.getsid(pid) == session and is_live(pid):
                found.append(pid)
        except OSError:
            continue
    return found


def stop_session(session):
    """End every process of a session that we began."""
    end = time.monotonic() + GRACE
    while time.monotonic() < end:
        pids = members(session)
        if not pids:
            return
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.05)


def stop_all():
    """When the run itself is stopped: its tests go with it."""
    with _lock:
        sessions = set(_running)
    for session in sessions:
        stop_session(session)


class Outcome:
    """What a run of tests said."""

    def __init__(self, passed, failed, ending, seconds, log):
        self.passed = passed
        self.failed = failed
        self.ending = ending    # "", or how it ended but by its tests
        self.seconds = seconds
        self.log = log

    def caught_by(self, names, endings):
        """The named tests that failed; or how all of them came to an end, if
        that is one of the endings that the mutant is expected to bring."""
        hit = [n for n in self.failed if n in names or n.endswith(VERIFY)]
        if not hit and self.ending in endings:
            return "%s: %s" % (", ".join(names), self.ending)
        return ", ".join(hit)


class TestRun:
    """Some tests of one program, or of the integration tests."""

    def __init__(self, kind, program, names):
        self.kind = kind
        self.program = program
        self.names = names
        self.targets = ["src/palmaresd", "src/palmaresctl"] \
            if kind == INTEGRATION else [program]

    def __str__(self):
        return "%s (%d)" % (self.program, len(self.names))

    def command(self, shop):
        if self.kind != INTEGRATION:
            return ["./" + self.program]
        return ["python3", os.path.join(shop.tree, "tests", "integration",
                                        "run.py"),
                "--builddir", shop.build_dir, "-v"] + \
            ["." + name for name in self.names]

    def execute(self, shop, name, limit=1800):
        log = os.path.join(shop.logs, "%s-%s.log" % (
            name or "baseline", self.program.replace("/", "-")))
        # Short, because sockets are in it.
        temporary = tempfile.mkdtemp(prefix="mutant.")
        start = time.monotonic()
        try:
            status = self._run(shop, log, limit, temporary)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        with open(log, encoding="utf-8", errors="replace") as f:
            passed, failed = self.read(f.read())
        return Outcome(passed, failed, self.ending(status, failed),
                       time.monotonic() - start, log)

    def ending(self, status, failed):
        """How it ended, if that tells more than its tests do.

        cmocka's programs end with the number of failures.
        """
        if any(n.endswith(".setUpClass") for n in failed):
            return NO_SET_UP
        if failed and status == (1 if self.kind == INTEGRATION
                                 else len(failed)):
            return ""
        if status is None:
            return HANGS
        if self.kind == INTEGRATION and status == 2:
            return "the servers do not start"
        if self.kind == INTEGRATION and status != 0:
            return "the servers do not end well"
        if status < 0:
            return "signal %d" % -status
        return "status %d" % status if status else ""

    def _run(self, shop, log, limit, temporary):
        """Run it in a session of its own; its status, None if it hangs."""
        env = dict(os.environ, TMPDIR=temporary, CMOCKA_MESSAGE_OUTPUT="TAP")
        # Alone if possible: what fails then does not lie in a test before.
        env.pop("STORE_TEST", None)
        if len(self.names) == 1:
            env["STORE_TEST"] = self.names[0]
        with open(log, "wb") as out:
            process = subprocess.Popen(
                self.command(shop), stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, cwd=shop.build_dir, env=env,
                start_new_session=True)
        with _lock:
            _running.add(process.pid)
        try:
            try:
                return process.wait(limit)
            except subprocess.TimeoutExpired:
                process.terminate()     # integration's run.py cleans up
                try:
                    process.wait(GRACE)
                except subprocess.TimeoutExpired:
                    pass
                return None
        finally:
            stop_session(process.pid)
            process.wait()
            with _lock:
                _running.discard(process.pid)

    def read(self, text):
        """Names of tests that passed, and of those that failed."""
        if self.kind != INTEGRATION:
            lines = TAP.findall(text)
            return ([n for word, n in lines if word == "ok"],
                    [n for word, n in lines if word != "ok"])
        # A class as a whole fails where verify finds something after it.
        failed = {test if test.startswith("test_")
                  else "%s.%s" % (owner.split(".")[-1], test)
                  for test, owner in UNITTEST.findall(text)}
        passed = [n for n in self.names if re.search(
            r"^%s \(.*\n?.*\.\.\. ok$" % n, text, re.M)]
        return passed, sorted(failed)


def merge(runs):
    """The same runs, one for each program."""
    merged = {}
    for run in runs:
        known = merged.setdefault(
            run.program, TestRun(run.kind, run.program, []))
        known.names += [n for n in run.names if n not in known.names]
    return sorted(merged.values(), key=lambda r: (COST[r.kind], r.program))


class Suite:
    """All tests there are, by the names of their functions."""

    def __init__(self, tree):
        self.seconds = {}   # of each program, without a mutant
        self.places = {}    # name: [(kind, program)]
        tests = os.path.join(glob.escape(tree), "tests")
        for kind in ("unit", "store"):
            for path in glob.glob(os.path.join(tests, kind, "test_*.c")):
                self._add(path, kind, os.path.relpath(path, tree)[:-2],
                          r"^(\w+)\(\s*void \*\*\w+\)")
        for path in glob.glob(os.path.join(tests, INTEGRATION, "test_*.py")):
            self._add(path, INTEGRATION, INTEGRATION,
                      r"^    def (test_\w+)\(self\)")

    def _add(self, path, kind, program, pattern):
        with open(path, encoding="utf-8") as f:
            for name in re.findall(pattern, f.read(), re.M):
                self.places.setdefault(name, []).append((kind, program))

    def find(self, names):
        """The runs of these tests, cheapest first."""
        runs = []
        for name in names:
            places = self.places.get(name, [])
            if len(places) != 1:
                raise TableError("%d tests are called %s: it must be one"
                                 % (len(places), name))
            runs.append(TestRun(*places[0], [name]))
        return merge(runs)

    def limit(self, run):
        """Seconds after which a run hangs."""
        return PATIENCE[run.kind] + 5 * self.seconds[run.program]
