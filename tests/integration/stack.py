"""A private stack for the integration tests: mariadbd, palmaresd, nginx.

Everything lives in one temporary directory (whose name has a space in it, on
purpose), listens on unix sockets and one free loopback port, and is stopped
by process id.  Nothing of the host is used or touched but the programs.
"""

import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from processes import children_of

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
SNIPPETS = os.path.join(SOURCE, "nginx")
WORKERS = 2
DB_NAME = "palmares"
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)
# What the log has when a program is wrong: sanitizers, assert(), workers that
# ended and were not killed by a test.
CONFESSION = re.compile(r"(?:Address|Leak|Thread|UndefinedBehavior)Sanitizer"
                        r"|runtime error:|Assertion .* failed"
                        r"|event=worker_died worker=\d+ signal=(?!9\b)")
# Where another MariaDB is than this machine's, from tests/mariadb.sh; palmaresctl
# finds its programs, too.
if os.environ.get("MARIADB"):
    os.environ["PATH"] = (os.path.abspath(os.environ["MARIADB"]) + ":"
                          + os.environ.get("PATH", ""))
# What nginx may need from outside, for `missing_programs`.
PROGRAMS = ("mariadbd", "mariadb", "mariadb-install-db", "nginx")


class StackError(Exception):
    """A part of the stack did not start, or died."""


def find_program(name):
    """The path of a program, in sbin too where PATH has none."""
    path = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    return shutil.which(name, path=path)


def missing_programs(builddir):
    """Names of what the tests need and this machine lacks."""
    missing = [name for name in PROGRAMS if not find_program(name)]
    for name in ("palmaresd", "palmaresctl"):
        path = os.path.join(builddir, "src", name)
        if not os.access(path, os.X_OK):
            missing.append(path)
    return missing


def tail(path, lines=40):
    try:
        with open(path, "rb") as f:
            text = f.read()[-20000:].decode("utf-8", "replace")
    except OSError as e:
        return "(no log: %s)\n" % e
    return "".join(l + "\n" for l in text.splitlines()[-lines:])


def private_mounts():
    """From now on, what is mounted is seen by this process and its children
    alone, and goes with them; False if that is not allowed."""
    new_mounts, private = 0x20000, 0x4000 | 0x40000     # see mount(2)
    return (LIBC.unshare(new_mounts) == 0 and LIBC.mount(
        b"none", b"/", None, private, None) == 0)


def fill(filler):
    """Whatever is free, to the last bytes."""
    for size in (1 << 20, 1 << 12, 1):
        try:
            while True:
                filler.write(b"\0" * size)
        except OSError:
            pass
    time.sleep(0.02)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(question, seconds, what, pause=0.02):
    """Ask until the answer is true and return it; StackError after a while."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise StackError("%s: not within %g s" % (what, seconds))
        time.sleep(pause)


class Program:
    """A child process with a log file, that dies with the test runner."""

    def __init__(self, name, argv, log, death=signal.SIGTERM, env=None,
                 pass_fds=()):
        parent = os.getpid()

        def in_child():
            os.setpgid(0, 0)    # Ctrl-C is the runner's to handle
            LIBC.prctl(PR_SET_PDEATHSIG, int(death), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

        self.name = name
        self.log = log
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=env, preexec_fn=in_child, pass_fds=pass_fds)
        self.pid = self.process.pid

    def dead(self):
        return self.process.poll() is not None

    def must_live(self):
        if self.dead():
            raise StackError("%s ended with status %d; its log ends:\n%s" % (
                self.name, self.process.returncode, tail(self.log)))

    def send(self, number):
        if not self.dead():
            self.process.send_signal(number)

    def wait(self, seconds):
        """The exit status, or None if it still runs."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, number=signal.SIGTERM, seconds=20):
        """Ask it to end, insist if need be; returns the exit status."""
        self.send(signal.SIGCONT)
        self.send(number)
        status = self.wait(seconds)
        if status is None:
            self.kill()
            raise StackError("%s did not stop within %d s; its log ends:\n%s"
                             % (self.name, seconds, tail(self.log)))
        return status

    def kill(self):
        """Kill it and all its children, at once."""
        if self.dead():
            return
        children = children_of(self.pid)
        self.process.kill()
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()


