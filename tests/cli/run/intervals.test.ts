import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fixture } from "../../support/fixture.ts";
import { runProgram } from "../support/proctor.ts";
import { recorded } from "../support/records.ts";

/** Wakes up every ten milliseconds, for so many seconds, and says how often it could: what the machine lets one do. */
const METRONOME = `
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC sleep);
my $end = clock_gettime(CLOCK_MONOTONIC) + $ARGV[0];
for (; clock_gettime(CLOCK_MONOTONIC) < $end; $count++) { sleep 0.01 }
print $count;
`;

describe("the interval", () => {
  test(
    "--interval 10ms --no-adaptive gives about the right number of samples",
    { timeout: 120_000 },
    async () => {
      const [{ samples, summary }, { stdout }] = await Promise.all([
        recorded(["--interval", "10ms", "--no-adaptive", "--budget", "100"], ["sleep", "5"]),
        runProgram(["perl", "-e", METRONOME, "5"]),
      ]);
      const ticks = samples.length + summary.missed_tick_count;
      const due = summary.wall_seconds / 0.01;
      assert.ok(
        ticks >= 0.95 * due && ticks <= due + 1,
        `${samples.length} samples, ${summary.missed_tick_count} missed, of ${due}`,
      );
      const possible = Number(stdout);
      assert.ok(
        possible > 0 && samples.length >= 0.25 * possible,
        `${samples.length} samples of ${possible}`,
      );
    },
  );

  test(
    "samples say how long their interval was, and together they are the time",
    { timeout: 120_000 },
    async () => {
      const { samples } = await recorded(["--interval", "50ms", "--no-adaptive"], ["sleep", "1"]);
      let before = 0;
      for (const { elapsed_seconds, interval_seconds } of samples) {
        assert.ok(Math.abs(elapsed_seconds - before - interval_seconds) < 0.000_01);
        before = elapsed_seconds;
      }
    },
  );

  test("stands still at the base without adaption", { timeout: 120_000 }, async () => {
    const { samples, summary } = await recorded(["--interval", "100ms", "--no-adaptive"], ["sleep", "5"]);
    assert.ok(samples.length >= 15 && samples.length <= 10 * summary.wall_seconds, `${samples.length}`);
  });

  test("rises while nothing changes", { timeout: 120_000 }, async () => {
    const { samples } = await recorded(["--interval", "50ms", "--max-interval", "2s"], ["sleep", "5"]);
    const intervals = samples.map(({ interval_seconds }) => interval_seconds);
    const early = samples.filter(({ elapsed_seconds }) => elapsed_seconds < 1);
    // One that is late makes the next come soon: the shortest is the interval, or less.
    const shortest = Math.min(...early.map(({ interval_seconds }) => interval_seconds));
    assert.ok(shortest < 0.1, `${shortest} s at least in the first second`);
    // At 5 s the rule says 50 ms + (2 s - 50 ms) * 4/9, some 0.9 s.
    assert.ok(intervals.at(-1)! > 0.4 && intervals.at(-1)! < 1.5, `${intervals.at(-1)}`);
    assert.ok(samples.length < 50, `${samples.length} samples`);
  });

  test("falls back to the base when the tree changes its shape", { timeout: 120_000 }, async () => {
    const { samples } = await recorded(
      ["--interval", "50ms", "--max-interval", "2s", "--metrics", "cpu", "--budget", "100"],
      ["sh", "-c", "sleep 3.5; sleep 1.5 & sleep 1.5; wait"],
    );
    const intervals = (count: number, sinceSeconds: number) =>
      samples.filter((sample) => sample.process_count === count && sample.elapsed_seconds > sinceSeconds)
        .map(({ interval_seconds }) => interval_seconds);
    const [before, after] = [Math.max(...intervals(2, 2)), Math.min(...intervals(3, 3))];
    // At 3 s the rule says 50 ms + (2 s - 50 ms) * 2/9, some 480 ms.
    assert.ok(before > 0.3, `${before} s at most before the change`);
    assert.ok(after < 0.1, `${after} s at least after it`);
  });

  test(
    "is stretched to keep the budget, and the summary says what was used",
    { timeout: 120_000 },
    async () => {
      const run = async (budget: string, seconds: string) => {
        const { samples, summary } = await recorded(
          ["--interval", "2ms", "--no-adaptive", "--budget", budget, "--per-process"],
          [fixture("busy_processes"), "20", seconds],
        );
        const { missed_tick_count, monitor, wall_seconds } = summary;
        // What the rule asked for: how many of them a busy machine allows is not the rule's.
        const due = samples.length + missed_tick_count;
        return { count: samples.length, due, cpu: monitor.cpu_seconds, wall: wall_seconds };
      };
      const [short, loose] = [await run("1", "2"), await run("50", "2")];
      assert.ok(short.due * 3 < loose.due, `${short.due}, ${loose.due}`);
      // Start and end are part of proctor's bill, and not of the budget's: the longer run has them, too. Whatever else
      // the machine does adds to it: the least of some counts.
      let [share, wanted] = [Infinity, 0];
      for (let tries = 0; share >= 2 && tries < 3; tries++) {
        const long = await run("1", "10");
        const percent = 100 * (long.cpu - short.cpu) / (long.wall - short.wall);
        if (percent >= share) continue;
        [share, wanted] = [percent, percent * long.due / long.count];
      }
      assert.ok(wanted > 0.2 && share < 2, `${share} % of a core instead of 1 %, ${wanted} % with all ticks`);
    },
  );

  test("longer than the command means no sample, and a whole summary", { timeout: 120_000 }, async () => {
    const { samples, summary, stdout } = await recorded(["--interval", "1h"], [fixture("burn_cpu"), "0.3"]);
    const { cpu_seconds } = JSON.parse(stdout.toString());
    assert.equal(samples.length, 0);
    assert.ok(Math.abs(summary.cpu_seconds! - cpu_seconds) < 0.02);
    assert.ok(summary.peak_memory_bytes! > 1e6);
  });

  test("of the shortest kind works", { timeout: 120_000 }, async () => {
    const { samples, summary } = await recorded(
      ["--interval", "0.001ms", "--no-adaptive", "--budget", "100"],
      [
        "sleep",
        "2",
      ],
    );
    assert.ok(samples.length > 50 && samples.length <= 1_000 * summary.wall_seconds, `${samples.length}`);
  });
});
