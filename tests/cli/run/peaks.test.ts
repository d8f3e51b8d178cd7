/* The peak of memory against GNU time, which starts a command from a small process, too. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { describe, test } from "node:test";
import type { SummaryRecord } from "../../../core/schema/record.ts";
import { assertNear } from "../../support/expect.ts";
import { BINARY, lastJson, runProgram } from "../support/proctor.ts";
import { recorded } from "../support/records.ts";
import { SOURCE } from "../support/runtimes.ts";
import { asNobody, cannotDrop } from "../support/unprivileged.ts";

const TIME = "/usr/bin/time";
const noTime = spawnSync(TIME, ["--version"]).status !== 0 && "needs GNU time (package time)";
const noNode = spawnSync("node", ["--version"]).status !== 0 && "needs node";

const PROGRAMS: readonly (readonly [what: string, skip: string | false, command: readonly string[]])[] = [
  ["true", false, ["/bin/true"]],
  ["30 MB for a moment", false, ["/usr/bin/perl", "-e", 'my $held = "a" x 30_000_000']],
  ["300 MB for 20 ms", false, [
    "/usr/bin/perl",
    "-e",
    'my $held = "a" x 300_000_000; select(undef, undef, undef, 0.02)',
  ]],
  ["node", noNode, ["node", "-e", "Array.from({ length: 1e6 }, (_, index) => `${index}`).join()"]],
];

/**
 * Two runs of the same program differ by so much themselves: by what is counted by processor, and by when garbage is
 * collected.
 */
const slackBytes = (what: string) => what === "node" ? 8e6 : 400_000;

async function compare(
  what: string,
  command: readonly string[],
  as: (command: readonly string[]) => string[],
  proctor: readonly string[],
) {
  const env = { HOME: tmpdir(), TMPDIR: tmpdir() };
  const timed = await runProgram(as([TIME, "-f", "%M", ...command]), { env });
  const truth = Number(timed.stderr.trim()) * 1_024;
  const summary = lastJson<SummaryRecord>(
    await runProgram(as([...proctor, "run", "--summary", "json", "--summary-file", "-", "--", ...command]), {
      env,
    }),
  );
  assertNear(summary.peak_process_memory_bytes!, truth, 0.01, slackBytes(what), `${what}, one process`);
  assert.ok(summary.peak_memory_bytes! > 0, "no peak of the tree");
  assert.equal(summary.accounting.peak_process_memory?.quality, "exact");
}

describe("the peak of a process is what GNU time says:", () => {
  for (const [what, skip, command] of PROGRAMS) {
    test(
      `${what}, from the binary`,
      { skip: noTime || skip, timeout: 120_000 },
      () => compare(what, command, (words) => [...words], [BINARY]),
    );
    test(`${what}, from the binary, without privileges`, {
      skip: noTime || skip || cannotDrop,
      timeout: 120_000,
    }, () => compare(what, command, asNobody, [BINARY]));
    test(
      `${what}, by ${SOURCE.title}`,
      { skip: noTime || skip, timeout: 120_000 },
      () => compare(what, command, (words) => [...words], SOURCE.command),
    );
  }
});

test(
  "the peak of a process record is neither its children's nor inherited",
  { timeout: 120_000 },
  async () => {
    const script = `perl -e 'my $held = "a" x 300_000_000'; sleep 0.3`;
    const { processes, summary } = await recorded([], ["/bin/sh", "-c", script]);
    const shell = processes.find(({ name }) => name === "sh");
    assert.ok(shell!.peak_memory_bytes! < 10e6, `the shell had ${shell!.peak_memory_bytes} bytes`);
    assert.ok(summary.peak_process_memory_bytes! > 300e6);
    assert.ok(summary.peak_memory_bytes! >= summary.peak_process_memory_bytes!);
  },
);
