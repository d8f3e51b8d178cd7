import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { ProcessMonitor, ProctorError } from "../../../mod.ts";
import type { ProctorRecord } from "../../../mod.ts";
import { withDirectory } from "../../cli/support/directory.ts";
import { checkStream } from "../../cli/support/records.ts";
import { runsFor } from "./support/runs_for.ts";
import { until } from "../../cli/support/traces.ts";

describe("ProcessMonitor", () => {
  test("run() gives the summary, the same one again", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const { command, count } = runsFor(3, directory);
      const monitor = new ProcessMonitor({
        command,
        adaptive: true,
        baseIntervalMs: 20,
        maxIntervalMs: 100,
        profile: "intensive",
        onRecord: count,
      });
      const [first, second] = await Promise.all([monitor.run(), monitor.run()]);
      assert.equal(first.exit_code, 3);
      assert.equal(first, second);
      assert.ok(first.sample_count >= 3);
    });
  });

  test("nothing is started before it is asked for", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const monitor = new ProcessMonitor({ command: ["touch", `${directory}/started`] });
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(existsSync(`${directory}/started`), false);
      await monitor.run();
      assert.equal(existsSync(`${directory}/started`), true);
    });
  });

  test("is an async iterator of all records", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const records: ProctorRecord[] = [];
      const { command, count } = runsFor(3, directory);
      const monitor = new ProcessMonitor({ command, baseIntervalMs: 50, adaptive: false });
      for await (const record of monitor) {
        records.push(record);
        count(record);
      }
      const { samples } = checkStream(JSON.parse(JSON.stringify(records)));
      assert.ok(samples.length >= 3);
    });
  });

  test("hands records out while the command runs", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const { command, count } = runsFor(2, directory);
      for await (const record of new ProcessMonitor({ command, baseIntervalMs: 30 })) count(record);
    });
  });

  test("a slow consumer loses nothing", { timeout: 120_000 }, async () => {
    const records: ProctorRecord[] = [];
    const monitor = new ProcessMonitor({
      command: ["sleep", "0.3"],
      baseIntervalMs: 10,
      adaptive: false,
      budgetPercent: 100,
    });
    for await (const record of monitor) {
      records.push(record);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    checkStream(JSON.parse(JSON.stringify(records)));
  });

  test("leaving the loop early lets the command go on", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const script = `sleep 0.3; touch "$0/ended"; exit 4`;
      const monitor = new ProcessMonitor({ command: ["sh", "-c", script, directory] });
      for await (const { kind } of monitor) if (kind === "start") break;
      assert.equal((await monitor.run()).exit_code, 4);
      assert.equal(existsSync(`${directory}/ended`), true);
    });
  });

  test("leaving the loop early keeps no records in memory", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const { command, count } = runsFor(3, directory);
      const monitor = new ProcessMonitor({ command, baseIntervalMs: 20, onRecord: count });
      for await (const { kind } of monitor) if (kind === "start") break;
      await monitor.run();
      const late: string[] = [];
      for await (const { kind } of monitor) late.push(kind);
      assert.deepEqual(late, [], "records that nobody wanted were kept");
    });
  });

  test("an error of usage comes out of run() and out of the loop", { timeout: 120_000 }, async () => {
    await assert.rejects(new ProcessMonitor({ command: [] }).run(), ProctorError);
    await assert.rejects(async () => {
      for await (const _ of new ProcessMonitor({ command: [] })) assert.fail("a record");
    }, ProctorError);
  });

  test("a command that cannot be started has its records all the same", { timeout: 120_000 }, async () => {
    const kinds: string[] = [];
    for await (const record of new ProcessMonitor({ command: ["no-such-command-of-proctor"] })) {
      kinds.push(record.kind);
    }
    assert.deepEqual(kinds, ["start", "summary"]);
  });

  test("the abort signal ends the loop", { timeout: 120_000 }, async () => {
    const abort = new AbortController();
    const monitor = new ProcessMonitor({ command: ["sleep", "60"], abort: abort.signal, baseIntervalMs: 20 });
    let last: ProctorRecord | undefined;
    for await (const record of monitor) {
      if (record.kind === "sample") abort.abort();
      last = record;
    }
    assert.equal(last?.kind === "summary" && last.outcome, "interrupted");
  });

  test("an exception in the consumer's loop does not harm the command", { timeout: 120_000 }, async () => {
    const monitor = new ProcessMonitor({ command: ["sh", "-c", "sleep 0.2; exit 5"] });
    await assert.rejects(async () => {
      for await (const _ of monitor) throw new Error("the consumer's");
    }, /the consumer's/);
    const summary = await monitor.run();
    await until(() => summary.exit_code === 5, "the command's end");
  });
});
