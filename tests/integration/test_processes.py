"""Master and workers: a crash, a rolling restart, a graceful stop."""

import contextlib
import os
import re
import resource
import signal
import subprocess
import threading
import time

import client
from case import StackTest, unique
from client import Together
from load import Load
from processes import children_of, family_of
from stack import WORKERS, Program, SqlSession, wait_until


class Processes(StackTest):
    """What clients see of it: nothing, or one retry."""

    def setUp(self):
        self.one = self.app()
        self.one.rule(points=10)

    def wait_workers(self, old, seconds=20):
        """Until the full number of workers is there, none of the old."""
        def fresh():
            pids = self.stack.worker_pids()
            return len(pids) == WORKERS and not set(pids) & set(old)
        wait_until(fresh, seconds, "%d new workers" % WORKERS)

    def test_a_killed_worker_is_replaced_and_nothing_lost_or_doubled(self):
        with Load(self.one, clients=12) as load:
            for _ in range(4):
                load.wait_for(40)
                pids = self.stack.worker_pids()
                self.assertEqual(len(pids), WORKERS)
                os.kill(pids[0], signal.SIGKILL)
                self.wait_workers(pids[:1])
            load.wait_for(40)
        self.assertGreater(load.retries, 0, "the kills hit nobody")
        load.check(self, 10)

    def test_all_workers_killed_at_once_come_back(self):
        pids = self.stack.worker_pids()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        self.wait_workers(pids)
        self.stack.wait_ready()
        self.one.event()

    @contextlib.contextmanager
    def other_daemon(self, account=None, core_dumps=None, prefix=()):
        """One whose log may say what no other test's may."""
        with open(self.stack.conf, encoding="utf-8") as f:
            text = f.read()
        if account is not None:
            text, changed = re.subn(r"(?m)^user *=.*", "user=" + account, text)
            self.assertEqual(changed, 1)
        text = re.sub(r"(?m)^core_dumps=.*\n", "", text)
        if core_dumps is not None:
            text = text.replace(
                "[server]\n", "[server]\ncore_dumps=%s\n" % core_dumps)
        conf, log = self.stack.path("other.conf"), self.stack.path("other.log")
        with open(conf, "w", encoding="utf-8") as f:
            f.write(text.replace(self.stack.socket,
                                 self.stack.path("other.sock")))

        def logged(pattern):
            with open(log, encoding="utf-8") as f:
                return re.findall(pattern, f.read())

        daemon = Program("palmaresd", list(prefix) + [
            self.stack.program("palmaresd"), "-c", conf], log)
        try:
            wait_until(lambda: len(logged("event=worker_ready")) == WORKERS,
                       20, "the workers")
            yield daemon.pid, logged
        finally:
            daemon.kill()
            os.remove(log)

    def test_how_a_worker_ended_that_could_not_start_is_logged(self):
        with self.other_daemon() as (pid, logged):
            # Room for the master as it is, and none for a worker's threads.
            with open("/proc/%d/statm" % pid, encoding="utf-8") as f:
                size = int(f.read().split()[0]) * resource.getpagesize()
            resource.prlimit(pid, resource.RLIMIT_AS, (size, size))
            os.kill(children_of(pid)[0], signal.SIGKILL)
            died = r"event=worker_died worker=\d+ signal=(\d+) status=(\d+)"
            wait_until(lambda: len(logged(died)) > 2, 20, "failed starts")
            ends = logged(died)
        self.assertIn(("9", "0"), ends)
        self.assertNotIn(("0", "0"), ends)

    def test_a_worker_that_is_ready_has_its_connections(self):
        """On a busy machine, requests could not wait for them."""
        before = self.stack.db_connections()
        each = self.stack.settings["database"]["connections"] + 1
        with self.other_daemon():
            self.assertGreaterEqual(self.stack.db_connections() - before,
                                    WORKERS * each)

    def owned_by_root(self, core_dumps):
        """Whether each process is: what the kernel will not dump is root's in
        /proc.  Root's own tests tell it by a group that is not root's."""
        prefix = ["setpriv", "--regid=54321", "--clear-groups"]
        with self.other_daemon(core_dumps=core_dumps, prefix=prefix
                               if os.geteuid() == 0 else ()) as (pid, _):
            found = []
            for process in family_of(pid):
                with open("/proc/%d/status" % process, encoding="ascii") as f:
                    ids = re.findall(r"^(?:Uid|Gid):\s+(\d+)", f.read(), re.M)
                self.assertNotEqual(ids, ["0", "0"])
                status = os.stat("/proc/%d/status" % process)
                found.append((status.st_uid, status.st_gid) == (0, 0))
        self.assertEqual(len(found), 1 + WORKERS)
        return found

    def test_no_process_may_leave_a_core(self):
        self.assertTrue(all(self.owned_by_root(None)))
        self.assertFalse(any(self.owned_by_root("yes")))

    def test_a_database_that_lets_nobody_in_is_logged_once(self):
        """By each connection: requests one after the other take the same."""
        with self.other_daemon("nobody") as (_, logged):
            for _ in range(10):
                r = client.fcgi(self.stack.path("other.sock"),
                                client.params_of("GET", "/readyz"))
                self.assertEqual(r.status, 503)
            lines = logged(r"event=not_connected errno=(\d+) message=(.*)")
        self.assertIn(len(lines), range(1, WORKERS + 1))
        for number, message in lines:
            self.assertIn(number, ("1045", "1698"))
            self.assertIn("Access denied", message)

    def test_a_start_without_a_descriptor_left_is_logged_and_made_good(self):
        with self.other_daemon() as (pid, logged):
            hard = max(map(int, os.listdir("/proc/%d/fd" % pid))) + 101

            def fails():
                """The master may have had one more open when it was asked,
                which then is room for the pipe: so it is asked again."""
                files = max(map(int, os.listdir("/proc/%d/fd" % pid))) + 1
                resource.prlimit(pid, resource.RLIMIT_NOFILE, (files, hard))
                for child in children_of(pid)[:1]:
                    os.kill(child, signal.SIGKILL)
                return logged("event=pipe_failed .*error=\"Too many")

            wait_until(fails, 20, "a failed start in the log", pause=0.5)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
            wait_until(lambda: len(children_of(pid)) == WORKERS, 20,
                       "the worker")

    def test_hup_replaces_the_workers_without_a_failed_request(self):
        with Load(self.one, clients=12) as load:
            for _ in range(4):
                load.wait_for(20)
                pids = self.stack.worker_pids()
                self.stack.daemon.send(signal.SIGHUP)
                self.wait_workers(pids)
                load.wait_for(20)
        self.assertEqual(load.failures, [])
        load.check(self, 10)

    def test_hup_strands_no_connection(self):
        """Each round ends when all have their answers: while others keep
        coming, a connection that no worker was woken for goes unseen."""
        params = client.params_of("GET", "/healthz")

        def ask(ending, answers):
            while not ending.is_set():
                answers.append(client.fcgi(self.stack.socket, params,
                                           timeout=5).status)

        for _ in range(15):
            ending, answers = threading.Event(), []
            clients = Together([lambda: ask(ending, answers)] * 12)
            try:
                wait_until(lambda: len(answers) > 100, 10, "some answers")
                pids = self.stack.worker_pids()
                self.stack.daemon.send(signal.SIGHUP)
                self.wait_workers(pids)
            finally:
                ending.set()
            clients.join()
            self.assertEqual(set(answers), {200})

    def test_hup_closes_no_kept_connection(self):
        """The web server may have sent the next request already."""
        params = client.params_of("GET", "/healthz")
        kept = [client.KeptFcgi(self.stack.socket) for _ in range(100)]
        try:
            for turn in range(6):
                pids = self.stack.worker_pids()
                for peer in kept:
                    peer.send(params)
                    if turn % 2 == 0:
                        self.assertIn(b"Status: 200", peer.receive())
                self.stack.daemon.send(signal.SIGHUP)
                self.wait_workers(pids)
                if turn % 2 == 1:
                    for peer in kept:
                        self.assertIn(b"Status: 200", peer.receive())
        finally:
            for peer in kept:
                peer.close()

    def test_hup_reads_the_settings_again(self):
        before = len(self.stack.worker_pids())
        settings = self.stack.settings["server"]
        try:
            settings["workers"] = before + 1
            self.stack.write_conf()
            self.stack.daemon.send(signal.SIGHUP)
            wait_until(lambda: len(self.stack.worker_pids()) == before + 1,
                       20, "one worker more")
        finally:
            settings["workers"] = before
            self.stack.write_conf()
            self.stack.daemon.send(signal.SIGHUP)
            wait_until(lambda: len(self.stack.worker_pids()) == before,
                       20, "one worker less")
        self.stack.wait_ready()

    def test_hup_with_a_faulty_file_keeps_serving(self):
        pids = self.stack.worker_pids()
        with open(self.stack.conf, "a", encoding="utf-8") as f:
            f.write("[server]\nno_such_setting=1\n")
        try:
            self.stack.daemon.send(signal.SIGHUP)
            time.sleep(1)
            self.one.event()
            self.assertFalse(self.stack.daemon.dead())
            self.assertTrue(self.stack.worker_pids())
        finally:
            self.stack.write_conf()
            self.stack.daemon.send(signal.SIGHUP)
        self.wait_workers(pids)
        self.stack.wait_ready()

    def test_term_finishes_what_was_begun_and_then_exits(self):
        self.one.event("slow")
        application = self.stack.sql_number(
            "SELECT id FROM application WHERE app_key = %d" % self.one.key)
        with SqlSession(self.stack) as session:
            session.run("BEGIN")
            held = session.run(
                "SELECT username FROM user WHERE application_id = %d AND"
                " username = 'slow' FOR UPDATE" % application)
            self.assertEqual(held, [["slow"]])
            body = {"id": "slow", "username": "slow", "eventType": "review"}
            sent = Together([lambda: self.one.post("/events", body)])
            time.sleep(0.4)
            workers = self.stack.worker_pids()
            self.stack.daemon.send(signal.SIGTERM)
            time.sleep(0.4)
            session.run("ROLLBACK")
            response, = sent.join()
        self.assert_status(response, 201)
        try:
            self.assertEqual(self.stack.daemon.wait(12), 0)
            for pid in workers:
                self.assertFalse(os.path.exists("/proc/%d/exe" % pid))
            r = self.one.post("/events", dict(body, id="late"))
            self.assert_problem(r, 503, "unavailable")
        finally:
            self.stack.daemon.kill()
            self.stack.start_daemon()
        self.assertEqual(self.one.points("slow"), 20)

    def test_term_under_load_loses_and_doubles_nothing(self):
        with Load(self.one, clients=12) as load:
            for _ in range(2):
                load.wait_for(40)
                self.assertEqual(self.stack.daemon.stop(), 0)
                self.stack.start_daemon()
            load.wait_for(40)
        load.check(self, 10)

    def test_a_killed_master_leaves_no_workers_behind(self):
        workers = self.stack.worker_pids()
        self.stack.daemon.process.kill()
        self.stack.daemon.process.wait()
        try:
            wait_until(lambda: not any(
                os.path.exists("/proc/%d/fd/0" % pid) for pid in workers),
                15, "the workers' end")
        finally:
            for pid in workers:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.stack.start_daemon()
        self.one.event()

    def test_more_clients_than_threads_are_all_answered(self):
        answers = client.at_once([lambda i=i: self.one.event("u%d" % (i % 9))
                                  for i in range(200)])
        self.assertEqual(len({e["id"] for e in answers}), 200)
        self.assertEqual(self.one.rows("event"), 200)

    def test_the_socket_is_for_owner_and_group_alone(self):
        self.assertEqual(os.stat(self.stack.socket).st_mode & 0o777, 0o660)

    def test_a_second_daemon_on_the_same_socket_gives_up(self):
        """And the first is not disturbed."""
        r = subprocess.run(
            [self.stack.program("palmaresd"), "-c", self.stack.conf],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
        self.assertNotEqual(r.returncode, 0)
        self.assertIn(self.stack.socket, r.stderr.decode())
        self.assertIn("is palmaresd running already?", r.stderr.decode())
        self.one.event(unique("after"))
