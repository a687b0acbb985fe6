/* test_base_field_faults: what is told of members that are more than scalars */
#include <string.h>

#include "field_test.h"

const size_t arena_max = 64 << 20;

static void
faults_are_told_where_they_stand(void **state)
{
	static const char *const rows[][2] = {
	    {"{'colour':'reed'}", "/colour invalid_value"},
	    {"{'colour':1}", "/colour invalid_type"},
	    {"{'inner':{}}", "/inner/number required"},
	    {"{'inner':[]}", "/inner invalid_type"},
	    {"{'inner':{'number':10}}", "/inner/number out_of_range"},
	    {"{'inner':{'number':null}}", "/inner/number required"},
	    {"{'inner':{'number':'1'}}", "/inner/number invalid_type"},
	    {"{'inner':{'number':1,'wort':'x'}}", "/inner/wort unknown_member"},
	    {"{'inner':{'number':1,'a/b~c':1}}",
	        "/inner/a~1b~0c unknown_member"},
	    {"{'inner':{'number':1,'colour':'Red'}}",
	        "/inner/colour invalid_value"},
	    {"{'inner':{'number':1,'colour':'red\\u0000'}}",
	        "/inner/colour invalid_value"},
	    {"{'inner':{'number':1,'word':'a\\u0000'}}",
	        "/inner/word control_character"},
	    {"{'inner':{'number':1,'deep':{'until':'x','flag':0,'nam':1}}}",
	        "/inner/deep/until invalid_format, "
	        "/inner/deep/flag invalid_type, "
	        "/inner/deep/nam unknown_member"},
	    {"{'inner':{'number':5,'colour':'red'}}",
	        "/inner/colour invalid_value"},
	    /* what is faulty by itself is not judged as a whole */
	    {"{'inner':{'number':5,'colour':'red','word':7}}",
	        "/inner/word invalid_type"},
	    {"{'inner':{'number':5,'colour':'red','deep':{'name':''}}}",
	        "/inner/deep/name too_short"},
	    {"{'inner':{'number':5,'colour':'red','wort':'a'}}",
	        "/inner/wort unknown_member"},
	    /* nor is what the parser has found a fault in */
	    {"{'inner':{'number':5,'colour':'red','word':'\\ud800'}}",
	        "/inner/word invalid_format"},
	    {"{'inner':{'number':5,'colour':'red','word':'a','word':'b'}}",
	        "/inner/word duplicate_member"},
	    /* a fault beside it, or with a name that is longer, is none in it */
	    {"{'colour':'x','inner':{'number':5,'colour':'red'},'inner2':1}",
	        "/colour invalid_value, /inner/colour invalid_value, "
	        "/inner2 unknown_member"},
	    {"{'inner2':1e999,'inner':{'number':5,'colour':'red'}}",
	        "/inner2 out_of_range, /inner/colour invalid_value"},
	    {"{'list':[]}", "/list too_few"},
	    {"{'list':{'number':1}}", "/list invalid_type"},
	    {"{'list':[null]}", "/list/0 invalid_type"},
	    {"{'list':[{'number':1},{'number':0}]}",
	        "/list/1/number out_of_range"},
	    {"{'list':[{'number':0},{'number':5,'colour':'red'},{}]}",
	        "/list/0/number out_of_range, /list/1/colour invalid_value, "
	        "/list/2/number required"},
	    {"{'list':[{'number':1},7,{'number':1}]}", "/list/1 invalid_type"},
	    {"{'list':[{'number':1},{'number':1},{'number':1},{'number':1}]}",
	        "/list too_many"},
	    /* of too many none is judged */
	    {"{'list':[{},{},{},{}]}", "/list too_many"},
	    {"{'single':{'number':0}}", "/single/number out_of_range"},
	    {"{'single':{'number':5,'colour':'red'}}",
	        "/single/colour invalid_value"},
	    {"{'single':[{'number':5,'colour':'red'}]}",
	        "/single/0/colour invalid_value"},
	    {"{'single':[null]}", "/single/0 invalid_type"},
	    {"{'single':[[]]}", "/single/0 invalid_type"},
	    {"{'single':7}", "/single invalid_type"},
	    {"{'words':['a','']}", "/words/1 too_short"},
	    {"{'words':[null]}", "/words/0 required"},
	    {"{'form':7}", "/form invalid_type"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		decode_outer(arena, rows[i][0]);
		if (strcmp(faults_told(), rows[i][1]) != 0)
			fail_msg("%s: %s", rows[i][0], faults_told());
	}
}

static void
faults_say_what_would_be_right(void **state)
{
	static const char *const rows[][2] = {
	    {"{'colour':'reed'}", "must be red, green or blue"},
	    {"{'colour':1}", "must be a string"},
	    {"{'inner':{'number':1,'wort':1}}",
	        "is no member of this object; did you mean \"word\"?"},
	    {"{'inner':{'number':1,'shade':1}}",
	        "is no member of this object; leave it out"},
	    {"{'inner':{'number':5,'colour':'red'}}", "five has none"},
	    {"{'list':{}}", "must be an array"},
	    {"{'list':[]}", "must have 1 to 3 elements"},
	    {"{'list':[null]}", "must be an object"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		decode_outer(arena, rows[i][0]);
		assert_int_equal(faults.count, 1);
		assert_string_equal(faults.first->detail, rows[i][1]);
	}
}

/* Of what is not kept nobody knows whether it was a fault of the object. */
static void
no_check_is_asked_when_no_fault_would_be_kept(void **state)
{
	struct outer outer = decode_outer(arena, "{'inner':{'number':5}}");

	(void)state;
	assert_int_equal(checks_asked, 1);
	decode_over(arena, "{'colour':'reed','inner':{'number':0}}", 1, &outer);
	assert_string_equal(faults_told(), "/colour invalid_value");
	assert_int_equal(checks_asked, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    JSON_TEST(faults_are_told_where_they_stand),
	    JSON_TEST(faults_say_what_would_be_right),
	    JSON_TEST(no_check_is_asked_when_no_fault_would_be_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
