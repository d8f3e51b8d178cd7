import assert from "node:assert/strict";
import { chmodSync, copyFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, test } from "node:test";
import { fixture } from "../../support/fixture.ts";
import { withDirectory } from "../support/directory.ts";
import { proctor, startProgram } from "../support/proctor.ts";

/** What fixtures share: beside the copy there is none. */
const LIBRARY = `${dirname(fixture("fork_tree"))}/lib`;

/** A program of a name that nothing else has, started so many times, each with descendants of the same name. */
async function withNamed(
  count: number,
  use: (name: string, pids: number[], directory: string) => Promise<void>,
) {
  await withDirectory(async (directory) => {
    const name = `att${process.pid}_${count}`;
    const path = `${directory}/${name}`;
    copyFileSync(fixture("fork_tree"), path);
    chmodSync(path, 0o755);
    const trees = Array.from(
      { length: count },
      () => startProgram([path, "1", "2", "-"], { input: "open", env: { PERL5LIB: LIBRARY } }),
    );
    try {
      for (const tree of trees) await tree.ready();
      await use(name, trees.map(({ pid }) => pid), directory);
    } finally {
      for (const tree of trees) tree.closeInput();
      for (const tree of trees) await tree.ended;
    }
  });
}

const watched = ["--duration", "0.2", "--summary", "json", "--summary-file", "-"];

describe("proctor attach NAME", () => {
  test(
    "is the root of the one tree of that name, and a PID file names one as well",
    { timeout: 120_000 },
    () =>
      withNamed(1, async (name, [pid], directory) => {
        const { code, stdout, stderr } = await proctor(["attach", name, ...watched]);
        assert.equal(code, 0, stderr);
        assert.equal(JSON.parse(stdout.toString()).leftover_process_count, 3);

        const file = `${directory}/it.pid`;
        writeFileSync(file, `${pid}\n`);
        const named = await proctor(["attach", file, ...watched]);
        assert.equal(named.code, 0, named.stderr);
        assert.equal(JSON.parse(named.stdout.toString()).leftover_process_count, 3);

        writeFileSync(file, "hello\n");
        const faulty = await proctor(["attach", file]);
        assert.equal(faulty.code, 125);
        assert.match(faulty.stderr, /^proctor: attach: .*it\.pid: its first line is not a process ID\n$/);
      }),
  );

  test(
    "of several trees lists their roots in one line",
    { timeout: 120_000 },
    () =>
      withNamed(2, async (name, pids) => {
        const { code, stderr } = await proctor(["attach", name]);
        assert.equal(code, 125);
        const [, listed] =
          /^proctor: attach: 2 processes are called "att\d+_2": ([\d, ]+); write one[^\n]+\n$/.exec(stderr)!;
        assert.deepEqual(listed.split(", ").map(Number).sort(), pids.sort());
      }),
  );

  test("is exact: the beginning of a name is none", { timeout: 120_000 }, () =>
    withNamed(1, async (name) => {
      const { code, stderr } = await proctor(["attach", name.slice(0, -1)]);
      assert.equal(code, 125);
      assert.match(stderr, /^proctor: attach: there is no process called "att\d+_"[^\n]*\n$/);
    }));
});
