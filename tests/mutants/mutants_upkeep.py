"""Mutants: what is done beside events: changes, cleaning, and what is read."""

from table import Mutant

CLEAN = "test_what_has_no_application_is_deleted"

MUTANTS = [
    Mutant(
        "clean-leaves-all", (),
        "app clean finds what has no application, and leaves it",
        "\t\t\terror = delete_rows(db, id, &rows);\n",
        "\t\t\terror = OK;\n",
        [CLEAN]),
    Mutant(
        "clean-of-the-living", (1, 2, 3),
        "app clean deletes what applications have that exist",
        "\t\tif (error == ERR_APPLICATION_NOT_FOUND) {\n"
        "\t\t\tapplications++;\n",
        "\t\tif (error == ERR_APPLICATION_NOT_FOUND || error == OK) {\n"
        "\t\t\tapplications++;\n",
        [CLEAN]),
    Mutant(
        "unchanged-counts-a-version", (),
        "a PUT that changes nothing makes a revision and counts a version",
        "\tif (changes_nothing(change, object, existing))\n",
        "\tif (changes_nothing(change, object, existing) && version == 0)\n",
        ["test_it_makes_no_revision_and_counts_no_version"]),
    Mutant(
        "backup-asks-for-tls", (),
        "newer clients are not told that there is to be no TLS",
        "\t\tstr_adds(text, \"skip-ssl\\n\");\n",
        "",
        ["an_account_says_which_tls_is_wanted"]),
    Mutant(
        "backup-checks-certificates", (),
        "newer clients check a certificate that nobody asked them to",
        "\t\tstr_adds(text, \"skip-ssl-verify-server-cert\\n\");\n",
        "",
        ["an_account_says_which_tls_is_wanted"]),
    Mutant(
        "any-index-of-revisions", (),
        "a list of rules reads all revisions that a rule has had",
        "\" JOIN rule_revision v FORCE INDEX (in_force)\"",
        "\" JOIN rule_revision v\"",
        ["test_no_request_reads_the_whole_application"]),
    Mutant(
        "no-index-of-what-is-in-force", (),
        "a change of a rule reads all revisions that it has had",
        "UPDATE rule_revision FORCE INDEX (in_force) SET",
        "UPDATE rule_revision FORCE INDEX (PRIMARY) SET",
        ["test_a_rule_has_any_number_of_revisions"]),
]
