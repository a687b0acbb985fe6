"""Who is measured: a bare loop, PHP, a null handler, and Palmarès.

A side's servers live as long as the run (`open`, `close`).  For each measurement
it makes a fresh database (`begin`), and puts it away (`end`).
"""

import glob
import itertools
import os

import client
import wrk
from processes import family_of
from shipped import new_application
from stack import (DB_NAME, Program, SNIPPETS, StackError, find_program,
                   start_nginx, wait_until)

HERE = os.path.dirname(os.path.abspath(__file__))
THREADS = 512       # of the null handler: a kept connection holds one
CHILDREN = 16       # of php-fpm, as the bare loop has connections
BATCH = 1000        # events of a request that makes users
VERIFY_TIME = 3600

PHP_FPM = """[global]
error_log = "%(dir)s/php-fpm.log"
daemonize = no
[site]
user = root
group = root
listen = "%(socket)s"
listen.backlog = 4096
pm = static
pm.max_children = %(children)d
php_admin_value[mysqli.default_socket] = "%(database)s"
"""
# nginx/palmares-fastcgi.conf, and what PHP needs besides.
PHP_NGINX = """include "%s/palmares-fastcgi.conf";
fastcgi_param SCRIPT_FILENAME "%s/event.php";
"""


def find_php_fpm():
    """Debian's has its version in its name."""
    found = sorted(glob.glob("/usr/sbin/php-fpm[0-9]*"))
    return find_program("php-fpm") or (found[-1] if found else None)


def count_rows(stack, table):
    return int(stack.sql("SELECT COUNT(*) FROM " + table, "mysql")[0][0])


class Side:
    """What the others have in common."""

    stores = True       # what it acknowledges
    tells_metrics = False   # palmaresd's
    warm_up = 1         # seconds
    seeds = itertools.count(1)  # each load draws its own users

    def __init__(self, stack):
        self.stack = stack

    def open(self):
        """Start the servers."""

    def close(self):
        """Stop them."""

    def groups(self):
        """{name: processes} that serve, the load generator not among them."""
        return {"mariadbd": [self.stack.db.pid]}

    def begin(self, case):
        """Get ready for a measurement."""

    def end(self):
        """Put away what it left."""

    def stored(self):
        """How many events there are."""
        return 0

    def finish(self):
        """After the last round: what is to be told of it besides."""
        return {}


class Served(Side):
    """A FastCGI program of its own behind an nginx of its own."""

    name = None
    program = nginx = port = None
    kind = {}           # of requests, where they are not Palmarès' own

    def open(self):
        os.mkdir(self.path())
        try:
            self.start_program()
            wait_until(self._listens, 20, "%s listens" % self.name)
            self.nginx, self.port = start_nginx(
                self.path("nginx"), self.path("api.sock"), self.snippets())
        except BaseException:
            self.close()
            raise

    def close(self):
        for program in (self.nginx, self.program):
            if program is not None:
                program.stop()

    def path(self, *names):
        return self.stack.path(self.name, *names)

    def start_program(self):
        raise NotImplementedError

    def snippets(self):
        """The folder of palmares-fastcgi.conf."""
        return SNIPPETS

    def _listens(self):
        self.program.must_live()
        return os.path.exists(self.path("api.sock"))

    def groups(self):
        return dict(super().groups(), nginx=family_of(self.nginx.pid),
                    program=family_of(self.program.pid))

    def load(self, case, seconds):
        script = wrk.script(self.kind.get(case.kind, case.kind), case.users,
                            case.events, "none", next(self.seeds))
        return wrk.run(self.port, self.path(), script, seconds, case.clients)


class Null(Served):
    """A program that answers at once, and always the same."""

    name = "null"
    stores = False

    def start_program(self):
        self.program = Program("null_handler", [
            os.path.join(self.stack.builddir, "tests", "bench",
                         "null_handler"),
            self.path("api.sock"), str(THREADS)], self.path("log"))


