/* verify_state: a user's balances, counts and badges against the fold */
#include "base/arena.h"
#include "store/verify_user.h"

/* Whether the state knows a value, be it 0. */
static bool
is_known(struct state *state, enum state_kind kind, int64_t user, int64_t ref)
{
	return !state_want(state, kind, user, ref);
}

/* The tables that hold the state, and how their rows are told. */
static const struct {
	enum verify_table table;
	const char *noun;
	const char *(*text)(struct verify *verify, int64_t id);
} kinds[STATE_KINDS] = {
    [STATE_BALANCE] = {VERIFY_BALANCES, "balance of point scale", scale_text},
    [STATE_COUNT] = {VERIFY_COUNTS, "count of rule", rule_text},
    [STATE_BADGE] = {VERIFY_BADGES, "badge", badge_text},
};

/* A value of the state: which, and what the row there says of it. */
struct value {
	enum state_kind kind;
	int64_t ref;
	const struct verify_row *row; /* NULL: there is none */
};

static void
value_differs(struct fold *fold, const struct value *value, const char *member,
    const char *stored, const char *folded)
{
	struct verify *verify = fold->verify;

	fold_differs(fold,
	    arena_printf(verify->words, "%s %s%s", kinds[value->kind].noun,
	        kinds[value->kind].text(verify, value->ref), member),
	    stored, folded);
}

static void
compare_value(struct fold *fold, const struct value *value, const char *member,
    int64_t stored, int64_t folded)
{
	if (stored != folded)
		value_differs(fold, value, member,
		    number_text(fold->verify, stored),
		    number_text(fold->verify, folded));
}

static const struct verify_thing *
find_thing(const struct fold *fold, const struct value *value)
{
	const struct verify_catalog *catalog = &fold->verify->catalog;
	const struct verify_things *things[STATE_KINDS] = {
	    [STATE_BALANCE] = &catalog->scales,
	    [STATE_COUNT] = &catalog->rules,
	    [STATE_BADGE] = &catalog->badges,
	};

	return things_find(things[value->kind], value->ref);
}

/* A deleted rule's counts are dropped: nobody reads them any more. */
static bool
is_dropped(const struct fold *fold, const struct value *value)
{
	const struct verify_thing *thing = find_thing(fold, value);

	return value->kind == STATE_COUNT && thing != NULL && thing->deleted;
}

static void
compare_badge(struct fold *fold, const struct value *value)
{
	const struct won *won = fold->won;

	while (won->badge != value->ref)
		won = won->next;
	compare_value(fold, value, ": event's row", value->row->ints[WON_EVENT],
	    won->event);
	if (value->row->ints[WON_RULE] != won->rule)
		value_differs(fold, value, ": rule",
		    rule_text(fold->verify, value->row->ints[WON_RULE]),
		    rule_text(fold->verify, won->rule));
}

static void
compare_folded(struct fold *fold, const struct value *value)
{
	int64_t user = fold->user->user, stored = value->row->ints[VALUE];

	if (value->kind == STATE_BADGE) {
		compare_badge(fold, value);
		return;
	}
	compare_value(fold, value, "", stored,
	    state_get(&fold->folded, value->kind, user, value->ref));
	if (value->kind == STATE_BALANCE)
		compare_value(fold, value,
		    " against the sum of its ledger entries", stored,
		    state_get(&fold->sums, STATE_BALANCE, user, value->ref));
}

/* Whether the fold gave it. A refused event may leave a value noted, but 0. */
static bool
is_folded(struct fold *fold, const struct value *value)
{
	int64_t user = fold->user->user;

	return is_known(&fold->folded, value->kind, user, value->ref) &&
	    (value->kind != STATE_BADGE ||
	        state_get(&fold->folded, STATE_BADGE, user, value->ref) != 0);
}

static void
check_value(struct fold *fold, const struct value *value)
{
	state_set(&fold->stored, value->kind, fold->user->user, value->ref, 1);
	if (is_dropped(fold, value))
		return;
	if (find_thing(fold, value) != NULL && is_folded(fold, value))
		compare_folded(fold, value);
	else
		value_differs(fold, value, "", "there", "nothing");
}

/* What the fold gave and no row says. */
static void
check_missing(struct fold *fold)
{
	const struct state_slot *slot = fold->folded.first_changed;
	struct value value = {.row = NULL};

	for (; slot != NULL; slot = slot->next_changed) {
		value.kind = slot->kind;
		value.ref = slot->ref;
		if (!is_dropped(fold, &value) &&
		    !is_known(&fold->stored, slot->kind, slot->user, slot->ref))
			value_differs(fold, &value, "", "nothing",
			    slot->kind == STATE_BADGE
			        ? "there"
			        : number_text(fold->verify, slot->value));
	}
}

void
verify_state(struct fold *fold)
{
	struct value value;
	size_t kind;

	for (kind = 0; kind < STATE_KINDS; kind++) {
		value.kind = (enum state_kind)kind;
		while (
		    (value.row = fold_row(fold, kinds[kind].table)) != NULL) {
			value.ref = value.row->key;
			check_value(fold, &value);
			reader_next(&fold->verify->reader, kinds[kind].table);
		}
	}
	check_missing(fold);
}
