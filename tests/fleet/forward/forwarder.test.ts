/* Every sample is told once and in order, whatever the destination does; what waits is bounded. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { snappyUncompress } from "hyparquet";
import { Cursor } from "../../../fleet/forward/cursor.ts";
import type { Forwarder } from "../../../fleet/forward/forwarder.ts";
import { customName } from "../../../fleet/forward/remote_write/families.ts";
import { RequestWriter } from "../../../fleet/forward/remote_write/write_request.ts";
import type { Destination, Forwarded, Outcome } from "../../../fleet/forward/forwarded.ts";
import { openDestination } from "../../../fleet/forward/open_destination.ts";
import { forwardSchema } from "../../../fleet/forward/forward_schema.ts";
import { noFigures } from "../../../fleet/model/column.ts";
import type { UnitKey } from "../../../fleet/model/unit.ts";
import { restore } from "../../../fleet/state/restore.ts";
import { eventually } from "../../support/eventually.ts";
import { exported, forward, Pieces, settled } from "../support/forwarded_fleet.ts";
import { SimulatedFleet } from "../support/simulated_fleet.ts";
import { Receiver } from "./support/receiver.ts";

const TIMEOUT = { timeout: 60_000 };
const keyOf = ({ task, time }: Forwarded) => `${task.agent.propletId} ${task.taskId} ${time}`;

type Judgement = Outcome | null | Promise<Outcome>;

/** Takes what it likes. */
class Picky implements Destination {
  readonly name = "picky";
  readonly mostSamples = 40;
  readonly taken: Forwarded[] = [];
  readonly requests: number[] = [];

  constructor(readonly judge: (samples: readonly Forwarded[], request: number) => Judgement) {}

  async send(samples: readonly Forwarded[]): Promise<Outcome> {
    this.requests.push(samples.length);
    const outcome = await this.judge(samples, this.requests.length) ?? { kind: "taken" };
    if (outcome.kind === "taken") this.taken.push(...samples.filter(({ isEnd }) => !isEnd));
    return outcome;
  }

  /** What the fleet has must be here once, each task in its order. */
  assertHasAll(rows: readonly { proplet_id: string; task_id: string; time: string }[]): void {
    const wanted = rows.map((row) => `${row.proplet_id} ${row.task_id} ${Date.parse(row.time)}`);
    assert.deepEqual(this.taken.map(keyOf).sort(), wanted.sort());
    const last = new Map<number, number>();
    for (const { task, time } of this.taken) {
      assert.ok(time > (last.get(task.id) ?? 0), "in the order of time");
      last.set(task.id, time);
    }
  }
}

const again: Outcome = { kind: "again", why: "status 503" };