class Loop:
    """The tables of the bare loop."""

    def begin(self, case):
        wrk.timed(self.bare_loop(case))

    def end(self):
        self.stack.sql("DROP DATABASE bare_loop", "mysql")

    def stored(self):
        return count_rows(self.stack, "bare_loop.event")

    def bare_loop(self, case):
        return [os.path.join(self.stack.builddir, "tests", "bench",
                             "bare_loop"),
                self.stack.db_socket, str(case.users)]


class Bare(Loop, Side):
    """One transaction for each event, without HTTP."""

    def load(self, case, seconds):
        out, cpu = wrk.timed(self.bare_loop(case)
                             + [str(case.clients), str(seconds)])
        events, microseconds, p50, p95, p99 = map(int, out.split())
        return wrk.Load(events, microseconds / 1e6, p50, p95, p99, cpu)


class Php(Loop, Served):
    """php-fpm with event.php, in the tables of the bare loop."""

    name = "php"
    kind = {"event": "PHP event"}

    def start_program(self):
        with open(self.path("fpm.conf"), "w", encoding="utf-8") as f:
            f.write(PHP_FPM % {"dir": self.path(), "children": CHILDREN,
                               "socket": self.path("api.sock"),
                               "database": self.stack.db_socket})
        self.stack.sql("CREATE USER site@localhost;"
                       "GRANT ALL ON bare_loop.* TO site@localhost", "mysql")
        self.program = Program("php-fpm", [
            find_php_fpm(), "--nodaemonize", "--fpm-config",
            self.path("fpm.conf")] + ["-R"] * (os.geteuid() == 0),
            self.path("log"))

    def snippets(self):
        os.mkdir(self.path("snippets"))
        for name, text in (
                ("palmares-fastcgi.conf", PHP_NGINX % (SNIPPETS, HERE)),
                ("palmares-problems.conf",
                 'include "%s/palmares-problems.conf";\n' % SNIPPETS)):
            with open(self.path("snippets", name), "w",
                      encoding="utf-8") as f:
                f.write(text)
        return self.path("snippets")


class Palmares(Side):
    """As shipped, with an application of its own for each measurement."""

    tells_metrics = True
    key = None
    stride = 1          # see wrk.NAME

    def open(self):
        self._clear()       # what it was started with

    def groups(self):
        return dict(super().groups(),
                    nginx=family_of(self.stack.nginx.pid),
                    program=family_of(self.stack.daemon.pid))

    def begin(self, case):
        """A new database, with the rules, and every user once."""
        self.stack.sql("CREATE DATABASE " + DB_NAME, "mysql")
        self._ctl("migrate")
        self.stack.start_daemon()
        self.key = new_application(self.stack, case.rules, case.rich)
        with client.Connection(self.stack.port) as connection:
            for first in range(1, case.users + 1, BATCH):
                self._introduce(connection, range(
                    first, min(first + BATCH, case.users + 1)))

    def _introduce(self, connection, numbers):
        r = connection.request(
            "POST", "/api/v1/events/batch",
            {"events": [{"username": "user%07d" % n, "eventType": "review"}
                        for n in numbers]},
            {"Authorization": "Bearer " + self.key})
        if r.status != 200 or any(result["status"] != 201 for result
                                  in r.json["results"]):
            raise StackError("users cannot be made: %r" % r)

    def load(self, case, seconds):
        script = wrk.script(case.kind, case.users, case.events, self.key,
                            next(self.seeds), self.stride)
        return wrk.run(self.stack.port, self.stack.dir, script, seconds,
                       case.clients)

    def end(self):
        """Everything must be right before it is thrown away."""
        self._ctl("verify", timeout=VERIFY_TIME)
        self._clear()

    def _clear(self):
        self.stack.daemon.stop()
        self.stack.sql("DROP DATABASE " + DB_NAME, "mysql")

    def _ctl(self, *args, timeout=120):
        status, out, err, _ = self.stack.ctl(*args, as_json=False,
                                             timeout=timeout)
        if status != 0:
            raise StackError("palmaresctl %s: status %d\n%s%s" % (
                args[0], status, out, err))

    def stored(self):
        return count_rows(self.stack, DB_NAME + ".event")


SIDES = {"bare": Bare, "php": Php, "null": Null, "palmares": Palmares}
