"""The faults: each breaks one thing under load, and mends it again.

`inject` is called while the load runs, and returns when the fault is over.
What must hold meanwhile, beyond what is checked after every run, it says with
`run.must`.
"""

import os
import re
import resource
import signal
import socket
import time
from datetime import datetime, timezone

from case import metrics
from client import Together
from processes import children_of, is_live, stat_of
from stack import (SqlSession, StackError, connections_taken, fill,
                   wait_until)

ROW_LOCK_MAX = 5        # seconds; nobody holds a row longer
FROZEN = 7              # seconds that a stopped worker stays so
PROBES, SERVED = 12, 9  # events beside it; how many at least must be served
LOOK = 0.3              # for `locks`; InnoDB renews what it tells every 0.1 s
LOCKS = ("SELECT trx_id FROM information_schema.innodb_trx"
         " WHERE trx_rows_locked > 0 AND trx_state = 'RUNNING'")
FEW = 3                 # descriptors: those that are open stay so
NEW_PEERS = 8
OUT_OF_MEMORY = "event=out_of_memory"
SANITIZER = "Sanitizer"


class Fault:
    """One kind of fault; the docstring's first line is its title."""

    proxied = False     # palmaresd reaches the database through a proxy
    shimmed = False     # palmaresd runs with libshim.so
    small_disk = False  # the database lives on a small file system
    workers = None      # instead of the usual number
    clients = None      # instead of the number that was asked for
    own_phases = False  # it says itself when it is on

    @classmethod
    def title(cls):
        return cls.__doc__.splitlines()[0].rstrip(".")

    def inject(self, run):
        raise NotImplementedError

    def confession(self, run):
        """What palmaresd's log has that it should not have; None if fine."""
        return run.stack.check_log()


class Harmless(Fault):
    """What must not fail a single request."""

    def confession(self, run):
        """When all clients have ended: who hangs fails late."""
        failed = run.traffic.failures()
        if failed:
            return "requests failed: %s" % failed[:3]
        return super().confession(run)


class Nothing(Harmless):
    """No fault at all."""

    own_phases = True

    def inject(self, run):
        run.pause(2)


# --- processes ------------------------------------------------------------

class WorkerKilled(Fault):
    """kill -9 of a worker."""

    def inject(self, run):
        for _ in range(3):
            pid = run.random.choice(wait_until(
                run.stack.worker_pids, 10, "a worker to kill"))
            os.kill(pid, signal.SIGKILL)
            run.mended()
            run.pause(run.random.uniform(0.1, 0.8))


class WorkerStopped(Fault):
    """SIGSTOP of a worker inside a transaction, for 7 s."""

    def inject(self, run):
        pid, held, begin = self._stop_inside_transaction(run)
        try:
            # The others go on. A few events may come to the stopped one, by
            # connections that nginx keeps to it.
            probes = Together([run.probe] * PROBES)
            time.sleep(3)
            served = PROBES - probes.results.count(None)
            run.must(served >= SERVED, "%d of %d events were served within"
                     " 3 s" % (served, PROBES))
            time.sleep(max(0, begin + ROW_LOCK_MAX - LOOK
                           - time.monotonic()))
            left = held & locks(run)
            run.must(not left, "a stopped worker holds rows for over %d s"
                     % ROW_LOCK_MAX)
            time.sleep(max(0, begin + FROZEN - time.monotonic()))
        finally:
            os.kill(pid, signal.SIGCONT)
            run.mended()
        probes.join()

    @staticmethod
    def _stop_inside_transaction(run):
        """Stop workers until one holds rows, and still does a second
        later; its process, its transactions, and since when."""
        for _ in range(200):
            pid = run.random.choice(run.stack.worker_pids())
            os.kill(pid, signal.SIGSTOP)
            begin = time.monotonic()
            held = set()
            try:
                held = locks(run) & locks(run)
                if held:
                    time.sleep(1)
                    held &= locks(run)
                if held:
                    return pid, held, begin
            finally:
                if not held:
                    os.kill(pid, signal.SIGCONT)
            time.sleep(run.random.uniform(0, 0.05))
        raise StackError("no worker could be stopped inside a transaction")


