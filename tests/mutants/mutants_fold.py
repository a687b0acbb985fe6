"""Mutants: what rules give, and how it is counted and written."""

from table import Mutant

CONTRACT = "the_cases_of_the_contract_come_out_right"

MUTANTS = [
    Mutant(
        "cooldown-too-long", (3,),
        "an event at the end of a cooldown is still within it",
        "    step->event->moment.time - rest >=\n",
        "    step->event->moment.time - rest >\n",
        [CONTRACT]),
    Mutant(
        "cooldown-of-the-first-award", (3,),
        "a cooldown begins with the first award, and with no other",
        "\t*step_touch(step, STATE_AWARDED_AT, step->rule->id) =\n"
        "\t    step->event->moment.time;\n",
        "\tif (!step_has(step, STATE_AWARDED_AT, 0))\n"
        "\t\t*step_touch(step, STATE_AWARDED_AT, step->rule->id) =\n"
        "\t\t    step->event->moment.time;\n",
        [CONTRACT]),
    Mutant(
        "counted-twice", (3,),
        "a matching event counts as two",
        "\t++*step_touch(step, STATE_COUNT, step->rule->id);\n",
        "\t*step_touch(step, STATE_COUNT, step->rule->id) += 2;\n",
        [CONTRACT]),
    Mutant(
        "awarded-after-the-nth", (3,),
        "a rule for the N-th event awards at every one from there on",
        "\t*step_touch(step, STATE_GIVEN, rule) = 1;\n"
        "\tif (count->repeat)\n",
        "\tif (count->repeat)\n",
        [CONTRACT]),
    Mutant(
        "lowered-n-never-met", (3,),
        "an N that was lowered below the count never awards",
        "\tif (have(step, count) < count->times ||\n",
        "\tif (have(step, count) != count->times ||\n",
        [CONTRACT]),
    Mutant(
        "count-not-kept", (3,),
        "a count is not kept where no award was given",
        "\t    (!count->repeat && step_get(step, STATE_GIVEN, rule) != 0))\n"
        "\t\treturn false;\n",
        "\t    (!count->repeat && step_get(step, STATE_GIVEN, rule) != 0)) {\n"
        "\t\t--*step_touch(step, STATE_COUNT, rule);\n"
        "\t\treturn false;\n"
        "\t}\n",
        [CONTRACT]),
    Mutant(
        "badge-won-twice", (3,),
        "a badge is won again by the same user",
        "\tif (step_get(step, STATE_BADGE, badge->id) != 0)\n"
        "\t\treturn true;\n",
        "",
        [CONTRACT],
        short=True),
    Mutant(
        "overflow-unchecked", (2,),
        "a balance wraps around",
        "\tif (__builtin_add_overflow(*balance, award->points, balance))\n"
        "\t\treturn false;\n",
        "\t*balance = (int64_t)((uint64_t)*balance +\n"
        "\t    (uint64_t)award->points);\n",
        [CONTRACT]),
    Mutant(
        "refused-event-leaves-state", (2, 3),
        "what an event gave before it was refused is kept",
        "\twhile (undo->count > 0) {\n",
        "\twhile (undo->count > 1) {\n",
        [CONTRACT]),
    Mutant(
        "refused-event-takes-places", (3,),
        "the badges of an event that is refused take places",
        "\tstate->badges = undo->badges;\n",
        "",
        [CONTRACT]),
    Mutant(
        "refused-event-undone-in-order", (2, 3),
        "what a refused event changed twice is put back to the first change",
        "\t\tchange = &undo->changes[--undo->count];\n",
        "\t\tchange = undo->changes++;\n"
        "\t\tundo->count--;\n",
        [CONTRACT]),
    Mutant(
        "new-slots-out-of-order", (2, 3),
        "what rules ask for the first time is put behind all that is there",
        "\t\tif (from > 0 && slots->list[from - 1].ref > refs[count - 1])\n",
        "\t\tif (from > slots->count &&\n"
        "\t\t    slots->list[from - 1].ref > refs[count - 1])\n",
        ["the_engine_does_what_the_model_does"]),
    Mutant(
        "new-slot-twice", (2, 3),
        "two rules with one new point scale or badge make two of it",
        "\t\tif (i == 0 || refs[i] != refs[i - 1])\n"
        "\t\t\trefs[kept++] = refs[i];\n",
        "\t\trefs[kept++] = refs[i];\n",
        [CONTRACT]),
    Mutant(
        "disabled-rule-fires", (3,),
        "a rule that is switched off fires",
        "\tif (!match->enabled)\n\t\treturn;\n",
        "",
        [CONTRACT]),
    Mutant(
        "property-by-prefix", (3,),
        "a rule's property matches whatever begins like it",
        "\treturn strcmp(one, other);\n",
        "\treturn strncmp(one, other, strlen(one));\n",
        [CONTRACT, "test_the_property_must_be_there_and_not_false_or_null"]),
    Mutant(
        "rules-by-property", (3,),
        "rules with a property fire behind all without, whatever their age",
        "\tqsort(list, found->count, sizeof(*list), compare_turns);\n",
        "",
        ["rules_are_found_in_the_order_of_creation"]),
    Mutant(
        "property-named-twice-fires-twice", (3,),
        "a rule fires for each time that its property is named",
        "\t\tif (order == 0)\n\t\t\treturn;\n",
        "",
        ["names_of_properties_are_sorted_and_count_once"]),
    Mutant(
        "property-through-a-double", (3,),
        "of the number that a property is, digits are lost",
        "\tset_text(property, arena_strdup(arena, text), strlen(text));\n",
        "\ttext = arena_printf(arena, \"%g\", json_object_get_double(value));\n"
        "\tset_text(property, text, strlen(text));\n",
        ["numbers_keep_each_digit_that_was_sent"]),
    Mutant(
        "list-of-65", (3,),
        "a list as a property may be longer than 64",
        "\tif (count > ELEMENTS_MAX) {\n",
        "\tif (count > ELEMENTS_MAX + 1) {\n",
        ["a_list_has_at_most_64_scalars",
         "test_properties_of_other_shapes_are_422"]),
    Mutant(
        "null-in-a-list", (3,),
        "a null is taken as an element of a list",
        "\tif (!property_take_scalar(decode->arena, value, element))\n",
        "\tif (value == NULL)\n\t\treturn;\n"
        "\tif (!property_take_scalar(decode->arena, value, element))\n",
        ["what_is_not_allowed_is_left_out_and_told",
         "test_properties_of_other_shapes_are_422"]),
    Mutant(
        "property-with-a-nul", (3,),
        "a name with U+0000 in it counts as its beginning",
        "\t\tif (strlen(property.name) ==\n"
        "\t\t    (size_t)json_object_get_string_len(name))\n",
        "",
        ["names_of_properties_are_sorted_and_count_once"]),
    Mutant(
        "range-cut-short", (3,),
        "of rules that ask for the same some are not found",
        "\tsize_t low = first + 1, high = set->count, middle;\n",
        "\tsize_t low = first + 1, high = first + 1, middle;\n",
        ["rules_are_found_in_the_order_of_creation"]),
    Mutant(
        "false-property-matches", (3,),
        "a property whose value is false counts as present",
        "\treturn property->type != VALUE_BOOLEAN || property->boolean;\n",
        "\treturn property->name != NULL;\n",
        ["a_property_is_there_unless_it_is_false",
         "test_the_property_must_be_there_and_not_false_or_null"]),
    Mutant(
        "rules-in-reverse", (3,),
        "rules fire last made first",
        " AND v.until = 0 ORDER BY r.id\"",
        " AND v.until = 0 ORDER BY r.id DESC\"",
        ["test_every_matching_rule_fires_in_the_order_of_creation"]),
    Mutant(
        "only-the-first-rule", (3,),
        "one rule fires and the others do not",
        "\t\tif (climbs(&giving->step))\n"
        "\t\t\tgive(giving, &overflow);\n",
        "\t\tif (giving->count == 0 && climbs(&giving->step))\n"
        "\t\t\tgive(giving, &overflow);\n",
        [CONTRACT]),
    Mutant(
        "number-gap", (2,),
        "a refused event takes a number",
        "\t        &item->award_count) == ENGINE_OVERFLOW) {\n",
        "\t        &item->award_count) == ENGINE_OVERFLOW) {\n"
        "\t\tbatch->users[item->user].events++;\n",
        ["what_is_refused_leaves_nothing_behind"]),
    Mutant(
        "ledger-number-repeated", (2,),
        "a user's ledger begins anew with every event",
        "\titem->entries_before = user->entries;\n",
        "\titem->entries_before = 0;\n",
        ["a_replay_answers_what_the_first_answer_said"]),
    Mutant(
        "ledger-number-gap", (2,),
        "an award without points takes a number of the ledger",
        "\t\tuser->entries += item->awards[i].point_scale != NULL;\n",
        "\t\tuser->entries++;\n",
        ["test_a_rule_with_a_badge_alone_gives_no_points"]),
    Mutant(
        "balance-added-on-top", (2,),
        "the new balance is added to the old one instead of replacing it",
        "\taward->balance = *balance;\n",
        "\taward->balance = *balance;\n"
        "\t*balance += *balance - points->points;\n",
        [CONTRACT]),
    Mutant(
        "ledger-of-the-last-balance", (2,),
        "a ledger entry has another balance than the award",
        "\t\t\tpack_int(&str, award->balance);\n",
        "\t\t\tpack_int(&str, award->points);\n",
        ["a_replay_answers_what_the_first_answer_said"]),
    Mutant(
        "time-goes-back", (5,),
        "a clock that was set back puts an event before an older one",
        "\tif (time <= newest)\n",
        "\tif (time <= newest && newest < 0)\n",
        ["after_the_clock_was_set_back_an_event_still_comes_last"]),
    Mutant(
        "a-day-by-utc", (3,),
        "days are those of UTC, and not of the time zone",
        "floor_div(second + offset - calendar->day_start, DAY);\n",
        "floor_div(second + 0 * offset - calendar->day_start, DAY);\n",
        ["times_are_so_many_units_apart", "units_begin_and_end"]),
    Mutant(
        "a-week-from-sunday", (3,),
        "weeks begin with Sunday",
        "enum { WEEK_DAYS = 7, EPOCH_WEEKDAY = 3 };\n",
        "enum { WEEK_DAYS = 7, EPOCH_WEEKDAY = 4 };\n",
        ["times_are_so_many_units_apart", "units_begin_and_end"]),
    Mutant(
        "a-date-left-out-counts", (3,),
        "a date that a place at the date line has left out is a day",
        "\treturn day + left_out_after(calendar, day);\n",
        "\treturn day + 0 * left_out_after(calendar, day);\n",
        ["times_are_so_many_units_apart"]),
    Mutant(
        "rules-see-no-time", (3,),
        "the rules judge an event before it has a time",
        "\t    calendar_moment(&item->app->calendar, event->timestamp);\n",
        "\t    calendar_moment(&item->app->calendar, 0);\n",
        ["an_event_is_stored_with_what_it_gave"]),
    Mutant(
        "rules-see-the-time-of-the-row", (3,),
        "where a clock was ahead, the rules see the time of the row",
        "\t\tevent->timestamp = item->time - event->ahead;\n",
        "\t\tevent->timestamp = item->time;\n",
        ["after_the_clock_was_set_back_an_event_still_comes_last"]),
    Mutant(
        "time-stays-ahead", (5,),
        "a clock that was ahead leaves a user's times in the future",
        "\t*ahead_out = time - batch->now < CLOCK_STEP ?"
        " 0 : time - batch->now;\n",
        "\t*ahead_out = 0;\n",
        ["after_the_clock_was_set_back_an_event_still_comes_last"]),
    Mutant(
        "user-s-row-is-not-ahead", (5,),
        "a user's row does not tell that the last event's is ahead",
        "\trows->columns[7].ints[n] = user->ahead;\n",
        "\trows->columns[7].ints[n] = 0;\n",
        ["after_the_clock_was_set_back_an_event_still_comes_last"]),
    Mutant(
        "verify-looks-at-no-clock", (5,),
        "verify does not compare how far events are ahead of their receipt",
        "\t\tahead = time - event->event.timestamp;\n",
        "\t\tahead = event->ahead;\n",
        ["each_kind_of_damage_is_found"]),
    Mutant(
        "refused-user-stays", (1, 4),
        "a user whose only event was refused stays",
        "\t\tn = empty->count++;\n",
        "\t\tn = empty->count;\n",
        ["the_same_id_twice_in_a_request_counts_once"]),
    Mutant(
        "users-twice", (4,),
        "the table lets a user exist twice",
        "  PRIMARY KEY (application_id, username)\n",
        "  KEY name (application_id, username)\n",
        ["a_replay_answers_what_the_first_answer_said"]),
    Mutant(
        "rules-not-read-again", (3,),
        "the cache keeps rules of an older version",
        "\tif (rules == NULL || !is_current(rules, db, stamp)) {\n",
        "\tif (rules == NULL || !is_current(rules, db, rules->stamp)) {\n",
        ["test_the_next_event_sees_a_change"]),
    Mutant(
        "change-without-version", (3,),
        "a change of a rule does not count the version up",
        "\t\tversion = query_take_int(&query) + 1;\n",
        "\t\tversion = query_take_int(&query);\n",
        ["each_kind_of_damage_is_found", "test_the_next_event_sees_a_change"]),
    Mutant(
        "old-revision-stays", (3,),
        "a replaced rule stays in force beside the new one",
        "\tif (error == OK && !fresh && catalog->end != NULL)\n",
        "\tif (error == OK && !fresh && catalog->end == NULL)\n",
        ["test_the_next_event_sees_a_change"]),
    Mutant(
        "in-use-not-checked", (2, 3),
        "a point scale or badge goes while a rule or a user has it",
        "\treturn error == OK && used ? catalog->in_use : error;\n",
        "\treturn error;\n",
        ["test_a_scale_and_a_badge_stay_while_a_rule_names_them"]),
    Mutant(
        "verify-blind", (2,),
        "verify does not see a gap in a user's numbers",
        "\tcompare_event(place, \"number\", place->event->number, fold->number + 1);\n",
        "",
        ["each_kind_of_damage_is_found"]),
    Mutant(
        "verify-without-snapshot", (),
        "verify compares what it read at different moments",
        "\"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ\"",
        "\"SET TRANSACTION ISOLATION LEVEL READ COMMITTED\"",
        ["a_snapshot_is_of_one_moment"]),
]
