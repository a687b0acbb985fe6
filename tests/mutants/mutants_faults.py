"""Mutants: what is counted when something fails, and what a connection keeps."""

from table import Mutant

MUTANTS = [
    Mutant(
        "tried-counted-as-stored", (),
        "events of a transaction that failed are counted as stored",
        "\tfor (i = 0; i < count && result == OK; i++)\n"
        "\t\tapplied += count_outcome(",
        "\tfor (i = 0; i < count; i++)\n"
        "\t\tapplied += count_outcome(",
        ["test_what_a_server_refuses_to_write_is_not_counted_as_stored"]),
    Mutant(
        "replays-counted-as-stored", (),
        "an event that was there before is counted as stored again",
        "\t\telse if (event->replayed)\n"
        "\t\t\tmetrics->events_replayed++;\n"
        "\t\telse {\n",
        "\t\telse {\n"
        "\t\t\tmetrics->events_replayed += event->replayed;\n",
        ["test_what_is_stored_is_counted_once_whatever_it_is_sent"]),
    Mutant(
        "awards-counted-as-badges", (),
        "every award is counted as a badge",
        "\t\tmetrics->badges += event->awards[i].badge != NULL;\n",
        "\t\tmetrics->badges += event->awards[i].points != 0;\n",
        ["test_an_award_is_a_badge_only_where_it_has_one"]),
    Mutant(
        "lost-commit-counted-as-rolled-back", (),
        "a transaction that may be committed is counted as rolled back",
        "\tif (error != ERR_COMMIT_UNKNOWN)\n"
        "\t\tdb_counters(db)->rollbacks++;\n",
        "\tdb_counters(db)->rollbacks++;\n",
        ["a_lost_commit_counts_neither_as_committed_nor_as_rolled_back"]),
    Mutant(
        "commit-counted-before-it-is-done", (),
        "a COMMIT that is sent is counted as a transaction committed",
        "\tenum error error = run_statement(db, COMMIT);\n"
        "\n"
        "\tif (error == OK)\n"
        "\t\tdb_counters(db)->commits++;\n",
        "\tenum error error = run_statement(db, COMMIT);\n"
        "\n"
        "\tdb_counters(db)->commits++;\n",
        ["a_lost_commit_counts_neither_as_committed_nor_as_rolled_back"]),
    Mutant(
        "connecting-counted-as-retry", (),
        "a transaction that has never begun is counted as tried again",
        "\tenum error error = db_connect(db);\n"
        "\n"
        "\tif (error == OK)\n"
        "\t\terror = db_mend(db);\n",
        "\tenum error error = db_connect(db);\n"
        "\n"
        "\tdb_counters(db)->retries += attempt->attempt > 1 && error != OK;\n"
        "\tif (error == OK)\n"
        "\t\terror = db_mend(db);\n",
        ["what_is_never_connected_is_neither_lost_nor_retried"]),
    Mutant(
        "dead-worker-s-requests-in-progress", (),
        "the requests of a worker that died are under way for ever",
        "\tmetrics_rest(&master->metrics->worker[process -"
        " master->processes]);\n",
        "",
        ["test_a_worker_that_dies_leaves_nothing_under_way"]),
    Mutant(
        "ids-asked-ahead-without-bound", (),
        "client and server wait for each other, each with a full socket",
        "enum { AHEAD_MAX = 128 };",
        "enum { AHEAD_MAX = 1000000 };",
        ["test_long_ids_are_asked_for_while_the_server_tells_of_many_users"]),
    Mutant(
        "never-begun-counted-as-rolled-back", (),
        "a transaction whose beginning failed is counted as rolled back",
        "\t/* What never began is not rolled back. */\n"
        "\tif (error != OK)\n"
        "\t\treturn error;\n"
        "\terror = body(",
        "\tif (error == OK)\n"
        "\t\terror = body(",
        ["what_never_began_is_not_counted_as_rolled_back"]),
    Mutant(
        "closed-not-counted-as-lost", (),
        "a connection that the server closed meanwhile is not counted as lost",
        "\tdb->counters->connections_lost++;\n"
        "\tdb_disconnect(db);\n",
        "\tdb_disconnect(db);\n",
        ["what_was_closed_is_counted_and_told_apart"]),
    Mutant(
        "open-transaction-given-out", (1,),
        "a request gets a connection amid another one's transaction",
        "\tdb_drop_if_begun(db);\n",
        "",
        ["a_transaction_that_was_left_open_is_nobody_elses"]),
    Mutant(
        "error-left-open", (1,),
        "a transaction that met an error stays open on its connection",
        "\tif (error != ERR_COMMIT_UNKNOWN)\n"
        "\t\tdb_counters(db)->rollbacks++;\n"
        "\troll_back(db);\n",
        "\tif (error != ERR_COMMIT_UNKNOWN)\n"
        "\t\tdb_counters(db)->rollbacks++;\n",
        ["what_has_met_an_error_is_given_out_sound"]),
    Mutant(
        "other-database-stays", (6,),
        "a connection whose tables have gone is given out as before",
        "\t} else if (error == ERR_SCHEMA_MISMATCH && db->ready)\n",
        "\t} else if (error == ERR_SCHEMA_MISMATCH && !db->ready)\n",
        ["what_has_met_an_error_is_given_out_sound"]),
    Mutant(
        "new-connection-passes-for-the-old", (6,),
        "what a lost connection has read is taken for what the next one sees",
        "\tdb->connection += error == OK;\n",
        "\tdb->connection = error == OK;\n",
        ["what_was_closed_is_counted_and_told_apart"]),
    Mutant(
        "lost-connections-first", (),
        "who could have a connection waits for one to be made",
        "\twhile (!db_is_connected(db) && place > 0 &&\n",
        "\twhile (db_is_connected(db) && place > 0 &&\n",
        ["a_connection_that_is_there_is_given_out_first"]),
    Mutant(
        "found-and-not-told", (),
        "nobody hears that the database is back, and all are refused",
        "\tif (fresh || probing)\n",
        "\tif (fresh)\n",
        ["a_connection_that_is_there_is_given_out_first"]),
    Mutant(
        "given-back-and-not-told", (),
        "who waits for a connection waits on when there is one",
        "\tset_holder(pool, db, POOL_NOBODY);\n"
        "\t/* Whom a signal would wake may not be one who may have it. */\n"
        "\tpthread_cond_broadcast(&pool->freed);\n",
        "\tset_holder(pool, db, POOL_NOBODY);\n",
        ["who_waits_has_what_is_given_back"]),
]
