import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { healthMessageSchema } from "../../../core/schema/health_message.ts";
import type { HealthMessage } from "../../../core/schema/health_message.ts";
import { presenceMessageSchema } from "../../../core/schema/presence_message.ts";
import { withDirectory } from "../../cli/support/directory.ts";
import { runProgram } from "../../cli/support/proctor.ts";
import { opened } from "../support/open.ts";
import { startAedes } from "./support/aedes.ts";
import { Cutter } from "./support/cutter.ts";
import { checked, message, numberOf, readMessage } from "./support/messages.ts";
import { freePort } from "../../support/free_port.ts";
import { withinSeconds } from "../../support/within_seconds.ts";

const TASKS = "m/d/c/c/control/proplet/task_metrics";
const ALIVE = "m/d/c/c/control/proplet/alive";
const OWN = `${ALIVE}/proplet`;
const OLD = { domain: "d", channel: "c", mqtt_version: "3.1.1" } as const;
const at = (port: number) => ({ ...OLD, mqtt: `mqtt://127.0.0.1:${port}` });
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

const HEALTH: HealthMessage = {
  proplet_id: "proplet",
  timestamp: "2026-11-21T12:00:00.000Z",
  agent: {
    version: "0",
    pid: 1,
    uptime_seconds: 1,
    cpu_seconds: 1,
    cpu_percent: 1,
    memory_bytes: 1,
    task_count: 1,
    exporters: [],
  },
  host: {
    uptime_seconds: 1,
    cpu_percent: 1,
    memory_total_bytes: 1,
    memory_used_bytes: 1,
    memory_percent: 1,
    load_1m: 1,
    load_5m: 1,
    load_15m: 1,
  },
};

