"""palmaresctl backup and restore: whole, of one moment, or not at all."""

import contextlib
import hashlib
import os
import re
import signal
import stat
import subprocess

import client
from case import Shared, StackTest, unique
from load import Load
from processes import children_of, is_live
from remote import PASSWORD, RemoteStack
from stack import SqlSession, StackError, wait_until

SEAL = b"-- Palmar\xc3\xa8s backup complete"


class Run:
    """palmaresctl in the background, whose input a test may feed."""

    def __init__(self, stack, *args, feed=False, **more):
        self.process = subprocess.Popen(
            [stack.program("palmaresctl"), "-c", stack.conf, *args],
            stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
        self.pid = self.process.pid

    def feed(self, data):
        """Unless it has ended: why, says `end`."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(data)
            self.process.stdin.flush()

    def end(self, seconds=60):
        """(exit status, stdout, stderr) once it has ended."""
        out, err = self.process.communicate(timeout=seconds)
        return (self.process.returncode, out.decode("utf-8", "replace"),
                err.decode("utf-8", "replace"))

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)


class BackupTest(StackTest):
    """The shared stack, and a second server with an empty database."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = RemoteStack(Shared.builddir, Shared.keep)
        cls.addClassCleanup(cls.other.stop)
        cls.other.start_server()
        cls.other.set(tls="verify",
                      tls_ca=cls.other.certificates.path("ca.pem"))
        cls.one = cls.app()
        cls.one.rule(name="r", points=10, badge="b")
        cls.one.rule(name="third", points=7, scale="thirds",
                     numberOfTimesToGetTheAward=3)
        for i in range(30):
            cls.one.event("u%d" % (i % 4), properties={"i": "é'\\\"\n%d" % i})

    def setUp(self):
        self.other.new_database()
        self.file = self.stack.path(unique("backup"))
        self.addCleanup(self.sweep)

    def sweep(self):
        for path in (self.file, self.file + ".part"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def ctl(self, stack, *args, status=0):
        """What it wrote, both ways, in one text."""
        rc, out, err, _ = stack.ctl(*args, as_json=False)
        self.assertEqual(rc, status, "%s: %s%s" % (args, out, err))
        return out + err

    def backup(self, path=None):
        path = path or self.file
        self.ctl(self.stack, "backup", path)
        with open(path, "rb") as f:
            return f.read()

    def assert_words(self, text, *words):
        for word in words:
            self.assertIn(word, text)

    def assert_no_backup(self, *folder):
        self.assertFalse(os.path.exists(self.file))
        self.assertFalse(os.path.exists(self.file + ".part"))

    @contextlib.contextmanager
    def dump_held(self, stack=None):
        """While this lasts, a dump waits behind the events and before the
        users."""
        stack = stack or self.stack
        with SqlSession(stack) as session:
            session.run("LOCK TABLES rule_revision WRITE")

            def held():
                return int(session.run(
                    "SELECT COUNT(*) FROM information_schema.processlist"
                    " WHERE state LIKE 'Waiting for table metadata%'"
                    # It alone writes names so; a worker may read its rules.
                    " AND info LIKE '%`rule_revision`%'")[0][0])
            yield lambda: wait_until(held, 30, "the dump waits")


class Live(BackupTest):
    """Backups of a system that is used."""

    def test_a_backup_under_load_is_of_one_moment(self):
        app = self.app()
        app.rule(name="r", points=10, badge="b")
        with Load(app, clients=8) as load:
            load.wait_for(300)
            with load.lock:
                before = {i for ids in load.acknowledged.values() for i in ids}
            with self.dump_held() as wait_held:
                run = Run(self.stack, "backup", self.file)
                wait_held()
                self.assert_is_private(self.file + ".part")
                load.wait_for(300)      # and nobody waits for the backup
            rc, out, err = run.end()
            self.assertEqual(rc, 0, out + err)
            load.wait_for(50)
        load.check(self, 10)
        self.assert_is_private(self.file)
        self.assertFalse(os.path.exists(self.file + ".part"))
        self.ctl(self.other, "restore", self.file)
        self.assert_words(self.ctl(self.other, "verify"), "nothing differs")
        stored = {row[0] for row in self.other.sql(
            "SELECT event_id FROM event e JOIN application a"
            " ON a.id = e.application_id WHERE a.app_key = %d" % app.key)}
        self.assertEqual(before - stored, set(), "acknowledged before it")
        self.assertLess(len(stored), load.count() - 300, "sent after it")
        self.assert_serves(self.other, app, before)

    def assert_is_private(self, path):
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)

    def assert_serves(self, stack, app, ids):
        """Another host goes on with it: keys, event ids, numbers."""
        stack.start_daemon(wait=False)
        stack.start_nginx()
        stack.wait_ready()
        username = unique("new")
        for body, status in (({"id": min(ids)}, 422), ({}, 201)):
            body.update(username=username, eventType="review")
            r = client.request(stack.port, "POST", "/api/v1/events", body,
                               {"X-API-Key": app.secret})
            self.assert_status(r, status)
        r = client.request(stack.port, "GET", "/api/v1/users/" + username,
                           headers={"X-API-Key": app.secret})
        self.assertEqual(self.assert_json(r)["events"], 1)
        self.ctl(stack, "verify")
        for program in (stack.nginx, stack.daemon):
            self.assertEqual(program.stop(), 0)
        stack.nginx = stack.daemon = None

    def test_every_row_comes_back_as_it_was(self):
        """Names, packed columns and numbers, byte for byte."""
        name = "Größe '\"\\ 😀"
        self.assert_status(self.one.put(
            "/badges/" + client.segment(name), {"description": name}), 201)
        tables = [row[0] for row in self.stack.sql("SHOW TABLES")]
        sums = "CHECKSUM TABLE `%s` EXTENDED" % "`, `".join(tables)
        for end in ("", ".gz", ".zst"):
            self.other.new_database()
            path = self.file + end
            self.addCleanup(os.unlink, path)
            self.ctl(self.stack, "backup", path)
            if end:
                with open(path, "rb") as f:
                    self.assertNotIn(b"CREATE TABLE", f.read())
            self.ctl(self.other, "restore", path)
            self.assertEqual(
                [row[1] for row in self.other.sql(sums)],
                [row[1] for row in self.stack.sql(sums)])
            self.assertEqual(*[
                [row[1] for table in tables for row in stack.sql(
                    "SHOW CREATE TABLE " + table)]
                for stack in (self.stack, self.other)])

    def test_by_standard_output_and_input(self):
        run = Run(self.stack, "backup", "-")
        dump, err = run.process.communicate(timeout=60)
        self.assertEqual(run.process.returncode, 0, err)
        self.assertIn(SEAL, dump.splitlines()[-1])
        load = Run(self.other, "restore", "-", feed=True)
        load.feed(dump)
        self.assertEqual(load.end()[0], 0)
        self.ctl(self.other, "verify")

    def test_the_mariadb_client_can_load_it_too(self):
        dump = self.backup()
        r = subprocess.run(
            ["mariadb", "--no-defaults", "--skip-ssl", "-uroot", "--socket="
             + self.other.db_socket, "elsewhere"],
            input=dump, capture_output=True, timeout=60)
        self.assertEqual(r.returncode, 0, r.stderr)
        self.ctl(self.other, "verify")

    def test_json(self):
        rc, out, err, told = self.stack.ctl("backup", self.file)
        self.assertEqual(rc, 0, out + err)
        self.assertEqual(told["bytes"] + len(
            self.backup_lines(self.file)[-1]), os.path.getsize(self.file))
        rows = sum(int(self.stack.sql("SELECT COUNT(*) FROM " + row[0])[0][0])
                   for row in self.stack.sql("SHOW TABLES"))
        self.assertEqual(told["rows"], rows)
        rc, out, err, again = self.other.ctl("restore", self.file)
        self.assertEqual(rc, 0, out + err)
        self.assertEqual(again, {"schema": told["schema"], "migrate": False,
                                 "rows": rows, "bytes": told["bytes"],
                                 "others": None})

    @staticmethod
    def backup_lines(path):
        with open(path, "rb") as f:
            return f.read().splitlines(keepends=True)

    def test_a_limit_of_the_server_on_statements_is_none_here(self):
        self.stack.sql("SET GLOBAL max_statement_time = 0.001")
        try:
            self.backup()
        finally:
            self.stack.sql("SET GLOBAL max_statement_time = 0")


class Spoilt(BackupTest):
    """What happens to a backup while it is made."""

    def test_a_file_that_exists_is_left_alone(self):
        with open(self.file, "w", encoding="utf-8") as f:
            f.write("precious")
        self.assert_words(self.ctl(self.stack, "backup", self.file, status=1),
                          "exists", "--force")
        with open(self.file, encoding="utf-8") as f:
            self.assertEqual(f.read(), "precious")
        self.ctl(self.stack, "backup", "--force", self.file)
        with open(self.file, "rb") as f:
            self.assertIn(SEAL, f.read())
        self.assert_words(self.ctl(
            self.stack, "backup", "--force", self.stack.dir, status=1), "-")
        rc, _, err, _ = self.stack.ctl("backup", "-")   # with --json
        self.assertEqual(rc, 2, err)

    def test_a_folder_that_is_not_there(self):
        text = self.ctl(self.stack, "backup", self.stack.path("no", "such"),
                        status=1)
        self.assert_words(text, "No such file or directory")

    def test_a_client_that_is_not_installed_is_named(self):
        for args, package in ((("backup", self.file), "mariadb-client"),
                              (("backup", self.file + ".gz"), "gzip")):
            run = Run(self.stack, *args, env=dict(os.environ, PATH="/none"))
            rc, out, err = run.end()
            self.assertEqual(rc, 1, out)
            self.assert_words(err, "apt-get install " + package)
            self.assertFalse(os.path.exists(args[1] + ".part"))

    def test_the_password_stands_in_no_list_of_processes(self):
        self.ctl(self.other, "migrate")
        with self.dump_held(self.other) as wait_held:
            run = Run(self.other, "backup", self.file)
            wait_held()
            family = [run.pid] + children_of(run.pid)
            self.assertEqual(len(family), 2)
            for pid in family:
                for name in ("cmdline", "environ"):
                    with open("/proc/%d/%s" % (pid, name), "rb") as f:
                        self.assertNotIn(PASSWORD.encode(), f.read())
            named = sorted(os.readlink("/proc/%d/fd/%s" % (family[1], n))
                           for n in os.listdir("/proc/%d/fd" % family[1]))
            self.assertFalse([n for n in named if self.file in n], named)
        self.assertEqual(run.end()[0], 0)

    def assert_full(self, path, **more):
        run = Run(self.stack, "backup", path, **more)
        rc, out, err = run.end()
        self.assertEqual(rc, 1, out + err)
        self.assert_words(err, "cannot write", "is removed")
        self.assertFalse(os.path.exists(path + ".part"))
        self.assertFalse(os.path.exists(path))

    def test_a_full_disk_leaves_nothing_behind(self):
        """A limit on the size of files is met at the same places."""
        for end in ("", ".gz", ".zst"):
            with self.subTest(end):
                self.assert_full(self.file + end, preexec_fn=limit_files,
                                 restore_signals=False)

    def test_a_small_file_system_leaves_nothing_behind(self):
        if os.geteuid() != 0:
            print("left out: a backup to a full file system, which is mounted"
                  " by root")
            self.skipTest("needs root")
        script = ('mount -t tmpfs -o size=8k palmares-test "$1" &&'
                  ' { "$2" -c "$3" backup "$1/b"; rc=$?; ls -A "$1"; exit $rc; }')
        folder = self.file + ".d"
        os.mkdir(folder)
        self.addCleanup(os.rmdir, folder)
        r = subprocess.run(
            ["unshare", "-m", "sh", "-c", script, "sh", folder,
             self.stack.program("palmaresctl"), self.stack.conf],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60)
        self.assertEqual(r.returncode, 1, r.stderr)
        self.assert_words(r.stderr, "No space left on device", "is removed")
        self.assertEqual(r.stdout, "")

    def test_a_killed_backup_leaves_a_part_that_the_next_one_replaces(self):
        with self.dump_held() as wait_held:
            run = Run(self.stack, "backup", self.file)
            wait_held()
            run.kill()
            run.end()
        self.assertTrue(os.path.exists(self.file + ".part"))
        self.assertFalse(os.path.exists(self.file))
        self.assertIn(SEAL, self.backup().splitlines()[-1])
        self.assertFalse(os.path.exists(self.file + ".part"))

    def test_a_part_that_is_being_written_is_left_alone(self):
        self.ctl(self.other, "migrate")
        with self.dump_held() as wait_held:
            run = Run(self.stack, "backup", self.file)
            wait_held()
            self.assert_words(self.ctl(self.other, "backup", self.file,
                                       status=1), "another backup")
        self.assertEqual(run.end()[0], 0)

    def test_a_part_that_is_no_file_is_left_alone(self):
        os.mkfifo(self.file + ".part")
        self.assert_words(self.ctl(self.stack, "backup", self.file, status=1),
                          self.file + ".part", "remove it")
        self.assertTrue(os.path.exists(self.file + ".part"))

    def test_a_file_that_appears_meanwhile_is_not_replaced(self):
        for more in ([], ["--force"]):
            with self.dump_held() as wait_held:
                run = Run(self.stack, "backup", self.file, *more)
                wait_held()
                with open(self.file, "wb") as f:
                    f.write(b"precious")
            rc, _, err = run.end()
            with open(self.file, "rb") as f:
                kept = f.read() == b"precious"
            with self.subTest(more=more):
                self.assertEqual(kept, not more)
                self.assertEqual(rc, 0 if more else 1)
                self.assertIn("" if more else "File exists", err)
                self.assertFalse(os.path.exists(self.file + ".part"))
            os.unlink(self.file)

    def test_a_terminated_backup_cleans_up(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            for end in ("", ".gz"):
                with self.subTest(number), self.dump_held() as wait_held:
                    run = Run(self.stack, "backup", self.file + end)
                    wait_held()
                    family = children_of(run.pid)
                    run.kill(number)
                    rc, _, err = run.end()
                    self.assertEqual(rc, 1)
                    self.assert_words(err, "interrupted", "is removed")
                    self.assertFalse(any(map(is_live, family)))
                self.assertFalse(os.path.exists(self.file + end + ".part"))

    def test_a_server_that_dies(self):
        self.ctl(self.other, "migrate")
        with self.dump_held(self.other) as wait_held:
            run = Run(self.other, "backup", self.file)
            wait_held()
            self.other.db.kill()
            rc, _, err = run.end()
        self.other.start_db()
        self.assertEqual(rc, 1)
        self.assert_words(err, "mariadb-dump says", "is removed")
        self.assert_no_backup()

    def test_a_lost_lock_of_migrations_is_noticed(self):
        with self.dump_held() as wait_held:
            run = Run(self.stack, "backup", self.file)
            wait_held()
            for row in self.stack.sql(
                    "SELECT IS_USED_LOCK(CONCAT('palmares ',"
                    " MD5('palmares')))"):
                self.stack.sql("KILL CONNECTION " + row[0])
        rc, _, err = run.end()
        self.assertEqual(rc, 1)
        self.assert_words(err, "run this again")
        self.assert_no_backup()

    def test_a_table_that_is_changed_meanwhile(self):
        with self.dump_held() as wait_held:
            run = Run(self.stack, "backup", self.file)
            wait_held()
            self.stack.sql("ALTER TABLE user FORCE")
        rc, _, err = run.end()
        self.assertEqual(rc, 1)
        self.assert_words(err, "mariadb-dump says", "definition has changed")
        self.assert_no_backup()


def limit_files():
    import resource
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))


