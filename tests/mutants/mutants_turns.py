"""Mutants: whose events come next, and how much of it at once."""

from suite import HANGS
from table import Mutant

TOO_MUCH = "test_awards_of_all_rules_for_all_events_of_a_batch"
VERY_MUCH = "test_users_who_have_very_much"
USERS = "test_a_page_of_users_who_have_everything"
CLASSIC = "test_the_classic_list_of_users"

MUTANTS = [
    Mutant(
        "lane-to-its-end", (),
        "an application's events fill a round before another one's",
        "\t\t} else if (add_job(queue, turn, round))\n"
        "\t\t\tturn = &lane->next;\n",
        "\t\t} else\n"
        "\t\t\tadd_job(queue, turn, round);\n",
        ["applications_take_turns"]),
    Mutant(
        "first-lane-stays-first", (),
        "what is left of the first application begins the next round, too",
        "\t    queue->first->application == first)\n",
        "\t    queue->first->application != first)\n",
        ["who_came_first_comes_last_in_the_next_round"]),
    Mutant(
        "alone-again-and-again", (),
        "jobs that are applied alone let nobody come in between",
        "\tif (!queue->one_was_alone && gather_alone(queue, round_out)) {\n",
        "\tif (gather_alone(queue, round_out)) {\n",
        ["one_that_goes_alone_lets_others_come_in_between"]),
    Mutant(
        "alone-of-one-application", (),
        "whose job went alone has the next one that does, too",
        "\tif (add_job(queue, turn, round))\n"
        "\t\tput_last(queue, turn);\n",
        "\tadd_job(queue, turn, round);\n",
        ["those_that_go_alone_take_turns"]),
    Mutant(
        "alone-among-others", (),
        "a job that is to go alone is gathered with others",
        "lane->full_in == queue->rounds || lane->first->job.alone ||\n",
        "lane->full_in == queue->rounds ||\n",
        ["one_that_goes_alone_lets_others_come_in_between"]),
    Mutant(
        "round-without-end", (),
        "a transaction has as many events as have gathered",
        "\t        round->events + job->count <= queue->limits.batch_events"
        " &&\n",
        "\t        round->events <= queue->limits.batch_events &&\n",
        ["one_application_is_served_in_its_order"]),
    Mutant(
        "round-of-any-bytes", (),
        "the bodies of a round are more than a statement may have",
        "\t        round->size + job->size <= ROUND_SIZE_MAX);\n",
        "\t        job->size <= ROUND_SIZE_MAX);\n",
        ["a_round_has_so_many_bytes_and_no_more"]),
    Mutant(
        "put-back-behind", (5,),
        "a job that comes again comes after what was sent later",
        "\tjob->next = lane->first;\n"
        "\tif (lane->first == NULL)\n"
        "\t\tlane->last = &job->next;\n"
        "\tlane->first = job;\n",
        "\tjob->next = NULL;\n"
        "\t*lane->last = job;\n"
        "\tlane->last = &job->next;\n",
        ["what_is_put_back_comes_first_of_its_own"]),
    Mutant(
        "full-for-everybody", (),
        "one application's waiting events refuse everybody else's",
        "\t    own <= queue->limits.queue_events / FULL_PART;\n",
        "\t    own <= 0;\n",
        ["a_full_queue_has_room_for_those_who_have_little_in_it"]),
    Mutant(
        "full-for-nobody", (),
        "who has filled the queue goes on filling it",
        "\tconst size_t own = (lane == NULL ? 0 : lane->events) +"
        " job->count;\n",
        "\tconst size_t own = job->count;\n",
        ["a_full_queue_has_room_for_those_who_have_little_in_it"]),
    Mutant(
        "more-than-an-answer", (),
        "what a batch gives is more than its answer has room for",
        "\t\t\tneed.answers +=\n\t\t\t    event_award_size(",
        "\t\t\tneed.standings +=\n\t\t\t    event_award_size(",
        ["test_a_replay_of_very_many_awards"]),
    Mutant(
        "awards-not-counted", (),
        "what rules give is not counted before it is applied",
        "\t\tneed.answers += item->found.weight;\n",
        "\t\tneed.answers += 0;\n",
        [TOO_MUCH]),
    Mutant(
        "standings-not-counted", (),
        "what users have is read without end",
        "\t\tneed.standings = user->standing_size;\n",
        "\t\tneed.standings = 0;\n",
        [VERY_MUCH]),
    Mutant(
        "too-much-waited-for", (),
        "what no transaction has room for is tried for ever",
        "\t\tjob->error = ERR_BODY_TOO_LARGE;\n",
        "\t\tjob->postponed = job->alone = true;\n",
        [VERY_MUCH]),
    Mutant(
        "all-rules-kept", (),
        "an application has more rules than a worker has memory for",
        "\tif (app->rules->refused != OK)\n",
        "\tif (app->rules->refused != OK && batch->settling)\n",
        ["test_more_rules_than_a_worker_keeps"]),
    Mutant(
        "overloaded-told-as-database", (),
        "who sends more than can be applied hears that the database is away",
        "\t    ? ERR_DATABASE_UNAVAILABLE\n"
        "\t    : ERR_OVERLOADED;\n",
        "\t    ? ERR_DATABASE_UNAVAILABLE\n"
        "\t    : ERR_DATABASE_UNAVAILABLE;\n",
        ["test_who_sends_too_much_waits_and_the_others_do_not"]),
    Mutant(
        "page-without-end", (),
        "a page has as many items as were asked for, whatever their size",
        "\tif (call->response.body.len < PAGE_SIZE)\n",
        "\tif (call->response.body.len < RESPONSE_MAX)\n",
        [USERS]),
    Mutant(
        "classic-list-of-any-count", (),
        "a classic list has all users, however many",
        "\tif (users->count == USERS_MAX || list_is_full(users->call)) {\n",
        "\tif (list_is_full(users->call)) {\n",
        [CLASSIC]),
    Mutant(
        "classic-list-cut-silently", (),
        "a classic list does not say that there would be more",
        "\tif (cut || users.cut)\n",
        "\tif (cut && users.cut)\n",
        [CLASSIC]),
    Mutant(
        "classic-things-without-limit", (),
        "a classic list has all things of an application, however many",
        "i < count && i < CATALOG_MAX && !list_is_full(call); i++)",
        "i < count && !list_is_full(call); i++)",
        ["test_the_classic_lists_of_what_an_owner_made"]),
    Mutant(
        "answers-on-disk-without-bound", (),
        "nginx keeps on disk as much as somebody does not read",
        "fastcgi_max_temp_file_size 33m;\n",
        "fastcgi_max_temp_file_size 1024m;\n",
        ["test_what_is_kept_on_disk_of_one_answer_has_an_end"]),
    Mutant(
        "answers-hold-threads", (),
        "a client that reads slowly holds a thread of palmaresd",
        "fastcgi_max_temp_file_size 33m;\n",
        "fastcgi_max_temp_file_size 0;\n",
        ["test_an_answer_is_taken_whole_and_holds_no_thread"]),
    Mutant(
        "any-number-of-lists", (),
        "an address reads as many lists at once as it likes",
        "\tlimit_conn palmares_lists 64;\n",
        "\tlimit_conn palmares_lists 6400;\n",
        ["test_an_address_reads_so_many_lists_at_once"]),
    Mutant(
        "turn-kept-for-a-request", (),
        "half a request holds the turn of its thread",
        "\t\t    now - since < TURN_TIME)\n",
        "\t\t    now - since >= 0)\n",
        ["who_is_long_at_an_event_loses_the_turn"],
        endings=(HANGS,)),
    Mutant(
        "turn-taken-from-who-waits", (),
        "who waits for events loses the turn, and all threads wait",
        "!turns->list[i].mine || since == 0 ||\n",
        "!turns->list[i].mine ||\n",
        ["who_waits_for_events_keeps_the_turn"]),
    Mutant(
        "turn-taken-twice", (),
        "who has given the turn away loses it again, and there is one more",
        "!turns->list[i].mine || since == 0 ||\n",
        "since == 0 ||\n",
        ["what_is_given_away_is_one_turn"]),
    Mutant(
        "turn-given-twice", (),
        "each end of a request makes one turn more",
        "\tif (turn->mine)\n"
        "\t\tput_back(turns, turn);\n",
        "\tput_back(turns, turn);\n",
        ["what_is_given_away_is_one_turn"]),
    Mutant(
        "turns-for-all", (),
        "every thread waits for events, and each event wakes one",
        "\t\tturn->mine = true;\n"
        "\t\tturns->left--;\n",
        "\t\tturn->mine = true;\n",
        ["so_many_have_a_turn_and_no_more"]),
    Mutant(
        "stopped-one-by-one", (),
        "of the threads that want a turn one alone hears of the end",
        "\tpthread_cond_broadcast(&turns->free);\n",
        "\tpthread_cond_signal(&turns->free);\n",
        ["at_the_end_nobody_has_a_turn"],
        endings=(HANGS,)),
]
