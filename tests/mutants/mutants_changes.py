"""Mutants: changes of what an owner defines, and their second attempts."""

from table import Mutant

MUTANTS = [
    Mutant(
        "precondition-of-the-first-attempt", (),
        "only the first attempt of a change asks for its precondition",
        "\terror = check_change(change, found, existing);\n",
        "\terror = attempt->attempt > 1\n"
        "\t    ? OK\n"
        "\t    : check_change(change, found, existing);\n",
        ["test_a_put_whose_match_is_gone_in_its_retry_writes_nothing",
         "test_a_delete_whose_match_is_gone_in_its_retry_deletes_nothing"]),
    Mutant(
        "name-free-in-the-first-attempt", (),
        "a POST takes what it finds in its second attempt for its own",
        "\tif (found == OK && change->mode == CHANGE_CREATE)\n"
        "\t\treturn change->resource->catalog->exists;\n",
        "\tif (found == OK && change->mode == CHANGE_CREATE)\n"
        "\t\treturn call->db != NULL && db_counters(call->db)->retries > 0\n"
        "\t\t    ? OK\n"
        "\t\t    : change->resource->catalog->exists;\n",
        ["test_a_post_of_a_name_that_is_taken_in_its_retry_writes_nothing"]),
    Mutant(
        "made-in-the-first-attempt", (),
        "what the first attempt found decides between 200 and 201",
        "\tchange->created = found != OK;\n",
        "\tif (attempt->attempt == 1)\n"
        "\t\tchange->created = found != OK;\n",
        ["test_a_put_that_finds_in_its_retry_what_it_would_make_is_200",
         "test_a_put_that_has_to_make_it_in_its_retry_is_201"]),
    Mutant(
        "retry-with-what-the-first-made", (),
        "a second attempt writes what the first one made of the request",
        "\tmemcpy(object, change->object, catalog->size);\n",
        "\tobject = change->object;\n",
        ["test_what_a_rule_names_is_made_again_in_its_retry"]),
    Mutant(
        "gifts-made-in-the-first-attempt", (),
        "a second attempt makes nothing of what a rule names",
        "\tif (error == catalog->not_found) {\n"
        "\t\tmemcpy(thing,",
        "\tif (error == catalog->not_found && db_counters(db)->retries > 0)\n"
        "\t\treturn OK;\n"
        "\tif (error == catalog->not_found) {\n"
        "\t\tmemcpy(thing,",
        ["test_what_a_rule_names_is_made_again_in_its_retry"]),
    Mutant(
        "use-asked-in-the-first-attempt", (),
        "what has come into use before the second attempt is deleted",
        "\treturn error == OK && used ? catalog->in_use : error;\n",
        "\treturn error == OK && used &&\n"
        "\t        db_counters(db)->retries == 0\n"
        "\t    ? catalog->in_use\n"
        "\t    : error;\n",
        ["test_what_is_used_in_the_retry_is_not_deleted"]),
    Mutant(
        "etag-of-the-beginning", (),
        "only the first 512 bytes of a content make its ETag",
        "\t    (const unsigned char *)body->data, body->len, NULL, 0);\n"
        "\tsodium_bin2hex(hex,",
        "\t    (const unsigned char *)body->data,\n"
        "\t    body->len < 512 ? body->len : 512, NULL, 0);\n"
        "\tsodium_bin2hex(hex,",
        ["test_a_difference_at_the_end_is_another_etag"]),
    Mutant(
        "ties-skipped", (),
        "a page of a period begins behind all events of the last one's moment",
        "\" AND (e.timestamp < ? OR e.id < ?)\"",
        "\" AND (e.timestamp < ? AND e.id < ?)\"",
        ["test_events_of_one_moment_are_each_on_one_page"]),
]
