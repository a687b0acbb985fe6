/* The types of openapi-typescript, with openapi-fetch. */
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/openapi-typescript";

const { PALMARES_URL: baseUrl, PALMARES_KEY: key } = process.env;
const client = createClient<paths>({
	baseUrl,
	headers: { Authorization: `Bearer ${key}` },
});
const rule: components["schemas"]["RuleInput"] = {
	name: "review",
	eventType: "review",
	points: 10,
	pointScale: "reputation",
	badge: { name: "Critic", imageUrl: null },
};

async function main() {
	const made = await client.POST("/api/v1/rules", { body: rule });
	assert.equal(made.response.status, 201);
	assert.equal(made.data?.pointScale?.name, "reputation");
	assert.equal(made.data.badge?.description, "");
	const again = await client.PUT("/api/v1/rules/{name}", {
		params: { path: { name: "review" } },
		body: made.data,
	});
	assert.equal(again.response.status, 200);
	assert.deepEqual(again.data, made.data);

	const event = await client.POST("/api/v1/events", {
		body: { username: "ann", eventType: "review", properties: { stars: 5 } },
	});
	assert.equal(event.data?.awards[0]?.badge, "Critic");
	const batch = await client.POST("/api/v1/events/batch", {
		body: { events: [{ username: "bob", eventType: "review" }] },
	});
	const result = batch.data?.results[0];
	assert(result !== undefined && "event" in result);
	assert.equal(result.event.awards[0]?.balance, 10);

	const users = await client.GET("/api/v1/users", {
		params: { query: { limit: 10 } },
	});
	const points: number | undefined =
		users.data?.data[0]?.pointScalesWithPoints[0]?.points;
	assert.equal(points, 10);
	assert.equal(users.data?.nextCursor, null);
	const none = await client.GET("/api/v1/users/{username}", {
		params: { path: { username: "nobody" } },
	});
	assert.equal(none.error?.code, "user_not_found");
	assert.equal(none.response.status, 404);
}

/* What a mistake in a program must be: none of this compiles. */
export function mistakes() {
	// @ts-expect-error: a member that does not exist
	const typo: components["schemas"]["RuleInput"] = { ...rule, point: 10 };
	// @ts-expect-error: a required member is missing
	const missing: components["schemas"]["BadgeInput"] = { description: "" };
	// @ts-expect-error: another type
	const type: components["schemas"]["RuleInput"] = { ...rule, points: "10" };
	// @ts-expect-error: null where it may not be
	const none: components["schemas"]["EventInput"] = { username: null, eventType: "e" };
	// @ts-expect-error: a page has items of a kind
	const item: components["schemas"]["BadgePage"]["data"] = [{ name: 5 }];
	// @ts-expect-error: a code that this answer does not have
	const code: components["responses"]["Forbidden"]["content"]["application/problem+json"]["code"] = "nonsense";
	return [typo, missing, type, none, item, code];
}

void main();
