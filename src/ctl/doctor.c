/* doctor: finds what is wrong with this installation */
#include "ctl/doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "ctl/ask.h"

static const char *const states[] = {
    [FINDING_FINE] = "ok",
    [FINDING_WARNING] = "warning",
    [FINDING_WRONG] = "wrong",
};

void
doctor_says(struct doctor *doctor, enum finding_state state, const char *check,
    const char *remedy, const char *format, ...)
{
	struct finding *finding;
	va_list args;

	if (doctor->count == FINDINGS_MAX)
		return;
	finding = &doctor->findings[doctor->count++];
	finding->state = state;
	finding->check = check;
	finding->remedy = remedy;
	va_start(args, format);
	finding->detail = arena_vprintf(doctor->ctl->arena, format, args);
	va_end(args);
}

/* A file with a password in it must not be for everybody to read. */
static void
check_privacy(struct doctor *doctor, const char *check, const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return;
	if (status.st_mode & (S_IROTH | S_IWOTH))
		doctor_says(doctor, FINDING_WRONG, check,
		    arena_printf(doctor->ctl->arena, "chmod o-rwx '%s'", path),
		    "%s holds the database's password and everybody on this"
		    " machine may read or write it (mode %04o)",
		    path, (unsigned)status.st_mode & 07777U);
	else
		doctor_says(doctor, FINDING_FINE, check, NULL,
		    "%s is closed to others (mode %04o)", path,
		    (unsigned)status.st_mode & 07777U);
}

/* It may be missing, but nobody names a file that he does not want. */
static void
check_database_file(struct doctor *doctor)
{
	const char *path = doctor->ctl->settings.database_file;

	if (*path == '\0')
		return;
	if (access(path, F_OK) == 0)
		doctor_says(doctor, FINDING_FINE, "database file", NULL,
		    "%s is there", path);
	else
		doctor_says(doctor, FINDING_WARNING, "database file",
		    "write the account of the database into it, or remove"
		    " [database] file; in Debian's package: dpkg-reconfigure"
		    " palmares",
		    "%s does not exist", path);
}

static bool
check_configuration(struct doctor *doctor)
{
	struct ctl *ctl = doctor->ctl;
	const char *fault =
	    settings_load(ctl->arena, ctl->config, &ctl->settings);

	if (fault != NULL) {
		doctor_says(doctor, FINDING_WRONG, "configuration",
		    "mend the file, or name another one with -c; see"
		    " palmares.conf(5)",
		    "%s", fault);
		return false;
	}
	doctor_says(doctor, FINDING_FINE, "configuration", NULL,
	    "%s can be read and is valid", ctl->config);
	check_database_file(doctor);
	if (*ctl->settings.password_file != '\0')
		check_privacy(
		    doctor, "password file", ctl->settings.password_file);
	else if (*ctl->settings.database.password != '\0')
		check_privacy(doctor, "password", ctl->settings.password_place);
	return true;
}

/* Reasons why palmaresd does not answer, by the result of asking it. */
static const struct {
	const char *what;
	const char *remedy;
} silences[] = {
    [ASK_ABSENT] = {"does not exist",
        "start palmaresd (systemctl start palmares), or set [server]"
        " socket to where it is"},
    [ASK_REFUSED] = {"is there, but nobody listens on it",
        "start palmaresd (systemctl start palmares)"},
    [ASK_SILENT] = {"is there, but palmaresd does not answer on it",
        "look into palmaresd's log (journalctl -u palmares) and restart"
        " it"},
};

/* What a problem document says in a sentence. */
static const char *
detail_of(struct ctl *ctl, const char *document)
{
	struct json_object *object = json_tokener_parse(document), *detail;

	json_keep(ctl->arena, object);
	if (!json_object_object_get_ex(object, "detail", &detail))
		return document;
	return json_object_get_string(detail);
}