describe("what is told of every sample", () => {
  test("all of it once, over failures, and a queue that is too short", TIMEOUT, async () => {
    const startAt = Date.now() - 1_800_000;
    await using fleet = await SimulatedFleet.open({ plan: { agents: 0 } });
    const pieces = new Pieces(fleet, { startAt, agents: 4, tasks: 3 });
    let isAway = false;
    const picky = new Picky((_, request) => isAway || request % 3 === 1 ? again : null);
    const forwarder = await forward(fleet, picky, { mostWaiting: 60 });
    await pieces.upTo(startAt + 300_000);
    await settled(forwarder, fleet.state.counts.samples);
    isAway = true;
    await pieces.upTo(startAt + 600_000);
    await eventually(() => forwarder.report().isCatchingUp, 30_000, () => "a queue that is full");
    assert.ok(forwarder.report().waiting <= 60);
    await eventually(() => forwarder.report().why === "status 503", 30_000, () => "why");
    await fleet.settle();
    await pieces.upTo(startAt + 900_000);
    isAway = false;
    await settled(forwarder, fleet.state.counts.samples);
    await eventually(() => !forwarder.report().isCatchingUp, 30_000, () => "the present");
    await pieces.upTo(startAt + 1_800_000);
    await settled(forwarder, fleet.state.counts.samples);
    const { sent, dropped, failed, why } = forwarder.report();
    assert.deepEqual([sent, dropped, why], [fleet.state.counts.samples, 0, null]);
    assert.ok(failed > 10, `${failed}`);
    await forwarder.close();
    picky.assertHasAll(await exported(fleet, ["fleet/channel-0"]));
  });

  test("what is refused is dropped and counted, and the rest of its request is not", TIMEOUT, async () => {
    const startAt = Date.now() - 600_000;
    await using fleet = await SimulatedFleet.open({ plan: { agents: 0 } });
    const pieces = new Pieces(fleet, { startAt, agents: 2, tasks: 4, healthEvery: 0 });
    const isBad = ({ task, time }: Forwarded) => task.taskId === "task-2" && time < startAt + 100_000;
    const picky = new Picky((samples) =>
      samples.some(isBad) ? { kind: "refused", why: "status 400", isOfContent: true } : null
    );
    const forwarder = await forward(fleet, picky);
    await pieces.upTo(startAt + 300_000);
    await settled(forwarder, fleet.state.counts.samples);
    const rows = await exported(fleet, ["fleet/channel-0"]);
    const good = rows.filter(({ task_id, time }) =>
      task_id !== "task-2" || Date.parse(time) >= startAt + 100_000
    );
    assert.ok(good.length < rows.length);
    assert.equal(forwarder.report().dropped, rows.length - good.length);
    picky.assertHasAll(good);
    await forwarder.close();
  });

  test("where nothing is taken, there are few requests for it", TIMEOUT, async () => {
    const startAt = Date.now() - 600_000;
    await using fleet = await SimulatedFleet.open({ plan: { agents: 0 } });
    const pieces = new Pieces(fleet, { startAt, agents: 2, tasks: 4 });
    for (const isOfContent of [true, false]) {
      const picky = new Picky(() => ({ kind: "refused", why: "status 4xx", isOfContent }));
      const before = fleet.state.counts.samples;
      const forwarder = await forward(fleet, {
        ...picky,
        name: `${isOfContent}`,
        send: picky.send.bind(picky),
      });
      await pieces.upTo(startAt + (isOfContent ? 300_000 : 600_000));
      const samples = fleet.state.counts.samples - before;
      await settled(forwarder, samples);
      assert.deepEqual([forwarder.report().sent, forwarder.report().dropped], [0, samples]);
      assert.ok(picky.requests.length <= samples / (isOfContent ? 0.5 : 4), `${picky.requests.length}`);
      await forwarder.close();
    }
  });

  test("nothing while another manager may be telling it by now", TIMEOUT, async () => {
    const startAt = Date.now() - 600_000;
    await using fleet = await SimulatedFleet.open({ plan: { agents: 0 } });
    const pieces = new Pieces(fleet, { startAt, agents: 2, tasks: 2 });
    const picky = new Picky(() => null);
    let isOurs = false;
    const forwarder = await forward(fleet, picky, { isOurs: () => isOurs });
    await pieces.upTo(startAt + 60_000);
    const { samples } = fleet.state.counts;
    // It has taken up a piece of it, and would send it.
    await eventually(() => forwarder.report().waiting < samples);
    assert.deepEqual(picky.requests, []);
    isOurs = true;
    await settled(forwarder, samples);
    await forwarder.close();
    assert.equal(forwarder.report().sent, samples);
  });

  test("units that are not meant are not told", TIMEOUT, async () => {
    const startAt = Date.now() - 300_000;
    await using fleet = await SimulatedFleet.open({ plan: { agents: 0 } });
    const picky = new Picky(() => null);
    const isWanted = ({ unit }: { unit: string }) => unit === "fleet/channel-1";
    const forwarder = await forward(fleet, picky, { isWanted });
    await new Pieces(fleet, { startAt, agents: 4, tasks: 2, channels: 2 }).upTo(startAt + 300_000);
    const rows = await exported(fleet, ["fleet/channel-1"]);
    await settled(forwarder, rows.length);
    await forwarder.close();
    picky.assertHasAll(rows);
  });

  test("an end closes every series, and says that the task runs no more", TIMEOUT, async () => {
    await using fleet = await SimulatedFleet.open({ plan: { agents: 1, tasks: 1 }, forMs: 60_000 });
    const [task] = [...fleet.state.tasks.values()].filter(({ taskId }) => taskId !== "");
    const sample = { task, time: 1_000, figures: task.last, custom: null };
    const writer = new RequestWriter("plain");
    const alive = Receiver.read(writer.write([{ ...sample, isEnd: false }]));
    const over = Receiver.read(writer.write([{ ...sample, time: 1_001, isEnd: true }]));
    const names = (series: typeof alive) => series.map(({ labels }) => labels.__name__).sort();
    assert.deepEqual(names(over), names(alive));
    for (const { labels, value, isStale } of over) {
      const isClosed = labels.__name__ !== "proctor_task_running";
      assert.deepEqual([isStale, isClosed ? null : value], [isClosed, isClosed ? null : 0], labels.__name__);
    }
  });
});

