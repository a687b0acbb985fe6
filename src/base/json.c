/* json: the check, then json-c; faults and pointers */
#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/json_check.h"
#include "base/json_cut.h"
#include "base/json_grammar.h"
#include "base/json_string.h"
#include "base/str.h"

void
faults_init(struct faults *faults, struct arena *arena)
{
	*faults = (struct faults) {.arena = arena, .max = FAULTS_MAX};
	faults->tail = faults->item = &faults->first;
}

void
faults_init_items(struct faults *faults, struct arena *arena)
{
	faults_init(faults, arena);
	faults->max = ITEMS_FAULTS_MAX;
	faults->item_max = ITEM_FAULTS_MAX;
}

void
faults_next_item(struct faults *faults)
{
	if (faults->item_max == 0)
		return;
	faults->item = faults->tail;
	faults->item_count = 0;
}

static bool
has_fault_at(const struct faults *faults, const char *pointer)
{
	const struct fault *fault;

	for (fault = *faults->item; fault != NULL; fault = fault->next)
		if (strcmp(fault->pointer, pointer) == 0)
			return true;
	return false;
}

bool
faults_are_full(const struct faults *faults)
{
	return faults->count >= faults->max ||
	    (faults->item_max > 0 && faults->item_count >= faults->item_max);
}

bool
faults_are_in(const struct faults *faults, const char *pointer)
{
	const size_t len = strlen(pointer);
	const struct fault *fault;

	for (fault = *faults->item; fault != NULL; fault = fault->next)
		if (strncmp(fault->pointer, pointer, len) == 0 &&
		    (fault->pointer[len] == '/' || fault->pointer[len] == '\0'))
			return true;
	return false;
}

void
faults_add(struct faults *faults, const char *pointer, const char *code,
    const char *detail, ...)
{
	struct fault *fault;
	va_list args;

	if (faults_are_full(faults) || has_fault_at(faults, pointer))
		return;
	fault = arena_alloc(faults->arena, sizeof(*fault));
	fault->pointer = arena_strdup(faults->arena, pointer);
	fault->code = code;
	va_start(args, detail);
	fault->detail = arena_vprintf(faults->arena, detail, args);
	va_end(args);
	*faults->tail = fault;
	faults->tail = &fault->next;
	faults->count++;
	faults->item_count++;
}

const char *
json_pointer(struct arena *arena, const char *base, const char *name)
{
	size_t max = strlen(base) + 1 + 2 * strlen(name);
	struct str pointer = str_new(arena, max);

	str_adds(&pointer, base);
	str_addc(&pointer, '/');
	for (; *name != '\0'; name++) {
		if (*name == '~') /* RFC 6901, section 3 */
			str_adds(&pointer, "~0");
		else if (*name == '/')
			str_adds(&pointer, "~1");
		else
			str_addc(&pointer, *name);
	}
	return pointer.data;
}

const char *
json_pointer_at(struct arena *arena, const char *base, size_t index)
{
	return arena_printf(arena, "%s/%zu", base, index);
}

static void
put_object(void *object)
{
	json_object_put(object);
}

void
json_keep(struct arena *arena, struct json_object *object)
{
	if (object != NULL)
		arena_defer(arena, put_object, object);
}

/*
 * json-c's own view of a text that passed the check, which is the strict one.
 */
static struct json_object *
tokenize(const char *text, size_t len, const char **why_out)
{
	struct json_tokener *tokener;
	struct json_object *object;
	enum json_tokener_error error;

	/* json-c counts the level of a scalar too. */
	tokener = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
	if (tokener == NULL) {
		*why_out = "no memory";
		return NULL;
	}
	/* Not JSON_TOKENER_STRICT: 0.18 takes no byte beyond ASCII then. */
	json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, text, (int)len);
	/* A number at the top could go on: the NUL says that it does not. */
	if (json_tokener_get_error(tokener) == json_tokener_continue)
		object = json_tokener_parse_ex(tokener, "", 1);
	error = json_tokener_get_error(tokener);
	json_tokener_free(tokener);
	*why_out = error == json_tokener_success
	    ? NULL
	    : json_tokener_error_desc(error);
	return object;
}

struct json_object *
json_parse(struct arena *arena, const char *text, size_t len,
    struct faults *faults, const char **why_out)
{
	struct json_object *object;
	struct json_cuts cuts;
	char *copy;

	*why_out = json_grammar(arena, text, len);
	if (*why_out != NULL)
		return NULL;
	json_check(arena, text, len, faults, &cuts);
	if (cuts.count > 0) {
		copy = arena_alloc(arena, len);
		len = json_cuts_apply(&cuts, text, len, copy);
		text = copy;
	}
	/* json-c 0.16 takes the two halves of U+1D800, and others, for lone. */
	if (memchr(text, '\\', len) != NULL) {
		copy = arena_alloc(arena, len);
		len = json_text_join_pairs(text, len, copy);
		text = copy;
	}
	object = tokenize(text, len, why_out);
	json_keep(arena, object);
	return object;
}

const char *
json_trial(struct arena *arena)
{
	/*
	 * One character of each length that UTF-8 has, in a name and a value.
	 */
	static const char characters[] =
	    "z\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8F\x86";
	const char *text =
	    arena_printf(arena, "{\"%s\": \"%s\"}", characters, characters);
	struct json_object *object, *value;
	struct faults faults;
	const char *why;

	faults_init(&faults, arena);
	object = json_parse(arena, text, strlen(text), &faults, &why);
	if (why != NULL)
		return why;
	if (!json_object_object_get_ex(object, characters, &value) ||
	    strcmp(json_object_get_string(value), characters) != 0)
		return "another text came out of it";
	return NULL;
}
