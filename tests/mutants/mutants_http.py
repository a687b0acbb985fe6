"""Mutants: what an answer says besides its document."""

from table import Mutant

KEYED = "test_v1_says_that_a_key_makes_the_answer"
CACHED = "test_what_a_key_opened_stays_shut_without_it"
PAGES = "test_a_page_in_a_browser_cannot_use_the_classic_interface"

MUTANTS = [
    Mutant(
        "answers-for-shared-caches", (6,),
        "a cache in front may answer everybody with what a key opened",
        "#define ASK_FIRST \"private, no-cache\"",
        "#define ASK_FIRST \"max-age=60\"",
        [CACHED]),
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
        "exposure-of-the-method", (),
        "OPTIONS and 405 are told apart from their path's other answers",
        "\tconst struct route *route = call->match.any;",
        "\tconst struct route *route = call->match.route;",
        [PAGES]),
]
