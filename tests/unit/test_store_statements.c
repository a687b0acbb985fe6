/* test_store_statements: every query has the application in its WHERE */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "db/db.h"
#include "db/statements.h"
#include "unit_test.h"

const size_t arena_max = 4 << 20;

#define SET_ROW(id, name) {#name, &name##_statements},
static const struct {
	const char *name;
	const struct statement_set *set;
} sets[] = {STATEMENT_SETS(SET_ROW)};

/* The tables whose rows belong to applications. */
static const char *const tables[] = {"api_key", "point_scale", "badge", "rule",
    "application_time", "rule_reference", "rule_revision", "user", "event"};

/* What a table's name stands behind. */
static const char *const openers[] = {"FROM ", "JOIN ", "UPDATE ", "INTO "};

/* How a row is tied to the application that the caller says. */
static const char *const ties[] = {"application_id = ?", "application_id > ?",
    "application_id = k.a", "(application_id, "};

/* A key is looked for by its hash: it tells the application. */
static const char *const exceptions[] = {
    " FROM api_key WHERE hash = ? AND revoked_at IS NULL"};

static size_t
occurrences(const char *text, const char *part)
{
	size_t count = 0;

	while ((text = strstr(text, part)) != NULL) {
		text += strlen(part);
		count++;
	}
	return count;
}

/* The word at text, of a name's letters, in the arena. */
static const char *
word_at(const char *text)
{
	size_t len = 0;

	while (isalnum((unsigned char)text[len]) || text[len] == '_')
		len++;
	return arena_copy(arena, text, len);
}

static bool
is_table(const char *word)
{
	size_t i;

	for (i = 0; i < COUNT(tables); i++)
		if (strcmp(tables[i], word) == 0)
			return true;
	return false;
}

/*
 * Whether a table with an alias is tied to the application, or its rows are
 * named by an id that a row of the application has.
 */
static bool
alias_is_tied(const char *text, const char *alias)
{
	const char *const forms[] = {
	    arena_printf(arena, " %s.application_id = ", alias),
	    arena_printf(arena, "= %s.application_id", alias),
	    arena_printf(arena, "ON %s.id = ", alias),
	    arena_printf(arena, "ON %s.rule_id = ", alias)};
	size_t i;

	for (i = 0; i < COUNT(forms); i++)
		if (strstr(text, forms[i]) != NULL)
			return true;
	return false;
}

/* An alias is one lower-case letter. */
static bool
is_alias(const char *word)
{
	return islower((unsigned char)word[0]) && word[1] == '\0';
}

/* What is wrong with the statement; NULL if nothing. */
static const char *
fault_of(const char *text)
{
	size_t bare = 0, named = 0, tied = 0, i;
	const char *at, *table, *alias;

	for (i = 0; i < COUNT(openers); i++)
		for (at = strstr(text, openers[i]); at != NULL;
		     at = strstr(at, openers[i])) {
			at += strlen(openers[i]);
			table = word_at(at);
			if (!is_table(table))
				continue;
			named++;
			alias = at[strlen(table)] == ' '
			    ? word_at(at + strlen(table) + 1)
			    : "";
			if (!is_alias(alias))
				bare++;
			else if (!alias_is_tied(text, alias))
				return table;
		}
	for (i = 0; i < COUNT(ties); i++)
		tied += occurrences(text, ties[i]);
	if (tied < bare || (named > 0 && tied == 0))
		return "the statement as a whole";
	return NULL;
}

static bool
is_exception(const char *text)
{
	size_t i;

	for (i = 0; i < COUNT(exceptions); i++)
		if (strstr(text, exceptions[i]) != NULL)
			return true;
	return false;
}

static void
every_statement_names_the_application(void **state)
{
	size_t seen = 0, i, k;
	const char *fault, *text;

	(void)state;
	for (i = 0; i < COUNT(sets); i++)
		for (k = 0; k < sets[i].set->count; k++) {
			text = sets[i].set->texts[k];
			fault = fault_of(text);
			if (is_exception(text))
				continue;
			if (fault != NULL)
				fail_msg("%s: %s is of any application: %s",
				    sets[i].name, fault, text);
			seen++;
		}
	/* All there are: a new set wants its row above. */
	assert_int_equal(seen + COUNT(exceptions), db_statement_count());
}

/* Each of these lacks it somewhere. */
static const char *const faulty[] = {
    "SELECT id FROM user WHERE username = ?",
    "DELETE FROM event WHERE username = ?",
    "UPDATE rule SET description = ? WHERE id = ?",
    "INSERT INTO event (id, username) VALUES (?, ?)",
    "SELECT 1 FROM event e JOIN user u ON u.username = e.username"
    " WHERE e.id = ?",
    "SELECT 1 FROM event e JOIN user u ON u.application_id ="
    " e.application_id WHERE e.id = ?",
    "SELECT 1 FROM event e JOIN user u ON u.username = ?"
    " WHERE e.application_id = ?",
    "SELECT EXISTS (SELECT 1 FROM badge WHERE application_id = ?) OR EXISTS"
    " (SELECT 1 FROM rule WHERE id = ?)",
};

static void
a_statement_without_it_is_found(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(faulty); i++)
		if (fault_of(faulty[i]) == NULL)
			fail_msg("not found: %s", faulty[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_statement_names_the_application),
	    cmocka_unit_test(a_statement_without_it_is_found),
	};

	return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
