"""Modules of tests shared out among processes, each with servers of its own.

A process is run.py --serve: it reads the names of modules, runs one after the
other, and puts a line with what is to be added up behind the output of each.
"""

import collections
import json
import subprocess
import sys
import threading
import time

import client

MARK = "\x1e"       # what that line begins with
# These come first, the slowest at their head: else one process would still be at
# one of them when the others have nothing left to do.
SLOW = ("test_backup", "test_processes", "test_migrate", "test_isolation",
        "test_large_reads", "test_manager", "test_chain",
        "test_regressions_bodies", "test_addresses", "test_classic",
        "test_rules", "test_events", "test_verify", "test_restored")
# These look whether an answer comes in time where a part hangs, or has very much
# to do: they come last, and alone.
ALONE = ("test_bounds", "test_database", "test_fair_reads",
         "test_regressions_outages")


def module_of(test):
    """The module of a test, also of one that cannot be imported."""
    first, *rest = test.id().split(".")
    return first if first != "unittest" else rest[-1]


def modules(suite):
    """The modules of all tests, in the order in which they are to begin."""
    found, suites = {}, [suite]
    while suites:
        for test in suites.pop():
            if hasattr(test, "id"):
                found[module_of(test)] = None
            else:
                suites.append(test)
    return sorted(found, key=lambda name: (
        SLOW.index(name) if name in SLOW else len(SLOW), name))


def serve(run):
    """Run the modules that are asked for; `run` answers (tests, failed)."""
    for line in sys.stdin:
        count, bad = run(line.strip())
        # A test may have left a line without its end.
        print("\n" + MARK + json.dumps([count, bad, sorted(client.seen)]),
              flush=True)
        client.seen.clear()


class Process:
    """One that serves; it is there when there is something to do."""

    def __init__(self, share):
        self.share = share
        self.process = None

    def run(self, name):
        """(output, what the process says of it, or None: it has ended)."""
        if self.process is None:
            self.process = subprocess.Popen(
                self.share.command, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                encoding="utf-8", errors="replace")
        lines = []
        try:
            self.process.stdin.write(name + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass    # its output tells why
        for line in self.process.stdout:
            if line.startswith(MARK):
                return "".join(lines), json.loads(line[len(MARK):])
            lines.append(line)
        return "".join(lines) + self.end(), None

    def end(self):
        """End it, and its servers; the faults that it tells of, if any."""
        process, self.process = self.process, None
        if process is None:
            return ""
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass
        text = process.stdout.read()
        process.stdout.close()
        status = process.wait()
        return text if status == 0 else text + (
            "run.py: a process ended with status %d\n" % status)


class Share:
    """Modules, and what has become of them."""

    def __init__(self, names, jobs, command):
        self.command = command
        self.queue = collections.deque(n for n in names if n not in ALONE)
        self.alone = [n for n in names if n in ALONE]
        self.processes = [Process(self) for _ in range(jobs)]
        self.lock = threading.Lock()
        self.ended = set()
        self.run = self.bad = 0
        self.lost = 0       # failures that no test of unittest's tells

    def go(self):
        """Run all of them; KeyboardInterrupt ends the processes as well."""
        names = [*self.queue, *self.alone]
        threads = [threading.Thread(target=self._work, args=(p,))
                   for p in self.processes]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.queue.extend(self.alone)
            self._work(self.processes[0])
            for name in names:
                if name not in self.ended:  # a thread died of an exception
                    self._note(name, "", None, 0)
        except KeyboardInterrupt:
            self.queue.clear()
            for process in self.processes:
                if process.process is not None:
                    process.process.terminate()
            for thread in threads:
                thread.join()
            raise

    def _next(self):
        try:
            return self.queue.popleft()
        except IndexError:
            return None

    def _work(self, process):
        """What one of the threads does."""
        while True:
            name = self._next()
            if name is None:
                break
            begin = time.monotonic()
            output, said = process.run(name)
            self._note(name, output, said, time.monotonic() - begin)
        faults = process.end()
        if faults:
            self._note("the end of the servers", faults, None, 0)

    def _note(self, name, output, said, seconds):
        with self.lock:
            print("== %s (%.0f s)\n%s" % (name, seconds, output), flush=True)
            self.ended.add(name)
            if said is None:
                self.bad += 1
                self.lost += 1
                print("run.py: %s: the process did not end it" % name,
                      flush=True)
                return
            self.run += said[0]
            self.bad += said[1]
            client.seen.update(tuple(entry) for entry in said[2])