def locks(run):
    """The transactions that hold rows and wait for none."""
    time.sleep(LOOK / 2)
    return {row[0] for row in run.stack.sql(LOCKS)}


class MasterTerminated(Fault):
    """TERM of the master under load, and a new start."""

    def inject(self, run):
        daemon = run.stack.daemon
        daemon.send(signal.SIGTERM)
        run.must(daemon.wait(20) == 0, "palmaresd does not end well")
        run.mended()
        run.stack.start_daemon()


class MasterHup(Harmless):
    """HUP of the master under load."""

    def inject(self, run):
        for _ in range(3):
            old = set(run.stack.worker_pids())
            run.stack.daemon.send(signal.SIGHUP)
            wait_until(lambda o=old: not o & set(run.stack.worker_pids()),
                       30, "new workers")
            run.pause(0.3)


class MasterKilled(Fault):
    """kill -9 of the master, and a new start."""

    def inject(self, run):
        workers = run.stack.worker_pids()
        run.stack.daemon.send(signal.SIGKILL)
        run.stack.daemon.wait(20)
        wait_until(lambda: not any(map(is_live, workers)), 15,
                   "the workers end with their master")
        run.mended()
        run.stack.start_daemon()


class NginxWorkerKilled(Fault):
    """kill -9 of an nginx worker."""

    def inject(self, run):
        for _ in range(3):
            workers = wait_until(lambda: children_of(run.stack.nginx.pid), 10,
                                 "an nginx worker to kill")
            os.kill(run.random.choice(workers), signal.SIGKILL)
            run.mended()
            run.pause(run.random.uniform(0.1, 0.6))


# --- the database ---------------------------------------------------------

class DatabaseKilled(Fault):
    """kill -9 of mariadbd, and its restart."""

    def inject(self, run):
        run.stack.db.kill()
        run.pause(run.random.uniform(0, 2))
        run.mended()
        run.stack.start_db()


class DatabaseFrozen(Fault):
    """mariadbd stopped for 3 s."""

    def inject(self, run):
        with run.must_fail():
            run.stack.db.send(signal.SIGSTOP)
            try:
                run.pause(3)
            finally:
                run.stack.db.send(signal.SIGCONT)


class DatabaseSlow(Fault):
    """Every reply of the database 30 ms late."""

    proxied = True

    def inject(self, run):
        before = run.proxy.delayed
        run.proxy.delay = 0.03
        try:
            run.pause(2)
            run.must(run.proxy.delayed > before + 20, "no reply was late")
        finally:
            run.proxy.delay = 0.0


class DatabaseCut(Fault):
    """Connections to the database cut at random."""

    proxied = True

    def inject(self, run):
        cut = 0
        for _ in range(15):
            cut += run.proxy.cut()
            run.mended()
            run.pause(run.random.uniform(0, 0.3))
        run.must(cut > 0, "there was no connection to cut")


class CommitLost(Fault):
    """The reply to COMMIT lost, of every third one."""

    proxied = True

    def inject(self, run):
        before = run.proxy.eaten
        run.proxy.eat_share = 1 / 3
        try:
            run.pause(4)
        finally:
            run.proxy.eat_share = 0.0
        run.must(run.proxy.eaten > before, "no COMMIT came by")


class ConnectionsExhausted(Fault):
    """max_connections reached by somebody else."""

    def inject(self, run):
        with connections_taken(run.stack), run.must_fail():
            run.pause(2)


class Foreign(Fault):
    """What a foreign session does; it has a heavy transaction, so that
    palmaresd is the one whom InnoDB rolls back."""

    def prepare(self, session):
        session.run("CREATE TABLE IF NOT EXISTS foreign_rows (a INT)"
                    " ENGINE=InnoDB;"
                    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;"
                    "SET SESSION innodb_lock_wait_timeout = 5")

    def begin(self, session):
        session.run("BEGIN; INSERT INTO foreign_rows SELECT seq"
                    " FROM seq_1_to_20000")

    def user(self, run, name):
        """A statement that locks the user of that name in some
        application."""
        return ("SELECT username FROM user WHERE application_id = %d"
                " AND username = '%s' FOR UPDATE" % (run.apps[0].id, name))


