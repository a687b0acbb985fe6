/* verify: tells what is stored otherwise than the events give it */
#include "past/verify.h"

#include <stdio.h>

#include "ctl/ctl.h"
#include "ctl/progress.h"

/* Differences that are told one by one; the rest is counted. */
enum { LIST_MAX = 1000 };

struct report {
	struct ctl *ctl;
	struct json_writer jw;
	struct progress progress;
	int64_t listed;
};

static void
on_progress(const struct verify_totals *totals, void *context)
{
	struct report *report = context;

	progress_say(&report->progress, "%lld events of %lld users compared",
	    (long long)totals->events, (long long)totals->users);
}

static void
write_difference(
    struct json_writer *jw, const struct verify_difference *difference)
{
	jw_object(jw, NULL);
	jw_string(jw, "application", difference->application);
	jw_string_or_null(jw, "user", difference->user);
	jw_string(jw, "thing", difference->thing);
	jw_string(jw, "stored", difference->stored);
	jw_string(jw, "folded", difference->folded);
	jw_object_end(jw);
}

static void
print_difference(const struct verify_difference *difference)
{
	printf("%s: ", difference->application);
	if (difference->user != NULL)
		printf("user \"%s\": ", difference->user);
	printf("%s: stored %s, the events give %s\n", difference->thing,
	    difference->stored, difference->folded);
}

static void
on_difference(const struct verify_difference *difference, void *context)
{
	struct report *report = context;

	if (report->listed++ >= LIST_MAX)
		return;
	progress_clear(&report->progress);
	if (report->ctl->json)
		write_difference(&report->jw, difference);
	else
		print_difference(difference);
}

static void
print_totals(struct report *report, const struct verify_totals *totals)
{
	struct json_writer *jw = &report->jw;

	if (report->ctl->json) {
		jw_array_end(jw);
		jw_int(jw, "differenceCount", totals->differences);
		jw_int(jw, "applications", totals->applications);
		jw_int(jw, "users", totals->users);
		jw_int(jw, "events", totals->events);
		jw_object_end(jw);
		ctl_write(report->ctl);
		return;
	}
	if (totals->differences > LIST_MAX)
		printf("… and %lld more\n",
		    (long long)totals->differences - LIST_MAX);
	printf("%lld events of %lld users in %lld applications compared: ",
	    (long long)totals->events, (long long)totals->users,
	    (long long)totals->applications);
	if (totals->differences == 0)
		puts("nothing differs.");
	else
		printf("%lld differences.\n", (long long)totals->differences);
}

/* The application that --app names; 0 without it. */
static int
find_application(struct ctl *ctl, int64_t *id_out)
{
	struct application application;
	int rc;

	*id_out = 0;
	if (ctl->options[OPTION_APP] == NULL)
		return CTL_FINE;
	rc = ctl_application(ctl, ctl->options[OPTION_APP], &application);
	if (rc == CTL_FINE)
		*id_out = application.id;
	return rc;
}

int
verify_command(struct ctl *ctl)
{
	struct report report = {.ctl = ctl, .progress = progress_new()};
	const struct verify_listener listener = {
	    on_difference, on_progress, &report};
	struct verify_totals totals;
	int64_t application;
	enum error error;
	int rc = ctl_connect(ctl);

	if (rc == CTL_FINE)
		rc = find_application(ctl, &application);
	if (rc != CTL_FINE)
		return rc;
	report.jw = ctl_json(ctl);
	jw_object(&report.jw, NULL);
	jw_array(&report.jw, "differences");
	error = verify_run(
	    ctl->db, application, VERIFY_USERS_AT_ONCE, &listener, &totals);
	progress_clear(&report.progress);
	if (error != OK)
		return ctl_store_fault(ctl, error, "compare everything");
	print_totals(&report, &totals);
	return totals.differences == 0 ? CTL_FINE : CTL_FAILED;
}
