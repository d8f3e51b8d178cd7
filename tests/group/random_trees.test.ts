/*
 * Random trees on a machine that is nothing but its accounting: no figure is beyond the truth, none below what
 * samples saw.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Raw, Total } from "../../core/measure/raw.ts";
import type { Accounting } from "../../core/schema/record.ts";
import type { ProcessTree } from "../../group/process_tree.ts";
import { describeAccounting } from "../../monitor/run/accounting.ts";
import { SimulatedKernel } from "./support/simulated_kernel.ts";
import type { Simulated, Teller } from "./support/simulated_kernel.ts";

type Rung = "cgroup" | "subreaper";

interface Step {
  readonly who: number;
  readonly what: "fork" | "use" | "end" | "wait" | "leave" | "ignore" | "discard" | "look" | "lose";
  readonly seconds: number;
}

const steps = (what: readonly Step["what"][]) =>
  fc.array(
    fc.record({ who: fc.nat(), what: fc.constantFrom(...what), seconds: fc.integer({ min: 1, max: 9 }) }),
    {
      minLength: 5,
      maxLength: 150,
    },
  );

/** What was seen on the way, and what it came to. */
interface Outcome {
  readonly kernel: SimulatedKernel;
  readonly tree: ProcessTree;
  readonly accounting: Accounting;
  readonly cpu: number;
  /** Totals at each look. */
  readonly seen: readonly number[];
  /** Who was a member at each look, and how many were there in all. */
  readonly members: readonly (readonly number[])[];
  /** The highest memory of one process that any look saw. */
  readonly seenPeak: number;
}

function live(rung: Rung, story: readonly Step[], mayLag = false, teller: Teller = "nobody"): Outcome {
  const kernel = new SimulatedKernel();
  const tree = kernel.tree(rung, mayLag, teller);
  const seen: number[] = [];
  const members: number[][] = [];
  let [now, seenPeak] = [0, 0];
  const look = (how: "changes" | "everything") => {
    tree.refresh(now += mayLag ? 200 : 1_000, how);
    seen.push(tree.reading.totals[Total.cpuSeconds]);
    members.push([...tree.members.map(({ pid }) => pid).sort((a, b) => a - b), tree.totalProcessCount]);
    for (const { row } of tree.members) seenPeak = Math.max(seenPeak, row[Raw.memoryBytes]);
  };
  for (const { who, what, seconds } of story) {
    const { alive } = kernel;
    if (what === "look") look("changes");
    else if (alive.length > 0) act(kernel, alive[who % alive.length], what, seconds);
  }
  // The rest ends; the last to go are waited for by us.
  for (const one of kernel.alive.reverse()) kernel.end(one);
  for (let round = 0; round < 3 || tree.members.length > 0; round++) look("everything");
  const accounting = describeAccounting(tree, "ended");
  return { kernel, tree, accounting, cpu: tree.reading.totals[Total.cpuSeconds], seen, members, seenPeak };
}

function act(kernel: SimulatedKernel, one: Simulated, what: Step["what"], seconds: number): void {
  if (what === "fork" && kernel.alive.length < 10) kernel.fork(one);
  else if (what === "use") kernel.use(one, seconds);
  else if (what === "end") kernel.end(one);
  else if (what === "wait") kernel.waitFor(one);
  else if (what === "leave") one.isInside = false;
  else if (what === "ignore") one.waiting = "ignores SIGCHLD";
  else if (what === "discard") one.waiting = "SA_NOCLDWAIT";
  else if (what === "lose") kernel.isLossy = true;
}

function assertSound({ kernel, tree, cpu, seen, seenPeak }: Outcome): void {
  assert.ok(cpu <= kernel.truth, `${cpu} s are more than there was: ${kernel.truth} s`);
  seen.reduce((before, total) => {
    assert.ok(total >= before, `the total fell from ${before} to ${total}`);
    return total;
  }, 0);
  const sampled = tree.ledger.sampledCpuSeconds(tree.members);
  assert.ok(cpu >= sampled, `${cpu} s are less than the samples: ${sampled} s`);
  assert.ok(
    !(tree.peaks.processBytes < seenPeak),
    `a peak of ${tree.peaks.processBytes} below the seen ${seenPeak}`,
  );
  assert.ok(!(tree.peaks.processBytes > Math.max(kernel.largest, 1)), "a peak that no process had");
}

const RUNS = { numRuns: 2_000 };
/** A parent waits for one of two children, and has the other buried without accounts. */
const HALF_WAITED: Step[] = ([
  [0, "fork"],
  [0, "fork"],
  [2, "use"],
  [2, "end"],
  [0, "discard"],
  [0, "look"],
  [1, "end"],
  [0, "wait"],
  [0, "look"],
] as const).map(([who, what]) => ({ who, what, seconds: 1 }));
/** The same where both ran when they were seen last. */
const SEEN_RUNNING: Step[] = ([
  [0, "fork"],
  [0, "fork"],
  [2, "use"],
  [0, "look"],
  [2, "end"],
  [0, "wait"],
  [0, "discard"],
  [1, "end"],
  [0, "look"],
] as const).map(([who, what]) => ({ who, what, seconds: 1 }));
const WAITED = ["fork", "fork", "use", "use", "use", "end", "wait", "look"] as const;

