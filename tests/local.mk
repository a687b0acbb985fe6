# tests/local.mk: the unit tests; "make check" needs no server and no network

TESTS += tests/check-completion.sh tests/check-docs.sh tests/check-layers.sh \
	tests/abuse/test_abuse.py tests/bench/test_bench.py \
	tests/faults/test_history.py \
	tests/model/check_model.py \
	tests/mutants/test_suite.py
check_PROGRAMS += tests/model/player
tests_model_player_LDADD = librules.a libengine.a libbase.a $(SODIUM_LIBS) \
	$(BASE_LIBS)
EXTRA_DIST += tests/fuzz/corpus tests/store/run.sh \
	tests/model/check_model.py tests/model/foreign.py \
	tests/model/model.py \
	$(filter-out %/local.mk %/unit %/fuzz %/store %/newer %/model, \
	$(wildcard $(srcdir)/tests/*))

if HAVE_CMOCKA
# A test of another layer adds that layer's archive, see below.
UNIT_TESTS = \
	tests/unit/test_api_metrics \
	tests/unit/test_api_metrics_histograms \
	tests/unit/test_api_metrics_workers \
	tests/unit/test_api_route \
	tests/unit/test_base_allocate \
	tests/unit/test_base_arena \
	tests/unit/test_base_calendar \
	tests/unit/test_base_clock \
	tests/unit/test_base_config \
	tests/unit/test_base_decode \
	tests/unit/test_base_decode_types \
	tests/unit/test_base_error \
	tests/unit/test_base_field \
	tests/unit/test_base_field_faults \
	tests/unit/test_base_json \
	tests/unit/test_base_json_faults \
	tests/unit/test_base_json_library \
	tests/unit/test_base_json_limits \
	tests/unit/test_base_json_members \
	tests/unit/test_base_json_strings \
	tests/unit/test_base_json_write \
	tests/unit/test_base_log \
	tests/unit/test_base_number \
	tests/unit/test_base_pack \
	tests/unit/test_base_str \
	tests/unit/test_base_text \
	tests/unit/test_base_zone \
	tests/unit/test_ctl_child \
	tests/unit/test_ctl_dump \
	tests/unit/test_daemon_turn \
	tests/unit/test_engine_engine \
	tests/unit/test_engine_model \
	tests/unit/test_engine_rules \
	tests/unit/test_engine_scenarios \
	tests/unit/test_engine_state \
	tests/unit/test_http_request \
	tests/unit/test_http_response \
	tests/unit/test_http_router \
	tests/unit/test_rules_conditions \
	tests/unit/test_rules_properties \
	tests/unit/test_store_award \
	tests/unit/test_store_standing \
	tests/unit/test_store_statements \
	tests/unit/test_work_queue \
	tests/unit/test_work_settings
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
AM_CPPFLAGS += $(CMOCKA_CFLAGS)
check_LIBRARIES += libunittest.a
libunittest_a_SOURCES = \
	tests/unit/bytes_test.c tests/unit/bytes_test.h \
	tests/unit/decode_test.c tests/unit/decode_test.h \
	tests/unit/engine_test.c tests/unit/engine_test.h \
	tests/unit/field_test.c tests/unit/field_test.h \
	tests/unit/json_test.c tests/unit/json_test.h \
	tests/unit/plain_rule.c tests/unit/plain_rule.h \
	tests/unit/random_case.c tests/unit/random_case.h \
	tests/unit/unit_test.c tests/unit/unit_test.h
LDADD = libunittest.a libbase.a $(CMOCKA_LIBS) $(BASE_LIBS)
# These have routes of their own, which must come before the archive's.
METRICS_TEST = tests/unit/metrics_test.c tests/unit/metrics_test.h
tests_unit_test_api_metrics_SOURCES = \
	tests/unit/test_api_metrics.c $(METRICS_TEST)
tests_unit_test_api_metrics_LDADD = libapi.a libwork.a $(LDADD)
tests_unit_test_api_metrics_histograms_SOURCES = \
	tests/unit/test_api_metrics_histograms.c $(METRICS_TEST)
tests_unit_test_api_metrics_histograms_LDADD = libapi.a libwork.a $(LDADD)
tests_unit_test_api_metrics_workers_SOURCES = \
	tests/unit/test_api_metrics_workers.c $(METRICS_TEST)
tests_unit_test_api_metrics_workers_LDADD = libapi.a libwork.a $(LDADD)
tests_unit_test_api_route_LDADD = libunittest.a $(LAYERS) $(LAYER_LIBS) $(CMOCKA_LIBS)
# As the programs have it: in no archive.
tests_unit_test_base_allocate_SOURCES = \
	tests/unit/test_base_allocate.c src/base/allocate.c
# What the programs are made of is in no archive either.
tests_unit_test_ctl_child_SOURCES = tests/unit/test_ctl_child.c src/ctl/child.c
tests_unit_test_ctl_dump_SOURCES = tests/unit/test_ctl_dump.c src/ctl/dump.c
tests_unit_test_ctl_dump_LDADD = $(LDADD) $(SODIUM_LIBS)
tests_unit_test_daemon_turn_SOURCES = \
	tests/unit/test_daemon_turn.c src/daemon/turn.c
ENGINE_LIBS = libunittest.a librules.a libengine.a $(LDADD) $(SODIUM_LIBS)
tests_unit_test_engine_engine_LDADD = $(ENGINE_LIBS)
tests_unit_test_engine_model_LDADD = $(ENGINE_LIBS)
tests_unit_test_engine_rules_LDADD = $(ENGINE_LIBS)
tests_unit_test_engine_scenarios_LDADD = $(ENGINE_LIBS)
tests_unit_test_rules_conditions_LDADD = $(ENGINE_LIBS)
tests_unit_test_engine_state_LDADD = $(ENGINE_LIBS)
tests_unit_test_http_request_LDADD = libhttp.a $(LDADD) $(SODIUM_LIBS)
tests_unit_test_http_response_LDADD = libhttp.a $(LDADD) $(SODIUM_LIBS)
tests_unit_test_http_router_LDADD = libhttp.a $(LDADD)
tests_unit_test_rules_properties_LDADD = libunittest.a librules.a $(LDADD)
tests_unit_test_work_queue_LDADD = libunittest.a libwork.a $(LDADD)
tests_unit_test_work_settings_LDADD = libwork.a $(LDADD)
PACK_LIBS = libstore.a $(ENGINE_LIBS)
tests_unit_test_store_award_LDADD = $(PACK_LIBS)
tests_unit_test_store_standing_LDADD = $(PACK_LIBS)
tests_unit_test_store_statements_LDADD = libunittest.a $(LAYERS) $(LAYER_LIBS) $(CMOCKA_LIBS)

# The store against a private mariadbd: "make check-integration" runs them.
STORE_TESTS = \
	tests/store/test_store_galera \
	tests/store/test_store_ingest \
	tests/store/test_store_ingest_commit \
	tests/store/test_store_ingest_workers \
	tests/store/test_store_jobs \
	tests/store/test_store_migrate \
	tests/store/test_store_pool \
	tests/store/test_store_query \
	tests/store/test_store_race \
	tests/store/test_store_restore \
	tests/store/test_store_settle \
	tests/store/test_store_tx \
	tests/store/test_store_verify
EXTRA_PROGRAMS += $(STORE_TESTS)
EXTRA_LIBRARIES += libstoretest.a
CLEANFILES += $(STORE_TESTS) libstoretest.a
libstoretest_a_SOURCES = \
	tests/store/ingest_test.c tests/store/ingest_test.h \
	tests/store/proxy.c tests/store/proxy.h \
	tests/store/store_test.c tests/store/store_test.h \
	tests/unit/plain_rule.c tests/unit/plain_rule.h
STORE_TEST_LIBS = libstoretest.a $(STORE_LAYERS) \
	$(MARIADB_LIBS) $(SODIUM_LIBS) $(CMOCKA_LIBS) $(BASE_LIBS)
tests_store_test_store_galera_LDADD = $(STORE_TEST_LIBS)
tests_store_test_store_ingest_LDADD = $(STORE_TEST_LIBS)
tests_store_test_store_ingest_commit_LDADD = $(STORE_TEST_LIBS)
tests_store_test_store_ingest_workers_LDADD = $(STORE_TEST_LIBS)
tests_store_test_store_jobs_LDADD = $(STORE_TEST_LIBS)
tests_store_test_store_migrate_LDADD = $(STORE_TEST_LIBS)
tests_store_test_store_pool_LDADD = $(STORE_TEST_LIBS)
tests_store_test_store_query_LDADD = $(STORE_TEST_LIBS)
tests_store_test_store_race_LDADD = $(STORE_TEST_LIBS)
tests_store_test_store_restore_LDADD = $(STORE_TEST_LIBS)
tests_store_test_store_settle_LDADD = $(STORE_TEST_LIBS)
tests_store_test_store_tx_LDADD = $(STORE_TEST_LIBS)
tests_store_test_store_verify_LDADD = $(STORE_TEST_LIBS)
else
NO_CMOCKA = no-cmocka
endif

# The programs of a later release, with a migration more: what upgrades and
# downgrades are tested with. Its list of migrations comes before the archive's.
NEWER = tests/newer/palmaresctl tests/newer/palmaresd
NEWER_MIGRATIONS = $(MIGRATIONS) $(wildcard $(srcdir)/tests/newer/*.sql)
EXTRA_DIST += $(wildcard $(srcdir)/tests/newer/*.sql)
EXTRA_PROGRAMS += $(NEWER)
CLEANFILES += $(NEWER) tests/newer/migrations_data.c
tests_newer_palmaresctl_SOURCES = $(src_palmaresctl_SOURCES)
nodist_tests_newer_palmaresctl_SOURCES = tests/newer/migrations_data.c
tests_newer_palmaresctl_LDADD = $(LAYERS) $(LAYER_LIBS)
tests_newer_palmaresd_SOURCES = $(src_palmaresd_SOURCES)
nodist_tests_newer_palmaresd_SOURCES = tests/newer/migrations_data.c
tests_newer_palmaresd_LDADD = $(LAYERS) $(LAYER_LIBS)
tests/newer/migrations_data.c: $(NEWER_MIGRATIONS) src/db/migrations.list
	$(AM_V_at)$(MKDIR_P) tests/newer
	$(AM_V_GEN)$(EMBED) -l migrations_data $(NEWER_MIGRATIONS) >$@.tmp && \
	    mv $@.tmp $@

.PHONY: no-cmocka check-routes
check-local: $(NO_CMOCKA) check-routes
no-cmocka:
	@echo "make check needs cmocka: apt-get install libcmocka-dev," \
	    "then run configure again" >&2
	@exit 1

# openapi.yaml has the routes that the daemon has, and no others.
check-routes: src/palmaresd
	$(srcdir)/tests/openapi/check-routes.sh src/palmaresd

# The fuzz targets: "make check" replays their corpora, "make fuzz" goes on from
# there. A target that needs a store has a false one: see its file.
FUZZ_TARGETS = \
	tests/fuzz/fuzz_config \
	tests/fuzz/fuzz_decode \
	tests/fuzz/fuzz_event \
	tests/fuzz/fuzz_json \
	tests/fuzz/fuzz_key \
	tests/fuzz/fuzz_page \
	tests/fuzz/fuzz_path \
	tests/fuzz/fuzz_request \
	tests/fuzz/fuzz_row \
	tests/fuzz/fuzz_rule \
	tests/fuzz/fuzz_serve \
	tests/fuzz/fuzz_time \
	tests/fuzz/fuzz_zone
check_PROGRAMS += $(FUZZ_TARGETS) tests/fuzz/render_json
check_LIBRARIES += libfuzz.a
TESTS += $(FUZZ_TARGETS) tests/fuzz/differential.py
libfuzz_a_SOURCES = tests/fuzz/fuzz.c tests/fuzz/fuzz.h tests/fuzz/main.c \
	tests/unit/plain_rule.c tests/unit/plain_rule.h
FUZZ_LDADD = libfuzz.a $(LAYERS) $(LIBFUZZER) $(LAYER_LIBS)
tests_fuzz_fuzz_config_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_decode_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_event_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_json_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_key_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_page_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_path_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_request_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_row_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_rule_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_serve_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_time_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_zone_LDADD = $(FUZZ_LDADD)
# What the linker puts in the place of the store, see false_store.h.
FALSE_STORE = application_by_app_key application_count application_get \
	application_lock catalog_delete catalog_get catalog_list \
	catalog_replace catalog_write \
	committer_submit event_get event_list key_find pool_give pool_take \
	reader_submit tx_run user_list user_points user_told users_read
WRAP_FALSE_STORE = $(AM_LDFLAGS) $(addprefix -Wl$(comma)--wrap=,$(FALSE_STORE))
comma = ,
tests_fuzz_fuzz_event_SOURCES = tests/fuzz/fuzz_event.c \
	tests/fuzz/fuzz_engine.c tests/fuzz/fuzz_engine.h
tests_fuzz_fuzz_key_SOURCES = tests/fuzz/fuzz_key.c \
	tests/fuzz/false_store.c tests/fuzz/false_store.h
tests_fuzz_fuzz_key_LDFLAGS = $(WRAP_FALSE_STORE)
tests_fuzz_fuzz_serve_SOURCES = tests/fuzz/fuzz_serve.c \
	tests/fuzz/false_store.c tests/fuzz/false_store.h
tests_fuzz_fuzz_serve_LDFLAGS = $(WRAP_FALSE_STORE)
tests_fuzz_render_json_LDADD = libbase.a $(BASE_LIBS)
EXTRA_DIST += tests/fuzz/dictionaries tests/fuzz/differential.py \
	tests/fuzz/run.sh

# What Palmarès is measured against: see "make bench".
BENCH_RIVALS = tests/bench/bare_loop tests/bench/null_handler
EXTRA_PROGRAMS += $(BENCH_RIVALS)
CLEANFILES += $(BENCH_RIVALS)
tests_bench_bare_loop_LDADD = $(MARIADB_LIBS)
tests_bench_null_handler_LDADD = $(FCGI_LIBS)

# Preloaded into palmaresd by "make check-faults". As it stands, without the
# sanitizers that the rest may be built with: it comes before them.
tests/faults/libshim.so: tests/faults/shim.c
	$(MKDIR_P) tests/faults
	$(CC) -D_GNU_SOURCE -std=gnu11 $(WARN_CFLAGS) -O2 -fPIC -shared -o $@ \
	    $(srcdir)/tests/faults/shim.c
CLEANFILES += tests/faults/libshim.so
