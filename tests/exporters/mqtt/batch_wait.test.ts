/* How long a message waits for others of its batch. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { withDirectory } from "../../cli/support/directory.ts";
import { opened } from "../support/open.ts";
import { startAedes } from "./support/aedes.ts";
import type { TestBroker } from "./support/aedes.ts";
import { checked, message, numberOf } from "./support/messages.ts";

const TASKS = "m/d/c/c/control/proplet/task_metrics";
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const at = (port: number) => ({
  mqtt: `mqtt://127.0.0.1:${port}`,
  mqtt_version: "3.1.1",
  domain: "d",
  channel: "c",
});

/** The numbers of the messages, a list for each publish. */
function batches({ published }: TestBroker): number[][] {
  return published.filter(({ topic }) => topic === TASKS)
    .map(({ payload }) => JSON.parse(payload.toString()).map((one: unknown) => numberOf(checked(one))));
}

describe("a batch", { concurrency: 1 }, () => {
  test("leaves when it is full, and at the end what is left", { timeout: 60_000 }, async () => {
    await using broker = await startAedes();
    await using proctor = await opened({ ...at(broker.port), mqtt_batch: 10, mqtt_batch_wait: "1h" });
    for (const number of upTo(23)) proctor.exporters.message(message(number));
    await proctor.until(() => batches(broker).length === 2, "two that are full");
    await proctor.until(() => proctor.report().sent_count === 20, "their acknowledgement");
    assert.equal(proctor.report().queued_count, 3);
    await proctor.exporters.close(10_000);
    assert.deepEqual(batches(broker), [upTo(10), upTo(20).slice(10), upTo(23).slice(20)]);
    assert.deepEqual(proctor.notices, []);
  });

  test("leaves when its oldest message has waited so long", { timeout: 60_000 }, async () => {
    await using broker = await startAedes();
    await using proctor = await opened({ ...at(broker.port), mqtt_batch: 1_000, mqtt_batch_wait: "400ms" });
    proctor.exporters.message(message(0));
    await proctor.until(() => batches(broker).length === 1, "the first");
    const begin = performance.now();
    let count = 0;
    // Younger ones do not put it off.
    while (batches(broker).length < 2) {
      assert.ok(performance.now() - begin < 20_000, "it never leaves");
      proctor.exporters.message(message(++count));
      await pause(20);
    }
    assert.ok(performance.now() - begin >= 399, "it has left early");
    const [, second] = batches(broker);
    assert.deepEqual(second, upTo(second.length));
    assert.ok(second.length >= 2, "nothing was gathered");
  });

  test("of more messages or bytes than may wait leaves before any is dropped", {
    timeout: 60_000,
  }, async () => {
    const size = JSON.stringify(message(1)).length + TASKS.length + 64;
    for (const room of [{ mqtt_queue: 5 }, { mqtt_queue_size: `${size * 10}B` }]) {
      await using broker = await startAedes();
      const wait = { mqtt_batch: 1_000, mqtt_batch_wait: "1h" };
      await using proctor = await opened({ ...at(broker.port), ...wait, ...room });
      for (const number of upTo(6)) {
        proctor.exporters.message(message(number));
        if (number === 5) await proctor.until(() => batches(broker).length === 1, "one that is full");
      }
      await proctor.exporters.close(10_000);
      assert.deepEqual(batches(broker), [upTo(5), [6]]);
      assert.equal(proctor.report().dropped_count, 0);
    }
  });

  test("that an earlier program has left on disk leaves at once", { timeout: 60_000 }, async () => {
    await withDirectory(async (mqtt_queue_dir) => {
      const wait = { mqtt_batch: 1_000, mqtt_batch_wait: "1h", mqtt_queue_dir };
      const away = await opened({ ...at(1), ...wait });
      for (const number of upTo(3)) away.exporters.message(message(number));
      await away.exporters.close(10);
      await using broker = await startAedes();
      await using proctor = await opened({ ...at(broker.port), ...wait });
      await proctor.until(() => proctor.report().sent_count === 3, "what was left");
      assert.deepEqual(batches(broker), [upTo(3)]);
    });
  });
});