test("how far a task was told that is not known here is kept as long as samples of it are", async () => {
  const documents = new Map<string, unknown>();
  const store = {
    documents: () => Promise.resolve(documents),
    saveDocuments: (_: string, changes: ReadonlyMap<string, unknown>) => {
      for (const [name, value] of changes) documents.set(name, value);
      return Promise.resolve();
    },
  };
  const cursor = await Cursor.open(store, "picky", []);
  for (const [task, time] of [[1, 500], [2, 1_500], [3, 500]]) cursor.move(task!, time!);
  await cursor.save((task) => task === 3, 1_000);
  const next = await Cursor.open(store, "picky", []);
  assert.deepEqual([1, 2, 3].map((task) => next.of(task)), [-Infinity, 1_500, 500]);
});

describe("a unit that is read again from the store", () => {
  const REREAD: UnitKey = "fleet/channel-0";
  const UNITS = [REREAD, "fleet/channel-1"];

  /** A fleet of two units, all told up to five minutes, and how far each task of the one was told. */
  async function toldUpToFiveMinutes(fleet: SimulatedFleet, picky: Picky) {
    const startAt = Date.now() - 1_800_000;
    const pieces = new Pieces(fleet, { startAt, agents: 4, tasks: 2, channels: 2 });
    const forwarder = await forward(fleet, picky);
    const { state, store } = fleet;
    const upTo = (minutes: number) => pieces.upTo(startAt + minutes * 60_000);
    await upTo(5);
    await settled(forwarder, state.counts.samples);
    const count = state.counts.samples;
    const tasks = [...state.tasks.values()].filter(({ agent }) => agent.unit === REREAD)
      .map(({ id, lastTime }) => [id, lastTime] as const);
    assert.ok(tasks.length >= 4);
    const assertCursorIsKept = async () => {
      const cursor = await Cursor.open(store, picky.name, []);
      assert.deepEqual(tasks.map(([id]) => [id, cursor.of(id)]), tasks);
    };
    /** What the next one is to tell, and no more. */
    const assertAllTold = async (next: Forwarder) => {
      await upTo(20);
      await settled(next, state.counts.samples - count);
      await next.close();
      assert.equal(next.report().sent, state.counts.samples - count);
      picky.assertHasAll(await exported(fleet, UNITS));
    };
    const load = () =>
      restore({
        ...{ state, store, numbers: fleet.numbers, units: [REREAD], now: Date.now() },
        read: (entry) => fleet.intake.again(entry),
      });
    return { forwarder, upTo, load, assertCursorIsKept, assertAllTold };
  }

  const begins = async (loads: "before" | "after") => {
    await using fleet = await SimulatedFleet.open({ plan: { agents: 0 } });
    const { state } = fleet;
    const picky = new Picky(() => null);
    const { forwarder, upTo, load, ...assertions } = await toldUpToFiveMinutes(fleet, picky);
    await forwarder.close();
    await upTo(10);
    await fleet.settle();
    state.dropUnit(REREAD);
    if (loads === "before") await load();
    const taken = picky.taken.length;
    const next = await forward(fleet, picky);
    await eventually(() => !next.report().isCatchingUp, 30_000, () => "the present");
    assert.ok(picky.taken.length > taken, "of the other unit");
    await assertions.assertCursorIsKept();
    if (loads === "after") await load();
    // What comes before all is there has to wait for what was before it.
    await upTo(15);
    const ofOthers = [...state.tasks.values()].filter(({ agent }) => agent.unit !== REREAD);
    const last = Math.max(...ofOthers.map(({ lastTime }) => lastTime));
    await eventually(() => picky.taken.some(({ time }) => time === last), 30_000, () => "what has come");
    assert.ok(picky.taken.slice(taken).every(({ task }) => task.agent.unit !== REREAD));
    state.tellReread(REREAD);
    await assertions.assertAllTold(next);
  };

  test("is told on where it was, by one that begins before it is there", TIMEOUT, () => begins("after"));

  test(
    "is told on where it was, by one that begins when some of it is there",
    TIMEOUT,
    () => begins("before"),
  );

  test("is told on where it was, after one that closes meanwhile", TIMEOUT, async () => {
    await using fleet = await SimulatedFleet.open({ plan: { agents: 0 } });
    const { state } = fleet;
    let gate: PromiseWithResolvers<Outcome> | null = null;
    const picky = new Picky(() => gate?.promise ?? null);
    const { forwarder, upTo, load, ...assertions } = await toldUpToFiveMinutes(fleet, picky);
    gate = Promise.withResolvers<Outcome>();
    const requests = picky.requests.length;
    await upTo(10);
    await eventually(() => picky.requests.length > requests, 30_000, () => "a request under way");
    await fleet.settle();
    const closed = forwarder.close();
    state.dropUnit(REREAD);
    gate.resolve(again);
    gate = null;
    await closed;
    await assertions.assertCursorIsKept();
    const next = await forward(fleet, picky);
    await load();
    state.tellReread(REREAD);
    await assertions.assertAllTold(next);
  });
});

