/* `proctor attach` on Windows. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { isHeld, proctor, PROGRAM, startProctor, summaryIn, withDirectory } from "./support/programs.ts";

describe("attach on Windows", { timeout: 120_000 }, () => {
  test("sees a tree with orphans in it, and leaves it alone", async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, "held");
      const tree = spawn(PROGRAM, ["tree", file, "15000"], { stdio: "ignore" });
      try {
        await eventually(() => isHeld(file), 60_000, () => "the tree has not come up");
        const args = ["attach", String(tree.pid), "--duration", "1500ms", "--summary", "json"];
        const ended = await proctor(args);
        assert.equal(ended.code, 0, ended.stderr);
        const { outcome, peak_process_count, accounting } = summaryIn(ended);
        assert.equal(outcome, "interrupted");
        // The one in between has ended before anybody looked, and with it who has started the last.
        assert.equal(peak_process_count, 1);
        assert.deepEqual(accounting.disk, { source: "none", quality: "unavailable" });
        assert.equal(isHeld(file), true);
      } finally {
        tree.kill();
        await eventually(() => !isHeld(file), 60_000);
      }
    });
  });

  test("sees what is started while it watches, and tells the end of the tree", async () => {
    await withDirectory(async (directory) => {
      const records = join(directory, "run.jsonl");
      const script = join(directory, "job.cmd");
      const commands = ["sleep 6000", "sleep 1500", "spin 300 1500"].map((words) =>
        `"${PROGRAM}" ${words}\r\n`
      );
      writeFileSync(script, `@echo off\r\n${commands.join("")}`);
      const cmd = spawn("cmd", ["/d", "/c", script], { stdio: "ignore" });
      const args = ["attach", String(cmd.pid), "--interval", "50ms", "--no-adaptive", "--records", records];
      const watching = startProctor([...args, "--summary", "json", "--per-process"]);
      let stderr = "";
      watching.stderr.on("data", (piece) => stderr += piece);
      const code = await new Promise((resolve) => watching.on("close", resolve));
      assert.equal(code, 0, stderr);
      const summary = JSON.parse(stderr.trimEnd().split("\n").at(-1)!);
      const { outcome, total_process_count, cpu_seconds, accounting } = summary;
      assert.equal(outcome, "exited");
      assert.ok(total_process_count >= 3, `${total_process_count} processes`);
      // Wine's list of processes says of some that they use nothing, all along: nobody may call the figure exact.
      assert.deepEqual(accounting.cpu, {
        source: "ntdll",
        quality: "lower_bound",
        note: "the system does not report what ended processes used: billed as last seen",
      });
      assert.ok(cpu_seconds < 1.5, `${cpu_seconds} s`);
      const lines = readFileSync(records, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
      const members = lines.filter(({ kind }) => kind === "process");
      assert.equal(members.filter(({ name }) => name === "program.exe").length, 3);
      // Whatever was seen of one that has begun since is billed.
      const seen = members.find(({ command }) => / spin /.test(command)).cpu_seconds;
      assert.ok(cpu_seconds >= seen - 0.001, `${cpu_seconds} s of ${seen}`);
    });
  });

  test("refuses a process that is not there", async () => {
    const { code, stderr } = await proctor(["attach", "999999"]);
    assert.equal(code, 125);
    assert.match(stderr, /^proctor: pid: there is no process 999999\n$/);
  });
});
