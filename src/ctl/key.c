/* key: makes, lists and revokes the keys of an application */
#include <stdio.h>

#include "base/arena.h"
#include "ctl/ctl.h"
#include "store/key.h"

enum { LABEL_MAX = 100 };

static const char *const kinds[] = {
    [KEY_SECRET] = "secret",
    [KEY_PUBLISHABLE] = "publishable",
};

/* What a holder may and must do, in a sentence. */
static const char *const advice[] = {
    [KEY_SECRET] = "It opens everything of the application: keep it like"
                   " a password.",
    [KEY_PUBLISHABLE] = "It reads what is public of the application and"
                        " may stand in a web page.",
};

struct creation {
	const struct key *wanted;
	struct key made;
	char text[KEY_TEXT_SIZE];
};

/* The application's version goes up, because what workers know hangs on it. */
static enum error
insert(struct db *db, const struct tx_attempt *attempt, void *context)
{
	struct creation *creation = context;
	int64_t version;
	enum error error;

	(void)attempt;
	creation->made = *creation->wanted;
	error = application_change(db, creation->made.application_id, &version);
	if (error == OK)
		error = key_insert(db, &creation->made, creation->text);
	return error;
}

static void
print_made(struct ctl *ctl, const struct application *application,
    const struct creation *creation)
{
	const struct key *key = &creation->made;
	struct json_writer jw;

	if (!ctl->json) {
		printf("%s\n\n"
		       "This is key %lld of application \"%s\", %s. It is"
		       " shown this once: the\ndatabase keeps a hash of it"
		       " alone. %s\n",
		    creation->text, (long long)key->id, application->name,
		    kinds[key->kind], advice[key->kind]);
		return;
	}
	jw = ctl_json(ctl);
	jw_object(&jw, NULL);
	jw_int(&jw, "id", key->id);
	jw_string(&jw, "kind", kinds[key->kind]);
	jw_string(&jw, "key", creation->text);
	jw_string(&jw, "label", key->label);
	jw_int(&jw, "appKey", application->app_key);
	jw_time(&jw, "createdAt", key->created_at);
	jw_object_end(&jw);
	ctl_write(ctl);
}

/* The key that the command line describes, but for its application. */
static int
describe(struct ctl *ctl, struct key *key)
{
	bool secret = ctl->options[OPTION_SECRET] != NULL;
	bool publishable = ctl->options[OPTION_PUBLISHABLE] != NULL;

	if (secret == publishable)
		return ctl_misuse("say --secret or --publishable, one of"
		                  " them");
	*key = (struct key) {
	    .kind = secret ? KEY_SECRET : KEY_PUBLISHABLE,
	    .label = ctl->options[OPTION_LABEL],
	};
	if (key->label == NULL)
		key->label = "";
	return ctl_text("the label", key->label, LABEL_MAX);
}

int
key_create_command(struct ctl *ctl)
{
	struct application application;
	struct key key;
	struct creation creation = {.wanted = &key};
	struct tx_options options = ctl_tx_options();
	enum error error;
	int rc = describe(ctl, &key);

	if (rc == CTL_FINE)
		rc = ctl_connect_application(ctl, &application);
	if (rc != CTL_FINE)
		return rc;
	key.application_id = application.id;
	error = tx_run(ctl->db, &options, insert, &creation);
	if (error == ERR_TOO_MANY_KEYS)
		return ctl_fail("application \"%s\" has %d live keys, and may"
		                " have no more: revoke one that nobody uses"
		                " ('palmaresctl key revoke')",
		    application.name, LIVE_KEYS_MAX);
	if (error != OK)
		return ctl_store_fault(ctl, error, "make the key");
	print_made(ctl, &application, &creation);
	return CTL_FINE;
}