static void
check_daemon(struct doctor *doctor)
{
	static const char check[] = "palmaresd";
	const char *path = doctor->ctl->settings.socket, *body = "";
	int status = 0;
	enum ask_result result =
	    ask(doctor->ctl->arena, path, "/readyz", &status, &body);

	if (result == ASK_FAILED)
		doctor_says(doctor, FINDING_WRONG, check,
		    "run this as root or as palmaresd's user, and look at the"
		    " rights of the socket and its directory",
		    "socket %s: %s", path, strerror(errno));
	else if (result != ASK_ANSWERED)
		doctor_says(doctor, FINDING_WRONG, check,
		    silences[result].remedy, "socket %s %s", path,
		    silences[result].what);
	else if (status != 200)
		doctor_says(doctor, FINDING_WRONG, check,
		    "mend what else is wrong here; else look into palmaresd's"
		    " log",
		    "palmaresd answers %d to /readyz: %s", status,
		    detail_of(doctor->ctl, body));
	else
		doctor_says(doctor, FINDING_FINE, check, NULL,
		    "palmaresd answers on %s and is ready", path);
}

/* Events bear this machine's time; nobody can mend them afterwards. */
static void
check_clock(struct doctor *doctor)
{
	enum { RELEASE_YEAR_SECONDS = 1767225600 }; /* 2026-01-01 */
	static const char check[] = "clock",
	                  remedy[] = "apt-get install systemd-timesyncd, or"
	                             " chrony";
	struct timex timex = {0};
	char now[TIME_TEXT_SIZE];

	time_format(clock_now(), now);
	if (clock_now() / 1000000 < RELEASE_YEAR_SECONDS)
		doctor_says(doctor, FINDING_WRONG, check, remedy,
		    "it cannot be %.19sZ yet", now);
	else if (adjtimex(&timex) == TIME_ERROR)
		doctor_says(doctor, FINDING_WARNING, check, remedy,
		    "%.19sZ; the kernel says that nothing keeps it right", now);
	else
		doctor_says(doctor, FINDING_FINE, check, NULL, "%.19sZ", now);
}

/* The library may be another one than this program was built and tried with. */
static void
check_json(struct doctor *doctor)
{
	static const char check[] = "json-c";
	const char *why = json_trial(doctor->ctl->arena);

	if (why == NULL)
		doctor_says(doctor, FINDING_FINE, check, NULL,
		    "version %s takes texts beyond ASCII", json_c_version());
	else
		doctor_says(doctor, FINDING_WRONG, check,
		    "install the palmares that is built for this release of"
		    " the system, and restart palmaresd",
		    "version %s cannot read texts beyond ASCII, and events"
		    " with such are refused: %s",
		    json_c_version(), why);
}

static void
print_findings(const struct doctor *doctor)
{
	const struct finding *finding;

	for (finding = doctor->findings;
	     finding < doctor->findings + doctor->count; finding++) {
		printf("%-8s %s: %s\n", states[finding->state], finding->check,
		    finding->detail);
		if (finding->remedy != NULL)
			printf("         → %s\n", finding->remedy);
	}
}

static void
write_findings(struct ctl *ctl, const struct doctor *doctor, bool fine)
{
	struct json_writer jw = ctl_json(ctl);
	const struct finding *finding;

	jw_object(&jw, NULL);
	jw_bool(&jw, "ok", fine);
	jw_array(&jw, "findings");
	for (finding = doctor->findings;
	     finding < doctor->findings + doctor->count; finding++) {
		jw_object(&jw, NULL);
		jw_string(&jw, "check", finding->check);
		jw_string(&jw, "state", states[finding->state]);
		jw_string(&jw, "detail", finding->detail);
		jw_string_or_null(&jw, "remedy", finding->remedy);
		jw_object_end(&jw);
	}
	jw_array_end(&jw);
	jw_object_end(&jw);
	ctl_write(ctl);
}

static bool
all_fine(const struct doctor *doctor)
{
	size_t i;

	for (i = 0; i < doctor->count; i++)
		if (doctor->findings[i].state == FINDING_WRONG)
			return false;
	return true;
}

int
doctor_command(struct ctl *ctl)
{
	struct doctor *doctor = arena_alloc(ctl->arena, sizeof(*doctor));
	bool fine;

	doctor->ctl = ctl;
	if (check_configuration(doctor)) {
		doctor_database(doctor);
		check_daemon(doctor);
	}
	check_json(doctor);
	check_clock(doctor);
	fine = all_fine(doctor);
	if (ctl->json) {
		write_findings(ctl, doctor, fine);
	} else {
		print_findings(doctor);
		puts(fine ? "Nothing is wrong." : "Something is wrong.");
	}
	return fine ? CTL_FINE : CTL_FAILED;
}
