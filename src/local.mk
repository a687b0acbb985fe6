# src/local.mk: one archive per layer and the two programs

# A program is src/palmaresd in the build directory, so no directory can have
# that name: the programs' own sources are in src/daemon and src/ctl.
sbin_PROGRAMS += src/palmaresd
bin_PROGRAMS += src/palmaresctl
noinst_LIBRARIES += libbase.a libengine.a librules.a libdb.a libstore.a \
	libingest.a libpast.a libwork.a libhttp.a libapi.a

libbase_a_SOURCES = \
	src/base/arena.c src/base/arena.h \
	src/base/calendar.c src/base/calendar.h \
	src/base/clock.c src/base/clock.h \
	src/base/config.c src/base/config.h \
	src/base/date.c src/base/date.h \
	src/base/decode.c src/base/decode.h \
	src/base/embed.h \
	src/base/encode.c src/base/encode.h \
	src/base/error.c src/base/error.h \
	src/base/field.c src/base/field.h \
	src/base/hash.c src/base/hash.h \
	src/base/json.c src/base/json.h src/base/json_check.c \
	src/base/json_check.h src/base/json_cut.c src/base/json_cut.h \
	src/base/json_grammar.c src/base/json_grammar.h \
	src/base/json_same.c src/base/json_string.c \
	src/base/json_string.h src/base/json_write.c \
	src/base/memory.c src/base/memory.h \
	src/base/number.c src/base/number.h \
	src/base/pack.c src/base/pack.h \
	src/base/log.c src/base/log.h \
	src/base/str.c src/base/str.h \
	src/base/text.c src/base/text.h \
	src/base/zone.c src/base/zone.h \
	src/base/zone_rule.c src/base/zone_rule.h

libengine_a_SOURCES = \
	src/engine/badge.c \
	src/engine/condition.h \
	src/engine/conditions.c \
	src/engine/cooldown.c \
	src/engine/count.c \
	src/engine/distinct.c \
	src/engine/engine.c src/engine/engine.h \
	src/engine/feature.h \
	src/engine/limit.c \
	src/engine/match.c \
	src/engine/occurrence.c src/engine/occurrence.h \
	src/engine/points.c \
	src/engine/requires.c \
	src/engine/rule.c src/engine/rule.h \
	src/engine/rule_set.c src/engine/rule_set.h \
	src/engine/state.c src/engine/state.h \
	src/engine/streak.c \
	src/engine/units.c src/engine/units.h \
	src/engine/validity.c

librules_a_SOURCES = \
	src/rules/conditions.c src/rules/conditions.h \
	src/rules/document.c src/rules/document.h \
	src/rules/properties.c src/rules/properties.h

libdb_a_SOURCES = \
	src/db/bulk.c \
	src/db/db.c src/db/db.h \
	src/db/db_internal.h \
	src/db/migrate.c src/db/migrate.h \
	src/db/pool.c src/db/pool.h \
	src/db/query.c src/db/query.h \
	src/db/restore.c src/db/restore.h \
	src/db/server.c src/db/server.h \
	src/db/statements.h \
	src/db/strangers.c src/db/strangers.h \
	src/db/tx.c src/db/tx.h
nodist_libdb_a_SOURCES = src/db/migrations_data.c

libstore_a_SOURCES = \
	src/store/application.c src/store/application.h \
	src/store/application_time.c \
	src/store/award.c src/store/award.h \
	src/store/badge.c \
	src/store/catalog.c src/store/catalog.h \
	src/store/event.c src/store/event.h \
	src/store/event_awards.c \
	src/store/event_difference.c \
	src/store/key.c src/store/key.h \
	src/store/ledger.c src/store/ledger.h \
	src/store/names.c src/store/names.h \
	src/store/point_scale.c \
	src/store/rule.c \
	src/store/rule_cache.c src/store/rule_cache.h \
	src/store/standing.c src/store/standing.h \
	src/store/user.c src/store/user.h \
	src/store/user_list.c \
	src/store/view.c src/store/view.h

libingest_a_SOURCES = \
	src/ingest/batch.c src/ingest/batch.h \
	src/ingest/ingest.c src/ingest/ingest.h \
	src/ingest/known.c src/ingest/known.h \
	src/ingest/share.c \
	src/ingest/write.c

libpast_a_SOURCES = \
	src/past/verify.c src/past/verify.h \
	src/past/verify_fold.c src/past/verify_fold.h \
	src/past/verify_read.c src/past/verify_read.h \
	src/past/verify_user.c

