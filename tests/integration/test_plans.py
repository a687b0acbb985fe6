"""What the database reads for a request or a command, where its statistics
mislead it.

There are very many small applications and one large one, and the statistics
are of before the large one grew: one row for each application, they say.  A
plan that believes them reads the whole application for each row it looks for.
"""

import client
from case import App, Shared, StackTest, unique
from isolation import OWN, REQUESTS, Pair
from stack import Stack

SMALL, USERS, EVENTS, REVISIONS = 100000, 300, 20000, 20000
# Of one request: a page has 100 rows, of some tables at once.
READS_MAX = 1500
# Of a change of one thing, and of a command, which looks at the schema before.
CHANGE_MAX, COMMAND_MAX = 100, 300
TABLES = ("application", "application_time", "api_key", "point_scale", "badge",
          "rule", "rule_reference", "rule_revision", "user", "event")
# What stands in each small application, by the number of its own.
FILL = """
INSERT INTO application (app_key, name, description, time_zone, classic,
    version, stamp, created_at, updated_at)
  SELECT 5000000 + seq, CONCAT('small-', seq), '', 'UTC', 0, 1, seq, 1, 1
  FROM seq_1_to_{small};
CREATE TEMPORARY TABLE mysql.small AS SELECT id FROM application
  WHERE name LIKE 'small-%';
CREATE TEMPORARY TABLE mysql.few AS SELECT id FROM mysql.small LIMIT 2000;
INSERT INTO api_key (application_id, kind, hash, label, created_at)
  SELECT id, 'secret', UNHEX(SHA2(id, 256)), '', 1 FROM mysql.few;
INSERT INTO application_time (application_id, until, time_zone, day_start)
  SELECT id, 1, 'UTC', 0 FROM mysql.few;
INSERT INTO point_scale (application_id, name, description, created_at,
    updated_at) SELECT id, 's', '', 1, 1 FROM mysql.few;
INSERT INTO badge (application_id, name, description, created_at, updated_at)
  SELECT id, 'b', '', 1, 1 FROM mysql.few;
INSERT INTO rule (application_id, name, deleted, description, created_at,
    updated_at) SELECT id, 'r', 0, '', 1, 1 FROM mysql.few;
INSERT INTO rule_revision (application_id, rule_id, since, until, document)
  SELECT r.application_id, r.id, 1, 0,
    CONCAT('{{"eventType":"t","badge":', b.id, '}}')
  FROM rule r JOIN badge b USING (application_id) WHERE r.name = 'r';
INSERT INTO rule_reference (application_id, kind, ref_id, rule_id)
  SELECT r.application_id, 1, b.id, r.id
  FROM rule r JOIN badge b USING (application_id) WHERE r.name = 'r';
INSERT INTO user (application_id, username, events, entries, replays,
    created_at, last_event, standing)
  SELECT id, 'u', 1, 0, 0, 1, 1, X'00' FROM mysql.small;
INSERT INTO event (application_id, id, previous, number, version, timestamp,
    timestamp_given, username, event_id, event_type)
  SELECT id, 1, 0, 1, 1, 1, 1, 'u', 'e', 't' FROM mysql.small;
"""
GROW = """
INSERT INTO user (application_id, username, events, entries, replays,
    created_at, last_event, standing)
  SELECT {app}, CONCAT('crowd-', seq), 1, 0, 0, 1, 1, X'00'
  FROM seq_1_to_{users};
INSERT INTO event (application_id, id, previous, number, version, timestamp,
    timestamp_given, username, event_id, event_type)
  SELECT {app}, seq, 0, 1, 1, 1700000000000000 + seq, 1,
    CONCAT('crowd-', seq), CONCAT('grown-', seq), '{own}'
  FROM seq_1_to_{events};
INSERT INTO rule_revision (application_id, rule_id, since, until, document)
  SELECT v.application_id, v.rule_id, CAST(seq AS SIGNED) - 100000,
    CAST(seq AS SIGNED) - 99999, v.document
  FROM rule r JOIN rule_revision v ON v.rule_id = r.id AND v.until = 0
  JOIN seq_1_to_{revisions}
  WHERE r.application_id = {app} AND r.name = '{own}';
"""


