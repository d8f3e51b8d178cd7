import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, test } from "node:test";
import { withDirectory } from "./support/directory.ts";
import { proctor, shell } from "./support/proctor.ts";

interface Found {
  readonly works: boolean;
  readonly checks: { name: string; result: "ok" | "less" | "failed"; detail: string }[];
}

describe("proctor self-check", () => {
  test("finds that this binary works here, and leaves nothing behind", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const { code, stdout, stderr } = await proctor(["self-check", "--json"], {
        env: { TMPDIR: directory },
      });
      assert.equal(stderr, "");
      const { works, checks } = JSON.parse(stdout.toString()) as Found;
      assert.deepEqual([code, works], [0, true], stdout.toString());
      assert.deepEqual(
        checks.map(({ name }) => name),
        ["system calls", "CPU", "memory peak", "samples", "records", "containment", "every process"],
      );
      // What the CPU check says is arithmetic of two figures, each from its own source.
      const cpu = checks.find(({ name }) => name === "CPU")!;
      const [, figure, truth] = /^([\d.]+) s by \w+, ([\d.]+) s by getrusage: /.exec(cpu.detail)!;
      assert.ok(Number(truth) >= 2 && Math.abs(Number(figure) / Number(truth) - 1) <= 0.01, cpu.detail);
      assert.deepEqual(readdirSync(directory), []);
    });
  });

  test("says what fails, in a list of 80 columns, and ends with 1", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      // Files cannot grow: records and the summary of a run are lost.
      const { code, stdout } = await shell(`ulimit -f 0; TMPDIR='${directory}' "$PROCTOR" self-check`);
      const text = stdout.toString();
      assert.equal(code, 1, text);
      assert.match(text, /^failed {2}a run +proctor run ended with exit code 125: /m);
      assert.match(text, /\nproctor \S+ does not work on this machine as it should\.\n$/);
      for (const line of text.split("\n")) assert.ok(line.length <= 80, line);
      assert.deepEqual(readdirSync(directory), []);
    });
  });

  test("needs a directory, and says so in one line", async () => {
    const { code, stderr } = await proctor(["self-check"], { env: { TMPDIR: "/no/such/directory" } });
    assert.equal(code, 125);
    assert.match(stderr, /^proctor: self-check: cannot make a directory in \/no\/such\/directory: [^\n]+\n$/);
  });
});
