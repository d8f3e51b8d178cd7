/* A manager whose disk is full for a while, as people run it. */
import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fleetMessages } from "../../bench/fleet/simulator/fleet.ts";
import { SMALL_FLEET } from "../../bench/fleet/simulator/plan.ts";
import { Publisher } from "../../bench/fleet/simulator/publisher.ts";
import { readMessage } from "../../fleet/ingest/read_message.ts";
import { brokerToRead } from "../../fleet/mqtt/broker.ts";
import { Mosquitto, noMosquitto } from "../exporters/mqtt/support/mosquitto.ts";
import { eventually } from "../support/eventually.ts";
import { noTmpfs, withTmpfs } from "../support/tmpfs.ts";
import { proctor, start } from "./support/proctor.ts";

const PATIENCE_MS = 60_000;

/** Leave no room for a single page. */
function fill(path: string): void {
  const file = openSync(path, "a");
  try {
    for (;;) writeSync(file, new Uint8Array(4_096));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  } finally {
    closeSync(file);
  }
}

test(
  "a manager on a full disk says so once, is unready, and has every sample once there is room again",
  { skip: noMosquitto || noTmpfs, timeout: 180_000 },
  () =>
    withTmpfs("16m", async (disk) => {
      const directory = mkdtempSync(join(tmpdir(), "proctor-full-"));
      try {
        await using broker = await Mosquitto.start(directory, [
          "allow_anonymous true",
          "max_queued_messages 0",
        ]);
        const url = `mqtt://127.0.0.1:${broker.port}`;
        const store = join(disk, "fleet");
        const manager = start(["manager", "--mqtt", url, "--store", store, "--http", "127.0.0.1:0"]);
        const letIn = () => /the broker \S+ has let us in/.test(manager.stderr);
        await eventually(letIn, PATIENCE_MS, () => manager.stderr);
        const address = /the page are at (http:\/\/\S+);/.exec(manager.stderr)![1]!;
        const ready = async () => {
          const answer = await fetch(`${address}/readyz`);
          return [answer.status, ((await answer.json()) as { why: string | null }).why];
        };
        const token = readFileSync(/its token is in (\S+)/.exec(manager.stderr)![1]!, "utf8").trim();
        const taken = async () => {
          const answer = await fetch(`${address}/metrics`, { headers: { authorization: `Bearer ${token}` } });
          const counts = (await answer.text()).matchAll(/^proctor_manager_messages_total\{.*\} (\d+)$/gm);
          return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
        };
        const [ticks, intervalMs] = [300, 1_000];
        const startAt = Date.now() - ticks * intervalMs - 5_000;
        const plan = { ...SMALL_FLEET, agents: 4, tasks: 4, intervalMs, startAt };
        const messages = [...fleetMessages(plan, startAt + ticks * intervalMs)];
        const expected: string[] = [];
        let published = 0;
        const sender = brokerToRead({ mqtt: url, mqtt_version: "3.1.1" }, {});
        const publisher = await Publisher.open(sender, "full");
        const publish = async (count: number) => {
          for (const message of messages.splice(0, count)) {
            await publisher.publish(message);
            published++;
            for (const arrival of readMessage({ ...message, receivedAt: Date.now() }).arrivals) {
              if (arrival.kind !== "sample") continue;
              if (arrival.taskId === "") continue;
              expected.push(`${arrival.taskId} ${new Date(arrival.time).toISOString()}`);
            }
          }
          await publisher.drained();
        };
        await publish(400);
        fill(join(disk, "ballast"));
        await eventually(
          async () => {
            await publish(100);
            return (await ready())[0] === 503;
          },
          PATIENCE_MS,
          () => manager.stderr,
        );
        assert.deepEqual(await ready(), [503, "the store cannot be written"]);
        assert.ok(messages.length > 400, `${messages.length} are left for the full disk`);
        await publish(400);
        rmSync(join(disk, "ballast"));
        await eventually(async () => (await ready())[0] === 200, PATIENCE_MS, () => manager.stderr);
        await publish(Infinity);
        await publisher.close();
        const lines = () => manager.stderr.split("\n").filter((line) => / (?:warn|error) /.test(line));
        assert.equal(lines().length, 1, manager.stderr);
        assert.match(
          lines()[0]!,
          /cannot use \S+: no space left on the device; what comes waits at the broker/,
        );
        assert.match(manager.stderr, /^\S+ info +(?:\S+: )?the store can be written again$/m);
        // What has come is written before the end; the rest would wait at the broker.
        await eventually(
          async () => await taken() === published,
          PATIENCE_MS,
          () => `all of ${published} messages; ${manager.stderr}`,
        );
        manager.kill("SIGTERM");
        assert.equal((await manager.ended).code, 0, manager.stderr);
        const { code, stdout, stderr } = await proctor(["manager", "export", "--store", store]);
        assert.equal(code, 0, stderr);
        const rows = stdout.toString().trim().split("\n").map((line) => JSON.parse(line)).filter((row) =>
          row.task_id
        );
        assert.equal(rows.length, expected.length);
        assert.deepEqual(rows.map(({ task_id, time }) => `${task_id} ${time}`).sort(), expected.sort());
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    }),
);
