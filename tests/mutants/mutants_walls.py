"""Mutants: applications, keys, and who may see what."""

from table import Mutant

STATEMENTS = "every_statement_names_the_application"
WALLS = "test_everything_of_another_application_is_404"
SIDE_BY_SIDE = "test_the_same_names_live_side_by_side"

MUTANTS = [
    Mutant(
        "event-of-any-application", (6,),
        "an event is looked up by its id alone",
        "\" ON e.application_id = k.a\"\n"
        "                    \" AND e.event_id = UNHEX(k.i)\"",
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
        "[ONE] = COLUMNS \"WHERE application_id = ? AND username = ?\"",
        "[ONE] = COLUMNS \"WHERE ? IS NOT NULL AND username = ?\"",
        [WALLS]),
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
        "\" STRAIGHT_JOIN \" table \" t ON t.id = k.i AND t.application_id ="
        " k.a\"",
        "\" STRAIGHT_JOIN \" table \" t ON t.id = k.i\"",
        [STATEMENTS, "test_awards_that_cannot_be_read_are_not_taken_for_none",
         "test_what_is_not_there_has_no_name"]),
    Mutant(
        "marks-of-any-application", (6,),
        "a point scale is marked by its number alone",
        "\"UPDATE point_scale SET given = TRUE\"\n"
        "                   \" WHERE application_id = ? AND id = ?\"",
        "\"UPDATE point_scale SET given = TRUE\"\n"
        "                   \" WHERE ? IS NOT NULL AND id = ?\"",
        [STATEMENTS]),
    Mutant(
        "points-of-a-namesake", (6,),
        "a user's points are those of a namesake elsewhere",
        "\" LEFT JOIN user u ON u.application_id = s.application_id\"",
        "\" LEFT JOIN user u ON s.application_id > 0\"",
        [STATEMENTS, WALLS]),
    Mutant(
        "points-of-any-application", (6,),
        "a point scale is found by the name alone",
        "\" WHERE s.application_id = ? AND s.name = ?\"",
        "\" WHERE ? IS NOT NULL AND s.name = ?\"",
        [WALLS, SIDE_BY_SIDE]),
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
        "};\n"
        "const struct statement_set rule_cache_statements",
        "\" WHERE ? IS NOT NULL AND revoked_at IS NULL\",\n"
        "};\n"
        "const struct statement_set rule_cache_statements",
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
        "job->key == 0 || app_rules_has_key(rules, job->key)",
        "job->key >= 0 || app_rules_has_key(rules, job->key)",
        ["a_job_with_a_key_that_is_not_live_is_refused"]),
    Mutant(
        "revoked-key-cached", (),
        "the keys that events are checked against include revoked ones",
        "\"SELECT id FROM api_key\"\n"
        "             \" WHERE application_id = ? AND revoked_at IS NULL\"",
        "\"SELECT id FROM api_key\"\n"
        "             \" WHERE application_id = ?\"",
        ["test_a_revoked_key_lets_nothing_in_whatever_is_sent"]),
    Mutant(
        "revoked-key-opens", (),
        "a revoked key is found",
        "\"WHERE hash = ? AND revoked_at IS NULL\"",
        "\"WHERE hash = ?\"",
        ["test_two_keys_live_at_once_and_revoking_is_immediate"]),
    Mutant(
        "publishable-key-writes", (),
        "a key that everybody may see may change things",
        "\tif (key.kind != KEY_SECRET && access != ACCESS_PUBLISHABLE)\n"
        "\t\treturn ERR_KEY_FORBIDDEN;\n",
        "",
        ["test_a_publishable_key_does_nothing_else"]),
    Mutant(
        "classic-always-on", (),
        "the interface without keys answers for every application",
        "\tif (error == OK && !application_out->classic)\n",
        "\tif (error == OK && application_out->id == 0)\n",
        ["test_an_application_without_classic_does_not_answer"]),
]