static void
print_list(struct ctl *ctl, const struct key *list, size_t count)
{
	enum { COLUMNS = 5 };
	const char **cells =
	    arena_array(ctl->arena, (count + 1) * COLUMNS, sizeof(*cells));
	size_t i, n = 0;

	cells[n++] = "ID";
	cells[n++] = "KIND";
	cells[n++] = "CREATED";
	cells[n++] = "REVOKED";
	cells[n++] = "LABEL";
	for (i = 0; i < count; i++) {
		cells[n++] =
		    arena_printf(ctl->arena, "%lld", (long long)list[i].id);
		cells[n++] = kinds[list[i].kind];
		cells[n++] = ctl_time(ctl, list[i].created_at);
		cells[n++] = list[i].revoked_at == 0
		    ? "-"
		    : ctl_time(ctl, list[i].revoked_at);
		cells[n++] = list[i].label;
	}
	ctl_table(cells, COLUMNS, count + 1);
}

static void
write_list(struct ctl *ctl, const struct key *list, size_t count)
{
	struct json_writer jw = ctl_json(ctl);
	size_t i;

	jw_array(&jw, NULL);
	for (i = 0; i < count; i++) {
		jw_object(&jw, NULL);
		jw_int(&jw, "id", list[i].id);
		jw_string(&jw, "kind", kinds[list[i].kind]);
		jw_string(&jw, "label", list[i].label);
		jw_time(&jw, "createdAt", list[i].created_at);
		if (list[i].revoked_at == 0)
			jw_null(&jw, "revokedAt");
		else
			jw_time(&jw, "revokedAt", list[i].revoked_at);
		jw_object_end(&jw);
	}
	jw_array_end(&jw);
	ctl_write(ctl);
}

int
key_list_command(struct ctl *ctl)
{
	struct application application;
	struct key *list;
	enum error error;
	size_t count;
	int rc = ctl_connect_application(ctl, &application);

	if (rc != CTL_FINE)
		return rc;
	error = key_list(ctl->db, ctl->arena, application.id, &list, &count);
	if (error != OK)
		return ctl_store_fault(ctl, error, "list the keys");
	if (ctl->json)
		write_list(ctl, list, count);
	else
		print_list(ctl, list, count);
	return CTL_FINE;
}

struct revocation {
	int64_t application;
	int64_t key;
};

static enum error
revoke(struct db *db, const struct tx_attempt *attempt, void *context)
{
	const struct revocation *revocation = context;
	int64_t version;
	enum error error;

	(void)attempt;
	error = application_change(db, revocation->application, &version);
	if (error == OK)
		error =
		    key_revoke(db, revocation->application, revocation->key);
	return error;
}

static void
print_revoked(struct ctl *ctl, const struct application *application,
    const struct revocation *revocation)
{
	struct json_writer jw;

	if (!ctl->json) {
		printf("Key %lld of application \"%s\" is revoked: it opens"
		       " nothing any more.\n",
		    (long long)revocation->key, application->name);
		return;
	}
	jw = ctl_json(ctl);
	jw_object(&jw, NULL);
	jw_int(&jw, "id", revocation->key);
	jw_bool(&jw, "revoked", true);
	jw_object_end(&jw);
	ctl_write(ctl);
}

int
key_revoke_command(struct ctl *ctl)
{
	struct application application;
	struct revocation revocation = {0};
	struct tx_options options = ctl_tx_options();
	enum error error;
	int rc = ctl_number("KEYID", ctl->arguments[1], &revocation.key);

	if (rc == CTL_FINE)
		rc = ctl_connect_application(ctl, &application);
	if (rc != CTL_FINE)
		return rc;
	revocation.application = application.id;
	error = tx_run(ctl->db, &options, revoke, &revocation);
	if (error == ERR_KEY_NOT_FOUND)
		return ctl_fail("application \"%s\" has no live key %lld:"
		                " 'palmaresctl key list' lists its keys",
		    application.name, (long long)revocation.key);
	if (error != OK)
		return ctl_store_fault(ctl, error, "revoke the key");
	print_revoked(ctl, &application, &revocation);
	return CTL_FINE;
}
