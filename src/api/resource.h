/* resource: what point scales, badges and rules have in common over HTTP */
#ifndef API_RESOURCE_H
#define API_RESOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "api/api.h"
#include "base/encode.h"
#include "store/catalog.h"

/*
 * One kind of resource: a catalog of the store over HTTP. Objects are the
 * catalog's. What all of them have in their documents is done here; the rest is
 * told by members that may be NULL: nothing.
 */
struct resource {
	const struct catalog *catalog;
	const char *collection; /* "/api/v1/badges" */
	const char *tag;        /* of its cursors */
	/*
	 * Members besides those of all, with offsets from members_at in the
	 * object. The classic interface knows none that is FIELD_STRICT.
	 */
	const struct field *(*members)(size_t *count_out);
	size_t members_at;
	void (*set_defaults)(void *object);
	/* Members that name other things: see struct decode. */
	void (*reference)(struct decode *decode, int kind,
	    struct json_object *value, const char *pointer,
	    struct reference *reference_out);
	/* Members with a form of their own, see base/decode.h and encode.h. */
	void (*decode_form)(struct decode *decode, int kind,
	    struct json_object *value, const char *pointer,
	    const void **form_out);
	void (*encode_form)(const struct encode *encode, int kind,
	    const char *key, const void *form);
	/*
	 * Whether what replaces an object is so much another one that what
	 * users have of the old one means nothing for it. NULL: never.
	 */
	bool (*is_another)(const void *object, const void *existing);
	/* Faults of what value, at pointer, was decoded to, as a whole. */
	void (*check)(struct decode *decode, struct json_object *value,
	    const char *pointer, const void *object);
};

extern const struct resource point_scale_resource;
extern const struct resource badge_resource;
extern const struct resource rule_resource;

/* Handlers: the route's subject is the resource. */
enum error resource_list(struct call *call) MUST_CHECK;
enum error resource_post(struct call *call) MUST_CHECK;
enum error resource_get(struct call *call) MUST_CHECK;
enum error resource_put(struct call *call) MUST_CHECK;
enum error resource_delete(struct call *call) MUST_CHECK;

/*
 * Decodes a body into a new object. name is the path's, or NULL where the body
 * must have one. Faults go to call->faults. lenient: as the classic interface.
 */
struct named *resource_decode(struct call *call,
    const struct resource *resource, const char *name, bool lenient);

/*
 * Decodes what another body names: a name, or an object with one. The context
 * of decode is the appKey of the key's application.
 */
void resource_take(struct decode *decode, struct json_object *value,
    const char *pointer, const struct resource *resource, void *object_out);

/*
 * What a change does with the object that has the name. RENAME is the classic
 * PUT: of what the path names, whose name is then the object's, and which keeps
 * what the classic interface does not know.
 */
enum change_mode { CHANGE_CREATE, CHANGE_PUT, CHANGE_RENAME, CHANGE_DELETE };

/*
 * Makes the change in a transaction, with the application locked. object is
 * then what is stored; created_out, NULL for others, tells PUT's two cases
 * apart.
 */
enum error resource_change(struct call *call, const struct resource *resource,
    enum change_mode mode, struct named *object, bool *created_out) MUST_CHECK;

/*
 * A body's appKey is optional and must be that of the key's application, which
 * is the context of decode (other_application).
 */
void decode_app_key(struct decode *decode, struct json_object *value,
    const char *pointer, void *member_out);

/*
 * createdAt and updatedAt are the server's: what comes back from a GET is let
 * pass, but has to be a time.
 */
void decode_own_time(struct decode *decode, struct json_object *value,
    const char *pointer, void *member_out);

/* Characters of a description. */
enum { DESCRIPTION_MAX = 1000 };

/* An object's documents. */
void resource_write(struct json_writer *jw, const struct resource *resource,
    const struct named *object, int64_t app_key);
void
resource_write_classic(struct json_writer *jw, const struct resource *resource,
    const struct named *object, int64_t app_key);

/* The short form, for what another document names. */
void write_named(struct json_writer *jw, const char *key,
    const struct named *named, int64_t app_key);
void
write_times(struct json_writer *jw, int64_t created_at, int64_t updated_at);

#endif