describe("the MQTT exporter before a broker of 3.1.1", { concurrency: 1 }, () => {
  for (const qos of [0, 1, 2] as const) {
    test(`with QoS ${qos} publishes a birth, every message once and in order, and an end`, {
      timeout: 60_000,
    }, async () => {
      await using broker = await startAedes();
      await using proctor = await opened({ ...at(broker.port), mqtt_qos: String(qos) });
      // On Deno this broker stops reading for good after more than 64 KiB in one go.
      const count = qos === 0 ? 150 : 500;
      for (const number of upTo(count)) proctor.exporters.message(message(number));
      proctor.exporters.health(HEALTH);
      // Of QoS 0 nobody tells when the broker has it, and this one reads no further once the client has gone.
      await proctor.until(() => broker.published.length === count + 3, "all of them");
      await proctor.exporters.close(10_000);
      await proctor.until(() => broker.published.length === count + 5, "the end");
      // It passes on what is to be retained later than the rest.
      const alive = broker.published.filter(({ topic }) => topic.startsWith(ALIVE));
      const said = (at: string) =>
        alive.filter(({ topic }) => topic === at).map(({ payload }) => JSON.parse(payload.toString()).status);
      assert.deepEqual(said(ALIVE), ["online", "offline"]);
      assert.deepEqual(said(OWN), ["online", "offline"]);
      for (const packet of alive) {
        assert.deepEqual([packet.retain, packet.qos], [packet.topic === OWN, qos]);
        const { timestamp, proplet_id } = presenceMessageSchema.strict().parse(
          JSON.parse(packet.payload.toString()),
        );
        assert.equal(proplet_id, "proplet");
        assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000, timestamp);
      }
      const rest = broker.published.filter(({ topic }) => !topic.startsWith(ALIVE));
      const health = rest.pop()!;
      assert.equal(health.topic, "m/d/c/c/control/proplet/metrics");
      assert.deepEqual(healthMessageSchema.parse(JSON.parse(health.payload.toString())), HEALTH);
      assert.ok(rest.every((packet) => packet.topic === TASKS && !packet.retain && packet.qos === qos));
      assert.deepEqual(rest.map(({ payload }) => numberOf(readMessage(payload as Buffer))), upTo(count));
      const { sent_count, dropped_count, failed_count, queued_count } = proctor.report();
      assert.deepEqual([sent_count, dropped_count, failed_count, queued_count], [count + 1, 0, 0, 0]);
      assert.deepEqual(proctor.notices, []);
    });
  }

  test("a connection that breaks without a goodbye leaves a last will", { timeout: 60_000 }, async () => {
    await using broker = await startAedes();
    await using way = await Cutter.open(broker.port);
    await using proctor = await opened(at(way.port));
    const said = () =>
      broker.published.filter(({ topic }) => topic === OWN)
        .map(({ payload }) => JSON.parse(payload.toString()).status);
    await proctor.until(() => said().length === 1, "a birth");
    way.cut();
    // Should the broker not see it break, it hears nothing for 22 s.
    await proctor.until(() => said().length === 3, "a last will, and a birth again", 45_000);
    assert.deepEqual(said(), ["online", "offline", "online"]);
    assert.ok(broker.published.every(({ topic, retain }) => retain === (topic === OWN)));
  });

  test("batches are arrays of one topic, full or a second old", { timeout: 60_000 }, async () => {
    await using broker = await startAedes();
    await using proctor = await opened({ ...at(broker.port), mqtt_batch: 10, topic: "t/{task_id}" });
    await proctor.until(() => broker.published.length === 2, "a birth");
    for (const number of upTo(25)) proctor.exporters.message(message(number, "a"));
    for (const number of upTo(3)) proctor.exporters.message(message(number, "b"));
    await proctor.until(() => proctor.report().sent_count === 28, "all of them");
    const batches = broker.published.slice(2).map(({ topic, payload }) => [
      topic,
      JSON.parse(payload.toString()).map((one: unknown) => numberOf(checked(one))),
    ]);
    assert.deepEqual(batches, [
      ["t/a", upTo(10)],
      ["t/a", upTo(20).slice(10)],
      ["t/a", upTo(25).slice(20)],
      ["t/b", upTo(3)],
    ]);
  });

  test("gzip", { timeout: 60_000 }, async () => {
    await using broker = await startAedes();
    await using proctor = await opened({ ...at(broker.port), mqtt_gzip: true, mqtt_batch: 5 });
    for (const number of upTo(5)) proctor.exporters.message(message(number));
    await proctor.until(() => proctor.report().sent_count === 5, "five");
    const packet = broker.published.at(-1)!;
    const numbers = JSON.parse(gunzipSync(packet.payload as Buffer).toString()).map(checked).map(numberOf);
    assert.deepEqual(numbers, upTo(5));
  });

  test("what a task is called does not change where its topic lies", { timeout: 60_000 }, async () => {
    await using broker = await startAedes();
    await using proctor = await opened({ ...at(broker.port), topic: "x/{proplet_id}/{task_id}/y" });
    for (const task of ["a/b", "#", "+", "a\0b", "x".repeat(70_000)]) {
      proctor.exporters.message(message(1, task));
    }
    await proctor.exporters.close(10_000);
    const topics = broker.published.map(({ topic }) => topic).filter((topic) => !topic.startsWith(ALIVE));
    const names = ["a_b", "_", "_", "a_b", "x".repeat(1_000)];
    assert.deepEqual(topics, names.map((name) => `x/proplet/${name}/y`));
  });

  test("with a topic of its own and no domain there is neither health nor birth nor will", {
    timeout: 60_000,
  }, async () => {
    await using broker = await startAedes();
    await using proctor = await opened({
      mqtt: `mqtt://127.0.0.1:${broker.port}`,
      mqtt_version: "3.1.1",
      topic: "own",
    });
    proctor.exporters.health(HEALTH);
    proctor.exporters.message(message(1));
    await proctor.exporters.close(10_000);
    assert.deepEqual(broker.published.map(({ topic }) => topic), ["own"]);
  });
});

