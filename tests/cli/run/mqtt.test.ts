import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { SummaryRecord } from "../../../core/schema/record.ts";
import type { TaskMessage } from "../../../core/schema/task_message.ts";
import { readMessage } from "../../exporters/mqtt/support/messages.ts";
import { Mosquitto, noMosquitto, Subscriber } from "../../exporters/mqtt/support/mosquitto.ts";
import type { Arrived } from "../../exporters/mqtt/support/mosquitto.ts";
import { fixture } from "../../support/fixture.ts";
import { assertNear } from "../../support/expect.ts";
import { withDirectory } from "../support/directory.ts";
import { proctor, start } from "../support/proctor.ts";
import { until } from "../support/traces.ts";
import { freePort } from "../../support/free_port.ts";

const ROOT = "m/d/c/c/control/proplet";
const FAST = ["--interval", "50ms", "--no-adaptive"];
const flags = (port: number) => ["--mqtt", `mqtt://127.0.0.1:${port}`, "--domain", "d", "--channel", "c"];
const readSummary = (directory: string): SummaryRecord =>
  JSON.parse(readFileSync(`${directory}/summary.json`, "utf8"));
const toFile = (directory: string) => ["--summary", "json", "--summary-file", `${directory}/summary.json`];
const isFarewell = ({ topic, payload }: Arrived) =>
  topic === `${ROOT}/alive` && JSON.parse(payload.toString()).status === "offline";
const tasks = (arrived: readonly Arrived[]): TaskMessage[] =>
  arrived.filter(({ topic }) => topic === `${ROOT}/task_metrics`).map(({ payload }) => readMessage(payload));

