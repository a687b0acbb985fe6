"""Mutants: what an answer says besides its document."""

from table import Mutant

KEYED = "test_v1_says_that_a_key_makes_the_answer"
SEEN = "test_what_an_event_gave_is_seen_at_once"
PAGES = "test_a_page_in_a_browser_cannot_use_the_classic_interface"

MUTANTS = [
    Mutant(
        "answers-for-shared-caches", (6,),
        "a cache in front may answer everybody with what a key opened",
        "#define ASK_FIRST \"private, no-cache\"",
        "#define ASK_FIRST \"max-age=60\"",
        [SEEN]),
    Mutant(
        "answers-without-vary", (6,),
        "a cache is not told that X-API-Key makes the answer another",
        "#define KEYS      \"Authorization, X-API-Key\"",
        "#define KEYS      \"Authorization\"",
        [KEYED]),
    Mutant(
        "pages-write-by-classic", (),
        "any page in a browser may use the interface that needs no key",
        "[ACCESS_CLASSIC] = {ASK_FIRST, \"appKey\", false}",
        "[ACCESS_CLASSIC] = {ASK_FIRST, \"appKey\", true}",
        [PAGES]),
    Mutant(
        "header-that-no-page-reads", (),
        "a page in a browser is not let read the methods that a path takes",
        "\"Accept-Encoding, Allow, ETag,",
        "\"Accept-Encoding, ETag,",
        ["test_a_browser_page_may_read_every_header_that_is_documented"]),
    Mutant(
        "exposure-of-the-method", (),
        "OPTIONS and 405 are told apart from their path's other answers",
        "\tconst struct route *route = call->match.any;",
        "\tconst struct route *route = call->match.route;",
        [PAGES]),
    Mutant(
        "names-with-dots", (),
        "a name is taken that leads a URL to another place",
        "\tif (type != FIELD_KEY && text_has_dot_segment(text, len)) {\n",
        "\tif (false) {\n",
        ["test_it_is_422_for_every_kind_of_name"]),
    Mutant(
        "names-with-dots-inside", (),
        "only the first part of a name is looked at",
        "\t\tslash = memchr(data, '/', (size_t)(end - data));\n",
        "\t\tslash = NULL;\n",
        ["test_it_is_422_for_every_kind_of_name"]),
    Mutant(
        "event-called-batch", (),
        "an event's id is that of another resource",
        "\treturn strcmp(id, \"batch\") == 0;\n",
        "\treturn id == NULL;\n",
        ["test_an_event_cannot_be_called_batch"]),
    Mutant(
        "a-parameter-before-a-word", (),
        "a path that is a word is also whatever a parameter makes of it",
        "\t\t    is_shadowed(&table[i], table, count, &segments))\n",
        "\t\t    false)\n",
        ["test_an_event_cannot_be_called_batch"]),
    Mutant(
        "headers-sent-twice", (),
        "of two lines of a header the first one counts",
        "\t\t\t    ++seen[i] == 2)\n",
        "\t\t\t    ++seen[i] == 0)\n",
        ["a_header_that_may_come_once_is_told_by_its_name",
         "test_two_lines_of_a_header_are_refused"]),
    Mutant(
        "headers-alike-are-one", (),
        "a header is refused because another one's name begins alike",
        "\t    {\"HTTP_IF_MATCH=\", \"If-Match\"},\n",
        "\t    {\"HTTP_IF_MATCH\", \"If-Match\"},\n",
        ["headers_that_differ_are_not_taken_for_one"]),
    Mutant(
        "encoded-bodies", (),
        "a compressed body is taken for JSON",
        "\tif (is_encoded(request))\n",
        "\tif (false)\n",
        ["test_an_encoded_body_is_415_and_says_so"]),
]
