import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { frameSchema } from "../../../core/schema/sysmon_schema.ts";
import { ticks } from "../../../host/ticks.ts";
import { sourceOf } from "../support/source.ts";
import { openStream } from "./support/stream.ts";
import type { Received } from "./support/stream.ts";

const isFrame = ({ id, method }: Received) => id === "sysmon_sample" || method === "sysmon_sample";

describe("a subscription", () => {
  test(
    "gives frames until it ends, with the correlation_id of its request",
    { timeout: 120_000 },
    async () => {
      const stream = await openStream();
      const payload = { methods: ["RPCGetUptime", "RPCGetMemoryInfo"], interval_ms: 20 };
      stream.send({ type: "request", id: "RPCSubscribe", payload, source: "gate", correlation_id: "sub" });
      const made = await stream.next();
      assert.deepEqual(made.payload, { subscription: "s1", ...payload });
      const uptimes: number[] = [];
      for (let count = 0; count < 5; count++) {
        const frame = await stream.next();
        assert.deepEqual([frame.type, frame.id, frame.correlation_id, frame.target], [
          "event",
          "sysmon_sample",
          "sub",
          "gate",
        ]);
        const { readings, errors, subscription } = frameSchema.parse(frame.payload);
        assert.equal(subscription, "s1");
        assert.deepEqual(Object.keys(readings), payload.methods);
        assert.deepEqual(errors, {});
        uptimes.push((readings.RPCGetUptime as { uptime: number }).uptime);
      }
      assert.ok(uptimes[4] > uptimes[0], "readings are new ones, though the cache lasts a second");
      stream.send({
        type: "request",
        id: "RPCUnsubscribe",
        payload: { subscription: "s1" },
        correlation_id: "end",
      });
      const { payload: end } = await stream.next(({ correlation_id }) => correlation_id === "end");
      assert.equal(end.frames, stream.received.filter(isFrame).length);
      await stream.ask("RPCGetUptime");
      assert.equal(stream.received.filter(isFrame).length, end.frames, "no frame after the end");
      assert.equal((await stream.refused("RPCUnsubscribe", { subscription: "s1" })).code, "InvalidParams");
    },
  );

  test("is a notification in JSON-RPC", { timeout: 120_000 }, async () => {
    const stream = await openStream();
    const params = { methods: ["RPCGetLoadAverage"], interval_ms: 10 };
    stream.send({ jsonrpc: "2.0", method: "RPCSubscribe", params, id: 1 });
    assert.equal((await stream.next()).result.subscription, "s1");
    const frame = await stream.next();
    assert.deepEqual(Object.keys(frame), ["jsonrpc", "method", "params"]);
    frameSchema.parse(frame.params);
    await stream.connection.close();
  });

  test("tells what could not be read, and gives the rest", { timeout: 120_000 }, async () => {
    const source = sourceOf({ uptime: () => ({ uptimeSeconds: 5, idleSeconds: null }) });
    const stream = await openStream({}, source);
    await stream.ask("RPCSubscribe", { methods: ["RPCGetUptime", "RPCGetMemoryInfo"], interval_ms: 50 });
    const { payload } = await stream.next(isFrame);
    assert.deepEqual(payload.readings, { RPCGetUptime: { uptime: 5, idle_time: null } });
    assert.deepEqual(payload.errors, {
      RPCGetMemoryInfo: { code: "InternalError", message: "Failed to read memory information" },
    });
    await stream.connection.close();
  });

  test("drops frames while the reader is slow, tells how many, and never drops an answer", {
    timeout: 120_000,
  }, async () => {
    const stream = await openStream();
    await stream.ask("RPCSubscribe", { methods: ["RPCGetNetworkStats"], interval_ms: 10 });
    await stream.next(isFrame);
    let release = () => {};
    stream.hold = new Promise((resolve) => release = resolve);
    // Each answer is some 20 KB: soon more waits than frames may add to.
    const wanted = Array.from({ length: 20 }, (_, index) => `big ${index}`);
    for (const id of wanted) stream.send({ jsonrpc: "2.0", method: "rpc.discover", id });
    const before = stream.received.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(stream.received.length, before, "the reader has taken nothing");
    stream.hold = undefined;
    release();
    const { payload: late } = await stream.next((message) => isFrame(message) && message.payload.dropped > 0);
    assert.ok(late.dropped >= 5, `${late.dropped} dropped`);
    const { dropped, frames } = await stream.ask("RPCUnsubscribe", { subscription: "s1" });
    const seen = stream.received.filter(isFrame).map(({ payload }) => payload);
    assert.equal(frames, seen.length);
    assert.ok(dropped >= late.dropped);
    // Every interval is either a frame or counted in the next one.
    seen.reduce((next, { sequence, dropped }) => {
      assert.equal(sequence, next + dropped);
      return sequence + 1;
    }, 0);
    const answered = stream.received.map(({ id }) => id).filter((id) => String(id).startsWith("big"));
    assert.deepEqual(answered, wanted);
  });

  test("with parameters that make no sense is refused", { timeout: 120_000 }, async () => {
    const stream = await openStream();
    for (
      const [payload, said] of [
        [undefined, "RPCSubscribe"],
        [{}, "methods"],
        [{ methods: [], interval_ms: 100 }, "methods"],
        [{ methods: ["RPCGetGroups"], interval_ms: 100 }, "methods"],
        [{ methods: ["RPCSubscribe"], interval_ms: 100 }, "methods"],
        [{ methods: ["RPCGetUptime"], interval_ms: 9 }, "interval_ms"],
        [{ methods: ["RPCGetUptime"], interval_ms: 2 ** 31 }, "interval_ms"],
        [{ methods: ["RPCGetUptime"], interval_ms: 10.5 }, "interval_ms"],
        [{ methods: ["RPCGetUptime"], interval_ms: "1s" }, "interval_ms"],
        [{ methods: ["RPCGetUptime"], interval_ms: 100, more: 1 }, "more"],
        [["RPCGetUptime", 100], "RPCSubscribe"],
      ] as const
    ) {
      const { code, message } = await stream.refused("RPCSubscribe", payload);
      assert.equal(code, "InvalidParams");
      assert.ok(message.includes(said), message);
    }
  });

  test("is one of 64 at most", { timeout: 120_000 }, async () => {
    const stream = await openStream();
    const payload = { methods: ["RPCGetUptime"], interval_ms: 60_000 };
    for (let count = 0; count < 64; count++) await stream.ask("RPCSubscribe", payload);
    assert.match((await stream.refused("RPCSubscribe", payload)).message, /64 subscriptions/);
    await stream.ask("RPCUnsubscribe", { subscription: "s7" });
    assert.equal((await stream.ask("RPCSubscribe", payload)).subscription, "s65");
    await stream.connection.close();
  });
});

describe("ticks", () => {
  test("that come late are left out", { timeout: 120_000 }, async () => {
    const seen: number[] = [];
    for await (const tick of ticks(20)) {
      seen.push(tick);
      if (seen.length === 2) await new Promise((resolve) => setTimeout(resolve, 110));
      if (seen.length === 4) break;
    }
    assert.equal(seen[0], 0);
    assert.ok(seen[2] >= seen[1] + 5, `${seen}`);
    assert.ok(seen.every((tick, index) => index === 0 || tick > seen[index - 1]));
  });

  test("end at once when they are to", { timeout: 120_000 }, async () => {
    const abort = new AbortController();
    const seen: number[] = [];
    const start = performance.now();
    for await (const tick of ticks(60_000, abort.signal)) {
      seen.push(tick);
      setTimeout(() => abort.abort(), 20);
    }
    assert.deepEqual(seen, [0]);
    assert.ok(performance.now() - start < 10_000);
  });

  test("have an interval of 10 ms to 24 days", async () => {
    for (const interval of [0, 9, -1, NaN, Infinity, 2 ** 31]) {
      await assert.rejects(
        ticks(interval).next(),
        /is not an interval; write milliseconds/,
        String(interval),
      );
    }
  });
});
