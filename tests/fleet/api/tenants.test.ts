/* Every route of the OpenAPI document, asked with no token, with one of another domain, and with one of all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleOf } from "../support/query_fleet.ts";
import { SECRET, ServedFleet } from "../support/served_fleet.ts";

const TIMEOUT = { timeout: 60_000 };
/** What anybody may ask; nothing of any domain is in it. */
const OIDC = "GET /api/v1/session/oidc";
const PUBLIC = new Set([
  "GET /healthz",
  "GET /readyz",
  "POST /api/v1/session",
  OIDC,
  `${OIDC}/{name}`,
  `${OIDC}/{name}/callback`,
]);
/** What is told to those of all domains alone. */
const OF_ALL = new Set(["GET /api/v1/store", "GET /metrics"]);

interface Route {
  readonly key: string;
  readonly method: string;
  readonly path: string;
}

/** The routes of the document. */
async function routesOf(served: ServedFleet): Promise<Route[]> {
  const { json } = await served.ask("/openapi.json");
  return Object.entries<object>(json.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      key: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
    }))
  );
}

const RANGE = "from=1d&until=now";
/** Questions that name what is another's, by route: it is to be not there. */
function questionsOf({ key, path }: Route, served: ServedFleet): { path: string; body?: object }[] {
  const spy = served.fleet.agents.get(3)!;
  const [task, host] = [[...spy.tasks.values()][0], spy.hostTask!];
  const side = { from: "1d", until: "now" };
  const asked: Record<string, { path: string; body?: object }[]> = {
    "GET /api/v1/agents/{id}": [{ path: `/api/v1/agents/${spy.id}` }],
    "GET /api/v1/agents/{id}/stream": [{ path: `/api/v1/agents/${spy.id}/stream` }],
    "GET /api/v1/crowd": [
      { path: `/api/v1/crowd?${RANGE}` },
      ...["unit", "host", "target"].map((name) => ({
        path: `/api/v1/crowd?${RANGE}&${name}=${name === "unit" ? `${SECRET}/one` : SECRET}`,
      })),
      { path: `/api/v1/crowd?${RANGE}&of=hosts` },
    ],
    "GET /api/v1/tasks/{id}": [task, host].map(({ id }) => ({ path: `/api/v1/tasks/${id}` })),
    "GET /api/v1/tasks": [
      { path: "/api/v1/tasks?limit=10000" },
      { path: `/api/v1/tasks?unit=${SECRET}/one` },
      { path: `/api/v1/tasks?agent=${spy.id}` },
      { path: `/api/v1/tasks?target=${SECRET}` },
    ],
    "GET /api/v1/agents": [{ path: "/api/v1/agents" }, { path: `/api/v1/agents?unit=${SECRET}/one` }],
    "GET /api/v1/search": [{ path: `/api/v1/search?q=${SECRET}` }, { path: "/api/v1/search?q=linux" }],
    "GET /api/v1/series": [task, host].map(({ id }) => ({
      path: `/api/v1/series?task=${id}&columns=cpu_percent&${RANGE}`,
    })),
    "GET /api/v1/top": ["task", "target", "host", "agent", "unit", `label:${SECRET}`].flatMap((by) =>
      ["tasks", "hosts"].map((of) => ({ path: `/api/v1/top?by=${by}&of=${of}&${RANGE}` }))
    ),
    "GET /api/v1/runs": [{ path: `/api/v1/runs?${RANGE}` }, {
      path: `/api/v1/runs?task=${task.id}&${RANGE}`,
    }],
    "POST /api/v1/compare": ["tasks", "runs", "moments"].map((basis) => ({
      path: "/api/v1/compare",
      body: {
        sides: [{ ...side, tasks: [task.id] }, { ...side, unit: `${SECRET}/one` }],
        columns: ["cpu_seconds"],
        basis,
      },
    })),
    "GET /api/v1/export": [
      { path: `/api/v1/export?task=${task.id}&${RANGE}` },
      { path: `/api/v1/export?unit=${SECRET}/one&${RANGE}` },
    ],
    "GET /proplets/{id}": [{ path: `/proplets/${SECRET}-agent` }],
    "GET /proplets/{id}/metrics": [{ path: `/proplets/${SECRET}-agent/metrics` }],
    "GET /proplets/{id}/alive-history": [{ path: `/proplets/${SECRET}-agent/alive-history` }],
    "GET /tasks/{id}/metrics": [{ path: `/tasks/${SECRET}-task/metrics` }],
    "POST /api/v1/tokens": [
      { path: "/api/v1/tokens", body: { name: "x", grants: [{ role: "viewer", domain: SECRET }] } },
      { path: "/api/v1/tokens", body: { name: "x", grants: [{ role: "viewer" }] } },
    ],
    "PUT /api/v1/users/{name}": [
      {
        path: `/api/v1/users/${SECRET}-user`,
        body: { grants: [{ role: "admin", domain: "factory" }], password: "a new password" },
      },
      {
        path: "/api/v1/users/eve",
        body: { grants: [{ role: "viewer", domain: SECRET }], password: "a new password" },
      },
    ],
    "DELETE /api/v1/users/{name}": [{ path: `/api/v1/users/${SECRET}-user` }],
    "DELETE /api/v1/silences/{id}": [{ path: `/api/v1/silences/${secretSilence}` }],
    "DELETE /api/v1/maintenance/{id}": [{ path: `/api/v1/maintenance/${secretWindow}` }],
    "GET /api/v1/alerts/history": [{ path: "/api/v1/alerts/history?from=10d" }, { path }],
    "POST /api/v1/silences": [{
      path,
      body: { matchers: { domain: SECRET }, until: "2030-01-01T00:00:00Z", why: "x" },
    }],
    "POST /api/v1/maintenance": [{
      path,
      body: { matchers: { domain: SECRET }, starts: "0 3 * * 0", lasts: "2h", why: "x" },
    }],
    "DELETE /api/v1/tokens/{id}": [{ path: `/api/v1/tokens/${secretToken}` }],
  };
  return asked[key] ?? [{ path }];
}
let [secretToken, secretSilence, secretWindow] = ["", "", ""];