class Refused(BackupTest):
    """What is no backup, and where none may go."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        path = cls.stack.path(unique("good"))
        rc, out, err, _ = cls.stack.ctl("backup", path)
        assert rc == 0, out + err
        with open(path, "rb") as f:
            cls.good = f.read()
        os.unlink(path)

    def pack(self, program, data):
        return subprocess.run([program, "-q", "-c"], input=data,
                              stdout=subprocess.PIPE, check=True).stdout

    def assert_refused(self, data, *words):
        with open(self.file, "wb") as f:
            f.write(data)
        with self.subTest(words=words, size=len(data)):
            self.assert_words(self.ctl(self.other, "restore", self.file,
                                       status=1), "nothing was restored",
                              *words)
            self.assertEqual(self.other.tables(), [])

    def test_files_that_are_no_backup_or_no_more(self):
        good, cut = self.good, len(self.good) // 2
        lines = good.splitlines(keepends=True)
        zst, gz = self.pack("zstd", good), self.pack("gzip", good)
        for data, word in (
                (b"", "no backup"), (b"hello\n", "no backup"),
                (b"".join(lines[4:]), "no backup"),
                (os.urandom(100000), "no backup"),
                (good[:cut], "cut off"), (good[:100], "cut off"),
                (b"".join(lines[:-1]), "cut off"), (good[:-1], "cut off"),
                (good + b"x", "changed"), (good + lines[-1], "changed"),
                (good.replace(b"0x", b"0X", 1), "changed"),
                (good.replace(b"\n(", b"\n\n(", 1), "changed"),
                (good.replace(b"format 1", b"format 2", 1), "newer"),
                (zst[:len(zst) // 2], "zstd"), (gz[:len(gz) // 2], "gzip"),
                (gz[:-20] + bytes(20), "gzip")):
            self.assert_refused(data, word)

    def with_more(self, *statements):
        """The good backup with more in it, and a seal that fits."""
        *lines, seal = self.good.splitlines(keepends=True)
        text = b"".join(lines) + b"".join(
            s.encode() + b";\n" for s in statements)
        seal = re.sub(rb"\d+ bytes, sha256 \w+", b"%d bytes, sha256 %s" % (
            len(text), hashlib.sha256(text).hexdigest().encode()), seal)
        return text + seal

    def test_what_acts_by_itself_is_refused_and_gone(self):
        for statement, name in (
                ("CREATE TRIGGER eats BEFORE INSERT ON event FOR EACH ROW"
                 " SET NEW.awards = NULL", "trigger eats"),
                ("CREATE EVENT wipes ON SCHEDULE EVERY 1 DAY DO"
                 " DELETE FROM event", "event wipes")):
            self.assert_refused(
                self.with_more("CREATE VIEW seen AS SELECT 1",
                               "CREATE FUNCTION one() RETURNS INT RETURN 1",
                               statement), name, "is empty again")
            self.assertEqual(self.other.sql(
                "SELECT event_name FROM information_schema.events UNION"
                " SELECT routine_name FROM information_schema.routines"
                " WHERE routine_schema = DATABASE()"), [])

    def test_what_else_came_is_named(self):
        with open(self.file, "wb") as f:
            f.write(self.with_more("CREATE VIEW seen AS SELECT 1",
                                   "CREATE TABLE notes (id INT)"))
        rc, out, err, told = self.other.ctl("restore", self.file)
        self.assertEqual(rc, 0, out + err)
        self.assertEqual(told["others"], "view seen, table notes")
        self.other.new_database()
        self.assert_words(self.ctl(self.other, "restore", self.file),
                          "not of Palmarès: view seen, table notes")

    def test_another_schema(self):
        newer = self.good.replace(b"-- schema 1:", b"-- schema 7:", 1)
        self.assert_refused(newer, "schema 7", "newer program")
        line = self.good.splitlines()[1]
        other = line[:-8] + line[-8:][::-1]
        self.assert_refused(self.good.replace(line, other, 1), "checksum")

    def test_what_cannot_be_read(self):
        for path, word in ((self.file, "No such file"),
                           (self.stack.dir, "directory")):
            self.assert_words(self.ctl(self.other, "restore", path,
                                       status=1), word)

    def test_a_pipe_is_judged_at_its_end_and_nothing_stays(self):
        for data, words in (
                (self.good[:len(self.good) // 2], ["cut off"]),
                (self.good[:-1], ["cut off"]),
                (self.good.replace(b"0x7531", b"0x7532"), ["changed"]),
                (b"hello\n", ["no backup"]), (b"", ["no backup"])):
            run = Run(self.other, "restore", "-", feed=True)
            run.feed(data)
            rc, _, err = run.end()
            with self.subTest(words=words):
                self.assertEqual(rc, 1)
                self.assert_words(err, "is empty again", *words)
                self.assertEqual(self.other.tables(), [])

    def test_a_database_that_is_not_empty(self):
        with open(self.file, "wb") as f:
            f.write(self.good)
        with self.nothing_applied():
            self.assert_words(self.ctl(self.stack, "restore", self.file,
                                       status=1),
                              "in use", "DROP DATABASE `palmares`")
        self.other.sql("CREATE TABLE wp_posts (id INT);"
                       "INSERT INTO wp_posts VALUES (1)")
        self.assert_words(self.ctl(self.other, "restore", self.file,
                                   status=1), "1 tables")
        self.assertEqual(self.other.sql("SELECT * FROM wp_posts"), [["1"]])

    def test_tables_in_which_nothing_was_ever_written(self):
        """As an installation leaves them."""
        with open(self.file, "wb") as f:
            f.write(self.good)
        self.ctl(self.other, "migrate")
        self.ctl(self.other, "restore", self.file)
        self.ctl(self.other, "verify")
        self.assertNotEqual(self.other.sql("SELECT id FROM event"), [])

    def test_a_first_row_at_the_last_moment_is_not_lost(self):
        with open(self.file, "wb") as f:
            f.write(self.good)
        self.ctl(self.other, "migrate")
        with SqlSession(self.other) as session:
            session.run("BACKUP STAGE START; BACKUP STAGE BLOCK_DDL")
            run = Run(self.other, "restore", self.file)
            wait_until(lambda: self.other.sql(
                "SELECT 1 FROM information_schema.processlist WHERE info"
                " LIKE 'CREATE TABLE % restore%' AND state LIKE 'Waiting%'"),
                20, "the restore sets its mark")
            self.ctl(self.other, "app", "create", "first")
            session.run("BACKUP STAGE END")
            rc, _, err = run.end()
        self.assertEqual(rc, 1)
        self.assert_words(err, "nothing was restored", "in use")
        self.assertIn("first", self.ctl(self.other, "app", "list"))

    def test_what_a_killed_restore_has_marked_and_not_emptied(self):
        """It died before it had looked whether the database is empty."""
        with open(self.file, "wb") as f:
            f.write(self.good)
        self.ctl(self.other, "migrate")
        self.ctl(self.other, "app", "create", "first")
        self.other.sql("CREATE TABLE restore_unfinished (it_begins_anew INT)")
        self.assert_words(self.ctl(self.other, "migrate", "--check", status=1),
                          "palmaresctl restore")
        self.assert_words(self.ctl(self.other, "restore", self.file,
                                   status=1), "nothing was restored", "in use")
        self.ctl(self.other, "migrate", "--check")
        self.assertIn("first", self.ctl(self.other, "app", "list"))

    def test_a_line_for_the_client_runs_nothing(self):
        """A file may come from anywhere; it is SQL and no more."""
        mark = self.stack.path(unique("ran"))
        data = self.good.replace(
            b"/*M!999999\\- enable the sandbox mode */",
            b"\\! touch '%s'" % mark.encode())
        self.assertIn(mark.encode(), data)
        run = Run(self.other, "restore", "-", feed=True)
        run.feed(data[:len(data) // 2])
        with contextlib.suppress(StackError):
            wait_until(lambda: os.path.exists(mark), 1, "the command runs")
        run.feed(data[len(data) // 2:])
        rc, _, err = run.end()
        self.assertEqual(rc, 1)
        self.assert_words(err, "Unknown command", "is empty again")
        self.assertFalse(os.path.exists(mark))


class Interrupted(BackupTest):
    """A restore that does not come to its end, and palmaresd beside it."""

    def setUp(self):
        super().setUp()
        self.dump = self.backup()
        self.half = self.dump.index(b"-- Table structure for table `user`")
        # All rows, but without a version that palmaresd could look at.
        self.most = self.dump.index(
            b"-- Table structure for table `schema_version`")

    @contextlib.contextmanager
    def half_restored(self, until=None):
        """A restore that has what stands before there, and waits for more."""
        until = until or self.half
        run = Run(self.other, "restore", "-", feed=True)
        last = self.dump[:until].rpartition(b"CREATE TABLE `")[2]
        last = last[:last.index(b"`")].decode()
        try:
            run.feed(self.dump[:until])
            wait_until(lambda: last in self.other.tables()
                       and self.other.sql("SELECT 1 FROM %s LIMIT 1" % last),
                       20, "half of it is loaded")
            yield run
        finally:
            run.kill()
            run.end()

    @contextlib.contextmanager
    def serving(self):
        self.other.start_daemon(wait=False)
        self.other.start_nginx()
        try:
            yield
        finally:
            for program in (self.other.nginx, self.other.daemon):
                program.stop()
            self.other.nginx = self.other.daemon = None

    def readyz(self):
        return client.request(self.other.port, "GET", "/readyz")

    def assert_unready(self, *words):
        r = wait_until(lambda: self.readyz() if self.readyz().status == 503
                       else None, 10, "/readyz refuses")
        self.assertEqual(r.json["code"], "schema_mismatch", r)
        self.assert_words(r.json["detail"], *words)

    def test_killed_half_way_it_is_served_by_nobody_and_begins_anew(self):
        with self.half_restored() as run:
            run.kill()
        self.assertIn("restore_unfinished", self.other.tables())
        text = self.ctl(self.other, "migrate", status=1)
        self.assert_words(text, "palmaresctl restore")
        self.assert_words(self.ctl(self.other, "doctor", status=1),
                          "palmaresctl restore")
        self.assert_words(self.ctl(self.other, "backup",
                                   self.file + ".no", status=1),
                          "palmaresctl restore")
        with self.serving():
            self.assert_unready("palmaresctl restore")
            self.assertIn("palmaresctl restore", self.other.log_since(0))
            self.ctl(self.other, "restore", self.file)
            self.other.wait_ready()
        self.ctl(self.other, "verify")
        self.assertNotIn("restore_unfinished", self.other.tables())

    def test_a_palmaresd_that_runs_sees_all_of_it_or_nothing(self):
        """Its connections are of before; an event must wait for the end."""
        self.ctl(self.other, "restore", self.file)
        event = {"username": "u0", "eventType": "review"}
        headers = {"X-API-Key": self.one.secret}

        def post():
            return client.request(self.other.port, "POST", "/api/v1/events",
                                  event, headers).status
        with self.serving():
            self.other.wait_ready()
            self.assertEqual([post() for _ in range(20)], [201] * 20)
            self.other.new_database()
            with self.half_restored(self.most) as run:
                self.assertEqual({post() for _ in range(20)}, {503})
                self.assert_unready("palmaresctl restore")
                run.feed(self.dump[self.most:])
                self.assertEqual(run.end()[0], 0)
            self.other.wait_ready()
            self.assertEqual(post(), 201)
        self.ctl(self.other, "verify")
        self.assertEqual(
            self.other.sql("SELECT COUNT(*) FROM event"),
            [[str(int(self.stack.sql("SELECT COUNT(*) FROM event")[0][0])
                  + 1)]])

    def test_terminated_it_leaves_an_empty_database(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.half_restored() as run:
                family = children_of(run.pid)
                run.kill(number)
                rc, _, err = run.end()
                self.assertEqual(rc, 1)
                self.assert_words(err, "interrupted", "is empty again")
                self.assertEqual(self.other.tables(), [])
                self.assertFalse(any(map(is_live, family)))

    def test_a_statement_under_way_leaves_nothing_behind(self):
        """The server goes on with it when the client has gone."""
        head = self.dump[:self.dump.index(b"\n\n") + 2]
        run = Run(self.other, "restore", "-", feed=True)
        run.feed(head + b"CREATE TABLE late (PRIMARY KEY (a))"
                 b" AS SELECT SLEEP(2) a;\n")

        def under_way():
            return self.other.sql("SELECT 1 FROM information_schema.processlist"
                                  " WHERE info LIKE 'CREATE TABLE late%'")
        wait_until(under_way, 20, "the statement runs")
        run.kill(signal.SIGTERM)
        self.assertEqual(run.end()[0], 1)
        self.assertEqual(under_way(), [])
        self.assertEqual(self.other.tables(), [])

    def test_an_error_of_the_server_leaves_an_empty_database(self):
        with self.half_restored() as run:
            self.other.sql("CREATE TABLE user (id INT)")
            run.feed(self.dump[self.half:])
            rc, _, err = run.end()
            self.assertEqual(rc, 1)
            self.assert_words(err, "already exists", "is empty again")
        self.assertEqual(self.other.tables(), [])
        self.ctl(self.other, "restore", self.file)
        self.ctl(self.other, "verify")

    def test_a_server_that_dies_half_way(self):
        with self.half_restored() as run:
            self.other.db.kill()
            run.feed(self.dump[self.half:])
            rc, _, err = run.end()
            self.assertEqual(rc, 1)
            self.assert_words(err, "mariadb says", "begins anew")
        self.other.start_db()
        self.assertIn("restore_unfinished", self.other.tables())
        self.ctl(self.other, "restore", self.file)
        self.ctl(self.other, "verify")

    def test_two_at_once(self):
        """The second waits for the first, and then finds no room."""
        with self.half_restored() as run:
            second = Run(self.other, "restore", self.file)
            wait_until(lambda: self.other.sql(
                "SELECT COUNT(*) FROM information_schema.processlist"
                " WHERE state = 'User lock'")[0][0] == "1", 20,
                "the second waits")
            run.feed(self.dump[self.half:])
            self.assertEqual(run.end()[0], 0)
            rc, _, err = second.end()
        self.assertEqual(rc, 1)
        self.assert_words(err, "in use")
        self.ctl(self.other, "verify")
