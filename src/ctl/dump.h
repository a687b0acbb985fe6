/* dump: the text of a backup: what mariadb-dump wrote, a head and a seal */
#ifndef CTL_DUMP_H
#define CTL_DUMP_H

#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/*
 * A backup is a dump with comments of ours around it, so the mariadb client can
 * load it without us:
 *
 *	-- Palmarès backup, format 1
 *	-- schema 1: 1:CHECKSUM
 *	-- taken 2026-11-22T09:00:00Z from database "palmares"
 *	…
 *	-- Palmarès backup complete: 7 rows, 5313 bytes, sha256 HASH
 *
 * The seal is its last line, over all that stands before it: a file without it
 * was cut off, one that does not fit it was changed.
 */
struct dump {
	crypto_hash_sha256_state hash;
	int64_t bytes, rows; /* so far, without the seal */
	char table[257];     /* whose rows come; empty at first */
	bool completed;      /* mariadb-dump's last line has come */
	bool sealed;         /* and our own, and it fits */
	bool damaged;        /* it does not fit, or something comes behind it */
	/* The line under way: its begin, and whether there is more of it. */
	char line[256];
	size_t length;
	bool longer;
};

void dump_begin(struct dump *dump);

/* Takes the next bytes, head and seal included. */
void dump_feed(struct dump *dump, const char *data, size_t len);

/* The seal over all that was fed, with its line end. */
enum { DUMP_SEAL_SIZE = 200 };
void dump_seal(const struct dump *dump, char seal_out[DUMP_SEAL_SIZE]);

struct dump_head {
	int64_t version;    /* of the schema */
	const char *list;   /* of its migrations, see migrate_list */
	const char *origin; /* "taken … from …" */
};

const char *dump_head_text(const struct dump_head *head, struct arena *arena);

/*
 * Whether so much is enough to read the head. No head is longer than the max.
 */
enum { DUMP_HEAD_MAX = 65536 };
bool dump_head_is_there(const char *data, size_t len);

/* Reads the head, NULL if all is well, else what is wrong with the file. */
const char *dump_head_read(const char *data, size_t len, struct arena *arena,
    struct dump_head *head_out) __attribute__((warn_unused_result));

#endif
