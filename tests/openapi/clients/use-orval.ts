/* The client that orval makes for fetch. */
import assert from "node:assert/strict";
import {
	createRule, getUser, listUsers, postEvent, postEvents, putRule,
} from "./generated/orval";
import type { BadgeInput, EventInput, RuleInput } from "./generated/orval";

/* It has relative URLs and knows no key. */
const { PALMARES_URL: baseUrl, PALMARES_KEY: key } = process.env;
const plain = globalThis.fetch;
globalThis.fetch = (url, init) => plain(`${baseUrl}${String(url)}`, {
	...init,
	headers: { ...init?.headers, Authorization: `Bearer ${key}` },
});
const rule: RuleInput = {
	name: "review",
	eventType: "review",
	points: 10,
	pointScale: "reputation",
	badge: { name: "Critic", imageUrl: null },
};

async function main() {
	const made = await createRule(rule);
	assert(made.status === 201);
	assert.equal(made.data.badge?.name, "Critic");
	const again = await putRule("review", made.data);
	assert(again.status === 200);
	assert.deepEqual(again.data, made.data);

	const event = await postEvent({
		username: "ann", eventType: "review", properties: { stars: 5 },
	});
	/* It knows but one of two statuses that have the same type. */
	assert.equal(event.status as number, 201);
	assert("awards" in event.data);
	assert.equal(event.data.awards[0]?.badge, "Critic");
	const batch = await postEvents({
		events: [{ username: "bob", eventType: "review" }],
	});
	assert(batch.status === 200);
	const result = batch.data.results[0];
	assert(result !== undefined && "event" in result);
	assert.equal(result.event.awards[0]?.balance, 10);

	const users = await listUsers({ limit: 10 });
	assert(users.status === 200);
	assert.equal(users.data.data[0]?.pointScalesWithPoints[0]?.points, 10);
	assert.equal(users.data.nextCursor, null);
	const none = await getUser("nobody");
	assert(none.status === 404);
	assert.equal(none.data.code, "user_not_found");
}

/* What a mistake in a program must be: none of this compiles. */
export function mistakes() {
	// @ts-expect-error: a member that does not exist
	const typo: RuleInput = { ...rule, point: 10 };
	// @ts-expect-error: a required member is missing
	const missing: BadgeInput = { description: "" };
	// @ts-expect-error: another type
	const type: RuleInput = { ...rule, points: "10" };
	// @ts-expect-error: null where it may not be
	const none: EventInput = { username: null, eventType: "e" };
	return [typo, missing, type, none];
}

void main();