libwork_a_SOURCES = \
	src/work/committer.c src/work/committer.h \
	src/work/done.c src/work/done.h \
	src/work/metrics.c src/work/metrics.h \
	src/work/queue.c src/work/queue.h \
	src/work/reader.c src/work/reader.h \
	src/work/settings.c src/work/settings.h

libhttp_a_SOURCES = \
	src/http/fcgi.c src/http/fcgi.h \
	src/http/request.c src/http/request.h \
	src/http/response.c src/http/response.h \
	src/http/router.c src/http/router.h

libapi_a_SOURCES = \
	src/api/application.c src/api/application.h \
	src/api/api.c src/api/api.h \
	src/api/auth.c src/api/auth.h \
	src/api/badge.c \
	src/api/classic.c src/api/classic.h \
	src/api/event.c src/api/event.h \
	src/api/event_batch.c \
	src/api/exposure.c \
	src/api/metrics.c src/api/metrics.h \
	src/api/ops.c src/api/ops.h \
	src/api/page.c src/api/page.h \
	src/api/point_scale.c \
	src/api/problem.c src/api/problem.h \
	src/api/resource.c src/api/resource.h \
	src/api/route.c \
	src/api/rule.c \
	src/api/user.c src/api/user.h
nodist_libapi_a_SOURCES = src/api/openapi_data.c

# Twice: a connection prepares the statements of the layers above it, too, see
# src/db/statements.h.
SQL_LAYERS = libpast.a libingest.a libstore.a libdb.a
STORE_LAYERS = $(SQL_LAYERS) $(SQL_LAYERS) librules.a libengine.a libbase.a
LAYERS = libapi.a libhttp.a libwork.a $(STORE_LAYERS)
BASE_LIBS = $(JSONC_LIBS) $(INIH_LIBS)
LAYER_LIBS = $(FCGI_LIBS) $(MARIADB_LIBS) $(SODIUM_LIBS) $(BASE_LIBS)

# Not in the archive: a program replaces malloc by having it.
src_palmaresd_SOURCES = \
	src/base/allocate.c \
	src/daemon/announce.c src/daemon/announce.h \
	src/daemon/handover.c src/daemon/handover.h \
	src/daemon/kept.c src/daemon/kept.h \
	src/daemon/listener.c src/daemon/listener.h \
	src/daemon/main.c \
	src/daemon/manager.c src/daemon/manager.h \
	src/daemon/master.c src/daemon/master.h \
	src/daemon/serve.c src/daemon/serve.h \
	src/daemon/turn.c src/daemon/turn.h \
	src/daemon/watch.c src/daemon/watch.h \
	src/daemon/worker.c src/daemon/worker.h
src_palmaresd_LDADD = $(LAYERS) $(LAYER_LIBS)

src_palmaresctl_SOURCES = \
	src/base/allocate.c \
	src/ctl/app.c \
	src/ctl/ask.c src/ctl/ask.h \
	src/ctl/backup.c \
	src/ctl/child.c src/ctl/child.h \
	src/ctl/ctl.c src/ctl/ctl.h \
	src/ctl/doctor.c src/ctl/doctor.h \
	src/ctl/doctor_database.c \
	src/ctl/dump.c src/ctl/dump.h \
	src/ctl/key.c \
	src/ctl/main.c \
	src/ctl/migrate.c \
	src/ctl/progress.c src/ctl/progress.h \
	src/ctl/restore.c \
	src/ctl/verify.c
src_palmaresctl_LDADD = $(LAYERS) $(LAYER_LIBS)

# Files that the programs carry inside. A new file in sql/ needs no word here;
# MIGRATIONS on make's command line builds with others, see HACKING.md.
MIGRATIONS = $(wildcard $(srcdir)/sql/*.sql)
EMBED = $(SHELL) $(srcdir)/src/embed.sh
EXTRA_DIST += src/embed.sh
CLEANFILES += src/db/migrations_data.c src/db/migrations.list \
	src/api/openapi_data.c

src/db/migrations_data.c: $(MIGRATIONS) src/db/migrations.list src/embed.sh
	$(AM_V_GEN)$(EMBED) -l migrations_data $(MIGRATIONS) >$@.tmp && \
	    mv $@.tmp $@

# It changes when a file comes or goes, which the files' own times do not tell.
src/db/migrations.list: FORCE
	$(AM_V_at)$(MKDIR_P) src/db
	$(AM_V_at)echo $(MIGRATIONS) | cmp -s - $@ || echo $(MIGRATIONS) >$@
FORCE:

src/api/openapi_data.c: openapi.yaml src/embed.sh
	$(AM_V_at)$(MKDIR_P) src/api
	$(AM_V_GEN)$(EMBED) openapi_data $(srcdir)/openapi.yaml >$@.tmp && \
	    mv $@.tmp $@
