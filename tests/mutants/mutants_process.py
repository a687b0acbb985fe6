"""Mutants: processes, signals, and the way of an answer."""

from table import Mutant

HUP = "test_hup_replaces_the_workers_without_a_failed_request"
TERM = "test_term_finishes_what_was_begun_and_then_exits"

MUTANTS = [
    Mutant(
        "term-drops-jobs", (1,),
        "a worker that is to end drops what it has begun",
        "\twhile (server->busy > 0)\n"
        "\t\tpthread_cond_wait(&server->all_idle, &server->mutex);\n",
        "",
        [TERM]),
    Mutant(
        "term-kills", (1,),
        "the master kills its workers instead of letting them end",
        "\tkill(process->pid, SIGTERM);\n",
        "\tkill(process->pid, SIGKILL);\n",
        [TERM]),
    Mutant(
        "hup-closes-kept-connections", (),
        "a worker that ends closes connections that nginx keeps",
        "\t} else if (sendmsg(handover->give, &message, MSG_NOSIGNAL) < 0)\n",
        "\t} else if (room.fd < 0)\n",
        ["test_hup_closes_no_kept_connection"]),
    Mutant(
        "hup-closes-listener", (),
        "a restart takes the socket away for a moment",
        "\tlog_info(\"event=restarting\");\n",
        "\tlog_info(\"event=restarting\");\n"
        "\tlistener_close(&master->listener);\n"
        "\tclock_sleep(200000);\n"
        "\t(void)!listener_open(\n"
        "\t    &master->settings, NULL, 0, &master->listener);\n",
        [HUP]),
    Mutant(
        "hup-stops-before-it-starts", (),
        "a restart ends the old workers before there are new ones",
        "\tif (load_settings(master))\n"
        "\t\tmaster->generation++;\n",
        "\tif (load_settings(master)) {\n"
        "\t\tfor (size_t i = 0; i < PROCESSES_MAX; i++)\n"
        "\t\t\tif (master->processes[i].state == PROCESS_READY)\n"
        "\t\t\t\tkill(master->processes[i].pid, SIGKILL);\n"
        "\t\tmaster->generation++;\n"
        "\t}\n",
        [HUP]),
    Mutant(
        "restart-drops-kept-connections", (),
        "connections that nginx keeps end with the last worker",
        "\t\tif (!manager_keep(\n"
        "\t\t        manager, kept->fds + kept->count - part, part))\n"
        "\t\t\treturn false;\n",
        "",
        ["test_a_restart_under_load_loses_no_request",
         "test_a_request_on_a_kept_connection_waits_for_the_new_process"]),
    Mutant(
        "untaken-connections-closed", (),
        "connections that the service manager has no room for are closed",
        "\t\tif (!manager_keep(\n"
        "\t\t        manager, kept->fds + kept->count - part, part))\n"
        "\t\t\treturn false;\n",
        "\t\t(void)!manager_keep(\n"
        "\t\t    manager, kept->fds + kept->count - part, part);\n",
        ["test_a_manager_that_takes_nothing_for_a_while_gets_all"]),
    Mutant(
        "end-before-the-manager-has-read", (),
        "the master ends while its connections are under way to the manager",
        "\telse if (kept->given && !manager_settle(manager, deadline))\n",
        "\telse if (!kept->given && !manager_settle(manager, deadline))\n",
        ["test_a_manager_that_is_late_has_all_when_the_process_ends"]),
    Mutant(
        "end-waits-for-a-deaf-manager", (),
        "a service manager that never reads keeps the master from its end",
        "\t    clock_monotonic() < deadline)\n"
        "\t\tclock_sleep(PAUSE);\n",
        "\t    clock_monotonic() > 0)\n"
        "\t\tclock_sleep(PAUSE);\n",
        ["test_the_end_waits_for_it_no_longer_than_it_must"]),
    Mutant(
        "serves-in-a-migration", (),
        "a new worker refuses requests while the tables are being made",
        "\tif (!watch_hold(settings, watch, &fine))\n"
        "\t\treturn EXIT_SUCCESS;\n",
        "",
        ["test_a_request_is_answered_when_the_migration_is_done"]),
    Mutant(
        "ready-too-early", (),
        "a new worker takes requests before it has a connection for them",
        "\tpool_warm(service->pool);\n",
        "",
        ["test_a_worker_that_is_ready_has_its_connections"]),
    Mutant(
        "no-sign-of-life", (),
        "the service manager takes a living master for a dead one",
        "\tmanager_ping(&announcer->manager);\n",
        "",
        ["test_it_is_pinged_in_time_while_the_master_lives"]),
    Mutant(
        "crash-not-mended", (),
        "a worker that died is not replaced",
        "\t\t    process->generation == master->generation &&\n"
        "\t\t    (process->state == PROCESS_STARTING ||\n"
        "\t\t        process->state == PROCESS_READY))\n",
        "\t\t    process->generation == master->generation)\n",
        ["test_all_workers_killed_at_once_come_back"]),
    Mutant(
        "orphans", (),
        "workers outlive a master that was killed",
        "\tprctl(PR_SET_PDEATHSIG, SIGTERM);\n",
        "",
        ["test_a_killed_master_leaves_no_workers_behind"]),
    Mutant(
        "replay-is-201", (4,),
        "a replay has the status of a new event",
        "\tjw = call_json(call, event->replayed ? 200 : 201);\n",
        "\tjw = call_json(call, 201);\n",
        ["test_a_replay_answers_the_stored_outcome"]),
    Mutant(
        "body-cut-short", (1,),
        "a body that breaks off half-way is taken for a whole one",
        "\tif (got < expected)\n"
        "\t\treturn ERR_BODY_INCOMPLETE;\n",
        "",
        ["test_the_daemon_checks_the_length_itself"]),
    Mutant(
        "turn-never-taken", (),
        "who waits for the rest of a request lets nobody else take one",
        "enum { TURN_TIME = 10000 };",
        "enum { TURN_TIME = 600000000 };",
        ["test_half_a_fastcgi_request_holds_up_nobody",
         "test_who_does_not_read_an_answer_holds_up_nobody"]),
    Mutant(
        "core-dumps", (),
        "a worker that crashes leaves keys and passwords in a core file",
        "\tprctl(PR_SET_DUMPABLE, settings.core_dumps);\n",
        "",
        ["test_no_process_may_leave_a_core"]),
]
