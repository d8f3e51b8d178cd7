/* However few descriptors there are: the command runs, ends with its code, and every member is counted. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { assertNear } from "../support/expect.ts";
import { fixture } from "../support/fixture.ts";
import { withDirectory } from "./support/directory.ts";
import { BINARY, runProgram, startProgram } from "./support/proctor.ts";
import { parseStream } from "./support/records.ts";
import { asNobody, cannotDrop } from "./support/unprivileged.ts";
import { until } from "./support/traces.ts";

const PAGE_SIZE = 4_096;
/** What is left to a command that is started with so few. */
const MEMBERS = 2_000;

/** Fields of a summary, and the quantities that say how good they are. */
const PEAKS = [["peak_memory_bytes", "peak_memory"], ["peak_process_memory_bytes", "peak_process_memory"]];

const under = (limit: number, words: readonly string[]) => [
  "sh",
  "-c",
  `ulimit -n ${limit} && exec "$@"`,
  "sh",
  ...words,
];

for (const user of ["ourselves", "another user"]) {
  const skip = user === "another user" && cannotDrop;
  const as = (words: readonly string[]) => user === "ourselves" ? [...words] : asNobody(words);

  describe(`by ${user}`, () => {
    for (const limit of [8, 9, 10, 12, 14, 20]) {
      test(`${limit} descriptors are enough for a run`, { skip, timeout: 120_000 }, async () => {
        const words = [BINARY, "run", "--summary", "json", "--", "sh", "-c", "exit 5"];
        const outcome = await runProgram(as(under(limit, words)), { cwd: "/" });
        assert.equal(outcome.code, 5, outcome.stderr);
        const line = outcome.stderr.split("\n").find((line) => line.startsWith("{"))!;
        const summary = JSON.parse(line);
        assert.equal(summary.outcome, "exited");
        assert.ok(summary.cpu_seconds > 0);
        // Where no descriptor is left for it, nobody has seen what memory the command had; no bound is claimed.
        for (const [field, quantity] of PEAKS) {
          const isUnknown = summary.accounting[quantity].quality === "unavailable";
          assert.equal(summary[field] === null, isUnknown, field);
        }
      });
    }

    test("fewer are told in one line, and nothing hangs", { skip, timeout: 120_000 }, async () => {
      for (const limit of [5, 6]) {
        const outcome = await runProgram(as(under(limit, [BINARY, "run", "--", "true"])), { cwd: "/" });
        assert.notEqual(outcome.code, 0);
        assert.match(outcome.stderr, /^proctor: [^\n]*too many open files[^\n]*\n$/);
      }
    });

    test(`${MEMBERS} members under 64 descriptors are all counted`, { skip, timeout: 120_000 }, async () => {
      await withDirectory(async (directory) => {
        const file = `${directory}/records.jsonl`;
        const running = startProgram(
          as(under(64, [
            ...[BINARY, "run", "--records", file, "--interval", "500ms", "--quiet"],
            ...["--", fixture("many_processes"), `${MEMBERS}`, "-"],
          ])),
          { input: "open", cwd: "/" },
        );
        const { pids, pid } = await running.ready<{ pids: number[] }>();
        assert.equal(pids.length, MEMBERS);
        const lines = () => readFileSync(file, "utf8").split("\n").filter((line) => line.endsWith("}"));
        const seen = () =>
          lines().map((line) => JSON.parse(line)).filter((one) => one.process_count === MEMBERS + 1);
        await until(() => seen().length >= 2, "samples of all members", 60_000);
        const resident = [...pids, pid].map((pid) =>
          Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * PAGE_SIZE
        ).reduce((a, b) => a + b);
        const { memory_bytes } = seen().at(-1)!;
        running.closeInput();
        const { code, stderr } = await running.ended;
        assert.equal(code, 0, stderr);
        const { summary } = parseStream(readFileSync(file, "utf8"));
        assert.equal(summary.peak_process_count, MEMBERS + 1);
        assert.equal(summary.total_process_count, MEMBERS + 1);
        assertNear(memory_bytes, resident, 0.05, 0, "memory of all");
        assert.equal(summary.accounting.memory.quality, "upper_bound");
      });
    });
  });
}