describe("proctor run --mqtt", { concurrency: 1 }, () => {
  test("tells a broker of everything, and the summary of what became of it", {
    skip: noMosquitto,
    timeout: 120_000,
  }, async () => {
    await withDirectory(async (directory) => {
      await using broker = await Mosquitto.start(directory);
      await using subscriber = await Subscriber.start(broker.port, "#");
      const own = ["--task-id", "build-7", "--proplet-id", "node-1", "--name", "a build"];
      const { code, stderr } = await proctor([
        ...["run", ...flags(broker.port), ...own, ...FAST, ...toFile(directory), "--"],
        ...[fixture("burn_cpu"), "1"],
      ]);
      assert.deepEqual([code, stderr], [0, ""]);
      await subscriber.until(
        (arrived) => arrived.length > 2 && isFarewell(arrived.at(-1)!),
        "the end",
      );
      const summary = readSummary(directory);
      const messages = tasks(subscriber.arrived);
      assert.ok(messages.length >= 4, `${messages.length} messages`);
      assert.equal(messages.length, summary.sample_count + 1);
      assert.deepEqual(summary.monitor.exporters, [{
        exporter: "mqtt",
        destination: `mqtt://127.0.0.1:${broker.port}`,
        sent_count: messages.length,
        dropped_count: 0,
        failed_count: 0,
        queued_count: 0,
      }]);
      assert.ok(
        messages.every((message) => message.task_id === "build-7" && message.proplet_id === "node-1"),
      );
      const stamps = messages.map(({ metrics }) => metrics.timestamp);
      assert.deepEqual(stamps, [...stamps].sort());
      const last = messages.pop()!;
      assert.ok(messages.every(({ state }) => state === "running"));
      assert.equal(last.state, "ended");
      assert.equal(last.metrics.cpu_seconds, summary.cpu_seconds);
      assert.equal(last.aggregated.avg_cpu_usage, summary.avg_cpu_percent);
      assert.equal(last.aggregated.max_memory_usage, summary.peak_memory_bytes);
      // What the samples had told before the end is the same, but for what came after the last of them.
      const { aggregated } = messages.at(-1)!;
      assertNear(aggregated.avg_cpu_usage!, summary.avg_cpu_percent!, 0.25, 5, "avg_cpu_usage");
      assert.equal(aggregated.max_cpu_usage, summary.max_cpu_percent);
      assert.equal(aggregated.sample_count, summary.sample_count);
    });
  });

  test(
    "a command that is over at once has one message",
    { skip: noMosquitto, timeout: 120_000 },
    async () => {
      await withDirectory(async (directory) => {
        await using broker = await Mosquitto.start(directory);
        await using subscriber = await Subscriber.start(broker.port, `${ROOT}/task_metrics`);
        const { code } = await proctor([
          "run",
          "--quiet",
          ...["--interval", "10s", "--no-adaptive"],
          ...flags(broker.port),
          "--",
          fixture("exit_with"),
          "7",
        ]);
        assert.equal(code, 7);
        await subscriber.until(({ length }) => length === 1, "one message");
        const [message] = tasks(subscriber.arrived);
        assert.equal(message.state, "ended");
        assert.ok(message.metrics.cpu_seconds! > 0);
        assert.match(message.task_id, /^[0-9a-f]{8}-[0-9a-f]{4}-4/, "a random UUID");
      });
    },
  );

  test(
    "a broker that is away changes nothing but one line and the counters",
    { timeout: 120_000 },
    async () => {
      await withDirectory(async (directory) => {
        const port = await freePort();
        const begin = performance.now();
        const { code, stdout, stderr } = await proctor([
          ...[
            "run",
            ...flags(port),
            ...FAST,
            ...toFile(directory),
            "--",
            "sh",
            "-c",
            "sleep 1; echo out; exit 3",
          ],
        ]);
        assert.ok(performance.now() - begin < 25_000, "it holds nothing up");
        assert.deepEqual([code, stdout.toString()], [3, "out\n"]);
        const [exporter] = readSummary(directory).monitor.exporters!;
        assert.equal(exporter.dropped_count, readSummary(directory).sample_count + 1);
        assert.ok(exporter.failed_count >= 2, "it was tried again");
        assert.deepEqual(stderr.split("\n"), [
          `proctor: mqtt: mqtt://127.0.0.1:${port}: nothing listens there; trying again`,
          `proctor: mqtt: mqtt://127.0.0.1:${port}: ${exporter.dropped_count} messages were not delivered`,
          "",
        ]);
      });
    },
  );

  test("no password in ps, and none in what it says", { skip: noMosquitto, timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      await using broker = await Mosquitto.start(directory, ["allow_anonymous false"]);
      const running = start(["run", ...flags(broker.port), ...toFile(directory), "--", "sleep", "60"], {
        env: { PROCTOR_MQTT_USER: "me", PROCTOR_MQTT_PASSWORD: "hush-hush" },
      });
      await until(() => running.stderr.includes("it "), "a refusal");
      for (const pid of [running.pid]) {
        assert.ok(!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("hush"));
      }
      running.kill("SIGTERM");
      const { stderr } = await running.ended;
      assert.match(
        stderr,
        /: it (does not let us in|does not allow us to); check user name.*; trying again\n/,
      );
      assert.ok(!(stderr + readFileSync(`${directory}/summary.json`, "utf8")).includes("hush"));
    });
  });

  test("what a killed proctor had not delivered, the next one with its directory does, in order", {
    skip: noMosquitto,
    timeout: 120_000,
  }, async () => {
    await withDirectory(async (directory) => {
      await using broker = await Mosquitto.start(directory);
      await using subscriber = await Subscriber.start(broker.port, `${ROOT}/task_metrics`);
      const queue = `${directory}/queue`;
      const kept = [...flags(broker.port), "--mqtt-queue-dir", queue];
      const absent = kept.map((flag) => flag.startsWith("mqtt://") ? `mqtt://127.0.0.1:1` : flag);
      const first = start(["run", "--quiet", ...absent, "--task-id", "first", ...FAST, "--", "sleep", "60"]);
      const lines = () =>
        readdirSync(queue).filter((name) => name.endsWith(".queue"))
          .flatMap((name) => readFileSync(`${queue}/${name}`, "utf8").split("\n").slice(0, -1));
      await until(
        () => readdirSync(directory).includes("queue") && lines().length >= 5,
        "five messages",
      );
      const busy = await proctor(["run", "--quiet", ...kept, "--", "true"]);
      assert.equal(busy.code, 125);
      assert.equal(
        busy.stderr,
        `proctor: --mqtt-queue-dir: ${queue} is in use by process ${first.pid}; give each its own\n`,
      );
      first.kill("SIGKILL");
      await first.ended;
      const left = lines().map((line) => JSON.parse(line.slice(9))[2] as TaskMessage);
      const second = await proctor([
        "run",
        ...kept,
        "--task-id",
        "second",
        ...toFile(directory),
        "--",
        "true",
      ]);
      assert.deepEqual([second.code, second.stderr], [0, ""]);
      await subscriber.until(({ length }) => length === left.length + 1, "all of them");
      const messages = tasks(subscriber.arrived);
      assert.deepEqual(messages.slice(0, -1), left);
      assert.equal(messages.at(-1)!.task_id, "second");
      assert.equal(readSummary(directory).monitor.exporters![0].sent_count, messages.length);
      assert.deepEqual(readdirSync(queue), []);
    });
  });
});

