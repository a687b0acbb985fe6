"""Mutants: locks, what is read under them, and in which order."""

from table import Mutant

MUTANTS = [
    Mutant(
        "no-row-lock", (1, 2, 3, 5),
        "the user's row lock is let go as soon as it is had",
        "\terror = batch_lock_users(&batch);\n",
        "\terror = batch_lock_users(&batch);\n"
        "\tif (error == OK)\n"
        "\t\terror = db_text(db, \"COMMIT\");\n",
        ["two_events_of_a_user_come_one_after_the_other"],
        short=True),
    Mutant(
        "ids-before-lock", (1, 4),
        "event ids are looked up before the user is locked",
        "\terror = batch_lock_users(&batch);\n"
        "\t/* Behind what others did to the users while this waited for them. */\n"
        "\tbatch.now = clock_now();\n"
        "\tif (error == OK)\n"
        "\t\terror = known_find(&batch, &known);\n",
        "\terror = known_find(&batch, &known);\n"
        "\tif (error == OK)\n"
        "\t\terror = batch_lock_users(&batch);\n"
        "\tbatch.now = clock_now();\n",
        ["a_repetition_that_comes_at_once_waits_and_is_a_replay"]),
    Mutant(
        "stale-snapshot", (2, 3),
        "REPEATABLE READ: balances are those before the wait for the lock",
        "tx_isolation = 'READ-COMMITTED'",
        "tx_isolation = 'REPEATABLE-READ'",
        ["two_events_of_a_user_come_one_after_the_other"],
        short=True),
    Mutant(
        "badge-check-outside", (3,),
        "badges, counts and balances are read in a transaction of their own",
        "\tif (error == OK)\n"
        "\t\terror = batch_load_state(&batch);\n",
        "\tif (error == OK)\n"
        "\t\terror = batch_load_state(&batch);\n"
        "\tif (error == OK)\n"
        "\t\terror = db_text(db, \"COMMIT\");\n",
        ["two_events_of_a_user_come_one_after_the_other"]),
    Mutant(
        "badge-not-read", (3,),
        "nobody looks whether the user has the badge already",
        "\t\twant(batch, &keys[STATE_BADGE], STATE_BADGE, item,\n"
        "\t\t    rule->badge_id);\n",
        "",
        ["a_replay_answers_what_the_first_answer_said"]),
    Mutant(
        "balance-in-the-client", (2,),
        "a committer adds to the balance that it remembers, not to the stored",
        "\t\tvalue = query_take_int(&query);\n"
        "\t\tstate_set(&batch->state, kind, user, ref, value);\n",
        "\t\tvalue = query_take_int(&query);\n"
        "\t\tif (kind == STATE_BALANCE) {\n"
        "\t\t\tstatic _Thread_local int64_t seen[1 << 12];\n"
        "\t\t\tint64_t *own = &seen[(batch->users[user].id * 64 + ref)\n"
        "\t\t\t    & 0xfff];\n"
        "\t\t\tif (*own == 0)\n"
        "\t\t\t\t*own = value;\n"
        "\t\t\tvalue = (*own)++;\n"
        "\t\t}\n"
        "\t\tstate_set(&batch->state, kind, user, ref, value);\n",
        ["ten_at_once_on_a_new_user_make_one_row_and_a_hundred_points"]),
    Mutant(
        "users-in-order-of-arrival", (1,),
        "users are locked in the order of arrival: deadlocks",
        "\tqsort(sorted, batch->item_count, sizeof(*sorted), compare_items);\n",
        "",
        ["users_are_locked_in_the_order_of_their_names"],
        short=True),
    Mutant(
        "application-not-locked", (3,),
        "an application's rules change while an event is judged by them",
        "\"SELECT 0, version, classic FROM application WHERE id = ?\"\n"
        "                 \" LOCK IN SHARE MODE\"",
        "\"SELECT 0, version, classic FROM application WHERE id = ?\"",
        ["test_a_rule_is_not_deleted_under_an_event_in_flight"]),
    Mutant(
        "users-mixed-up", (2, 3, 4),
        "a user gets the row of a neighbour in the batch",
        "\t\tuser = &batch->users[i];\n"
        "\t\tuser->id = query_take_int(&query);\n",
        "\t\tuser = &batch->users[batch->user_count - 1 - i];\n"
        "\t\tuser->id = query_take_int(&query);\n",
        ["each_user_gets_their_own_outcome"]),
    Mutant(
        "late-row-waited-for", (),
        "a job whose row is locked is waited for, and all others with it",
        "\t    &committer->ingest, &ingest_job, 1, job->deadline, false);\n",
        "\t    &committer->ingest, &ingest_job, 1, job->deadline, true);\n",
        ["test_neighbours_of_a_locked_user_are_answered_without_a_retry"]),
    Mutant(
        "neighbours-of-a-lock-suffer", (),
        "who is gathered with a job whose row is locked is refused with it",
        "\tif (!lies_in_one(error, round->count)) {\n",
        "\tif (!lies_in_one(ERR_INTERNAL, 1)) {\n",
        ["test_who_is_gathered_with_a_locked_user_does_not_suffer"]),
]