def write_nginx_conf(directory, values):
    """Fill in nginx/private.conf.in, the configuration of ./run.sh."""
    os.makedirs(directory, exist_ok=True)
    source = os.path.join(SNIPPETS, "private.conf.in")
    with open(source, encoding="utf-8") as f:
        text = f.read()
    for name, value in values.items():
        text = text.replace("@%s@" % name, value)
    left = re.search(r"@[A-Z_]+@", text)
    if left:
        raise StackError("%s: no value for %s" % (source, left.group()))
    with open(os.path.join(directory, "nginx.conf"), "w",
              encoding="utf-8") as f:
        f.write(text)


def start_nginx(directory, fastcgi_socket, snippets=SNIPPETS):
    """nginx in front of a FastCGI program, and its port.  It has its files in
    the directory; its log is beside that."""
    for _ in range(5):
        port = free_port()
        write_nginx_conf(directory, {"PORT": str(port), "NGINX": snippets,
                                     "SOCKET": fastcgi_socket})
        nginx = Program("nginx", [
            find_program("nginx"), "-p", directory + "/",
            "-c", os.path.join(directory, "nginx.conf"), "-e", "stderr",
        ], directory + ".log")
        end = time.monotonic() + 10
        while time.monotonic() < end and not nginx.dead():
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    return nginx, port
            time.sleep(0.02)
        if "in use" not in tail(nginx.log):
            break
    nginx.must_live()
    nginx.kill()
    raise StackError("nginx does not listen; its log ends:\n"
                     + tail(nginx.log))


