/* names: what the rules, point scales and badges of awards are called */
#include "store/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "db/query.h"

enum { FIND, TOLD_SIZE, TOLD, ALL_SIZE, ALL, STATEMENTS };

#define BY_KEYS(table)                                          \
	" FROM JSON_TABLE(?, '$[*]' COLUMNS ("                  \
	" a INT UNSIGNED PATH '$[0]', i BIGINT PATH '$[1]')) k" \
	" STRAIGHT_JOIN " table " t FORCE INDEX (PRIMARY)"      \
	" ON t.id = k.i AND t.application_id = k.a"
#define FIND_IN(kind, table) \
	"SELECT " kind ", k.a, k.i, t.name, NULL" BY_KEYS(table)
#define TOLD_IN(kind, table) \
	"SELECT " kind ", k.a, k.i, t.name, t.description" BY_KEYS(table)
#define OF_ALL(table) " FROM " table " t WHERE t.application_id = ?"
#define ALL_OF(kind, table)                               \
	"SELECT " kind ", t.application_id, t.id, t.name" \
	", IF(?, t.description, NULL)" OF_ALL(table)

/* Bytes of names, with what stands around them, and of descriptions. */
#define SIZE(from)                                         \
	"SELECT IFNULL(SUM(OCTET_LENGTH(t.name) + 100),0)" \
	", IFNULL(SUM(OCTET_LENGTH(t.description)), 0)" from

static const char *const texts[STATEMENTS] = {
    [FIND] = FIND_IN("0", "rule") " UNION ALL " FIND_IN(
        "1", "point_scale") " UNION ALL " FIND_IN("2", "badge"),
    [TOLD_SIZE] =
        SIZE(BY_KEYS("point_scale")) " UNION ALL " SIZE(BY_KEYS("badge")),
    [TOLD] = TOLD_IN("1", "point_scale") " UNION ALL " TOLD_IN("2", "badge"),
    [ALL_SIZE] =
        SIZE(OF_ALL("point_scale")) " UNION ALL " SIZE(OF_ALL("badge")),
    [ALL] = ALL_OF("1", "point_scale") " UNION ALL " ALL_OF("2", "badge"),
};
const struct statement_set names_statements = {texts, STATEMENTS};

enum { FIRST_MAX = 16, KEYS_TEXT_MAX = 64 << 20 };

/* So few of the longest descriptions are far below NAMES_TOLD_MAX. */
enum { TOLD_FEW = 64 };

/*
 * Bytes: of all names of an application, and of the descriptions that are kept
 * with them, which is twice what the quotas let there be.
 */
enum { NAMES_MAX = 32 << 20, DESCRIPTIONS_MAX = 16 << 20 };

void
names_init(struct names *names, struct arena *arena)
{
	*names = (struct names) {.arena = arena};
}