class LockWaits(Foreign):
    """Lock wait time-outs: a foreign session holds the hot user."""

    def inject(self, run):
        before = metrics(run.stack)
        with SqlSession(run.stack) as session:
            self.prepare(session)
            for seconds in (0.5, 1.5, 3):
                self.begin(session)
                session.run(self.user(run, "hot"))
                run.pause(seconds)
                session.run("ROLLBACK")
                run.pause(0.3)
            session.run("DROP TABLE foreign_rows")
        run.must(run.moved(before, r"lock.*(timeout|wait)") > 0,
                 "nobody waited for the lock")


class Deadlocks(Foreign):
    """Deadlocks with a foreign session that locks in another order."""

    def inject(self, run):
        before = metrics(run.stack)
        with SqlSession(run.stack) as session:
            self.prepare(session)
            for _ in range(20):
                names = ["hot"] + ["user-%d" % run.random.randrange(60)
                                   for _ in range(12)]
                run.random.shuffle(names)
                self.begin(session)
                for name in names:
                    session.run(self.user(run, name))
                session.run("ROLLBACK")
                if run.moved(before, "deadlock") > 3:
                    break
            session.run("DROP TABLE foreign_rows")
        run.must(run.moved(before, "deadlock") > 0,
                 "no deadlock came about")


class DiskFull(Fault):
    """The database's disk full for 3 s."""

    small_disk = True

    def inject(self, run):
        path = run.stack.path("data", "filler")
        before = len(run.traffic.failures())
        try:
            with open(path, "wb", buffering=0) as filler:
                end = time.monotonic() + 20
                failed_at = None
                while time.monotonic() < (failed_at or end) + 3:
                    fill(filler)
                    if (failed_at is None
                            and len(run.traffic.failures()) > before):
                        failed_at = time.monotonic()
        finally:
            os.unlink(path)
            run.mended()
        run.must(failed_at is not None, "nobody noticed the full disk")
        if run.stack.db.wait(2) is not None:    # as a service manager would
            run.stack.start_db()


# --- resources of palmaresd -----------------------------------------------

class ClockShifted(Fault):
    """The clock an hour ahead, an hour behind, and right again."""

    shimmed = True

    def inject(self, run):
        for shift in (3600, -3600, 0):
            run.shim.set_clock(shift)
            before = datetime.now(timezone.utc)
            told = datetime.fromisoformat(run.probe()[0]["receivedAt"])
            off = (told - before).total_seconds() - shift
            run.must(abs(off) < 600, "the clock is off by %d s" % off)
            run.pause(1)


class DescriptorsExhausted(Fault):
    """No file descriptor left in the workers for 3 s."""

    def inject(self, run):
        pids = run.stack.worker_pids()
        limits = {pid: resource.prlimit(pid, resource.RLIMIT_NOFILE)
                  for pid in pids}
        peers = []
        try:
            for pid, (_, hard) in limits.items():
                resource.prlimit(pid, resource.RLIMIT_NOFILE, (FEW, hard))
            position = run.stack.log_size()
            # nginx keeps its connections, and asks for few new ones.
            for _ in range(NEW_PEERS):
                peer = socket.socket(socket.AF_UNIX)
                peers.append(peer)
                peer.connect(run.stack.socket)
            run.pause(0.5)      # what was begun goes on to its end
            burnt = sum(map(cpu_seconds, pids))
            run.pause(2.5)
            told = run.stack.log_since(position).count("event=accept_failed")
            run.must(0 < told <= 10 * len(pids),
                     "accept failed %d times" % told)
            run.must(sum(map(cpu_seconds, pids)) - burnt < 1.5,
                     "the workers are busy with nothing")
        finally:
            for peer in peers:
                peer.close()
            for pid, limit in limits.items():
                if is_live(pid):
                    resource.prlimit(pid, resource.RLIMIT_NOFILE, limit)


