import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProcessGroup } from "../mod.ts";
import type { GroupOptions } from "../mod.ts";
import { compileC } from "./lib/compile_c.ts";
import type { Bench } from "./lib/result.ts";
import { median, spread } from "./lib/statistics.ts";

const MEMBERS = 1_000;

/** A group with all its members, none of which has anything to do. */
async function fullGroup(program: string, options: GroupOptions): Promise<ProcessGroup> {
  const group = await ProcessGroup.create(options);
  const running = group.start([program, String(MEMBERS)], { stdout: "pipe", stdin: "null" });
  await running.stdout!.getReader().read();
  while (group.stats().activeProcessCount <= MEMBERS) await new Promise((resolve) => setTimeout(resolve, 20));
  return group;
}

/** Milliseconds until stop has come back, and how many were left. */
async function stop(program: string, options: GroupOptions): Promise<{ ms: number; left: number }> {
  await using group = await fullGroup(program, options);
  const before = performance.now();
  const { membersAfter } = await group.stop({ graceMs: 0 });
  return { ms: performance.now() - before, left: membersAfter };
}

/** Milliseconds that the kernel itself takes, from cgroup.kill to an empty cgroup; null without one. */
async function kernelAlone(program: string): Promise<number | null> {
  await using group = await fullGroup(program, { onOwnerDeath: "keep" });
  const { directory } = group.save();
  if (directory === null) return null;
  const before = performance.now();
  writeFileSync(join(directory, "cgroup.kill"), "1");
  while (/^populated 1$/m.test(readFileSync(join(directory, "cgroup.events"), "utf8")));
  return performance.now() - before;
}

/** How long it takes to end a thousand processes at once. */
export const killGroup: Bench = {
  about: "how long it takes to end a group of a thousand",
  async run({ quick }) {
    const rounds = quick ? 3 : 9;
    const directory = mkdtempSync(join(tmpdir(), "proctor-bench-"));
    try {
      const program = compileC("many_sleepers", directory);
      const series: Record<string, number[]> = { kernel: [], cgroup: [], subreaper: [] };
      let left = 0;
      for (let round = 0; round < rounds; round++) {
        const alone = await kernelAlone(program);
        if (alone === null) {
          return { tables: [], checks: [], notes: [], skipped: "no cgroup can be made here" };
        }
        series.kernel.push(alone);
        for (const [rung, options] of [["cgroup", {}], ["subreaper", { mechanism: "subreaper" }]] as const) {
          const stopped = await stop(program, options);
          series[rung].push(stopped.ms);
          left += stopped.left;
        }
      }
      const rows = [
        ["kernel alone: cgroup.kill until the cgroup is empty", ...spread(series.kernel)],
        ["stop on the cgroup rung, all of them reaped and billed", ...spread(series.cgroup)],
        ["stop on the subreaper rung", ...spread(series.subreaper)],
      ];
      const columns = ["median ms", "min", "max"].map((name) => ({ name, digits: 1 }));
      return {
        tables: [{
          title: `Ending ${MEMBERS + 1} sleeping processes of a C program, Bun (${rounds} rounds)`,
          columns: [{ name: "way" }, ...columns],
          rows,
        }],
        checks: [
          {
            what: "ending a thousand, cgroup rung",
            unit: "ms",
            measured: median(series.cgroup),
            wanted_at_most: 100,
          },
          { what: "members left", unit: "", measured: left, wanted_at_most: 0 },
        ],
        notes: [],
      };
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};
