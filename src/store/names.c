/* names: what the rules, point scales and badges of awards are called */
#include "store/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "store/statements.h"

enum { FIND, ALL, STATEMENTS };

#define FIND_IN(kind, table)                                    \
	"SELECT " kind ", k.a, k.i, t.name"                     \
	" FROM JSON_TABLE(?, '$[*]' COLUMNS ("                  \
	" a INT UNSIGNED PATH '$[0]', i BIGINT PATH '$[1]')) k" \
	" STRAIGHT_JOIN " table " t FORCE INDEX (PRIMARY)"      \
	" ON t.id = k.i AND t.application_id = k.a"

#define ALL_OF(kind, table)                                                   \
	"SELECT " kind ", application_id, id, name, description, created_at," \
	" updated_at FROM " table " WHERE application_id = ?"

static const char *const texts[STATEMENTS] = {
    [FIND] = FIND_IN("0", "rule") " UNION ALL " FIND_IN(
        "1", "point_scale") " UNION ALL " FIND_IN("2", "badge"),
    [ALL] = ALL_OF("1", "point_scale") " UNION ALL " ALL_OF("2", "badge"),
};
const struct statement_set names_statements = {texts, STATEMENTS};

enum { FIRST_MAX = 16, KEYS_TEXT_MAX = 64 << 20 };

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
}

enum error
names_load(struct names *names, struct db *db)
{
	struct query query;
	size_t wanted = 0, i;

	for (i = 0; i < NAME_KINDS; i++) {
		settle(&names->kinds[i]);
		wanted += names->kinds[i].count;
	}
	if (wanted == 0)
		return OK;
	query_begin(&query, db, SET_NAMES, FIND);
	for (i = 0; i < NAME_KINDS; i++)
		query_text(&query, keys_of(names->arena, &names->kinds[i]));
	query_run(&query);
	while (query_next(&query))
		take(names, &query);
	return query_end(&query);
}

/* As they come; settle puts them in order. */
enum error
names_load_all(struct names *names, struct db *db, int64_t application)
{
	struct query query;
	struct name_list *list;
	int64_t kind;
	size_t i;

	query_begin(&query, db, SET_NAMES, ALL);
	query_int(&query, application);
	query_int(&query, application);
	query_run(&query);
	while (query_next(&query)) {
		kind = query_take_int(&query);
		list = &names->kinds[kind];
		if (list->count == list->max)
			grow(list, names->arena);
		list->list[list->count].application = query_take_int(&query);
		named_take(
		    &query, names->arena, &list->list[list->count].named);
		list->list[list->count].id = list->list[list->count].named.id;
		list->count++;
	}
	for (i = 0; i < NAME_KINDS; i++)
		settle(&names->kinds[i]);
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