test("counters lag where they may, and nowhere else", () => {
  for (const [rung, mayLag] of [["cgroup", true], ["cgroup", false], ["subreaper", true]] as const) {
    const kernel = new SimulatedKernel();
    const tree = kernel.tree(rung, mayLag);
    const [one] = kernel.all;
    const lags = [1_000, 1_200, 1_400, 2_000].map((now) => {
      kernel.use(one, 1);
      tree.refresh(now);
      assert.equal(tree.members[0].cpuSeconds, one.own);
      assert.equal(tree.reading.memoryBytes, one.memory);
      return tree.members[0].lags;
    });
    assert.deepEqual(lags, rung === "cgroup" && mayLag ? [false, true, true, false] : Array(4).fill(false));
    // Nothing runs any more: what is behind is read all the same, when it is due.
    kernel.use(one, 1);
    tree.refresh(2_100);
    const { lags: isBehind } = tree.members[0];
    tree.refresh(3_000);
    assert.deepEqual([isBehind, tree.members[0].lags], [rung === "cgroup" && mayLag, false]);
    tree.release();
  }
});

for (const [rung, mayLag] of [["cgroup", false], ["cgroup", true], ["subreaper", false]] as const) {
  describe(`on the rung ${rung}${mayLag ? ", counters lagging" : ""}`, () => {
    test("where all are waited for, what is called exact is the truth, leavers or not", () => {
      fc.assert(
        fc.property(steps([...WAITED, "leave"]), (story) => {
          const outcome = live(rung, story, mayLag);
          assertSound(outcome);
          const { accounting, cpu, kernel, tree } = outcome;
          assert.equal(cpu, kernel.truth);
          assert.equal(accounting.peak_process_memory?.quality, "exact");
          assert.equal(Math.max(tree.peaks.processBytes, 1), Math.max(kernel.largest, 1));
        }),
        RUNS,
      );
    });

    test("told by events of all or of descendants, it is the same at each look, and nobody is searched for", () => {
      const ends = 3;
      fc.assert(
        fc.property(steps([...WAITED, "ignore", "discard"]), (story) => {
          const polled = live(rung, story, mayLag);
          for (const teller of ["all", "descendants"] as const) {
            const told = live(rung, story, mayLag, teller);
            assert.deepEqual(told.members, polled.members);
            assert.deepEqual(told.seen, polled.seen);
            assert.deepEqual(told.accounting, polled.accounting);
            const looksAtEnd = told.seen.length - story.filter(({ what }) => what === "look").length;
            assert.ok(looksAtEnd >= ends);
            // Once at the start, if there was a look, and when everybody is asked for.
            assert.ok(told.tree.search.searchCount <= 1 + looksAtEnd, `${told.tree.search.searchCount}`);
          }
        }),
        RUNS,
      );
    });

    test("whatever events are lost and whoever leaves, what they tell comes to the truth in the end", () => {
      fc.assert(
        fc.property(steps([...WAITED, "leave", "lose"]), (story) => {
          for (const teller of ["all", "descendants"] as const) {
            const outcome = live(rung, story, mayLag, teller);
            assertSound(outcome);
            assert.equal(outcome.cpu, outcome.kernel.truth);
          }
        }),
        RUNS,
      );
    });

    test("after a loss the next look finds everybody", () => {
      fc.assert(
        fc.property(steps(["fork", "fork", "use", "end", "wait", "look", "lose"]), (story) => {
          const polled = live(rung, story, mayLag);
          for (const teller of ["all", "descendants"] as const) {
            assert.deepEqual(live(rung, story, mayLag, teller).members, polled.members);
          }
        }),
        RUNS,
      );
    });

    test("where accounts are thrown away, it is never more than the truth, never less than was seen", () => {
      fc.assert(
        fc.property(
          steps([...WAITED, "leave", "ignore", "discard"]),
          (story) => assertSound(live(rung, story, mayLag)),
        ),
        { ...RUNS, examples: [[HALF_WAITED], [SEEN_RUNNING]] },
      );
    });
  });
}

test("a cgroup that nobody leaves counts what was thrown away", () => {
  fc.assert(
    fc.property(steps([...WAITED, "ignore", "discard"]), (story) => {
      for (const mayLag of [false, true]) {
        const outcome = live("cgroup", story, mayLag);
        assertSound(outcome);
        assert.equal(outcome.cpu, outcome.kernel.truth);
        assert.equal(outcome.accounting.cpu.quality, "exact");
      }
    }),
    RUNS,
  );
});
