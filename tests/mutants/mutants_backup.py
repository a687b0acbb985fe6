"""Mutants: backups, restores, and schemas that are not this program's."""

from table import Mutant

UNDER_LOAD = "test_a_backup_under_load_is_of_one_moment"
NOT_WHOLE = "test_files_that_are_no_backup_or_no_more"
BY_PIPE = "test_a_pipe_is_judged_at_its_end_and_nothing_stays"
HALF = "nobody_uses_a_database_before_its_restore_has_ended"

MUTANTS = [
    Mutant(
        "backup-of-many-moments", (1, 2, 3),
        "a backup has each table as of another moment",
        "    \"--single-transaction\", ",
        "    ",
        [UNDER_LOAD]),
    Mutant(
        "backup-lock-not-asked-for-again", (),
        "a backup is kept although a migration may have run meanwhile",
        "\tif (migrate_still_locked(ctl->db, ctl->arena) != OK)\n",
        "\tif (!db_is_connected(ctl->db))\n",
        ["test_a_lost_lock_of_migrations_is_noticed"]),
    Mutant(
        "backup-part-stays", (),
        "a backup that failed leaves what it has written",
        "\tif (backup->part == NULL || unlink(backup->part) != 0)\n",
        "\tif (backup->part == NULL)\n",
        ["test_a_full_disk_leaves_nothing_behind"]),
    Mutant(
        "restore-takes-what-was-cut-off", (1,),
        "a backup that was cut off is restored",
        "\tif (!restore->dump.sealed)\n",
        "\tif (restore->dump.bytes == 0)\n",
        [NOT_WHOLE, BY_PIPE]),
    Mutant(
        "restore-takes-what-was-changed", (1,),
        "a backup that was changed is restored",
        "\tif (strcmp(dump->line, seal) == 0)\n",
        "\tif (dump->line[0] == seal[0])\n",
        ["every_byte_that_is_changed_or_missing_shows"]),
    Mutant(
        "restore-stays-half", (1,),
        "a restore that failed leaves what it has loaded",
        "\t\treturn undo(&restore);\n",
        "\t\treturn rc;\n",
        [BY_PIPE]),
    Mutant(
        "restore-over-tables", (1,),
        "a restore begins by dropping what is in the database",
        "error == OK && obstacles != 0 ?",
        "error == OK && obstacles < 0 ?",
        ["tables_are_in_the_way_once_they_are_written_to"]),
    Mutant(
        "restore-over-an-empty-table", (),
        "a restore drops a table of somebody else's that has no rows",
        "\telse if (!ours || !migrate_makes(arena, table))\n",
        "\telse if (*table == '\\0')\n",
        ["tables_of_others_are_in_the_way"]),
    Mutant(
        "restore-trusts-any-mark", (),
        "what was written after the death of a restore is dropped",
        "*may_out = rows != 0;",
        "*may_out = marks != 0;",
        ["a_mark_alone_is_no_leave_to_drop"]),
    Mutant(
        "restore-looks-once", (),
        "a row that is written while a restore begins is dropped",
        "\tif (error == OK)\n\t\terror = refuse_obstacles(db, arena);\n",
        "",
        ["test_a_first_row_at_the_last_moment_is_not_lost"]),
    Mutant(
        "restore-mark-ignored", (1,),
        "a database is used before all of it is restored",
        "\"SELECT IF(EXISTS(\" RESTORE_MARK \"), NULL,\"",
        "\"SELECT IF(FALSE, NULL,\"",
        [HALF]),
    Mutant(
        "restore-leaves-connections", (1,),
        "palmaresd writes into a database that is being restored",
        "\"SELECT MAX(p.id)\" OTHERS",
        "\"SELECT 0 * MAX(p.id)\" OTHERS",
        ["connections_of_before_are_closed"]),
    Mutant(
        "restore-runs-commands", (),
        "a line of a backup can run a program",
        "    \"--binary-mode\", ",
        "    ",
        ["test_a_line_for_the_client_runs_nothing"]),
    Mutant(
        "half-a-newer-schema-is-served", (),
        "a migration that a newer program began is overlooked",
        "\"SELECT MAX(version) FROM schema_version\", &begun",
        "\"SELECT MAX(version) FROM schema_version"
        " WHERE done = statements\", &begun",
        ["a_newer_migration_that_has_only_begun_is_refused"]),
    Mutant(
        "restore-lets-triggers-in", (2, 3),
        "a backup with a trigger in it is restored",
        "\tif (strangers->active == NULL)\n",
        "\tif (strangers != NULL)\n",
        ["test_what_acts_by_itself_is_refused_and_gone"]),
    Mutant(
        "undo-drops-tables-alone", (),
        "a restore that failed leaves events, routines and views behind",
        "\tenum error error = strangers_drop(db, arena);\n",
        "\tenum error error = OK;\n",
        ["a_restore_that_is_undone_leaves_nothing_at_all"]),
    Mutant(
        "restore-drops-what-others-made", (),
        "a restore drops routines, triggers and events that were there",
        "\t\terror = strangers_count(db, arena, &found);\n",
        "\t\tfound = 0;\n",
        ["what_no_migration_makes_is_in_the_way_and_named"]),
    Mutant(
        "mysql-taken", (),
        "a server that is no MariaDB is asked what it does not understand",
        "\treturn strstr(version, \"MariaDB\") != NULL &&\n",
        "\treturn\n",
        ["test_a_high_number_makes_no_mariadb"]),
    Mutant(
        "tls-not-insisted-on", (),
        "a server without TLS is taken where TLS is asked for",
        "\t    mysql_get_ssl_cipher(db->mysql) != NULL)\n",
        "\t    mysql_get_ssl_cipher(db->mysql) == NULL)\n",
        ["test_a_server_without_tls_is_refused_where_tls_is_asked_for"]),
]