static int
compare(const void *left, const void *right)
{
	const struct name *a = left, *b = right;

	if (a->application != b->application)
		return a->application < b->application ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

static void
grow(struct name_list *names, struct arena *arena)
{
	struct name *list;

	names->max = names->max == 0 ? FIRST_MAX : 2 * names->max;
	list = arena_array(arena, names->max, sizeof(*list));
	if (names->count > 0)
		memcpy(list, names->list, names->count * sizeof(*list));
	names->list = list;
}

/* Each once, in order. */
static void
settle(struct name_list *names)
{
	size_t kept = 0, i;

	if (names->count == 0)
		return;
	qsort(names->list, names->count, sizeof(*names->list), compare);
	for (i = 1; i < names->count; i++)
		if (compare(&names->list[i], &names->list[kept]) != 0)
			names->list[++kept] = names->list[i];
	names->count = kept + 1;
}

/* The same are wanted again and again: there is room where they stand once. */
static void
make_room(struct name_list *names, struct arena *arena)
{
	settle(names);
	if (names->count > names->max / 2 || names->max == 0)
		grow(names, arena);
}

void
names_want(
    struct names *names, enum name_kind kind, int64_t application, int64_t id)
{
	struct name_list *list = &names->kinds[kind];
	const struct name name = {.application = application, .id = id};

	/* Nearly always it is the one before. */
	if (id == 0 ||
	    (list->count > 0 &&
	        compare(&list->list[list->count - 1], &name) == 0))
		return;
	if (list->count == list->max)
		make_room(list, names->arena);
	list->list[list->count++] = name;
}

static struct name *
find(const struct name_list *names, int64_t application, int64_t id)
{
	const struct name name = {.application = application, .id = id};

	return names->count == 0
	    ? NULL
	    : bsearch(&name, names->list, names->count, sizeof(name), compare);
}

static const char *
keys_of(struct arena *arena, const struct name_list *names)
{
	struct str text = str_new(arena, KEYS_TEXT_MAX);
	size_t i;

	str_addc(&text, '[');
	for (i = 0; i < names->count; i++)
		str_addf(&text, "%s[%lld,%lld]", i == 0 ? "" : ",",
		    (long long)names->list[i].application,
		    (long long)names->list[i].id);
	str_addc(&text, ']');
	return text.data;
}

/* Of a row: kind, application, id, and what is told. */
static void
take(struct names *names, struct query *query)
{
	const int64_t kind = query_take_int(query);
	const int64_t application = query_take_int(query);
	const int64_t id = query_take_int(query);
	struct name *name = find(&names->kinds[kind], application, id);

	if (name == NULL)
		return;
	name->named.id = id;
	name->named.name = query_take_text(query, names->arena);
	name->named.description = query_take_text(query, names->arena);
}

/* Puts what is wanted in order; false if that is nothing. */
static bool
settle_all(struct names *names)
{
	size_t wanted = 0, i;

	for (i = 0; i < NAME_KINDS; i++) {
		settle(&names->kinds[i]);
		wanted += names->kinds[i].count;
	}
	return wanted > 0;
}

/* The keys of all kinds from first on. */
static void
begin(struct names *names, struct db *db, size_t statement, size_t first,
    struct query *query)
{
	size_t i;

	query_begin(query, db, SET_NAMES, statement);
	for (i = first; i < NAME_KINDS; i++)
		query_text(query, keys_of(names->arena, &names->kinds[i]));
}

static enum error
take_all(struct names *names, struct query *query)
{
	query_run(query);
	while (query_next(query))
		take(names, query);
	return query_end(query);
}

enum error
names_load(struct names *names, struct db *db)
{
	struct query query;

	if (!settle_all(names))
		return OK;
	begin(names, db, FIND, 0, &query);
	return take_all(names, &query);
}

/* What the rows of a SIZE come to. */
struct sizes {
	int64_t names;
	int64_t descriptions;
};

static enum error
take_sizes(struct query *query, struct sizes *sizes_out)
{
	struct sizes sizes = {0};
	enum error error;

	query_run(query);
	while (query_next(query)) {
		sizes.names += query_take_int(query);
		sizes.descriptions += query_take_int(query);
	}
	error = query_end(query);
	if (error == OK)
		*sizes_out = sizes;
	return error;
}

static enum error
check_told_size(struct names *names, struct db *db)
{
	struct query query;
	struct sizes sizes;
	enum error error;

	begin(names, db, TOLD_SIZE, NAME_POINT_SCALE, &query);
	error = take_sizes(&query, &sizes);
	return error == OK && sizes.names + sizes.descriptions > NAMES_TOLD_MAX
	    ? ERR_BODY_TOO_LARGE
	    : error;
}

enum error
names_load_told(struct names *names, struct db *db)
{
	struct query query;
	enum error error;

	if (!settle_all(names))
		return OK;
	if (names->kinds[NAME_POINT_SCALE].count +
	        names->kinds[NAME_BADGE].count >
	    TOLD_FEW) {
		error = check_told_size(names, db);
		if (error != OK)
			return error;
	}
	begin(names, db, TOLD, NAME_POINT_SCALE, &query);
	return take_all(names, &query);
}

/* As they come; settle puts them in order. */
static void
add(struct names *names, struct query *query)
{
	struct name_list *list = &names->kinds[query_take_int(query)];
	struct name *name;

	if (list->count == list->max)
		grow(list, names->arena);
	name = &list->list[list->count++];
	name->application = query_take_int(query);
	name->id = name->named.id = query_take_int(query);
	name->named.name = query_take_text(query, names->arena);
	name->named.description = query_take_text(query, names->arena);
}

enum error
names_load_all(
    struct names *names, struct db *db, int64_t application, bool *told_out)
{
	struct query query;
	struct sizes sizes;
	enum error error;
	size_t i;

	query_begin(&query, db, SET_NAMES, ALL_SIZE);
	query_int(&query, application);
	query_int(&query, application);
	error = take_sizes(&query, &sizes);
	if (error == OK && sizes.names > NAMES_MAX)
		error = ERR_BODY_TOO_LARGE;
	if (error != OK)
		return error;
	*told_out = sizes.descriptions <= DESCRIPTIONS_MAX;
	query_begin(&query, db, SET_NAMES, ALL);
	for (i = NAME_POINT_SCALE; i < NAME_KINDS; i++) {
		query_int(&query, *told_out);
		query_int(&query, application);
	}
	query_run(&query);
	while (query_next(&query))
		add(names, &query);
	settle_all(names);
	return query_end(&query);
}

struct named
names_get(const struct names *names, enum name_kind kind, int64_t application,
    int64_t id)
{
	const struct name *name = find(&names->kinds[kind], application, id);
	const struct named nothing = {0};

	return name == NULL ? nothing : name->named;
}

int64_t
names_id(const struct names *names, enum name_kind kind, const char *text)
{
	const struct name_list *list = &names->kinds[kind];
	size_t i;

	for (i = 0; i < list->count; i++)
		if (strcmp(list->list[i].named.name, text) == 0)
			return list->list[i].id;
	return 0;
}
