"""Mutants: locks, what is read under them, and in which order."""

from table import Mutant

MUTANTS = [
    Mutant(
        "no-row-lock", (1, 2, 3, 5),
        "the user's row lock is let go as soon as it is had",
        "\terror = batch_lock_users(&batch, &known);\n",
        "\terror = batch_lock_users(&batch, &known);\n"
        "\tif (error == OK)\n"
        "\t\terror = db_text(db, \"COMMIT\");\n",
        ["test_an_event_half_way_keeps_the_next_of_its_user_waiting"],
        short=True),
    Mutant(
        "ids-before-lock", (1, 4),
        "event ids are looked up before the user is locked",
        "\terror = batch_lock_users(&batch, &known);\n",
        "\tstruct known_events early;\n"
        "\tknown_send(&batch, &early);\n"
        "\terror = known_take(&batch, &early);\n"
        "\tif (error == OK)\n"
        "\t\terror = batch_lock_users(&batch, &known);\n"
        "\tknown = early;\n",
        ["a_repetition_that_comes_at_once_waits_and_is_a_replay"]),
    Mutant(
        "stale-snapshot", (1, 4),
        "REPEATABLE READ: the events known are those before the wait for the"
        " lock",
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        ["a_repetition_that_comes_at_once_waits_and_is_a_replay"],
        short=True),
    Mutant(
        "standing-of-last-time", (2, 3),
        "a committer goes by the standing that it read the time before",
        "\tuser->standing = query_take_bytes(query, arena);\n",
        "\tstatic _Thread_local char old[1024];\n"
        "\tstatic _Thread_local size_t old_len;\n"
        "\tconst struct bytes now = query_take_bytes(query, arena);\n"
        "\tuser->standing = now;\n"
        "\tif (now.data != NULL && old_len > 0)\n"
        "\t\tuser->standing = (struct bytes) {\n"
        "\t\t    arena_copy(arena, old, old_len), old_len};\n"
        "\tif (now.data != NULL)\n"
        "\t\tmemcpy(old, now.data, old_len = now.len);\n",
        ["ten_at_once_on_a_new_user_make_one_row_and_a_hundred_points"]),
    Mutant(
        "badge-not-read", (3,),
        "nobody looks whether the user has the badge already",
        "\t\tnext = kind + 1;\n",
        "\t\tnext = kind + 1;\n"
        "\t\tstate->kinds[STATE_BADGE].count = 0;\n"
        "\t\tstate->badges = 0;\n",
        ["a_replay_answers_what_the_first_answer_said"]),
    Mutant(
        "balance-in-the-client", (2,),
        "a committer adds to the balance that it remembers, not to the stored",
        "\tslot->value = unpack_value(unpack, row->range);\n",
        "\tstatic _Thread_local int64_t seen[256];\n"
        "\tint64_t *own = &seen[(size_t)slot->ref & 255];\n"
        "\tslot->value = unpack_value(unpack, row->range);\n"
        "\tif (*own == 0)\n"
        "\t\t*own = slot->value;\n"
        "\tif (row->range == RANGE_SIGNED)\n"
        "\t\tslot->value = (*own)++;\n",
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
        "\" WHERE id = ? AND NOT closed LOCK IN SHARE MODE\"",
        "\" WHERE id = ? AND NOT closed\"",
        ["test_a_rule_is_not_deleted_under_an_event_in_flight"]),
    Mutant(
        "users-mixed-up", (2, 3, 4),
        "a user gets the row of a neighbour in the batch",
        "\t\ttake_user(query, batch->arena, &batch->users[i]);\n",
        "\t\ttake_user(query, batch->arena,\n"
        "\t\t    &batch->users[first + batch->user_count - 1 - i]);\n",
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
