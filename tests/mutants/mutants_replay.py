"""Mutants: the same event again, and whose answer is whose."""

from table import Mutant

REPLAY = "a_replay_answers_what_the_first_answer_said"

MUTANTS = [
    Mutant(
        "event-id-not-unique", (1, 4),
        "the table lets two events have one id",
        "  UNIQUE KEY event_id (application_id, event_id),\n",
        "  KEY event_id (application_id, event_id),\n",
        ["an_id_that_two_users_bring_at_once_is_stored_once"],
        short=True),
    Mutant(
        "replay-not-looked-up", (1, 4),
        "stored event ids are not looked up",
        "\t\tif (!batch->items[i].event->id_made || batch->settling)\n",
        "\t\tif (batch->settling)\n",
        [REPLAY]),
    Mutant(
        "replay-within-a-batch", (1, 4),
        "the same id twice in a transaction is not noticed",
        "\t*place = (struct known) {\n"
        "\t    item->app->application, &item->event->event, NULL, false};\n",
        "\t(void)place;\n",
        ["the_same_id_twice_in_a_request_counts_once"]),
    Mutant(
        "replay-not-compared", (4,),
        "the same id with another content is answered as a replay",
        "\tif (event->differs != NULL) {\n",
        "\tif (false) {\n",
        [REPLAY],
        short=True),
    Mutant(
        "future-not-refused", (),
        "an event may lie in any future",
        "\treturn time - now > ",
        "\treturn false && time - now > ",
        ["test_beyond_the_limit_it_is_refused"]),
    Mutant(
        "replay-in-the-future-refused", (4,),
        "what was stored is refused for its time when it comes again",
        "\tif (place->event != NULL) {\n",
        "\tif (place->event != NULL && item->event->in_future == NULL) {\n",
        ["what_lies_in_the_future_is_refused_unless_it_is_stored",
         "test_a_replay_is_answered_whatever_the_setting_is_now"]),
    Mutant(
        "properties-not-compared", (4,),
        "a replay may have other properties",
        "\tif (!same_properties(stored->properties, sent->properties))\n",
        "\tif (false)\n",
        ["test_another_content_is_422_event_id_reused"]),
    Mutant(
        "timestamp-not-compared", (4,),
        "a replay may have another timestamp",
        "\t    (sent->timestamp_given && stored->timestamp !="
        " sent->timestamp) ||\n",
        "",
        ["test_another_content_is_422_event_id_reused"]),
    Mutant(
        "replay-judged-anew", (4,),
        "a replay answers what the rules would give now",
        "\tevent->award_count = known->award_count;\n",
        "\tevent->award_count = 0;\n",
        [REPLAY]),
    Mutant(
        "replay-without-badge", (4,),
        "a replay's answer does not name the badge that the event won",
        "\t\tevent->awards[i].badge = copy_text(arena, award->badge);\n",
        "\t\tevent->awards[i].badge = NULL;\n",
        [REPLAY]),
    Mutant(
        "own-row-told-as-replay", (4,),
        "after a lost COMMIT the writer is told that it repeats itself",
        "\tevent->replayed = !known->ours || known->event->row !="
        " event->tried_row;\n",
        "\tevent->replayed = true;\n",
        ["a_commit_whose_reply_is_lost_is_applied_once"]),
    Mutant(
        "answer-of-another-application", (4, 6),
        "an id is taken for the same one in another application",
        "\t\t    (place->application == application &&\n"
        "\t\t        strcmp(place->event->id, id) == 0))\n",
        "\t\t    strcmp(place->event->id, id) == 0)\n",
        ["two_applications_share_nothing_in_a_transaction"]),
    Mutant(
        "answers-swapped", (4,),
        "a batch's results stand in another order than its events",
        "\t\twrite_result(&jw, batch, i);\n",
        "\t\twrite_result(&jw, batch, batch->count - 1 - i);\n",
        ["test_events_are_applied_in_the_order_given"]),
    Mutant(
        "refusal-of-a-neighbour", (1,),
        "a request is refused for the key of one gathered with it",
        "\t\tjobs[i]->error = check_job(batch, jobs[i]);\n",
        "\t\tjobs[i]->error = check_job(batch, jobs[0]);\n",
        ["a_request_is_refused_for_its_own_key_alone"]),
    Mutant(
        "awards-of-a-neighbour", (4,),
        "of several events read together, one has another's awards",
        "\t\t    : event_unpack(arena, &events[i]);\n"
        "\t}\n",
        "\t\t    : event_unpack(arena, &events[i]);\n"
        "\t\tevents[i].awards = events[0].awards;\n"
        "\t}\n",
        ["test_replays_and_reused_ids_within_and_across_batches",
         "test_newest_received_comes_first_whatever_the_timestamps"]),
]