class Plans(StackTest):
    """Each request of the table, and a batch, on the large application."""

    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(Shared.builddir, Shared.keep)
        cls.addClassCleanup(cls.stack.stop)
        cls.stack.start()
        cls.large = App(cls.stack, classic=True)
        Pair.fill(cls.large, OWN, "text")
        cls.stack.sql(FILL.format(small=SMALL))
        cls.stack.sql("".join(
            "ALTER TABLE %s STATS_AUTO_RECALC = 0; ANALYZE TABLE %s;"
            % (table, table) for table in TABLES))
        cls.number = cls.large.id
        cls.stack.sql(GROW.format(app=cls.number, users=USERS, events=EVENTS,
                                  revisions=REVISIONS, own=OWN))
        before = cls.reads()
        cls.own = cls.reads() - before      # what the question reads itself

    @classmethod
    def tearDownClass(cls):
        """Nothing to verify: the rows were made by hand."""

    @classmethod
    def reads(cls):
        """All rows and keys that the server has read so far."""
        return sum(int(row[1]) for row in cls.stack.sql(
            "SHOW GLOBAL STATUS LIKE 'Handler_read%'"))

    def reads_of(self, send):
        """How many it takes, and what came of it."""
        before = self.reads()
        result = send()
        return self.reads() - before - self.own, result

    def assert_few_reads(self, what, send):
        """Connections and caches are made before it is counted."""
        send()
        read, response = self.reads_of(send)
        self.assertLess(response.status, 500, repr(response))
        self.assertLess(read, READS_MAX, what)

    def assert_few_to_load(self, what, send):
        """The same with caches that are of before a change."""
        send()
        self.stack.sql("UPDATE application SET stamp = stamp + 1 WHERE id = %d"
                       % self.number)
        read, response = self.reads_of(send)
        self.assert_status(response, 200, 201)
        self.assertLess(read, READS_MAX, what)

    def test_the_statistics_say_one_row_for_an_application(self):
        """Else the others would show nothing."""
        row = self.stack.sql(
            "SELECT MAX(stat_value) FROM mysql.innodb_index_stats WHERE"
            " table_name = 'event' AND index_name = 'PRIMARY'"
            " AND stat_name = 'n_diff_pfx01'")[0]
        self.assertGreater(int(row[0]), SMALL / 2)

    def test_no_request_reads_the_whole_application(self):
        for request in REQUESTS:
            with self.subTest(request):
                self.assert_few_reads(
                    request, lambda r=request: r.call(self.large, OWN))

    def test_no_batch_does(self):
        def batch(ids):
            return client.request(
                self.stack.port, "POST", "/api/v1/events/batch",
                {"events": [{"id": i, "username": "crowd-1",
                             "eventType": OWN} for i in ids]},
                {"X-API-Key": self.large.secret})

        known = ["grown-%d" % i for i in range(1, EVENTS, EVENTS // 50)]
        self.assert_few_reads("known ids", lambda: batch(known))
        self.assert_few_reads("new ids", lambda: batch(
            [unique("new") for _ in range(50)]))

    def test_nothing_that_loads_a_cache_does(self):
        """Rules and keys for the committer; names and keys for readers."""
        self.assert_few_to_load("an event", lambda: self.large.post(
            "/events", {"username": OWN, "eventType": OWN}))
        for path in "/users/" + OWN, "/pointScales/%s/users/%s" % (OWN, OWN):
            self.assert_few_to_load(path, lambda p=path: self.large.get(p))
        self.assert_few_to_load("a list", lambda: self.large.get("/users"))

    def test_no_change_does(self):
        for collection, body in (
                ("/badges/", {}), ("/pointScales/", {}),
                ("/rules/", {"eventType": OWN, "badge": OWN})):
            path = collection + unique("change")
            for what, send in (
                    ("make", lambda: self.large.put(path, body)),
                    ("change", lambda: self.large.put(path, dict(
                        body, description=unique("d")))),
                    ("delete", lambda: self.large.delete(path))):
                with self.subTest(collection=collection, what=what):
                    read, response = self.reads_of(send)
                    self.assert_status(response, 200, 201, 204)
                    self.assertLess(read, CHANGE_MAX)

    def test_a_rule_has_any_number_of_revisions(self):
        """Reading and changing it takes no more than with one."""
        few = self.large.rule(OWN, scale=None, badge=OWN)
        reads = []
        for name in few["name"], OWN:
            path = "/rules/" + name
            one, response = self.reads_of(lambda: self.large.get(path))
            body = self.assert_json(response)
            change = dict(body, description=unique("d"), eventType=OWN + "+",
                          name=name)
            other, response = self.reads_of(
                lambda: self.large.put(path, change))
            self.assert_status(response, 200)
            self.assert_status(self.large.put(path, dict(
                change, eventType=OWN)), 200)
            reads.append((one, other))
        for of_one, of_many in zip(*reads):
            self.assertLess(of_many, of_one + 20)

    def test_no_command_does(self):
        name, new = self.large.name, unique("new")
        key = self.large.new_key()
        for args in (("app", "show", name), ("key", "list", name),
                     ("key", "create", name, "--secret"),
                     ("key", "revoke", name, str(key["id"])),
                     ("app", "create", new), ("verify", "--app", new),
                     ("verify", "--app", "small-5"),
                     ("app", "delete", "small-5", "--yes"),
                     ("migrate", "--check"), ("doctor",)):
            with self.subTest(args):
                read, (rc, out, err, _) = self.reads_of(
                    lambda a=args: self.stack.ctl(*a))
                self.assertEqual(rc, 0, out + err)
                self.assertLess(read, COMMAND_MAX)
