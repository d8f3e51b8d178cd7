/* Denser samples while an alert is pending: a manager asks, one agent follows, another was not told to. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TaskMessage } from "../../core/schema/task_message.ts";
import { Mosquitto, noMosquitto, Subscriber } from "../exporters/mqtt/support/mosquitto.ts";
import { eventually } from "../support/eventually.ts";
import { start } from "./support/proctor.ts";
import type { Running } from "./support/proctor.ts";

const LASTS_MS = 10_000;
const PATIENCE_MS = 60_000;
const ORDERS = "m/d/c/c/control/manager/profile/web-1";

/** End a program, which may have ended already. */
async function ended(program: Running, signal: string): Promise<void> {
  try {
    program.kill(signal);
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, "ESRCH");
  }
  await program.ended;
}

/** Another agent comes, as one does at any time: the rules are evaluated a second later, not in their turn. */
function somebodyComes(broker: Mosquitto): void {
  const message = JSON.stringify({
    proplet_id: "web-3",
    status: "online",
    timestamp: new Date().toISOString(),
  });
  const where = ["-h", "127.0.0.1", "-p", String(broker.port), "-t", "m/d/c/c/control/proplet/alive"];
  assert.equal(spawnSync("mosquitto_pub", [...where, "-q", "1", "-m", message]).status, 0);
}

interface Profiles {
  readonly public_key: string;
  readonly orders: readonly { readonly proplet_id: string; readonly answer: string }[];
}

test(
  "what an alert is about is sampled more densely, and no longer than was asked after the manager is killed",
  {
    skip: noMosquitto,
    timeout: 180_000,
  },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "proctor-adaptive-"));
    // What is started last ends first.
    const cleanups: (() => unknown)[] = [() => rmSync(directory, { recursive: true, force: true })];
    try {
      const broker = await Mosquitto.start(directory);
      cleanups.push(() => broker.stop());
      const url = `mqtt://127.0.0.1:${broker.port}`;
      const config = join(directory, "manager.yaml");
      writeFileSync(
        config,
        [
          `mqtt: ${url}`,
          `adaptive: { interval: 200ms, lasts: ${LASTS_MS / 1_000}s }`,
          // It is true at once, and never comes to fire.
          "alerts: [{ alert: there, of: task, where: { task_id: watched* }, when: uptime_seconds > 0, for: 1h }]",
        ].join("\n"),
      );
      const manager = start([
        ...["manager", "--config", config, "--http", "127.0.0.1:0", "--store", join(directory, "fleet")],
      ]);
      cleanups.push(() => ended(manager, "SIGKILL"));
      const key = await eventually(() => /--mqtt-control (\S+)/.exec(manager.stderr)?.[1], PATIENCE_MS);
      await eventually(() => /has let us in/.test(manager.stderr), PATIENCE_MS);
      const subscriber = await Subscriber.start(broker.port, "m/#");
      cleanups.push(() => subscriber[Symbol.asyncDispose]());
      const watched = spawn("sleep", ["300"]);
      cleanups.push(() => watched.kill("SIGKILL"));
      const watch = (host: string, more: readonly string[]) => {
        const program = start([
          ...["watch", "--pid", String(watched.pid), "--task-id", `watched-${host}`, "--interval", "2s"],
          ...[
            "--mqtt",
            url,
            "--domain",
            "d",
            "--channel",
            "c",
            "--proplet-id",
            host,
            "--health-interval",
            "1s",
          ],
          ...more,
        ]);
        cleanups.push(() => ended(program, "SIGTERM"));
      };
      watch("web-1", ["--mqtt-control", key, "--mqtt-control-interval", "500ms"]);
      watch("web-2", []);
      const messages = (of: string) =>
        subscriber.arrived.filter(({ topic }) => topic.endsWith("task_metrics"))
          .map(({ payload }) => JSON.parse(payload.toString()) as TaskMessage)
          .filter(({ task_id }) => task_id === `watched-${of}`);
      const dense = () => messages("web-1").filter(({ denser }) => denser !== undefined);
      const isHeard = () => messages("web-1").length > 0 && messages("web-2").length > 0;
      await subscriber.until(isHeard, "a sample of each", PATIENCE_MS);
      somebodyComes(broker);
      await subscriber.until(() => dense().length >= 6, "denser samples", PATIENCE_MS);
      assert.equal(
        dense()[0].denser!.interval_seconds,
        0.5,
        "by the bound of the agent, not by what was asked",
      );
      const times = dense().map(({ timestamp }) => Date.parse(timestamp));
      const gaps = times.slice(1, 6).map((time, at) => time - times[at]).sort((a, b) => a - b);
      assert.ok(gaps[2] > 400 && gaps[2] < 1_500, `samples are ${gaps} ms apart`);

      const address = /are at (http:\S+);/.exec(manager.stderr)![1];
      const token = readFileSync(join(directory, "fleet", "api_token"), "utf8").trim();
      const ask = async () => {
        const headers = { authorization: `Bearer ${token}` };
        const { orders, public_key: told } = await (await fetch(`${address}/api/v1/profiles`, { headers }))
          .json() as Profiles;
        assert.equal(told, key);
        return Object.fromEntries(orders.map(({ proplet_id: host, answer }) => [host, answer]));
      };
      await eventually(async () => (await ask())["web-1"] === "followed", PATIENCE_MS);
      assert.deepEqual(await ask(), { "web-1": "followed", "web-2": "not_accepted" });
      assert.ok(messages("web-2").every(({ denser }) => denser === undefined));

      manager.kill("SIGKILL");
      await manager.ended;
      const killed = Date.now();
      // Whatever has arrived at the broker by then ends by itself.
      const isOver = () => messages("web-1").at(-1)!.denser === undefined;
      await subscriber.until(isOver, "samples as before", PATIENCE_MS);
      const last = Math.max(...dense().map(({ timestamp }) => Date.parse(timestamp)));
      assert.ok(last - killed <= LASTS_MS + 500, `dense for ${last - killed} ms after the kill`);
      // The broker keeps the order, and tells it to whoever comes; by its time it is none any more.
      const kept = await Subscriber.start(broker.port, ORDERS);
      cleanups.push(() => kept[Symbol.asyncDispose]());
      const since = messages("web-1").length;
      await subscriber.until(() => messages("web-1").length >= since + 2, "two more samples", PATIENCE_MS);
      assert.ok(messages("web-1").slice(since).every(({ denser }) => denser === undefined));
    } finally {
      for (const cleanup of cleanups.reverse()) await cleanup();
    }
  },
);