test("what waits for its batch when proctor is killed, the next one with its directory delivers at once", {
  skip: noMosquitto,
  timeout: 120_000,
}, async () => {
  await withDirectory(async (directory) => {
    await using broker = await Mosquitto.start(directory);
    await using subscriber = await Subscriber.start(broker.port, `${ROOT}/task_metrics`);
    const queue = `${directory}/queue`;
    const batched = ["--mqtt-batch", "1000", "--mqtt-batch-wait", "1h", "--mqtt-queue-dir", queue];
    const all = ["--quiet", ...flags(broker.port), ...batched];
    const first = start(["run", ...all, "--task-id", "first", ...FAST, "--", "sleep", "60"]);
    const lines = () =>
      readdirSync(queue).filter((name) => name.endsWith(".queue"))
        .flatMap((name) => readFileSync(`${queue}/${name}`, "utf8").split("\n").slice(0, -1));
    await until(
      () => readdirSync(directory).includes("queue") && lines().length >= 5,
      "five messages",
    );
    first.kill("SIGKILL");
    await first.ended;
    assert.deepEqual(subscriber.arrived, []);
    const left = lines().map((line) => JSON.parse(line.slice(9))[2] as TaskMessage);
    const second = start(["run", ...all, "--task-id", "second", "--", "sleep", "60"]);
    await subscriber.until(({ length }) => length === 1, "what was left, while the second goes on");
    second.kill("SIGTERM");
    await second.ended;
    await subscriber.until(({ length }) => length === 2, "the second's, at its end");
    const [before, after] = subscriber.arrived.map(({ payload }): TaskMessage[] => JSON.parse(`${payload}`));
    // What the second run tells until it is connected goes with what was left, behind it.
    assert.deepEqual(before.slice(0, left.length), left);
    const own = [...before.slice(left.length), ...after];
    assert.deepEqual([...new Set(own.map(({ task_id }) => task_id))], ["second"]);
    // The last tells of the end.
    const counts = own.slice(0, -1).map(({ aggregated }) => aggregated.sample_count);
    assert.deepEqual(counts, counts.map((_, index) => index + 1));
    assert.deepEqual(readdirSync(queue), []);
  });
});

test(
  "proctor attach --mqtt tells of a process it did not start",
  { skip: noMosquitto, timeout: 120_000 },
  async () => {
    await withDirectory(async (directory) => {
      await using broker = await Mosquitto.start(directory);
      await using subscriber = await Subscriber.start(broker.port, `${ROOT}/task_metrics`);
      const watched = start(["run", "--quiet", "--", "sleep", "60"]);
      const attached = start([
        "attach",
        "--quiet",
        ...flags(broker.port),
        "--task-id",
        "other",
        ...FAST,
        `${watched.pid}`,
      ]);
      await subscriber.until(({ length }) => length >= 3, "three messages");
      attached.kill("SIGINT");
      await attached.ended;
      watched.kill("SIGTERM");
      await watched.ended;
      await subscriber.until(
        (arrived) => tasks(arrived).at(-1)?.state === "stopped",
        "it is no longer watched",
      );
      assert.ok(tasks(subscriber.arrived).every(({ task_id }) => task_id === "other"));
    });
  },
);
