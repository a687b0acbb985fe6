"""Mutants of what is cached, and of the database that it is of."""

from table import Mutant

BACK = ["test_nothing_of_a_lost_time_counts"]

MUTANTS = [
    Mutant(
        "stamp-is-the-version", (3,),
        "a cache takes what has the same version again for the same",
        "\tquery_int(&query, version);\n"
        "\tquery_int(&query, new_stamp());\n",
        "\tquery_int(&query, version);\n"
        "\tquery_int(&query, version);\n",
        BACK),
    Mutant(
        "marks-outlive-their-connection", (3,),
        "what a committer has marked as given is not looked at again when"
        " the database went back",
        "\treturn rules->stamp == stamp &&"
        " rules->connection == db_connection(db);\n",
        "\treturn rules->stamp == stamp && db != NULL;\n",
        BACK),
    Mutant(
        "closed-for-new-keys-alone", (),
        "an application that is being deleted goes on taking events",
        "    [CLOSE] = \"UPDATE application SET closed = 1, classic = 0,\"\n",
        "    [CLOSE] = \"UPDATE application SET closed = 0, classic = 0,\"\n",
        ["test_a_killed_deletion_can_be_repeated"]),
    Mutant(
        "keys-revoked-unseen", (),
        "the keys of an application that is deleted are revoked where no"
        " cache sees it, and nothing else refuses its events",
        "\"UPDATE application SET closed = 1, classic = 0,\"\n"
        "              \" version = version + 1, stamp = ? WHERE id = ?\"",
        "\"UPDATE application SET classic = 0,\"\n"
        "              \" version = version + 1, stamp = stamp + 0 * ?"
        " WHERE id = ?\"",
        ["test_no_row_stays_behind"]),
    Mutant(
        "ids-cut-to-their-column", (),
        "an id that is too long is taken for the one that it begins like",
        "\" i VARCHAR(382) CHARACTER SET ascii PATH '$[1]',\"",
        "\" i VARCHAR(380) CHARACTER SET ascii PATH '$[1]',\"",
        ["test_an_id_that_is_longer_than_any_is_nobodys"]),
    Mutant(
        "events-of-32-bits", (2,),
        "a user's events are counted to 2^32 - 1",
        "  events         BIGINT NOT NULL,\n",
        "  events         INT UNSIGNED NOT NULL,\n",
        ["test_counters_go_on_beyond_32_bits"]),
    Mutant(
        "names-of-32-bits", (),
        "what has an id beyond 2^32 - 1 has no name in a ledger",
        "\" a INT UNSIGNED PATH '$[0]', i BIGINT PATH '$[1]')) k\" \\\n"
        "\t\" STRAIGHT_JOIN \" table \" t FORCE INDEX (PRIMARY)\"",
        "\" a INT UNSIGNED PATH '$[0]', i INT UNSIGNED PATH '$[1]')) k\" \\\n"
        "\t\" STRAIGHT_JOIN \" table \" t FORCE INDEX (PRIMARY)\"",
        ["test_all_that_has_an_id_goes_on"]),
    Mutant(
        "badge-ids-of-32-bits", (),
        "a client that makes and deletes badges uses up everybody's ids",
        "  ref_id         BIGINT NOT NULL,\n",
        "  ref_id         INT UNSIGNED NOT NULL,\n",
        ["test_all_that_has_an_id_goes_on"]),
    Mutant(
        "ids-for-nothing", (),
        "a request without a key uses up an application's id, and makes none",
        "\tif (error == OK)\n\t\treturn OK;\n"
        "\tif (error != ERR_APPLICATION_NOT_FOUND)\n\t\treturn error;\n",
        "\tif (error != OK && error != ERR_APPLICATION_NOT_FOUND)\n"
        "\t\treturn error;\n",
        ["test_an_application_that_cannot_be_made_uses_no_id_up"]),
    Mutant(
        "any-key-is-live", (),
        "a key opens an application that has some other key",
        "\t\tif (memcmp(&keys->hashes[i], key, sizeof(*key)) == 0)\n",
        "\t\tif (memcmp(&keys->hashes[i], key, 0) == 0)\n",
        ["test_nothing_of_the_one_before_counts"]),
]
