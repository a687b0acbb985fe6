/* The client of @hey-api/openapi-ts. */
import assert from "node:assert/strict";
import { client } from "./generated/hey-api/client.gen";
import {
	createRule, getUser, listUsers, postEvent, postEvents, putRule,
} from "./generated/hey-api";
import type { BadgeInput, EventInput, RuleInput } from "./generated/hey-api";

const { PALMARES_URL: baseUrl, PALMARES_KEY: key } = process.env;
const rule: RuleInput = {
	name: "review",
	eventType: "review",
	points: 10,
	pointScale: "reputation",
	badge: { name: "Critic", imageUrl: null },
};

async function main() {
	client.setConfig({ baseUrl, auth: key });
	const made = await createRule({ body: rule });
	assert.equal(made.response.status, 201);
	assert(made.data !== undefined);
	assert.equal(made.data.badge?.name, "Critic");
	const again = await putRule({ path: { name: "review" }, body: made.data });
	assert.equal(again.response.status, 200);
	assert.deepEqual(again.data, made.data);

	const event = await postEvent({
		body: { username: "ann", eventType: "review", properties: ["verified"] },
	});
	assert.equal(event.data?.awards[0]?.badge, "Critic");
	const batch = await postEvents({
		body: { events: [{ username: "bob", eventType: "review" }] },
	});
	const result = batch.data?.results[0];
	assert(result !== undefined && "event" in result);
	assert.equal(result.event.awards[0]?.balance, 10);

	const users = await listUsers({ query: { limit: 10 } });
	assert.equal(users.data?.data[0]?.pointScalesWithPoints[0]?.points, 10);
	assert.equal(users.data?.nextCursor, null);
	const none = await getUser({ path: { username: "nobody" } });
	assert.equal(none.response.status, 404);
	assert(none.error !== undefined);
	assert.equal(none.error.code, "user_not_found");
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
	// @ts-expect-error: a call without its body
	return [typo, missing, type, none, () => createRule({})];
}

void main();
