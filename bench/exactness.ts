import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { SummaryRecord } from "../core/schema/record.ts";
import { proctorBinary } from "./lib/binary.ts";
import { fixtureCommand } from "./lib/fixture.ts";
import type { Bench, Check } from "./lib/result.ts";

const WRITERS = 1_000;
const WRITTEN_EACH = 12_288;

interface Measured {
  readonly summary: SummaryRecord;
  readonly stdout: string;
}

/** Run a command by the binary, sampled once a second, as root or as somebody without rights. */
function measure(wrap: readonly string[], command: readonly string[], directory: string): Measured {
  const file = join(directory, "summary.json");
  rmSync(file, { force: true });
  const proctor = [proctorBinary(), "run", "--interval", "1s", "--no-adaptive", "--summary", "json"];
  const [program, ...args] = [...wrap, ...proctor, "--summary-file", file, "--", ...command];
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command[0]} failed: ${stderr}`);
  return { summary: JSON.parse(readFileSync(file, "utf8")), stdout };
}

/** What is billed for members that no sample has seen. */
export const exactness: Bench = {
  about: "what is billed for thousands that live between two samples",
  run({ quick }) {
    if (process.getuid!() !== 0) {
      return Promise.resolve({
        tables: [],
        checks: [],
        notes: [],
        skipped: "needs root, to be on both rungs",
      });
    }
    const children = quick ? 1_000 : 10_000;
    const directory = mkdtempSync("/var/tmp/proctor-bench-");
    chmodSync(directory, 0o777);
    const rows: (string | number | null)[][] = [];
    const checks: Check[] = [];
    try {
      const rungs = {
        cgroup: [],
        subreaper: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"],
      };
      for (const [rung, wrap] of Object.entries(rungs)) {
        const storm = measure(wrap, fixtureCommand("storm", children, "0.001-0.005", 2), directory);
        const { children: reaped, self } = JSON.parse(storm.stdout);
        const cpu = (usage: { user_seconds: number; system_seconds: number }) =>
          usage.user_seconds + usage.system_seconds;
        const truth = cpu(reaped) + cpu(self);
        const error = Math.abs(storm.summary.cpu_seconds! / truth - 1) * 100;
        rows.push([
          rung,
          "CPU s",
          truth,
          storm.summary.cpu_seconds!,
          storm.summary.cpu_seconds_sampled!,
          error,
        ]);
        checks.push({ what: `CPU error, ${rung}`, unit: "%", measured: error, wanted_at_most: 0.5 });

        const loop = `i=0; while [ $i -lt ${WRITERS} ]; do ` +
          `dd if=/dev/zero of="$0" bs=4096 count=${WRITTEN_EACH / 4096} status=none; i=$((i+1)); done`;
        const { summary } = measure(wrap, ["sh", "-c", loop, join(directory, `file-${rung}`)], directory);
        const bytes = WRITERS * WRITTEN_EACH;
        const off = Math.abs(summary.io_write_bytes! / bytes - 1) * 100;
        rows.push([rung, "bytes written", bytes, summary.io_write_bytes!, null, off]);
        checks.push({ what: `error of bytes written, ${rung}`, unit: "%", measured: off, wanted_at_most: 0 });
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
    return Promise.resolve({
      tables: [{
        title: `${children} children of 1 to 5 ms of CPU, and ${WRITERS} short dd; sampled once a second`,
        columns: [
          { name: "rung" },
          { name: "what" },
          { name: "truth", digits: 3 },
          { name: "billed", digits: 3 },
          { name: "samples alone", digits: 3 },
          { name: "error %", digits: 3 },
        ],
        rows,
      }],
      checks,
      notes: ["The truth of CPU is getrusage(2) of the parent, that of bytes what dd was told to write."],
    });
  },
};
