"""Mutants: commit, rollback, retry, and what is said of an outcome."""

from suite import HANGS
from table import Mutant

MUTANTS = [
    Mutant(
        "acknowledge-before-commit", (1,),
        "the answer is given while the transaction is still open",
        "\tif (error == OK)\n"
        "\t\terror = commit(db);\n",
        "\tif (error == OK && !db_begins_by_itself(db))\n"
        "\t\terror = commit(db);\n",
        ["an_event_is_stored_with_what_it_gave"],
        short=True),
    Mutant(
        "lost-commit-taken-for-done", (1,),
        "a COMMIT without an answer is taken for success",
        "\tdb_counters(db)->commits_unknown++;\n"
        "\treturn ERR_COMMIT_UNKNOWN;\n",
        "\tdb_counters(db)->commits_unknown++;\n"
        "\treturn OK;\n",
        ["a_commit_that_never_arrives_is_applied_once"]),
    Mutant(
        "array-rolled-back-unseen", (1, 2),
        "an array that a Galera node rolled back and answered OK is committed",
        "\tif (db->mysql->server_status & SERVER_STATUS_IN_TRANS)\n"
        "\t\treturn OK;\n",
        "\tif (db->mysql != NULL)\n"
        "\t\treturn OK;\n",
        ["arrays_that_are_rolled_back_and_answered_ok_are_retried"]),
    Mutant(
        "only-arrays-not-sent-ahead", (1, 2),
        "of arrays that are sent ahead nobody asks whether they were undone",
        "\tif (bulk->error == OK)\n"
        "\t\tbulk->error = check_transaction(bulk->db);\n",
        "\tif (bulk->error == OK && !bulk->sent)\n"
        "\t\tbulk->error = check_transaction(bulk->db);\n",
        ["arrays_that_are_rolled_back_and_answered_ok_are_retried"]),
    Mutant(
        "1180-forgotten", (1,),
        "a node that loses its cluster at COMMIT is kept on being used",
        "    {ER_ERROR_DURING_COMMIT, ERR_CONNECTION_LOST},\n",
        "    {ER_ERROR_DURING_COMMIT, ERR_DATABASE_UNAVAILABLE},\n",
        ["an_error_during_commit_is_an_unknown_outcome_and_is_settled"]),
    Mutant(
        "commit-error-told-as-refused", (1,),
        "an error of COMMIT that nobody knows is told as a refusal",
        "\tif (error != ERR_CONNECTION_LOST && error != ERR_INTERNAL)\n",
        "\tif (error != ERR_CONNECTION_LOST)\n",
        ["any_other_error_at_commit_is_an_unknown_outcome"]),
    Mutant(
        "1615-goes-on", (),
        "a connection that refuses every array is kept",
        "    {ER_NEED_REPREPARE, ERR_CONNECTION_LOST},\n",
        "    {ER_NEED_REPREPARE, ERR_DEADLOCK},\n",
        ["a_connection_that_is_of_no_use_is_made_anew"]),
    Mutant(
        "read-only-goes-on", (),
        "a server that has become a replica is kept",
        "    {ER_OPTION_PREVENTS_STATEMENT, ERR_CONNECTION_LOST},\n",
        "    {ER_OPTION_PREVENTS_STATEMENT, ERR_DATABASE_UNAVAILABLE},\n",
        ["a_connection_that_is_of_no_use_is_made_anew"]),
    Mutant(
        "blind-retry", (1,),
        "a lost COMMIT is repeated even by what cannot settle it",
        "\t\treturn options->may_settle && tries_left;\n",
        "\t\treturn tries_left;\n",
        ["a_lost_commit_is_no_reason_to_repeat_what_cannot_be_settled"]),
    Mutant(
        "settle-forgotten", (1,),
        "the attempt after a lost COMMIT does not know of it",
        "\t\t\tattempt.settling = true;\n",
        "\t\t\tattempt.settling = false;\n",
        ["a_lost_reply_is_settled_for_ids_of_the_server_too"]),
    Mutant(
        "settling-asks-the-rules", (1,),
        "what was committed is refused because its rule has gone meanwhile",
        "event->must_match && !decided && item->found.count == 0\n",
        "event->must_match && item->found.count == 0\n",
        ["what_a_rule_let_in_is_not_refused_when_the_rule_is_gone"]),
    Mutant(
        "settling-asks-for-the-key", (1,),
        "what was committed is refused because its key was revoked meanwhile",
        "\tif (batch->settling && (job->error != OK || app->rules->refused == OK))\n"
        "\t\treturn job->error;\n",
        "",
        ["what_a_key_let_in_is_not_refused_when_the_key_is_revoked"]),
    Mutant(
        "unknown-told-as-refused", (1,),
        "an outcome that nobody knows is told as a definite refusal",
        "\treturn settling ? ERR_OUTCOME_UNKNOWN : error;\n",
        "\treturn error;\n",
        ["an_outcome_that_cannot_be_settled_stays_unknown"]),
    Mutant(
        "running-told-as-refused", (1,),
        "a request that gives up while its COMMIT runs is told a refusal",
        "\t    ? ERR_OUTCOME_UNKNOWN\n",
        "\t    ? ERR_DATABASE_UNAVAILABLE\n",
        ["test_a_commit_that_takes_too_long_is_unknown_and_then_settled"]),
    Mutant(
        "no-rollback-after-1205", (1, 2),
        "a lock wait time-out is retried in the same transaction",
        "\troll_back(db);\n"
        "\treturn error;\n"
        "}\n"
        "\n"
        "static bool\n"
        "worth_retrying(",
        "\tif (error != ERR_LOCK_TIMEOUT)\n"
        "\t\troll_back(db);\n"
        "\treturn error;\n"
        "}\n"
        "\n"
        "static bool\n"
        "worth_retrying(",
        ["a_lock_wait_timeout_rolls_back_and_is_retried"],
        short=True),
    Mutant(
        "partial-batch-stays", (1, 2, 3),
        "what a failed transaction wrote stays and is committed by the next",
        "\troll_back(db);\n"
        "\treturn error;\n"
        "}\n"
        "\n"
        "static bool\n"
        "worth_retrying(",
        "\t(void)!db_text(db, \"COMMIT\");\n"
        "\treturn error;\n"
        "}\n"
        "\n"
        "static bool\n"
        "worth_retrying(",
        ["a_duplicate_is_retried_where_that_is_asked_for"]),
    Mutant(
        "1213-not-retried", (),
        "a deadlock's victim is told 503",
        "\tcase ERR_DEADLOCK:\n"
        "\tcase ERR_CONNECTION_LOST:\n"
        "\t\treturn tries_left;\n",
        "\tcase ERR_CONNECTION_LOST:\n"
        "\t\treturn tries_left;\n",
        ["a_deadlock_is_retried_and_both_succeed"]),
    Mutant(
        "1213-unknown", (),
        "a deadlock is taken for a bug of ours",
        "    {ER_LOCK_DEADLOCK, ERR_DEADLOCK},\n",
        "",
        ["a_deadlock_is_retried_and_both_succeed"]),
    Mutant(
        "retry-deadline-ignored", (),
        "a transaction is retried beyond the request's deadline",
        "\tif (clock_monotonic() + pause >= deadline)\n"
        "\t\treturn false;\n",
        "\t(void)deadline;\n",
        ["without_a_server_it_ends_by_the_deadline"],
        endings=(HANGS,)),
    Mutant(
        "wait-deadline-ignored", (),
        "a request waits for its outcome beyond its deadline",
        "\t\tif (now >= wait_limit(committer, job))\n",
        "\t\tif (now >= wait_limit(committer, job) + 3600000000)\n",
        ["test_a_long_wait_is_503_in_time_and_settled_by_the_event_id"]),
    Mutant(
        "refused-in-queue-applied", (1,),
        "what was refused in the queue stays there and is applied",
        "\tif (job->state == JOB_QUEUED) {\n",
        "\tif (job->state == JOB_QUEUED && why == OK) {\n",
        ["test_an_event_given_up_in_the_queue_is_not_applied_afterwards"]),
    Mutant(
        "refused-at-lock-applied", (1,),
        "what was refused at a lock is applied when the lock is gone",
        "\twanted = job->state != JOB_DROPPED;\n",
        "\twanted = true;\n",
        ["test_an_event_given_up_at_a_lock_is_not_applied_when_it_opens"]),
    Mutant(
        "tried-for-ever", (),
        "an event whose request gave up in its last try is tried on and on",
        "\tjob->state = JOB_DROPPED;\n",
        "\tif (!running)\n"
        "\t\tjob->state = JOB_DROPPED;\n",
        ["test_nobody_is_tried_for_ever_at_a_lock"]),
    Mutant(
        "settling-lets-in", (1,),
        "what was not committed comes in by a rule and a key that are gone",
        "batch->settling && !judge_again(item)",
        "batch->settling && item->job->key < 0 && !judge_again(item)",
        ["what_was_not_committed_needs_a_key_that_is_live"]),
    Mutant(
        "settled-not-durable", (1,),
        "who finds what it has written does not wait for the log",
        "\tbatch->users[item->user].replays++;\n",
        "\tif (event->replayed)\n"
        "\t\tbatch->users[item->user].replays++;\n",
        ["whoever_settles_has_something_to_write"]),
    Mutant(
        "closed-connection-given-out", (),
        "a request gets a connection that the server has closed",
        "\tdb_drop_if_closed(db);\n"
        "\tfresh = ",
        "\tfresh = ",
        ["nobody_gets_a_connection_that_was_closed"]),
    Mutant(
        "durability-off", (1,),
        "the connection makes COMMIT return before the log is on disk",
        "\terror = set_session(db);\n",
        "\terror = set_session(db);\n"
        "\tif (error == OK)\n"
        "\t\t(void)!db_text(db, \"SET GLOBAL\"\n"
        "\t\t    \" innodb_flush_log_at_trx_commit = 0\");\n",
        ["nothing_changes_how_durable_the_server_is"]),
    Mutant(
        "durability-not-asked", (1,),
        "doctor is content with a server that does not write its log",
        "{\"innodb_flush_log_at_trx_commit\", 1, 1,",
        "{\"innodb_flush_log_at_trx_commit\", 0, 2,",
        ["test_settings_of_the_server"]),
    Mutant(
        "replay-not-durable", (1, 4),
        "a replay's COMMIT does not wait for the log: it has written nothing",
        "\tbatch->users[item->user].replays++;\n",
        "",
        ["the_same_events_from_everywhere_count_once"]),
]
