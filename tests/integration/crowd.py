"""Very many rows for one application, put into the tables by SQL: through the
API they would take minutes, or be refused.

What is made here has no events that explain it, so a class that makes users of
its own here deletes the application before `verify` looks.
"""

from packed import Standing


def _tell(app):
    """The workers' caches hang on the stamp."""
    app.stack.sql("UPDATE application SET version = version + 1,"
                  " stamp = FLOOR(RAND() * 1000000000000) WHERE id = %d"
                  % app.id)


def things(app, table, count, description=0, first=1):
    """Point scales or badges `many-1`, `many-2` …, with so many bytes of
    description each.  Their ids, in order."""
    app.stack.sql(
        "INSERT INTO {0} (application_id, name, description, created_at,"
        " updated_at) SELECT {1}, CONCAT('many-', seq), REPEAT('d', {2}), 0, 0"
        " FROM seq_{3}_to_{4}".format(table, app.id, description, first,
                                      first + count - 1))
    _tell(app)
    return ids(app, table)


def ids(app, table):
    return [int(row[0]) for row in app.stack.sql(
        "SELECT id FROM %s WHERE application_id = %d ORDER BY id"
        % (table, app.id))]


def rules(app, count, event_type="many", badge=None, description=0):
    """Rules `many-1` … that give the badge of their own name or, where one is
    named, that one.  Their ids, in order."""
    _tell(app)
    app.stack.sql(
        "INSERT INTO rule (application_id, name, deleted, description,"
        " created_at, updated_at) SELECT {0}, CONCAT('many-', seq), 0,"
        " REPEAT('d', {1}), 0, 0 FROM seq_1_to_{2};"
        "INSERT INTO rule_revision SELECT r.application_id, r.id, a.version,"
        " 0, CONCAT('{{\"eventType\":\"{3}\",\"badge\":', b.id, '}}')"
        " FROM rule r"
        " JOIN application a ON a.id = r.application_id"
        " JOIN badge b ON b.application_id = r.application_id"
        " AND b.name = {4} WHERE r.application_id = {0}"
        " AND r.name LIKE 'many-%';"
        "INSERT INTO rule_reference SELECT v.application_id, 1,"
        " JSON_VALUE(v.document, '$.badge'), v.rule_id FROM rule_revision v"
        " JOIN rule r ON r.id = v.rule_id WHERE v.application_id = {0}"
        " AND r.name LIKE 'many-%'".format(
            app.id, description, count, event_type,
            "r.name" if badge is None else "'%s'" % badge))
    return ids(app, "rule")


def keys(app, count):
    app.stack.sql(
        "INSERT INTO api_key (application_id, kind, hash, label, created_at)"
        " SELECT {0}, 'secret', UNHEX(SHA2(CONCAT('{0}-', seq), 256)), '', 0"
        " FROM seq_1_to_{1}".format(app.id, count))
    _tell(app)


def users(app, count, balances=(), badges=(), counts=()):
    """Users `user-00001` … who have all of these: ids, and a point or a match
    of each."""
    standing = Standing()
    standing.balances = dict.fromkeys(balances, 1)
    standing.counts = dict.fromkeys(counts, 1)
    standing.badges = list(badges)
    app.stack.sql(
        "INSERT INTO user SELECT {0}, CONCAT('user-', LPAD(seq, 5, '0')), 0,"
        " 0, 0, 0, 0, UNHEX('{1}'), NULL FROM seq_1_to_{2};"
        "UPDATE point_scale SET given = 1 WHERE application_id = {0};"
        "UPDATE badge SET given = 1 WHERE application_id = {0}".format(
            app.id, standing.pack().hex(), count))


def remove(app):
    """Take the application and all of its rows away."""
    status, out, err, _ = app.stack.ctl("app", "delete", app.name, "--yes")
    if status != 0:
        raise AssertionError("app delete: %s%s" % (out, err))
