"""Mutants: what bodies may be, and whose fault is whose."""

from table import Mutant

STOPS_NONE = "test_one_odd_event_stops_no_other_of_its_batch"

MUTANTS = [
    Mutant(
        "fault-of-the-whole-batch", (1,),
        "what the parser finds in one event refuses all of its batch",
        "\t    ? &batch->faults[index]\n"
        "\t    : NULL;\n",
        "\t    ? NULL\n"
        "\t    : NULL;\n",
        [STOPS_NONE]),
    Mutant(
        "faults-of-all-items-together", (1,),
        "behind the tenth fault of a batch an event with one is taken",
        "\tfaults->item = faults->tail;\n"
        "\tfaults->item_count = 0;\n",
        "\tfaults->item = faults->tail;\n",
        ["each_item_has_room_for_its_faults",
         "test_many_odd_events_are_each_told_and_none_is_taken"]),
    Mutant(
        "name-cut-at-nul", (1,),
        "json-c sees a member whose name has a NUL, and takes it for another",
        "\tif (name_is_nameless(check, parent, name, string.lone))\n"
        "\t\treturn false;\n",
        "\tif (name_is_nameless(check, parent, name, string.lone))\n"
        "\t\treturn true;\n",
        ["what_no_pointer_can_name_is_left_out_of_its_object"]),
    Mutant(
        "integer-through-a-double", (2,),
        "whole numbers beyond 2^53 that have a point are others",
        "\tconst enum number_kind kind =\n"
        "\t    number_int64(json_object_to_json_string(source->value),"
        " &number);\n",
        "\tconst enum number_kind kind = NUMBER_WHOLE;\n"
        "\n"
        "\tnumber = (int64_t)json_object_get_double(source->value);\n",
        ["integers_are_taken_to_the_edges_of_int64"]),
    Mutant(
        "put-of-the-same-written", (),
        "a PUT of what a GET answered makes a new ETag",
        "\tif (changes_nothing(change, object, existing))\n"
        "\t\treturn OK;\n",
        "\t(void)changes_nothing(change, object, existing);\n",
        ["test_what_a_get_answered_can_be_put_again"]),
    Mutant(
        "classic-checks-what-it-ignores", (),
        "a classic body is refused for members that mean nothing there",
        "\tif (decode->lenient && (field->flags & FIELD_STRICT) != 0)\n",
        "\tif (decode->lenient && (field->flags & FIELD_REQUIRED) != 0)\n",
        ["some_members_are_unknown_to_a_lenient_decoder"]),
    Mutant(
        "v1-ignores-members", (2,),
        "some members of v1's bodies count for nothing",
        "\tif (decode->lenient && (field->flags & FIELD_STRICT) != 0)\n",
        "\tif ((field->flags & FIELD_STRICT) != 0)\n",
        ["some_members_are_unknown_to_a_lenient_decoder"]),
]