/** What is answered; of a stream what comes first. */
async function answerOf(
  served: ServedFleet,
  { key, method }: Route,
  question: { path: string; body?: object },
  token: string | null,
) {
  if (!key.endsWith("/stream")) {
    return await served.ask(question.path, { method, ...(question.body && { body: question.body }) }, token);
  }
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${served.server.address}${question.path}`, { headers });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n\n", 4) && response.status === 200) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  return { status: response.status, text };
}

async function withSecrets() {
  const served = await ServedFleet.open();
  const grants = [{ role: "admin", domain: SECRET }];
  await served.ask(`/api/v1/users/${SECRET}-user`, {
    method: "PUT",
    body: { grants, password: "long enough 123" },
  });
  const made = await served.ask("/api/v1/tokens", {
    method: "POST",
    body: { name: `${SECRET}-token`, grants },
  });
  secretToken = made.json.id;
  const until = new Date(served.clock.now + 3_600_000).toISOString();
  const matchers = { domain: SECRET };
  const silence = await served.ask("/api/v1/silences", {
    method: "POST",
    body: { matchers, until, why: SECRET },
  });
  const window = { matchers, starts: "0 3 * * 0", lasts: "2h", why: SECRET };
  const maintenance = await served.ask("/api/v1/maintenance", { method: "POST", body: window });
  assert.deepEqual([silence.status, maintenance.status], [201, 201], silence.text + maintenance.text);
  [secretSilence, secretWindow] = [silence.json.id, maintenance.json.id];
  for (let step = 0; step < 3; step++) {
    served.clock.now += 10_000;
    for (const task of served.fleet.tasks.values()) {
      served.fleet.take(task, [sampleOf(served.clock.now, { memory_bytes: 2_000 })]);
    }
    await served.alerts.tick();
  }
  await served.fleet.store.log("alerts", [{ at: 1, unit: `${SECRET}/one`, text: SECRET, detail: SECRET }]);
  await served.fleet.store.log("audit", [{ at: 1, unit: `${SECRET}/one`, text: SECRET, detail: SECRET }]);
  return served;
}

test("without a token nothing but health is told, by any route", TIMEOUT, async () => {
  await using served = await withSecrets();
  const routes = await routesOf(served);
  assert.ok(routes.length > 25, `${routes.length} routes`);
  for (const route of [...routes, { key: "openapi", method: "GET", path: "/openapi.json" }]) {
    for (const question of questionsOf(route, served)) {
      for (const token of [null, "proctor_wrong", ""]) {
        const { status, text } = await answerOf(served, route, question, token);
        const isPublic = PUBLIC.has(route.key);
        assert.ok(isPublic ? status !== 401 : status === 401, `${route.key}: ${status} ${text}`);
        assert.ok(!text.includes(SECRET), `${route.key}: ${text}`);
      }
    }
  }
});

test("a token of one domain finds nothing of another, by any route, whatever its role", TIMEOUT, async () => {
  await using served = await withSecrets();
  const routes = await routesOf(served);
  const users = (await served.ask("/api/v1/users")).json.users.length;
  for (const role of ["viewer", "admin"] as const) {
    const token = await served.makeToken({ role, domain: "factory" });
    for (const route of routes) {
      if (PUBLIC.has(route.key)) continue;
      for (const question of questionsOf(route, served)) {
        const { status, text } = await answerOf(served, route, question, token);
        const where = `${role} ${route.key} ${question.path}: ${status} ${text.slice(0, 300)}`;
        // What was asked for may be said again: then it is what is said of a name that nobody has.
        if (question.path.includes(SECRET) && route.method === "GET") {
          const other = { path: question.path.replaceAll(SECRET, "nowhere") };
          const expected = await answerOf(served, route, other, token);
          assert.equal(text.replaceAll(SECRET, "nowhere"), expected.text, where);
        } else assert.ok(!text.includes(SECRET), where);
        assert.notEqual(status, 401, where);
        if (OF_ALL.has(route.key)) assert.equal(status, 403, where);
        if (route.method !== "GET" && route.key !== "POST /api/v1/compare" && question.body) {
          assert.equal(status, 403, where);
        }
      }
    }
    const { json } = await served.ask("/api/v1/fleet", {}, token);
    assert.equal(json.agents.online, 2, "and its own is all there");
  }
  for (const what of ["silences", "maintenance"]) {
    assert.ok(
      (await served.ask(`/api/v1/${what}`)).text.includes(SECRET),
      `${what} of others are as they were`,
    );
  }
  const left = await served.ask("/api/v1/users");
  assert.equal(left.json.users.length, users, "nobody was put in or removed");
  assert.ok(
    (await served.ask("/api/v1/tokens")).json.tokens.some(({ id }: { id: string }) => id === secretToken),
  );
});

test("a token of all domains finds it by every route that tells of hosts and tasks", TIMEOUT, async () => {
  await using served = await withSecrets();
  const token = await served.makeToken({ role: "viewer" });
  const blind = new Set([
    "/api/v1/columns",
    "/api/v1/me",
    "/api/v1/store",
    "/healthz",
    "/readyz",
    OIDC.slice(4),
    `${OIDC.slice(4)}/{name}`,
    `${OIDC.slice(4)}/{name}/callback`,
    "/api/v1/series",
    "/proplets/{id}/alive-history",
  ]);
  const keyed = new Set([
    "/api/v1/stream",
    "/api/v1/runs",
    "/api/v1/compare",
    "/api/v1/audit",
    "/api/v1/tokens",
    "/api/v1/users",
    "/api/v1/rules",
    "/api/v1/rules/{name}",
    "/api/v1/notifiers",
    "/api/v1/letters",
  ]);
  for (const route of await routesOf(served)) {
    if (route.method !== "GET" || blind.has(route.path) || keyed.has(route.path)) continue;
    const answers = [];
    for (const question of questionsOf(route, served)) {
      answers.push(await answerOf(served, route, question, token));
    }
    assert.ok(answers.some(({ status, text }) => status === 200 && text.includes(SECRET)), route.key);
  }
});

test("a channel of a domain is as much apart as a domain", TIMEOUT, async () => {
  await using served = await ServedFleet.open();
  const token = await served.makeToken({ role: "viewer", domain: "factory", channel: "two" });
  assert.equal((await served.ask("/api/v1/fleet", {}, token)).json.agents.online, 0);
  const own = await served.makeToken({ role: "viewer", domain: "factory", channel: "one" });
  assert.equal((await served.ask("/api/v1/fleet", {}, own)).json.agents.online, 2);
});