def cpu_seconds(pid):
    """What a process has used of a processor so far; 0 if it has gone."""
    fields = stat_of(pid) or [0] * 13
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class MemoryExhausted(Fault):
    """Each allocation of each kind of request failing in turn."""

    shimmed = True
    workers = 1
    clients = 0
    MANY = 1 << 40      # more than any request allocates

    def inject(self, run):
        self.position = run.stack.log_size()
        actions = run.client_actions()
        actions[0][1]()     # something to read and to repeat
        for name, action in actions:
            self._fail_each(run, name, action, action)
        self._fail_each(run, "the first request of a worker", actions[0][1],
                        lambda: None)
        self._fail_each(run, "a request that connects anew", actions[0][1],
                        lambda: run.stack.sql("KILL USER palmares@localhost"))

    def _fail_each(self, run, name, action, warm):
        """Fail the allocations of a request one after the other, each in a
        worker that is fresh, and warmed."""
        self._start_again(run, warm)
        run.shim.set_countdown(self.MANY)
        action()
        count = self.MANY - run.shim.countdown()
        first = 1 + run.random.randrange(min(run.stride, max(count, 1)))
        numbers = range(first, count + 1, run.stride)
        failed = 0
        for number in numbers:
            self._start_again(run, warm)
            run.shim.set_countdown(number)
            action()
            failed += run.shim.countdown() == 0
            run.shim.set_countdown(0)
        # The next time a request may make a few allocations fewer.
        run.must(count > 0 and failed >= len(numbers) - 1 - count // 50,
                 "%s: %d of %d allocations failed" % (
                     name, failed, len(numbers)))
        run.say("    %s: %d of %d allocations failed" % (name, failed, count))

    @staticmethod
    def _start_again(run, warm):
        """At once: the master's pause grows with each crash."""
        run.shim.set_countdown(0)
        run.stack.daemon.stop()
        run.stack.start_daemon()
        warm()

    def confession(self, run):
        """A worker without memory says so before it ends."""
        text = run.stack.log_since(self.position)
        if SANITIZER in text:
            return "palmaresd's log has:\n" + text[-4000:]
        told = set()    # the workers that have said it
        for line in text.splitlines():
            died = re.search(r"event=worker_died worker=(\d+)", line)
            if died and died.group(1) not in told:
                return "a worker died of something else:\n%s\n%s" % (
                    line, text[-4000:])
            if OUT_OF_MEMORY in line:
                told.update(re.findall(r" pid=(\d+) ", line))
        return None


class Storm(Fault):
    """Most of these one after another, without a pause in the load."""

    proxied = True
    own_phases = True
    # HUP is no fault that may fail requests; the rest need other servers.
    LEFT_OUT = (Nothing, MasterHup, DiskFull, ClockShifted, MemoryExhausted)

    def inject(self, run):
        names = [name for name, kind in FAULTS.items()
                 if kind not in self.LEFT_OUT + (Storm,)]
        run.random.shuffle(names)
        for name in names:
            with run.phase(name):
                FAULTS[name]().inject(run)
            run.mended()
            run.pause(run.random.uniform(0.5, 1.5))


FAULTS = {
    "nothing": Nothing,
    "worker-killed": WorkerKilled,
    "worker-stopped": WorkerStopped,
    "master-terminated": MasterTerminated,
    "master-hup": MasterHup,
    "master-killed": MasterKilled,
    "nginx-worker-killed": NginxWorkerKilled,
    "database-killed": DatabaseKilled,
    "database-frozen": DatabaseFrozen,
    "database-slow": DatabaseSlow,
    "database-cut": DatabaseCut,
    "commit-lost": CommitLost,
    "connections-exhausted": ConnectionsExhausted,
    "lock-waits": LockWaits,
    "deadlocks": Deadlocks,
    "disk-full": DiskFull,
    "clock-shifted": ClockShifted,
    "descriptors-exhausted": DescriptorsExhausted,
    "memory-exhausted": MemoryExhausted,
    "storm": Storm,
}
