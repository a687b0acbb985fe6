/* test_ctl_child: what clients of MariaDB are told of the account and the way */
#include "ctl/child.h"

#include <unistd.h>

#include "unit_test.h"

enum { ACCOUNT_MAX = 4096 };

const size_t arena_max = 1 << 20;

/* Nothing here may fail. */
int
ctl_fail(const char *format, ...)
{
	fail_msg("%s", format);
	return CTL_FAILED;
}

#define REMOTE "host=\"db.example\"\nport=3307\n"

/*
 * Clients of MariaDB 11.4 and newer ask for TLS and check certificates unless
 * they are told otherwise, and older ones do neither.
 */
static const struct {
	const char *socket;
	const char *host;
	enum db_tls tls;
	const char *tls_ca;
	const char *lines;
} rows[] = {
    {"/run/db.sock", "", DB_TLS_OFF, "",
        "protocol=socket\nsocket=\"/run/db.sock\"\nskip-ssl\n"},
    {"", "db.example", DB_TLS_OFF, "/ca.pem", REMOTE "skip-ssl\n"},
    {"", "db.example", DB_TLS_REQUIRED, "/ca.pem",
        REMOTE "ssl\nskip-ssl-verify-server-cert\n"},
    {"", "db.example", DB_TLS_VERIFY, "",
        REMOTE "ssl\nssl-verify-server-cert\n"},
    {"", "db.example", DB_TLS_VERIFY, "/ca.pem",
        REMOTE "ssl\nssl-verify-server-cert\nssl-ca=\"/ca.pem\"\n"},
};

/* What a child would read. */
static const char *
account_text(const struct db_settings *database)
{
	struct ctl ctl = {.arena = arena, .settings.database = *database};
	char *text = arena_array(arena, ACCOUNT_MAX, 1);
	int fd;

	assert_int_equal(child_account(&ctl, &fd), CTL_FINE);
	assert_true(pread(fd, text, ACCOUNT_MAX - 1, 0) > 0);
	close(fd);
	return text;
}

static void
an_account_says_which_tls_is_wanted(void **state)
{
	struct db_settings database = {
	    .user = "palmares", .password = "", .port = 3307};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		database.socket = rows[i].socket;
		database.host = rows[i].host;
		database.tls = rows[i].tls;
		database.tls_ca = rows[i].tls_ca;
		assert_string_equal(account_text(&database),
		    arena_printf(arena, "%s%s",
		        "[client]\nuser=\"palmares\"\npassword=\"\"\n",
		        rows[i].lines));
	}
}

static void
every_character_of_a_password_means_itself(void **state)
{
	const struct db_settings database = {.user = "a\"b",
	    .password = "# \\n'\"",
	    .socket = "/s",
	    .tls_ca = ""};

	(void)state;
	assert_string_equal(account_text(&database),
	    "[client]\nuser=\"a\\\"b\"\npassword=\"# \\\\n'\\\"\"\n"
	    "protocol=socket\nsocket=\"/s\"\nskip-ssl\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_account_says_which_tls_is_wanted),
	    cmocka_unit_test(every_character_of_a_password_means_itself),
	};

	return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
