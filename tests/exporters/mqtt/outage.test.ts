import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { withDirectory } from "../../cli/support/directory.ts";
import { opened, until } from "../support/open.ts";
import { message, numberOf, readMessage } from "./support/messages.ts";
import { Mosquitto, noMosquitto, Subscriber } from "./support/mosquitto.ts";

const TASKS = Array.from({ length: 50 }, (_, index) => `task ${index}`);
/** The long one once; the other runtime has the same code below it. */
const OUTAGE_MS = "Deno" in globalThis ? 5_000 : 30_000;
/** So that the subscriber's session outlives the kill; saving every change would make the broker the slowest of all. */
const PERSISTENT = [
  "allow_anonymous true",
  "persistence true",
  "autosave_interval 0",
  "max_queued_messages 0",
];
const KEPT = ["-c", "-i", "watcher", "-x", "3600"];

test("a broker killed under 50 tasks at 1 s: nothing is lost, nothing doubled, each task in order", {
  skip: noMosquitto,
  timeout: 100_000,
}, async () => {
  await withDirectory(async (directory) => {
    await using broker = await Mosquitto.start(directory, [
      ...PERSISTENT,
      `persistence_location ${directory}/`,
    ]);
    await using subscriber = await Subscriber.start(
      broker.port,
      "m/d/c/c/control/proplet/task_metrics",
      KEPT,
    );
    await using proctor = await opened({
      mqtt: `mqtt://127.0.0.1:${broker.port}`,
      domain: "d",
      channel: "c",
    });
    broker.signal("SIGUSR1");
    await until(() => existsSync(`${directory}/mosquitto.db`), () => "the subscription is saved");
    let second = 0;
    const tick = () => {
      second++;
      for (const task of TASKS) proctor.exporters.message(message(second, task));
    };
    tick();
    await proctor.until(() => proctor.report().sent_count === TASKS.length, "the first second is delivered");
    const ticking = setInterval(tick, 1_000);
    await pause(1_500);
    await broker.stop("SIGKILL");
    const before = second;
    await pause(OUTAGE_MS);
    assert.ok(second > before);
    assert.ok(proctor.report().queued_count >= (second - before) * TASKS.length, "they wait");
    await broker.start();
    await proctor.until(() => proctor.report().queued_count === 0, "what has waited is delivered");
    clearInterval(ticking);
    tick();
    await proctor.exporters.close(5_000);
    const count = second * TASKS.length;
    await subscriber.until((arrived) => arrived.length >= count, `${count} messages`);
    assert.deepEqual(
      { ...proctor.report(), failed_count: 0 },
      {
        exporter: "mqtt",
        destination: `mqtt://127.0.0.1:${broker.port}`,
        sent_count: count,
        dropped_count: 0,
        failed_count: 0,
        queued_count: 0,
      },
    );
    const numbers = new Map<string, number[]>(TASKS.map((task) => [task, []]));
    for (const { payload } of subscriber.arrived) {
      const read = readMessage(payload);
      numbers.get(read.task_id)!.push(numberOf(read));
    }
    const all = Array.from({ length: second }, (_, index) => index + 1);
    for (const [task, seen] of numbers) assert.deepEqual(seen, all, task);
    const told = `mqtt: mqtt://127.0.0.1:${broker.port}: nothing listens there; trying again`;
    assert.equal(proctor.notices.filter((line) => line === told).length, 1, proctor.notices.join("\n"));
  });
});
