import assert from "node:assert/strict";
import { test } from "node:test";
import { assertNear } from "../../support/expect.ts";
import { proctor } from "../support/proctor.ts";
import { parseStream } from "../support/records.ts";

const MB = 1_048_576;
/** Some forty megabytes that four processes share. */
const SHARING = `$x = "a" x ${20 * MB}; for (1..3) { last if !fork } sleep 6`;

test("--pss divides shared pages among those who share them", { timeout: 120_000 }, async () => {
  const { code, stdout, stderr } = await proctor(
    ["run", "--pss", "--per-process", "--records", "-", "--interval", "100ms", "--no-adaptive", "--"]
      .concat(["perl", "-e", SHARING]),
  );
  assert.equal(code, 0);
  const { samples, summary } = parseStream(stdout.toString());
  const shared = samples.filter(({ process_count, memory_bytes }) =>
    process_count === 4 && memory_bytes! > 160 * MB
  ).at(-1)!;
  assert.ok(shared, "no sample with four processes");
  const rows = shared.processes!;
  // Two strings of that length: Perl makes one and copies it. A quarter of them for each, and what is its own.
  const known = rows.flatMap(({ memory_pss_bytes }) => memory_pss_bytes ?? []);
  assert.ok(known.length >= 2, "the budget suffices for two of them at least");
  assert.ok(known.every((bytes) => bytes > 8 * MB && bytes < 16 * MB), known.join(" "));
  const sum = rows.reduce((sum, row) => sum + (row.memory_pss_bytes ?? row.memory_bytes!), 0);
  assertNear(shared.memory_pss_bytes!, sum, 0.01, 0, "sum");
  assert.ok(summary.peak_memory_pss_bytes! >= shared.memory_pss_bytes!);
  assert.equal(summary.accounting.memory_pss!.source, "proc");
  assert.match(stderr, /^ {2}PSS peak +[\d.]+ MiB/m);
});

test("without --pss there is none of it", { timeout: 120_000 }, async () => {
  const { stdout } = await proctor(["run", "--records", "-", "--", "sleep", "0.3"]);
  assert.doesNotMatch(stdout.toString(), /pss/);
});
