/* Descriptors and context switches in samples are those of the moment, or unknown: no curve stands still and jumps. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SampleRecord, SummaryRecord } from "../../core/schema/record.ts";
import { attach, run } from "../../mod.ts";
import type { RunOptions } from "../../mod.ts";
import { assertNear } from "../support/expect.ts";
import { fixture } from "../support/fixture.ts";
import { noCgroup } from "../support/linux.ts";
import { startFixture } from "../support/live.ts";
import { nowhere } from "../support/nowhere.ts";

interface Run {
  readonly samples: SampleRecord[];
  readonly summary: SummaryRecord;
}

async function sampled(command: readonly string[], options: Partial<RunOptions>): Promise<Run> {
  const samples: SampleRecord[] = [];
  const summary = await run(command, {
    baseIntervalMs: 50,
    adaptive: false,
    stdio: nowhere(),
    ...options,
    onRecord: (record) => record.kind === "sample" && samples.push(record),
  });
  return { samples, summary };
}

/**
 * Sleeps in a hundred small steps a second: each is a switch. It uses some CPU, so that what goes unseen can be told.
 */
const RESTLESS =
  `my ($n, $rest) = @ARGV; for (1..$n) { my $x = 0; $x += $_ for 1..20_000; select undef, undef, undef, 0.002 }
  select undef, undef, undef, $rest`;
const restless = (steps: number, rest: number) => ["perl", "-e", RESTLESS, `${steps}`, `${rest}`];

const SWITCHES = ["voluntary_context_switches", "involuntary_context_switches"] as const;

function assertNoJump({ samples, summary }: Run, slack: number): void {
  for (const name of SWITCHES) {
    const last = samples.at(-1)![name];
    if (last !== null) assertNear(last!, summary[name]!, 0.02, slack, name);
  }
}

/** Expect that so many descriptors are seen, and from then on that many or nothing, until shortly before the end. */
function assertHeld(
  counts: readonly (readonly [elapsedSeconds: number, count: number | null])[],
  { wall_seconds }: SummaryRecord,
  expected: number,
): void {
  const said = counts.map(([, count]) => count).join(" ");
  const first = counts.findIndex(([, count]) => count !== null && count >= expected);
  const held = counts.slice(first).filter(([elapsed]) => elapsed < wall_seconds - 0.3).map(([, count]) =>
    count
  );
  // Whoever exits has closed them all, and may take a while to be gone.
  while (held.at(-1) === 0) held.pop();
  assert.ok(first >= 0 && held.filter((count) => count !== null).length >= 3, said);
  assert.ok(held.every((count) => count === null || (count >= expected && count < expected + 7)), said);
}

for (const rung of ["cgroup", "subreaper"] as const) {
  const skip = rung === "cgroup" && noCgroup;
  const options: Partial<RunOptions> = rung === "subreaper" ? { mechanism: "subreaper" } : {};

  describe(`on the rung ${rung}`, () => {
    test("files that were opened at once and long ago are counted", { skip, timeout: 120_000 }, async () => {
      const { samples, summary } = await sampled([fixture("open_files"), "500", "5"], options);
      assertHeld(
        samples.map((sample) => [sample.elapsed_seconds, sample.file_descriptor_count!]),
        summary,
        503,
      );
    });

    test("switches of living processes are those of the summary", { skip, timeout: 120_000 }, async () => {
      const shell = ["sh", "-c", `"$@" & "$@" & wait; true`, "sh", ...restless(400, 5)];
      const outcome = await sampled(shell, options);
      const known = outcome.samples.filter((sample) => sample.voluntary_context_switches !== null);
      assert.ok(
        known.length > outcome.samples.length / 2,
        `${known.length} of ${outcome.samples.length} known`,
      );
      assert.ok(outcome.summary.voluntary_context_switches! >= 800);
      // The last sample comes while both of them rest.
      assert.ok(
        known.at(-1)!.voluntary_context_switches! >= 780,
        `${known.at(-1)!.voluntary_context_switches}`,
      );
      assertNoJump(outcome, 12);
    });

    test(
      "where processes come and go unseen, they are unknown in between",
      { skip, timeout: 120_000 },
      async () => {
        const outcome = await sampled([fixture("storm"), "300", "0.004", "1"], options);
        const { wall_seconds } = outcome.summary;
        const middle = outcome.samples.filter(({ elapsed_seconds }) => elapsed_seconds > wall_seconds / 4);
        assert.ok(middle.length >= 5, `${middle.length} samples`);
        assert.ok(outcome.summary.voluntary_context_switches! > 300);
        // When all has been waited for, it is known again.
        for (const name of SWITCHES) {
          const known = middle.map((sample) => sample[name]).filter((value) => value !== null);
          assert.ok(known.length <= 2, `${known}`);
          for (const value of known) assertNear(value!, outcome.summary[name]!, 0.02, 4, name);
        }
      },
    );

    test(
      "where there are too many to read at each sample, no sum is told a second time",
      { skip, timeout: 120_000 },
      async () => {
        const busy = [fixture("busy_processes"), "150", "5", "0.0002", "0.05"];
        const { samples } = await sampled(busy, options);
        const known = samples.filter(({ elapsed_seconds, process_count }) =>
          elapsed_seconds > 0.5 && process_count! >= 150
        ).map(({ voluntary_context_switches }) => voluntary_context_switches!);
        assert.ok(known.length >= 10, `${known.length} samples`);
        const said = known.join(" ");
        const told = known.filter((count) => count !== null);
        assert.ok(told.length < known.length, `each sample had them: ${said}`);
        assert.equal(new Set(told).size, told.length, said);
      },
    );

    test("a sample's rows hold to it, too", { skip, timeout: 120_000 }, async () => {
      const { samples, summary } = await sampled([fixture("open_files"), "300", "5"], {
        ...options,
        perProcess: true,
      });
      const rows = samples.flatMap(({ elapsed_seconds, processes }) =>
        processes!.map(({ file_descriptor_count }) => [elapsed_seconds, file_descriptor_count!] as const)
      );
      assertHeld(rows, summary, 303);
    });
  });
}

test("attached to, a process's descriptors and switches are of now", { timeout: 120_000 }, async () => {
  await using live = await startFixture("open_files", "200", "10");
  const samples: SampleRecord[] = [];
  const summary = await attach(live.pid, {
    baseIntervalMs: 100,
    adaptive: false,
    durationMs: 5_000,
    onRecord: (record) => record.kind === "sample" && samples.push(record),
  });
  const counts = samples.map((sample) => [sample.elapsed_seconds, sample.file_descriptor_count!] as const);
  assertHeld(counts, summary, 203);
});
