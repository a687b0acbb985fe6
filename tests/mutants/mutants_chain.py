"""Mutants: a user's chain of events, the ledger in it, what is packed."""

from table import Mutant

CONTRACT = "the_cases_of_the_contract_come_out_right"
STORED = "a_replay_answers_what_the_first_answer_said"
DAMAGES = "each_kind_of_damage_is_found"
SMALL_PAGES = "test_small_pages_of_a_few_events"
GAPS = "test_an_old_entry_behind_very_many_events_without_any"
CUT = "test_a_page_that_takes_too_long_is_gone_on_with"
DAMAGED_USER = "test_who_cannot_be_read_is_not_taken_for_somebody_new"
DAMAGED_EVENT = "test_awards_that_cannot_be_read_are_not_taken_for_none"
IN_USE = "test_a_scale_stays_while_a_user_has_a_balance_of_it"

MUTANTS = [
    # What an event's transaction writes.
    Mutant(
        "previous-not-written", (2, 5),
        "an event does not lead to the user's event before",
        "] = item->previous;\n",
        "] = 0;\n",
        [STORED, SMALL_PAGES]),
    Mutant(
        "chain-forks", (2, 5),
        "events of a user in one transaction all lead to the same one",
        "\tuser->last_event = event->row;\n",
        "\tif (user->events == 0)\n"
        "\t\tuser->last_event = event->row;\n",
        [STORED, SMALL_PAGES]),
    Mutant(
        "chain-ends-early", (2, 5),
        "a user's row goes on naming the event that was the last one once",
        "\" last_event = VALUES(last_event),",
        "\"",
        [STORED, SMALL_PAGES]),
    Mutant(
        "standing-not-written", (2, 3),
        "what a user has is not stored",
        " standing = VALUES(standing),\"",
        " standing = standing,\"",
        [STORED]),
    Mutant(
        "standing-written-once", (2, 3),
        "what a user has is stored with the first event alone",
        " standing = VALUES(standing),\"",
        " standing = COALESCE(standing, VALUES(standing)),\"",
        [STORED]),
    Mutant(
        "awards-not-written", (2, 4),
        "what an event gave is not stored with it",
        "\t\t    item->awards, item->award_count, item->entries_before);\n",
        "\t\t    item->awards, 0, item->entries_before);\n",
        [STORED]),
    Mutant(
        "replay-writes-an-old-standing", (2, 3),
        "the events of a transaction with a replay do not count",
        "\tbatch->users[item->user].replays++;\n",
        "\tbatch->users[item->user].replays++;\n"
        "\tstate_init(&batch->users[item->user].state, batch->arena);\n",
        [STORED]),
    # What somebody has must not be deleted.
    Mutant(
        "given-not-marked", (2, 3),
        "nobody marks what users have",
        "\treturn error == OK ? mark_all_given(batch) : error;\n",
        "\treturn error;\n",
        [STORED, IN_USE]),
    Mutant(
        "badge-not-marked", (3,),
        "a badge is not marked as one that users have",
        "\t\twhile ((reference = rule_reference(rule, &at, &kind)) != NULL)\n"
        "\t\t\tadd_given(",
        "\t\twhile ((reference = rule_reference(rule, &at, &kind)) != NULL &&"
        "\n\t\t    kind != REFERENCE_BADGE)\n"
        "\t\t\tadd_given(",
        [STORED, IN_USE]),
    Mutant(
        "mark-known-too-early", (2, 3),
        "a mark that was rolled back is not made again",
        "\tbatch->given[batch->given_count++] = mark_of(item, i);\n",
        "\tbatch->given[batch->given_count++] = mark_of(item, i);\n"
        "\t*mark_of(item, i) = true;\n",
        ["test_a_deadlock_over_what_is_written_is_retried"]),
    Mutant(
        "mark-of-the-scale-for-both", (3,),
        "a badge counts as marked because its rule's scale is",
        "\t\t*given_out &= gift->given;\n",
        "\t\t*given_out &= gift->given || kind == REFERENCE_BADGE;\n",
        ["test_a_badge_stays_that_came_with_a_scale_given_before"]),
    Mutant(
        "marks-not-asked", (2,),
        "a point scale goes though users have it",
        "\" OR EXISTS (SELECT 1 FROM point_scale\"",
        "\" OR EXISTS (SELECT 1 FROM (SELECT 0 AS application_id, 0 AS id,\"\n"
        "        \" 0 AS given) t\"",
        [IN_USE]),
    # Reading the chain.
    Mutant(
        "list-of-one-piece", (),
        "a search among a user's events ends with what is read at once",
        "\t\tlist->next = events[i].event.previous;\n",
        "",
        [GAPS]),
    Mutant(
        "ledger-of-one-piece", (2,),
        "a ledger ends where too few of the events read at once have entries",
        "\t\treading->next = events[i].event.previous;\n",
        "",
        [GAPS]),
    Mutant(
        "list-with-the-cursor", (),
        "a page of a user's events begins with the last one of the page before",
        "\"SELECT IF(username = ?, previous, 0) FROM event\"",
        "\"SELECT IF(username = ?, id, 0) FROM event\"",
        [SMALL_PAGES]),
    Mutant(
        "ledger-with-the-cursor", (2,),
        "a page of a ledger begins with the last entry of the page before",
        "\t\tif (number < reading->before.number) {\n",
        "\t\tif (number <= reading->before.number) {\n",
        [SMALL_PAGES]),
    Mutant(
        "ledger-without-the-rest", (2,),
        "a page of a ledger leaves out the rest of the event before it",
        "\t\t    ledger.entries[i].row, ledger.entries[i].number};\n",
        "\t\t    ledger.entries[i].row,\n"
        "\t\t    ledger.entries[i].number - (i + 1 == ledger.count)};\n",
        [SMALL_PAGES]),
    Mutant(
        "ledger-with-badges", (2,),
        "an award without points stands in the ledger",
        "\t\tif (awards->list[i].point_scale == 0)\n"
        "\t\t\tcontinue;\n",
        "",
        [SMALL_PAGES]),
    Mutant(
        "ledger-of-somebody-else", (),
        "a cursor opens the ledger of the user whom it was made for",
        "\t    strcmp(events[0].event.username, username) != 0)\n",
        "\t    username == NULL)\n",
        ["test_a_ledger_s_cursor_shows_nothing_to_others"]),
    Mutant(
        "events-of-somebody-else", (),
        "a cursor opens the list of the user whom it was made for",
        "\"SELECT IF(username = ?, previous, 0) FROM event\"",
        "\"SELECT IF(? IS NOT NULL, previous, 0) FROM event\"",
        ["test_a_cursor_of_events_shows_nothing_to_others"]),
    Mutant(
        "filter-past-the-page", (),
        "what a filter does not let pass is in the list",
        "\t\tif (passes(filter, &events[i].event))\n",
        "",
        ["test_filters_choose_and_combine"]),
    Mutant(
        "cut-list-ends", (),
        "a list ends where a search took too long",
        "\tif (i == list.count && list.more) {\n"
        "\t\tpage.more = true;\n",
        "\tif (i == list.count && list.more) {\n"
        "\t\tpage.more = list.cut_at == 0;\n",
        [CUT]),
    Mutant(
        "cut-ledger-ends", (2,),
        "a ledger ends where a search took too long",
        "\tif (ledger.cut_at.row != 0) {\n"
        "\t\tpage.more = true;\n",
        "\tif (ledger.cut_at.row != 0) {\n",
        [CUT]),
    Mutant(
        "names-of-another-kind", (4,),
        "names are looked for among those of things of another kind",
        "\tconst struct name *name ="
        " find(&names->kinds[kind], application, id);\n",
        "\tconst struct name *name ="
        " find(&names->kinds[kind / 2], application, id);\n",
        [STORED, "test_all_scales_and_badges_of_a_user"]),
    # What is packed.
    Mutant(
        "badges-in-disorder", (3,),
        "a user's badges are told in another order than they were won",
        "\tif (a->value != b->value)\n"
        "\t\treturn a->value < b->value ? -1 : 1;\n"
        "\treturn (a->ref > b->ref) - (a->ref < b->ref);\n",
        "\treturn (a->ref > b->ref) - (a->ref < b->ref);\n",
        ["test_badges_come_in_the_order_of_winning"]),
    Mutant(
        "badge-stored-unwon", (3, 4),
        "a badge stands in the awards of events that did not win it",
        "\tif (step_get(step, STATE_BADGE, badge->id) != 0)\n"
        "\t\treturn true;\n",
        "\tif (step_get(step, STATE_BADGE, badge->id) != 0) {\n"
        "\t\tstep->award->badge = badge;\n"
        "\t\treturn true;\n"
        "\t}\n",
        [CONTRACT]),
    Mutant(
        "counts-forgotten", (3,),
        "the counts of rules that exist are dropped with the others",
        "\treturn existing->at < count && rules[existing->at].id == id;\n",
        "\treturn existing->at + 1 < count && rules[existing->at].id == id;\n",
        ["the_numbers_of_rules_that_no_longer_exist_go"]),
    Mutant(
        "sign-lost", (2,),
        "a negative number is packed as if it had no sign",
        "\tpack_uint(str, (uint64_t)number << 1 ^ (number < 0 ?"
        " UINT64_MAX : 0));\n",
        "\tpack_uint(str, (uint64_t)(number < 0 ? -number : number) << 1);\n",
        ["numbers_are_stored_as_these_bytes"]),
    Mutant(
        "too-large-taken", (),
        "a packed number that does not fit is cut",
        "\t\tif (shift == LAST_SHIFT && *unpack->at > 1)\n"
        "\t\t\tbreak;\n",
        "\t\tif (shift > LAST_SHIFT)\n"
        "\t\t\tbreak;\n",
        ["a_number_that_does_not_fit_is_damaged"]),
    Mutant(
        "rest-not-seen", (),
        "bytes behind the last thing are passed over",
        "\treturn !unpack->damaged && unpack->at == unpack->end;\n",
        "\treturn !unpack->damaged;\n",
        ["bytes_that_are_left_are_no_end", DAMAGED_USER]),
    Mutant(
        "damaged-standing-empty", (2, 3),
        "who cannot be read begins anew",
        "\t        standing_unpack(&user->state, user->standing)\n"
        "\t    ? OK\n",
        "\t        standing_unpack(&user->state, user->standing) ||\n"
        "\t        (state_init(&user->state, arena), true)\n"
        "\t    ? OK\n",
        [DAMAGED_USER]),
    Mutant(
        "damaged-standing-told", (2, 3),
        "who cannot be read is told as far as that went",
        "\treturn standing_unpack(&stored->state, row->standing)\n",
        "\treturn standing_unpack(&stored->state, row->standing) ||\n"
        "\t        application != 0\n",
        [DAMAGED_USER]),
    Mutant(
        "damaged-awards-told", (4,),
        "awards that cannot be read are told as far as that went",
        "\treturn awards_unpack(arena, stored->packed, &stored->awards)\n"
        "\t    ? OK\n"
        "\t    : damaged(stored);\n",
        "\treturn awards_unpack(arena, stored->packed, &stored->awards)\n"
        "\t    ? OK\n"
        "\t    : OK;\n",
        [DAMAGED_EVENT]),
    Mutant(
        "nameless-awards-told", (4,),
        "an award of a badge that is gone is told without it",
        "\t    (award->badge != NULL) == (stored->badge != 0);\n",
        "\t    (award->badge == NULL || stored->badge != 0);\n",
        [DAMAGED_EVENT]),
    # What verify sees.
    Mutant(
        "verify-blind-to-chains", (2,),
        "verify does not see that events do not lead to each other",
        "\tfold->number = place->event->number;\n"
        "\tfold->row = place->event->row;\n",
        "\tfold->number = place->event->number;\n"
        "\tfold->row = place->event->event.previous;\n",
        ["a_clean_database_has_no_differences", DAMAGES]),
    Mutant(
        "verify-blind-to-the-last", (2,),
        "verify does not see that a user's row names another event",
        "\tcompare(verify, user->username, \"row of the last event\","
        " user->row,\n"
        "\t    fold->row);\n",
        "",
        [DAMAGES]),
    Mutant(
        "verify-blind-to-places", (2,),
        "verify does not see that a ledger's numbers have a gap",
        "\tif (stored.count > 0)\n"
        "\t\tcompare_event(place, \"ledger entries before\",\n"
        "\t\t    stored.entries_before, fold->entries);\n",
        "",
        ["test_a_wrong_place_in_the_ledger_is_found"]),
    Mutant(
        "verify-blind-to-marks", (2, 3),
        "verify does not see that what users have could be deleted",
        "\tif (thing != NULL && thing->given)\n",
        "\tif (thing != NULL)\n",
        [DAMAGES]),
    Mutant(
        "verify-blind-to-standings", (2, 3),
        "verify does not see that what a user has cannot be read",
        "\tif (!standing_unpack(&state, user->user.standing))\n",
        "\tif (!standing_unpack(&state, user->user.standing) &&\n"
        "\t    user->username == NULL)\n",
        [DAMAGES]),
    Mutant(
        "verify-of-one-part", (2, 3),
        "of many users verify looks at the first ones alone",
        "\t     reader->part < reader->parts && reader->error == OK;\n",
        "\t     reader->part < 1 && reader->error == OK;\n",
        ["parts_of_the_users_add_up_to_all"]),
]
