"""palmaresd under a service manager: what it tells, and what a restart loses:
nothing."""

import os
import signal
import time

import client
from case import App, StackTest
from client import Together
from load import Load
from manager import ServiceManager
from processes import descriptors_of, family_of
from stack import DB_NAME, Elsewhere, SqlSession, start_nginx, wait_until
from test_migrate import MigrateTest


class ManagerTest(StackTest):
    """Each test has a palmaresd of its own, and its own service manager."""

    watchdog = None

    def setUp(self):
        self.socket = self.stack.path("managed.sock")
        self.manager = ServiceManager(
            self.stack, self.socket, self.write_conf(), self.watchdog)
        self.addCleanup(self.clean_up)

    def clean_up(self):
        self.manager.close()
        os.remove(self.manager.log)

    def write_conf(self, more=""):
        """As the stack's, but for a socket that must not be used."""
        path = self.stack.path("managed.conf")
        with open(self.stack.conf, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(self.stack.socket,
                                 self.stack.path("never.sock")) + more)
        return path

    def ask(self, path="/readyz"):
        return client.fcgi(self.socket, client.params_of("GET", path))

    def wait_status(self, status, since=0):
        return self.manager.wait_for(since, STATUS=status)


class Told(ManagerTest):
    """What it tells, and when."""

    def test_ready_is_told_when_it_serves(self):
        self.manager.start()
        self.wait_status("serving")
        self.assertEqual(self.ask().status, 200)
        self.assertEqual(len([m for m in self.manager.messages
                              if "READY" in m]), 1)
        self.assertIsNone(self.manager.find(WATCHDOG="1"))

    def test_the_socket_is_the_managers(self):
        self.manager.start()
        self.assertFalse(os.path.exists(self.stack.path("never.sock")))
        self.assertEqual(self.manager.stop(), 0)
        self.assertTrue(self.manager.find(STOPPING="1"))
        late = Together([self.ask])     # nobody is there: it waits
        time.sleep(0.3)
        self.manager.start()
        self.assertEqual(late.join()[0].status, 200)

    def test_a_reload_is_over_when_the_new_workers_serve(self):
        self.manager.start()
        since = len(self.manager.messages)
        self.manager.daemon.send(signal.SIGHUP)
        begun = self.manager.wait_for(since, RELOADING="1")
        ended = self.manager.wait_for(since, READY="1")
        self.assertRegex(begun["MONOTONIC_USEC"], r"^\d+$")
        self.assertGreater(ended.time, begun.time)
        self.assertEqual(len(self.manager.logged("event=worker_ready")), 4)

    def test_a_reload_of_a_faulty_file_says_so_and_is_over(self):
        self.manager.start()
        since = len(self.manager.messages)
        self.write_conf("[ingest]\nqueue_evnts=1\n")
        self.manager.daemon.send(signal.SIGHUP)
        told = self.manager.wait_for(since, READY="1")
        self.assertRegex(told["STATUS"], r"old configuration.*managed.conf:"
                         r"\d+: .*queue_evnts.*did you mean \"queue_events\"")
        self.assertEqual(self.ask().status, 200)

    def test_a_start_with_a_faulty_file_says_why(self):
        self.write_conf("[servr]\nworkers=1\n")
        self.manager.start(ready=False)
        self.assertEqual(self.manager.daemon.wait(10), 1)
        wait_until(lambda: self.manager.find(
            STATUS=r".*managed.conf:\d+: .*"), 5, "the status")
        self.assertIsNone(self.manager.find(READY="1"))


class Watchdog(ManagerTest):
    """A sign of life, of nobody but the process that keeps the workers."""

    watchdog = 0.6

    def pings(self):
        return len([m for m in self.manager.messages if "WATCHDOG" in m])

    def test_it_is_pinged_in_time_while_the_master_lives(self):
        self.manager.start()
        time.sleep(2)
        times = [m.time for m in self.manager.messages if "WATCHDOG" in m]
        gaps = [b - a for a, b in zip(times, times[1:])]
        self.assertGreater(len(gaps), 3)
        self.assertLess(max(gaps), self.watchdog)
        self.manager.daemon.send(signal.SIGSTOP)
        time.sleep(0.1)
        before = self.pings()
        time.sleep(2 * self.watchdog)
        self.assertEqual(self.pings(), before)


