"""What the database reads for a request, where its statistics mislead it.

There are very many small applications and one large one, and the statistics
are of before the large one grew: one row for each application, they say.  A
plan that believes them reads the whole application for each row it looks for.
"""

import client
from case import App, Shared, StackTest, unique
from isolation import OWN, REQUESTS, Pair
from stack import Stack

SMALL, USERS, EVENTS = 100000, 300, 20000
# Of one request: a page has 100 rows, of some tables at once.
READS_MAX = 1500
TABLES = ("application", "api_key", "point_scale", "badge", "rule",
          "rule_revision", "user", "event")
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
INSERT INTO point_scale (application_id, name, description, created_at,
    updated_at) SELECT id, 's', '', 1, 1 FROM mysql.few;
INSERT INTO badge (application_id, name, description, created_at, updated_at)
  SELECT id, 'b', '', 1, 1 FROM mysql.few;
INSERT INTO rule (application_id, name, deleted, description, created_at,
    updated_at) SELECT id, 'r', 0, '', 1, 1 FROM mysql.few;
INSERT INTO rule_revision (application_id, rule_id, since, until, enabled,
    event_type, times, points, badge_id)
  SELECT r.application_id, r.id, 1, 0, 1, 't', 1, 0, b.id
  FROM rule r JOIN badge b USING (application_id) WHERE r.name = 'r';
INSERT INTO user (application_id, username, events, entries, replays,
    created_at, last_event, standing)
  SELECT id, 'u', 1, 0, 0, 1, 1, X'00000000' FROM mysql.small;
INSERT INTO event (application_id, id, previous, number, version, timestamp,
    timestamp_given, username, event_id, event_type)
  SELECT id, 1, 0, 1, 1, 1, 1, 'u', 'e', 't' FROM mysql.small;
"""
GROW = """
INSERT INTO user (application_id, username, events, entries, replays,
    created_at, last_event, standing)
  SELECT {app}, CONCAT('crowd-', seq), 1, 0, 0, 1, 1, X'00000000'
  FROM seq_1_to_{users};
INSERT INTO event (application_id, id, previous, number, version, timestamp,
    timestamp_given, username, event_id, event_type)
  SELECT {app}, seq, 0, 1, 1, 1700000000000000 + seq, 1,
    CONCAT('crowd-', seq), CONCAT('grown-', seq), '{own}'
  FROM seq_1_to_{events};
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
        number = cls.stack.sql_number(
            "SELECT id FROM application WHERE app_key = %d" % cls.large.key)
        cls.stack.sql(GROW.format(app=number, users=USERS, events=EVENTS,
                                  own=OWN))
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

    def assert_few_reads(self, what, send):
        """Connections and caches are made before it is counted."""
        send()
        before = self.reads()
        response = send()
        read = self.reads() - before - self.own
        self.assertLess(response.status, 500, repr(response))
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
