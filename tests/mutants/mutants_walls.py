"""Mutants: applications, keys, and who may see what."""

from table import Mutant

STATEMENTS = "every_statement_names_the_application"
WALLS = "test_everything_of_another_application_is_404"
SIDE_BY_SIDE = "test_the_same_names_live_side_by_side"
NEIGHBOURS = "test_everybody_is_told_of_whom_he_asked_for"
TOLD = "test_what_a_change_says_is_told_from_then_on"

MUTANTS = [
    Mutant(
        "event-of-any-application", (6,),
        "an event is looked up by its id alone",
        "\" ON e.application_id = k.a AND e.event_id = UNHEX(k.i)\"",
        "\" ON e.event_id = UNHEX(k.i)\"",
        [WALLS]),
    Mutant(
        "events-of-any-application", (6,),
        "the list of events is that of all applications",
        "\") WHERE e.application_id = ?\" \\\n",
        "\") WHERE ? IS NOT NULL\" \\\n",
        ["test_collections_show_the_own_application_alone"]),
    Mutant(
        "user-of-any-application", (6,),
        "a user is found by the name alone",
        "\" ON u.application_id = ? AND u.username IN (\" names \")\"",
        "\" ON ? IS NOT NULL AND u.username IN (\" names \")\"",
        [STATEMENTS, WALLS]),
    Mutant(
        "user-of-a-neighbour", (6,),
        "who reads at the same time is told of the first one's user",
        "\t\tif (strcmp(read->username, username) != 0)\n"
        "\t\t\tcontinue;\n",
        "",
        [NEIGHBOURS]),
    Mutant(
        "read-of-a-neighbour-s-application", (6,),
        "reads of all applications are one query of the first one",
        "\tstruct lane **place = &reader->lanes;\n\n"
        "\twhile (*place != NULL && (*place)->application != application)\n",
        "\tstruct lane **place = &reader->lanes;\n\n"
        "\twhile (*place != NULL && application == 0)\n",
        [NEIGHBOURS]),
    Mutant(
        "ledger-of-a-namesake", (6,),
        "whose ledger it is to be is found by the name alone",
        "\"SELECT last_event FROM user\"\n"
        "               \" WHERE application_id = ? AND username = ?\"",
        "\"SELECT last_event FROM user\"\n"
        "               \" WHERE ? IS NOT NULL AND username = ?\"",
        [WALLS]),
    Mutant(
        "chain-of-any-application", (6,),
        "a user's events and ledger are read by their rows alone",
        "\" STRAIGHT_JOIN event e ON e.application_id = ? AND e.id ="
        " chain.id\"",
        "\" STRAIGHT_JOIN event e ON ? IS NOT NULL AND e.id = chain.id\"",
        [STATEMENTS],
        short=True),
    Mutant(
        "way-through-any-application", (6,),
        "the chain is followed into whatever application it leads",
        "\" STRAIGHT_JOIN event p ON p.application_id = ? AND p.id = c.id\"",
        "\" STRAIGHT_JOIN event p ON ? IS NOT NULL AND p.id = c.id\"",
        [STATEMENTS]),
    Mutant(
        "place-of-any-application", (6,),
        "the place where a page begins is found by its row alone",
        "\"SELECT IF(username = ?, previous, 0) FROM event\"\n"
        "                 \" WHERE application_id = ? AND id = ?\"",
        "\"SELECT IF(username = ?, previous, 0) FROM event\"\n"
        "                 \" WHERE ? IS NOT NULL AND id = ?\"",
        [STATEMENTS]),
    Mutant(
        "names-of-any-application", (6,),
        "what awards name is found by its number alone",
        "\" ON t.id = k.i AND t.application_id = k.a\"\n"
        "#define FIND_IN",
        "\" ON t.id = k.i\"\n"
        "#define FIND_IN",
        [STATEMENTS, "test_awards_that_cannot_be_read_are_not_taken_for_none",
         "test_what_is_not_there_has_no_name"]),
    Mutant(
        "marks-of-any-application", (6,),
        "a point scale is marked by its number alone",
        "\" AND t.application_id = k.a SET t.given = TRUE\"\n",
        "\" AND k.a IS NOT NULL SET t.given = TRUE\"\n",
        [STATEMENTS]),
    Mutant(
        "names-of-all-applications", (6,),
        "a user's point scales and badges may be anybody's",
        "\" FROM \" table \" t WHERE t.application_id = ?\"",
        "\" FROM \" table \" t WHERE ? IS NOT NULL\"",
        [STATEMENTS, WALLS]),
    Mutant(
        "old-names", (6,),
        "what a description was is told for ever",
        "\tif (view != NULL && view->stamp != stamp)\n"
        "\t\tview = NULL;\n",
        "",
        [TOLD]),
    Mutant(
        "revoked-key-reads", (),
        "a key that was seen once reads users for ever",
        "\t    (read->key != NULL && !keys_have(&group->view->keys,"
        " read->key)))\n",
        "\t    read->error == ERR_KEY_MISSING)\n",
        [TOLD]),
    Mutant(
        "rule-of-any-application", (6,),
        "a rule is found by the name alone",
        "\" WHERE r.application_id = ? AND r.deleted = 0 \"",
        "\" WHERE ? IS NOT NULL AND r.deleted = 0 \"",
        [WALLS]),
    Mutant(
        "rules-of-any-application", (3, 6),
        "an event is judged by the rules of all applications",
        "\" WHERE v.application_id = ? AND v.until = 0 ORDER BY r.id\"",
        "\" WHERE ? IS NOT NULL AND v.until = 0 ORDER BY r.id\"",
        ["two_applications_share_nothing_in_a_transaction"]),
    Mutant(
        "badge-deleted-elsewhere", (6,),
        "a badge is deleted by its number alone",
        "\"DELETE FROM badge WHERE application_id = ?\"",
        "\"DELETE FROM badge WHERE ? IS NOT NULL\"",
        [STATEMENTS]),
    Mutant(
        "keys-of-any-application", (6,),
        "a key of any application is live for each",
        "\" WHERE application_id = ? AND revoked_at IS NULL\",\n"
        "    [REVOKE]",
        "\" WHERE ? IS NOT NULL AND revoked_at IS NULL\",\n"
        "    [REVOKE]",
        [STATEMENTS]),
    Mutant(
        "key-revoked-elsewhere", (6,),
        "an application revokes another one's key",
        "\" WHERE application_id = ? AND id = ?\"\n"
        "               \" AND revoked_at IS NULL\"",
        "\" WHERE ? IS NOT NULL AND id = ?\"\n"
        "               \" AND revoked_at IS NULL\"",
        ["an_application_revokes_its_own_keys_alone"]),
    Mutant(
        "dead-key-not-checked", (),
        "a key that was revoked goes on posting events from the cache",
        "job->key == NULL || keys_have(&rules->keys, job->key)",
        "job->key != rules->keys.hashes || keys_have(&rules->keys, job->key)",
        ["a_job_with_a_key_that_is_not_live_is_refused"]),
    Mutant(
        "revoked-key-cached", (),
        "the keys that events and reads are checked against include"
        " revoked ones",
        "\"SELECT hash FROM api_key\"\n"
        "             \" WHERE application_id = ? AND revoked_at IS NULL\"",
        "\"SELECT hash FROM api_key\"\n"
        "             \" WHERE application_id = ?\"",
        ["test_a_revoked_key_lets_nothing_in_whatever_is_sent"]),
    Mutant(
        "revoked-key-opens", (),
        "a revoked key is found",
        "\"WHERE hash = ? AND revoked_at IS NULL\"",
        "\"WHERE hash = ?\"",
        ["test_two_keys_live_at_once_and_revoking_is_immediate"]),
    Mutant(
        "key-found-by-its-place", (6,),
        "any key that has its place where a live one is opens what that does",
        "\t    memcmp(&place->hash, hash, sizeof(*hash)) == 0;\n",
        "\t    memcmp(&place->hash, hash, 2) == 0;\n",
        ["test_a_key_that_shares_its_place_with_a_live_one_opens_nothing"]),
    Mutant(
        "cache-opens-every-route", (),
        "a revoked key goes on where nobody looks at it again",
        "\tif ((access == ACCESS_EVENT || access == ACCESS_USER) &&\n",
        "\tif (access != ACCESS_OPEN &&\n",
        ["test_a_revoked_key_lets_nothing_in_whatever_is_sent"]),
    Mutant(
        "publishable-key-writes", (),
        "a key that everybody may see may change things",
        "\tif (key.kind != KEY_SECRET && access != ACCESS_PUBLISHABLE &&\n"
        "\t    access != ACCESS_USER)\n"
        "\t\treturn ERR_KEY_FORBIDDEN;\n",
        "",
        ["test_a_publishable_key_does_nothing_else"]),
    Mutant(
        "classic-always-on", (),
        "the interface without keys answers for every application",
        "\tif (error == OK && !application_out->classic)\n",
        "\tif (error == OK && application_out->id == 0)\n",
        ["test_an_application_without_classic_does_not_answer"]),
    Mutant(
        "json-c-asked-for-strictness", (),
        "json-c 0.18, Debian 13's, refuses every byte beyond ASCII",
        "(tokener, JSON_TOKENER_VALIDATE_UTF8);\n",
        "(tokener, JSON_TOKENER_STRICT);\n",
        ["every_byte_beyond_ascii_is_taken"]),
    Mutant(
        "json-c-not-tried", (),
        "doctor is content with a json-c that refuses bytes beyond ASCII",
        "\tobject = json_parse(arena, text, strlen(text), &faults, &why);\n"
        "\tif (why != NULL)\n"
        "\t\treturn why;\n",
        "\tobject = json_parse(arena, text, strlen(text), &faults, &why);\n"
        "\tif (why != NULL)\n"
        "\t\treturn NULL;\n",
        ["a_library_that_takes_none_is_noticed"]),
    Mutant(
        "line-without-its-break", (),
        "libinih from 58 on drops the lines after one that fills its buffer",
        "\"%.*s\\n\", size - 2,",
        "\"%.*s\", size - 2,",
        ["a_line_of_any_length_takes_nothing_from_those_after_it"]),
]
