/* What the routes answer, and how they refuse. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ProctorError } from "../../../core/error.ts";
import { Caller } from "../../../fleet/api/access/caller.ts";
import { exportedSamples } from "../../../fleet/export/samples.ts";
import { FleetQuery } from "../../../fleet/query/fleet_query.ts";
import { eventually } from "../../support/eventually.ts";
import { sentEvents } from "../../supervisor/support/http.ts";
import { DAY_START, HOUR, sampleOf } from "../support/query_fleet.ts";
import { NOW, ServedFleet } from "../support/served_fleet.ts";

const TIMEOUT = { timeout: 60_000 };

describe("the API", () => {
  test("lists agents and tasks page by page, each once", TIMEOUT, async () => {
    await using served = await ServedFleet.open();
    const seen: number[] = [];
    let cursor: string | null = "0";
    while (cursor !== null) {
      const page: { tasks: { id: number }[]; cursor: string | null } =
        (await served.ask(`/api/v1/tasks?limit=1&cursor=${cursor}`)).json;
      seen.push(...page.tasks.map(({ id }) => id));
      cursor = page.cursor;
    }
    assert.deepEqual(seen, [100, 102, 103]);
    const agent = (await served.ask("/api/v1/agents?host=host-of-press")).json.agents[0];
    assert.deepEqual([agent.proplet_id, agent.host_task, agent.task_count], ["press", 101, 1]);
    assert.deepEqual((await served.ask(`/api/v1/agents/${agent.id}`)).json, agent);
    const task = (await served.ask("/api/v1/tasks/100")).json;
    assert.deepEqual(task.figures, { cpu_percent: 0, cpu_seconds: 359, memory_bytes: 1_359 });
    assert.equal(task.last_time, new Date(NOW - 60_000).toISOString());
    assert.deepEqual(
      (await served.ask("/api/v1/search?q=oven")).json.found.length,
      0,
      "it is in no index here",
    );
  });

  test("tells series, top, runs and comparisons in columns", TIMEOUT, async () => {
    await using served = await ServedFleet.open();
    const { series: [one, other] } =
      (await served.ask("/api/v1/series?task=100&task=102&columns=cpu_seconds:increase&from=6h&step=1h"))
        .json;
    assert.deepEqual([one.tier, one.step_ms, one.times[0]], ["hours", HOUR, DAY_START]);
    assert.deepEqual(one.values["cpu_seconds:increase"], [59, 60, 60, 60, 60, 60]);
    assert.deepEqual(other.values["cpu_seconds:increase"], [177, 180, 180, 180, 180, 180]);
    const top = (await served.ask("/api/v1/top?from=6h&by=host&limit=2")).json;
    assert.deepEqual(top.values, [4 * 359, 3 * 359]);
    assert.equal(top.until, new Date(NOW).toISOString());
    const runs = (await served.ask("/api/v1/runs?task=102")).json;
    assert.deepEqual([runs.tasks, runs.figures.cpu_seconds, runs.cursor], [[102], [2], null]);
    const body = {
      sides: [{ from: "6h", until: "3h", tasks: [100] }, { from: "3h", tasks: [100] }],
      columns: ["memory_bytes"],
      basis: "moments",
    };
    const [column] = (await served.ask("/api/v1/compare", { method: "POST", body })).json.columns;
    assert.deepEqual([column.verdict, column.difference, column.sides[0].count], ["more", 180, 36]);
  });

  test("exports every sample, stored and not", TIMEOUT, async () => {
    await using served = await ServedFleet.open();
    const { text, headers } = await served.ask("/api/v1/export?task=100&from=6h");
    const rows = text.trim().split("\n").map((line) => JSON.parse(line));
    assert.match(headers["content-type"], /^application\/x-ndjson/);
    assert.equal(rows.length, 360);
    assert.deepEqual(rows[1], {
      time: new Date(DAY_START + 60_000).toISOString(),
      unit: "factory/one",
      host: "host-of-press",
      proplet_id: "press",
      task_id: "mill",
      begins: false,
      figures: { cpu_percent: 0, cpu_seconds: 1, memory_bytes: 1_001 },
    });
    const all = await served.ask("/api/v1/export?unit=factory/one&from=10m");
    assert.equal(all.text.trim().split("\n").length, 30);
  });

  test("answers readers of Propeller's manager", TIMEOUT, async () => {
    await using served = await ServedFleet.open();
    const list = (await served.ask("/proplets?limit=1&offset=1")).json;
    assert.deepEqual([list.offset, list.limit, list.total, list.proplets[0].id], [1, 1, 3, "oven"]);
    const press = (await served.ask("/proplets/press")).json;
    assert.deepEqual([press.name, press.task_count, press.alive], ["host-of-press", 1, true]);
    const host = (await served.ask("/proplets/press/metrics?limit=2")).json;
    assert.deepEqual([host.total, host.metrics.length], [360, 2]);
    assert.deepEqual(host.metrics[0].cpu_metrics, { percent: 10 });
    const history = (await served.ask("/proplets/press/alive-history?limit=1")).json;
    assert.deepEqual(history.history, [new Date(NOW - 60_000).toISOString()]);
    const task = (await served.ask("/tasks/mill/metrics?offset=359")).json;
    assert.deepEqual([task.total, task.metrics.length], [360, 1]);
    assert.deepEqual([task.metrics[0].metrics.memory_bytes, task.metrics[0].metrics.thread_count], [
      1_000,
      0,
    ]);
    assert.equal((await served.ask("/proplets/none")).status, 404);
  });

  test("tells what is wrong with a question as a whole in plain words", TIMEOUT, async () => {
    await using served = await ServedFleet.open();
    const { json } = await served.ask("/api/v1/export");
    assert.deepEqual(json, { error: { code: "invalid", message: "name a task, or a unit" } });
  });

  test("says so where the store does not take something", TIMEOUT, async () => {
    await using served = await ServedFleet.open();
    const why = "cannot use fleet.db: no space left on the device";
    served.fleet.store.saveDocuments = () => Promise.reject(new ProctorError("system", why));
    const body = JSON.stringify({ name: "ci", grants: [{ role: "viewer" }] });
    const headers = { "content-type": "application/json" };
    const { status, json } = await served.ask("/api/v1/tokens", { method: "POST", body, headers });
    assert.deepEqual([status, json], [503, { error: { code: "unavailable", message: why } }]);
    assert.deepEqual((await served.ask("/api/v1/tokens")).json.tokens, []);
  });

  test("tells how it is itself", TIMEOUT, async () => {
    await using served = await ServedFleet.open();
    assert.deepEqual((await served.ask("/healthz", {}, null)).json, { status: "ok", why: null });
    assert.equal((await served.ask("/readyz", {}, null)).json.status, "ok");
    served.broker.hindrance = "the broker is away";
    assert.deepEqual((await served.ask("/readyz", {}, null)).json, {
      status: "unready",
      why: "the broker is away",
    });
    const { text } = await served.ask("/metrics");
    assert.match(text, /^proctor_manager_agents\{presence="online"\} 3$/m);
    assert.match(text, /^# TYPE proctor_manager_messages_total counter$/m);
    assert.match(text, /^proctor_manager_refused_messages_total\{unit="factory\/one",reason="torn"\} 3$/m);
    const store = (await served.ask("/api/v1/store")).json;
    assert.deepEqual([store.tiers.length, store.retention.raw.days], [5, 14]);
    assert.equal((await served.ask("/api/v1/ingest")).json.units[0].refused[0].reason, "torn");
    const { columns } = (await served.ask("/api/v1/columns")).json;
    assert.deepEqual(columns[1], { name: "cpu_seconds", kind: "counter", quantity: "seconds", label: "CPU" });
  });

  test("refuses in one line", TIMEOUT, async () => {
    await using served = await ServedFleet.open();
    const refused = async (path: string, options = {}) => {
      const { status, json } = await served.ask(path, options);
      return `${status} ${json.error.message}`;
    };
    assert.equal(await refused("/api/v1/tasks/7"), "404 there is no task 7");
    assert.equal(await refused("/api/v1/tasks/x"), "422 id: it has to be a whole number");
    assert.match(
      await refused("/api/v1/series?task=100&columns=cpu_percent&from=soon"),
      /^422 from: "soon" is not a moment; write "now"/,
    );
    assert.match(
      await refused("/api/v1/series?task=100&columns=CPU_percent"),
      /^422 columns: .*did you mean cpu_percent/,
    );
    assert.match(await refused("/api/v1/top?column=memory_bytes"), /^422 measure: memory_bytes is a gauge/);
    assert.match(await refused("/api/v1/export?from=1h"), /^422 .*name a task, or a unit/);
    assert.match(await refused("/api/v1/nothing"), /^404 there is no GET \/api\/v1\/nothing/);
    assert.match(await refused("/api/v1/fleet", { method: "POST" }), /^405 /);
    assert.match(await refused("/api/v1/compare", { method: "POST", body: { sides: [] } }), /^422 sides/);
  });

  test("are faults in our words", TIMEOUT, async () => {
    await using served = await ServedFleet.open();
    const make = async (body: object) =>
      (await served.ask("/api/v1/tokens", { method: "POST", body })).json.error.message as string;
    const grants = [{ role: "viewer" }];
    assert.equal(await make({ grants }), "name: is missing; it is a text");
    assert.equal(await make({ name: 7, grants }), 'name: 7 is not text; write "7"');
    assert.equal(await make({ name: "x", grants, color: "red" }), "color: no such key");
    assert.match(
      await make({ name: "x", grants: [{ role: "viewers" }] }),
      /^grants\.0\.role: .*did you mean "viewer"\?$/,
    );
    assert.match(await make({ name: "x", grants: {} }), /^grants: .* is not a list$/);
    assert.equal(await make({ name: "&", grants }), "name: letters, digits, . _ @ - and blanks");
    const { json } = await served.ask("/api/v1/export?task=1&task=2");
    assert.doesNotMatch(json.error.message, /Invalid input|expected/);
  });

  test("an export is cut off when its reader may no longer", TIMEOUT, async () => {
    const samples = async function* (isValid: () => boolean) {
      await using served = await ServedFleet.open();
      const { fleet } = served;
      const query = new FleetQuery(fleet, fleet.store, () => NOW);
      const tasks = [...fleet.tasks.values()].filter(({ agent }) => agent.unit === "factory/one");
      yield* exportedSamples(query.history, tasks, 0, NOW, new AbortController().signal, isValid);
    };
    let count = 0;
    for await (const _ of samples(() => true)) count++;
    assert.ok(count > 600, `${count}`);
    let read = 0;
    await assert.rejects(async () => {
      for await (const _ of samples(() => read < 300)) read++;
    }, { message: "who reads may not any longer" });
    assert.ok(read >= 300 && read < 600, `${read}`);
    // At a port the connection breaks: a whole line at the end would look like the end of all.
    await using served = await ServedFleet.open();
    const token = await served.makeToken({ role: "viewer" });
    const { access } = served.server;
    const [{ id }] = access.tokens.list();
    const callerOf = access.callerOf.bind(access);
    access.callerOf = (headers) => {
      const caller = callerOf(headers);
      let asked = 0;
      return caller && new Caller(caller.name, caller.grants, false, () => {
        if (++asked === 2) void access.tokens.remove(id);
        return caller.isValid();
      });
    };
    await assert.rejects(served.ask("/api/v1/export?unit=factory/one&from=6h", {}, token));
  });
});

describe("the stream", () => {
  test(
    "is a snapshot in columns of bytes, then what has changed; it resumes, and shows the whole to who lags",
    TIMEOUT,
    async () => {
      await using served = await ServedFleet.open();
      const { fleet, server, token } = served;
      const headers = { authorization: `Bearer ${token}` };
      const bytes = (text: string) => [...Buffer.from(text, "base64")];
      const stream = sentEvents(server.address, "/api/v1/stream", { headers });
      const first = (await stream.next()).value!;
      assert.equal(first.event, "snapshot");
      assert.deepEqual(first.data.hosts, [1, 2, 3]);
      assert.deepEqual(bytes(first.data.columns.cpu_percent), [25, 255, 100]);
      assert.deepEqual(bytes(first.data.columns.presence), [0, 0, 0]);
      Object.assign(fleet.agents.get(2)!, { presence: "lost" });
      const second = (await stream.next()).value!;
      assert.deepEqual([second.event, second.data.places, bytes(second.data.columns.presence)], [
        "delta",
        [1],
        [2],
      ]);
      await stream.return(undefined);

      const resumed = async (id: string) => {
        const again = sentEvents(server.address, "/api/v1/stream", {
          headers: { ...headers, "last-event-id": id },
        });
        const { value } = await again.next();
        await again.return(undefined);
        return value!;
      };
      Object.assign(fleet.agents.get(1)!, { presence: "offline" });
      const delta = await resumed(second.id!);
      assert.deepEqual([delta.event, delta.data.places, bytes(delta.data.columns.presence)], ["delta", [0], [
        1,
      ]]);
      const [look, order] = delta.id!.split(/-(.*)/);
      assert.equal((await resumed(`${Number(look) - 1_000}-${order}`)).event, "snapshot", "too far behind");
      assert.equal(
        (await resumed(`${Number(look) + 1_000}-${order}`)).event,
        "snapshot",
        "of another manager",
      );
      assert.equal((await resumed(`${look}-AAAAAAAAAAAA`)).event, "snapshot", "of other hosts");
      assert.equal((await resumed("nonsense")).event, "snapshot");
      fleet.addAgent("factory/one", "new");
      assert.equal((await resumed(delta.id!)).data.hosts.length, 4);
    },
  );

  test("ends for a token that is taken back", TIMEOUT, async () => {
    await using served = await ServedFleet.open();
    const token = await served.makeToken({ role: "viewer", domain: "factory" });
    const headers = { authorization: `Bearer ${token}` };
    const stream = sentEvents(served.server.address, "/api/v1/stream", { headers });
    assert.deepEqual((await stream.next()).value!.data.hosts, [1, 2]);
    const { id } = (await served.ask("/api/v1/tokens")).json.tokens[0];
    await served.ask(`/api/v1/tokens/${id}`, { method: "DELETE" });
    Object.assign(served.fleet.agents.get(1)!, { presence: "lost" });
    assert.equal((await stream.next()).done, true);
  });

  test(
    "of a host has its tasks, then those with a new sample; it ends with the right to see it",
    TIMEOUT,
    async () => {
      await using served = await ServedFleet.open();
      const { fleet } = served;
      const token = await served.makeToken({ role: "viewer", domain: "factory" });
      const headers = { authorization: `Bearer ${token}` };
      const agent = fleet.agents.get(1)!;
      const stream = sentEvents(served.server.address, "/api/v1/agents/1/stream", { headers });
      const first = (await stream.next()).value!;
      const ids = [agent.hostTask!, ...agent.tasks.values()].map(({ id }) => id);
      assert.deepEqual([first.event, first.data.tasks.map(({ id }: { id: number }) => id)], [
        "snapshot",
        ids,
      ]);
      const task = [...agent.tasks.values()][0];
      served.clock.now += 10_000;
      fleet.take(task, [sampleOf(served.clock.now, { cpu_percent: 77 })]);
      const { event, data } = (await stream.next()).value!;
      assert.deepEqual([
        event,
        data.tasks.length,
        data.tasks[0].id,
        data.tasks[0].figures.cpu_percent,
        data.gone,
      ], [
        "delta",
        1,
        task.id,
        77,
        [],
      ]);
      assert.equal((await served.ask("/api/v1/agents/3/stream", {}, token)).status, 404, "it is another's");
      const { id } = (await served.ask("/api/v1/tokens")).json.tokens[0];
      await served.ask(`/api/v1/tokens/${id}`, { method: "DELETE" });
      assert.equal((await stream.next()).done, true);
    },
  );
});

test("one who asks has so many streams at once, and others have theirs", TIMEOUT, async () => {
  await using served = await ServedFleet.open();
  const tokens = [
    await served.makeToken({ role: "viewer" }),
    await served.makeToken({ role: "viewer", domain: "factory" }),
  ];
  const ending = new AbortController();
  const follow = (token: string) =>
    fetch(`${served.server.address}/api/v1/stream`, {
      headers: { authorization: `Bearer ${token}` },
      signal: ending.signal,
    });
  try {
    const mine = await Promise.all(Array.from({ length: 64 }, () => follow(tokens[0]!)));
    assert.ok(mine.every(({ status }) => status === 200));
    for (const { body } of mine) await body!.getReader().read();
    const refused = await follow(tokens[0]!);
    assert.deepEqual([refused.status, refused.headers.get("retry-after")], [429, "10"]);
    await refused.text();
    assert.equal((await follow(tokens[1]!)).status, 200);
  } finally {
    ending.abort();
  }
  await eventually(async () => {
    const leaving = new AbortController();
    const headers = { authorization: `Bearer ${tokens[0]}` };
    const { status } = await fetch(`${served.server.address}/api/v1/stream`, {
      headers,
      signal: leaving.signal,
    });
    leaving.abort();
    return status === 200;
  });
});