describe("a request of remote write", () => {
  test(
    "has labels in their order, and no series twice, whatever a program calls its figures",
    TIMEOUT,
    async () => {
      await using fleet = await SimulatedFleet.open({ plan: { agents: 1, tasks: 1 }, forMs: 60_000 });
      const [task] = [...fleet.state.tasks.values()].filter(({ taskId }) => taskId !== "");
      const custom = new Map([["app_jobs_total", 3], ["threads", 1], ["cpu_seconds_total", 2], [
        "task_info",
        9,
      ]]);
      const figures = noFigures().map((_, at) => at + 1);
      const request = new RequestWriter("plain").write([{
        task,
        time: 5_000,
        figures,
        custom,
        isEnd: false,
      }]);
      const series = Receiver.read(request).map(({ labels }) => JSON.stringify(labels));
      assert.equal(new Set(series).size, series.length);
      for (const labels of series) {
        const names = Object.keys(JSON.parse(labels));
        assert.deepEqual(names, names.toSorted());
      }
      assert.equal(series.filter((one) => one.includes('"proctor_app_jobs_total"')).length, 1);
      assert.deepEqual([customName("threads"), customName("app_queue")], [null, "proctor_app_queue"]);
    },
  );

  test("calls the label of who reports as it is told", TIMEOUT, async () => {
    await using fleet = await SimulatedFleet.open({ plan: { agents: 1, tasks: 1 }, forMs: 60_000 });
    const [task] = [...fleet.state.tasks.values()].filter(({ taskId }) => taskId !== "");
    const sample = { task, time: 5_000, figures: task.last, custom: null, isEnd: false };
    for (
      const [style, name, other] of [["plain", "agent", "proplet"], [
        "specification",
        "proplet",
        "agent",
      ]] as const
    ) {
      const series = Receiver.read(new RequestWriter(style).write([sample]));
      assert.ok(series.length > 10);
      for (const { labels } of series) {
        assert.deepEqual([labels[name], labels[other]], [task.agent.propletId, undefined], labels.__name__);
      }
    }
  });

  test("goes with who we are, and its answer is told in a line", TIMEOUT, async () => {
    await using receiver = await Receiver.open();
    const send = async (status: number, keys: Record<string, unknown> = {}) => {
      receiver.status = status;
      const written = forwardSchema.parse({ remote_write: receiver.url, ...keys });
      const [task] = fleet.state.tasks.values();
      const figures = task.last;
      const samples = [{ task, time: task.lastTime, figures, custom: null, isEnd: false }];
      return await openDestination(written).send(samples, AbortSignal.timeout(30_000));
    };
    await using fleet = await SimulatedFleet.open({ plan: { agents: 1, tasks: 1 }, forMs: 60_000 });
    assert.deepEqual(await send(204, { user: "ann", headers: { "x-scope-orgid": "tenant" } }), {
      kind: "taken",
    });
    const { headers, body } = receiver.requests[0];
    assert.equal(headers["content-encoding"], "snappy");
    assert.equal(headers["content-type"], "application/x-protobuf");
    assert.equal(headers["x-prometheus-remote-write-version"], "0.1.0");
    assert.equal(headers.authorization, `Basic ${btoa("ann:")}`);
    assert.equal(headers["x-scope-orgid"], "tenant");
    const plain = new Uint8Array(Receiver.lengthOf(body).value);
    snappyUncompress(body, plain);
    assert.ok(Receiver.read(plain).length > 5);
    const why = "status 400: no \\x1b[31m good";
    receiver.answer = "no \x1b[31m\n good";
    assert.deepEqual(await send(400), { kind: "refused", why, isOfContent: true });
    receiver.answer = "";
    assert.deepEqual(await send(404), { kind: "refused", why: "status 404", isOfContent: false });
    assert.deepEqual(await send(302), { kind: "refused", why: "status 302", isOfContent: false });
    for (const status of [429, 408, 500, 503]) {
      assert.deepEqual(await send(status), { kind: "again", why: `status ${status}` });
    }
  });
});
