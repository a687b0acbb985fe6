"""Mutants: what rules can say beyond a type and a number."""

from table import Mutant

TABLES = "the_tables_of_the_contract_come_out_right"
HOLD = "conditions_hold_as_the_contract_says"
TOLD = "faults_are_told_where_they_stand"

MUTANTS = [
    Mutant(
        "window-closed-on-both-sides", (3,),
        "an event at the open end of a window is in it",
        "\t\treturn unit > now - unit_length(span) && unit <= now;\n",
        "\t\treturn unit >= now - unit_length(span) && unit <= now;\n",
        [TABLES]),
    Mutant(
        "window-of-what-came-later", (3,),
        "a late event's window has what happened after it",
        "\t\treturn unit > now - unit_length(span) && unit <= now;\n",
        "\t\treturn unit > now - unit_length(span);\n",
        [TABLES]),
    Mutant(
        "limit-by-rule", (3,),
        "a limit counts the awards of all days together",
        "\treturn unit == now;\n",
        "\treturn true;\n",
        [TABLES],
        short=True),
    Mutant(
        "a-weeks-limit-by-days", (3,),
        "what is limited per week is limited per day",
        "\t    limit->seconds != 0 ? SPAN_SECONDS : limit->per,"
        " limit->seconds};\n",
        "\t    limit->seconds != 0 ? SPAN_SECONDS : limit->per == UNIT_WEEK"
        " ? UNIT_DAY : limit->per, limit->seconds};\n",
        [TABLES]),
    Mutant(
        "limit-one-more", (3,),
        "a limit allows one award more",
        "\t\tif (units_sum(step, STATE_AWARDS, &span) >= limit->times)\n",
        "\t\tif (units_sum(step, STATE_AWARDS, &span) > limit->times)\n",
        [TABLES]),
    Mutant(
        "first-limit-only", (3,),
        "of several limits the first one holds",
        "\treturn *at < limits->count ? &list[(*at)++] : NULL;\n",
        "\treturn *at < 1 && limits->count > 0 ? &list[(*at)++] : NULL;\n",
        [TABLES]),
    Mutant(
        "late-event-resets-a-cap", (3,),
        "a late event makes its unit the newest one",
        "\tif (!first && now <= newest)\n\t\treturn newest;\n",
        "\t(void)first;\n\t(void)newest;\n",
        [TABLES]),
    Mutant(
        "never-too-late", (3,),
        "an event counts however late it is, where nothing is known any more",
        "\treturn UNITS_LATE * unit_length(span);\n",
        "\treturn 2 * UNITS_LATE * unit_length(span);\n",
        [TABLES]),
    Mutant(
        "limits-are-kept-for-ever", (),
        "a standing grows with the years",
        "\tunits_forget(step, kind, span->sort, oldest);\n",
        "\t(void)oldest;\n",
        ["what_no_late_event_can_reach_is_forgotten"]),
    Mutant(
        "a-multiple-fires-twice", (3,),
        "two runs that are joined fire for what each has fired for",
        "\t\t    next == 1 ? fired : 0);\n",
        "\t\t    0);\n",
        [TABLES]),
    Mutant(
        "runs-are-not-joined", (3,),
        "a late day joins two runs, and the second one does not know",
        "\tif (after != unit)\n",
        "\tif (after == unit)\n",
        [TABLES]),
    Mutant(
        "grace-of-one-more", (3,),
        "a run goes on over one missed unit more",
        "\tfor (distance = 1; distance <= streak->grace + 1; distance++) {\n",
        "\tfor (distance = 1; distance <= streak->grace + 2; distance++) {\n",
        [TABLES]),
    Mutant(
        "a-streak-forgets-too-early", (3,),
        "of a run only what is at the newest unit is known",
        "newest - UNITS_LATE - streak->grace - 1;\n",
        "newest;\n",
        [TABLES]),
    Mutant(
        "a-streak-fires-each-day", (3,),
        "a run that was long enough fires at each further unit",
        "\t*touch(step, STATE_FIRED, streak, last) = due;\n",
        "",
        [TABLES]),
    Mutant(
        "valid-until-the-end", (3,),
        "a rule is in force at the time when it ends",
        "\treturn validity->from <= time && time < validity->until;\n",
        "\treturn validity->from <= time && time <= validity->until;\n",
        [TABLES]),
    Mutant(
        "ne-false-for-a-missing-property", (3,),
        "a property that is missing is not unlike a value",
        "\treturn condition->op == OPERATOR_NE ||\n",
        "\treturn\n",
        [HOLD]),
    Mutant(
        "between-open-at-its-end", (3,),
        "between leaves its second value out",
        "\t    order_of(condition, value, &ends[1]) <= 0;\n",
        "\t    order_of(condition, value, &ends[1]) < 0;\n",
        [HOLD]),
    Mutant(
        "numbers-as-doubles", (3,),
        "numbers are compared to some digits only",
        "\tfor (i = 0; i < shared; i++) {\n",
        "\tfor (i = 0; i < shared && i < 15; i++) {\n",
        [HOLD, "others_are_not"]),
    Mutant(
        "a-string-is-its-number", (3,),
        "\"5\" is 5",
        "\tif (value->type != wanted->type)\n\t\treturn false;\n",
        "\tif (value->type == VALUE_STRING && wanted->type == VALUE_NUMBER)\n"
        "\t\treturn number_equal(value->text, wanted->text);\n"
        "\tif (value->type != wanted->type)\n\t\treturn false;\n",
        [HOLD]),
    Mutant(
        "case-never-matters", (3,),
        "letters are the same, large or small, without being asked",
        "\tif (!ignore_case)\n\t\treturn memcmp(one, other, length);\n",
        "\t(void)ignore_case;\n",
        [HOLD]),
    Mutant(
        "any-is-all", (3,),
        "a group of which any must hold is one of which all must",
        "? true_ones > 0 : true_ones == 0;\n",
        "? true_ones > 1 : true_ones == 0;\n",
        [HOLD]),
    Mutant(
        "distinct-by-its-text", (3,),
        "7 and 7.0 are two values",
        "\t\tstr_adds(text, number_canonical(arena, value->text));\n",
        "\t\tstr_adds(text, arena == NULL ? \"\" : value->text);\n",
        [TABLES]),
    Mutant(
        "distinct-without-the-type", (3,),
        "7 and \"7\" are one value",
        "\t\tstr_addf(text, \"%zu:\", value->length);\n",
        "",
        [TABLES]),
    Mutant(
        "a-value-is-seen-too-early", (3,),
        "a value is used up by an event that did not count",
        "    .on[FRESH] = fresh,\n    .on[COUNTS] = counts,\n",
        "    .on[FRESH] = fresh,\n    .on[ASKS] = counts,\n",
        [TABLES]),
    Mutant(
        "repeat-goes-on-counting", (3,),
        "after an award the next event is due again",
        "\t*step_touch(step, STATE_GIVEN, rule) = 1;\n"
        "\tif (count->repeat)\n"
        "\t\tuse(step, count);\n",
        "\t*step_touch(step, STATE_GIVEN, rule) = 1;\n"
        "\tif (count->repeat && count->times < 0)\n"
        "\t\tuse(step, count);\n",
        [TABLES]),
    Mutant(
        "priority-from-low-to-high", (3,),
        "the lowest priority is tried first",
        "\t\treturn a > b ? -1 : 1;\n",
        "\t\treturn a < b ? -1 : 1;\n",
        [TABLES, "test_priority_orders_the_awards"]),
    Mutant(
        "undo-forgets-what-was-dropped", (2, 3),
        "what an event that is refused has used up is gone",
        "\tremember(step->undo, (struct change) {kind, true, *slot});\n",
        "",
        ["a_refused_event_changes_nothing",
         "test_a_refused_event_leaves_no_trace"]),
    Mutant(
        "milestones-looked-at-once", (3,),
        "a milestone that waits for one behind it waits for another event",
        "\t\t\tmore |= give(giving, &overflow);\n",
        "\t\t\tgive(giving, &overflow);\n",
        [TABLES, "test_m1_milestones"]),
    Mutant(
        "a-milestone-again-and-again", (3,),
        "a milestone is given with each event",
        "\t\t\tif (step_get(step, STATE_GIVEN, step->rule->id) != 0 ||\n",
        "\t\t\tif ((step->award > giving->awards + 1 &&\n"
        "\t\t\t        step_get(step, STATE_GIVEN, step->rule->id) != 0)"
        " ||\n",
        [TABLES]),
    Mutant(
        "points-rounded-up", (3,),
        "a product is rounded away from zero",
        "\tif (digit == 0 || place < 0)\n\t\treturn;\n",
        "\tif (digit == 0 || place < -1)\n\t\treturn;\n"
        "\tif (place == -1) {\n\t\ttotal->value++;\n\t\treturn;\n\t}\n",
        ["a_product_is_exact_and_cut_off_towards_zero"]),
    Mutant(
        "days-of-now-for-the-past", (3,),
        "verify folds all events by the time zone of today",
        "\treturn &verify->calendars[low];\n",
        "\treturn &verify->calendars[verify->time_count - 1];\n",
        ["test_verify_folds_each_event_by_its_own_days"]),
    Mutant(
        "days-not-kept", (3,),
        "the days of before a change are forgotten",
        "\tif (!has_same_days(before, application))\n"
        "\t\terror = keep(db, before, version);\n",
        "\t(void)keep;\n",
        ["test_verify_folds_each_event_by_its_own_days"]),
    Mutant(
        "lists-of-any-length", (),
        "a list may be longer than its table says",
        "(int64_t)count < field->min || (int64_t)count > field->max) {\n",
        "(int64_t)count < field->min) {\n",
        [TOLD]),
    Mutant(
        "objects-are-not-judged", (),
        "an object that is wrong as a whole is taken",
        "\tfault = shape->check(object_out);\n",
        "\tfault = (struct member_fault) {.member = NULL};\n",
        [TOLD]),
    Mutant(
        "judged-though-faulty", (),
        "an object is judged by what stands in a faulty member's place",
        "\tif (shape->check == NULL || may_be_faulty(source))\n",
        "\t(void)may_be_faulty;\n\tif (shape->check == NULL)\n",
        [TOLD, "no_check_is_asked_when_no_fault_would_be_kept"]),
    Mutant(
        "required-and-left-out", (),
        "a rule is stored without what it must have, and cannot be read",
        "return !required && *(const int64_t *)member == field->fallback;\n",
        "return *(const int64_t *)member == field->fallback;\n",
        ["what_is_written_is_read_as_the_same",
         "a_document_has_what_a_rule_must_have"]),
    Mutant(
        "below-zero-as-above", (3,),
        "of two numbers below zero the one farther from it is the greater",
        "\treturn sign * compare_absolute(&a, &b);\n",
        "\treturn compare_absolute(&a, &b);\n",
        ["numbers_are_compared_by_what_they_are"]),
    Mutant(
        "objects-stay-in-their-arena", (),
        "a rule that is kept has objects in memory that is free",
        "\tif (*object != NULL)\n"
        "\t\t*object = keep_items(field->shape, arena, *object, 1);\n",
        "\t(void)field;\n\t(void)arena;\n\t(void)object;\n",
        ["what_is_kept_outlives_its_arena"]),
]
