/* document: a rule as one text, by the table of its members */
#include "rules/document.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/decode.h"
#include "base/encode.h"
#include "base/str.h"
#include "engine/feature.h"
#include "rules/conditions.h"

enum { DOCUMENT_MAX = 1 << 20 };

static void
write_reference(const struct encode *encode, int kind, const char *key,
    const struct reference *reference)
{
	(void)kind;
	jw_int(encode->jw, key, reference->id);
}

const char *
document_write(struct arena *arena, const struct rule *rule)
{
	struct str text = str_new(arena, DOCUMENT_MAX);
	struct json_writer jw = {.out = &text};
	const struct encode encode = {.jw = &jw,
	    .brief = true,
	    .reference = write_reference,
	    .form = conditions_encode};
	size_t count;
	const struct field *fields = rule_fields(&count);

	jw_object(&jw, NULL);
	encode_fields(&encode, fields, count, rule);
	jw_object_end(&jw);
	assert(!text.overflow);
	return text.data;
}

static void
read_reference(struct decode *decode, int kind, struct json_object *value,
    const char *pointer, struct reference *reference_out)
{
	static const struct field field = {
	    .type = FIELD_INT, .min = 1, .max = INT64_MAX};

	(void)kind;
	decode_value(decode, value, pointer, &field, &reference_out->id);
}

bool
document_read(struct arena *scratch, struct arena *arena, const char *text,
    struct rule *rule_out)
{
	struct faults faults;
	struct decode decode = {.arena = scratch,
	    .faults = &faults,
	    .reference = read_reference,
	    .form = conditions_decode};
	struct json_object *object;
	const struct field *fields;
	const char *why;
	size_t count;

	faults_init(&faults, scratch);
	rule_init(rule_out);
	fields = rule_fields(&count);
	object = json_parse(scratch, text, strlen(text), &faults, &why);
	if (object != NULL)
		decode_object(&decode, object, "", fields, count, rule_out);
	if (object != NULL && faults.count == 0 &&
	    rule_has_occasion(rule_out)) {
		fields_keep(fields, count, arena, rule_out);
		return true;
	}
	rule_init(rule_out);
	rule_disable(rule_out);
	return false;
}