class Waiting(ManagerTest):
    """A database that cannot be used is a state, and no failure."""

    def assert_waits(self, status, since=0):
        self.wait_status(status, since)
        self.assertEqual(self.ask("/healthz").status, 200)
        self.assertEqual(self.ask().status, 503)

    def test_without_a_database_it_waits_and_then_serves(self):
        self.stack.db.stop()
        try:
            self.manager.start()
            self.wait_status("waiting for the database: .*db.sock.*"
                             "run 'palmaresctl doctor'")
            time.sleep(2.5)
            self.assertEqual(len(self.manager.logged("level=warn")), 1)
            self.assertEqual(len(self.manager.logged(
                "event=database state=waiting")), 1)
            self.assert_waits("waiting.*")
        finally:
            self.stack.start_db()
        self.wait_status("serving")
        self.assertEqual(self.ask().status, 200)
        self.stack.wait_ready()

    def test_an_account_that_is_refused_is_named(self):
        with open(self.manager.conf, encoding="utf-8") as f:
            text = f.read()
        missing = self.stack.path("missing.conf")
        with open(self.manager.conf, "w", encoding="utf-8") as f:
            f.write(text.replace("user=palmares", "user=nobody\nfile="
                                 + missing))
        self.manager.start()
        self.assert_waits("waiting for the database: Access denied for user "
                          "'nobody'.* \\(" + missing + " is missing\\): .*")

    def test_a_newer_schema_is_named_and_no_loop(self):
        self.manager.start()
        self.wait_status("serving")
        self.assertEqual(self.manager.stop(), 0)
        since = len(self.manager.messages)
        self.stack.sql(
            "INSERT INTO schema_version SELECT version + 1, name, checksum,"
            " statements, done, applied_at FROM schema_version"
            " ORDER BY version DESC LIMIT 1")
        try:
            self.manager.start()
            self.assert_waits("the database has schema 2, this program knows"
                              " 1: install the newer program again.*", since)
        finally:
            self.stack.sql("DELETE FROM schema_version WHERE version = 2")
        self.wait_status("serving", since)
        self.assertEqual(self.ask().status, 200)


class Migration(ManagerTest):
    """Requests wait in the socket's queue while the tables are made."""

    def setUp(self):
        super().setUp()
        self.stack.sql("RENAME TABLE schema_version TO version_away")
        self.session = SqlSession(self.stack)
        self.session.run("SELECT GET_LOCK(CONCAT('palmares ', MD5(DATABASE())), 1)")
        self.addCleanup(self.mend)

    def mend(self):
        self.stack.sql("RENAME TABLE IF EXISTS version_away TO schema_version",
                       DB_NAME)
        # As at the end of a migration: first all is there.
        self.session.close()
        self.stack.wait_ready()

    def test_a_request_is_answered_when_the_migration_is_done(self):
        self.manager.start()    # ready, or systemctl would wait
        self.wait_status("waiting for a migration or a restore to end")
        asked = Together([self.ask])
        time.sleep(1)
        self.assertEqual(self.manager.logged("event=worker_ready"), [])
        self.mend()
        self.assertEqual(asked.join()[0].status, 200)
        self.wait_status("serving")

    def test_it_can_be_stopped_meanwhile(self):
        self.manager.start()
        self.wait_status("waiting for a migration or a restore to end")
        begun = time.monotonic()
        self.assertEqual(self.manager.stop(), 0)
        self.assertLess(time.monotonic() - begun, 2)


