/* Routes of alerts and rules: what they answer, and to whom. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { refusal } from "../../../io/net/refusal.ts";
import { apiFrame } from "../../../io/net/api_frame.ts";
import { Caller } from "../../../fleet/api/access/caller.ts";
import type { Grant } from "../../../fleet/api/access/grant.ts";
import { addAlertRoutes } from "../../../fleet/api/alert_routes.ts";
import type { FleetApiParts, FleetEnv } from "../../../fleet/api/api.ts";
import { MOST_QUIET } from "../../../fleet/alert/quiet_times.ts";
import { ApiError } from "../../../fleet/api/api_error.ts";
import { BookBench, T0 } from "../support/alerts_book.ts";

const HIGH = { alert: "high", of: "task", when: "cpu_percent > 90" };
const HOOK = { name: "hook", webhook: "https://hooks.example/s3cret", wait: "1h" };
const grant = (role: Grant["role"], domain = "*"): Grant => ({ role, domain, channel: "*" });

async function begin() {
  const bench = new BookBench(2, (at) => ({ domain: `d${at}` }));
  await bench.open([HIGH, { ...HIGH, alert: "own", where: { domain: "d1" }, when: "cpu_percent > 200" }], [
    HOOK,
  ]);
  const app = apiFrame<FleetEnv>({
    title: "t",
    description: "d",
    refuse: (error) => error instanceof ApiError ? refusal(error.code, error.message) : null,
  });
  const parts = { view: bench.fleet, store: bench.store.asStore, alerts: bench.book, now: () => bench.now };
  addAlertRoutes(app, parts as unknown as FleetApiParts);
  const ask = async (grants: readonly Grant[], method: string, path: string, body?: unknown) => {
    const caller = new Caller("ann", grants, false, () => true);
    const request = new Request(`http://m${path}`, {
      method,
      ...(body !== undefined &&
        { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const answer = await app.fetch(request, { caller, address: "", ending: new AbortController().signal });
    const text = await answer.text();
    return { status: answer.status, json: text === "" ? null : JSON.parse(text) };
  };
  return { bench, ask };
}

describe("routes of alerts", { timeout: 60_000 }, () => {
  test("show everybody their own, and let operators acknowledge", async () => {
    const { bench, ask } = await begin();
    bench.cpu.fill(95);
    await bench.run(10);
    const all = (await ask([grant("viewer")], "GET", "/api/v1/alerts?phase=firing")).json.alerts;
    assert.equal(all.length, 2);
    const { json: { alerts: own } } = await ask([grant("viewer", "d1")], "GET", "/api/v1/alerts");
    assert.deepEqual(own.map(({ units }: { units: string[] }) => units), [["d1/c"]]);
    const [{ key, fired_at, value, labels }] = own;
    assert.deepEqual([fired_at, value, labels.proplet_id], [T0 + 10_000, 95, "h1"]);
    const acknowledge = (grants: Grant[]) =>
      ask(grants, "POST", "/api/v1/alerts/acknowledge", { key, note: "mine" });
    assert.equal((await acknowledge([grant("operator", "d0")])).status, 404);
    assert.equal((await acknowledge([grant("viewer", "d1")])).status, 403);
    assert.equal((await acknowledge([grant("operator", "d1")])).status, 204);
    const again = (await ask([grant("viewer", "d1")], "GET", "/api/v1/alerts")).json.alerts[0];
    assert.deepEqual(again.acknowledged, { by: "ann", at: bench.now, note: "mine" });
    await bench.book.stop();
  });

  test("take so many silences and windows, and no more; those long over make room", async () => {
    const { bench, ask } = await begin();
    const { silences, maintenance } = { silences: "/api/v1/silences", maintenance: "/api/v1/maintenance" };
    const until = new Date(T0 + 3_600_000).toISOString();
    const silence = { matchers: { domain: "d1" }, until, why: "moving" };
    const post = (path: string, body: object) => ask([grant("operator", "d1")], "POST", path, body);
    for (let at = 0; at < MOST_QUIET; at++) assert.equal((await post(silences, silence)).status, 201);
    const refused = await post(silences, silence);
    assert.deepEqual(
      [refused.status, refused.json.error.message],
      [409, "there are 1000 silences, the most there can be; remove some"],
    );
    bench.now = T0 + 8 * 24 * 3_600_000;
    const later = { ...silence, until: new Date(bench.now + 3_600_000).toISOString() };
    assert.equal((await post(silences, later)).status, 201);
    const window = { matchers: { domain: "d1" }, starts: "0 3 * * 0", lasts: "2h", why: "backup" };
    for (let at = 0; at < MOST_QUIET; at++) assert.equal((await post(maintenance, window)).status, 201);
    assert.equal((await post(maintenance, window)).status, 409);
    await bench.book.stop();
  });

  test("take silences and windows where one is operator", async () => {
    const { bench, ask } = await begin();
    const until = new Date(T0 + 3_600_000).toISOString();
    const silence = { matchers: { domain: "d1", rule: "*" }, until, why: "moving" };
    const post = (grants: Grant[], body: object) => ask(grants, "POST", "/api/v1/silences", body);
    assert.equal((await post([grant("operator", "d0")], silence)).status, 403);
    assert.equal(
      (await post([grant("operator", "d1")], { ...silence, matchers: { domain: "d*" } })).status,
      403,
    );
    assert.equal((await post([grant("operator", "d1")], { ...silence, matchers: {} })).status, 422);
    const made = await post([grant("operator", "d1")], silence);
    assert.equal(made.status, 201);
    assert.equal((await ask([grant("viewer", "d0")], "GET", "/api/v1/silences")).json.silences.length, 0);
    assert.equal((await ask([grant("viewer", "d1")], "GET", "/api/v1/silences")).json.silences[0].who, "ann");
    const path = `/api/v1/silences/${made.json.id}`;
    assert.equal((await ask([grant("admin", "d0")], "DELETE", path)).status, 404);
    assert.equal((await ask([grant("operator")], "DELETE", path)).status, 204);
    const window = { matchers: { domain: "d1" }, starts: "0 3 * * 0", lasts: "2h", why: "backup" };
    const bad = await ask([grant("operator")], "POST", "/api/v1/maintenance", {
      ...window,
      starts: "sundays",
    });
    assert.equal(bad.status, 422);
    assert.match(
      bad.json.error.message,
      /^starts: "sundays" is not a schedule \(it has one field\); write five/,
    );
    for (
      const [starts, words] of [
        ["0 0 1 1 * * 2030", /it has 7 fields/],
        ["2030-01-01T00:00:00", /it is a date|it has one field/],
        ["0 0 31 2 *", /it never comes/],
        ["@every 5m", /there is no such word/],
      ] as const
    ) {
      const { status, json } = await ask([grant("operator")], "POST", "/api/v1/maintenance", {
        ...window,
        starts,
      });
      assert.equal(status, 422, starts);
      assert.match(json.error.message, words);
    }
    assert.equal(
      (await ask([grant("operator", "d1")], "POST", "/api/v1/maintenance", window)).json.timezone,
      "UTC",
    );
    await bench.book.stop();
  });

  test("take rules of one's own domain, and try them", async () => {
    const { bench, ask } = await begin();
    const rule = { alert: "mine", of: "task", where: { domain: "d1" }, when: "cpu_percent > 50" };
    const put = (grants: Grant[], body: object) => ask(grants, "PUT", "/api/v1/rules/mine", body);
    assert.equal((await put([grant("editor", "d0")], rule)).status, 403);
    assert.equal((await put([grant("editor", "d1")], { ...rule, where: {} })).status, 403);
    const faulty = await put([grant("editor")], { ...rule, when: "cpu_percnt > 50" });
    assert.deepEqual([faulty.status, faulty.json.error.message], [
      422,
      'when: character 1: there is no figure "cpu_percnt"; did you mean "cpu_percent"?',
    ]);
    assert.equal((await put([grant("editor", "d1")], rule)).status, 204);
    assert.equal((await put([grant("editor", "d0")], { ...rule, where: { domain: "d0" } })).status, 403);
    const names = async (domain: string) =>
      (await ask([grant("viewer", domain)], "GET", "/api/v1/rules")).json.rules.map((
        one: { rule: { alert: string } },
      ) => one.rule.alert);
    assert.deepEqual([await names("d0"), await names("d1")], [["high"], ["high", "own", "mine"]]);
    const { status, json } = await ask([grant("viewer", "d1")], "POST", "/api/v1/rules/dry-run", {
      rule,
      from: "1h",
    });
    assert.deepEqual([status, json], [200, { count: 0, looked: 1, left_out: 0, firings: [] }]);
    const dryRun = bench.book.dryRun.bind(bench.book);
    const gate = Promise.withResolvers<void>();
    bench.book.dryRun = async (...all) => (await gate.promise, await dryRun(...all));
    const tryIt = () => ask([grant("viewer", "d1")], "POST", "/api/v1/rules/dry-run", { rule, from: "1h" });
    const first = tryIt();
    const second = await tryIt();
    assert.deepEqual([second.status, second.json.error.message], [
      429,
      "a dry run of yours is under way; wait for it",
    ]);
    gate.resolve();
    assert.equal((await first).status, 200);
    assert.equal((await tryIt()).status, 200);
    const fixed = await ask([grant("admin")], "DELETE", "/api/v1/rules/high");
    assert.deepEqual([fixed.status, fixed.json.error.message], [
      409,
      'the rule "high" is of the manager\'s file; change it there',
    ]);
    assert.equal((await ask([grant("editor", "d1")], "DELETE", "/api/v1/rules/mine")).status, 204);
    await bench.book.stop();
  });

  test("say nothing of how destinations are reached, and let only admins change them", async () => {
    const { bench, ask } = await begin();
    assert.equal((await ask([grant("admin", "d1")], "GET", "/api/v1/notifiers")).status, 403);
    const { json } = await ask([grant("operator")], "GET", "/api/v1/notifiers");
    assert.deepEqual(json.notifiers, [{ name: "hook", kind: "webhook", severity: "info", is_fixed: true }]);
    const put = (grants: Grant[], body: object) => ask(grants, "PUT", "/api/v1/notifiers/n", body);
    assert.equal((await put([grant("editor")], { name: "n", webhook: "https://x.example" })).status, 403);
    assert.equal((await put([grant("admin")], { name: "n", command: ["true"] })).status, 409);
    assert.equal(
      (await put([grant("admin")], { name: "n", webhook: "http://127.0.0.1/", private: true })).status,
      409,
    );
    assert.equal((await put([grant("admin")], { name: "n", webhook: "https://x.example" })).status, 204);
    assert.equal((await ask([grant("admin")], "DELETE", "/api/v1/notifiers/n")).status, 204);
    assert.deepEqual((await ask([grant("operator")], "GET", "/api/v1/letters")).json, {
      waiting: [],
      dead: [],
    });
    assert.equal((await ask([grant("operator")], "POST", "/api/v1/letters/x/retry")).status, 404);
    await bench.book.stop();
  });

  test("tell what is wrong with a rule, each fault by its key", async () => {
    const { bench, ask } = await begin();
    const faults = async (rule: unknown) =>
      (await ask([grant("viewer")], "POST", "/api/v1/rules/check", { rule })).json.faults;
    assert.deepEqual(await faults({ alert: "a", of: "task", when: "cpu_percent > 1" }), []);
    assert.deepEqual(await faults({ alert: "", of: "task", when: "cpu_percnt > 1", until: "1" }), [
      { key: "alert", message: "is not a name; write letters, digits and _ . -, at most 64" },
      { key: "when", message: 'character 1: there is no figure "cpu_percnt"; did you mean "cpu_percent"?' },
      { key: "until", message: "character 1: it is a number; compare it, as in cpu_percent > 90 %" },
    ]);
    assert.equal((await faults(7))[0].key, "");
    await bench.book.stop();
  });

  test("are in the document of the API", async () => {
    const { bench, ask } = await begin();
    const { json } = await ask([], "GET", "/openapi.json");
    assert.equal(Object.keys(json.paths).length, 15);
    assert.equal(json.paths["/api/v1/rules/{name}"].put.requestBody.required, true);
    await bench.book.stop();
  });
});