describe("a broker that", { concurrency: 1 }, () => {
  /** What is told within five seconds, and how often in some tries. */
  async function told(input: Parameters<typeof opened>[0], variables = {}, tries = 2): Promise<string[]> {
    await using proctor = await opened(input, variables);
    proctor.exporters.message(message(1));
    await withinSeconds(5, () => proctor.notices.length > 0, () => "a word of it");
    await proctor.until(() => proctor.report().failed_count >= tries, "it is tried again");
    assert.equal(proctor.report().queued_count, 1, "the message waits");
    return proctor.notices.slice();
  }

  test("is not there", { timeout: 60_000 }, async () => {
    const port = await freePort();
    assert.deepEqual(await told(at(port)), [
      `mqtt: mqtt://127.0.0.1:${port}: nothing listens there; trying again`,
    ]);
  });

  test("has no such name", { timeout: 60_000 }, async () => {
    const [line, ...others] = await told({ ...OLD, mqtt: "mqtt://no-such-host.invalid" });
    assert.match(
      line,
      /no-such-host\.invalid: (there is no such host|the host's name cannot be resolved now)/,
    );
    assert.deepEqual(others, []);
  });

  test("accepts and never answers", { timeout: 60_000 }, async () => {
    await using way = await Cutter.open();
    assert.deepEqual(await told(at(way.port), {}, 1), [
      `mqtt: mqtt://127.0.0.1:${way.port}: it accepts connections and does not answer; trying again`,
    ]);
  });

  test("is not a broker", { timeout: 60_000 }, async () => {
    await using way = await Cutter.open();
    way.server.on("connection", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    assert.deepEqual(await told(at(way.port)), [
      `mqtt: mqtt://127.0.0.1:${way.port}: it does not speak MQTT; trying again`,
    ]);
  });

  test("knows no MQTT 5", { timeout: 60_000 }, async () => {
    await using broker = await startAedes();
    assert.deepEqual(await told({ ...at(broker.port), mqtt_version: "5" }), [
      `mqtt: mqtt://127.0.0.1:${broker.port}: it does not speak this version of MQTT; try mqtt_version; trying again`,
    ]);
  });

  test("refuses the password, which is in no message", { timeout: 60_000 }, async () => {
    await using broker = await startAedes((user, password) => user === "u" && password === "right");
    const lines = await told(at(broker.port), {
      PROCTOR_MQTT_USER: "u",
      PROCTOR_MQTT_PASSWORD: "wrong-secret",
    });
    assert.deepEqual(lines, [
      `mqtt: mqtt://127.0.0.1:${broker.port}: it refuses the user name or password; trying again`,
    ]);
  });

  test(
    "admits by user and password of a file, the environment, or the URL",
    { timeout: 60_000 },
    async () => {
      await using broker = await startAedes((user, password) => user === "u" && password === " ü p\n");
      await withDirectory(async (directory) => {
        const file = `${directory}/password`;
        writeFileSync(file, " ü p\n\n");
        chmodSync(file, 0o600);
        const there = at(broker.port);
        for (
          const [input, variables] of [
            [{ ...there, mqtt_user: "u", mqtt_password_file: file }, {}],
            [{ ...there, mqtt: there.mqtt.replace("//", "//u@"), mqtt_password_file: file }, {}],
            [there, { PROCTOR_MQTT_USER: "u", PROCTOR_MQTT_PASSWORD: " ü p\n" }],
            [{ ...there, mqtt_user: "u" }, { PROCTOR_MQTT_USER: "x", PROCTOR_MQTT_PASSWORD: " ü p\n" }],
          ] as const
        ) {
          await using proctor = await opened(input, variables);
          proctor.exporters.message(message(1));
          await proctor.exporters.close(10_000);
          assert.deepEqual([proctor.report().sent_count, proctor.notices], [1, []]);
          assert.equal(proctor.report().destination, `mqtt://127.0.0.1:${broker.port}`);
        }
      });
    },
  );
});

describe("the queue before an absent broker", { concurrency: 1 }, () => {
  test("drops the oldest, counts them, and sends the rest in order once there is one", {
    timeout: 60_000,
  }, async () => {
    await using broker = await startAedes();
    await using way = await Cutter.open(broker.port);
    await using proctor = await opened({ ...at(way.port), mqtt_queue: 100 });
    await proctor.until(() => broker.published.length === 2, "a birth");
    way.holdAnswers(true);
    way.cut();
    for (const number of upTo(250)) proctor.exporters.message(message(number));
    await proctor.until(() => proctor.report().failed_count > 0, "the connection is lost");
    assert.equal(proctor.report().dropped_count, 150);
    assert.equal(proctor.report().queued_count, 100);
    way.holdAnswers(false);
    way.cut();
    await proctor.until(() => proctor.report().queued_count === 0, "they are sent");
    const numbers = broker.published.filter(({ topic }) => topic === TASKS)
      .map(({ payload }) => numberOf(readMessage(payload as Buffer)));
    assert.deepEqual(numbers, upTo(250).slice(150));
  });

  test("is bounded by size too", { timeout: 60_000 }, async () => {
    const port = await freePort();
    await using proctor = await opened({ ...at(port), mqtt_queue_size: "10K" });
    for (const number of upTo(250)) proctor.exporters.message(message(number));
    const each = JSON.stringify(message(1)).length;
    const { queued_count, dropped_count } = proctor.report();
    assert.ok(queued_count * each <= 10_240 && queued_count * each > 5_000, `${queued_count} wait`);
    assert.equal(queued_count + dropped_count, 250);
  });

  test("does not hold up the end: one more try, then it is over", { timeout: 60_000 }, async () => {
    const port = await freePort();
    await using proctor = await opened(at(port));
    proctor.exporters.message(message(1));
    const begin = performance.now();
    await proctor.exporters.close(60_000);
    assert.ok(performance.now() - begin < 30_000);
    const { sent_count, dropped_count, queued_count } = proctor.report();
    assert.deepEqual([sent_count, dropped_count, queued_count], [0, 1, 0]);
    assert.match(proctor.notices.at(-1)!, /: 1 message was not delivered$/);
    proctor.exporters.message(message(2));
    assert.equal(proctor.report().dropped_count, 2, "what comes later is counted");
  });

  test("nor does a broker that never answers, beyond the time given", { timeout: 60_000 }, async () => {
    await using way = await Cutter.open();
    await using proctor = await opened(at(way.port));
    proctor.exporters.message(message(1));
    const begin = performance.now();
    await proctor.exporters.close(300);
    assert.ok(performance.now() - begin < 15_000);
    assert.equal(proctor.report().dropped_count, 1);
  });

  test("nothing keeps a program that has closed its exporters", { timeout: 60_000 }, async () => {
    await using broker = await startAedes();
    await using silent = await Cutter.open();
    const program = decodeURIComponent(new URL("support/export_once.ts", import.meta.url).pathname);
    const runtime = "Deno" in globalThis ? ["run", "--no-check", "--allow-all"] : [];
    for (
      const [port, sent, withinMs] of [[broker.port, 1, 30_000], [silent.port, 0, 500], [
        await freePort(),
        0,
        500,
      ]]
    ) {
      const outcome = await runProgram([
        process.execPath,
        ...runtime,
        program,
        String(port),
        String(withinMs),
      ]);
      assert.deepEqual([outcome.code, outcome.stderr], [0, ""]);
      assert.equal(JSON.parse(outcome.stdout.toString()).sent_count, sent);
    }
  });

  test("handing over a message costs next to nothing", { timeout: 60_000 }, async () => {
    const port = await freePort();
    await using proctor = await opened(at(port));
    const one = message(1);
    const before = process.cpuUsage();
    for (let count = 0; count < 50_000; count++) proctor.exporters.message(one);
    const { user, system } = process.cpuUsage(before);
    const each = (user + system) / 50_000;
    assert.ok(each < 200, `${each} µs of CPU each`);
  });
});
