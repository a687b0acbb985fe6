/* standing: what a user has, as the user's row keeps it */
#ifndef STORE_STANDING_H
#define STORE_STANDING_H

#include "base/pack.h"
#include "engine/engine.h"

/*
 * Column user.standing, packed numbers (base/pack.h): how many sections
 * follow, and one for each kind of values (engine/state.h) of which the user
 * has any, in the order of the kinds:
 *
 *   the kind, how many values, then for each in the order of what they are of
 *     the id of that (point_scale.id, rule.id, badge.id), as the difference
 *       to the one before
 *     of a kind that is keyed, in the order of the keys: the first key of an
 *       id with a sign, each other one as the difference to the one before
 *     the value: with a sign for RANGE_SIGNED, none for RANGE_MARK
 *
 * What is 0 is left out, unless it may have a sign. Values of rules that no
 * longer exist may be there or not.
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
