import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sysMetricsSchema } from "../../../core/schema/host_schema.ts";
import { openStream } from "./support/stream.ts";
import type { Stream } from "./support/stream.ts";

const QUESTION = "RPCGetMessageStats";

/** Ask for the metrics, and let the broker do something when it is asked. */
async function metrics(stream: Stream, broker?: (correlation_id: string) => void) {
  stream.send({ type: "request", id: "RPCGetSysMetrics", source: "gate", correlation_id: "m" });
  for (;;) {
    const message = await stream.next();
    if (message.type === "request") {
      assert.deepEqual([message.id, message.source, message.target], [QUESTION, "sysmon", "gate"]);
      broker?.(message.correlation_id);
    } else {
      assert.equal(message.type, "response", JSON.stringify(message));
      return sysMetricsSchema.parse(message.payload).message_stats!;
    }
  }
}

const answer = (stream: Stream, payload: unknown, type = "response") => (correlation_id: string) =>
  stream.send({ type, id: QUESTION, payload, source: "gate", target: "sysmon", correlation_id });

describe("message_stats", () => {
  test("are the service's own counts", { timeout: 120_000 }, async () => {
    const stream = await openStream();
    await stream.ask("RPCGetUptime");
    await stream.ask("RPCGetUptime");
    await stream.refused("nope");
    const before = stream.service.counts.receivedBytes;
    const stats = await metrics(stream);
    assert.deepEqual(stats.by_method, { RPCGetUptime: 2, RPCGetSysMetrics: 1 });
    assert.equal(stats.received, 4);
    assert.equal(stats.answered, 3, "the answer that carries them is not out yet");
    assert.equal(stats.errors, 1);
    assert.ok(stats.received_bytes > before);
    assert.ok(!("broker" in stats));
  });

  test("have the broker's, when it answers", { timeout: 120_000 }, async () => {
    const stream = await openStream();
    const told = { total_sent: 5, per: { a: [1, null] } };
    assert.deepEqual((await metrics(stream, answer(stream, told))).broker, told);
    // Kept as long as other readings: not asked again at once.
    assert.deepEqual((await metrics(stream, () => assert.fail("asked again"))).broker, told);
  });

  test("do without it when it refuses", { timeout: 120_000 }, async () => {
    const stream = await openStream({ cacheMs: 0 });
    assert.ok(!("broker" in await metrics(stream, answer(stream, { code: "no" }, "error"))));
    assert.equal((await metrics(stream, answer(stream, 7))).broker, 7);
  });

  test(
    "do not wait for a silent one more than 200 ms, and a late answer is passed over",
    { timeout: 120_000 },
    async () => {
      const stream = await openStream({ cacheMs: 0 });
      await metrics(stream, answer(stream, 1)); // The first reading of the CPU takes its time.
      let question = "";
      const start = performance.now();
      assert.ok(!("broker" in await metrics(stream, (id) => question = id)));
      const took = performance.now() - start;
      assert.ok(took >= 190 && took < 15_000, `${took} ms`);
      answer(stream, "late")(question);
      assert.equal((await metrics(stream, answer(stream, "in time"))).broker, "in time");
    },
  );

  test("give up asking one that never answers, for a while", { timeout: 120_000 }, async () => {
    const stream = await openStream({ cacheMs: 0 });
    let questions = 0;
    for (let calls = 0; calls < 5; calls++) await metrics(stream, () => questions++);
    assert.equal(questions, 3);
  });

  test("are never asked of those who speak JSON-RPC", { timeout: 120_000 }, async () => {
    const stream = await openStream();
    stream.send({ jsonrpc: "2.0", method: "RPCGetSysMetrics", id: 1 });
    const { id, result } = await stream.next();
    assert.equal(id, 1);
    assert.equal(sysMetricsSchema.parse(result).message_stats!.received, 1);
  });

  test("do not hold up the end", { timeout: 120_000 }, async () => {
    const stream = await openStream();
    stream.send({ type: "request", id: "RPCGetSysMetrics", correlation_id: 1 });
    stream.connection.endOfInput();
    await stream.connection.close();
    assert.deepEqual(stream.received.map(({ type, id }) => `${type} ${id}`), [
      "event subprocess_ready",
      `request ${QUESTION}`,
      "response RPCGetSysMetrics",
      "event subprocess_shutdown",
    ]);
  });
});
