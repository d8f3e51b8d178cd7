/* The library on Windows, by Bun. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ProcessGroup, run } from "../../mod.ts";
import { eventually } from "../support/eventually.ts";
import { isHeld, PROGRAM, withDirectory } from "./support/programs.ts";

async function textOf(stream: ReadableStream<Uint8Array> | null): Promise<string> {
  return stream === null ? "" : (await new Response(stream).text()).trim();
}

describe("the library on Windows", { timeout: 60_000 }, () => {
  test("runs a command and sums it up", async () => {
    const { outcome, exit_code, total_process_count } = await run([PROGRAM, "exit", "4"]);
    assert.deepEqual([outcome, exit_code, total_process_count], ["exited", 4, 1]);
  });

  test("reads what members of a group write", async () => {
    const group = await ProcessGroup.create();
    assert.equal(group.mechanism, "job_object");
    const started = group.start([PROGRAM, "say", "out", "err"], { stdout: "pipe", stderr: "pipe" });
    const [stdout, stderr, end] = await Promise.all([
      textOf(started.stdout),
      textOf(started.stderr),
      started.wait(),
    ]);
    assert.deepEqual([stdout, stderr], ["out", "err"]);
    assert.equal(end.exitCode, 0);
    await group.stop();
  });

  test("has what was written when it is read too late", async () => {
    const group = await ProcessGroup.create();
    const started = group.start([PROGRAM, "say", "late", "err"], { stdout: "pipe", stderr: "null" });
    await started.wait();
    await group.stop();
    assert.equal(await textOf(started.stdout), "late");
  });

  test("ends groups side by side, each at once", async () => {
    await withDirectory(async (directory) => {
      const files = ["one", "other"].map((name) => join(directory, name));
      const groups = await Promise.all(files.map(() => ProcessGroup.create()));
      groups.forEach((group, index) => {
        group.start([PROGRAM, "tree", files[index], "120000"], { stdout: "null", stderr: "null" });
      });
      await eventually(() => files.every(isHeld), 50_000, () => "the trees have not come up");
      const startedMs = performance.now();
      for (const group of groups) group[Symbol.dispose]();
      // It gives up after five seconds in which nobody has gone.
      assert.ok(performance.now() - startedMs < 4_000);
      assert.deepEqual(files.filter(isHeld), []);
    });
  });

  test("ends all members of a group", async () => {
    const group = await ProcessGroup.create();
    const started = group.start([PROGRAM, "sleep", "120000"], { stdout: "null", stderr: "null" });
    const report = await group.stop();
    assert.equal(report.membersAfter, 0);
    const end = await started.wait();
    assert.ok(end.signal === "SIGTERM" || end.signal === "SIGKILL", JSON.stringify(end));
  });
});
