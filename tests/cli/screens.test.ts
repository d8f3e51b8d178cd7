/* What is printed for people fits 80 columns, wherever no name of theirs is longer. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withDirectory } from "./support/directory.ts";
import { proctor } from "./support/proctor.ts";

const COLUMNS = 80;
const env = { COLUMNS: String(COLUMNS) };
/** Half a mebibyte of text, sorted. */
const WORK = ["sh", "-c", "seq 80000 | sort -r | tail -n 1 >/dev/null"];

function assertWidth(text: string, what: string): void {
  assert.notEqual(text.trim(), "", what);
  for (const line of text.split("\n")) assert.ok([...line].length <= COLUMNS, `${what}: ${line}`);
}

describe("80 columns hold", { timeout: 120_000 }, () => {
  for (const words of [["doctor"], ["profiles"], ["host"], ["self-check"]]) {
    test(
      words.join(" "),
      async () => assertWidth((await proctor(words, { env })).stdout.toString(), words.join(" ")),
    );
  }

  test("the summary of a run", async () => {
    const script =
      "for i in 1 2 3 4 5 6 7 8; do (j=0; while [ $j -lt 20000 ]; do j=$((j+1)); done) & done; wait";
    for (const command of [["sleep", "1.2"], ["sh", "-c", script]]) {
      assertWidth(
        (await proctor(["run", "--name", "a run", "--", ...command], { env })).stderr,
        `run ${command[0]}`,
      );
    }
  });

  test("the summary of several runs, compare, and plot", async () => {
    await withDirectory(async (cwd) => {
      await proctor(["run", "--quiet", "--records", "a.jsonl", "--", "sleep", "0.3"], { cwd, env });
      const often = await proctor(["run", "--repeat", "3", "--records", "b.jsonl", "--", "true"], {
        cwd,
        env,
      });
      assertWidth(often.stderr, "run --repeat");
      // Several runs on either side have intervals, and reads that cost something have wide figures.
      await proctor(["run", "--repeat", "3", "--quiet", "--records", "c.jsonl", "--", ...WORK], { cwd, env });
      const bound = ["--fail-if", "wall_seconds > +5% significantly", "--fail-if", "peak_memory_bytes > 64G"];
      for (
        const words of [
          ["compare", "a.jsonl", "b.jsonl"],
          ["compare", "b.jsonl"],
          ["compare", "b.jsonl", "c.jsonl"],
          ["compare", "c.jsonl", "a.jsonl", "b.jsonl", ...bound],
          ["compare", "b.jsonl", "c.jsonl", "--metrics", "all", ...bound],
          ["compare", "c.jsonl", "--metrics", "all"],
          ["plot", "a.jsonl"],
        ]
      ) {
        const { stdout } = await proctor(words, { cwd, env });
        assertWidth(stdout.toString(), words.join(" "));
        if (words[1] === "b.jsonl" && words[2] === "c.jsonl") assert.match(stdout.toString(), /\(.* … .*\)/);
      }
      const both = ["--command", "true", "--command", `sh -c '${WORK[2]}'`];
      const series = await proctor(["run", "--repeat", "3", ...both], { cwd, env });
      assertWidth(series.stderr, "run --repeat --command");
    });
  });
});
