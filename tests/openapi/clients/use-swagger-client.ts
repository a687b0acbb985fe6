/* swagger-client, which reads the document from the server itself. */
import assert from "node:assert/strict";

const { PALMARES_URL: url, PALMARES_KEY: key } = process.env;
const SwaggerClient = require("swagger-client");

async function main() {
	const client = await SwaggerClient({
		url: `${url}/api/v1/openapi.yaml`,
		authorizations: { bearer: { value: key } },
	});
	assert.deepEqual(client.errors, []);
	const { Rules, Events, Users } = client.apis;

	const made = await Rules.createRule({}, {
		requestBody: {
			name: "review", eventType: "review", points: 10,
			pointScale: "reputation", badge: { name: "Critic" },
		},
	});
	assert.equal(made.status, 201);
	const again = await Rules.putRule(
		{ name: "review" }, { requestBody: made.body });
	assert.equal(again.status, 200);
	assert.deepEqual(again.body, made.body);
	const event = await Events.postEvent({}, {
		requestBody: { username: "ann", eventType: "review" },
	});
	assert.equal(event.body.awards[0].badge, "Critic");
	const users = await Users.listUsers({ limit: 10 });
	assert.equal(users.body.data[0].username, "ann");
	await assert.rejects(
		Users.getUser({ username: "nobody" }),
		(error: { status: number, response: { body: { code: string } } }) =>
			error.status === 404 &&
			error.response.body.code === "user_not_found");
}

void main();
