/* Counters and I/O in samples may be a second old where nobody has asked for them; what a run comes to is exact. */
import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { SampleRecord, SummaryRecord } from "../../../core/schema/record.ts";
import { run } from "../../../mod.ts";
import type { RunOptions } from "../../../mod.ts";
import { assertNear } from "../../support/expect.ts";
import { fixture } from "../../support/fixture.ts";
import { noCgroup } from "../../support/linux.ts";

/** Something is written in each of many short steps, and every tenth has a child. */
const BUSY = `use lib shift; use Fixture; use Time::HiRes "time"; my $end = time + shift;
  open my $null, ">", "/dev/null"; my ($written, $n) = (0, 0);
  while (time < $end) {
    $written += syswrite $null, "x" x 10_000;
    if (++$n % 10 == 0) { my $p = fork; if (!$p) { my $x = "x" x 3_000_000; burn(0.005); exit 0 } waitpid $p, 0 }
    burn(0.005); select undef, undef, undef, 0.01;
  }
  print_json({ written => $written, self => usage_of_self(), children => usage_of_children() });`;

interface Run {
  readonly samples: SampleRecord[];
  readonly summary: SummaryRecord;
  /** What the program says of itself. */
  // deno-lint-ignore no-explicit-any
  readonly told: any;
}

async function busy(options: Partial<RunOptions>): Promise<Run> {
  const directory = mkdtempSync(join(tmpdir(), "proctor-test-"));
  const input = openSync("/dev/null", "r");
  const output = openSync(join(directory, "output"), "w");
  try {
    const samples: SampleRecord[] = [];
    const summary = await run(["perl", "-e", BUSY, fixture("lib"), "4"], {
      baseIntervalMs: 50,
      adaptive: false,
      stdio: [input, output, 2],
      ...options,
      onRecord: (record) => record.kind === "sample" && samples.push(record),
    });
    return { samples, summary, told: JSON.parse(readFileSync(join(directory, "output"), "utf8")) };
  } finally {
    for (const descriptor of [input, output]) closeSync(descriptor);
    rmSync(directory, { recursive: true });
  }
}

/** A step of the program uses less than this, and writes: after so much there is news. */
const STEP_CPU_SECONDS = 0.03;

/** For how long there was news that samples did not tell, in seconds, and in how many of them. */
function behind(samples: readonly SampleRecord[]): { seconds: number; count: number } {
  let [seconds, count, since] = [0, 0, 0];
  let newsAt: number | null = null;
  // Before the first write it is being loaded.
  const begun = samples.filter(({ io_write_bytes }) => io_write_bytes! > 0);
  for (let at = 1; at < begun.length; at++) {
    const [before, now] = [begun[since], begun[at]];
    if (now.io_write_bytes !== before.io_write_bytes) {
      [since, newsAt] = [at, null];
    } else if (now.cpu_seconds! - before.cpu_seconds! > STEP_CPU_SECONDS) {
      newsAt ??= now.elapsed_seconds;
      count++;
      seconds = Math.max(seconds, now.elapsed_seconds - newsAt);
    }
  }
  return { seconds, count };
}

for (const mechanism of [undefined, "subreaper"] as const) {
  const skip = mechanism === undefined && noCgroup;
  describe(`on the rung ${mechanism ?? "cgroup"}`, () => {
    test("what a run comes to is what the program says of itself", { skip, timeout: 120_000 }, async () => {
      const { samples, summary, told } = await busy({ mechanism });
      const sum = (key: string) => told.self[key] + told.children[key];
      assertNear(summary.cpu_seconds!, sum("cpu_seconds"), 0.01, 0.02, "CPU");
      assertNear(summary.minor_faults!, sum("minor_faults"), 0.01, 300, "faults");
      assertNear(summary.io_write_bytes!, told.written, 0.01, 4_096, "written");
      assert.equal(summary.accounting.cpu.quality, "exact");
      const last = samples.at(-1)!;
      assert.ok(last.io_write_bytes! <= summary.io_write_bytes!);
    });
  });
}

describe("in a cgroup", () => {
  test("samples are a second behind at most, and those of the first second not at all", {
    skip: noCgroup,
    timeout: 120_000,
  }, async () => {
    const { samples } = await busy({});
    assert.equal(behind(samples.filter(({ elapsed_seconds }) => elapsed_seconds < 0.9)).count, 0);
    const { seconds, count } = behind(samples);
    assert.ok(seconds <= 1, `${seconds} s behind`);
    assert.ok(count >= samples.length / 5, `${count} of ${samples.length} samples are behind`);
  });

  for (
    const [what, options] of [
      ["named", { metrics: ["cpu_seconds", "io_write_bytes", "thread_count"] }],
      ["each process's", { perProcess: true, metrics: undefined }],
    ] as const
  ) {
    test(
      `where metrics are ${what}, they are of the moment`,
      { skip: noCgroup, timeout: 120_000 },
      async () => {
        const { samples } = await busy({ ...options, metrics: options.metrics && [...options.metrics] });
        assert.ok(samples.length > 10);
        assert.equal(behind(samples).count, 0);
      },
    );
  }
});
