import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { onChildEnd } from "../../group/child_ends.ts";
import { launchSpec } from "../../group/launch_spec.ts";
import { ProcessTree } from "../../group/process_tree.ts";
import type { EndedMember } from "../../group/ended_member.ts";
import { Wake } from "../../group/wake.ts";
import { loadPlatform } from "../../platform/mod.ts";
import type { Wanted } from "../../platform/mod.ts";

/** Which rung of the ladder to stand on. */
export type Rung = "cgroup" | "subreaper";

/** Everything a reader can read. */
export const ALL: Wanted = { counters: true, io: true, switches: true, fileDescriptors: true };

let markers = 0;

/** A group on this rung, without a process yet. */
export async function makeGroup(rung: Rung, wanted: Wanted = ALL, soleParent = true): Promise<ProcessTree> {
  const group = ProcessTree.create(await loadPlatform(), {
    wanted,
    marker: `PROCTOR_GROUP=test-${process.pid}-${++markers}`,
    soleParent,
    guarded: false,
    mechanism: rung === "subreaper" ? "subreaper" : undefined,
  });
  const { mechanism, reason } = group.container;
  if (mechanism === rung) return group;
  group.release();
  throw new Error(`the rung is ${mechanism}, not ${rung}: ${reason}`);
}

/** A command in a group, its output in a file. */
export interface Running extends Disposable {
  readonly group: ProcessTree;
  readonly pid: number;
  readonly wake: Wake;
  readonly ended: EndedMember[];
  /** The objects printed so far. */
  // deno-lint-ignore no-explicit-any
  output(): any[];
  /** Wait for the next look; shorter when a child ends. */
  sleep(ms: number): Promise<void>;
  /** Refresh until `over`, and at most for five minutes. */
  until(over: () => boolean, tickMs?: number, onTick?: () => void): Promise<void>;
}

/** Start a command in a group. */
export function startIn(group: ProcessTree, command: readonly string[]): Running {
  const directory = mkdtempSync(join(tmpdir(), "proctor-test-"));
  const path = join(directory, "output");
  const input = openSync("/dev/null", "r");
  const output = openSync(path, "w");
  const wake = new Wake();
  const stopListening = onChildEnd(group.platform, wake.now);
  const ended: EndedMember[] = [];
  group.onEnded = (member) => ended.push(member);
  const spec = launchSpec(group.platform, { command, stdio: [input, output, 2] }, group.request.marker);
  const launched = group.start(spec);
  closeSync(input);
  closeSync(output);
  if ("stage" in launched) {
    throw new Error(`cannot start ${command[0]}: ${launched.stage}: ${launched.message}`);
  }
  const sleep = (ms: number) => wake.sleep(ms);
  return {
    group,
    pid: launched.pid,
    wake,
    ended,
    output: () => readFileSync(path, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line)),
    sleep,
    async until(over, tickMs = 20, onTick = () => {}) {
      const deadline = performance.now() + 300_000;
      while (!over()) {
        if (performance.now() > deadline) throw new Error(`${command.join(" ")} took too long`);
        await sleep(tickMs);
        group.refresh(performance.now());
        onTick();
      }
    },
    [Symbol.dispose]() {
      stopListening();
      rmSync(directory, { recursive: true });
    },
  };
}

/** What running a command to the end of its tree came to. */
export interface Outcome {
  // deno-lint-ignore no-explicit-any
  readonly output: any;
  readonly root: EndedMember;
  readonly ended: readonly EndedMember[];
  /** The totals at the end, and after every tick before. */
  readonly totals: Float64Array;
  readonly history: readonly Float64Array[];
  readonly group: ProcessTree;
}

/** Run a command until nothing of its tree is left; `output` is the last object it printed. */
export async function runTree(
  rung: Rung,
  command: readonly string[],
  { tickMs = 20, wanted = ALL }: { tickMs?: number; wanted?: Wanted } = {},
): Promise<Outcome> {
  const group = await makeGroup(rung, wanted);
  try {
    using running = startIn(group, command);
    const history: Float64Array[] = [];
    const isOver = () => {
      if (!running.ended.some(({ pid }) => pid === running.pid)) return false;
      group.refresh(performance.now(), "everything");
      return group.members.length === 0;
    };
    await running.until(isOver, tickMs, () => history.push(group.reading.totals.slice()));
    group.refresh(performance.now(), "everything");
    const root = running.ended.find(({ pid }) => pid === running.pid)!;
    return {
      output: running.output().at(-1),
      root,
      ended: running.ended,
      totals: group.reading.totals.slice(),
      history,
      group,
    };
  } finally {
    group.release();
  }
}

/** Expect every total to have risen or stood still from each tick to the next, up to the end. */
export function assertNeverShrinks(history: readonly Float64Array[], totals: Float64Array): void {
  assert.ok(history.length >= 2, `only ${history.length} ticks`);
  [...history, totals].reduce((before, now, tick) => {
    now.forEach((value, total) => {
      assert.ok(
        !(value < before[total]),
        `total ${total} shrank from ${before[total]} to ${value} at tick ${tick}`,
      );
    });
    return now;
  });
}