test("a run is sampled more densely, too", { skip: noMosquitto, timeout: 120_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-adaptive-"));
  const cleanups: (() => unknown)[] = [() => rmSync(directory, { recursive: true, force: true })];
  try {
    const broker = await Mosquitto.start(directory);
    cleanups.push(() => broker.stop());
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const config = join(directory, "manager.yaml");
    writeFileSync(
      config,
      [
        `mqtt: ${url}`,
        "adaptive: { interval: 300ms, lasts: 10s }",
        "alerts: [{ alert: there, of: task, when: uptime_seconds > 0, for: 1h }]",
      ].join("\n"),
    );
    const manager = start([
      ...["manager", "--config", config, "--http", "127.0.0.1:0", "--store", join(directory, "fleet")],
    ]);
    cleanups.push(() => ended(manager, "SIGKILL"));
    const key = await eventually(() => /--mqtt-control (\S+)/.exec(manager.stderr)?.[1], PATIENCE_MS);
    await eventually(() => /has let us in/.test(manager.stderr), PATIENCE_MS);
    const subscriber = await Subscriber.start(broker.port, "m/#");
    cleanups.push(() => subscriber[Symbol.asyncDispose]());
    const run = start([
      ...["run", "--quiet", "--interval", "2s", "--no-adaptive", "--task-id", "job", "--proplet-id", "web-1"],
      ...["--mqtt", url, "--domain", "d", "--channel", "c", "--mqtt-control", key, "--", "sleep", "100"],
    ]);
    cleanups.push(() => ended(run, "SIGTERM"));
    const messages = () =>
      subscriber.arrived.filter(({ topic }) => topic.endsWith("task_metrics"))
        .map(({ payload }) => JSON.parse(payload.toString()) as TaskMessage);
    const dense = () => messages().filter(({ denser }) => denser !== undefined);
    await subscriber.until(() => messages().length > 0, "a sample", PATIENCE_MS);
    somebodyComes(broker);
    // One second is the least that it takes where nothing else is said.
    await subscriber.until(() => dense().length >= 5, "denser samples", PATIENCE_MS);
    assert.equal(dense()[0].denser!.interval_seconds, 1);
    const times = dense().map(({ timestamp }) => Date.parse(timestamp));
    const gaps = times.slice(1, 5).map((time, at) => time - times[at]).sort((a, b) => a - b);
    assert.ok(gaps[1] > 800 && gaps[1] < 1_700, `samples are ${gaps} ms apart`);
    // Who goes in good order takes back what he has asked for.
    manager.kill("SIGTERM");
    await manager.ended;
    const gone = Date.now();
    await subscriber.until(() => messages().at(-1)!.denser === undefined, "samples as before", PATIENCE_MS);
    assert.ok(Date.now() - gone < 8_000);
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
});
