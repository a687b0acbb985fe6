/* announce: what the log and the service manager hear of palmaresd's state */
#include "daemon/announce.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

static const char *const state_names[] = {
    [WATCH_UNKNOWN] = "unknown",
    [WATCH_FINE] = "fine",
    [WATCH_WAITING] = "waiting",
    [WATCH_HOLDING] = "holding",
};

void
announce_report(struct announcer *announcer, const struct watch_report *report)
{
	char quoted[WATCH_TEXT + 100];
	const enum log_level level =
	    report->state == WATCH_FINE ? LOG_LEVEL_INFO : LOG_LEVEL_WARN;

	/* A worker that takes the place of another tells it anew. */
	if (report->state == announcer->report.state &&
	    strcmp(report->text, announcer->report.text) == 0)
		return;
	announcer->report = *report;
	log_line(level, "event=database state=%s message=%s",
	    state_names[report->state],
	    log_quote(report->text, quoted, sizeof(quoted)));
	manager_tell(&announcer->manager, "STATUS=%s", report->text);
}

void
announce_ready(struct announcer *announcer)
{
	if (announcer->ready && !announcer->reloading)
		return;
	announcer->ready = true;
	announcer->reloading = false;
	manager_tell(&announcer->manager, "READY=1\nSTATUS=%s",
	    announcer->report.state == WATCH_UNKNOWN ? "serving"
	                                             : announcer->report.text);
}

void
announce_reload(struct announcer *announcer)
{
	announcer->reloading = true;
	manager_tell(&announcer->manager,
	    "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=reloading",
	    clock_monotonic());
}

void
announce_fault(struct announcer *announcer, const char *fault)
{
	announcer->reloading = false;
	if (announcer->ready)
		manager_tell(&announcer->manager,
		    "READY=1\nSTATUS=going on with the old configuration, for"
		    " the new one is wrong: %s",
		    fault);
	else
		manager_tell(&announcer->manager, "STATUS=%s", fault);
}

void
announce_stop(struct announcer *announcer)
{
	manager_tell(&announcer->manager, "STOPPING=1\nSTATUS=stopping");
}
