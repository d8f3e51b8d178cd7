import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Bench } from "./lib/result.ts";
import { runScript, RUNTIMES } from "./lib/runtimes.ts";

/** What host_program.ts prints. */
interface Report {
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
  readonly failures: readonly string[];
}

/** Whether anything of a host program's own is disturbed by many runs and groups in it. */
export const guest: Bench = {
  about: "what of a host program's own many runs and groups in it disturb",
  async run({ quick }) {
    const rounds = quick ? 100 : 1_000;
    const rows: string[][] = [];
    let disturbed = 0;
    for (const runtime of RUNTIMES) {
      for (const rung of ["cgroup", "subreaper"]) {
        const command = runScript(runtime, "tests/monitor/support/host_program.ts", rung, String(rounds));
        const { stdout } = await promisify(execFile)(command[0], command.slice(1), { maxBuffer: 2 ** 24 });
        const { before, after, failures } = JSON.parse(stdout.trim().split("\n").at(-1)!) as Report;
        const changed = Object.keys(before).filter((name) =>
          JSON.stringify(before[name]) !== JSON.stringify(after[name])
        );
        disturbed += failures.length + changed.length;
        rows.push([
          `${runtime}, ${rung}`,
          `${Object.keys(before).length}`,
          changed.join(", ") || "none",
          `${failures.length}`,
        ]);
      }
    }
    return {
      tables: [{
        title:
          `${rounds} runs and groups beside as many children of the program's own, half as many in two workers`,
        columns: ["host", "compared", "changed", "wrong ends"].map((name) => ({ name })),
        rows,
      }],
      checks: [{ what: "of the host's own disturbed", unit: "", measured: disturbed, wanted_at_most: 0 }],
      notes: [],
    };
  },
};