class Stack:
    """The three servers and the ways to look into them."""

    def __init__(self, builddir, keep=False):
        self.builddir = os.path.abspath(builddir)
        self.keep = keep
        self.dir = tempfile.mkdtemp(prefix="palmares it ")
        self.port = None
        self.db = self.daemon = self.nginx = None
        self.db_socket = self.path("db.sock")
        self.socket = self.path("api.sock")
        self.conf = self.path("palmares.conf")
        self.daemon_log = self.path("palmaresd.log")
        self.checked = 0        # how far check_log has read
        self.release = "src"    # where the programs are: or tests/newer
        self.disk = None        # a file system of this size for the data
        self.mounted = False
        self.db_options = []    # what mariadbd is started with besides
        self.daemon_env = {}    # and palmaresd, in its environment
        self.settings = {
            "server": {"socket": self.socket, "socket_mode": "0660",
                       "workers": WORKERS, "threads": 64,
                       "drain_seconds": 10, "log_level": "info"},
            "database": {"socket": self.db_socket, "user": "palmares",
                         "password": "", "name": DB_NAME, "connections": 4},
            "classic": {"autocreate": "yes"},
        }
        if os.geteuid() != 0:
            # Tests look into its processes, by /proc.
            self.settings["server"]["core_dumps"] = "yes"

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def program(self, name):
        return os.path.join(self.builddir, self.release, name)

    # --- start and stop -------------------------------------------------

    def start(self):
        try:
            self.start_server()
            rc, out, err, _ = self.ctl("migrate", as_json=False)
            if rc != 0:
                raise StackError("palmaresctl migrate: %s%s" % (out, err))
            self.start_daemon(wait=False)
            self.start_nginx()
            self.wait_ready()
        except BaseException:
            self.stop(quietly=True)
            raise

    def start_server(self, account="palmares@localhost"):
        """The database server alone, with an empty database and an account."""
        name = self.settings["database"]["name"]
        self._make_database()
        self.start_db()
        self.sql("CREATE DATABASE {0}; CREATE USER {1};"
                 "GRANT ALL ON {0}.* TO {1}".format(name, account),
                 database="mysql")
        self.write_conf()

    def stop(self, quietly=False):
        """Stop everything; StackError if something did not end well."""
        faults = []
        for program in (self.nginx, self.daemon, self.db):
            if program is None:
                continue
            try:
                status = program.stop()
                if status != 0:
                    faults.append("%s ended with status %d; its log ends:\n%s"
                                  % (program.name, status,
                                     tail(program.log)))
            except StackError as e:
                faults.append(str(e))
        if not quietly:
            faults += filter(None, [self.check_log()])
        self.nginx = self.daemon = self.db = None
        if self.mounted:
            subprocess.run(["umount", "-l", self.path("data")])
        if not self.keep:
            self.remove()
        if faults and not quietly:
            raise StackError("\n".join(faults))

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def _mount(self):
        os.mkdir(self.path("data"))
        r = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=" + self.disk,
             "palmares-test", self.path("data")],
            capture_output=True, text=True)
        if r.returncode != 0:
            raise StackError("mount: " + r.stderr)
        self.mounted = True

    def _make_database(self):
        if self.disk:
            self._mount()
        # Not with --user: its chown does not know paths with spaces.
        r = subprocess.run(
            [find_program("mariadb-install-db"), "--no-defaults",
             "--datadir=" + self.path("data"), "--skip-test-db",
             "--auth-root-authentication-method=normal"],
            env=self._db_environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True)
        if r.returncode != 0:
            raise StackError("mariadb-install-db: %s%s" % (r.stdout, r.stderr))

    def _db_environment(self):
        """mariadbd keeps its temporary files out of everybody's folder."""
        return dict(os.environ, TMPDIR=self.dir)

    def start_db(self):
        self.db = Program("mariadbd", [
            find_program("mariadbd"), "--no-defaults",
            "--datadir=" + self.path("data"), "--socket=" + self.db_socket,
            "--pid-file=" + self.path("db.pid"), "--skip-networking",
            "--innodb-flush-log-at-trx-commit=1", "--skip-log-bin",
            "--innodb-buffer-pool-size=128M", "--performance-schema=off",
        ] + (["--user=root"] if os.geteuid() == 0 else [])
            + self.db_options, self.path("db.log"), death=signal.SIGKILL,
            env=self._db_environment())

        def up():
            self.db.must_live()
            return self._mariadb("SELECT 1", "mysql").returncode == 0
        wait_until(up, 60, "mariadbd answers", 0.1)

    def write_conf(self):
        lines = ["; palmares.conf of the integration tests"]
        for section, values in self.settings.items():
            lines.append("[%s]" % section)
            lines += ["%s=%s" % item for item in values.items()]
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")

    def change(self, section, name, value):
        """Start palmaresd anew with another setting; None is its default."""
        values = self.settings.setdefault(section, {})
        if value is None:
            values.pop(name, None)
        else:
            values[name] = value
        self.write_conf()
        status = self.daemon.stop()
        if status != 0:
            raise StackError("palmaresd ended with status %d" % status)
        self.start_daemon()

    def start_daemon(self, wait=True):
        env = dict(os.environ)
        env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
        env.update(self.daemon_env)
        self.daemon = Program("palmaresd", [
            self.program("palmaresd"), "-c", self.conf], self.daemon_log,
            env=env)
        if wait:
            self.wait_ready()

    def start_nginx(self):
        self.nginx, self.port = start_nginx(self.path("nginx"), self.socket)

    def ready(self):
        """Whether /readyz says 200."""
        self.daemon.must_live()
        self.nginx.must_live()
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as s:
                s.sendall(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")
                return s.recv(64).split(b" ")[1:2] == [b"200"]
        except OSError:
            return False

    def wait_ready(self, seconds=30):
        try:
            wait_until(self.ready, seconds, "/readyz answers 200", 0.05)
        except StackError as e:
            raise StackError("%s\n--- palmaresd's log ends:\n%s"
                             "--- nginx's log ends:\n%s" % (
                                 e, tail(self.daemon_log),
                                 tail(self.path("nginx.log")))) from None

    def heal(self):
        """Bring back what a failed test left stopped or dead."""
        if self.db.dead():
            self.start_db()
        self.db.send(signal.SIGCONT)
        if self.daemon.dead():
            self.start_daemon(wait=False)
        if self.nginx.dead():
            self.start_nginx()
        self.wait_ready()

    # --- looking in -----------------------------------------------------

    def worker_pids(self):
        return children_of(self.daemon.pid)

    def log_size(self):
        try:
            return os.path.getsize(self.daemon_log)
        except FileNotFoundError:
            return 0

    def log_since(self, position):
        if not self.log_size():
            return ""       # it never ran
        with open(self.daemon_log, "rb") as f:
            f.seek(position)
            return f.read().decode("utf-8", "replace")

    def check_log(self):
        """What palmaresd's log has of sanitizers since the last look."""
        text = self.log_since(self.checked)
        self.checked = self.log_size()
        found = CONFESSION.search(text)
        if not found:
            return None
        at = max(0, found.start() - 300)
        return "palmaresd's log has:\n" + text[at:at + 6000]

    def _mariadb(self, text, database):
        return subprocess.run(
            [find_program("mariadb"), "--no-defaults", "--user=root",
             "--skip-ssl", "--socket=" + self.db_socket,
             "--default-character-set=utf8mb4",
             "-N", "-B", database],
            input=text.encode(), capture_output=True, timeout=60)

    def sql(self, text, database=None):
        """Run SQL as root; the rows, each a list of strings."""
        r = self._mariadb(text, database or self.settings["database"]["name"])
        if r.returncode != 0:
            raise StackError("sql: %s\n%s" % (r.stderr.decode(), text))
        return [line.split("\t") for line in r.stdout.decode().splitlines()]

    def sql_number(self, text):
        return int(self.sql(text)[0][0])

    def db_connections(self):
        """How many of the database's connections are palmaresd's."""
        return self.sql_number("SELECT COUNT(*) FROM"
                               " information_schema.processlist"
                               " WHERE user = 'palmares'")

    def ctl(self, *args, as_json=True, timeout=120):
        """Run palmaresctl; (exit status, stdout, stderr, parsed JSON)."""
        r = subprocess.run(
            [self.program("palmaresctl"), "-c", self.conf]
            + (["--json"] if as_json else []) + list(args),
            stdin=subprocess.DEVNULL, capture_output=True,
            timeout=timeout)
        out = r.stdout.decode("utf-8", "replace")
        value = None
        if as_json and out.strip():
            try:
                value = json.loads(out)
            except ValueError:
                pass
        return r.returncode, out, r.stderr.decode("utf-8", "replace"), value


class Elsewhere:
    """A stack, with another web server in front."""

    def __init__(self, stack, port):
        self.stack = stack
        self.port = port

    def __getattr__(self, name):
        return getattr(self.stack, name)


@contextlib.contextmanager
def connections_taken(stack):
    """While this lasts, others have all of the database's connections, and
    palmaresd's are closed."""
    fillers = []
    with SqlSession(stack) as admin:
        admin.run("CREATE USER IF NOT EXISTS filler@localhost;"
                  "GRANT SELECT ON palmares.* TO filler@localhost")
        limit = admin.run("SELECT @@max_connections")[0][0]
        try:
            for _ in range(12):
                fillers.append(SqlSession(stack, "filler"))
                fillers[-1].run()
            admin.run("SET GLOBAL max_connections = 10")
            for row in admin.run(
                    "SELECT id FROM information_schema.processlist"
                    " WHERE user = 'palmares'"):
                admin.run("KILL CONNECTION " + row[0])
            yield
        finally:
            for filler in fillers:
                filler.close()
            admin.run("SET GLOBAL max_connections = " + limit)


class SqlSession:
    """A foreign database session that stays open: it can hold row locks.

    `send` does not wait, `run` waits for the statements' end.  A statement
    that fails is passed over, as the mariadb client does with --force.
    """

    def __init__(self, stack, user="root"):
        self.count = 0
        self.process = subprocess.Popen(
            [find_program("mariadb"), "--no-defaults", "--user=" + user,
             "--skip-ssl", "--socket=" + stack.db_socket, "-N", "-B", "--unbuffered",
             "--force", stack.settings["database"]["name"]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, text):
        self.process.stdin.write(text.encode() + b";\n")
        self.process.stdin.flush()

    def run(self, text="SELECT 1"):
        """Run statements and return their rows."""
        self.count += 1
        marker = "done-%d-%d" % (os.getpid(), self.count)
        self.send(text)
        self.send("SELECT '%s'" % marker)
        rows = []
        for line in self.process.stdout:
            line = line.decode().rstrip("\n")
            if line == marker:
                return [row.split("\t") for row in rows]
            rows.append(line)
        raise StackError("the SQL session ended")

    def close(self):
        if self.process.poll() is None:
            try:
                self.process.stdin.close()
                self.process.wait(5)
            except (OSError, subprocess.TimeoutExpired):
                self.process.kill()
        self.process.wait()
        self.process.stdout.close()
