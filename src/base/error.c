/* error: the table of errors as arrays */
#include "base/error.h"

#include <assert.h>
#include <stddef.h>

static const struct {
	int status;
	const char *code;
	const char *title;
} errors[] = {
#define ERROR_ROW(symbol, status, code, title) {status, code, title},
    ERROR_TABLE(ERROR_ROW)
#undef ERROR_ROW
};

int
error_status(enum error error)
{
	assert((size_t)error < ERROR_COUNT);
	return errors[error].status;
}

const char *
error_code(enum error error)
{
	assert((size_t)error < ERROR_COUNT);
	return errors[error].code;
}

const char *
error_title(enum error error)
{
	assert((size_t)error < ERROR_COUNT);
	return errors[error].title;
}
