/* migrate: brings the database to this program's schema */
#include "db/migrate.h"

#include <stdio.h>

#include "base/arena.h"
#include "ctl/ctl.h"

enum { STEPS_MAX = 10000 };

struct steps {
	struct ctl *ctl;
	const char *list[STEPS_MAX];
	size_t count;
};

static void
note_step(const char *line, void *context)
{
	struct steps *steps = context;

	if (steps->count < STEPS_MAX)
		steps->list[steps->count++] =
		    arena_strdup(steps->ctl->arena, line);
	if (steps->ctl->json)
		return;
	printf("%s\n", line);
	fflush(stdout);
}

static void
print_result(struct ctl *ctl, const struct steps *steps)
{
	struct json_writer jw;
	size_t i;

	if (!ctl->json) {
		printf("The database has schema %lld%s.\n",
		    (long long)migrate_newest(),
		    steps->count == 0 ? " already" : " now");
		return;
	}
	jw = ctl_json(ctl);
	jw_object(&jw, NULL);
	jw_int(&jw, "schema", migrate_newest());
	jw_array(&jw, "steps");
	for (i = 0; i < steps->count; i++)
		jw_string(&jw, NULL, steps->list[i]);
	jw_array_end(&jw);
	jw_object_end(&jw);
	ctl_write(ctl);
}

/* Changes nothing. */
static int
check(struct ctl *ctl)
{
	static const struct steps none;
	const char *why = NULL;
	int64_t version;
	enum error error = migrate_status(ctl->db, ctl->arena, &version, &why);

	if (error != OK)
		return ctl_store_fault(ctl, error, "read the schema's version");
	if (why != NULL)
		return ctl_fail("%s", why);
	print_result(ctl, &none);
	return CTL_FINE;
}

static int
migrate(struct ctl *ctl)
{
	struct steps *steps = arena_alloc(ctl->arena, sizeof(*steps));
	const char *why = NULL;
	enum error error;

	steps->ctl = ctl;
	error = migrate_run(ctl->db, ctl->arena, note_step, steps, &why);
	if (error == OK) {
		print_result(ctl, steps);
		return CTL_FINE;
	}
	if (error == ERR_SCHEMA_MISMATCH || error == ERR_LOCK_TIMEOUT)
		return ctl_fail("cannot migrate: %s", why);
	return ctl_fail("cannot migrate: the database says: %s. What is done"
	                " is done: mend the cause and run it again, it goes"
	                " on from there",
	    why);
}

int
migrate_command(struct ctl *ctl)
{
	int rc = ctl_open(ctl);
	enum error error;

	if (rc != CTL_FINE)
		return rc;
	error = db_connect_bare(ctl->db);
	if (error != OK)
		return ctl_store_fault(ctl, error, "connect to the database");
	return ctl->options[OPTION_CHECK] != NULL ? check(ctl) : migrate(ctl);
}