class Restart(ManagerTest):
    """A new process goes on where the old one stopped."""

    def test_a_restart_under_load_loses_no_request(self):
        one = self.app()
        one.rule(points=10)
        self.manager.start()
        nginx, port = start_nginx(self.stack.path("managed nginx"),
                                  self.socket)
        try:
            one.stack = Elsewhere(self.stack, port)
            with Load(one, clients=16) as load:
                for _ in range(6):
                    load.wait_for(60)
                    self.assertEqual(self.manager.restart(), 0)
                load.wait_for(60)
            self.assertEqual(load.failures, [])
            self.assertGreater(self.manager.kept_ever, 0)
            self.assertEqual(self.manager.kept, [])
            load.check(self, 10)
        finally:
            nginx.stop()

    PARAMS = client.params_of("GET", "/healthz")

    def keep(self, count=200):
        """Connections that palmaresd has answered on."""
        kept = [client.KeptFcgi(self.socket) for _ in range(count)]
        for peer in kept:
            self.addCleanup(peer.close)
            peer.send(self.PARAMS)
            self.assertIn(b"Status: 200", peer.receive())
        return kept

    def ask_again(self, kept):
        """On all of them, while no process is there; then one is started."""
        for peer in kept:
            peer.send(self.PARAMS)
        self.manager.start()
        for peer in kept:
            self.assertIn(b"Status: 200", peer.receive())

    def test_a_request_on_a_kept_connection_waits_for_the_new_process(self):
        self.manager.start()
        kept = self.keep()
        self.assertEqual(self.manager.stop(), 0)
        self.ask_again(kept)
        # None is open in a process that does not serve it, or its end
        # would not show.
        self.assertEqual(self.manager.kept, [])
        self.assertLess(
            descriptors_of(family_of(self.manager.daemon.pid)), 400)
        self.assertEqual(self.manager.stop(), 0)

    def test_a_manager_that_is_late_has_all_when_the_process_ends(self):
        """What it read only later would be closed by the next process."""
        self.manager.start()
        kept = self.keep()
        self.manager.delay = 0.3
        self.assertEqual(self.manager.stop(), 0)
        self.assertEqual(len(self.manager.kept), len(kept))
        self.manager.delay = 0
        self.ask_again(kept)

    def test_a_manager_that_takes_nothing_for_a_while_gets_all(self):
        """Its socket is full, and it reads nothing for some seconds."""
        self.manager.start()
        kept = self.keep()
        self.manager.awake.clear()
        self.manager.fill()
        stopped = Together([self.manager.stop])
        time.sleep(2.5)
        self.assertEqual(self.manager.kept_ever, 0)
        self.manager.awake.set()
        self.assertEqual(stopped.join(), [0])
        self.assertEqual(len(self.manager.kept), len(kept))
        self.assertEqual(self.manager.logged("event=connections_dropped"), [])
        self.ask_again(kept)


class Deaf(ManagerTest):
    """A service manager that never reads again."""

    def test_the_end_waits_for_it_no_longer_than_it_must(self):
        self.manager.start()
        peer = client.KeptFcgi(self.socket)
        self.addCleanup(peer.close)
        peer.send(client.params_of("GET", "/healthz"))
        self.assertIn(b"Status: 200", peer.receive())
        self.manager.awake.clear()
        self.manager.fill()
        self.manager.daemon.send(signal.SIGTERM)
        self.assertEqual(self.manager.daemon.wait(60), 0)
        self.assertEqual(len(self.manager.logged(
            "event=connections_dropped count=1 ")), 1)
        with self.assertRaises((ConnectionError, OSError)):
            peer.receive()


class Upgrade(MigrateTest):
    """As the Debian package does it: restart the daemon, then migrate."""

    def test_an_upgrade_with_a_migration_under_load_loses_no_request(self):
        self.ctl("migrate")
        path = self.stack.path("managed.sock")
        manager = ServiceManager(self.stack, path, self.stack.conf)
        self.addCleanup(manager.close)
        manager.start()
        nginx, self.stack.port = start_nginx(self.stack.path("nginx"), path)
        self.addCleanup(nginx.stop)
        one = App(self.stack)
        one.rule(points=10)
        with Load(one, clients=12) as load:
            load.wait_for(100)
            with self.stack.newer():
                manager.restart()
                manager.wait_for(STATUS="the database has schema 1, this"
                                 " program needs 2: .*")
                time.sleep(0.5)
                before = load.count()
                self.ctl("migrate")
                load.wait_for(100)
            self.assertLess(before, load.count())
        self.assertEqual(load.failures, [])
        load.check(self, 10)
        self.assertEqual(manager.stop(), 0)
        self.assertEqual(len(manager.logged("state=holding")), 1)
