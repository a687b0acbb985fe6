"""Mutants: how much there may be of what an application's owner makes."""

from table import Mutant

LAST = "test_the_last_one_is_taken_and_the_next_one_not"
ALONG = "test_of_what_a_rule_would_make_along"

NEIGHBOUR = "test_users_are_read_beside_a_read_that_hangs"

MUTANTS = [
    Mutant(
        "all-connections-for-one", (),
        "one application's lists take all connections that requests have",
        "\t    share_of(pool->size);\n",
        "\t    pool->size;\n",
        ["one_application_leaves_a_quarter_to_others"]),
    Mutant(
        "all-threads-for-one", (),
        "one application's requests that hang have all threads of a worker",
        "own >= share_of(pool->threads);\n",
        "own >= pool->threads;\n",
        ["one_application_leaves_threads_to_others",
         "test_no_application_has_all_threads"]),
    Mutant(
        "refuses-what-gets-on", (),
        "many requests at once are refused though none of them hangs",
        "\treturn i == pool->size;\n",
        "\treturn i <= pool->size;\n",
        ["test_a_crowd_that_gets_on_is_served"]),
    Mutant(
        "connections-of-who-comes-first", (),
        "what a connection was taken for is not told when the key is known",
        "call->db_application == call->application)",
        "call->db_application >= 0)",
        ["test_lists_are_read_beside_lists_that_hang"]),
    Mutant(
        "wakes-who-may-not-have-it", (),
        "a connection stays idle while somebody waits for it",
        "\t/* Whom a signal would wake may not be one who may have it. */\n"
        "\tpthread_cond_broadcast(&pool->freed);\n",
        "\tpthread_cond_signal(&pool->freed);\n",
        ["who_may_have_what_is_given_back_gets_it"]),
    Mutant(
        "readers-on-one-lane", (),
        "all threads that read users may be held up by one application",
        "\t\tlane->busy = true;\n",
        "\t\tlane->busy = false;\n",
        [NEIGHBOUR]),
    Mutant(
        "one-reader", (),
        "a read that hangs holds up those of all applications",
        "while (reader->thread_count < count &&",
        "while (reader->thread_count < 1 && reader->thread_count < count &&",
        [NEIGHBOUR]),
    Mutant(
        "descriptions-for-points", (),
        "a read of points reads descriptions that it does not tell",
        "call, call->match.params[1], false, answer_points);\n",
        "call, call->match.params[1], true, answer_points);\n",
        ["test_points_need_no_descriptions"]),
    Mutant(
        "fault-of-a-neighbour", (),
        "what is wrong with one user is told to all who read at once",
        "\t\tif (error == ERR_BODY_TOO_LARGE || error == ERR_INTERNAL)\n",
        "\t\tif (error == ERR_BODY_TOO_LARGE)\n",
        ["test_what_is_wrong_with_one_user_is_told_of_nobody_else"]),
    Mutant(
        "no-quota", (),
        "an application may have any number of rules, badges, point scales",
        "\t\terror = check_count(catalog, db, application);\n",
        "\t\terror = false ? check_count(catalog, db, application) : OK;\n",
        [LAST, ALONG]),
    Mutant(
        "quota-one-too-low", (),
        "the last one that is allowed is refused",
        "count >= CATALOG_MAX ? catalog->too_many",
        "count >= CATALOG_MAX - 1 ? catalog->too_many",
        [LAST]),
    Mutant(
        "quota-of-deleted-rules", (),
        "deleting a rule makes no room for another",
        "\" WHERE application_id = ? AND until = 0 LIMIT ?) n\"",
        "\" WHERE application_id = ? AND until >= 0 LIMIT ?) n\"",
        ["test_deleted_rules_are_none"]),
    Mutant(
        "quota-of-revoked-keys", (),
        "revoking a key makes no room for another",
        "\" WHERE application_id = ? AND revoked_at IS NULL LIMIT ?) n\"",
        "\" WHERE application_id = ? LIMIT ?) n\"",
        ["test_keys"]),
]
