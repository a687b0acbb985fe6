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
]
