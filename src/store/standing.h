/* standing: what a user has, as the user's row keeps it */
#ifndef STORE_STANDING_H
#define STORE_STANDING_H

#include "engine/engine.h"
#include "store/pack.h"

/*
 * Column user.standing, packed numbers (store/pack.h):
 *
 *   how many balances, then for each point_scale.id and points (with a sign)
 *   how many counts, then for each rule.id and the matching events so far
 *   how many badges, then for each badge.id, in the order of winning
 *   how many rules for the N-th event have awarded, then for each rule.id
 *
 * All but badges are in the order of their ids, and the id is told as the
 * difference to the one before. Numbers of rules that no longer exist may be
 * there or not.
 */

/* rules: those that exist, in the order of their ids; the others' go. */
struct bytes standing_pack(
    const struct state *state, const struct rule *rules, size_t count);

/*
 * state has been through state_init. False if the bytes are damaged: then it
 * has what could be read.
 */
bool standing_unpack(struct state *state, struct bytes bytes);

#endif
