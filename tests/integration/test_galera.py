"""A Galera cluster of two nodes: what is acknowledged is stored on both.

Somebody writes to the second node what palmaresd writes to the first.  The
second node begins with a copy of the first one's data, so that no more than
what came since has to be transferred.
"""

import concurrent.futures
import os
import shutil
import threading
import unittest

import client
from case import App, Shared, unique
from stack import HERE, SqlSession, Stack, StackError, free_port, wait_until

LIBRARIES = ("usr/lib/galera/libgalera_smm.so", "usr/lib/libgalera_smm.so")
CLIENTS, ROUNDS, EVENTS = 4, 60, 20


def library():
    """Galera's, beside the MariaDB that the tests run with, or None."""
    root = os.environ.get("MARIADB")
    roots = [os.path.join(root, "..", "root"), "/"] if root else ["/"]
    for path in (os.path.join(r, name) for r in roots for name in LIBRARIES):
        if os.path.exists(path):
            return os.path.abspath(path)
    return None


class Node(Stack):
    """A database server of the cluster, and perhaps a palmaresd with it."""

    def set_up(self, ports, number):
        mine, transfer = ports[number], free_port()
        self.db_options = [
            "--binlog-format=ROW", "--innodb-autoinc-lock-mode=2",
            "--wsrep-on=ON", "--wsrep-provider=" + library(),
            "--wsrep-cluster-address=gcomm://" + ",".join(
                "127.0.0.1:%d" % port for port in ports),
            "--wsrep-node-address=127.0.0.1", "--wsrep-sst-method=near",
            "--wsrep-slave-threads=2", "--wsrep-provider-options="
            "base_host=127.0.0.1;base_port=%d;"
            "gmcast.listen_addr=tcp://127.0.0.1:%d;"
            "ist.recv_addr=127.0.0.1:%d" % (mine, mine, transfer)]

    def _db_environment(self):
        """With the program that passes on where the data are the same."""
        env = super()._db_environment()
        return dict(env, PATH=HERE + ":" + env["PATH"],
                    SST_FILE=self.sst_file)

    def join(self, *options):
        self.db_options += options
        self.start_db()
        wait_until(self.synced, 60, "the node is synced", 0.1)

    def synced(self):
        self.db.must_live()
        return self.sql("SHOW STATUS LIKE 'wsrep_local_state_comment'",
                        "mysql")[0][1] == "Synced"


class Galera(unittest.TestCase):
    """Writes of another node meet those of palmaresd."""

    @classmethod
    def setUpClass(cls):
        if library() is None:
            print("left out: a Galera cluster, for which galera-4 is not"
                  " installed")
            raise unittest.SkipTest("galera-4 is not installed")
        ports = free_port(), free_port()
        cls.nodes = []
        for number in range(2):
            node = Node(Shared.builddir, Shared.keep)
            cls.nodes.append(node)
            node.sst_file = cls.nodes[0].path("position")
            cls.addClassCleanup(node.stop)
            node.set_up(ports, number)
        one, two = cls.nodes
        one._make_database()
        one.join("--wsrep-new-cluster")
        one.db.stop()
        shutil.copytree(one.path("data"), two.path("data"))
        one.join()
        two.join()
        one.sql("CREATE DATABASE palmares; CREATE USER palmares@localhost;"
                "GRANT ALL ON palmares.* TO palmares@localhost", "mysql")
        one.write_conf()
        if one.ctl("migrate")[0] != 0:
            raise StackError("migrate: " + one.ctl("migrate")[2])
        one.start_daemon(wait=False)
        one.start_nginx()
        one.wait_ready()
        cls.app = App(one)
        cls.app.rule("visit", 1, "points", name="r")

    def write_elsewhere(self, stop):
        """A person at the second node, who changes the users' rows."""
        with SqlSession(self.nodes[1]) as session:
            while not stop.wait(0.002):
                session.run("UPDATE user SET created_at = created_at + 1")

    def post(self, username):
        """Batches, each until it is acknowledged; the ids of all."""
        ids = []
        for _ in range(ROUNDS):
            names = [unique("e") for _ in range(EVENTS)]
            body = {"events": [{"id": name, "username": username,
                                "eventType": "visit"} for name in names]}

            def taken():
                r = client.request(
                    self.nodes[0].port, "POST", "/api/v1/events/batch", body,
                    {"X-API-Key": self.app.secret})
                self.assertIn(r.status, (200, 503), repr(r))
                return r.status == 200
            wait_until(taken, 60, "a batch is acknowledged", 0.05)
            ids += names
        return ids

    def test_no_acknowledged_event_is_lost(self):
        stop = threading.Event()
        with concurrent.futures.ThreadPoolExecutor(CLIENTS + 1) as pool:
            other = pool.submit(self.write_elsewhere, stop)
            try:
                posts = [pool.submit(self.post, "user-%d" % (i % 2))
                         for i in range(CLIENTS)]
                ids = {name for post in posts for name in post.result()}
            finally:
                stop.set()
            other.result()
        self.assertEqual(len(ids), CLIENTS * ROUNDS * EVENTS)
        for node in self.nodes:
            wait_until(lambda n=node: n.sql_number(
                "SELECT SUM(events) FROM user") >= len(ids), 20,
                "the node has applied all")
            stored = {row[0] for row in node.sql(
                "SELECT event_id FROM event")}
            self.assertEqual(ids - stored, set())
        rc, out, err, _ = self.nodes[0].ctl("verify")
        self.assertEqual(rc, 0, out + err)
